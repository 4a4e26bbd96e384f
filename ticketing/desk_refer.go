package ticketing

import (
	"context"
	"time"
)

// A ReferInput says which outside body is asked what.
type ReferInput struct {
	Body    BodyID
	Opinion bool   // only an opinion: custody stays
	Reason  string // why them; the body and the citizen read it
	Consent bool   // the citizen agrees that their contact data goes to the body once it accepts
	Tell    bool   // write to the citizen
	Undo    bool   // hold the letters for the undo window
}

// Refer asks an outside body that has no account: it gets a signed link by mail.
// The citizen is told of a takeover if wished.
func (d *Desk) Refer(ctx context.Context, by Actor, target Target, in ReferInput) (*Ticket, error) {
	return d.act(ctx, by, RightWrite, target, func(c *change) error {
		b, ok := c.dir.Body(in.Body)
		if !ok {
			return invalid("body", "referral.body")
		}
		if isBlank(in.Reason) {
			return invalid("reason", "referral.reason")
		}
		asked := Referral{Opinion: in.Opinion, Consent: in.Consent}
		var err error
		if asked.Agreed, err = c.consenting(ctx, in.Consent); err != nil {
			return err
		}
		r, err := c.t.Refer(b, asked, Handover{Reason: in.Reason, Salt: newSalt()}, c.by, c.dir.Rules, c.now)
		if err != nil {
			return err
		}
		after := c.now
		if in.Undo {
			after = after.Add(c.Settings.UndoWait)
		}
		if err := c.toBody(ctx, r, PurposeReferral, "", after); err != nil {
			return err
		}
		if !in.Tell || in.Opinion || c.t.ReplyTo.Address == "" {
			return nil
		}
		return c.tellReferred(ctx, b, r, after)
	})
}

// consenting gives whose contact data a referral may show: the requester's, or of
// whom they were joined into; 0 without consent.
func (c *change) consenting(ctx context.Context, consent bool) (CitizenID, error) {
	if !consent || c.t.Citizen == 0 {
		return 0, nil
	}
	who, err := c.tx.Citizen(ctx, c.t.Citizen)
	if err != nil {
		return 0, err
	}
	return who.ID, nil
}

// tellReferred writes to the citizen that another body was asked.
func (c *change) tellReferred(ctx context.Context, b Body, r *Referral, after time.Time) error {
	tag := c.t.Language
	if tag == "" {
		tag = c.Settings.Language
	}
	data := c.letterData(tag, c.t, c.dir.Rules, c.now)
	data.Department, data.Note = NameIn(b.Names, tag), r.Reason
	d, err := c.mail(ctx, PurposeReferred, c.t.ReplyTo, tag, data)
	if err != nil {
		return err
	}
	d.SendAfter, r.Told = after, d.ID
	return nil
}

// WithdrawReferral takes a referral back; its links work no more, and letters
// that have not left do not leave.
func (d *Desk) WithdrawReferral(ctx context.Context, by Actor, target Target, n int) (*Ticket, error) {
	return d.act(ctx, by, RightWrite, target, func(c *change) error {
		if err := c.t.WithdrawReferral(n, c.by, c.dir.Rules, c.now); err != nil {
			return err
		}
		r := c.t.Referral(n)
		for _, id := range []DeliveryID{r.Mail, r.Told} {
			if id == 0 {
				continue
			}
			x, err := c.tx.Delivery(ctx, id)
			if err != nil && KindOf(err) != NotFound {
				return err
			}
			if err == nil && x.State == DeliveryPending && x.Attempts == 0 {
				x.State, x.SettledAt = DeliveryTakenBack, c.now
				c.t.Pending.Changed = append(c.t.Pending.Changed, *x)
			}
		}
		return nil
	})
}

// TellBody answers what an outside body asked; the words go to it by mail with
// the link, and stand on its page.
func (d *Desk) TellBody(ctx context.Context, by Actor, target Target, n int, text string) (*Ticket, error) {
	return d.act(ctx, by, RightWrite, target, func(c *change) error {
		if isBlank(text) {
			return invalid("text", "note.empty")
		}
		m, err := c.words(ctx, text, c.by.Name)
		if err != nil {
			return err
		}
		if err := c.t.TellBody(n, m, c.by, c.dir.Rules, c.now); err != nil {
			return err
		}
		return c.toBody(ctx, c.t.Referral(n), PurposeReferral, m.Text, c.now)
	})
}

// NumberReferral enters the number under which an outside body has the matter.
func (d *Desk) NumberReferral(ctx context.Context, by Actor, target Target, n int, number string) (*Ticket, error) {
	return d.act(ctx, by, RightWrite, target, func(c *change) error { return c.t.NumberReferral(n, number, c.by, c.now) })
}

// words makes a message of what somebody typed.
func (c *change) words(ctx context.Context, text, author string) (Message, error) {
	id, err := c.tx.NextID(ctx, IDMessage)
	if err != nil {
		return Message{}, err
	}
	text = cleanText(text, maxWritten)
	return Message{
		ID: MessageID(id), Channel: ChannelPortal, Author: Party{Name: cleanLine(author, MaxName)}, Text: text, FoldAt: len(text),
		Language: c.t.Language, ReceivedAt: c.now, CreatedAt: c.now,
	}, nil
}

// toBody mails the link of a referral. Nothing of the citizen stands in it.
func (c *change) toBody(ctx context.Context, r *Referral, p Purpose, words string, after time.Time) error {
	b, ok := c.dir.Body(r.Body)
	to := NormalEmail(b.Email)
	if !ok || to == "" {
		return nil
	}
	tag := b.Language
	if tag == "" {
		tag = c.Settings.Language
	}
	d, err := c.mail(ctx, p, Party{Address: to}, tag, LetterData{
		Ref: c.t.Ref, Department: NameIn(b.Names, tag), ActionURL: c.ReferralURL(tag, c.t.Ref, r), ExpiresAt: r.ExpiresAt,
		Due: r.Due, Note: r.Reason, Opinion: r.Opinion, Body: words,
	})
	if err != nil {
		return err
	}
	d.ToStaff, d.SendAfter = true, after
	r.Mail, r.LinkAt = d.ID, c.now
	return nil
}
