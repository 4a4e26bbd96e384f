package ticketing

import (
	"slices"
	"time"
)

// Receive adds a citizen's message: it ends a wait for the citizen, reopens a
// resolved or closed ticket as a new episode, and starts the promise of a next
// answer when the first one is met. The caller has made sure that the sender
// is the requester or a confirmed party and that IsOpenFor holds.
func (t *Ticket) Receive(m Message, by Actor, rules *Rulebook, c Category, now time.Time) error {
	m.Mark = MarkNone
	data := map[string]any{"message": int64(m.ID), "channel": string(m.Channel)}
	switch {
	case t.State == StateResolved || t.State == StateClosed:
		t.addMessage(m)
		return t.reopen(by, rules, c, m.ReceivedAt, now, data)
	case t.State == StateWaiting && t.Waiting == WaitCitizen:
		t.endPause(rules, m.ReceivedAt)
		if err := t.step(VerbResume, StateOpen); err != nil {
			return err
		}
		data["resumed"] = true
	}
	seq := t.nextSeq()
	t.record(by, EventReceived, now, data)
	t.addMessage(m)
	if a := t.clock(ClockAnswer); a != nil && !a.MetAt.IsZero() && !t.hasOpen(ClockNextAnswer) {
		k := rules.newClock(ClockNextAnswer, rules.ProfileFor(c), c)
		k.Ticket, k.Episode = t.ID, t.Episode
		rules.start(&k, m.ReceivedAt, seq, t.Pauses)
		t.Clocks = append(t.Clocks, k)
	}
	t.renewDue()
	return nil
}

// Hold adds a message that moves nothing: a machine's, or one of a sender who
// is no known party.
func (t *Ticket) Hold(m Message, by Actor, now time.Time) {
	if m.Mark == MarkNone {
		m.Mark = MarkThirdParty
	}
	t.record(by, EventHeld, now, map[string]any{"message": int64(m.ID), "mark": string(m.Mark), "machine": string(m.Machine)})
	m.Ticket, m.Episode = t.ID, t.Episode
	t.Pending.Messages = append(t.Pending.Messages, m)
	t.Pending.Text = append(t.Pending.Text, m.Text)
}

func (t *Ticket) addMessage(m Message) {
	m.Ticket, m.Episode = t.ID, t.Episode
	t.Pending.Messages = append(t.Pending.Messages, m)
	t.Pending.Text = append(t.Pending.Text, m.Text, m.Author.Name, m.Author.Address)
	if m.Direction == Note {
		return
	}
	t.LastMessage = m.ID
	if t.LastMessageAt.Before(m.ReceivedAt) {
		t.LastMessageAt = m.ReceivedAt
	}
	if m.FromCitizen() && t.LastInAt.Before(m.ReceivedAt) {
		t.LastInAt = m.ReceivedAt
	}
}

// First adds the message a ticket is opened with.
func (t *Ticket) First(m Message) { t.addMessage(m) }

func (t *Ticket) hasOpen(kind ClockKind) bool {
	return slices.ContainsFunc(t.Clocks, func(c Clock) bool {
		return c.Kind == kind && c.Episode == t.Episode && (c.open() || c.State == ClockPending)
	})
}

// reopen starts a new episode with clocks of its own.
func (t *Ticket) reopen(by Actor, rules *Rulebook, c Category, from, now time.Time, data map[string]any) error {
	before := t.State
	if err := t.step(VerbReopen, StateOpen); err != nil {
		return err
	}
	t.endPause(rules, now)
	t.Episode++
	t.EpisodeBefore = before
	t.AnsweredAt, t.ResolvedAt, t.ClosedAt, t.Code = time.Time{}, time.Time{}, time.Time{}, ""
	data["episode"] = t.Episode
	data["from"] = before.String()
	seq := t.nextSeq()
	t.record(by, EventReopened, now, data)
	if len(t.Pending.Messages) > 0 {
		t.Pending.Messages[len(t.Pending.Messages)-1].Episode = t.Episode
	}
	t.startClocks(rules, c, from, seq)
	return nil
}

// Reopen is an agent's or the citizen's act: "it is not solved".
func (t *Ticket) Reopen(by Actor, rules *Rulebook, c Category, now time.Time) error {
	return t.reopen(by, rules, c, now, now, map[string]any{})
}

// VoidEpisode takes a reopening back that was only a thank-you: the ticket
// returns to where it was, the episode's clocks end without being judged.
// Conflict when the current episode is the first or has been answered.
func (t *Ticket) VoidEpisode(by Actor, now time.Time) error {
	if t.Episode < 2 || !t.AnsweredAt.IsZero() {
		return &Error{Kind: Conflict, Field: "episode", Key: "episode.not_voidable"}
	}
	if err := t.step(VerbVoid, t.EpisodeBefore); err != nil {
		return err
	}
	for i := range t.Clocks {
		if c := &t.Clocks[i]; c.Episode == t.Episode && (c.open() || c.State == ClockPending) {
			c.State, c.EndedAt, c.EndCode = ClockEnded, now, ClosingCode("void")
		}
	}
	if t.State == StateClosed {
		t.ClosedAt, t.Code = now, CodeResolved
	} else {
		t.ResolvedAt, t.Code = now, CodeResolved
	}
	t.record(by, EventEpisodeVoid, now, map[string]any{"episode": t.Episode})
	t.renewDue()
	return nil
}

// Confirm accepts the sender of a held message as a party: further mail from
// the address moves the ticket. It does not make them the requester (I14).
func (t *Ticket) Confirm(address string, by Actor, now time.Time) error {
	if address == "" {
		return invalid("address", "party.unknown")
	}
	if !slices.Contains(t.Parties, address) {
		t.Parties = append(t.Parties, address)
	}
	t.record(by, EventConfirmed, now, nil)
	return nil
}

// KnownParty reports whether the address may write to the ticket by itself.
// The requester's own addresses are checked by the caller, who knows the citizen.
func (t *Ticket) KnownParty(address string) bool {
	return address != "" && (address == t.ReplyTo.Address || slices.Contains(t.Parties, address))
}
