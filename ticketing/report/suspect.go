package report

import (
	"math"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// suspects finds what in the history may be part of a sign.
func (d *deriver) suspects(clocks []ClockFact) []Suspect {
	var out []Suspect
	add := func(kind SignKind, at time.Time, by string) *Suspect {
		out = append(out, Suspect{Kind: kind, Ticket: d.h.Ticket.ID, Department: d.custodian(at), Day: DayOf(at, d.zone), At: at, By: by})
		return &out[len(out)-1]
	}
	for _, p := range d.h.Ticket.Pauses {
		if d.lastHour(p) {
			add(SignLastHourPause, p.From, p.By)
		}
	}
	d.relabelled(add)
	if at, ok := d.openedAnew(); ok {
		add(SignOpenedAnew, at, d.opened.Actor)
	}
	if d.falseTwin() {
		add(SignFalseTwin, d.h.Ticket.ClosedAt, "")
	}
	for i := range clocks {
		if c := &clocks[i]; c.Kind == ticketing.ClockValidation && c.Outcome == OutcomeLate {
			add(SignBulkValid, c.Settled, "")
		}
	}
	for i := range d.h.Ticket.Clocks {
		c := &d.h.Ticket.Clocks[i]
		if n, known := d.h.Answers[c.Answer]; known && n < ShortAnswer && !c.MetAt.IsZero() {
			add(SignShortAnswer, c.MetAt, "")
		}
	}
	return out
}

// custodian gives who had custody at an instant.
func (d *deriver) custodian(at time.Time) ticketing.DepartmentID {
	dept := d.custodies[0].department
	for _, c := range d.custodies {
		if !c.from.After(at) {
			dept = c.department
		}
	}
	return dept
}

// lastHour reports whether the wait began within the last hour before some
// promise would have fallen due.
func (d *deriver) lastHour(p ticketing.Pause) bool {
	var before []ticketing.Pause
	for _, o := range d.h.Ticket.Pauses {
		if o.From.Before(p.From) {
			before = append(before, o)
		}
	}
	for i := range d.h.Ticket.Clocks {
		c := &d.h.Ticket.Clocks[i]
		if c.StartedAt.IsZero() || c.StartedAt.After(p.From) || !p.Reason.Stops(c.Kind) {
			continue
		}
		due := d.Rules.Due(c, before)
		if left := due.Sub(p.From); !due.IsZero() && left >= 0 && left <= ShortlyBefore && (c.MetAt.IsZero() || c.MetAt.After(p.From)) {
			return true
		}
	}
	return false
}

// relabelled finds changes to a category whose promise ends later, made when most
// of the time had gone.
func (d *deriver) relabelled(add func(SignKind, time.Time, string) *Suspect) {
	category := textIn(&d.opened, "category")
	for i := range d.h.Events {
		e := &d.h.Events[i]
		to := textIn(e, "category")
		if e.Kind != ticketing.EventChanged || to == "" {
			continue
		}
		for _, kind := range []ticketing.ClockKind{ticketing.ClockAnswer, ticketing.ClockResolve} {
			was, is := duesIn(e, "due_"+string(kind))
			began := d.begun[0].at
			for _, b := range d.begun {
				if !b.at.After(e.At) {
					began = b.at
				}
			}
			if was.IsZero() || !is.After(was) || e.At.Sub(began) < time.Duration(LateShare*float64(was.Sub(began))) {
				continue
			}
			s := add(SignRelabelled, e.At, e.Actor)
			s.From, s.To = category, to
			break
		}
		category = to
	}
}

// duesIn reads the due instants before and after a change.
func duesIn(e *ticketing.Event, key string) (was, is time.Time) {
	var both []string
	switch v := e.Data[key].(type) {
	case []string:
		both = v
	case []any:
		for _, x := range v {
			s, _ := x.(string)
			both = append(both, s)
		}
	}
	if len(both) != 2 {
		return was, is
	}
	was, _ = time.Parse(time.RFC3339, both[0])
	is, _ = time.Parse(time.RFC3339, both[1])
	return was, is
}

// openedAnew reports whether staff opened the ticket right after another of the
// same citizen and category was closed.
func (d *deriver) openedAnew() (time.Time, bool) {
	t := d.h.Ticket
	if _, staff := ticketing.AgentOf(d.opened.Actor); !staff || t.Citizen == 0 {
		return time.Time{}, false
	}
	for _, o := range d.h.Earlier {
		ended := o.ResolvedAt
		if ended.IsZero() {
			ended = o.ClosedAt
		}
		if o.ID == t.ID || ended.IsZero() || o.Category != t.Category || o.Code == ticketing.CodeSpam || !o.ReceivedAt.Before(t.CreatedAt) {
			continue
		}
		if gap := t.CreatedAt.Sub(ended); gap >= -time.Hour && gap <= OpenedAnewWithin {
			return t.CreatedAt, true
		}
	}
	return time.Time{}, false
}

// farAway is the distance in metres beyond which two places are two matters.
const farAway = 500

// falseTwin reports whether the ticket was closed as repeating one that is
// another matter: another category, no word of the subject in common, and not
// the same place.
func (d *deriver) falseTwin() bool {
	t, o := d.h.Ticket, d.h.Original
	if t.State != ticketing.StateClosed || t.Code != ticketing.CodeDuplicate || o == nil || o.Category == t.Category {
		return false
	}
	if (t.Location.Lat != 0 || t.Location.Lon != 0) && (o.Lat != 0 || o.Lon != 0) && metres(t.Location.Lat, t.Location.Lon, o.Lat, o.Lon) <= farAway {
		return false
	}
	words := map[string]bool{}
	for _, w := range lang.Terms(t.Subject) {
		words[stem(w)] = true
	}
	for _, w := range lang.Terms(o.Subject) {
		if len(w) > 3 && words[stem(w)] {
			return false
		}
	}
	return true
}

// stem cuts a word to its first letters, which endings do not change.
func stem(w string) string {
	const letters = 5
	if r := []rune(w); len(r) > letters {
		return strings.ToLower(string(r[:letters]))
	}
	return strings.ToLower(w)
}

// metres is the distance of two places on Earth, good enough for a town.
func metres(lat1, lon1, lat2, lon2 float64) float64 {
	const degree = 111_320
	x := (lon2 - lon1) * math.Cos((lat1+lat2)/2*math.Pi/180)
	return degree * math.Hypot(lat2-lat1, x)
}
