package ticketing

import (
	"cmp"
	"slices"
	"time"

	"github.com/sistem48/system48/ticketing/number"
)

// CallDirection says who called.
type CallDirection string

// The directions.
const (
	CallIn  CallDirection = "in"  // to the bureau
	CallOut CallDirection = "out" // from the bureau
)

// CallResult is how a call ended.
type CallResult string

// The results, from the one that says most to the one that says least: of two
// that a source tells of one leg, the earlier holds. A call that still lasts has
// none, unless it was answered.
const (
	CallAnswered  CallResult = "answered"  // a person took it
	CallVoicemail CallResult = "voicemail" // the caller was let to leave a message
	CallBusy      CallResult = "busy"
	CallFailed    CallResult = "failed" // it could not be put through
	CallMissed    CallResult = "missed" // nobody took it, or the caller gave up
)

var callResults = []CallResult{CallAnswered, CallVoicemail, CallBusy, CallFailed, CallMissed}

// Known reports whether r is one of the results.
func (r CallResult) Known() bool { return slices.Contains(callResults, r) }

// A CallNumber is a telephone number as the exchange wrote it and as it is
// meant. It is never proof of identity.
type CallNumber struct {
	Raw      string // "" when withheld
	E164     string // "" unless it is a full number
	Withheld bool
}

// A CallLeg is one part of a call: the whole of it as far as a source tells no
// parts (Key ""), or one ringing, answered or forwarded telephone of it. Its
// fields are those of CallReport, gathered from all reports about the leg.
type CallLeg struct {
	Key        string        `json:"k,omitempty"`
	Direction  CallDirection `json:"dir,omitempty"`
	From       string        `json:"from,omitempty"`
	To         string        `json:"to,omitempty"`
	DID        string        `json:"did,omitempty"`
	Region     string        `json:"reg,omitempty"`
	Queue      string        `json:"q,omitempty"`
	Rings      []string      `json:"rings,omitempty"`
	Extension  string        `json:"ext,omitempty"`
	Started    time.Time     `json:"start,omitzero"`
	Answered   time.Time     `json:"ans,omitzero"`
	Ended      time.Time     `json:"end,omitzero"`
	Result     CallResult    `json:"res,omitempty"`
	Cause      string        `json:"why,omitempty"`
	Unattended bool          `json:"auto,omitempty"`
	Voicemail  bool          `json:"vm,omitempty"`
	Recording  string        `json:"rec,omitempty"`
	Talk       int           `json:"talk,omitempty"` // seconds, as told
	Wait       int           `json:"wait,omitempty"` // seconds, as told
	Past       bool          `json:"past,omitempty"`
}

// taken reports whether a person took this leg. Of a call that the mailbox took,
// a result alone says no more than that.
func (l *CallLeg) taken(mailbox bool) bool {
	return !l.Unattended && (!l.Answered.IsZero() || (l.Result == CallAnswered && !mailbox))
}

// mailbox reports whether the caller was let to leave a message.
func (c *Call) mailbox() bool {
	return slices.ContainsFunc(c.Legs, func(l CallLeg) bool { return l.Voicemail })
}

// A Call is one telephone call, whatever told of it: the fold of its legs. Which
// order they were told in, how often, and whether all of it was told makes no
// difference to anything above Ledger.
type Call struct {
	ID     CallID
	Source string // configured name of what told of it
	Key    string // the source's own key of the call, unique within the source

	Direction CallDirection
	From, To  CallNumber
	DID       string // the bureau's own number that was called, as the exchange wrote it
	Queue     string
	Extension string   // who took it last, or called out: as the exchange names them
	Rings     []string // extensions it rang at
	Agent     AgentID  // whose extension that is; 0 when nobody's
	Started   time.Time
	Answered  time.Time // by a person; zero when nobody took it, or when is not known
	Ended     time.Time // zero while it lasts, or when it is not known
	Talk      time.Duration
	Wait      time.Duration
	Result    CallResult
	Cause     string // why it ended, in the source's own word
	Recording string // where the source keeps the recording; "" when there is none
	Past      bool   // history, entered from a file of earlier days: counted, never a promise
	Legs      []CallLeg

	Ledger      LedgerID // its row in the intake ledger, which SaveCall writes too
	Disposition LedgerState
	Reason      string     // of LedgerIgnored
	Ticket      TicketID   // 0 while it belongs to none
	Message     MessageID  // of the ticket, that shows the voicemail
	File        Attachment // the recording, once fetched; Key "" before
	FetchAt     time.Time  // when the recording is to be fetched (again); zero: not
	FetchTries  int
	FetchError  string    // the last one, without personal data
	DecideAt    time.Time // when it is to be decided what becomes of it; zero: it is, or nothing is
	DecidedAt   time.Time
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Version     int64
}

// Bounds of what is kept of a call.
const (
	MaxCallLegs = 60
	maxCallKey  = 200 // bytes
	maxCallWord = 100 // characters of a queue, an extension, a cause
	maxCallPath = 500 // bytes of where a recording is
	maxRings    = 60
)

// Party is the number of the citizen's side.
func (c *Call) Party() CallNumber {
	if c.Direction == CallOut {
		return c.To
	}
	return c.From
}

// Lasts reports whether the call goes on, as far as anybody told.
func (c *Call) Lasts() bool {
	return c.Ended.IsZero() && c.Disposition == LedgerReceived && (c.Result == "" || c.Result == CallAnswered)
}

