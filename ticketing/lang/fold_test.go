package lang

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestFold(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{"Ђорђе ЊЕГОШ", "djordje njegos"},
		{"Đorđe NJEGOŠ", "djordje njegos"},
		{"djordje njegos", "djordje njegos"},
		{"ćuprija", "cuprija"},
		{"ћуприја", "cuprija"},
		{"cuprija", "cuprija"},
		{"Mirëdita Çelësi", "miredita celesi"},
		{"S48-2026-000123", "s48 2026 000123"},
		{"С48-26-004812-6", "s48 26 004812 6"},
		{"џеп džep DŽEP ǆep", "dzep dzep dzep dzep"},
		{"  ул.  Слободе,\n бр. 5 ", "ul slobode br 5"},
		{"c\u030cas", "cas"},
		{"śutra с\u0301утра", "sutra sutra"},
		{"ﬁrma ½ m²", "firma 1 2 m2"},
		{"Straße Øresund İzmir", "strasse oresund izmir"},
		{"объявление", "objavlenie"},
		{"a\xff\xfeb", "a b"},
		{"😀 — „“", ""},
		{"", ""},
	}
	for _, tt := range tests {
		if got := Fold(tt.in); got != tt.want {
			t.Errorf("Fold(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestTerms(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want []string
	}{
		{"Đorđe i đorđe", []string{"djordje", "dorde", "i"}},
		{"predmet S48-26-004812-6.", []string{"predmet", "s48", "26", "004812", "6", "s48260048126"}},
		{"С48-26-004812-6", []string{"s48", "26", "004812", "6", "s48260048126"}},
		{"rješenje br. UP/I-345/2026", []string{"rjesenje", "br", "up", "i", "345", "2026", "i3452026"}},
		{strings.Repeat("a", 100), []string{strings.Repeat("a", 64)}},
		{strings.Repeat("漢", 40), []string{strings.Repeat("漢", 21)}},
		{"", nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, Terms(tt.in)); diff != "" {
			t.Errorf("Terms(%q) (-want +got):\n%s", tt.in, diff)
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"Ђорђе ЊЕГОШ", "İ", "ǅ", "ϒ\u0308", "ﷺ", "K Å", "\xc4\x91\xff", "a\u0301\u0323", "ᵃ²½", "Ⅻ", "S48-26-004812-6 br. UP/I-345/2026", "a-1-2\u0085b/3/4"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := Fold(s)
		if twice := Fold(once); twice != once {
			t.Errorf("Fold(%q) = %q, again %q", s, once, twice)
		}
		if !utf8.ValidString(once) || strings.TrimSpace(once) != once || strings.Contains(once, "  ") {
			t.Errorf("Fold(%q) = %q", s, once)
		}
		if diff := cmp.Diff(joinedRef.FindAllString(s, -1), joinedRefs(s)); diff != "" {
			t.Errorf("references of %q, word by word (-whole +words):\n%s", s, diff)
		}
		for _, term := range Terms(s) {
			if term == "" || len(term) > maxTerm || !utf8.ValidString(term) || strings.Contains(term, " ") {
				t.Errorf("Terms(%q) has %q", s, term)
			}
		}
		if a, b := Fold(strings.ToUpper(once)), once; isASCII(once) && a != b {
			t.Errorf("Fold of capitals is %q, want %q", a, b)
		}
	})
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func BenchmarkFold(b *testing.B) {
	s := strings.Repeat("Dobar dan, u ulici Đorđa Njegoša već tri dana nema rasvjete, molim vas da pošaljete ekipu. ", 10)
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		Fold(s)
	}
}

func BenchmarkTerms(b *testing.B) {
	s := strings.Repeat("Dobar dan, u ulici Đorđa Njegoša već tri dana nema rasvjete (prijava S48-26-004812-6). ", 10)
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		Terms(s)
	}
}
