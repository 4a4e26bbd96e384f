package report

import (
	"context"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// A SumQuery asks for folded days.
type SumQuery struct {
	Departments []ticketing.DepartmentID // none: the city as a whole
	Period      Period
	By          []Dimension           // which rows; none: all of them
	Kinds       []ticketing.ClockKind // of promises; none: all
	// Brief is answered along the key of an index: of promises Due, Met, Waited and
	// Done alone are given, of episodes Received and Closed.
	Brief bool
	// Weekly adds the days of a week up: the Day of a row is its Monday, and
	// promises have no Spread, episodes no Hours. Departments stay apart.
	Weekly bool
	// Whole adds the days of the period up: rows have no Day, promises no Spread and
	// episodes no Hours.
	Whole bool
	// Apart keeps departments apart in Whole; else they are added up too.
	Apart bool
}

// A FactQuery asks for facts themselves.
type FactQuery struct {
	Filter   Filter
	Period   Period
	Reported Day // as known at the end of that day; 0 = now
}

// Sums gives what is folded. Rows come in no particular order.
type Sums interface {
	ClockDays(ctx context.Context, q SumQuery) ([]ClockDay, error)
	TicketDays(ctx context.Context, q SumQuery) ([]TicketDay, error)
	// Standings gives what is open in each department, as of the last fold; and
	// when that was, zero when never.
	Standings(ctx context.Context) ([]Standing, time.Time, error)
}

// FactReads gives facts.
type FactReads interface {
	// ClockFacts walks promises due or settled in the period, in no order.
	ClockFacts(ctx context.Context, q FactQuery, each func(*ClockFact) error) error
	// TicketFacts walks episodes begun or ended in the period, in no order.
	TicketFacts(ctx context.Context, q FactQuery, each func(*TicketFact) error) error
	// Suspects gives the suspects of the period.
	Suspects(ctx context.Context, departments []ticketing.DepartmentID, p Period) ([]Suspect, error)
}

// Behind resolves drill-downs. The caller has put the actor's departments into
// the filter; Cases does.
type Behind interface {
	// Counts counts the members of each set: promises or tickets.
	Counts(ctx context.Context, drills []Drill) ([]int64, error)
	// Behind lists them, sets of promises by due instant, others by receipt.
	Behind(ctx context.Context, d Drill, cursor string, limit int) (ticketing.Page[Case], error)
}

// A Source is what reports are read from; storage implements it.
type Source interface {
	Sums
	FactReads
	Behind
}

// A Standing is what is open in a department.
type Standing struct {
	Department                           ticketing.DepartmentID
	Open, Overdue, DueToday, Unvalidated int64
	Oldest                               time.Time // receipt of the oldest unvalidated; zero when none
}

// A Case is one line behind a figure.
type Case struct {
	Ticket     ticketing.TicketID
	Ref        ticketing.Reference
	Subject    string // "" for an actor who may not read contents
	State      ticketing.State
	Department ticketing.DepartmentID // charged, or custodian
	Category   ticketing.CategoryID
	Channel    ticketing.Channel
	ReceivedAt time.Time
	Assignee   ticketing.AgentID // who has it now; 0 = nobody

	// Of sets of promises; Due also of tickets in work: their next one.
	Clock   ticketing.ClockID
	Kind    ticketing.ClockKind
	Outcome Outcome
	Code    ticketing.ClosingCode
	Due     time.Time
	Settled time.Time
	Took    int64 // calendar seconds, of what was done

	// Of sets of tickets: when the episode ended; zero while in work.
	Ended time.Time
	// At is when what makes a sign happened.
	At time.Time
}

// A Folder keeps facts and folded days up to date. Everything it does may be
// done again, by several processes too.
type Folder interface {
	// FoldFacts derives the facts of tickets changed since the last time, adds up
	// the days they touch, and gives how many tickets those were.
	FoldFacts(ctx context.Context) (int, error)
	// CheckFacts adds every day of the period up anew and gives how many
	// departments' days were not as they should be; they are mended.
	CheckFacts(ctx context.Context, p Period) (wrong int, err error)
	// RebuildFacts marks every ticket, so that FoldFacts derives all facts anew.
	RebuildFacts(ctx context.Context) error
}
