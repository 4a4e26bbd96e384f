package ticketing

import (
	"slices"
	"time"
)

// Reply adds an agent's message to the citizen. With deliveries, the open
// answer clocks of an answer go to answering until one of them is accepted;
// without any (no usable contact) the answer counts as published on the status
// page now. A question meets nothing. Messages of systems meet nothing.
func (t *Ticket) Reply(m Message, deliveries []Delivery, by Actor, rules *Rulebook, now time.Time) error {
	if err := t.work(); err != nil {
		return err
	}
	m.Direction, m.By = Out, by.ID()
	meets := m.Kind == ReplyAnswer && !by.System
	data := map[string]any{"message": int64(m.ID), "kind": string(m.Kind), "recipients": len(deliveries)}
	if by.System {
		data["system"] = true
	}
	if meets {
		for i := range t.Clocks {
			c := &t.Clocks[i]
			if (c.Kind != ClockAnswer && c.Kind != ClockNextAnswer) || c.State == ClockEnded || !c.MetAt.IsZero() {
				continue
			}
			if c.State == ClockAnswering && c.Answer != 0 {
				continue // the earlier answer decides first
			}
			c.Answer = m.ID
			if c.State == ClockRunning || c.State == ClockPaused {
				c.State = ClockAnswering
			}
		}
	}
	t.addMessage(m)
	t.Pending.Deliveries = append(t.Pending.Deliveries, deliveries...)
	for _, d := range deliveries {
		if d.To.Address != t.ReplyTo.Address && !slices.Contains(t.Parties, d.To.Address) {
			t.Parties = append(t.Parties, d.To.Address)
		}
	}
	t.record(by, EventReplied, now, data)
	if meets && len(deliveries) == 0 {
		t.answered(m.ID, now)
		data["published"] = true
	}
	t.renewDue()
	return nil
}

// answered meets the clocks that the message decides, at the instant it reached
// somebody.
func (t *Ticket) answered(m MessageID, at time.Time) (met []string) {
	for i := range t.Clocks {
		c := &t.Clocks[i]
		if c.Answer != m || !c.MetAt.IsZero() || c.StartedAt.IsZero() {
			if c.Answer == m && c.StartedAt.IsZero() && c.MetAt.IsZero() {
				// Answered before validation: the promise is kept before it began.
				c.State, c.MetAt, c.Charged = ClockMet, at, t.Department
				met = append(met, string(c.Kind))
			}
			continue
		}
		t.meet(c, at)
		met = append(met, string(c.Kind))
	}
	if t.AnsweredAt.IsZero() && len(met) > 0 {
		t.AnsweredAt = at
	}
	return met
}

// Delivered records that a recipient's server took a message: the first one
// meets the clocks it decides, at that instant.
func (t *Ticket) Delivered(d Delivery, by Actor, now time.Time) {
	data := map[string]any{"delivery": int64(d.ID), "purpose": string(d.Purpose)}
	if d.Purpose == PurposeAnswer && d.Message != 0 {
		if met := t.answered(d.Message, d.AcceptedAt); len(met) > 0 {
			data["met"] = met
		}
	}
	t.record(by, EventDelivered, now, data)
	t.renewDue()
}

// Undelivered records that a message did not, or may not have, reached its
// recipient. others are the message's further deliveries: while one of them
// may still arrive or did, the clocks wait for or keep it. A bounce of the one
// that met them puts them back with their old due (I9 stands: a recorded
// breach stays).
func (t *Ticket) Undelivered(d Delivery, others []Delivery, by Actor, rules *Rulebook, now time.Time) {
	kind := EventUndelivered
	switch d.State {
	case DeliveryBounced:
		kind = EventBounced
	case DeliveryUnknown:
		kind = EventUnknown
	case DeliveryPending, DeliverySending, DeliverySent, DeliveryRetry, DeliveryFailed, DeliveryTakenBack, DeliveryHeld:
	}
	data := map[string]any{"delivery": int64(d.ID), "purpose": string(d.Purpose), "state": string(d.State)}
	if d.Purpose == PurposeAnswer && d.Message != 0 && d.State != DeliveryUnknown {
		if back := t.unanswer(d, others, rules, now); len(back) > 0 {
			data["unmet"] = back
		}
	}
	t.record(by, kind, now, data)
	t.renewDue()
}

