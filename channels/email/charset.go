package email

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/simplifiedchinese"
	xunicode "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// decodeCharset turns text bytes into UTF-8. The declared charset is believed
// only where it can be: valid UTF-8 is UTF-8 whatever the label says, a specific
// label (windows-1251, iso-8859-2, gb18030, …) is trusted, and everything else
// — no label, us-ascii, iso-8859-1, an unknown name — is decoded by the
// candidates that citizens of this coast really use, of which the most
// plausible reading wins. guessed says that it was such a choice.
func decodeCharset(b []byte, declared string) (text string, guessed bool) {
	if isASCII(b) && (!stateful(declared) || plainUnderWide(b, declared)) {
		return string(b), false
	}
	name := charsetName(declared)
	if !stateful(name) && utf8.Valid(b) {
		return string(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))), false
	}
	if t, ok := decodeBOM(b); ok {
		return t, false
	}
	if name == "utf-7" {
		return decodeUTF7(b), false
	}
	if enc := specificCharset(name); enc != nil {
		if t, err := enc.NewDecoder().Bytes(b); err == nil && !mostlyBroken(t) {
			return string(t), false
		}
	}
	if tab := macCharset(name); tab != nil {
		return decodeTable(b, tab), false
	}
	return guessCharset(b, name), true
}

// isASCII reports whether b has no byte above 0x7f.
func isASCII(b []byte) bool {
	for len(b) >= 8 {
		if (b[0]|b[1]|b[2]|b[3]|b[4]|b[5]|b[6]|b[7])&0x80 != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// stateful reports whether the charset writes other letters in ASCII bytes.
func stateful(name string) bool {
	if name == "" {
		return false
	}
	n := charsetName(name)
	return strings.HasPrefix(n, "iso-2022") || strings.HasPrefix(n, "utf-16") || strings.HasPrefix(n, "utf-32") ||
		n == "utf-7" || n == "hz-gb-2312"
}

// plainUnderWide reports whether ASCII bytes lie under a label of two-byte
// characters that cannot be true: such text would be full of zero bytes.
func plainUnderWide(b []byte, declared string) bool {
	n := charsetName(declared)
	return (strings.HasPrefix(n, "utf-16") || strings.HasPrefix(n, "utf-32")) && bytes.IndexByte(b, 0) < 0
}

// mostlyBroken reports whether a decoding failed at every twentieth character:
// then the label was false.
func mostlyBroken(t []byte) bool {
	return 20*bytes.Count(t, []byte("\ufffd")) > utf8.RuneCount(t)
}

// charsetName brings the many spellings of a charset's name to one: "CP-1250",
// "win1250", "charset=windows-1250", "\"ISO_8859-2\"".
func charsetName(s string) string {
	s = strings.ToLower(strings.Trim(strings.TrimSpace(s), "\"' ;,"))
	if i := strings.LastIndexByte(s, '='); i >= 0 {
		s = strings.Trim(s[i+1:], "\"' ")
	}
	s, _, _ = strings.Cut(s, "*") // RFC 2231 §5: a language after the charset
	s, _, _ = strings.Cut(s, ";")
	s = strings.ReplaceAll(s, "_", "-")
	if len(s) > 60 {
		return "unknown"
	}
	switch digits := strings.TrimLeft(s, "abcdefghijklmnopqrstuvwxyz-"); {
	case len(digits) == 4 && strings.HasPrefix(digits, "125") && winPrefix(strings.TrimSuffix(s, digits)):
		return "windows-" + digits
	case strings.HasPrefix(s, "iso8859"):
		return "iso-8859" + strings.TrimPrefix(s, "iso8859")
	}
	switch s {
	case "utf8", "utf-8n", "unicode-1-1-utf-8", "cp65001", "unicode-utf-8":
		return "utf-8"
	case "unicode-1-1-utf-7", "utf7", "x-unicode-2-0-utf-7":
		return "utf-7"
	case "utf16", "unicode", "ucs-2":
		return "utf-16"
	case "cp852", "ibm852", "852", "pc-852", "dos-852":
		return "ibm852"
	case "cp855", "855":
		return "ibm855"
	case "latin2", "l2", "8859-2", "iso-latin-2", "iso-8859-2-windows-latin-2":
		return "iso-8859-2"
	case "ks-c-5601", "ks-c-5601-1987", "ks-c-5601-1989", "ksc5601":
		return "euc-kr"
	case "ascii", "ansi-x3.4-1968", "us", "iso646-us":
		return "us-ascii"
	case "latin1", "l1", "8859-1":
		return "iso-8859-1"
	}
	return s
}

func winPrefix(p string) bool {
	switch strings.Trim(p, "-") {
	case "windows", "cp", "win", "x-cp", "ms", "x-windows", "ibm", "":
		return true
	}
	return false
}

// specificCharset gives the decoder of a label that says something: nil for the
// labels that programs write without thinking.
func specificCharset(name string) encoding.Encoding {
	switch name {
	case "", "us-ascii", "iso-8859-1", "windows-1252", "utf-8", "unknown", "unknown-8bit", "x-unknown", "default", "binary",
		"8bit", "7bit", "user-defined", "x-user-defined", "replacement":
		return nil
	case "utf-16", "utf-16be":
		return xunicode.UTF16(xunicode.BigEndian, xunicode.UseBOM)
	case "utf-16le":
		return xunicode.UTF16(xunicode.LittleEndian, xunicode.UseBOM)
	case "utf-32", "utf-32be":
		return utf32.UTF32(utf32.BigEndian, utf32.UseBOM)
	case "utf-32le":
		return utf32.UTF32(utf32.LittleEndian, utf32.UseBOM)
	case "ibm852":
		return charmap.CodePage852
	case "ibm855":
		return charmap.CodePage855
	case "hz-gb-2312":
		return simplifiedchinese.HZGB2312
	}
	if enc, err := htmlindex.Get(name); err == nil && enc != encoding.Replacement {
		return enc
	}
	if enc, err := ianaindex.MIME.Encoding(name); err == nil {
		return enc
	}
	return nil
}

// decodeBOM reads text that says by itself which Unicode form it has.
func decodeBOM(b []byte) (string, bool) {
	var enc encoding.Encoding
	switch {
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}):
		enc = xunicode.UTF16(xunicode.LittleEndian, xunicode.UseBOM)
	case bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		enc = xunicode.UTF16(xunicode.BigEndian, xunicode.UseBOM)
	default:
		return "", false
	}
	t, err := enc.NewDecoder().Bytes(b)
	return string(t), err == nil
}

