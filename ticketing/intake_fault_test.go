package ticketing_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// TestEveryFaultOfIntake: after any single failure a retry gives exactly one
// ticket and one message a contact (I1, I2, F11, F12).
func TestEveryFaultOfIntake(t *testing.T) {
	t.Parallel()
	ticketingtest.EachFault(t, func(t *testing.T, arm func(ticketingtest.Ports) *ticketingtest.FaultStore) {
		r := newRig(t, "")
		k := r.opened()
		fresh := r.Arrive(t, r.Mail("nova@posta.example", "Novo", "tekst"))
		_, err := r.people.Change(t.Context(), r.ana(), k.Citizen, ticketing.CitizenChange{AddEmail: "marko@posao.example"})
		r.must(err)
		joining := r.Arrive(t, r.Mail("marko@posao.example", "Re: "+string(k.Ref), "dopuna"))
		third := r.Mail("treci@posta.example", "Re", "i ja")
		third.Tokens = []string{r.tag(k)}
		third = r.Arrive(t, third)
		bounced := r.Arrive(t, r.bounce(byEnvelope, r.deliveries(k.Ref, ticketing.PurposeReceipt)...))
		batch := []ticketing.Inbound{fresh, joining, third, bounced}

		faulty := arm(r.Store)
		intake := ticketing.Intake{Bureau: r.over(faulty)}
		errs := intake.Receive(t.Context(), batch)
		for n := 0; errors.Join(errs...) != nil; n++ {
			if n == 3 {
				t.Fatalf("still failing: %v", errors.Join(errs...))
			}
			errs = intake.Receive(t.Context(), batch)
		}
		if got := len(r.tickets(ticketing.TicketFilter{})); got != 2 {
			t.Errorf("%d tickets, want 2", got)
		}
		v := r.View(t, k.Ref)
		if len(v.Messages) != 4 || v.Ticket.Citizen != k.Citizen {
			t.Errorf("%d messages, want 4", len(v.Messages))
		}
		marks := map[ticketing.Mark]int{}
		for _, m := range v.Messages {
			marks[m.Mark]++
		}
		if marks[ticketing.MarkNone] != 2 || marks[ticketing.MarkThirdParty] != 1 || marks[ticketing.MarkMachine] != 1 {
			t.Errorf("after a fault in %s the messages are marked %v", faulty.Failed(), marks)
		}
		if n := r.count(k.Ref, ticketing.EventBounced); n != 1 {
			t.Errorf("%d bounces recorded", n)
		}
		balance, err := r.Store.LedgerBalance(t.Context(), time.Time{}, time.Time{})
		r.must(err)
		if balance.Seen != 5 || balance.Stored != 5 || balance.Waiting != 0 {
			t.Errorf("balance = %+v (I13)", balance)
		}
	})
}

func TestIntakeTwice(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	in := r.Arrive(t, r.mail("Predmet", "tekst"))
	twice := ticketingtest.NewFaultStore(r.Store)
	twice.RunTwice(true)
	intake := ticketing.Intake{Bureau: r.over(twice)}
	for range 3 {
		if errs := intake.Receive(t.Context(), []ticketing.Inbound{in}); errs[0] != nil {
			t.Fatalf("an item that is in already: %v (I2)", errs[0])
		}
	}
	lost := r.Arrive(t, r.mail("Drugi", "tekst"))
	twice.RunTwice(false)
	twice.LoseAnswer(1)
	if errs := intake.Receive(t.Context(), []ticketing.Inbound{lost}); errs[0] == nil {
		t.Error("the lost answer was not reported")
	}
	if errs := intake.Receive(t.Context(), []ticketing.Inbound{lost}); errs[0] != nil {
		t.Errorf("after a lost answer: %v", errs[0])
	}
	if got := len(r.tickets(ticketing.TicketFilter{})); got != 2 {
		t.Errorf("%d tickets of 2 mails (I2)", got)
	}
}

// TestPoisonDoesNotTakeTheBatch: one contact that cannot be entered leaves the
// others alone.
func TestPoisonDoesNotTakeTheBatch(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	batch := []ticketing.Inbound{r.Arrive(t, r.mail("Jedan", "1")), r.Arrive(t, r.mail("Dva", "2")), r.Arrive(t, r.mail("Tri", "3"))}
	batch[1].Ledger = 1 << 40 // nobody knows it
	errs := r.intake.Receive(t.Context(), batch)
	if errs[0] != nil || errs[2] != nil {
		t.Errorf("the others = %v, %v", errs[0], errs[2])
	}
	r.wantKind(errs[1], ticketing.NotFound)
	if got := len(r.tickets(ticketing.TicketFilter{})); got != 2 {
		t.Errorf("%d tickets, want 2", got)
	}
	if len(r.intake.Receive(t.Context(), nil)) != 0 {
		t.Error("no contacts gave errors")
	}
}

// awayStore counts how often it is asked while it is away.
type awayStore struct {
	ticketing.Store
	asked int
}

func (s *awayStore) InTx(context.Context, func(ticketing.Tx) error) error {
	s.asked++
	return ticketing.Busy
}

func TestIntakeDoesNotHammerAStoreThatIsAway(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	away := &awayStore{Store: r.Store}
	var batch []ticketing.Inbound
	for range 40 {
		batch = append(batch, r.mail("Predmet", "tekst"))
	}
	for _, err := range (&ticketing.Intake{Bureau: r.over(away)}).Receive(t.Context(), batch) {
		r.wantKind(err, ticketing.Busy)
	}
	if away.asked != 1 {
		t.Errorf("the store was asked %d times for 40 contacts, want once", away.asked)
	}
}

// TestRetriedItemStaysOneTicket: an item that could not be read and is tried
// again by an operator joins the ticket that shows its original (I2).
func TestRetriedItemStaysOneTicket(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	in := r.mail("Predmet", "nečitljivo")
	in.Unreadable = true
	e := r.Receive(t, in)
	again := func(unreadable bool) ticketing.LedgerEntry {
		r.must(r.Store.RetryLedger(t.Context(), e.ID))
		claimed, err := r.Store.ClaimReceived(t.Context(), 1, time.Minute)
		r.must(err)
		if len(claimed) != 1 || claimed[0].Ticket != e.Ticket || claimed[0].Attempts != 1 {
			t.Fatalf("claimed = %+v, want the item of ticket %d in its first attempt", claimed, e.Ticket)
		}
		in := r.mail("Predmet", "Sad se čita.")
		in.Ledger, in.Ticket, in.Message, in.Unreadable = e.ID, claimed[0].Ticket, claimed[0].Message, unreadable
		r.must(r.intake.Receive(t.Context(), []ticketing.Inbound{in})[0])
		got, err := r.Store.LedgerItem(t.Context(), e.ID)
		r.must(err)
		return got
	}
	if got := again(true); got.State != ticketing.LedgerQuarantined || got.Ticket != e.Ticket || got.Message != e.Message {
		t.Errorf("still unreadable: %s of ticket %d, message %d", got.State, got.Ticket, got.Message)
	}
	if got := again(false); got.State != ticketing.LedgerJoined || got.Ticket != e.Ticket {
		t.Errorf("readable: %s of ticket %d, want joined to %d", got.State, got.Ticket, e.Ticket)
	}
	if n := len(r.tickets(ticketing.TicketFilter{})); n != 1 {
		t.Errorf("%d tickets of one item", n)
	}
	if m := r.View(t, e.TicketRef).Messages; len(m) != 2 || m[1].Text != "Sad se čita." {
		t.Errorf("messages = %+v", m)
	}
}
