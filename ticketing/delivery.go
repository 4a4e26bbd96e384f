package ticketing

import (
	"time"

	"github.com/sistem48/system48/ticketing/lang"
)

// DeliveryState is where one recipient's copy of an outgoing message stands.
type DeliveryState string

// The states. Terminal are sent (unless a bounce comes back), failed, bounced
// and taken_back.
const (
	DeliveryPending   DeliveryState = "pending"    // waits for its time or for a courier
	DeliverySending   DeliveryState = "sending"    // claimed by a courier until its lease ends
	DeliverySent      DeliveryState = "sent"       // the recipient's server took it
	DeliveryRetry     DeliveryState = "retry"      // refused for now; tried again at NextAt
	DeliveryFailed    DeliveryState = "failed"     // refused for good, or given up after 48 h
	DeliveryUnknown   DeliveryState = "unknown"    // the answer to the final dot was lost: may have arrived
	DeliveryBounced   DeliveryState = "bounced"    // was taken and came back
	DeliveryTakenBack DeliveryState = "taken_back" // undone by its agent before it left
	DeliveryHeld      DeliveryState = "held"       // restored from a backup: an operator must release it
)

// A Purpose says why something is sent.
type Purpose string

// The purposes. Only PurposeAnswer can meet a promise.
const (
	PurposeReceipt    Purpose = "receipt"    // automatic: reference, deadline, tracking link
	PurposeReceipts   Purpose = "receipts"   // automatic: several references collected, next morning
	PurposeAnswer     Purpose = "answer"     // an agent's message: answer or question
	PurposeClosing    Purpose = "closing"    // automatic: closed, how to say it is not solved
	PurposeOversize   Purpose = "oversize"   // automatic: part of the mail was too large to read
	PurposeHandover   Purpose = "handover"   // to a department: a ticket came into its custody; no citizen data
	PurposeReferral   Purpose = "referral"   // to an outside body: the signed link, and what the bureau has to say
	PurposeReminder   Purpose = "reminder"   // to an outside body: its answer is awaited
	PurposeReferred   Purpose = "referred"   // to the citizen: another body was asked to take the ticket over
	PurposeHeard      Purpose = "heard"      // to who has the ticket: an outside body asked, took over, refused or answered; no citizen data
	PurposeConsult    Purpose = "consult"    // to a department: it was asked something; no citizen data
	PurposeDigest     Purpose = "digest"     // to a department: several hand-overs
	PurposeWarning    Purpose = "warning"    // to staff: a promise is about to be or was broken
	PurposeInvite     Purpose = "invite"     // to staff: account invitation
	PurposeReset      Purpose = "reset"      // to staff: password reset
	PurposeReport     Purpose = "report"     // to staff: the report of the week, as PDF
	PurposeSeal       Purpose = "seal"       // to the auditor: the day's head of the event chain
	PurposeEscalation Purpose = "escalation" // to staff: several such promises

	// Text messages that answer text messages; they belong to no ticket, but PurposeAdded.
	PurposeAdded    Purpose = "added"     // the text was added to the ticket
	PurposeLink     Purpose = "link"      // the text of an answer that is too long for a message; no delivery has it
	PurposeWhich    Purpose = "which"     // which of several tickets the text belongs to
	PurposeState    Purpose = "state"     // where the ticket stands
	PurposeUnknown  Purpose = "unknown"   // there is no such ticket of this number
	PurposeOptedOut Purpose = "opted_out" // no more texts
	PurposeOptedIn  Purpose = "opted_in"  // texts again
	PurposeHelp     Purpose = "help"      // what can be written
)

// Automatic reports whether no person wrote the text.
func (p Purpose) Automatic() bool { return p != PurposeAnswer }

