package lang

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// latinOf maps lower-case Cyrillic letters to Latin: the Montenegrin alphabet
// first, then letters of neighbours that come in names.
var latinOf = map[rune]string{
	'а': "a", 'б': "b", 'в': "v", 'г': "g", 'д': "d", 'ђ': "đ", 'е': "e", 'ж': "ž", 'з': "z", 'и': "i",
	'ј': "j", 'к': "k", 'л': "l", 'љ': "lj", 'м': "m", 'н': "n", 'њ': "nj", 'о': "o", 'п': "p", 'р': "r",
	'с': "s", 'т': "t", 'ћ': "ć", 'у': "u", 'ф': "f", 'х': "h", 'ц': "c", 'ч': "č", 'џ': "dž", 'ш': "š",
	'ѓ': "đ", 'ќ': "ć", 'ѕ': "dz", 'ѐ': "e", 'ѝ': "i", 'й': "j", 'щ': "šč", 'ъ': "", 'ы': "i", 'ь': "",
	'э': "e", 'ю': "ju", 'я': "ja", 'ё': "jo", 'і': "i", 'ї': "ji", 'є': "je", 'ґ': "g",
}

// combiningAcute makes ś and ź of с and з, which have no Cyrillic letter of
// their own in Unicode.
const combiningAcute = '\u0301'

// ToLatin writes Cyrillic text in Latin script. What is not Cyrillic stays as
// it is, byte for byte. A capital digraph is LJ between capitals and Lj
// elsewhere.
func ToLatin(s string) string {
	start := strings.IndexFunc(s, cyrillic)
	if start < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	out = append(out, s[:start]...)
	before, _ := utf8.DecodeLastRuneInString(s[:start])
	letter := before // before, marks left out
	for i := start; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		next, _ := utf8.DecodeRuneInString(s[i+size:])
		if acute, ok := acuteOf[before]; ok && r == combiningAcute {
			out = append(out[:len(out)-1], acute...)
		} else {
			out = appendLatin(out, s[i:i+size], r, betweenCapitals(letter, next))
		}
		before = r
		if !unicode.Is(unicode.Mn, r) {
			letter = r
		}
		i += size
	}
	return string(out)
}

// appendLatin appends the Latin form of r, which is written as raw and may
// stand in a word of capitals.
func appendLatin(out []byte, raw string, r rune, capitals bool) []byte {
	low := unicode.ToLower(r)
	latin, known := latinOf[low]
	switch {
	case !known:
		return append(out, raw...)
	case low == r || latin == "":
		return append(out, latin...)
	case capitals || utf8.RuneCountInString(latin) == 1:
		return append(out, strings.ToUpper(latin)...)
	default:
		first, size := utf8.DecodeRuneInString(latin)
		out = utf8.AppendRune(out, unicode.ToUpper(first))
		return append(out, latin[size:]...)
	}
}

// acuteOf gives the letter that a Cyrillic s or z becomes under an acute.
var acuteOf = map[rune]string{'с': "ś", 'з': "ź", 'С': "Ś", 'З': "Ź"}

// betweenCapitals reports whether a capital stands in a word of capitals: the
// next letter decides, without one the letter before.
func betweenCapitals(before, next rune) bool {
	if unicode.IsLetter(next) {
		return unicode.IsUpper(next)
	}
	return unicode.IsUpper(before)
}

func cyrillic(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }
