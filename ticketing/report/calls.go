package report

import (
	"slices"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// Terms of the figures of the line.
const (
	// ShortRing: who gives up before is no contact, and counts nowhere.
	ShortRing = ticketing.DefaultMinRing
	// RecordWithin is how long after hanging up an answered call may have no ticket.
	RecordWithin = 15 * time.Minute
)

// Targets of the line, as the telephone services of large cities publish them.
const (
	TargetAnswerSpeed = 40 * time.Second
	TargetAbandoned   = 0.06
)

// A CallKind is a list of calls, or of promises to call back, behind a figure.
type CallKind string

// The lists.
const (
	CallsOffered   CallKind = "offered"   // came in and rang long enough
	CallsAnswered  CallKind = "answered"  // of those, a person took
	CallsAbandoned CallKind = "abandoned" // of those, nobody took, nor a mailbox
	CallsVoicemail CallKind = "voicemail" // of those, left to a mailbox
	CallsNoRecord  CallKind = "no_record" // answered, over for RecordWithin, and without a ticket
	CallbacksDue   CallKind = "callbacks" // promises due in the period
	CallbacksLate  CallKind = "late"      // of those, not kept by then
)

// CallKinds lists all lists.
func CallKinds() []CallKind {
	return []CallKind{CallsOffered, CallsAnswered, CallsAbandoned, CallsVoicemail, CallsNoRecord, CallbacksDue, CallbacksLate}
}

// short reports a call in that nobody took and that rang too briefly.
func short(c *ticketing.CallFact) bool {
	return c.Result != ticketing.CallAnswered && c.Result != ticketing.CallVoicemail && !c.Ended.IsZero() && c.Wait < ShortRing
}

// Holds reports whether the call is on the list. A call that still rings is on
// none yet.
func (k CallKind) Holds(c *ticketing.CallFact, now time.Time) bool {
	if c.Direction != ticketing.CallIn || c.Result == "" || short(c) {
		return false
	}
	switch k {
	case CallsOffered:
		return true
	case CallsAnswered:
		return c.Result == ticketing.CallAnswered
	case CallsVoicemail:
		return c.Result == ticketing.CallVoicemail
	case CallsAbandoned:
		return c.Result != ticketing.CallAnswered && c.Result != ticketing.CallVoicemail
	case CallsNoRecord:
		return c.Result == ticketing.CallAnswered && c.Ticket == 0 && !c.Ended.IsZero() && now.Sub(c.Ended) >= RecordWithin
	case CallbacksDue, CallbacksLate:
	}
	return false
}

// Kept reports whether the number was reached by the promised time.
func Kept(b *ticketing.CallbackFact) bool {
	return b.State == ticketing.CallbackReached && !b.EndedAt.After(b.Due)
}

// HoldsCallback reports whether the promise is on the list. One that is open and
// not due yet is on none.
func (k CallKind) HoldsCallback(b *ticketing.CallbackFact, now time.Time) bool {
	if b.State == ticketing.CallbackOpen && b.Due.After(now) {
		return false
	}
	return k == CallbacksDue || k == CallbacksLate && !Kept(b)
}

// A CallHour is one hour of the day, over all days of the period.
type CallHour struct{ Offered, Answered, Abandoned int }

// CallFigures are the figures of the line in a period.
type CallFigures struct {
	Offered, Answered, Abandoned, Voicemail, NoRecord int
	Outgoing                                          int
	Speed                                             time.Duration // mean wait of the answered
	Slow                                              time.Duration // nine of ten waited no longer
	Talk                                              time.Duration // mean length of the answered
	Due, Kept                                         int           // promises to call back
	Hours                                             [24]CallHour  // by the local hour in which calls began
}

// AbandonedShare is the abandoned of the offered; ok is false when none came in.
func (f *CallFigures) AbandonedShare() (share float64, ok bool) {
	return ratio(f.Abandoned, f.Offered)
}

// KeptShare is the promises kept of those due.
func (f *CallFigures) KeptShare() (share float64, ok bool) { return ratio(f.Kept, f.Due) }

func ratio(part, of int) (float64, bool) {
	if of == 0 {
		return 0, false
	}
	return float64(part) / float64(of), true
}

// FoldCalls adds up what calls and promises of a period say. Pure.
func FoldCalls(calls []ticketing.CallFact, promises []ticketing.CallbackFact, now time.Time, zone *time.Location) CallFigures {
	var f CallFigures
	var waits []time.Duration
	var wait, talk time.Duration
	for i := range calls {
		c := &calls[i]
		if c.Direction == ticketing.CallOut {
			f.Outgoing++
			continue
		}
		if !CallsOffered.Holds(c, now) {
			continue
		}
		h := &f.Hours[c.Started.In(zone).Hour()]
		f.Offered++
		h.Offered++
		switch {
		case CallsAnswered.Holds(c, now):
			f.Answered++
			h.Answered++
			wait, talk = wait+c.Wait, talk+c.Talk
			waits = append(waits, c.Wait)
		case CallsVoicemail.Holds(c, now):
			f.Voicemail++
		default:
			f.Abandoned++
			h.Abandoned++
		}
		if CallsNoRecord.Holds(c, now) {
			f.NoRecord++
		}
	}
	if n := len(waits); n > 0 {
		slices.Sort(waits)
		f.Speed, f.Talk, f.Slow = wait/time.Duration(n), talk/time.Duration(n), waits[(9*n+9)/10-1]
	}
	for i := range promises {
		if CallbacksDue.HoldsCallback(&promises[i], now) {
			f.Due++
			if Kept(&promises[i]) {
				f.Kept++
			}
		}
	}
	return f
}