// A Delivery is one outgoing message to one recipient: the outbox row that
// commits together with its cause (I7). All recipients of one message share
// its MessageIDHeader, its bytes and its header fields.
type Delivery struct {
	ID      DeliveryID
	Ticket  TicketID  // 0 for mail that belongs to no ticket
	Message MessageID // the agent's message it carries; 0 for automatic mail
	Purpose Purpose
	Channel Channel
	Account string // the mailbox or number to send from; "" = the first configured

	To       Party   // this copy's recipient
	HeaderTo []Party // as shown to everybody; empty = To
	HeaderCc []Party
	ToStaff  bool // the recipient is an agent or a department, not a citizen
	Language lang.Tag

	Subject string
	Text    string // the whole body as the recipient reads it; emptied 30 days after settling
	Files   []Attachment
	Refs    []Reference // of a collected letter (digest, receipts): the tickets it tells of

	MessageIDHeader string   // without angle brackets, the same on every attempt (I8)
	EnvelopeID      string   // this copy's own mark, given to the server as ENVID (RFC 3461 §4.4): a bounce names it
	ReplyTo         string   // the ticket's token address, or ""
	References      []string // of the mail answered, oldest first, its own id last

	State      DeliveryState
	SendAfter  time.Time // may not be claimed before (undo window, next try)
	Attempts   int       // claims so far
	Doubts     int       // attempts whose outcome stayed unknown; after the second nothing is sent again
	TriedAt    time.Time // last claim
	Epoch      int64     // raised by every claim; a settlement with an older epoch is refused
	LeaseUntil time.Time // while sending
	RawKey     string    // blob key of the composed bytes; set before the first attempt
	Reply      string    // the server's last words, ≤ 300 characters
	CreatedAt  time.Time
	AcceptedAt time.Time // when the recipient's server took it
	SettledAt  time.Time // when the state became terminal
	GiveUpAt   time.Time // when retrying ends

	// Of text messages:
	ProviderID  string    // what the provider calls the message of the last attempt it took; "" before
	DeliveredAt time.Time // when the provider said that the telephone has it
	Returns     int       // how often the provider took the message and gave it back
}

// Waiting reports whether the delivery may still be tried.
func (d *Delivery) Waiting() bool {
	switch d.State {
	case DeliveryPending, DeliverySending, DeliveryRetry:
		return true
	case DeliveryUnknown:
		return d.SettledAt.IsZero()
	case DeliverySent, DeliveryFailed, DeliveryBounced, DeliveryTakenBack, DeliveryHeld:
	}
	return false
}

// retryAfter is how long to wait before each next try; the last repeats until
// GiveUpAt (DESIGN D18).
var retryAfter = []time.Duration{
	time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour,
}

// maxRetryAfter bounds how long a server may ask to wait.
const maxRetryAfter = 4 * time.Hour

// doubtWait is how long to wait before a message that may have arrived is sent
// once more, under the same Message-ID.
const doubtWait = 10 * time.Minute

// settle applies the outcome of an attempt to a claimed delivery.
func (d *Delivery) settle(o Outcome) {
	d.LeaseUntil, d.Reply = time.Time{}, cleanLine(o.Reply, 300)
	d.State = o.State
	switch o.State {
	case DeliverySent:
		d.AcceptedAt, d.SettledAt, d.ProviderID = o.At, o.At, cleanLine(o.ProviderID, 64)
	case DeliveryFailed:
		d.SettledAt = o.At
	case DeliveryUnknown:
		d.Doubts++
		d.SendAfter = o.At.Add(doubtWait)
		if d.Doubts >= 2 {
			d.SettledAt = o.At
		}
	case DeliveryRetry:
		step := min(max(d.Attempts-1, 0), len(retryAfter)-1)
		d.SendAfter = o.At.Add(max(retryAfter[step], min(o.RetryAfter, maxRetryAfter)))
		if d.SendAfter.After(d.GiveUpAt) {
			d.State, d.SettledAt = DeliveryFailed, o.At
		}
	case DeliveryPending, DeliverySending, DeliveryBounced, DeliveryTakenBack, DeliveryHeld:
		d.State, d.SendAfter = DeliveryRetry, o.At.Add(retryAfter[0])
	}
}

// bounce marks the delivery as come back.
func (d *Delivery) bounce(r Report, now time.Time) {
	d.State, d.SettledAt, d.LeaseUntil = DeliveryBounced, now, time.Time{}
	d.Reply = cleanLine(r.Status+" "+r.Text, 300)
}

// An Outcome is the result of one attempt to transmit.
type Outcome struct {
	// State is DeliverySent, DeliveryRetry, DeliveryFailed or DeliveryUnknown.
	State DeliveryState
	At    time.Time // when the server answered
	Reply string    // the server's words or the error, ≤ 300 characters, no address
	// Recipient is true when the fault is this recipient's alone; a fault of
	// the connection says nothing about the address.
	Recipient bool
	// ProviderID is what the provider calls the message it took.
	ProviderID string
	// OptedOut: the recipient wants no messages; they are not to be tried again.
	OptedOut bool
	// RetryAfter is how long the server asked to wait at least; of DeliveryRetry.
	RetryAfter time.Duration
}
