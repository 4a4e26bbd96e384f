package lang

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A stem is a beginning of words in which two letters that look like a digraph
// are two letters: kon|junk, nad|živ.
type stem struct{ head, tail []rune }

// stems are the exceptions of ToCyrillic. A word may have one of stemPrefixes
// in front: izvan|jezi, ne|in|jekt.
var stems = splitStems(
	"an|jon", "in|jekc", "in|jekt", "in|jicir", "in|juri", "kon|jekt", "kon|jug", "kon|junk", "tan|jug",
	"van|jezi", "pan|jug", "nad|žanr", "nad|živ", "nad|žnj", "nad|župan", "od|žali", "od|žalj", "od|žalo", "od|živ",
	"od|žvak", "pod|žanr", "pod|žar", "pod|žeg", "pod|žig", "pod|župan", "pred|žetv", "pred|živ",
)

var stemPrefixes = map[string]bool{"": true, "ne": true, "naj": true, "re": true, "de": true, "iz": true, "po": true, "pre": true, "za": true}

func splitStems(words ...string) []stem {
	out := make([]stem, len(words))
	for i, w := range words {
		head, tail, _ := strings.Cut(w, "|")
		out[i] = stem{[]rune(head), []rune(tail)}
	}
	return out
}

// keptWords stay in Latin script, in any case.
var keptWords = map[string]bool{
	"api": true, "csv": true, "facebook": true, "geojson": true, "google": true, "gps": true, "html": true, "http": true, "https": true,
	"imap": true, "instagram": true, "pdf": true, "qr": true, "rfc": true, "smtp": true, "url": true, "usb": true, "viber": true,
	"wgs": true, "whatsapp": true, "xlsx": true, "youtube": true,
}

var (
	// addresses: with a scheme, with www., or with an @.
	webAddress  = regexp.MustCompile(`^(?i:[a-z][a-z0-9+.-]{0,19}://|www\.|mailto:|tel:)[^\s<>"]+`)
	mailAddress = regexp.MustCompile(`^[\pL\pN._%+-]{1,64}@[\pL\pN.-]{1,255}`)
	// names of domains and files, by what they end in.
	dottedName = regexp.MustCompile(`^[\pL\pN_-]{1,64}(?:\.[\pL\pN_-]{1,64}){0,8}\.(?:me|rs|ba|hr|al|mk|eu|com|org|net|gov|edu|info|` +
		`pdf|docx?|xlsx?|odt|ods|csv|txt|rtf|zip|jpe?g|png|gif|svg|heic|webp|eml|html?|xml|json|mp3|mp4|wav)(?:/[^\s<>"]*)?`)
	// references: S48-26-004812-6, PG-2026-4812.
	refNumber = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{0,11}-[0-9]{2,4}-[0-9]{4,12}(?:-[0-9])?`)
	// codes: capitals and digits next to one another.
	code      = regexp.MustCompile(`^(?:[A-Z]{1,4}[0-9][A-Z0-9]*|[0-9]+[A-Z]{1,3}[0-9]*)`)
	emailWord = regexp.MustCompile(`^(?i:e-mail|wi-fi)\pL*`)
	roman     = regexp.MustCompile(`^(?:X{0,3}(?:IX|IV|V?I{0,3}))$`)
)

// protectedToken returns the length of a token at the start of s that keeps
// its script; 0 if there is none. s begins a word.
func protectedToken(s string) int {
	head := s[:min(len(s), maxToken)]
	if end := strings.IndexFunc(head, unicode.IsSpace); end >= 0 {
		head = head[:end]
	}
	if strings.IndexFunc(head, func(r rune) bool { return !letterOrMark(r) }) < 0 {
		return 0 // an ordinary word
	}
	if matched(webAddress, head) > 0 {
		n := matched(webAddress, s)
		return n - trailing(s[:n])
	}
	if n := matched(mailAddress, head); n > 0 {
		if n -= trailing(head[:n]); head[n-1] != '@' {
			return n
		}
	}
	for _, p := range []*regexp.Regexp{dottedName, refNumber, code, emailWord} {
		if n := matched(p, head); n > 0 {
			if n -= trailing(head[:n]); !continues(head[n:]) {
				return n
			}
		}
	}
	return 0
}

// maxToken bounds how far one token is looked at, in bytes, so that a text
// without spaces costs linear time. Web addresses may be longer.
const maxToken = 400

func matched(p *regexp.Regexp, s string) int {
	m := p.FindStringIndex(s)
	if m == nil {
		return 0
	}
	return m[1]
}

// trailing counts the punctuation at the end of an address that belongs to the
// sentence.
func trailing(s string) int { return len(s) - len(strings.TrimRight(s, ".,;:!?)]}'\"")) }

// continues reports whether a word goes on at the start of s.
func continues(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return s != "" && wordRune(r)
}

// keptLatin reports whether a run of letters keeps its script.
func keptLatin(w string) bool {
	if len(w) > 1 && len(w) <= 8 && roman.MatchString(w) {
		return true
	}
	if keptWords[strings.ToLower(w)] {
		return true
	}
	for _, r := range w {
		if unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cyrillic, r) {
			continue
		}
		if _, known := cyrillicOf[unicode.ToLower(r)]; !known {
			return true
		}
	}
	return false
}

// placeholder returns the length of {name} at the start of s, 0 if there is
// none.
func placeholder(s string) int {
	for i := 1; i < len(s) && i <= 64; i++ {
		switch s[i] {
		case '}':
			if i == 1 {
				return 0
			}
			return i + 1
		case '{', ' ', '\n', '\r', '\t':
			return 0
		}
	}
	return 0
}

// entity returns the length of &name; or &#123; at the start of s, 0 if there
// is none.
func entity(s string) int {
	for i := 1; i < len(s) && i <= 33; i++ {
		switch c := s[i]; {
		case c == ';':
			if i == 1 {
				return 0
			}
			return i + 1
		case asciiLetter(c) || c >= '0' && c <= '9' || c == '#' && i == 1:
		default:
			return 0
		}
	}
	return 0
}

func asciiLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
