package storage

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// How many are taken from the database at once. Those of a process that ends
// are lost, which leaves gaps and nothing else.
const (
	idBlock     = 64
	numberBlock = 8
)

// identifiers hands out numbers from blocks, so that a transaction needs no
// statement for them. A number handed out never comes again, whatever becomes
// of the transaction.
type identifiers struct {
	db    *DB
	mu    sync.Mutex
	free  map[string][]int64
	years map[int]bool // whose sequence exists
}

func newIdentifiers(db *DB) *identifiers {
	return &identifiers{db: db, free: map[string][]int64{}, years: map[int]bool{}}
}

var (
	serverBlock = sqlQuery(`select nextval(?::regclass) from generate_series(1, ?)`)
	fileBlock   = sqlQuery(`insert into counters (name, next) values (?, 1 + ?)
		on conflict (name) do update set next = counters.next + excluded.next - 1 returning next`)
)

// next gives the next number of the counter.
func (ids *identifiers) next(t *tx, counter string, block int) (int64, error) {
	if n, ok := ids.take(counter); ok {
		return n, nil
	}
	fresh, err := ids.fetch(t, counter, block)
	if err != nil {
		return 0, fmt.Errorf("take numbers of %s: %w", counter, err)
	}
	ids.mu.Lock()
	ids.free[counter] = append(ids.free[counter], fresh[1:]...)
	ids.mu.Unlock()
	return fresh[0], nil
}

func (ids *identifiers) take(counter string) (int64, bool) {
	ids.mu.Lock()
	defer ids.mu.Unlock()
	list := ids.free[counter]
	if len(list) == 0 {
		return 0, false
	}
	ids.free[counter] = list[1:]
	return list[0], true
}

func (ids *identifiers) fetch(t *tx, counter string, block int) ([]int64, error) {
	fresh := make([]int64, 0, block)
	if ids.db.engine == postgresEngine {
		err := t.readAll(statement{query: serverBlock, args: []any{counter, block}, read: func(r rows) error {
			for r.Next() {
				var n int64
				if err := r.Scan(&n); err != nil {
					return err
				}
				fresh = append(fresh, n)
			}
			return r.Err()
		}})
		slices.Sort(fresh)
		return fresh, err
	}
	if c, ok := t.conn.(*fileConn); ok {
		c.refilled, c.group.refilled = true, true
	}
	var next int64
	if err := t.readOne(counter, fileBlock, []any{counter, block}, &next); err != nil {
		return nil, err
	}
	for n := next - int64(block); n < next; n++ {
		fresh = append(fresh, n)
	}
	return fresh, nil
}

// forget drops what is left of the blocks, because a rollback gave them back
// to the table.
func (ids *identifiers) forget() {
	ids.mu.Lock()
	defer ids.mu.Unlock()
	ids.free = map[string][]int64{}
}

// NextID hands out an identifier; see ticketing.Tx.
func (t *tx) NextID(_ context.Context, kind ticketing.IDKind) (int64, error) {
	return t.id(kind)
}

func (t *tx) id(kind ticketing.IDKind) (int64, error) {
	n, err := t.db.ids.next(t, string(kind)+"_ids", idBlock)
	if kind == ticketing.IDDelivery && err == nil {
		if t.fresh == nil {
			t.fresh = map[int64]bool{}
		}
		t.fresh[n] = true
	}
	return n, err
}

// NextNumber hands out the next ticket number of the year; see ticketing.Tx.
func (t *tx) NextNumber(ctx context.Context, year int) (int64, error) {
	if year < 1970 || year > 9999 {
		return 0, fmt.Errorf("year %d: %w", year, ticketing.Invalid)
	}
	if err := t.db.ids.ensureYear(ctx, year); err != nil {
		return 0, translate(err)
	}
	return t.db.ids.next(t, yearCounter(year), numberBlock)
}

func yearCounter(year int) string { return fmt.Sprintf("ticket_numbers_%d", year) }

// ensureYear makes the sequence of a year that has none. It works outside the
// caller's transaction, so that no number waits for another's commit.
func (ids *identifiers) ensureYear(ctx context.Context, year int) error {
	if ids.db.engine == sqliteEngine {
		return nil // the counter appears with its first use
	}
	ids.mu.Lock()
	known := ids.years[year]
	ids.mu.Unlock()
	if known {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, ids.db.wait)
	defer cancel()
	var err error
	for pause := 10 * time.Millisecond; pause < 200*time.Millisecond; pause *= 2 {
		// Two processes that create it at the same instant meet in the catalogue.
		if _, err = ids.db.pool.Exec(ctx, "create sequence if not exists "+yearCounter(year)); err == nil {
			ids.mu.Lock()
			ids.years[year] = true
			ids.mu.Unlock()
			return nil
		}
		time.Sleep(jitter(pause))
	}
	return err
}
