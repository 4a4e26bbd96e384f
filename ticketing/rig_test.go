package ticketing_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/letters"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// A rig is an office with the letters a city sends, and the use cases over it.
type rig struct {
	*ticketingtest.Office
	testing.TB
	intake  ticketing.Intake
	desk    ticketing.Desk
	watch   ticketing.Watch
	upkeep  ticketing.Upkeep
	people  ticketing.People
	staff   ticketing.Registry
	counter ticketing.Counter
	courier ticketing.Dispatch
}

const citizen = "marko@posta.example"

var everything = ticketing.Scope{All: true}

// book is the city's letters, read once.
var book = sync.OnceValues(func() (*letters.Book, error) {
	return letters.New(letters.Options{City: "Glavni grad", Phone: "19848", Zone: ticketingtest.Zone()})
})

func newRig(t testing.TB, profile string) *rig {
	t.Helper()
	o := ticketingtest.NewOffice(t, profile)
	var err error
	if o.Core.Letters, err = book(); err != nil {
		t.Fatal(err)
	}
	r := &rig{Office: o, TB: t}
	r.use(o.Core, o.Store)
	return r
}

// use puts the use cases over another bureau and its duties.
func (r *rig) use(b *ticketing.Bureau, d ticketing.Duties) {
	r.intake, r.desk = ticketing.Intake{Bureau: b}, ticketing.Desk{Bureau: b}
	r.watch = ticketing.Watch{Bureau: b, Duties: d}
	r.upkeep = ticketing.Upkeep{Bureau: b, Duties: d, Auditor: func() string { return "revizor@grad.example" }}
	r.people, r.staff = ticketing.People{Bureau: b}, ticketing.Registry{Bureau: b}
	r.counter, r.courier = ticketing.Counter{Bureau: b}, ticketing.Dispatch{Bureau: b}
}

// over gives the bureau again, over another store.
func (r *rig) over(s ticketing.Store) *ticketing.Bureau {
	b := *r.Core
	b.Store = s
	return &b
}

func (r *rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *rig) wantKind(err error, want ticketing.Kind) {
	r.Helper()
	if err == nil || ticketing.KindOf(err) != want {
		r.Errorf("error = %v, want %v", err, want)
	}
}

// wantKey checks the message id too.
func (r *rig) wantKey(err error, want ticketing.Kind, key string) {
	r.Helper()
	r.wantKind(err, want)
	if e := (*ticketing.Error)(nil); !errors.As(err, &e) || e.Key != key {
		r.Errorf("error = %v, want key %s", err, key)
	}
}

func (r *rig) ana() ticketing.Actor  { return ticketing.ActorOf(r.Ana) }
func (r *rig) adam() ticketing.Actor { return ticketing.ActorOf(r.Adam) }

// mail is a mail of the citizen.
func (r *rig) mail(subject, text string) ticketing.Inbound { return r.Mail(citizen, subject, text) }

// open lets a mail open a ticket.
func (r *rig) open(in ticketing.Inbound) *ticketing.Ticket {
	r.Helper()
	e := r.Receive(r.TB, in)
	if e.State != ticketing.LedgerTicketed {
		r.Fatalf("ledger = %s %s, want ticketed", e.State, e.Reason)
	}
	return r.ticket(e.TicketRef)
}

// opened is a ticket of the citizen, its receipt delivered.
func (r *rig) opened() *ticketing.Ticket {
	r.Helper()
	t := r.open(r.mail("Svjetiljka ne radi", "U Ulici slobode ne gori svjetiljka."))
	r.Deliver(r.TB, ticketing.DeliverySent)
	return r.ticket(t.Ref)
}

func (r *rig) ticket(ref ticketing.Reference) *ticketing.Ticket {
	r.Helper()
	t := r.View(r.TB, ref).Ticket
	return &t
}

func at(t *ticketing.Ticket) ticketing.Target { return ticketing.Target{Ref: t.Ref} }

// tag is the token address tag of the ticket.
func (r *rig) tag(t *ticketing.Ticket) string { return r.Core.Keys.TicketTag(t.ID) }

// clock gives the newest clock of the kind.
func clockOf(t *ticketing.Ticket, kind ticketing.ClockKind) *ticketing.Clock {
	for _, c := range slices.Backward(t.Clocks) {
		if c.Kind == kind {
			return &c
		}
	}
	return &ticketing.Clock{}
}

