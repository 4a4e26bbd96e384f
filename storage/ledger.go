package storage

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// ledgerStates gives the numbers of ledger.state, which partial indexes name.
var ledgerStates = []ticketing.LedgerState{
	ticketing.LedgerReceived, ticketing.LedgerTicketed, ticketing.LedgerJoined,
	ticketing.LedgerDuplicate, ticketing.LedgerQuarantined, ticketing.LedgerIgnored,
}

func ledgerCode(s ticketing.LedgerState) int16 {
	return int16(slices.Index(ledgerStates, s)) //nolint:gosec // G115: at most six
}

// entry reads a row; box is the mailbox it came from.
func (r *ledgerRow) entry(box ticketing.Mailbox) ticketing.LedgerEntry {
	return ticketing.LedgerEntry{
		ID: ticketing.LedgerID(r.ID),
		Arrival: ticketing.Arrival{
			Channel: ticketing.Channel(r.Channel), Box: box, UID: uint32(r.UID), //nolint:gosec // G115: written from an uint32
			RawKey: string(r.RawKey), RawSHA256: rawDigest(r.RawSHA256, r.RawKey), RawSize: r.RawSize, ContentKey: string(r.ContentKey),
			ReceivedAt: r.ReceivedAt.orNone(), Oversize: r.Oversize, Ignore: r.IgnoredAs, From: r.Sender, Subject: r.Subject, MessageID: r.MessageIDHeader,
		},
		Incarnation: int(r.Incarnation), State: ledgerStates[r.State], Reason: r.Reason, Attempts: int(r.Attempts), NextAt: r.NextAt.time(),
		LastError: r.LastError, StoredAt: r.StoredAt.time(), SettledAt: r.SettledAt.time(), Ticket: ticketing.TicketID(r.TicketID),
		Message: ticketing.MessageID(r.MessageID), DuplicateOf: ticketing.LedgerID(r.DuplicateOf),
	}
}

// Bounds on what the searching columns keep.
const mostKey = 300 // characters

func searchKey(s string) string {
	s = strings.ToLower(clean(s))
	if r := []rune(s); len(r) > mostKey {
		s = string(r[:mostKey])
	}
	return s
}

// arrivalRow makes the row of a new item.
func arrivalRow(a *ticketing.Arrival, now time.Time) ledgerRow {
	if a.ReceivedAt.IsZero() || a.ReceivedAt.After(now) {
		a.ReceivedAt = now
	}
	raw := digest(a.RawSHA256)
	switch {
	case a.RawSHA256 == a.RawKey:
		raw = ""
	case a.RawSHA256 == "":
		raw = noDigest
	}
	r := ledgerRow{
		UID: int64(a.UID), Channel: string(a.Channel), RawKey: digest(a.RawKey), RawSHA256: raw, RawSize: a.RawSize,
		ContentKey: digest(a.ContentKey), ReceivedAt: never1970(a.ReceivedAt), Oversize: a.Oversize, Sender: clean(a.From),
		SenderKey: searchKey(a.From), Subject: clean(a.Subject), MessageIDHeader: clean(a.MessageID), HeaderKey: searchKey(a.MessageID),
		StoredAt: instant(now), IgnoredAs: a.Ignore,
	}
	if terms := boundTerms(lang.Terms(a.Subject)); len(terms) > 0 {
		r.SubjectTerms = " " + strings.Join(terms[:min(len(terms), 100)], " ") + " "
	}
	return r
}

var fenceQuery = sqlQuery("select epoch from leases where name = ? {pg:for share}")

