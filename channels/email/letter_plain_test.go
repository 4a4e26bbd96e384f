package email

import "testing"

func TestLetterPlain(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"predmet **S48-26-000161-2**.\nRok **u srijedu** i **u petak**": "predmet S48-26-000161-2.\nRok u srijedu i u petak",
		"2 ** 3 = 8": "2 ** 3 = 8",
		"** **":      "** **",
		"":           "",
		"**a\nb**":   "**a\nb**",
	} {
		if got := letterPlain(in); got != want {
			t.Errorf("letterPlain(%q) = %q, want %q", in, got, want)
		}
	}
}
