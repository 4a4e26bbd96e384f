package email

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// decodeWords turns an unstructured header value into text: RFC 2047 encoded
// words, also broken ones (blanks inside, missing padding, no space between
// them, letters cut between two words), and raw 8-bit bytes between them.
func decodeWords(v string) string {
	if !strings.Contains(v, "=?") {
		return rawHeaderText(v)
	}
	var out strings.Builder
	var run wordRun
	for v != "" {
		at := strings.Index(v, "=?")
		if at < 0 {
			break
		}
		w, size, ok := cutWord(v[at:])
		if !ok {
			run.flush(&out)
			out.WriteString(rawHeaderText(v[:at+2]))
			v = v[at+2:]
			continue
		}
		between := v[:at]
		if !run.open || strings.TrimSpace(between) != "" {
			run.flush(&out)
			out.WriteString(rawHeaderText(between))
		}
		run.add(&out, w)
		v = v[at+size:]
	}
	run.flush(&out)
	out.WriteString(rawHeaderText(v))
	return out.String()
}

// An encodedWord is one =?charset?encoding?text?= with its text decoded to the
// bytes of its charset.
type encodedWord struct {
	charset string
	bytes   []byte
}

// A wordRun gathers neighbouring encoded words of one charset: their bytes are
// joined before they are decoded, because senders cut letters in half.
type wordRun struct {
	open    bool
	charset string
	bytes   []byte
}

func (r *wordRun) add(out *strings.Builder, w encodedWord) {
	if r.open && !strings.EqualFold(r.charset, w.charset) {
		r.flush(out)
	}
	r.open, r.charset = true, w.charset
	r.bytes = append(r.bytes, w.bytes...)
}

func (r *wordRun) flush(out *strings.Builder) {
	if !r.open {
		return
	}
	text, _ := decodeCharset(r.bytes, r.charset)
	out.WriteString(text)
	*r = wordRun{bytes: r.bytes[:0]}
}

// cutWord takes the encoded word at the beginning of s and gives its length.
func cutWord(s string) (w encodedWord, size int, ok bool) {
	const longest = 2000 // RFC 2047 allows 75; some write whole subjects in one
	rest := s[2:min(len(s), longest)]
	charset, rest, ok := strings.Cut(rest, "?")
	if !ok || len(charset) > 60 || strings.ContainsAny(charset, " \t<>\"") || len(rest) < 2 || rest[1] != '?' {
		return w, 0, false
	}
	enc := rest[0] | 0x20
	rest = rest[2:]
	end := strings.Index(rest, "?=")
	if end < 0 {
		return w, 0, false
	}
	// In Q, "=?=" may be the end of a word whose last character is cut.
	text := rest[:end]
	size = 2 + len(charset) + 3 + end + 2
	switch enc {
	case 'b':
		b, _ := decodeBase64([]byte(text))
		return encodedWord{charset, b}, size, true
	case 'q':
		return encodedWord{charset, decodeQ(text)}, size, true
	}
	return w, 0, false
}

// decodeQ decodes the Q encoding of RFC 2047 §4.2; what is no escape stays.
func decodeQ(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '_':
			out = append(out, ' ')
		case c == '=' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			out = append(out, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		default:
			out = append(out, c)
		}
	}
	return out
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	}
	return c - 'a' + 10
}

// rawHeaderText reads header bytes that were never encoded.
func rawHeaderText(v string) string {
	if isASCII([]byte(v)) {
		return v
	}
	t, _ := decodeCharset([]byte(v), "")
	return t
}

// cleanLine makes one shown line of foreign text: control and bidirectional
// formatting characters go, white space becomes single blanks, and at most max
// characters stay.
func cleanLine(s string, max int) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	var b strings.Builder
	n, blank := 0, false
	for _, r := range s {
		if unicode.IsSpace(r) {
			blank = n > 0
			continue
		}
		if hiddenRune(r) {
			continue
		}
		if blank {
			if n+1 >= max {
				break
			}
			b.WriteByte(' ')
			n++
			blank = false
		}
		if n >= max {
			break
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

// hiddenRune reports whether a character is drawn as nothing or turns the
// direction of what is drawn: it has no place in names, subjects and addresses.
func hiddenRune(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r < 0xa0:
		return true
	case r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x206f, r == 0x061c, r == 0xfeff, r == 0x00ad:
		return true
	case r >= 0xfff9 && r <= 0xfffb, r >= 0xe0000 && r <= 0xe007f, r == utf8.MaxRune:
		return true
	case r >= 0xd800 && r <= 0xdfff:
		return true
	}
	return false
}
