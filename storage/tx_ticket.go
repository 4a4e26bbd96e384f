package storage

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// A loadedTicket is a ticket as the transaction read it under its lock, and as
// it has written it since: what SaveTicket compares with.
type loadedTicket struct {
	row    ticketRow
	clocks []clockRow
	writes map[rowKey]*rowWrite // those that may not have been sent yet
	marked bool                 // the transaction has marked its facts
}

// A rowKey names a row of a ticket.
type rowKey struct {
	table string
	id    int64
}

// A rowWrite is a write that waits: saving the row once more changes it instead
// of adding another, so that each row is written once however often it was saved.
type rowWrite struct {
	sent   int // how often the transaction had sent its writes when it was queued
	at     int // in pending
	before any // the row as stored, nil when there is none
}

// putRow queues the row, or changes the write of it that still waits. before is
// the row as it was last written, nil when it is new.
func putRow[T any](t *tx, l *loadedTicket, id int64, before, after *T) {
	p := planOf[T]()
	key := rowKey{p.table, id}
	if w, ok := l.writes[key]; ok && w.sent == t.sent {
		stored, _ := w.before.(*T)
		s := rowStatement(p, stored, after)
		cleanArgs(s.args)
		t.pending[w.at] = s
		return
	}
	s := rowStatement(p, before, after)
	if s.query == (query{}) {
		return
	}
	w := &rowWrite{sent: t.sent, at: len(t.pending)}
	if before != nil {
		w.before = before
	}
	t.add(s)
	if l.writes == nil {
		l.writes = map[rowKey]*rowWrite{}
	}
	l.writes[key] = w
}

// rowStatement writes what differs; nothing when nothing does.
func rowStatement[T any](p *plan, before, after *T) statement {
	if before == nil {
		return statement{query: p.insert, args: p.values(after)}
	}
	q, args, _ := p.change(before, after)
	return statement{query: q, args: args}
}

var (
	ticketForID  = selectFrom[ticketRow]("where id = ? {lock}")
	clocksForID  = selectFrom[clockRow]("where ticket_id = ? order by id")
	clocksForRef = selectFrom[clockRow]("where ticket_id = (select id from tickets where ref = ?) order by id")
)

// Ticket loads and locks a ticket; see ticketing.Tx.
func (t *tx) Ticket(_ context.Context, s ticketing.Scope, ref ticketing.Reference) (*ticketing.Ticket, error) {
	where, args := readable(t.db.engine, s)
	q := memo(selectText[ticketRow]() + " where ref = ?" + where + " {lock}")
	return t.loadTicket(
		statement{query: q, args: append([]any{string(ref)}, args...)},
		statement{query: clocksForRef, args: []any{string(ref)}},
	)
}

// TicketByID is Ticket without a scope; see ticketing.Tx.
func (t *tx) TicketByID(_ context.Context, id ticketing.TicketID) (*ticketing.Ticket, error) {
	return t.loadTicket(
		statement{query: ticketForID, args: []any{int64(id)}},
		statement{query: clocksForID, args: []any{int64(id)}},
	)
}

func (t *tx) loadTicket(row, clocks statement) (*ticketing.Ticket, error) {
	var found []ticketRow
	var l loadedTicket
	row.read, clocks.read = into(&found), into(&l.clocks)
	if err := t.readAll(row, clocks); err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, notFound("ticket")
	}
	l.row = found[0]
	t.keepTicket(&l)
	k := l.ticket()
	return &k, nil
}

func (t *tx) keepTicket(l *loadedTicket) {
	if t.tickets == nil {
		t.tickets = map[ticketing.TicketID]*loadedTicket{}
	}
	t.tickets[ticketing.TicketID(l.row.ID)] = l
}

func (l *loadedTicket) ticket() ticketing.Ticket {
	k := l.row.ticket()
	for i := range l.clocks {
		k.Clocks = append(k.Clocks, l.clocks[i].clock())
	}
	return k
}

// held gives the ticket as loaded in this transaction, loading it if need be.
func (t *tx) held(id ticketing.TicketID) (*loadedTicket, error) {
	if l, ok := t.tickets[id]; ok {
		return l, nil
	}
	if _, err := t.TicketByID(t.ctx, id); err != nil {
		return nil, err
	}
	return t.tickets[id], nil
}

