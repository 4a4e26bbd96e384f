package ticketing

import (
	"context"
	"time"
)

// A CallFilter chooses calls, the latest first. The zero filter chooses all.
type CallFilter struct {
	From, To  time.Time // of Started: from <= Started < to; zero: no bound
	Direction CallDirection
	Result    CallResult
	Agent     AgentID
	Number    string // E.164 of the citizen's side
	Source    string
	Key       string // the source's own key
	NoRecord  bool   // answered calls to the bureau that belong to no ticket
	Limit     int
	Cursor    string
}

// CallReads is what pages about calls read. Legs are given with a single call
// only. The caller has checked RightCalls.
type CallReads interface {
	// CallPage lists calls, the latest first.
	CallPage(ctx context.Context, f CallFilter) (Page[CallView], error)
	// CallByID gives one call; NotFound.
	CallByID(ctx context.Context, id CallID) (CallView, error)
	// CallsOf lists the calls of a ticket in the order of time, at most 200.
	CallsOf(ctx context.Context, t TicketID) ([]Call, error)
	// LiveCalls lists calls that ring or last and began after since, the latest
	// first, at most n.
	LiveCalls(ctx context.Context, since time.Time, n int) ([]Call, error)
	// Callbacks lists promised calls, the soonest due first; those that are over
	// the latest first.
	Callbacks(ctx context.Context, f CallbackFilter) (Page[CallbackView], error)
	// CallbackOf gives the promised call of a ticket; NotFound.
	CallbackOf(ctx context.Context, t TicketID) (Callback, error)
	// CallCounts counts what waits: promised calls, those of them past due, and
	// answered calls since the instant that have no record 15 minutes after.
	CallCounts(ctx context.Context, since, now time.Time) (CallCounts, error)
}

// A CallView is a call with the reference of its ticket.
type CallView struct {
	Call
	Ref Reference // "" when it belongs to none
}

// CallCounts are the numbers beside the views of calls; each up to 1000.
type CallCounts struct {
	Callbacks int // promised calls not made
	Overdue   int // of them past due
	NoRecord  int // answered calls without a ticket
}

// A CallbackFilter chooses promised calls.
type CallbackFilter struct {
	Over   bool // those that are over instead of those to be made
	Number string
	Limit  int
	Cursor string
}

// A CallbackView is a promised call with what a list shows of its ticket.
type CallbackView struct {
	Callback
	Ref      Reference
	Subject  string
	Assignee AgentID
	Stands   State // of the ticket
}
