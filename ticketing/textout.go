package ticketing

import (
	"context"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing/gsm"
	"github.com/sistem48/system48/ticketing/lang"
)

// hasTexts reports whether the bureau can send text messages.
func (b *Bureau) hasTexts() bool { return b.account("", ChannelSMS).Name != "" }

// letterFor writes the letter of the purpose as it goes to the address: short,
// when that is a telephone number. What is longer than the city pays for
// becomes a link to the status page.
func (b *Bureau) letterFor(p Purpose, to string, tag lang.Tag, data LetterData) (Letter, error) {
	if !isE164(to) {
		return b.Letters.Compose(p, tag, data)
	}
	l, err := b.shortText(p, tag, data)
	if err != nil || p != PurposeAnswer || gsm.Count(l.Text).Parts <= max(1, b.Settings.SMS.MaxParts) {
		return l, err
	}
	data.Body = ""
	return b.shortText(PurposeLink, tag, data)
}

// shortText writes a text message in the letters the city pays for.
func (b *Bureau) shortText(p Purpose, tag lang.Tag, data LetterData) (Letter, error) {
	l, err := b.Letters.Compose(p.AsSMS(), tag, data)
	mode := b.Settings.SMS.Fold
	if mode == "" {
		mode = gsm.Auto
	}
	l.Subject, l.Text = "", gsm.Write(l.Text, mode)
	return l, err
}

// bodyMark stands for an agent's words where their frame is asked for: a letter of
// the private use area, which no text has.
const bodyMark = "\uE000"

// TextFrame gives what stands before and after an agent's words in a text message
// about the ticket: what a counter has to count with them.
func (b *Bureau) TextFrame(t *Ticket) (before, after string) {
	tag := t.Language
	if tag == "" {
		tag = b.Settings.Language
	}
	l, err := b.Letters.Compose(PurposeAnswer.AsSMS(), tag, LetterData{
		Ref: t.Ref, Subject: t.Subject, Body: bodyMark, TrackingURL: b.TrackingURL(tag, t), TrackingCode: b.Keys.TrackingCode(t.Ref, t.TrackingEpoch),
	})
	if err != nil {
		return "", ""
	}
	before, after, _ = strings.Cut(l.Text, bodyMark)
	return before, after
}

// newText prepares a text message; t is nil for one that belongs to no ticket.
func (b *Bureau) newText(id DeliveryID, t *Ticket, p Purpose, to string, l Letter, tag lang.Tag, now time.Time) Delivery {
	d := Delivery{
		ID: id, Purpose: p, Channel: ChannelSMS, To: Party{Address: to}, Language: tag, Text: l.Text,
		MessageIDHeader: b.Keys.MessageIDHeader(id, "sms"), State: DeliveryPending, SendAfter: now, CreatedAt: now, GiveUpAt: now.Add(GiveUpAfter),
	}
	account := ""
	if t != nil {
		d.Ticket, account = t.ID, t.Account
	}
	d.Account = b.account(account, ChannelSMS).Name
	return d
}

// mayText reports whether one more automatic text to the sender is within the
// caps, and the sender wants any.
func (a *arrival) mayText(ctx context.Context) (bool, error) {
	number := a.in.From.Address
	if number == "" || !a.hasTexts() {
		return false, nil
	}
	for _, limit := range []struct {
		most int
		span time.Duration
	}{{a.Settings.SMS.PerHour, time.Hour}, {a.Settings.SMS.PerDay, 24 * time.Hour}} {
		if limit.most == 0 {
			continue
		}
		n, err := a.tx.AutomaticTexts(ctx, number, 0, a.now.Add(-limit.span))
		if err != nil || n >= limit.most {
			return false, err
		}
	}
	return true, nil
}

// ackEvery is how often one ticket may say that a text was received.
const ackEvery = 24 * time.Hour

// textReceipt says that a text was received, within the caps and at most once a
// day for each ticket.
func (a *arrival) textReceipt(ctx context.Context, t *Ticket, p Purpose) error {
	if !a.Settings.SMS.Receipts || a.optedOut {
		return nil
	}
	if ok, err := a.mayText(ctx); err != nil || !ok {
		return err
	}
	if t.Version > 0 { // not new
		if n, err := a.tx.AutomaticTexts(ctx, a.in.From.Address, t.ID, a.now.Add(-ackEvery)); err != nil || n > 0 {
			return err
		}
	}
	tag := a.languageOf(t)
	l, err := a.letterFor(p, a.in.From.Address, tag, a.letterData(tag, t, a.dir.Rules, a.now))
	if err != nil {
		return err
	}
	id, err := a.tx.NextID(ctx, IDDelivery)
	if err != nil {
		return err
	}
	t.Pending.Deliveries = append(t.Pending.Deliveries, a.newText(DeliveryID(id), t, p, a.in.From.Address, l, tag, a.now))
	return nil
}

func (a *arrival) languageOf(t *Ticket) lang.Tag {
	if t.Language != "" {
		return t.Language
	}
	return a.Settings.Language
}

// answerText answers a text message by one that belongs to no ticket, if the
// caps allow.
func (a *arrival) answerText(ctx context.Context, p Purpose, tag lang.Tag, data LetterData) error {
	if ok, err := a.mayText(ctx); err != nil || !ok {
		return err
	}
	l, err := a.letterFor(p, a.in.From.Address, tag, data)
	if err != nil {
		return err
	}
	id, err := a.tx.NextID(ctx, IDDelivery)
	if err != nil {
		return err
	}
	d := a.newText(DeliveryID(id), nil, p, a.in.From.Address, l, tag, a.now)
	d.Account = a.account(a.in.Account, ChannelSMS).Name
	if err := a.tx.SaveDelivery(ctx, &d); err != nil {
		return err
	}
	a.tx.Notify(Signal{Type: "outbox"})
	return nil
}
