package letters

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

func TestFaultsOfTexts(t *testing.T) {
	t.Parallel()
	const head = "Subject: {ref}\n\n{ref} {tracking_url}\n"
	tests := map[string]struct {
		file, text string
		want       string
	}{
		"unknown placeholder":          {"en/receipt.txt", head + "{citizen}", "en/receipt.txt:4: {citizen}: unknown here; this text knows city, due,"},
		"misspelt":                     {"sq/receipt.txt", head + "{Due}", "sq/receipt.txt:4: {Due}: is no name"},
		"spaces":                       {"en/receipt.txt", head + "{ ref }", "{ ref }: is no name"},
		"template of others":           {"en/receipt.txt", head + "{% raw %}", "{% raw %}: is no name"},
		"empty":                        {"en/receipt.txt", head + "{}", "{}: is no name"},
		"not closed":                   {"en/receipt.txt", head + "see {ref", "{ref: has no closing brace"},
		"nested":                       {"en/receipt.txt", head + "see {ref{ref}}", "has no closing brace"},
		"closed twice":                 {"en/receipt.txt", head + "{ref} }", "}: a closing brace without an opening one"},
		"guard not closed":             {"en/receipt.txt", head + "{?due by {ref}", "{?due by {ref}: unknown here"},
		"guard without end":            {"en/receipt.txt", head + "{?due", "{?due: has no closing brace"},
		"guard inside":                 {"en/receipt.txt", head + "by {?due}{due}", "{?due}: stands only at the beginning"},
		"guard unknown":                {"en/receipt.txt", head + "{?pizza}x", "{?pizza}: unknown here"},
		"guard needless":               {"en/receipt.txt", head + "{?ref}x", "{?ref}: always has a value"},
		"missing guard":                {"en/receipt.txt", head + "by {due_at}", "{due_at}: may be missing: begin the line with {?due}"},
		"opposite guard":               {"en/receipt.txt", head + "{!due}by {due_at}", "{due_at}: may be missing"},
		"flag has no words":            {"en/receipt.txt", head + "{validation}", "{validation}: has no words"},
		"the sender's words":           {"en/receipt.txt", head + "{subject} {body}", "en/receipt.txt:4: {subject}: unknown here"},
		"the citizen's link":           {"en/handover.txt", "Subject: x\n\n{ref} {tracking_url}", "en/handover.txt:3: {tracking_url}: unknown here"},
		"list in a letter without":     {"en/receipt.txt", head + "{*items}x", "{*items}: this letter has no such list"},
		"unknown list":                 {"en/receipts.txt", "Subject: x\n\n{*lines}{item.ref}", "{*lines}: this letter has no such list"},
		"item outside":                 {"en/receipts.txt", "Subject: x\n\n{item.ref} {item.url}", "{item.ref}: stands only on lines that begin with {*items}"},
		"item guard outside":           {"en/receipts.txt", "Subject: x\n\n{?item.due}x\n{*items}{item.ref} {item.url}", "{?item.due}: stands only on lines"},
		"list in the subject":          {"en/receipts.txt", "Subject: {*items}{item.ref}\n\n{*items}{item.ref} {item.url}", "en/receipts.txt:1: {*items}: has no place in a subject"},
		"too few forms":                {"sr-Latn-ME/receipts.txt", "Subject: {n|a|b}\n\n{*items}{item.ref} {item.url}", "sr-Latn-ME/receipts.txt:1: {n|a|b}: has 2 forms, this language needs 3"},
		"too many forms":               {"en/receipts.txt", "Subject: {n|a|b|c}\n\n{*items}{item.ref} {item.url}", "{n|a|b|c}: has 3 forms, this language needs 2"},
		"forms of a text":              {"en/receipt.txt", head + "{ref|a|b}", "{ref|a|b}: is not a number"},
		"markup":                       {"en/receipt.txt", head + "<b>now</b>", "en/receipt.txt:4: markup (<b)"},
		"script":                       {"en/receipt.txt", head + "x</script >", "markup (</)"},
		"control character":            {"en/receipt.txt", head + "a\x1b[1m", "en/receipt.txt:4: holds a control character"},
		"not UTF-8":                    {"en/receipt.txt", head + "Po\x9atovani", "en/receipt.txt: not UTF-8"},
		"too large":                    {"en/receipt.txt", strings.Repeat("x", maxFile+1), "en/receipt.txt: larger than 32 kB"},
		"no subject":                   {"en/receipt.txt", "{ref} {tracking_url}", `en/receipt.txt:1: expected "Subject:`},
		"empty subject":                {"en/receipt.txt", "Subject:\n\n{ref} {tracking_url}", "en/receipt.txt:1: the subject is empty"},
		"only conditional subjects":    {"en/answer.txt", "Subject: {?subject}{subject}\n\n{body}", "en/answer.txt: needs a last Subject line"},
		"answer without the answer":    {"en/answer.txt", "Subject: x\n\nThank you.", "en/answer.txt: {body}: is missing"},
		"closing without a way back":   {"sr-Cyrl-ME/closing.txt", "Subject: {ref}\n\n{ref}", "sr-Cyrl-ME/closing.txt: {reopen_url}: is missing"},
		"signature":                    {"en/signature.txt", "{ref}", "en/signature.txt:1: {ref}: unknown here; this text knows city, phone, privacy_url"},
		"words: unknown":               {"en/words.txt", "greeting: hi", `en/words.txt:1: "greeting" is no name of a phrase`},
		"words: short list":            {"en/words.txt", "\nweekdays: a, b", "en/words.txt:2: weekdays: 7 words"},
		"words: hole in a list":        {"en/words.txt", "weekdays: a, , c, d, e, f, g", "weekdays: 7 words"},
		"words: empty":                 {"en/words.txt", "paused:", "paused: the text is empty"},
		"words: no colon":              {"en/words.txt", "paused", "paused: the text is empty"},
		"words: unknown placeholder":   {"en/words.txt", "paused: {x}", "en/words.txt:1: {x}: unknown here; this text knows for, paused"},
		"file of no letter":            {"en/recepit.txt", "x", "en/recepit.txt: is the text of no letter"},
		"file of an unknown language":  {"cnr/receipt.txt", "x", "cnr/receipt.txt: is the text of no letter"},
		"file in the wrong place":      {"receipt.txt", "x", "receipt.txt: is the text of no letter"},
		"file below a letter's folder": {"en/old/receipt.txt", "x", "en/old/receipt.txt: is the text of no letter"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := New(Options{City: "X", Zone: time.UTC, Overrides: fstest.MapFS{tt.file: {Data: []byte(tt.text)}}})
			var e *TextError
			if !errors.As(err, &e) {
				t.Fatalf("New() = %v, want a TextError", err)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("New() = %v, want it to say %q", err, tt.want)
			}
		})
	}
}

