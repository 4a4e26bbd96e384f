package channels_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sistem48/system48/channels"
	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

func TestReceiverWorksTheLedger(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	var ids []ticketing.LedgerID
	for i := range 100 {
		ids = append(ids, h.arrive(fmt.Sprint("Predmet ", i)))
	}
	h.steps(3)
	for _, id := range ids {
		if e := h.item(id); e.State != ticketing.LedgerTicketed || e.Attempts != 1 {
			t.Fatalf("item %d = %s after %d attempts", id, e.State, e.Attempts)
		}
	}
	if did, err := h.in.Step(t.Context()); did != 0 || err != nil {
		t.Errorf("an empty ledger: %d, %v", did, err)
	}
}

// TestPoisonBecomesVisible: F14, after three tries a ticket that shows the
// original; the queue goes on.
func TestPoisonBecomesVisible(t *testing.T) {
	t.Parallel()
	for name, poison := range map[string]func(context.Context, ticketing.LedgerEntry) (ticketing.Inbound, error){
		"an error": func(context.Context, ticketing.LedgerEntry) (ticketing.Inbound, error) {
			return ticketing.Inbound{}, errDisk
		},
		"a panic": func(context.Context, ticketing.LedgerEntry) (ticketing.Inbound, error) {
			panic("tajna marko@posta.example")
		},
		"the original is gone": func(context.Context, ticketing.LedgerEntry) (ticketing.Inbound, error) {
			return ticketing.Inbound{}, ticketing.NotFound
		},
		"what cannot be entered": func(_ context.Context, e ticketing.LedgerEntry) (ticketing.Inbound, error) {
			in := readable(e)
			in.Ledger = 1 << 40 // its transaction fails each time
			return in, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHall(t)
			h.reader.on("Otrov", poison)
			before, bad, after := h.arrive("Prije"), h.arrive("Otrov"), h.arrive("Poslije")
			h.steps(1)
			for _, id := range []ticketing.LedgerID{before, after} {
				if e := h.item(id); e.State != ticketing.LedgerTicketed {
					t.Errorf("a neighbour of the poison = %s", e.State)
				}
			}
			if e := h.item(bad); e.State != ticketing.LedgerReceived || e.LastError == "" {
				t.Errorf("after one try = %s %q", e.State, e.LastError)
			}
			h.steps(4)
			e := h.item(bad)
			if e.State != ticketing.LedgerQuarantined || e.TicketRef == "" {
				t.Fatalf("poison = %s of %q, want quarantined and visible (I13)", e.State, e.TicketRef)
			}
			if n := h.reader.count("Otrov"); n != 3 {
				t.Errorf("parsed %d times, want 3", n)
			}
			v := h.View(t, e.TicketRef)
			m := v.Messages[0]
			if !m.Unreadable || len(m.Files) != 1 || m.Files[0].Key != e.Arrival.RawKey || v.Ticket.Clocks[0].State != ticketing.ClockRunning {
				t.Errorf("message = %+v", m)
			}
			if log := h.log.String(); strings.Contains(log, "marko") || strings.Contains(log, "tajna") {
				t.Errorf("the log quotes the mail (I10):\n%s", log)
			}
		})
	}
}

// TestPanicOfIntake: one contact at which the core itself panics leaves the
// others alone.
func TestPanicOfIntake(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	a, bad, b := h.arrive("Prvi"), h.arrive("Otrov"), h.arrive("Treci")
	h.in.Intake.Store = panicStore{h.store, bad}
	h.steps(6)
	for _, id := range []ticketing.LedgerID{a, b} {
		if e := h.item(id); e.State != ticketing.LedgerTicketed {
			t.Errorf("neighbour %d = %s", id, e.State)
		}
	}
	if e := h.item(bad); e.State != ticketing.LedgerReceived || e.LastError == "" {
		t.Errorf("item = %s %q", e.State, e.LastError)
	}
}

// panicStore panics when the item is settled.
type panicStore struct {
	ticketing.Store
	id ticketing.LedgerID
}

