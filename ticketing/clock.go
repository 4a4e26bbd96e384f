package ticketing

import (
	"time"

	"github.com/sistem48/system48/ticketing/calendar"
)

// ClockKind is what a clock measures.
type ClockKind string

// The kinds in use. Statutory clocks have their room here.
const (
	ClockValidation ClockKind = "validation"  // a clerk confirms that the report is intelligible and in scope
	ClockAnswer     ClockKind = "answer"      // the promise: an informative answer by a person that reached the citizen
	ClockNextAnswer ClockKind = "next_answer" // the same, from the oldest unanswered later message
	ClockResolve    ClockKind = "resolve"     // the work is done
	ClockCallback   ClockKind = "callback"    // who called in vain is called back
	ClockLeg        ClockKind = "leg"         // one custody: the department has done its part, or passed the ticket on
)

// ClockState is where a clock stands.
type ClockState string

// The states. Met, missed and ended are final, except that a bounce puts a met
// clock back to running.
const (
	ClockPending   ClockState = "pending" // not started: no due instant yet
	ClockRunning   ClockState = "running"
	ClockPaused    ClockState = "paused"
	ClockAnswering ClockState = "answering" // the answer is on its way, not yet accepted
	ClockMet       ClockState = "met"
	ClockMissed    ClockState = "missed" // past due; MetAt is set when the deed came late
	ClockEnded     ClockState = "ended"  // by a closing code, without the deed
)

// WaitReason says for whom or what a ticket waits. Each stops certain clocks.
type WaitReason string

// The reasons.
const (
	WaitCitizen  WaitReason = "citizen" // after a question was sent: stops answer and resolve, at most ten working days
	WaitBody     WaitReason = "body"
	WaitWeather  WaitReason = "weather"
	WaitMaterial WaitReason = "material"
)

// WaitReasons lists the reasons in the order menus show them.
func WaitReasons() []WaitReason {
	return []WaitReason{WaitCitizen, WaitBody, WaitWeather, WaitMaterial}
}

// stops reports whether a wait for the reason stops clocks of the kind.
func (r WaitReason) stops(k ClockKind) bool {
	switch k {
	case ClockAnswer, ClockNextAnswer:
		return r == WaitCitizen
	case ClockResolve, ClockLeg:
		return true
	case ClockValidation, ClockCallback:
	}
	return false
}

// citizenWaitCap is how much working time a wait for the citizen may stop a
// clock: ten working days of 24 h in the work calendar.
const citizenWaitCap = 10 * 24 * time.Hour

// A Pause is a time during which the ticket waited. Pauses belong to the
// ticket, not to the policy.
type Pause struct {
	Reason WaitReason
	From   time.Time
	To     time.Time // zero while it lasts
	By     string    // actor ID
	Leg    int       // the custody it began in: only that one's clock it stops
}

// A Clock measures one promise. Due is a pure function of the other fields,
// the ticket's pauses and the rulebook (I6).
type Clock struct {
	ID      ClockID
	Ticket  TicketID
	Episode int
	Kind    ClockKind
	State   ClockState

	Profile         string // name and version of the promise
	ProfileVersion  int
	Calendar        string // name and version of what counts
	CalendarVersion int
	WorkVersion     int    // of the profile's work calendar, which caps waits for the citizen; 0 = the calendar itself does
	Policy          string // name and version of the policy that chose it; "" = the category did
	PolicyVersion   int
	Ladder          string // name and version of who is told when; "" = nobody
	LadderVersion   int
	Rungs           []Rung
	OnCall          bool
	Target          time.Duration

	StartSeq   int64     // event the clock started with
	StartedAt  time.Time // instant of that event; zero while pending
	CountFrom  time.Time // StartedAt moved by the cut-off rule
	Due        time.Time // zero while pending
	Leg        int       // of ClockLeg: the number of the custody
	OwnDue     time.Time // of ClockLeg: by its own target; Due is never later than the citizen's nearest clock
	MetAt      time.Time
	BreachedAt time.Time // = Due once breached (I9), zero before
	WarnAt     time.Time // when to warn; zero when warned or not applicable
	EndedAt    time.Time // closed without the deed; also of a clock missed before
	EndCode    ClosingCode
	Answer     MessageID    // the message whose delivery decides, while answering and after
	Charged    DepartmentID // custodian at due, or when met if earlier; 0 until decided
}

// open reports whether the clock still waits for its deed and can fall due.
func (c *Clock) open() bool {
	return c.State == ClockRunning || c.State == ClockPaused || c.State == ClockAnswering
}

// isAnswer reports whether the clock measures a promise to answer.
func (c *Clock) isAnswer() bool { return c.Kind == ClockAnswer || c.Kind == ClockNextAnswer }

// owed reports whether the deed is still to be done, in time or late: what a
// queue sorts by. Closing ends that for a clock already missed.
func (c *Clock) owed() bool {
	return c.open() || (c.State == ClockMissed && c.MetAt.IsZero() && c.EndedAt.IsZero())
}

// keptBy reports whether the message, if it arrives, keeps the promise of the
// clock: an informative answer of a person, written since the clock began.
func (c *Clock) keptBy(m *Message) bool {
	if !c.isAnswer() || !m.answers() || !c.MetAt.IsZero() || (!c.EndedAt.IsZero() && c.EndCode != CodeSpam) {
		return false
	}
	return c.Answer == m.ID || !c.StartedAt.After(m.ReceivedAt)
}

// await lets the message decide the clock, unless an earlier one is on its way.
func (c *Clock) await(m MessageID) {
	if c.Answer != 0 {
		return
	}
	c.Answer = m
	if c.State == ClockRunning || c.State == ClockPaused {
		c.State = ClockAnswering
	}
}

