package ticketingtest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
)

type ledgerRow struct {
	entry  ticketing.LedgerEntry
	lease  time.Time // claimed until
	marked bool
}

type uidKey struct {
	box ticketing.Mailbox
	uid uint32
}

// A lease is who holds a named job.
type lease struct {
	holder string // "" when given back
	until  time.Time
	epoch  int64
}

// Acquire implements [ticketing.Leases].
func (s *Store) Acquire(ctx context.Context, name, holder string, ttl time.Duration) (f ticketing.Fence, ok bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		now := s.instant()
		l, _ := t.leases.get(t.in, name)
		mine := l.holder == holder && holder != ""
		if l.holder != "" && !mine && now.Before(l.until) {
			return nil
		}
		if !mine {
			l.epoch++
		}
		l.holder, l.until = holder, now.Add(ttl)
		t.leases.put(name, l)
		f, ok = ticketing.Fence{Name: name, Epoch: l.epoch}, true
		return nil
	})
	if err != nil {
		return ticketing.Fence{}, false, err
	}
	return f, ok, nil
}

// Release implements [ticketing.Leases].
func (s *Store) Release(ctx context.Context, f ticketing.Fence, holder string) error {
	return s.write(ctx, func(t *tx) error {
		if l, ok := t.leases.get(t.in, f.Name); ok && l.holder == holder && l.epoch == f.Epoch {
			t.leases.put(f.Name, lease{epoch: l.epoch})
		}
		return nil
	})
}

