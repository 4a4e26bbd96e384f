package ticketing

import (
	"slices"
	"strings"

	"github.com/sistem48/system48/ticketing/lang"
)

// A phrase is a keyword made ready: its folded words, of which the last may be
// only a beginning.
type phrase struct {
	words  []string
	open   bool // the last word may go on
	rule   int  // place of the rule it belongs to
	number int  // place among the rule's keywords
}

func newPhrase(keyword string) phrase {
	text, open := strings.CutSuffix(strings.TrimSpace(keyword), "*")
	return phrase{words: strings.Fields(lang.Fold(text)), open: open && text != "" && !strings.HasSuffix(text, " ")}
}

// is reports whether the words begin with the phrase.
func (p *phrase) is(words []string) bool {
	n := len(p.words)
	if len(words) < n || !slices.Equal(words[:n-1], p.words[:n-1]) {
		return false
	}
	last := words[n-1]
	return last == p.words[n-1] || (p.open && strings.HasPrefix(last, p.words[n-1]))
}

// keywords finds the keywords of all rules in one walk over a text.
type keywords struct {
	whole  map[string][]phrase // by the first word
	begins map[string][]phrase // single words that may go on, by themselves
	sizes  []int               // of the keys of begins
}

func (k *keywords) add(p phrase) {
	if len(p.words) == 0 {
		return
	}
	k.put(p)
	// Many people type a plain d for đ.
	if plain := strings.ReplaceAll(strings.Join(p.words, " "), "dj", "d"); plain != strings.Join(p.words, " ") {
		p.words = strings.Fields(plain)
		k.put(p)
	}
}

func (k *keywords) put(p phrase) {
	first := p.words[0]
	if len(p.words) > 1 || !p.open {
		k.whole[first] = append(k.whole[first], p)
		return
	}
	k.begins[first] = append(k.begins[first], p)
	if !slices.Contains(k.sizes, len(first)) {
		k.sizes = append(k.sizes, len(first))
	}
}

func (k *keywords) empty() bool { return len(k.whole) == 0 && len(k.begins) == 0 }

// find gives for each of n rules the place of one of its keywords that the
// text has, -1 for none.
func (k *keywords) find(words []string, n int) []int {
	hits := make([]int, n)
	for i := range hits {
		hits[i] = -1
	}
	hit := func(p *phrase) {
		if hits[p.rule] < 0 || p.number < hits[p.rule] {
			hits[p.rule] = p.number
		}
	}
	for i, w := range words {
		list := k.whole[w]
		for j := range list {
			if list[j].is(words[i:]) {
				hit(&list[j])
			}
		}
		for _, size := range k.sizes {
			if size > len(w) {
				continue
			}
			list := k.begins[w[:size]]
			for j := range list {
				hit(&list[j])
			}
		}
	}
	return hits
}
