package email

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sistem48/system48/ticketing"
)

// A71: one canonical address by a strict parser, whatever is written around it;
// what can be read in two ways is said to be doubtful.
func TestA71Sender(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, head string
		want       ticketing.Party
		notes      []string
	}{
		{"plain", "From: pero@ex.me", ticketing.Party{Address: "pero@ex.me"}, nil},
		{"name", "From: Pero Peric <Pero@EX.me>", ticketing.Party{Name: "Pero Peric", Address: "pero@ex.me"}, nil},
		{"quoted name with comma", `From: "Peric, Pero" <pero@ex.me>`, ticketing.Party{Name: "Peric, Pero", Address: "pero@ex.me"}, nil},
		{"comment", "From: pero@ex.me (Pero Peric)", ticketing.Party{Name: "Pero Peric", Address: "pero@ex.me"}, nil},
		{"no brackets", "From: Pero Peric pero@ex.me", ticketing.Party{Name: "Pero Peric", Address: "pero@ex.me"}, nil},
		{"raw cp1250", "From: Pero Peri\xe6 <pero@ex.me>", ticketing.Party{Name: "Pero Perić", Address: "pero@ex.me"}, nil},
		{"encoded name", "From: =?utf-8?Q?Pero_Peri=C4=87?= <pero@ex.me>", ticketing.Party{Name: "Pero Perić", Address: "pero@ex.me"}, nil},
		{"encoded name in quotes", `From: "=?windows-1250?Q?Pero_Peri=E6?=" <pero@ex.me>`, ticketing.Party{Name: "Pero Perić", Address: "pero@ex.me"}, nil},
		{"encoded all", "From: =?utf-8?Q?Pero_=3Cpero=40ex=2Eme=3E?=", ticketing.Party{Name: "Pero", Address: "pero@ex.me"}, nil},
		{"Cyrillic domain", "From: <перо@примјер.срб>", ticketing.Party{Address: "перо@примјер.срб"}, nil},
		{"source route", "From: <@a.me,@b.me:pero@ex.me>", ticketing.Party{Address: "pero@ex.me"}, nil},
		{"quote never closed", `From: "Pero <pero@ex.me>`, ticketing.Party{Name: "Pero", Address: "pero@ex.me"}, nil},
		{"bracket never closed", `From: Pero <pero@ex.me`, ticketing.Party{Name: "Pero", Address: "pero@ex.me"}, nil},
		{"name turns direction", "From: \u202eoreP\u202c <pero@ex.me>", ticketing.Party{Name: "oreP", Address: "pero@ex.me"}, nil},
		{"name is the address", "From: \"pero@ex.me\" <pero@ex.me>", ticketing.Party{Address: "pero@ex.me"}, nil},

		{"two fields", "From: pero@ex.me\nFrom: ana@ex.me", ticketing.Party{Address: "pero@ex.me"}, []string{"two_from"}},
		{"the same field twice", "From: pero@ex.me\nFrom: pero@ex.me", ticketing.Party{Address: "pero@ex.me"}, nil},
		{"two addresses", "From: pero@ex.me, ana@ex.me", ticketing.Party{Address: "pero@ex.me"}, []string{"two_from"}},
		{"two brackets", "From: Pero <pero@ex.me> <ana@ex.me>", ticketing.Party{Name: "Pero", Address: "pero@ex.me"}, []string{"two_from"}},
		{"name is another address", "From: \"ana@ex.me\" <pero@ex.me>", ticketing.Party{Name: "ana@ex.me", Address: "pero@ex.me"}, []string{"two_from"}},
		{"comment is another address", "From: pero@ex.me (ana@ex.me)", ticketing.Party{Name: "ana@ex.me", Address: "pero@ex.me"}, []string{"two_from"}},
		{"group of two", "From: Grupa: pero@ex.me, ana@ex.me;", ticketing.Party{Address: "pero@ex.me"}, []string{"two_from"}},

		{"nothing", "Subject: x", ticketing.Party{}, []string{"from_missing"}},
		{"undisclosed", "From: undisclosed:;", ticketing.Party{Name: "undisclosed"}, []string{"from_missing"}},
		{"only a name", "From: Pero", ticketing.Party{Name: "Pero"}, []string{"from_missing"}},
		{"Sender", "From: Pero\nSender: pero@ex.me", ticketing.Party{Name: "Pero", Address: "pero@ex.me"}, []string{"from_missing"}},
		{"Reply-To", "Reply-To: Ana <ana@ex.me>", ticketing.Party{Name: "Ana", Address: "ana@ex.me"}, []string{"from_missing"}},
		{"Return-Path", "Return-Path: <ana@ex.me>", ticketing.Party{Address: "ana@ex.me"}, []string{"from_missing"}},
		{"empty Return-Path", "Return-Path: <>", ticketing.Party{}, []string{"from_missing"}},
		{"two ats", "From: pero@ex.me@evil.me", ticketing.Party{Name: "pero@ex.me@evil.me"}, []string{"from_missing"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, notes := sender(scrub([]byte(strings.ReplaceAll(tc.head, "\n", "\r\n") + "\r\n\r\n")).head)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("sender (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.notes, notes); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
		})
	}
}

