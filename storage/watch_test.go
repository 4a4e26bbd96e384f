package storage_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/sistem48/system48/storage"
	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// A minute is a bureau in which many promises fall due in the same minute, or
// fell due while nothing ran.
type minute struct {
	*ticketingtest.City
	t   *testing.T
	url string
	due map[ticketing.Reference]time.Time
}

// at is when the promises are judged.
var minuteEnd = time.Date(2026, 3, 9, 12, 1, 0, 0, time.UTC)

// open opens n tickets whose answer falls due evenly over the span before end.
func (m *minute) open(db *storage.DB, n int, end time.Time, span time.Duration, late bool) {
	m.t.Helper()
	rules := ticketingtest.Rulebook(m.t, "24x7")
	const batch = 50
	work := make(chan int)
	var wait sync.WaitGroup
	var mu sync.Mutex
	for range 3 {
		wait.Go(func() {
			for from := range work {
				err := db.InTx(context.Background(), func(tx ticketing.Tx) error {
					for i := from; i < min(from+batch, n); i++ {
						id, err := tx.NextID(context.Background(), ticketing.IDTicket)
						if err != nil {
							return err
						}
						number, err := tx.NextNumber(context.Background(), 2026)
						if err != nil {
							return err
						}
						at := end.Add(-48*time.Hour - span + time.Duration(i+1)*(span/time.Duration(n))).Truncate(time.Microsecond)
						k := ticketing.Open(ticketing.Opening{
							ID: ticketing.TicketID(id), Ref: ticketing.NewReference("S48", 2026, number), Subject: "Rupa", Channel: ticketing.ChannelEmail,
							Category: m.Other, Department: m.Bureau.ID, ReceivedAt: at,
						}, ticketing.SystemActor("intake"), rules, at)
						if err := tx.SaveTicket(context.Background(), k); err != nil {
							return err
						}
						if late {
							mu.Lock()
							m.due[k.Ref] = at.Add(48 * time.Hour)
							mu.Unlock()
						}
					}
					return nil
				})
				if err != nil {
					m.t.Error(err)
				}
			}
		})
	}
	for from := 0; from < n; from += batch {
		work <- from
	}
	close(work)
	wait.Wait()
}

// judge lets so many processes watch until nothing is due, and gives how long
// that took.
func (m *minute) judge(processes int) time.Duration {
	m.t.Helper()
	now := func() time.Time { return minuteEnd }
	var watches []ticketing.Watch
	for range processes {
		db := open(m.t, m.url, now)
		b := &ticketing.Bureau{Store: db, Keys: ticketingtest.Keyring(), Settings: ticketingtest.Settings(), Now: now}
		watches = append(watches, ticketing.Watch{Bureau: b, Duties: db})
	}
	start := time.Now()
	var wait sync.WaitGroup
	for _, w := range watches {
		wait.Go(func() {
			for {
				did, err := w.Run(context.Background())
				if err != nil {
					m.t.Error(err)
					return
				}
				if did == 0 {
					return
				}
			}
		})
	}
	wait.Wait()
	return time.Since(start)
}

// check demands of every due promise one breach at its due instant (I9).
func (m *minute) check(db *storage.DB) {
	m.t.Helper()
	wrong := 0
	for ref, due := range m.due {
		events, err := db.TicketEvents(m.t.Context(), anyone, ref)
		if err != nil {
			m.t.Fatal(err)
		}
		breaches := 0
		for _, e := range events {
			if e.Kind == ticketing.EventBreached {
				if breaches++; e.Data["due"] != due.Format(time.RFC3339) {
					m.t.Errorf("%s fell due %v, recorded %v", ref, due, e.Data["due"])
				}
			}
		}
		if _, ok := ticketing.VerifyChain(events, 0, ""); breaches != 1 || !ok {
			wrong++
			if wrong < 10 {
				m.t.Errorf("%s: %d breaches recorded, chain whole: %t", ref, breaches, ok)
			}
		}
	}
}

// TestWatchAtSize: F41, F47; many promises that fall due in the same minute are
// all recorded within a minute, each once, by one process and by three; those
// that fell due in five hours during which nothing ran, within half a minute of
// the start, at their own due instants. With SYSTEM48_TEST_TORTURE among 100,000
// open tickets.
func TestWatchAtSize(t *testing.T) {
	if testing.Short() {
		t.Skip("writes thousands of tickets")
	}
	others, due, missed := 1800, 200, 50
	if os.Getenv("SYSTEM48_TEST_TORTURE") != "" {
		others, due, missed = 95_000, 5000, 500
	}
	for _, row := range []struct {
		name      string
		due       int
		span      time.Duration
		processes int
		within    time.Duration
	}{
		{"a minute, one process", due, time.Minute, 1, time.Minute},
		{"a minute, three processes", due, time.Minute, 3, time.Minute},
		{"a stop of five hours", missed, 5 * time.Hour, 1, 30 * time.Second},
	} {
		for name, fresh := range engines() {
			if name == "sqlite" && row.processes > 1 {
				continue // the embedded database is one process's
			}
			t.Run(fmt.Sprintf("%s, %s", row.name, name), func(t *testing.T) {
				m := &minute{t: t, url: fresh(t), due: map[ticketing.Reference]time.Time{}}
				db := open(t, m.url, func() time.Time { return minuteEnd })
				m.City = ticketingtest.NewCity(t, db, minuteEnd.Add(-100*24*time.Hour), "")
				m.open(db, others, minuteEnd.Add(47*time.Hour), time.Hour, false)
				m.open(db, row.due, minuteEnd, row.span, true)
				took := m.judge(row.processes)
				t.Logf("%d of %d promises recorded in %s", row.due, others+row.due, took.Round(time.Millisecond))
				if took > row.within {
					t.Errorf("took %s, want at most %s", took, row.within)
				}
				m.check(db)
			})
		}
	}
}
