package ticketingtest

import (
	"cmp"
	"context"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

type letterKey struct {
	tag     lang.Tag
	name    string
	version int64
}

// lettersBy orders texts by language and name, of each the newest first.
func lettersBy(a, b ticketing.LetterText) int {
	return cmp.Or(cmp.Compare(a.Language, b.Language), cmp.Compare(a.Name, b.Name), cmp.Compare(b.Version, a.Version))
}

func (v view) newestLetters() []ticketing.LetterText {
	var out []ticketing.LetterText
	for _, t := range v.letters.list(v.in, nil, lettersBy) {
		if n := len(out); n == 0 || out[n-1].Language != t.Language || out[n-1].Name != t.Name {
			out = append(out, t)
		}
	}
	return out
}

// SaveLetterText implements [ticketing.Tx].
func (t *tx) SaveLetterText(ctx context.Context, l *ticketing.LetterText) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	newest := int64(0)
	for _, x := range t.newestLetters() {
		if x.Language == l.Language && x.Name == l.Name {
			newest = x.Version
		}
	}
	if newest != l.Version {
		return fail(ticketing.Stale, "letter.changed")
	}
	l.Version++
	t.letters.put(letterKey{l.Language, l.Name, l.Version}, *l)
	t.touch()
	return nil
}

// LetterHistory implements [ticketing.LetterReads].
func (s *Store) LetterHistory(ctx context.Context, tag lang.Tag, name string, n int) ([]ticketing.LetterText, error) {
	var out []ticketing.LetterText
	err := s.read(ctx, func(v view) error {
		out = limit(v.letters.list(v.in, func(t ticketing.LetterText) bool { return t.Language == tag && t.Name == name }, lettersBy), n)
		return nil
	})
	return out, err
}
