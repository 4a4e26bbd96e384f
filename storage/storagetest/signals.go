package storagetest

import (
	"context"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

func testSignals(t *testing.T, r *room) {
	until, stop := context.WithCancel(ctx())
	defer stop()
	heard := r.Listen(until)
	await := func(t *testing.T, want ticketing.Signal) {
		t.Helper()
		timeout := time.After(patience)
		for {
			select {
			case got, open := <-heard:
				if !open {
					t.Fatal("the channel was closed")
				}
				if got == want {
					return
				}
				if got.Type == "planted" {
					t.Error("a signal of a transaction that was rolled back")
				}
			case <-timeout:
				t.Fatalf("signal %+v did not come within %v", want, patience)
			}
		}
	}
	t.Run("what commits is heard, whole", func(t *testing.T) {
		k := r.ticket(t, nil)
		want := ticketing.Signal{Type: "ticket", Ticket: k.ID, Version: 7, Department: r.Roads.ID, Agent: r.Ana.ID}
		r.in(t, func(tx ticketing.Tx) error {
			tx.Notify(want)
			tx.Notify(ticketing.Signal{Type: "outbox"})
			return nil
		})
		await(t, want)
		await(t, ticketing.Signal{Type: "outbox"})
	})
	t.Run("what is rolled back is not", func(t *testing.T) {
		_ = r.InTx(ctx(), func(tx ticketing.Tx) error {
			tx.Notify(ticketing.Signal{Type: "planted"})
			return ticketing.Internal
		})
		r.in(t, func(tx ticketing.Tx) error { tx.Notify(ticketing.Signal{Type: "ledger", Version: 1}); return nil })
		await(t, ticketing.Signal{Type: "ledger", Version: 1})
	})
	t.Run("what is heard can be read", func(t *testing.T) {
		for range 20 {
			var k *ticketing.Ticket
			r.in(t, func(tx ticketing.Tx) (err error) {
				if k, err = r.newTicket(tx, nil); err != nil {
					return err
				}
				tx.Notify(ticketing.Signal{Type: "ticket", Ticket: k.ID, Version: 1})
				return tx.SaveTicket(ctx(), k)
			})
			await(t, ticketing.Signal{Type: "ticket", Ticket: k.ID, Version: 1})
			if rows, err := r.TicketRows(ctx(), everything, []ticketing.Reference{k.Ref}, 0); err != nil || len(rows) != 1 {
				t.Fatalf("the ticket of a signal: %d rows, %v", len(rows), err)
			}
		}
	})
	t.Run("a listener that does not listen stops nobody", func(t *testing.T) { testDeafListener(t, r) })
	t.Run("the end of listening closes the channel", func(t *testing.T) { testListenEnds(t, r) })
}

func testListenEnds(t *testing.T, r *room) {
	short, end := context.WithCancel(ctx())
	c := r.Listen(short)
	end()
	timeout := time.After(patience)
	for {
		select {
		case _, open := <-c:
			if !open {
				return
			}
		case <-timeout:
			t.Fatal("the channel stays open")
		}
	}
}

func testDeafListener(t *testing.T, r *room) {
	deaf, end := context.WithCancel(ctx())
	defer end()
	r.Listen(deaf)
	for i := range 3000 {
		if i%500 == 0 {
			r.in(t, func(tx ticketing.Tx) error {
				for n := range 500 {
					tx.Notify(ticketing.Signal{Type: "ticket", Ticket: ticketing.TicketID(i + n)})
				}
				return nil
			})
		}
	}
}

// testTimes: instants go in with any zone and nanoseconds, and come back in
// UTC, cut to microseconds.
func testTimes(t *testing.T, r *room) {
	zone := time.FixedZone("CET", 3600)
	in := time.Date(2026, 3, 29, 2, 30, 0, 123456789, zone)
	want := time.Date(2026, 3, 29, 1, 30, 0, 123456000, time.UTC)
	check := func(t *testing.T, what string, got time.Time) {
		t.Helper()
		if !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%s = %v, want %v", what, got, want)
		}
	}
	k := r.ticket(t, func(k *ticketing.Ticket) {
		k.ReceivedAt, k.DueAt, k.CheckAt, k.LastMessageAt = in, in, in, in
		k.Clocks = []ticketing.Clock{{Kind: ticketing.ClockAnswer, State: ticketing.ClockRunning, Episode: 1, Due: in, StartedAt: in}}
		k.Pauses = []ticketing.Pause{{Reason: ticketing.WaitBody, From: in}}
		k.Pending.Events[0].At = in
	})
	m := r.write(t, k.ID, ticketing.In, func(m *ticketing.Message) { m.SentAt, m.ReceivedAt = in, in })
	d := r.send(t, ticketing.PurposeAnswer, func(d *ticketing.Delivery) { d.SendAfter, d.GiveUpAt = in, in })
	t.Run("of a ticket", func(t *testing.T) {
		got := r.load(t, k.ID)
		for what, at := range map[string]time.Time{
			"ReceivedAt": got.ReceivedAt, "DueAt": got.DueAt, "CheckAt": got.CheckAt, "Clock.Due": got.Clocks[0].Due,
			"Clock.StartedAt": got.Clocks[0].StartedAt, "Pause.From": got.Pauses[0].From,
		} {
			check(t, what, at)
		}
		if !got.Pauses[0].To.IsZero() || !got.ClosedAt.IsZero() || !got.Clocks[0].MetAt.IsZero() {
			t.Error("an instant that was not set came back set")
		}
	})
	t.Run("of rows and views", func(t *testing.T) {
		rows, err := r.TicketRows(ctx(), everything, []ticketing.Reference{k.Ref}, 0)
		must(t, err)
		check(t, "row.DueAt", rows[0].DueAt)
		check(t, "row.ReceivedAt", rows[0].ReceivedAt)
		v, err := r.TicketView(ctx(), everything, k.Ref)
		must(t, err)
		check(t, "view.DueAt", v.Ticket.DueAt)
		check(t, "event.At", v.Events[0].At)
		check(t, "message.SentAt", v.Messages[0].SentAt)
		if bad, ok := ticketing.VerifyChain(v.Events, 0, ""); !ok {
			t.Errorf("chain broken at %d", bad)
		}
	})
	t.Run("of messages and deliveries", func(t *testing.T) {
		got, _, err := r.MessageOf(ctx(), everything, m.ID)
		must(t, err)
		check(t, "SentAt", got.SentAt)
		check(t, "ReceivedAt", got.ReceivedAt)
		x := r.loadDelivery(t, d.ID)
		check(t, "SendAfter", x.SendAfter)
		check(t, "GiveUpAt", x.GiveUpAt)
		if !x.SettledAt.IsZero() || !x.LeaseUntil.IsZero() {
			t.Error("an instant that was not set came back set")
		}
	})
	testTimesOfWork(t, r, in, check)
}