// Accept enters arrivals in one commit; see ticketing.IntakeLedger.
func (db *DB) Accept(ctx context.Context, f ticketing.Fence, arrivals []ticketing.Arrival) ([]ticketing.Accepted, error) {
	var out []ticketing.Accepted
	err := db.write(ctx, func(t *tx) error {
		var held bool
		var epoch int64
		if err := t.readAll(statement{query: fenceQuery, args: []any{f.Name}, read: one(&held, &epoch)}); err != nil {
			return err
		}
		if !held || epoch != f.Epoch {
			return stale("lease " + f.Name)
		}
		var err error
		out, err = t.accept(arrivals)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// A before is an item that is in the ledger already.
type before struct {
	ID          int64
	MailboxID   int64
	UID         int64
	Incarnation int16
	State       int16
	RawKey      digest
	RawSHA256   digest
}

type sourceKey struct{ mailbox, uid int64 }

func (t *tx) accept(arrivals []ticketing.Arrival) ([]ticketing.Accepted, error) {
	boxes, err := t.mailboxIDs(arrivals)
	if err != nil {
		return nil, err
	}
	known, err := t.knownItems(boxes, arrivals)
	if err != nil {
		return nil, err
	}
	originals, err := t.originals(arrivals)
	if err != nil {
		return nil, err
	}
	out := make([]ticketing.Accepted, 0, len(arrivals))
	now := t.db.instant()
	for i := range arrivals {
		a := arrivals[i]
		key := sourceKey{boxes[a.Box], int64(a.UID)}
		if was := sameBytes(known[key], a.RawSHA256); was != nil {
			out = append(out, ticketing.Accepted{ID: ticketing.LedgerID(was.ID), State: ledgerStates[was.State], Known: true})
			continue
		}
		row := arrivalRow(&a, now)
		row.MailboxID, row.Incarnation = key.mailbox, small(len(known[key]))
		judgeArrival(&row, &a, originals, now)
		if row.ID, err = t.db.ids.next(t, "ledger_ids", idBlock); err != nil {
			return nil, err
		}
		t.add(statement{query: planOf[ledgerRow]().insert, args: planOf[ledgerRow]().values(&row), failed: func(err error) error {
			return quicker(err, "ledger.taken") // another process entered the same content
		}})
		if row.Original == 1 {
			originals[row.ContentKey] = row.ID
		}
		known[key] = append(known[key], before{ID: row.ID, State: row.State, RawKey: row.RawKey, RawSHA256: row.RawSHA256})
		out = append(out, ticketing.Accepted{ID: ticketing.LedgerID(row.ID), State: ledgerStates[row.State], Reincarnated: row.Incarnation > 0})
	}
	return out, nil
}

// judgeArrival gives a new item its first state.
func judgeArrival(row *ledgerRow, a *ticketing.Arrival, originals map[digest]int64, now time.Time) {
	original, twice := originals[row.ContentKey]
	switch {
	case a.Ignore != "":
		row.State, row.Reason, row.SettledAt = ledgerCode(ticketing.LedgerIgnored), a.Ignore, instant(now)
	case twice:
		row.State, row.DuplicateOf, row.SettledAt = ledgerCode(ticketing.LedgerDuplicate), original, instant(now)
	}
	row.Original = flag(row.ContentKey != "" && !twice)
}

func sameBytes(list []before, sum string) *before {
	for i := range list {
		if rawDigest(list[i].RawSHA256, list[i].RawKey) == sum {
			return &list[i]
		}
	}
	return nil
}

var (
	knownQuery = sqlQuery("select id, mailbox_id, uid, incarnation, state, raw_key, raw_sha256 from ledger where mailbox_id = ? and uid" +
		isOneOf + " order by incarnation")
	originalsQuery = sqlQuery("select content_key, id from ledger where original = 1 and content_key" + isOneOfDigest)
)

// knownItems gives what the ledger holds for the sources of the arrivals.
func (t *tx) knownItems(boxes map[ticketing.Mailbox]int64, arrivals []ticketing.Arrival) (map[sourceKey][]before, error) {
	known := map[sourceKey][]before{}
	byBox := map[int64][]uint32{}
	for i := range arrivals {
		id := boxes[arrivals[i].Box]
		byBox[id] = append(byBox[id], arrivals[i].UID)
	}
	var queries []statement
	for box, uids := range byBox {
		queries = append(queries, statement{query: knownQuery, args: []any{box, ints(t.db.engine, uids)}, read: func(r rows) error {
			for r.Next() {
				var b before
				if err := r.Scan(&b.ID, &b.MailboxID, &b.UID, &b.Incarnation, &b.State, &b.RawKey, &b.RawSHA256); err != nil {
					return err
				}
				key := sourceKey{b.MailboxID, b.UID}
				known[key] = append(known[key], b)
			}
			return r.Err()
		}})
	}
	return known, t.readAll(queries...)
}

// originals gives the first items of the arrivals' contents.
func (t *tx) originals(arrivals []ticketing.Arrival) (map[digest]int64, error) {
	found := map[digest]int64{}
	var keys []string
	for i := range arrivals {
		if k := arrivals[i].ContentKey; k != "" {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return found, nil
	}
	err := t.readAll(statement{query: originalsQuery, args: []any{digests(t.db.engine, keys)}, read: func(r rows) error {
		for r.Next() {
			var k digest
			var id int64
			if err := r.Scan(&k, &id); err != nil {
				return err
			}
			found[k] = id
		}
		return r.Err()
	}})
	return found, err
}

var (
	mailboxQuery = sqlQuery("select id from mailboxes where account = ? and folder = ? and uidvalidity = ?")
	addMailbox   = sqlQuery("insert into mailboxes (id, account, folder, uidvalidity) values (?, ?, ?, ?) on conflict do nothing")
)

func (t *tx) mailboxIDs(arrivals []ticketing.Arrival) (map[ticketing.Mailbox]int64, error) {
	ids := map[ticketing.Mailbox]int64{}
	for i := range arrivals {
		box := arrivals[i].Box
		if _, ok := ids[box]; ok {
			continue
		}
		id, err := t.mailboxID(box)
		if err != nil {
			return nil, err
		}
		ids[box] = id
	}
	return ids, nil
}

// mailboxID finds or makes the row of a mailbox.
func (t *tx) mailboxID(box ticketing.Mailbox) (int64, error) {
	var found bool
	var id int64
	find := func() error {
		return t.readAll(statement{
			query: mailboxQuery, args: []any{box.Account, box.Folder, int64(box.UIDValidity)}, read: one(&found, &id),
		})
	}
	if err := find(); err != nil || found {
		return id, err
	}
	fresh, err := t.db.ids.next(t, "mailbox_ids", 1)
	if err != nil {
		return 0, err
	}
	t.queue(addMailbox, fresh, box.Account, box.Folder, int64(box.UIDValidity))
	if err := find(); err != nil {
		return 0, err
	}
	if !found {
		return 0, fmt.Errorf("mailbox %q: %w", box.Account, ticketing.Internal)
	}
	return id, nil
}

// ofMailbox is the condition for UIDs of a mailbox.
const ofMailbox = " mailbox_id = (select id from mailboxes where account = ? and folder = ? and uidvalidity = ?) and uid" + isOneOf

func (db *DB) ofMailbox(box ticketing.Mailbox, uids []uint32) []any {
	return []any{box.Account, box.Folder, int64(box.UIDValidity), ints(db.engine, uids)}
}

var (
	knownUIDs = sqlQuery("select uid from ledger where" + ofMailbox)
	markUIDs  = sqlQuery("update ledger set marked = 1 where marked = 0 and" + ofMailbox)
)

// Known gives the UIDs the ledger holds; see ticketing.IntakeLedger.
func (db *DB) Known(ctx context.Context, box ticketing.Mailbox, uids []uint32) (map[uint32]bool, error) {
	known := make(map[uint32]bool, len(uids))
	err := db.query(ctx, statement{query: knownUIDs, args: db.ofMailbox(box, uids), read: func(r rows) error {
		for r.Next() {
			var u int64
			if err := r.Scan(&u); err != nil {
				return err
			}
			known[uint32(u)] = true //nolint:gosec // G115: written from an uint32
		}
		return r.Err()
	}})
	if err != nil {
		return nil, err
	}
	return known, nil
}

var unmarkedQuery = sqlQuery(`select uid from ledger where marked = 0 and mailbox_id =
	(select id from mailboxes where account = ? and folder = ? and uidvalidity = ?) order by id limit ?`)

// Unmarked gives UIDs not yet marked on the server; see ticketing.IntakeLedger.
func (db *DB) Unmarked(ctx context.Context, box ticketing.Mailbox, limit int) ([]uint32, error) {
	var out []uint32
	args := []any{box.Account, box.Folder, int64(box.UIDValidity), limit}
	err := db.query(ctx, statement{query: unmarkedQuery, args: args, read: func(r rows) error {
		out = nil
		for r.Next() {
			var u int64
			if err := r.Scan(&u); err != nil {
				return err
			}
			if uid := uint32(u); !slices.Contains(out, uid) { //nolint:gosec // G115: written from an uint32
				out = append(out, uid)
			}
		}
		return r.Err()
	}})
	return out, err
}

// Marked records that the server was told; see ticketing.IntakeLedger.
func (db *DB) Marked(ctx context.Context, box ticketing.Mailbox, uids []uint32) error {
	return db.write(ctx, func(t *tx) error {
		t.queue(markUIDs, db.ofMailbox(box, uids)...)
		return nil
	})
}

// SaveMailboxHealth records how an account is doing; see ticketing.IntakeLedger.
func (db *DB) SaveMailboxHealth(ctx context.Context, h ticketing.MailboxHealth) error {
	row := healthRow{
		Account: clean(h.Account), State: clean(h.State), Since: instant(h.Since), Detail: clean(h.Detail), LastSuccessAt: instant(h.LastSuccess),
		Waiting: int64(h.Waiting), Idle: h.Idle, UpdatedAt: never1970(h.UpdatedAt),
	}
	return db.write(ctx, func(t *tx) error {
		return t.withORM(func(g *gorm.DB) error { return g.Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error })
	})
}

// MailboxStart gives since when mails are contacts; see ticketing.IntakeLedger.
func (db *DB) MailboxStart(ctx context.Context, account string, first time.Time) (time.Time, error) {
	var row mailboxStartRow
	err := db.write(ctx, func(t *tx) error {
		return t.withORM(func(g *gorm.DB) error {
			fresh := mailboxStartRow{Account: clean(account), At: never1970(first)}
			if err := g.Clauses(clause.OnConflict{DoNothing: true}).Create(&fresh).Error; err != nil {
				return err
			}
			return g.Where("account = ?", clean(account)).Take(&row).Error
		})
	})
	return row.At.orNone(), err
}

var claimReceived = sqlQuery(`update ledger set attempts = attempts + 1, lease_until = ? where id in
	(select id from ledger where state = 0 and channel <> 'phone' and (next_at is null or next_at <= ?) and (lease_until is null or lease_until <= ?)
	order by id limit ? {skip}) returning ` + planOf[ledgerRow]().list)

// ClaimReceived leases received items; see ticketing.IntakeLedger.
func (db *DB) ClaimReceived(ctx context.Context, n int, lease time.Duration) ([]ticketing.LedgerEntry, error) {
	var out []ticketing.LedgerEntry
	err := db.write(ctx, func(t *tx) error {
		var found []ledgerRow
		now := db.instant()
		args := []any{instant(now.Add(lease)), instant(now), instant(now), n}
		if err := t.readAll(statement{query: claimReceived, args: args, read: into(&found)}); err != nil || len(found) == 0 {
			return err
		}
		slices.SortFunc(found, func(a, b ledgerRow) int { return int(a.ID - b.ID) })
		boxes, err := db.mailboxesOf(found, func(s statement) error { return t.readAll(s) })
		if err != nil {
			return err
		}
		out = nil
		for i := range found {
			out = append(out, found[i].entry(boxes[found[i].MailboxID]))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

var mailboxesQuery = selectFrom[mailboxRow]("where id" + isOneOf)

// mailboxesOf gives the mailboxes of the rows.
func (db *DB) mailboxesOf(found []ledgerRow, run func(statement) error) (map[int64]ticketing.Mailbox, error) {
	var ids []int64
	boxes := map[int64]ticketing.Mailbox{}
	for i := range found {
		if _, ok := boxes[found[i].MailboxID]; !ok {
			boxes[found[i].MailboxID] = ticketing.Mailbox{}
			ids = append(ids, found[i].MailboxID)
		}
	}
	if len(ids) == 0 {
		return boxes, nil
	}
	var list []mailboxRow
	err := run(statement{query: mailboxesQuery, args: []any{ints(db.engine, ids)}, read: into(&list)})
	for i := range list {
		boxes[list[i].ID] = ticketing.Mailbox{
			Account: list[i].Account, Folder: list[i].Folder, UIDValidity: uint32(list[i].Uidvalidity), //nolint:gosec // G115: written from an uint32
		}
	}
	return boxes, err
}

var (
	deferItem  = sqlQuery("update ledger set next_at = ?, last_error = ?, lease_until = null where id = ? and state = 0")
	unclaim    = sqlQuery("update ledger set next_at = ?, attempts = attempts - 1, lease_until = null where id = ? and state = 0")
	settleItem = sqlQuery(`update ledger set state = ?, reason = ?, ticket_id = ?, message_id = ?, duplicate_of = ?, settled_at = ?,
		next_at = null, lease_until = null where id = ? and state = 0`)
	retryItem = sqlQuery(`update ledger set state = 0, attempts = 0, reason = '', last_error = '', next_at = null, settled_at = null, lease_until = null
		where id = ? and channel <> 'phone' and state in (0, 4, 5)`)
	itemState = sqlQuery("select state from ledger where id = ?")
)

// unsettled is why an item in the ledger could not be changed.
func unsettled(id ticketing.LedgerID) func(t *tx) error {
	return func(t *tx) error {
		var state int16
		if err := t.readOne("ledger item", itemState, []any{int64(id)}, &state); err != nil {
			return err
		}
		return fmt.Errorf("ledger item %d: %w", id, ticketing.Settled)
	}
}

// Defer gives a claimed item back; see ticketing.IntakeLedger.
func (db *DB) Defer(ctx context.Context, id ticketing.LedgerID, at time.Time, why string) error {
	return db.write(ctx, func(t *tx) error {
		if why == "" {
			t.queueOne(unsettled(id), unclaim, instant(at), int64(id))
			return nil
		}
		t.queueOne(unsettled(id), deferItem, instant(at), why, int64(id))
		return nil
	})
}

// SettleLedger gives a received item its disposition; see ticketing.Tx.
func (t *tx) SettleLedger(_ context.Context, e ticketing.LedgerEntry) error {
	code := ledgerCode(e.State)
	if code <= 0 {
		return &ticketing.Error{Kind: ticketing.Invalid, Field: "state", Key: "ledger.state"}
	}
	if e.SettledAt.IsZero() {
		e.SettledAt = t.db.instant()
	}
	t.queueOne(unsettled(e.ID), settleItem, code, e.Reason, int64(e.Ticket), int64(e.Message), int64(e.DuplicateOf), instant(e.SettledAt), int64(e.ID))
	return nil
}

// RetryLedger puts an item back to received; see ticketing.LedgerReads.
func (db *DB) RetryLedger(ctx context.Context, id ticketing.LedgerID) error {
	return db.write(ctx, func(t *tx) error {
		t.queueOne(unsettled(id), retryItem, int64(id))
		t.Notify(ticketing.Signal{Type: "ledger"})
		return nil
	})
}
