package sms_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sistem48/system48/channels/sms/exchange"
	"github.com/sistem48/system48/ticketing"
)

func form(id, from, body string) url.Values {
	return url.Values{"MessageSid": {id}, "AccountSid": {sid}, "From": {from}, "To": {bureau}, "Body": {body}, "NumMedia": {"0"}}
}

// TestTextBecomesTicket: the text, its receipt, the agent's answer and what the
// provider tells of it.
func TestTextBecomesTicket(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	e := r.text(citizen, "Rupa na putu u Ulici slobode")
	if e.State != ticketing.LedgerTicketed {
		t.Fatalf("ledger = %s %s", e.State, e.Reason)
	}
	v := r.View(t, e.TicketRef)
	if v.Ticket.Channel != ticketing.ChannelSMS || v.Ticket.ReplyTo.Address != citizen || v.Citizen == nil || !v.Citizen.Has(ticketing.ContactPhone, citizen) {
		t.Errorf("ticket = %+v", v.Ticket)
	}
	if got := r.last(citizen); !strings.Contains(got, string(e.TicketRef)) || strings.Contains(got, "Rupa") {
		t.Errorf("receipt = %q", got)
	}
	r.Clock.Advance(time.Hour)
	r.reply(e.TicketRef, ticketing.ReplyInput{})
	if c := r.answerClock(e.TicketRef); c.State != ticketing.ClockAnswering {
		t.Errorf("clock = %s, want answering", c.State)
	}
	r.work()
	d := r.answers(e.TicketRef)[0]
	if d.Channel != ticketing.ChannelSMS || d.State != ticketing.DeliverySent || d.ProviderID == "" || r.answerClock(e.TicketRef).State != ticketing.ClockMet {
		t.Errorf("delivery = %+v, clock %s", d, r.answerClock(e.TicketRef).State)
	}
	if got := r.last(citizen); !strings.Contains(got, "Ekipa izlazi danas.") {
		t.Errorf("answer = %q", got)
	}
}

// TestForgedHooks: A87, nothing that the provider did not sign gets in.
func TestForgedHooks(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	f := form("SMforged", citizen, "Rupa na putu")
	for name, c := range map[string]struct {
		form  url.Values
		token string
		want  int
	}{
		"forged":                      {f, "evil", 403},
		"another account":             {url.Values{"MessageSid": {"SMx"}, "AccountSid": {"ACother"}, "From": {citizen}}, token, 403},
		"no identifier":               {url.Values{"AccountSid": {sid}, "From": {citizen}}, token, 422},
		"the token that was replaced": {form("SMold", other, "stari ključ"), before, 200},
	} {
		if got, err := r.exchange.Post(t.Context(), "/hooks/twilio/sms", c.form, c.token); err != nil || got != c.want {
			t.Errorf("%s: %d, %v, want %d", name, got, err, c.want)
		}
	}
	r.work()
	if list := r.entries(""); len(list) != 1 || list[0].Arrival.MessageID != "SMold" {
		t.Errorf("%d items in the ledger, want the one that was signed", len(list))
	}
	if n := r.hooks.Counts(); n.Refused != 2 || n.Accepted != 1 {
		t.Errorf("counts = %+v", n)
	}
}

// TestReplayedHooks: A88, F31: one message for one sid, 200 each time, whether
// the copies come at once, later, or with other fields.
func TestReplayedHooks(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	f := form("SMsame", citizen, "Rupa na putu")
	post := func(f url.Values) {
		if status, err := r.exchange.Post(t.Context(), "/hooks/twilio/sms", f, token); err != nil || status != 200 {
			t.Errorf("hook = %d, %v", status, err)
		}
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() { post(f) })
	}
	wait.Wait()
	r.work()
	other := form("SMsame", citizen, "Rupa na putu")
	other.Set("NumSegments", "1")
	post(other)
	r.work()
	post(f)
	r.work()
	tickets := 0
	for _, e := range r.entries("SMsame") {
		switch e.State {
		case ticketing.LedgerTicketed:
			tickets++
		case ticketing.LedgerDuplicate:
		default:
			t.Errorf("item = %s %s", e.State, e.Reason)
		}
	}
	if tickets != 1 || len(r.got(citizen)) != 1 {
		t.Errorf("%d tickets, %d receipts of one text", tickets, len(r.got(citizen)))
	}
}

