package ticketingtest

import (
	"cmp"
	"context"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// Delivery implements [ticketing.Tx].
func (t *tx) Delivery(ctx context.Context, id ticketing.DeliveryID) (*ticketing.Delivery, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	d, ok := t.deliveries.get(t.in, id)
	if !ok {
		return nil, fail(ticketing.NotFound, "delivery.unknown")
	}
	return copyOf(d), nil
}

// DeliveriesOf implements [ticketing.Tx].
func (t *tx) DeliveriesOf(ctx context.Context, m ticketing.MessageID) ([]ticketing.Delivery, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	if m == 0 {
		return nil, nil
	}
	return t.deliveriesWhere(func(d *ticketing.Delivery) bool { return d.Message == m }), nil
}

// PendingDigest implements [ticketing.Tx].
func (t *tx) PendingDigest(ctx context.Context, address string) (*ticketing.Delivery, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	list := t.deliveriesWhere(func(d *ticketing.Delivery) bool {
		return d.Purpose == ticketing.PurposeDigest && d.State == ticketing.DeliveryPending && d.To.Address == address
	})
	if len(list) == 0 {
		return nil, fail(ticketing.NotFound, "delivery.unknown")
	}
	return &list[0], nil
}

// SaveDelivery implements [ticketing.Tx].
func (t *tx) SaveDelivery(ctx context.Context, d *ticketing.Delivery) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	if _, exists := t.deliveries.get(t.in, d.ID); exists && d.ID != 0 {
		return t.changeDelivery(d)
	}
	return t.addDelivery(d)
}

func (t *tx) addDelivery(d *ticketing.Delivery) error {
	if d.ID == 0 {
		d.ID = ticketing.DeliveryID(t.next(string(ticketing.IDDelivery)))
	}
	if _, exists := t.deliveries.get(t.in, d.ID); exists {
		return fail(ticketing.Conflict, "delivery.exists")
	}
	t.deliveries.put(d.ID, copyOf(d))
	return nil
}

// changeDelivery refuses what a lost claim would write.
func (t *tx) changeDelivery(d *ticketing.Delivery) error {
	row, ok := t.deliveries.get(t.in, d.ID)
	if !ok {
		return fail(ticketing.NotFound, "delivery.unknown")
	}
	if d.Epoch < row.Epoch {
		return fail(ticketing.Stale, "delivery.lost")
	}
	t.deliveries.put(d.ID, copyOf(d))
	return nil
}

// deliveriesWhere gives copies of those that match, in order of ID.
func (v view) deliveriesWhere(match func(*ticketing.Delivery) bool) []ticketing.Delivery {
	rows := v.deliveries.list(v.in, match, func(a, b *ticketing.Delivery) int { return cmp.Compare(a.ID, b.ID) })
	out := make([]ticketing.Delivery, 0, len(rows))
	for _, d := range rows {
		out = append(out, copyOf(*d))
	}
	return out
}

