package storage

import (
	"context"

	"github.com/sistem48/system48/ticketing"
)

var (
	messageForID = selectFrom[messageRow]("where id = ? {lock}")
	filesOf      = selectFrom[attachmentRow]("where message_id = ? order by id")
	photoOf      = sqlQuery(`select 1 from messages m join attachments a on a.message_id = m.id
		where m.ticket_id = ? and m.episode = ? and m.direction <> 'in' and a.content_type like 'image/%' limit 1`)
	markMessage = sqlQuery("update messages set mark = ?, taken_back_at = ? where id = ?")
	lastInAnew  = sqlQuery(`update tickets set last_in_id =
		(select coalesce(max(m.id), 0) from messages m where m.ticket_id = tickets.id and (m.direction = 'in' and m.mark in ('', 'body') or m.actor like 'body:%'))
		where id = (select ticket_id from messages where id = ?)`)
)

// Message loads a message with its files; see ticketing.Tx.
func (t *tx) Message(_ context.Context, id ticketing.MessageID) (*ticketing.Message, error) {
	var found []messageRow
	var files []attachmentRow
	err := t.readAll(
		statement{query: messageForID, args: []any{int64(id)}, read: into(&found)},
		statement{query: filesOf, args: []any{int64(id)}, read: into(&files)},
	)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, notFound("message")
	}
	m := withFiles(found, files)[0]
	return &m, nil
}

// withFiles puts messages and their attachments together, in the order of the rows.
func withFiles(found []messageRow, files []attachmentRow) []ticketing.Message {
	at := make(map[int64]int, len(found))
	out := make([]ticketing.Message, 0, len(found))
	for i := range found {
		at[found[i].ID] = i
		out = append(out, found[i].message())
	}
	for i := range files {
		if n, ok := at[files[i].MessageID]; ok {
			out[n].Files = append(out[n].Files, files[i].attachment())
		}
	}
	return out
}

// HasPhoto reports whether the bureau added a picture; see ticketing.Tx.
func (t *tx) HasPhoto(_ context.Context, id ticketing.TicketID, episode int) (bool, error) {
	var found bool
	var n int64
	err := t.readAll(statement{query: photoOf, args: []any{int64(id), episode}, read: one(&found, &n)})
	return found, err
}

// MarkMessage writes what may change of a message; see ticketing.Tx.
func (t *tx) MarkMessage(_ context.Context, m *ticketing.Message) error {
	t.queueOne(func(*tx) error { return notFound("message") }, markMessage, string(m.Mark), instant(m.TakenBackAt), int64(m.ID))
	if m.Direction == ticketing.In {
		// A confirmed sender's message now counts as the citizen's, for what is unread.
		delete(t.tickets, m.Ticket)
		t.queue(lastInAnew, int64(m.ID))
	}
	return nil
}
