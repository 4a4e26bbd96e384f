package storage_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sistem48/system48/storage"
	"github.com/sistem48/system48/storage/jobs"
	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

func repeat(s string) string { return strings.Repeat(s, 32) }

// KnownBlobs knows every blob that a row names, and no other.
func TestKnownBlobs(t *testing.T) {
	eachEngine(t, func(t *testing.T, url string) {
		db := open(t, url, time.Now)
		now := time.Now()
		f, _, err := db.Acquire(t.Context(), "mailbox:main", "me", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.Accept(t.Context(), f, []ticketing.Arrival{{
			Channel: ticketing.ChannelEmail, Box: ticketing.Mailbox{Account: "main", Folder: "INBOX", UIDValidity: 1}, UID: 1, RawKey: repeat("a1"),
		}})
		if err != nil {
			t.Fatal(err)
		}
		err = db.InTx(t.Context(), func(tx ticketing.Tx) error {
			k, err := newTicket(t.Context(), tx, now)
			if err != nil {
				return err
			}
			k.Pending.Messages = []ticketing.Message{{
				Episode: 1, Direction: ticketing.In, Channel: ticketing.ChannelEmail, RawKey: repeat("a2"), RawSHA256: repeat("a2"), HTMLKey: repeat("a3"),
				Files: []ticketing.Attachment{{Key: repeat("a4")}}, ReceivedAt: now, CreatedAt: now,
			}}
			k.Pending.Deliveries = []ticketing.Delivery{{
				Purpose: ticketing.PurposeReceipt, Channel: ticketing.ChannelEmail, State: ticketing.DeliveryPending, RawKey: repeat("a5"), SendAfter: now, CreatedAt: now,
			}}
			return tx.SaveTicket(t.Context(), k)
		})
		if err != nil {
			t.Fatal(err)
		}
		err = db.InTx(t.Context(), func(tx ticketing.Tx) error {
			return tx.SaveSubscription(t.Context(), &ticketing.Subscription{Agent: 1, Wanted: true, Issue: "2026-11-27", File: repeat("a7")})
		})
		if err != nil {
			t.Fatal(err)
		}
		err = db.AddUpload(t.Context(), ticketing.Upload{ID: "u", Agent: 1, Ticket: 1, Kind: ticketing.DraftReply, File: ticketing.Attachment{Key: repeat("a6")}, At: now})
		if err != nil {
			t.Fatal(err)
		}
		err = db.InTx(t.Context(), func(tx ticketing.Tx) error {
			return tx.SaveCall(t.Context(), &ticketing.Call{
				Source: "pbx", Key: "1", Started: now, Disposition: ticketing.LedgerReceived, File: ticketing.Attachment{Key: repeat("a8")}, CreatedAt: now, UpdatedAt: now,
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		var asked []string
		want := map[string]bool{}
		for i := range 10 {
			key := repeat(fmt.Sprintf("a%d", i))
			asked = append(asked, key)
			if i >= 1 && i <= 8 {
				want[key] = true
			}
		}
		got, err := db.KnownBlobs(t.Context(), asked)
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range got {
			if !v {
				delete(got, k)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("known blobs (-want +got):\n%s", diff)
		}
	})
}

// F57 and F58: a snapshot made while others write is whole, and after a restore
// nothing goes out until somebody says so.
func TestF57Snapshot(t *testing.T) {
	t.Parallel()
	db := open(t, engines()["sqlite"](t), time.Now)
	ctx, stop := context.WithCancel(t.Context())
	var writing sync.WaitGroup
	for w := range 3 {
		writing.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				if err := once(t.Context(), db, fmt.Sprint(w, "/", i)); err != nil {
					t.Errorf("InTx() = %v", err)
				}
			}
		})
	}
	if err := send(t, db); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	if _, ok, err := db.Acquire(t.Context(), "mailbox/s48", "who was backed up", time.Minute); err != nil || !ok {
		t.Fatalf("Acquire() = %t, %v", ok, err)
	}
	path := filepath.Join(t.TempDir(), "copy of the database.db")
	err := db.BackupTo(t.Context(), path)
	stop()
	writing.Wait()
	if err != nil {
		t.Fatalf("BackupTo() = %v", err)
	}
	copied := open(t, "sqlite:"+path, time.Now)
	if got, all := countTickets(t, copied), countTickets(t, db); got == 0 || got > all {
		t.Errorf("the copy has %d tickets of %d", got, all)
	}
	_, h := copied.Handles()
	var verdict string
	if err := h.Reader.QueryRowContext(t.Context(), "pragma integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity_check = %q, %v", verdict, err)
	}
	if held, err := copied.HoldOutgoing(t.Context()); err != nil || held != 1 {
		t.Errorf("HoldOutgoing() = %d, %v, want 1", held, err)
	}
	if _, ok, err := copied.Acquire(t.Context(), "mailbox/s48", "who was restored", time.Minute); err != nil || !ok {
		t.Errorf("the restored installation waits for a lease of the one before: %t, %v (F57)", ok, err)
	}
	list, err := copied.ClaimDeliveries(t.Context(), ticketing.ChannelEmail, 10, time.Minute, 10)
	if err != nil || len(list) != 0 {
		t.Errorf("a held delivery was claimed: %d, %v", len(list), err)
	}
	if err := db.BackupTo(t.Context(), path); err == nil {
		t.Error("BackupTo() wrote over a file")
	}
}

// send puts one delivery into the outbox.
func send(t *testing.T, db *storage.DB) error {
	t.Helper()
	return db.InTx(t.Context(), func(tx ticketing.Tx) error {
		return tx.SaveDelivery(t.Context(), &ticketing.Delivery{
			Purpose: ticketing.PurposeAnswer, Channel: ticketing.ChannelEmail, State: ticketing.DeliveryPending, Text: "Poštovani,",
			SendAfter: time.Now().Add(-time.Second), CreatedAt: time.Now(),
		})
	})
}

func TestOverview(t *testing.T) {
	eachEngine(t, func(t *testing.T, url string) {
		clock := ticketingtest.NewClock()
		db := open(t, url, clock.Now)
		f, _, err := db.Acquire(t.Context(), "m", "me", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		arrivals := make([]ticketing.Arrival, 3)
		for i := range arrivals {
			arrivals[i] = ticketing.Arrival{Channel: ticketing.ChannelEmail, UID: uint32(i + 1), RawKey: repeat(fmt.Sprintf("b%d", i)), ContentKey: repeat("cc")}
		}
		arrivals[2].ContentKey, arrivals[2].Ignore = "", ticketing.ReasonBeforeStart
		if _, err := db.Accept(t.Context(), f, arrivals); err != nil {
			t.Fatal(err)
		}
		fill(t, db, 200)
		got, err := db.Overview(t.Context(), clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		want := map[ticketing.LedgerState]int{ticketing.LedgerReceived: 1, ticketing.LedgerDuplicate: 1, ticketing.LedgerIgnored: 1}
		if diff := cmp.Diff(want, got.Ledger); diff != "" {
			t.Errorf("ledger (-want +got):\n%s", diff)
		}
		if !got.OldestReceived.Equal(clock.Now().UTC()) {
			t.Errorf("OldestReceived = %v, want %v", got.OldestReceived, clock.Now())
		}
		if sum := got.OpenLate + got.OpenOnTime + got.OpenPaused; sum != 10 || got.OpenPaused == 0 || got.OpenLate == 0 {
			t.Errorf("open: %+v, want 10 in all", got)
		}
		if err := db.Ping(t.Context()); err != nil {
			t.Errorf("Ping() = %v", err)
		}
	})
}

// done collects what tasks did.
type done struct {
	mu   sync.Mutex
	args []string
}

func (d *done) add(s string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.args = append(d.args, s)
	return len(d.args)
}

func (d *done) list() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.args...)
}

// A task is done when its transaction commits, once, and not when it does not;
// a task of the same key that waits already is not entered twice.
func TestTasksCommitWithTheirCause(t *testing.T) {
	eachEngine(t, func(t *testing.T, url string) {
		db := open(t, url, time.Now)
		enter := func(kind, key, arg string, end error) {
			t.Helper()
			err := db.InTx(t.Context(), func(tx ticketing.Tx) error {
				if _, err := newTicket(t.Context(), tx, time.Now()); err != nil {
					return err
				}
				args, err := json.Marshal(arg)
				if err != nil {
					return err
				}
				if err := db.Enqueue(t.Context(), tx, jobs.Task{Kind: kind, Key: key, Args: args}); err != nil {
					return err
				}
				return end
			})
			if !errors.Is(err, end) {
				t.Fatalf("InTx() = %v, want %v", err, end)
			}
		}
		enter("export", "", "one", nil)
		enter("export", "", "rolled back", context.Canceled)
		enter("export", "", "two", nil)
		enter("recompute", "all", "first", nil)
		enter("recompute", "all", "second", nil)
		if got := countTickets(t, db); got != 4 {
			t.Errorf("%d tickets, want 4", got)
		}
		var exported, recomputed, ticks done
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() {
			worker := func(d *done) func(context.Context, json.RawMessage) error {
				return func(_ context.Context, args json.RawMessage) error {
					d.add(string(args))
					return nil
				}
			}
			cfg := jobs.Config{Zone: time.UTC, Log: quiet(), ID: "test", Tasks: []jobs.TaskWorker{
				{Kind: "export", Run: worker(&exported)}, {Kind: "recompute", Run: worker(&recomputed)},
			}}
			duty := jobs.Duty{Name: "tick", Every: time.Minute, Run: func(context.Context) error {
				ticks.add("tick")
				return nil
			}}
			if err := db.RunDuties(ctx, cfg, []jobs.Duty{duty}); err != nil {
				t.Errorf("RunDuties() = %v", err)
			}
		})
		for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
			if len(exported.list()) >= 2 && len(recomputed.list()) >= 1 && len(ticks.list()) >= 1 {
				break
			}
		}
		time.Sleep(300 * time.Millisecond)
		stop()
		running.Wait()
		got := exported.list()
		if len(got) == 2 && got[0] > got[1] {
			got[0], got[1] = got[1], got[0]
		}
		if diff := cmp.Diff([]string{`"one"`, `"two"`}, got); diff != "" {
			t.Errorf("exports done (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{`"first"`}, recomputed.list()); diff != "" {
			t.Errorf("recomputations done (-want +got):\n%s", diff)
		}
		if len(ticks.list()) != 1 {
			t.Errorf("the duty ran %d times at the start, want once", len(ticks.list()))
		}
	})
}

// A transaction of another store cannot carry a task.
func TestTaskInAForeignTransaction(t *testing.T) {
	t.Parallel()
	db, other := open(t, engines()["sqlite"](t), time.Now), open(t, engines()["sqlite"](t), time.Now)
	err := other.InTx(t.Context(), func(tx ticketing.Tx) error { return db.Enqueue(t.Context(), tx, jobs.Task{Kind: "x"}) })
	if err == nil {
		t.Error("Enqueue() took a transaction of another database")
	}
}
