package ticketing_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/calendar"
)

// A failer is a test, or one run of a property.
type failer interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// A replay is what the events of a ticket alone say about its clocks: when its
// episodes began and during which times it waited. It shares no code with the
// ticket.
type replay struct {
	t         failer
	starts    map[int64]time.Time // by number of the event
	received  time.Time
	validated time.Time
	pauses    []ticketing.Pause
	began     []int64                      // numbers of the events with which the pauses began
	last      map[int64]int64              // number of the last event of an instant (in microseconds)
	breached  map[string][]ticketing.Pause // the waits as they stood when a clock was found late
	custody   int64
	episode   int
	legs      []ticketing.Leg
	inWork    time.Duration // by the state alone
	since     time.Time     // in work since; zero while not
	left      time.Time     // when it was in work last
}

func replayed(t failer, events []ticketing.Event) *replay {
	t.Helper()
	r := &replay{t: t, starts: map[int64]time.Time{}, last: map[int64]int64{}, breached: map[string][]ticketing.Pause{}}
	for _, e := range events {
		r.step(e)
		r.last[e.At.UnixMicro()] = e.Seq
	}
	return r
}

func (r *replay) instant(e ticketing.Event, key string) time.Time {
	r.t.Helper()
	s, _ := e.Data[key].(string)
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		r.t.Fatalf("event %d, %s: %s is %q", e.Seq, e.Kind, key, s)
	}
	return at
}

func (r *replay) step(e ticketing.Event) {
	r.t.Helper()
	resumed, _ := e.Data["resumed"].(bool)
	switch e.Kind { //nolint:exhaustive // the others say nothing about time
	case ticketing.EventOpened:
		r.received, r.episode = r.instant(e, "received_at"), 1
		r.starts[e.Seq] = r.received
		custody, _ := e.Data["department"].(float64)
		r.custody = int64(custody)
		if spam, _ := e.Data["spam"].(bool); !spam {
			r.work(r.received)
		}
	case ticketing.EventValidated:
		r.validated = e.At
		r.starts[e.Seq] = e.At
	case ticketing.EventNotSpam:
		r.starts[e.Seq] = r.received
		r.work(r.received)
	case ticketing.EventReceived:
		r.starts[e.Seq] = r.instant(e, "received_at")
		if resumed {
			r.end(r.starts[e.Seq])
		}
	case ticketing.EventReopened:
		r.starts[e.Seq] = r.instant(e, "received_at")
		r.episode++
		r.work(r.starts[e.Seq])
	case ticketing.EventWaiting:
		r.end(e.At)
		reason, _ := e.Data["reason"].(string)
		r.began = append(r.began, e.Seq)
		r.pauses = append(r.pauses, ticketing.Pause{Reason: ticketing.WaitReason(reason), From: e.At, By: e.Actor, Leg: len(r.legs)})
	case ticketing.EventResumed:
		r.end(e.At)
	case ticketing.EventResolved, ticketing.EventClosed, ticketing.EventSpam:
		r.end(e.At)
		r.rest(e.At)
	case ticketing.EventEpisodeVoid:
		r.rest(e.At)
	case ticketing.EventTakenBack, ticketing.EventUndelivered:
		if resumed {
			r.end(time.Time{})
		}
	case ticketing.EventBounced:
		if resumed {
			r.end(e.At)
		}
	case ticketing.EventBreached:
		start, _ := e.Data["start"].(float64)
		r.breached[fmt.Sprint(e.Data["clock"], int64(start))] = slices.Clone(r.pauses)
	case ticketing.EventMoved:
		to, _ := e.Data["to"].(float64)
		r.custody = int64(to)
		r.hand(e, 0)
	case ticketing.EventAccepted:
		if body, _ := e.Data["body"].(float64); e.Data["custody"] == true {
			r.hand(e, ticketing.BodyID(body))
		}
	case ticketing.EventRefused, ticketing.EventBodyAnswered, ticketing.EventWithdrawn, ticketing.EventExpired:
		if e.Data["custody"] == true {
			r.hand(e, 0)
		}
	}
}

// hand gives the ticket to the department or to an outside body, if it is in work.
func (r *replay) hand(e ticketing.Event, to ticketing.BodyID) {
	if r.since.IsZero() {
		return
	}
	r.leave(e.At)
	r.leg(r.legs[len(r.legs)-1].To)
	r.legs[len(r.legs)-1].Body = to
}

// work says that the ticket is in work from the instant, not before it was so last.
func (r *replay) work(at time.Time) {
	if at.Before(r.left) {
		at = r.left
	}
	r.since = at
	r.leg(at)
}

// rest says that nobody has to do anything any more.
func (r *replay) rest(at time.Time) {
	if r.since.IsZero() {
		return
	}
	r.leave(at)
	r.left = r.legs[len(r.legs)-1].To
	r.inWork += r.left.Sub(r.since)
	r.since = time.Time{}
}

// leg begins a custody.
func (r *replay) leg(at time.Time) {
	r.legs = append(r.legs, ticketing.Leg{Department: ticketing.DepartmentID(r.custody), From: at})
}

// leave ends the custody that lasts.
func (r *replay) leave(at time.Time) {
	l := &r.legs[len(r.legs)-1]
	if l.To = at; at.Before(l.From) {
		l.To = l.From
	}
}

