package calendar

import (
	"slices"
	"time"
)

// A Cutoff is a rule of a promise, not of a calendar: what arrives on certain
// days counts only from the next working day. Podgorica's promise of 48 hours
// says so of Friday, Saturday, Sunday and holidays. The zero Cutoff moves
// nothing.
type Cutoff struct {
	Weekdays []time.Weekday // received on one of these
	Holidays bool           // or on a holiday of the calendar
}

// Start returns the instant from which a promise counts for something
// received at an instant: that instant, or 00:00 local time of the next
// working day if the rule says so. The day of receipt is the local date in
// the calendar's zone, a working day is one with open hours. Errors: ErrRange,
// and ErrNever when the calendar has no further working day.
func (c *Calendar) Start(received time.Time, rule Cutoff) (time.Time, error) {
	if _, err := instantOf(received); err != nil {
		return time.Time{}, err
	}
	local := received.In(c.zone)
	today := DateOf(local)
	_, holiday := c.Holiday(today)
	if !slices.Contains(rule.Weekdays, local.Weekday()) && !(rule.Holidays && holiday) {
		return local, nil
	}
	midnight, _ := Instant(c.zone, today.AddDays(1), 0, 0, 0)
	open, err := c.NextOpen(midnight)
	if err != nil {
		return time.Time{}, err
	}
	start, _ := Instant(c.zone, DateOf(open), 0, 0, 0)
	return start, nil
}
