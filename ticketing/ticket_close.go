package ticketing

import "time"

// Wait puts the ticket into waiting for the reason: the clocks that the reason
// stops pause. For the citizen only after a question was sent (asked).
func (t *Ticket) Wait(r WaitReason, asked bool, by Actor, rules *Rulebook, now time.Time) error {
	if !has(WaitReasons(), r) {
		return invalid("reason", "wait.unknown")
	}
	if r == WaitCitizen && !asked {
		return &Error{Kind: Conflict, Field: "reason", Key: "wait.no_question"}
	}
	if err := t.step(VerbWait, StateWaiting); err != nil {
		return err
	}
	t.endPause(rules, now, now)
	t.Waiting = r
	t.Pauses = append(t.Pauses, Pause{Reason: r, From: now, By: by.ID(), Leg: t.Leg})
	for i := range t.Clocks {
		if c := &t.Clocks[i]; c.State == ClockRunning && r.stops(c.Kind) {
			c.State = ClockPaused
		}
	}
	t.recompute(rules)
	t.record(by, EventWaiting, now, map[string]any{"reason": string(r)})
	return nil
}

// Resume ends the wait.
func (t *Ticket) Resume(by Actor, rules *Rulebook, now time.Time) error {
	if err := t.step(VerbResume, StateOpen); err != nil {
		return err
	}
	t.endPause(rules, now, now)
	t.record(by, EventResumed, now, nil)
	return nil
}

// endPause closes the open pause, if any, at the instant, and lets the clocks
// run again. A deed done after the instant, while the pause was still believed
// to last, is judged anew.
func (t *Ticket) endPause(rules *Rulebook, at, now time.Time) {
	p := t.openPause()
	if p == nil {
		return
	}
	p.To = at
	if at.Before(p.From) {
		p.To = p.From // a mail received before the pause began, read after
	}
	for i := range t.Clocks {
		c := &t.Clocks[i]
		if c.State == ClockPaused {
			c.State = ClockRunning
		}
		if p.Reason.stops(c.Kind) && c.State == ClockMet && c.MetAt.After(p.To) && !c.StartedAt.IsZero() {
			t.meet(c, c.MetAt, rules, now)
		}
	}
	t.recompute(rules)
}

func (t *Ticket) recompute(rules *Rulebook) {
	for i := range t.Clocks {
		if c := &t.Clocks[i]; c.open() && c.BreachedAt.IsZero() {
			rules.recompute(c, t.Pauses)
		}
	}
	t.renewDue()
}

// Resolve records that the work is done: the resolve clock is met. What the
// category demands as proof must be there (hasProof), else Invalid.
func (t *Ticket) Resolve(by Actor, rules *Rulebook, hasProof bool, note string, now time.Time) error {
	if !hasProof {
		return invalid("proof", "closing.proof")
	}
	if err := t.step(VerbResolve, StateResolved); err != nil {
		return err
	}
	t.endPause(rules, now, now)
	t.release(rules, now)
	t.withdrawAll(now)
	t.ResolvedAt, t.Code, t.ClosingNote = now, CodeResolved, cleanLine(note, 500)
	t.done(ClockResolve, rules, now)
	t.endPending(CodeResolved, now)
	t.record(by, EventResolved, now, nil)
	t.renewDue()
	return nil
}

// Closing is the input of Close.
type Closing struct {
	Code      ClosingCode
	Note      string  // not_competent: the competent body; answered_not_solvable: why
	Duplicate *Ticket // duplicate: the ticket this one repeats
	HasProof  bool    // resolved: what the category demands is there
}

// Close ends the ticket with a code. Open clocks end with the code; an answer
// that is on its way still decides its clock.
func (t *Ticket) Close(c Closing, by Actor, rules *Rulebook, now time.Time) error {
	if !has(ClosingCodes(), c.Code) {
		return invalid("code", "closing.code")
	}
	note := cleanLine(c.Note, 500)
	data := map[string]any{"code": string(c.Code)}
	switch c.Code { //nolint:exhaustive // the others demand nothing
	case CodeNotCompetent:
		if note == "" {
			return invalid("note", "closing.body")
		}
	case CodeNotSolvable:
		if note == "" {
			return invalid("note", "closing.why")
		}
	case CodeDuplicate:
		if c.Duplicate == nil || c.Duplicate.ID == t.ID || (c.Duplicate.State == StateClosed && has([]ClosingCode{CodeDuplicate, CodeSpam}, c.Duplicate.Code)) {
			return invalid("duplicate", "closing.duplicate") // where nobody works on it
		}
		t.DuplicateOf = c.Duplicate.ID
		data["duplicate_of"] = string(c.Duplicate.Ref)
	case CodeResolved:
		if !c.HasProof {
			return invalid("proof", "closing.proof")
		}
	case CodeInsufficient, CodeWithdrawn, CodeAbuse, CodeSpam:
	}
	if err := t.step(VerbClose, StateClosed); err != nil {
		return err
	}
	t.endPause(rules, now, now)
	t.Judge(watchActor, now)
	t.release(rules, now)
	t.withdrawAll(now)
	t.ClosedAt, t.Code, t.ClosingNote = now, c.Code, note
	if c.Code == CodeResolved {
		if t.ResolvedAt.IsZero() {
			t.ResolvedAt = now
		}
		t.done(ClockResolve, rules, now)
	}
	t.endClocks(c.Code, now)
	t.record(by, EventClosed, now, data)
	t.renewDue()
	return nil
}

