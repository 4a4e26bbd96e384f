package ticketingtest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/sistem48/system48/ticketing"
)

type callKey struct{ source, key string }

// callTables hold calls and what they promise.
type callTables struct {
	calls     *table[ticketing.CallID, *ticketing.Call]
	byKey     *table[callKey, ticketing.CallID]
	callbacks *table[ticketing.TicketID, *ticketing.Callback]
}

func newCallTables(s *Store) callTables {
	return callTables{
		calls: newTable[ticketing.CallID, *ticketing.Call](s), byKey: newTable[callKey, ticketing.CallID](s),
		callbacks: newTable[ticketing.TicketID, *ticketing.Callback](s),
	}
}

// CallsByKey implements [ticketing.Tx].
func (t *tx) CallsByKey(ctx context.Context, source string, keys []string) (map[string]*ticketing.Call, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	out := map[string]*ticketing.Call{}
	for _, k := range keys {
		if id, ok := t.calls.byKey.get(t.in, callKey{source, k}); ok {
			c, _ := t.calls.calls.get(t.in, id)
			out[k] = copyOf(c)
		}
	}
	return out, nil
}

// Call implements [ticketing.Tx].
func (t *tx) Call(ctx context.Context, id ticketing.CallID) (*ticketing.Call, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	c, ok := t.calls.calls.get(t.in, id)
	if !ok {
		return nil, fail(ticketing.NotFound, "call.unknown")
	}
	return copyOf(c), nil
}

func byStart(a, b *ticketing.Call) int {
	return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.ID, b.ID))
}

// CallsSince implements [ticketing.Tx].
func (t *tx) CallsSince(ctx context.Context, party string, since time.Time) ([]*ticketing.Call, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	var out []*ticketing.Call
	for _, c := range limit(t.calls.calls.list(t.in, func(c *ticketing.Call) bool {
		return party != "" && c.Party().E164 == party && !c.Started.Before(since)
	}, byStart), 100) {
		out = append(out, copyOf(c))
	}
	return out, nil
}

// SaveCall implements [ticketing.Tx].
func (t *tx) SaveCall(ctx context.Context, c *ticketing.Call) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	if c.ID == 0 {
		c.ID, c.Ledger, c.Version = ticketing.CallID(t.next("call")), ticketing.LedgerID(t.next("ledger")), 1
		sum := sha256.Sum256([]byte("call\x00" + c.Source + "\x00" + c.Key))
		a := ticketing.Arrival{
			Channel: ticketing.ChannelPhone, Box: ticketing.Mailbox{Account: c.Source, Folder: "calls"}, UID: uint32(c.ID), //nolint:gosec // G115: counted from 1 in a test
			ContentKey: hex.EncodeToString(sum[:]), ReceivedAt: c.Started, From: c.Party().E164, MessageID: c.Key,
		}
		t.byContent.put(a.ContentKey, c.Ledger)
		t.ledger.put(c.Ledger, &ledgerRow{marked: true, entry: ticketing.LedgerEntry{ID: c.Ledger, Arrival: a, StoredAt: t.instant()}})
		t.calls.byKey.put(callKey{c.Source, c.Key}, c.ID)
	} else {
		was, ok := t.calls.calls.get(t.in, c.ID)
		if !ok || was.Version != c.Version {
			return fail(ticketing.Stale, "call.changed")
		}
		c.Version++
	}
	row, _ := t.ledger.get(t.in, c.Ledger)
	e := copyOf(row)
	if e.entry.State != c.Disposition || e.entry.Reason != c.Reason || e.entry.Ticket != c.Ticket || e.entry.Message != c.Message {
		if e.entry.SettledAt = t.instant(); c.Disposition == ticketing.LedgerReceived {
			e.entry.SettledAt = time.Time{}
		}
	}
	e.entry.State, e.entry.Reason, e.entry.Ticket, e.entry.Message = c.Disposition, c.Reason, c.Ticket, c.Message
	t.ledger.put(c.Ledger, e)
	t.calls.calls.put(c.ID, copyOf(c))
	return nil
}

// EnterLedger implements [ticketing.Tx].
func (t *tx) EnterLedger(ctx context.Context, e ticketing.LedgerEntry) (ticketing.LedgerID, error) {
	if err := t.use(ctx); err != nil {
		return 0, err
	}
	if id, ok := t.byContent.get(t.in, e.Arrival.ContentKey); ok {
		return id, nil
	}
	e.ID, e.StoredAt = ticketing.LedgerID(t.next("ledger")), t.instant()
	e.Arrival.UID, e.SettledAt = uint32(e.ID), e.StoredAt //nolint:gosec // G115: counted from 1 in a test
	if e.Arrival.ReceivedAt.IsZero() || e.Arrival.ReceivedAt.After(e.StoredAt) {
		e.Arrival.ReceivedAt = e.StoredAt
	}
	t.byContent.put(e.Arrival.ContentKey, e.ID)
	t.ledger.put(e.ID, &ledgerRow{marked: true, entry: copyOf(e)})
	return e.ID, nil
}

// OpenCallback implements [ticketing.Tx].
func (t *tx) OpenCallback(ctx context.Context, number string) (*ticketing.Callback, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	for _, b := range t.calls.callbacks.each(t.in) {
		if b.Number == number && b.State == ticketing.CallbackOpen {
			return copyOf(b), nil
		}
	}
	return nil, fail(ticketing.NotFound, "callback.unknown")
}

// Callback implements [ticketing.Tx].
func (t *tx) Callback(ctx context.Context, id ticketing.TicketID) (*ticketing.Callback, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	return t.callbackOf(id)
}

func (v view) callbackOf(id ticketing.TicketID) (*ticketing.Callback, error) {
	b, ok := v.calls.callbacks.get(v.in, id)
	if !ok {
		return nil, fail(ticketing.NotFound, "callback.unknown")
	}
	return copyOf(b), nil
}

// SaveCallback implements [ticketing.Tx].
func (t *tx) SaveCallback(ctx context.Context, b *ticketing.Callback) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	was, known := t.calls.callbacks.get(t.in, b.Ticket)
	if known && was.Version != b.Version {
		return fail(ticketing.Stale, "callback.changed")
	}
	if open, err := t.OpenCallback(ctx, b.Number); err == nil && b.State == ticketing.CallbackOpen && open.Ticket != b.Ticket {
		return fail(ticketing.Conflict, "callback.taken")
	}
	b.Version++
	t.calls.callbacks.put(b.Ticket, copyOf(b))
	return nil
}