// guessCandidates are tried in this order, which also breaks ties.
var guessCandidates = []*charmap.Charmap{
	charmap.Windows1250, charmap.Windows1251, charmap.ISO8859_2, charmap.Windows1252, charmap.KOI8R, charmap.ISO8859_5,
}

// guessCharset decodes by the candidate whose reading looks most like words. A
// western label, if there was one, breaks ties.
func guessCharset(b []byte, label string) string {
	if damagedUTF8(b) {
		return strings.ToValidUTF8(string(b), "\ufffd")
	}
	sample := highWords(b)
	best, bestScore := guessCandidates[0], -1<<30
	if label == "windows-1252" || label == "iso-8859-1" {
		best = charmap.Windows1252
		bestScore = plausibility(decodeMap(sample, best))
	}
	for _, cand := range guessCandidates {
		if s := plausibility(decodeMap(sample, cand)); s > bestScore {
			best, bestScore = cand, s
		}
	}
	return decodeMap(b, best)
}

// damagedUTF8 reports whether b is UTF-8 but for a few places: one letter cut
// at the end must not turn the whole text to rubbish. Letters of several bytes
// hardly ever come about by accident.
func damagedUTF8(b []byte) bool {
	good, bad := 0, 0
	for len(b) > 0 {
		if b[0] < utf8.RuneSelf {
			b = b[1:]
			continue
		}
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			bad++
		} else {
			good++
		}
		b = b[n:]
	}
	return good > 2*bad
}

// highWords gives the words with bytes above 0x7f, up to 8 KiB of them: only
// they tell charsets apart.
func highWords(b []byte) []byte {
	const enough = 8 << 10
	var out []byte
	for len(b) > 0 && len(out) < enough {
		i := 0
		for i < len(b) && b[i] > ' ' {
			i++
		}
		if w := b[:min(i, 256)]; !isASCII(w) {
			out = append(append(out, w...), ' ')
		}
		b = b[min(i+1, len(b)):]
	}
	return out
}

func decodeMap(b []byte, m *charmap.Charmap) string {
	out := make([]byte, 0, len(b)+len(b)/2)
	for _, c := range b {
		if c < utf8.RuneSelf {
			out = append(out, c)
		} else {
			out = utf8.AppendRune(out, m.DecodeByte(c))
		}
	}
	return string(out)
}

// scriptOf is the alphabet of a letter as far as plausibility cares.
type scriptOf uint8

const (
	noScript scriptOf = iota
	latinScript
	cyrillicScript
)

// plausibility scores a reading: letters of the languages written here count
// for it; control characters, mixed alphabets, capitals inside words, symbols
// and letters nobody uses here count against it.
func plausibility(s string) int {
	score := 0
	prev, prevLower := noScript, false
	for _, r := range s {
		script := noScript
		switch {
		case r < 0x80:
			if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
				script = latinScript
			}
		case r == utf8.RuneError, r < 0xa0:
			score -= 10
		case unicode.Is(unicode.Cyrillic, r):
			script = cyrillicScript
			score += cyrillicScore(r)
		case unicode.IsLetter(r):
			script = latinScript
			score += latinScore(r)
		case strings.ContainsRune("„“”‘’«»–—…€ ", r): // ordinary punctuation
		default:
			score -= 3
		}
		if script != noScript {
			if prev != noScript && prev != script || prevLower && unicode.IsUpper(r) && script == cyrillicScript {
				score -= 6
			} else if prevLower && r >= 0x80 && unicode.IsUpper(r) {
				score -= 8
			}
		}
		prev, prevLower = script, script != noScript && unicode.IsLower(r)
	}
	return score
}

func cyrillicScore(r rune) int {
	if strings.ContainsRune("ЃѓЌќЅѕЄєЇїЎўҐґІіЀѐЍѝ", r) {
		return -5
	}
	return 3
}

func latinScore(r rune) int {
	switch {
	case strings.ContainsRune("čćšžđČĆŠŽĐëçËÇ", r):
		return 4
	case strings.ContainsRune("àèìòùéêîûáíóúäöüßÄÖÜÉ", r): // visitors: Italian, French, German, Hungarian
		return 1
	}
	return -2
}
