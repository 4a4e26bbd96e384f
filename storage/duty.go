package storage

import (
	"context"
	"time"

	"github.com/sistem48/system48/ticketing"
)

var (
	toCheck        = sqlQuery("select id from tickets where check_at is not null and check_at <= ? order by check_at, id limit ?")
	inWork         = sqlQuery("select id from tickets where id > ? and state < 3 order by id limit ?")
	resolvedBefore = sqlQuery("select id from tickets where state = 3 and resolved_at < ? order by resolved_at, id limit ?")
	owedReceipts   = sqlQuery("select id from tickets where receipt_owed = 1 order by reply_address, id limit ?")
)

func (db *DB) ticketIDs(ctx context.Context, q query, args ...any) ([]ticketing.TicketID, error) {
	var ids []int64
	if err := db.query(ctx, statement{query: q, args: args, read: intoIDs(&ids)}); err != nil {
		return nil, err
	}
	var out []ticketing.TicketID
	for _, id := range ids {
		out = append(out, ticketing.TicketID(id))
	}
	return out, nil
}

// ToCheck gives tickets whose CheckAt has come; see ticketing.Duties.
func (db *DB) ToCheck(ctx context.Context, now time.Time, n int) ([]ticketing.TicketID, error) {
	return db.ticketIDs(ctx, toCheck, instant(now), n)
}

// InWork gives tickets in work by identifier; see ticketing.Duties.
func (db *DB) InWork(ctx context.Context, after ticketing.TicketID, n int) ([]ticketing.TicketID, error) {
	return db.ticketIDs(ctx, inWork, int64(after), n)
}

// ResolvedBefore gives tickets resolved before the instant; see ticketing.Duties.
func (db *DB) ResolvedBefore(ctx context.Context, at time.Time, n int) ([]ticketing.TicketID, error) {
	return db.ticketIDs(ctx, resolvedBefore, instant(at), n)
}

// OwedReceipts gives tickets with a receipt to come; see ticketing.Duties.
func (db *DB) OwedReceipts(ctx context.Context, n int) ([]ticketing.TicketID, error) {
	return db.ticketIDs(ctx, owedReceipts, n)
}

func (r *sealRow) seal() ticketing.Seal {
	return ticketing.Seal{
		Seq: r.Seq, At: r.At.orNone(), From: r.FromAt.orNone(), To: r.ToAt.orNone(), Count: int(r.Count), Root: string(r.Root),
		Prev: string(r.Prev), Hash: string(r.Hash),
	}
}

var (
	lastSeal    = selectFrom[sealRow]("order by seq desc limit 1")
	sealsFrom   = selectFrom[sealRow]("where seq >= ? order by seq limit ?")
	eventHashes = sqlQuery("select hash from events where at >= ? and at < ? order by at, id")
	firstEvent  = sqlQuery("select at from events order by at, id limit 1")
)

// LastSeal gives the newest seal; see ticketing.Duties.
func (db *DB) LastSeal(ctx context.Context) (ticketing.Seal, error) {
	var found []sealRow
	if err := db.query(ctx, statement{query: lastSeal, read: into(&found)}); err != nil || len(found) == 0 {
		return ticketing.Seal{}, err
	}
	return found[0].seal(), nil
}

// Seals lists seals; see ticketing.AuditReads.
func (db *DB) Seals(ctx context.Context, fromSeq int64, limit int) ([]ticketing.Seal, error) {
	var found []sealRow
	if err := db.query(ctx, statement{query: sealsFrom, args: []any{fromSeq, limit}, read: into(&found)}); err != nil {
		return nil, err
	}
	var out []ticketing.Seal
	for i := range found {
		out = append(out, found[i].seal())
	}
	return out, nil
}

// EventHashes gives the hashes of a period; see ticketing.Duties.
func (db *DB) EventHashes(ctx context.Context, from, to time.Time) ([]string, error) {
	var out []string
	err := db.query(ctx, statement{query: eventHashes, args: []any{instant(from), instant(to)}, read: func(r rows) error {
		out = nil
		for r.Next() {
			var h digest
			if err := r.Scan(&h); err != nil {
				return err
			}
			out = append(out, string(h))
		}
		return r.Err()
	}})
	return out, err
}

// FirstEventAt gives when the first event happened; see ticketing.Duties.
func (db *DB) FirstEventAt(ctx context.Context) (time.Time, error) {
	var found bool
	var at instant
	err := db.query(ctx, statement{query: firstEvent, read: one(&found, &at)})
	return at.time(), err
}

// AddSeal appends a seal; see ticketing.Duties.
func (db *DB) AddSeal(ctx context.Context, s ticketing.Seal) error {
	row := sealRow{
		Seq: s.Seq, At: never1970(s.At), FromAt: never1970(s.From), ToAt: never1970(s.To), Count: int64(s.Count), Root: digest(s.Root),
		Prev: digest(s.Prev), Hash: digest(s.Hash),
	}
	return db.write(ctx, func(t *tx) error {
		insertRow(t, &row)
		return nil
	})
}

// How long things are kept that Sweep forgets without being told when.
const (
	keepOnce   = 7 * 24 * time.Hour
	keepUpload = 7 * 24 * time.Hour
	keepChoice = 24 * time.Hour // longer than a held text may wait
	sweepRows  = 1000           // deliveries emptied in one transaction
)

var (
	sweepPasses   = sqlQuery("delete from passes where used_at is not null or expires_at <= ?")
	sweepOnce     = sqlQuery("delete from once where at < ?")
	sweepUploads  = sqlQuery("delete from uploads where at < ?")
	sweepSessions = sqlQuery("delete from sessions where expires_at <= ?")
	sweepGates    = sqlQuery("delete from gates where ends_at <= ?")
	sweepChoices  = sqlQuery("delete from sms_choices where until_at <= ?")
	sweepReports  = sqlQuery("delete from provider_reports where at < ?")
	emptySettled  = sqlQuery(`update deliveries set body = null, raw_key = null, kept = 0 where id in
		(select id from deliveries where kept = 1 and settled_at is not null and settled_at < ? order by settled_at, id limit ?)`)
)

// Sweep forgets what is past its time; see ticketing.Duties.
func (db *DB) Sweep(ctx context.Context, now, outboxBefore time.Time) (int, error) {
	total := 0
	err := db.write(ctx, func(t *tx) error {
		total = 0
		count := func(n int64) error {
			total += int(n)
			return nil
		}
		t.add(statement{query: sweepPasses, args: []any{instant(now)}, wrote: count})
		t.add(statement{query: sweepOnce, args: []any{instant(now.Add(-keepOnce))}, wrote: count})
		t.add(statement{query: sweepUploads, args: []any{instant(now.Add(-keepUpload))}, wrote: count})
		t.add(statement{query: sweepSessions, args: []any{instant(now)}, wrote: count})
		t.add(statement{query: sweepGates, args: []any{instant(now)}, wrote: count})
		t.add(statement{query: sweepChoices, args: []any{instant(now.Add(-keepChoice))}, wrote: count})
		t.add(statement{query: sweepReports, args: []any{instant(outboxBefore)}, wrote: count})
		return nil
	})
	for err == nil {
		n := int64(0)
		err = db.write(ctx, func(t *tx) error {
			t.add(statement{query: emptySettled, args: []any{instant(outboxBefore), sweepRows}, wrote: func(rows int64) error {
				n = rows
				return nil
			}})
			return nil
		})
		total += int(n)
		if n < sweepRows {
			break
		}
	}
	return total, err
}
