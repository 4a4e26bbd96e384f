package channels_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sistem48/system48/channels"
	"github.com/sistem48/system48/ticketing"
)

// A post is an office with a courier and the server it hands mail to.
type post struct {
	*hall
	server *server
	out    *channels.Courier
	desk   *ticketing.Desk
}

const citizen = "marko@posta.example"

func newPost(t *testing.T) *post {
	t.Helper()
	h := newHall(t)
	p := &post{hall: h, server: &server{}, desk: &ticketing.Desk{Bureau: h.Core}}
	p.out = p.courier()
	return p
}

func (p *post) courier() *channels.Courier {
	return &channels.Courier{
		Channel: ticketing.ChannelEmail, Outbox: p.store, Dispatch: &ticketing.Dispatch{Bureau: p.bureau()}, Blobs: p.Blobs,
		Senders: map[string]channels.Sender{"main": p.server}, Now: p.Clock.Now, Log: p.log.logger(),
	}
}

// ticket opens one whose receipt has left.
func (p *post) ticket() ticketing.Reference {
	p.Helper()
	e := p.Receive(p.T, p.Mail(citizen, "Predmet", "tekst"))
	p.Deliver(p.T, ticketing.DeliverySent)
	return e.TicketRef
}

func (p *post) reply(ref ticketing.Reference, in ticketing.ReplyInput) {
	p.Helper()
	in.Text = "Popravljeno."
	if _, _, err := p.desk.Reply(context.Background(), ticketing.ActorOf(p.Ana), ticketing.Target{Ref: ref}, in); err != nil {
		p.Fatal(err)
	}
}

// step lets the courier work once.
func (p *post) step() {
	p.Helper()
	if _, err := p.out.Step(context.Background()); err != nil {
		p.Fatal(err)
	}
}

// answers gives the deliveries of agents' messages.
func (p *post) answers(ref ticketing.Reference) (out []ticketing.Delivery) {
	p.Helper()
	for _, d := range p.View(p.T, ref).Deliveries {
		if d.Purpose == ticketing.PurposeAnswer {
			out = append(out, d)
		}
	}
	return out
}

func TestCourierDelivers(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	ref := p.ticket()
	p.reply(ref, ticketing.ReplyInput{Cc: []string{"sestra@posta.example", "brat@posta.example"}})
	p.step()
	got := p.server.letters()
	if len(got) != 3 {
		t.Fatalf("%d letters, want 3", len(got))
	}
	for _, l := range got[1:] {
		if l.raw != got[0].raw || l.msgID != got[0].msgID {
			t.Error("the copies differ")
		}
	}
	for _, d := range p.answers(ref) {
		if d.State != ticketing.DeliverySent || d.RawKey == "" {
			t.Errorf("copy to %s = %s", d.To.Address, d.State)
		}
	}
}

// TestComposedOnce: every attempt sends the bytes of the first, whatever the
// letter would look like today.
func TestComposedOnce(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	n := 0
	p.server.compose = func(ticketing.Delivery) ([]byte, error) {
		n++
		return fmt.Appendf(nil, "composition %d", n), nil
	}
	p.server.transmit = func(ticketing.Delivery) ticketing.Outcome {
		return ticketing.Outcome{State: ticketing.DeliveryRetry, At: p.Clock.Now()}
	}
	ref := p.ticket()
	p.reply(ref, ticketing.ReplyInput{Cc: []string{"a@posta.example", "b@posta.example", "c@posta.example", "d@posta.example"}})
	for range 3 {
		p.step()
		p.Clock.Advance(20 * time.Minute)
	}
	got := p.server.letters()
	if len(got) != 15 {
		t.Fatalf("%d attempts, want 15", len(got))
	}
	for _, l := range got {
		if l.raw != "composition 1" {
			t.Fatalf("an attempt sent %q (I8)", l.raw)
		}
	}
}

