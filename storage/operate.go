package storage

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"time"

	"gorm.io/gorm"

	"github.com/sistem48/system48/storage/jobs"
	"github.com/sistem48/system48/ticketing"
)

// This file holds what operators need: readiness, numbers, backup, periodic work.

// Ping asks the database for a sign of life, as a reader and as a writer would
// meet it. Busy when it is away.
func (db *DB) Ping(ctx context.Context) error {
	if db.engine == postgresEngine {
		return translate(db.pool.Ping(ctx))
	}
	var one int
	return translate(db.sql.QueryRowContext(ctx, "select 1 from tickets union all select 1 limit 1").Scan(&one))
}

// RunDuties works the periodic duties of the installation until ctx ends; of
// several processes one starts each.
func (db *DB) RunDuties(ctx context.Context, cfg jobs.Config, duties []jobs.Duty) error {
	if db.engine == postgresEngine {
		cfg.Pool = db.pool
	} else {
		cfg.Writer = db.file.Writer
	}
	return jobs.Run(ctx, cfg, duties)
}

// BackupTo writes a consistent snapshot of the embedded database to a new file
// while everything goes on. Invalid with PostgreSQL, which has pg_dump.
func (db *DB) BackupTo(ctx context.Context, path string) error {
	if db.engine != sqliteEngine {
		return fmt.Errorf("snapshot: %w", ticketing.Invalid)
	}
	// A handle of its own: a long read beside the writer, which WAL allows.
	var file string
	if err := db.sql.QueryRowContext(ctx, "select file from pragma_database_list where name = 'main'").Scan(&file); err != nil {
		return translate(err)
	}
	own, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)")
	if err != nil {
		return err
	}
	defer own.Close() //nolint:errcheck // only read
	if _, err := own.ExecContext(ctx, "vacuum into ?", path); err != nil {
		return fmt.Errorf("snapshot: %w", translate(err))
	}
	return os.Chmod(path, 0o600)
}

// blobColumns are where rows name blobs.
var blobColumns = []struct{ table, column string }{
	{"attachments", "blob_key"}, {"messages", "raw_key"}, {"messages", "html_key"},
	{"deliveries", "raw_key"}, {"ledger", "raw_key"}, {"uploads", "blob_key"},
}

// KnownBlobs tells which of the keys are named by a row: what the sweeping of
// orphaned files asks.
func (db *DB) KnownBlobs(ctx context.Context, keys []string) (map[string]bool, error) {
	asked := make([]digest, len(keys))
	for i, k := range keys {
		asked[i] = digest(k)
	}
	known := map[string]bool{}
	for _, c := range blobColumns {
		list, err := findColumn(ctx, db, c.table, c.column, asked)
		if err != nil {
			return nil, err
		}
		for _, k := range list {
			known[string(k)] = true
		}
	}
	return known, nil
}

func findColumn(ctx context.Context, db *DB, table, column string, keys []digest) ([]digest, error) {
	var list []digest
	err := db.retry(ctx, func() error {
		list = nil
		return translate(db.read.WithContext(ctx).Session(&gorm.Session{}).Table(table).Where(column+" in ?", keys).Pluck(column, &list).Error)
	})
	return list, err
}

// A Summary is what metrics and doctor tell of the whole installation.
type Summary struct {
	Ledger         map[ticketing.LedgerState]int
	OldestReceived time.Time // of the ledger's unworked items; zero when there is none
	OpenOnTime     int       // tickets in work whose nearest promise is not yet due
	OpenLate       int
	OpenPaused     int // waiting for the citizen
}

// Overview counts. It reads indexes only, but all of the ledger's.
func (db *DB) Overview(ctx context.Context, now time.Time) (Summary, error) {
	s := Summary{Ledger: map[ticketing.LedgerState]int{}}
	err := db.retry(ctx, func() error {
		g := db.read.WithContext(ctx)
		var states []struct {
			State int16
			N     int
		}
		if err := g.Raw("select state, count(*) as n from ledger group by state").Scan(&states).Error; err != nil {
			return translate(err)
		}
		for _, x := range states {
			s.Ledger[ledgerStates[x.State]] = x.N
		}
		var oldest []ledgerRow
		if err := g.Raw("select * from ledger where state = 0 order by id limit 1").Scan(&oldest).Error; err != nil {
			return translate(err)
		}
		if len(oldest) > 0 {
			s.OldestReceived = oldest[0].StoredAt.time()
		}
		row := g.Raw(`select coalesce(sum(case when state <> 2 and due_at >= ? then 1 else 0 end), 0),
			coalesce(sum(case when state <> 2 and due_at < ? then 1 else 0 end), 0),
			coalesce(sum(case when state = 2 then 1 else 0 end), 0) from tickets where state < 3`, instant(now), instant(now)).Row()
		return translate(row.Scan(&s.OpenOnTime, &s.OpenLate, &s.OpenPaused))
	})
	return s, err
}
