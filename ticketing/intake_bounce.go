package ticketing

import (
	"context"
	"errors"
)

// bounce matches a delivery status notification with what we sent: every
// delivery it tells of is marked, their tickets told, the addresses flagged. It
// never opens a ticket and is never answered.
func (a *arrival) bounce(ctx context.Context) error {
	var of TicketID
	matched := false
	for _, r := range a.in.Reports {
		d, err := a.reported(ctx, r)
		if err != nil {
			return err
		}
		if d == nil {
			continue
		}
		if err := a.bounced(ctx, d, r); err != nil {
			return err
		}
		if matched = true; of == 0 {
			of = d.Ticket
		}
	}
	if !matched {
		t, signed, err := a.thread(ctx)
		if err != nil {
			return err
		}
		if signed {
			of = t.ID
		}
	}
	if of == 0 {
		return a.ignore(ReasonBounce)
	}
	t, err := a.tx.TicketByID(ctx, of)
	if err != nil {
		return err
	}
	a.entry.Reason = ReasonBounce
	return a.hold(ctx, t, MarkMachine)
}

// reported finds the delivery a report is about.
func (a *arrival) reported(ctx context.Context, r Report) (*Delivery, error) {
	for _, mark := range []string{r.EnvelopeID, r.MessageID} {
		id, ok := a.Keys.VerifyMessageID(mark)
		if !ok {
			continue
		}
		d, err := a.tx.Delivery(ctx, id)
		if errors.Is(err, NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if r.Recipient == "" || NormalEmail(r.Recipient) == d.To.Address || d.Message == 0 {
			return d, nil
		}
		all, err := a.tx.DeliveriesOf(ctx, d.Message)
		if err != nil {
			return nil, err
		}
		for i := range all {
			if all[i].To.Address == NormalEmail(r.Recipient) {
				return &all[i], nil
			}
		}
		return d, nil
	}
	return nil, nil
}

// bounced marks a delivery as come back, once.
func (a *arrival) bounced(ctx context.Context, d *Delivery, r Report) error {
	if !r.Failed || d.State == DeliveryBounced || d.State == DeliveryTakenBack {
		return nil
	}
	if d.Ticket == 0 {
		d.bounce(r, a.now)
		return a.tx.SaveDelivery(ctx, d)
	}
	t, err := a.tx.TicketByID(ctx, d.Ticket)
	if err != nil {
		return err
	}
	d.bounce(r, a.now)
	m, err := carried(ctx, a.tx, d)
	if err != nil {
		return err
	}
	var others []Delivery
	if d.Message != 0 {
		if others, err = a.tx.DeliveriesOf(ctx, d.Message); err != nil {
			return err
		}
	}
	t.Undelivered(*d, m, others, intakeActor, a.dir.Rules, a.now)
	t.Pending.Changed = append(t.Pending.Changed, *d)
	if !d.ToStaff {
		if err := a.flagAddress(ctx, a.tx, d.To.Address); err != nil {
			return err
		}
	}
	if err := a.fallBack(ctx, a.tx, a.dir, t, d, m, others, a.now); err != nil {
		return err
	}
	return a.save(ctx, t)
}

// flagAddress marks an address to which mail does not arrive.
func (b *Bureau) flagAddress(ctx context.Context, tx Tx, address string) error {
	c, err := tx.CitizenByContact(ctx, ContactEmail, address)
	if errors.Is(err, NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	k := c.contact(ContactEmail, address)
	if k == nil || k.Undeliverable {
		return nil
	}
	k.Undeliverable = true
	return tx.SaveCitizen(ctx, c)
}
