package jobs_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sistem48/system48/storage/jobs"
	"github.com/sistem48/system48/storage/migrations"
	"github.com/sistem48/system48/storage/sqlite"
)

// TestDutiesRun lets a short duty run several times on the embedded database,
// and stops while one is at work.
func TestDutiesRun(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	h, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "jobs.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Writer.Close(); _ = h.Reader.Close() })
	if _, err := migrations.UpSQLite(ctx, h.Writer, time.Now); err != nil {
		t.Fatal(err)
	}
	var runs, failed atomic.Int64
	done := make(chan error, 1)
	go func() {
		done <- jobs.Run(ctx, jobs.Config{Writer: h.Writer, Zone: time.UTC, Log: slog.New(slog.DiscardHandler), ID: "test"}, []jobs.Duty{
			{Name: "short", Every: time.Second, Run: func(context.Context) error { runs.Add(1); return nil }},
			{Name: "failing", Every: time.Second, Run: func(context.Context) error { failed.Add(1); return context.DeadlineExceeded }},
			{Name: "daily", Hour: 3, Run: func(context.Context) error { t.Error("a daily duty ran at once"); return nil }},
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
			t.Errorf("Run() = %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("did not stop")
	}
}
