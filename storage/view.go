package storage

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/sistem48/system48/ticketing"
)

// mostOthers is how many further tickets of a citizen a view shows.
const mostOthers = 10

// ofRef selects rows of a ticket's table by the ticket's reference.
const ofRef = "where ticket_id = (select id from tickets where ref = ?) "

var (
	viewClocks     = selectFrom[clockRow](ofRef + "order by id")
	viewMessages   = selectFrom[messageRow](ofRef + "order by id")
	viewFiles      = selectFrom[attachmentRow]("where message_id in (select id from messages " + ofRef + ") order by id")
	viewDeliveries = selectFrom[deliveryRow](ofRef + "order by id")
	viewCitizen    = selectFrom[citizenRow]("where id = (select c.stays_id from tickets t join citizens c on c.id = t.citizen_id where t.ref = ?)")
	viewContacts   = selectFrom[contactRow](`where citizen_id in (select id from citizens where stays_id =
		(select c.stays_id from tickets t join citizens c on c.id = t.citizen_id where t.ref = ?)) order by id`)
	viewLegs     = selectFrom[legRow](ofRef + "order by n")
	eventColumns = planOf[eventRow]().as("e") + ", p.payload, p.salt"
	eventsOfRef  = sqlQuery("select " + eventColumns + " from events e left join event_payloads p on p.event_id = e.id" +
		" where e.ticket_id = (select id from tickets where ref = ?) order by e.seq")
)

// TicketView gives a whole ticket; see ticketing.TicketReads.
func (db *DB) TicketView(ctx context.Context, s ticketing.Scope, ref ticketing.Reference) (*ticketing.TicketView, error) {
	var found []ticketRow
	var clocks []clockRow
	var messages []messageRow
	var files []attachmentRow
	var deliveries []deliveryRow
	var citizens []citizenRow
	var contacts []contactRow
	var events []ticketing.Event
	var others []lineRow
	var legs []legRow
	by := func() []any { return []any{string(ref)} }
	where, args := readable(db.engine, s)
	err := db.query(ctx,
		statement{query: memo(selectText[ticketRow]() + " where ref = ?" + where), args: append(by(), args...), read: into(&found)},
		statement{query: viewClocks, args: by(), read: into(&clocks)},
		statement{query: viewMessages, args: by(), read: into(&messages)},
		statement{query: viewFiles, args: by(), read: into(&files)},
		statement{query: viewDeliveries, args: by(), read: into(&deliveries)},
		statement{query: viewLegs, args: by(), read: into(&legs)},
		statement{query: viewCitizen, args: by(), read: into(&citizens)},
		statement{query: viewContacts, args: by(), read: into(&contacts)},
		statement{query: eventsOfRef, args: by(), read: intoChain(&events)},
		db.othersOf(s, ref, &others),
	)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, notFound("ticket")
	}
	l := loadedTicket{row: found[0], clocks: clocks}
	v := &ticketing.TicketView{Ticket: l.ticket(), Messages: withFiles(messages, files)}
	if len(citizens) > 0 {
		c := citizenOf(&citizens[0], contacts)
		v.Citizen = &c
	}
	v.Legs = legsOf(&v.Ticket, legs)
	for i := range events {
		if events[i].Kind != ticketing.EventRead {
			v.Events = append(v.Events, events[i])
		}
	}
	for i := range deliveries {
		d := deliveries[i].delivery()
		d.Text = ""
		v.Deliveries = append(v.Deliveries, d)
	}
	for i := range others {
		v.Others = append(v.Others, others[i].line(0))
	}
	return v, nil
}

