package storage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// mostCallsOfNumber bounds how many calls of one number a decision looks at.
const mostCallsOfNumber = 100

var (
	callsByKey = selectFrom[callRow]("where source = ? and call_key" + isOneOf + " order by id {lock}")
	callByID   = selectFrom[callRow]("where id = ? {lock}")
	callsOf    = selectFrom[callRow]("where party = ? and party <> '' and started_at >= ? order by started_at, id limit ? {lock}")
)

// CallsByKey loads calls of a source; see ticketing.Tx.
func (t *tx) CallsByKey(_ context.Context, source string, keys []string) (map[string]*ticketing.Call, error) {
	out := map[string]*ticketing.Call{}
	if len(keys) == 0 {
		return out, nil
	}
	given := map[string]string{}
	for _, k := range keys {
		given[clean(k)] = k
	}
	var found []callRow
	if err := t.readAll(statement{query: callsByKey, args: []any{clean(source), texts(t.db.engine, keys)}, read: into(&found)}); err != nil {
		return nil, err
	}
	for i := range found {
		out[given[found[i].CallKey]] = t.callLoaded(&found[i])
	}
	return out, nil
}

// callLoaded keeps what a call was, so that only what differs is written.
func (t *tx) callLoaded(r *callRow) *ticketing.Call {
	if t.calls == nil {
		t.calls = map[int64]callRow{}
	}
	t.calls[r.ID] = *r
	c := r.call()
	return &c
}

// Call loads a call; see ticketing.Tx.
func (t *tx) Call(_ context.Context, id ticketing.CallID) (*ticketing.Call, error) {
	var found []callRow
	if err := t.readAll(statement{query: callByID, args: []any{int64(id)}, read: into(&found)}); err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, notFound("call")
	}
	return t.callLoaded(&found[0]), nil
}

// CallsSince loads calls of a number; see ticketing.Tx.
func (t *tx) CallsSince(_ context.Context, party string, since time.Time) ([]*ticketing.Call, error) {
	var found []callRow
	err := t.readAll(statement{query: callsOf, args: []any{clean(party), instant(since), mostCallsOfNumber}, read: into(&found)})
	if err != nil {
		return nil, err
	}
	var out []*ticketing.Call
	for i := range found {
		out = append(out, t.callLoaded(&found[i]))
	}
	return out, nil
}

// callFolder is the folder of the mailbox that stands for a source of calls in
// the ledger.
const callFolder = "calls"

var settleCall = sqlQuery(`update ledger set state = ?, reason = ?, ticket_id = ?, message_id = ?, settled_at = ?, next_at = null,
	lease_until = null where id = ?`)

// SaveCall writes a call and its row of the ledger; see ticketing.Tx.
func (t *tx) SaveCall(_ context.Context, c *ticketing.Call) error {
	if c.ID == 0 {
		return t.addCall(c)
	}
	before, loaded := t.calls[int64(c.ID)]
	if !loaded || before.Version != c.Version {
		return stale("call")
	}
	c.Version++
	row := callRowOf(c)
	updateRow(t, &before, &row)
	if before.Disposition != row.Disposition || before.Reason != row.Reason || before.TicketID != row.TicketID || before.MessageID != row.MessageID {
		settled := t.db.instant()
		if c.Disposition == ticketing.LedgerReceived {
			settled = time.Time{}
		}
		t.queue(settleCall, row.Disposition, row.Reason, row.TicketID, row.MessageID, instant(settled), row.LedgerID)
	}
	t.calls[row.ID] = row
	return nil
}

func (t *tx) addCall(c *ticketing.Call) error {
	id, err := t.id(ticketing.IDCall)
	if err != nil {
		return err
	}
	ledger, err := t.db.ids.next(t, "ledger_ids", idBlock)
	if err != nil {
		return err
	}
	box, err := t.mailboxID(ticketing.Mailbox{Account: clean(c.Source), Folder: callFolder})
	if err != nil {
		return err
	}
	c.ID, c.Ledger, c.Version = ticketing.CallID(id), ticketing.LedgerID(ledger), 1
	row := callRowOf(c)
	t.add(statement{query: planOf[callRow]().insert, args: planOf[callRow]().values(&row), failed: func(err error) error {
		return quicker(err, "call.taken") // another process was told of the same call
	}})
	now := t.db.instant()
	a := ticketing.Arrival{Channel: ticketing.ChannelPhone, ContentKey: callContent(c), ReceivedAt: c.Started, From: c.Party().E164, MessageID: c.Key}
	item := arrivalRow(&a, now)
	item.ID, item.MailboxID, item.UID, item.State, item.Reason = ledger, box, id, row.Disposition, row.Reason
	item.TicketID, item.MessageID, item.Original, item.Marked = row.TicketID, row.MessageID, 1, 1
	if c.Disposition != ticketing.LedgerReceived {
		item.SettledAt = instant(now)
	}
	insertRow(t, &item)
	if t.calls == nil {
		t.calls = map[int64]callRow{}
	}
	t.calls[id] = row
	return nil
}