func TestFaultOfSignatureOption(t *testing.T) {
	t.Parallel()
	_, err := New(Options{City: "X", Zone: time.UTC, Signature: "{city}\n{mayor}"})
	var e *TextError
	if !errors.As(err, &e) || e.Line != 2 || e.Placeholder != "{mayor}" {
		t.Errorf("New() = %v, want a TextError about {mayor} on line 2", err)
	}
}

func TestMissingOptions(t *testing.T) {
	t.Parallel()
	for field, o := range map[string]Options{"city": {Zone: time.UTC, City: " "}, "timezone": {City: "X"}} {
		var e *ticketing.Error
		if _, err := New(o); !errors.As(err, &e) || e.Kind != ticketing.Invalid || e.Field != field {
			t.Errorf("New() = %v, want Invalid about %s", err, field)
		}
	}
}

// brokenFS fails to read one file.
type brokenFS struct{ fs.FS }

func (b brokenFS) Open(name string) (fs.File, error) {
	if name == "en/receipt.txt" {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return b.FS.Open(name)
}

// TestUnreadableOverride: a text that is there and cannot be read is not
// silently replaced by the shipped one.
func TestUnreadableOverride(t *testing.T) {
	t.Parallel()
	_, err := New(Options{City: "X", Zone: time.UTC, Overrides: brokenFS{fstest.MapFS{"en/receipt.txt": {Data: []byte("x")}}}})
	var e *TextError
	if !errors.As(err, &e) || e.File != "en/receipt.txt" {
		t.Errorf("New() = %v, want a TextError about en/receipt.txt", err)
	}
}

func TestSignatureOption(t *testing.T) {
	t.Parallel()
	b := book(t, Options{Phone: "19848", Signature: "Vaš grad, [[CityLine]]\n{?phone}{phone}"})
	for tag, want := range map[lang.Tag]string{
		lang.SrLatn: "Vaš grad, CityLine\n19848", lang.SrCyrl: "Ваш град, CityLine\n19848", lang.En: "Vaš grad, CityLine\n19848",
	} {
		l, err := b.Compose(ticketing.PurposeSeal, tag, ticketing.LetterData{Hash: "ff"})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(l.Text, "\n\n"+want) {
			t.Errorf("%s: text ends %q, want %q", tag, l.Text[max(0, len(l.Text)-60):], want)
		}
	}
}

// TestPluralForms counts through the numbers where forms change.
func TestPluralForms(t *testing.T) {
	t.Parallel()
	b := book(t, Options{})
	for tag, wants := range map[lang.Tag]map[int]string{
		lang.SrLatn: {1: "1 predmet", 2: "2 predmeta", 4: "4 predmeta", 5: "5 predmeta", 11: "11 predmeta", 21: "21 predmet"},
		lang.SrCyrl: {1: "1 предмет", 22: "22 предмета"},
		lang.En:     {1: "1 case", 2: "2 cases", 21: "21 cases"},
		lang.Sq:     {1: "1 lëndë", 21: "21 lëndë"},
	} {
		for n, want := range wants {
			refs := make([]ticketing.LetterRef, n)
			for i := range refs {
				refs[i] = ticketing.LetterRef{Ref: "R", TrackingURL: "u"}
			}
			l, err := b.Compose(ticketing.PurposeReceipts, tag, ticketing.LetterData{Refs: refs})
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(l.Subject, "– "+want) {
				t.Errorf("%s, %d: subject %q, want it to end %q", tag, n, l.Subject, want)
			}
			if got := strings.Count(l.Text, "**R**"); got != n {
				t.Errorf("%s, %d: %d references in the text", tag, n, got)
			}
		}
	}
}

// TestNoLetterHoldsAPlaceholder composes any data that has no braces: no brace
// may appear, and every value of the data that the letter takes stands in it
// unchanged.
func TestNoLetterHoldsAPlaceholder(t *testing.T) {
	t.Parallel()
	b := book(t, Options{Phone: "19848"})
	line := rapid.StringMatching(`[a-zA-Zčćžšđëç<>&$%?!*|#:/.=\[\] 0-9-]{0,40}`)
	instant := rapid.Map(rapid.Int64Range(1735689600, 2051222400), func(s int64) time.Time { return time.Unix(s, 0) })
	rules := rules(t)
	rapid.Check(t, func(t *rapid.T) {
		d := ticketing.LetterData{
			Ref: ticketing.Reference(line.Draw(t, "ref") + "r"), Subject: line.Draw(t, "subject"), TrackingURL: line.Draw(t, "url") + "u",
			TrackingCode: line.Draw(t, "code") + "c", ReopenURL: line.Draw(t, "reopen"), ActionURL: line.Draw(t, "action") + "a",
			ReceivedAt: instant.Draw(t, "received"), Validation: rapid.Bool().Draw(t, "validation"),
			Target: time.Duration(rapid.Int64Range(0, 1e16).Draw(t, "target")), Body: line.Draw(t, "body") + "\n" + line.Draw(t, "more") + "b",
			AgentName: line.Draw(t, "agent"), Department: line.Draw(t, "department") + "d", Note: line.Draw(t, "note"), Limit: line.Draw(t, "limit") + "l", Hash: "h",
			Code: rapid.SampledFrom(append(ticketing.ClosingCodes(), "", ticketing.CodeSpam)).Draw(t, "closing"),
			Refs: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) ticketing.LetterRef {
				return ticketing.LetterRef{Ref: ticketing.Reference(line.Draw(t, "r") + "r"), TrackingURL: line.Draw(t, "u") + "u", Due: instant.Draw(t, "d")}
			}), 1, 5).Draw(t, "refs"),
		}
		if rapid.Bool().Draw(t, "has due") {
			d.Due = instant.Draw(t, "due")
			if x, err := rules.Promise("podgorica", instant.Draw(t, "start").Truncate(time.Minute), 0, nil, d.Due); err == nil {
				d.Why = &x
			}
		}
		tag := rapid.SampledFrom(lang.Tags()).Draw(t, "tag")
		for _, p := range purposes() {
			l, err := b.Compose(p, tag, d)
			if err != nil {
				t.Fatalf("%s: %v", p, err)
			}
			if strings.ContainsAny(l.Subject+l.Text, "{}") || strings.ContainsAny(l.Subject, "\r\n") || l.Subject == "" {
				t.Fatalf("%s, %s: %q\n%s", p, tag, l.Subject, l.Text)
			}
		}
	})
}

