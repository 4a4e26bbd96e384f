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
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/letters"
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
	dir, err := db.Directory(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
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
							Category: m.Pothole, Department: m.Roads.ID, ReceivedAt: at,
						}, ticketing.SystemActor("intake"), dir.Rules, at)
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
	book, err := letters.New(letters.Options{City: "Podgorica", Phone: "080 081 048", Zone: ticketingtest.Zone(), Default: lang.SrLatn})
	if err != nil {
		m.t.Fatal(err)
	}
	for range processes {
		db := open(m.t, m.url, now)
		b := &ticketing.Bureau{Store: db, Keys: ticketingtest.Keyring(), Letters: book, Settings: ticketingtest.Settings(), Now: now}
		watches = append(watches, ticketing.Watch{Bureau: b, Duties: db})
	}
	start := time.Now()
	var wait sync.WaitGroup
	for _, w := range watches {
		wait.Go(func() {
			tell := ticketing.Escalation{Bureau: w.Bureau}
			for _, run := range []func(context.Context) (int, error){w.Run, tell.Run} {
				for did := 1; did > 0; {
					var err error
					if did, err = run(context.Background()); err != nil {
						m.t.Error(err)
						return
					}
				}
			}
		})
	}
	wait.Wait()
	return time.Since(start)
}

// check demands of every due promise one breach at its due instant (I9), and that
// each step of its ladder up to then was taken once: whoever was to answer four
// hours before, the head at due.
func (m *minute) check(db *storage.DB) {
	m.t.Helper()
	wrong := 0
	for ref, due := range m.due {
		events, err := db.TicketEvents(m.t.Context(), anyone, ref)
		if err != nil {
			m.t.Fatal(err)
		}
		breaches, steps := 0, map[string]int{}
		for _, e := range events {
			if e.Kind == ticketing.EventEscalated {
				steps[fmt.Sprint(e.Data["after"], e.Data["tell"])]++
			}
			if e.Kind == ticketing.EventBreached {
				if breaches++; e.Data["due"] != due.Format(time.RFC3339) {
					m.t.Errorf("%s fell due %v, recorded %v", ref, due, e.Data["due"])
				}
			}
		}
		ladder := len(steps) == 2 && steps["-14400assignee"] == 1 && steps["0head"] == 1
		if _, ok := ticketing.VerifyChain(events, 0, ""); breaches != 1 || !ok || !ladder {
			wrong++
			if wrong < 10 {
				m.t.Errorf("%s: %d breaches recorded, chain whole: %t, steps of the ladder: %v", ref, breaches, ok, steps)
			}
		}
	}
	m.told(db)
}

// told demands one letter to the head about all that fell due together.
func (m *minute) told(db *storage.DB) {
	m.t.Helper()
	list, err := db.ClaimDeliveries(m.t.Context(), ticketing.ChannelEmail, 10_000, time.Hour, 10_000)
	if err != nil {
		m.t.Fatal(err)
	}
	to := map[string]int{}
	for _, d := range list {
		to[d.To.Address]++
	}
	if to[m.Hana.Email] != 1 {
		m.t.Errorf("the head was told by %d letters, want 1: %v", to[m.Hana.Email], to)
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
