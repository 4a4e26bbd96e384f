package ticketing

import (
	"context"
	"time"

	"github.com/sistem48/system48/ticketing/lang"
)

// This file holds what pages read. Storage answers from indexed queries,
// scoped by the actor's Scope; a page's package declares the few methods it
// needs.

// A Sort is an order of a ticket list.
type Sort string

// The orders. Each also runs the other way.
const (
	SortDue      Sort = "due" // nearest due first; without due last
	SortReceived Sort = "received"
	SortActivity Sort = "activity" // last message
	SortPriority Sort = "priority" // urgent first, then due
)

// A TicketFilter chooses tickets. Zero fields do not narrow.
type TicketFilter struct {
	Scope      Scope
	States     []State // none: those in work; see All
	All        bool    // whatever the state
	Department DepartmentID
	Assignee   AgentID
	Unassigned bool
	Category   CategoryID
	District   DistrictID
	Channel    Channel
	Citizen    CitizenID
	Priority   *Priority
	Waiting    WaitReason
	Tag        string
	Overdue    time.Time // due before this instant
	DueFrom    time.Time // due not before
	DueBefore  time.Time // due before
	Spam       bool      // the spam view instead of everything else
	// Asked: only those with an open question to one of the departments Questions
	// that the scope sees, whoever has custody.
	Asked     bool
	Questions []DepartmentID
	Query     string // reference, mail, telephone, name, words
	Sort      Sort
	Desc      bool
	Limit     int    // 1–200; 0 = 50
	Cursor    string // of the page before; one that does not fit is Invalid
}

// A TicketRow is a line of a list.
type TicketRow struct {
	ID            TicketID
	Ref           Reference
	Subject       string
	State         State
	Waiting       WaitReason
	Code          ClosingCode
	Priority      Priority
	Channel       Channel
	Category      CategoryID
	Department    DepartmentID
	Assignee      AgentID
	Citizen       CitizenID
	CitizenName   string // or the address; "" unknown
	DueAt         time.Time
	ReceivedAt    time.Time
	AnsweredAt    time.Time
	LastMessageAt time.Time
	LastInAt      time.Time
	UpdatedAt     time.Time
	Version       int64
	Unread        bool // a citizen or an outside body wrote what the asking agent has not seen
	Draft         bool // the asking agent has a draft
	Outside       Outside
}

// Outside says how the newest referral of a ticket in work stands; zero when
// there is none, or it was withdrawn.
type Outside struct {
	Body    BodyID
	State   ReferralState
	Asks    bool // the body waits for the bureau's answer
	Opinion bool
}

// OutsideOf gives how the newest of the referrals stands.
func OutsideOf(s State, rs []Referral) Outside {
	if len(rs) == 0 || !s.InWork() || rs[len(rs)-1].State == ReferralWithdrawn {
		return Outside{}
	}
	r := &rs[len(rs)-1]
	return Outside{Body: r.Body, State: r.State, Asks: r.Waits(), Opinion: r.Opinion}
}

// A Page is a stretch of a list; Next is the cursor of the following stretch,
// "" at the end. There is never an exact total.
type Page[T any] struct {
	Items []T
	Next  string
	Cut   bool // of what was searched for by words only the newest is listed: a further word would tell
}

// MostMine is as far as an agent's own tickets are counted, so that the number
// costs the same however many there are.
const MostMine = 1000

// Counts are the numbers beside the views of the navigation.
type Counts struct {
	Mine         int // at most MostMine
	Unassigned   int
	DueToday     int
	Overdue      int
	Waiting      int
	Open         int
	Spam         int
	Quarantined  int
	ByDepartment map[DepartmentID]int // in work
	Questions    map[DepartmentID]int // tickets in work with an open question to the department
}

// A TicketView is all that a ticket's page shows.
type TicketView struct {
	Ticket     Ticket      // Pending empty
	Citizen    *Citizen    // nil when unknown
	Messages   []Message   // oldest first
	Events     []Event     // oldest first, without reads
	Deliveries []Delivery  // without text
	Legs       []Leg       // oldest first, the present one last
	Others     []TicketRow // further tickets of the citizen, newest first, at most 10
}

// TicketReads is what the pages of tickets read.
type TicketReads interface {
	// Tickets lists; agent is who asks, for Unread and Draft, 0 for nobody.
	Tickets(ctx context.Context, f TicketFilter, agent AgentID) (Page[TicketRow], error)
	// CountTickets counts for each filter as far as most, whatever its Sort, Limit
	// and Cursor; the numbers may be some seconds old.
	CountTickets(ctx context.Context, filters []TicketFilter, most int) ([]int, error)
	// TicketRows gives single rows by reference, those in scope, for live refreshing.
	TicketRows(ctx context.Context, s Scope, refs []Reference, agent AgentID) ([]TicketRow, error)
	// TicketHeads gives of many tickets what a list for programs tells: of each view
	// Ticket and Citizen alone, in the order of refs; what is not in scope is left out.
	TicketHeads(ctx context.Context, s Scope, refs []Reference) ([]TicketView, error)
	// TicketView gives a whole ticket; outside the scope NotFound.
	TicketView(ctx context.Context, s Scope, ref Reference) (*TicketView, error)
	// TicketCounts counts for the navigation; it may be some seconds old.
	TicketCounts(ctx context.Context, s Scope, agent AgentID, now, dayEnd time.Time) (Counts, error)
	// TicketEvents gives the whole chain of a ticket.
	TicketEvents(ctx context.Context, s Scope, ref Reference) ([]Event, error)
	// AttachmentOf gives a file if its message belongs to a ticket in scope.
	AttachmentOf(ctx context.Context, s Scope, id AttachmentID) (Attachment, Message, error)
	// MessageOf gives a message of a ticket in scope, and the ticket's reference.
	MessageOf(ctx context.Context, s Scope, id MessageID) (Message, Reference, error)
	// MessagesBy finds messages in scope by one of: Message-ID, SHA-256 of the raw bytes.
	MessagesBy(ctx context.Context, s Scope, messageID, rawSHA256 string) ([]Message, []Reference, error)
	// MessagesOfProvider finds those in scope that went out by what the provider calls them.
	MessagesOfProvider(ctx context.Context, s Scope, providerID string) ([]Message, []Reference, error)
	// MarkSeen records up to which message the agent has seen the ticket; unseen puts it back.
	MarkSeen(ctx context.Context, a AgentID, t TicketID, m MessageID) error
	// TicketForCitizen finds a ticket by reference without a scope: the caller
	// checks the tracking code.
	TicketForCitizen(ctx context.Context, ref Reference) (*TicketView, error)
}

