package ticketing

import (
	"context"
	"errors"
	"slices"
	"time"
)

// placeText finds what becomes of a text message. Its number says which tickets
// it may belong to and proves nothing (A89): what is answered to it tells no
// more than the state of a ticket the number is a contact of.
func (a *arrival) placeText(ctx context.Context) error {
	if a.Own(a.in.From.Address) {
		return a.ignore(ReasonLoop)
	}
	sender, err := a.sender(ctx)
	if err != nil {
		return err
	}
	if sender != nil {
		k := sender.contact(ContactPhone, a.in.From.Address)
		a.optedOut = k != nil && !k.OptedOutAt.IsZero()
	}
	if a.in.From.Address == "" { // a short code, a name: nobody to answer
		return a.open(ctx, sender, nil)
	}
	if c := readCommand(a.Settings.Prefix, a.in.Text); c.kind != commandNone {
		return a.obey(ctx, sender, c)
	}
	if done, err := a.byChoice(ctx, sender); done || err != nil {
		return err
	}
	return a.threadText(ctx, sender)
}

// threadText finds the ticket of a text: the one it names, or the one of the
// number that is open; of several the number is asked.
func (a *arrival) threadText(ctx context.Context, sender *Citizen) error {
	t, _, err := a.thread(ctx)
	if err != nil {
		return err
	}
	if t != nil {
		known, err := a.isParty(ctx, t, sender)
		if err != nil {
			return err
		}
		if known {
			return a.joinText(ctx, sender, t)
		}
		a.mentions = t.Ref
		return a.open(ctx, sender, nil)
	}
	if sender == nil || beginsAnew(a.in.Text) {
		return a.open(ctx, sender, nil)
	}
	open, ended, err := a.ticketsOfNumber(ctx, sender)
	if err != nil {
		return err
	}
	if waiting := slices.DeleteFunc(slices.Clone(open), func(t *Ticket) bool { return t.Waiting != WaitCitizen }); len(open) > 1 && len(waiting) == 1 {
		open = waiting // it was asked something: this is the answer
	}
	switch {
	case len(open) == 1:
		return a.joinText(ctx, sender, open[0])
	case len(open) > 1:
		return a.ask(ctx, sender, open)
	case len(ended) > 0 && isShort(a.in.Text):
		return a.joinText(ctx, sender, ended[0])
	}
	return a.open(ctx, sender, nil)
}

// joinText adds a text to its ticket, or to the one that goes on from it.
func (a *arrival) joinText(ctx context.Context, sender *Citizen, t *Ticket) error {
	if !t.IsOpenFor(a.received()) {
		return a.open(ctx, sender, t)
	}
	if err := a.textReceipt(ctx, t, PurposeAdded); err != nil {
		return err
	}
	return a.join(ctx, t)
}

// numberKept is how long after the last message a ticket is what a further text
// of its number is about.
const numberKept = 7 * 24 * time.Hour

// ticketsOfNumber gives the tickets that texts of the number may be about: those
// in work and those that ended, each the newest first.
func (a *arrival) ticketsOfNumber(ctx context.Context, sender *Citizen) (open, ended []*Ticket, err error) {
	ids, err := a.tx.RecentTickets(ctx, sender.ID, 4*choiceOptions)
	if err != nil {
		return nil, nil, err
	}
	slices.Sort(ids) // everybody locks in this order
	for _, id := range ids {
		t, err := a.tx.TicketByID(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		if !t.KnownParty(a.in.From.Address) {
			continue // of the same person by another way
		}
		fresh := a.received().Sub(t.LastMessageAt) < numberKept
		switch {
		case t.State.InWork() && (fresh || t.Waiting == WaitCitizen):
			open = append(open, t)
		case !t.State.InWork() && fresh && t.Code != CodeSpam:
			ended = append(ended, t)
		}
	}
	newest := func(x, y *Ticket) int { return y.LastMessageAt.Compare(x.LastMessageAt) }
	slices.SortStableFunc(open, newest)
	slices.SortStableFunc(ended, newest)
	return open[:min(len(open), choiceOptions)], ended, nil
}

// ask holds the text back and asks its number which ticket it belongs to. What
// cannot wait, or must not be asked, opens a ticket: nothing is lost by that.
func (a *arrival) ask(ctx context.Context, sender *Citizen, open []*Ticket) error {
	may, err := a.mayText(ctx)
	if err != nil {
		return err
	}
	if !may || a.optedOut || a.in.Ledger == 0 || a.now.Sub(a.received()) > choiceWait {
		return a.open(ctx, sender, nil)
	}
	c := &Choice{
		Number: a.in.From.Address, Account: a.in.Account, Held: []LedgerID{a.in.Ledger}, AskedAt: a.now, Until: a.now.Add(choiceWait),
	}
	var data LetterData
	for _, t := range open {
		c.Options = append(c.Options, t.ID)
		data.Refs = append(data.Refs, LetterRef{Ref: t.Ref, ReceivedAt: t.ReceivedAt})
	}
	if err := a.tx.SaveChoice(ctx, c); err != nil {
		return err
	}
	a.waits = c.Until
	return a.answerText(ctx, PurposeWhich, a.language(sender), data)
}

// byChoice works a text by what its number was asked before; done is false when
// it was asked nothing that still counts.
func (a *arrival) byChoice(ctx context.Context, sender *Citizen) (done bool, err error) {
	c, err := a.tx.Choice(ctx, a.in.From.Address)
	if errors.Is(err, NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	held := a.in.Ledger != 0 && slices.Contains(c.Held, a.in.Ledger)
	current := a.now.Before(c.Until)
	switch {
	case c.decided() && (held || current && !beginsAnew(a.in.Text)):
		return true, a.asChosen(ctx, sender, c)
	case held: // nobody answered in time
		return true, a.open(ctx, sender, nil)
	case c.decided() || !current:
		return false, nil
	}
	if n, ok := readChoice(a.in.Text, len(c.Options)); ok {
		return true, a.choose(ctx, c, n)
	}
	if len(c.Held) >= choiceHeld || a.in.Ledger == 0 {
		return false, nil
	}
	c.Held = append(c.Held, a.in.Ledger)
	a.waits = c.Until
	return true, a.tx.SaveChoice(ctx, c)
}

// choose takes the answer of the number, 0 for a new ticket, and lets the held
// texts go.
func (a *arrival) choose(ctx context.Context, c *Choice, n int) error {
	if c.New = n == 0; !c.New {
		c.Ticket = c.Options[n-1]
	}
	c.Until = a.now.Add(choiceKeep)
	for _, id := range c.Held {
		if err := a.tx.Postpone(ctx, id, a.now); err != nil {
			return err
		}
	}
	if err := a.tx.SaveChoice(ctx, c); err != nil {
		return err
	}
	return a.ignore(ReasonChoice)
}

// asChosen puts a text where its number wanted it. The first of several held
// ones opens the new ticket, the others join it.
func (a *arrival) asChosen(ctx context.Context, sender *Citizen, c *Choice) error {
	if !c.New {
		t, err := a.tx.TicketByID(ctx, c.Ticket)
		if err != nil {
			return err
		}
		return a.joinText(ctx, sender, t)
	}
	if err := a.open(ctx, sender, nil); err != nil {
		return err
	}
	c.New, c.Ticket = false, a.entry.Ticket
	return a.tx.SaveChoice(ctx, c)
}
