package storage

import (
	"context"

	"github.com/sistem48/system48/ticketing"
)

const ofRefs = "(select id from tickets where ref" + isOneOf + ")"

var (
	headClocks   = selectFrom[clockRow]("where ticket_id in " + ofRefs + " order by ticket_id, id")
	headCitizens = sqlQuery("select " + planOf[citizenRow]().as("s") + `, c.id from citizens c join citizens s on s.id = c.stays_id
		where c.id in (select citizen_id from tickets where ref` + isOneOf + ")")
	headContacts = sqlQuery("select " + planOf[contactRow]().as("k") + `, c.stays_id from contacts k join citizens c on c.id = k.citizen_id
		where c.stays_id in (select f.stays_id from citizens f where f.id in (select citizen_id from tickets where ref` + isOneOf + ")) order by k.id")
)

// TicketHeads gives tickets and their citizens; see ticketing.TicketReads.
func (db *DB) TicketHeads(ctx context.Context, s ticketing.Scope, refs []ticketing.Reference) ([]ticketing.TicketView, error) {
	if len(refs) == 0 {
		return nil, nil
	}
	var found []ticketRow
	var clocks []clockRow
	var citizens []citizenRow
	var asked []int64 // by whose number the ticket names each of citizens
	var contacts []contactRow
	var of []int64 // whose each of contacts is
	list := texts(db.engine, refs)
	where, args := readable(db.engine, s)
	err := db.query(ctx,
		statement{query: memo(selectText[ticketRow]() + " where ref" + isOneOf + where), args: append([]any{list}, args...), read: into(&found)},
		statement{query: headClocks, args: []any{list}, read: into(&clocks)},
		statement{query: headCitizens, args: []any{list}, read: intoWith(&citizens, &asked)},
		statement{query: headContacts, args: []any{list}, read: intoWith(&contacts, &of)},
	)
	if err != nil {
		return nil, err
	}
	clocksOf, contactsOf, rowOf := map[int64][]clockRow{}, map[int64][]contactRow{}, map[string]*ticketRow{}
	for i := range clocks {
		clocksOf[clocks[i].TicketID] = append(clocksOf[clocks[i].TicketID], clocks[i])
	}
	for i := range contacts {
		contactsOf[of[i]] = append(contactsOf[of[i]], contacts[i])
	}
	people := map[int64]*citizenRow{}
	for i := range citizens {
		people[asked[i]] = &citizens[i]
	}
	for i := range found {
		rowOf[found[i].Ref] = &found[i]
	}
	var out []ticketing.TicketView
	for _, ref := range refs {
		row, ok := rowOf[string(ref)]
		if !ok {
			continue
		}
		l := loadedTicket{row: *row, clocks: clocksOf[row.ID]}
		v := ticketing.TicketView{Ticket: l.ticket()}
		if p, ok := people[int64(row.CitizenID)]; ok {
			c := citizenOf(p, contactsOf[p.ID])
			v.Citizen = &c
		}
		out = append(out, v)
	}
	return out, nil
}

// intoWith reads rows with a number behind each.
func intoWith[T any](list *[]T, numbers *[]int64) func(rows) error {
	return func(r rows) error {
		*list, *numbers = nil, nil
		for r.Next() {
			var row T
			var n int64
			if err := r.Scan(planOf[T]().targets(&row, &n)...); err != nil {
				return err
			}
			*list, *numbers = append(*list, row), append(*numbers, n)
		}
		return r.Err()
	}
}
