package ticketing

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/sistem48/system48/ticketing/lang"
)

// open makes a new ticket; continued is the closed one it goes on from.
func (a *arrival) open(ctx context.Context, sender *Citizen, continued *Ticket) error {
	citizen, err := a.citizen(ctx, sender)
	if err != nil {
		return err
	}
	o, err := a.opening(ctx, citizen, continued)
	if err != nil {
		return err
	}
	var person AgentID
	if !a.in.Spam {
		person = o.route(a.dir, a.routingCase(citizen, continued != nil))
	}
	t := Open(o, intakeActor, a.dir.Rules, a.now)
	t.Language = a.language(citizen)
	m, err := a.message(ctx)
	if err != nil {
		return err
	}
	t.First(m)
	if a.opened != nil {
		if err := a.opened(t); err != nil {
			return err
		}
	}
	if err := a.settle(ctx, t, person); err != nil {
		return err
	}
	if !a.in.Spam {
		if err := a.receipt(ctx, t, citizen); err != nil {
			return err
		}
	}
	if citizen != nil {
		if err := a.tx.SaveCitizen(ctx, citizen); err != nil {
			return err
		}
	}
	a.entry.State, a.entry.Ticket, a.entry.Message = LedgerTicketed, t.ID, m.ID
	switch {
	case a.in.Unreadable:
		a.entry.State, a.entry.Reason = LedgerQuarantined, ReasonUnreadable
	case a.in.Oversize:
		a.entry.Reason = ReasonOversize
	}
	return a.save(ctx, t)
}

func (a *arrival) opening(ctx context.Context, citizen *Citizen, continued *Ticket) (Opening, error) {
	category, ok := a.dir.DefaultCategory()
	bureau, has := a.dir.Bureau()
	if !ok || !has {
		return Opening{}, &Error{Kind: Internal, Key: "directory.empty"}
	}
	id, err := a.tx.NextID(ctx, IDTicket)
	if err != nil {
		return Opening{}, err
	}
	at := a.received()
	year := referenceYear(at, a.dir.Rules.Zone())
	n, err := a.tx.NextNumber(ctx, year)
	if err != nil {
		return Opening{}, err
	}
	o := Opening{
		ID: TicketID(id), Ref: NewReference(a.Settings.Prefix, year, n), Subject: a.in.Subject, Channel: a.in.Channel,
		Account: a.in.Account, Category: category, Department: bureau.ID, Priority: PriorityNormal, ReceivedAt: at, Spam: a.in.Spam,
	}
	if o.Subject == "" {
		o.Subject = firstLine(a.matter())
	}
	if citizen != nil {
		o.Citizen = citizen.ID
		if _, address := a.address(); a.in.Channel == ChannelEmail || a.in.Channel == ChannelSMS {
			o.ReplyTo = Party{Name: cleanLine(a.in.From.Name, MaxName), Address: address}
		}
	}
	if continued != nil {
		o.Linked, o.Category, o.Department = continued.ID, category, bureau.ID
		if c, ok := a.dir.Category(continued.Category); ok && !c.Disabled {
			o.Category = c
		}
	}
	if o.Mentions = a.mentions; o.Mentions == "" && continued == nil {
		if refs := a.references(); len(refs) > 0 {
			o.Mentions = refs[0]
		}
	}
	return o, nil
}

// firstLine is the subject of a contact that has none: its first words.
func firstLine(text string) string { return cleanLine(text[:min(len(text), 400)], 80) }

// citizen gives the sender, newly made when the address is unknown; nil when
// there is no usable address.
func (a *arrival) citizen(ctx context.Context, sender *Citizen) (*Citizen, error) {
	kind, address := a.address()
	if address == "" || a.Own(address) {
		return nil, nil
	}
	if sender != nil {
		if k := sender.contact(kind, address); k != nil {
			k.Undeliverable = false
		}
		if sender.Name == "" {
			sender.Name = cleanLine(a.in.From.Name, MaxName)
		}
		if sender.Language == "" && a.in.LanguageSure {
			sender.Language = a.in.Language
		}
		return sender, nil
	}
	id, err := a.tx.NextID(ctx, IDCitizen)
	if err != nil {
		return nil, err
	}
	c := &Citizen{ID: CitizenID(id), Name: cleanLine(a.in.From.Name, MaxName), CreatedAt: a.now}
	if a.in.LanguageSure {
		c.Language = a.in.Language
	}
	c.Contacts = []Contact{{Citizen: c.ID, Kind: kind, Address: address}}
	return c, nil
}

