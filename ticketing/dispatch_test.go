package ticketing_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// TestRetrySchedule: F22, again after a minute, five, a quarter of an hour …
// four hours, for 48 hours, then given up.
func TestRetrySchedule(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.reply(k, ticketing.ReplyInput{})
	start := r.Clock.Now()
	want := []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 4 * time.Hour}
	ids := map[string]bool{}
	for n := 0; ; n++ {
		claimed := r.claim()
		if len(claimed) != 1 {
			t.Fatalf("attempt %d: %d claimed", n, len(claimed))
		}
		ids[claimed[0].MessageIDHeader] = true
		r.settle(claimed[0], ticketing.DeliveryRetry)
		d := r.deliveries(k.Ref, ticketing.PurposeAnswer)[0]
		if d.State == ticketing.DeliveryFailed {
			if at := r.Clock.Now().Sub(start); at < 40*time.Hour || at > 48*time.Hour {
				t.Errorf("given up after %v", at)
			}
			break
		}
		if wait := d.SendAfter.Sub(r.Clock.Now()); wait != want[min(n, len(want)-1)] {
			t.Errorf("attempt %d: again after %v, want %v", n, wait, want[min(n, len(want)-1)])
		}
		r.Clock.Set(d.SendAfter.Add(-time.Second))
		if n := len(r.claim()); n != 0 {
			t.Error("tried before its time")
		}
		r.Clock.Set(d.SendAfter)
	}
	if len(ids) != 1 {
		t.Errorf("%d Message-IDs, want one (I8)", len(ids))
	}
	if c := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer); c.State == ticketing.ClockAnswering {
		t.Error("given up, and the promise still waits for it")
	}
	if n := r.count(k.Ref, ticketing.EventUndelivered); n != 1 {
		t.Errorf("%d failures recorded, want 1", n)
	}
}

// TestFlagOnlyTheRecipientsFault: a connection that fails for two days says
// nothing about the citizen's address.
func TestFlagOnlyTheRecipientsFault(t *testing.T) {
	t.Parallel()
	for name, recipient := range map[string]bool{"the recipient's": true, "the connection's": false} {
		r := newRig(t, "")
		k := r.opened()
		r.reply(k, ticketing.ReplyInput{})
		r.must(r.courier.Settle(t.Context(), r.claim()[0], ticketing.Outcome{State: ticketing.DeliveryFailed, At: r.Clock.Now(), Recipient: recipient}))
		if got := r.citizenOf(citizen).Contacts[0].Undeliverable; got != recipient {
			t.Errorf("%s fault: flagged %v", name, got)
		}
	}
	r := newRig(t, "")
	k := r.opened()
	r.reply(k, ticketing.ReplyInput{})
	r.settle(r.claim()[0], ticketing.DeliveryFailed)
	r.Receive(t, r.mail("Re: "+string(k.Ref), "Evo me opet."))
	if r.citizenOf(citizen).Contacts[0].Undeliverable {
		t.Error("mail came from the address, and it is still flagged")
	}
}

// TestUnknownOutcome: F24, once more under the same Message-ID and never a third
// time; only a confirmation meets the promise.
func TestUnknownOutcome(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.reply(k, ticketing.ReplyInput{})
	first := r.claim()[0]
	r.settle(first, ticketing.DeliveryUnknown)
	if c := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer); c.State != ticketing.ClockAnswering || !c.MetAt.IsZero() {
		t.Errorf("doubtful: %s, met %v", c.State, c.MetAt)
	}
	r.Clock.Advance(9 * time.Minute)
	if len(r.claim()) != 0 {
		t.Error("sent again within ten minutes")
	}
	r.Clock.Advance(time.Minute)
	again := r.claim()
	if len(again) != 1 || again[0].State != ticketing.DeliveryUnknown || again[0].MessageIDHeader != first.MessageIDHeader || !again[0].TriedAt.Equal(ticketingtest.Start) {
		t.Fatalf("again = %+v", again)
	}
	r.settle(again[0], ticketing.DeliveryUnknown)
	r.Clock.Advance(72 * time.Hour)
	r.run()
	if n := len(r.claim()); n != 0 {
		t.Error("sent a third time")
	}
	d := r.deliveries(k.Ref, ticketing.PurposeAnswer)[0]
	if d.State != ticketing.DeliveryUnknown || d.SettledAt.IsZero() || d.Doubts != 2 {
		t.Errorf("delivery = %s, settled %v, %d doubts", d.State, d.SettledAt, d.Doubts)
	}
	if c := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer); c.BreachedAt.IsZero() || !c.MetAt.IsZero() {
		t.Error("an unconfirmed answer kept the promise")
	}
	r.must(second(r.desk.RetryDelivery(t.Context(), r.ana(), at(k), d.ID)))
	r.settle(r.claim()[0], ticketing.DeliverySent)
	if c := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer); c.State != ticketing.ClockMissed || c.MetAt.IsZero() {
		t.Errorf("at last: %s, met %v", c.State, c.MetAt)
	}
}