// DraftStore keeps what agents have typed.
type DraftStore interface {
	Draft(ctx context.Context, a AgentID, t TicketID, kind DraftKind) (Draft, error)
	SaveDraft(ctx context.Context, d Draft) error // an empty one without uploads is forgotten
	AddUpload(ctx context.Context, u Upload) error
	DropUpload(ctx context.Context, a AgentID, id string) error
	UploadOf(ctx context.Context, a AgentID, id string) (Upload, error)
}

// A LedgerFilter chooses rows of the intake ledger, newest first.
type LedgerFilter struct {
	State   LedgerState
	Channel Channel
	Account string
	From    time.Time
	To      time.Time
	Query   string // Message-ID, address or words of the subject: exact or as prefix
	Limit   int
	Cursor  string
}

// A LedgerBalance says that nothing was skipped (I13).
type LedgerBalance struct {
	Seen, Stored, Waiting, Quarantined, Ignored int // Seen = the sum of the others
	ByChannel                                   map[Channel]int
}

// LedgerReads is what the ledger's page reads. The caller has checked RightLedger.
type LedgerReads interface {
	Ledger(ctx context.Context, f LedgerFilter) (Page[LedgerEntry], error)
	LedgerItem(ctx context.Context, id LedgerID) (LedgerEntry, error)
	LedgerBalance(ctx context.Context, from, to time.Time) (LedgerBalance, error)
	// RetryLedger puts a quarantined, ignored or waiting item back to received,
	// to be tried at once, its Attempts counted anew. A quarantined one keeps the
	// ticket that shows it; one that was understood is Conflict, and so is a call's,
	// which follows from the call.
	RetryLedger(ctx context.Context, id LedgerID) error
	MailboxHealths(ctx context.Context) ([]MailboxHealth, error)
	MailboxOrder(ctx context.Context, account string) (MailboxOrder, error)
}

// CitizenReads is what pages about citizens read.
type CitizenReads interface {
	CitizenView(ctx context.Context, id CitizenID) (Citizen, []Citizen, error) // with those joined into them
	FindCitizens(ctx context.Context, query string, limit int) ([]Citizen, error)
}

// AuditReads is what the auditor reads.
type AuditReads interface {
	// Events lists events of all chains, newest first. kind "" is all.
	Events(ctx context.Context, kind EventKind, actor string, from, to time.Time, cursor string, limit int) (Page[Event], error)
	// WalkEvents calls f for each chain's events in order; for verification.
	WalkEvents(ctx context.Context, f func(ticket TicketID, events []Event) error) error
	Seals(ctx context.Context, fromSeq int64, limit int) ([]Seal, error)
}

// OutgoingReads is what the operator sees of the outbox.
type OutgoingReads interface {
	// DeliveriesIn lists deliveries of a state, newest first, without text.
	DeliveriesIn(ctx context.Context, state DeliveryState, limit int) ([]Delivery, error)
	// DeliveryCounts counts per state, and gives the oldest waiting one's age base.
	DeliveryCounts(ctx context.Context) (map[DeliveryState]int, time.Time, error)
	// ReleaseHeld lets deliveries held after a restore go (or takes them back); it returns how many.
	ReleaseHeld(ctx context.Context, ids []DeliveryID, send bool) (int, error)
}

// LetterReads is what management sees of the city's own letters.
type LetterReads interface {
	// LetterHistory gives up to n versions of a text, newest first.
	LetterHistory(ctx context.Context, tag lang.Tag, name string, n int) ([]LetterText, error)
}

// TokenStore keeps API tokens.
type TokenStore interface {
	TokenByHash(ctx context.Context, hash string) (Token, error)
	Tokens(ctx context.Context) ([]Token, error)
	SaveToken(ctx context.Context, t *Token) error // new (ID 0) or changed
	TouchToken(ctx context.Context, id int64, at time.Time) error
}

// Gate counts attempts, for limits that hold over all processes.
type Gate interface {
	// Allow counts one attempt under the key and reports whether it is within
	// max attempts per window; wait says how long until the next is. Keys hold no
	// personal data in clear.
	Allow(ctx context.Context, key string, max int, window time.Duration) (ok bool, left int, wait time.Duration, err error)
	// Wait says how long it is until an attempt under the key is within max, 0 when
	// it is now. It counts nothing.
	Wait(ctx context.Context, key string, max int) (time.Duration, error)
	// Refund takes one counted attempt back: it turned out to be none.
	Refund(ctx context.Context, key string) error
	// Forget clears the key, after a success.
	Forget(ctx context.Context, key string) error
}
