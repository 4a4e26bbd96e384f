package letters

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

func shelf(t *testing.T) *Shelf {
	t.Helper()
	s, err := NewShelf(Options{City: "Glavni grad Podgorica", Phone: "19848", Zone: zone(t)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func own(tag lang.Tag, name, body string) ticketing.LetterText {
	return ticketing.LetterText{Language: tag, Name: name, Version: 1, Body: body}
}

// A city's text is in force at once, in Cyrillic too, until it is taken back;
// one that cannot be read leaves the shipped one standing and the others in force.
func TestShelf(t *testing.T) {
	t.Parallel()
	s := shelf(t)
	d := samples(t)["receipt"].data
	subject := func(tag lang.Tag) string {
		l, err := s.Compose(ticketing.PurposeReceipt, tag, d)
		if err != nil {
			t.Fatal(err)
		}
		return l.Subject
	}
	shippedEn := subject(lang.En)
	texts := []ticketing.LetterText{
		own(lang.SrLatn, "receipt", "Subject: Stiglo {ref}\n\n{ref} {tracking_url}"),
		own(lang.En, "receipt", "Subject: Bad {oops}\n\n{ref} {tracking_url}"),
		own(lang.Sq, "receipt", ""),
		own(lang.En, "no-such-letter", "Subject: x\n\ny"),
	}
	err := s.Use(texts)
	if err == nil || !strings.Contains(err.Error(), "en/receipt.txt:1: {oops}") {
		t.Errorf("Use() = %v, want the fault of the English text", err)
	}
	for tag, want := range map[lang.Tag]string{lang.SrLatn: "Stiglo S48-26-004812-6", lang.SrCyrl: "Стигло S48-26-004812-6", lang.En: shippedEn} {
		if got := subject(tag); got != want {
			t.Errorf("%s: subject %q, want %q", tag, got, want)
		}
	}
	if err := s.Use(nil); err != nil {
		t.Fatal(err)
	}
	if got := subject(lang.SrLatn); strings.HasPrefix(got, "Stiglo") {
		t.Errorf("taken back, and yet %q", got)
	}
}

// A19, A20: what the grammar refuses is said with its place; markup and
// expressions of other template languages never get in force.
func TestCheck(t *testing.T) {
	t.Parallel()
	s := shelf(t)
	const good = "Subject: {ref}\n\n{ref} {tracking_url}"
	tests := map[string]struct {
		text             ticketing.LetterText
		key, placeholder string
		line             int
	}{
		"unknown":        {own(lang.En, "receipt", good+"\n\n{citizen_name}"), "letter.unknown", "{citizen_name}", 5},
		"words of them":  {own(lang.En, "receipt", good+"\n{body}"), "letter.unknown", "{body}", 4},
		"expression":     {own(lang.En, "receipt", good+"\n{7*7}"), "letter.no_name", "{7*7}", 4},
		"markup":         {own(lang.Sq, "receipt", good+"\n<script>"), "letter.markup", "", 4},
		"forgotten mark": {own(lang.En, "receipt", good+"\n{due_at}"), "letter.may_miss", "{due_at}", 4},
		"no link":        {own(lang.SrCyrl, "receipt", "Subject: {ref}\n\n{ref}"), "letter.must", "{tracking_url}", 0},
		"no subject":     {own(lang.En, "receipt", "Hello {ref} {tracking_url}"), "letter.subject_first", "", 1},
		"signature":      {own(lang.En, "signature", "{ref}"), "letter.unknown", "{ref}", 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := s.Check(tt.text)
			var e *ticketing.Error
			if !errors.As(err, &e) || e.Kind != ticketing.Invalid || e.Field != "body" || e.Key != tt.key {
				t.Fatalf("Check() = %#v (%v), want %s", e, err, tt.key)
			}
			if e.Args["Line"] != tt.line || e.Args["Placeholder"] != tt.placeholder {
				t.Errorf("place = line %v %v, want line %d %q", e.Args["Line"], e.Args["Placeholder"], tt.line, tt.placeholder)
			}
		})
	}
	for _, t2 := range []ticketing.LetterText{own(lang.En, "receipt", good), own(lang.En, "receipt", ""), own(lang.SrCyrl, "signature", "Ваш {city}")} {
		if err := s.Check(t2); err != nil {
			t.Errorf("Check(%q) = %v", t2.Body, err)
		}
	}
	for _, t2 := range []ticketing.LetterText{own(lang.En, "words", "x"), own("xx", "receipt", good), own(lang.En, "../receipt", good)} {
		if err := s.Check(t2); ticketing.KindOf(err) != ticketing.NotFound {
			t.Errorf("Check(%s/%s) = %v, want not found", t2.Language, t2.Name, err)
		}
	}
}

// Every shipped text can be edited: its source passes the check as it is, its
// preview is written, and every sample of a placeholder has a value.
func TestEveryLetterIsEditable(t *testing.T) {
	t.Parallel()
	s := shelf(t)
	if names := Names(); len(names) != len(purposes())+1 {
		t.Fatalf("Names() = %v", names)
	}
	for _, name := range Names() {
		for _, tag := range lang.Tags() {
			src, err := Shipped(tag, name)
			if err != nil || src == "" {
				t.Fatalf("Shipped(%s, %s) = %q, %v", tag, name, src, err)
			}
			want, err := s.Preview(own(tag, name, ""))
			if err != nil {
				t.Fatalf("%s %s: %v", tag, name, err)
			}
			got, err := s.Preview(own(tag, name, src))
			if err != nil {
				t.Fatalf("%s %s: the shipped text is refused: %v", tag, name, err)
			}
			if tag != lang.SrLatn && got != want { // the marks [[ ]] of the Latin source are for the Cyrillic one
				t.Errorf("%s %s: saved unchanged it reads\n%s\n%s\nnot\n%s\n%s", tag, name, got.Subject, got.Text, want.Subject, want.Text)
			}
			if strings.ContainsAny(got.Text, "{}") || got.Text == "" {
				t.Errorf("%s %s: preview\n%s", tag, name, got.Text)
			}
			for _, p := range s.Placeholders(tag, name) {
				if p.Sample == "" && p.Always && !strings.HasPrefix(p.Name, "{?") {
					t.Errorf("%s %s: no sample of %s", tag, name, p.Name)
				}
			}
		}
	}
	if _, err := Shipped(lang.En, "../../book"); ticketing.KindOf(err) != ticketing.NotFound {
		t.Errorf("Shipped() = %v, want not found", err)
	}
}

// TestReadyMade: a ready-made answer is filled in once, in the citizen's script;
// what a citizen is called or wrote is never read for placeholders (A19, A20).
func TestReadyMade(t *testing.T) {
	t.Parallel()
	s := shelf(t)
	d := ticketing.LetterData{Ref: "S48-26-000161-3", TrackingURL: "https://48.example/p/x", TrackingCode: "7Q2M-9XK4-T1ZC", ReceivedAt: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}
	const src = "{?citizen}Poštovani/a {citizen},\n{!citizen}Poštovani,\n\nprimili smo predmet {ref}{{}}.\n{?due}Odgovor stiže do {due}.\n\n{?phone}Pozovite {phone}."
	for _, tt := range []struct {
		name, citizen string
		tag           lang.Tag
		want          string
	}{
		{"nobody", "", lang.SrLatn, "Poštovani,\n\nprimili smo predmet S48-26-000161-3{}."},
		{"a name", "Marko", lang.SrLatn, "Poštovani/a Marko,\n\nprimili smo predmet S48-26-000161-3{}."},
		{"a name like a placeholder", "{ref}{{7*7}}\n{?due}x", lang.SrLatn, "Poštovani/a {ref}{{7*7}} {?due}x,\n\nprimili smo predmet S48-26-000161-3{}."},
		{"Cyrillic", "Marko", lang.SrCyrl, "Поштовани/а Marko,\n\nпримили смо предмет S48-26-000161-3{}."},
	} {
		d.Citizen = tt.citizen
		got, err := s.Fill(lang.SrLatn, tt.tag, src, d)
		if i := strings.Index(got, "\n\nPoz"); i > 0 {
			got = got[:i]
		}
		if i := strings.Index(got, "\n\nПоз"); i > 0 {
			got = got[:i]
		}
		if err != nil || got != tt.want {
			t.Errorf("%s: %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
	for src, key := range map[string]string{
		"{citizen}": "letter.may_miss", "{?nobody}x": "letter.unknown", "{body}": "letter.unknown", "<b>x</b>": "letter.markup", "{ref": "letter.open_brace",
	} {
		err := s.CheckTemplate(lang.En, "a\n"+src)
		var e *ticketing.Error
		if !errors.As(err, &e) || e.Key != key || e.Field != "text_en" || e.Args["Line"] != 2 {
			t.Errorf("%q: %v, want %s in line 2", src, err, key)
		}
	}
	for _, p := range s.TemplatePlaceholders(lang.SrLatn) {
		if p.Sample == "" && p.Name != "{privacy_url}" { // this city has none
			t.Errorf("%s has no sample", p.Name)
		}
	}
	if text, err := s.PreviewTemplate(lang.Sq, "{ref} {city}"); err != nil || !strings.Contains(text, "S48-26-004812-6") {
		t.Errorf("preview %q, %v", text, err)
	}
}
