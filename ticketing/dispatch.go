package ticketing

import (
	"context"
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
	if now := d.now(); o.At.Before(plausible) || o.At.After(now) {
		o.At = now
	}
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
		before, err := d.reported(ctx, tx, o)
		if err != nil {
			return err
		}
		x.settle(o)
		if t == nil {
			err = d.tellNobody(ctx, tx, x, o)
		} else {
			err = d.tell(ctx, tx, dir, t, x, o)
		}
		if err != nil {
			return err
		}
		return d.heard(ctx, tx, dir, t, x, before)
	})
	if err != nil {
		return fmt.Errorf("settle delivery %d: %w", claim.ID, err)
	}
	return nil
}

// tellNobody settles a delivery that belongs to no ticket.
func (d *Dispatch) tellNobody(ctx context.Context, tx Tx, x *Delivery, o Outcome) error {
	if x.Channel == ChannelSMS && x.State == DeliveryFailed {
		if err := d.flagNumber(ctx, tx, x.To.Address, o.OptedOut, o.Recipient && !o.OptedOut); err != nil {
			return err
		}
	}
	return tx.SaveDelivery(ctx, x)
}

// tell lets the ticket know what became of a delivery of its. A citizen's
// address is flagged when the fault is the recipient's; an answer that failed
// goes another way.
func (d *Dispatch) tell(ctx context.Context, tx Tx, dir *Directory, t *Ticket, x *Delivery, o Outcome) error {
	now := d.now()
	t.Pending.Changed = append(t.Pending.Changed, *x)
	m, err := carried(ctx, tx, x)
	if err != nil {
		return err
	}
	switch x.State {
	case DeliverySent:
		t.Delivered(*x, m, courierActor, dir.Rules, now)
	case DeliveryFailed, DeliveryUnknown:
		var others []Delivery
		if x.Message != 0 {
			var err error
			if others, err = tx.DeliveriesOf(ctx, x.Message); err != nil {
				return err
			}
		}
		t.Undelivered(*x, m, others, courierActor, dir.Rules, now)
		if x.State == DeliveryUnknown {
			break
		}
		if err := d.flag(ctx, tx, x, o); err != nil {
			return err
		}
		if err := d.fallBack(ctx, tx, dir, t, x, m, others, now); err != nil {
			return err
		}
	case DeliveryPending, DeliverySending, DeliveryRetry, DeliveryBounced, DeliveryTakenBack, DeliveryHeld:
	}
	return saveTicket(ctx, tx, t)
}

// carried gives the message of a delivery, nil for a letter of the program.
func carried(ctx context.Context, tx Tx, d *Delivery) (*Message, error) {
	if d.Message == 0 {
		return nil, nil
	}
	return tx.Message(ctx, d.Message)
}

// flag notes at the citizen's address that it cannot be reached, or does not
// want to be.
func (d *Dispatch) flag(ctx context.Context, tx Tx, x *Delivery, o Outcome) error {
	switch {
	case x.ToStaff:
		return nil
	case x.Channel == ChannelSMS:
		return d.flagNumber(ctx, tx, x.To.Address, o.OptedOut, o.Recipient && !o.OptedOut)
	case o.Recipient:
		return d.flagAddress(ctx, tx, x.To.Address)
	}
	return nil
}
