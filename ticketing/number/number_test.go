package number

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		raw  string
		want Number
	}{
		{"067 123 456", Number{E164: "+38267123456"}},
		{"+38267123456", Number{E164: "+38267123456"}},
		{"0038267123456", Number{E164: "+38267123456"}},
		{"38269555111", Number{E164: "+38269555111"}},
		{"067123456;ext=2", Number{E164: "+38267123456", Ext: "2"}},
		{"020/234-567", Number{E164: "+38220234567"}},
		{"  (067) 123-456\t", Number{E164: "+38267123456", Raw: "(067) 123-456"}},
		{"067\u00a0123\u200e\u2009456", Number{E164: "+38267123456", Raw: "067 123 456"}},
		{"067–123–456", Number{E164: "+38267123456", Raw: "067-123-456"}},
		{"tel:+38267123456", Number{E164: "+38267123456"}},
		{"sip:067123456@pbx.tivat.me", Number{E164: "+38267123456"}},
		{`"Ana Milić" <067123456>`, Number{E164: "+38267123456"}},
		{`"""Ana""" <067123456>`, Number{E164: "+38267123456"}},
		{"+381 64 1234567", Number{E164: "+381641234567"}},
		{"+355 69 212 3456", Number{E164: "+355692123456"}},
		{"19801", Number{Short: true}},
		{"1001", Number{Short: true}},
		{"112", Number{Short: true}},
		{"19 801", Number{Short: true, Raw: "19801"}},
		{`"7001" <7001>`, Number{Short: true, Raw: "7001"}},
		{"5", Number{}},
		{"1234567", Number{}},
		{"+999123456789", Number{}},
		{"+38267", Number{}},
		{"zovi me", Number{}},
		{"0800-VODA12", Number{}},
		{"٠٦٧ ١٢٣ ٤٥٦", Number{E164: "+38267123456"}},
		{"067 123 456 (Ana)", Number{E164: "+38267123456"}},
		{"anonymous", Number{Withheld: true}},
		{"", Number{Withheld: true}},
		{"   ", Number{Withheld: true}},
		{"Unknown", Number{Withheld: true}},
		{"private", Number{Withheld: true}},
		{"Restricted", Number{Withheld: true}},
		{"skriven", Number{Withheld: true}},
		{"Skriveni  broj", Number{Withheld: true}},
		{"Скривени број", Number{Withheld: true}},
		{"sip:anonymous@anonymous.invalid", Number{Withheld: true}},
		{`"Anonymous" <anonymous>`, Number{Withheld: true}},
		{"+266696687", Number{Withheld: true}},
		{"\x00\xff", Number{Withheld: true}},
	}
	for _, tt := range tests {
		t.Run(tt.raw, func(t *testing.T) {
			t.Parallel()
			want := tt.want
			if want.Raw == "" {
				want.Raw = clean(tt.raw)
			}
			if diff := cmp.Diff(want, Parse(tt.raw, "me")); diff != "" {
				t.Errorf("Parse(%q) (-want +got):\n%s", tt.raw, diff)
			}
		})
	}
}

func TestParseWithoutRegion(t *testing.T) {
	t.Parallel()
	for _, region := range []string{"", "XX", "Montenegro"} {
		if n := Parse("067 123 456", region); n.Full() {
			t.Errorf("Parse(national, %q) = %s", region, n.E164)
		}
		if n := Parse("+382 67 123 456", region); n.E164 != "+38267123456" {
			t.Errorf("Parse(international, %q) = %q", region, n.E164)
		}
	}
	if n := Parse("064 1234567", "RS"); n.E164 != "+381641234567" {
		t.Errorf("Parse(in Serbia) = %q", n.E164)
	}
}

func TestParseBounds(t *testing.T) {
	t.Parallel()
	n := Parse(strings.Repeat("ћ", 1000), "ME")
	if len(n.Raw) > maxRaw || !utf8.ValidString(n.Raw) {
		t.Errorf("Raw has %d bytes", len(n.Raw))
	}
	if n := Parse(strings.Repeat("0", 1000)+"67123456", "ME"); n.Full() || n.Short {
		t.Errorf("Parse(1,000 zeros) = %+v", n)
	}
}

func TestDisplayAndMask(t *testing.T) {
	t.Parallel()
	tests := []struct{ raw, region, display, mask string }{
		{"+38267222418", "ME", "067 222 418", "067 ••• 418"},
		{"+38267222418", "me", "067 222 418", "067 ••• 418"},
		{"+38267222418", "RS", "+382 67 222 418", "+382 67 ••• 418"},
		{"+38220234567", "ME", "020 234 567", "020 ••• 567"},
		{"067222418;ext=12", "ME", "067 222 418 (12)", "067 ••• 418"},
		{"+381641234567", "ME", "+381 64 1234567", "+381 64 ••• 567"},
		{"+16502530000", "ME", "+1 650-253-0000", "+1 650 ••• 000"},
		{"19801", "ME", "19801", "19801"},
		{"anonymous", "ME", "", ""},
		{"zovi Anku na 067", "ME", "zovi Anku na 067", "•••"},
	}
	for _, tt := range tests {
		n := Parse(tt.raw, "ME")
		if got := n.Display(tt.region); got != tt.display {
			t.Errorf("Display(%q, %s) = %q, want %q", tt.raw, tt.region, got, tt.display)
		}
		if got := n.Mask(tt.region); got != tt.mask {
			t.Errorf("Mask(%q, %s) = %q, want %q", tt.raw, tt.region, got, tt.mask)
		}
	}
	for _, s := range []string{"", "x", strings.Repeat("9", 100), "+"} {
		if got := Mask(s, "ME"); got != dots {
			t.Errorf("Mask(%q) = %q, want %q", s, got, dots)
		}
		if got := Format(s, "ME"); got != s {
			t.Errorf("Format(%q) = %q", s, got)
		}
	}
}

func TestNumberIsNotLogged(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).Info("call", "from", Parse("067 123 456", "ME"))
	if s := b.String(); strings.Contains(s, "123") || !strings.Contains(s, "from=redacted") {
		t.Errorf("I10: logged %q", s)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"067 123 456", "+38267123456", "tel:067;ext=9", "sip:a@b", `"x" <19801>`, "<", "><", "anonymous", "\xff+382", "٠٦٧١٢٣٤٥٦",
		"+382 67 123 456 lokal 12", "0800 81 234", "++++", "067-ABC-DEF", "+800 1234 5678",
	} {
		f.Add(s, "ME")
	}
	f.Fuzz(func(t *testing.T, raw, region string) {
		n := Parse(raw, region)
		if len(n.Raw) > maxRaw || !utf8.ValidString(n.Raw) {
			t.Errorf("Parse(%q) has Raw %q", raw, n.Raw)
		}
		if (n.Full() && (n.Withheld || n.Short)) || (n.Withheld && n.Short) {
			t.Errorf("Parse(%q) = %+v", raw, n)
		}
		if n.Full() {
			if n.E164[0] != '+' || digits(n.E164) != n.E164[1:] || len(n.E164) > maxE164 {
				t.Errorf("Parse(%q) = %q", raw, n.E164)
			}
			if again := Parse(n.E164, ""); again.E164 != n.E164 {
				t.Errorf("Parse(%q) = %q, again %q", raw, n.E164, again.E164)
			}
			if hidden := Mask(n.E164, region); strings.Contains(digits(hidden), n.E164[1:]) {
				t.Errorf("Mask(%q) = %q", n.E164, hidden)
			}
		}
		n.Display(region)
		n.Mask(region)
	})
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		Parse("067 123 456", "ME")
	}
}
