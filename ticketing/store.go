package ticketing

import (
	"context"
	"time"
)

// A Store keeps everything. The in-memory one of ticketingtest, SQLite and
// PostgreSQL pass the same suite (I11).
type Store interface {
	// InTx runs f in one transaction, which commits when f returns nil. f may be
	// run again from the start after a lost connection or a conflict, so it must
	// have no effect but through tx. Errors: those of f; Busy when the database is away
	// or overloaded.
	InTx(ctx context.Context, f func(tx Tx) error) error
	// Directory gives the current snapshot, at most a second old.
	Directory(ctx context.Context) (*Directory, error)
	// SubscriptionOf gives the wish of an agent to be mailed a report, to be shown;
	// NotFound when none was ever told.
	SubscriptionOf(ctx context.Context, a AgentID, d DepartmentID) (Subscription, error)
}

// IDKind names a counter of identifiers.
type IDKind string

// The counters.
const (
	IDTicket     IDKind = "ticket"
	IDMessage    IDKind = "message"
	IDDelivery   IDKind = "delivery"
	IDCitizen    IDKind = "citizen"
	IDContact    IDKind = "contact"
	IDAttachment IDKind = "attachment"
	IDClock      IDKind = "clock"
	IDEvent      IDKind = "event"
	IDNotice     IDKind = "notice"
	IDCall       IDKind = "call"
	IDCallFile   IDKind = "call_file"
)

