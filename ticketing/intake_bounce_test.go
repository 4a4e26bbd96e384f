package ticketing_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// bounce is a delivery status notification about the deliveries.
func (r *rig) bounce(mark func(d ticketing.Delivery) ticketing.Report, of ...ticketing.Delivery) ticketing.Inbound {
	in := r.Mail("mailer-daemon@posta.example", "Undelivered Mail Returned to Sender", "Izvještaj o dostavi")
	in.Machine = ticketing.MachineBounce
	for _, d := range of {
		p := mark(d)
		p.Recipient, p.Failed, p.Status = d.To.Address, true, "5.1.1"
		in.Reports = append(in.Reports, p)
	}
	return in
}

func byEnvelope(d ticketing.Delivery) ticketing.Report {
	return ticketing.Report{EnvelopeID: d.EnvelopeID}
}

func byMessageID(d ticketing.Delivery) ticketing.Report {
	return ticketing.Report{MessageID: "<" + d.MessageIDHeader + ">"}
}

func TestBounceTakesTheAnswerBack(t *testing.T) {
	t.Parallel()
	for name, mark := range map[string]func(ticketing.Delivery) ticketing.Report{"envelope id": byEnvelope, "Message-ID": byMessageID} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "")
			k := r.opened()
			due := clockOf(k, ticketing.ClockAnswer).Due
			r.reply(k, ticketing.ReplyInput{})
			sent := r.Deliver(t, ticketing.DeliverySent)
			if got := r.ticket(k.Ref); got.AnsweredAt.IsZero() || clockOf(got, ticketing.ClockAnswer).State != ticketing.ClockMet {
				t.Fatalf("answered at %v, promise %s", got.AnsweredAt, clockOf(got, ticketing.ClockAnswer).State)
			}
			r.Clock.Advance(time.Hour)
			e := r.Receive(t, r.bounce(mark, sent...))
			if e.State != ticketing.LedgerJoined || e.Reason != ticketing.ReasonBounce || e.Ticket != k.ID {
				t.Errorf("ledger = %s %q on %d (F28)", e.State, e.Reason, e.Ticket)
			}
			got := r.ticket(k.Ref)
			c := clockOf(got, ticketing.ClockAnswer)
			if c.State != ticketing.ClockRunning || !c.Due.Equal(due) || !got.AnsweredAt.IsZero() {
				t.Errorf("promise %s due %v, answered %v; want running, due %v", c.State, c.Due, got.AnsweredAt, due)
			}
			if d := r.deliveries(k.Ref, ticketing.PurposeAnswer)[0]; d.State != ticketing.DeliveryBounced {
				t.Errorf("delivery = %s", d.State)
			}
			if who := r.citizenOf(citizen); !who.Contacts[0].Undeliverable {
				t.Error("the address is not flagged")
			}
			r.later(48 * time.Hour)
			if c := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer); c.State != ticketing.ClockMissed || !c.BreachedAt.Equal(due) {
				t.Errorf("after its due: %s, breached %v", c.State, c.BreachedAt)
			}
			if len(r.tickets(ticketing.TicketFilter{})) != 1 || len(r.claim()) != 0 {
				t.Error("a bounce opened a ticket or was answered")
			}
		})
	}
}

// TestBounceOfAllRecipients: one notification may tell of several recipients.
func TestBounceOfAllRecipients(t *testing.T) {
	t.Parallel()
	for name, mark := range map[string]func(ticketing.Delivery) ticketing.Report{"envelope id": byEnvelope, "Message-ID": byMessageID} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "")
			k := r.opened()
			r.reply(k, ticketing.ReplyInput{To: []string{citizen}, Cc: []string{"sestra@posta.example"}})
			sent := r.Deliver(t, ticketing.DeliverySent)
			if len(sent) != 2 {
				t.Fatalf("%d copies, want 2", len(sent))
			}
			r.Receive(t, r.bounce(mark, sent[:1]...))
			if c := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer); c.State != ticketing.ClockMet {
				t.Errorf("one copy arrived, but the promise is %s", c.State)
			}
			r.Receive(t, r.bounce(mark, sent...))
			for _, d := range r.deliveries(k.Ref, ticketing.PurposeAnswer) {
				if d.State != ticketing.DeliveryBounced {
					t.Errorf("copy to %s = %s (F26)", d.To.Address, d.State)
				}
			}
			if c := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer); c.State != ticketing.ClockRunning {
				t.Errorf("nothing arrived, but the promise is %s", c.State)
			}
		})
	}
}

