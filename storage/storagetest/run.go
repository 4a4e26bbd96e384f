package storagetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// A Subject is one store under test: empty, with the clock it was opened with.
type Subject struct {
	ticketingtest.Ports
	Clock *ticketingtest.Clock
}

// Run holds a store against everything the ports promise. open gives an empty
// store each time; it is called for each of about forty groups, also at the same time.
func Run(t *testing.T, open func(t *testing.T) Subject) {
	t.Helper()
	groups := []struct {
		name string
		test func(t *testing.T, r *room)
	}{
		{"transactions", testTransactions},
		{"concurrency", testConcurrency},
		{"races", testRaces},
		{"identifiers", testIdentifiers},
		{"tickets", testTickets},
		{"ticket scope", testTicketScope},
		{"custody", testCustody},
		{"messages", testMessages},
		{"events", testEvents},
		{"chain", testChain},
		{"citizens", testCitizens},
		{"joins", testJoins},
		{"directory", testDirectory},
		{"rules", testRules},
		{"notices", testNotices},
		{"routing", testRouting},
		{"sharing", testSharing},
		{"fairness", testFairness},
		{"absences", testAbsences},
		{"letters", testLetters},
		{"subscriptions", testSubscriptions},
		{"saved views", testSavedViews},
		{"templates", testTemplates},
		{"questions", testQuestions},
		{"calls", testCalls},
		{"calls at once", testCallsAtOnce},
		{"call lists", testCallLists},
		{"callbacks", testCallbacks},
		{"call files", testCallFiles},
		{"call facts", testCallFacts},
		{"accept", testAccept},
		{"accept at once", testAcceptAtOnce},
		{"leases", testLeases},
		{"ledger work", testLedgerWork},
		{"ledger pages", testLedgerPages},
		{"outbox", testOutbox},
		{"couriers", testCouriers},
		{"texts", testTexts},
		{"outgoing", testOutgoing},
		{"duties", testDuties},
		{"seals", testSeals},
		{"sweep", testSweep},
		{"drafts", testDrafts},
		{"filters", testFilters},
		{"paging", testPaging},
		{"search", testSearch},
		{"views", testViews},
		{"unread", testUnread},
		{"counts", testCounts},
		{"once", testOnce},
		{"accounts", testAccounts},
		{"gate", testGate},
		{"signals", testSignals},
		{"times", testTimes},
		{"reports", testReports},
		{"reports of earlier days", testEarlierReports},
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			r := &room{Subject: s, City: ticketingtest.NewCity(t, s, s.Clock.Now(), "")}
			g.test(t, r)
		})
	}
}

// A room is a store with the test city in it, and what tests of it need.
type room struct {
	Subject
	*ticketingtest.City
	serial atomic.Int64
}

// patience bounds how long a test waits for what may come late.
const patience = 20 * time.Second

var everything = ticketing.Scope{All: true}

func ctx() context.Context { return context.Background() }

// now is the instant of the subject's clock as it is stored.
func (r *room) now() time.Time { return r.Clock.Now().UTC().Truncate(time.Microsecond) }

// in runs f in a transaction that must succeed.
func (r *room) in(t *testing.T, f func(tx ticketing.Tx) error) {
	t.Helper()
	if err := r.InTx(ctx(), f); err != nil {
		t.Fatalf("InTx() = %v", err)
	}
}

// refused runs f in a transaction that must fail with the kind, from the call or at
// the end.
func (r *room) refused(t *testing.T, want ticketing.Kind, f func(tx ticketing.Tx) error) {
	t.Helper()
	wantKind(t, r.InTx(ctx(), f), want)
}

// wantKind checks an error's kind; an error without a kind is Internal only
// when that is wanted.
func wantKind(t *testing.T, err error, want ticketing.Kind) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error = %v, want %v", err, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// unique gives a number that no other call of the room gives.
func (r *room) unique() int64 { return r.serial.Add(1) }

