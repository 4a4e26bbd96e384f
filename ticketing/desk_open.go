package ticketing

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing/lang"
)

// An OpenInput is a ticket opened by hand: from the counter, a letter, a call,
// or by a program.
type OpenInput struct {
	Channel    Channel
	Subject    string
	Text       string
	Category   CategoryID   // 0 = the default
	Department DepartmentID // 0 = the category's
	Priority   Priority
	Location   Location
	Language   lang.Tag
	Name       string // of the citizen
	Email      string
	Phone      string    // E.164
	Citizen    CitizenID // instead of looking one up by address
	ReceivedAt time.Time // when the citizen really came or called; zero = now
	Reason     string    // demanded when ReceivedAt lies in the past
	Uploads    []string
	Call       CallID // that the ticket is opened from; 0 = none
	Receipt    bool   // send the citizen a receipt, if there is an address
	Once       Once
}

// backdateNeedsReason is how far in the past the time of receipt may lie before
// a reason is demanded: writing a call down takes a while.
const backdateNeedsReason = 15 * time.Minute

// Open opens a ticket by hand, with the true time of receipt.
func (d *Desk) Open(ctx context.Context, by Actor, in OpenInput) (*Ticket, error) {
	if err := by.need(RightOpen); err != nil {
		return nil, err
	}
	now := d.now()
	if err := d.checkOpen(&in, now); err != nil {
		return nil, err
	}
	dir, err := d.Store.Directory(ctx)
	if err != nil {
		return nil, err
	}
	var t *Ticket
	err = d.Store.InTx(ctx, func(tx Tx) error {
		if in.Once.Key != "" {
			result, found, err := tx.Once(ctx, in.Once)
			if err != nil {
				return err
			}
			if found {
				t, err = tx.Ticket(ctx, Scope{All: true}, Reference(result))
				return err
			}
		}
		c := &change{Bureau: d.Bureau, tx: tx, dir: dir, by: by, now: now}
		if err := c.open(ctx, in); err != nil {
			return err
		}
		t = c.t
		if in.Once.Key == "" {
			return nil
		}
		return tx.SetOnce(ctx, in.Once, string(t.Ref), now)
	})
	if err != nil {
		return nil, fmt.Errorf("open ticket: %w", err)
	}
	return t, nil
}

func (d *Desk) checkOpen(in *OpenInput, now time.Time) error {
	if in.ReceivedAt.IsZero() {
		in.ReceivedAt = now
	}
	in.ReceivedAt = in.ReceivedAt.UTC().Truncate(time.Microsecond)
	in.Subject = cleanLine(in.Subject, MaxSubject)
	switch {
	case !in.Channel.Known():
		return invalid("channel", "channel.unknown")
	case in.Subject == "" && isBlank(in.Text):
		return invalid("subject", "subject.empty")
	case in.ReceivedAt.After(now.Add(time.Minute)):
		return invalid("received_at", "received.future")
	case in.ReceivedAt.Before(now.AddDate(-1, 0, 0)):
		return invalid("received_at", "received.too_old")
	case now.Sub(in.ReceivedAt) > backdateNeedsReason && strings.TrimSpace(in.Reason) == "":
		return invalid("reason", "received.reason")
	case in.Email != "" && (NormalEmail(in.Email) == "" || d.Own(NormalEmail(in.Email))):
		return invalid("email", "email.malformed")
	case in.Phone != "" && !isE164(in.Phone):
		return invalid("phone", "phone.malformed")
	case !in.Location.valid():
		return invalid("location", "location.range")
	case len(in.Text) > MaxText:
		return &Error{Kind: TooLarge, Field: "text", Key: "reply.too_long"}
	case in.Priority > PriorityUrgent:
		return invalid("priority", "priority.unknown")
	}
	in.Location.Address = cleanLine(in.Location.Address, maxPlace)
	if in.ReceivedAt.After(now) {
		in.ReceivedAt = now
	}
	if in.Subject == "" {
		in.Subject = firstLine(in.Text)
	}
	if now.Sub(in.ReceivedAt) <= backdateNeedsReason {
		in.Reason = ""
	}
	return nil
}

func (c *change) open(ctx context.Context, in OpenInput) error {
	o, err := c.handOpening(in)
	if err != nil {
		return err
	}
	citizen, err := c.findOrMake(ctx, in)
	if err != nil {
		return err
	}
	if citizen != nil {
		o.Citizen = citizen.ID
		mail := NormalEmail(in.Email)
		if mails := citizen.Addresses(ContactEmail); mail == "" && len(mails) > 0 {
			mail = mails[0]
		}
		if mail != "" {
			o.ReplyTo = Party{Name: citizen.Name, Address: mail}
		}
	}
	id, err := c.tx.NextID(ctx, IDTicket)
	if err != nil {
		return err
	}
	year := referenceYear(o.ReceivedAt, c.dir.Rules.Zone())
	n, err := c.tx.NextNumber(ctx, year)
	if err != nil {
		return err
	}
	o.ID, o.Ref = TicketID(id), NewReference(c.Settings.Prefix, year, n)
	person := o.route(c.dir, in.routingCase(c.Settings, citizen))
	c.t = Open(o, c.by, c.dir.Rules, c.now)
	c.t.Language = in.language(c.Settings, citizen)
	if in.Call != 0 {
		if err := bindCall(ctx, c.tx, c.t, in.Call, LedgerTicketed, c.by, c.now); err != nil {
			return err
		}
	}
	if err := c.place(ctx, c.tx, c.dir, c.t, person, 0, routerActor, c.now); err != nil {
		return err
	}
	return c.finishOpen(ctx, in, citizen)
}

