package ticketing

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Hear takes what the provider tells of a text message, in any order and any
// number of times: only what is further than everything before changes anything.
// A report of a message that is not known yet is kept, until Settle learns its
// name (F32).
func (d *Dispatch) Hear(ctx context.Context, r ProviderReport) error {
	if r.ID == "" || r.State.level() == 0 {
		return invalid("state", "provider.state")
	}
	dir, err := d.Store.Directory(ctx)
	if err != nil {
		return err
	}
	if r.At = r.At.UTC().Truncate(time.Microsecond); r.At.Before(plausible) || r.At.After(d.now()) {
		r.At = d.now()
	}
	err = d.Store.InTx(ctx, func(tx Tx) error {
		id, of, err := tx.DeliveryOfProvider(ctx, r.ID)
		if err != nil && !errors.Is(err, NotFound) {
			return err
		}
		var t *Ticket
		if of != 0 {
			if t, err = tx.TicketByID(ctx, of); err != nil {
				return err
			}
		}
		highest, err := tx.RaiseReport(ctx, r)
		if err != nil {
			return err
		}
		if id == 0 {
			// It may have been settled while we waited for the other's report.
			if id, of, err = tx.DeliveryOfProvider(ctx, r.ID); errors.Is(err, NotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			if of != 0 {
				if t, err = tx.TicketByID(ctx, of); err != nil {
					return err
				}
			}
		}
		x, err := tx.Delivery(ctx, id)
		if err != nil || x.ProviderID != r.ID {
			return err
		}
		return d.heard(ctx, tx, dir, t, x, highest)
	})
	if err != nil {
		return fmt.Errorf("hear of a message: %w", err)
	}
	return nil
}

// reported gives what is known of the message the outcome names, and makes
// reports of it wait until the transaction ends.
func (d *Dispatch) reported(ctx context.Context, tx Tx, o Outcome) (ProviderReport, error) {
	if o.State != DeliverySent || o.ProviderID == "" {
		return ProviderReport{}, nil
	}
	return tx.RaiseReport(ctx, ProviderReport{ID: o.ProviderID, State: ProviderAccepted, At: o.At})
}

// heard lets a sent delivery know the furthest report of it. t is nil when it
// belongs to no ticket.
func (d *Dispatch) heard(ctx context.Context, tx Tx, dir *Directory, t *Ticket, x *Delivery, r ProviderReport) error {
	if x.State != DeliverySent {
		return nil
	}
	switch r.State {
	case ProviderDelivered, ProviderRead:
		if !x.DeliveredAt.IsZero() {
			return nil
		}
		x.DeliveredAt = r.At
		if t == nil {
			return tx.SaveDelivery(ctx, x)
		}
		t.Pending.Changed = append(t.Pending.Changed, *x)
		t.record(courierActor, EventArrived, d.now(), map[string]any{"delivery": int64(x.ID)})
		return saveTicket(ctx, tx, t)
	case ProviderFailed:
		return d.gaveBack(ctx, tx, dir, t, x, r.Fault)
	case ProviderAccepted, ProviderSent:
	}
	return nil
}

// gaveBack works a message that the provider took and could not deliver: it is
// tried again where that is of use, else it goes another way.
func (d *Dispatch) gaveBack(ctx context.Context, tx Tx, dir *Directory, t *Ticket, x *Delivery, f Fault) error {
	now := d.now()
	x.Returns++
	x.bounce(Report{Status: fmt.Sprint(f.Code)}, now)
	again := !f.Final && x.Returns <= f.Tries
	if err := d.flagNumber(ctx, tx, x.To.Address, f.OptedOut, f.Recipient && f.Final && !f.OptedOut); err != nil {
		return err
	}
	if t == nil {
		if again {
			x.tryAgain(now.Add(f.Wait))
		}
		return tx.SaveDelivery(ctx, x)
	}
	m, err := carried(ctx, tx, x)
	if err != nil {
		return err
	}
	others, err := tx.DeliveriesOf(ctx, x.Message)
	if err != nil {
		return err
	}
	t.Undelivered(*x, m, others, courierActor, dir.Rules, now)
	if again {
		x.tryAgain(now.Add(f.Wait))
		t.Retried(*x, m, courierActor, now)
	} else if err := d.fallBack(ctx, tx, dir, t, x, m, others, now); err != nil {
		return err
	}
	t.Pending.Changed = append(t.Pending.Changed, *x)
	return saveTicket(ctx, tx, t)
}

// tryAgain puts a delivery that came back into the queue.
func (d *Delivery) tryAgain(at time.Time) {
	d.State, d.SettledAt, d.SendAfter, d.Doubts, d.ProviderID = DeliveryRetry, time.Time{}, at, 0, ""
	if end := at.Add(GiveUpAfter); d.GiveUpAt.Before(end) {
		d.GiveUpAt = end
	}
}

// flagNumber notes at a number what became of a text to it.
func (b *Bureau) flagNumber(ctx context.Context, tx Tx, number string, optedOut, dead bool) error {
	if !optedOut && !dead {
		return nil
	}
	c, err := tx.CitizenByContact(ctx, ContactPhone, number)
	if errors.Is(err, NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	k := c.contact(ContactPhone, number)
	if k == nil || (!optedOut || !k.OptedOutAt.IsZero()) && (!dead || k.Undeliverable) {
		return nil
	}
	if k.Undeliverable = k.Undeliverable || dead; optedOut && k.OptedOutAt.IsZero() {
		k.OptedOutAt = b.now()
	}
	return tx.SaveCitizen(ctx, c)
}

// Knows reports whether a delivery carries the provider's name.
func (d *Dispatch) Knows(ctx context.Context, providerID string) (known bool, err error) {
	err = d.Store.InTx(ctx, func(tx Tx) error {
		_, _, err := tx.DeliveryOfProvider(ctx, providerID)
		if known = err == nil; errors.Is(err, NotFound) {
			return nil
		}
		return err
	})
	return known, err
}
