package ticketing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sistem48/system48/ticketing/lang"
)

// Intake turns contacts into tickets or messages of tickets.
type Intake struct{ *Bureau }

var intakeActor = SystemActor("intake")

// Receive enters the contacts: all in one transaction, or, when one of them
// makes that fail, each in its own. It returns an error per contact, in order,
// nil for those that are in; Busy for all while the store is away. A contact
// whose ledger item was settled before is in already: no error, no change (I2).
func (i *Intake) Receive(ctx context.Context, batch []Inbound) []error {
	errs := make([]error, len(batch))
	if len(batch) == 0 {
		return errs
	}
	dir, err := i.Store.Directory(ctx)
	if err != nil {
		for k := range errs {
			errs[k] = err
		}
		return errs
	}
	err = i.Store.InTx(ctx, func(tx Tx) error {
		for k := range batch {
			if err := i.receive(ctx, tx, dir, &batch[k]); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		return errs
	}
	away := errors.Is(err, Busy) || ctx.Err() != nil
	for k := range batch {
		if errs[k] = err; !away {
			errs[k] = i.receiveAlone(ctx, dir, &batch[k])
		}
	}
	return errs
}

// receiveAlone enters one contact in a transaction of its own. A Conflict (the
// same new sender in two processes at once) is tried again: the second time the
// other's row is found.
func (i *Intake) receiveAlone(ctx context.Context, dir *Directory, in *Inbound) error {
	var err error
	for range 3 {
		err = i.Store.InTx(ctx, func(tx Tx) error { return i.receive(ctx, tx, dir, in) })
		if err == nil || errors.Is(err, Settled) {
			return nil
		}
		if !errors.Is(err, Conflict) {
			break
		}
	}
	return fmt.Errorf("receive contact %d: %w", in.Ledger, err)
}

// arrival is one contact on its way in.
type arrival struct {
	*Intake
	tx       Tx
	dir      *Directory
	in       *Inbound
	now      time.Time
	entry    LedgerEntry
	opened   func(t *Ticket) error // what else belongs to a new ticket; nil: nothing
	mentions Reference             // the ticket it claims to be about, when it is none of the sender's
	optedOut bool                  // the number wants no text messages
	waits    time.Time             // it stays in the ledger until then, for an answer of its sender; zero: it is settled
}

func (i *Intake) receive(ctx context.Context, tx Tx, dir *Directory, in *Inbound) error {
	a := &arrival{Intake: i, tx: tx, dir: dir, in: in, now: i.now()}
	a.entry = LedgerEntry{ID: in.Ledger, SettledAt: a.now}
	if err := a.place(ctx); err != nil {
		return err
	}
	if in.Ledger == 0 {
		return nil
	}
	tx.Notify(Signal{Type: "ledger"})
	if !a.waits.IsZero() {
		return tx.Postpone(ctx, in.Ledger, a.waits)
	}
	return tx.SettleLedger(ctx, a.entry)
}

// place finds what becomes of the contact.
func (a *arrival) place(ctx context.Context) error {
	switch a.in.Machine {
	case MachineLoop:
		return a.ignore(ReasonLoop)
	case MachineBounce:
		return a.bounce(ctx)
	case MachineNone, MachineAutoReply, MachineList:
	}
	switch {
	case a.in.Ticket != 0:
		return a.again(ctx)
	case a.in.Channel == ChannelSMS:
		return a.placeText(ctx)
	}
	t, signed, err := a.thread(ctx)
	if err != nil {
		return err
	}
	sender, err := a.sender(ctx)
	if err != nil {
		return err
	}
	known, err := a.isParty(ctx, t, sender)
	if err != nil {
		return err
	}
	mark, vouched := MarkThirdParty, signed
	if b, is := a.body(); is && !known {
		mark = MarkBody
		if !signed {
			if t, vouched, known, err = a.byOutside(ctx, b, t, sender); err != nil {
				return err
			}
		}
	}
	if a.in.Machine != MachineNone {
		if !signed && !known {
			return a.ignore(string(a.in.Machine))
		}
		return a.hold(ctx, t, MarkMachine)
	}
	switch {
	case t == nil:
		return a.open(ctx, sender, nil)
	case known && t.IsOpenFor(a.received()):
		return a.join(ctx, t)
	case known:
		return a.open(ctx, sender, t)
	case vouched && t.State.InWork():
		return a.hold(ctx, t, mark)
	}
	// A stranger's claim. Nothing is held on a finished ticket either, where
	// nobody would read it.
	a.mentions = t.Ref
	return a.open(ctx, sender, nil)
}

// ambiguous reports whether the sender can be read in two ways: such a mail
// speaks for nobody, it neither joins a ticket unmarked nor is it answered (A71).
func (a *arrival) ambiguous() bool { return slices.Contains(a.in.Notes, "two_from") }

// again enters an item that an earlier try could only show as unreadable: what
// can be read of it now joins the ticket that shows the original (I2).
func (a *arrival) again(ctx context.Context) error {
	a.entry.Ticket, a.entry.Message = a.in.Ticket, a.in.Message
	if a.in.Unreadable {
		a.entry.State, a.entry.Reason = LedgerQuarantined, ReasonUnreadable
		return nil
	}
	t, err := a.tx.TicketByID(ctx, a.in.Ticket)
	if err != nil {
		return err
	}
	switch {
	case a.in.Machine != MachineNone:
		return a.hold(ctx, t, MarkMachine)
	case t.IsOpenFor(a.received()):
		return a.join(ctx, t)
	}
	return a.hold(ctx, t, MarkThirdParty)
}

// thread finds the ticket a contact belongs to: by signed marks first; by a
// reference in the subject only as a claim (signed false) that the sender has
// to be known for. A mark that does not verify is as if it were not there.
func (a *arrival) thread(ctx context.Context) (t *Ticket, signed bool, err error) {
	for _, tag := range a.in.Tokens {
		id, ok := a.Keys.VerifyTicketTag(tag)
		if !ok {
			continue
		}
		if t, err := a.tx.TicketByID(ctx, id); err == nil {
			return t, true, nil
		} else if !errors.Is(err, NotFound) {
			return nil, false, err
		}
	}
	for _, ref := range a.in.References {
		id, ok := a.Keys.VerifyMessageID(ref)
		if !ok {
			continue
		}
		d, err := a.tx.Delivery(ctx, id)
		if err != nil && !errors.Is(err, NotFound) {
			return nil, false, err
		}
		if err != nil || d.Ticket == 0 {
			continue
		}
		t, err := a.tx.TicketByID(ctx, d.Ticket)
		return t, true, err
	}
	for _, ref := range a.references() {
		t, err := a.tx.Ticket(ctx, Scope{All: true}, ref)
		if err == nil {
			return t, false, nil
		}
		if !errors.Is(err, NotFound) {
			return nil, false, err
		}
	}
	return nil, false, nil
}

// references gives the references a contact names: in the subject, or in the
// text of a text message, which has none.
func (a *arrival) references() []Reference {
	if a.in.Channel == ChannelSMS {
		return FindReferences(a.Settings.Prefix, a.in.Text)
	}
	return FindReferences(a.Settings.Prefix, a.in.Subject)
}

// sender finds the citizen who wrote, nil when nobody can tell or the mail
// claims to come from one of the bureau's own addresses.
func (a *arrival) sender(ctx context.Context) (*Citizen, error) {
	kind, address := a.address()
	if address == "" || a.Own(address) {
		return nil, nil
	}
	c, err := a.tx.CitizenByContact(ctx, kind, address)
	if errors.Is(err, NotFound) {
		return nil, nil
	}
	return c, err
}

func (a *arrival) address() (ContactKind, string) {
	switch a.in.Channel {
	case ChannelSMS, ChannelPhone:
		return ContactPhone, a.in.From.Address
	case ChannelEmail, ChannelPortal, ChannelCounter, ChannelLetter, ChannelAPI:
	}
	return ContactEmail, NormalEmail(a.in.From.Address)
}

// isParty reports whether the sender may move the ticket, if there is one: the
// requester by any of their addresses, or an address an agent added or confirmed.
func (a *arrival) isParty(ctx context.Context, t *Ticket, sender *Citizen) (bool, error) {
	_, address := a.address()
	if t == nil || address == "" || a.Own(address) || a.in.Auth == AuthFail || a.ambiguous() {
		return false, nil
	}
	if t.KnownParty(address) {
		return true, nil
	}
	if sender == nil || t.Citizen == 0 {
		return false, nil
	}
	requester, err := a.tx.Citizen(ctx, t.Citizen)
	if errors.Is(err, NotFound) {
		return false, nil
	}
	return err == nil && requester.ID == sender.ID, err
}

func (a *arrival) ignore(reason string) error {
	a.entry.State, a.entry.Reason = LedgerIgnored, reason
	return nil
}

// join adds the message to a ticket it belongs to.
func (a *arrival) join(ctx context.Context, t *Ticket) error {
	m, err := a.message(ctx)
	if err != nil {
		return err
	}
	c, _ := a.dir.Category(t.Category)
	if err := t.Receive(m, intakeActor, a.dir.Rules, c, a.now); err != nil {
		return err
	}
	if err := a.forgiveAddress(ctx); err != nil {
		return err
	}
	a.entry.State, a.entry.Ticket, a.entry.Message = LedgerJoined, t.ID, m.ID
	return a.save(ctx, t)
}

// hold adds the message without moving anything.
func (a *arrival) hold(ctx context.Context, t *Ticket, mark Mark) error {
	m, err := a.message(ctx)
	if err != nil {
		return err
	}
	m.Mark = mark
	t.Hold(m, intakeActor, a.now)
	a.entry.State, a.entry.Ticket, a.entry.Message = LedgerJoined, t.ID, m.ID
	return a.save(ctx, t)
}

func (a *arrival) save(ctx context.Context, t *Ticket) error {
	return saveTicket(ctx, a.tx, t)
}

// message makes the Message of the contact.
func (a *arrival) message(ctx context.Context) (Message, error) {
	id, err := a.tx.NextID(ctx, IDMessage)
	if err != nil {
		return Message{}, err
	}
	in := a.in
	fold := min(max(in.FoldAt, 0), len(in.Text))
	fresh := cleanText(in.Text[:fold], MaxText)
	text := fresh + cleanText(in.Text[fold:], MaxText-len(fresh))
	return Message{
		ID: MessageID(id), Direction: In, Channel: in.Channel, By: intakeActor.ID(),
		Author: Party{Name: cleanLine(in.From.Name, MaxName), Address: cleanLine(in.From.Address, MaxAddress)},
		To:     in.To, Cc: in.Cc, Machine: in.Machine, Auth: in.Auth,
		Subject: cleanLine(in.Subject, MaxSubject), Text: text, FoldAt: len(fresh), HTMLKey: in.HTMLKey,
		Files: in.Files, Language: in.Language, Notes: in.Notes, Partial: in.Partial || in.Oversize, Unreadable: in.Unreadable,
		MessageIDHeader: cleanLine(in.MessageID, 500), RawKey: in.RawKey, RawSHA256: in.RawSHA256, Ledger: in.Ledger,
		SentAt: in.SentAt, ReceivedAt: a.received(), CreatedAt: a.now,
	}, nil
}

// plausible is before when no contact can have been received: a server that
// says so has lost its clock (F18).
var plausible = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)

// received bounds the time of receipt: never later than now, and now when it
// cannot be true.
func (a *arrival) received() time.Time {
	at := a.in.ReceivedAt.UTC().Truncate(time.Microsecond)
	if at.Before(plausible) || at.After(a.now) {
		return a.now
	}
	return at
}

// language chooses what to write to the sender in.
func (a *arrival) language(c *Citizen) lang.Tag {
	switch {
	case a.in.LanguageSure && a.in.Language != "":
		return a.in.Language
	case c != nil && c.Language != "":
		return c.Language
	}
	return a.Settings.Language
}
