package lang

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestToCyrillic(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		// letters
		{"Ljubović je pojeo džem i žvaće đak", "Љубовић је појео џем и жваће ђак"},
		{"LJUBAV, NJEGOŠ, DŽEP", "ЉУБАВ, ЊЕГОШ, ЏЕП"},
		{"Ljubav, Njegoš, Džep", "Љубав, Његош, Џеп"},
		{"sjutra sutra śutra źenica Śever", "сјутра сутра с\u0301утра з\u0301еница С\u0301евер"},
		{"c\u030cas i S\u030cavnik", "час и Шавник"}, // decomposed
		{"ǆep ǈubav Ǌ", "џеп Љубав Њ"},
		{"nJ", "нЈ"},
		// words in which two letters meet by chance
		{"konjunkcija, Konjunktura, injekcija, INJEKCIJA, reinjekcija", "конјункција, Конјунктура, инјекција, ИНЈЕКЦИЈА, реинјекција"},
		{"nadživjeti, nadžupan, podžanr, odžaliti, Tanjug, vanjezički, izvanjezički", "надживјети, наджупан, поджанр, оджалити, Танјуг, ванјезички, изванјезички"},
		{"konj, kanjon, odžak, budžet, nadžak, panj, Vanja, sanjar", "коњ, кањон, оџак, буџет, наџак, пањ, Вања, сањар"},
		// kept
		{"Pošaljite [[SMS]] na broj", "Пошаљите SMS на број"},
		{"[[Bez kraja", "[[Без краја"},
		{"Zdravo {{.Name}}, imate {n} poruka", "Здраво {{.Name}}, имате {n} порука"},
		{"{nije oznaka}", "{није ознака}"},
		{`<a href="/predmet" title="x">Predmet</a> &nbsp;&#269; i <b>još</b>`, `<a href="/predmet" title="x">Предмет</a> &nbsp;&#269; и <b>још</b>`},
		{"a < b & c", "а < б & ц"},
		{"Pišite na bureau@tivat.me. Ili https://sistem48.me/predmet?ref=1, odnosno www.tivat.me!", "Пишите на bureau@tivat.me. Или https://sistem48.me/predmet?ref=1, односно www.tivat.me!"},
		{"sajt sistem48.me i obrazac.pdf", "сајт sistem48.me и obrazac.pdf"},
		{"Kraj.Novi red", "Крај.Нови ред"},
		{"Predmet S48-26-004812-6 je zatvoren", "Предмет S48-26-004812-6 је затворен"},
		{"format A4, soba 12B, put M2", "формат A4, соба 12B, пут M2"},
		{"20-ak ljudi, 2-godišnji plan, 48h", "20-ак људи, 2-годишњи план, 48х"},
		{"II faza, Aleksandar I i VI i", "II фаза, Александар И и VI и"},
		{"Windows, e-mailom, PDF-a, Viber, çelësi", "Windows, e-mailom, PDF-а, Viber, çelësi"},
		{"već ћирилица i emoji 😀", "већ ћирилица и емоји 😀"},
		{"123 — !", "123 — !"},
		{"", ""},
	}
	for _, tt := range tests {
		if got := ToCyrillic(tt.in); got != tt.want {
			t.Errorf("ToCyrillic(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestUnmark(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Pošaljite [[SMS]] ili [[e-mail]].": "Pošaljite SMS ili e-mail.",
		"[[bez kraja":                       "[[bez kraja",
		"bez oznaka":                        "bez oznaka",
		"[[]]":                              "",
	} {
		if got := Unmark(in); got != want {
			t.Errorf("Unmark(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestToLatin(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{"Љубовић је појео џем", "Ljubović je pojeo džem"},
		{"ЉУБАВ ЊЕГОШ, Његош; Џ. Џ", "LJUBAV NJEGOŠ, Njegoš; Dž. Dž"},
		{"УЉ, ПАЊ", "ULJ, PANJ"},
		{"с\u0301утра З\u0301еница", "śutra Źenica"},
		{"конјункција", "konjunkcija"},
		{"Съешь ещё этих, щи", "Seš eščjo etih, šči"},
		{"латиница and ћирилица", "latinica and ćirilica"},
		{"abc\xff", "abc\xff"},
		{"а\xffб", "a\xffb"},
		{"\u0301а", "\u0301a"},
		{"", ""},
	}
	for _, tt := range tests {
		if got := ToLatin(tt.in); got != tt.want {
			t.Errorf("ToLatin(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

// montenegrin letters, digraphs as they are written.
var montenegrin = strings.Fields("a b c č ć d dž đ e f g h i j k l lj m n nj o p r s š ś t u v z ž ź")

// TestPropertyRoundTrip: every word of the alphabet comes back from Cyrillic,
// in small letters, with a capital and in capitals.
func TestPropertyRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := strings.Join(rapid.SliceOfN(rapid.SampledFrom(montenegrin), 2, 12).Draw(t, "letters"), "")
		if keptWords[w] {
			return
		}
		for _, v := range []string{w, title(w), strings.ToUpper(w)} {
			c := ToCyrillic(v)
			if utf8.RuneCountInString(c) == 1 || roman.MatchString(v) {
				continue // Dž and DŽ alone are one Џ; II stays II
			}
			if got := ToLatin(c); got != v {
				t.Fatalf("%q became %q and %q", v, c, got)
			}
			if again := ToCyrillic(c); again != c {
				t.Fatalf("ToCyrillic(%q) = %q", c, again)
			}
			if Fold(c) != Fold(v) {
				t.Fatalf("Fold(%q) = %q, Fold(%q) = %q", c, Fold(c), v, Fold(v))
			}
		}
	})
}

// title makes the first letter of a word a capital: Lj of lj.
func title(w string) string {
	_, size := utf8.DecodeRuneInString(w)
	return strings.ToUpper(w[:size]) + w[size:]
}

func FuzzScript(f *testing.F) {
	for _, s := range []string{
		"Ljubav [[SMS]] {{.X}} <b>i</b> &nbsp; a@b.me", "[[[[", "{{{{", "<<<<<", "&&&", "www.", "a@", "\xffnj", "nj\u0301",
		"S48-26-004812-6", "s\u0301", "ǅ", "İ", "{", "<", "&", "[", "A4A4A4", "III", "a.me.a.me",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, out := range []string{ToCyrillic(s), ToLatin(s), Unmark(s)} {
			if utf8.ValidString(s) && !utf8.ValidString(out) {
				t.Errorf("%q became %q", s, out)
			}
			if len(out) > 6*len(s) {
				t.Errorf("%d bytes became %d", len(s), len(out))
			}
		}
		Detect(s)
	})
}

// TestToCyrillicIsLinear: a text made to be slow is not.
func TestToCyrillicIsLinear(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("time is not measured with -short, which the race detector runs with")
	}
	for _, unit := range []string{"[[", "{{", "<a", "&a", "a-", "a@", "www.", "n\u0301", "{a"} {
		const size = 100_000
		begun := time.Now()
		ToCyrillic(strings.Repeat(unit, size/len(unit)))
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%d bytes of %q took %s", size, unit, took)
		}
	}
}

func BenchmarkToCyrillic(b *testing.B) {
	s := strings.Repeat("Vaša prijava S48-26-004812-6 je primljena. Odgovorićemo u roku od 48 sati, na e-mail ili [[SMS]]. ", 20)
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		ToCyrillic(s)
	}
}
