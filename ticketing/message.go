package ticketing

import (
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing/lang"
)

// Direction says which way a message went.
type Direction string

// The directions.
const (
	In   Direction = "in"   // from a citizen or a third party
	Out  Direction = "out"  // from the bureau to the citizen
	Note Direction = "note" // among staff; never leaves the bureau
)

// ReplyKind tells an informative answer from a question back.
type ReplyKind string

// The kinds. Only an answer can meet the promise.
const (
	ReplyAnswer   ReplyKind = "answer"
	ReplyQuestion ReplyKind = "question"
)

// Known reports whether k is one of the two kinds.
func (k ReplyKind) Known() bool { return k == ReplyAnswer || k == ReplyQuestion }

// A Mark says what is special about who sent an inbound message.
type Mark string

// The marks. Anything but MarkNone moves nothing and gets nothing.
const (
	MarkNone       Mark = ""
	MarkThirdParty Mark = "third_party" // valid token, but not a known party: held unconfirmed
	MarkMachine    Mark = "machine"
	MarkBody       Mark = "body" // from an outside body: recognised by its address, and its number or our mark
)

// Confirmable reports whether an agent may accept the sender of a message with
// the mark as a party of the ticket (Desk.ConfirmSender).
func (m Mark) Confirmable() bool { return m == MarkThirdParty || m == MarkBody }

// A Message is one entry of a ticket's conversation. It is never changed; only
// erasure empties it.
type Message struct {
	ID        MessageID
	Ticket    TicketID
	Episode   int
	Direction Direction
	Channel   Channel
	Kind      ReplyKind // of Out
	Auto      bool      // written by a program, not by a person
	By        string    // actor ID
	Author    Party     // who wrote, as shown; of inbound: as claimed
	To, Cc    []Party   // recipients as shown
	Mark      Mark
	Machine   Machine
	Auth      Auth

	Subject    string
	Text       string
	FoldAt     int    // byte offset where quoted history begins; len(Text) when none
	HTMLKey    string // blob of the original HTML, sanitised whenever shown
	Files      []Attachment
	Language   lang.Tag
	Notes      []string
	Partial    bool
	Unreadable bool

	MessageIDHeader string // of the mail, without angle brackets
	RawKey          string // blob of the original bytes, "" when there is none
	RawSHA256       string
	Ledger          LedgerID
	SentAt          time.Time // as the sender claims; zero when unknown
	ReceivedAt      time.Time // when it reached the bureau, or was written
	CreatedAt       time.Time // when it was entered
	TakenBackAt     time.Time // an Out message undone before it left
}

// answers reports whether the message is one that can keep a promise: an
// informative answer of a person to the citizen.
func (m *Message) answers() bool {
	return m != nil && m.Kind == ReplyAnswer && !m.Auto && m.TakenBackAt.IsZero()
}

// FromCitizen reports whether the message is a word of the requester that
// moves the ticket.
func (m *Message) FromCitizen() bool { return m.Direction == In && m.Mark == MarkNone }

// FromBody reports whether an outside body wrote the message: on its page, or
// by mail.
func (m *Message) FromBody() bool {
	return strings.HasPrefix(m.By, bodyPrefix) || (m.Direction == In && m.Mark == MarkBody)
}

// Rouses reports whether the message is to be read by who has the ticket: the
// ticket is unread until then.
func (m *Message) Rouses() bool { return m.FromCitizen() || m.FromBody() }
