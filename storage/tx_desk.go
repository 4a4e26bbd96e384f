package storage

import (
	"context"
	"time"

	"github.com/sistem48/system48/ticketing"
)

var (
	readMark      = sqlQuery("select at from reads where agent_id = ? and ticket_id = ? {lock}")
	setReadMark   = sqlQuery("insert into reads (agent_id, ticket_id, at) values (?, ?, ?) on conflict (agent_id, ticket_id) do update set at = excluded.at")
	onceQuery     = sqlQuery("select hash, result from once where caller = ? and key = ? {lock}")
	setOnce       = sqlQuery("insert into once (caller, key, hash, result, at) values (?, ?, ?, ?, ?)")
	dropDraft     = sqlQuery("delete from drafts where agent_id = ? and ticket_id = ? and kind = ?")
	dropUploads   = sqlQuery("delete from uploads where agent_id = ? and ticket_id = ? and kind = ?")
	uploadsForIDs = selectFrom[uploadRow]("where id" + isOneOf + " {lock}")
	dropUpload    = sqlQuery("delete from uploads where id = ?")
)

// TouchRead records a reading; see ticketing.Tx.
func (t *tx) TouchRead(_ context.Context, a ticketing.AgentID, id ticketing.TicketID, at time.Time, within time.Duration) (bool, error) {
	var found bool
	var last instant
	key := []any{int64(a), int64(id)}
	if err := t.readAll(statement{query: readMark, args: key, read: one(&found, &last)}); err != nil {
		return false, err
	}
	if found && at.Sub(last.time()) < within {
		return false, nil
	}
	t.queue(setReadMark, int64(a), int64(id), instant(at))
	return true, nil
}

// Once looks an idempotency key up; see ticketing.Tx.
func (t *tx) Once(_ context.Context, k ticketing.Once) (string, bool, error) {
	if k.Key == "" {
		return "", false, nil
	}
	var found bool
	var hash, result string
	if err := t.readAll(statement{query: onceQuery, args: []any{k.Caller, k.Key}, read: one(&found, &hash, &result)}); err != nil {
		return "", false, err
	}
	if found && hash != clean(k.Hash) {
		return "", false, &ticketing.Error{Kind: ticketing.Conflict, Field: "key", Key: "once.differs"}
	}
	return result, found, nil
}

// SetOnce records the result of an idempotency key; see ticketing.Tx. When
// another transaction was quicker with the same key, this one runs again and
// finds the other's result.
func (t *tx) SetOnce(_ context.Context, k ticketing.Once, result string, at time.Time) error {
	if k.Key == "" {
		return nil
	}
	t.add(statement{query: setOnce, args: []any{k.Caller, k.Key, k.Hash, result, instant(at)}, failed: func(err error) error {
		return quicker(err, "once.taken")
	}})
	return nil
}

// quicker makes a duplicate a reason to run again.
func quicker(err error, key string) error {
	err = translate(err)
	if ticketing.KindOf(err) != ticketing.Conflict {
		return err
	}
	return &failure{ticketing.Conflict, conflicted, &ticketing.Error{Kind: ticketing.Conflict, Key: key}}
}

// TakeUploads gives files to a message and forgets the uploads; see ticketing.Tx.
func (t *tx) TakeUploads(_ context.Context, a ticketing.AgentID, id ticketing.TicketID, kind ticketing.DraftKind, ids []string) ([]ticketing.Attachment, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var found []uploadRow
	if err := t.readAll(statement{query: uploadsForIDs, args: []any{texts(t.db.engine, ids)}, read: into(&found)}); err != nil {
		return nil, err
	}
	byID := map[string]*uploadRow{}
	for i := range found {
		byID[found[i].ID] = &found[i]
	}
	out := make([]ticketing.Attachment, 0, len(ids))
	for _, one := range ids {
		u, ok := byID[clean(one)]
		if !ok || u.AgentID != int64(a) || u.TicketID != int64(id) || u.Kind != string(kind) {
			return nil, notFound("upload")
		}
		delete(byID, u.ID)
		out = append(out, u.upload().File)
		t.queue(dropUpload, u.ID)
	}
	return out, nil
}

// DropDraft forgets the agent's draft; see ticketing.Tx.
func (t *tx) DropDraft(_ context.Context, a ticketing.AgentID, id ticketing.TicketID, kind ticketing.DraftKind) error {
	t.queue(dropDraft, int64(a), int64(id), string(kind))
	t.queue(dropUploads, int64(a), int64(id), string(kind))
	return nil
}
