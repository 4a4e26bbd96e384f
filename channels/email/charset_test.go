package email

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// What citizens write: short and long, Montenegrin in both scripts, Albanian,
// and visitors. Made here.
var charsetTexts = map[string][]string{
	"latin": {
		"Poštovani, na uglu Njegoševe i Slobode već tri dana ne gori ulična rasvjeta. Molim da to riješite što prije.",
		"Nema vode u Zagoriču od jutros.",
		"Žao mi je što moram ponovo da pišem, ali kontejneri su prepuni.",
		"Đubre se ne odvozi",
		"Rupa na putu, ćošak kod škole",
		"ŠAHT BEZ POKLOPCA U ULICI ĐOKA MIRAŠEVIĆA, HITNO!!!",
		"Molim informaciju o građevinskoj dozvoli – „hitno“",
		"Čistoća", "Ćuprija", "Želim da prijavim buku", "Kuća broj 5, iza pošte",
		"Dobar dan, juče je pukla cijev u Ulici Vasa Raičkovića 12. Čekali smo cijelo popodne, niko nije došao.",
	},
	"cyrillic": {
		"Поштовани, у нашој улици већ недјељу дана не раде свјетиљке. Молимо вас да то поправите.",
		"Нема воде у Загоричу.",
		"ХИТНО: шахт без поклопца код школе!",
		"Ћуприја код Љубовића је оштећена, џип је ударио у ограду.",
		"Ђубре се не односи", "Жалба", "Молба за одлагање плаћања",
		"Здравствуйте! У нас во дворе уже неделю не вывозят мусор. Помогите, пожалуйста.",
	},
	"albanian": {
		"Përshëndetje, në rrugën tonë nuk ka ujë që prej dy ditësh. Ju lutem na ndihmoni.",
		"Çdo ditë mbeturinat mbeten në rrugë.",
		"Rruga është e prishur pranë shkollës në Tuz.",
		"Kërkesë për leje ndërtimi", "Ndriçimi publik nuk punon", "ËSHTË URGJENTE",
		"Faleminderit për përgjigjen, por problemi nuk është zgjidhur ende.",
	},
}

type charsetCase struct {
	name, declared, want string
	bytes                []byte
}

// charsetCases pairs every text with every charset that can write it and every
// label under which such bytes arrive without saying what they are.
func charsetCases(t testing.TB) []charsetCase {
	t.Helper()
	encodings := []struct {
		name    string
		enc     encoding.Encoding
		scripts string
	}{
		{"windows-1250", charmap.Windows1250, "latin albanian"},
		{"iso-8859-2", charmap.ISO8859_2, "latin albanian"},
		{"windows-1251", charmap.Windows1251, "cyrillic"},
		{"windows-1252", charmap.Windows1252, "albanian"},
		{"utf-8", encoding.Nop, "latin cyrillic albanian"},
	}
	var cases []charsetCase
	for _, e := range encodings {
		for script, texts := range charsetTexts {
			if !strings.Contains(e.scripts, script) {
				continue
			}
			for i, text := range texts {
				b, err := e.enc.NewEncoder().String(text)
				if err != nil {
					continue // typographic quotes in ISO-8859-2
				}
				for _, label := range []string{"", "us-ascii", "iso-8859-1", "utf-8", "x-unknown"} {
					cases = append(cases, charsetCase{
						name:     fmt.Sprintf("%s %s %d as %q", script, e.name, i, label),
						declared: label, bytes: []byte(b), want: text,
					})
				}
			}
		}
	}
	return cases
}

