package calendar

import (
	"fmt"
	"time"
)

// A Date is a day of the civil calendar, without a zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf returns the date that t shows in its own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{Year: y, Month: m, Day: d}
}

// ParseDate reads a date written as 2026-05-21.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, &Error{Field: "date", Reason: fmt.Sprintf("%q is not a date like 2026-05-21", clip(s))}
	}
	return DateOf(t), nil
}

// String writes the date as 2026-05-21.
func (d Date) String() string {
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// MarshalText writes the date as 2026-05-21.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what ParseDate reads.
func (d *Date) UnmarshalText(b []byte) error {
	v, err := ParseDate(string(b))
	if err != nil {
		return err
	}
	*d = v
	return nil
}

// AddDays returns the date n days later, or earlier when n is negative.
func (d Date) AddDays(n int) Date {
	return DateOf(time.Date(d.Year, d.Month, d.Day+n, 0, 0, 0, 0, time.UTC))
}

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Weekday()
}

// Before reports whether d lies before e.
func (d Date) Before(e Date) bool { return d.number() < e.number() }

// valid reports whether the date exists and lies in the range of calendars.
func (d Date) valid() bool {
	t := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	return DateOf(t) == d && !t.Before(Earliest) && t.Before(Latest)
}

// number counts days since 1970-01-01.
func (d Date) number() int64 {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay
}

// A Minute is a time of day in whole minutes since 00:00 by the wall clock:
// 0 is 00:00, 1440 is 24:00, the end of the day.
type Minute int

// EndOfDay is 24:00.
const EndOfDay Minute = 24 * 60

// ParseMinute reads a time of day written as 07:30, up to 24:00.
func ParseMinute(s string) (Minute, error) {
	bad := &Error{Field: "time", Reason: fmt.Sprintf("%q is not a time of day like 07:30 or 24:00", clip(s))}
	if len(s) != 5 || s[2] != ':' {
		return 0, bad
	}
	for _, i := range []int{0, 1, 3, 4} {
		if s[i] < '0' || s[i] > '9' {
			return 0, bad
		}
	}
	h, m := int(s[0]-'0')*10+int(s[1]-'0'), int(s[3]-'0')*10+int(s[4]-'0')
	if m > 59 || h*60+m > int(EndOfDay) {
		return 0, bad
	}
	return Minute(h*60 + m), nil
}

// String writes the time of day as 07:30.
func (m Minute) String() string { return fmt.Sprintf("%02d:%02d", int(m)/60, int(m)%60) }

// MarshalText writes the time of day as 07:30.
func (m Minute) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what ParseMinute reads.
func (m *Minute) UnmarshalText(b []byte) error {
	v, err := ParseMinute(string(b))
	if err != nil {
		return err
	}
	*m = v
	return nil
}

// A Reading says how a wall-clock time translates to an instant.
type Reading uint8

// The readings a wall-clock time can have.
const (
	Exact    Reading = iota // the time comes once that day
	Skipped                 // the time does not exist: the clock jumped over it
	Repeated                // the time comes twice: the clock was set back over it
)

// Instant returns the instant at which the wall clock of zone shows the given
// date and time, and how sure that is. A Skipped time is read with the offset
// that was valid before the jump, so 02:30 on the night of the spring change
// is 03:30 of summer time. A Repeated time is its first occurrence. Whoever
// stores the result of a foreign clock should keep the Reading beside it.
func Instant(zone *time.Location, d Date, hour, minute, sec int) (time.Time, Reading) {
	wall := time.Date(d.Year, d.Month, d.Day, hour, minute, sec, 0, time.UTC).Unix()
	// No zone has moved by more than a day, nor twice within two days.
	before, after := offsetAt(zone, wall-secondsPerDay), offsetAt(zone, wall+secondsPerDay)
	first, second := wall-before, wall-after
	firstOK, secondOK := offsetAt(zone, first) == before, offsetAt(zone, second) == after
	switch {
	case firstOK && secondOK && first != second:
		return time.Unix(min(first, second), 0).In(zone), Repeated
	case firstOK:
		return time.Unix(first, 0).In(zone), Exact
	case secondOK:
		return time.Unix(second, 0).In(zone), Exact
	default:
		return time.Unix(first, 0).In(zone), Skipped
	}
}

// offsetAt returns the seconds east of UTC valid in zone at a Unix time.
func offsetAt(zone *time.Location, unix int64) int64 {
	_, off := time.Unix(unix, 0).In(zone).Zone()
	return int64(off)
}

// clip bounds a foreign string for an error text.
func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
