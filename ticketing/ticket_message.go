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
	data := map[string]any{"message": int64(m.ID), "channel": string(m.Channel), "received_at": instantOf(m.ReceivedAt)}
	switch {
	case t.State == StateResolved || t.State == StateClosed:
		t.addMessage(m)
		return t.reopen(by, rules, c, m.ReceivedAt, now, data)
	case t.State == StateWaiting && t.Waiting == WaitCitizen:
		t.endPause(rules, m.ReceivedAt, now)
		if err := t.step(VerbResume, StateOpen); err != nil {
			return err
		}
		data["resumed"] = true
	}
	seq := t.nextSeq()
	t.record(by, EventReceived, now, data)
	t.addMessage(m)
	if t.clock(ClockAnswer) != nil && !t.owesAnswer() {
		k := rules.newClock(ClockNextAnswer, t.terms(rules, c))
		k.Ticket, k.Episode = t.ID, t.Episode
		t.start(rules, &k, m.ReceivedAt, seq)
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

// owesAnswer reports whether an answer is owed that nobody has written yet: the
// oldest unanswered message has a clock already.
func (t *Ticket) owesAnswer() bool {
	return slices.ContainsFunc(t.Clocks, func(c Clock) bool {
		return c.isAnswer() && c.Episode == t.Episode && c.Answer == 0 && (c.owed() || c.State == ClockPending)
	})
}

// reopen starts a new episode with clocks of its own. Spam is not reopened: the
// mark is taken back.
func (t *Ticket) reopen(by Actor, rules *Rulebook, c Category, from, now time.Time, data map[string]any) error {
	if t.Code == CodeSpam {
		return &Error{Kind: Conflict, Field: "state", Key: "state.refused", Args: map[string]any{"Verb": string(VerbReopen), "State": string(CodeSpam)}}
	}
	ended := Ending{t.State, t.Code, t.ClosingNote, t.DuplicateOf, t.AnsweredAt, t.ResolvedAt, t.ClosedAt}
	if err := t.step(VerbReopen, StateOpen); err != nil {
		return err
	}
	t.endPause(rules, now, now)
	t.Episode++
	t.Endings = append(t.Endings, ended)
	t.Code, t.ClosingNote, t.DuplicateOf = "", "", 0
	t.AnsweredAt, t.ResolvedAt, t.ClosedAt = time.Time{}, time.Time{}, time.Time{}
	data["episode"] = t.Episode
	data["from"] = ended.State.String()
	seq := t.nextSeq()
	t.record(by, EventReopened, now, data)
	if n := len(t.Pending.Messages); n > 0 {
		t.Pending.Messages[n-1].Episode = t.Episode
	}
	t.startClocks(rules, c, from, seq)
	t.take(rules, 0, LegReopened, from, seq)
	t.renewDue()
	return nil
}

// Reopen is an agent's or the citizen's act: "it is not solved".
func (t *Ticket) Reopen(by Actor, rules *Rulebook, c Category, now time.Time) error {
	return t.reopen(by, rules, c, now, now, map[string]any{"received_at": instantOf(now)})
}

// VoidEpisode takes a reopening back that was only a thank-you: the ticket
// returns to where it was, as if it had not been reopened; the episode's clocks
// end without being judged. Conflict when the current episode is the first or
// has been answered.
func (t *Ticket) VoidEpisode(by Actor, now time.Time) error {
	n := len(t.Endings)
	if n == 0 || !t.AnsweredAt.IsZero() {
		return &Error{Kind: Conflict, Field: "episode", Key: "episode.not_voidable"}
	}
	before := t.Endings[n-1]
	if err := t.step(VerbVoid, before.State); err != nil {
		return err
	}
	for i := range t.Clocks {
		if c := &t.Clocks[i]; c.Episode == t.Episode && (c.owed() || c.State == ClockPending) {
			c.end(CodeVoid, now, t.Department)
		}
	}
	t.endCustody(now)
	t.withdrawAll(now)
	t.Endings = t.Endings[:n-1]
	t.Code, t.ClosingNote, t.DuplicateOf = before.Code, before.Note, before.DuplicateOf
	t.AnsweredAt, t.ResolvedAt, t.ClosedAt = before.AnsweredAt, before.ResolvedAt, before.ClosedAt
	t.record(by, EventEpisodeVoid, now, map[string]any{"episode": t.Episode})
	t.renewDue()
	return nil
}

// Confirm accepts the sender of a held message as a party: further mail from
// the address moves the ticket. It does not make them the requester (I14).
func (t *Ticket) Confirm(m MessageID, address string, by Actor, now time.Time) error {
	if address == "" {
		return invalid("address", "party.unknown")
	}
	t.addParty(address)
	t.record(by, EventConfirmed, now, map[string]any{"message": int64(m)})
	return nil
}

// mostParties bounds who may write to a ticket besides the requester.
const mostParties = 200

func (t *Ticket) addParty(address string) {
	if address != t.ReplyTo.Address && !slices.Contains(t.Parties, address) && len(t.Parties) < mostParties {
		t.Parties = append(t.Parties, address)
	}
}

// KnownParty reports whether the address may write to the ticket by itself.
// The requester's own addresses are checked by the caller, who knows the citizen.
func (t *Ticket) KnownParty(address string) bool {
	return address != "" && (address == t.ReplyTo.Address || slices.Contains(t.Parties, address))
}
