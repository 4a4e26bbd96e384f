package lang

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// ToCyrillic writes Montenegrin Latin text in Cyrillic script. It is meant for
// the bureau's own texts, not for what citizens write.
//
// Left in Latin script: what stands between [[ and ]] (the brackets go),
// placeholders {{.Name}} and {name}, HTML tags and entities, web and mail
// addresses, file and domain names, references such as S48-26-004812-6, codes
// of capitals and digits such as A4, Roman numerals, words with letters that
// Montenegrin does not have (q, w, x, y, ë …) and a few foreign words (PDF,
// Viber). [Unmark] removes the brackets where the Latin original is shown.
//
// n+j, l+j and d+ž are one Cyrillic letter but for words in which they meet by
// chance (injekcija, nadživjeti), which are known by their stems.
func ToCyrillic(s string) string {
	if strings.IndexFunc(s, unicode.IsLetter) < 0 {
		return s
	}
	c := converter{in: s, out: make([]byte, 0, len(s)+len(s)/2)}
	for c.at < len(s) {
		c.step()
	}
	return string(c.out)
}

// Unmark removes the brackets of [[protected]] words, for showing the Latin
// original of a text that ToCyrillic converts.
func Unmark(s string) string {
	if !strings.Contains(s, "[[") {
		return s
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "[[")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		word, after, closed := strings.Cut(rest, "]]")
		if !closed {
			b.WriteString("[[" + rest)
			return b.String()
		}
		b.WriteString(word)
		s = after
	}
}

// A converter walks through a text once.
type converter struct {
	in      string
	at      int
	out     []byte
	noClose map[string]bool // closing marks that do not come any more
}

// step converts or copies the next piece.
func (c *converter) step() {
	rest := c.in[c.at:]
	switch rest[0] {
	case '[', '{', '<', '&':
		if n, inner := c.marked(rest); n > 0 {
			c.out = append(c.out, inner...)
			c.at += n
			return
		}
	}
	r, size := utf8.DecodeRuneInString(rest)
	if !wordRune(r) {
		c.out = append(c.out, rest[:size]...)
		c.at += size
		return
	}
	if n := protectedToken(rest); n > 0 {
		c.out = append(c.out, rest[:n]...)
		c.at += n
		return
	}
	c.word(rest)
}

// marked returns the length of a piece between marks at the start of rest and
// what to write for it; 0 if there is none.
func (c *converter) marked(rest string) (int, string) {
	switch {
	case strings.HasPrefix(rest, "[["):
		if n := c.until(rest, "]]"); n > 0 {
			return n, rest[2 : n-2]
		}
	case strings.HasPrefix(rest, "{{"):
		if n := c.until(rest, "}}"); n > 0 {
			return n, rest[:n]
		}
	case rest[0] == '{':
		if n := placeholder(rest); n > 0 {
			return n, rest[:n]
		}
	case rest[0] == '<' && len(rest) > 1 && (asciiLetter(rest[1]) || strings.IndexByte("/!?", rest[1]) >= 0):
		if n := c.until(rest, ">"); n > 0 {
			return n, rest[:n]
		}
	case rest[0] == '&':
		if n := entity(rest); n > 0 {
			return n, rest[:n]
		}
	}
	return 0, ""
}

// until returns the length up to and with the closing mark, 0 if it does not
// come. A mark that was missed once is not sought again, so that a text of
// opening marks alone takes linear time.
func (c *converter) until(rest, mark string) int {
	if c.noClose[mark] {
		return 0
	}
	i := strings.Index(rest, mark)
	if i < 0 {
		if c.noClose == nil {
			c.noClose = map[string]bool{}
		}
		c.noClose[mark] = true
		return 0
	}
	return i + len(mark)
}

// word converts the run of letters and marks at the start of rest. Digits
// that begin it are copied, so that it makes progress.
func (c *converter) word(rest string) {
	digits := strings.IndexFunc(rest, func(r rune) bool { return !unicode.IsDigit(r) })
	if digits < 0 {
		digits = len(rest)
	}
	c.out = append(c.out, rest[:digits]...)
	c.at += digits
	rest = rest[digits:]
	n := strings.IndexFunc(rest, func(r rune) bool { return !letterOrMark(r) })
	if n < 0 {
		n = len(rest)
	}
	c.at += n
	w := rest[:n]
	if keptLatin(w) {
		c.out = append(c.out, w...)
		return
	}
	c.out = appendCyrillic(c.out, norm.NFC.String(w))
}

func letterOrMark(r rune) bool { return unicode.IsLetter(r) || unicode.Is(unicode.Mn, r) }

func wordRune(r rune) bool { return letterOrMark(r) || unicode.IsDigit(r) }

// cyrillicOf maps lower-case Latin letters and digraphs.
var cyrillicOf = map[rune]string{
	'a': "а", 'b': "б", 'c': "ц", 'č': "ч", 'ć': "ћ", 'd': "д", 'đ': "ђ", 'e': "е", 'f': "ф", 'g': "г", 'h': "х",
	'i': "и", 'j': "ј", 'k': "к", 'l': "л", 'm': "м", 'n': "н", 'o': "о", 'p': "п", 'r': "р", 's': "с", 'š': "ш",
	't': "т", 'u': "у", 'v': "в", 'z': "з", 'ž': "ж", 'ś': "с\u0301", 'ź': "з\u0301",
	'ǆ': "џ", 'ǉ': "љ", 'ǌ': "њ",
}

// appendCyrillic appends a word in Cyrillic.
func appendCyrillic(out []byte, w string) []byte {
	rs := []rune(w)
	for i := 0; i < len(rs); i++ {
		r := rs[i]
		low := unicode.ToLower(r)
		letter, known := cyrillicOf[low]
		if i+1 < len(rs) && !(unicode.IsLower(r) && unicode.IsUpper(rs[i+1])) {
			if d := digraph(low, unicode.ToLower(rs[i+1])); d != "" && !apart(rs, i+1) {
				letter, known = d, true
				i++
			}
		}
		switch {
		case !known:
			out = utf8.AppendRune(out, r)
		case r == low:
			out = append(out, letter...)
		default:
			out = append(out, strings.ToUpper(letter)...)
		}
	}
	return out
}

func digraph(a, b rune) string {
	switch {
	case a == 'l' && b == 'j':
		return "љ"
	case a == 'n' && b == 'j':
		return "њ"
	case a == 'd' && b == 'ž':
		return "џ"
	}
	return ""
}

// apart reports whether the word has a known stem in which the letters before
// and at position i belong to different syllables and stay two letters.
func apart(word []rune, i int) bool {
	for _, s := range stems {
		from := i - len(s.head)
		if from >= 0 && foldedAt(word, i, s.tail) && foldedAt(word, from, s.head) && stemPrefixes[strings.ToLower(string(word[:from]))] {
			return true
		}
	}
	return false
}

// foldedAt reports whether the lower-case letters stand in the word at i.
func foldedAt(word []rune, i int, letters []rune) bool {
	if i+len(letters) > len(word) {
		return false
	}
	for k, r := range letters {
		if unicode.ToLower(word[i+k]) != r {
			return false
		}
	}
	return true
}
