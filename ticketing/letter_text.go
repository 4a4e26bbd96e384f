package ticketing

import (
	"context"
	"time"

	"github.com/sistem48/system48/ticketing/lang"
)

// MaxLetterText bounds a city's own text of one letter, in bytes.
const MaxLetterText = 32 << 10

// A LetterText is one version of a city's own text of a letter in one language,
// in the grammar of package letters. Versions are kept; the newest counts.
type LetterText struct {
	Language lang.Tag
	Name     string // a Purpose, or "signature"
	Version  int64  // 1, 2, 3 …
	Body     string // "": from here on the shipped text again
	Agent    AgentID
	At       time.Time
}

// LetterText gives the newest version of a city's own text, ok false when the
// city never had one.
func (d *Directory) LetterText(tag lang.Tag, name string) (LetterText, bool) {
	return find(d.Letters, func(x *LetterText) bool { return x.Language == tag && x.Name == name })
}

// SaveLetter enters a new version of a letter's text; an empty body brings the
// shipped one back. Version is the one that was read (0: there was none); another
// one meanwhile is Stale. What the grammar refuses is Invalid, every fault with
// its line, and changes nothing (A19, A20).
func (r *Registry) SaveLetter(ctx context.Context, by Actor, t *LetterText) error {
	if err := by.need(RightManage); err != nil {
		return err
	}
	if len(t.Body) > MaxLetterText {
		return &Error{Kind: Invalid, Field: "body", Key: "letter.too_large", Args: map[string]any{"Detail": MaxLetterText >> 10}}
	}
	if err := r.Letters.Check(*t); err != nil {
		return err
	}
	t.Agent, t.At = by.Agent, r.now()
	var saved LetterText
	data := map[string]any{"letter": t.Name, "language": string(t.Language)}
	err := r.act(ctx, by, data, func(tx Tx) error {
		saved = *t // the function may run again
		data["version"], data["shipped"] = saved.Version+1, saved.Body == ""
		return tx.SaveLetterText(ctx, &saved)
	})
	if err == nil {
		*t = saved
	}
	return err
}
