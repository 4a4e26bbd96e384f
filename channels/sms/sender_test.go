package sms_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/sistem48/system48/channels/sms/exchange"
	"github.com/sistem48/system48/ticketing"
)

// refusing makes an exchange that refuses answers with the error until it is told otherwise.
func refusing(status, code int, on *bool) func(*exchange.Config) {
	return func(c *exchange.Config) {
		c.Refuse = func(string, string) (int, int) {
			if !*on {
				return 0, 0
			}
			return status, code
		}
	}
}

// TestErrorsOfTheProvider: F33 and the table of errors.
func TestErrorsOfTheProvider(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status, code int
		want         ticketing.DeliveryState
		dead, out    bool
	}{
		"no number":              {400, 21211, ticketing.DeliveryFailed, true, false},
		"opted out":              {400, 21610, ticketing.DeliveryFailed, false, true},
		"landline":               {400, 21614, ticketing.DeliveryFailed, true, false},
		"country not allowed":    {400, 21408, ticketing.DeliveryFailed, false, false},
		"something new":          {400, 29999, ticketing.DeliveryFailed, false, false},
		"too many":               {429, 20429, ticketing.DeliveryRetry, false, false},
		"queue full":             {400, 21611, ticketing.DeliveryRetry, false, false},
		"fault of the provider":  {500, 20500, ticketing.DeliveryRetry, false, false},
		"wrong token, for us":    {401, 20003, ticketing.DeliveryRetry, false, false},
		"provider is maintained": {503, 0, ticketing.DeliveryRetry, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			on := false
			r := newRig(t, refusing(c.status, c.code, &on))
			e := r.text(citizen, "Rupa na putu")
			on = true
			r.reply(e.TicketRef, ticketing.ReplyInput{})
			r.work()
			d := r.answers(e.TicketRef)[0]
			if d.State != c.want {
				t.Fatalf("delivery = %s %q, want %s", d.State, d.Reply, c.want)
			}
			k := r.View(t, e.TicketRef).Citizen.Contacts[0]
			if k.Undeliverable != c.dead || k.OptedOutAt.IsZero() == c.out {
				t.Errorf("contact = %+v", k)
			}
			calls := r.exchange.Calls()
			on = false
			r.Clock.Advance(24 * time.Hour)
			r.work()
			again := r.exchange.Calls() > calls
			if again != (c.want == ticketing.DeliveryRetry) {
				t.Errorf("tried again = %v", again)
			}
			if c.want == ticketing.DeliveryRetry && r.answers(e.TicketRef)[0].State != ticketing.DeliverySent {
				t.Errorf("at last = %s", r.answers(e.TicketRef)[0].State)
			}
		})
	}
}

// TestRetryAfter: the provider says how long to wait.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	on := false
	r := newRig(t, refusing(429, 20429, &on))
	e := r.text(citizen, "Rupa na putu")
	on = true
	r.reply(e.TicketRef, ticketing.ReplyInput{})
	r.work()
	if d := r.answers(e.TicketRef)[0]; d.SendAfter.Before(r.Clock.Now().Add(7 * time.Second)) {
		t.Errorf("tried again at %v", d.SendAfter)
	}
}

// TestAnswerLost: F33, a time-out after the POST: looked for by recipient, text and
// time before it is sent again.
func TestAnswerLost(t *testing.T) {
	t.Parallel()
	var lose atomic.Bool
	r := newRig(t, func(c *exchange.Config) { c.Lose = func(string, string) bool { return lose.Load() } })
	e := r.text(citizen, "Rupa na putu")
	before := r.exchange.Calls()
	lose.Store(true)
	r.reply(e.TicketRef, ticketing.ReplyInput{})
	r.work()
	if d := r.answers(e.TicketRef)[0]; d.State != ticketing.DeliveryUnknown || r.answerClock(e.TicketRef).State == ticketing.ClockMet {
		t.Fatalf("delivery = %s", d.State)
	}
	r.Clock.Advance(11 * time.Minute)
	r.work()
	d := r.answers(e.TicketRef)[0]
	if d.State != ticketing.DeliverySent || d.ProviderID == "" || r.exchange.Calls() != before+1 {
		t.Errorf("delivery = %s %q after %d calls: it had arrived", d.State, d.ProviderID, r.exchange.Calls()-before)
	}
	if err := r.exchange.Report(t.Context(), d.ProviderID, "delivered", 0); err != nil {
		t.Fatal(err)
	}
	if r.answers(e.TicketRef)[0].DeliveredAt.IsZero() {
		t.Error("the found message is not heard of")
	}
}

