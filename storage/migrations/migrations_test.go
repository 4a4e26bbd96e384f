package migrations_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/sistem48/system48/storage/migrations"
	"github.com/sistem48/system48/storage/sqlite"
	"github.com/sistem48/system48/storage/storagetest"
)

// An engine opens one database several times, as several processes would.
type engine struct {
	name string
	open func(t *testing.T) func() database
}

type database struct {
	up   func(context.Context) (migrations.Result, error)
	down func(context.Context, int64) error
	exec func(context.Context, string) error
}

func engines() []engine {
	return []engine{{"sqlite", openSQLite}, {"postgres", openPostgres}}
}

func openSQLite(t *testing.T) func() database {
	path := filepath.Join(t.TempDir(), "m.db")
	return func() database {
		h, err := sqlite.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = h.Close() })
		return database{
			up: func(ctx context.Context) (migrations.Result, error) {
				return migrations.UpSQLite(ctx, h.Writer, time.Now)
			},
			down: func(ctx context.Context, v int64) error { return migrations.DownSQLite(ctx, h.Writer, v) },
			exec: func(ctx context.Context, q string) error {
				_, err := h.Writer.ExecContext(ctx, q)
				return err
			},
		}
	}
}

func openPostgres(t *testing.T) func() database {
	dsn := storagetest.Postgres(t)
	return func() database {
		pool, err := pgxpool.New(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(pool.Close)
		return database{
			up: func(ctx context.Context) (migrations.Result, error) {
				return migrations.UpPostgres(ctx, pool, time.Now)
			},
			down: func(ctx context.Context, v int64) error { return migrations.DownPostgres(ctx, pool, v) },
			exec: func(ctx context.Context, q string) error {
				_, err := pool.Exec(ctx, q)
				return err
			},
		}
	}
}

func TestUpDownUp(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			db := e.open(t)()
			first, err := db.up(t.Context())
			if err != nil {
				t.Fatalf("up: %v", err)
			}
			if first.From != 0 || first.To < 1 {
				t.Errorf("first run = %+v", first)
			}
			again, err := db.up(t.Context())
			if err != nil || again.From != first.To || again.To != first.To {
				t.Errorf("second run = %+v, %v; want nothing to do", again, err)
			}
			if err := db.down(t.Context(), 0); err != nil {
				t.Fatalf("down: %v", err)
			}
			third, err := db.up(t.Context())
			if err != nil || third.From != 0 || third.To != first.To {
				t.Errorf("up after down = %+v, %v", third, err)
			}
		})
	}
}

// N processes that start at once all find the newest schema.
func TestManyStarters(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			another := e.open(t)
			var wg sync.WaitGroup
			for range 4 {
				db := another()
				wg.Go(func() {
					if _, err := db.up(t.Context()); err != nil {
						t.Errorf("up: %v", err)
					}
				})
			}
			wg.Wait()
			if res, err := another().up(t.Context()); err != nil || res.From != res.To {
				t.Errorf("afterwards = %+v, %v; want nothing to do", res, err)
			}
		})
	}
}

// F59: a program older than the database refuses it, says what to do and
// changes nothing.
func TestF59NewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			db := e.open(t)()
			if _, err := db.up(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := db.exec(t.Context(), "insert into goose_db_version(version_id, is_applied) values (90000, true)"); err != nil {
				t.Fatal(err)
			}
			_, err := db.up(t.Context())
			var newer *migrations.NewerError
			if !errors.As(err, &newer) || newer.Have != 90000 || newer.Know < 1 {
				t.Fatalf("up = %v, want a *NewerError", err)
			}
		})
	}
}

// F59: a run that died in the middle left nothing of its file behind, and the
// next run succeeds.
func TestF59FailedRunIsRepeated(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			db := e.open(t)()
			// A table in the way makes the first file fail after its first statements.
			if err := db.exec(t.Context(), "create table "+lastTable+" (x integer)"); err != nil {
				t.Fatal(err)
			}
			if _, err := db.up(t.Context()); err == nil {
				t.Fatal("up succeeded over a table in its way")
			}
			if err := db.exec(t.Context(), "drop table "+lastTable); err != nil {
				t.Fatal(err)
			}
			if _, err := db.up(t.Context()); err != nil {
				t.Errorf("second run: %v", err)
			}
		})
	}
}

// lastTable is created towards the end of the first file.
const lastTable = "search_docs"
