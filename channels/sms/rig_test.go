package sms_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sistem48/system48/channels"
	"github.com/sistem48/system48/channels/sms"
	"github.com/sistem48/system48/channels/sms/exchange"
	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

const (
	sid     = "AC0123456789abcdef"
	token   = "newesttoken"
	before  = "tokenbefore"
	bureau  = "+38220234567"
	citizen = "+38267100201"
	other   = "+38268200302"
)

// A rig is a bureau whose texts come from and go to a telephone exchange, by the
// real hooks, Receiver, Intake, Courier and Sender.
type rig struct {
	*ticketingtest.Office
	testing.TB
	store    *ticketingtest.FaultStore
	exchange *exchange.Exchange
	hooks    *sms.Hooks
	receiver *channels.Receiver
	courier  *channels.Courier
	source   *sms.Source
	account  sms.Account
	desk     ticketing.Desk
	public   string

	mu  sync.Mutex
	log strings.Builder
}

func (r *rig) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(p)
}

func secret(s string) sms.Secret { return func() (string, error) { return s, nil } }

func newRig(t testing.TB, set func(*exchange.Config)) *rig {
	t.Helper()
	o := ticketingtest.NewOffice(t, "")
	r := &rig{Office: o, TB: t, store: ticketingtest.NewFaultStore(o.Store)}
	log := slog.New(slog.NewTextHandler(r, &slog.HandlerOptions{Level: slog.LevelDebug}))
	cfg := exchange.Config{SID: sid, Token: token, Numbers: []string{bureau}, Now: o.Clock.Now}
	if set != nil {
		set(&cfg)
	}
	var err error
	if r.exchange, err = exchange.Start(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	r.account = sms.Account{
		Name: "texts", SID: sid, Tokens: []sms.Secret{secret(token), secret(before)}, Numbers: []string{bureau}, BaseURL: r.exchange.BaseURL(), Region: "ME",
		Timeout: 2 * time.Second,
	}
	o.Core.Settings.Accounts = append(o.Core.Settings.Accounts, ticketing.Account{Name: "texts", Channel: ticketing.ChannelSMS, Address: bureau, Numbers: []string{bureau}})
	o.Core.Settings.SMS = ticketing.SMSRules{Receipts: true, PerHour: 6, PerDay: 20, MaxParts: 4}
	core := *o.Core
	core.Store = r.store
	dispatch := &ticketing.Dispatch{Bureau: &core}
	r.desk = ticketing.Desk{Bureau: &core}
	r.receiver = &channels.Receiver{Ledger: r.store, Intake: &ticketing.Intake{Bureau: &core}, Now: o.Clock.Now, Log: log}
	r.receiver.Parsers = map[ticketing.Channel]channels.Parser{ticketing.ChannelSMS: sms.NewParser([]sms.Account{r.account}, o.Blobs, log)}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	r.public = server.URL
	r.exchange.SetPublicURL(r.public)
	r.hooks, err = sms.NewHooks([]sms.Account{r.account}, sms.HookDeps{
		PublicURL: r.public, Ledger: r.store, Leases: r.store, Blobs: o.Blobs, Hear: dispatch.Hear, OnArrival: r.receiver.Wake, Now: o.Clock.Now, Log: log, Holder: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	for path, h := range r.hooks.Handlers() {
		mux.Handle(path, h)
	}
	sender, err := sms.NewSender(r.account, sms.SenderDeps{PublicURL: r.public, Taken: dispatch.Knows, Now: o.Clock.Now, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	r.courier = &channels.Courier{
		Channel: ticketing.ChannelSMS, Outbox: r.store, Dispatch: dispatch, Blobs: o.Blobs, Senders: map[string]channels.Sender{"texts": sender}, Now: o.Clock.Now, Log: log,
	}
	r.source, err = sms.NewSource(r.account, sms.SourceDeps{
		Hooks: r.hooks, Ledger: r.store, Leases: r.store, Taken: dispatch.Knows, Now: o.Clock.Now, Log: log, Holder: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Close()
		if err := r.exchange.Close(); err != nil {
			t.Error(err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if log := r.log.String(); strings.Contains(log, citizen[4:]) || strings.Contains(log, "Rupa") {
			t.Errorf("the log names a citizen or quotes one (I10):\n%s", log)
		}
	})
	return r
}

// text lets a citizen write, and works what came of it.
func (r *rig) text(from, body string, photos ...[]byte) ticketing.LedgerEntry {
	r.Helper()
	id, status, err := r.exchange.Text(r.Context(), from, body, photos...)
	if err != nil || status != http.StatusOK {
		r.Fatalf("hook = %d, %v", status, err)
	}
	r.work()
	return r.entry(id)
}

// work lets receiver and courier do what there is.
func (r *rig) work() {
	r.Helper()
	for range 3 {
		if _, err := r.receiver.Step(r.Context()); err != nil {
			r.Log(err)
		}
		if _, err := r.courier.Step(r.Context()); err != nil {
			r.Log(err)
		}
	}
}

// entry gives the ledger's item of a message, the first of several.
func (r *rig) entry(sid string) ticketing.LedgerEntry {
	r.Helper()
	list := r.entries(sid)
	if len(list) == 0 {
		r.Fatalf("%s is not in the ledger", sid)
	}
	return list[0]
}

func (r *rig) entries(sid string) (out []ticketing.LedgerEntry) {
	r.Helper()
	for id := ticketing.LedgerID(1); ; id++ {
		e, err := r.Store.LedgerItem(context.Background(), id)
		if err != nil {
			return out
		}
		if sid == "" || e.Arrival.MessageID == sid {
			out = append(out, e)
		}
	}
}

// got gives what a telephone got, the oldest first.
func (r *rig) got(number string) (out []string) {
	for _, m := range r.exchange.Conversation(number) {
		if !m.In {
			out = append(out, m.Body)
		}
	}
	return out
}

func (r *rig) last(number string) string {
	list := r.got(number)
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1]
}

// reply lets an agent answer and gives the answer's deliveries once it was tried.
func (r *rig) reply(ref ticketing.Reference, in ticketing.ReplyInput) ticketing.MessageID {
	r.Helper()
	if in.Text == "" {
		in.Text = "Ekipa izlazi danas."
	}
	_, id, err := r.desk.Reply(r.Context(), ticketing.ActorOf(r.Ana), ticketing.Target{Ref: ref}, in)
	if err != nil {
		r.Fatal(err)
	}
	return id
}

func (r *rig) answers(ref ticketing.Reference) (out []ticketing.Delivery) {
	r.Helper()
	for _, d := range r.View(r.TB, ref).Deliveries {
		if d.Purpose == ticketing.PurposeAnswer {
			out = append(out, d)
		}
	}
	return out
}

func (r *rig) answerClock(ref ticketing.Reference) ticketing.Clock {
	r.Helper()
	for _, c := range r.View(r.TB, ref).Ticket.Clocks {
		if c.Kind == ticketing.ClockAnswer {
			return c
		}
	}
	r.Fatal("no answer clock")
	return ticketing.Clock{}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
