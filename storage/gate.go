package storage

import (
	"context"
	"time"
)

var (
	countAttempt = sqlQuery(`insert into gates (key, started_at, ends_at, n) values (?, ?, ?, 1)
		on conflict (key) do update set
			n = case when gates.ends_at <= excluded.started_at then 1 else gates.n + 1 end,
			started_at = case when gates.ends_at <= excluded.started_at then excluded.started_at else gates.started_at end,
			ends_at = case when gates.ends_at <= excluded.started_at then excluded.ends_at else gates.ends_at end
		returning n, ends_at`)
	attemptsOf     = sqlQuery("select n, ends_at from gates where key = ?")
	refundAttempt  = sqlQuery("update gates set n = n - 1 where key = ? and n > 0")
	forgetAttempts = sqlQuery("delete from gates where key = ?")
)

// Allow counts an attempt; windows begin with their first attempt. See
// ticketing.Gate.
func (db *DB) Allow(ctx context.Context, key string, most int, window time.Duration) (ok bool, left int, wait time.Duration, err error) {
	var n int64
	var ends instant
	var now time.Time
	err = db.write(ctx, func(t *tx) error {
		now = db.instant()
		return t.readOne("gate", countAttempt, []any{key, instant(now), instant(now.Add(window))}, &n, &ends)
	})
	if err != nil {
		return false, 0, 0, err
	}
	left = max(most-int(n), 0)
	if left == 0 {
		wait = ends.time().Sub(now)
	}
	return int(n) <= most, left, wait, nil
}

// Wait reads what Allow counted; see ticketing.Gate.
func (db *DB) Wait(ctx context.Context, key string, most int) (time.Duration, error) {
	var n int64
	var ends instant
	found := false
	if err := db.query(ctx, statement{query: attemptsOf, args: []any{key}, read: one(&found, &n, &ends)}); err != nil {
		return 0, err
	}
	if !found || int(n) < most {
		return 0, nil
	}
	return max(ends.time().Sub(db.instant()), 0), nil
}

// Refund takes an attempt back; see ticketing.Gate.
func (db *DB) Refund(ctx context.Context, key string) error {
	return db.write(ctx, func(t *tx) error {
		t.queue(refundAttempt, key)
		return nil
	})
}

// Forget clears a key; see ticketing.Gate.
func (db *DB) Forget(ctx context.Context, key string) error {
	return db.write(ctx, func(t *tx) error {
		t.queue(forgetAttempts, key)
		return nil
	})
}
