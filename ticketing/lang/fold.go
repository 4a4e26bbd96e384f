package lang

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// foldOf maps what compatibility decomposition leaves of letters to the Latin
// letters of the search key, lower case.
var foldOf = map[rune]string{
	'а': "a", 'б': "b", 'в': "v", 'г': "g", 'д': "d", 'ђ': "dj", 'е': "e", 'ж': "z", 'з': "z", 'и': "i",
	'ј': "j", 'к': "k", 'л': "l", 'љ': "lj", 'м': "m", 'н': "n", 'њ': "nj", 'о': "o", 'п': "p", 'р': "r",
	'с': "s", 'т': "t", 'ћ': "c", 'у': "u", 'ф': "f", 'х': "h", 'ц': "c", 'ч': "c", 'џ': "dz", 'ш': "s",
	'ѕ': "dz", 'щ': "sc", 'ъ': "", 'ы': "i", 'ь': "", 'э': "e", 'ю': "ju", 'я': "ja", 'і': "i", 'є': "je", 'ґ': "g",
	'đ': "dj", 'ð': "dj", 'ł': "l", 'ø': "o", 'æ': "ae", 'œ': "oe", 'ß': "ss", 'ı': "i",
}

// Fold returns the search key of a text: script, diacritics and case do not
// matter, and everything that is neither letter nor digit is one space, with
// none at the ends. "Ђорђе ЊЕГОШ", "Đorđe NJEGOŠ" and "djordje njegos" have one
// key. The same function folds what is stored and what is asked for; it is
// idempotent. Any bytes may come in; invalid ones are spaces.
func Fold(s string) string {
	f := folder{out: make([]byte, 0, len(s)+8)}
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			f.ascii(c)
			i++
			continue
		}
		// Marks are dropped, so it does not matter that decomposing letter by
		// letter leaves their order alone.
		switch r, size := utf8.DecodeRuneInString(s[i:]); {
		case int(r) < len(foldTable):
			f.known(foldTable[r])
			i += size
		case r == utf8.RuneError && size == 1:
			f.space = true
			i++
		default:
			f.decompose(s[i : i+size])
			i += size
		}
	}
	return string(f.out)
}

type folder struct {
	out   []byte
	space bool // a space is due before the next letter
}

func (f *folder) ascii(c byte) {
	switch {
	case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
	case c >= 'A' && c <= 'Z':
		c += 'a' - 'A'
	default:
		f.space = true
		return
	}
	f.gap()
	f.out = append(f.out, c)
}

// foldTable holds what the letters of Europe fold to: " " for a space, ""
// for nothing.
var foldTable = func() (table [0x460]string) {
	for r := range table {
		f := folder{}
		f.decompose(string(rune(r)))
		table[r] = string(f.out)
		if f.space {
			table[r] = " "
		}
	}
	return table
}()

func (f *folder) known(s string) {
	switch s {
	case "":
	case " ":
		f.space = true
	default:
		f.gap()
		f.out = append(f.out, s...)
	}
}

// decompose folds one letter the long way. The compatibility form may be
// several letters, and capitals.
func (f *folder) decompose(s string) {
	for _, r := range norm.NFKD.String(s) {
		f.rune(unicode.ToLower(r))
	}
}

func (f *folder) rune(r rune) {
	switch {
	case r < utf8.RuneSelf:
		f.ascii(byte(r)) //nolint:gosec // below RuneSelf
	case unicode.Is(unicode.Mn, r):
	case !unicode.IsLetter(r) && !unicode.IsDigit(r):
		f.space = true
	default:
		latin, known := foldOf[r]
		if known && latin == "" {
			return
		}
		f.gap()
		if known {
			f.out = append(f.out, latin...)
		} else {
			f.out = utf8.AppendRune(f.out, r)
		}
	}
}

// gap writes the space that is due, not at the beginning.
func (f *folder) gap() {
	if f.space && len(f.out) > 0 {
		f.out = append(f.out, ' ')
	}
	f.space = false
}

// maxTerm bounds a term: longer words are cut. No person searches for more,
// and encoded attachments in a text make such words.
const maxTerm = 64

// joinedRef finds references in any script, also with the Cyrillic letters
// that look like Latin ones.
var joinedRef = regexp.MustCompile(`\pL[\pL\pN]{0,11}(?:[-/][0-9]{1,12}){2,3}`)

// Terms returns the words of a text for a search index: its folded words in
// order, each once, cut after 64 bytes; beside each word with dj the one with
// plain d, which many people type for đ; and each reference also joined
// ("S48-26-004812-6" gives s48, 26, 004812, 6 and s48260048126). A query needs
// only the words of Fold.
func Terms(text string) []string {
	seen := map[string]bool{}
	var out []string
	add := func(term string) {
		if !seen[term] {
			seen[term] = true
			out = append(out, term)
		}
	}
	for _, w := range strings.Fields(Fold(text)) {
		w = cut(w)
		add(w)
		if strings.Contains(w, "dj") {
			add(strings.ReplaceAll(w, "dj", "d"))
		}
	}
	for _, ref := range joinedRefs(text) {
		add(cut(strings.ReplaceAll(Fold(ref), " ", "")))
	}
	return out
}

// joinedRefs gives the references of a text. Few words can be one, and only
// those are shown to the expression, which takes longer than all of Fold.
func joinedRefs(text string) []string {
	var refs []string
	for field := range strings.FieldsSeq(text) {
		if joints(field) >= 2 {
			refs = append(refs, joinedRef.FindAllString(field, -1)...)
		}
	}
	return refs
}

// joints counts the hyphens and strokes that a digit follows.
func joints(field string) (n int) {
	for i := 1; i < len(field); i++ {
		if (field[i-1] == '-' || field[i-1] == '/') && field[i] >= '0' && field[i] <= '9' {
			n++
		}
	}
	return n
}

// cut bounds a term without splitting a letter.
func cut(term string) string {
	if len(term) <= maxTerm {
		return term
	}
	n := maxTerm
	for !utf8.RuneStart(term[n]) {
		n--
	}
	return term[:n]
}
