package ticketingtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// Store keeps everything in memory and implements [Ports]. Transactions run
// one after another; everybody else sees what is committed. It is safe for
// concurrent use. A call on the Store from within InTx's function that writes
// would wait for itself; it gives Busy when its context ends or after ten
// seconds.
type Store struct {
	now  func() time.Time
	zone *time.Location

	writer chan struct{} // held by the open transaction
	mu     sync.RWMutex  // guards committed rows
	tables []interface {
		commit()
		rollback()
	}

	counters struct {
		sync.Mutex
		last map[string]int64
	}
	listeners struct {
		sync.Mutex
		of map[chan ticketing.Signal]bool
	}
	directory struct {
		sync.Mutex
		now *ticketing.Directory
	}

	tickets     *table[ticketing.TicketID, *ticketing.Ticket]
	refs        *table[ticketing.Reference, ticketing.TicketID]
	custody     *table[ticketing.TicketID, []ticketing.DepartmentID] // who has or had it
	texts       *table[ticketing.TicketID, []string]                 // folded
	messages    *table[ticketing.MessageID, *ticketing.Message]
	messagesOf  *table[ticketing.TicketID, []ticketing.MessageID]
	files       *table[ticketing.AttachmentID, ticketing.MessageID]
	events      *table[ticketing.TicketID, []*ticketing.Event]
	deliveries  *table[ticketing.DeliveryID, *ticketing.Delivery]
	citizens    *table[ticketing.CitizenID, *ticketing.Citizen] // without contacts
	contacts    *table[ticketing.ContactID, *ticketing.Contact]
	addresses   *table[addressKey, ticketing.ContactID]
	agents      *table[ticketing.AgentID, *ticketing.Agent]
	departments *table[ticketing.DepartmentID, *ticketing.Department]
	categories  *table[ticketing.CategoryID, *ticketing.Category]
	bodies      *table[ticketing.BodyID, *ticketing.Body]
	legs        *table[ticketing.TicketID, []ticketing.Leg]
	routings    *table[routingKey, *ticketing.RoutingVersion]
	turns       *table[ticketing.DepartmentID, ticketing.AgentID]
	absences    *table[ticketing.AbsenceID, *ticketing.Absence]
	savedViews  *table[ticketing.ViewID, *ticketing.SavedView]
	templates   *table[ticketing.TemplateID, *ticketing.Template]
	rules       *table[string, ticketing.Rules] // one row, ""
	stamps      *table[string, int64]           // one row, ""
	notices     *table[ticketing.NoticeID, ticketing.Notice]
	letters     *table[letterKey, ticketing.LetterText]
	subscribed  *table[subscriptionKey, ticketing.Subscription]
	passes      *table[string, *ticketing.Pass]
	sessions    *table[string, *ticketing.Session]
	tokens      *table[int64, *ticketing.Token]
	reads       *table[readKey, time.Time]
	seen        *table[readKey, ticketing.MessageID]
	once        *table[onceKey, onceRow]
	drafts      *table[draftKey, *ticketing.Draft] // without uploads
	uploads     *table[string, *ticketing.Upload]
	leases      *table[string, lease]
	ledger      *table[ticketing.LedgerID, *ledgerRow]
	byUID       *table[uidKey, []ticketing.LedgerID]
	byContent   *table[string, ticketing.LedgerID]
	health      *table[string, *ticketing.MailboxHealth]
	starts      *table[string, time.Time]
	orders      *table[string, ticketing.MailboxOrder]
	reports     *table[string, ticketing.ProviderReport]
	choices     *table[string, *ticketing.Choice]
	seals       *table[int64, *ticketing.Seal]
	gates       *table[string, gate]
	facts       factTables
	calls       callTables
	callFiles   callFileTables
}

type addressKey struct {
	kind    ticketing.ContactKind
	address string
}

type readKey struct {
	agent  ticketing.AgentID
	ticket ticketing.TicketID
}

type onceKey struct{ caller, key string }

type onceRow struct {
	hash, result string
	at           time.Time
}

