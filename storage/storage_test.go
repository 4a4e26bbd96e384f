package storage_test

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/sistem48/system48/storage"
	"github.com/sistem48/system48/storage/storagetest"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// quiet is a logger for tests that do not look at the log.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// engines gives the URL of an empty database of each engine.
func engines() map[string]func(testing.TB) string {
	return map[string]func(testing.TB) string{
		"sqlite":   func(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "s48.db") },
		"postgres": storagetest.Postgres,
	}
}

// eachEngine runs a test on a fresh database of each engine.
func eachEngine(t *testing.T, test func(t *testing.T, url string)) {
	t.Parallel()
	for name, fresh := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, fresh(t))
		})
	}
}

func open(t testing.TB, url string, now func() time.Time) *storage.DB {
	t.Helper()
	db, err := storage.Open(t.Context(), storage.Config{URL: url, Zone: ticketingtest.Zone()}, now, quiet())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
	return db
}

var _ ticketingtest.Ports = (*storage.DB)(nil)

// I11: the same suite as the in-memory store.
func TestConformance(t *testing.T) {
	t.Parallel()
	for name, fresh := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storagetest.Run(t, func(t *testing.T) storagetest.Subject {
				clock := ticketingtest.NewClock()
				return storagetest.Subject{Ports: open(t, fresh(t), clock.Now), Clock: clock}
			})
		})
	}
}
