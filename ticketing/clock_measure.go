package ticketing

import "time"

// This file answers what reports ask of a clock.

// Took is the calendar time from where the clock counts to its deed, waits left
// out; 0 while there is none.
func (b *Rulebook) Took(c *Clock, pauses []Pause) time.Duration {
	if c.MetAt.IsZero() || c.CountFrom.IsZero() || !c.MetAt.After(c.CountFrom) {
		return 0
	}
	return b.calendarOf(c).Between(c.CountFrom, c.MetAt, b.pausesFor(c, until(pauses, c.MetAt))...)
}

// Stops reports whether a wait for the reason stops clocks of the kind.
func (r WaitReason) Stops(k ClockKind) bool { return r.stops(k) }
