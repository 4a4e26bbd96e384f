package ticketing

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/sistem48/system48/ticketing/lang"
)

// People is what agents do with citizens.
type People struct{ *Bureau }

// A CitizenChange is what an agent may alter of a citizen; nil leaves as it is.
type CitizenChange struct {
	Name      *string
	Language  *lang.Tag
	Preferred *Channel
	AddEmail  string
	AddPhone  string // E.164
	Remove    string // an address
}

// Change alters a citizen. An address that another citizen has is Conflict: the
// two may have to be joined.
func (p *People) Change(ctx context.Context, by Actor, id CitizenID, ch CitizenChange) (*Citizen, error) {
	if err := by.need(RightCitizens); err != nil {
		return nil, err
	}
	var c *Citizen
	err := p.Store.InTx(ctx, func(tx Tx) error {
		var err error
		if c, err = tx.Citizen(ctx, id); err != nil {
			return err
		}
		if err := p.apply(c, ch); err != nil {
			return err
		}
		if err := tx.SaveCitizen(ctx, c); err != nil {
			return err
		}
		return tx.AppendEvent(ctx, &Event{At: p.now(), Actor: by.ID(), Kind: EventCitizenSaved, Data: map[string]any{"citizen": int64(c.ID)}})
	})
	return c, err
}

func (p *People) apply(c *Citizen, ch CitizenChange) error {
	if ch.Name != nil {
		c.Name = cleanLine(*ch.Name, MaxName)
	}
	if ch.Language != nil {
		if *ch.Language != "" && !ch.Language.Valid() {
			return invalid("language", "language.unknown")
		}
		c.Language = *ch.Language
	}
	if ch.Preferred != nil {
		if *ch.Preferred != "" && !ch.Preferred.Known() {
			return invalid("preferred", "channel.unknown")
		}
		c.Preferred = *ch.Preferred
	}
	if ch.AddEmail != "" {
		mail := NormalEmail(ch.AddEmail)
		if mail == "" || p.Own(mail) {
			return invalid("email", "email.malformed")
		}
		if !c.Has(ContactEmail, mail) {
			c.Contacts = append(c.Contacts, Contact{Citizen: c.ID, Kind: ContactEmail, Address: mail})
		}
	}
	if ch.AddPhone != "" && !isE164(ch.AddPhone) {
		return invalid("phone", "phone.malformed")
	}
	if ch.AddPhone != "" && !c.Has(ContactPhone, ch.AddPhone) {
		c.Contacts = append(c.Contacts, Contact{Citizen: c.ID, Kind: ContactPhone, Address: ch.AddPhone})
	}
	if ch.Remove != "" {
		c.Contacts = slices.DeleteFunc(c.Contacts, func(k Contact) bool { return k.Address == ch.Remove })
	}
	return nil
}

// Join makes two citizens one: from is shown as into until they are separated.
func (p *People) Join(ctx context.Context, by Actor, from, into CitizenID) error {
	if from == into {
		return invalid("into", "citizen.same")
	}
	return p.link(ctx, by, EventJoined, map[string]any{"from": int64(from), "into": int64(into)}, func(tx Tx) error {
		for _, id := range []CitizenID{from, into} {
			c, err := tx.Citizen(ctx, id)
			if err != nil {
				return err
			}
			if c.ID != id {
				return &Error{Kind: Conflict, Field: "citizen", Key: "citizen.joined"}
			}
		}
		return tx.JoinCitizens(ctx, from, into)
	})
}

// Separate undoes a join.
func (p *People) Separate(ctx context.Context, by Actor, id CitizenID) error {
	return p.link(ctx, by, EventSeparated, map[string]any{"citizen": int64(id)}, func(tx Tx) error {
		return tx.SeparateCitizen(ctx, id)
	})
}

func (p *People) link(ctx context.Context, by Actor, kind EventKind, data map[string]any, f func(tx Tx) error) error {
	if err := by.need(RightCitizens); err != nil {
		return err
	}
	return p.Store.InTx(ctx, func(tx Tx) error {
		if err := f(tx); err != nil {
			return err
		}
		return tx.AppendEvent(ctx, &Event{At: p.now(), Actor: by.ID(), Kind: kind, Data: data})
	})
}

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

// Write adds a message from the status page.
func (c *Counter) Write(ctx context.Context, ref Reference, text string, files []Attachment) error {
	if len(cleanLine(text, 10)) == 0 && len(files) == 0 {
		return invalid("text", "reply.empty")
	}
	if len(text) > 20_000 {
		return &Error{Kind: TooLarge, Field: "text", Key: "reply.too_long"}
	}
	return c.act(ctx, ref, func(tx Tx, t *Ticket, dir *Directory, now time.Time) error {
		if !t.IsOpenFor(now) {
			return &Error{Kind: Conflict, Field: "state", Key: "status.too_late"}
		}
		id, err := tx.NextID(ctx, IDMessage)
		if err != nil {
			return err
		}
		text := cleanText(text, 20_000)
		m := Message{
			ID: MessageID(id), Direction: In, Channel: ChannelPortal, By: Actor{Citizen: true}.ID(), Author: t.ReplyTo, Text: text,
			FoldAt: len(text), Files: files, Language: t.Language, ReceivedAt: now, CreatedAt: now,
		}
		k, _ := dir.Category(t.Category)
		return t.Receive(m, Actor{Citizen: true}, dir.Rules, k, now)
	})
}

// Deny says "it is not solved": a new episode starts. Conflict when the ticket is in work
// or the time for it is over.
func (c *Counter) Deny(ctx context.Context, ref Reference, text string) error {
	return c.act(ctx, ref, func(tx Tx, t *Ticket, dir *Directory, now time.Time) error {
		if t.State.InWork() {
			return &Error{Kind: Conflict, Field: "state", Key: "status.in_work"}
		}
		if !t.IsOpenFor(now) {
			return &Error{Kind: Conflict, Field: "state", Key: "status.too_late"}
		}
		k, _ := dir.Category(t.Category)
		if cleanLine(text, 10) == "" {
			return t.Reopen(Actor{Citizen: true}, dir.Rules, k, now)
		}
		id, err := tx.NextID(ctx, IDMessage)
		if err != nil {
			return err
		}
		text := cleanText(text, 20_000)
		return t.Receive(Message{
			ID: MessageID(id), Direction: In, Channel: ChannelPortal, By: Actor{Citizen: true}.ID(), Author: t.ReplyTo,
			Text: text, FoldAt: len(text), Language: t.Language, ReceivedAt: now, CreatedAt: now,
		}, Actor{Citizen: true}, dir.Rules, k, now)
	})
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
		if err := tx.SaveTicket(ctx, t); err != nil {
			return err
		}
		tx.Notify(Signal{Type: "ticket", Ticket: t.ID, Version: t.Version, Department: t.Department, Agent: t.Assignee})
		return nil
	})
}
