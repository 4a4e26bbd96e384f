package ticketing

import "time"

// Events of calls. Their data name the call; numbers stay with it.
const (
	EventCallMissed  EventKind = "call.missed" // nobody took a call of the number: it is to be called back
	EventVoicemail   EventKind = "call.voicemail"
	EventCallTried   EventKind = "call.tried"   // somebody called back and reached nobody
	EventCallReached EventKind = "call.reached" // somebody was spoken to at the number
	EventCallBound   EventKind = "call.bound"   // an agent said that a call belongs to the ticket
	EventCallHeard   EventKind = "call.heard"   // somebody listened to the recording
)

// promiseCallback starts the promise to call back, counted from the first missed
// call in working time; it is never later than the answer that is promised too.
func (t *Ticket) promiseCallback(rules *Rulebook, line CallLine, at time.Time, seq int64) {
	c := Clock{Kind: ClockCallback, State: ClockPending, Ticket: t.ID, Episode: t.Episode, Calendar: line.Calendar, Target: line.CallbackDue, Profile: rules.Default}
	answer := t.clock(ClockAnswer)
	if answer != nil {
		c.Profile, c.Ladder, c.LadderVersion = answer.Profile, answer.Ladder, answer.LadderVersion
	}
	p, _ := rules.Profile(c.Profile, 0)
	c.ProfileVersion = p.Version
	if cal, ok := rules.Calendar(c.Calendar, 0); ok {
		c.CalendarVersion = cal.Version()
	} else {
		c.Calendar = alwaysOpen
	}
	rules.start(&c, at, seq, nil)
	if answer != nil && !answer.Due.IsZero() && answer.Due.Before(c.Due) && answer.Due.After(at) {
		c.Calendar, c.CalendarVersion, c.Target = alwaysOpen, 0, answer.Due.Sub(at)
		rules.start(&c, at, seq, nil)
	}
	t.Clocks = append(t.Clocks, c)
	t.renewDue()
}

// missed records another call of the number that nobody took.
func (t *Ticket) missed(c *Call, by Actor, now time.Time) {
	kind := EventCallMissed
	if c.Result == CallVoicemail {
		kind = EventVoicemail
	}
	t.record(by, kind, now, map[string]any{"call": int64(c.ID), "at": instantOf(c.Started), "result": string(c.Result)})
}

// tried records a call back that reached nobody.
func (t *Ticket) tried(c *Call, n int, by Actor, now time.Time) {
	t.record(by, EventCallTried, now, map[string]any{"call": int64(c.ID), "at": instantOf(c.Started), "result": string(c.Result), "attempt": n})
}

// reached records that the caller was spoken to at the instant: the promise to
// call back is kept, and so is the one to answer, of a ticket that holds nothing
// but the missed call (only). Such a ticket is closed with it: what was said
// belongs to a ticket of its own.
func (t *Ticket) reached(c *Call, only bool, by Actor, rules *Rulebook, now time.Time) error {
	at := latest(c.Answered, c.Started)
	t.doneAt(ClockCallback, at, rules, now)
	t.record(by, EventCallReached, now, map[string]any{"call": int64(c.ID), "at": instantOf(at), "direction": string(c.Direction)})
	if only && t.State.InWork() {
		t.doneAt(ClockAnswer, at, rules, now)
		if t.AnsweredAt.IsZero() {
			t.AnsweredAt = at
		}
		if err := t.Close(Closing{Code: CodeResolved, HasProof: true}, by, rules, now); err != nil {
			return err
		}
	}
	t.renewDue()
	return nil
}

// doneAt is done at an instant that has passed.
func (t *Ticket) doneAt(kind ClockKind, at time.Time, rules *Rulebook, now time.Time) {
	if c := t.clock(kind); c != nil && c.owed() {
		t.meet(c, latest(at, c.StartedAt), rules, now)
	}
}

// bind records that a call belongs to the ticket.
func (t *Ticket) bind(c *Call, by Actor, now time.Time) {
	t.record(by, EventCallBound, now, map[string]any{"call": int64(c.ID), "at": instantOf(c.Started)})
}
