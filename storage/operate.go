package storage

import (
	"context"
	"fmt"
	"sync"
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
	own := db.jobsConfig()
	cfg.Pool, cfg.Writer = own.Pool, own.Writer
	return jobs.Run(ctx, cfg, duties)
}

// jobsConfig says where the jobs are.
func (db *DB) jobsConfig() jobs.Config {
	cfg := jobs.Config{Pool: db.pool, Log: db.log}
	if db.file != nil {
		cfg.Writer = db.file.Writer
	}
	return cfg
}

// BackupTo writes a consistent snapshot of the embedded database to a new file
// while everything goes on. Invalid with PostgreSQL, which has pg_dump.
func (db *DB) BackupTo(ctx context.Context, path string) error {
	if db.engine != sqliteEngine {
		return fmt.Errorf("snapshot: %w", ticketing.Invalid)
	}
	return translate(db.file.Snapshot(ctx, path))
}

// blobColumns are where rows name blobs.
var blobColumns = []struct{ table, column string }{
	{"attachments", "blob_key"},
	{"messages", "raw_key"},
	{"messages", "html_key"},
	{"deliveries", "raw_key"},
	{"ledger", "raw_key"},
	{"uploads", "blob_key"},
	{"subscriptions", "file"},
	{"calls", "file_key"},
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

var (
	countOdd      = sqlQuery("select state, count(*) from ledger where state >= 3 group by state")
	countReceived = sqlQuery("select count(*) from ledger where state = 0")
	countSettled  = sqlQuery("select state, count(*), max(id) from ledger where id > ? and state in (1, 2) group by state")
	oldestWaiting = sqlQuery("select stored_at from ledger where state = 0 order by id limit 1")
	countPromises = sqlQuery(`select
		coalesce(sum(case when state <> 2 and due_at >= ? then 1 else 0 end), 0),
		coalesce(sum(case when state <> 2 and due_at < ? then 1 else 0 end), 0),
		coalesce(sum(case when state = 2 then 1 else 0 end), 0)
		from tickets {lite:indexed by tickets_work_department_due} where state < 3`)
)

// settledCount keeps how many ledger items up to an identifier have become
// messages, so that counting does not grow with the years.
type settledCount struct {
	mu   sync.Mutex
	upTo int64
	n    map[int16]int
}

// Overview counts, from indexes. Items that became messages long ago are
// counted once per process; one that was retried much later is missed in it.
func (db *DB) Overview(ctx context.Context, now time.Time) (Summary, error) {
	c := &db.settled
	c.mu.Lock()
	defer c.mu.Unlock()
	byState, fresh := map[int16]int{}, map[int16]int{}
	var found, waits bool
	var s Summary
	var oldest instant
	var received int
	var top int64
	err := db.query(ctx,
		statement{query: countOdd, read: intoCounts(byState, nil)},
		statement{query: countReceived, read: one(&found, &received)},
		statement{query: countSettled, args: []any{c.upTo}, read: intoCounts(fresh, &top)},
		statement{query: oldestWaiting, read: one(&waits, &oldest)},
		statement{query: countPromises, args: []any{instant(now), instant(now)}, read: one(&found, &s.OpenOnTime, &s.OpenLate, &s.OpenPaused)},
	)
	if err != nil {
		return Summary{}, err
	}
	s.Ledger = map[ticketing.LedgerState]int{ticketing.LedgerReceived: received}
	recent := 0
	for state, n := range fresh {
		recent += n
		byState[state] = n
	}
	for state, n := range c.n {
		byState[state] += n
	}
	for state, n := range byState {
		s.Ledger[ledgerStates[state]] = n
	}
	if waits {
		s.OldestReceived = oldest.time()
	} else if recent > countAnew { // everything up to the newest is settled
		c.upTo, c.n = top, map[int16]int{1: byState[1], 2: byState[2]}
	}
	return s, nil
}

// intoCounts reads numbers by state; top, when not nil, the largest identifier.
func intoCounts(counts map[int16]int, top *int64) func(rows) error {
	return func(r rows) error {
		clear(counts)
		for r.Next() {
			var state int16
			var n int
			var last int64
			dest := []any{&state, &n}
			if top != nil {
				dest = append(dest, &last)
			}
			if err := r.Scan(dest...); err != nil {
				return err
			}
			counts[state] = n
			if top != nil {
				*top = max(*top, last)
			}
		}
		return r.Err()
	}
}
