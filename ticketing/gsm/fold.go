package gsm

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/sistem48/system48/ticketing/lang"
)

// A Mode says when letters are folded.
type Mode string

// The modes.
const (
	Auto   Mode = "auto"   // when that saves at least one part
	Always Mode = "always" // whenever a letter is not in the 7-bit alphabet
	Never  Mode = "never"
)

// Known reports whether m is one of the modes.
func (m Mode) Known() bool { return m == Auto || m == Always || m == Never }

// Write gives the text as it is to be sent by the mode.
func Write(text string, m Mode) string {
	now := Count(text)
	if m == Never || now.Encoding == GSM7 {
		return text
	}
	folded := Fold(text)
	if m == Always || Count(folded).Parts < now.Parts {
		return folded
	}
	return text
}

// folds are the letters and marks that are written otherwise than by leaving
// their accents out.
var folds = strings.NewReplacer(
	"đ", "dj", "Đ", "Dj", "ð", "dj", "Ð", "Dj",
	"“", `"`, "”", `"`, "„", `"`, "«", `"`, "»", `"`, "‘", "'", "’", "'", "‚", "'", "`", "'",
	"–", "-", "—", "-", "‐", "-", "‑", "-", "−", "-", "…", "...", "•", "-", "·", "-", "×", "x", "№", "br.", "°", " st.",
	"\u00a0", " ", "\u202f", " ", "\u2009", " ", "\u200b", "", "\ufeff", "", "\u00ad", "", "\t", " ",
	"œ", "oe", "Œ", "Oe", "ł", "l", "Ł", "L", "ı", "i", "þ", "th", "Þ", "Th",
)

// Fold writes a text in the 7-bit alphabet as far as it can be read so: Cyrillic
// becomes Latin (lj, nj, dž), č and ć become c, š s, ž z, đ dj, ë e. What has no
// such form stays.
func Fold(text string) string {
	if Count(text).Encoding == GSM7 {
		return text
	}
	text = folds.Replace(norm.NFC.String(lang.ToLatin(text)))
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range text {
		if _, ok := septets[r]; ok {
			b.WriteRune(r)
			continue
		}
		b.WriteString(bare(r))
	}
	return b.String()
}

// bare is the letter without its marks, if that is in the alphabet.
func bare(r rune) string {
	var out []rune
	for _, d := range norm.NFD.String(string(r)) {
		if !unicode.Is(unicode.Mn, d) {
			out = append(out, d)
		}
	}
	if len(out) == 1 {
		if _, ok := septets[out[0]]; ok {
			return string(out)
		}
	}
	return string(r)
}
