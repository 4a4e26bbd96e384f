package storage

import (
	"context"
	"time"

	"github.com/sistem48/system48/ticketing"
)

var (
	leaseQuery = sqlQuery("select holder, epoch, expires_at from leases where name = ? {lock}")
	addLease   = sqlQuery("insert into leases (name, holder, epoch, expires_at) values (?, ?, ?, ?)")
	setLease   = sqlQuery("update leases set holder = ?, epoch = ?, expires_at = ? where name = ?")
	dropLease  = sqlQuery("update leases set holder = '', expires_at = ? where name = ? and holder = ? and epoch = ?")
)

// Acquire takes or renews a lease; see ticketing.Leases.
func (db *DB) Acquire(ctx context.Context, name, holder string, ttl time.Duration) (ticketing.Fence, bool, error) {
	var f ticketing.Fence
	var ok bool
	err := db.write(ctx, func(t *tx) error {
		f, ok = ticketing.Fence{}, false
		var found bool
		var by string
		var epoch int64
		var until instant
		if err := t.readAll(statement{query: leaseQuery, args: []any{name}, read: one(&found, &by, &epoch, &until)}); err != nil {
			return err
		}
		now := db.instant()
		mine := by == clean(holder) && holder != ""
		if by != "" && !mine && now.Before(until.time()) {
			return nil
		}
		if !mine {
			epoch++
		}
		ends := instant(now.Add(ttl))
		if found {
			t.queue(setLease, holder, epoch, ends, name)
		} else {
			t.add(statement{query: addLease, args: []any{name, holder, epoch, ends}, failed: func(err error) error {
				return quicker(err, "lease.taken")
			}})
		}
		f, ok = ticketing.Fence{Name: name, Epoch: epoch}, true
		return nil
	})
	if err != nil {
		return ticketing.Fence{}, false, err
	}
	return f, ok, nil
}

// Release gives a lease back; see ticketing.Leases.
func (db *DB) Release(ctx context.Context, f ticketing.Fence, holder string) error {
	return db.write(ctx, func(t *tx) error {
		t.queue(dropLease, never1970(time.Time{}), f.Name, holder, f.Epoch)
		return nil
	})
}
