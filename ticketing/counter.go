package ticketing

import (
	"context"
	"errors"
	"time"
)

// Counter is what the citizen does on the status page, after reference and
// tracking code have proved who asks.
type Counter struct{ *Bureau }

// Find gives the ticket that reference and code open. Unknown reference and
// wrong code are the same NotFound.
func (c *Counter) Find(ctx context.Context, reads interface {
	TicketForCitizen(ctx context.Context, ref Reference) (*TicketView, error)
}, ref, code string,
) (*TicketView, error) {
	unknown := &Error{Kind: NotFound, Key: "status.unknown"}
	r, err := ParseReference(c.Settings.Prefix, ref)
	if err != nil {
		r = NewReference(c.Settings.Prefix, 0, 0) // spend the same time
	}
	v, err := reads.TicketForCitizen(ctx, r)
	if err != nil && !errors.Is(err, NotFound) {
		return nil, err
	}
	epoch := 0
	if v != nil {
		epoch = v.Ticket.TrackingEpoch
	}
	if ok := c.Keys.CheckTrackingCode(r, epoch, code); !ok || v == nil {
		return nil, unknown
	}
	return v, nil
}

// maxWritten bounds what a citizen writes on the status page, in bytes.
const maxWritten = 20_000

// Write adds a message from the status page.
func (c *Counter) Write(ctx context.Context, ref Reference, text string, files []Attachment) error {
	if len(text) > maxWritten {
		return &Error{Kind: TooLarge, Field: "text", Key: "reply.too_long"}
	}
	if isBlank(text) && len(files) == 0 {
		return invalid("text", "reply.empty")
	}
	return c.act(ctx, ref, func(tx Tx, t *Ticket, dir *Directory, now time.Time) error {
		return c.receive(ctx, tx, t, dir, text, files, now)
	})
}

// Deny says "it is not solved": a new episode starts. Conflict when the ticket is in work
// or the time for it is over. Text and files say why; both may be missing.
func (c *Counter) Deny(ctx context.Context, ref Reference, text string, files []Attachment) error {
	if len(text) > maxWritten {
		return &Error{Kind: TooLarge, Field: "text", Key: "reply.too_long"}
	}
	return c.act(ctx, ref, func(tx Tx, t *Ticket, dir *Directory, now time.Time) error {
		if t.State.InWork() {
			return &Error{Kind: Conflict, Field: "state", Key: "status.in_work"}
		}
		if !isBlank(text) || len(files) > 0 {
			return c.receive(ctx, tx, t, dir, text, files, now)
		}
		if !t.IsOpenFor(now) {
			return &Error{Kind: Conflict, Field: "state", Key: "status.too_late"}
		}
		k, _ := dir.Category(t.Category)
		return t.Reopen(Actor{Citizen: true}, dir.Rules, k, now)
	})
}

// receive adds what the citizen wrote, unless it is too late.
func (c *Counter) receive(ctx context.Context, tx Tx, t *Ticket, dir *Directory, text string, files []Attachment, now time.Time) error {
	if !t.IsOpenFor(now) {
		return &Error{Kind: Conflict, Field: "state", Key: "status.too_late"}
	}
	id, err := tx.NextID(ctx, IDMessage)
	if err != nil {
		return err
	}
	text = cleanText(text, maxWritten)
	m := Message{
		ID: MessageID(id), Direction: In, Channel: ChannelPortal, By: Actor{Citizen: true}.ID(), Author: t.ReplyTo, Text: text,
		FoldAt: len(text), Files: files, Language: t.Language, ReceivedAt: now, CreatedAt: now,
	}
	k, _ := dir.Category(t.Category)
	return t.Receive(m, Actor{Citizen: true}, dir.Rules, k, now)
}

func (c *Counter) act(ctx context.Context, ref Reference, f func(tx Tx, t *Ticket, dir *Directory, now time.Time) error) error {
	dir, err := c.Store.Directory(ctx)
	if err != nil {
		return err
	}
	return c.Store.InTx(ctx, func(tx Tx) error {
		t, err := tx.Ticket(ctx, Scope{All: true}, ref)
		if err != nil {
			return err
		}
		if err := f(tx, t, dir, c.now()); err != nil {
			return err
		}
		return saveTicket(ctx, tx, t)
	})
}
