package storage

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/sistem48/system48/ticketing"
)

var (
	claimLost = sqlQuery(`select id from deliveries where queue = 2 and channel = ? and lease_until <= ? and automatic <= ?
		order by lease_until, id limit ? {skip}`)
	claimWaiting = sqlQuery(`select id from deliveries where queue = 1 and channel = ? and send_after <= ? and automatic <= ?
		order by send_after, id limit ? {skip}`)
	claimedRows = selectFrom[deliveryRow]("where id" + isOneOf)
	claimThem   = sqlQuery(`update deliveries set doubts = doubts + case when queue = 2 then 1 else 0 end, state = 'sending', queue = 2,
		lease_until = ?, tried_at = ?, epoch = epoch + 1, attempts = attempts + 1 where id` + isOneOf)
)

// ClaimDeliveries leases deliveries to a courier; see ticketing.Outbox.
func (db *DB) ClaimDeliveries(ctx context.Context, c ticketing.Channel, n int, lease time.Duration, autoLeft int) ([]ticketing.Delivery, error) {
	var out []ticketing.Delivery
	err := db.write(ctx, func(t *tx) error {
		out = nil
		now := db.instant()
		chosen, err := t.chooseDeliveries(c, n, now, max(autoLeft, 0))
		if err != nil || len(chosen) == 0 {
			return err
		}
		t.queue(claimThem, instant(now.Add(lease)), instant(now), ints(db.engine, chosen))
		for _, id := range chosen {
			row := t.deliveries[id]
			d := row.delivery()
			if row.Queue == queueLeased {
				d.State = ticketing.DeliveryUnknown
				d.Doubts++
			}
			d.Epoch++
			d.Attempts++
			d.LeaseUntil = now.Add(lease)
			out = append(out, d)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// chooseDeliveries locks the deliveries whose turn it is: those of lost couriers
// first, at most autoLeft automatic ones.
func (t *tx) chooseDeliveries(c ticketing.Channel, n int, now time.Time, autoLeft int) ([]int64, error) {
	var chosen []int64
	for _, q := range []query{claimLost, claimWaiting} {
		more, err := t.chooseFrom(q, c, n-len(chosen), now, &autoLeft)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, more...)
	}
	return chosen, nil
}

// chooseFrom takes rows in order. When the automatic ones are used up, what
// follows is looked for again without them.
func (t *tx) chooseFrom(q query, c ticketing.Channel, n int, now time.Time, autoLeft *int) ([]int64, error) {
	var chosen []int64
	for n > 0 {
		automatic := flag(*autoLeft > 0)
		var ids []int64
		err := t.readAll(statement{query: q, args: []any{string(c), instant(now), automatic, n + len(chosen)}, read: intoIDs(&ids)})
		if err != nil {
			return nil, err
		}
		ids = slices.DeleteFunc(ids, func(id int64) bool { return slices.Contains(chosen, id) })
		if len(ids) == 0 {
			return chosen, nil
		}
		if _, err := t.loadDeliveries(claimedRows, ints(t.db.engine, ids)); err != nil {
			return nil, err
		}
		passedOver := false
		for _, id := range ids {
			switch row := t.deliveries[id]; {
			case row.Automatic == 0:
			case *autoLeft > 0:
				*autoLeft--
			default:
				passedOver = true
				continue
			}
			chosen = append(chosen, id)
			n--
		}
		if !passedOver {
			return chosen, nil
		}
	}
	return chosen, nil
}

func intoIDs(ids *[]int64) func(rows) error {
	return func(r rows) error {
		*ids = nil
		for r.Next() {
			var id int64
			if err := r.Scan(&id); err != nil {
				return err
			}
			*ids = append(*ids, id)
		}
		return r.Err()
	}
}

var (
	rawOfMessage  = sqlQuery("update deliveries set raw_key = ?, kept = 1 where message_id = ? and channel = ?")
	rawOfDelivery = sqlQuery("update deliveries set raw_key = ?, kept = 1 where id = ?")
)

// SetRaw records the composed bytes; see ticketing.Outbox.
func (db *DB) SetRaw(ctx context.Context, d ticketing.Delivery, rawKey string) error {
	return db.write(ctx, func(t *tx) error {
		row, err := t.Delivery(t.ctx, d.ID)
		if err != nil {
			return err
		}
		if row.Epoch != d.Epoch || row.State != ticketing.DeliverySending {
			return stale("claim of a delivery")
		}
		if row.Message != 0 {
			t.queue(rawOfMessage, digest(rawKey), int64(row.Message), string(row.Channel))
			return nil
		}
		t.queue(rawOfDelivery, digest(rawKey), int64(row.ID))
		return nil
	})
}

var (
	automaticSince = sqlQuery("select count(*) from deliveries where automatic = 1 and kept = 1 and accepted_at is not null and accepted_at >= ?")
	nextWaiting    = sqlQuery("select send_after from deliveries where queue = 1 and channel = ? order by send_after limit 1")
	nextLost       = sqlQuery("select lease_until from deliveries where queue = 2 and channel = ? order by lease_until limit 1")
)

// AutomaticSince counts automatic deliveries sent; see ticketing.Outbox. Those
// whose bytes were dropped, after 30 days, no longer count.
func (db *DB) AutomaticSince(ctx context.Context, since time.Time) (int, error) {
	var found bool
	var n int
	err := db.query(ctx, statement{query: automaticSince, args: []any{instant(since)}, read: one(&found, &n)})
	return n, err
}

// NextDeliveryAt gives when the next delivery may be sent; see ticketing.Outbox.
func (db *DB) NextDeliveryAt(ctx context.Context) (time.Time, error) {
	var next time.Time
	earliest := func(r rows) error {
		var found bool
		var at instant
		if err := one(&found, &at)(r); err != nil || !found {
			return err
		}
		if next.IsZero() || at.time().Before(next) {
			next = at.time()
		}
		return nil
	}
	var queries []statement
	for _, c := range ticketing.Channels() {
		queries = append(queries,
			statement{query: nextWaiting, args: []any{string(c)}, read: earliest},
			statement{query: nextLost, args: []any{string(c)}, read: earliest})
	}
	err := db.query(ctx, queries...)
	return next, err
}

var (
	unsentIn   = selectFrom[deliveryRow]("where state <> 'sent' and state = ? order by id desc limit ?")
	sentNewest = selectFrom[deliveryRow]("where state = ? order by id desc limit ?")
)

// DeliveriesIn lists deliveries of a state, newest first, without text; see
// ticketing.OutgoingReads.
func (db *DB) DeliveriesIn(ctx context.Context, state ticketing.DeliveryState, limit int) ([]ticketing.Delivery, error) {
	var found []deliveryRow
	q := unsentIn
	if state == ticketing.DeliverySent {
		q = sentNewest
	}
	if err := db.query(ctx, statement{query: q, args: []any{string(state), limit}, read: into(&found)}); err != nil {
		return nil, err
	}
	var out []ticketing.Delivery
	for i := range found {
		d := found[i].delivery()
		d.Text = ""
		out = append(out, d)
	}
	return out, nil
}

// sentCount keeps how many deliveries up to an identifier were sent, so that
// counting does not grow with the years. A bounce that comes later is not
// taken off again.
type sentCount struct {
	mu   sync.Mutex
	upTo int64
	n    int
}

// countAnew is how many rows may be counted before the count is kept.
const countAnew = 20_000

var (
	countUnsent  = sqlQuery("select state, count(*) from deliveries where state <> 'sent' group by state")
	countSent    = sqlQuery("select count(*), coalesce(max(id), 0) from deliveries where id > ? and state = 'sent'")
	firstUnsent  = sqlQuery("select coalesce(min(id) - 1, ?) from deliveries where queue > 0 and state <> 'sent'")
	countBetween = sqlQuery("select count(*) from deliveries where id > ? and id <= ? and state = 'sent'")
	oldestQuery  = sqlQuery("select created_at from deliveries where queue > 0 and state <> 'sent' order by created_at limit 1")
)

// DeliveryCounts counts per state; see ticketing.OutgoingReads.
func (db *DB) DeliveryCounts(ctx context.Context) (map[ticketing.DeliveryState]int, time.Time, error) {
	db.sent.mu.Lock()
	defer db.sent.mu.Unlock()
	counts := map[ticketing.DeliveryState]int{}
	var found bool
	var oldest instant
	var n int
	var top int64
	err := db.query(ctx,
		statement{query: countUnsent, read: func(r rows) error {
			clear(counts)
			for r.Next() {
				var state string
				var n int
				if err := r.Scan(&state, &n); err != nil {
					return err
				}
				counts[ticketing.DeliveryState(state)] = n
			}
			return r.Err()
		}},
		statement{query: countSent, args: []any{db.sent.upTo}, read: one(&found, &n, &top)},
		statement{query: oldestQuery, read: one(&found, &oldest)},
	)
	if err != nil {
		return nil, time.Time{}, err
	}
	if total := db.sent.n + n; total > 0 {
		counts[ticketing.DeliverySent] = total
	}
	if n > countAnew {
		err = db.keepSentCount(ctx, top)
	}
	return counts, oldest.time(), err
}

// keepSentCount keeps the count of what lies before everything that is still
// to be sent.
func (db *DB) keepSentCount(ctx context.Context, top int64) error {
	var found bool
	var n int
	err := db.query(ctx, statement{query: firstUnsent, args: []any{top}, read: one(&found, &top)})
	if err == nil {
		err = db.query(ctx, statement{query: countBetween, args: []any{db.sent.upTo, top}, read: one(&found, &n)})
	}
	if err == nil {
		db.sent.upTo, db.sent.n = top, db.sent.n+n
	}
	return err
}

var (
	heldRows    = selectFrom[deliveryRow]("where state = 'held' and id" + isOneOf + " order by id {lock}")
	signalAbout = ticketing.Signal{Type: "outbox"}
)

// ReleaseHeld lets held deliveries go or takes them back; see
// ticketing.OutgoingReads.
func (db *DB) ReleaseHeld(ctx context.Context, ids []ticketing.DeliveryID, send bool) (int, error) {
	n := 0
	err := db.write(ctx, func(t *tx) error {
		list, err := t.loadDeliveries(heldRows, ints(db.engine, ids))
		if err != nil {
			return err
		}
		now := db.instant()
		for i := range list {
			d := &list[i]
			if send {
				d.State, d.SendAfter = ticketing.DeliveryPending, now
			} else {
				d.State, d.SettledAt = ticketing.DeliveryTakenBack, now
			}
			if err := t.changeDelivery(d); err != nil {
				return err
			}
		}
		if n = len(list); n > 0 {
			t.Notify(signalAbout)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

var (
	holdAll    = sqlQuery("update deliveries set state = 'held', queue = 0, lease_until = null where queue > 0")
	freeLeases = sqlQuery("update leases set holder = '', expires_at = ?")
	freeLedger = sqlQuery("update ledger set lease_until = null where state = 0 and lease_until is not null")
)

// HoldOutgoing holds every delivery that waits, after a restore from a backup:
// the outside world has moved on, and an operator decides what still goes. It
// frees all leases, whose holders belong to the installation that was backed
// up, and returns how many deliveries it held.
func (db *DB) HoldOutgoing(ctx context.Context) (int, error) {
	n := 0
	err := db.write(ctx, func(t *tx) error {
		t.add(statement{query: holdAll, wrote: func(rows int64) error {
			n = int(rows)
			return nil
		}})
		t.add(statement{query: freeLeases, args: []any{never1970(time.Time{})}})
		t.add(statement{query: freeLedger})
		return nil
	})
	return n, err
}