type draftKey struct {
	agent  ticketing.AgentID
	ticket ticketing.TicketID
	kind   ticketing.DraftKind
}

// NewStore gives an empty store. now gives every instant it needs; zone is
// that of the city, of the rulebook.
func NewStore(now func() time.Time, zone *time.Location) *Store {
	s := &Store{now: now, zone: zone, writer: make(chan struct{}, 1)}
	s.counters.last = map[string]int64{}
	s.listeners.of = map[chan ticketing.Signal]bool{}
	s.tickets = newTable[ticketing.TicketID, *ticketing.Ticket](s)
	s.refs = newTable[ticketing.Reference, ticketing.TicketID](s)
	s.custody = newTable[ticketing.TicketID, []ticketing.DepartmentID](s)
	s.texts = newTable[ticketing.TicketID, []string](s)
	s.messages = newTable[ticketing.MessageID, *ticketing.Message](s)
	s.messagesOf = newTable[ticketing.TicketID, []ticketing.MessageID](s)
	s.files = newTable[ticketing.AttachmentID, ticketing.MessageID](s)
	s.events = newTable[ticketing.TicketID, []*ticketing.Event](s)
	s.deliveries = newTable[ticketing.DeliveryID, *ticketing.Delivery](s)
	s.citizens = newTable[ticketing.CitizenID, *ticketing.Citizen](s)
	s.contacts = newTable[ticketing.ContactID, *ticketing.Contact](s)
	s.addresses = newTable[addressKey, ticketing.ContactID](s)
	s.agents = newTable[ticketing.AgentID, *ticketing.Agent](s)
	s.departments = newTable[ticketing.DepartmentID, *ticketing.Department](s)
	s.categories = newTable[ticketing.CategoryID, *ticketing.Category](s)
	s.routings = newTable[routingKey, *ticketing.RoutingVersion](s)
	s.turns, s.absences = newTable[ticketing.DepartmentID, ticketing.AgentID](s), newTable[ticketing.AbsenceID, *ticketing.Absence](s)
	s.notices = newTable[ticketing.NoticeID, ticketing.Notice](s)
	s.letters = newTable[letterKey, ticketing.LetterText](s)
	s.bodies = newTable[ticketing.BodyID, *ticketing.Body](s)
	s.legs = newTable[ticketing.TicketID, []ticketing.Leg](s)
	s.subscribed = newTable[subscriptionKey, ticketing.Subscription](s)
	s.savedViews, s.templates = newTable[ticketing.ViewID, *ticketing.SavedView](s), newTable[ticketing.TemplateID, *ticketing.Template](s)
	s.rules = newTable[string, ticketing.Rules](s)
	s.stamps = newTable[string, int64](s)
	s.passes = newTable[string, *ticketing.Pass](s)
	s.sessions = newTable[string, *ticketing.Session](s)
	s.tokens = newTable[int64, *ticketing.Token](s)
	s.reads = newTable[readKey, time.Time](s)
	s.seen = newTable[readKey, ticketing.MessageID](s)
	s.once = newTable[onceKey, onceRow](s)
	s.drafts = newTable[draftKey, *ticketing.Draft](s)
	s.uploads = newTable[string, *ticketing.Upload](s)
	s.leases = newTable[string, lease](s)
	s.ledger = newTable[ticketing.LedgerID, *ledgerRow](s)
	s.byUID = newTable[uidKey, []ticketing.LedgerID](s)
	s.byContent = newTable[string, ticketing.LedgerID](s)
	s.health = newTable[string, *ticketing.MailboxHealth](s)
	s.starts = newTable[string, time.Time](s)
	s.orders = newTable[string, ticketing.MailboxOrder](s)
	s.reports = newTable[string, ticketing.ProviderReport](s)
	s.choices = newTable[string, *ticketing.Choice](s)
	s.seals, s.gates = newTable[int64, *ticketing.Seal](s), newTable[string, gate](s)
	s.calls, s.callFiles = newCallTables(s), newCallFileTables(s)
	return s
}

