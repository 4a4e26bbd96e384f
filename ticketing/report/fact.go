package report

import (
	"time"

	"github.com/sistem48/system48/ticketing"
)

// An Outcome is how a promise stands. Whether an open one is late depends on the
// moment one asks, and is therefore not stored.
type Outcome string

// The outcomes.
const (
	OutcomeMet    Outcome = "met"    // done by its due instant
	OutcomeLate   Outcome = "late"   // done after it
	OutcomeOpen   Outcome = "open"   // neither done nor ended, with a due instant
	OutcomePaused Outcome = "paused" // a wait without end stops it: no due instant
	OutcomeEnded  Outcome = "ended"  // by a closing code, without the deed
)

// Traits are what a fact can be filtered by.
type Traits struct {
	Department ticketing.DepartmentID // of a promise: charged with it; of a ticket: custodian, at its end if it ended
	Category   ticketing.CategoryID
	Channel    ticketing.Channel
	District   string // "" = none known
	Language   string
}

// A ClockFact is one promise. Pending ones that never started have no fact.
type ClockFact struct {
	Clock   ticketing.ClockID
	Ticket  ticketing.TicketID
	Episode int
	Kind    ticketing.ClockKind
	Traits

	// Day is the local day of the due instant: of that without waits while one without
	// end leaves no other, of the ending of one that never started.
	Day     Day
	Due     time.Time // zero when there is none
	Settled time.Time // done or ended; zero while open
	// SettledDay is the local day of Settled, 0 while open.
	SettledDay Day
	Outcome    Outcome
	Code       ticketing.ClosingCode // of OutcomeEnded
	Counted    bool                  // stands in the denominator of formula D
	PausedPast bool                  // past the due instant it would have had without waits, by their grace
	Waited     bool                  // some wait stopped it
	Took       int64                 // of met and late: calendar seconds from start to deed, waits left out
}

// Done reports whether the deed was done, in time or late.
func (f *ClockFact) Done() bool { return f.Outcome == OutcomeMet || f.Outcome == OutcomeLate }

// A TicketFact is one episode of a ticket. Spam has none.
type TicketFact struct {
	Ticket  ticketing.TicketID
	Episode int // 1, 2, 3 …, voided ones left out
	Traits

	ReceivedDay Day // of the ticket
	StartedDay  Day // of the episode: received, or reopened
	Hour        int // local hour of the same

	NextDue     time.Time // while in work: nearest due instant of what is owed; zero when none
	Unvalidated bool      // in work, and its promise waits for validation

	Ended    time.Time // left work: resolved or closed; zero while in work
	EndedDay Day
	Code     ticketing.ClosingCode
	ByHand   bool // ended by a person
	First    bool // ended by the department it was first routed to
	Reopened bool // within 30 days
	Denied   bool // closed as solved, and the citizen said no
	Legs     int  // custodies

	// Wall seconds of the ended episode: with its last custodian, with other
	// departments, waiting for the citizen, for other bodies and circumstances.
	Own, Elsewhere, Citizen, Others int64
}

// A Suspect is a case that may be part of a sign; alone it says nothing.
type Suspect struct {
	Kind       SignKind
	Ticket     ticketing.TicketID
	Department ticketing.DepartmentID
	Day        Day
	At         time.Time
	By         string // actor
	From, To   string // codes of categories (SignRelabelled)
}

// Facts are all facts of one ticket.
type Facts struct {
	Clocks   []ClockFact
	Tickets  []TicketFact
	Suspects []Suspect
}
