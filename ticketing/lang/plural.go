package lang

// A Form is a plural form of a text, a category of CLDR.
type Form uint8

// The forms the languages of the bureau have.
const (
	Other Form = iota // 0, 5–20 in Montenegrin; all but 1 in Albanian and English
	One               // 1, 21, 31, 101 in Montenegrin; 1 in Albanian and English
	Few               // 2–4, 22–24 in Montenegrin
)

// String returns the name of CLDR: "one", "few", "other".
func (f Form) String() string {
	switch f {
	case One:
		return "one"
	case Few:
		return "few"
	default:
		return "other"
	}
}

// ParseForm reads what String writes.
func ParseForm(s string) (Form, bool) {
	for _, f := range []Form{Other, One, Few} {
		if f.String() == s {
			return f, true
		}
	}
	return Other, false
}

// Plural returns the form of a noun after the whole number n in a language.
// The sign does not matter. A language that is not known follows SrLatn.
func Plural(tag Tag, n int64) Form {
	if tag == Sq || tag == En {
		if n == 1 || n == -1 {
			return One
		}
		return Other
	}
	last, lastTwo := n%10, n%100
	if last < 0 { // n may be the least int64, which has no positive
		last, lastTwo = -last, -lastTwo
	}
	switch {
	case last == 1 && lastTwo != 11:
		return One
	case last >= 2 && last <= 4 && (lastTwo < 12 || lastTwo > 14):
		return Few
	default:
		return Other
	}
}