// fail is an error of the kind that a person can be told.
func fail(k ticketing.Kind, key string) error { return &ticketing.Error{Kind: k, Key: key} }

// instant is the present as it is stored.
func (s *Store) instant() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// InTx implements [ticketing.Store].
func (s *Store) InTx(ctx context.Context, f func(tx ticketing.Tx) error) error {
	return s.write(ctx, func(t *tx) error { return f(t) })
}

// longestWait bounds the wait for the writer, so that a test that would wait
// for itself fails instead.
const longestWait = 10 * time.Second

// write runs f as the one open transaction.
func (s *Store) write(ctx context.Context, f func(t *tx) error) error {
	wait := time.NewTimer(longestWait)
	defer wait.Stop()
	select {
	case s.writer <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("wait for the writer: %w", errors.Join(ticketing.Busy, ctx.Err()))
	case <-wait.C:
		return fmt.Errorf("wait for the writer: %w", ticketing.Busy)
	}
	t := &tx{view: view{Store: s, in: true}}
	committed := false
	defer func() {
		t.done = true
		if !committed { // also when f panics
			for _, table := range s.tables {
				table.rollback()
			}
		}
		if committed {
			s.publish(t.signals)
		}
		<-s.writer
	}()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := f(t); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	s.mu.Lock()
	for _, table := range s.tables {
		table.commit()
	}
	s.mu.Unlock()
	committed = true
	return nil
}

// read runs f over what is committed.
func (s *Store) read(ctx context.Context, f func(v view) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("read: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return f(view{Store: s})
}

// A view is the store as the open transaction (in) or everybody else sees it.
type view struct {
	*Store
	in bool
}

// A tx implements [ticketing.Tx].
type tx struct {
	view
	done    bool
	signals []ticketing.Signal
}

var _ ticketing.Tx = (*tx)(nil)

// use refuses a transaction that is over, or whose context is.
func (t *tx) use(ctx context.Context) error {
	if t.done {
		return fmt.Errorf("transaction is over: %w", ticketing.Internal)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("transaction: %w", err)
	}
	return nil
}

// next counts; what was handed out never comes back, also after a rollback.
func (s *Store) next(counter string) int64 {
	s.counters.Lock()
	defer s.counters.Unlock()
	s.counters.last[counter]++
	return s.counters.last[counter]
}

// NextID implements [ticketing.Tx].
func (t *tx) NextID(ctx context.Context, kind ticketing.IDKind) (int64, error) {
	if err := t.use(ctx); err != nil {
		return 0, err
	}
	return t.next(string(kind)), nil
}

// NextNumber implements [ticketing.Tx].
func (t *tx) NextNumber(ctx context.Context, year int) (int64, error) {
	if err := t.use(ctx); err != nil {
		return 0, err
	}
	return t.next(fmt.Sprintf("number/%d", year)), nil
}

// Notify implements [ticketing.Tx].
func (t *tx) Notify(s ticketing.Signal) { t.signals = append(t.signals, s) }

// signalBuffer is how many signals a slow listener may be behind before
// further ones are lost to it.
const signalBuffer = 1024

// Listen gives the signals of transactions that commit from now on, in
// order, until ctx ends; then the channel is closed. A listener that is too far
// behind loses signals.
func (s *Store) Listen(ctx context.Context) <-chan ticketing.Signal {
	c := make(chan ticketing.Signal, signalBuffer)
	s.listeners.Lock()
	s.listeners.of[c] = true
	s.listeners.Unlock()
	context.AfterFunc(ctx, func() {
		s.listeners.Lock()
		defer s.listeners.Unlock()
		delete(s.listeners.of, c)
		close(c)
	})
	return c
}

func (s *Store) publish(signals []ticketing.Signal) {
	s.listeners.Lock()
	defer s.listeners.Unlock()
	for _, signal := range signals {
		for c := range s.listeners.of {
			select {
			case c <- signal:
			default:
			}
		}
	}
}

// Announce hands a signal that belongs to no transaction to the listeners.
func (s *Store) Announce(sig ticketing.Signal) { s.publish([]ticketing.Signal{sig}) }