// Late reports whether the clock is past due at now, judged or not.
func (c *Clock) Late(now time.Time) bool {
	return !c.BreachedAt.IsZero() || (c.open() && !c.Due.IsZero() && !now.Before(c.Due))
}

// stops reports whether the pause stops the clock: a custody's only while it is
// that custodian's own.
func (p Pause) stops(c *Clock) bool {
	return p.Reason.stops(c.Kind) && (c.Kind != ClockLeg || p.Leg == c.Leg)
}

// pausesFor gives the calendar's view of the ticket's pauses that stop the
// clock. Waits for the citizen count up to their cap, all of them together, so
// that even an open one has a due instant and no number of questions moves the
// promise further.
func (b *Rulebook) pausesFor(c *Clock, pauses []Pause) []calendar.Pause {
	var out []calendar.Pause
	left := citizenWaitCap
	for _, p := range pauses {
		if !p.stops(c) {
			continue
		}
		to := p.To
		if p.Reason == WaitCitizen {
			if left <= 0 {
				continue
			}
			work := b.workCalendar(c)
			if limit, err := work.Add(p.From, left); err == nil && (to.IsZero() || to.After(limit)) {
				to = limit
			}
			left -= work.Between(p.From, to)
		}
		out = append(out, calendar.Pause{From: p.From, To: to, Reason: string(p.Reason)})
	}
	return out
}

// workCalendar is the calendar of working days by which waits for the citizen
// are capped, in the version the clock was started with (I6).
func (b *Rulebook) workCalendar(c *Clock) *calendar.Calendar {
	if p, ok := b.Profile(c.Profile, c.ProfileVersion); ok && c.WorkVersion != 0 {
		if cal, ok := b.Calendar(p.WorkCalendar, c.WorkVersion); ok {
			return cal
		}
	}
	return b.calendarOf(c)
}

// count pins the versions of the calendars that the clock counts by.
func (b *Rulebook) count(c *Clock, p Profile) {
	if cal, ok := b.Calendar(c.Calendar, 0); ok {
		c.CalendarVersion = cal.Version()
	}
	if work, ok := b.Calendar(p.WorkCalendar, 0); ok && p.WorkCalendar != c.Calendar && !c.OnCall {
		c.WorkVersion = work.Version()
	}
}

func (b *Rulebook) calendarOf(c *Clock) *calendar.Calendar {
	if cal, ok := b.Calendar(c.Calendar, c.CalendarVersion); ok {
		return cal
	}
	cal, _ := b.Calendar(alwaysOpen, 0)
	return cal
}

// Due computes when the clock falls due. A pause without end, other than one
// for the citizen, has no due instant: the zero time.
func (b *Rulebook) Due(c *Clock, pauses []Pause) time.Time {
	if c.CountFrom.IsZero() {
		return time.Time{}
	}
	due, err := b.calendarOf(c).Add(c.CountFrom, c.Target, b.pausesFor(c, pauses)...)
	if err != nil {
		return time.Time{}
	}
	return due.UTC().Truncate(time.Microsecond)
}

// warnShare is the part of the target after which staff is warned.
const warnShare = 3 // of 4

// recompute renews Due and WarnAt from the inputs.
func (b *Rulebook) recompute(c *Clock, pauses []Pause) {
	if c.State == ClockMet || c.State == ClockEnded {
		return
	}
	if c.Due = b.Due(c, pauses); c.Kind == ClockLeg {
		c.OwnDue = c.Due
	}
	if c.State != ClockMissed {
		b.climb(c, pauses)
	}
	if c.Due.IsZero() || c.State == ClockMissed {
		return
	}
	warned := c.WarnAt.IsZero() && c.State != ClockPending && !c.StartedAt.IsZero()
	if !warned {
		if at, err := b.calendarOf(c).Add(c.CountFrom, c.Target*warnShare/4, b.pausesFor(c, pauses)...); err == nil {
			c.WarnAt = at.UTC().Truncate(time.Microsecond)
		}
	}
}

// newClock prepares a pending clock of the terms.
func (b *Rulebook) newClock(kind ClockKind, terms Terms) Clock {
	p := terms.Profile
	k := Clock{
		Kind: kind, State: ClockPending, Profile: p.Name, ProfileVersion: p.Version, Policy: terms.Policy, PolicyVersion: terms.PolicyVersion,
		Ladder: terms.Ladder, LadderVersion: terms.LadderVersion, OnCall: terms.OnCall, Calendar: p.Calendar, Target: p.Target,
	}
	switch kind {
	case ClockResolve:
		k.Target = time.Duration(terms.ResolveDays) * 24 * time.Hour
		if p.WorkCalendar != "" {
			k.Calendar = p.WorkCalendar
		}
	case ClockValidation:
		k.Calendar, k.Target = p.ValidationCalendar, p.ValidationTarget
	case ClockAnswer, ClockNextAnswer, ClockLeg, ClockCallback:
	}
	b.count(&k, p)
	return k
}

// start sets a pending clock going at the instant.
func (b *Rulebook) start(c *Clock, at time.Time, seq int64, pauses []Pause) {
	c.State, c.StartedAt, c.CountFrom, c.StartSeq = ClockRunning, at, at, seq
	if p, ok := b.Profile(c.Profile, c.ProfileVersion); ok && p.Cutoff != nil && !c.OnCall && c.Kind != ClockValidation && c.Kind != ClockLeg && c.Kind != ClockCallback {
		if from, err := b.calendarOf(c).Start(at, *p.Cutoff); err == nil {
			c.CountFrom = from.UTC()
		}
	}
	c.WarnAt = c.CountFrom // not warned yet: recompute sets the instant
	b.recompute(c, pauses)
}