// A Tx is what a use case may do within one transaction. What it reads it
// locks until the end. Unknown things are NotFound.
type Tx interface {
	// NextID hands out an identifier that was never used. Gaps are allowed.
	NextID(ctx context.Context, kind IDKind) (int64, error)
	// NextNumber hands out the next ticket number of the year (I12), without
	// holding a lock until the end; gaps are allowed.
	NextNumber(ctx context.Context, year int) (int64, error)

	// Ticket loads and locks a ticket with clocks and pauses. What lies outside
	// the scope is NotFound.
	Ticket(ctx context.Context, s Scope, ref Reference) (*Ticket, error)
	// TicketByID is Ticket without a scope, for the program's own duties.
	TicketByID(ctx context.Context, id TicketID) (*Ticket, error)
	// TicketByOutside is TicketByID for the ticket that a body knows under a number
	// of its own; the newest of several.
	TicketByOutside(ctx context.Context, b BodyID, number string) (*Ticket, error)
	// SaveTicket writes the ticket, raises its Version, seals and writes its pending
	// events, messages (with their files), deliveries, ended legs and search text, gives new
	// clocks their identifiers, and empties Pending.
	SaveTicket(ctx context.Context, t *Ticket) error

	// Message loads a message with its files.
	Message(ctx context.Context, id MessageID) (*Message, error)
	// HasPhoto reports whether the bureau added a picture in the episode.
	HasPhoto(ctx context.Context, t TicketID, episode int) (bool, error)
	// MarkMessage writes Mark and TakenBackAt of a message; nothing else of it ever changes.
	MarkMessage(ctx context.Context, m *Message) error

	// Citizen loads a citizen; of one joined into another, the one who stayed.
	// Contacts are those of all who were joined.
	Citizen(ctx context.Context, id CitizenID) (*Citizen, error)
	// CitizenByContact finds the citizen of an address, following joins.
	CitizenByContact(ctx context.Context, kind ContactKind, address string) (*Citizen, error)
	// SaveCitizen writes the citizen and the contacts; new ones have no ID yet.
	// An address that another citizen has is Conflict.
	SaveCitizen(ctx context.Context, c *Citizen) error
	// JoinCitizens points from at into; Separate undoes it.
	JoinCitizens(ctx context.Context, from, into CitizenID) error
	SeparateCitizen(ctx context.Context, id CitizenID) error

	// Delivery loads and locks a delivery.
	Delivery(ctx context.Context, id DeliveryID) (*Delivery, error)
	// DeliveriesOf gives the deliveries of a message.
	DeliveriesOf(ctx context.Context, m MessageID) ([]Delivery, error)
	// PendingDigest gives the digest to the address that has not been claimed yet.
	PendingDigest(ctx context.Context, address string) (*Delivery, error)
	// SaveDelivery writes a delivery, new or changed, that belongs to no ticket.
	SaveDelivery(ctx context.Context, d *Delivery) error

	// RaiseReport keeps the report unless a higher one of the same message is known
	// (ProviderReport.Level), and gives the higher of the two. Until the transaction
	// ends no other one raises the same message.
	RaiseReport(ctx context.Context, r ProviderReport) (ProviderReport, error)
	// DeliveryOfProvider finds the delivery and its ticket (0: none) by what the
	// provider calls it, without locking them.
	DeliveryOfProvider(ctx context.Context, providerID string) (DeliveryID, TicketID, error)
	// AutomaticTexts counts the automatic text messages to the number made since the
	// instant; with a ticket, those of the ticket only.
	AutomaticTexts(ctx context.Context, number string, t TicketID, since time.Time) (int, error)
	// Choice loads and locks what a number was asked; SaveChoice writes it, a second
	// first one is Conflict.
	Choice(ctx context.Context, number string) (*Choice, error)
	SaveChoice(ctx context.Context, c *Choice) error
	// RecentTickets gives the newest tickets of the citizen and of those joined into
	// them, spam left out, at most n, the newest first.
	RecentTickets(ctx context.Context, c CitizenID, n int) ([]TicketID, error)
	// Postpone keeps a received item from being worked before the instant; that it
	// was taken up does not count as a try. An item that is settled is left alone.
	Postpone(ctx context.Context, id LedgerID, until time.Time) error

	// SettleLedger gives a received item its disposition. An item that has one
	// already is Settled (I2).
	SettleLedger(ctx context.Context, e LedgerEntry) error

	// CallsByKey loads and locks the calls of a source by its own keys; unknown ones
	// are left out.
	CallsByKey(ctx context.Context, source string, keys []string) (map[string]*Call, error)
	// Call loads and locks a call.
	Call(ctx context.Context, id CallID) (*Call, error)
	// CallsSince loads and locks calls from or to the number that began at or after
	// the instant, in the order of time, at most 100.
	CallsSince(ctx context.Context, party string, since time.Time) ([]*Call, error)
	// SaveCall writes a new (ID 0) or changed call together with its row in the
	// intake ledger, whose disposition is always the call's (I13).
	SaveCall(ctx context.Context, c *Call) error
	// OpenCallback loads and locks the open promise to call a number back.
	OpenCallback(ctx context.Context, number string) (*Callback, error)
	// Callback loads and locks the promised call of a ticket.
	Callback(ctx context.Context, t TicketID) (*Callback, error)
	// SaveCallback writes one, new (Version 0) or changed. A second open one of a
	// number is Conflict.
	SaveCallback(ctx context.Context, b *Callback) error
	// EnterLedger enters an item that is settled already, from a source that has no
	// other row of its own: an event that could not be understood. One with the same
	// ContentKey is in already, and its ID is given.
	EnterLedger(ctx context.Context, e LedgerEntry) (LedgerID, error)

	// CallFile loads and locks the newest file of the source and identity,
	// CallFileByID one; FollowedCallFiles the newest of a source that were followed,
	// the latest first, at most 20.
	CallFile(ctx context.Context, source, identity string) (*CallFile, error)
	CallFileByID(ctx context.Context, id CallFileID) (*CallFile, error)
	FollowedCallFiles(ctx context.Context, source string) ([]CallFile, error)
	// SaveCallFile writes a new (ID 0) or changed one, another Version than the
	// stored one is Stale. Source, identity and name of one never change.
	SaveCallFile(ctx context.Context, f *CallFile) error
	// KnownCallLegs gives those of the keys whose rows are in; AddCallLegs enters
	// rows, Conflict when one is in already.
	KnownCallLegs(ctx context.Context, source string, keys []string) (map[string]bool, error)
	AddCallLegs(ctx context.Context, source string, keys []string) error
	// AddCallRejects keeps why rows were not taken.
	AddCallRejects(ctx context.Context, list []CallReject) error

	// Agent loads an agent with the password hash.
	Agent(ctx context.Context, id AgentID) (*Agent, error)
	AgentByEmail(ctx context.Context, email string) (*Agent, error)
	// SaveAgent, SaveDepartment, SaveBody and SaveCategory write new (ID 0) or changed ones; a
	// taken e-mail or code is Conflict, another Version than the stored one Stale.
	SaveAgent(ctx context.Context, a *Agent) error
	SaveDepartment(ctx context.Context, d *Department) error
	SaveBody(ctx context.Context, b *Body) error
	SaveCategory(ctx context.Context, c *Category) error
	// Rules gives every version of every rule, and keeps others from adding any
	// until the transaction ends.
	Rules(ctx context.Context) (Rules, error)
	// AddRules adds versions; one that is there already is Stale.
	AddRules(ctx context.Context, added Rules) error
	// DueNotices gives notices not told yet whose SendAfter has come, the longest
	// waiting first, at most n, with the references of their tickets. One
	// transaction at a time has them: another waits until it has ended, since who
	// was told what (ToldSince) decides who is told now.
	DueNotices(ctx context.Context, now time.Time, n int) ([]Notice, error)
	// SaveNotices writes changed and new (ID 0) ones.
	SaveNotices(ctx context.Context, list []Notice) error
	// ToldSince gives for each address that was told of notices after the instant when it last was.
	ToldSince(ctx context.Context, since time.Time) (map[string]time.Time, error)
	// SaveLetterText adds the version after t.Version, which must be the newest
	// stored one (0: none), else Stale.
	SaveLetterText(ctx context.Context, t *LetterText) error
	// SaveRouting enters a new version of rules or districts; Stale unless it is
	// the one after the newest.
	SaveRouting(ctx context.Context, v *RoutingVersion) error
	// Turn locks whose turn it last was in the department, 0 when nobody's yet;
	// SetTurn writes it. Workload counts the tickets in work of each agent.
	Turn(ctx context.Context, d DepartmentID) (AgentID, error)
	SetTurn(ctx context.Context, d DepartmentID, a AgentID) error
	Workload(ctx context.Context, agents []AgentID) (map[AgentID]int, error)
	// Absence loads and locks an absence; SaveAbsence writes a new (ID 0) or changed
	// one, another Version than the stored one is Stale.
	Absence(ctx context.Context, id AbsenceID) (*Absence, error)
	SaveAbsence(ctx context.Context, a *Absence) error
	// MailboxOrder and SaveMailboxOrder keep what operators ask of a mailbox; nothing
	// asked yet is an order that asks for nothing.
	MailboxOrder(ctx context.Context, account string) (MailboxOrder, error)
	SaveMailboxOrder(ctx context.Context, o MailboxOrder) error
	// SavedViews gives the agent's own views and all shared ones, and keeps others from
	// changing any until the transaction ends. SaveView writes a new (ID 0) or changed
	// one, another Version than the stored one is Stale; DropView forgets one.
	SavedViews(ctx context.Context, owner AgentID) ([]SavedView, error)
	SaveView(ctx context.Context, v *SavedView) error
	DropView(ctx context.Context, id ViewID) error
	// SaveTemplate writes a ready-made answer, new (ID 0) or changed; a taken name is
	// Conflict, another Version than the stored one Stale.
	SaveTemplate(ctx context.Context, x *Template) error
	// EndSessions ends every session and API token of the agent.
	EndSessions(ctx context.Context, id AgentID) error
	// SavePass and Pass keep links that work once; Pass locks. Pass is found by
	// the SHA-256 of its secret.
	SavePass(ctx context.Context, p *Pass) error
	Pass(ctx context.Context, hash string) (*Pass, error)

	// Subscription loads and locks the wish of an agent to be mailed a report.
	Subscription(ctx context.Context, a AgentID, d DepartmentID) (*Subscription, error)
	// Subscriptions lists all, ended ones too, by agent and department.
	Subscriptions(ctx context.Context) ([]Subscription, error)
	// SaveSubscription writes one, new or changed.
	SaveSubscription(ctx context.Context, s *Subscription) error

	// AppendTicketEvent chains an event that changes nothing of the ticket (a
	// reading): its Version stays.
	AppendTicketEvent(ctx context.Context, id TicketID, e *Event) error
	// AppendEvent chains an event that belongs to no ticket.
	AppendEvent(ctx context.Context, e *Event) error
	// TouchRead records that the agent read the ticket; fresh is false when that
	// was recorded less than within ago.
	TouchRead(ctx context.Context, a AgentID, t TicketID, at time.Time, within time.Duration) (fresh bool, err error)

	// Once looks an idempotency key up; found gives the result recorded with
	// SetOnce. The same key with another hash is Conflict.
	Once(ctx context.Context, k Once) (result string, found bool, err error)
	SetOnce(ctx context.Context, k Once, result string, at time.Time) error

	// TakeUploads gives the files an agent uploaded for a ticket's reply or note
	// and forgets the uploads. One that is not theirs, or not of that kind, is NotFound.
	TakeUploads(ctx context.Context, a AgentID, t TicketID, kind DraftKind, ids []string) ([]Attachment, error)
	// DropDraft forgets the agent's draft; none is no error.
	DropDraft(ctx context.Context, a AgentID, t TicketID, kind DraftKind) error

	// Notify publishes a signal when the transaction commits.
	Notify(s Signal)
}

