package calendar

import (
	"cmp"
	"slices"
	"time"
)

// A Pause is a stretch during which nothing is counted. It holds its beginning
// and not its end.
type Pause struct {
	From   time.Time
	To     time.Time // zero: the pause has not ended
	Reason string    // shown in explanations
}

// inlinePauses is the number of pauses that are sorted without allocating.
const inlinePauses = 16

// never is the end of a pause that has not ended.
const never = 1<<63 - 1

// Add returns the due instant: the earliest instant by which d of open time
// has passed since start, pauses not counted. It is in the calendar's zone.
//
// Pauses may come in any order, overlap, touch, be empty, lie before start or
// after the due instant, and the last may be without end. A pause that ends
// before it begins (a machine's clock was set back) stops nothing. A pause
// that begins at the due instant comes too late.
//
// Errors: ErrNegative, ErrRange, ErrNever, and ErrPaused when a pause without
// end comes first.
func (c *Calendar) Add(start time.Time, d time.Duration, pauses ...Pause) (time.Time, error) {
	at, err := instantOf(start)
	if err != nil {
		return time.Time{}, err
	}
	if d < 0 {
		return time.Time{}, ErrNegative
	}
	if d == 0 {
		return start.In(c.zone), nil
	}
	var buf [inlinePauses]span
	rest := int64(d)
	for _, p := range stops(buf[:0], at, pauses) {
		if p.to <= at {
			continue
		}
		if p.from > at {
			got := c.sum(p.from) - c.sum(at)
			if got >= rest {
				break
			}
			rest -= got
		}
		if p.to == never {
			return time.Time{}, ErrPaused
		}
		at = p.to
	}
	done := c.sum(at)
	if rest > c.total-done {
		return time.Time{}, ErrNever
	}
	return time.Unix(0, c.reach(done+rest)).In(c.zone), nil
}

// Between returns how much open time lies between two instants, pauses not
// counted. It is never negative: nothing lies between a and an earlier b.
// What lies outside the range of calendars is not counted. Pauses are taken
// as Add takes them.
func (c *Calendar) Between(a, b time.Time, pauses ...Pause) time.Duration {
	at, end := clamp(a), clamp(b)
	var buf [inlinePauses]span
	var n int64
	for _, p := range stops(buf[:0], at, pauses) {
		if p.from >= end {
			break
		}
		if p.from > at {
			n += c.sum(p.from) - c.sum(at)
		}
		at = max(at, p.to)
	}
	if at < end {
		n += c.sum(end) - c.sum(at)
	}
	return time.Duration(n)
}

// Open reports whether the calendar is open at an instant.
func (c *Calendar) Open(t time.Time) bool {
	at, err := instantOf(t)
	if err != nil {
		return false
	}
	wall := at + c.segments[c.segmentAt(at)].offset
	dayNo := wall / day
	for _, s := range c.hoursOf(dayNo).spans {
		if in := wall - dayNo*day; s.from <= in && in < s.to {
			return true
		}
	}
	return false
}

// NextOpen returns the first instant at or after t at which the calendar is
// open, in the calendar's zone. Errors: ErrRange, ErrNever.
func (c *Calendar) NextOpen(t time.Time) (time.Time, error) {
	at, err := instantOf(t)
	if err != nil {
		return time.Time{}, err
	}
	done := c.sum(at)
	if done >= c.total {
		return time.Time{}, ErrNever
	}
	// One nanosecond of open time later, and back to where it began.
	return time.Unix(0, c.reach(done+1)-1).In(c.zone), nil
}

// WorkingDay reports whether the date has any open hours.
func (c *Calendar) WorkingDay(d Date) bool {
	return d.valid() && c.hoursOf(d.number()).total > 0
}

// Holiday returns the name of the holiday on a date, if there is one.
func (c *Calendar) Holiday(d Date) (string, bool) {
	if !d.valid() {
		return "", false
	}
	n := d.number()
	if s := &c.special[c.specialFrom(n)]; s.day == n && s.holiday {
		return s.name, true
	}
	return "", false
}

// instantOf returns t in nanoseconds, or ErrRange.
func instantOf(t time.Time) (int64, error) {
	if t.Before(Earliest) || !t.Before(Latest) {
		return 0, ErrRange
	}
	return t.UnixNano(), nil
}

// clamp returns t in nanoseconds, moved into the range.
func clamp(t time.Time) int64 {
	if t.Before(Earliest) {
		return Earliest.UnixNano()
	}
	if t.After(Latest) {
		return Latest.UnixNano()
	}
	return t.UnixNano()
}

// stops turns pauses into spans ordered by their beginning, without those
// that are empty or over at start. They may still overlap.
func stops(buf []span, start int64, pauses []Pause) []span {
	for i := range pauses {
		p := &pauses[i]
		s := span{from: clamp(p.From), to: never}
		if !p.To.IsZero() {
			s.to = clamp(p.To)
		}
		if s.to <= s.from || s.to <= start {
			continue
		}
		buf = append(buf, s)
	}
	slices.SortFunc(buf, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	return buf
}
