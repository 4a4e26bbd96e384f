package ticketing

import (
	"context"
	"time"
)

// A CallFact is what figures about the line need of a call. It holds no number.
type CallFact struct {
	ID        CallID
	Direction CallDirection
	Result    CallResult
	Started   time.Time
	Ended     time.Time // zero while it lasts
	Wait      time.Duration
	Talk      time.Duration
	Agent     AgentID
	Extension string
	Ticket    TicketID
	Ref       Reference // "" when it belongs to no ticket
}

// A CallbackFact is what figures need of a promise to call back.
type CallbackFact struct {
	Ticket  TicketID
	Ref     Reference
	State   CallbackState
	Missed  int
	FirstAt time.Time
	Due     time.Time
	EndedAt time.Time // zero while open
}

// MostCallFacts bounds what is read for one report: a year of a busy line.
const MostCallFacts = 500_000

// CallFactReads is what the report of the line reads. The caller has checked
// RightReports.
type CallFactReads interface {
	// CallFacts gives the calls that began in the period, in the order of time, at
	// most MostCallFacts.
	CallFacts(ctx context.Context, from, to time.Time) ([]CallFact, error)
	// CallbackFacts gives the promises that were or are due in the period, in the
	// order of their due.
	CallbackFacts(ctx context.Context, from, to time.Time) ([]CallbackFact, error)
}
