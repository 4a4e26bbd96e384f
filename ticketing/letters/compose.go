package letters

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// Bounds of one value in a letter, in runes.
const (
	maxShort = 500
	maxLink  = 2000
)

// Compose writes the letter of the purpose. An unknown language is written in
// Options.Default. Values longer than a line or with control characters are
// bounded and cleaned, the agent's words only of control characters.
//
// Errors are Invalid: an unknown purpose, or data that the letter cannot do
// without (Field names the placeholder).
func (b *Book) Compose(p ticketing.Purpose, tag lang.Tag, d ticketing.LetterData) (ticketing.Letter, error) {
	t, tag := b.in(tag)
	l, known := t.letters[p]
	if !known {
		return ticketing.Letter{}, &ticketing.Error{Kind: ticketing.Invalid, Field: "purpose", Key: "letters.purpose_unknown"}
	}
	c := composer{book: b, texts: t, tag: tag, staff: p == ticketing.PurposeWarning}
	v := c.values(d)
	items := c.items(v, d.Refs)
	v["signature"] = text(t.signature.render(tag, v, nil))
	for _, name := range l.needs {
		if !v[name].exists() {
			return ticketing.Letter{}, missingValue(name)
		}
	}
	if l.listed && len(items) == 0 {
		return ticketing.Letter{}, missingValue("items")
	}
	for _, name := range l.needsOfItem {
		for _, one := range items {
			if !one[name].exists() {
				return ticketing.Letter{}, missingValue(name)
			}
		}
	}
	return ticketing.Letter{Subject: l.subjects.pick(tag, v), Text: l.body.render(tag, v, items)}, nil
}

func missingValue(name string) error {
	return &ticketing.Error{Kind: ticketing.Invalid, Field: name, Key: "letters.value_missing", Args: map[string]any{"Name": name}}
}

// A composer writes one letter.
type composer struct {
	book  *Book
	texts *texts
	tag   lang.Tag
	staff bool // the reader is not the citizen
}

// values are the data under the names texts use.
func (c *composer) values(d ticketing.LetterData) values {
	o, w := &c.book.options, c.texts.words
	v := values{
		"city": c.texts.city, "phone": short(o.Phone), "privacy_url": link(o.PrivacyURL),
		"ref": short(string(d.Ref)), "subject": short(d.Subject), "tracking_url": link(d.TrackingURL), "tracking_code": short(d.TrackingCode),
		"reopen_url": link(d.ReopenURL), "action_url": link(d.ActionURL), "body": text(long(d.Body)), "agent": short(d.AgentName),
		"department": short(d.Department), "note": short(d.Note), "limit": short(d.Limit), "hash": short(d.Hash), "n": number(int64(len(d.Refs))),
		"reopen_days": number(int64(ticketing.ReopenWithin / (24 * time.Hour))),
	}
	if d.More > 0 {
		v["more"] = text(strconv.Itoa(d.More))
	}
	if !d.ReceivedAt.IsZero() {
		at := d.ReceivedAt.In(o.Zone)
		v["received_at"], v["day"] = text(w.when("at_long", at)), text(w.when("date_year", at))
	}
	if !d.Due.IsZero() {
		due := d.Due.In(o.Zone)
		v["due"], v["due_at"] = text(w.deadline("due_long", due, due)), text(w.deadline("at_long", due, due))
		v["due_short"] = text(w.deadline("due_short", due, due))
	}
	if !d.ExpiresAt.IsZero() {
		v["expires"] = text(w.when("until_long", d.ExpiresAt.In(o.Zone)))
	}
	if hours := int64(d.Target / time.Hour); d.Validation && hours > 0 {
		v["validation"], v["within"] = truth(true), text(w.say("within", values{"n": number(hours)}))
	}
	if x := d.Why; x != nil {
		v["why"] = text(newNarrator(w, *x, !c.staff).why())
		v["breached"], v["at_risk"] = truth(x.Left <= 0), truth(x.Left > 0)
		if x.Left > 0 {
			v["left"] = text(w.span(x.Left))
		}
	}
	v["opinion"], v["answered"] = truth(d.Opinion), truth(d.Answered)
	if d.State != "" {
		v["state_"+d.State] = truth(true)
	}
	v[codeFlag(d.Code)] = truth(true)
	return v
}

// codeFlag is the guard a closing code sets.
func codeFlag(code ticketing.ClosingCode) string {
	switch code { //nolint:exhaustive // a voided episode is not closed by letter
	case ticketing.CodeResolved:
		return "code_resolved"
	case ticketing.CodeNotSolvable:
		return "code_not_solvable"
	case ticketing.CodeNotCompetent:
		return "code_not_competent"
	case ticketing.CodeDuplicate:
		return "code_duplicate"
	case ticketing.CodeInsufficient:
		return "code_insufficient"
	case ticketing.CodeWithdrawn:
		return "code_withdrawn"
	case ticketing.CodeAbuse:
		return "code_abuse"
	case ticketing.CodeSpam:
	}
	return "code_other"
}

// items are the values of repeated lines, with those of the letter.
func (c *composer) items(v values, refs []ticketing.LetterRef) []values {
	out := make([]values, 0, len(refs))
	for i, r := range refs {
		one := values{"item.n": text(strconv.Itoa(i + 1)), "item.ref": short(string(r.Ref)), "item.url": link(r.TrackingURL)}
		for name, value := range v {
			one[name] = value
		}
		if !r.ReceivedAt.IsZero() {
			one["item.day"] = text(c.texts.words.when("date", r.ReceivedAt.In(c.book.options.Zone)))
		}
		if !r.Due.IsZero() {
			due := r.Due.In(c.book.options.Zone)
			one["item.due"] = text(c.texts.words.deadline("due_long", due, due))
			one["item.due_at"] = text(c.texts.words.deadline("at_long", due, due))
		}
		out = append(out, one)
	}
	return out
}

func short(s string) value { return text(oneLine(s, maxShort)) }
func link(s string) value  { return text(oneLine(s, maxLink)) }

// oneLine makes a value that can begin neither a line nor a header field.
func oneLine(s string, most int) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
	}), " ")
	if rs := []rune(s); len(rs) > most {
		s = string(rs[:most-1]) + "…"
	}
	return s
}

// long cleans words of several lines.
func long(s string) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n\n").Replace(s)
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
	return strings.Trim(s, "\n\t ")
}
