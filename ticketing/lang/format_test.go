package lang

import (
	"math"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

// forms is the same thing in each language.
type forms map[Tag]string

func (want forms) check(t *testing.T, what string, got func(Tag) string) {
	t.Helper()
	for tag, w := range want {
		if g := got(tag); g != w {
			t.Errorf("%s in %q = %q, want %q", what, tag, g, w)
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Podgorica")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 9, 14, 59, 0, time.UTC).In(zone)
	night := time.Date(2026, 11, 25, 3, 30, 0, 0, zone)
	forms{SrLatn: "23. 11. 2026.", SrCyrl: "23. 11. 2026.", Sq: "23.11.2026", En: "23 Nov 2026", "": "23. 11. 2026."}.
		check(t, "Date", func(tag Tag) string { return Date(tag, at) })
	forms{SrLatn: "23. 11. 2026. u 10:14", SrCyrl: "23. 11. 2026. у 10:14", Sq: "23.11.2026, ora 10:14", En: "23 Nov 2026, 10:14"}.
		check(t, "DateTime", func(tag Tag) string { return DateTime(tag, at) })
	forms{SrLatn: "sri 25. 11. u 03:30", SrCyrl: "сри 25. 11. у 03:30", Sq: "mër 25.11, ora 03:30", En: "Wed 25 Nov, 03:30"}.
		check(t, "ShortDateTime", func(tag Tag) string { return ShortDateTime(tag, night) })
	forms{SrLatn: "srijeda, 25. novembar", SrCyrl: "сриједа, 25. новембар", Sq: "e mërkurë, 25 nëntor", En: "Wednesday, 25 November"}.
		check(t, "WeekdayDate", func(tag Tag) string { return WeekdayDate(tag, night) })
	forms{
		SrLatn: "srijeda, 25. novembar, do 03:30", SrCyrl: "сриједа, 25. новембар, до 03:30",
		Sq: "e mërkurë, 25 nëntor, deri në orën 03:30", En: "Wednesday, 25 November, by 03:30",
	}.check(t, "Deadline", func(tag Tag) string { return Deadline(tag, night) })
	forms{SrLatn: "ponedjeljak", SrCyrl: "понедјељак", Sq: "e hënë", En: "Monday"}.
		check(t, "Weekday", func(tag Tag) string { return Weekday(tag, time.Monday) })
	forms{SrLatn: "jul", SrCyrl: "јул", Sq: "korrik", En: "July"}.
		check(t, "Month", func(tag Tag) string { return Month(tag, time.July) })
	if Weekday(En, 7) != "" || Month(En, 0) != "" || Month(En, 13) != "" {
		t.Error("names of days and months that do not exist")
	}
}

func TestDuration(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0 s", 12 * time.Second: "12 s", 59*time.Second + 999: "59 s", time.Minute: "1 min", 59 * time.Minute: "59 min",
		time.Hour: "1 h", 3*time.Hour + 12*time.Minute: "3 h 12 min", 22*time.Hour + 6*time.Minute + 59*time.Second: "22 h 06 min",
		30*time.Hour + 44*time.Minute: "30 h 44 min", 48*time.Hour - 1: "47 h 59 min", 48 * time.Hour: "2 dana", 53 * time.Hour: "2 dana 5 h",
		21 * 24 * time.Hour: "21 dan", -90 * time.Minute: "1 h 30 min", math.MinInt64: "106751 dan 23 h",
	} {
		if got := Duration(SrLatn, d); got != want {
			t.Errorf("Duration(%s) = %q, want %q", d, got, want)
		}
	}
	forms{SrCyrl: "2 дана 5 h", Sq: "2 ditë 5 h", En: "2 days 5 h"}.
		check(t, "Duration", func(tag Tag) string { return Duration(tag, 53*time.Hour+time.Minute) })
	forms{SrCyrl: "3 h 12 min", Sq: "3 h 12 min", En: "3 h 12 min"}.
		check(t, "Duration", func(tag Tag) string { return Duration(tag, 192*time.Minute) })
}

func TestRelative(t *testing.T) {
	t.Parallel()
	forms{SrLatn: "prije 4 min", SrCyrl: "прије 4 min", Sq: "para 4 min", En: "4 min ago"}.
		check(t, "4 minutes ago", func(tag Tag) string { return Relative(tag, -4*time.Minute) })
	forms{SrLatn: "za 17 h", SrCyrl: "за 17 h", Sq: "pas 17 h", En: "in 17 h"}.
		check(t, "in 17 hours", func(tag Tag) string { return Relative(tag, 17*time.Hour+59*time.Minute) })
	forms{SrLatn: "prije 3 dana", SrCyrl: "прије 3 дана", Sq: "para 3 ditësh", En: "3 days ago"}.
		check(t, "3 days ago", func(tag Tag) string { return Relative(tag, -80*time.Hour) })
	forms{SrLatn: "sada", SrCyrl: "сада", Sq: "tani", En: "now"}.
		check(t, "now", func(tag Tag) string { return Relative(tag, -59*time.Second) })
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	forms{SrLatn: "1.234.567", SrCyrl: "1.234.567", Sq: "1 234 567", En: "1,234,567"}.
		check(t, "Number", func(tag Tag) string { return Number(tag, 1234567) })
	forms{SrLatn: "1.234.567,5", Sq: "1 234 567,5", En: "1,234,567.5"}.
		check(t, "Decimal", func(tag Tag) string { return Decimal(tag, 1234567.5, 1) })
	forms{SrLatn: "91,4 %", SrCyrl: "91,4 %", Sq: "91,4 %", En: "91.4%"}.
		check(t, "Pct", func(tag Tag) string { return Pct(tag, 0.914, 1) })
	forms{SrLatn: "–", En: "–"}.check(t, "Pct of nothing", func(tag Tag) string { return Pct(tag, math.NaN(), 1) })
	for n, want := range map[int64]string{0: "0", 7: "7", 999: "999", 1000: "1.000", -1: "-1", -1234: "-1.234", math.MinInt64: "-9.223.372.036.854.775.808"} {
		if got := Number(SrLatn, n); got != want {
			t.Errorf("Number(%d) = %q, want %q", n, got, want)
		}
	}
	for _, tt := range []struct {
		v        float64
		decimals int
		want     string
	}{
		{-0.04, 1, "0,0"}, {-0.06, 1, "-0,1"}, {12, 0, "12"}, {12.345, 2, "12,35"}, {0.5, -3, "0"}, {1, 20, "1,000000000"}, {math.Inf(1), 1, "–"},
	} {
		if got := Decimal(SrLatn, tt.v, tt.decimals); got != tt.want {
			t.Errorf("Decimal(%v, %d) = %q, want %q", tt.v, tt.decimals, got, tt.want)
		}
	}
}

// TestFormatsFitAnSMS: nothing here but the letters of a language is outside
// the alphabet of a cheap message.
func TestFormatsFitAnSMS(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 25, 3, 30, 0, 0, time.UTC)
	for _, s := range []string{Number(SrLatn, 1e9), Duration(SrLatn, 53*time.Hour), Deadline(SrLatn, at), DateTime(SrLatn, at), Pct(SrLatn, 0.5, 1)} {
		if strings.ContainsFunc(s, func(r rune) bool { return r > 0x7e }) {
			t.Errorf("%q has a character beyond ASCII", s)
		}
	}
}
