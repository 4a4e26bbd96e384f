package ticketing

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sistem48/system48/ticketing/lang"
)

// Priority orders what is equally due.
type Priority uint8

// The priorities.
const (
	PriorityLow Priority = iota
	PriorityNormal
	PriorityHigh
	PriorityUrgent
)

var priorityNames = [...]string{"low", "normal", "high", "urgent"}

// String gives the name the API uses.
func (p Priority) String() string {
	if int(p) < len(priorityNames) {
		return priorityNames[p]
	}
	return priorityNames[PriorityNormal]
}

// ParsePriority reads a name of a priority.
func ParsePriority(name string) (Priority, bool) {
	for i, n := range priorityNames {
		if n == name {
			return Priority(i), true
		}
	}
	return PriorityNormal, false
}

// A Location is where the matter is. The text is the main thing.
type Location struct {
	Address  string
	Lat, Lon float64 // WGS 84 degrees; both 0 when unknown
}

// maxPlace bounds the text of a place, in characters.
const maxPlace = 300

// valid reports whether the coordinates are on Earth.
func (l Location) valid() bool {
	return l.Lat >= -90 && l.Lat <= 90 && l.Lon >= -180 && l.Lon <= 180 // false for what is no number
}

// How long things stay possible.
const (
	ReopenWithin = 30 * 24 * time.Hour // a citizen's message reopens; later it opens a linked ticket
	SettleAfter  = 14 * 24 * time.Hour // resolved becomes closed without denial
	GiveUpAfter  = 48 * time.Hour      // a delivery is retried this long
)

// A Ticket is one request until closed: the aggregate that decides. Its methods
// are pure: they change it, and append what happened to pending, which SaveTicket
// writes in the same transaction.
type Ticket struct {
	ID      TicketID
	Ref     Reference
	Subject string

	State       State
	Waiting     WaitReason  // of StateWaiting
	Code        ClosingCode // of StateClosed, and "resolved" of StateResolved
	ClosingNote string      // the competent body, the law, the number of a decision: as the code demands
	DuplicateOf TicketID
	Linked      TicketID  // the older ticket this one continues
	Mentions    Reference // a reference named by a sender who is no party of it: a hint, nothing more

	Priority   Priority
	Channel    Channel
	Account    string // mailbox or number it came in by; answers go out by it
	Category   CategoryID
	Department DepartmentID // who has custody (I5)
	Body       BodyID       // the outside body that took it over; 0 = the department itself
	Leg        int          // number of the present custody; 0 when nobody ever had it (spam)
	CustodyAt  time.Time    // since when
	CustodyTo  time.Time    // when it ended; zero while it lasts
	CustodyWhy LegReason    // why it began
	Assignee   AgentID      // 0 = nobody
	Citizen    CitizenID    // the requester; 0 = unknown. Never changes by itself (I14)
	ReplyTo    Party        // the address the requester wrote from; "" when none is usable
	Parties    []string     // further addresses that may write: recipients added and senders confirmed by agents
	Location   Location
	District   DistrictID // of the location or of what was written; 0 when unknown
	Language   lang.Tag
	Tags       []string

	Episode       int      // 1, 2, 3 …
	Endings       []Ending // of the episodes before this one, in order
	TrackingEpoch int
	ReceiptOwed   bool // a receipt is to go into tomorrow's collected one

	ReceivedAt    time.Time // the promise counts from here
	ValidatedAt   time.Time
	AnsweredAt    time.Time // the first answer of the episode reached the citizen
	ResolvedAt    time.Time
	ClosedAt      time.Time
	CreatedAt     time.Time
	UpdatedAt     time.Time
	LastMessageAt time.Time // last message from or to the citizen, or deed of an outside body
	LastInAt      time.Time // last message from the citizen
	LastMessage   MessageID // newest public message: what an agent must have seen before replying
	DueAt         time.Time // nearest due of the citizen's open clocks; zero when none: a cache for lists
	CheckAt       time.Time // when Watch must next look at it; zero when never

	Clocks        []Clock
	Pauses        []Pause
	Referrals     []Referral     // oldest first
	Consultations []Consultation // oldest first

	Version   int64 // raised by every change; the ETag
	EventSeq  int64 // head of the event chain
	EventHash string

	// What the next SaveTicket writes beside the row.
	Pending Pending
}

// An Ending is how an episode ended before the ticket was reopened: what voiding
// the reopening returns to.
type Ending struct {
	State       State
	Code        ClosingCode
	Note        string
	DuplicateOf TicketID
	AnsweredAt  time.Time
	ResolvedAt  time.Time
	ClosedAt    time.Time
}

// Pending is what a change of a ticket adds, in order.
type Pending struct {
	New        bool // the ticket itself is new
	Events     []Event
	Messages   []Message
	Deliveries []Delivery
	Changed    []Delivery // existing deliveries with a new state
	Notices    []Notice   // who is to be told of promises in danger
	Text       []string   // words that searching must find
	Legs       []Leg      // custodies that ended
}