// Once is an idempotency key of one caller and the digest of what was asked
// with it. The zero Once means: no key was given.
type Once struct {
	Caller string
	Key    string
	Hash   string
}

// A Signal is a hint that something changed, to be fetched by whoever shows
// it. It carries no contents; a lost one is healed by the next sweep.
type Signal struct {
	Type       string // "ticket", "ledger", "outbox", "directory", "session", "mailbox", "call"
	Ticket     TicketID
	Version    int64
	Department DepartmentID
	Agent      AgentID
	Call       CallID
}

// Signals of calls: something of a call changed; and it did at somebody's
// telephone, where it rings, was taken up or ended (Agent 0: everybody's).
const (
	SignalCall = "call"
	SignalRing = "ring"
)

// Signals of where members of staff are; nothing changed, and nothing of it is
// stored. Ticket, Department and Agent say who is where.
const (
	SignalLooks  = "looks"  // has the ticket open
	SignalWrites = "writes" // and writes an answer or a note
	SignalLeft   = "left"
)

// DraftKind tells a draft of a reply from one of a note: what is written for
// one never appears in the other (A98).
type DraftKind string

// The kinds.
const (
	DraftReply DraftKind = "reply"
	DraftNote  DraftKind = "note"
)

// A Draft is what an agent has typed and not sent.
type Draft struct {
	Agent   AgentID
	Ticket  TicketID
	Kind    DraftKind
	Text    string
	Uploads []Upload
	SavedAt time.Time
}