// end closes the open pause, never before it began.
func (r *replay) end(at time.Time) {
	if n := len(r.pauses); n > 0 && r.pauses[n-1].To.IsZero() {
		if p := &r.pauses[n-1]; at.Before(p.From) {
			p.To = p.From
		} else {
			p.To = at
		}
	}
}

// due computes when a clock falls due from the events, its policy and calendar.
func (r *replay) due(rules *ticketing.Rulebook, c ticketing.Clock) time.Time {
	r.t.Helper()
	p, ok := rules.Profile(c.Profile, c.ProfileVersion)
	if !ok {
		r.t.Fatalf("no profile %s %d", c.Profile, c.ProfileVersion)
	}
	start := r.starts[c.StartSeq]
	if c.Kind == ticketing.ClockLeg {
		start = r.legs[c.Leg-1].From
	}
	if !c.OnCall && p.Start == ticketing.FromValidation && c.Episode == 1 && (c.Kind == ticketing.ClockAnswer || c.Kind == ticketing.ClockResolve) {
		start = r.validated
	}
	if start.IsZero() || !start.Equal(c.StartedAt) {
		r.t.Errorf("%s clock began at %v, by the events (%d) at %v (I6)", c.Kind, c.StartedAt, c.StartSeq, start)
		return time.Time{}
	}
	cal, ok := rules.Calendar(c.Calendar, c.CalendarVersion)
	if !ok {
		r.t.Fatalf("no calendar %s %d", c.Calendar, c.CalendarVersion)
	}
	if p.Cutoff != nil && !c.OnCall && c.Kind != ticketing.ClockValidation && c.Kind != ticketing.ClockLeg {
		var err error
		if start, err = cal.Start(start, *p.Cutoff); err != nil {
			r.t.Fatalf("start: %v", err)
		}
	}
	due, err := cal.Add(start, c.Target, r.stops(rules, p, c, cal)...)
	if err != nil {
		return time.Time{}
	}
	return due.UTC().Truncate(time.Microsecond)
}

// stops are the pauses that stop the clock, until its end if it has one, those
// for the citizen at most ten working days together.
func (r *replay) stops(rules *ticketing.Rulebook, p ticketing.Profile, c ticketing.Clock, cal *calendar.Calendar) (out []calendar.Pause) {
	work := cal
	if p.WorkCalendar != "" && p.WorkCalendar != c.Calendar && !c.OnCall {
		if w, ok := rules.Calendar(p.WorkCalendar, c.WorkVersion); ok {
			work = w
		}
	}
	ends := c.MetAt
	if ends.IsZero() {
		ends = c.EndedAt
	}
	left := 10 * 24 * time.Hour
	waits := r.pauses
	// A recorded breach stands, though the wait before it turn out to be vain (I9).
	if seen, late := r.breached[fmt.Sprint(c.Kind, c.StartSeq)]; late && !c.BreachedAt.IsZero() {
		waits = seen
	}
	for i, w := range waits {
		if c.Kind == ticketing.ClockLeg && w.Leg != c.Leg {
			continue // another custodian's
		}
		answer := c.Kind == ticketing.ClockAnswer || c.Kind == ticketing.ClockNextAnswer
		if c.Kind == ticketing.ClockValidation || (answer && w.Reason != ticketing.WaitCitizen) {
			continue
		}
		if !ends.IsZero() {
			// After the clock stepped back, what came before the end may bear a later time.
			before := w.From.Before(ends)
			if w.From.Equal(ends) || !before && r.began[i] >= r.last[ends.UnixMicro()] {
				continue
			}
			if before && (w.To.IsZero() || w.To.After(ends)) {
				w.To = ends
			}
		}
		if w.Reason == ticketing.WaitCitizen {
			if left <= 0 {
				continue
			}
			if most, err := work.Add(w.From, left); err == nil && (w.To.IsZero() || w.To.After(most)) {
				w.To = most
			}
			left -= work.Between(w.From, w.To)
		}
		out = append(out, calendar.Pause{From: w.From, To: w.To, Reason: string(w.Reason)})
	}
	return out
}

// check compares what the events say with what the ticket says.
func (r *replay) check(rules *ticketing.Rulebook, k *ticketing.Ticket) {
	r.t.Helper()
	if !slices.EqualFunc(r.pauses, k.Pauses, func(a, b ticketing.Pause) bool {
		return a.Reason == b.Reason && a.From.Equal(b.From) && a.To.Equal(b.To) && a.Leg == b.Leg
	}) {
		r.t.Errorf("pauses = %v, by the events %v (I6)", k.Pauses, r.pauses)
	}
	if r.custody != int64(k.Department) {
		r.t.Errorf("custody = %d, by the events %d (I5)", k.Department, r.custody)
	}
	if r.episode != k.Episode {
		r.t.Errorf("episode = %d, by the events %d", k.Episode, r.episode)
	}
	for _, c := range k.Clocks {
		if c.StartedAt.IsZero() {
			if !c.Due.IsZero() {
				r.t.Errorf("%s clock is due %v and has not begun", c.Kind, c.Due)
			}
			continue
		}
		due := c.Due
		if c.Kind == ticketing.ClockLeg {
			if !c.BreachedAt.IsZero() && !c.Due.Equal(c.OwnDue) {
				continue // it fell due with the citizen's clock: its own target decided nothing
			}
			due = c.OwnDue
		}
		if want := r.due(rules, c); !due.Equal(want) {
			r.t.Errorf("%s clock of episode %d (%s) is due %v, by the events %v (I6)", c.Kind, c.Episode, c.State, due, want)
		}
	}
}
