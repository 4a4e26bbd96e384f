package ticketing

import (
	"context"
	"errors"
)

// nextAmong is how many of the most urgent tickets are looked at: so many
// colleagues may ask in the same moment.
const nextAmong = 50

// errTaken says inside Next that somebody was faster.
var errTaken = &Error{Kind: Conflict, Field: "assignee", Key: "next.taken"}

// Next gives the acting agent the ticket in work that is due first among those
// nobody has and that do not wait, and assigns it to them in the same
// transaction in which it still has nobody: two who ask at once get two tickets.
// NotFound when there is none.
func (d *Desk) Next(ctx context.Context, by Actor, reads interface {
	Tickets(ctx context.Context, f TicketFilter, reader AgentID) (Page[TicketRow], error)
},
) (Reference, error) {
	if err := by.need(RightWrite); err != nil {
		return "", err
	}
	page, err := reads.Tickets(ctx, TicketFilter{Scope: by.Scope(), Unassigned: true, Sort: SortDue, Limit: nextAmong}, by.Agent)
	if err != nil {
		return "", err
	}
	for _, r := range page.Items {
		if r.State == StateWaiting {
			continue
		}
		_, err := d.act(ctx, by, RightWrite, Target{Ref: r.Ref}, func(c *change) error {
			if c.t.Assignee != 0 || !c.t.State.InWork() || c.t.State == StateWaiting {
				return errTaken
			}
			return c.t.Assign(by.Agent, by, c.now)
		})
		switch {
		case err == nil:
			return r.Ref, nil
		case errors.Is(err, Conflict), errors.Is(err, NotFound), errors.Is(err, Forbidden):
			continue // taken, or moved out of sight meanwhile
		}
		return "", err
	}
	return "", &Error{Kind: NotFound, Key: "next.none"}
}
