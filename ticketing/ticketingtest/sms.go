package ticketingtest

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// RaiseReport implements [ticketing.Tx].
func (t *tx) RaiseReport(ctx context.Context, r ticketing.ProviderReport) (ticketing.ProviderReport, error) {
	if err := t.use(ctx); err != nil {
		return ticketing.ProviderReport{}, err
	}
	known, ok := t.reports.get(t.in, r.ID)
	level, _ := r.Level()
	if _, ceiling := known.Level(); ok && ceiling >= level {
		return known, nil
	}
	t.reports.put(r.ID, r)
	return r, nil
}

// DeliveryOfProvider implements [ticketing.Tx].
func (t *tx) DeliveryOfProvider(ctx context.Context, providerID string) (ticketing.DeliveryID, ticketing.TicketID, error) {
	if err := t.use(ctx); err != nil {
		return 0, 0, err
	}
	for id, d := range t.deliveries.each(t.in) {
		if d.ProviderID == providerID && providerID != "" {
			return id, d.Ticket, nil
		}
	}
	return 0, 0, fail(ticketing.NotFound, "delivery.unknown")
}

// AutomaticTexts implements [ticketing.Tx].
func (t *tx) AutomaticTexts(ctx context.Context, number string, of ticketing.TicketID, since time.Time) (int, error) {
	if err := t.use(ctx); err != nil {
		return 0, err
	}
	return len(t.deliveriesWhere(func(d *ticketing.Delivery) bool {
		return d.Channel == ticketing.ChannelSMS && d.Purpose.Automatic() && d.To.Address == number && !d.CreatedAt.Before(since) &&
			(of == 0 || d.Ticket == of)
	})), nil
}

// Choice implements [ticketing.Tx].
func (t *tx) Choice(ctx context.Context, number string) (*ticketing.Choice, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	c, ok := t.choices.get(t.in, number)
	if !ok {
		return nil, fail(ticketing.NotFound, "choice.unknown")
	}
	return copyOf(c), nil
}

// SaveChoice implements [ticketing.Tx].
func (t *tx) SaveChoice(ctx context.Context, c *ticketing.Choice) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	t.choices.put(c.Number, copyOf(c))
	return nil
}

// RecentTickets implements [ticketing.Tx].
func (t *tx) RecentTickets(ctx context.Context, c ticketing.CitizenID, n int) ([]ticketing.TicketID, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	family := t.family(t.stayer(c))
	list := t.tickets.list(t.in, func(x *ticketing.Ticket) bool {
		return slices.Contains(family, x.Citizen) && x.Code != ticketing.CodeSpam
	}, func(a, b *ticketing.Ticket) int { return cmp.Compare(b.ID, a.ID) })
	var out []ticketing.TicketID
	for _, x := range limit(list, n) {
		out = append(out, x.ID)
	}
	return out, nil
}

// Postpone implements [ticketing.Tx].
func (t *tx) Postpone(ctx context.Context, id ticketing.LedgerID, until time.Time) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	row, ok := t.ledger.get(t.in, id)
	if !ok || row.entry.State != ticketing.LedgerReceived {
		return nil
	}
	e := copyOf(row.entry)
	e.NextAt = until
	if !row.lease.IsZero() {
		e.Attempts--
	}
	t.ledger.put(id, &ledgerRow{entry: e, marked: row.marked})
	return nil
}
