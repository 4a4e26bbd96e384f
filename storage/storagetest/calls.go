package storagetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// call saves a call and gives it as saved.
func (r *room) call(t *testing.T, set func(*ticketing.Call)) *ticketing.Call {
	t.Helper()
	at := r.now()
	n := r.unique()
	c := &ticketing.Call{
		Source: "pbx", Key: fmt.Sprintf("call-%d", n), Direction: ticketing.CallIn, From: ticketing.CallNumber{Raw: "067 123 456", E164: "+38267123456"},
		To: ticketing.CallNumber{Raw: "19801"}, DID: "19801", Queue: "city", Rings: []string{"101", "102"}, Started: at, Disposition: ticketing.LedgerReceived,
		Legs: []ticketing.CallLeg{{From: "067 123 456", To: "19801", Rings: []string{"101", "102"}, Started: at}}, CreatedAt: at, UpdatedAt: at,
	}
	if set != nil {
		set(c)
	}
	r.in(t, func(tx ticketing.Tx) error { return tx.SaveCall(ctx(), c) })
	return c
}

// changeCall loads the call, lets f change it, and saves it.
func (r *room) changeCall(t *testing.T, id ticketing.CallID, f func(c *ticketing.Call)) *ticketing.Call {
	t.Helper()
	var c *ticketing.Call
	r.in(t, func(tx ticketing.Tx) (err error) {
		if c, err = tx.Call(ctx(), id); err != nil {
			return err
		}
		f(c)
		return tx.SaveCall(ctx(), c)
	})
	return c
}

