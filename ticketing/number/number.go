package number

import (
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
)

// A Number is a telephone number as it came and as it is meant.
type Number struct {
	E164     string // "+38267123456"; "" unless the number is full and valid
	Raw      string // as it came, without invisible characters and space around, cut after 64 bytes
	Ext      string // extension dialled after the number, digits
	Withheld bool   // the caller hides the number, or the exchange does not know it
	Short    bool   // 2–6 digits that are no full number: an extension, a service; Raw has them
}

const (
	maxRaw  = 64 // bytes of a number as it came
	maxE164 = 16 // + and the fifteen digits that ITU-T E.164 allows
)

// Parse reads a telephone number: in national form of a region ("067 123 456"
// in ME), in international form with + or 00, with separators, as tel: or sip:
// address, or as caller identification with a name ("Ana" <067123456>). The
// region is an ISO 3166 code; with "" only international forms are full.
//
// It never fails: what is no number has only Raw, and what exchanges write for
// a hidden number (empty, anonymous, unknown, private, restricted, skriven …)
// is Withheld. A number that no plan of its country allows is not full.
func Parse(raw, region string) Number {
	n := Number{Raw: clean(raw)}
	s := unwrap(n.Raw)
	if withheld(s) {
		n.Withheld = true
		return n
	}
	for _, try := range []string{s, beforeLetters(s)} {
		if f, ok := full(try, region); ok {
			n.E164, n.Ext = f.E164, f.Ext
			return n
		}
	}
	if d := digits(s); len(d) >= 2 && len(d) <= 6 && onlyDigits(s) {
		n.Raw, n.Short = d, true
	}
	return n
}

// full reads a full number and its extension.
func full(s, region string) (Number, bool) {
	parsed, err := phonenumbers.Parse(s, strings.ToUpper(strings.TrimSpace(region)))
	if err != nil || !phonenumbers.IsValidNumber(parsed) {
		return Number{}, false
	}
	e164 := phonenumbers.Format(parsed, phonenumbers.E164)
	// Letters are not dialled here: 0800-VODA is no number.
	national := phonenumbers.GetNationalSignificantNumber(parsed)
	if len(e164) > maxE164 || !strings.Contains(asciiDigits(s), national) {
		return Number{}, false
	}
	return Number{E164: e164, Ext: digits(parsed.GetExtension())}, true
}

// beforeLetters cuts a remark off behind the number: "067 123 456 (Ana)".
func beforeLetters(s string) string {
	first := strings.IndexFunc(s, unicode.IsDigit)
	if first < 0 {
		return ""
	}
	if end := strings.IndexFunc(s[first:], unicode.IsLetter); end >= 0 {
		return s[:first+end]
	}
	return s
}

// Full reports whether the number can be called from abroad and matched.
func (n Number) Full() bool { return n.E164 != "" }

// Display returns the number for people in a region: "067 123 456" at home,
// "+381 64 1234567" from abroad. What is not full is shown as it came, a
// withheld number as "".
func (n Number) Display(region string) string {
	switch {
	case n.Withheld:
		return ""
	case n.E164 == "":
		return n.Raw
	}
	s := Format(n.E164, region)
	if n.Ext != "" {
		s += " (" + n.Ext + ")"
	}
	return s
}

// Mask returns Display with its middle hidden: "067 ••• 456".
func (n Number) Mask(region string) string {
	switch {
	case n.Withheld:
		return ""
	case n.Short:
		return n.Raw
	case n.E164 == "":
		return dots
	}
	return Mask(n.E164, region)
}

// LogValue keeps numbers out of logs (I10).
func (n Number) LogValue() slog.Value { return slog.StringValue("redacted") }

// Format returns a stored E.164 number for people in a region; anything else
// comes back as it is.
func Format(e164, region string) string {
	parsed, err := phonenumbers.Parse(e164, "")
	if err != nil || len(e164) > maxRaw {
		return e164
	}
	if home(parsed, region) {
		return phonenumbers.Format(parsed, phonenumbers.NATIONAL)
	}
	return phonenumbers.Format(parsed, phonenumbers.INTERNATIONAL)
}

const dots = "•••"

