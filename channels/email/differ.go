package email

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds on the comparison of the two versions of a text.
const (
	maxBagWords = 400
	maxBagBytes = 16 << 10
	fewWords    = 8 // texts shorter than this are not compared
)

// A wordBag is a set of words, by the hash of their lower-case letters.
type wordBag map[uint64]struct{}

// versionsDiffer reports whether the plain text and the HTML of a mail say
// strongly different things: less than half of the words of the one are found
// in the other. text is the HTML turned to text; it is asked for only when a
// quick look at the HTML itself leaves doubt.
func versionsDiffer(plain, page string, text func() string) bool {
	a, b := wordBag{}, wordBag{}
	a.add(cutUTF8(plain, maxBagBytes))
	b.addPage(page)
	if len(a) < maxBagWords && len(b) < maxBagWords && !a.strange(b) {
		return false
	}
	return textsDiffer(plain, text())
}

// textsDiffer compares two texts without their links and quoted history, which
// programs write differently.
func textsDiffer(plain, other string) bool {
	a, b := wordBag{}, wordBag{}
	a.add(cutUTF8(plain[:foldAt(plain)], maxBagBytes))
	b.add(cutUTF8(other[:foldAt(other)], maxBagBytes))
	return a.strange(b)
}

// strange reports whether less than half of one bag is in the other.
func (b wordBag) strange(other wordBag) bool {
	if max(len(b), len(other)) < fewWords {
		return false
	}
	common := 0
	for w := range b {
		if _, ok := other[w]; ok {
			common++
		}
	}
	return 2*common < len(b) || 2*common < len(other)
}

// add puts the words of a text into the bag: three letters or digits and more,
// no addresses.
func (b wordBag) add(s string) {
	for field := range strings.FieldsSeq(s) {
		if len(b) >= maxBagWords {
			return
		}
		if strings.Contains(field, "://") || strings.IndexByte(field, '@') >= 0 {
			continue
		}
		b.addWords(field)
	}
}

func (b wordBag) addWords(field string) {
	const offset, prime = 14695981039346656037, 1099511628211 // FNV-1a
	h, n := uint64(offset), 0
	flush := func() {
		if n >= 3 {
			b[h] = struct{}{}
		}
		h, n = offset, 0
	}
	for i := 0; i < len(field); {
		r, size := rune(field[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(field[i:])
		}
		i += size
		switch {
		case 'A' <= r && r <= 'Z':
			r += 'a' - 'A'
		case r < utf8.RuneSelf && !('a' <= r && r <= 'z' || '0' <= r && r <= '9'):
			flush()
			continue
		case r >= utf8.RuneSelf:
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				flush()
				continue
			}
			r = unicode.ToLower(r)
		}
		h = (h ^ uint64(r)) * prime
		n++
	}
	flush()
}

// addPage puts the words of an HTML page into the bag without parsing it: a
// wrong word more or less does not matter here.
func (b wordBag) addPage(s string) {
	for s != "" && len(b) < maxBagWords {
		text, rest, found := strings.Cut(s, "<")
		if strings.IndexByte(text, '&') >= 0 {
			text = html.UnescapeString(text)
		}
		b.add(text)
		if !found {
			return
		}
		if skip := unshown(rest); skip != "" {
			_, s, _ = strings.Cut(rest, skip)
			continue
		}
		_, s, _ = strings.Cut(rest, ">")
	}
}

// unshown gives the end of an element or comment whose text nobody sees.
func unshown(tag string) string {
	switch {
	case strings.HasPrefix(tag, "!--"):
		return "-->"
	case len(tag) > 5 && strings.EqualFold(tag[:5], "style"):
		return "</style"
	case len(tag) > 6 && strings.EqualFold(tag[:6], "script"):
		return "</script"
	}
	return ""
}