// testCalls: a call is kept as it is, under its source's key once, and its row in
// the ledger always has its disposition (I2, I13).
func testCalls(t *testing.T, r *room) {
	at := r.now()
	c := r.call(t, nil)
	if c.ID == 0 || c.Ledger == 0 || c.Version != 1 {
		t.Fatalf("saved = %+v", c)
	}
	full := r.changeCall(t, c.ID, func(c *ticketing.Call) {
		c.Answered, c.Ended, c.Talk, c.Wait, c.Result = at.Add(7*time.Second), at.Add(time.Minute), 53*time.Second, 7*time.Second, ticketing.CallAnswered
		c.Extension, c.Agent, c.Cause, c.Recording = "101", r.Ana.ID, "normalClearing", "rec/1.wav"
		c.File = ticketing.Attachment{Key: fmt.Sprintf("%064x", 7), Name: "poziv.wav", ContentType: "audio/wav", Size: 44}
		c.FetchAt, c.FetchTries, c.FetchError, c.DecideAt, c.DecidedAt = at.Add(time.Hour), 2, "timeout", at.Add(2*time.Minute), at
		c.Legs = append(c.Legs, ticketing.CallLeg{Key: "a/101", Answered: at, Extension: "101", Result: ticketing.CallAnswered})
	})
	r.in(t, func(tx ticketing.Tx) error {
		byKey, err := tx.CallsByKey(ctx(), "pbx", []string{c.Key, "unknown"})
		same(t, "by key", byKey, map[string]*ticketing.Call{c.Key: full})
		since, err2 := tx.CallsSince(ctx(), "+38267123456", at)
		same(t, "of the number", since, []*ticketing.Call{full})
		if later, _ := tx.CallsSince(ctx(), "+38267123456", at.Add(time.Second)); len(later) != 0 {
			t.Errorf("later = %v", later)
		}
		if none, _ := tx.CallsByKey(ctx(), "other", []string{c.Key}); len(none) != 0 {
			t.Errorf("of another source = %v", none)
		}
		_, unknown := tx.Call(ctx(), 999)
		wantKind(t, unknown, ticketing.NotFound)
		return firstOf(err, err2)
	})
	r.refused(t, ticketing.Stale, func(tx ticketing.Tx) error {
		old := *full
		old.Version--
		if _, err := tx.Call(ctx(), old.ID); err != nil {
			return err
		}
		return tx.SaveCall(ctx(), &old)
	})
	testCallLedger(t, r, full)
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func testCallLedger(t *testing.T, r *room, c *ticketing.Call) {
	t.Helper()
	e, err := r.LedgerItem(ctx(), c.Ledger)
	must(t, err)
	if e.State != ticketing.LedgerReceived || e.Arrival.Channel != ticketing.ChannelPhone || e.Arrival.Box.Account != "pbx" || !e.SettledAt.IsZero() {
		t.Errorf("ledger = %+v", e)
	}
	if claimed, err := r.ClaimReceived(ctx(), 10, time.Minute); err != nil || len(claimed) != 0 {
		t.Errorf("a receiver claims a call: %v, %v", claimed, err)
	}
	wantKind(t, r.RetryLedger(ctx(), c.Ledger), ticketing.Conflict)
	k := r.ticket(t, nil)
	r.changeCall(t, c.ID, func(c *ticketing.Call) { c.Disposition, c.Ticket = ticketing.LedgerTicketed, k.ID })
	if e, err = r.LedgerItem(ctx(), c.Ledger); err != nil || e.State != ticketing.LedgerTicketed || e.Ticket != k.ID || e.TicketRef != k.Ref || e.SettledAt.IsZero() {
		t.Errorf("ledger = %+v, %v", e, err)
	}
	bad := ticketing.LedgerEntry{State: ticketing.LedgerQuarantined, Reason: ticketing.ReasonUnreadable, LastError: "callId", Arrival: ticketing.Arrival{
		Channel: ticketing.ChannelPhone, Box: ticketing.Mailbox{Account: "pbx", Folder: "refused"}, ContentKey: fmt.Sprintf("%064x", r.unique()), RawKey: fmt.Sprintf("%064x", 9), ReceivedAt: r.now(),
	}}
	var first, again ticketing.LedgerID
	r.in(t, func(tx ticketing.Tx) (err error) { first, err = tx.EnterLedger(ctx(), bad); return err })
	r.in(t, func(tx ticketing.Tx) (err error) { again, err = tx.EnterLedger(ctx(), bad); return err })
	if first == 0 || again != first {
		t.Errorf("entered as %d, then %d", first, again)
	}
	if e, err := r.LedgerItem(ctx(), first); err != nil || e.State != ticketing.LedgerQuarantined || e.Reason != bad.Reason || e.LastError != "callId" || e.SettledAt.IsZero() {
		t.Errorf("refused = %+v, %v", e, err)
	}
	b, err := r.LedgerBalance(ctx(), r.now().Add(-time.Hour), r.now().Add(time.Hour))
	if must(t, err); b.Seen != 2 || b.Stored != 1 || b.Quarantined != 1 {
		t.Errorf("balance = %+v", b)
	}
}

// testCallsAtOnce: two processes that are told of the same call at once make one
// row of it (I2).
func testCallsAtOnce(t *testing.T, r *room) {
	at := r.now()
	for _, err := range together(6, func(i int) error {
		return r.InTx(ctx(), func(tx ticketing.Tx) error {
			known, err := tx.CallsByKey(ctx(), "pbx", []string{"same"})
			if err != nil {
				return err
			}
			c := known["same"]
			if c == nil {
				c = &ticketing.Call{Source: "pbx", Key: "same", Direction: ticketing.CallIn, Started: at, Disposition: ticketing.LedgerReceived, CreatedAt: at, UpdatedAt: at}
			}
			c.Legs = append(c.Legs, ticketing.CallLeg{Key: fmt.Sprint(i)})
			return tx.SaveCall(ctx(), c)
		})
	}) {
		must(t, err)
	}
	r.in(t, func(tx ticketing.Tx) error {
		known, err := tx.CallsByKey(ctx(), "pbx", []string{"same"})
		if c := known["same"]; c == nil || len(c.Legs) != 6 {
			t.Errorf("call = %+v", c)
		}
		return err
	})
	page, err := r.Ledger(ctx(), ticketing.LedgerFilter{Channel: ticketing.ChannelPhone})
	if must(t, err); len(page.Items) != 1 {
		t.Errorf("%d rows in the ledger, want 1", len(page.Items))
	}
}

// testCallLists: the lists of calls page along time without gap or double, and
// show what they are asked for.
func testCallLists(t *testing.T, r *room) {
	at := r.now().Add(-time.Hour)
	k := r.ticket(t, nil)
	var want []ticketing.CallID
	for i := range 7 {
		c := r.call(t, func(c *ticketing.Call) {
			c.Started = at.Add(time.Duration(i/2) * time.Minute) // pairs begin at the same instant
			switch i {
			case 0:
				c.Result, c.Answered, c.Ended, c.Ticket, c.Agent = ticketing.CallAnswered, c.Started, c.Started.Add(time.Minute), k.ID, r.Ana.ID
				c.Disposition = ticketing.LedgerJoined
			case 1:
				c.Result, c.Answered, c.Ended, c.Disposition = ticketing.CallAnswered, c.Started, c.Started.Add(time.Minute), ticketing.LedgerIgnored
			case 2:
				c.Direction, c.From, c.To = ticketing.CallOut, ticketing.CallNumber{Raw: "101"}, ticketing.CallNumber{Raw: "+38269555111", E164: "+38269555111"}
			case 3:
				c.Result, c.Ended, c.FetchAt = ticketing.CallMissed, c.Started.Add(time.Minute), at
			case 4:
				c.DecideAt = at
			}
		})
		want = append([]ticketing.CallID{c.ID}, want...)
	}
	var got []ticketing.CallID
	f := ticketing.CallFilter{Limit: 3}
	for {
		page, err := r.CallPage(ctx(), f)
		must(t, err)
		for _, c := range page.Items {
			got = append(got, c.ID)
			if (c.Ref == k.Ref) != (c.Ticket == k.ID) || len(c.Legs) != 0 {
				t.Errorf("row = %+v", c)
			}
		}
		if f.Cursor = page.Next; f.Cursor == "" {
			break
		}
	}
	same(t, "all, the latest first", got, want)
	_, err := r.CallPage(ctx(), ticketing.CallFilter{Cursor: "x"})
	wantKind(t, err, ticketing.Invalid)
	for _, tt := range []struct {
		name   string
		filter ticketing.CallFilter
		want   []ticketing.CallID
	}{
		{"without a record", ticketing.CallFilter{NoRecord: true}, want[5:6]},
		{"an agent's", ticketing.CallFilter{Agent: r.Ana.ID}, want[6:]},
		{"outgoing", ticketing.CallFilter{Direction: ticketing.CallOut}, want[4:5]},
		{"of a number", ticketing.CallFilter{Number: "+38269555111"}, want[4:5]},
		{"missed", ticketing.CallFilter{Result: ticketing.CallMissed}, want[3:4]},
		{"of a minute", ticketing.CallFilter{From: at.Add(time.Minute), To: at.Add(2 * time.Minute)}, want[3:5]},
		{"of another source", ticketing.CallFilter{Source: "other"}, nil},
	} {
		page, err := r.CallPage(ctx(), tt.filter)
		must(t, err)
		var ids []ticketing.CallID
		for _, c := range page.Items {
			ids = append(ids, c.ID)
		}
		same(t, tt.name, ids, tt.want)
	}
	testCallWork(t, r, k, want)
}

func testCallWork(t *testing.T, r *room, k *ticketing.Ticket, want []ticketing.CallID) {
	t.Helper()
	of, err := r.CallsOf(ctx(), k.ID)
	if must(t, err); len(of) != 1 || of[0].ID != want[6] {
		t.Errorf("calls of the ticket = %+v", of)
	}
	live, err := r.LiveCalls(ctx(), r.now().Add(-2*time.Hour), 10)
	must(t, err)
	var ids []ticketing.CallID
	for _, c := range live {
		ids = append(ids, c.ID)
	}
	same(t, "live", ids, slices.Concat(want[:3], want[4:5]))
	if live, err = r.LiveCalls(ctx(), r.now(), 10); err != nil || len(live) != 0 {
		t.Errorf("live since now = %v, %v", live, err)
	}
	decide, err := r.CallsToDecide(ctx(), r.now(), 10)
	must(t, err)
	same(t, "to decide", decide, want[2:3])
	fetch, err := r.CallsToFetch(ctx(), r.now(), 10)
	must(t, err)
	same(t, "to fetch", fetch, want[3:4])
	if early, err := r.CallsToDecide(ctx(), r.now().Add(-2*time.Hour), 10); err != nil || len(early) != 0 {
		t.Errorf("to decide before = %v, %v", early, err)
	}
	v, err := r.CallByID(ctx(), want[6])
	if must(t, err); v.Ref != k.Ref || len(v.Legs) != 1 {
		t.Errorf("call = %+v", v)
	}
	_, err = r.CallByID(ctx(), 999)
	wantKind(t, err, ticketing.NotFound)
	n, err := r.CallCounts(ctx(), r.now().Add(-2*time.Hour), r.now())
	must(t, err)
	same(t, "counts", n, ticketing.CallCounts{NoRecord: 1})
}

// testCallbacks: a number has one open promise at a time, and lists go by due.
func testCallbacks(t *testing.T, r *room) {
	at := r.now()
	make := func(number string, due time.Duration) *ticketing.Callback {
		k := r.ticket(t, nil)
		b := &ticketing.Callback{Ticket: k.ID, Number: number, State: ticketing.CallbackOpen, Missed: 1, FirstAt: at, LastAt: at, Due: at.Add(due), Line: "pbx"}
		r.in(t, func(tx ticketing.Tx) error { return tx.SaveCallback(ctx(), b) })
		return b
	}
	late, soon, third := make("+38267000001", 2*time.Hour), make("+38267000002", -time.Minute), make("+38267000003", 2*time.Hour)
	r.refused(t, ticketing.Conflict, func(tx ticketing.Tx) error {
		k, err := r.newTicket(tx, nil)
		if err != nil {
			return err
		}
		if err := tx.SaveTicket(ctx(), k); err != nil {
			return err
		}
		return tx.SaveCallback(ctx(), &ticketing.Callback{Ticket: k.ID, Number: soon.Number, State: ticketing.CallbackOpen, FirstAt: at, LastAt: at, Due: at})
	})
	list := func(f ticketing.CallbackFilter) (out []ticketing.TicketID) {
		t.Helper()
		for {
			page, err := r.Callbacks(ctx(), f)
			must(t, err)
			for _, b := range page.Items {
				if out = append(out, b.Ticket); b.Ref == "" || b.Subject == "" {
					t.Errorf("row = %+v", b)
				}
			}
			if f.Cursor = page.Next; f.Cursor == "" {
				return out
			}
		}
	}
	same(t, "to call", list(ticketing.CallbackFilter{Limit: 2}), []ticketing.TicketID{soon.Ticket, late.Ticket, third.Ticket})
	n, err := r.CallCounts(ctx(), at, at)
	must(t, err)
	same(t, "counts", n, ticketing.CallCounts{Callbacks: 3, Overdue: 1})
	r.in(t, func(tx ticketing.Tx) error {
		b, err := tx.OpenCallback(ctx(), soon.Number)
		if err != nil {
			return err
		}
		same(t, "open", b, soon)
		b.Missed, b.Attempts, b.TriedAt, b.State, b.EndedAt = 3, 2, at, ticketing.CallbackReached, at.Add(time.Minute)
		soon = b
		return tx.SaveCallback(ctx(), b)
	})
	r.refused(t, ticketing.NotFound, func(tx ticketing.Tx) error { _, err := tx.OpenCallback(ctx(), soon.Number); return err })
	r.refused(t, ticketing.Stale, func(tx ticketing.Tx) error {
		old := *soon
		old.Version--
		return tx.SaveCallback(ctx(), &old)
	})
	got, err := r.CallbackOf(ctx(), soon.Ticket)
	must(t, err)
	same(t, "over", got, *soon)
	_, err = r.CallbackOf(ctx(), 999)
	wantKind(t, err, ticketing.NotFound)
	same(t, "to call then", list(ticketing.CallbackFilter{}), []ticketing.TicketID{late.Ticket, third.Ticket})
	same(t, "over", list(ticketing.CallbackFilter{Over: true}), []ticketing.TicketID{soon.Ticket})
	make(soon.Number, time.Hour) // a new promise to a number that was reached
}