func (t *Ticket) unanswer(d Delivery, others []Delivery, rules *Rulebook, now time.Time) (back []string) {
	for _, o := range others {
		if o.ID == d.ID {
			continue
		}
		switch o.State {
		case DeliverySent, DeliveryPending, DeliverySending, DeliveryRetry, DeliveryUnknown, DeliveryHeld:
			return nil
		case DeliveryFailed, DeliveryBounced, DeliveryTakenBack:
		}
	}
	for i := range t.Clocks {
		c := &t.Clocks[i]
		if c.Answer != d.Message || c.State == ClockEnded {
			continue
		}
		back = append(back, string(c.Kind))
		t.unmeet(c, rules)
	}
	if len(back) > 0 && !t.hasMet() {
		t.AnsweredAt = time.Time{}
	}
	return back
}

func (t *Ticket) hasMet() bool {
	return slices.ContainsFunc(t.Clocks, func(c Clock) bool {
		return c.Episode == t.Episode && (c.Kind == ClockAnswer || c.Kind == ClockNextAnswer) && !c.MetAt.IsZero()
	})
}

// unmeet puts a clock back to waiting for an answer, with its old due.
func (t *Ticket) unmeet(c *Clock, rules *Rulebook) {
	c.MetAt, c.Answer = time.Time{}, 0
	switch {
	case !c.BreachedAt.IsZero():
		c.State = ClockMissed
	case c.StartedAt.IsZero():
		c.State, c.Charged = ClockPending, 0
	default:
		c.State, c.Charged = ClockRunning, 0
		if p := t.openPause(); p != nil && p.Reason.stops(c.Kind) {
			c.State = ClockPaused
		}
		if !t.State.InWork() {
			c.State = ClockRunning // closing did not end it: its answer came back
		}
		rules.recompute(c, t.Pauses)
	}
}

// TakeBack undoes a reply before any copy of it left.
func (t *Ticket) TakeBack(m *Message, by Actor, rules *Rulebook, now time.Time) {
	m.TakenBackAt = now
	for i := range t.Clocks {
		if c := &t.Clocks[i]; c.Answer == m.ID && c.MetAt.IsZero() && c.State != ClockEnded {
			t.unmeet(c, rules)
		}
	}
	t.record(by, EventTakenBack, now, map[string]any{"message": int64(m.ID)})
	t.renewDue()
}

// AddNote adds an internal note.
func (t *Ticket) AddNote(m Message, by Actor, now time.Time) error {
	if err := t.work(); err != nil {
		return err
	}
	m.Direction, m.By = Note, by.ID()
	t.addMessage(m)
	t.record(by, EventNoted, now, map[string]any{"message": int64(m.ID)})
	return nil
}

// Retried records that an agent sends a failed delivery again; if it carries an
// answer, the clocks it had decided wait for it anew.
func (t *Ticket) Retried(d Delivery, by Actor, now time.Time) {
	t.record(by, EventRetried, now, map[string]any{"delivery": int64(d.ID)})
	if d.Purpose != PurposeAnswer || d.Message == 0 {
		return
	}
	for i := range t.Clocks {
		c := &t.Clocks[i]
		if (c.Kind == ClockAnswer || c.Kind == ClockNextAnswer) && c.Answer == 0 && c.MetAt.IsZero() && c.State != ClockEnded {
			c.Answer = d.Message
			if c.State == ClockRunning || c.State == ClockPaused {
				c.State = ClockAnswering
			}
		}
	}
	t.renewDue()
}
