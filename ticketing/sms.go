package ticketing

import (
	"time"

	"github.com/sistem48/system48/ticketing/gsm"
)

// A ProviderState is how far a text message came, as its provider tells.
type ProviderState string

// The states that matter here; a provider has more on the way.
const (
	ProviderAccepted  ProviderState = "accepted" // and queued, scheduled, sending
	ProviderSent      ProviderState = "sent"     // handed to the network of the telephone
	ProviderDelivered ProviderState = "delivered"
	ProviderRead      ProviderState = "read"
	ProviderFailed    ProviderState = "failed" // and undelivered, canceled: given back
)

// level orders the states. Reports come late, twice and out of order: what is
// known of a message only rises.
func (s ProviderState) level() int {
	switch s {
	case ProviderAccepted:
		return 1
	case ProviderSent:
		return 2
	case ProviderDelivered, ProviderFailed:
		return 3
	case ProviderRead:
		return 4
	}
	return 0
}

// A Fault is why the provider gave a message back, and what to do about it.
type Fault struct {
	Code      int           // the provider's number of the error
	Final     bool          // trying again is of no use
	OptedOut  bool          // the number wants no messages
	Recipient bool          // the fault is this number's alone
	Tries     int           // unless Final: how often it is worth trying again
	Wait      time.Duration // and how long after
}

// A ProviderReport is what the provider told of one message. The zero Fault
// goes with every state but ProviderFailed.
type ProviderReport struct {
	ID    string // what the provider calls the message
	State ProviderState
	At    time.Time
	Fault Fault
}

// Level gives the rank of the report among those of its message, and the rank
// that a later one must exceed: nothing comes after a failure.
func (r ProviderReport) Level() (level, ceiling int) {
	level = r.State.level()
	if r.State == ProviderFailed {
		return level, ProviderRead.level()
	}
	return level, level
}

// A Choice is that a number with several tickets was asked which one its text
// belongs to, and what it answered.
type Choice struct {
	Number  string // E.164
	Account string
	Held    []LedgerID // texts that wait for the answer, oldest first
	Options []TicketID // as they were numbered, from 1
	Ticket  TicketID   // what was chosen; 0: nothing yet, or a new ticket
	New     bool       // a new ticket was chosen and is not yet open
	AskedAt time.Time
	// Until is how long an answer is waited for; once there is one, how long
	// further texts of the number go the same way unasked.
	Until time.Time
}

// decided reports whether the number has answered.
func (c *Choice) decided() bool { return c.Ticket != 0 || c.New }

// How long a question to a number stands, and a chosen ticket is kept to.
const (
	choiceWait = 30 * time.Minute
	choiceKeep = time.Hour
)

// Bounds of one choice: tickets offered, texts held.
const (
	choiceOptions = 5
	choiceHeld    = 20
)

// SMSRules are the choices of one installation about text messages.
type SMSRules struct {
	Receipts bool // say that a text was received, with the reference
	PerHour  int  // automatic texts to one number
	PerDay   int
	Fold     gsm.Mode
	MaxParts int // a longer answer becomes a link
	// What one part costs, as agents are shown it; 0 = not shown.
	PricePerPart float64
	Currency     string
}

// texted reports whether letters of the purpose also exist as text messages.
func (p Purpose) texted() bool {
	switch p { //nolint:exhaustive // the rest goes by mail only
	case PurposeReceipt, PurposeAnswer, PurposeClosing, PurposeReferred, PurposeAdded, PurposeWhich, PurposeState, PurposeUnknown,
		PurposeOptedOut, PurposeOptedIn, PurposeHelp:
		return true
	}
	return false
}

// AsSMS names the letter that is the purpose as a text message.
func (p Purpose) AsSMS() Purpose { return "sms_" + p }
