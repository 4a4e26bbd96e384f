package ticketing

import (
	"context"

	"github.com/sistem48/system48/ticketing/lang"
)

// mail composes a letter about the ticket, which leaves once the change is
// written. What it gives may still be altered, until the next letter.
func (c *change) mail(ctx context.Context, p Purpose, to Party, tag lang.Tag, data LetterData) (*Delivery, error) {
	l, err := c.letterFor(p, to.Address, tag, data)
	if err != nil {
		return nil, err
	}
	id, err := c.tx.NextID(ctx, IDDelivery)
	if err != nil {
		return nil, err
	}
	c.t.Pending.Deliveries = append(c.t.Pending.Deliveries, c.newDelivery(DeliveryID(id), c.t, p, to, l, tag, c.now))
	c.outbox = true
	return &c.t.Pending.Deliveries[len(c.t.Pending.Deliveries)-1], nil
}

// mailStaff is mail to the city's own people, who answer on the ticket's page.
func (c *change) mailStaff(ctx context.Context, p Purpose, to string, tag lang.Tag, data LetterData) error {
	d, err := c.mail(ctx, p, Party{Address: to}, tag, data)
	if err == nil {
		d.ToStaff, d.ReplyTo = true, ""
	}
	return err
}