// TestKilledBeforeTheBytesWereKept: nothing can have left, however often that
// happened: it is simply sent.
func TestKilledBeforeTheBytesWereKept(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	ref := p.ticket()
	p.reply(ref, ticketing.ReplyInput{})
	for range 3 {
		if claimed, err := p.Store.ClaimDeliveries(t.Context(), ticketing.ChannelEmail, 16, time.Minute, 16); err != nil || len(claimed) != 1 {
			t.Fatalf("claimed %d, %v", len(claimed), err)
		}
		p.Clock.Advance(time.Hour) // kill -9 between composing and keeping
	}
	p.step()
	if d := p.answers(ref)[0]; d.State != ticketing.DeliverySent || len(p.server.letters()) != 1 || p.server.asked != 0 {
		t.Errorf("delivery = %s, %d letters, asked %d times", d.State, len(p.server.letters()), p.server.asked)
	}
}

// TestKilledInTheAttempt: F25, at most one copy more, under the same Message-ID
// and with the same bytes.
func TestKilledInTheAttempt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		arrived, known bool
		want           ticketing.DeliveryState
		letters        int
	}{
		"it is among sent mail": {true, true, ticketing.DeliverySent, 1},
		"it is not":             {false, true, ticketing.DeliverySent, 2},
		"nobody can tell":       {false, false, ticketing.DeliverySent, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPost(t)
			ref := p.ticket()
			p.reply(ref, ticketing.ReplyInput{})
			tried := p.Clock.Now()
			dying, die := context.WithCancel(t.Context())
			p.server.before = func(ticketing.Delivery) { die() }
			p.store.FailAt(0, nil)
			p.out.Dispatch.Store = lostStore{p.store} // the process dies before it can settle
			_, _ = p.out.Step(dying)
			p.server.before = nil
			if d := p.answers(ref)[0]; d.State != ticketing.DeliverySending {
				t.Fatalf("killed in the attempt = %s", d.State)
			}
			p.server.confirm = func(ticketing.Delivery) (bool, bool, error) { return c.arrived, c.known, nil }
			p.out = p.courier()
			p.step()
			if n := len(p.server.letters()); n != 1 {
				t.Fatalf("%d letters while the lease lasts", n)
			}
			p.Clock.Advance(time.Hour)
			p.step()
			d, got := p.answers(ref)[0], p.server.letters()
			if d.State != c.want || len(got) != c.letters {
				t.Errorf("delivery = %s after %d letters; want %s, %d", d.State, len(got), c.want, c.letters)
			}
			if c.arrived && !d.AcceptedAt.Equal(tried) {
				t.Errorf("accepted at %v, want when it was tried, %v", d.AcceptedAt, tried)
			}
			for _, l := range got {
				if l.raw != got[0].raw || l.msgID != got[0].msgID {
					t.Error("the second copy differs (I8)")
				}
			}
		})
	}
}

// lostStore settles nothing.
type lostStore struct{ ticketing.Store }

func (lostStore) InTx(context.Context, func(ticketing.Tx) error) error { return ticketing.Busy }

// TestUnknownIsConfirmedAndSentOnceMore: F24.
func TestUnknownIsConfirmedAndSentOnceMore(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	ref := p.ticket()
	p.reply(ref, ticketing.ReplyInput{})
	p.server.transmit = func(ticketing.Delivery) ticketing.Outcome {
		return ticketing.Outcome{State: ticketing.DeliveryUnknown, At: p.Clock.Now(), Reply: "cut after the dot"}
	}
	p.server.confirm = func(ticketing.Delivery) (bool, bool, error) { return false, false, errDisk }
	for range 20 {
		p.step()
		p.Clock.Advance(5 * time.Minute)
	}
	d, got := p.answers(ref)[0], p.server.letters()
	if d.State != ticketing.DeliveryUnknown || d.SettledAt.IsZero() || len(got) != 2 || p.server.asked != 1 {
		t.Errorf("delivery = %s, settled %v, %d letters, asked %d times", d.State, d.SettledAt, len(got), p.server.asked)
	}
}

