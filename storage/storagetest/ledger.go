package storagetest

import (
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// claim leases received items for a minute.
func (r *room) claim(t *testing.T, n int) []ticketing.LedgerEntry {
	t.Helper()
	list, err := r.ClaimReceived(ctx(), n, time.Minute)
	must(t, err)
	return list
}

func ledgerIDs(list []ticketing.LedgerEntry) []ticketing.LedgerID {
	var out []ticketing.LedgerID
	for _, e := range list {
		out = append(out, e.ID)
	}
	return out
}

func testLedgerWork(t *testing.T, r *room) {
	t.Run("claimed oldest first, once, until the lease ends", func(t *testing.T) { testClaimReceived(t, r) })
	t.Run("Defer", func(t *testing.T) { testDefer(t, r) })
	t.Run("SettleLedger writes the disposition", func(t *testing.T) { testSettle(t, r) })
	t.Run("an item has one disposition (I2)", func(t *testing.T) { testOneDisposition(t, r) })
	t.Run("a refused settlement takes its ticket with it", func(t *testing.T) {
		e := r.arrive(t, nil)
		r.settle(t, e.ID)
		var ref ticketing.Reference
		r.refused(t, ticketing.Conflict, func(tx ticketing.Tx) error {
			k, err := r.newTicket(tx, nil)
			if err != nil {
				return err
			}
			ref = k.Ref
			if err := tx.SaveTicket(ctx(), k); err != nil {
				return err
			}
			return tx.SettleLedger(ctx(), ticketing.LedgerEntry{ID: e.ID, State: ticketing.LedgerTicketed, Ticket: k.ID, SettledAt: r.now()})
		})
		_, err := r.TicketView(ctx(), everything, ref)
		wantKind(t, err, ticketing.NotFound)
	})
	t.Run("RetryLedger", func(t *testing.T) { testRetry(t, r) })
	t.Run("MailboxStart is recorded once", func(t *testing.T) {
		first := r.now()
		for _, offered := range []time.Time{first, first.Add(time.Hour), first.Add(-time.Hour)} {
			got, err := r.MailboxStart(ctx(), "main", offered)
			if err != nil || !got.Equal(first) {
				t.Errorf("MailboxStart(%v) = %v, %v, want %v", offered, got, err, first)
			}
		}
		other, err := r.MailboxStart(ctx(), "other", first.Add(time.Hour))
		if err != nil || !other.Equal(first.Add(time.Hour)) {
			t.Errorf("MailboxStart() of another account = %v, %v", other, err)
		}
	})
	t.Run("MailboxHealths", func(t *testing.T) { testHealths(t, r) })
	t.Run("MailboxOrder", func(t *testing.T) { testOrders(t, r) })
}

func testHealths(t *testing.T, r *room) {
	want := ticketing.MailboxHealth{
		Account: "main", State: "auth_failed", Since: r.now(), Detail: "535 5.7.8", LastSuccess: r.now().Add(-time.Hour), Waiting: 12, Idle: true, UpdatedAt: r.now(),
	}
	must(t, r.SaveMailboxHealth(ctx(), ticketing.MailboxHealth{Account: "z", State: "connecting", Since: r.now(), UpdatedAt: r.now()}))
	must(t, r.SaveMailboxHealth(ctx(), ticketing.MailboxHealth{Account: "main", State: "ok", Waiting: 3, Since: r.now(), UpdatedAt: r.now()}))
	must(t, r.SaveMailboxHealth(ctx(), want))
	got, err := r.MailboxHealths(ctx())
	must(t, err)
	if len(got) != 2 {
		t.Fatalf("%d accounts, want 2", len(got))
	}
	same(t, "health", got[0], want)
	if got[1].Account != "z" || !got[1].LastSuccess.IsZero() || got[1].Idle {
		t.Errorf("second account = %+v", got[1])
	}
}

func testOrders(t *testing.T, r *room) {
	none, err := r.MailboxOrder(ctx(), "main")
	must(t, err)
	same(t, "order nobody gave", none, ticketing.MailboxOrder{Account: "main"})
	first := ticketing.MailboxOrder{Account: "main", Paused: true, By: r.Ana.ID, At: r.now()}
	second := ticketing.MailboxOrder{Account: "main", By: r.Boris.ID, At: r.now().Add(time.Minute), TryAt: r.now().Add(time.Second)}
	for _, want := range []ticketing.MailboxOrder{first, second} {
		r.in(t, func(tx ticketing.Tx) error { return tx.SaveMailboxOrder(ctx(), want) })
		got, err := r.MailboxOrder(ctx(), "main")
		must(t, err)
		same(t, "order", got, want)
		r.in(t, func(tx ticketing.Tx) error {
			got, err = tx.MailboxOrder(ctx(), "main")
			return err
		})
		same(t, "order in a transaction", got, want)
	}
	other, err := r.MailboxOrder(ctx(), "z")
	must(t, err)
	same(t, "order of another account", other, ticketing.MailboxOrder{Account: "z"})
}

func testOneDisposition(t *testing.T, r *room) {
	e := r.arrive(t, nil)
	r.settle(t, e.ID)
	k := r.ticket(t, nil)
	r.refused(t, ticketing.Conflict, func(tx ticketing.Tx) error {
		return tx.SettleLedger(ctx(), ticketing.LedgerEntry{ID: e.ID, State: ticketing.LedgerTicketed, Ticket: k.ID, SettledAt: r.now()})
	})
	duplicate := r.arrive(t, func(a *ticketing.Arrival) { a.ContentKey = e.Arrival.ContentKey })
	r.refused(t, ticketing.Conflict, func(tx ticketing.Tx) error {
		return tx.SettleLedger(ctx(), ticketing.LedgerEntry{ID: duplicate.ID, State: ticketing.LedgerTicketed, Ticket: k.ID, SettledAt: r.now()})
	})
	r.refused(t, ticketing.NotFound, func(tx ticketing.Tx) error {
		return tx.SettleLedger(ctx(), ticketing.LedgerEntry{ID: 1 << 40, State: ticketing.LedgerTicketed, SettledAt: r.now()})
	})
	if got := r.item(t, e.ID); got.State != ticketing.LedgerIgnored || got.Ticket != 0 {
		t.Errorf("item after refusals = %v of ticket %d", got.State, got.Ticket)
	}
}

func testDefer(t *testing.T, r *room) {
	e := r.arrive(t, nil)
	r.claim(t, 1)
	must(t, r.Defer(ctx(), e.ID, r.now().Add(10*time.Minute), "blob store away"))
	got := r.item(t, e.ID)
	if got.LastError != "blob store away" || !got.NextAt.Equal(r.now().Add(10*time.Minute)) || got.State != ticketing.LedgerReceived {
		t.Errorf("deferred item = %+v", got)
	}
	r.Clock.Advance(2 * time.Minute)
	same(t, "before its time", ledgerIDs(r.claim(t, 10)), []ticketing.LedgerID(nil))
	r.Clock.Advance(8 * time.Minute)
	same(t, "at its time", ledgerIDs(r.claim(t, 10)), []ticketing.LedgerID{e.ID})
	must(t, r.Defer(ctx(), e.ID, r.now(), "again"))
	same(t, "given back for now, within the lease", ledgerIDs(r.claim(t, 10)), []ticketing.LedgerID{e.ID})
	must(t, r.Defer(ctx(), e.ID, r.now(), ""))
	if got := r.item(t, e.ID); got.Attempts != 2 || got.LastError != "again" {
		t.Errorf("given back without having failed: %d attempts, %q; want 2, again", got.Attempts, got.LastError)
	}
	same(t, "and claimed anew", ledgerIDs(r.claim(t, 10)), []ticketing.LedgerID{e.ID})
	r.settle(t, e.ID)
}

func testClaimReceived(t *testing.T, r *room) {
	a, b, c := r.arrive(t, nil), r.arrive(t, nil), r.arrive(t, nil)
	r.arrive(t, func(x *ticketing.Arrival) { x.Ignore = ticketing.ReasonBeforeStart })
	first := r.claim(t, 2)
	same(t, "first claim", ledgerIDs(first), []ticketing.LedgerID{a.ID, b.ID})
	same(t, "second claim", ledgerIDs(r.claim(t, 10)), []ticketing.LedgerID{c.ID})
	same(t, "nothing is left", ledgerIDs(r.claim(t, 10)), []ticketing.LedgerID(nil))
	if first[0].Attempts != 1 || first[0].Arrival.UID != a.Arrival.UID || first[0].State != ticketing.LedgerReceived {
		t.Errorf("claimed item = %+v", first[0])
	}
	r.Clock.Advance(time.Minute)
	again := r.claim(t, 10)
	same(t, "claim after the lease", ledgerIDs(again), []ticketing.LedgerID{a.ID, b.ID, c.ID})
	if again[0].Attempts != 2 {
		t.Errorf("Attempts = %d, want 2", again[0].Attempts)
	}
	r.settle(t, a.ID, b.ID, c.ID)
	r.Clock.Advance(time.Minute)
	same(t, "settled items", ledgerIDs(r.claim(t, 10)), []ticketing.LedgerID(nil))
}

// settle ignores items.
func (r *room) settle(t *testing.T, ids ...ticketing.LedgerID) {
	t.Helper()
	r.in(t, func(tx ticketing.Tx) error {
		for _, id := range ids {
			if err := tx.SettleLedger(ctx(), ticketing.LedgerEntry{ID: id, State: ticketing.LedgerIgnored, Reason: ticketing.ReasonLoop, SettledAt: r.now()}); err != nil {
				return err
			}
		}
		return nil
	})
}

func testSettle(t *testing.T, r *room) {
	e := r.arrive(t, nil)
	r.claim(t, 1)
	k := r.ticket(t, nil)
	m := r.write(t, k.ID, ticketing.In, nil)
	r.in(t, func(tx ticketing.Tx) error {
		return tx.SettleLedger(ctx(), ticketing.LedgerEntry{
			ID: e.ID, State: ticketing.LedgerJoined, Reason: ticketing.ReasonOversize, Ticket: k.ID, Message: m.ID, SettledAt: r.now(),
		})
	})
	got := r.item(t, e.ID)
	want := e
	want.State, want.Reason, want.Ticket, want.TicketRef, want.Message = ticketing.LedgerJoined, ticketing.ReasonOversize, k.ID, k.Ref, m.ID
	want.SettledAt, want.Attempts = r.now(), 1
	got.NextAt = time.Time{} // nobody asks for it any more
	same(t, "settled item", got, want)
	if again := r.accept(t, e.Arrival)[0]; !again.Known || again.State != ticketing.LedgerJoined {
		t.Errorf("Accept() of a settled mail = %+v, want known and joined", again)
	}
}

func testRetry(t *testing.T, r *room) {
	k := r.ticket(t, nil)
	settle := func(s ticketing.LedgerState, ticket ticketing.TicketID) ticketing.LedgerID {
		e := r.arrive(t, nil)
		r.in(t, func(tx ticketing.Tx) error {
			return tx.SettleLedger(ctx(), ticketing.LedgerEntry{ID: e.ID, State: s, Reason: ticketing.ReasonPoison, Ticket: ticket, SettledAt: r.now()})
		})
		return e.ID
	}
	for name, id := range map[string]ticketing.LedgerID{
		"quarantined": settle(ticketing.LedgerQuarantined, 0), "ignored": settle(ticketing.LedgerIgnored, 0),
	} {
		must(t, r.RetryLedger(ctx(), id))
		if got := r.item(t, id); got.State != ticketing.LedgerReceived || !got.SettledAt.IsZero() {
			t.Errorf("%s item after retry = %v, settled %v", name, got.State, got.SettledAt)
		}
		same(t, name+" item is claimed at once", ledgerIDs(r.claim(t, 10)), []ticketing.LedgerID{id})
		r.settle(t, id)
	}
	waiting := r.arrive(t, nil)
	r.claim(t, 1)
	must(t, r.Defer(ctx(), waiting.ID, r.now().Add(time.Hour), "later"))
	must(t, r.RetryLedger(ctx(), waiting.ID))
	same(t, "a deferred item is claimed at once", ledgerIDs(r.claim(t, 10)), []ticketing.LedgerID{waiting.ID})
	r.settle(t, waiting.ID)
	for _, s := range []ticketing.LedgerState{ticketing.LedgerTicketed, ticketing.LedgerJoined} {
		id := settle(s, k.ID)
		wantKind(t, r.RetryLedger(ctx(), id), ticketing.Conflict)
		if got := r.item(t, id); got.State != s {
			t.Errorf("item after a refused retry = %v, want %v", got.State, s)
		}
	}
	wantKind(t, r.RetryLedger(ctx(), 1<<40), ticketing.NotFound)
}
