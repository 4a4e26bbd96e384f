package ticketing

import (
	"time"

	"github.com/sistem48/system48/ticketing/lang"
)

// Bounds on what one contact may bring into the core. Adapters cut to them and
// set Partial; the raw original keeps everything.
const (
	MaxSubject     = 500     // characters
	MaxText        = 1 << 20 // bytes of readable text
	MaxHTML        = 4 << 20 // bytes of the HTML alternative
	MaxName        = 200     // characters of a person's or file's name
	MaxAddress     = 254     // bytes of a mail address (RFC 5321 §4.5.3.1.3)
	MaxRecipients  = 60      // addresses kept of To and Cc together
	MaxAttachments = 200     // files of one message
	MaxReferences  = 100     // ids kept of In-Reply-To and References
)

// A Party is somebody named in a contact: an address as the channel spells it,
// lower-cased for e-mail, E.164 for a telephone, and a display name that proves
// nothing.
type Party struct {
	Name    string
	Address string
}

// Machine says that no person wrote a message, and why it is thought so. A
// machine's message is attached and labelled, never answered, and moves neither
// a state nor a clock.
type Machine string

// The machine kinds, by what gave them away (RFC 3834, RFC 3464, RFC 2919).
const (
	MachineNone      Machine = ""
	MachineAutoReply Machine = "autoreply" // Auto-Submitted, X-Autoreply, an out-of-office note
	MachineList      Machine = "list"      // List-Id, Precedence: bulk, list, junk
	MachineBounce    Machine = "bounce"    // a delivery status notification, or a mail of the mailer daemon
	MachineLoop      Machine = "loop"      // our own mail coming back
)

// Auth is what the city's own mail server found out about the sender
// (Authentication-Results, RFC 8601; only headers of a trusted server count).
type Auth string

// The results. AuthNone: nothing known.
const (
	AuthNone Auth = ""
	AuthPass Auth = "pass" // DMARC passed
	AuthFail Auth = "fail" // DMARC failed, or the city's own domain without a pass
)

// A Report is one recipient's fate as told by a delivery status notification.
type Report struct {
	Recipient string // final recipient, lower case; may be ""
	Failed    bool   // Action: failed; a delay is only a warning
	Status    string // enhanced status code as given ("5.1.1")
	Text      string // diagnostic text, ≤ 500 characters
	// What ties the report to a delivery of ours, each may be "":
	MessageID  string // Message-ID of the returned mail, without angle brackets
	EnvelopeID string // Original-Envelope-Id (RFC 3464 §2.2.1)
}

// An Attachment is a file of a message. Its bytes lie in the blob store under
// Key; Name is a label only and ContentType was found by looking at the bytes.
type Attachment struct {
	ID          AttachmentID
	Key         string // blob key: hex SHA-256 of the bytes
	Name        string // as shown; no path, no control or bidi characters
	ContentType string
	Size        int64  // bytes
	ContentID   string // without angle brackets; the HTML body refers to it as cid:
	Inline      bool   // shown within the HTML body
}

// An Inbound is a contact as an adapter understood it: the input of Intake.
// Every field comes from outside and is bounded, none is trusted.
type Inbound struct {
	Ledger LedgerID // the intake-ledger row of the contact; 0 when it has none
	// Ticket and Message are where an earlier try put an item that is tried again;
	// 0 for a new one.
	Ticket  TicketID
	Message MessageID

	Channel Channel
	Account string // the configured mailbox or number it came in by

	From    Party   // Address "" when nobody can tell who wrote
	ReplyTo string  // where answers were asked to go; a hint for the agent, never used by itself
	To, Cc  []Party // without the bureau's own addresses

	Subject string
	Text    string // readable text, all of it
	FoldAt  int    // byte offset in Text where quoted history begins; len(Text) when there is none
	HTMLKey string // blob key of the original HTML body, unsanitised; "" when there is none
	Files   []Attachment

	Language     lang.Tag // best guess from the text
	LanguageSure bool     // false: use the citizen's or the city's language instead

	MessageID  string    // as the sender spells it, without angle brackets; never an identity
	References []string  // In-Reply-To and References, newest first, without angle brackets
	Tokens     []string  // tags of our own token addresses among the recipients ("t812.k7qf…"), unverified
	SentAt     time.Time // the Date header: shown, never counted from
	ReceivedAt time.Time // the server's time of receipt: the promise counts from here

	Machine Machine
	Reports []Report // for MachineBounce
	Auth    Auth
	Spam    bool // the city's own filter said so
	Told    bool // the provider obeyed a command of the text by itself, and answered it

	RawKey     string   // blob key of the original bytes
	RawSHA256  string   // hex
	Partial    bool     // something could not be read or was cut: the original is attached
	Unreadable bool     // nothing usable was read; Subject and Text say so
	Oversize   bool     // beyond the configured size: only the beginning was read
	Notes      []string // short keys of what was odd: "two_from", "charset_guessed", "html_differs", …
}