// othersOf lists the further tickets of the citizen of a ticket.
func (db *DB) othersOf(s ticketing.Scope, ref ticketing.Reference, others *[]lineRow) statement {
	custody, args := inCustody(db.engine, s)
	lines := "select " + lineColumns + ` from tickets where citizen_id is not null and spam = 0 and ref <> ? and citizen_id in
		(select f.id from tickets t join citizens c on c.id = t.citizen_id join citizens f on f.stays_id = c.stays_id where t.ref = ?)` +
		custody + " order by received_at desc, id desc limit " + strconv.Itoa(mostOthers)
	before, after := people(0)
	all := append(append(append(before, string(ref), string(ref)), args...), after...)
	return statement{query: memo(withPeople(lines, " order by t.received_at desc, t.id desc")), args: all, read: intoLines(others)}
}

// TicketForCitizen gives a ticket without a scope; see ticketing.TicketReads.
func (db *DB) TicketForCitizen(ctx context.Context, ref ticketing.Reference) (*ticketing.TicketView, error) {
	return db.TicketView(ctx, ticketing.Scope{All: true}, ref)
}

// TicketEvents gives a ticket's chain; see ticketing.TicketReads.
func (db *DB) TicketEvents(ctx context.Context, s ticketing.Scope, ref ticketing.Reference) ([]ticketing.Event, error) {
	var ids []int64
	var events []ticketing.Event
	where, args := readable(db.engine, s)
	err := db.query(ctx,
		statement{query: memo("select id from tickets where ref = ?" + where), args: append([]any{string(ref)}, args...), read: intoIDs(&ids)},
		statement{query: eventsOfRef, args: []any{string(ref)}, read: intoChain(&events)},
	)
	if err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		return nil, notFound("ticket")
	}
	return events, nil
}

// scanEvent reads an event and its payload; more are further columns.
func scanEvent(r rows, more ...any) (ticketing.Event, error) {
	var row eventRow
	var payload, salt *string
	if err := r.Scan(planOf[eventRow]().targets(&row, append([]any{&payload, &salt}, more...)...)...); err != nil {
		return ticketing.Event{}, err
	}
	e := ticketing.Event{
		ID: ticketing.EventID(row.ID), Ticket: ticketing.TicketID(row.TicketID), Seq: row.Seq, At: row.At.time(), Actor: row.Actor,
		Kind: ticketing.EventKind(row.Kind), Data: map[string]any{}, Digest: string(row.Digest), Hash: string(row.Hash), DataJSON: row.Data,
	}
	if payload != nil && salt != nil {
		e.Payload, e.Salt = *payload, *salt
	}
	return e, json.Unmarshal([]byte(row.Data), &e.Data)
}

// intoChain reads the events of chains in order; each one's predecessor is the
// event before it of the same chain.
func intoChain(events *[]ticketing.Event) func(rows) error {
	return func(r rows) error {
		*events = nil
		for r.Next() {
			e, err := scanEvent(r)
			if err != nil {
				return err
			}
			if n := len(*events); n > 0 && (*events)[n-1].Ticket == e.Ticket {
				e.Prev = (*events)[n-1].Hash
			}
			*events = append(*events, e)
		}
		return r.Err()
	}
}

// ofTicket puts the ticket beside the rows of a table that has a ticket_id, and
// checks the scope.
func (db *DB) ofTicket(s ticketing.Scope, columns, from string) (string, []any) {
	where, args := readable(db.engine, s)
	return "select " + columns + ", tickets.ref from " + from + " join tickets on tickets.id = messages.ticket_id where 1 = 1" + where, args
}

// messagesWhere reads messages in scope with their tickets' references.
func (db *DB) messagesWhere(ctx context.Context, s ticketing.Scope, condition string, values ...any) ([]ticketing.Message, []ticketing.Reference, error) {
	text, args := db.ofTicket(s, planOf[messageRow]().as("messages"), "messages")
	var found []messageRow
	var refs []ticketing.Reference
	q := memo(text + " and " + condition + " order by messages.id")
	err := db.query(ctx, statement{query: q, args: append(args, values...), read: func(r rows) error {
		found, refs = nil, nil
		for r.Next() {
			var row messageRow
			var ref string
			if err := r.Scan(planOf[messageRow]().targets(&row, &ref)...); err != nil {
				return err
			}
			found, refs = append(found, row), append(refs, ticketing.Reference(ref))
		}
		return r.Err()
	}})
	if err != nil || len(found) == 0 {
		return nil, nil, err
	}
	ids := make([]int64, len(found))
	for i := range found {
		ids[i] = found[i].ID
	}
	var files []attachmentRow
	err = db.query(ctx, statement{query: filesOfMany, args: []any{ints(db.engine, ids)}, read: into(&files)})
	return withFiles(found, files), refs, err
}