// TestSameTextTwice: F33, a message that another delivery is known by is not taken
// for the lost one.
func TestSameTextTwice(t *testing.T) {
	t.Parallel()
	var r *rig
	var down atomic.Bool
	r = newRig(t, func(c *exchange.Config) {
		c.Refuse = func(string, string) (int, int) { return 0, 0 }
		c.Lose = func(string, string) bool { return down.Load() }
	})
	e := r.text(citizen, "Rupa na putu")
	r.reply(e.TicketRef, ticketing.ReplyInput{})
	r.work()
	down.Store(true)
	r.reply(e.TicketRef, ticketing.ReplyInput{})
	r.work()
	down.Store(false)
	r.Clock.Advance(11 * time.Minute)
	r.work()
	list := r.answers(e.TicketRef)
	if len(list) != 2 || list[0].ProviderID == list[1].ProviderID || list[1].State != ticketing.DeliverySent {
		t.Errorf("two answers = %s and %s, %v", list[0].ProviderID, list[1].ProviderID, list[1].State)
	}
}

// TestUnreachableProvider: nothing left, so it is simply tried again.
func TestUnreachableProvider(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	e := r.text(citizen, "Rupa na putu")
	r.exchange.SetDown(true)
	r.reply(e.TicketRef, ticketing.ReplyInput{})
	r.work()
	if d := r.answers(e.TicketRef)[0]; d.State != ticketing.DeliveryRetry {
		t.Fatalf("delivery = %s", d.State)
	}
	r.exchange.SetDown(false)
	r.Clock.Advance(time.Hour)
	r.work()
	if d := r.answers(e.TicketRef)[0]; d.State != ticketing.DeliverySent {
		t.Errorf("delivery = %s", d.State)
	}
}

// TestTelephoneIsOff: error 30003, two more tries within six hours, then the next
// channel there is.
func TestTelephoneIsOff(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	e := r.text(citizen, "Rupa na putu")
	people := ticketing.People{Bureau: r.Core}
	if _, err := people.Change(t.Context(), ticketing.ActorOf(r.Ana), r.View(t, e.TicketRef).Citizen.ID, ticketing.CitizenChange{AddEmail: "marko@posta.example"}); err != nil {
		t.Fatal(err)
	}
	r.reply(e.TicketRef, ticketing.ReplyInput{})
	for try := range 3 {
		r.work()
		list := r.answers(e.TicketRef)
		if list[0].State != ticketing.DeliverySent || len(list) != 1 {
			t.Fatalf("try %d: %s of %d", try, list[0].State, len(list))
		}
		if err := r.exchange.Report(t.Context(), list[0].ProviderID, "undelivered", 30003); err != nil {
			t.Fatal(err)
		}
		if c := r.answerClock(e.TicketRef); c.State == ticketing.ClockMet {
			t.Errorf("try %d: the promise counts as kept", try)
		}
		r.Clock.Advance(3*time.Hour + time.Minute)
	}
	list := r.answers(e.TicketRef)
	if len(list) != 2 || list[0].State != ticketing.DeliveryBounced || list[1].Channel != ticketing.ChannelEmail || list[1].To.Address != "marko@posta.example" {
		t.Fatalf("after three tries: %d deliveries, %s", len(list), list[0].State)
	}
	r.Deliver(t, ticketing.DeliverySent)
	if c := r.answerClock(e.TicketRef); c.State != ticketing.ClockMet {
		t.Errorf("clock = %s: the mail arrived", c.State)
	}
}