// An Upload is a file an agent gave to a draft.
type Upload struct {
	ID     string // random
	Agent  AgentID
	Ticket TicketID
	Kind   DraftKind
	File   Attachment
	At     time.Time
}

// PassPurpose says what a Pass opens.
type PassPurpose string

// The purposes.
const (
	PassInvite PassPurpose = "invite"
	PassReset  PassPurpose = "reset"
)

// A Pass is a secret that works once: an invitation or a password reset. Only
// the hash of the secret is kept.
type Pass struct {
	Hash      string // hex SHA-256 of the secret
	Purpose   PassPurpose
	Agent     AgentID
	ExpiresAt time.Time
	UsedAt    time.Time // zero until used
}

// A Token lets a program call the API.
type Token struct {
	ID        int64
	Hash      string // hex SHA-256 of the secret
	Name      string
	Agent     AgentID // whose rights bound it
	System    bool    // acts as a system: its replies meet no clock
	Rights    []Right // scopes; never more than the agent's role allows
	CreatedAt time.Time
	ExpiresAt time.Time // zero: never
	RevokedAt time.Time
	LastUsed  time.Time
}

// Outbox is what couriers claim deliveries from.
type Outbox interface {
	// ClaimDeliveries leases up to n deliveries of the channel that may be sent
	// now (pending, retry, and unknown not yet settled, by SendAfter; and sending
	// whose lease ran out, which come first), oldest SendAfter first: the rows
	// become sending until now+lease, with Epoch and Attempts raised and TriedAt set to now. The returned
	// State and TriedAt are those before the claim, State DeliveryUnknown for a lease that ran
	// out: nobody knows whether it left, so the row's Doubts are raised (and returned raised).
	// At most autoLeft automatic ones are claimed.
	ClaimDeliveries(ctx context.Context, c Channel, n int, lease time.Duration, autoLeft int) ([]Delivery, error)
	// SetRaw records the blob of the composed bytes for all deliveries of the same message
	// by the same channel, or the one delivery when it carries none; Stale when the claim was lost.
	SetRaw(ctx context.Context, d Delivery, rawKey string) error
	// AutomaticSince counts automatic deliveries sent since the instant.
	AutomaticSince(ctx context.Context, since time.Time) (int, error)
	// NextDeliveryAt gives when the next delivery may be sent; zero when none waits.
	NextDeliveryAt(ctx context.Context) (time.Time, error)
}

