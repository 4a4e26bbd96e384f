package ticketing

import (
	"context"
	"time"
)

// readWithin is the time within which repeated readings of one ticket by one
// agent are one event.
const readWithin = 15 * time.Minute

// Opened records that somebody looked at a citizen's ticket. One that the actor
// may not see is NotFound.
func (d *Desk) Opened(ctx context.Context, by Actor, id TicketID) error {
	if by.Agent == 0 {
		return nil
	}
	now := d.now()
	return d.Store.InTx(ctx, func(tx Tx) error {
		fresh, err := tx.TouchRead(ctx, by.Agent, id, now, readWithin)
		if err != nil || !fresh {
			return err
		}
		return read(ctx, tx, by, id, &Event{Ticket: id, At: now, Actor: by.ID(), Kind: EventRead})
	})
}

// Revealed records that somebody asked for what is otherwise masked: a whole
// telephone number (EventRevealed), or the original of a mail (EventRawRead).
// A ticket that the actor may not see is NotFound.
func (d *Desk) Revealed(ctx context.Context, by Actor, id TicketID, kind EventKind, what map[string]any) error {
	right := RightReveal
	switch kind {
	case EventRevealed:
	case EventRawRead:
		right = RightRaw
	default:
		return invalid("kind", "message.unknown")
	}
	if err := by.need(right); err != nil {
		return err
	}
	now := d.now()
	return d.Store.InTx(ctx, func(tx Tx) error {
		return read(ctx, tx, by, id, &Event{Ticket: id, At: now, Actor: by.ID(), Kind: kind, Data: what})
	})
}

// read chains the event of a reading, if the actor's scope covers the ticket.
func read(ctx context.Context, tx Tx, by Actor, id TicketID, e *Event) error {
	if s := by.Scope(); !s.All {
		t, err := tx.TicketByID(ctx, id)
		if err != nil {
			return err
		}
		if _, err := tx.Ticket(ctx, s, t.Ref); err != nil {
			return err
		}
	}
	return tx.AppendTicketEvent(ctx, id, e)
}