type panicTx struct {
	ticketing.Tx
	id ticketing.LedgerID
}

func (s panicStore) InTx(ctx context.Context, f func(ticketing.Tx) error) error {
	return s.Store.InTx(ctx, func(tx ticketing.Tx) error { return f(panicTx{tx, s.id}) })
}

func (x panicTx) SettleLedger(ctx context.Context, e ticketing.LedgerEntry) error {
	if e.ID == x.id {
		panic("index out of range")
	}
	return x.Tx.SettleLedger(ctx, e)
}

// away fails every transaction while it lasts.
type away struct {
	ticketing.Store
	mu   sync.Mutex
	gone bool
}

func (s *away) set(gone bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = gone
}

func (s *away) InTx(ctx context.Context, f func(ticketing.Tx) error) error {
	s.mu.Lock()
	gone := s.gone
	s.mu.Unlock()
	if gone {
		return fmt.Errorf("connect: %w", ticketing.Busy)
	}
	return s.Store.InTx(ctx, f)
}

// TestStoreAway: F11, F53; however long the store of rows or of bytes is away,
// everything is read properly afterwards: no mail is given up for that.
func TestStoreAway(t *testing.T) {
	t.Parallel()
	for name, rows := range map[string]bool{"rows": true, "bytes": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHall(t)
			store := &away{Store: h.store, gone: rows}
			h.in.Intake.Store = store
			busy := !rows
			h.reader.on("Predmet", func(_ context.Context, e ticketing.LedgerEntry) (ticketing.Inbound, error) {
				if busy {
					return ticketing.Inbound{}, fmt.Errorf("S3: %w", ticketing.Busy)
				}
				return readable(e), nil
			})
			id := h.arrive("Predmet")
			h.steps(50)
			if e := h.item(id); e.State != ticketing.LedgerReceived {
				t.Fatalf("while away = %s", e.State)
			}
			store.set(false)
			busy = false
			h.steps(2)
			e := h.item(id)
			if e.State != ticketing.LedgerTicketed {
				t.Fatalf("afterwards = %s %q", e.State, e.Reason)
			}
			if m := h.View(t, e.TicketRef).Messages[0]; m.Unreadable || m.Text != "tekst" {
				t.Errorf("message = %+v, want it read", m)
			}
			if n := strings.Count(h.log.String(), "level=WARN"); n > 60 {
				t.Errorf("%d warnings", n)
			}
		})
	}
}