// Undeclared and lying charsets, where citizens' mails break.
func TestUndeclaredCharsets(t *testing.T) {
	t.Parallel()
	cases := charsetCases(t)
	wrong := 0
	for _, tc := range cases {
		if got, _ := decodeCharset(tc.bytes, tc.declared); got != tc.want {
			wrong++
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
	t.Logf("%d of %d right", len(cases)-wrong, len(cases))
	if len(cases) < 156 {
		t.Errorf("only %d cases", len(cases))
	}
}

// Declared charsets are read as declared, in every spelling.
func TestDeclaredCharsets(t *testing.T) {
	t.Parallel()
	tests := []struct{ declared, bytes, want string }{
		{"windows-1250", "\x8aaht, \xe6o\x9aak", "Šaht, ćošak"},
		{"CP-1250", "\x8a", "Š"},
		{"cp1250", "\x8a", "Š"},
		{`"windows-1250"`, "\x8a", "Š"},
		{"charset=windows-1250", "\x8a", "Š"},
		{"x-cp1250", "\x8a", "Š"},
		{"Windows_1250", "\x8a", "Š"},
		{"win-1250", "\x8a", "Š"},
		{"iso-8859-2", "\xa9aht", "Šaht"},
		{"ISO8859-2", "\xa9aht", "Šaht"},
		{"latin2", "\xa9", "Š"},
		{"windows-1251", "\xc2\xee\xe4\xe0", "Вода"},
		{"iso-8859-5", "\xb2\xde\xd4\xd0", "Вода"},
		{"koi8-r", "\xf7\xcf\xc4\xc1", "Вода"},
		{"cp852", "\xe6aht, \x86o\xe7ak", "Šaht, ćošak"},
		{"IBM852", "\xe6", "Š"},
		{"x-mac-ce", "\xe1aht", "Šaht"},
		{"x-mac-croatian", "\xa9aht", "Šaht"},
		{"utf-7", "+AWA-aht + +AQc-o+AWE-ak +-", "Šaht + ćošak +"},
		{"utf-16le", "\x60\x01a\x00", "Ša"},
		{"utf-16", "\xff\xfe\x60\x01a\x00", "Ša"},
		{"", "\xff\xfe\x60\x01a\x00", "Ša"},
		{"gb2312", "\xc4\xe3\xba\xc3", "你好"},
		{"ks_c_5601-1987", "\xc7\xd1\xb1\xdb", "한글"},
		{"", "BlackBerry\xae", "BlackBerry®"},
		{"iso-2022-jp", "\x1b$B$3$s\x1b(B", "こん"},
		{"hz-gb-2312", "~{Dc:C~}", "你好"},
		{"utf-8", "\xef\xbb\xbfŠaht", "Šaht"},
		{"windows-1252", "caf\xe9 cr\xe8me, citt\xe0", "café crème, città"},
		{"iso-8859-15", "caf\xe9 \xa4", "café €"},
		{"no-such-charset-" + strings.Repeat("x", 90), "plain", "plain"},
	}
	for _, tc := range tests {
		if got, guessed := decodeCharset([]byte(tc.bytes), tc.declared); got != tc.want || guessed && specificCharset(charsetName(tc.declared)) != nil {
			t.Errorf("decodeCharset(%q, %q) = %q (guessed %v), want %q", tc.bytes, tc.declared, got, guessed, tc.want)
		}
	}
}

// One cut letter in UTF-8 must not turn the text to rubbish (A81).
func TestA81DamagedUTF8(t *testing.T) {
	t.Parallel()
	for _, script := range []string{"latin", "cyrillic", "albanian"} {
		for _, text := range charsetTexts[script] {
			if utf8.RuneCountInString(text) < 40 {
				continue
			}
			damaged := text + " č"[:2]
			if got, _ := decodeCharset([]byte(damaged), "utf-8"); !strings.HasPrefix(got, text) {
				t.Errorf("decodeCharset(%q) = %q", damaged, got)
			}
		}
	}
}

func FuzzCharset(f *testing.F) {
	for _, c := range charsetCases(f)[:40] {
		f.Add(c.bytes, c.declared)
	}
	f.Add([]byte("+AWA-+"), "utf-7")
	f.Add([]byte("\x1b$B"), "iso-2022-jp")
	f.Add([]byte("begin 644 a\n#0V%T\n`\nend\n"), "x-uuencode")
	f.Fuzz(func(t *testing.T, b []byte, label string) {
		got, _ := decodeCharset(b, label)
		if utf8.Valid(b) && !stateful(label) && strings.TrimPrefix(string(b), "\ufeff") != got {
			t.Errorf("valid UTF-8 %q under %q became %q", b, label, got)
		}
		decodeTransfer(b, label)
		if line := cleanLine(decodeWords(string(b)), 100); utf8.RuneCountInString(line) > 100 || !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n\x00") {
			t.Errorf("cleanLine gave %q", line)
		}
	})
}
