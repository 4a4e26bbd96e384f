package email

import (
	"strings"
	"unicode"
)

// textsDiffer reports whether the plain text and the HTML of a mail say
// strongly different things: less than half of the words of the one are found
// in the other. Links and quoted history are left out, because programs write
// them differently.
func textsDiffer(plain, html string) bool {
	a, b := wordBag(plain), wordBag(html)
	if max(len(a), len(b)) < 8 {
		return false
	}
	common := 0
	for w := range a {
		if b[w] {
			common++
		}
	}
	return 2*common < len(a) || 2*common < len(b)
}

// wordBag gives the words of three letters and more at the beginning of a text.
func wordBag(s string) map[string]bool {
	const enough = 400
	bag := make(map[string]bool, 64)
	s = cutUTF8(s[:foldAt(s)], 16<<10)
	for field := range strings.FieldsSeq(s) {
		if len(bag) >= enough {
			break
		}
		if strings.Contains(field, "://") || strings.Contains(field, "@") {
			continue
		}
		for _, w := range strings.FieldsFunc(field, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if len(w) >= 3 {
				bag[strings.ToLower(w)] = true
			}
		}
	}
	return bag
}