// forgiveAddress clears the undeliverable mark: mail came from the address.
func (a *arrival) forgiveAddress(ctx context.Context) error {
	kind, address := a.address()
	c, err := a.tx.CitizenByContact(ctx, kind, address)
	if errors.Is(err, NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	k := c.contact(kind, address)
	if k == nil || !k.Undeliverable {
		return nil
	}
	k.Undeliverable = false
	return a.tx.SaveCitizen(ctx, c)
}

// receipt queues the automatic confirmation within the caps; beyond them it is
// owed to tomorrow's collected one. Its text echoes nothing of the sender. Who
// cannot be told for sure, and what could not be read and may be a machine's,
// gets none (A71, A78).
func (a *arrival) receipt(ctx context.Context, t *Ticket, c *Citizen) error {
	if c == nil || a.in.Unreadable || a.ambiguous() {
		return nil
	}
	if a.in.Channel == ChannelSMS {
		return a.textReceipt(ctx, t, PurposeReceipt)
	}
	if a.in.Channel != ChannelEmail {
		return nil
	}
	if !a.Settings.Receipts.Enabled || !a.countAutomatic(t, c, a.in.Auth == AuthPass, a.now) {
		return nil
	}
	if a.in.Oversize && a.Settings.MailLimit != "" {
		return a.addLetter(ctx, t, PurposeOversize)
	}
	return a.addLetter(ctx, t, PurposeReceipt)
}

// countAutomatic counts a receipt to the ticket's requester. It reports whether
// that is within the caps; beyond them the receipt is owed.
func (b *Bureau) countAutomatic(t *Ticket, c *Citizen, verified bool, now time.Time) bool {
	k := c.contact(ContactEmail, t.ReplyTo.Address)
	if k == nil {
		return false
	}
	if t.ReceiptOwed = !b.Settings.Receipts.allow(k.AutoSent, verified, now); t.ReceiptOwed {
		return false
	}
	k.sentAuto(now)
	return true
}

// addLetter queues an automatic letter to the requester with the ticket.
func (a *arrival) addLetter(ctx context.Context, t *Ticket, p Purpose) error {
	d, err := a.letterTo(ctx, a.tx, t, p, t.Language, a.dir.Rules, a.now)
	if err != nil {
		return err
	}
	if a.in.MessageID != "" {
		d.References = []string{cleanLine(a.in.MessageID, 500)}
	}
	t.Pending.Deliveries = append(t.Pending.Deliveries, d)
	return nil
}

// letterTo writes an automatic letter to the ticket's requester.
func (b *Bureau) letterTo(ctx context.Context, tx Tx, t *Ticket, p Purpose, tag lang.Tag, rules *Rulebook, now time.Time) (Delivery, error) {
	if tag == "" {
		tag = b.Settings.Language
	}
	data := b.letterData(tag, t, rules, now)
	if p == PurposeOversize {
		data.Limit = b.Settings.MailLimit
	}
	l, err := b.letterFor(p, t.ReplyTo.Address, tag, data)
	if err != nil {
		return Delivery{}, err
	}
	id, err := tx.NextID(ctx, IDDelivery)
	if err != nil {
		return Delivery{}, err
	}
	return b.newDelivery(DeliveryID(id), t, p, Party{Address: t.ReplyTo.Address}, l, tag, now), nil
}

// allow reports whether one more automatic mail to an address is within the caps.
func (r ReceiptCaps) allow(sent []time.Time, verified bool, now time.Time) bool {
	hour, day := 0, 0
	if len(sent) >= maxAutoSent && now.Sub(sent[0]) < 24*time.Hour {
		return false // more than is remembered of the day
	}
	for _, at := range sent {
		if now.Sub(at) < time.Hour {
			hour++
		}
		if now.Sub(at) < 24*time.Hour {
			day++
		}
	}
	if verified {
		return day < r.VerifiedPerDay
	}
	return hour < r.PerHour && day < r.PerDay
}

// maxAutoSent is how many automatic mails are remembered of an address, and so
// the most that any cap allows in a day.
const maxAutoSent = 20

// sentAuto remembers an automatic mail to the contact.
func (k *Contact) sentAuto(at time.Time) {
	k.AutoSent = append(k.AutoSent, at)
	if n := len(k.AutoSent); n > maxAutoSent {
		k.AutoSent = slices.Clone(k.AutoSent[n-maxAutoSent:])
	}
}
