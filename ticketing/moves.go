package ticketing

import (
	"fmt"
	"strings"
)

//go:generate go test -run TestStatesDocument . -update

// A State is where a ticket stands. Facts beside it (validated, answered,
// resolved, closed) say what has happened; "answered" is such a fact, not a
// state.
type State uint8

// The states, in the order in which work goes forward. Those below
// StateResolved are in work: stored numbers rely on that order.
const (
	StateReceived State = iota
	StateOpen
	StateWaiting
	StateResolved
	StateClosed
)

var stateNames = [...]string{"received", "open", "waiting", "resolved", "closed"}

// String gives the name the API uses.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// ParseState reads a name of a state.
func ParseState(name string) (State, bool) {
	for i, n := range stateNames {
		if n == name {
			return State(i), true
		}
	}
	return 0, false
}

// InWork reports whether somebody still has to do something.
func (s State) InWork() bool { return s < StateResolved }

// A ClosingCode says why a ticket is closed.
type ClosingCode string

// The codes.
const (
	CodeResolved     ClosingCode = "resolved"
	CodeNotSolvable  ClosingCode = "answered_not_solvable"
	CodeNotCompetent ClosingCode = "not_competent" // Detail names the competent body
	CodeDuplicate    ClosingCode = "duplicate"     // Duplicate names the other ticket
	CodeInsufficient ClosingCode = "insufficient_data"
	CodeWithdrawn    ClosingCode = "withdrawn"
	CodeAbuse        ClosingCode = "abuse"
	CodeSpam         ClosingCode = "spam"

	// CodeVoid ends the clocks of an episode that was only a thank-you; no ticket
	// is closed with it.
	CodeVoid ClosingCode = "void"
)

// ClosingCodes lists the codes an agent may choose, in the order menus show
// them. Spam is set by marking, not by closing.
func ClosingCodes() []ClosingCode {
	return []ClosingCode{CodeResolved, CodeNotSolvable, CodeNotCompetent, CodeDuplicate, CodeInsufficient, CodeWithdrawn, CodeAbuse}
}

// A Verb is an act that may move a ticket's state.
type Verb string

// The verbs of the table of moves.
const (
	VerbWork    Verb = "work"     // validate, assign, move, reply, note: somebody took it up
	VerbWait    Verb = "wait"     // wait for the citizen, a body, weather, material
	VerbResume  Verb = "resume"   // the wait is over: an agent's act or the citizen's message
	VerbResolve Verb = "resolve"  // the work is done
	VerbClose   Verb = "close"    // with a code
	VerbSettle  Verb = "settle"   // resolved and not denied for 14 days
	VerbReopen  Verb = "reopen"   // an agent, or the citizen within 30 days: a new episode
	VerbVoid    Verb = "void"     // the reopening was only a thank-you
	VerbSpam    Verb = "spam"     // marked as spam
	VerbNotSpam Verb = "not_spam" // the mark was wrong
)

// A Move is one row of the table of moves (I3).
type Move struct {
	Verb Verb
	From State
	To   State
	Who  string // who sets it off, for the documentation
}

// moves is the whole of what a ticket's state may do; docs/states.md is
// generated from it.
var moves = []Move{
	{VerbWork, StateReceived, StateOpen, "agent"},
	{VerbWork, StateOpen, StateOpen, "agent"},
	{VerbWork, StateWaiting, StateWaiting, "agent"},
	{VerbWait, StateReceived, StateWaiting, "agent"},
	{VerbWait, StateOpen, StateWaiting, "agent"},
	{VerbWait, StateWaiting, StateWaiting, "agent"},
	{VerbResume, StateWaiting, StateOpen, "agent, the citizen's message, or the question came back"},
	{VerbResolve, StateReceived, StateResolved, "agent"},
	{VerbResolve, StateOpen, StateResolved, "agent"},
	{VerbResolve, StateWaiting, StateResolved, "agent"},
	{VerbClose, StateReceived, StateClosed, "agent"},
	{VerbClose, StateOpen, StateClosed, "agent"},
	{VerbClose, StateWaiting, StateClosed, "agent"},
	{VerbClose, StateResolved, StateClosed, "agent"},
	{VerbSettle, StateResolved, StateClosed, "the program, 14 days after resolving"},
	{VerbReopen, StateResolved, StateOpen, "agent, or the citizen within 30 days"},
	{VerbReopen, StateClosed, StateOpen, "agent, or the citizen within 30 days"},
	{VerbVoid, StateOpen, StateResolved, "agent"},
	{VerbVoid, StateOpen, StateClosed, "agent"},
	{VerbSpam, StateReceived, StateClosed, "agent, or the city's mail filter"},
	{VerbSpam, StateOpen, StateClosed, "agent"},
	{VerbSpam, StateWaiting, StateClosed, "agent"},
	{VerbNotSpam, StateClosed, StateReceived, "agent"},
}

// Moves gives the table of moves.
func Moves() []Move { return append([]Move(nil), moves...) }

// canMove reports whether the table allows the verb from one state to another.
func canMove(v Verb, from, to State) bool {
	for _, m := range moves {
		if m.Verb == v && m.From == from && m.To == to {
			return true
		}
	}
	return false
}

// StatesDocument writes docs/states.md from the table.
func StatesDocument() string {
	var b strings.Builder
	b.WriteString("# States of a ticket\n\nGenerated from the table of moves in `ticketing/moves.go` (`make generate`); a test keeps it true.\n\n")
	b.WriteString("```mermaid\nstateDiagram-v2\n    [*] --> received\n")
	for _, m := range moves {
		if m.From != m.To {
			fmt.Fprintf(&b, "    %s --> %s: %s\n", m.From, m.To, m.Verb)
		}
	}
	b.WriteString("    closed --> [*]\n```\n\n| verb | from | to | set off by |\n|---|---|---|---|\n")
	for _, m := range moves {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", m.Verb, m.From, m.To, m.Who)
	}
	b.WriteString("\nWhat is not in the table is refused. \"Answered\" is a fact beside the state, not a state.\n\nClosing codes: ")
	for i, c := range ClosingCodes() {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("`" + string(c) + "`")
	}
	b.WriteString("; `spam` is set by marking.\n")
	return b.String()
}
