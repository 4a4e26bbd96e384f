package lang

import (
	"math"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for want, list := range map[Tag]string{
		SrLatn: "sr-Latn-ME sr-Latn sr-latn-rs sr-ME sr_Latn cnr cnr-ME cnr-Latn-ME me bs bs-BA hr hr-HR sh sr_ME.UTF-8 sr_RS@latin-Latn sh-ME SR-LATN sl mk-Latn",
		SrCyrl: "sr-Cyrl-ME sr sr-RS sr-Cyrl sr-BA mk mk-MK cnr-Cyrl bs-Cyrl-BA srp sr-Cyrl-HR",
		Sq:     "sq sq-AL sq-XK sq-ME alb sqi al",
		En:     "en en-GB en_US.UTF-8 eng EN",
		"":     "de fr ru tr x * - sr1 english srp2 i-klingon",
	} {
		for _, s := range strings.Fields(list) {
			want := want
			if s == "sr_RS@latin-Latn" {
				want = SrCyrl // after the @ there is no subtag
			}
			if got, ok := Parse(s); got != want || ok != (want != "") {
				t.Errorf("Parse(%q) = %q, %t, want %q", s, got, ok, want)
			}
		}
	}
	if got, ok := Parse("sr-" + strings.Repeat("x", 1000)); ok {
		t.Errorf("Parse(long) = %s", got)
	}
}

func TestTags(t *testing.T) {
	t.Parallel()
	for _, tag := range Tags() {
		if !tag.Valid() || tag.Name() == "" {
			t.Errorf("%q: valid %t, name %q", tag, tag.Valid(), tag.Name())
		}
		if got, ok := Parse(string(tag)); !ok || got != tag {
			t.Errorf("Parse(%q) = %q, %t", tag, got, ok)
		}
	}
	if Tag("cnr").Valid() || Tag("cnr").Name() != "" || Tag("cnr").Or(Sq) != Sq || En.Or(Sq) != En {
		t.Error("cnr is no tag of the bureau")
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	tests := []struct {
		header string
		want   Tag
	}{
		{"sr-ME,sr;q=0.9,en;q=0.8", SrLatn},
		{"en-US,en;q=0.9", En},
		{"de-DE,de;q=0.9,en;q=0.5,hr;q=0.7", SrLatn},
		{"sr", SrCyrl},
		{"cnr, en", SrLatn},
		{"fr, sq;q=0.1", Sq},
		{"en;q=0, sq;q=0.2", Sq},
		{"en;q=0.5, sq;q=0.5", En},
		{"en; q=0.4 , sq ; Q=0.6", Sq},
		{"en;q=2, sq;q=0.9", En}, // a weight that is none counts as 1
		{"en;level=1;q=0.1, sq;q=0.2", Sq},
		{"de, fr", ""},
		{"*", ""},
		{"", ""},
		{";;,,;q=1", ""},
		{strings.Repeat("de,", 40) + "en", ""}, // only so many are read
		{strings.Repeat(" ", 2000) + "en", ""},
	}
	for _, tt := range tests {
		if got, ok := Match(tt.header); got != tt.want || ok != (tt.want != "") {
			t.Errorf("Match(%.60q) = %q, %t, want %q", tt.header, got, ok, tt.want)
		}
	}
}

func TestPlural(t *testing.T) {
	t.Parallel()
	forms := map[Form][]int64{
		One:   {1, 21, 31, 101, 121, -1, -21},
		Few:   {2, 3, 4, 22, 34, 102, 124, -2},
		Other: {0, 5, 10, 11, 12, 13, 14, 15, 20, 25, 111, 112, 114, 211, 1000, -11, -12, math.MinInt64},
	}
	for want, ns := range forms {
		for _, n := range ns {
			for _, tag := range []Tag{SrLatn, SrCyrl, ""} {
				if got := Plural(tag, n); got != want {
					t.Errorf("Plural(%q, %d) = %s, want %s", tag, n, got, want)
				}
			}
			wantOne := Other
			if n == 1 || n == -1 {
				wantOne = One
			}
			for _, tag := range []Tag{Sq, En} {
				if got := Plural(tag, n); got != wantOne {
					t.Errorf("Plural(%q, %d) = %s, want %s", tag, n, got, wantOne)
				}
			}
		}
		if got, ok := ParseForm(want.String()); !ok || got != want {
			t.Errorf("ParseForm(%q) = %s, %t", want, got, ok)
		}
	}
	if got, ok := ParseForm("many"); ok {
		t.Errorf("ParseForm(many) = %s", got)
	}
}

func FuzzTags(f *testing.F) {
	for _, s := range []string{"sr-Latn-ME,en;q=0.8", ";q=", "sr_@.", "*;q=1e309"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, tag := range []func(string) (Tag, bool){Parse, Match, Detect} {
			if got, ok := tag(s); ok && !got.Valid() {
				t.Errorf("%q gives %q", s, got)
			}
		}
	})
}