// Settle closes a resolved ticket that nobody denied.
func (t *Ticket) Settle(by Actor, now time.Time) error {
	if err := t.step(VerbSettle, StateClosed); err != nil {
		return err
	}
	t.Judge(watchActor, now)
	t.ClosedAt = now
	t.endClocks(t.Code, now)
	t.record(by, EventClosed, now, map[string]any{"code": string(t.Code), "settled": true})
	t.renewDue()
	return nil
}

// end closes the clock without its deed. One that was missed stays so.
func (c *Clock) end(code ClosingCode, now time.Time, charged DepartmentID) {
	c.EndedAt, c.EndCode = now, code
	if c.State != ClockMissed {
		c.State = ClockEnded
	}
	if c.Charged == 0 {
		c.Charged = charged
	}
}

// endClocks ends every clock whose deed is owed, but those whose answer is on
// its way.
func (t *Ticket) endClocks(code ClosingCode, now time.Time) {
	for i := range t.Clocks {
		c := &t.Clocks[i]
		unsettled := c.State == ClockAnswering || (c.State == ClockMissed && c.Answer != 0)
		if c.State == ClockPending || (c.owed() && !unsettled) {
			c.end(code, now, t.Department)
		}
	}
}

// endPending ends the clocks that never started, and validation.
func (t *Ticket) endPending(code ClosingCode, now time.Time) {
	for i := range t.Clocks {
		if c := &t.Clocks[i]; c.State == ClockPending || (c.Kind == ClockValidation && c.owed()) {
			c.end(code, now, t.Department)
		}
	}
}

// Reject closes an unvalidated report for insufficient data.
func (t *Ticket) Reject(by Actor, rules *Rulebook, now time.Time) error {
	if !t.ValidatedAt.IsZero() {
		return &Error{Kind: Conflict, Field: "validation", Key: "validation.done"}
	}
	t.done(ClockValidation, rules, now)
	return t.Close(Closing{Code: CodeInsufficient}, by, rules, now)
}

// MarkSpam closes the ticket as spam: no clock, no letter, its own view.
func (t *Ticket) MarkSpam(by Actor, rules *Rulebook, now time.Time) error {
	if err := t.step(VerbSpam, StateClosed); err != nil {
		return err
	}
	t.endPause(rules, now, now)
	t.Judge(watchActor, now)
	t.release(rules, now)
	t.withdrawAll(now)
	t.Code, t.ClosedAt = CodeSpam, now
	for i := range t.Clocks {
		if c := &t.Clocks[i]; c.owed() || c.State == ClockPending {
			c.end(CodeSpam, now, 0)
		}
	}
	t.record(by, EventSpam, now, nil)
	t.renewDue()
	return nil
}

// MarkNotSpam undoes MarkSpam: the clocks count from receipt as if the mark
// had never been made, and what fell due meanwhile is judged by Watch.
func (t *Ticket) MarkNotSpam(by Actor, rules *Rulebook, c Category, now time.Time) error {
	if t.Code != CodeSpam {
		return &Error{Kind: Conflict, Field: "state", Key: "state.not_spam"}
	}
	if err := t.step(VerbNotSpam, StateReceived); err != nil {
		return err
	}
	t.Code, t.ClosedAt = "", time.Time{}
	seq := t.nextSeq()
	t.record(by, EventNotSpam, now, nil)
	for i := range t.Clocks {
		if c := &t.Clocks[i]; c.Episode == t.Episode && c.EndCode == CodeSpam {
			t.revive(c, rules, now)
		}
	}
	if t.clock(ClockAnswer) == nil {
		t.startClocks(rules, c, t.ReceivedAt, seq)
	}
	t.take(rules, 0, LegNotSpam, t.ReceivedAt, seq)
	t.renewDue()
	return nil
}

// revive puts a clock that ended as spam back to where it was.
func (t *Ticket) revive(c *Clock, rules *Rulebook, now time.Time) {
	c.EndedAt, c.EndCode = time.Time{}, ""
	arrived := c.MetAt
	switch {
	case c.State == ClockMissed:
	case c.StartedAt.IsZero():
		c.State = ClockPending
	case c.Answer != 0:
		c.State = ClockAnswering
	default:
		c.State = ClockRunning
	}
	rules.recompute(c, t.Pauses)
	if arrived.IsZero() {
		return
	}
	if c.StartedAt.IsZero() {
		c.State, c.Charged = ClockMet, t.Department
		return
	}
	t.meet(c, arrived, rules, now)
}