// TestHookWhileAway: F30, never 200 before the commit; posted again it is in.
func TestHookWhileAway(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 2; n++ {
		t.Run(fmt.Sprint("call ", n), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nil)
			f := form("SMaway", citizen, "Rupa na putu")
			r.store.FailAt(n, ticketing.Busy)
			status, err := r.exchange.Post(t.Context(), "/hooks/twilio/sms", f, token)
			if err != nil || status != http.StatusServiceUnavailable {
				t.Fatalf("hook = %d, %v, want 503", status, err)
			}
			r.store.FailAt(0, nil)
			if len(r.entries("")) != 0 {
				t.Error("refused and kept")
			}
			if status, err = r.exchange.Post(t.Context(), "/hooks/twilio/sms", f, token); err != nil || status != 200 {
				t.Fatalf("posted again = %d, %v", status, err)
			}
			r.work()
			if e := r.entry("SMaway"); e.State != ticketing.LedgerTicketed {
				t.Errorf("ledger = %s", e.State)
			}
		})
	}
}

// TestReportsInAnyOrder: F32, reports only rise: late, twice, out of order, and
// before we know the message's name.
func TestReportsInAnyOrder(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		told []string
		want ticketing.DeliveryState
		here bool
	}{
		"in order":             {[]string{"sent", "delivered"}, ticketing.DeliverySent, true},
		"backwards":            {[]string{"delivered", "sent", "queued", "delivered"}, ticketing.DeliverySent, true},
		"only sent":            {[]string{"sending", "sent"}, ticketing.DeliverySent, false},
		"came back":            {[]string{"undelivered", "sent"}, ticketing.DeliveryBounced, false},
		"delivered stays":      {[]string{"delivered", "undelivered"}, ticketing.DeliverySent, true},
		"nothing after a fail": {[]string{"failed", "delivered", "read"}, ticketing.DeliveryBounced, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nil)
			e := r.text(citizen, "Rupa na putu")
			r.reply(e.TicketRef, ticketing.ReplyInput{})
			r.work()
			id := r.answers(e.TicketRef)[0].ProviderID
			for _, state := range c.told {
				code := 0
				if state == "undelivered" || state == "failed" {
					code = 30005
				}
				if err := r.exchange.Report(t.Context(), id, state, code); err != nil {
					t.Fatal(err)
				}
			}
			d := r.answers(e.TicketRef)[0]
			if d.State != c.want || d.DeliveredAt.IsZero() == c.here {
				t.Errorf("delivery = %s, delivered at %v", d.State, d.DeliveredAt)
			}
			met := r.answerClock(e.TicketRef).State == ticketing.ClockMet
			if met != (c.want == ticketing.DeliverySent) {
				t.Errorf("clock = %s", r.answerClock(e.TicketRef).State)
			}
		})
	}
}

// TestReportBeforeItsMessage: F32, what is told before the row says the name.
func TestReportBeforeItsMessage(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	e := r.text(citizen, "Rupa na putu")
	r.reply(e.TicketRef, ticketing.ReplyInput{})
	claimed, err := r.Store.ClaimDeliveries(t.Context(), ticketing.ChannelSMS, 1, time.Hour, 0)
	if err != nil || len(claimed) != 1 {
		t.Fatal(len(claimed), err)
	}
	status, err := r.exchange.Post(t.Context(), "/hooks/twilio/status", url.Values{
		"MessageSid": {"SMearly"}, "AccountSid": {sid}, "MessageStatus": {"undelivered"}, "ErrorCode": {"30005"},
	}, token)
	if err != nil || status >= 300 {
		t.Fatalf("status hook = %d, %v", status, err)
	}
	settle := ticketing.Dispatch{Bureau: r.Core}
	if err := settle.Settle(t.Context(), claimed[0], ticketing.Outcome{State: ticketing.DeliverySent, At: r.Clock.Now(), ProviderID: "SMearly"}); err != nil {
		t.Fatal(err)
	}
	if d := r.answers(e.TicketRef)[0]; d.State != ticketing.DeliveryBounced {
		t.Errorf("delivery = %s: the report came first and counts", d.State)
	}
	if c := r.answerClock(e.TicketRef); c.State == ticketing.ClockMet {
		t.Error("the promise counts as kept although nobody got the answer")
	}
}

// TestForeignReports: a report that is not signed changes nothing.
func TestForeignReports(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	e := r.text(citizen, "Rupa na putu")
	r.reply(e.TicketRef, ticketing.ReplyInput{})
	r.work()
	id := r.answers(e.TicketRef)[0].ProviderID
	f := url.Values{"MessageSid": {id}, "AccountSid": {sid}, "MessageStatus": {"failed"}, "ErrorCode": {"30005"}}
	if status, _ := r.exchange.Post(t.Context(), exchange.StatusPath, f, "evil"); status != 403 {
		t.Errorf("forged report = %d", status)
	}
	if d := r.answers(e.TicketRef)[0]; d.State != ticketing.DeliverySent {
		t.Errorf("delivery = %s", d.State)
	}
}
