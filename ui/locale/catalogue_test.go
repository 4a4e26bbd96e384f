package locale

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sistem48/system48/ticketing/lang"
)

func catalogue(t *testing.T) *Catalogue {
	t.Helper()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCatalogues holds each language to the source: the same ids, the same
// placeholders in every form, and the plural forms the language has.
func TestCatalogues(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	source := c.texts[lang.SrLatn]
	if len(source) < 200 {
		t.Fatalf("the source has %d messages", len(source))
	}
	forms := map[lang.Tag][]lang.Form{
		lang.SrLatn: {lang.One, lang.Few, lang.Other}, lang.SrCyrl: {lang.One, lang.Few, lang.Other},
		lang.En: {lang.One, lang.Other}, lang.Sq: {lang.One, lang.Other},
	}
	for _, tag := range lang.Tags() {
		texts := c.texts[tag]
		for id := range texts {
			if _, ok := source[id]; !ok {
				t.Errorf("%s: %s is not in the source", tag, id)
			}
		}
		for id, want := range source {
			got, ok := texts[id]
			if !ok {
				t.Errorf("%s: %s is missing", tag, id)
				continue
			}
			if len(want) > 1 {
				for _, f := range forms[tag] {
					if _, ok := got[f]; !ok {
						t.Errorf("%s: %s has no form %q", tag, id, f)
					}
				}
			}
			for f := range got {
				if !slices.Contains(forms[tag], f) {
					t.Errorf("%s: %s has the form %q, which the language does not", tag, id, f)
				}
				if g, w := placeholders(got[f]), placeholders(want[lang.Other]); !slices.Equal(g, w) {
					t.Errorf("%s: %s has placeholders %v in form %q, want %v", tag, id, g, f, w)
				}
			}
		}
	}
}

func placeholders(t template) []string {
	var names []string
	for _, s := range t {
		if s.name != "" {
			names = append(names, s.name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestCyrillic(t *testing.T) {
	t.Parallel()
	c, err := load(fstest.MapFS{"x.sr-Latn-ME.toml": {Data: []byte(`
a = "Njegoš čeka [[SMS]] za {{.Name}}"
b.c = "Riješeno"
`)}})
	if err != nil {
		t.Fatal(err)
	}
	at := func() time.Time { return time.Time{} }
	for tag, want := range map[lang.Tag]string{
		lang.SrLatn: "Njegoš čeka SMS za Ana Đukić",
		lang.SrCyrl: "Његош чека SMS за Ana Đukić",
	} {
		if got := c.Printer(tag, time.UTC, at).T("a", "Name", "Ana Đukić"); got != want {
			t.Errorf("%s: T() = %q, want %q", tag, got, want)
		}
	}
	if got := c.Printer(lang.SrCyrl, time.UTC, at).T("b.c"); got != "Ријешено" {
		t.Errorf("T(b.c) = %q", got)
	}
}

func TestPlural(t *testing.T) {
	t.Parallel()
	c, err := load(fstest.MapFS{"x.sr-Latn-ME.toml": {Data: []byte(`
[n]
one = "{{.N}} predmet"
few = "{{.N}} predmeta"
other = "{{.N}} predmeta ukupno"
`)}})
	if err != nil {
		t.Fatal(err)
	}
	p := c.Printer(lang.SrLatn, time.UTC, time.Now)
	for n, want := range map[int]string{1: "1 predmet", 21: "21 predmet", 3: "3 predmeta", 11: "11 predmeta ukupno", 12_345: "12.345 predmeta ukupno"} {
		if got := p.N("n", n); got != want {
			t.Errorf("N(%d) = %q, want %q", n, got, want)
		}
		if got := p.Map("n", map[string]any{"N": n}); got != want {
			t.Errorf("Map(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestBadCatalogues(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"placeholder without a dot": `a = "{{Name}}"`,
		"open placeholder":          `a = "{{.Name"`,
		"unknown form":              "[a]\nother = \"x\"\nmany = \"y\"",
		"a number":                  `a = 3`,
		"no TOML":                   `a = `,
	} {
		if _, err := load(fstest.MapFS{"x.en.toml": {Data: []byte(text)}}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	twice := fstest.MapFS{"x.en.toml": {Data: []byte(`a = "1"`)}, "y.en.toml": {Data: []byte(`a = "2"`)}}
	if _, err := load(twice); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("an id in two files: %v", err)
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Podgorica")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 24, 9, 14, 0, 0, time.UTC) // 10:14 in Podgorica
	c := catalogue(t)
	in := func(tag lang.Tag) *Printer { return c.Printer(tag, zone, func() time.Time { return now }) }
	sr, en, sq := in(lang.SrLatn), in(lang.En), in(lang.Sq)
	at := time.Date(2026, 11, 25, 2, 30, 0, 0, time.UTC)
	for _, tt := range []struct{ name, got, want string }{
		{"date time sr", sr.DateTime(now), "24. 11. 2026. u 10:14"},
		{"date time en", en.DateTime(now), "24 Nov 2026, 10:14"},
		{"date time sq", sq.DateTime(now), "24.11.2026, ora 10:14"},
		{"due", sr.Due(at), "sri 25. 11. u 03:30"},
		{"deadline", sr.Deadline(at), "srijeda, 25. novembar, do 03:30"},
		{"deadline cyrillic", in(lang.SrCyrl).Deadline(at), "сриједа, 25. новембар, до 03:30"},
		{"ago minutes", sr.Ago(now.Add(-4 * time.Minute)), "prije 4\u00a0min"},
		{"ago hours", sr.Ago(now.Add(-2 * time.Hour)), "prije 2\u00a0h"},
		{"yesterday", sr.Ago(now.Add(-20 * time.Hour)), "juče"},
		{"two days", sr.Ago(now.Add(-50 * time.Hour)), "ned"},
		{"long ago", sr.Ago(now.Add(-30 * 24 * time.Hour)), "25. 10."},
		{"short within a week", sr.Short(now.Add(-4 * 24 * time.Hour)), "pet 10:14"},
		{"minutes", sr.Span(45 * time.Minute), "45\u00a0min"},
		{"hours and minutes", sr.Span(17*time.Hour + 16*time.Minute), "17\u00a0h\u00a016\u00a0min"},
		{"padded", sr.Span(5*time.Hour + 2*time.Minute), "5\u00a0h\u00a002\u00a0min"},
		{"round hours", sr.Span(46 * time.Hour), "46\u00a0h"},
		{"days", sr.Span(3*24*time.Hour + 17*time.Hour + 5*time.Minute), "3\u00a0d\u00a017\u00a0h"},
		{"late", sr.Span(-28 * time.Hour), "28\u00a0h"},
		{"number", en.Number(-1234567), "-1,234,567"},
		{"four digits", en.Number(1234), "1234"},
		{"percent", sr.Percent(0.914, 1), "91,4\u00a0%"},
		{"percent en", en.Percent(0.914, 1), "91.4%"},
		{"size", sr.Size(1_234_567), "1,2\u00a0MB"},
		{"small size", sr.Size(999), "999\u00a0B"},
		{"long day", sr.LongDay(at), "Srijeda 25. 11. 2026."},
	} {
		if tt.got != tt.want {
			t.Errorf("%s = %q, want %q", tt.name, tt.got, tt.want)
		}
	}
}