// newTicket prepares a new ticket with an identifier, a reference and the
// event of its opening; set may change it before it is saved.
func (r *room) newTicket(tx ticketing.Tx, set func(*ticketing.Ticket)) (*ticketing.Ticket, error) {
	id, err := tx.NextID(ctx(), ticketing.IDTicket)
	if err != nil {
		return nil, err
	}
	n, err := tx.NextNumber(ctx(), 2026)
	if err != nil {
		return nil, err
	}
	at := r.now()
	t := &ticketing.Ticket{
		ID: ticketing.TicketID(id), Ref: ticketing.NewReference("S48", 2026, n), Subject: "Predmet", State: ticketing.StateOpen,
		Priority: ticketing.PriorityNormal, Channel: ticketing.ChannelEmail, Account: "main", Category: r.Other.ID,
		Department: r.Bureau.ID, CustodyAt: at, Language: lang.SrLatn, Episode: 1, ReceivedAt: at, CreatedAt: at, UpdatedAt: at,
	}
	t.Pending.New = true
	t.Pending.Events = []ticketing.Event{r.event(ticketing.EventOpened)}
	if set != nil {
		set(t)
	}
	return t, nil
}

// event is a line of what happened now.
func (r *room) event(kind ticketing.EventKind) ticketing.Event {
	return ticketing.Event{At: r.now(), Actor: "system:test", Kind: kind, Data: map[string]any{"n": r.unique()}}
}

// ticket saves a new ticket and gives it as saved.
func (r *room) ticket(t *testing.T, set func(*ticketing.Ticket)) *ticketing.Ticket {
	t.Helper()
	var k *ticketing.Ticket
	r.in(t, func(tx ticketing.Tx) (err error) {
		if k, err = r.newTicket(tx, set); err != nil {
			return err
		}
		return tx.SaveTicket(ctx(), k)
	})
	return k
}

// change loads the ticket, lets f change it, and saves it, in one transaction.
func (r *room) change(t *testing.T, id ticketing.TicketID, f func(tx ticketing.Tx, k *ticketing.Ticket) error) *ticketing.Ticket {
	t.Helper()
	var k *ticketing.Ticket
	r.in(t, func(tx ticketing.Tx) (err error) {
		if k, err = tx.TicketByID(ctx(), id); err != nil {
			return err
		}
		if err := f(tx, k); err != nil {
			return err
		}
		return tx.SaveTicket(ctx(), k)
	})
	return k
}

// load reads a ticket as the program's duties do.
func (r *room) load(t *testing.T, id ticketing.TicketID) *ticketing.Ticket {
	t.Helper()
	var k *ticketing.Ticket
	r.in(t, func(tx ticketing.Tx) (err error) {
		k, err = tx.TicketByID(ctx(), id)
		return err
	})
	return k
}

// message prepares a message of a citizen with an identifier.
func (r *room) message(tx ticketing.Tx, d ticketing.Direction, text string) (ticketing.Message, error) {
	id, err := tx.NextID(ctx(), ticketing.IDMessage)
	return ticketing.Message{
		ID: ticketing.MessageID(id), Episode: 1, Direction: d, Channel: ticketing.ChannelEmail, By: "system:intake",
		Author: ticketing.Party{Name: "Marko", Address: "marko@example.me"}, Text: text, FoldAt: len(text),
		Language: lang.SrLatn, ReceivedAt: r.now(), CreatedAt: r.now(),
	}, err
}

// write adds a message to a ticket and gives it.
func (r *room) write(t *testing.T, id ticketing.TicketID, d ticketing.Direction, set func(*ticketing.Message)) ticketing.Message {
	t.Helper()
	var m ticketing.Message
	r.change(t, id, func(tx ticketing.Tx, k *ticketing.Ticket) (err error) {
		if m, err = r.message(tx, d, "Dobar dan"); err != nil {
			return err
		}
		if set != nil {
			set(&m)
		}
		k.Pending.Messages = append(k.Pending.Messages, m)
		k.Pending.Events = append(k.Pending.Events, r.event(ticketing.EventReceived))
		if d != ticketing.Note {
			k.LastMessage, k.LastMessageAt = m.ID, m.ReceivedAt
		}
		return nil
	})
	return m
}

