package storage_test

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sistem48/system48/storage/jobs"
	"github.com/sistem48/system48/storage/storagetest"
	"github.com/sistem48/system48/ticketing"
)

func duties(id string) jobs.Config {
	return jobs.Config{Zone: time.UTC, Log: quiet(), ID: id}
}

// TestDutiesRun lets short duties run several times, one of which always
// fails, and stops.
func TestDutiesRun(t *testing.T) {
	eachEngine(t, func(t *testing.T, url string) {
		db := open(t, url, time.Now)
		ctx, cancel := context.WithCancel(t.Context())
		var runs, failed atomic.Int64
		done := make(chan error, 1)
		go func() {
			done <- db.RunDuties(ctx, duties("one"), []jobs.Duty{
				{Name: "short", Every: time.Second, Run: func(context.Context) error { runs.Add(1); return nil }},
				{Name: "failing", Every: time.Second, Run: func(context.Context) error { failed.Add(1); return context.DeadlineExceeded }},
				{Name: "daily", Hour: (time.Now().UTC().Hour() + 3) % 24, Run: func(context.Context) error { t.Error("a daily duty ran at once"); return nil }},
			})
		}()
		deadline := time.Now().Add(40 * time.Second)
		for runs.Load() < 2 || failed.Load() < 2 {
			if time.Now().After(deadline) {
				t.Fatalf("ran %d and %d times", runs.Load(), failed.Load())
			}
			time.Sleep(50 * time.Millisecond)
		}
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("RunDuties() = %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Error("did not stop")
		}
	})
}

// TestDutiesOfTwoProcesses: of two processes one starts each run, so that a
// duty does not run twice in its period.
func TestDutiesOfTwoProcesses(t *testing.T) {
	t.Parallel()
	dsn := storagetest.Postgres(t)
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	var at []time.Time
	var running sync.WaitGroup
	for _, id := range []string{"one", "two"} {
		db := open(t, dsn, time.Now)
		running.Go(func() {
			err := db.RunDuties(ctx, duties(id), []jobs.Duty{{Name: "watch", Every: 2 * time.Second, Run: func(context.Context) error {
				mu.Lock()
				defer mu.Unlock()
				at = append(at, time.Now())
				return nil
			}}})
			if err != nil {
				t.Errorf("RunDuties() = %v", err)
			}
		})
	}
	for deadline := time.Now().Add(40 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		mu.Lock()
		n := len(at)
		mu.Unlock()
		if n >= 4 {
			break
		}
	}
	cancel()
	running.Wait()
	mu.Lock()
	defer mu.Unlock()
	if len(at) < 3 {
		t.Fatalf("the duty ran %d times", len(at))
	}
	// Periods are multiples of two seconds of the clock: more than one run in one is one too many.
	seen := map[int64]int{}
	for _, x := range at {
		seen[x.Unix()/2]++
	}
	for period, n := range seen {
		if n > 2 {
			t.Errorf("%d runs in period %d", n, period)
		}
	}
}

// TestTaskIsTriedAgain: a task that fails is done again later.
func TestTaskIsTriedAgain(t *testing.T) {
	eachEngine(t, func(t *testing.T, url string) {
		db := open(t, url, time.Now)
		var tries atomic.Int64
		cfg := duties("one")
		cfg.Tasks = []jobs.TaskWorker{{Kind: "export", Timeout: time.Minute, Run: func(context.Context, json.RawMessage) error {
			if tries.Add(1) < 2 {
				return context.DeadlineExceeded
			}
			return nil
		}}}
		if err := db.InTx(t.Context(), func(tx ticketing.Tx) error {
			return db.Enqueue(t.Context(), tx, jobs.Task{Kind: "export"})
		}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = db.RunDuties(ctx, cfg, nil) })
		for deadline := time.Now().Add(40 * time.Second); time.Now().Before(deadline) && tries.Load() < 2; time.Sleep(50 * time.Millisecond) {
			continue
		}
		cancel()
		running.Wait()
		if got := tries.Load(); got != 2 {
			t.Errorf("the task was tried %d times, want 2", got)
		}
	})
}
