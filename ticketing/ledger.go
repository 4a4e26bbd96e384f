package ticketing

import (
	"context"
	"time"
)

// LedgerState is the disposition of one inbound item: exactly one at any time.
type LedgerState string

// The dispositions.
const (
	LedgerReceived    LedgerState = "received"    // stored, not yet worked
	LedgerTicketed    LedgerState = "ticketed"    // opened a ticket
	LedgerJoined      LedgerState = "joined"      // became a message of an existing ticket
	LedgerDuplicate   LedgerState = "duplicate"   // the same content is in already
	LedgerQuarantined LedgerState = "quarantined" // could not be read; a ticket shows the original
	LedgerIgnored     LedgerState = "ignored"     // with a reason: before start_from, a loop, a bounce that was matched
)

// Settled is the Conflict of an item that has its disposition already: somebody
// else worked it, nothing is lost.
var Settled = &Error{Kind: Conflict, Field: "ledger", Key: "ledger.settled"}

// Reasons of LedgerIgnored and LedgerQuarantined.
const (
	ReasonBeforeStart = "before_start"
	ReasonBounce      = "bounce"
	ReasonLoop        = "loop"
	ReasonOversize    = "oversize"
	ReasonPoison      = "poison"
	ReasonUnreadable  = "unreadable"
	ReasonByAgent     = "by_agent"
	ReasonPast        = "past"    // a call of earlier days, entered for the record
	ReasonCommand     = "command" // a text that asks the program something: STATUS, STOP, HELP
	ReasonChoice      = "choice"  // a text that says which ticket an earlier one belongs to
)

// A Mailbox names one folder of one configured account in one validity period
// (RFC 9051 §2.3.1.1): within it an IMAP UID means one mail.
type Mailbox struct {
	Account     string
	Folder      string
	UIDValidity uint32
}

// An Arrival is a mail whose bytes are safely in the blob store and which is
// about to be entered in the ledger.
type Arrival struct {
	Channel    Channel
	Box        Mailbox
	UID        uint32
	RawKey     string    // blob key
	RawSHA256  string    // hex SHA-256 of the bytes
	RawSize    int64     // bytes on the server; the blob may hold fewer when Oversize
	ContentKey string    // hex SHA-256 over Message-ID, From, Date, Subject and body: the same mail by two ways has one
	ReceivedAt time.Time // INTERNALDATE, never later than StoredAt
	Oversize   bool
	Ignore     string // a reason when the mail is to be ledgered as ignored at once, else ""
	// What the ledger page shows before and without parsing, all bounded:
	From, Subject, MessageID string
}

// An Accepted answers one Arrival.
type Accepted struct {
	ID    LedgerID
	State LedgerState
	// Known: the very same item (mailbox, UID, bytes) was in the ledger before.
	Known bool
	// Reincarnated: the mailbox reused a UID for other bytes (a server restored
	// from backup); the item was entered anew and an alarm is due.
	Reincarnated bool
}

// A Fence proves that the caller still holds a lease: a write with an old epoch
// is refused with Stale.
type Fence struct {
	Name  string
	Epoch int64
}

// Leases give one process at a time the right to a named job.
type Leases interface {
	// Acquire takes or renews the lease for holder until ttl from now. ok is
	// false while somebody else holds it. A take-over raises the epoch.
	Acquire(ctx context.Context, name, holder string, ttl time.Duration) (f Fence, ok bool, err error)
	// Release gives the lease back; a lost lease is no error.
	Release(ctx context.Context, f Fence, holder string) error
}

// IntakeLedger is what sources of contacts write to. Implementations: storage
// and the in-memory store.
type IntakeLedger interface {
	// Accept enters the arrivals in one commit, in order, each exactly once:
	// when it returns nil the bureau owns the items and their sources may be
	// told so (I1, I2). An item whose ContentKey is in the ledger already is
	// entered as LedgerDuplicate. A stale fence is refused with Stale and
	// nothing is written.
	Accept(ctx context.Context, f Fence, arrivals []Arrival) ([]Accepted, error)
	// Known gives those of the UIDs that the ledger holds for the mailbox.
	Known(ctx context.Context, box Mailbox, uids []uint32) (map[uint32]bool, error)
	// Unmarked gives up to limit UIDs that are owned but not yet marked on the
	// server, oldest first.
	Unmarked(ctx context.Context, box Mailbox, limit int) ([]uint32, error)
	// Marked records that the server has been told about the UIDs.
	Marked(ctx context.Context, box Mailbox, uids []uint32) error
	// SaveMailboxHealth records how the account is doing, for every process to see.
	SaveMailboxHealth(ctx context.Context, h MailboxHealth) error
	// MailboxStart gives since when the account's mails are contacts. When nothing
	// is recorded it records first and gives that.
	MailboxStart(ctx context.Context, account string, first time.Time) (time.Time, error)
	// MailboxOrder gives what operators asked of the account; nothing asked yet is
	// an order that asks for nothing.
	MailboxOrder(ctx context.Context, account string) (MailboxOrder, error)
	// ClaimReceived leases up to n received items to the caller until now+lease,
	// oldest first, raising each one's Attempts.
	ClaimReceived(ctx context.Context, n int, lease time.Duration) ([]LedgerEntry, error)
	// Defer gives a claimed item back to be tried again at the time; why is a
	// short text without personal data. An empty why says that the item did not
	// fail: the try is not counted in Attempts, and LastError stays as it is.
	Defer(ctx context.Context, id LedgerID, at time.Time, why string) error
}

// A MailboxHealth is the state of one mail account as its source sees it.
type MailboxHealth struct {
	Account     string
	State       string    // "ok", "connecting", "auth_failed", "folder_missing", "unreachable", "tls", "standby", "paused", "error"
	Since       time.Time // when State was entered
	Detail      string    // one line for the operator, without secrets
	LastSuccess time.Time // last time the mailbox was swept to the end
	Waiting     int       // mails on the server not yet in the ledger, as last seen
	Idle        bool      // IDLE push is active
	UpdatedAt   time.Time
}

// A LedgerEntry is one row of the intake ledger.
type LedgerEntry struct {
	ID          LedgerID
	Arrival     Arrival
	Incarnation int // raised when a server reuses a UID for other bytes
	State       LedgerState
	Reason      string
	Attempts    int
	NextAt      time.Time // when it may be tried (again); zero: now
	LastError   string
	StoredAt    time.Time
	SettledAt   time.Time // zero while received
	Ticket      TicketID  // 0 when none
	TicketRef   Reference // filled by reads
	Message     MessageID
	DuplicateOf LedgerID
}