// FuzzTexts reads any text as a city's own letter. What is accepted must be
// written without a placeholder left over: braces only where the text doubles
// them, values only as they are.
func FuzzTexts(f *testing.F) {
	for _, p := range purposes() {
		src, err := fs.ReadFile(shippedText, "text/en/"+string(p)+".txt")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(src))
	}
	for _, s := range []string{"Subject: {{{ref}}}\n\n}}{ref}{{{tracking_url}", "Subject: x\n\n{*items}{?item.due}{n|a|b}", "{", "}", "Subject: {n|{n|a|b}|c}"} {
		f.Add(s)
	}
	all := with(citySigns, dueFields, itemFields, codeFields)
	for _, one := range forms {
		all = with(all, one.fields)
	}
	f.Fuzz(func(t *testing.T, src string) {
		r := &reader{}
		l := r.letter(lang.En, "en/fuzz.txt", src, form{fields: all})
		if len(r.errs) > 0 {
			for _, err := range r.errs {
				if msg := err.Error(); len(msg) > 2000 {
					t.Errorf("an error of %d bytes", len(msg))
				}
			}
			return
		}
		v := values{}
		for name, one := range all {
			switch one.kind {
			case fieldText:
				v[name] = text("{value}")
			case fieldNumber:
				v[name] = number(2)
			case fieldFlag:
				v[name] = truth(true)
			}
		}
		for name, out := range map[string]string{"subject": l.subjects.pick(lang.En, v), "body": l.body.render(lang.En, v, []values{v, v})} {
			rest := strings.ReplaceAll(out, "{value}", "")
			if n := strings.Count(src, "{{"); strings.Count(rest, "{") > 2*n {
				t.Errorf("%s: %d braces left over of %d doubled ones:\n%s", name, strings.Count(rest, "{"), n, rest)
			}
			cyr := l.mapped(lang.ToCyrillic)
			if got := cyr.body.render(lang.SrCyrl, v, []values{v}); strings.Count(got, "{value}") < strings.Count(l.body.render(lang.SrLatn, v, []values{v}), "{value}") {
				t.Errorf("the Cyrillic text has lost a value:\n%s", got)
			}
		}
	})
}
