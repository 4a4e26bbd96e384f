package gsm_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/sistem48/system48/ticketing/gsm"
	"github.com/sistem48/system48/ticketing/lang"
)

func TestCount(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       gsm.Size
	}{
		{"empty", "", gsm.Size{Encoding: gsm.GSM7, Left: 160}},
		{"160 letters", strings.Repeat("a", 160), gsm.Size{Encoding: gsm.GSM7, Units: 160, Parts: 1}},
		{"161 letters", strings.Repeat("a", 161), gsm.Size{Encoding: gsm.GSM7, Units: 161, Parts: 2, Left: 145}},
		{"306 letters", strings.Repeat("a", 306), gsm.Size{Encoding: gsm.GSM7, Units: 306, Parts: 2}},
		{"307 letters", strings.Repeat("a", 307), gsm.Size{Encoding: gsm.GSM7, Units: 307, Parts: 3, Left: 152}},
		{"the euro counts twice", "€", gsm.Size{Encoding: gsm.GSM7, Units: 2, Parts: 1, Left: 158}},
		{"80 euros fit", strings.Repeat("€", 80), gsm.Size{Encoding: gsm.GSM7, Units: 160, Parts: 1}},
		{"an escape is not torn apart", strings.Repeat("a", 152) + strings.Repeat("€", 5), gsm.Size{Encoding: gsm.GSM7, Units: 162, Parts: 2, Left: 143}},
		{"Ç is in the alphabet, č is not", "Ç", gsm.Size{Encoding: gsm.GSM7, Units: 1, Parts: 1, Left: 159}},
		{"one č makes all of them wide", "č" + strings.Repeat("a", 69), gsm.Size{Encoding: gsm.UCS2, Units: 70, Parts: 1}},
		{"71 wide letters", "č" + strings.Repeat("a", 70), gsm.Size{Encoding: gsm.UCS2, Units: 71, Parts: 2, Left: 63}},
		{"an emoji counts twice", "😀", gsm.Size{Encoding: gsm.UCS2, Units: 2, Parts: 1, Left: 68}},
		{"an emoji is not torn apart", strings.Repeat("č", 66) + strings.Repeat("😀", 3), gsm.Size{Encoding: gsm.UCS2, Units: 72, Parts: 2, Left: 61}},
	} {
		if got := gsm.Count(c.text); got != c.want {
			t.Errorf("%s: Count() = %+v, want %+v", c.name, got, c.want)
		}
	}
}