// language is what the citizen is written to in.
func (in *OpenInput) language(s Settings, citizen *Citizen) lang.Tag {
	switch {
	case in.Language != "":
		return in.Language
	case citizen != nil && citizen.Language != "":
		return citizen.Language
	}
	return s.Language
}

// routerActor is who shares out what a person opened.
var routerActor = SystemActor("routing")

// routingCase is what the rules may know of a ticket opened by hand. What the
// person chose stays.
func (in *OpenInput) routingCase(s Settings, citizen *Citizen) RoutingCase {
	c := RoutingCase{
		Language: in.language(s, citizen), Text: in.Text, Sender: NormalEmail(in.Email), CategoryFixed: in.Category != 0,
		DepartmentFixed: in.Department != 0, PriorityFixed: in.Priority != PriorityNormal,
	}
	if c.Sender == "" {
		c.Sender = in.Phone
	}
	return c
}

func (c *change) handOpening(in OpenInput) (Opening, error) {
	category, ok := c.dir.DefaultCategory()
	if in.Category != 0 {
		category, ok = c.dir.Category(in.Category)
	}
	if !ok || category.Disabled {
		return Opening{}, invalid("category", "category.unknown")
	}
	dept := in.Department
	if dept == 0 && in.Category != 0 {
		dept = category.Department
	}
	if dept == 0 {
		b, _ := c.dir.Bureau()
		dept = b.ID
	}
	if k, ok := c.dir.Department(dept); !ok || k.Disabled {
		return Opening{}, invalid("department", "department.unknown")
	}
	a := c.account("", ChannelEmail)
	return Opening{
		Subject: in.Subject, Channel: in.Channel, Account: a.Name, Category: category, Department: dept, Location: in.Location,
		Priority: in.Priority, ReceivedAt: in.ReceivedAt, Reason: in.Reason, Salt: newSalt(),
	}, nil
}

// findOrMake gives the citizen of the input's addresses, newly made when
// unknown, nil when nothing was said about who it is.
func (c *change) findOrMake(ctx context.Context, in OpenInput) (*Citizen, error) {
	if in.Citizen != 0 {
		return c.tx.Citizen(ctx, in.Citizen)
	}
	mail := NormalEmail(in.Email)
	for _, k := range []Contact{{Kind: ContactEmail, Address: mail}, {Kind: ContactPhone, Address: in.Phone}} {
		if k.Address == "" {
			continue
		}
		found, err := c.tx.CitizenByContact(ctx, k.Kind, k.Address)
		if err == nil {
			return found, nil
		}
		if !errors.Is(err, NotFound) {
			return nil, err
		}
	}
	name := cleanLine(in.Name, MaxName)
	if name == "" && mail == "" && in.Phone == "" {
		return nil, nil
	}
	id, err := c.tx.NextID(ctx, IDCitizen)
	if err != nil {
		return nil, err
	}
	n := &Citizen{ID: CitizenID(id), Name: name, Language: in.Language, CreatedAt: c.now}
	if mail != "" {
		n.Contacts = append(n.Contacts, Contact{Citizen: n.ID, Kind: ContactEmail, Address: mail})
	}
	if in.Phone != "" {
		n.Contacts = append(n.Contacts, Contact{Citizen: n.ID, Kind: ContactPhone, Address: in.Phone})
	}
	return n, c.tx.SaveCitizen(ctx, n)
}

func (c *change) finishOpen(ctx context.Context, in OpenInput, citizen *Citizen) error {
	id, err := c.tx.NextID(ctx, IDMessage)
	if err != nil {
		return err
	}
	text := cleanText(in.Text, MaxText)
	m := Message{
		ID: MessageID(id), Direction: In, Channel: in.Channel, By: c.by.ID(), Subject: c.t.Subject, Text: text, FoldAt: len(text),
		Language: c.t.Language, ReceivedAt: c.t.ReceivedAt, CreatedAt: c.now,
	}
	if citizen != nil {
		m.Author = Party{Name: citizen.Name, Address: c.t.ReplyTo.Address}
	}
	if len(in.Uploads) > 0 {
		if m.Files, err = c.tx.TakeUploads(ctx, c.by.Agent, 0, DraftReply, in.Uploads); err != nil {
			return err
		}
	}
	c.t.First(m)
	if in.Receipt {
		if err := c.letter(ctx, PurposeReceipt); err != nil {
			return err
		}
	}
	if dept, ok := c.dir.Department(c.t.Department); ok && !dept.Intake {
		if err := c.announce(ctx, dept); err != nil {
			return err
		}
	}
	return saveTicket(ctx, c.tx, c.t)
}