// Duties is what the periodic work asks for. Lists are bounded by n, and every
// item is worked in a transaction of its own that finds it anew.
type Duties interface {
	// ToCheck gives tickets whose CheckAt has come.
	ToCheck(ctx context.Context, now time.Time, n int) ([]TicketID, error)
	// InWork gives tickets in work behind the one, by identifier.
	InWork(ctx context.Context, after TicketID, n int) ([]TicketID, error)
	// ResolvedBefore gives tickets in StateResolved since before the instant.
	ResolvedBefore(ctx context.Context, at time.Time, n int) ([]TicketID, error)
	// OwedReceipts gives tickets with ReceiptOwed, those of one address together.
	OwedReceipts(ctx context.Context, n int) ([]TicketID, error)
	// CallsToDecide gives calls whose DecideAt has come, the longest waiting first.
	CallsToDecide(ctx context.Context, now time.Time, n int) ([]CallID, error)
	// CallsToFetch gives calls whose recording is to be fetched now.
	CallsToFetch(ctx context.Context, now time.Time, n int) ([]CallID, error)
	// CallbacksOver gives tickets that are finished and whose promise to call back
	// is still open.
	CallbacksOver(ctx context.Context, n int) ([]TicketID, error)
	// LastSeal gives the newest seal, the zero Seal when there is none.
	LastSeal(ctx context.Context) (Seal, error)
	// EventHashes gives the hashes of all events with from <= At < to, in order of (At, ID).
	EventHashes(ctx context.Context, from, to time.Time) ([]string, error)
	// FirstEventAt gives when the first event happened; zero when there is none.
	FirstEventAt(ctx context.Context) (time.Time, error)
	// AddSeal appends a seal; Conflict when its Seq is taken.
	AddSeal(ctx context.Context, s Seal) error
	// Sweep forgets what is past its time: used passes, old idempotency keys,
	// abandoned uploads, ended sessions, bodies and bytes of deliveries settled
	// before outboxBefore. It returns how many rows went.
	Sweep(ctx context.Context, now, outboxBefore time.Time) (int, error)
}
