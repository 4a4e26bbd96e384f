package storage

import (
	"context"
	"math"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
)

// historyBatch is how many tickets Histories holds at a time.
const historyBatch = 250

// Each walks an index that the lists have.
var (
	doneReceived = sqlQuery("select id, received_at from tickets where state >= 3 and spam = 0 and (received_at, id) > (?, ?) and received_at < ? order by received_at, id limit ?")
	workReceived = sqlQuery("select id, received_at from tickets where state < 3 and (received_at, id) > (?, ?) and received_at < ? order by received_at, id limit ?")
)

// Histories walks tickets by receipt; see [report.Histories].
func (db *DB) Histories(ctx context.Context, from, to time.Time, kinds []ticketing.EventKind, each func(*report.History) error) error {
	for _, q := range []query{doneReceived, workReceived} {
		at, id := instant(from), int64(math.MinInt64)
		for {
			var ids []int64
			read := func(r rows) error {
				for r.Next() {
					if err := r.Scan(&id, &at); err != nil {
						return err
					}
					ids = append(ids, id)
				}
				return r.Err()
			}
			if err := db.query(ctx, statement{query: q, args: []any{at, id, instant(to), historyBatch}, read: read}); err != nil {
				return err
			}
			if err := db.history(ctx, ids, kinds, each); err != nil {
				return err
			}
			if len(ids) < historyBatch {
				break
			}
		}
	}
	return nil
}

// history reads the tickets and hands them out in the order of ids.
func (db *DB) history(ctx context.Context, ids []int64, kinds []ticketing.EventKind, each func(*report.History) error) error {
	if len(ids) == 0 {
		return nil
	}
	dir, err := db.Directory(ctx)
	if err != nil {
		return err
	}
	b, some := foldBatch{dir: dir}, []any{ints(db.engine, ids)}
	err = db.query(ctx,
		statement{query: ticketsToFold, args: some, read: into(&b.tickets)},
		statement{query: clocksToFold, args: some, read: into(&b.clocks)},
		statement{query: eventsToFold, args: []any{some[0], texts(db.engine, kinds)}, read: into(&b.events)},
		statement{query: originalsToFold, args: some, read: b.readOriginals},
	)
	if err != nil {
		return err
	}
	all, err := b.histories()
	if err != nil {
		return err
	}
	for _, id := range ids {
		if h := all[id]; h != nil {
			if err := each(h); err != nil {
				return err
			}
		}
	}
	return nil
}
