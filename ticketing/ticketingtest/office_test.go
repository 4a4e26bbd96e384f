package ticketingtest_test

import (
	"context"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// TestOffice goes the main way once: a mail becomes a ticket with a promise
// and a receipt, an agent answers, the courier's word meets the promise.
func TestOffice(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	o := ticketingtest.NewOffice(t, "")
	e := o.Receive(t, o.Mail("ana@example.me", "Svjetiljka ne radi", "U Ulici slobode ne gori svjetiljka."))
	if e.State != ticketing.LedgerTicketed || e.TicketRef == "" {
		t.Fatalf("ledger entry = %v %q, want a ticket", e.State, e.TicketRef)
	}
	receipt := o.Deliver(t, ticketing.DeliverySent)
	if len(receipt) != 1 || receipt[0].Purpose != ticketing.PurposeReceipt {
		t.Fatalf("deliveries = %+v, want one receipt", receipt)
	}
	desk := ticketing.Desk{Bureau: o.Core}
	_, _, err := desk.Reply(ctx, ticketing.ActorOf(o.Ana), ticketing.Target{Ref: e.TicketRef}, ticketing.ReplyInput{Text: "Popravljeno.", Kind: ticketing.ReplyAnswer, Undo: true})
	if err != nil {
		t.Fatal(err)
	}
	if early := o.Deliver(t, ticketing.DeliverySent); len(early) != 0 {
		t.Errorf("%d deliveries left within the undo window", len(early))
	}
	o.Clock.Advance(time.Minute)
	if sent := o.Deliver(t, ticketing.DeliverySent); len(sent) != 1 {
		t.Fatalf("%d deliveries after the undo window, want 1", len(sent))
	}
	v := o.View(t, e.TicketRef)
	if v.Ticket.AnsweredAt.IsZero() {
		t.Error("the answer was delivered, but AnsweredAt is zero")
	}
	if bad, ok := ticketing.VerifyChain(v.Events, 0, ""); !ok {
		t.Errorf("chain of events broken at %d", bad)
	}
}
