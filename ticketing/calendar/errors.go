package calendar

import "errors"

// Errors of questions a calendar cannot answer with an instant. Errors of
// making a calendar are of type [*Error].
var (
	// ErrRange means that an instant lies before Earliest or not before Latest.
	ErrRange = errors.New("calendar: the instant lies outside 1980–2199")
	// ErrNegative means that a target is shorter than nothing.
	ErrNegative = errors.New("calendar: the target is negative")
	// ErrNever means that the calendar does not open for long enough, or not
	// again at all, before Latest.
	ErrNever = errors.New("calendar: the target is not reached before 2200: the calendar does not open again for long enough")
	// ErrPaused means that a pause without end stops the count before the
	// target is reached: there is no due instant until the pause ends.
	ErrPaused = errors.New("calendar: a pause without end stops the count before the target is reached")
	// ErrTooLong means that a trace would have more than MaxIntervals intervals.
	ErrTooLong = errors.New("calendar: the span has too many intervals to list")
)

// An Error says what is wrong with one field of a Spec, or with a text that
// should have been a date, a time or a zone. New joins several (errors.Join).
type Error struct {
	Field  string // "weekly[2]", "holidays[0]", "zone", …: where, counted from 0
	Reason string // what is wrong, in English, lower case, without the field
	Code   Fault  // of what a Spec can be refused for
}

// A Fault is a sort of what can be wrong with a [Spec], for who says it in
// another language.
type Fault string

// The faults.
const (
	FaultZone    Fault = "zone"       // no such zone
	FaultMany    Fault = "many"       // too many windows or dates
	FaultClosed  Fault = "never_open" // no open hours at all
	FaultDay     Fault = "day"        // no such weekday or date
	FaultHours   Fault = "hours"      // hours that end before they begin, or are none
	FaultOverlap Fault = "overlap"    // of two windows of one day
	FaultTwice   Fault = "twice"      // a holiday given twice
	FaultBoth    Fault = "both"       // a date that is a holiday and an extra day
)

// Error returns "calendar: field: reason".
func (e *Error) Error() string { return "calendar: " + e.Field + ": " + e.Reason }