// testTimesOfWork holds the ledger and comparisons against the one instant.
func testTimesOfWork(t *testing.T, r *room, in time.Time, check func(t *testing.T, what string, got time.Time)) {
	t.Run("of the ledger", func(t *testing.T) {
		r.Clock.Set(in.Add(time.Hour))
		e := r.arrive(t, func(a *ticketing.Arrival) { a.ReceivedAt = in })
		check(t, "ReceivedAt", e.Arrival.ReceivedAt)
		if e.StoredAt.Location() != time.UTC || e.StoredAt.Nanosecond()%1000 != 0 || !e.NextAt.IsZero() || !e.SettledAt.IsZero() {
			t.Errorf("StoredAt = %v, NextAt = %v, SettledAt = %v", e.StoredAt, e.NextAt, e.SettledAt)
		}
	})
	t.Run("compare as instants, not as texts", func(t *testing.T) {
		exact := in.Truncate(time.Microsecond)
		due, err := r.ToCheck(ctx(), exact.Add(-time.Microsecond), 10)
		must(t, err)
		if len(due) != 0 {
			t.Errorf("ToCheck() a microsecond early = %v", due)
		}
		due, err = r.ToCheck(ctx(), exact, 10)
		if err != nil || len(due) != 1 {
			t.Errorf("ToCheck() in another zone = %v, %v, want the ticket", due, err)
		}
		page, err := r.Tickets(ctx(), ticketing.TicketFilter{Scope: everything, Overdue: exact.Add(time.Microsecond)}, 0)
		if err != nil || len(page.Items) != 1 {
			t.Errorf("Tickets() overdue in another zone = %d, %v, want 1", len(page.Items), err)
		}
		page, err = r.Tickets(ctx(), ticketing.TicketFilter{Scope: everything, Overdue: exact}, 0)
		if err != nil || len(page.Items) != 0 {
			t.Errorf("Tickets() overdue at the instant itself = %d, %v, want 0", len(page.Items), err)
		}
	})
}