var filesOfMany = selectFrom[attachmentRow]("where message_id" + isOneOf + " order by id")

// MessageOf gives a message in scope; see ticketing.TicketReads.
func (db *DB) MessageOf(ctx context.Context, s ticketing.Scope, id ticketing.MessageID) (ticketing.Message, ticketing.Reference, error) {
	list, refs, err := db.messagesWhere(ctx, s, "messages.id = ?", int64(id))
	if err != nil {
		return ticketing.Message{}, "", err
	}
	if len(list) == 0 {
		return ticketing.Message{}, "", notFound("message")
	}
	return list[0], refs[0], nil
}

// MessagesBy finds messages in scope; see ticketing.TicketReads.
func (db *DB) MessagesBy(ctx context.Context, s ticketing.Scope, messageID, rawSHA256 string) ([]ticketing.Message, []ticketing.Reference, error) {
	switch messageID = clean(messageID); {
	case messageID != "" && rawSHA256 != "":
		sum := digest(rawSHA256)
		return db.messagesWhere(ctx, s, `(messages.header_hash = ? and messages.message_id_header = ? or messages.raw_sha256 = ?
			or messages.raw_sha256 is null and messages.raw_key = ?)`, headerHash(messageID), messageID, sum, sum)
	case messageID != "":
		return db.messagesWhere(ctx, s, "messages.header_hash = ? and messages.message_id_header = ?", headerHash(messageID), messageID)
	case rawSHA256 != "":
		sum := digest(rawSHA256)
		return db.messagesWhere(ctx, s, "(messages.raw_sha256 = ? or messages.raw_sha256 is null and messages.raw_key = ?)", sum, sum)
	}
	return nil, nil, nil
}

// MessagesOfProvider finds messages in scope by the provider's name; see
// ticketing.TicketReads.
func (db *DB) MessagesOfProvider(ctx context.Context, s ticketing.Scope, providerID string) ([]ticketing.Message, []ticketing.Reference, error) {
	if providerID = clean(providerID); providerID == "" {
		return nil, nil, nil
	}
	return db.messagesWhere(ctx, s, "messages.id in (select message_id from deliveries where provider_id = ? and provider_id <> '')", providerID)
}

// AttachmentOf gives a file in scope; see ticketing.TicketReads.
func (db *DB) AttachmentOf(ctx context.Context, s ticketing.Scope, id ticketing.AttachmentID) (ticketing.Attachment, ticketing.Message, error) {
	list, _, err := db.messagesWhere(ctx, s, "messages.id = (select message_id from attachments where id = ?)", int64(id))
	if err != nil {
		return ticketing.Attachment{}, ticketing.Message{}, err
	}
	if len(list) > 0 {
		for _, f := range list[0].Files {
			if f.ID == id {
				return f, list[0], nil
			}
		}
	}
	return ticketing.Attachment{}, ticketing.Message{}, notFound("attachment")
}

var markSeen = sqlQuery(`insert into seen (agent_id, ticket_id, message_id) select ?, id, ? from tickets where id = ?
	on conflict (agent_id, ticket_id) do update set message_id = excluded.message_id`)

// MarkSeen records what the agent has seen; see ticketing.TicketReads.
func (db *DB) MarkSeen(ctx context.Context, a ticketing.AgentID, id ticketing.TicketID, m ticketing.MessageID) error {
	return db.write(ctx, func(t *tx) error {
		t.queueOne(func(*tx) error { return notFound("ticket") }, markSeen, int64(a), int64(m), int64(id))
		return nil
	})
}