// SaveTicket writes the ticket and what is pending; see ticketing.Tx.
func (t *tx) SaveTicket(_ context.Context, k *ticketing.Ticket) error {
	before, err := t.admit(k)
	if err != nil {
		return err
	}
	if before != nil {
		k.EventSeq, k.EventHash = before.row.EventSeq, string(before.row.EventHash) // readings may have been chained since k was loaded
	}
	lastIn := int64(0)
	if before != nil {
		lastIn = before.row.LastInID
	}
	if err := t.identify(k); err != nil {
		return err
	}
	if err := k.SealEvents(); err != nil {
		return fmt.Errorf("seal events: %w", err)
	}
	k.Version++
	for i := range k.Pending.Messages {
		if m := &k.Pending.Messages[i]; m.Rouses() {
			lastIn = max(lastIn, int64(m.ID))
		}
	}
	after := &loadedTicket{row: ticketRowOf(k, lastIn)}
	if before != nil {
		after.writes, after.marked = before.writes, before.marked
	}
	t.writeTicket(before, after)
	t.writeClocks(before, after, k)
	t.markFacts(before, after)
	t.writeReferred(before, after)
	if err := t.writePending(before, k); err != nil {
		return err
	}
	t.keepTicket(after)
	k.Pending = ticketing.Pending{}
	return nil
}

// admit checks that the ticket may be written, and gives it as it is stored;
// nil when it is new. That a reference is taken the index says.
func (t *tx) admit(k *ticketing.Ticket) (*loadedTicket, error) {
	if k.Ref == "" {
		return nil, &ticketing.Error{Kind: ticketing.Invalid, Field: "reference", Key: "reference.malformed"}
	}
	if k.Pending.New {
		return nil, nil //nolint:nilnil // there is none before
	}
	before, err := t.held(k.ID)
	switch {
	case err != nil:
		return nil, err
	case before.row.Version != k.Version:
		return nil, stale("ticket")
	case before.row.Ref != string(k.Ref):
		return nil, conflict("reference of a ticket")
	}
	return before, nil
}

// identify gives identifiers to what has none yet.
func (t *tx) identify(k *ticketing.Ticket) error {
	var err error
	give := func(have int64, kind ticketing.IDKind) int64 {
		if have != 0 || err != nil {
			return have
		}
		have, err = t.id(kind)
		return have
	}
	k.ID = ticketing.TicketID(give(int64(k.ID), ticketing.IDTicket))
	for i := range k.Clocks {
		k.Clocks[i].ID = ticketing.ClockID(give(int64(k.Clocks[i].ID), ticketing.IDClock))
		k.Clocks[i].Ticket = k.ID
	}
	for i := range k.Pending.Events {
		k.Pending.Events[i].ID = ticketing.EventID(give(0, ticketing.IDEvent))
	}
	for i := range k.Pending.Messages {
		m := &k.Pending.Messages[i]
		m.ID, m.Ticket = ticketing.MessageID(give(int64(m.ID), ticketing.IDMessage)), k.ID
		m.Files = slices.Clone(m.Files) // one list may serve several messages: each has rows of its own
		for n := range m.Files {
			m.Files[n].ID = ticketing.AttachmentID(give(int64(m.Files[n].ID), ticketing.IDAttachment))
		}
	}
	for i := range k.Pending.Notices {
		n := &k.Pending.Notices[i]
		n.ID, n.Ticket = ticketing.NoticeID(give(int64(n.ID), ticketing.IDNotice)), k.ID
	}
	for i := range k.Pending.Deliveries {
		d := &k.Pending.Deliveries[i]
		d.ID, d.Ticket = ticketing.DeliveryID(give(int64(d.ID), ticketing.IDDelivery)), k.ID
	}
	return err
}

var (
	holdBefore = sqlQuery("insert into ticket_held (ticket_id, department_id) values (?, ?) on conflict (ticket_id, department_id) do update set asked = false")
	addTag     = sqlQuery("insert into ticket_tags (tag, ticket_id) values (?, ?) on conflict do nothing")
	dropTag    = sqlQuery("delete from ticket_tags where tag = ? and ticket_id = ?")
)