func TestPanickingSender(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	ref := p.ticket()
	p.reply(ref, ticketing.ReplyInput{})
	boom := func() { panic("tajna za marko@posta.example") }
	p.server.compose = func(ticketing.Delivery) ([]byte, error) { boom(); return nil, nil }
	p.step()
	if d := p.answers(ref)[0]; d.State != ticketing.DeliveryRetry || d.Doubts != 0 {
		t.Errorf("panic while composing = %s with %d doubts: nothing can have left", d.State, d.Doubts)
	}
	p.server.compose = nil
	p.server.transmit = func(ticketing.Delivery) ticketing.Outcome { boom(); return ticketing.Outcome{} }
	p.Clock.Advance(time.Hour)
	p.step()
	if d := p.answers(ref)[0]; d.State != ticketing.DeliveryUnknown {
		t.Errorf("panic while sending = %s, want unknown", d.State)
	}
	p.server.transmit = nil
	p.Clock.Advance(time.Hour)
	p.step()
	if d := p.answers(ref)[0]; d.State != ticketing.DeliverySent {
		t.Errorf("at last = %s", d.State)
	}
	if log := p.log.String(); strings.Contains(log, "marko") || strings.Contains(log, "tajna") {
		t.Errorf("the log quotes the mail (I10):\n%s", log)
	}
}