// Missed reports whether the caller was neither spoken to nor let to leave a message.
func (c *Call) Missed() bool {
	return c.Direction == CallIn && (c.Result == CallMissed || c.Result == CallBusy || c.Result == CallFailed)
}

// refold computes what the legs say together.
func (c *Call) refold() {
	slices.SortFunc(c.Legs, func(a, b CallLeg) int { return cmp.Or(later(a.Started, b.Started), cmp.Compare(a.Key, b.Key)) })
	c.Direction, c.From, c.To, c.DID, c.Queue = "", CallNumber{}, CallNumber{}, "", ""
	c.Extension, c.Rings, c.Cause, c.Recording, c.Past = "", nil, "", "", true
	var from, to, region string
	for i := range c.Legs {
		l := &c.Legs[i]
		region = cmp.Or(region, l.Region)
		c.Direction, from, to = cmp.Or(c.Direction, l.Direction), cmp.Or(from, l.From), cmp.Or(to, l.To)
		c.DID, c.Queue, c.Recording = cmp.Or(c.DID, l.DID), cmp.Or(c.Queue, l.Queue), cmp.Or(c.Recording, l.Recording)
		c.Rings = append(c.Rings, l.Rings...)
		c.Past = c.Past && l.Past
	}
	c.Direction = cmp.Or(c.Direction, CallIn)
	c.From, c.To = callNumber(from, region), callNumber(to, region)
	slices.Sort(c.Rings)
	c.Rings = slices.Compact(c.Rings)
	c.Rings = c.Rings[:min(len(c.Rings), maxRings)]
	c.foldTimes()
	c.foldResult()
}

// foldTimes computes when the call was what. What was not told follows from
// what was: a call is never answered before it began, nor over before it was answered.
func (c *Call) foldTimes() {
	c.Started, c.Answered, c.Ended = time.Time{}, time.Time{}, time.Time{}
	var over, first time.Time
	lasts, mailbox := false, c.mailbox()
	for i := range c.Legs {
		l := &c.Legs[i]
		for _, at := range []time.Time{l.Started, l.Answered, l.Ended} {
			first = earliest(first, at)
		}
		c.Started = earliest(c.Started, l.Started)
		if l.taken(mailbox) {
			c.Answered = earliest(c.Answered, l.Answered)
		}
		if l.Key == "" && !l.Ended.IsZero() {
			over = l.Ended // the source says that the whole call is over
		}
		lasts = lasts || l.Ended.IsZero()
		if l.Ended.After(c.Ended) {
			c.Ended = l.Ended
		}
	}
	if lasts {
		c.Ended = over
	}
	c.Started = earliest(c.Started, first)
	if !c.Ended.IsZero() && c.Answered.After(c.Ended) {
		c.Ended = c.Answered
	}
}

// foldResult computes how the call went, who took it, and how long it took.
func (c *Call) foldResult() {
	c.Result, c.Talk, c.Wait = "", 0, 0
	var taken time.Time
	var talk, wait int
	mailbox := c.mailbox()
	for i := range c.Legs {
		l := &c.Legs[i]
		res := l.Result
		switch {
		case l.taken(mailbox):
			res = CallAnswered
			if c.Extension == "" || (l.Extension != "" && !l.Answered.Before(taken)) {
				c.Extension, taken = cmp.Or(l.Extension, c.Extension), l.Answered
			}
			talk, wait = talk+l.Talk, max(wait, l.Wait)
		case l.Voicemail:
			res = CallVoicemail
		case (l.Unattended || mailbox) && res == CallAnswered, res == "" && !l.Ended.IsZero():
			res = CallMissed
		}
		if res != "" && (c.Result == "" || rank(res) < rank(c.Result)) {
			c.Result, c.Cause = res, cmp.Or(l.Cause, c.Cause)
		}
		c.Cause = cmp.Or(c.Cause, l.Cause)
	}
	if c.Extension == "" && c.Direction == CallOut {
		for i := range c.Legs {
			c.Extension = cmp.Or(c.Extension, c.Legs[i].Extension)
		}
	}
	if c.Result != CallAnswered && c.Ended.IsZero() {
		c.Result = "" // another telephone may still take it
	}
	switch {
	case c.Result == CallAnswered && !c.Answered.IsZero():
		c.Wait = c.Answered.Sub(c.Started)
		if !c.Ended.IsZero() {
			c.Talk = c.Ended.Sub(c.Answered)
		}
	case c.Result != CallAnswered && !c.Ended.IsZero():
		c.Wait = c.Ended.Sub(c.Started)
	}
	if talk > 0 {
		c.Talk = time.Duration(talk) * time.Second
	}
	if wait > 0 {
		c.Wait = time.Duration(wait) * time.Second
	}
	c.Talk, c.Wait = c.Talk.Truncate(time.Second), c.Wait.Truncate(time.Second)
}

// rank orders results by how much they say.
func rank(r CallResult) int { return slices.Index(callResults, r) }

// later orders instants; an unknown one comes last.
func later(a, b time.Time) int {
	if a.IsZero() != b.IsZero() {
		if a.IsZero() {
			return 1
		}
		return -1
	}
	return a.Compare(b)
}

func callNumber(raw, region string) CallNumber {
	n := number.Parse(raw, region)
	if n.Withheld {
		return CallNumber{Withheld: true}
	}
	return CallNumber{Raw: n.Raw, E164: n.E164}
}
