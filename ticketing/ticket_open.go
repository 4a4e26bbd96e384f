package ticketing

import "time"

// Opening is what a new ticket starts with.
type Opening struct {
	ID         TicketID
	Ref        Reference
	Subject    string
	Channel    Channel
	Account    string
	Category   Category
	Department DepartmentID
	Citizen    CitizenID
	ReplyTo    Party
	Location   Location
	Priority   Priority
	Linked     TicketID
	Mentions   Reference
	ReceivedAt time.Time
	Spam       bool
	Reason     string // why ReceivedAt lies in the past, typed by an agent
	Salt       string // for the digest of Reason
	District   DistrictID
	Tags       []string
	Firings    []Firing // of the rules that chose category, department, priority and tags
}

// Open makes a ticket out of a contact: in the bureau's custody, with its
// clocks started from receipt or waiting for validation. Spam has no clocks.
func Open(o Opening, by Actor, rules *Rulebook, now time.Time) *Ticket {
	t := &Ticket{
		ID: o.ID, Ref: o.Ref, Subject: cleanLine(o.Subject, MaxSubject), State: StateReceived, Priority: o.Priority,
		Channel: o.Channel, Account: o.Account, Category: o.Category.ID, Department: o.Department,
		Citizen: o.Citizen, ReplyTo: o.ReplyTo, Location: o.Location, Linked: o.Linked, Mentions: o.Mentions,
		District: o.District, Tags: cleanTags(o.Tags), Episode: 1, ReceivedAt: o.ReceivedAt, CreatedAt: now, UpdatedAt: now,
	}
	t.Pending.New = true
	data := map[string]any{
		"channel": string(o.Channel), "category": o.Category.Code, "department": int64(o.Department),
		"received_at": instantOf(o.ReceivedAt),
	}
	if o.District != 0 {
		data["district"] = int64(o.District)
	}
	if o.Linked != 0 {
		data["continues"] = int64(o.Linked)
	}
	seq := t.nextSeq()
	e := t.record(by, EventOpened, now, data)
	if o.Reason != "" {
		e.Payload, e.Salt = cleanText(o.Reason, 2000), o.Salt
		e.Data["backdated"] = true
	}
	if o.Spam {
		t.State, t.Code, t.ClosedAt = StateClosed, CodeSpam, now
		data["spam"] = true
	} else {
		t.startClocks(rules, o.Category, o.ReceivedAt, seq)
		t.take(rules, 0, LegOpened, o.ReceivedAt, seq)
		t.renewDue()
	}
	t.routed(o.Firings, by, now)
	t.Pending.Text = append(t.Pending.Text, t.Subject, string(t.Ref), t.Location.Address)
	return t
}

// startClocks begins the episode's clocks at the instant of receipt.
func (t *Ticket) startClocks(rules *Rulebook, c Category, at time.Time, seq int64) {
	terms := t.terms(rules, c)
	p := terms.Profile
	kinds := []ClockKind{ClockAnswer}
	if terms.ResolveDays > 0 {
		kinds = append(kinds, ClockResolve)
	}
	if p.Start == FromValidation && t.ValidatedAt.IsZero() {
		kinds = append(kinds, ClockValidation)
	}
	for _, kind := range kinds {
		k := rules.newClock(kind, terms)
		k.Ticket, k.Episode = t.ID, t.Episode
		if kind == ClockValidation || p.Start == FromReceipt || !t.ValidatedAt.IsZero() {
			t.start(rules, &k, at, seq)
		}
		t.Clocks = append(t.Clocks, k)
	}
	t.renewDue()
}

// start sets a pending clock going at the instant; while the ticket waits for a
// reason that stops it, it is paused from the beginning.
func (t *Ticket) start(rules *Rulebook, c *Clock, at time.Time, seq int64) {
	rules.start(c, at, seq, t.Pauses)
	if p := t.openPause(); p != nil && p.stops(c) {
		c.State = ClockPaused
	}
}

// Validate confirms that the report is intelligible and in scope: it meets the
// validation clock and starts the promise where the profile counts from there.
// Conflict when it was validated before or is closed.
func (t *Ticket) Validate(by Actor, rules *Rulebook, now time.Time) error {
	if !t.ValidatedAt.IsZero() {
		return &Error{Kind: Conflict, Field: "validation", Key: "validation.done"}
	}
	if !t.State.InWork() {
		return &Error{Kind: Conflict, Field: "state", Key: "state.not_in_work"}
	}
	if err := t.work(); err != nil {
		return err
	}
	t.ValidatedAt = now
	t.done(ClockValidation, rules, now)
	seq := t.nextSeq()
	for _, kind := range []ClockKind{ClockAnswer, ClockResolve} {
		if c := t.clock(kind); c != nil && c.State == ClockPending {
			answer := c.Answer
			if t.start(rules, c, now, seq); answer != 0 {
				c.State = ClockAnswering
			}
		}
	}
	t.record(by, EventValidated, now, nil)
	t.renewDue()
	return nil
}

// Awaits reports whether the promise still waits for validation.
func (t *Ticket) Awaits() bool {
	c := t.clock(ClockValidation)
	return c != nil && t.ValidatedAt.IsZero() && t.State.InWork()
}

// done records the deed of the kind, in time or late.
func (t *Ticket) done(kind ClockKind, rules *Rulebook, now time.Time) {
	if c := t.clock(kind); c != nil && c.owed() {
		t.meet(c, now, rules, now)
	}
}

// meet settles a clock by its deed at the instant: met when in time, else missed
// with the breach at the due instant, which is recorded if Watch has not yet. A
// wait that still lasts stopped it until its deed and no longer.
func (t *Ticket) meet(c *Clock, at time.Time, rules *Rulebook, now time.Time) {
	if c.Kind != ClockLeg {
		t.judgeLegs(at, now)
	}
	c.MetAt = at
	if c.BreachedAt.IsZero() {
		if c.Due = rules.Due(c, until(t.Pauses, at)); c.Kind == ClockLeg {
			c.OwnDue, c.Due = c.Due, within(c.Due, t.legCap())
		}
	}
	if c.Due.IsZero() || !at.After(c.Due) {
		c.State, c.BreachedAt = ClockMet, time.Time{}
		if c.Charged == 0 {
			c.Charged = t.Department
		}
		return
	}
	t.breach(c, now)
	c.State = ClockMissed
}

// until gives the pauses as they were at the instant: what began later left out,
// what still lasted cut.
func until(pauses []Pause, at time.Time) []Pause {
	var out []Pause
	for _, p := range pauses {
		if !p.From.Before(at) {
			continue
		}
		if p.To.IsZero() || p.To.After(at) {
			p.To = at
		}
		out = append(out, p)
	}
	return out
}

// breach records, once, that the clock fell due without its deed (I9).
func (t *Ticket) breach(c *Clock, now time.Time) {
	if !c.BreachedAt.IsZero() {
		return
	}
	c.BreachedAt = c.Due
	if c.Charged == 0 {
		c.Charged = t.Department
	}
	t.record(watchActor, EventBreached, now, map[string]any{
		"clock": string(c.Kind), "episode": c.Episode, "start": c.StartSeq, "due": stamp(c.Due), "charged": int64(c.Charged),
	})
}
