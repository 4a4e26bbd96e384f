package storage

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/sistem48/system48/ticketing"
)

func (r *uploadRow) upload() ticketing.Upload {
	return ticketing.Upload{
		ID: r.ID, Agent: ticketing.AgentID(r.AgentID), Ticket: ticketing.TicketID(r.TicketID), Kind: ticketing.DraftKind(r.Kind),
		File: ticketing.Attachment{
			Key: string(r.BlobKey), Name: r.Name, ContentType: r.ContentType, Size: r.Size, ContentID: r.ContentID, Inline: r.Inline,
		},
		At: r.At.orNone(),
	}
}

var (
	draftQuery   = selectFrom[draftRow]("where agent_id = ? and ticket_id = ? and kind = ?")
	uploadsQuery = selectFrom[uploadRow]("where agent_id = ? and ticket_id = ? and kind = ? order by at, id")
	setDraft     = sqlQuery(`insert into drafts (agent_id, ticket_id, kind, body, saved_at) values (?, ?, ?, ?, ?)
		on conflict (agent_id, ticket_id, kind) do update set body = excluded.body, saved_at = excluded.saved_at`)
)

// Draft gives what the agent has typed; see ticketing.DraftStore.
func (db *DB) Draft(ctx context.Context, a ticketing.AgentID, id ticketing.TicketID, kind ticketing.DraftKind) (ticketing.Draft, error) {
	var drafts []draftRow
	var uploads []uploadRow
	key := func() []any { return []any{int64(a), int64(id), string(kind)} }
	err := db.query(ctx,
		statement{query: draftQuery, args: key(), read: into(&drafts)},
		statement{query: uploadsQuery, args: key(), read: into(&uploads)},
	)
	if err != nil {
		return ticketing.Draft{}, err
	}
	if len(drafts) == 0 && len(uploads) == 0 {
		return ticketing.Draft{}, notFound("draft")
	}
	d := ticketing.Draft{Agent: a, Ticket: id, Kind: kind}
	if len(drafts) > 0 {
		d.Text, d.SavedAt = drafts[0].Body, drafts[0].SavedAt.orNone()
	}
	for i := range uploads {
		d.Uploads = append(d.Uploads, uploads[i].upload())
	}
	return d, nil
}

// SaveDraft keeps what was typed; see ticketing.DraftStore. Uploads are kept by
// AddUpload.
func (db *DB) SaveDraft(ctx context.Context, d ticketing.Draft) error {
	return db.write(ctx, func(t *tx) error {
		if d.Text == "" {
			t.queue(dropDraft, int64(d.Agent), int64(d.Ticket), string(d.Kind))
			return nil
		}
		t.queue(setDraft, int64(d.Agent), int64(d.Ticket), string(d.Kind), d.Text, never1970(d.SavedAt))
		return nil
	})
}

// AddUpload keeps a file given to a draft; see ticketing.DraftStore.
func (db *DB) AddUpload(ctx context.Context, u ticketing.Upload) error {
	if u.ID == "" {
		return &ticketing.Error{Kind: ticketing.Conflict, Field: "upload", Key: "upload.exists"}
	}
	row := uploadRow{
		ID: clean(u.ID), AgentID: int64(u.Agent), TicketID: int64(u.Ticket), Kind: string(u.Kind), BlobKey: digest(u.File.Key),
		Name: clean(u.File.Name), ContentType: clean(u.File.ContentType), Size: u.File.Size,
		ContentID: clean(u.File.ContentID), Inline: u.File.Inline, At: never1970(u.At),
	}
	return db.write(ctx, func(t *tx) error {
		return t.withORM(func(g *gorm.DB) error { return g.Create(&row).Error })
	})
}

// DropUpload forgets an upload; see ticketing.DraftStore.
func (db *DB) DropUpload(ctx context.Context, a ticketing.AgentID, id string) error {
	return db.write(ctx, func(t *tx) error {
		return t.withORM(func(g *gorm.DB) error {
			res := g.Where(clause.Eq{Column: "id", Value: clean(id)}).Where("agent_id = ?", int64(a)).Delete(&uploadRow{})
			if res.Error == nil && res.RowsAffected == 0 {
				return notFound("upload")
			}
			return res.Error
		})
	})
}

// UploadOf gives the agent's own upload; see ticketing.DraftStore.
func (db *DB) UploadOf(ctx context.Context, a ticketing.AgentID, id string) (ticketing.Upload, error) {
	row, err := find[uploadRow](ctx, db, "id = ? and agent_id = ?", clean(id), int64(a))
	if err != nil {
		return ticketing.Upload{}, err
	}
	return row.upload(), nil
}
