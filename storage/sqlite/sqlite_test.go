package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"

	"github.com/sistem48/system48/storage/sqlite"
)

type item struct {
	ID      int64 `gorm:"primaryKey"`
	Name    string
	DueAt   time.Time
	Urgent  bool
	Blob    []byte
	OwnerID *int64
}

const itemTables = `
create table owners (id integer primary key);
create table items (
	id integer primary key autoincrement,
	name text not null unique,
	due_at datetime check (due_at is null or typeof(due_at) = 'integer'),
	urgent boolean not null default false,
	blob blob,
	owner_id integer references owners(id)
);`

// open gives the handles of a fresh database with the test's tables, and GORM
// over the writer.
func open(t *testing.T) (*sqlite.Handles, *gorm.DB) {
	t.Helper()
	h, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
	if _, err := h.Writer.ExecContext(t.Context(), itemTables); err != nil {
		t.Fatal(err)
	}
	return h, orm(t, h.Writer)
}

func orm(t *testing.T, db *sql.DB) *gorm.DB {
	t.Helper()
	g, err := gorm.Open(sqlite.Dialector{Conn: db}, &gorm.Config{
		TranslateError: true, Logger: logger.Discard, SkipDefaultTransaction: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return g.WithContext(t.Context())
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	h, g := open(t)
	cet := time.FixedZone("CET", 3600)
	want := item{Name: "ćuprija", DueAt: time.Date(2026, 11, 23, 10, 0, 0, 123456789, cet), Urgent: true, Blob: []byte{0, 1, 255}}
	if err := g.Create(&want).Error; err != nil {
		t.Fatal(err)
	}
	var got item
	if err := orm(t, h.Reader).Take(&got, want.ID).Error; err != nil {
		t.Fatal(err)
	}
	if got.DueAt.Location() != time.UTC {
		t.Errorf("location of a time read back = %v, want UTC", got.DueAt.Location())
	}
	want.DueAt = time.Date(2026, 11, 23, 9, 0, 0, 123456000, time.UTC)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("row read back (-want +got):\n%s", diff)
	}
}

// A condition in another zone must compare by instant: with times kept as text
// it compares the letters of the zones.
func TestTimesCompareByInstant(t *testing.T) {
	t.Parallel()
	_, g := open(t)
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	if err := g.Create(&item{Name: "a", DueAt: noon}).Error; err != nil {
		t.Fatal(err)
	}
	cet := time.FixedZone("CET", 3600)
	tests := []struct {
		name   string
		before time.Time
		want   int64
	}{
		{"12:30 CET is 11:30 UTC", time.Date(2026, 11, 23, 12, 30, 0, 0, cet), 0},
		{"13:30 CET is 12:30 UTC", time.Date(2026, 11, 23, 13, 30, 0, 0, cet), 1},
		{"a microsecond later", noon.Add(time.Microsecond), 1},
	}
	for _, tt := range tests {
		var n int64
		if err := g.Model(&item{}).Where("due_at < ?", tt.before).Count(&n).Error; err != nil {
			t.Fatal(err)
		}
		if n != tt.want {
			t.Errorf("%s: %d rows, want %d", tt.name, n, tt.want)
		}
	}
}

func TestTranslate(t *testing.T) {
	t.Parallel()
	_, g := open(t)
	if err := g.Create(&item{Name: "a"}).Error; err != nil {
		t.Fatal(err)
	}
	owner := int64(42)
	tests := []struct {
		name string
		err  error
		want error
	}{
		{"unique", g.Create(&item{Name: "a"}).Error, gorm.ErrDuplicatedKey},
		{"primary key", g.Create(&item{ID: 1, Name: "b"}).Error, gorm.ErrDuplicatedKey},
		{"foreign key", g.Create(&item{Name: "c", OwnerID: &owner}).Error, gorm.ErrForeignKeyViolated},
		{"check", g.Exec("insert into items(name, due_at) values ('d', 'tomorrow')").Error, gorm.ErrCheckConstraintViolated},
		{"not null", g.Exec("insert into items(name) values (null)").Error, gorm.ErrCheckConstraintViolated},
	}
	for _, tt := range tests {
		if !errors.Is(tt.err, tt.want) {
			t.Errorf("%s: error %v, want %v", tt.name, tt.err, tt.want)
		}
		if sqlite.Unavailable(tt.err) {
			t.Errorf("%s: Unavailable() = true", tt.name)
		}
	}
}

func TestSavepointUndoesOnlyItself(t *testing.T) {
	t.Parallel()
	_, g := open(t)
	err := g.Transaction(func(tx *gorm.DB) error {
		if err := tx.Create(&item{Name: "outer"}).Error; err != nil {
			return err
		}
		inner := tx.Transaction(func(tx *gorm.DB) error {
			if err := tx.Create(&item{Name: "inner"}).Error; err != nil {
				return err
			}
			return tx.Create(&item{Name: "outer"}).Error
		})
		if !errors.Is(inner, gorm.ErrDuplicatedKey) {
			t.Errorf("inner transaction = %v, want a duplicate", inner)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	if err := g.Model(&item{}).Pluck("name", &names).Error; err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"outer"}, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

func TestClauses(t *testing.T) {
	t.Parallel()
	_, g := open(t)
	for _, n := range []string{"a", "b", "c", "d"} {
		if err := g.Create(&item{Name: n}).Error; err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	if err := g.Model(&item{}).Order("name").Offset(2).Pluck("name", &names).Error; err != nil {
		t.Fatalf("offset without limit: %v", err)
	}
	if diff := cmp.Diff([]string{"c", "d"}, names); diff != "" {
		t.Errorf("offset without limit (-want +got):\n%s", diff)
	}
	names = nil
	if err := g.Model(&item{}).Order("name").Limit(1).Offset(1).Pluck("name", &names).Error; err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"b"}, names); diff != "" {
		t.Errorf("limit and offset (-want +got):\n%s", diff)
	}
	var locked item
	lock := clause.Locking{Strength: clause.LockingStrengthUpdate, Options: clause.LockingOptionsSkipLocked}
	if err := g.Clauses(lock).Take(&locked, "name = ?", "a").Error; err != nil {
		t.Errorf("FOR UPDATE SKIP LOCKED = %v, want it ignored", err)
	}
	up := clause.OnConflict{Columns: []clause.Column{{Name: "name"}}, DoUpdates: clause.AssignmentColumns([]string{"urgent"})}
	if err := g.Clauses(up).Create(&item{Name: "a", Urgent: true}).Error; err != nil {
		t.Fatalf("upsert: %v", err)
	}
	var again item
	if err := g.Take(&again, "name = ?", "a").Error; err != nil || !again.Urgent {
		t.Errorf("after the upsert urgent = %v, %v", again.Urgent, err)
	}
}

func TestReaderCannotWrite(t *testing.T) {
	t.Parallel()
	h, _ := open(t)
	if _, err := h.Reader.ExecContext(t.Context(), "insert into items(name) values ('x')"); err == nil {
		t.Error("the reader handle wrote a row")
	}
}

// Every connection has the settings of D4, whichever of a pool it is.
func TestSettingsOfEveryConnection(t *testing.T) {
	t.Parallel()
	h, _ := open(t)
	want := map[string]string{
		"synchronous": "2", "journal_mode": "wal", "foreign_keys": "1", "cache_size": "-4096",
		"mmap_size": "0", "busy_timeout": "5000",
	}
	check := func(name string, c *sql.Conn) {
		for pragma, value := range want {
			var got string
			if err := c.QueryRowContext(t.Context(), "pragma "+pragma).Scan(&got); err != nil {
				t.Errorf("%s: %s: %v", name, pragma, err)
			}
			if got != value {
				t.Errorf("%s: %s = %q, want %q", name, pragma, got, value)
			}
		}
	}
	for range 4 {
		c, err := h.Reader.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		check("reader", c)
	}
	w, err := h.Writer.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	check("writer", w)
}

// Transactions that read and then write fail at once on deferred locks
// (SQLITE_BUSY_SNAPSHOT) and starve on unfair ones; the one writer gives
// neither.
func TestReadThenWriteNeverFails(t *testing.T) {
	t.Parallel()
	_, g := open(t)
	if err := g.Create(&item{Name: "counter"}).Error; err != nil {
		t.Fatal(err)
	}
	const writers, each = 8, 20
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				err := g.Transaction(func(tx *gorm.DB) error {
					var it item
					if err := tx.Take(&it, "name = ?", "counter").Error; err != nil {
						return err
					}
					it.Blob = append(it.Blob, 1)
					return tx.Model(&item{}).Where("id = ?", it.ID).Update("blob", it.Blob).Error
				})
				if err != nil {
					t.Errorf("transaction: %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
	var it item
	if err := g.Take(&it, "name = ?", "counter").Error; err != nil {
		t.Fatal(err)
	}
	if len(it.Blob) != writers*each {
		t.Errorf("%d updates arrived, want %d", len(it.Blob), writers*each)
	}
}

func TestOpenFiles(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, file string }{
		{"plain", "s48.db"},
		{"blanks and marks", "data base?mode=memory&x#1%20.db"},
		{"letters beyond ASCII", "пошта ćuprija.db"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), tt.file)
			h, err := sqlite.Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := h.Writer.ExecContext(t.Context(), "create table a (x)"); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{path, path + "-wal", path + "-shm"} {
				fi, err := os.Stat(name)
				if err != nil {
					t.Fatalf("the database lies elsewhere: %v", err)
				}
				if fi.Mode().Perm() != 0o600 {
					t.Errorf("mode of %s = %v, want 0600", filepath.Base(name), fi.Mode().Perm())
				}
			}
			if err := h.Close(); err != nil {
				t.Error(err)
			}
			if h, err = sqlite.Open(t.Context(), path); err != nil {
				t.Fatalf("second Open() = %v", err)
			}
			if err := h.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	notADatabase := filepath.Join(dir, "letter.txt")
	if err := os.WriteFile(notADatabase, []byte("Poštovani, na uglu Njegoševe ne radi rasvjeta već tri dana."), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"", ":memory:", filepath.Join(dir, "missing", "x.db"), notADatabase} {
		h, err := sqlite.Open(t.Context(), path)
		if err == nil {
			_ = h.Close()
			t.Errorf("Open(%q) succeeded", path)
		}
	}
}

func TestCancelledWriteLeavesNoTransaction(t *testing.T) {
	t.Parallel()
	h, g := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	tx, err := h.Writer.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(ctx, "insert into items(name) values ('half')"); err != nil {
		t.Fatal(err)
	}
	cancel()
	_ = tx.Rollback()
	var n int64
	if err := g.Model(&item{}).Count(&n).Error; err != nil {
		t.Fatal(err)
	}
	if n != 0 {
		t.Errorf("%d rows after a cancelled transaction, want 0", n)
	}
}
