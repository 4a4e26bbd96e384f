package storage_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
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
		"sqlite":   migratedFile,
		"postgres": storagetest.Postgres,
	}
}

// migrated is what a file of the newest schema holds: making one takes a second
// under the race detector, and hundreds of tests want one.
var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "s48-migrated-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "s48.db")
	db, err := storage.Open(context.Background(), storage.Config{URL: "sqlite:" + file, Zone: ticketingtest.Zone()}, time.Now, quiet())
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(file) //nolint:gosec // G304: made above
})

// migratedFile gives the URL of a file with the newest schema and nothing in it.
func migratedFile(t testing.TB) string {
	t.Helper()
	content, err := migrated()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "s48.db")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + file
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

// skipWhenShort leaves out what fills a database with thousands of rows to look
// at plans and figures: with the race detector that takes minutes and finds no race.
func skipWhenShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("thousands of rows: not with -short")
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
