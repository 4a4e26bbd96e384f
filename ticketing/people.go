package ticketing

import (
	"context"
	"slices"

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
