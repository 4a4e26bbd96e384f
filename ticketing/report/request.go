package report

import (
	"context"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// A Request asks for a report.
type Request struct {
	Filter Filter
	Period Period
	// Compare is the period to compare with; the zero Period takes
	// Period.Previous.
	Compare Period
	// Reported asks for the facts as they were known at the end of that local day;
	// 0 is now. What is open is then what was open.
	Reported Day
	Target   float64 // the share to reach, shown beside; 0 = none
	Now      time.Time
	Zone     *time.Location
}

// check completes the request for the actor.
func (r *Request) check(a ticketing.Actor) error {
	if err := r.Period.Check(); err != nil {
		return err
	}
	if r.Compare == (Period{}) {
		r.Compare = r.Period.Previous()
	}
	if err := r.Compare.Check(); err != nil {
		return err
	}
	if r.Reported != 0 && r.Reported >= DayOf(r.Now, r.Zone) {
		r.Reported = 0 // the present
	}
	var err error
	r.Filter, err = within(a, r.Filter)
	return err
}

// A reader answers the queries of one report: from folded days, or by folding
// facts when the request is narrowed or looks back.
type reader struct {
	src Source
	req *Request

	folded     map[Period]bool // periods whose facts have been folded
	rawClocks  []ClockDay
	rawTickets []TicketDay
}

func (r *reader) raw() bool { return r.req.Filter.Narrow() || r.req.Reported != 0 }

// days gives folded rows of both sorts.
func (r *reader) days(ctx context.Context, q SumQuery) ([]ClockDay, []TicketDay, error) {
	c, err := r.clockDays(ctx, q)
	if err != nil {
		return nil, nil, err
	}
	t, err := r.ticketDays(ctx, q)
	return c, t, err
}

func (r *reader) clockDays(ctx context.Context, q SumQuery) ([]ClockDay, error) {
	if !r.raw() {
		return r.src.ClockDays(ctx, q)
	}
	err := r.fold(ctx, q.Period)
	out, _ := Select(r.rawClocks, nil, q)
	return out, err
}

func (r *reader) ticketDays(ctx context.Context, q SumQuery) ([]TicketDay, error) {
	if !r.raw() {
		return r.src.TicketDays(ctx, q)
	}
	err := r.fold(ctx, q.Period)
	_, out := Select(nil, r.rawTickets, q)
	return out, err
}

// fold reads the facts of a period once.
func (r *reader) fold(ctx context.Context, p Period) error {
	if r.folded[p] {
		return nil
	}
	f := Fold{Only: func(_ ticketing.DepartmentID, day Day) bool {
		if !p.Contains(day) {
			return false
		}
		for done := range r.folded {
			if done.Contains(day) {
				return false // periods may overlap
			}
		}
		return true
	}}
	q := FactQuery{Filter: r.req.Filter, Period: p, Reported: r.req.Reported}
	if err := r.src.ClockFacts(ctx, q, func(c *ClockFact) error { f.Clock(c); return nil }); err != nil {
		return err
	}
	if err := r.src.TicketFacts(ctx, q, func(t *TicketFact) error { f.Ticket(t); return nil }); err != nil {
		return err
	}
	clocks, tickets := f.Days()
	r.rawClocks, r.rawTickets = append(r.rawClocks, clocks...), append(r.rawTickets, tickets...)
	if r.folded == nil {
		r.folded = map[Period]bool{}
	}
	r.folded[p] = true
	return nil
}
