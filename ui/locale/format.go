package locale

import (
	"strconv"
	"strings"
	"time"

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

// Number writes a whole number with the language's thousands separator; four
// digits stand together.
func (p *Printer) Number(n int64) string {
	s := strconv.FormatInt(n, 10)
	digits := strings.TrimPrefix(s, "-")
	if len(digits) <= 4 {
		return s
	}
	sep := "\u00a0" // sr and sq in running text: 12 345
	if p.tag == lang.En {
		sep = ","
	}
	var b strings.Builder
	b.WriteString(s[:len(s)-len(digits)])
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(sep)
		}
		b.WriteRune(d)
	}
	return b.String()
}

// Decimal writes a number with the given decimals and the language's decimal sign.
func (p *Printer) Decimal(v float64, decimals int) string {
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if p.tag != lang.En {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

// Percent writes a share of 1 as a percentage, "91,4 %"; English has no space.
func (p *Printer) Percent(share float64, decimals int) string {
	if p.tag == lang.En {
		return p.Decimal(share*100, decimals) + "%"
	}
	return p.Decimal(share*100, decimals) + "\u00a0%"
}

// Size writes a number of bytes as a person reads it.
func (p *Printer) Size(bytes int64) string {
	switch {
	case bytes < 1000:
		return p.Number(bytes) + "\u00a0B"
	case bytes < 1000*1000:
		return p.Number((bytes+500)/1000) + "\u00a0kB"
	}
	return p.Decimal(float64(bytes)/1e6, 1) + "\u00a0MB"
}

// Clock writes the time of day: "10:14".
func (p *Printer) Clock(t time.Time) string { return t.In(p.zone).Format("15:04") }

// Date writes day, month and year: "23. 11. 2026." / "23 Nov 2026" / "23.11.2026".
func (p *Printer) Date(t time.Time) string {
	t = t.In(p.zone)
	switch p.tag {
	case lang.En:
		return strconv.Itoa(t.Day()) + " " + p.T("time.month_short."+month(t)) + " " + strconv.Itoa(t.Year())
	case lang.Sq:
		return t.Format("02.01.2006")
	}
	return t.Format("2. 1. 2006.")
}

// Day writes day and month, with the year when it is not this one: "23. 11.".
func (p *Printer) Day(t time.Time) string {
	t = t.In(p.zone)
	if t.Year() != p.Now().Year() {
		return p.Date(t)
	}
	switch p.tag {
	case lang.En:
		return strconv.Itoa(t.Day()) + " " + p.T("time.month_short."+month(t))
	case lang.Sq:
		return t.Format("02.01.")
	}
	return t.Format("2. 1.")
}

// DateTime writes the exact minute: "23. 11. 2026. u 10:14".
func (p *Printer) DateTime(t time.Time) string {
	return p.T("time.date_time", "Date", p.Date(t), "Time", p.Clock(t))
}

// Exact is DateTime with seconds and weekday, for titles.
func (p *Printer) Exact(t time.Time) string {
	return p.Weekday(t) + " " + p.T("time.date_time", "Date", p.Date(t), "Time", t.In(p.zone).Format("15:04:05"))
}

// Weekday writes the short name of the day: "pet".
func (p *Printer) Weekday(t time.Time) string {
	return p.T("time.weekday_short." + strconv.Itoa(int(t.In(p.zone).Weekday())))
}

// LongDay heads a day of the timeline: "Petak 20. 11. 2026.".
func (p *Printer) LongDay(t time.Time) string {
	return p.T("time.weekday."+strconv.Itoa(int(t.In(p.zone).Weekday()))) + " " + p.Date(t)
}

// Deadline writes when something is due the way it is said to a citizen:
// "srijeda, 25. novembar, do 03:30".
func (p *Printer) Deadline(t time.Time) string {
	t = t.In(p.zone)
	return p.T("time.deadline", "Weekday", p.T("time.weekday_in."+strconv.Itoa(int(t.Weekday()))),
		"Day", strconv.Itoa(t.Day()), "Month", p.T("time.month."+month(t)), "Time", p.Clock(t))
}

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
func (p *Printer) Due(t time.Time) string {
	return p.Weekday(t) + " " + p.T("time.date_time", "Date", p.Day(t), "Time", p.Clock(t))
}

// Ago writes how long ago it was: "prije 4 min", "prije 2 h", "juče", "ned", "20. 11.".
func (p *Printer) Ago(t time.Time) string {
	since := p.now().Sub(t)
	days := p.daysAgo(t)
	switch {
	case since < time.Minute:
		return p.T("time.just_now")
	case since < time.Hour:
		return p.T("time.ago", "Span", strconv.Itoa(int(since/time.Minute))+"\u00a0min")
	case days == 0 || since < 6*time.Hour:
		return p.T("time.ago", "Span", strconv.Itoa(int(since/time.Hour))+"\u00a0h")
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
	nb := "\u00a0"
	switch {
	case minutes < 60:
		return strconv.Itoa(mins) + nb + "min"
	case minutes < 48*60 && mins == 0:
		return strconv.Itoa(minutes/60) + nb + "h"
	case minutes < 48*60:
		return strconv.Itoa(minutes/60) + nb + "h" + nb + pad(mins) + nb + "min"
	case hours == 0:
		return strconv.Itoa(days) + nb + "d"
	}
	return strconv.Itoa(days) + nb + "d" + nb + strconv.Itoa(hours) + nb + "h"
}

func pad(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

func month(t time.Time) string { return strconv.Itoa(int(t.Month())) }
