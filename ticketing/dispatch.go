package ticketing

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Dispatch settles what couriers did: delivery, clock and event in one
// transaction.
type Dispatch struct{ *Bureau }

var courierActor = SystemActor("courier")

// Settle records the outcome of an attempt on a claimed delivery. A claim that
// was lost meanwhile is Stale and changes nothing (I8).
func (d *Dispatch) Settle(ctx context.Context, claim Delivery, o Outcome) error {
	dir, err := d.Store.Directory(ctx)
	if err != nil {
		return err
	}
	o.At = o.At.UTC().Truncate(time.Microsecond)
	err = d.Store.InTx(ctx, func(tx Tx) error {
		// The ticket is locked before its deliveries everywhere, so that two
		// transactions never wait for one another.
		var t *Ticket
		if claim.Ticket != 0 {
			if t, err = tx.TicketByID(ctx, claim.Ticket); err != nil {
				return err
			}
		}
		x, err := tx.Delivery(ctx, claim.ID)
		if err != nil {
			return err
		}
		if x.State != DeliverySending || x.Epoch != claim.Epoch {
			return &Error{Kind: Stale, Key: "delivery.claim_lost"}
		}
		x.settle(o)
		if t == nil {
			return tx.SaveDelivery(ctx, x)
		}
		return d.tell(ctx, tx, dir, t, x)
	})
	if err != nil {
		return fmt.Errorf("settle delivery %d: %w", claim.ID, err)
	}
	return nil
}

// tell lets the ticket know what became of a delivery of its.
func (d *Dispatch) tell(ctx context.Context, tx Tx, dir *Directory, t *Ticket, x *Delivery) error {
	now := d.now()
	t.Pending.Changed = append(t.Pending.Changed, *x)
	switch x.State {
	case DeliverySent:
		t.Delivered(*x, courierActor, now)
	case DeliveryFailed, DeliveryUnknown:
		var others []Delivery
		if x.Message != 0 {
			var err error
			if others, err = tx.DeliveriesOf(ctx, x.Message); err != nil {
				return err
			}
		}
		t.Undelivered(*x, others, courierActor, dir.Rules, now)
		if x.State == DeliveryFailed {
			if err := d.flag(ctx, tx, x); err != nil {
				return err
			}
		}
	case DeliveryPending, DeliverySending, DeliveryRetry, DeliveryBounced, DeliveryTakenBack, DeliveryHeld:
	}
	if err := tx.SaveTicket(ctx, t); err != nil {
		return err
	}
	tx.Notify(Signal{Type: "ticket", Ticket: t.ID, Version: t.Version, Department: t.Department, Agent: t.Assignee})
	return nil
}

// flag marks the citizen's address after a permanent refusal.
func (d *Dispatch) flag(ctx context.Context, tx Tx, x *Delivery) error {
	if x.ToStaff {
		return nil
	}
	c, err := tx.CitizenByContact(ctx, ContactEmail, x.To.Address)
	if errors.Is(err, NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if k := c.contact(ContactEmail, x.To.Address); k != nil && !k.Undeliverable {
		k.Undeliverable = true
		return tx.SaveCitizen(ctx, c)
	}
	return nil
}
