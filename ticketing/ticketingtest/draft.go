package ticketingtest

import (
	"cmp"
	"context"

	"github.com/sistem48/system48/ticketing"
)

// draft gives a draft with its uploads; one without either is NotFound.
func (v view) draft(k draftKey) (ticketing.Draft, error) {
	d := ticketing.Draft{Agent: k.agent, Ticket: k.ticket, Kind: k.kind}
	if row, ok := v.drafts.get(v.in, k); ok {
		d = *copyOf(row)
	}
	for _, u := range v.uploads.list(v.in, func(u *ticketing.Upload) bool { return keyOf(u) == k }, func(a, b *ticketing.Upload) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
	}) {
		d.Uploads = append(d.Uploads, *copyOf(u))
	}
	if d.Text == "" && len(d.Uploads) == 0 {
		return ticketing.Draft{}, fail(ticketing.NotFound, "draft.unknown")
	}
	return d, nil
}

func keyOf(u *ticketing.Upload) draftKey { return draftKey{u.Agent, u.Ticket, u.Kind} }

// Draft implements [ticketing.DraftStore].
func (s *Store) Draft(ctx context.Context, a ticketing.AgentID, id ticketing.TicketID, kind ticketing.DraftKind) (d ticketing.Draft, err error) {
	err = s.read(ctx, func(v view) error {
		d, err = v.draft(draftKey{a, id, kind})
		return err
	})
	return d, err
}

// SaveDraft implements [ticketing.DraftStore].
func (s *Store) SaveDraft(ctx context.Context, d ticketing.Draft) error {
	return s.write(ctx, func(t *tx) error {
		k := draftKey{d.Agent, d.Ticket, d.Kind}
		d.Uploads = nil // they are rows of their own
		t.drafts.put(k, copyOf(&d))
		if d.Text == "" {
			t.drafts.drop(k)
		}
		return nil
	})
}

// AddUpload implements [ticketing.DraftStore].
func (s *Store) AddUpload(ctx context.Context, u ticketing.Upload) error {
	return s.write(ctx, func(t *tx) error {
		if _, taken := t.uploads.get(t.in, u.ID); taken || u.ID == "" {
			return fail(ticketing.Conflict, "upload.exists")
		}
		t.uploads.put(u.ID, copyOf(&u))
		return nil
	})
}

// upload gives the agent's own upload.
func (v view) upload(a ticketing.AgentID, id string) (*ticketing.Upload, error) {
	u, ok := v.uploads.get(v.in, id)
	if !ok || u.Agent != a {
		return nil, fail(ticketing.NotFound, "upload.unknown")
	}
	return copyOf(u), nil
}

// DropUpload implements [ticketing.DraftStore].
func (s *Store) DropUpload(ctx context.Context, a ticketing.AgentID, id string) error {
	return s.write(ctx, func(t *tx) error {
		if _, err := t.upload(a, id); err != nil {
			return err
		}
		t.uploads.drop(id)
		return nil
	})
}

// UploadOf implements [ticketing.DraftStore].
func (s *Store) UploadOf(ctx context.Context, a ticketing.AgentID, id string) (u ticketing.Upload, err error) {
	err = s.read(ctx, func(v view) error {
		row, err := v.upload(a, id)
		if err == nil {
			u = *row
		}
		return err
	})
	return u, err
}

// TakeUploads implements [ticketing.Tx].
func (t *tx) TakeUploads(ctx context.Context, a ticketing.AgentID, id ticketing.TicketID, kind ticketing.DraftKind, ids []string) ([]ticketing.Attachment, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	var out []ticketing.Attachment
	for _, one := range ids {
		u, err := t.upload(a, one)
		if err != nil {
			return nil, err
		}
		if u.Ticket != id || u.Kind != kind {
			return nil, fail(ticketing.NotFound, "upload.unknown")
		}
		out = append(out, u.File)
		t.uploads.drop(one)
	}
	return out, nil
}

// DropDraft implements [ticketing.Tx].
func (t *tx) DropDraft(ctx context.Context, a ticketing.AgentID, id ticketing.TicketID, kind ticketing.DraftKind) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	k := draftKey{a, id, kind}
	t.drafts.drop(k)
	for one, u := range t.uploads.each(t.in) {
		if keyOf(u) == k {
			t.uploads.drop(one)
		}
	}
	return nil
}
