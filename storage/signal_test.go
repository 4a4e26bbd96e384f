package storage_test

import (
	"context"
	"testing"
	"time"

	"github.com/sistem48/system48/storage"
	"github.com/sistem48/system48/storage/storagetest"
	"github.com/sistem48/system48/ticketing"
)

const signalPatience = 10 * time.Second

// notify publishes signals in one transaction.
func notify(t *testing.T, db *storage.DB, signals ...ticketing.Signal) {
	t.Helper()
	err := db.InTx(t.Context(), func(tx ticketing.Tx) error {
		for _, s := range signals {
			tx.Notify(s)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// expect waits for a signal, passing over the resync that says a listener began.
func expect(t *testing.T, c <-chan ticketing.Signal, want ticketing.Signal) {
	t.Helper()
	timeout := time.After(signalPatience)
	for {
		select {
		case got, open := <-c:
			if !open {
				t.Fatalf("the channel was closed before %+v came", want)
			}
			if got == want {
				return
			}
			if got.Type != storage.SignalResync {
				t.Errorf("got %+v, want %+v", got, want)
			}
		case <-timeout:
			t.Fatalf("%+v did not come", want)
		}
	}
}

// Signals of one process reach the listeners of another, and its own once.
func TestSignalsBetweenProcesses(t *testing.T) {
	t.Parallel()
	dsn := storagetest.Postgres(t)
	a, b := open(t, dsn, time.Now), open(t, dsn, time.Now)
	own, others := a.Listen(t.Context()), b.Listen(t.Context())
	expect(t, others, ticketing.Signal{Type: storage.SignalResync}) // it hears from now on
	s := ticketing.Signal{Type: "ticket", Ticket: 7, Version: 2, Department: 3, Agent: 4}
	start := time.Now()
	notify(t, a, s, s)
	expect(t, own, s)
	expect(t, others, s)
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("a signal took %v to another process", took)
	}
	select {
	case again := <-own:
		if again.Type != storage.SignalResync {
			t.Errorf("the own process heard %+v twice", again)
		}
	case <-time.After(300 * time.Millisecond):
	}
}

// A process that lost the connection by which it hears is told to look again.
func TestSignalsOverALostConnection(t *testing.T) {
	t.Parallel()
	dsn := storagetest.Postgres(t)
	a, b := open(t, dsn, time.Now), open(t, dsn, time.Now)
	others := b.Listen(t.Context())
	expect(t, others, ticketing.Signal{Type: storage.SignalResync})
	pool, _ := a.Handles()
	if _, err := pool.Exec(t.Context(), "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'listen%'"); err != nil {
		t.Fatal(err)
	}
	expect(t, others, ticketing.Signal{Type: storage.SignalResync})
	s := ticketing.Signal{Type: "ledger"}
	notify(t, a, s)
	expect(t, others, s)
}

// What does not commit says nothing.
func TestSignalsOfARollback(t *testing.T) {
	eachEngine(t, func(t *testing.T, url string) {
		db := open(t, url, time.Now)
		c := db.Listen(t.Context())
		_ = db.InTx(t.Context(), func(tx ticketing.Tx) error {
			tx.Notify(ticketing.Signal{Type: "ticket", Ticket: 1})
			return context.Canceled
		})
		notify(t, db, ticketing.Signal{Type: "ticket", Ticket: 2})
		expect(t, c, ticketing.Signal{Type: "ticket", Ticket: 2})
	})
}

// A listener that does not read costs nobody anything, and is told to look
// again when it reads.
func TestSlowListener(t *testing.T) {
	t.Parallel()
	db := open(t, engines()["sqlite"](t), time.Now)
	ctx, stop := context.WithCancel(t.Context())
	c := db.Listen(ctx)
	for range 5 {
		var many []ticketing.Signal
		for i := range 1000 {
			many = append(many, ticketing.Signal{Type: "ticket", Ticket: ticketing.TicketID(i), Version: int64(len(many))})
		}
		for i := range many {
			many[i].Version = time.Now().UnixNano() + int64(i)
		}
		notify(t, db, many...)
	}
	resync, n := false, 0
	for done := false; !done; {
		select {
		case s := <-c:
			resync = resync || s.Type == storage.SignalResync
			n++
		case <-time.After(500 * time.Millisecond):
			done = true
		}
	}
	if !resync || n > 2100 {
		t.Errorf("%d signals, resync %t; want a resync in place of most", n, resync)
	}
	stop()
	for range c {
		continue // closes when the context ends
	}
}

// Two processes never hand out one number twice, and a rolled-back block is
// not handed out again.
func TestNumbersOfTwoProcesses(t *testing.T) {
	eachEngine(t, func(t *testing.T, url string) {
		dbs := []*storage.DB{open(t, url, time.Now), open(t, url, time.Now)}
		seen := map[ticketing.IDKind]map[int64]bool{}
		for round := range 60 {
			db := dbs[round%2]
			_ = db.InTx(t.Context(), func(tx ticketing.Tx) error {
				for _, kind := range []ticketing.IDKind{ticketing.IDTicket, ticketing.IDEvent} {
					for range 9 {
						n, err := tx.NextID(t.Context(), kind)
						if err != nil {
							return err
						}
						if seen[kind] == nil {
							seen[kind] = map[int64]bool{}
						}
						if seen[kind][n] && round%3 != 2 {
							t.Errorf("%s %d was handed out twice", kind, n)
						}
						// What a transaction that fails was given may come again only if it was taken back
						// whole; nothing of it was stored.
						if round%3 != 2 {
							seen[kind][n] = true
						}
					}
				}
				if round%3 == 2 {
					return context.Canceled
				}
				return nil
			})
		}
	})
}
