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
	PurposeReceipt  Purpose = "receipt"  // automatic: reference, deadline, tracking link
	PurposeReceipts Purpose = "receipts" // automatic: several references collected, next morning
	PurposeAnswer   Purpose = "answer"   // an agent's message: answer or question
	PurposeClosing  Purpose = "closing"  // automatic: closed, how to say it is not solved
	PurposeOversize Purpose = "oversize" // automatic: part of the mail was too large to read
	PurposeHandover Purpose = "handover" // to a department: a ticket came into its custody; no citizen data
	PurposeDigest   Purpose = "digest"   // to a department: several hand-overs
	PurposeWarning  Purpose = "warning"  // to staff: a promise is about to be or was broken
	PurposeInvite   Purpose = "invite"   // to staff: account invitation
	PurposeReset    Purpose = "reset"    // to staff: password reset
	PurposeSeal     Purpose = "seal"     // to the auditor: the day's head of the event chain
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

	MessageIDHeader string   // without angle brackets, the same on every attempt (I8)
	ReplyTo         string   // the ticket's token address, or ""
	References      []string // of the mail answered, oldest first, its own id last

	State      DeliveryState
	SendAfter  time.Time // may not be claimed before (undo window, retry)
	Attempts   int
	Epoch      int64     // raised by every claim; a settlement with an older epoch is refused
	LeaseUntil time.Time // while sending
	RawKey     string    // blob key of the composed bytes; set before the first attempt
	Reply      string    // the server's last words, ≤ 300 characters
	CreatedAt  time.Time
	AcceptedAt time.Time // when the recipient's server took it
	SettledAt  time.Time // when the state became terminal
	GiveUpAt   time.Time // when retrying ends
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
}
