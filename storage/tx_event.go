package storage

import (
	"context"
	"fmt"

	"github.com/sistem48/system48/ticketing"
)

func (t *tx) writeEvent(e *ticketing.Event) {
	row := eventRow{
		ID: int64(e.ID), TicketID: int64(e.Ticket), Seq: e.Seq, At: instant(e.At), Actor: e.Actor, Kind: string(e.Kind),
		Data: e.DataJSON, Digest: digest(e.Digest), Hash: digest(e.Hash),
	}
	insertRow(t, &row)
	if e.Payload != "" {
		payload := payloadRow{EventID: int64(e.ID), Payload: clean(e.Payload), Salt: e.Salt}
		insertRow(t, &payload)
	}
}

// AppendTicketEvent chains an event that leaves the ticket's version; see
// ticketing.Tx.
func (t *tx) AppendTicketEvent(_ context.Context, id ticketing.TicketID, e *ticketing.Event) error {
	l, err := t.held(id)
	if err != nil {
		return err
	}
	head := &ticketing.Ticket{ID: id, EventSeq: l.row.EventSeq, EventHash: string(l.row.EventHash)}
	if err := t.chain(head, e); err != nil {
		return err
	}
	before := l.row
	l.row.EventSeq, l.row.EventHash = head.EventSeq, digest(head.EventHash)
	putRow(t, l, l.row.ID, &before, &l.row)
	return nil
}

var (
	lockChain = sqlQuery("select pg_advisory_xact_lock(?)")
	lastOfAll = sqlQuery("select seq, hash from events where ticket_id = 0 order by seq desc limit 1")
)

// chainLock is the key of the advisory lock that orders the installation's
// chain: "S48 chain" folded into 64 bits.
const chainLock int64 = 0x5348_6368_6169_6e00

// AppendEvent chains an event of the installation; see ticketing.Tx.
func (t *tx) AppendEvent(_ context.Context, e *ticketing.Event) error {
	head := &ticketing.Ticket{EventSeq: t.headSeq, EventHash: t.headHash}
	if t.headSeq == 0 {
		if err := t.readHead(head); err != nil {
			return err
		}
	}
	if err := t.chain(head, e); err != nil {
		return err
	}
	t.headSeq, t.headHash = head.EventSeq, head.EventHash
	return nil
}

func (t *tx) readHead(head *ticketing.Ticket) error {
	var found bool
	var hash digest
	last := statement{query: lastOfAll, read: one(&found, &head.EventSeq, &hash)}
	queries := []statement{last}
	if t.db.engine == postgresEngine {
		ignore := func(r rows) error {
			for r.Next() {
				continue
			}
			return r.Err()
		}
		queries = []statement{{query: lockChain, args: []any{chainLock}, read: ignore}, last}
	}
	err := t.readAll(queries...)
	head.EventHash = string(hash)
	return err
}

// chain seals the event behind the head and writes it.
func (t *tx) chain(head *ticketing.Ticket, e *ticketing.Event) error {
	id, err := t.id(ticketing.IDEvent)
	if err != nil {
		return err
	}
	e.ID = ticketing.EventID(id)
	head.Pending.Events = []ticketing.Event{*e}
	if err := head.SealEvents(); err != nil {
		return fmt.Errorf("seal event: %w", err)
	}
	*e = head.Pending.Events[0]
	t.writeEvent(e)
	return nil
}
