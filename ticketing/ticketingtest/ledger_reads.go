package ticketingtest

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// entryOf is a row as pages read it.
func (v view) entryOf(r *ledgerRow) ticketing.LedgerEntry {
	e := copyOf(r.entry)
	if k, ok := v.tickets.get(v.in, e.Ticket); ok {
		e.TicketRef = k.Ref
	}
	return e
}

// Ledger implements [ticketing.LedgerReads].
func (s *Store) Ledger(ctx context.Context, f ticketing.LedgerFilter) (page ticketing.Page[ticketing.LedgerEntry], err error) {
	err = s.read(ctx, func(v view) error {
		before, err := readIDCursor("ledger", f.Cursor)
		if err != nil {
			return err
		}
		rows := v.ledgerWhere(func(r *ledgerRow) bool {
			return (f.Cursor == "" || int64(r.entry.ID) < before) && inLedger(f, &r.entry)
		})
		slices.Reverse(rows)
		size := pageSize(f.Limit)
		for _, r := range limit(rows, size) {
			page.Items = append(page.Items, v.entryOf(r))
		}
		if len(rows) > size {
			page.Next = idCursor("ledger", int64(page.Items[size-1].ID))
		}
		return nil
	})
	return page, err
}

// inLedger reports whether the filter lets the entry through.
func inLedger(f ticketing.LedgerFilter, e *ticketing.LedgerEntry) bool {
	a := &e.Arrival
	return (f.State == "" || f.State == e.State) &&
		(f.Channel == "" || f.Channel == a.Channel) &&
		(f.Account == "" || f.Account == a.Box.Account) &&
		within(e.StoredAt, f.From, f.To) &&
		(strings.TrimSpace(f.Query) == "" || asked(f.Query, a))
}

// asked reports whether the query is the Message-ID, the address or words of
// the subject, or begins them.
func asked(query string, a *ticketing.Arrival) bool {
	q := strings.ToLower(strings.TrimSpace(query))
	if strings.HasPrefix(strings.ToLower(a.MessageID), q) || strings.HasPrefix(strings.ToLower(a.From), q) {
		return true
	}
	words := parseQuery(query).words
	return len(words) > 0 && hasWords(lang.Terms(a.Subject), words)
}

// within reports whether from <= at < to, where zero bounds do not bound.
func within(at, from, to time.Time) bool {
	return (from.IsZero() || !at.Before(from)) && (to.IsZero() || at.Before(to))
}

// LedgerItem implements [ticketing.LedgerReads].
func (s *Store) LedgerItem(ctx context.Context, id ticketing.LedgerID) (e ticketing.LedgerEntry, err error) {
	err = s.read(ctx, func(v view) error {
		row, ok := v.ledger.get(v.in, id)
		if !ok {
			return fail(ticketing.NotFound, "ledger.unknown")
		}
		e = v.entryOf(row)
		return nil
	})
	return e, err
}

// LedgerBalance implements [ticketing.LedgerReads].
func (s *Store) LedgerBalance(ctx context.Context, from, to time.Time) (b ticketing.LedgerBalance, err error) {
	b.ByChannel = map[ticketing.Channel]int{}
	err = s.read(ctx, func(v view) error {
		for _, r := range v.ledger.each(v.in) {
			if !within(r.entry.StoredAt, from, to) {
				continue
			}
			b.Seen++
			b.ByChannel[r.entry.Arrival.Channel]++
			switch r.entry.State {
			case ticketing.LedgerTicketed, ticketing.LedgerJoined, ticketing.LedgerDuplicate:
				b.Stored++
			case ticketing.LedgerReceived:
				b.Waiting++
			case ticketing.LedgerQuarantined:
				b.Quarantined++
			case ticketing.LedgerIgnored:
				b.Ignored++
			}
		}
		return nil
	})
	return b, err
}

// RetryLedger implements [ticketing.LedgerReads].
func (s *Store) RetryLedger(ctx context.Context, id ticketing.LedgerID) error {
	return s.write(ctx, func(t *tx) error {
		row, ok := t.ledger.get(t.in, id)
		if !ok {
			return fail(ticketing.NotFound, "ledger.unknown")
		}
		if row.entry.Arrival.Channel == ticketing.ChannelPhone {
			return fail(ticketing.Conflict, "ledger.settled") // a call's follows from the call
		}
		switch row.entry.State {
		case ticketing.LedgerQuarantined, ticketing.LedgerIgnored, ticketing.LedgerReceived:
		case ticketing.LedgerTicketed, ticketing.LedgerJoined, ticketing.LedgerDuplicate:
			return fail(ticketing.Conflict, "ledger.settled")
		}
		e := copyOf(row.entry)
		e.State, e.Reason, e.LastError, e.Attempts = ticketing.LedgerReceived, "", "", 0
		e.NextAt, e.SettledAt = time.Time{}, time.Time{}
		t.ledger.put(id, &ledgerRow{entry: e, marked: row.marked})
		t.Notify(ticketing.Signal{Type: "ledger"})
		return nil
	})
}