// Accept implements [ticketing.IntakeLedger].
func (s *Store) Accept(ctx context.Context, f ticketing.Fence, arrivals []ticketing.Arrival) (out []ticketing.Accepted, err error) {
	err = s.write(ctx, func(t *tx) error {
		if l, ok := t.leases.get(t.in, f.Name); !ok || l.epoch != f.Epoch {
			return fail(ticketing.Stale, "lease.lost")
		}
		for _, a := range arrivals {
			out = append(out, t.accept(a))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (t *tx) accept(a ticketing.Arrival) ticketing.Accepted {
	key := uidKey{a.Box, a.UID}
	before, _ := t.byUID.get(t.in, key)
	for _, id := range before {
		if row, _ := t.ledger.get(t.in, id); row.entry.Arrival.RawSHA256 == a.RawSHA256 {
			return ticketing.Accepted{ID: id, State: row.entry.State, Known: true}
		}
	}
	now := t.instant()
	if a.ReceivedAt.IsZero() || a.ReceivedAt.After(now) {
		a.ReceivedAt = now
	}
	e := ticketing.LedgerEntry{
		ID: ticketing.LedgerID(t.next("ledger")), Arrival: a, Incarnation: len(before), State: ticketing.LedgerReceived, StoredAt: now,
	}
	original, twice := t.byContent.get(t.in, a.ContentKey)
	switch {
	case a.Ignore != "":
		e.State, e.Reason, e.SettledAt = ticketing.LedgerIgnored, a.Ignore, now
	case twice && a.ContentKey != "":
		e.State, e.DuplicateOf, e.SettledAt = ticketing.LedgerDuplicate, original, now
	}
	if a.ContentKey != "" && !twice {
		t.byContent.put(a.ContentKey, e.ID)
	}
	t.ledger.put(e.ID, &ledgerRow{entry: copyOf(e)})
	t.byUID.put(key, append(slices.Clip(before), e.ID))
	return ticketing.Accepted{ID: e.ID, State: e.State, Reincarnated: len(before) > 0}
}

// Known implements [ticketing.IntakeLedger].
func (s *Store) Known(ctx context.Context, box ticketing.Mailbox, uids []uint32) (map[uint32]bool, error) {
	known := map[uint32]bool{}
	err := s.read(ctx, func(v view) error {
		for _, uid := range uids {
			if _, ok := v.byUID.get(v.in, uidKey{box, uid}); ok {
				known[uid] = true
			}
		}
		return nil
	})
	return known, err
}

// Unmarked implements [ticketing.IntakeLedger].
func (s *Store) Unmarked(ctx context.Context, box ticketing.Mailbox, n int) (out []uint32, err error) {
	err = s.read(ctx, func(v view) error {
		for _, row := range v.ledgerWhere(func(r *ledgerRow) bool { return !r.marked && r.entry.Arrival.Box == box }) {
			if uid := row.entry.Arrival.UID; !slices.Contains(out, uid) {
				out = append(out, uid)
			}
		}
		out = limit(out, n)
		return nil
	})
	return out, err
}

// Marked implements [ticketing.IntakeLedger].
func (s *Store) Marked(ctx context.Context, box ticketing.Mailbox, uids []uint32) error {
	return s.write(ctx, func(t *tx) error {
		for _, uid := range uids {
			ids, _ := t.byUID.get(t.in, uidKey{box, uid})
			for _, id := range ids {
				row, _ := t.ledger.get(t.in, id)
				t.ledger.put(id, &ledgerRow{entry: row.entry, lease: row.lease, marked: true})
			}
		}
		return nil
	})
}

// ledgerWhere gives the rows that match, oldest first.
func (v view) ledgerWhere(match func(*ledgerRow) bool) []*ledgerRow {
	return v.ledger.list(v.in, match, func(a, b *ledgerRow) int { return cmp.Compare(a.entry.ID, b.entry.ID) })
}

// SaveMailboxHealth implements [ticketing.IntakeLedger].
func (s *Store) SaveMailboxHealth(ctx context.Context, h ticketing.MailboxHealth) error {
	return s.write(ctx, func(t *tx) error {
		t.health.put(h.Account, copyOf(&h))
		return nil
	})
}

// MailboxHealths implements [ticketing.LedgerReads].
func (s *Store) MailboxHealths(ctx context.Context) (out []ticketing.MailboxHealth, err error) {
	err = s.read(ctx, func(v view) error {
		for _, h := range v.health.list(v.in, nil, func(a, b *ticketing.MailboxHealth) int { return strings.Compare(a.Account, b.Account) }) {
			out = append(out, *copyOf(h))
		}
		return nil
	})
	return out, err
}

// MailboxStart implements [ticketing.IntakeLedger].
func (s *Store) MailboxStart(ctx context.Context, account string, first time.Time) (at time.Time, err error) {
	err = s.write(ctx, func(t *tx) error {
		recorded, ok := t.starts.get(t.in, account)
		if !ok {
			recorded = copyOf(first)
			t.starts.put(account, recorded)
		}
		at = recorded
		return nil
	})
	return at, err
}

func (v view) orderOf(account string) ticketing.MailboxOrder {
	if o, ok := v.orders.get(v.in, account); ok {
		return o
	}
	return ticketing.MailboxOrder{Account: account}
}

// MailboxOrder implements [ticketing.IntakeLedger].
func (s *Store) MailboxOrder(ctx context.Context, account string) (o ticketing.MailboxOrder, err error) {
	err = s.read(ctx, func(v view) error {
		o = v.orderOf(account)
		return nil
	})
	return o, err
}

// MailboxOrder implements [ticketing.Tx].
func (t *tx) MailboxOrder(ctx context.Context, account string) (ticketing.MailboxOrder, error) {
	if err := t.use(ctx); err != nil {
		return ticketing.MailboxOrder{}, err
	}
	return t.orderOf(account), nil
}

// SaveMailboxOrder implements [ticketing.Tx].
func (t *tx) SaveMailboxOrder(ctx context.Context, o ticketing.MailboxOrder) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	t.orders.put(o.Account, o)
	return nil
}

// ClaimReceived implements [ticketing.IntakeLedger].
func (s *Store) ClaimReceived(ctx context.Context, n int, lease time.Duration) (out []ticketing.LedgerEntry, err error) {
	err = s.write(ctx, func(t *tx) error {
		now := s.instant()
		due := t.ledgerWhere(func(r *ledgerRow) bool {
			return r.entry.State == ticketing.LedgerReceived && r.entry.Arrival.Channel != ticketing.ChannelPhone && !r.entry.NextAt.After(now) && !r.lease.After(now)
		})
		for _, row := range limit(due, n) {
			e := copyOf(row.entry)
			e.Attempts++
			t.ledger.put(e.ID, &ledgerRow{entry: e, lease: now.Add(lease), marked: row.marked})
			out = append(out, copyOf(e))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Defer implements [ticketing.IntakeLedger].
func (s *Store) Defer(ctx context.Context, id ticketing.LedgerID, at time.Time, why string) error {
	return s.write(ctx, func(t *tx) error {
		row, ok := t.ledger.get(t.in, id)
		switch {
		case !ok:
			return fail(ticketing.NotFound, "ledger.unknown")
		case row.entry.State != ticketing.LedgerReceived:
			return fail(ticketing.Conflict, "ledger.settled")
		}
		e := copyOf(row.entry)
		e.NextAt = at
		if why == "" {
			e.Attempts--
		} else {
			e.LastError = why
		}
		t.ledger.put(id, &ledgerRow{entry: copyOf(e), marked: row.marked})
		return nil
	})
}

// SettleLedger implements [ticketing.Tx].
func (t *tx) SettleLedger(ctx context.Context, e ticketing.LedgerEntry) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	row, ok := t.ledger.get(t.in, e.ID)
	if !ok {
		return fail(ticketing.NotFound, "ledger.unknown")
	}
	if e.State == ticketing.LedgerReceived || e.State == "" {
		return fail(ticketing.Invalid, "ledger.state")
	}
	was := row.entry
	if was.State != ticketing.LedgerReceived {
		return fmt.Errorf("ledger item %d: %w", e.ID, ticketing.Settled)
	}
	now := copyOf(was)
	now.State, now.Reason, now.Ticket, now.Message, now.DuplicateOf = e.State, e.Reason, e.Ticket, e.Message, e.DuplicateOf
	now.SettledAt, now.NextAt = e.SettledAt, time.Time{}
	if now.SettledAt.IsZero() {
		now.SettledAt = t.instant()
	}
	t.ledger.put(e.ID, &ledgerRow{entry: copyOf(now), marked: row.marked})
	return nil
}