// Mask returns Format with all digits hidden but the first group, or two where
// the country code is shown, and the last three. What is too short for that,
// or no number, is hidden whole.
func Mask(e164, region string) string {
	parsed, err := phonenumbers.Parse(e164, "")
	if err != nil || len(e164) > maxRaw {
		return dots
	}
	shown := 1
	if !home(parsed, region) {
		shown = 2
	}
	shownText := Format(e164, region)
	groups := strings.FieldsFunc(shownText, func(r rune) bool { return r != '+' && !unicode.IsDigit(r) })
	all := digits(shownText)
	if len(groups) < shown+1 {
		return dots
	}
	head := strings.Join(groups[:shown], " ")
	if len(all)-len(digits(head)) < 5 {
		return head + " " + dots
	}
	return head + " " + dots + " " + all[len(all)-3:]
}

// home reports whether the number is written without its country code in the
// region.
func home(n *phonenumbers.PhoneNumber, region string) bool {
	code := phonenumbers.GetCountryCodeForRegion(strings.ToUpper(region))
	return code != 0 && int32(code) == n.GetCountryCode() //nolint:gosec // country codes have three digits
}

// clean bounds a raw number, drops what cannot be shown and leaves one kind of
// space and of dash.
func clean(raw string) string {
	if len(raw) > 4*maxRaw {
		raw = raw[:4*maxRaw]
	}
	raw = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Pd, r):
			return '-'
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, raw)
	raw = strings.TrimSpace(raw)
	for len(raw) > maxRaw {
		_, size := utf8.DecodeLastRuneInString(raw)
		raw = raw[:len(raw)-size]
	}
	return strings.TrimSpace(raw)
}

// unwrap takes the number out of `"name" <number>`, sip:number@host and
// tel:number.
func unwrap(s string) string {
	if open := strings.LastIndexByte(s, '<'); open >= 0 {
		if end := strings.IndexByte(s[open:], '>'); end > 0 {
			s = s[open+1 : open+end]
		}
	}
	if scheme, rest, ok := strings.Cut(s, ":"); ok {
		switch strings.ToLower(strings.TrimSpace(scheme)) {
		case "sip", "sips":
			s, _, _ = strings.Cut(rest, "@")
		case "tel":
			s = rest
		}
	}
	return strings.Trim(s, " \t\"'")
}

// hidden are the words for a hidden number, in the languages of the country
// and of its exchanges.
var hidden = map[string]bool{
	"": true, "-": true, "s": true, "anonymous": true, "anonymous caller": true, "unknown": true, "unknown caller": true,
	"unknown number": true, "private": true, "private number": true, "restricted": true, "unavailable": true,
	"withheld": true, "blocked": true, "hidden": true, "no caller id": true, "no number": true, "null": true, "none": true,
	"<unknown>": true, "n/a": true, "asterisk": true, "skriven": true, "skriveni broj": true, "skriven broj": true,
	"nepoznat": true, "nepoznat broj": true, "nepoznato": true, "privatan": true, "privatni broj": true, "anoniman": true,
	"скривен": true, "скривени број": true, "непознат": true, "непознат број": true, "приватан": true,
	"i fshehur": true, "i panjohur": true, "privat": true,
}

// spelled are hidden numbers that some exchanges spell on the keypad, so that
// they look like numbers: ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN, UNAVAILABLE,
// PRIVATE.
var spelled = map[string]bool{
	"266696687": true, "7378742833": true, "2562533": true, "8656696": true, "86282452253": true, "7748283": true,
}

func withheld(s string) bool {
	return hidden[strings.Join(strings.Fields(strings.ToLower(s)), " ")] || spelled[strings.TrimPrefix(s, "+")]
}

// asciiDigits returns the digits of a text, of any script, in ASCII.
func asciiDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsDigit(r) {
			return -1
		}
		// The digits of a script lie together, from 0 to 9.
		zero := r
		for unicode.IsDigit(zero-1) && r-zero < 9 {
			zero--
		}
		return '0' + (r - zero)
	}, s)
}

// digits returns the ASCII digits of a text.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// onlyDigits reports whether a text has nothing but digits and the marks that
// people put between them.
func onlyDigits(s string) bool {
	return strings.Trim(s, "0123456789 -/.()*#") == ""
}
