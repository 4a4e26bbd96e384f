package ticketingtest

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// ticketIDs gives the first n tickets that match, in the given order.
func (s *Store) ticketIDs(ctx context.Context, n int, match func(*ticketing.Ticket) bool, order func(a, b *ticketing.Ticket) int) (out []ticketing.TicketID, err error) {
	err = s.read(ctx, func(v view) error {
		for _, t := range limit(v.tickets.list(v.in, match, order), n) {
			out = append(out, t.ID)
		}
		return nil
	})
	return out, err
}

// ToCheck implements [ticketing.Duties].
func (s *Store) ToCheck(ctx context.Context, now time.Time, n int) ([]ticketing.TicketID, error) {
	return s.ticketIDs(ctx, n, func(t *ticketing.Ticket) bool { return !t.CheckAt.IsZero() && !t.CheckAt.After(now) },
		func(a, b *ticketing.Ticket) int { return cmp.Or(a.CheckAt.Compare(b.CheckAt), cmp.Compare(a.ID, b.ID)) })
}

// InWork implements [ticketing.Duties].
func (s *Store) InWork(ctx context.Context, after ticketing.TicketID, n int) ([]ticketing.TicketID, error) {
	return s.ticketIDs(ctx, n, func(t *ticketing.Ticket) bool { return t.ID > after && t.State.InWork() },
		func(a, b *ticketing.Ticket) int { return cmp.Compare(a.ID, b.ID) })
}

// ResolvedBefore implements [ticketing.Duties].
func (s *Store) ResolvedBefore(ctx context.Context, at time.Time, n int) ([]ticketing.TicketID, error) {
	return s.ticketIDs(ctx, n, func(t *ticketing.Ticket) bool { return t.State == ticketing.StateResolved && t.ResolvedAt.Before(at) },
		func(a, b *ticketing.Ticket) int {
			return cmp.Or(a.ResolvedAt.Compare(b.ResolvedAt), cmp.Compare(a.ID, b.ID))
		})
}

// OwedReceipts implements [ticketing.Duties].
func (s *Store) OwedReceipts(ctx context.Context, n int) ([]ticketing.TicketID, error) {
	return s.ticketIDs(ctx, n, func(t *ticketing.Ticket) bool { return t.ReceiptOwed },
		func(a, b *ticketing.Ticket) int {
			return cmp.Or(strings.Compare(a.ReplyTo.Address, b.ReplyTo.Address), cmp.Compare(a.ID, b.ID))
		})
}

// LastSeal implements [ticketing.Duties].
func (s *Store) LastSeal(ctx context.Context) (last ticketing.Seal, err error) {
	err = s.read(ctx, func(v view) error {
		for _, x := range v.seals.each(v.in) {
			if x.Seq > last.Seq {
				last = *x
			}
		}
		return nil
	})
	return last, err
}

// EventHashes implements [ticketing.Duties].
func (s *Store) EventHashes(ctx context.Context, from, to time.Time) (out []string, err error) {
	err = s.read(ctx, func(v view) error {
		for _, e := range v.allEvents(func(e *ticketing.Event) bool { return within(e.At, from, to) }) {
			out = append(out, e.Hash)
		}
		return nil
	})
	return out, err
}

// FirstEventAt implements [ticketing.Duties].
func (s *Store) FirstEventAt(ctx context.Context) (at time.Time, err error) {
	err = s.read(ctx, func(v view) error {
		if all := v.allEvents(func(*ticketing.Event) bool { return true }); len(all) > 0 {
			at = all[0].At
		}
		return nil
	})
	return at, err
}

// AddSeal implements [ticketing.Duties].
func (s *Store) AddSeal(ctx context.Context, x ticketing.Seal) error {
	return s.write(ctx, func(t *tx) error {
		if _, taken := t.seals.get(t.in, x.Seq); taken {
			return fail(ticketing.Conflict, "seal.taken")
		}
		t.seals.put(x.Seq, copyOf(&x))
		return nil
	})
}

// How long things are kept that Sweep forgets without being told when.
const (
	keepOnce   = 7 * 24 * time.Hour
	keepUpload = 7 * 24 * time.Hour
	keepChoice = 24 * time.Hour // longer than a held text may wait
)

// Sweep implements [ticketing.Duties].
func (s *Store) Sweep(ctx context.Context, now, outboxBefore time.Time) (n int, err error) {
	err = s.write(ctx, func(t *tx) error {
		n = sweep(t, t.passes, func(p *ticketing.Pass) bool { return !p.UsedAt.IsZero() || !p.ExpiresAt.After(now) })
		n += sweep(t, t.once, func(o onceRow) bool { return now.Sub(o.at) > keepOnce })
		n += sweep(t, t.uploads, func(u *ticketing.Upload) bool { return now.Sub(u.At) > keepUpload })
		n += sweep(t, t.sessions, func(x *ticketing.Session) bool { return !x.ExpiresAt.After(now) })
		n += sweep(t, t.choices, func(c *ticketing.Choice) bool { return now.Sub(c.Until) >= keepChoice })
		n += sweep(t, t.reports, func(r ticketing.ProviderReport) bool { return r.At.Before(outboxBefore) })
		n += sweep(t, t.gates, func(g gate) bool { return !g.until.After(now) })
		settled := func(d *ticketing.Delivery) bool {
			return !d.SettledAt.IsZero() && d.SettledAt.Before(outboxBefore) && (d.Text != "" || d.RawKey != "")
		}
		for _, d := range t.deliveriesWhere(settled) {
			d.Text, d.RawKey = "", ""
			t.deliveries.put(d.ID, copyOf(&d))
			n++
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// sweep drops the rows that are past their time.
func sweep[K comparable, V any](t *tx, rows *table[K, V], past func(V) bool) (n int) {
	for k, v := range rows.each(t.in) {
		if past(v) {
			rows.drop(k)
			n++
		}
	}
	return n
}