// A77, A76: nothing that has a meaning in a header or a command comes out of an
// address.
func TestA77CleanAddress(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "a", "@", "a@", "@b", "a@b@c", "a b@c.me", "a@b c.me", "a\r\nBcc: x@y.me", "a\x00@b.me", "a@b.me\x00", "\"a b\"@c.me", "a@-b.me", "a@b..me", "a<b>@c.me",
		"a@b.me,c@d.me", "a;b@c.me", "a\\@b.me", strings.Repeat("a", 65) + "@b.me", "a@" + strings.Repeat("b", 260) + ".me", "a\u202e@b.me", "a@b\u200b.me", "a@[1.2.3.4", "\xe6@b.me",
	} {
		if got, ok := cleanAddress(s); ok {
			t.Errorf("cleanAddress(%q) = %q", s, got)
		}
	}
	for s, want := range map[string]string{
		"Pero@Ex.ME": "pero@ex.me", "<pero@ex.me>": "pero@ex.me", "mailto:pero@ex.me": "pero@ex.me", "pero+x=y@ex.me": "pero+x=y@ex.me", "o'hara@ex.me": "o'hara@ex.me",
		"`id`$(id)@ex.me": "`id`$(id)@ex.me", "pero@[192.0.2.1]": "pero@[192.0.2.1]", "pero@ex.me.": "pero@ex.me", "\"pero\"@ex.me": "pero@ex.me", "pero_1@my_host": "pero_1@my_host",
	} {
		got, ok := cleanAddress(s)
		if strings.ContainsAny(want, "$(") {
			if ok && got != want {
				t.Errorf("cleanAddress(%q) = %q", s, got)
			}
			continue
		}
		if !ok || got != want {
			t.Errorf("cleanAddress(%q) = %q, %v, want %q", s, got, ok, want)
		}
	}
}

// Own addresses are nobody's: neither recipients nor token holders are invented.
func TestRecipientsAndTokens(t *testing.T) {
	t.Parallel()
	own := ownAddresses([]string{"sistem48@pg.me", "prijave@pg.me"})
	h := scrub([]byte("To: Sistem <SISTEM48@pg.me>, Ana <ana@ex.me>, sistem48+t12.abcdefghijklmnop@PG.me\r\n" +
		"Cc: ana@ex.me, prijave+x@pg.me, Vodovod <info@vodovod.me>, sistem48+t9.q@other.me\r\n" +
		"Delivered-To: sistem48+t12.abcdefghijklmnop@pg.me\r\nX-Original-To: prijave+t13.abcdefghijklmnop@pg.me\r\nEnvelope-To: <sistem48+T14.ABCDEFGHIJKLMNOP@pg.me>\r\n" +
		"Subject: sistem48+t15.abcdefghijklmnop@pg.me\r\n\r\n")).head
	to, cc, cut := recipients(h, own)
	if diff := cmp.Diff([]ticketing.Party{{Name: "Ana", Address: "ana@ex.me"}}, to); diff != "" || cut {
		t.Errorf("To (-want +got):\n%s cut %v", diff, cut)
	}
	wantCc := []ticketing.Party{{Name: "Vodovod", Address: "info@vodovod.me"}, {Address: "sistem48+t9.q@other.me"}}
	if diff := cmp.Diff(wantCc, cc); diff != "" {
		t.Errorf("Cc (-want +got):\n%s", diff)
	}
	want := []string{"t12.abcdefghijklmnop", "x", "t13.abcdefghijklmnop", "t14.abcdefghijklmnop"}
	if diff := cmp.Diff(want, tokens(h, own)); diff != "" {
		t.Errorf("tokens (-want +got):\n%s", diff)
	}
}

// The newest id comes first, each once.
func TestReferences(t *testing.T) {
	t.Parallel()
	h := scrub([]byte("In-Reply-To: Your message of Monday <c@x> (comment)\r\nReferences: <a@x> <b@x>\r\n <c@x>\r\n\t<d\r\n @x>\r\n\r\n")).head
	if diff := cmp.Diff([]string{"c@x", "d@x", "b@x", "a@x"}, references(h)); diff != "" {
		t.Errorf("references (-want +got):\n%s", diff)
	}
}

func FuzzSender(f *testing.F) {
	for _, s := range []string{"Pero <pero@ex.me>", `"a" <b@c>, (x) d@e;`, "g: a@b, c@d;", "=?utf-8?B?UGVybyA8cGVyb0BleC5tZT4=?=", "<@a,@b:c@d>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, p := range parseAddresses(s, 10).parties {
			if again, ok := cleanAddress(p.Address); !ok || again != p.Address {
				t.Errorf("address %q of %q is cleaned to %q", p.Address, s, again)
			}
			if !plainLine(p.Name) || len([]rune(p.Name)) > ticketing.MaxName {
				t.Errorf("name %q of %q", p.Name, s)
			}
		}
	})
}
