package locale

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/sistem48/system48/ticketing/lang"
)

// A Printer writes texts, times and numbers in one language and in the city's
// time zone. It is immutable and may be kept.
type Printer struct {
	texts messages
	tag   lang.Tag
	zone  *time.Location
	now   func() time.Time
}

// Silent prints message ids: what is rendered without a request shows itself.
var Silent = &Printer{texts: messages{}, tag: lang.SrLatn, zone: time.UTC, now: func() time.Time { return time.Time{} }}

// Tag gives the printer's language.
func (p *Printer) Tag() lang.Tag { return p.tag }

// Now gives the present instant in the city's zone.
func (p *Printer) Now() time.Time { return p.now().In(p.zone) }

// In gives the instant in the city's zone.
func (p *Printer) In(t time.Time) time.Time { return t.In(p.zone) }

// whole keeps a number and its unit on one line.
func whole(s string) string { return strings.ReplaceAll(s, " ", nbsp) }

const nbsp = "\u00a0"

// Number writes a whole number with its thousands apart; four digits stand
// together.
func (p *Printer) Number(n int64) string {
	if n > -10_000 && n < 10_000 {
		return strconv.FormatInt(n, 10)
	}
	return whole(lang.Number(p.tag, n))
}

// Percent writes a share of 1 as a percentage: "91,4 %".
func (p *Printer) Percent(share float64, decimals int) string {
	return whole(lang.Pct(p.tag, share, decimals))
}

// Size writes a number of bytes as a person reads it.
func (p *Printer) Size(bytes int64) string {
	switch {
	case bytes < 1000:
		return whole(lang.Number(p.tag, bytes) + " B")
	case bytes < 1000*1000:
		return whole(lang.Number(p.tag, (bytes+500)/1000) + " kB")
	}
	return whole(lang.Decimal(p.tag, float64(bytes)/1e6, 1) + " MB")
}

// Clock writes the time of day: "10:14".
func (p *Printer) Clock(t time.Time) string { return t.In(p.zone).Format("15:04") }

// Date writes day, month and year: "23. 11. 2026." / "23 Nov 2026" / "23.11.2026".
func (p *Printer) Date(t time.Time) string { return lang.Date(p.tag, t.In(p.zone)) }

// Day writes day and month, with the year when it is not this one: "23. 11.".
func (p *Printer) Day(t time.Time) string {
	date, year := p.Date(t), strconv.Itoa(t.In(p.zone).Year())
	if year != strconv.Itoa(p.Now().Year()) {
		return date
	}
	return strings.TrimRight(strings.TrimSuffix(strings.TrimSuffix(date, "."), year), " ")
}

// DateTime writes the exact minute: "23. 11. 2026. u 10:14".
func (p *Printer) DateTime(t time.Time) string { return lang.DateTime(p.tag, t.In(p.zone)) }

// Exact is DateTime with seconds and weekday, for titles.
func (p *Printer) Exact(t time.Time) string {
	return p.Weekday(t) + " " + p.DateTime(t) + t.In(p.zone).Format(":05")
}

// Weekday writes the short name of the day: "pet".
func (p *Printer) Weekday(t time.Time) string {
	return p.T("time.weekday_short." + strconv.Itoa(int(t.In(p.zone).Weekday())))
}

// LongDay heads a day of the timeline: "Petak 20. 11. 2026.".
func (p *Printer) LongDay(t time.Time) string {
	name := []rune(lang.Weekday(p.tag, t.In(p.zone).Weekday()))
	name[0] = unicode.ToUpper(name[0])
	return string(name) + " " + p.Date(t)
}

// Deadline writes when something is due the way it is said to a citizen:
// "srijeda, 25. novembar, do 03:30".
func (p *Printer) Deadline(t time.Time) string { return lang.Deadline(p.tag, t.In(p.zone)) }

// Short writes an instant of the last or next days in few letters: "10:14"
// today, "pet 15:40" within a week, "20. 11." beyond.
func (p *Printer) Short(t time.Time) string {
	switch days := p.daysAgo(t); {
	case days == 0:
		return p.Clock(t)
	case days > -7 && days < 7:
		return p.Weekday(t) + " " + p.Clock(t)
	}
	return p.Day(t)
}

// Due writes a deadline in a list: "sri 25. 11. u 03:30".
func (p *Printer) Due(t time.Time) string { return lang.ShortDateTime(p.tag, t.In(p.zone)) }

// Ago writes how long ago it was: "prije 4 min", "prije 2 h", "juče", "ned", "20. 11.".
func (p *Printer) Ago(t time.Time) string {
	since := p.now().Sub(t)
	days := p.daysAgo(t)
	switch {
	case since < time.Minute:
		return p.T("time.just_now")
	case since < time.Hour:
		return p.T("time.ago", "Span", strconv.Itoa(int(since/time.Minute))+nbsp+"min")
	case days == 0 || since < 6*time.Hour:
		return p.T("time.ago", "Span", strconv.Itoa(int(since/time.Hour))+nbsp+"h")
	case days == 1:
		return p.T("time.yesterday")
	case days < 7:
		return p.Weekday(t)
	}
	return p.Day(t)
}

// daysAgo counts calendar days of the city between t and now.
func (p *Printer) daysAgo(t time.Time) int {
	midnight := func(t time.Time) time.Time {
		y, m, d := t.In(p.zone).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return int(midnight(p.now()).Sub(midnight(t)) / (24 * time.Hour))
}

// Span writes a duration in its two largest units: "3 d 17 h", "17 h 16 min",
// "46 h" is written for round hours of less than two days, "45 min". Negative
// spans are written without the sign.
func (p *Printer) Span(d time.Duration) string {
	if d < 0 {
		d = -d
	}
	minutes := int(d / time.Minute)
	days, hours, mins := minutes/(24*60), minutes/60%24, minutes%60
	switch {
	case minutes < 60:
		return strconv.Itoa(mins) + nbsp + "min"
	case minutes < 48*60 && mins == 0:
		return strconv.Itoa(minutes/60) + nbsp + "h"
	case minutes < 48*60:
		return strconv.Itoa(minutes/60) + nbsp + "h" + nbsp + pad(mins) + nbsp + "min"
	case hours == 0:
		return strconv.Itoa(days) + nbsp + "d"
	}
	return strconv.Itoa(days) + nbsp + "d" + nbsp + strconv.Itoa(hours) + nbsp + "h"
}

func pad(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}
