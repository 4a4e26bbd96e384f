package report

import (
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/calendar"
)

// A Day is a local calendar day, as the number of days since 1 January 1970. The
// zero Day means none.
type Day int32

const daySeconds = 24 * 60 * 60

// DayOf gives the local day of an instant, 0 for the zero time.
func DayOf(t time.Time, zone *time.Location) Day {
	if t.IsZero() {
		return 0
	}
	y, m, d := t.In(zone).Date()
	return dayOf(y, m, d)
}

func dayOf(y int, m time.Month, d int) Day {
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / daySeconds) //nolint:gosec // G115: years of a calendar
}

// ParseDay reads a day written 2026-11-23.
func ParseDay(s string) (Day, error) {
	d, err := calendar.ParseDate(s)
	if err != nil {
		return 0, &ticketing.Error{Kind: ticketing.Invalid, Key: "report.day"}
	}
	return dayOf(d.Year, d.Month, d.Day), nil
}

// date is the day's midnight as if it were in UTC.
func (d Day) date() time.Time { return time.Unix(int64(d)*daySeconds, 0).UTC() }

// Date gives year, month and day of the month.
func (d Day) Date() (year int, month time.Month, day int) { return d.date().Date() }

// Start is the instant the day begins in the zone; the next day's is its end.
func (d Day) Start(zone *time.Location) time.Time {
	y, m, day := d.Date()
	return time.Date(y, m, day, 0, 0, 0, 0, zone)
}

// Weekday of the day.
func (d Day) Weekday() time.Weekday { return d.date().Weekday() }

// Monday begins the week of the day.
func (d Day) Monday() Day { return d - Day((int(d.Weekday())+6)%7) } //nolint:gosec // G115: below 7

// String writes the day as 2026-11-23, "" for none.
func (d Day) String() string {
	if d == 0 {
		return ""
	}
	return d.date().Format(time.DateOnly)
}

// MarshalText writes the day for JSON and forms.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// A Period is a stretch of local days, both ends included.
type Period struct {
	From, To Day
}

// longestPeriod bounds a report: eleven years.
const longestPeriod = 11 * 366

// Check refuses a period that ends before it begins or is longer than eleven
// years: Invalid, naming the field.
func (p Period) Check() error {
	switch {
	case p.From == 0:
		return &ticketing.Error{Kind: ticketing.Invalid, Field: "from", Key: "report.period_missing"}
	case p.To == 0:
		return &ticketing.Error{Kind: ticketing.Invalid, Field: "to", Key: "report.period_missing"}
	case p.To < p.From:
		return &ticketing.Error{Kind: ticketing.Invalid, Field: "to", Key: "report.period_reversed"}
	case p.Days() > longestPeriod:
		return &ticketing.Error{Kind: ticketing.Invalid, Field: "to", Key: "report.period_long"}
	}
	return nil
}

// Days is how many days the period has.
func (p Period) Days() int { return int(p.To-p.From) + 1 }

// Contains reports whether the day lies in the period.
func (p Period) Contains(d Day) bool { return d >= p.From && d <= p.To }

// Weeks cuts the period at Mondays; the first and last may be shorter than a
// week.
func (p Period) Weeks() []Period {
	var out []Period
	for from := p.From; from <= p.To; {
		to := min(from.Monday()+6, p.To)
		out = append(out, Period{from, to})
		from = to + 1
	}
	return out
}

// Previous is the period to compare with: for days of one month that begin with
// its first, the same days of the month before; for a whole year the year
// before; for any other the stretch of the same length right before.
func (p Period) Previous() Period {
	y, m, d := p.From.Date()
	ty, tm, td := p.To.Date()
	switch {
	case m == time.January && d == 1 && y == ty && tm == time.December && td == 31:
		return Period{dayOf(y-1, time.January, 1), dayOf(y-1, time.December, 31)}
	case d == 1 && y == ty && m == tm:
		last := dayOf(y, m, 1) - 1
		_, _, length := last.Date()
		_, _, ends := (dayOf(y, m+1, 1) - 1).Date()
		if td == ends {
			td = length // whole month with whole month
		}
		return Period{dayOf(y, m-1, 1), dayOf(y, m-1, min(td, length))}
	}
	n := Day(p.Days()) //nolint:gosec // G115: bounded by Check
	return Period{p.From - n, p.To - n}
}

// MonthToDate is the month up to the day before now, or the month before when it
// has only begun: the period a page shows when none is asked for.
func MonthToDate(now time.Time, zone *time.Location) Period {
	yesterday := DayOf(now, zone) - 1
	y, m, _ := yesterday.Date()
	return Period{dayOf(y, m, 1), yesterday}
}

// Week is the week of the day, Monday to Sunday.
func Week(d Day) Period { return Period{d.Monday(), d.Monday() + 6} }

// UnmarshalText reads what MarshalText wrote.
func (d *Day) UnmarshalText(b []byte) (err error) {
	*d = 0
	if len(b) > 0 {
		*d, err = ParseDay(string(b))
	}
	return err
}
