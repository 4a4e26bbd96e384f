package ticketing

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Desk is what agents do with tickets. Every method checks the actor's right
// (Forbidden) and scope (NotFound), and refuses with Stale when the caller
// names a version that is no longer the current one.
type Desk struct{ *Bureau }

// A Target names the ticket an act is for.
type Target struct {
	Ref     Reference
	Version int64 // what the caller saw; 0 = does not matter
}

// act runs one change of a ticket in a transaction.
func (d *Desk) act(ctx context.Context, by Actor, right Right, target Target, f func(c *change) error) (*Ticket, error) {
	if err := by.need(right); err != nil {
		return nil, err
	}
	dir, err := d.Store.Directory(ctx)
	if err != nil {
		return nil, err
	}
	var t *Ticket
	err = d.Store.InTx(ctx, func(tx Tx) error {
		if t, err = tx.Ticket(ctx, by.Scope(), target.Ref); err != nil {
			return err
		}
		if !by.Scope().Sees(t.Department) {
			return &Error{Kind: Forbidden, Key: "access.handed_over"}
		}
		if target.Version != 0 && target.Version != t.Version {
			return &Error{Kind: Stale, Key: "ticket.stale"}
		}
		c := &change{Bureau: d.Bureau, tx: tx, dir: dir, t: t, by: by, now: d.now()}
		before := t.Department
		if err := f(c); err != nil {
			return err
		}
		if err := tx.SaveTicket(ctx, t); err != nil {
			return err
		}
		s := Signal{Type: "ticket", Ticket: t.ID, Version: t.Version, Department: t.Department, Agent: t.Assignee}
		tx.Notify(s)
		if before != t.Department {
			s.Department = before
			tx.Notify(s)
		}
		if c.outbox {
			tx.Notify(Signal{Type: "outbox"})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("ticket %s: %w", target.Ref, err)
	}
	return t, nil
}

// change is one act within its transaction.
type change struct {
	*Bureau
	tx     Tx
	dir    *Directory
	t      *Ticket
	by     Actor
	now    time.Time
	outbox bool
}

func (c *change) category() Category {
	k, _ := c.dir.Category(c.t.Category)
	return k
}

// Assign gives the ticket to an agent who may see it, or to nobody (0).
func (d *Desk) Assign(ctx context.Context, by Actor, target Target, to AgentID) (*Ticket, error) {
	return d.act(ctx, by, RightWrite, target, func(c *change) error {
		if to != 0 {
			a, ok := c.dir.Agent(to)
			if !ok || a.Disabled || !ActorOf(a).Scope().Sees(c.t.Department) {
				return invalid("assignee", "assignee.cannot_see")
			}
		}
		return c.t.Assign(to, c.by, c.now)
	})
}

// Move hands the ticket to another department and tells it by e-mail, without
// citizen data.
func (d *Desk) Move(ctx context.Context, by Actor, target Target, to DepartmentID, reason string) (*Ticket, error) {
	return d.act(ctx, by, RightWrite, target, func(c *change) error {
		dept, ok := c.dir.Department(to)
		if !ok {
			return invalid("department", "department.unknown")
		}
		if dept.ID == c.t.Department {
			return nil
		}
		if err := c.t.MoveTo(dept, c.by, reason, newSalt(), c.now); err != nil {
			return err
		}
		return c.announce(ctx, dept)
	})
}

// Change alters subject, priority, category, tags or location.
func (d *Desk) Change(ctx context.Context, by Actor, target Target, ch Change) (*Ticket, error) {
	return d.act(ctx, by, RightWrite, target, func(c *change) error {
		if ch.Category != nil {
			k, ok := c.dir.Category(ch.Category.ID)
			if !ok {
				return invalid("category", "category.unknown")
			}
			ch.Category = &k
		}
		return c.t.Apply(ch, c.by, c.dir.Rules, c.now)
	})
}

// Validate confirms the report and starts the promise.
func (d *Desk) Validate(ctx context.Context, by Actor, target Target) (*Ticket, error) {
	return d.act(ctx, by, RightValidate, target, func(c *change) error {
		return c.t.Validate(c.by, c.dir.Rules, c.now)
	})
}

// Reject closes an unvalidated report for insufficient data.
func (d *Desk) Reject(ctx context.Context, by Actor, target Target) (*Ticket, error) {
	return d.act(ctx, by, RightValidate, target, func(c *change) error {
		if err := c.t.Reject(c.by, c.dir.Rules, c.now); err != nil {
			return err
		}
		return c.letter(ctx, PurposeClosing)
	})
}

// Wait pauses for a reason; for the citizen only when the bureau's last word
// was a question.
func (d *Desk) Wait(ctx context.Context, by Actor, target Target, r WaitReason) (*Ticket, error) {
	return d.act(ctx, by, RightWrite, target, func(c *change) error {
		asked, err := c.asked(ctx)
		if err != nil {
			return err
		}
		return c.t.Wait(r, asked, c.by, c.dir.Rules, c.now)
	})
}

// asked reports whether the last public message is a question of the bureau.
func (c *change) asked(ctx context.Context) (bool, error) {
	if c.t.LastMessage == 0 {
		return false, nil
	}
	m, err := c.tx.Message(ctx, c.t.LastMessage)
	if err != nil {
		return false, err
	}
	return m.Direction == Out && m.Kind == ReplyQuestion && m.TakenBackAt.IsZero(), nil
}

// Resume ends a wait.
func (d *Desk) Resume(ctx context.Context, by Actor, target Target) (*Ticket, error) {
	return d.act(ctx, by, RightWrite, target, func(c *change) error { return c.t.Resume(c.by, c.dir.Rules, c.now) })
}

// Resolve records that the work is done, with what the category demands.
func (d *Desk) Resolve(ctx context.Context, by Actor, target Target, note string) (*Ticket, error) {
	return d.act(ctx, by, RightWrite, target, func(c *change) error { return c.resolve(ctx, note) })
}

func (c *change) resolve(ctx context.Context, note string) error {
	proof, err := c.hasProof(ctx, note)
	if err != nil {
		return err
	}
	return c.t.Resolve(c.by, c.dir.Rules, proof, note, c.now)
}

// hasProof reports whether what the category demands for resolving is there.
func (c *change) hasProof(ctx context.Context, note string) (bool, error) {
	switch c.category().Proof {
	case ProofNone:
		return true, nil
	case ProofAnswer:
		if !c.t.AnsweredAt.IsZero() {
			return true, nil
		}
		k := c.t.clock(ClockAnswer)
		return k != nil && k.State == ClockAnswering, nil
	case ProofDecision:
		return cleanLine(note, 500) != "", nil
	case ProofPhoto:
		for _, m := range c.t.Pending.Messages {
			if hasPhoto(m) {
				return true, nil
			}
		}
		return c.tx.HasPhoto(ctx, c.t.ID, c.t.Episode)
	}
	return false, nil
}

func hasPhoto(m Message) bool {
	return m.Direction != In && slices.ContainsFunc(m.Files, func(f Attachment) bool { return len(f.ContentType) > 6 && f.ContentType[:6] == "image/" })
}

// A CloseInput says how a ticket is closed.
type CloseInput struct {
	Code      ClosingCode
	Note      string
	Duplicate Reference // of CodeDuplicate
	Silent    bool      // no letter to the citizen
}

// Close ends the ticket with a code and tells the citizen, with the way to say
// that it is not solved.
func (d *Desk) Close(ctx context.Context, by Actor, target Target, in CloseInput) (*Ticket, error) {
	return d.act(ctx, by, RightWrite, target, func(c *change) error {
		proof, err := c.hasProof(ctx, in.Note)
		if err != nil {
			return err
		}
		closing := Closing{Code: in.Code, Note: in.Note, HasProof: proof || !c.t.ResolvedAt.IsZero()}
		if in.Code == CodeDuplicate {
			if closing.Duplicate, err = c.tx.Ticket(ctx, c.by.Scope(), in.Duplicate); err != nil {
				return invalid("duplicate", "closing.duplicate")
			}
		}
		if err := c.t.Close(closing, c.by, c.dir.Rules, c.now); err != nil {
			return err
		}
		if in.Silent || in.Code == CodeAbuse {
			return nil
		}
		return c.letter(ctx, PurposeClosing)
	})
}

// Reopen starts a new episode.
func (d *Desk) Reopen(ctx context.Context, by Actor, target Target) (*Ticket, error) {
	return d.act(ctx, by, RightWrite, target, func(c *change) error {
		return c.t.Reopen(c.by, c.dir.Rules, c.category(), c.now)
	})
}

// VoidEpisode takes back a reopening that was only a thank-you.
func (d *Desk) VoidEpisode(ctx context.Context, by Actor, target Target) (*Ticket, error) {
	return d.act(ctx, by, RightWrite, target, func(c *change) error { return c.t.VoidEpisode(c.by, c.now) })
}

// MarkSpam moves the ticket to the spam view; nothing is sent.
func (d *Desk) MarkSpam(ctx context.Context, by Actor, target Target) (*Ticket, error) {
	return d.act(ctx, by, RightSpam, target, func(c *change) error {
		if err := c.t.MarkSpam(c.by, c.dir.Rules, c.now); err != nil {
			return err
		}
		c.t.ReceiptOwed = false
		return nil
	})
}

// MarkNotSpam takes the mark back: clocks run from receipt, the receipt goes out.
func (d *Desk) MarkNotSpam(ctx context.Context, by Actor, target Target) (*Ticket, error) {
	return d.act(ctx, by, RightSpam, target, func(c *change) error {
		first := len(c.t.Clocks) == 0
		if err := c.t.MarkNotSpam(c.by, c.dir.Rules, c.category(), c.now); err != nil {
			return err
		}
		if !first || !c.Settings.Receipts.Enabled {
			return nil
		}
		return c.letter(ctx, PurposeReceipt)
	})
}

// ConfirmSender accepts the sender of a held message as a party of the ticket.
func (d *Desk) ConfirmSender(ctx context.Context, by Actor, target Target, id MessageID) (*Ticket, error) {
	return d.act(ctx, by, RightWrite, target, func(c *change) error {
		m, err := c.tx.Message(ctx, id)
		if err != nil {
			return err
		}
		if m.Ticket != c.t.ID || m.Mark != MarkThirdParty {
			return &Error{Kind: NotFound, Field: "message", Key: "message.unknown"}
		}
		m.Mark = MarkNone
		if err := c.tx.MarkMessage(ctx, m); err != nil {
			return err
		}
		return c.t.Confirm(NormalEmail(m.Author.Address), c.by, c.now)
	})
}

// RevokeTracking makes every tracking code and link given out so far worthless.
func (d *Desk) RevokeTracking(ctx context.Context, by Actor, target Target) (*Ticket, error) {
	return d.act(ctx, by, RightWrite, target, func(c *change) error {
		c.t.RaiseTracking(c.by, c.now)
		return nil
	})
}

// SetRequester makes a citizen the requester: the only way it ever changes (I14).
func (d *Desk) SetRequester(ctx context.Context, by Actor, target Target, id CitizenID) (*Ticket, error) {
	return d.act(ctx, by, RightCitizens, target, func(c *change) error {
		citizen, err := c.tx.Citizen(ctx, id)
		if err != nil {
			return err
		}
		var to Party
		if mails := citizen.Addresses(ContactEmail); len(mails) > 0 {
			to = Party{Name: citizen.Name, Address: mails[0]}
		}
		c.t.SetRequester(citizen, to, c.by, c.now)
		return nil
	})
}

// letter queues an automatic letter to the requester, if there is a usable address.
func (c *change) letter(ctx context.Context, p Purpose) error {
	if c.t.ReplyTo.Address == "" {
		return nil
	}
	d, err := c.letterTo(ctx, c.tx, c.t, p, c.t.Language, c.dir.Rules, c.now)
	if err != nil {
		return err
	}
	c.t.Pending.Deliveries = append(c.t.Pending.Deliveries, d)
	c.outbox = true
	return nil
}

// readWithin is the time within which repeated readings of one ticket by one
// agent are one event.
const readWithin = 15 * time.Minute

// Opened records that somebody looked at a citizen's ticket.
func (d *Desk) Opened(ctx context.Context, by Actor, id TicketID) error {
	if by.Agent == 0 {
		return nil
	}
	now := d.now()
	return d.Store.InTx(ctx, func(tx Tx) error {
		fresh, err := tx.TouchRead(ctx, by.Agent, id, now, readWithin)
		if err != nil || !fresh {
			return err
		}
		return tx.AppendTicketEvent(ctx, id, &Event{Ticket: id, At: now, Actor: by.ID(), Kind: EventRead})
	})
}

// Revealed records that somebody asked for what is otherwise masked: a whole
// telephone number, or the original of a mail (kind EventRevealed, EventRawRead).
func (d *Desk) Revealed(ctx context.Context, by Actor, id TicketID, kind EventKind, what map[string]any) error {
	right := RightReveal
	if kind == EventRawRead {
		right = RightRaw
	}
	if err := by.need(right); err != nil {
		return err
	}
	now := d.now()
	return d.Store.InTx(ctx, func(tx Tx) error {
		return tx.AppendTicketEvent(ctx, id, &Event{Ticket: id, At: now, Actor: by.ID(), Kind: kind, Data: what})
	})
}
