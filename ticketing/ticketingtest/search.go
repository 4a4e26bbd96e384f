package ticketingtest

import (
	"slices"
	"strings"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// A query is what somebody typed to find something.
type query struct {
	empty  bool
	words  []string // folded
	digits string   // of a telephone number, without leading zeros; "" when it is none
}

// leastDigits and leastPrefix are how much of a number or word must be given.
const (
	leastDigits = 5
	leastPrefix = 3
)

func parseQuery(s string) query {
	s = strings.TrimSpace(s)
	q := query{empty: s == "", words: strings.Fields(lang.Fold(s))}
	for i, w := range q.words {
		q.words[i] = lang.Terms(w)[0] // cut as terms are
	}
	if strings.Trim(s, "+0123456789 -/().") == "" {
		if d := strings.TrimLeft(digitsOf(s), "0"); len(d) >= leastDigits {
			q.digits = d
		}
	}
	return q
}

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// matches reports whether all words are among those of the document, or the
// number is part of a telephone number.
func (q query) matches(document []string, contacts []ticketing.Contact) bool {
	if q.empty {
		return true
	}
	if q.digits != "" && slices.ContainsFunc(contacts, func(k ticketing.Contact) bool {
		return k.Kind == ticketing.ContactPhone && strings.Contains(digitsOf(k.Address), q.digits)
	}) {
		return true
	}
	return len(q.words) > 0 && hasWords(document, q.words)
}

// hasWords reports whether each word is one of the document's, or its beginning.
func hasWords(document, words []string) bool {
	for _, w := range words {
		if !slices.ContainsFunc(document, func(d string) bool {
			return d == w || len(w) >= leastPrefix && strings.HasPrefix(d, w)
		}) {
			return false
		}
	}
	return true
}

// citizenWords are the words a citizen is found by.
func (v view) citizenWords(id ticketing.CitizenID) []string {
	var words []string
	stayer := v.stayer(id)
	for _, member := range v.family(stayer) {
		if c, ok := v.citizens.get(v.in, member); ok {
			words = append(words, lang.Terms(c.Name)...)
		}
	}
	if c, err := v.whole(id); err == nil {
		for _, k := range c.Contacts {
			words = append(words, lang.Terms(k.Address)...)
		}
	}
	return words
}

// ticketWords are the words a ticket is found by.
func (v view) ticketWords(t *ticketing.Ticket) []string {
	words := lang.Terms(t.Subject + " " + string(t.Ref))
	texts, _ := v.texts.get(v.in, t.ID)
	words = append(words, texts...)
	if t.Citizen != 0 {
		words = append(words, v.citizenWords(t.Citizen)...)
	}
	return words
}
