package report

import (
	"slices"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// A History is a ticket with what its facts are derived from.
type History struct {
	Ticket *ticketing.Ticket
	// Events are those of EventsRead, in order.
	Events []ticketing.Event
	// Answers gives the length in characters of the answers that decided clocks.
	Answers map[ticketing.MessageID]int
	// Original is the ticket this one was closed as repeating, nil when none.
	Original *Neighbour
	// Earlier are the requester's other tickets.
	Earlier []Neighbour
	// District of the place, "" when none is known.
	District string
}

// A Neighbour is what facts ask of another ticket.
type Neighbour struct {
	ID         ticketing.TicketID
	Category   ticketing.CategoryID
	Subject    string
	Lat, Lon   float64
	State      ticketing.State
	ReceivedAt time.Time
	ResolvedAt time.Time
	ClosedAt   time.Time
	Code       ticketing.ClosingCode
}

// EventsRead are the kinds of events that facts are derived from.
func EventsRead() []ticketing.EventKind {
	return []ticketing.EventKind{
		ticketing.EventOpened, ticketing.EventMoved, ticketing.EventChanged, ticketing.EventValidated, ticketing.EventResolved,
		ticketing.EventClosed, ticketing.EventReopened, ticketing.EventEpisodeVoid, ticketing.EventAccepted, ticketing.EventRefused,
		ticketing.EventWithdrawn, ticketing.EventExpired, ticketing.EventBodyAnswered,
	}
}

// A Town is what facts ask of the directory.
type Town struct {
	Rules *ticketing.Rulebook
	// Bureaus are the departments in which tickets start that nobody routed.
	Bureaus map[ticketing.DepartmentID]bool
}

// TownOf takes from the directory what facts ask of it.
func TownOf(dir *ticketing.Directory) Town {
	c := Town{Rules: dir.Rules, Bureaus: map[ticketing.DepartmentID]bool{}}
	for _, d := range dir.Departments {
		if d.Intake {
			c.Bureaus[d.ID] = true
		}
	}
	return c
}

// FactsOf derives the facts of a ticket: a pure function of its history, so that
// they can be thrown away and made again. Spam has none but its clocks.
func FactsOf(h *History, town Town) Facts {
	d := deriver{h: h, Town: town, zone: town.Rules.Zone()}
	d.readEvents()
	var out Facts
	for i := range h.Ticket.Clocks {
		if f, ok := d.clock(&h.Ticket.Clocks[i]); ok {
			out.Clocks = append(out.Clocks, f)
		}
	}
	if h.Ticket.Code != ticketing.CodeSpam {
		out.Tickets = d.episodes()
		out.Suspects = d.suspects(out.Clocks)
	}
	return out
}

// A custody is a stretch in which one department had the ticket.
type custody struct {
	department ticketing.DepartmentID
	from       time.Time
}

// A begun is the beginning of an episode that was not voided.
type begun struct {
	number int // as the ticket's clocks number it
	at     time.Time
	by     string
}

type deriver struct {
	Town
	h    *History
	zone *time.Location

	custodies []custody
	bodies    []ticketing.Pause // when an outside body had the ticket
	begun     []begun
	ends      []ticketing.Event // resolved and closed
	opened    ticketing.Event
}

// readEvents finds custodies and episodes. A ticket without events is one that
// was copied or imported: it counts as it stands.
func (d *deriver) readEvents() {
	t := d.h.Ticket
	d.begun = []begun{{number: 1, at: t.ReceivedAt}}
	for i := range d.h.Events {
		e := &d.h.Events[i]
		switch e.Kind { //nolint:exhaustive // the others begin and end nothing
		case ticketing.EventOpened:
			d.opened = *e
			d.custodies = append(d.custodies, custody{departmentIn(e, "department"), t.ReceivedAt})
		case ticketing.EventMoved:
			if len(d.custodies) == 0 {
				d.custodies = append(d.custodies, custody{departmentIn(e, "from"), t.ReceivedAt})
			}
			d.custodies = append(d.custodies, custody{departmentIn(e, "to"), e.At})
		case ticketing.EventReopened:
			d.begun = append(d.begun, begun{int(numberIn(e, "episode")), receivedIn(e), e.Actor})
		case ticketing.EventEpisodeVoid:
			if n := len(d.begun); n > 1 {
				d.begun = d.begun[:n-1]
			}
		case ticketing.EventResolved, ticketing.EventClosed:
			d.ends = append(d.ends, *e)
		}
		d.readBody(e)
	}
	if len(d.custodies) == 0 {
		d.custodies = []custody{{t.Department, t.ReceivedAt}}
	}
	for len(d.begun) <= len(t.Endings) {
		e := t.Endings[len(d.begun)-1]
		d.begun = append(d.begun, begun{number: len(d.begun) + 1, at: later(e.ResolvedAt, e.ClosedAt)})
	}
	d.begun = d.begun[:len(t.Endings)+1]
}

func numberIn(e *ticketing.Event, key string) int64 {
	switch n := e.Data[key].(type) {
	case float64:
		return int64(n)
	case int64:
		return n
	case int:
		return int64(n)
	}
	return 0
}

func departmentIn(e *ticketing.Event, key string) ticketing.DepartmentID {
	return ticketing.DepartmentID(numberIn(e, key))
}

func textIn(e *ticketing.Event, key string) string {
	s, _ := e.Data[key].(string)
	return s
}

func receivedIn(e *ticketing.Event) time.Time {
	if at, err := time.Parse(time.RFC3339Nano, textIn(e, "received_at")); err == nil {
		return at
	}
	return e.At
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// readBody follows the custody of an outside body: it begins when the body
// accepts, and ends when the ticket comes back, moves or is done with.
func (d *deriver) readBody(e *ticketing.Event) {
	custody, _ := e.Data["custody"].(bool)
	n := len(d.bodies)
	switch {
	case custody && e.Kind == ticketing.EventAccepted:
		d.bodies = append(d.bodies, ticketing.Pause{From: e.At})
	case n == 0 || !d.bodies[n-1].To.IsZero():
	case custody, e.Kind == ticketing.EventMoved, e.Kind == ticketing.EventResolved, e.Kind == ticketing.EventClosed:
		d.bodies[n-1].To = e.At
	}
}

// traits are those of the ticket in the custody of a department.
func (d *deriver) traits(dept ticketing.DepartmentID) Traits {
	t := d.h.Ticket
	return Traits{Department: dept, Category: t.Category, Channel: t.Channel, District: d.h.District, Language: string(t.Language)}
}

// clock derives the fact of a promise; ok is false when there is none to speak
// of: not started, or of an episode that never was.
func (d *deriver) clock(c *ticketing.Clock) (ClockFact, bool) {
	if c.EndCode == ticketing.CodeVoid || (c.StartedAt.IsZero() && c.EndedAt.IsZero() && c.MetAt.IsZero()) {
		return ClockFact{}, false
	}
	dept := c.Charged
	if dept == 0 {
		dept = d.h.Ticket.Department
	}
	f := ClockFact{
		Clock: c.ID, Ticket: c.Ticket, Episode: c.Episode, Kind: c.Kind, Traits: d.traits(dept),
		Due: c.Due, Waited: d.waited(c),
	}
	original := d.Rules.Due(c, nil)
	switch {
	case c.EndCode == ticketing.CodeSpam, !c.EndedAt.IsZero() && c.MetAt.IsZero():
		f.Outcome, f.Settled, f.Code = OutcomeEnded, c.EndedAt, c.EndCode
		f.Counted = d.countsEnded(c)
	case !c.MetAt.IsZero():
		f.Outcome, f.Settled = OutcomeLate, c.MetAt
		if c.BreachedAt.IsZero() {
			f.Outcome = OutcomeMet
		}
		f.Counted, f.Took = !c.Due.IsZero(), int64(d.Rules.Took(c, d.h.Ticket.Pauses).Seconds())
	case c.Due.IsZero():
		f.Outcome = OutcomePaused
	default:
		f.Outcome, f.Counted = OutcomeOpen, true
	}
	f.SettledDay = DayOf(f.Settled, d.zone)
	for _, at := range []time.Time{c.Due, original, f.Settled} {
		if f.Day == 0 {
			f.Day = DayOf(at, d.zone)
		}
	}
	f.PausedPast = f.Outcome != OutcomeEnded && !original.IsZero() && (c.Due.IsZero() || c.Due.After(original)) &&
		(f.Settled.IsZero() || f.Settled.After(original))
	return f, true
}

// waited reports whether a wait stopped the clock while it was running.
func (d *deriver) waited(c *ticketing.Clock) bool {
	end := later(c.MetAt, c.EndedAt)
	return slices.ContainsFunc(d.h.Ticket.Pauses, func(p ticketing.Pause) bool {
		return p.Reason.Stops(c.Kind) && (p.To.IsZero() || p.To.After(c.StartedAt)) && (end.IsZero() || p.From.Before(end))
	})
}

// countsEnded reports whether a clock that ended by a code stands in formula D:
// when it fell due unanswered, or when it ended before by a code that excuses
// nothing and nothing had been answered by its due instant.
func (d *deriver) countsEnded(c *ticketing.Clock) bool {
	switch {
	case c.Due.IsZero() || c.EndCode == ticketing.CodeSpam:
		return false
	case !c.BreachedAt.IsZero():
		return true
	}
	switch c.EndCode { //nolint:exhaustive // the others excuse nothing
	case ticketing.CodeWithdrawn, ticketing.CodeAbuse:
		return false
	case ticketing.CodeDuplicate:
		if d.liveAt(c.EndedAt) {
			return false
		}
	}
	return !d.answeredBy(c)
}

// liveAt reports whether work went on at the original of a duplicate.
func (d *deriver) liveAt(at time.Time) bool {
	o := d.h.Original
	return o != nil && (o.ClosedAt.IsZero() || o.ClosedAt.After(at))
}

// answeredBy reports whether the citizen had been answered in the clock's episode
// by its due instant: then ending the work's clock breaks no promise.
func (d *deriver) answeredBy(c *ticketing.Clock) bool {
	return slices.ContainsFunc(d.h.Ticket.Clocks, func(a ticketing.Clock) bool {
		return a.Kind == ticketing.ClockAnswer && a.ID != c.ID && a.Episode == c.Episode && !a.MetAt.IsZero() && !a.MetAt.After(c.Due)
	})
}

// reopenWithin is how soon after its closing a reopening counts against it.
const reopenWithin = ticketing.ReopenWithin

// episodes derives the facts of the ticket's episodes.
func (d *deriver) episodes() []TicketFact {
	t := d.h.Ticket
	var out []TicketFact
	for i, b := range d.begun {
		end := ticketing.Ending{State: t.State, Code: t.Code, ResolvedAt: t.ResolvedAt, ClosedAt: t.ClosedAt}
		last := i == len(d.begun)-1
		if !last {
			end = t.Endings[i]
		} else if t.State.InWork() {
			end = ticketing.Ending{}
		}
		f := TicketFact{
			Ticket: t.ID, Episode: i + 1, ReceivedDay: DayOf(t.ReceivedAt, d.zone),
			StartedDay: DayOf(b.at, d.zone), Hour: b.at.In(d.zone).Hour(),
			Ended: end.ResolvedAt, Code: end.Code,
		}
		if f.Ended.IsZero() {
			f.Ended = end.ClosedAt
		}
		f.EndedDay = DayOf(f.Ended, d.zone)
		f.Traits = d.traits(t.Department)
		if !f.Ended.IsZero() {
			d.end(&f, b.at, last)
			if !last {
				next := d.begun[i+1]
				f.Reopened = next.at.Sub(f.Ended) <= reopenWithin
				f.Denied = f.Code == ticketing.CodeResolved && (next.by == "citizen" || next.by == ticketing.SystemActor("intake").ID())
			}
		}
		if f.Ended.IsZero() {
			f.NextDue, f.Unvalidated = t.DueAt, t.Awaits()
		}
		out = append(out, f)
	}
	return out
}

// end completes the fact of an ended episode.
func (d *deriver) end(f *TicketFact, began time.Time, last bool) {
	held := slices.DeleteFunc(slices.Clone(d.custodies), func(c custody) bool { return c.from.After(f.Ended) })
	if len(held) == 0 {
		held = d.custodies[:1]
	}
	final := held[len(held)-1].department
	if last {
		final = d.h.Ticket.Department
	}
	f.Department = final
	f.Legs = len(held)
	first := held[0].department
	if d.Bureaus[first] && len(held) > 1 {
		first = held[1].department
	}
	f.First = first == final
	for _, e := range d.ends {
		if e.At.Equal(f.Ended) {
			_, f.ByHand = ticketing.AgentOf(e.Actor)
		}
	}
	d.legs(f, began, held, final)
}

// legs divides the life of the episode: waits first, the rest by custodian.
func (d *deriver) legs(f *TicketFact, began time.Time, held []custody, final ticketing.DepartmentID) {
	age := max(int64(f.Ended.Sub(began).Seconds()), 0)
	waits := func(from, to time.Time, citizen bool) int64 {
		var sum time.Duration
		for _, p := range d.h.Ticket.Pauses {
			if (p.Reason == ticketing.WaitCitizen) != citizen {
				continue
			}
			sum += overlap(p, from, to)
			for _, b := range d.bodies { // what waits with a body is counted with the body
				if from, to := stretch(b, from, to); to.After(from) {
					sum -= overlap(p, from, to)
				}
			}
		}
		if !citizen {
			for _, b := range d.bodies {
				sum += overlap(b, from, to)
			}
		}
		return int64(sum.Seconds())
	}
	f.Citizen, f.Others = waits(began, f.Ended, true), waits(began, f.Ended, false)
	for i, c := range held {
		from, to := later(c.from, began), f.Ended
		if i+1 < len(held) && held[i+1].from.Before(to) {
			to = held[i+1].from
		}
		if c.department == final || !to.After(from) {
			continue
		}
		f.Elsewhere += max(int64(to.Sub(from).Seconds())-waits(from, to, true)-waits(from, to, false), 0)
	}
	f.Own = max(age-f.Elsewhere-f.Citizen-f.Others, 0)
}

// stretch gives the part of p between from and to; it ends before it begins when
// there is none.
func stretch(p ticketing.Pause, from, to time.Time) (begin, end time.Time) {
	if end = p.To; end.IsZero() || end.After(to) {
		end = to
	}
	return later(p.From, from), end
}

// overlap is how much of p lies between from and to.
func overlap(p ticketing.Pause, from, to time.Time) time.Duration {
	begin, end := stretch(p, from, to)
	return max(end.Sub(begin), 0)
}
