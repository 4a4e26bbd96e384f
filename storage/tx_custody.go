package storage

import (
	"context"

	"github.com/sistem48/system48/ticketing"
)

var allBodies = selectFrom[bodyRow]("order by id")

// SaveBody writes an outside body; see ticketing.Tx.
func (t *tx) SaveBody(_ context.Context, b *ticketing.Body) error {
	row := bodyRow{
		ID: int64(b.ID), Code: clean(b.Code), Names: b.Names, Email: clean(b.Email), Language: string(b.Language), Domain: clean(b.Domain), Pattern: clean(b.Pattern),
		AcceptHours: small(b.AcceptHours), AnswerHours: small(b.AnswerHours), Calendar: clean(b.Calendar), Disabled: b.Disabled, Version: b.Version,
	}
	return saveRecord(t, &row, record{&row.ID, &row.Version, "body", "body"}, func() {
		b.ID, b.Version = ticketing.BodyID(row.ID), row.Version
	})
}

var newestOutside = sqlQuery("select ticket_id from outside_refs where body_id = ? and number = ? order by ticket_id desc limit 1")

// TicketByOutside gives the ticket a body knows under its number; see ticketing.Tx.
func (t *tx) TicketByOutside(ctx context.Context, b ticketing.BodyID, number string) (*ticketing.Ticket, error) {
	var found bool
	var id int64
	if err := t.readAll(statement{query: newestOutside, args: []any{int64(b), clean(number)}, read: one(&found, &id)}); err != nil {
		return nil, err
	}
	if !found || number == "" {
		return nil, notFound("ticket")
	}
	return t.TicketByID(ctx, ticketing.TicketID(id))
}

var (
	holdAsked    = sqlQuery("insert into ticket_held (ticket_id, department_id, asked) values (?, ?, true) on conflict do nothing")
	dropAsked    = sqlQuery("delete from ticket_held where ticket_id = ? and department_id = ? and asked = true")
	addOutside   = sqlQuery("insert into outside_refs (body_id, number, ticket_id) values (?, ?, ?) on conflict do nothing")
	addQuestion  = sqlQuery("insert into questions (department_id, ticket_id) values (?, ?) on conflict do nothing")
	dropQuestion = sqlQuery("delete from questions where department_id = ? and ticket_id = ?")
	dropOutside  = sqlQuery("delete from outside_refs where body_id = ? and number = ? and ticket_id = ?")
)

// writeReferred keeps what is searched for of referrals and consultations: the
// numbers of bodies, and which departments may read because they were asked. Who
// had custody besides reads for that, whatever becomes of the question.
func (t *tx) writeReferred(before, after *loadedTicket) {
	var old ticketRow
	if before == nil && len(after.row.Referrals) == 0 && len(after.row.Consultations) == 0 {
		return
	}
	if before != nil {
		old = before.row
	}
	id := after.row.ID
	was, is := outsideNumbers(old.Referrals), outsideNumbers(after.row.Referrals)
	for k := range is {
		if !was[k] {
			t.queue(addOutside, int64(k.body), k.number, id)
		}
	}
	for k := range was {
		if !is[k] {
			t.queue(dropOutside, int64(k.body), k.number, id)
		}
	}
	t.writeQuestions(id, old.Consultations, after.row.Consultations)
	read, reads := readAsAsked(old.Consultations), readAsAsked(after.row.Consultations)
	for d := range reads {
		if !read[d] {
			t.queue(holdAsked, id, int64(d))
		}
	}
	for d := range read {
		if !reads[d] {
			t.queue(dropAsked, id, int64(d))
		}
	}
}

// writeQuestions keeps which departments owe the ticket an answer.
func (t *tx) writeQuestions(id int64, old, now []ticketing.Consultation) {
	owed, owes := owedBy(old), owedBy(now)
	for d := range owes {
		if !owed[d] {
			t.queue(addQuestion, int64(d), id)
		}
	}
	for d := range owed {
		if !owes[d] {
			t.queue(dropQuestion, int64(d), id)
		}
	}
}

func owedBy(list []ticketing.Consultation) map[ticketing.DepartmentID]bool {
	out := map[ticketing.DepartmentID]bool{}
	for i := range list {
		if list[i].Open() {
			out[list[i].Department] = true
		}
	}
	return out
}

type outsideNumber struct {
	body   ticketing.BodyID
	number string
}

func outsideNumbers(list []ticketing.Referral) map[outsideNumber]bool {
	out := map[outsideNumber]bool{}
	for i := range list {
		if n := clean(list[i].Outside); n != "" {
			out[outsideNumber{list[i].Body, n}] = true
		}
	}
	return out
}

func readAsAsked(list []ticketing.Consultation) map[ticketing.DepartmentID]bool {
	out := map[ticketing.DepartmentID]bool{}
	for i := range list {
		if list[i].Reads() {
			out[list[i].Department] = true
		}
	}
	return out
}
