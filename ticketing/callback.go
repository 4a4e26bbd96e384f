package ticketing

import "time"

// CallbackState says where a promised call stands.
type CallbackState string

// The states.
const (
	CallbackOpen    CallbackState = "open"
	CallbackReached CallbackState = "reached" // somebody was spoken to at the number
	CallbackDone    CallbackState = "done"    // ended otherwise, with its ticket
)

// A Callback is the promise that a missed call makes: to call its number back.
// There is one open for a number at a time; further missed calls are counted.
type Callback struct {
	Ticket   TicketID
	Number   string // E.164
	State    CallbackState
	Missed   int       // calls nobody took
	FirstAt  time.Time // the first of them: the promise counts from here
	LastAt   time.Time
	Due      time.Time
	Attempts int // calls to the number that reached nobody
	TriedAt  time.Time
	EndedAt  time.Time // zero while open
	Line     string    // source of the first missed call
	Version  int64
}