// TestKilledOverAndOver: F01, a process that dies with the item in hand is no
// fault of the item.
func TestKilledOverAndOver(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	id := h.arrive("Predmet")
	for range 6 {
		if claimed, err := h.Store.ClaimReceived(t.Context(), 10, time.Minute); err != nil || len(claimed) != 1 {
			t.Fatalf("claimed %d, %v", len(claimed), err)
		}
		h.Clock.Advance(2 * time.Minute) // kill -9, the lease runs out
	}
	h.steps(1)
	e := h.item(id)
	if e.State != ticketing.LedgerTicketed || h.View(t, e.TicketRef).Messages[0].Unreadable {
		t.Fatalf("item = %s, want it read", e.State)
	}
	// What kills every process that reads it comes to an end all the same.
	killer := h.arrive("Ubica")
	h.reader.on("Ubica", func(context.Context, ticketing.LedgerEntry) (ticketing.Inbound, error) {
		t.Error("the killer was read again")
		return ticketing.Inbound{}, errDisk
	})
	for range 20 {
		_, err := h.Store.ClaimReceived(t.Context(), 10, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		h.Clock.Advance(2 * time.Minute)
	}
	h.steps(1)
	if e := h.item(killer); e.State != ticketing.LedgerQuarantined {
		t.Errorf("the killer = %s", e.State)
	}
}

// TestShutdownIsNoFailure: F19, what is in hand when the process ends is given
// back at once and not counted.
func TestShutdownIsNoFailure(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	id := h.arrive("Predmet")
	for range 5 {
		ctx, stop := context.WithCancel(t.Context())
		h.reader.on("Predmet", func(ctx context.Context, _ ticketing.LedgerEntry) (ticketing.Inbound, error) {
			stop()
			return ticketing.Inbound{}, ctx.Err()
		})
		_, _ = h.in.Step(ctx)
	}
	if e := h.item(id); e.State != ticketing.LedgerReceived || e.Attempts != 0 || e.LastError != "" {
		t.Errorf("item = %s, %d attempts, %q", e.State, e.Attempts, e.LastError)
	}
	h.reader.on("Predmet", nil)
	h.steps(1)
	if e := h.item(id); e.State != ticketing.LedgerTicketed {
		t.Errorf("after the restart = %s", e.State)
	}
}

// TestRetriedByAnOperator: an item that could not be read is read after all, into
// the ticket that shows it.
func TestRetriedByAnOperator(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.reader.on("Otrov", func(context.Context, ticketing.LedgerEntry) (ticketing.Inbound, error) {
		return ticketing.Inbound{}, errDisk
	})
	id := h.arrive("Otrov")
	h.steps(5)
	first := h.item(id)
	h.reader.on("Otrov", nil) // the parser was mended
	if err := h.Store.RetryLedger(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	h.steps(1)
	if e := h.item(id); e.State != ticketing.LedgerJoined || e.Ticket != first.Ticket || len(h.tickets()) != 1 {
		t.Errorf("item = %s of ticket %d (I2)", e.State, e.Ticket)
	}
	if m := h.View(t, first.TicketRef).Messages; len(m) != 2 || m[1].Text != "tekst" {
		t.Errorf("messages = %+v", m)
	}
}

func TestReceiversShareTheWork(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	const n = 200
	for i := range n {
		h.arrive(fmt.Sprint("Predmet ", i))
	}
	ctx, stop := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	for range 3 {
		r := h.receiver()
		r.Workers, r.Batch = 3, 7
		wait.Go(func() {
			if err := r.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	until(t, "all in", func() bool { return len(h.tickets()) == n })
	stop()
	wait.Wait()
	if got := len(h.tickets()); got != n {
		t.Errorf("%d tickets of %d mails (I2)", got, n)
	}
	b, err := h.Store.LedgerBalance(context.Background(), time.Time{}, time.Time{})
	if err != nil || b.Seen != n || b.Stored != n || b.Waiting != 0 {
		t.Errorf("balance = %+v, %v (I13)", b, err)
	}
}

// TestReceiverWakes: an idle receiver looks at once when told so.
func TestReceiverWakes(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- h.in.Run(ctx) }()
	id := h.arrive("Predmet")
	h.in.Wake()
	until(t, "ticketed", func() bool { return h.item(id).State == ticketing.LedgerTicketed })
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestEveryFaultOfReceiver: whatever single call fails, in the end every mail is
// one readable ticket.
func TestEveryFaultOfReceiver(t *testing.T) {
	t.Parallel()
	ticketingtest.EachFault(t, func(t *testing.T, arm func(ticketingtest.Ports) *ticketingtest.FaultStore) {
		h := newHall(t)
		for i := range 3 {
			h.arrive(fmt.Sprint("Predmet ", i))
		}
		h.store = arm(h.Store)
		h.in = h.receiver()
		h.steps(4)
		if n := len(h.tickets()); n != 3 {
			t.Errorf("after a fault in %s: %d tickets, want 3", h.store.Failed(), n)
		}
		for _, row := range h.tickets() {
			if v := h.View(t, row.Ref); len(v.Messages) != 1 || v.Messages[0].Unreadable {
				t.Errorf("ticket %s after a fault in %s: %+v", row.Ref, h.store.Failed(), v.Messages)
			}
		}
	})
}

func TestUnknownChannelIsVisible(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.in.Parsers = map[ticketing.Channel]channels.Parser{}
	id := h.arrive("Predmet")
	h.steps(1)
	if e := h.item(id); e.State != ticketing.LedgerQuarantined || e.TicketRef == "" {
		t.Errorf("without a parser: %s of %q", e.State, e.TicketRef)
	}
}