// ClaimDeliveries implements [ticketing.Outbox].
func (s *Store) ClaimDeliveries(ctx context.Context, c ticketing.Channel, n int, lease time.Duration, autoLeft int) ([]ticketing.Delivery, error) {
	var out []ticketing.Delivery
	err := s.write(ctx, func(t *tx) error {
		now := s.instant()
		lost := func(d *ticketing.Delivery) bool {
			return d.State == ticketing.DeliverySending && !d.LeaseUntil.After(now)
		}
		due := t.deliveries.list(t.in, func(d *ticketing.Delivery) bool {
			return d.Channel == c && (lost(d) || d.Waiting() && d.State != ticketing.DeliverySending && !d.SendAfter.After(now))
		}, func(a, b *ticketing.Delivery) int {
			if lost(a) != lost(b) {
				if lost(a) {
					return -1
				}
				return 1
			}
			return cmp.Or(a.SendAfter.Compare(b.SendAfter), cmp.Compare(a.ID, b.ID))
		})
		for _, row := range due {
			if len(out) == n {
				break
			}
			if row.Purpose.Automatic() {
				if autoLeft <= 0 {
					continue
				}
				autoLeft--
			}
			d := copyOf(row)
			before, triedAt := d.State, d.TriedAt
			if before == ticketing.DeliverySending {
				before = ticketing.DeliveryUnknown
				d.Doubts++
			}
			d.State, d.LeaseUntil, d.TriedAt = ticketing.DeliverySending, now.Add(lease), now
			d.Epoch++
			d.Attempts++
			t.deliveries.put(d.ID, copyOf(d))
			d.State, d.TriedAt = before, triedAt
			out = append(out, *d)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// SetRaw implements [ticketing.Outbox].
func (s *Store) SetRaw(ctx context.Context, d ticketing.Delivery, rawKey string) error {
	return s.write(ctx, func(t *tx) error {
		row, ok := t.deliveries.get(t.in, d.ID)
		switch {
		case !ok:
			return fail(ticketing.NotFound, "delivery.unknown")
		case row.Epoch != d.Epoch || row.State != ticketing.DeliverySending:
			return fail(ticketing.Stale, "delivery.lost")
		}
		same := func(o *ticketing.Delivery) bool {
			return o.ID == d.ID || row.Message != 0 && o.Message == row.Message && o.Channel == row.Channel
		}
		for _, o := range t.deliveriesWhere(same) {
			o.RawKey = rawKey
			t.deliveries.put(o.ID, copyOf(&o))
		}
		return nil
	})
}

// AutomaticSince implements [ticketing.Outbox].
func (s *Store) AutomaticSince(ctx context.Context, since time.Time) (n int, err error) {
	err = s.read(ctx, func(v view) error {
		for _, d := range v.deliveries.each(v.in) {
			if d.Purpose.Automatic() && !d.AcceptedAt.IsZero() && !d.AcceptedAt.Before(since) {
				n++
			}
		}
		return nil
	})
	return n, err
}

// NextDeliveryAt implements [ticketing.Outbox].
func (s *Store) NextDeliveryAt(ctx context.Context) (at time.Time, err error) {
	err = s.read(ctx, func(v view) error {
		for _, d := range v.deliveries.each(v.in) {
			next := d.SendAfter
			if d.State == ticketing.DeliverySending {
				next = d.LeaseUntil
			}
			if d.Waiting() && (at.IsZero() || next.Before(at)) {
				at = next
			}
		}
		return nil
	})
	return at, err
}

// DeliveriesIn implements [ticketing.OutgoingReads].
func (s *Store) DeliveriesIn(ctx context.Context, state ticketing.DeliveryState, n int) (out []ticketing.Delivery, err error) {
	err = s.read(ctx, func(v view) error {
		rows := v.deliveries.list(v.in, func(d *ticketing.Delivery) bool { return d.State == state },
			func(a, b *ticketing.Delivery) int { return cmp.Compare(b.ID, a.ID) })
		for _, d := range limit(rows, n) {
			row := copyOf(*d)
			row.Text = ""
			out = append(out, row)
		}
		return nil
	})
	return out, err
}

// DeliveryCounts implements [ticketing.OutgoingReads].
func (s *Store) DeliveryCounts(ctx context.Context) (counts map[ticketing.DeliveryState]int, oldest time.Time, err error) {
	counts = map[ticketing.DeliveryState]int{}
	err = s.read(ctx, func(v view) error {
		for _, d := range v.deliveries.each(v.in) {
			counts[d.State]++
			if d.Waiting() && (oldest.IsZero() || d.CreatedAt.Before(oldest)) {
				oldest = d.CreatedAt
			}
		}
		return nil
	})
	return counts, oldest, err
}

// ReleaseHeld implements [ticketing.OutgoingReads].
func (s *Store) ReleaseHeld(ctx context.Context, ids []ticketing.DeliveryID, send bool) (n int, err error) {
	err = s.write(ctx, func(t *tx) error {
		for _, id := range ids {
			row, ok := t.deliveries.get(t.in, id)
			if !ok || row.State != ticketing.DeliveryHeld {
				continue
			}
			d := copyOf(row)
			if send {
				d.State, d.SendAfter = ticketing.DeliveryPending, s.instant()
			} else {
				d.State, d.SettledAt = ticketing.DeliveryTakenBack, s.instant()
			}
			t.deliveries.put(id, d)
			n++
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}
