package ticketing

import (
	"context"
	"errors"
	"slices"
	"time"
)

// A Way is how words can reach a citizen.
type Way struct {
	Channel Channel // ChannelEmail, ChannelSMS, ChannelPhone or ChannelPortal
	To      Party   // empty for ChannelPortal
}

// Ways lists how the requester of a ticket can be answered: the channel of
// choice first, then as they wrote, then what else there is, the status page
// last. Addresses to which nothing arrives and numbers that want no texts are
// left out; c is nil when nobody knows the requester. By telephone only a person
// can answer: it stands first when it is the channel of choice.
func (b *Bureau) Ways(t *Ticket, c *Citizen) []Way {
	var out []Way
	add := func(w Way) {
		if w.Channel != ChannelPortal && (w.To.Address == "" || !b.reaches(w, c)) {
			return
		}
		if !slices.ContainsFunc(out, func(o Way) bool { return o.Channel == w.Channel }) {
			out = append(out, w)
		}
	}
	all := func(channel Channel) {
		if channelOf(t.ReplyTo.Address) == channel {
			add(Way{channel, t.ReplyTo})
		}
		if c == nil {
			return
		}
		kind := ContactEmail
		if channel != ChannelEmail {
			kind = ContactPhone
		}
		for _, address := range c.Addresses(kind) {
			add(Way{channel, Party{Name: c.Name, Address: address}})
		}
	}
	if c != nil {
		switch c.Preferred {
		case ChannelEmail, ChannelSMS, ChannelPhone:
			all(c.Preferred)
		case ChannelPortal:
			add(Way{Channel: ChannelPortal})
		case ChannelCounter, ChannelLetter, ChannelAPI, "":
		}
	}
	all(channelOf(t.ReplyTo.Address))
	all(ChannelEmail)
	all(ChannelSMS)
	all(ChannelPhone)
	add(Way{Channel: ChannelPortal})
	return out
}

// channelOf is how one writes to the address.
func channelOf(address string) Channel {
	if isE164(address) {
		return ChannelSMS
	}
	return ChannelEmail
}

// reaches reports whether what goes that way can be expected to arrive.
func (b *Bureau) reaches(w Way, c *Citizen) bool {
	kind := ContactEmail
	if w.Channel != ChannelEmail {
		kind = ContactPhone
	}
	var k *Contact
	if c != nil {
		k = c.contact(kind, w.To.Address)
	}
	switch w.Channel {
	case ChannelEmail:
		return !isE164(w.To.Address) && (k == nil || !k.Undeliverable)
	case ChannelSMS:
		return b.hasTexts() && isE164(w.To.Address) && (k == nil || !k.Undeliverable && k.OptedOutAt.IsZero())
	case ChannelPhone:
		return isE164(w.To.Address)
	case ChannelPortal, ChannelCounter, ChannelLetter, ChannelAPI:
	}
	return true
}

// requester gives the requester of the ticket, nil when nobody knows them.
func requester(ctx context.Context, tx Tx, t *Ticket) (*Citizen, error) {
	if t.Citizen == 0 {
		return nil, nil
	}
	c, err := tx.Citizen(ctx, t.Citizen)
	if errors.Is(err, NotFound) {
		return nil, nil
	}
	return c, err
}

// chosen gives the way of a reply without recipients of its own: the channel the
// agent took, else the citizen's.
func (c *change) chosen(ctx context.Context, channel Channel) (Way, error) {
	who, err := requester(ctx, c.tx, c.t)
	if err != nil {
		return Way{}, err
	}
	for _, w := range c.Ways(c.t, who) {
		if w.Channel == channel || channel == "" && w.Channel != ChannelPhone {
			return w, nil
		}
	}
	return Way{}, &Error{Kind: Invalid, Field: "channel", Key: "reply.no_way"}
}

// fallBack sends an answer that reached nobody the next way there is, and
// reports whether there was one. others are the message's further deliveries.
func (b *Bureau) fallBack(ctx context.Context, tx Tx, dir *Directory, t *Ticket, failed *Delivery, m *Message, others []Delivery, now time.Time) error {
	if m == nil || m.Direction != Out || failed.ToStaff || !m.TakenBackAt.IsZero() || mayArrive(others, failed.ID) {
		return nil
	}
	who, err := requester(ctx, tx, t)
	if err != nil {
		return err
	}
	if failed.To.Address != t.ReplyTo.Address && (who == nil || !who.Has(ContactEmail, failed.To.Address) && !who.Has(ContactPhone, failed.To.Address)) {
		return nil // it was not to the requester
	}
	tried := func(w Way) bool {
		return w.Channel == failed.Channel || slices.ContainsFunc(others, func(d Delivery) bool { return d.Channel == w.Channel })
	}
	for _, w := range b.Ways(t, who) {
		if w.Channel != ChannelEmail && w.Channel != ChannelSMS || tried(w) {
			continue
		}
		d, err := b.again(ctx, tx, dir, t, m, w, now)
		if err != nil {
			return err
		}
		t.Pending.Deliveries = append(t.Pending.Deliveries, d)
		t.FellBack(*failed, d, m, courierActor, now)
		return nil
	}
	t.Unreached(*failed, courierActor, now)
	return nil
}

// again makes the delivery of a message by another channel.
func (b *Bureau) again(ctx context.Context, tx Tx, dir *Directory, t *Ticket, m *Message, w Way, now time.Time) (Delivery, error) {
	tag := t.Language
	if tag == "" {
		tag = b.Settings.Language
	}
	data := b.letterData(tag, t, dir.Rules, now)
	data.Body, data.AgentName, data.Subject = m.Text, m.Author.Name, t.Subject
	if dept, ok := dir.Department(t.Department); ok && !m.FromBody() {
		data.Department = NameIn(dept.Names, tag)
	}
	l, err := b.letterFor(PurposeAnswer, w.To.Address, tag, data)
	if err != nil {
		return Delivery{}, err
	}
	id, err := tx.NextID(ctx, IDDelivery)
	if err != nil {
		return Delivery{}, err
	}
	d := b.newDelivery(DeliveryID(id), t, PurposeAnswer, w.To, l, tag, now)
	d.Message = m.ID
	if w.Channel == ChannelEmail {
		d.Files = m.Files
	}
	return d, nil
}

// FellBack records that an answer goes another way because the first one did not
// lead to the citizen; the clocks it can keep wait for it anew.
func (t *Ticket) FellBack(failed, next Delivery, m *Message, by Actor, now time.Time) {
	t.record(by, EventFellBack, now, map[string]any{
		"delivery": int64(failed.ID), "from": string(failed.Channel), "to": string(next.Channel), "next": int64(next.ID),
	})
	t.awaitAnew(m)
}

// Unreached records that an answer reached the citizen by no way there is: a
// person has to find another one.
func (t *Ticket) Unreached(failed Delivery, by Actor, now time.Time) {
	t.record(by, EventUnreached, now, map[string]any{"delivery": int64(failed.ID), "channel": string(failed.Channel)})
}

// awaitAnew lets the clocks that the message can keep wait for it again.
func (t *Ticket) awaitAnew(m *Message) {
	for i := range t.Clocks {
		if c := &t.Clocks[i]; c.keptBy(m) && c.EndedAt.IsZero() {
			c.await(m.ID)
		}
	}
	t.renewDue()
}