// TestTwoCouriersNeverSendTwice: F27.
func TestTwoCouriersNeverSendTwice(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	const n = 60
	for i := range n {
		p.Receive(t, p.Mail(fmt.Sprintf("gradjanin%d@posta.example", i), "Predmet", "tekst"))
	}
	ctx, stop := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	for range 3 {
		c := p.courier()
		wait.Go(func() {
			if err := c.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	until(t, "all sent", func() bool {
		counts, _, err := p.Store.DeliveryCounts(context.Background())
		return err == nil && counts[ticketing.DeliverySent] == n
	})
	stop()
	wait.Wait()
	to := map[string]int{}
	for _, l := range p.server.letters() {
		to[l.to]++
	}
	for address, times := range to {
		if times != 1 {
			t.Errorf("%s got %d letters", address, times)
		}
	}
	if len(to) != n {
		t.Errorf("%d of %d got theirs", len(to), n)
	}
}

// TestSlowServer: F29; what waited in the hand of a courier until its claim is
// about to run out is given back, not sent beside another courier's attempt.
func TestSlowServer(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	for i := range 12 {
		p.Receive(t, p.Mail(fmt.Sprintf("gradjanin%d@posta.example", i), "Predmet", "tekst"))
	}
	p.out.Workers = 1
	other, fast := p.courier(), &server{}
	other.Senders = map[string]channels.Sender{"main": fast}
	p.server.before = func(ticketing.Delivery) {
		p.Clock.Advance(10 * time.Minute)
		if _, err := other.Step(t.Context()); err != nil {
			t.Error(err)
		}
	}
	for range 12 {
		p.step()
		p.Clock.Advance(time.Hour)
	}
	to := map[string]int{}
	for _, l := range append(p.server.letters(), fast.letters()...) {
		if to[l.to]++; to[l.to] > 1 {
			t.Errorf("%s got %d letters", l.to, to[l.to])
		}
	}
	if len(to) != 12 {
		t.Errorf("%d of 12 got theirs", len(to))
	}
	counts, _, err := p.Store.DeliveryCounts(t.Context())
	if err != nil || counts[ticketing.DeliverySent] != 12 {
		t.Errorf("deliveries = %v, %v", counts, err)
	}
}

// TestOverallCapWaits: D18, what is beyond the hour's automatic mail waits, and
// agents' answers do not wait with it.
func TestOverallCapWaits(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	ref := p.ticket()
	p.Clock.Advance(2 * time.Hour)
	for i := range 30 {
		p.Receive(t, p.Mail(fmt.Sprintf("gradjanin%d@posta.example", i), "Predmet", "tekst"))
	}
	p.reply(ref, ticketing.ReplyInput{})
	p.out.AutoPerHour = 10
	sent := func() (auto, answers int) {
		for range 5 {
			p.step()
		}
		for _, l := range p.server.letters() {
			if l.to == citizen {
				answers++
			} else {
				auto++
			}
		}
		return auto, answers
	}
	if auto, answers := sent(); auto != 10 || answers != 1 {
		t.Errorf("in the first hour %d automatic, %d answers; want 10, 1", auto, answers)
	}
	p.Clock.Advance(61 * time.Minute)
	if auto, _ := sent(); auto != 20 {
		t.Errorf("after two hours %d automatic, want 20", auto)
	}
	p.Clock.Advance(61 * time.Minute)
	if auto, _ := sent(); auto != 30 {
		t.Errorf("after three hours %d automatic, want 30: none is dropped", auto)
	}
}

func TestMissingFile(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	ref := p.ticket()
	p.reply(ref, ticketing.ReplyInput{})
	p.server.compose = func(ticketing.Delivery) ([]byte, error) { return nil, fmt.Errorf("file: %w", ticketing.NotFound) }
	p.step()
	if d := p.answers(ref)[0]; d.State != ticketing.DeliveryFailed || d.Reply == "" {
		t.Errorf("a missing file = %s %q", d.State, d.Reply)
	}
}

// TestKeptBytesLost: they are composed anew rather than the answer be given up.
func TestKeptBytesLost(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	ref := p.ticket()
	p.reply(ref, ticketing.ReplyInput{})
	p.server.transmit = func(ticketing.Delivery) ticketing.Outcome {
		return ticketing.Outcome{State: ticketing.DeliveryRetry, At: p.Clock.Now()}
	}
	p.step()
	p.Blobs.Remove(p.answers(ref)[0].RawKey)
	p.server.transmit = nil
	p.Clock.Advance(time.Hour)
	p.step()
	got := p.server.letters()
	if d := p.answers(ref)[0]; d.State != ticketing.DeliverySent || len(got) != 2 || got[0].raw != got[1].raw {
		t.Errorf("delivery = %s after %d letters", d.State, len(got))
	}
}

func TestNoAccount(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	ref := p.ticket()
	p.reply(ref, ticketing.ReplyInput{})
	p.out.Senders = map[string]channels.Sender{}
	p.step()
	if d := p.answers(ref)[0]; d.State != ticketing.DeliveryRetry {
		t.Errorf("without an account = %s, want it to wait for the operator", d.State)
	}
}

// TestOutboxAway: F54; said once, and everything goes on by itself.
func TestOutboxAway(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	ref := p.ticket()
	p.reply(ref, ticketing.ReplyInput{})
	store := &away{Store: p.store, gone: true}
	p.out.Dispatch.Store = store
	for range 3 {
		if _, err := p.out.Step(t.Context()); err == nil && len(p.server.letters()) == 0 {
			t.Error("nothing was said")
		}
		p.Clock.Advance(30 * time.Minute)
	}
	store.set(false)
	p.Clock.Advance(time.Hour)
	p.step()
	if n := len(p.server.letters()); n > 2 {
		t.Errorf("%d copies left (F25)", n)
	}
	if d := p.answers(ref)[0]; d.State != ticketing.DeliverySent && d.State != ticketing.DeliveryUnknown {
		t.Errorf("delivery = %s", d.State)
	}
}

// TestCourierEnds: F19, in time and without losing what it holds.
func TestCourierEnds(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	for i := range 40 {
		p.Receive(t, p.Mail(fmt.Sprintf("gradjanin%d@posta.example", i), "Predmet", "tekst"))
	}
	ctx, stop := context.WithCancel(t.Context())
	var once sync.Once
	p.server.before = func(ticketing.Delivery) { once.Do(stop) }
	if err := p.out.Run(ctx); err != nil {
		t.Error(err)
	}
	counts, _, err := p.Store.DeliveryCounts(context.Background())
	if err != nil || counts[ticketing.DeliverySending] != 0 {
		t.Errorf("left in hand = %v, %v", counts, err)
	}
	p.server.before = nil
	p.Clock.Advance(time.Hour)
	p.out = p.courier()
	for range 5 {
		p.step()
	}
	to := map[string]int{}
	for _, l := range p.server.letters() {
		to[l.to]++
	}
	if len(to) != 40 || len(p.server.letters()) != 40 {
		t.Errorf("%d letters to %d citizens, want 40", len(p.server.letters()), len(to))
	}
}