// reply answers at once and gives the message.
func (r *rig) reply(t *ticketing.Ticket, in ticketing.ReplyInput) ticketing.MessageID {
	r.Helper()
	if in.Text == "" {
		in.Text = "Ekipa izlazi danas."
	}
	_, id, err := r.desk.Reply(r.Context(), r.ana(), at(t), in)
	r.must(err)
	return id
}

// claim takes what may leave now.
func (r *rig) claim() []ticketing.Delivery {
	r.Helper()
	list, err := r.Store.ClaimDeliveries(r.Context(), ticketing.ChannelEmail, 200, time.Minute, 200)
	r.must(err)
	return list
}

// settle gives the courier's word on a claimed delivery.
func (r *rig) settle(d ticketing.Delivery, s ticketing.DeliveryState) {
	r.Helper()
	r.must(r.courier.Settle(r.Context(), d, ticketing.Outcome{State: s, At: r.Clock.Now(), Reply: "said the server", Recipient: true}))
}

// run lets Watch work until nothing is due; that it comes to an end is part of
// every test.
func (r *rig) run() {
	r.Helper()
	for n := 0; ; n++ {
		did, err := r.watch.Run(r.Context())
		r.must(err)
		if did == 0 {
			return
		}
		if n == 50 {
			r.Fatal("Watch finds work for ever")
		}
	}
}

// later moves the clock on, and lets Watch run.
func (r *rig) later(d time.Duration) {
	r.Helper()
	r.Clock.Advance(d)
	r.run()
}

// deliveries gives the ticket's deliveries of the purpose.
func (r *rig) deliveries(ref ticketing.Reference, p ticketing.Purpose) []ticketing.Delivery {
	r.Helper()
	return slices.DeleteFunc(r.View(r.TB, ref).Deliveries, func(d ticketing.Delivery) bool { return d.Purpose != p })
}

// count gives how many events of the kind the ticket has.
func (r *rig) count(ref ticketing.Reference, kind ticketing.EventKind) (n int) {
	r.Helper()
	for _, e := range r.events(ref) {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

func (r *rig) events(ref ticketing.Reference) []ticketing.Event {
	r.Helper()
	list, err := r.Store.TicketEvents(r.Context(), everything, ref)
	r.must(err)
	if bad, ok := ticketing.VerifyChain(list, 0, ""); !ok {
		r.Errorf("chain of %s broken at %d (I4)", ref, bad)
	}
	return list
}

// tickets gives every ticket there is, spam apart, the newest first.
func (r *rig) tickets(f ticketing.TicketFilter) []ticketing.TicketRow {
	r.Helper()
	f.Scope, f.All, f.Sort, f.Desc, f.Limit = everything, true, ticketing.SortReceived, true, 200
	page, err := r.Store.Tickets(r.Context(), f, 0)
	r.must(err)
	return page.Items
}

// outbox gives every delivery in any state.
func (r *rig) outbox() (list []ticketing.Delivery) {
	r.Helper()
	for _, s := range []ticketing.DeliveryState{
		ticketing.DeliveryPending, ticketing.DeliverySending, ticketing.DeliverySent, ticketing.DeliveryRetry, ticketing.DeliveryFailed,
		ticketing.DeliveryUnknown, ticketing.DeliveryBounced, ticketing.DeliveryTakenBack, ticketing.DeliveryHeld,
	} {
		some, err := r.Store.DeliveriesIn(r.Context(), s, 10_000)
		r.must(err)
		list = append(list, some...)
	}
	return list
}

// citizenOf gives the citizen of an address, nil when there is none.
func (r *rig) citizenOf(address string) (c *ticketing.Citizen) {
	r.Helper()
	r.must(r.Store.InTx(r.Context(), func(tx ticketing.Tx) error {
		var err error
		if c, err = tx.CitizenByContact(r.Context(), ticketing.ContactEmail, address); errors.Is(err, ticketing.NotFound) {
			return nil
		}
		return err
	}))
	return c
}

// handed opens a ticket by hand.
func (r *rig) handed(in ticketing.OpenInput) *ticketing.Ticket {
	r.Helper()
	if in.Channel == "" {
		in.Channel = ticketing.ChannelCounter
	}
	if in.Subject == "" {
		in.Subject = "Rupa na kolovozu"
	}
	if in.Language == "" {
		in.Language = lang.SrLatn
	}
	t, err := r.desk.Open(r.Context(), r.ana(), in)
	r.must(err)
	return t
}
