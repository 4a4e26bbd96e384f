package ticketing

import (
	"errors"
	"time"

	"github.com/sistem48/system48/ticketing/calendar"
)

// An Explanation is the replayable trace of a clock: why it falls due when it
// does (DESIGN §5).
type Explanation struct {
	Kind            ClockKind
	Profile         string
	ProfileVersion  int
	Calendar        string
	CalendarVersion int
	Policy          string // "" = the category decided
	PolicyVersion   int
	OnCall          bool
	Start           StartRule
	StartedAt       time.Time // the instant of receipt or validation
	CountFrom       time.Time // moved by the cut-off rule, else StartedAt
	Target          time.Duration
	Due             time.Time           // zero while a pause without end lasts
	Intervals       []calendar.Interval // from StartedAt to Due, without gaps
	Counted         time.Duration       // up to now
	Left            time.Duration       // target less counted, never below 0
	Paused          time.Duration       // within pauses, up to now
}

// Explain traces a started clock. A pending clock is Conflict: there is
// nothing to explain yet.
func (b *Rulebook) Explain(c Clock, pauses []Pause, now time.Time) (Explanation, error) {
	if c.StartedAt.IsZero() {
		return Explanation{}, &Error{Kind: Conflict, Field: "clock", Key: "clock.not_started"}
	}
	p, _ := b.Profile(c.Profile, c.ProfileVersion)
	x := Explanation{
		Kind: c.Kind, Profile: c.Profile, ProfileVersion: c.ProfileVersion, Calendar: c.Calendar,
		CalendarVersion: c.CalendarVersion, Policy: c.Policy, PolicyVersion: c.PolicyVersion, OnCall: c.OnCall, Start: p.Start, StartedAt: c.StartedAt, CountFrom: c.CountFrom, Target: c.Target,
	}
	if c.OnCall {
		x.Start = FromReceipt
	}
	cal, stops := b.calendarOf(&c), b.pausesFor(&c, pauses)
	due, trace, err := cal.Explain(c.CountFrom, c.Target, stops...)
	if err != nil && !errors.Is(err, calendar.ErrPaused) {
		return Explanation{}, err
	}
	if before, ok := calendar.BeforeStart(c.StartedAt, c.CountFrom.In(cal.Zone())); ok {
		trace = append([]calendar.Interval{before}, trace...)
	}
	x.Due, x.Intervals = due, trace
	if c.Kind == ClockLeg && !c.Due.IsZero() && c.Due.Before(due) { // the citizen's nearest clock came first
		x.Due, x.Intervals = c.Due, before(trace, c.Due)
	}
	x.Counted = min(cal.Between(c.CountFrom, now, stops...), c.Target)
	x.Left = c.Target - x.Counted
	for _, i := range trace {
		if i.Why == calendar.WhyPaused && i.From.Before(now) {
			to := i.To
			if to.IsZero() || to.After(now) {
				to = now
			}
			x.Paused += to.Sub(i.From)
		}
	}
	return x, nil
}

// before gives the trace up to the instant.
func before(trace []calendar.Interval, at time.Time) []calendar.Interval {
	var out []calendar.Interval
	for _, i := range trace {
		if !i.From.Before(at) {
			break
		}
		if i.To.IsZero() || i.To.After(at) {
			i.To = at
		}
		out = append(out, i)
	}
	return out
}

// Promise computes, without any ticket, what the profile promises for a contact
// received (or validated) at start: what "sla explain" prints. target 0 means
// the profile's own. Unknown profiles are NotFound.
func (b *Rulebook) Promise(profile string, start time.Time, target time.Duration, pauses []Pause, now time.Time) (Explanation, error) {
	p, ok := b.Profile(profile, 0)
	if !ok {
		return Explanation{}, &Error{Kind: NotFound, Field: "profile", Key: "profile.unknown", Args: map[string]any{"Name": profile}}
	}
	if target > 0 {
		p.Target = target
	}
	c := b.newClock(ClockAnswer, Terms{Profile: p})
	c.Target = p.Target
	b.start(&c, start.UTC(), 0, pauses)
	return b.Explain(c, pauses, now)
}
