package lang

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// This file writes dates, spans and numbers. Instants are written in the
// location they carry: convert them to the city's zone before (t.In). Spaces
// are plain ones, because a no-break space makes an SMS three times as
// expensive; pages that must not break lines replace them. A tag that is not
// valid is written like SrLatn.

// names are the words of a language for the parts of time.
type names struct {
	weekdays, weekdaysShort [7]string // Sunday first
	months, monthsShort     [12]string
	day, days               string // one, several
}

var (
	srNames = names{
		weekdays:      [7]string{"nedjelja", "ponedjeljak", "utorak", "srijeda", "četvrtak", "petak", "subota"},
		weekdaysShort: [7]string{"ned", "pon", "uto", "sri", "čet", "pet", "sub"},
		months: [12]string{
			"januar", "februar", "mart", "april", "maj", "jun", "jul", "avgust", "septembar", "oktobar", "novembar", "decembar",
		},
		monthsShort: [12]string{"jan", "feb", "mart", "apr", "maj", "jun", "jul", "avg", "sept", "okt", "nov", "dec"},
		day:         "dan", days: "dana",
	}
	sqNames = names{
		weekdays:      [7]string{"e diel", "e hënë", "e martë", "e mërkurë", "e enjte", "e premte", "e shtunë"},
		weekdaysShort: [7]string{"die", "hën", "mar", "mër", "enj", "pre", "sht"},
		months: [12]string{
			"janar", "shkurt", "mars", "prill", "maj", "qershor", "korrik", "gusht", "shtator", "tetor", "nëntor", "dhjetor",
		},
		monthsShort: [12]string{"jan", "shk", "mar", "pri", "maj", "qer", "kor", "gush", "sht", "tet", "nën", "dhj"},
		day:         "ditë", days: "ditë",
	}
	enNames = names{
		weekdays:      [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
		weekdaysShort: [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
		months: [12]string{
			"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
		},
		monthsShort: [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
		day:         "day", days: "days",
	}
	cyrlNames = srNames.cyrillic()
)

func (n names) cyrillic() names {
	for _, list := range [][]string{n.weekdays[:], n.weekdaysShort[:], n.months[:], n.monthsShort[:]} {
		for i := range list {
			list[i] = ToCyrillic(list[i])
		}
	}
	n.day, n.days = ToCyrillic(n.day), ToCyrillic(n.days)
	return n
}

func namesOf(tag Tag) *names {
	switch tag {
	case En:
		return &enNames
	case Sq:
		return &sqNames
	case SrCyrl:
		return &cyrlNames
	default:
		return &srNames
	}
}

// choose returns the text of a language, the Cyrillic one converted.
func choose(tag Tag, sr, sq, en string) string {
	switch tag {
	case En:
		return en
	case Sq:
		return sq
	case SrCyrl:
		return ToCyrillic(sr)
	default:
		return sr
	}
}

// Weekday returns the name of a day of the week in running text: "srijeda",
// "e mërkurë", "Wednesday".
func Weekday(tag Tag, d time.Weekday) string {
	if d < time.Sunday || d > time.Saturday {
		return ""
	}
	return namesOf(tag).weekdays[d]
}

// Month returns the name of a month in running text: "novembar", "nëntor",
// "November".
func Month(tag Tag, m time.Month) string {
	if m < time.January || m > time.December {
		return ""
	}
	return namesOf(tag).months[m-1]
}

// Date writes day, month and year: "23. 11. 2026.", "23.11.2026",
// "23 Nov 2026".
func Date(tag Tag, t time.Time) string {
	switch tag {
	case En:
		return strconv.Itoa(t.Day()) + " " + enNames.monthsShort[t.Month()-1] + " " + strconv.Itoa(t.Year())
	case Sq:
		return t.Format("02.01.2006")
	default:
		return t.Format("2. 1. 2006.")
	}
}

// DateTime writes a date and the minute: "23. 11. 2026. u 10:14",
// "23.11.2026, ora 10:14", "23 Nov 2026, 10:14".
func DateTime(tag Tag, t time.Time) string {
	return Date(tag, t) + choose(tag, " u ", ", ora ", ", ") + t.Format("15:04")
}

// ShortDateTime writes weekday, day, month and minute for lists: "sri 25. 11.
// u 03:30", "mër 25.11, ora 03:30", "Wed 25 Nov, 03:30".
func ShortDateTime(tag Tag, t time.Time) string {
	n := namesOf(tag)
	s := n.weekdaysShort[t.Weekday()] + " "
	switch tag {
	case En:
		s += strconv.Itoa(t.Day()) + " " + n.monthsShort[t.Month()-1]
	case Sq:
		s += t.Format("02.01")
	default:
		s += t.Format("2. 1.")
	}
	return s + choose(tag, " u ", ", ora ", ", ") + t.Format("15:04")
}

// WeekdayDate writes a day for people: "srijeda, 25. novembar",
// "e mërkurë, 25 nëntor", "Wednesday, 25 November".
func WeekdayDate(tag Tag, t time.Time) string {
	dot := "."
	if tag == En || tag == Sq {
		dot = ""
	}
	n := namesOf(tag)
	return n.weekdays[t.Weekday()] + ", " + strconv.Itoa(t.Day()) + dot + " " + n.months[t.Month()-1]
}

// Deadline writes until when something is promised: "srijeda, 25. novembar, do
// 03:30", "e mërkurë, 25 nëntor, deri në orën 03:30", "Wednesday, 25 November,
// by 03:30".
func Deadline(tag Tag, t time.Time) string {
	return WeekdayDate(tag, t) + choose(tag, ", do ", ", deri në orën ", ", by ") + t.Format("15:04")
}

// Duration writes a span in its two largest units, rounded down: "12 s",
// "45 min", "3 h 05 min", "40 h", and from two days on "3 dana 5 h",
// "3 ditë 5 h", "3 days 5 h". The signs of units are the same in both scripts;
// the sign of the span is not written.
func Duration(tag Tag, d time.Duration) string {
	d = absolute(d)
	days, hours, minutes := int64(d/(24*time.Hour)), int64(d/time.Hour), int64(d/time.Minute%60)
	switch {
	case d < time.Minute:
		return strconv.FormatInt(int64(d/time.Second), 10) + " s"
	case d < time.Hour:
		return strconv.FormatInt(minutes, 10) + " min"
	case d < 48*time.Hour && minutes == 0:
		return strconv.FormatInt(hours, 10) + " h"
	case d < 48*time.Hour:
		pad := ""
		if minutes < 10 {
			pad = "0"
		}
		return strconv.FormatInt(hours, 10) + " h " + pad + strconv.FormatInt(minutes, 10) + " min"
	case hours%24 == 0:
		return countDays(tag, days)
	default:
		return countDays(tag, days) + " " + strconv.FormatInt(hours%24, 10) + " h"
	}
}

// Relative writes how far an instant lies from now in its largest unit,
// rounded down: with d > 0 it is to come, with d < 0 it is past. "za 17 h",
// "prije 3 dana"; "pas 17 h", "para 3 ditësh"; "in 17 h", "3 days ago". Within
// a minute it is "sada", "tani", "now".
func Relative(tag Tag, d time.Duration) string {
	span := absolute(d)
	var s string
	switch {
	case span < time.Minute:
		return choose(tag, "sada", "tani", "now")
	case span < time.Hour:
		s = strconv.FormatInt(int64(span/time.Minute), 10) + " min"
	case span < 48*time.Hour:
		s = strconv.FormatInt(int64(span/time.Hour), 10) + " h"
	case tag == Sq:
		s = strconv.FormatInt(int64(span/(24*time.Hour)), 10) + " ditësh"
	default:
		s = countDays(tag, int64(span/(24*time.Hour)))
	}
	switch {
	case d > 0:
		return choose(tag, "za", "pas", "in") + " " + s
	case tag == En:
		return s + " ago"
	default:
		return choose(tag, "prije", "para", "") + " " + s
	}
}

// countDays writes a number of days: "21 dan", "3 dana".
func countDays(tag Tag, n int64) string {
	if Plural(tag, n) == One {
		return strconv.FormatInt(n, 10) + " " + namesOf(tag).day
	}
	return strconv.FormatInt(n, 10) + " " + namesOf(tag).days
}

func absolute(d time.Duration) time.Duration {
	switch {
	case d == math.MinInt64:
		return math.MaxInt64
	case d < 0:
		return -d
	default:
		return d
	}
}

// Number writes a whole number with its thousands apart: "1.234.567",
// "1 234 567" in Albanian, "1,234,567" in English.
func Number(tag Tag, n int64) string {
	return group(tag, strconv.FormatInt(n, 10))
}

// Decimal writes a number with so many decimals (0–9): "1.234,5", "1 234,5",
// "1,234.5". What is not a number, or infinite, is "–".
func Decimal(tag Tag, v float64, decimals int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	s := strconv.FormatFloat(v, 'f', min(max(decimals, 0), 9), 64)
	if strings.Trim(s, "-0.") == "" {
		s = strings.TrimPrefix(s, "-") // nothing is less than zero when it is shown as zero
	}
	whole, fraction, _ := strings.Cut(s, ".")
	s = group(tag, whole)
	switch {
	case fraction == "":
		return s
	case tag == En:
		return s + "." + fraction
	default:
		return s + "," + fraction
	}
}

// Pct writes a share of 1 as a percentage with so many decimals: 0.914 is
// "91,4 %", in English "91.4%". The denominator belongs beside it.
func Pct(tag Tag, share float64, decimals int) string {
	s := Decimal(tag, share*100, decimals)
	switch {
	case s == "–":
		return s
	case tag == En:
		return s + "%"
	default:
		return s + " %"
	}
}

// group puts the language's separator between groups of three digits.
func group(tag Tag, s string) string {
	separator := byte('.')
	switch tag {
	case En:
		separator = ','
	case Sq:
		separator = ' '
	case SrLatn, SrCyrl:
	}
	digits := strings.TrimPrefix(s, "-")
	out := append(make([]byte, 0, len(s)+len(s)/3), s[:len(s)-len(digits)]...)
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out = append(out, separator)
		}
		out = append(out, digits[i])
	}
	return string(out)
}