// delivery prepares a row of the outbox with an identifier.
func (r *room) delivery(tx ticketing.Tx, p ticketing.Purpose, to string) (ticketing.Delivery, error) {
	id, err := tx.NextID(ctx(), ticketing.IDDelivery)
	return ticketing.Delivery{
		ID: ticketing.DeliveryID(id), Purpose: p, Channel: ticketing.ChannelEmail, Account: "main",
		To: ticketing.Party{Address: to}, Language: lang.SrLatn, Subject: "Odgovor", Text: "Poštovani,",
		MessageIDHeader: fmt.Sprintf("s48.%d@grad.example", id), State: ticketing.DeliveryPending,
		SendAfter: r.now(), CreatedAt: r.now(), GiveUpAt: r.now().Add(ticketing.GiveUpAfter),
	}, err
}

// send puts a row into the outbox that belongs to no ticket.
func (r *room) send(t *testing.T, p ticketing.Purpose, set func(*ticketing.Delivery)) ticketing.Delivery {
	t.Helper()
	var d ticketing.Delivery
	r.in(t, func(tx ticketing.Tx) (err error) {
		if d, err = r.delivery(tx, p, fmt.Sprintf("n%d@example.me", r.unique())); err != nil {
			return err
		}
		if set != nil {
			set(&d)
		}
		return tx.SaveDelivery(ctx(), &d)
	})
	return d
}

// loadDelivery reads a row of the outbox.
func (r *room) loadDelivery(t *testing.T, id ticketing.DeliveryID) ticketing.Delivery {
	t.Helper()
	var d *ticketing.Delivery
	r.in(t, func(tx ticketing.Tx) (err error) {
		d, err = tx.Delivery(ctx(), id)
		return err
	})
	return *d
}

// citizen saves a new citizen with addresses: those with @ are e-mail.
func (r *room) citizen(t *testing.T, name string, addresses ...string) *ticketing.Citizen {
	t.Helper()
	var c *ticketing.Citizen
	r.in(t, func(tx ticketing.Tx) error {
		id, err := tx.NextID(ctx(), ticketing.IDCitizen)
		if err != nil {
			return err
		}
		c = &ticketing.Citizen{ID: ticketing.CitizenID(id), Name: name, Language: lang.SrLatn, CreatedAt: r.now()}
		c.Contacts = contacts(addresses...)
		return tx.SaveCitizen(ctx(), c)
	})
	return c
}

func contacts(addresses ...string) []ticketing.Contact {
	var out []ticketing.Contact
	for _, a := range addresses {
		kind := ticketing.ContactEmail
		if a[0] == '+' {
			kind = ticketing.ContactPhone
		}
		out = append(out, ticketing.Contact{Kind: kind, Address: a})
	}
	return out
}

// same compares what was written with what was read: an empty list is as good
// as none.
func same(t *testing.T, what string, got, want any, opts ...cmp.Option) {
	t.Helper()
	opts = append(opts, cmpopts.EquateEmpty())
	if diff := cmp.Diff(want, got, opts...); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// eventually retries until f is content; each try moves the clock a second on.
func (r *room) eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if f() {
			return
		}
		r.Clock.Advance(time.Second)
	}
	t.Errorf("%s: not within %v", what, patience)
}

// together runs f n times at once and gives the errors.
func together(n int, f func(i int) error) []error {
	errs := make([]error, n)
	done := make(chan struct{})
	start := make(chan struct{})
	for i := range n {
		go func() {
			defer func() { done <- struct{}{} }()
			<-start
			errs[i] = f(i)
		}()
	}
	close(start)
	for range n {
		<-done
	}
	return errs
}