func TestDelayIsNoBounce(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.reply(k, ticketing.ReplyInput{})
	sent := r.Deliver(t, ticketing.DeliverySent)
	in := r.bounce(byEnvelope, sent...)
	in.Reports[0].Failed = false
	r.Receive(t, in)
	if c := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer); c.State != ticketing.ClockMet {
		t.Errorf("a delay made the promise %s", c.State)
	}
}

func TestUnmatchedBounce(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	forged := r.Mail("mailer-daemon@posta.example", "Undelivered: "+string(k.Ref), "x")
	forged.Machine = ticketing.MachineBounce
	for name, reports := range map[string][]ticketing.Report{
		"nothing readable": nil,
		"foreign marks":    {{MessageID: "x@y.example", EnvelopeID: "s48.1.aaaaaaaaaaaaaaaa@x", Failed: true}},
	} {
		forged.Reports = reports
		forged.MessageID = "b" + name[:3] + "@posta.example"
		if e := r.Receive(t, forged); e.State != ticketing.LedgerIgnored || e.Reason != ticketing.ReasonBounce {
			t.Errorf("%s: %s %q on ticket %d, want ignored", name, e.State, e.Reason, e.Ticket)
		}
	}
	if len(r.View(t, k.Ref).Messages) != 1 || len(r.tickets(ticketing.TicketFilter{})) != 1 {
		t.Error("a bounce without our mark joined or opened a ticket")
	}
	// Sent to the token address it shows on the ticket, whatever it could not say.
	vague := r.bounce(func(ticketing.Delivery) ticketing.Report { return ticketing.Report{} }, ticketing.Delivery{})
	vague.Tokens = []string{r.tag(k)}
	if e := r.Receive(t, vague); e.State != ticketing.LedgerJoined || e.Ticket != k.ID {
		t.Errorf("a bounce to the token address: %s on %d", e.State, e.Ticket)
	}
}

// TestBounceOfStaffMail: an invitation that came back is seen by the operator.
func TestBounceOfStaffMail(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	_, err := r.staff.Invite(t.Context(), r.adam(), r.Oskar.ID, ticketing.PassInvite)
	r.must(err)
	sent := r.Deliver(t, ticketing.DeliverySent)
	if len(sent) != 1 || sent[0].Ticket != 0 {
		t.Fatalf("outbox = %+v", sent)
	}
	if e := r.Receive(t, r.bounce(byMessageID, sent...)); e.State != ticketing.LedgerIgnored {
		t.Errorf("ledger = %s", e.State)
	}
	list, err := r.Store.DeliveriesIn(t.Context(), ticketing.DeliveryBounced, 10)
	r.must(err)
	if len(list) != 1 || list[0].ID != sent[0].ID {
		t.Errorf("bounced = %+v, want the invitation", list)
	}
}

func TestThousandBouncesSendNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	before := len(r.outbox())
	receipt := r.deliveries(k.Ref, ticketing.PurposeReceipt)[0]
	batch := make([]ticketing.Inbound, 0, 50)
	for i := range 1000 {
		in := r.bounce(byEnvelope, receipt)
		in.From.Address = fmt.Sprintf("postmaster%d@posta.example", i)
		batch = append(batch, r.Arrive(t, in))
		if len(batch) == cap(batch) {
			for _, err := range r.intake.Receive(t.Context(), batch) {
				r.must(err)
			}
			batch = batch[:0]
		}
	}
	if got := len(r.outbox()); got != before || before > 4 {
		t.Errorf("%d mails out after 1000 bounces, %d before (A78)", got, before)
	}
	if n := r.count(k.Ref, ticketing.EventBounced); n != 1 {
		t.Errorf("%d bounces recorded of one delivery", n)
	}
	if len(r.tickets(ticketing.TicketFilter{})) != 1 {
		t.Error("bounces opened tickets")
	}
}