func (t *tx) writeTicket(before, after *loadedTicket) {
	row := &after.row
	var tags []string
	if before == nil {
		putRow(t, after, row.ID, nil, row)
	} else {
		putRow(t, after, row.ID, &before.row, row)
		tags = before.row.Tags
		if before.row.DepartmentID != row.DepartmentID {
			t.queue(holdBefore, row.ID, before.row.DepartmentID)
		}
	}
	for _, tag := range row.Tags {
		if !slices.Contains(tags, tag) {
			t.queue(addTag, tag, row.ID)
		}
	}
	for _, tag := range tags {
		if !slices.Contains(row.Tags, tag) {
			t.queue(dropTag, tag, row.ID)
		}
	}
}

var dropClock = sqlQuery("delete from clocks where id = ?")

func (t *tx) writeClocks(before, after *loadedTicket, k *ticketing.Ticket) {
	var old []clockRow
	if before != nil {
		old = before.clocks
	}
	find := func(id int64) *clockRow {
		for i := range old {
			if old[i].ID == id {
				return &old[i]
			}
		}
		return nil
	}
	kept := map[int64]bool{}
	for i := range k.Clocks {
		row := clockRowOf(&k.Clocks[i])
		kept[row.ID] = true
		putRow(t, after, row.ID, find(row.ID), &row)
		after.clocks = append(after.clocks, row)
	}
	for i := range old {
		if !kept[old[i].ID] {
			t.queue(dropClock, old[i].ID)
		}
	}
}

func (t *tx) writePending(before *loadedTicket, k *ticketing.Ticket) error {
	for i := range k.Pending.Legs {
		row := legRowOf(k.ID, &k.Pending.Legs[i])
		insertRow(t, &row)
	}
	for i := range k.Pending.Events {
		t.writeEvent(&k.Pending.Events[i])
	}
	for i := range k.Pending.Notices {
		row := noticeRowOf(&k.Pending.Notices[i])
		insertRow(t, &row)
	}
	for i := range k.Pending.Messages {
		m := &k.Pending.Messages[i]
		row := messageRowOf(m)
		insertRow(t, &row)
		for n := range m.Files {
			file := attachmentRowOf(m.ID, &m.Files[n])
			insertRow(t, &file)
		}
	}
	for i := range k.Pending.Deliveries {
		row := deliveryRowOf(&k.Pending.Deliveries[i])
		insertRow(t, &row)
	}
	for i := range k.Pending.Changed {
		if err := t.changeDelivery(&k.Pending.Changed[i]); err != nil {
			return err
		}
	}
	return t.writeWords(before, k)
}

// Bounds on the words of one addition: a text of a megabyte has more, and
// PostgreSQL refuses vectors beyond one.
const (
	mostTerms     = 20_000
	mostTermBytes = 400_000
)

var (
	addDocServer = sqlQuery("insert into search_docs (id, ticket_id, words) values (?, ?, array_to_tsvector(?))")
	addDocFile   = sqlQuery("insert into search_docs (id, ticket_id) values (?, ?)")
	addWordsFile = sqlQuery("insert into search_words (rowid, words) values (?, ?)")
)

// writeWords makes what was added to the ticket findable.
func (t *tx) writeWords(before *loadedTicket, k *ticketing.Ticket) error {
	texts := k.Pending.Text
	if before == nil || before.row.Subject != k.Subject {
		texts = append(texts, k.Subject, string(k.Ref))
	}
	if len(texts) == 0 {
		return nil
	}
	terms := boundTerms(lang.Terms(strings.Join(texts, " ")))
	if len(terms) == 0 {
		return nil
	}
	var id int64
	if n := len(k.Pending.Messages); n > 0 {
		id = int64(k.Pending.Messages[n-1].ID)
	} else {
		var err error
		if id, err = t.id(ticketing.IDMessage); err != nil {
			return err
		}
	}
	if t.db.engine == postgresEngine {
		t.queue(addDocServer, id, int64(k.ID), terms)
		return nil
	}
	t.queue(addDocFile, id, int64(k.ID))
	t.queue(addWordsFile, id, strings.Join(terms, " "))
	return nil
}

func boundTerms(terms []string) []string {
	terms = terms[:min(len(terms), mostTerms)]
	size := 0
	for i, w := range terms {
		if size += len(w) + 1; size > mostTermBytes {
			return terms[:i]
		}
	}
	return terms
}
