package email

import (
	"encoding/base64"
	"unicode/utf16"
	"unicode/utf8"
)

// The upper halves of two charsets of old Apple systems that are still met in
// mails of this region and that x/text lacks.
var (
	macCentralEurope = []rune("ÄĀāÉĄÖÜáąČäčĆćéŹźĎíďĒēĖóėôöõúĚěü†°Ę£§•¶ß®©™ę¨≠ģĮįĪ≤≥īĶ∂∑łĻļĽľĹĺŅņŃ¬√ńŇ∆«»…\u00a0ňŐÕőŌ–—“”‘’÷◊ōŔŕŘ‹›řŖŗŠ‚„šŚśÁŤťÍŽžŪÓÔūŮÚůŰűŲųÝýķŻŁżĢˇ")
	macCroatian      = []rune("ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®Š™´¨≠ŽØ∞±≤≥∆µ∂∑∏š∫ªºΩžø¿¡¬√ƒ≈Ć«Č…\u00a0ÀÃÕŒœĐ—“”‘’÷◊\uf8ff©⁄€‹›Æ»–·‚„‰ÂćÁčÈÍÎÏÌÓÔđÒÚÛÙıˆ˜¯πË˚¸Êæˇ")
)

func macCharset(name string) []rune {
	switch name {
	case "x-mac-ce", "x-mac-centraleurroman", "macce", "mac-centraleurope":
		return macCentralEurope
	case "x-mac-croatian", "maccroatian", "mac-croatian":
		return macCroatian
	}
	return nil
}

// decodeTable decodes by a table of the 128 upper characters.
func decodeTable(b []byte, upper []rune) string {
	out := make([]byte, 0, len(b)+len(b)/4)
	for _, c := range b {
		if c < utf8.RuneSelf {
			out = append(out, c)
		} else {
			out = utf8.AppendRune(out, upper[c-utf8.RuneSelf])
		}
	}
	return string(out)
}

// decodeUTF7 reads RFC 2152: "+" opens a run of base64 of UTF-16BE, "-" or any
// other character outside the alphabet ends it, "+-" is a plus sign. Damaged
// runs stay as they are written.
func decodeUTF7(b []byte) string {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); {
		if b[i] != '+' {
			if b[i] < utf8.RuneSelf {
				out = append(out, b[i])
			} else {
				out = utf8.AppendRune(out, utf8.RuneError)
			}
			i++
			continue
		}
		j := i + 1
		for j < len(b) && isBase64(b[j]) {
			j++
		}
		run := b[i+1 : j]
		switch text, ok := utf7Run(run); {
		case len(run) == 0 && j < len(b) && b[j] == '-':
			out = append(out, '+')
			j++
		case len(run) == 0 || !ok:
			out = append(out, b[i:j]...)
		default:
			out = append(out, text...)
			if j < len(b) && b[j] == '-' {
				j++
			}
		}
		i = j
	}
	return string(out)
}

func isBase64(c byte) bool {
	return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '+' || c == '/'
}

func utf7Run(run []byte) (string, bool) {
	raw := make([]byte, base64.RawStdEncoding.DecodedLen(len(run)))
	n, err := base64.RawStdEncoding.Decode(raw, run)
	if err != nil && n < 2 {
		return "", false
	}
	units := make([]uint16, 0, n/2)
	for i := 0; i+1 < n; i += 2 {
		units = append(units, uint16(raw[i])<<8|uint16(raw[i+1]))
	}
	return string(utf16.Decode(units)), len(units) > 0
}