// cleanLine makes one bounded line out of foreign text.
func cleanLine(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.IsControl(r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == '\u200e', r == '\u200f', r == '\ufeff':
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > limit {
		s = strings.TrimSpace(string([]rune(s)[:limit-1])) + "…"
	}
	return s
}

// cleanText bounds running text, keeping its lines.
func cleanText(s string, limit int) string {
	if len(s) > limit {
		s = s[:limit]
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return '\n'
		case unicode.IsControl(r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return -1
		}
		return r
	}, s)
}

// isBlank reports whether nothing of the text would be left to read.
func isBlank(s string) bool { return strings.TrimSpace(cleanText(s, len(s))) == "" }

func upper(s string) string { return strings.ToUpper(s) }

// record appends the event of a change.
func (t *Ticket) record(by Actor, kind EventKind, at time.Time, data map[string]any) *Event {
	e := Event{Ticket: t.ID, At: at, Actor: by.ID(), Kind: kind, Data: data}
	t.Pending.Events = append(t.Pending.Events, e)
	t.UpdatedAt = at
	return &t.Pending.Events[len(t.Pending.Events)-1]
}

// nextSeq is the sequence number the next recorded event will get.
func (t *Ticket) nextSeq() int64 { return t.EventSeq + int64(len(t.Pending.Events)) + 1 }

// SealEvents chains the pending events behind the ticket's head. Stores call it
// once, right before writing.
func (t *Ticket) SealEvents() error {
	for i := range t.Pending.Events {
		e := &t.Pending.Events[i]
		e.Ticket = t.ID
		if err := e.seal(t.EventSeq+1, t.EventHash); err != nil {
			return err
		}
		t.EventSeq, t.EventHash = e.Seq, e.Hash
	}
	return nil
}

// step moves the state along the table, or refuses with Conflict.
func (t *Ticket) step(v Verb, to State) error {
	if !canMove(v, t.State, to) {
		return &Error{Kind: Conflict, Field: "state", Key: "state.refused", Args: map[string]any{"Verb": string(v), "State": t.State.String()}}
	}
	t.State = to
	if to != StateWaiting {
		t.Waiting = ""
	}
	return nil
}

// work records that somebody took the ticket up.
func (t *Ticket) work() error {
	if t.State == StateResolved || t.State == StateClosed {
		return nil // a note on a closed ticket does not reopen it
	}
	to := t.State
	if to == StateReceived {
		to = StateOpen
	}
	return t.step(VerbWork, to)
}

// clock gives the newest clock of the kind in the current episode, nil when
// there is none.
func (t *Ticket) clock(kind ClockKind) *Clock {
	for i := len(t.Clocks) - 1; i >= 0; i-- {
		if c := &t.Clocks[i]; c.Kind == kind && c.Episode == t.Episode {
			return c
		}
	}
	return nil
}

// renewDue refreshes the cached instants: the nearest due of what is promised to
// the citizen, and when Watch has something to record.
func (t *Ticket) renewDue() {
	t.DueAt, t.CheckAt = time.Time{}, time.Time{}
	t.boundLegs()
	for i := range t.Clocks {
		c := &t.Clocks[i]
		if !c.owed() || c.Due.IsZero() {
			continue
		}
		t.CheckAt = earliest(t.CheckAt, c.nextRung())
		if c.Kind != ClockLeg {
			t.DueAt = earliest(t.DueAt, c.Due)
		}
		switch {
		case !c.open() || !c.BreachedAt.IsZero():
		case c.State == ClockAnswering:
			t.CheckAt = earliest(t.CheckAt, c.Due.Add(answeringGrace))
		default:
			t.CheckAt = earliest(t.CheckAt, c.Due)
			if !c.WarnAt.IsZero() {
				t.CheckAt = earliest(t.CheckAt, c.WarnAt)
			}
		}
	}
	t.boundReferrals()
}

// earliest gives the earlier of two instants, of which zero means none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

// openPause gives the pause that lasts, nil when none.
func (t *Ticket) openPause() *Pause {
	for i := range t.Pauses {
		if t.Pauses[i].To.IsZero() {
			return &t.Pauses[i]
		}
	}
	return nil
}

// IsOpenFor reports whether a citizen's message at the time still belongs to
// this ticket, rather than to a new one linked to it.
func (t *Ticket) IsOpenFor(at time.Time) bool {
	switch t.State {
	case StateReceived, StateOpen, StateWaiting:
		return true
	case StateResolved:
		return at.Sub(t.ResolvedAt) <= ReopenWithin
	case StateClosed:
		return t.Code != CodeSpam && t.Code != CodeAbuse && at.Sub(t.ClosedAt) <= ReopenWithin
	}
	return false
}

// HasTag reports whether the ticket bears the tag.
func (t *Ticket) HasTag(tag string) bool { return slices.Contains(t.Tags, tag) }
