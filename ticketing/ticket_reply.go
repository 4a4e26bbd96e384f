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
	m.Direction, m.By, m.Auto = Out, by.ID(), by.System
	data := map[string]any{"message": int64(m.ID), "kind": string(m.Kind), "recipients": len(deliveries)}
	if by.System {
		data["system"] = true
	}
	if m.answers() {
		for i := range t.Clocks {
			if c := &t.Clocks[i]; c.isAnswer() && (c.owed() || c.State == ClockPending) && c.MetAt.IsZero() {
				c.await(m.ID)
			}
		}
	}
	t.addMessage(m)
	t.Pending.Deliveries = append(t.Pending.Deliveries, deliveries...)
	t.record(by, EventReplied, now, data)
	if len(deliveries) == 0 {
		t.answered(&m, now, rules, now)
		data["published"] = true
	}
	t.renewDue()
	return nil
}

// answered meets the clocks whose promise the message keeps, at the instant it
// reached somebody. A late one is still a deed.
func (t *Ticket) answered(m *Message, at time.Time, rules *Rulebook, now time.Time) (met []string) {
	if !m.answers() {
		return nil
	}
	for i := range t.Clocks {
		c := &t.Clocks[i]
		if !c.keptBy(m) {
			continue
		}
		c.Answer = m.ID
		switch {
		case !c.EndedAt.IsZero():
			c.MetAt = at // marked as spam meanwhile: it counts if the mark is taken back
			continue
		case c.StartedAt.IsZero():
			// Answered before validation: the promise is kept before it began.
			c.State, c.MetAt, c.Charged = ClockMet, at, t.Department
		default:
			t.meet(c, at, rules, now)
		}
		met = append(met, string(c.Kind))
	}
	if t.AnsweredAt.IsZero() && (m.Episode == t.Episode || m.Episode == 0) {
		t.AnsweredAt = at
	}
	return met
}

// Delivered records that a recipient's server took a message: the first one
// meets the clocks it decides, at that instant, and makes its recipient a party.
// m is the message carried, nil for a letter of the program.
func (t *Ticket) Delivered(d Delivery, m *Message, by Actor, rules *Rulebook, now time.Time) {
	data := map[string]any{"delivery": int64(d.ID), "purpose": string(d.Purpose)}
	if m != nil {
		t.addParty(d.To.Address)
		if met := t.answered(m, d.AcceptedAt, rules, now); len(met) > 0 {
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
// breach stays), and the wait for an answer to a question that never arrived is
// over.
func (t *Ticket) Undelivered(d Delivery, m *Message, others []Delivery, by Actor, rules *Rulebook, now time.Time) {
	kind := EventUndelivered
	switch d.State {
	case DeliveryBounced:
		kind = EventBounced
	case DeliveryUnknown:
		kind = EventUnknown
	case DeliveryPending, DeliverySending, DeliverySent, DeliveryRetry, DeliveryFailed, DeliveryTakenBack, DeliveryHeld:
	}
	data := map[string]any{"delivery": int64(d.ID), "purpose": string(d.Purpose), "state": string(d.State)}
	if m != nil && d.State != DeliveryUnknown && !mayArrive(others, d.ID) {
		if back := t.unanswer(m, rules); len(back) > 0 {
			data["unmet"] = back
		}
		if t.endVainWait(m, d.State == DeliveryBounced, rules, now) {
			data["resumed"] = true
		}
	}
	t.record(by, kind, now, data)
	t.renewDue()
}

// mayArrive reports whether one of a message's deliveries other than the given
// one arrived or may still arrive.
func mayArrive(list []Delivery, but DeliveryID) bool {
	return slices.ContainsFunc(list, func(d Delivery) bool {
		switch d.State {
		case DeliverySent, DeliveryPending, DeliverySending, DeliveryRetry, DeliveryUnknown, DeliveryHeld:
			return d.ID != but
		case DeliveryFailed, DeliveryBounced, DeliveryTakenBack:
		}
		return false
	})
}

// unanswer takes back what the message had decided.
func (t *Ticket) unanswer(m *Message, rules *Rulebook) (back []string) {
	for i := range t.Clocks {
		c := &t.Clocks[i]
		switch {
		case c.Answer != m.ID || m.ID == 0:
			continue
		case !c.EndedAt.IsZero():
			c.MetAt, c.Answer = time.Time{}, 0
			continue
		}
		back = append(back, string(c.Kind))
		t.unmeet(c, rules)
	}
	if m.answers() && (m.Episode == t.Episode || m.Episode == 0) && !t.hasMet() {
		t.AnsweredAt = time.Time{}
	}
	return back
}

func (t *Ticket) hasMet() bool {
	return slices.ContainsFunc(t.Clocks, func(c Clock) bool { return c.Episode == t.Episode && c.isAnswer() && !c.MetAt.IsZero() })
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
		rules.recompute(c, t.Pauses)
	}
}

// endVainWait ends the wait for an answer to the ticket's last message when that
// never reached anybody. It stopped no clock, unless it had been sent and came
// back. A message written while the ticket waited already is not what it waits
// for.
func (t *Ticket) endVainWait(m *Message, sent bool, rules *Rulebook, now time.Time) bool {
	if t.State != StateWaiting || t.Waiting != WaitCitizen || t.LastMessage != m.ID {
		return false
	}
	if p := t.openPause(); p != nil && m.CreatedAt.After(p.From) {
		return false
	}
	if t.step(VerbResume, StateOpen) != nil {
		return false
	}
	until := now
	if p := t.openPause(); p != nil && !sent {
		until = p.From
	}
	t.endPause(rules, until, now)
	return true
}

// TakeBack undoes a reply before any copy of it left.
func (t *Ticket) TakeBack(m *Message, by Actor, rules *Rulebook, now time.Time) {
	data := map[string]any{"message": int64(m.ID)}
	t.unanswer(m, rules)
	if t.endVainWait(m, false, rules, now) {
		data["resumed"] = true
	}
	m.TakenBackAt = now
	t.record(by, EventTakenBack, now, data)
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

// Retried records that an agent sends a failed delivery again; if its message is
// an answer, the clocks it can keep wait for it anew. m is nil for a letter.
func (t *Ticket) Retried(d Delivery, m *Message, by Actor, now time.Time) {
	t.record(by, EventRetried, now, map[string]any{"delivery": int64(d.ID)})
	t.awaitAnew(m)
}