// callContent is the content key of a call: the same call has one.
func callContent(c *ticketing.Call) string {
	sum := sha256.Sum256([]byte("call\x00" + clean(c.Source) + "\x00" + clean(c.Key)))
	return hex.EncodeToString(sum[:])
}

var ledgerByContent = sqlQuery("select id from ledger where original = 1 and content_key = ?")

// EnterLedger enters a settled item; see ticketing.Tx.
func (t *tx) EnterLedger(_ context.Context, e ticketing.LedgerEntry) (ticketing.LedgerID, error) {
	var found bool
	var known int64
	if err := t.readAll(statement{query: ledgerByContent, args: []any{digest(e.Arrival.ContentKey)}, read: one(&found, &known)}); err != nil || found {
		return ticketing.LedgerID(known), err
	}
	id, err := t.db.ids.next(t, "ledger_ids", idBlock)
	if err != nil {
		return 0, err
	}
	box, err := t.mailboxID(e.Arrival.Box)
	if err != nil {
		return 0, err
	}
	now := t.db.instant()
	item := arrivalRow(&e.Arrival, now)
	item.ID, item.MailboxID, item.UID, item.State, item.Reason = id, box, id, ledgerCode(e.State), e.Reason
	item.TicketID, item.MessageID, item.Original, item.Marked, item.SettledAt, item.LastError = int64(e.Ticket), int64(e.Message), 1, 1, instant(now), clean(e.LastError)
	t.add(statement{query: planOf[ledgerRow]().insert, args: planOf[ledgerRow]().values(&item), failed: func(err error) error {
		return quicker(err, "ledger.taken")
	}})
	return ticketing.LedgerID(id), nil
}

var (
	openCallback = selectFrom[callbackRow]("where number = ? and state = 'open' {lock}")
	callbackOf   = selectFrom[callbackRow]("where ticket_id = ? {lock}")
	saveCallback = sqlQuery(`update callbacks set number = ?, state = ?, missed = ?, first_at = ?, last_at = ?, due_at = ?, attempts = ?,
		tried_at = ?, ended_at = ?, line = ?, version = ? where ticket_id = ? and version = ?`)
)

func (t *tx) callbackWhere(q query, arg any) (*ticketing.Callback, error) {
	var found []callbackRow
	if err := t.readAll(statement{query: q, args: []any{arg}, read: into(&found)}); err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, notFound("callback")
	}
	b := found[0].callback()
	return &b, nil
}

// OpenCallback loads the open promise to a number; see ticketing.Tx.
func (t *tx) OpenCallback(_ context.Context, number string) (*ticketing.Callback, error) {
	return t.callbackWhere(openCallback, clean(number))
}

// Callback loads the promised call of a ticket; see ticketing.Tx.
func (t *tx) Callback(_ context.Context, id ticketing.TicketID) (*ticketing.Callback, error) {
	return t.callbackWhere(callbackOf, int64(id))
}

// SaveCallback writes a promised call; see ticketing.Tx.
func (t *tx) SaveCallback(_ context.Context, b *ticketing.Callback) error {
	before := b.Version
	b.Version++
	row := callbackRowOf(b)
	if before == 0 {
		t.add(statement{query: planOf[callbackRow]().insert, args: planOf[callbackRow]().values(&row), failed: func(err error) error {
			return quicker(err, "callback.taken") // another process missed the same number
		}})
		return nil
	}
	t.queueOne(func(*tx) error { return stale("callback") }, saveCallback, row.Number, row.State, row.Missed, row.FirstAt, row.LastAt, row.DueAt,
		row.Attempts, row.TriedAt, row.EndedAt, row.Line, row.Version, row.TicketID, before)
	return nil
}
