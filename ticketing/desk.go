package ticketing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
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

	asked int // the question that the actor's department answers without custody
}

// act runs one change of a ticket in a transaction. What changes nothing is not
// written: an event is the mark of a change (I4).
func (d *Desk) act(ctx context.Context, by Actor, right Right, target Target, f func(c *change) error) (*Ticket, error) {
	return d.actOnce(ctx, by, right, target, Once{}, func(c *change) (int64, error) { return 0, f(c) }, nil)
}

// actOnce is act under an idempotency key: when the key was used before, nothing
// is done, whatever version the caller names, and done gets what f gave then.
func (d *Desk) actOnce(
	ctx context.Context, by Actor, right Right, target Target, once Once, f func(c *change) (int64, error), done func(result int64),
) (*Ticket, error) {
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
		c := &change{Bureau: d.Bureau, tx: tx, dir: dir, t: t, by: by, now: d.now()}
		if result, found, err := c.before(ctx, once); err != nil || found {
			if found {
				done(result)
			}
			return err
		}
		if !by.Scope().Sees(t.Department) && !t.asks(target.asked, by) {
			return &Error{Kind: Forbidden, Key: "access.handed_over"}
		}
		if target.Version != 0 && target.Version != t.Version {
			return &Error{Kind: Stale, Key: "ticket.stale"}
		}
		return c.run(ctx, once, f, done)
	})
	if err != nil {
		return nil, fmt.Errorf("ticket %s: %w", target.Ref, err)
	}
	return t, nil
}

// before gives what was done under the key, if anything was.
func (c *change) before(ctx context.Context, k Once) (result int64, found bool, err error) {
	if k.Key == "" {
		return 0, false, nil
	}
	text, found, err := c.tx.Once(ctx, k)
	if err != nil || !found {
		return 0, false, err
	}
	result, err = strconv.ParseInt(text, 10, 64)
	return result, err == nil, err
}

// run lets f change the ticket, and writes what it did.
func (c *change) run(ctx context.Context, once Once, f func(c *change) (int64, error), done func(result int64)) error {
	before := c.t.Department
	result, err := f(c)
	if err != nil || len(c.t.Pending.Events) == 0 {
		return err
	}
	if err := saveTicket(ctx, c.tx, c.t); err != nil {
		return err
	}
	if before != c.t.Department {
		c.tx.Notify(Signal{Type: "ticket", Ticket: c.t.ID, Version: c.t.Version, Department: before, Agent: c.t.Assignee})
	}
	if c.outbox {
		c.tx.Notify(Signal{Type: "outbox"})
	}
	if done != nil {
		done(result)
	}
	if once.Key == "" {
		return nil
	}
	return c.tx.SetOnce(ctx, once, strconv.FormatInt(result, 10), c.now)
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
			return invalid("department", "department.present")
		}
		if err := c.t.MoveTo(dept, c.category(), c.by, Handover{Reason: reason, Salt: newSalt()}, c.dir.Rules, c.now); err != nil {
			return err
		}
		if err := c.place(ctx, c.tx, c.dir, c.t, 0, 0, routerActor, c.now); err != nil {
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
		if ch.Location != nil {
			district := c.dir.Routes.Locate(*ch.Location, nil)
			ch.District = &district
		}
		was := c.category()
		ch.Was = &was
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

// asked reports whether the last public message is a question of the bureau that
// reached somebody or still may.
func (c *change) asked(ctx context.Context) (bool, error) {
	if c.t.LastMessage == 0 {
		return false, nil
	}
	m, err := c.tx.Message(ctx, c.t.LastMessage)
	if err != nil {
		return false, err
	}
	if m.Direction != Out || m.Kind != ReplyQuestion || !m.TakenBackAt.IsZero() {
		return false, nil
	}
	copies, err := c.tx.DeliveriesOf(ctx, m.ID)
	return len(copies) == 0 || mayArrive(copies, 0), err
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
	return c.missing(c.t.Resolve(c.by, c.dir.Rules, proof, note, c.now))
}

// missingProof says which kind of proof is missing.
var missingProof = map[Proof]string{ProofAnswer: "closing.proof_answer", ProofPhoto: "closing.proof_photo", ProofDecision: "closing.proof_decision"}

// missing names in a refusal the one kind of proof that the category demands.
func (c *change) missing(err error) error {
	if e := (*Error)(nil); errors.As(err, &e) && e.Key == "closing.proof" {
		return invalid("proof", missingProof[c.category().Proof])
	}
	return err
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
		return k != nil && k.Answer != 0, nil // on its way
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
			closing.Duplicate, err = c.tx.Ticket(ctx, c.by.Scope(), in.Duplicate)
			if errors.Is(err, NotFound) {
				return invalid("duplicate", "closing.duplicate")
			}
			if err != nil {
				return err
			}
		}
		if err := c.missing(c.t.Close(closing, c.by, c.dir.Rules, c.now)); err != nil {
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

// MarkNotSpam takes the mark back: clocks run from receipt, the receipt goes out
// within the caps.
func (d *Desk) MarkNotSpam(ctx context.Context, by Actor, target Target) (*Ticket, error) {
	return d.act(ctx, by, RightSpam, target, func(c *change) error {
		first := len(c.t.Clocks) == 0
		if err := c.t.MarkNotSpam(c.by, c.dir.Rules, c.category(), c.now); err != nil {
			return err
		}
		if !first || !c.Settings.Receipts.Enabled || c.t.Citizen == 0 {
			return nil
		}
		who, err := c.tx.Citizen(ctx, c.t.Citizen)
		if err != nil || !c.countAutomatic(c.t, who, false, c.now) {
			return err
		}
		if err := c.tx.SaveCitizen(ctx, who); err != nil {
			return err
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
		if m.Ticket != c.t.ID || !m.Mark.Confirmable() {
			return &Error{Kind: NotFound, Field: "message", Key: "message.unknown"}
		}
		m.Mark = MarkNone
		if err := c.tx.MarkMessage(ctx, m); err != nil {
			return err
		}
		return c.t.Confirm(m.ID, NormalEmail(m.Author.Address), c.by, c.now)
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
	if c.t.ReplyTo.Address == "" || (isE164(c.t.ReplyTo.Address) && (!p.texted() || !c.hasTexts())) {
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