// TestLostClaim: F25, I8; the lease ran out, another courier has it: the first
// one's word changes nothing.
func TestLostClaim(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.reply(k, ticketing.ReplyInput{})
	first := r.claim()[0]
	r.Clock.Advance(2 * time.Minute)
	second := r.claim()
	if len(second) != 1 || second[0].Epoch <= first.Epoch || second[0].State != ticketing.DeliveryUnknown || second[0].Doubts != 1 {
		t.Fatalf("claimed again = %+v", second)
	}
	err := r.courier.Settle(t.Context(), first, ticketing.Outcome{State: ticketing.DeliveryFailed, At: r.Clock.Now()})
	r.wantKind(err, ticketing.Stale)
	if d := r.deliveries(k.Ref, ticketing.PurposeAnswer)[0]; d.State != ticketing.DeliverySending {
		t.Errorf("a lost claim made it %s", d.State)
	}
	r.settle(second[0], ticketing.DeliverySent)
	r.wantKind(r.courier.Settle(t.Context(), second[0], ticketing.Outcome{State: ticketing.DeliverySent, At: r.Clock.Now()}), ticketing.Stale)
	if n := r.count(k.Ref, ticketing.EventDelivered); n != 2 { // the receipt's and the answer's
		t.Errorf("%d deliveries recorded, want 2", n)
	}
}

// TestOutcomeTime: a courier without a clock, or with one that runs ahead,
// writes no nonsense.
func TestOutcomeTime(t *testing.T) {
	t.Parallel()
	for _, when := range []time.Time{{}, time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)} {
		r := newRig(t, "")
		k := r.opened()
		r.reply(k, ticketing.ReplyInput{})
		r.must(r.courier.Settle(t.Context(), r.claim()[0], ticketing.Outcome{State: ticketing.DeliverySent, At: when}))
		if c := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer); c.State != ticketing.ClockMet || !c.MetAt.Equal(r.Clock.Now()) {
			t.Errorf("accepted at %v: %s, met %v", when, c.State, c.MetAt)
		}
	}
}

// orderStore notes in which order a transaction locks.
type orderStore struct {
	ticketing.Store
	locks []string
}

type orderTx struct {
	ticketing.Tx
	s *orderStore
}

func (s *orderStore) InTx(ctx context.Context, f func(ticketing.Tx) error) error {
	return s.Store.InTx(ctx, func(tx ticketing.Tx) error { return f(orderTx{tx, s}) })
}

func (x orderTx) TicketByID(ctx context.Context, id ticketing.TicketID) (*ticketing.Ticket, error) {
	x.s.locks = append(x.s.locks, "ticket")
	return x.Tx.TicketByID(ctx, id)
}

func (x orderTx) Delivery(ctx context.Context, id ticketing.DeliveryID) (*ticketing.Delivery, error) {
	x.s.locks = append(x.s.locks, "delivery")
	return x.Tx.Delivery(ctx, id)
}

// TestTicketIsLockedFirst: two transactions that lock in one order never wait
// for one another.
func TestTicketIsLockedFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.reply(k, ticketing.ReplyInput{})
	s := &orderStore{Store: r.Store}
	courier := ticketing.Dispatch{Bureau: r.over(s)}
	r.must(courier.Settle(t.Context(), r.claim()[0], ticketing.Outcome{State: ticketing.DeliverySent, At: r.Clock.Now()}))
	if !slices.Equal(s.locks, []string{"ticket", "delivery"}) {
		t.Errorf("locked %q", s.locks)
	}
}

func TestEveryFaultOfSettling(t *testing.T) {
	t.Parallel()
	ticketingtest.EachFault(t, func(t *testing.T, arm func(ticketingtest.Ports) *ticketingtest.FaultStore) {
		r := newRig(t, "")
		k := r.opened()
		r.reply(k, ticketing.ReplyInput{})
		d := r.claim()[0]
		courier := ticketing.Dispatch{Bureau: r.over(arm(r.Store))}
		o := ticketing.Outcome{State: ticketing.DeliveryFailed, At: r.Clock.Now(), Recipient: true}
		if err := courier.Settle(t.Context(), d, o); err != nil {
			r.must(courier.Settle(t.Context(), d, o))
		}
		if n := r.count(k.Ref, ticketing.EventUndelivered); n != 1 || !r.citizenOf(citizen).Contacts[0].Undeliverable {
			t.Errorf("%d failures recorded", n)
		}
	})
}