// TestCountMeasured holds the figures of the design: 150 letters with one š are
// three parts, without it one.
func TestCountMeasured(t *testing.T) {
	t.Parallel()
	notice := "Poštovani, voda će biti isključena u četvrtak od 8 do 14 časova u ulicama Đoka Miraševića i Žrtava fašizma zbog radova na mreži. Hvala na strpljenju."
	if got := gsm.Count(notice); got.Encoding != gsm.UCS2 || got.Parts != 3 {
		t.Errorf("as written: %+v", got)
	}
	if got := gsm.Count(gsm.Write(notice, gsm.Auto)); got.Encoding != gsm.GSM7 || got.Parts != 1 {
		t.Errorf("folded: %+v", got)
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"Čišćenje šahta, đubre i žbunje", "Ciscenje sahta, djubre i zbunje"},
		{"Ђубре, љуљашка, њива, џак", "Djubre, ljuljaska, njiva, dzak"},
		{"Përgjigja është gati – çelësi", "Pergjigja eshte gati - celesi"},
		{"„Navodnici“ i… crtica—", `"Navodnici" i... crtica-`},
		{"Ça va à Köln", "Ça va à Köln"}, // nothing to fold
		{"https://48.example.me/predmet/S48-26-004812-6?k=7Q2M č", "https://48.example.me/predmet/S48-26-004812-6?k=7Q2M c"},
		{"漢 č", "漢 c"},
	} {
		if got := gsm.Fold(c.in); got != c.want {
			t.Errorf("Fold(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	short, long := "Riješeno šta treba", strings.Repeat("Riješeno. ", 12)
	for _, c := range []struct {
		name, text string
		mode       gsm.Mode
		folded     bool
	}{
		{"auto leaves what fits anyway", short, gsm.Auto, false},
		{"auto folds what gets cheaper", long, gsm.Auto, true},
		{"always", short, gsm.Always, true},
		{"never", long, gsm.Never, false},
	} {
		got := gsm.Write(c.text, c.mode)
		if folded := got != c.text; folded != c.folded {
			t.Errorf("%s: %q", c.name, got)
		}
	}
	// An emoji keeps the text wide: folding saves nothing, so nothing is lost.
	if text := strings.Repeat("š", 80) + "😀"; gsm.Write(text, gsm.Auto) != text {
		t.Error("letters were folded for nothing")
	}
}

// words of texts as a bureau sends them, in its four languages.
var words = map[lang.Tag][]string{
	lang.SrLatn: strings.Fields("Poštovani vaš predmet je riješen ekipa izlazi sutra čišćenje đubreta žarulja ulica Đoka škola odgovor najkasnije"),
	lang.SrCyrl: strings.Fields("Поштовани ваш предмет је ријешен екипа излази сјутра чишћење ђубрета џеп љуљашка њива"),
	lang.En:     strings.Fields("Dear citizen your request was solved today the crew comes tomorrow at 8:00 thank you [ok] €5 ~ {draft}"),
	lang.Sq:     strings.Fields("I nderuar kërkesa juaj u zgjidh ekipi vjen nesër çelësi është gati faleminderit Çmimi"),
}

// texts are 1,000 texts of every length that matters.
func texts() []string {
	r := rand.New(rand.NewPCG(48, 1))
	var out []string
	for i := range 1000 {
		tag := lang.Tags()[i%4]
		list, n := words[tag], r.IntN(700)
		if i%10 < 3 { // around the edges of parts
			n = []int{69, 70, 71, 134, 135, 159, 160, 161, 306, 307, 459, 460}[r.IntN(12)]
		}
		var b strings.Builder
		for b.Len() < n {
			b.WriteString(list[r.IntN(len(list))])
			b.WriteString([]string{" ", " ", " ", ", ", "\n", " – ", " 😀 "}[r.IntN(7)])
		}
		text := []rune(b.String())
		text = text[:min(n, len(text))]
		if i%4 == 2 && i%3 > 0 { // English that stays in the small alphabet
			text = []rune(strings.NewReplacer("–", "-", "😀", ":)").Replace(string(text)))
		}
		out = append(out, string(text))
	}
	return out
}

// alphabet is the table of TS 23.038 as it is printed: by columns of 16, with
// the escape at 0x1B.
var alphabet = []string{
	"@Δ 0¡P¿p", "£_!1AQaq", "$Φ\"2BRbr", "¥Γ#3CScs", "èΛ¤4DTdt", "éΩ%5EUeu", "ùΠ&6FVfv", "ìΨ'7GWgw",
	"òΣ(8HXhx", "ÇΘ)9IYiy", "\nΞ*:JZjz", "Ø\x1b+;KÄkä", "øÆ,<LÖlö", "\ræ-=MÑmñ", "Åß.>NÜnü", "åÉ/?O§oà",
}

// reference sends a text as a handset would: it writes octets of the alphabet,
// or big-endian UTF-16, and cuts them into the 140 octets of a message, 134
// behind the header of a joined one. It returns how many messages went out.
func reference(text string) int {
	code := func(r rune) (septets []byte, ok bool) {
		if i := strings.IndexRune("\f^{}\\[~]|€", r); i >= 0 {
			return []byte{0x1b, byte(r)}, true
		}
		for row, line := range alphabet {
			for column, letter := range []rune(line) {
				if letter == r && letter != 0x1b {
					return []byte{byte(column<<4 | row)}, true
				}
			}
		}
		return nil, false
	}
	small := true
	var atoms []int // bits that stay together
	bits := 0
	for _, r := range text {
		s, ok := code(r)
		small = small && ok
		atoms = append(atoms, 7*len(s))
		bits += 7 * len(s)
	}
	if !small {
		atoms, bits = nil, 0
		for _, r := range text {
			n := 16 * len(utf16.Encode([]rune{r}))
			atoms = append(atoms, n)
			bits += n
		}
	}
	if bits == 0 {
		return 0
	}
	if bits <= 140*8 {
		return 1
	}
	room := 134 * 8
	if small {
		room = 153 * 7 // the header is filled up to a septet
	}
	messages, left := 0, 0
	for _, a := range atoms {
		if a > left {
			messages++
			left = room
		}
		left -= a
	}
	return messages
}

// TestCountAsTheHandset: segment counts of 1,000 texts in four languages.
func TestCountAsTheHandset(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for _, text := range texts() {
		for _, s := range []string{text, gsm.Fold(text)} {
			got, want := gsm.Count(s), reference(s)
			if got.Parts != want {
				t.Errorf("%q (%d runes) = %d parts, the handset sends %d", s, len([]rune(s)), got.Parts, want)
			}
			seen[fmt.Sprintf("%s %d", got.Encoding, min(got.Parts, 3))]++
		}
	}
	for _, want := range []string{"GSM-7 1", "GSM-7 2", "GSM-7 3", "UCS-2 1", "UCS-2 2", "UCS-2 3"} {
		if seen[want] < 20 {
			t.Errorf("only %d texts of %s: the corpus proves little", seen[want], want)
		}
	}
}
