package ticketing

import (
	"context"
	"fmt"
)

// Reveal gives a call whose whole number the actor wants to see, and records that
// they did: with the call's ticket when it has one, else in the chain of the
// installation. The actor needs RightCalls and RightReveal.
func (c *Calls) Reveal(ctx context.Context, by Actor, id CallID) (*Call, error) {
	for _, right := range []Right{RightCalls, RightReveal} {
		if err := by.need(right); err != nil {
			return nil, err
		}
	}
	var out *Call
	err := c.Store.InTx(ctx, func(tx Tx) (err error) {
		if out, err = tx.Call(ctx, id); err != nil {
			return err
		}
		e := &Event{At: c.now(), Actor: by.ID(), Kind: EventRevealed, Data: map[string]any{"call": int64(id)}}
		if out.Ticket == 0 {
			return tx.AppendEvent(ctx, e)
		}
		e.Ticket = out.Ticket
		return read(ctx, tx, by, out.Ticket, e)
	})
	if err != nil {
		return nil, fmt.Errorf("reveal number: %w", err)
	}
	return out, nil
}

// Tried records that the actor called back and reached nobody, where the exchange
// does not tell of calls out by itself. Conflict when the number is not to be
// called back any more.
func (c *Calls) Tried(ctx context.Context, by Actor, ref Reference) error {
	if err := by.need(RightCalls); err != nil {
		return err
	}
	err := c.Store.InTx(ctx, func(tx Tx) error {
		t, err := tx.Ticket(ctx, by.Scope(), ref)
		if err != nil {
			return err
		}
		b, err := tx.Callback(ctx, t.ID)
		if err != nil {
			return err
		}
		if b.State != CallbackOpen {
			return &Error{Kind: Conflict, Field: "callback", Key: "call.not_owed"}
		}
		b.Attempts++
		b.TriedAt = c.now()
		if err := tx.SaveCallback(ctx, b); err != nil {
			return err
		}
		t.record(by, EventCallTried, c.now(), map[string]any{"at": instantOf(c.now()), "attempt": b.Attempts})
		return saveTicket(ctx, tx, t)
	})
	if err != nil {
		return fmt.Errorf("record a try: %w", err)
	}
	return nil
}
