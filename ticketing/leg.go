package ticketing

import "time"

// LegReason says why a custody began.
type LegReason string

// The reasons.
const (
	LegOpened    LegReason = "opened"    // the contact came in
	LegMoved     LegReason = "moved"     // handed over to another department
	LegReferred  LegReason = "referred"  // an outside body took the ticket over
	LegReturned  LegReason = "returned"  // the body has answered, or gave it back
	LegWithdrawn LegReason = "withdrawn" // the bureau took it back from the body
	LegExpired   LegReason = "expired"   // the body did not answer in time
	LegReopened  LegReason = "reopened"  // a new episode
	LegNotSpam   LegReason = "not_spam"  // the mark was wrong
)

// A Leg is one uninterrupted custody of a ticket: by a department, or by an
// outside body that took it over from the department, which goes on answering
// to the citizen. While a ticket is in work exactly one leg lasts (I5); the next
// begins when it ends, so that the legs sum to the life of the ticket: the time
// it was in work.
type Leg struct {
	N          int // 1, 2, 3 … within the ticket
	Episode    int
	Department DepartmentID
	Body       BodyID // 0: the department itself
	From       time.Time
	To         time.Time // zero while it lasts
	Reason     LegReason // why it began
}

// Lasted is how long the leg lasted, or has by now.
func (l Leg) Lasted(now time.Time) time.Duration {
	to := l.To
	if to.IsZero() {
		to = now
	}
	return max(0, to.Sub(l.From))
}

// InCustody reports whether somebody has the ticket now.
func (t *Ticket) InCustody() bool { return t.Leg > 0 && t.CustodyTo.IsZero() }

// Present gives the newest leg: the one that lasts, or that ended last. ok is
// false for a ticket nobody ever had (spam).
func (t *Ticket) Present() (l Leg, ok bool) {
	if t.Leg == 0 {
		return Leg{}, false
	}
	return Leg{
		N: t.Leg, Episode: t.Episode, Department: t.Department, Body: t.Body, From: t.CustodyAt, To: t.CustodyTo, Reason: t.CustodyWhy,
	}, true
}

// take begins a leg of the ticket's department, or of the body: never before
// the one before it ended. seq is the event it begins with.
func (t *Ticket) take(rules *Rulebook, b BodyID, why LegReason, since time.Time, seq int64) {
	from := since
	if t.Leg > 0 && from.Before(t.CustodyTo) {
		from = t.CustodyTo
	}
	t.Leg++
	t.Body, t.CustodyWhy, t.CustodyAt, t.CustodyTo = b, why, from, time.Time{}
	if target := rules.legTarget(t.Department); b == 0 && target > 0 {
		c := rules.legClock(t, target)
		t.start(rules, &c, from, seq)
		t.Clocks = append(t.Clocks, c)
	}
}

// release ends the leg that lasts: what its department promised is done, in
// time or late. Its row is written with the ticket.
func (t *Ticket) release(rules *Rulebook, now time.Time) {
	if !t.InCustody() {
		return
	}
	t.done(ClockLeg, rules, now)
	t.endCustody(now)
}

func (t *Ticket) endCustody(now time.Time) {
	if !t.InCustody() {
		return
	}
	if t.CustodyTo = now; now.Before(t.CustodyAt) {
		t.CustodyTo = t.CustodyAt
	}
	l, _ := t.Present()
	t.Pending.Legs = append(t.Pending.Legs, l)
}

// charge lets what fell due in this custody count here, also while its answer
// is on its way.
func (t *Ticket) charge(now time.Time) {
	for i := range t.Clocks {
		if c := &t.Clocks[i]; c.open() && c.Charged == 0 && !c.Due.IsZero() && !now.Before(c.Due) {
			c.Charged = t.Department
		}
	}
}

// WithLegs gives the rulebook with the targets of departments for one custody,
// in working time; a department without one has no leg clock.
func (b *Rulebook) WithLegs(departments []Department) *Rulebook {
	if b == nil {
		return nil
	}
	n := *b
	n.legs = map[DepartmentID]time.Duration{}
	for _, d := range departments {
		if d.LegHours > 0 {
			n.legs[d.ID] = time.Duration(d.LegHours) * time.Hour
		}
	}
	return &n
}

func (b *Rulebook) legTarget(d DepartmentID) time.Duration { return b.legs[d] }

// legClock prepares the clock of the custody that begins: it counts working
// time by the promise of the ticket, around the clock for what has a crew on call.
func (b *Rulebook) legClock(t *Ticket, target time.Duration) Clock {
	c := Clock{Kind: ClockLeg, State: ClockPending, Ticket: t.ID, Episode: t.Episode, Leg: t.Leg, Target: target, Profile: b.Default}
	if a := t.clock(ClockAnswer); a != nil {
		c.Profile, c.ProfileVersion, c.OnCall = a.Profile, a.ProfileVersion, a.OnCall
		c.Ladder, c.LadderVersion = a.Ladder, a.LadderVersion
	}
	p, _ := b.Profile(c.Profile, c.ProfileVersion)
	c.ProfileVersion = p.Version
	switch c.Calendar = p.WorkCalendar; {
	case c.OnCall:
		c.Calendar = alwaysOpen
	case c.Calendar == "":
		c.Calendar = p.Calendar
	}
	b.count(&c, p)
	return c
}

// legCap is how late the deed of a leg may be done: the nearest due instant of
// what is promised to the citizen; zero when nothing is.
func (t *Ticket) legCap() (nearest time.Time) {
	for i := range t.Clocks {
		if c := &t.Clocks[i]; c.open() && c.Kind != ClockLeg && c.Kind != ClockValidation {
			nearest = earliest(nearest, c.Due)
		}
	}
	return nearest
}

// within bounds when a leg falls due by its own target: no later than the
// citizen's nearest clock. One that is paused without end has no due instant.
func within(own, limit time.Time) time.Time {
	if own.IsZero() || limit.IsZero() || own.Before(limit) {
		return own
	}
	return limit
}

// boundLegs renews the due instant of the leg that lasts, which moves with the
// citizen's clocks.
func (t *Ticket) boundLegs() {
	limit := t.legCap()
	for i := range t.Clocks {
		if c := &t.Clocks[i]; c.Kind == ClockLeg && c.open() && c.BreachedAt.IsZero() {
			c.Due = within(c.OwnDue, limit)
		}
	}
}

// judgeLegs records that a leg fell due by the instant, before another clock is
// settled that its due instant hangs on.
func (t *Ticket) judgeLegs(at, now time.Time) {
	for i := range t.Clocks {
		if c := &t.Clocks[i]; c.Kind == ClockLeg && c.open() && !c.Due.IsZero() && !at.Before(c.Due) {
			t.breach(c, now)
			c.State, c.WarnAt = ClockMissed, time.Time{}
		}
	}
}
