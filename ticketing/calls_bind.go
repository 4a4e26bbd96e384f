package ticketing

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Bind says that a call belongs to a ticket the actor may see. A call that
// belongs to another one is Conflict; one that is not known, or whose ticket is
// not for the actor to see, NotFound.
func (c *Calls) Bind(ctx context.Context, by Actor, id CallID, ref Reference) error {
	if err := by.need(RightCalls); err != nil {
		return err
	}
	err := c.Store.InTx(ctx, func(tx Tx) error {
		t, err := tx.Ticket(ctx, by.Scope(), ref)
		if err != nil {
			return err
		}
		if err := bindCall(ctx, tx, t, id, LedgerJoined, by, c.now()); err != nil {
			return err
		}
		return saveTicket(ctx, tx, t)
	})
	if err != nil {
		return fmt.Errorf("bind call: %w", err)
	}
	return nil
}

// bindCall gives the call to the ticket, which is saved by the caller.
func bindCall(ctx context.Context, tx Tx, t *Ticket, id CallID, as LedgerState, by Actor, now time.Time) error {
	call, err := tx.Call(ctx, id)
	if err != nil {
		return err
	}
	if call.Ticket == t.ID {
		return nil
	}
	if call.Ticket != 0 {
		if _, err := tx.Callback(ctx, call.Ticket); err != nil { // a missed call may move on to what it was about
			if errors.Is(err, NotFound) {
				return &Error{Kind: Conflict, Field: "call", Key: "call.bound"}
			}
			return err
		}
	}
	call.Ticket, call.Disposition, call.Reason, call.UpdatedAt = t.ID, as, "", now
	if call.Agent == 0 {
		call.Agent = by.Agent
	}
	t.bind(call, by, now)
	tx.Notify(Signal{Type: SignalCall})
	tx.Notify(Signal{Type: SignalRing, Call: call.ID, Agent: call.Agent})
	return tx.SaveCall(ctx, call)
}

// fetchPauses are how long after a failed try a recording is fetched again;
// behind the last one somebody has to ask for it.
var fetchPauses = []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 8 * time.Hour}

// ToFetch gives calls whose recording is to be fetched now.
func (c *Calls) ToFetch(ctx context.Context) ([]Call, error) {
	ids, err := c.Duties.CallsToFetch(ctx, c.now(), upkeepBatch)
	if err != nil {
		return nil, err
	}
	var out []Call
	err = c.Store.InTx(ctx, func(tx Tx) error {
		out = nil
		for _, id := range ids {
			call, err := tx.Call(ctx, id)
			if err != nil {
				return err
			}
			out = append(out, *call)
		}
		return nil
	})
	return out, err
}

// Fetched records that the recording lies in the blob store.
func (c *Calls) Fetched(ctx context.Context, id CallID, file Attachment) error {
	return c.fetch(ctx, id, func(k *Call) {
		k.File, k.FetchAt, k.FetchError = file, time.Time{}, ""
		k.FetchTries++
	})
}

// FetchFailed records why the recording could not be had; it is tried again
// later, some times.
func (c *Calls) FetchFailed(ctx context.Context, id CallID, why string) error {
	return c.fetch(ctx, id, func(k *Call) {
		k.FetchAt, k.FetchError = time.Time{}, cleanLine(why, 200)
		if k.FetchTries < len(fetchPauses) {
			k.FetchAt = c.now().Add(fetchPauses[k.FetchTries])
		}
		k.FetchTries++
	})
}

// Refetch has the recording tried again at once, as somebody asked. Conflict when
// it is here already, or there is none.
func (c *Calls) Refetch(ctx context.Context, by Actor, id CallID) error {
	if err := by.need(RightCalls); err != nil {
		return err
	}
	var refused error
	err := c.fetch(ctx, id, func(k *Call) {
		if k.Recording == "" || k.File.Key != "" {
			refused = &Error{Kind: Conflict, Field: "recording", Key: "call.no_recording"}
			return
		}
		k.FetchAt, k.FetchTries = c.now(), 0
	})
	return errors.Join(err, refused)
}

func (c *Calls) fetch(ctx context.Context, id CallID, change func(*Call)) error {
	return c.Store.InTx(ctx, func(tx Tx) error {
		k, err := tx.Call(ctx, id)
		if err != nil {
			return err
		}
		change(k)
		if k.Ticket != 0 {
			tx.Notify(Signal{Type: "ticket", Ticket: k.Ticket})
		}
		return tx.SaveCall(ctx, k)
	})
}

// Listen records that the actor listens to a call's recording, and gives the
// call. NotFound when there is no recording here, or the call's ticket is not for
// the actor to see.
func (c *Calls) Listen(ctx context.Context, by Actor, id CallID) (*Call, error) {
	if err := by.need(RightRead); err != nil {
		return nil, err
	}
	var out *Call
	err := c.Store.InTx(ctx, func(tx Tx) error {
		call, err := tx.Call(ctx, id)
		if err != nil {
			return err
		}
		unknown := &Error{Kind: NotFound, Key: "call.no_recording"}
		if call.File.Key == "" || (call.Ticket == 0 && !by.May(RightCalls)) {
			return unknown
		}
		e := Event{At: c.now(), Actor: by.ID(), Kind: EventCallHeard, Data: map[string]any{"call": int64(call.ID)}}
		out = call
		if call.Ticket == 0 {
			return tx.AppendEvent(ctx, &e)
		}
		t, err := tx.TicketByID(ctx, call.Ticket)
		if err != nil {
			return err
		}
		if _, err := tx.Ticket(ctx, by.Scope(), t.Ref); err != nil {
			return err
		}
		return tx.AppendTicketEvent(ctx, t.ID, &e)
	})
	if err != nil {
		return nil, fmt.Errorf("listen to call: %w", err)
	}
	return out, nil
}
