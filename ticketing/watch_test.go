package ticketing_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

func TestWatchWarnsAndBreachesOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	due := clockOf(k, ticketing.ClockAnswer).Due
	for range 100 { // fifty hours, every half an hour
		r.later(30 * time.Minute)
		r.run()
	}
	if w, b := r.count(k.Ref, ticketing.EventWarned), r.count(k.Ref, ticketing.EventBreached); w != 1 || b != 1 {
		t.Errorf("%d warnings and %d breaches, want one each (I9)", w, b)
	}
	k = r.ticket(k.Ref)
	if c := clockOf(k, ticketing.ClockAnswer); c.State != ticketing.ClockMissed || !c.BreachedAt.Equal(due) || c.Charged != r.Bureau.ID {
		t.Errorf("clock = %s, breached %v, charged %d", c.State, c.BreachedAt, c.Charged)
	}
	for _, e := range r.events(k.Ref) {
		if e.Kind == ticketing.EventBreached && e.Data["due"] != due.Format(time.RFC3339) {
			t.Errorf("the event says %v, want %v", e.Data["due"], due)
		}
	}
}

// TestWatchWasDown: F41, the breach is a fact of the due instant, and charged to
// whoever had custody then.
func TestWatchWasDown(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	due := clockOf(k, ticketing.ClockAnswer).Due
	r.Clock.Set(due.Add(2 * time.Hour))
	r.must(second(r.desk.Move(t.Context(), r.ana(), at(k), r.Lighting.ID, "")))
	r.later(3 * time.Hour)
	c := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer)
	if c.State != ticketing.ClockMissed || !c.BreachedAt.Equal(due) || c.Charged != r.Bureau.ID {
		t.Errorf("clock = %s, breached %v, charged %d; want %v, %d", c.State, c.BreachedAt, c.Charged, due, r.Bureau.ID)
	}
	if w, b := r.count(k.Ref, ticketing.EventWarned), r.count(k.Ref, ticketing.EventBreached); w != 0 || b != 1 {
		t.Errorf("%d warnings and %d breaches, want a breach alone", w, b)
	}
}

// TestAnswerUnderwayAtTheDue: the courier's word is awaited for some minutes;
// what was accepted in time is in time, and a hand-over meanwhile moves no blame.
func TestAnswerUnderwayAtTheDue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		after time.Duration // when it is accepted
		want  ticketing.ClockState
	}{{"accepted a second before", -time.Second, ticketing.ClockMet}, {"accepted a second late", time.Second, ticketing.ClockMissed}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "")
			k := r.opened()
			due := clockOf(k, ticketing.ClockAnswer).Due
			r.Clock.Set(due.Add(-10 * time.Second))
			r.reply(k, ticketing.ReplyInput{})
			d := r.claim()[0]
			r.later(11 * time.Second) // past the due
			r.must(second(r.desk.Move(t.Context(), r.ana(), at(k), r.Lighting.ID, "")))
			if got := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer); got.State != ticketing.ClockAnswering || !got.BreachedAt.IsZero() {
				t.Errorf("within the grace: %s, breached %v", got.State, got.BreachedAt)
			}
			r.later(20 * time.Minute) // the courier is silent
			if got := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer); got.State != ticketing.ClockAnswering || !got.BreachedAt.Equal(due) {
				t.Errorf("after the grace: %s, breached %v", got.State, got.BreachedAt)
			}
			r.must(r.courier.Settle(t.Context(), d, ticketing.Outcome{State: ticketing.DeliverySent, At: due.Add(c.after)}))
			got := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer)
			if got.State != c.want || !got.MetAt.Equal(due.Add(c.after)) || got.Charged != r.Bureau.ID {
				t.Errorf("at last: %s at %v, charged %d; want %s, %d", got.State, got.MetAt, got.Charged, c.want, r.Bureau.ID)
			}
			if n := r.count(k.Ref, ticketing.EventBreached); n != 1 {
				t.Errorf("%d breaches recorded", n)
			}
		})
	}
}

// TestWatchComesToAnEnd: a promise whose warning is due while its answer is on
// its way is looked at once, not for ever.
func TestWatchComesToAnEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.reply(k, ticketing.ReplyInput{SendAfter: r.Clock.Now().Add(47 * time.Hour)})
	r.later(40 * time.Hour) // three quarters are over
	if n := r.count(k.Ref, ticketing.EventWarned); n != 0 {
		t.Errorf("%d warnings of a promise that is being kept", n)
	}
	if ids, err := r.Store.ToCheck(t.Context(), r.Clock.Now(), 10); err != nil || len(ids) != 0 {
		t.Errorf("still to be checked: %v, %v", ids, err)
	}
}

// TestClockJumps: F42, F43; two days ahead and back again, and an hour back.
func TestClockJumps(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	start := r.Clock.Now()
	for _, jump := range []time.Duration{48 * time.Hour, 0, 49 * time.Hour, -time.Hour, time.Hour, 100 * time.Hour} {
		r.Clock.Set(start.Add(jump))
		r.run()
	}
	if w, b := r.count(k.Ref, ticketing.EventWarned), r.count(k.Ref, ticketing.EventBreached); w > 1 || b != 1 {
		t.Errorf("%d warnings and %d breaches after the jumps (F42)", w, b)
	}
	r.Clock.Set(start.Add(-time.Hour))
	r.reply(k, ticketing.ReplyInput{})
	r.Deliver(t, ticketing.DeliverySent)
	c := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer)
	if c.MetAt.IsZero() {
		t.Error("an answer before the clock's beginning answers nothing (F43)")
	}
	events := r.events(k.Ref)
	for i, e := range events {
		if e.Seq != int64(i+1) {
			t.Errorf("event %d has number %d: order is by number, not by time (F43)", i, e.Seq)
		}
	}
	x, err := r.directory().Rules.Explain(*clockOf(k, ticketing.ClockAnswer), nil, start.Add(-5*time.Hour))
	if err != nil || x.Counted < 0 || x.Left < 0 || x.Paused < 0 {
		t.Errorf("explained before the beginning: counted %v, left %v, %v (B24)", x.Counted, x.Left, err)
	}
}

func (r *rig) directory() *ticketing.Directory {
	r.Helper()
	d, err := r.Store.Directory(r.Context())
	r.must(err)
	return d
}

// TestSeveralWatches: F47, each warning and breach once, whoever comes first.
func TestSeveralWatches(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	var all []*ticketing.Ticket
	for range 20 {
		all = append(all, r.opened())
	}
	for _, at := range []time.Duration{40 * time.Hour, 10 * time.Hour} {
		r.Clock.Advance(at)
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				w := ticketing.Watch{Bureau: r.Core, Duties: r.Store}
				if _, err := w.Run(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
	}
	for _, k := range all {
		if w, b := r.count(k.Ref, ticketing.EventWarned), r.count(k.Ref, ticketing.EventBreached); w != 1 || b != 1 {
			t.Errorf("%s: %d warnings, %d breaches", k.Ref, w, b)
		}
	}
}

// badTicket is a store in which one ticket cannot be saved.
type badTicket struct {
	ticketing.Store
	id ticketing.TicketID
}

type badTx struct {
	ticketing.Tx
	id ticketing.TicketID
}

func (s badTicket) InTx(ctx context.Context, f func(ticketing.Tx) error) error {
	return s.Store.InTx(ctx, func(tx ticketing.Tx) error { return f(badTx{tx, s.id}) })
}

var errBroken = errors.New("broken row")

func (x badTx) SaveTicket(ctx context.Context, t *ticketing.Ticket) error {
	if t.ID == x.id {
		return errBroken
	}
	return x.Tx.SaveTicket(ctx, t)
}

// TestOneBadTicket does not keep the others from being judged or settled.
func TestOneBadTicket(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	bad, good := r.opened(), r.opened()
	b := r.over(badTicket{r.Store, bad.ID})
	r.Clock.Advance(50 * time.Hour)
	watch := ticketing.Watch{Bureau: b, Duties: r.Store}
	if _, err := watch.Run(t.Context()); !errors.Is(err, errBroken) {
		t.Errorf("the bad ticket was passed over in silence: %v", err)
	}
	if r.count(good.Ref, ticketing.EventBreached) != 1 {
		t.Error("the good ticket was not judged")
	}
	for _, k := range []*ticketing.Ticket{bad, good} {
		r.must(second(r.desk.Resolve(t.Context(), r.ana(), at(k), "")))
	}
	r.Clock.Advance(15 * 24 * time.Hour)
	upkeep := ticketing.Upkeep{Bureau: b, Duties: r.Store}
	if _, err := upkeep.SettleResolved(t.Context()); !errors.Is(err, errBroken) {
		t.Errorf("the bad ticket was passed over in silence: %v", err)
	}
	if got := r.ticket(good.Ref); got.State != ticketing.StateClosed {
		t.Errorf("the good ticket is %s", got.State)
	}
}

// onlyGood is a store in which one ticket alone can be saved.
type onlyGood struct {
	ticketing.Store
	id ticketing.TicketID
}

type onlyGoodTx struct {
	ticketing.Tx
	id ticketing.TicketID
}

func (s onlyGood) InTx(ctx context.Context, f func(ticketing.Tx) error) error {
	return s.Store.InTx(ctx, func(tx ticketing.Tx) error { return f(onlyGoodTx{tx, s.id}) })
}

func (x onlyGoodTx) SaveTicket(ctx context.Context, t *ticketing.Ticket) error {
	if t.ID != x.id {
		return errBroken
	}
	return x.Tx.SaveTicket(ctx, t)
}

// TestManyBadTickets: however many tickets cannot be judged, more than Watch
// asks for at a time, the one behind them is.
func TestManyBadTickets(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	for i := range 510 {
		r.open(r.Mail(fmt.Sprintf("gradjanin%d@posta.example", i), "Predmet", "tekst"))
	}
	r.Clock.Advance(time.Minute)
	good := r.opened()
	r.Clock.Advance(50 * time.Hour)
	watch := ticketing.Watch{Bureau: r.over(onlyGood{r.Store, good.ID}), Duties: r.Store}
	did, err := watch.Run(t.Context())
	if !errors.Is(err, errBroken) || did != 511 || strings.Count(err.Error(), "broken row") > 5 {
		t.Errorf("%d looked at, %v", did, err)
	}
	if r.count(good.Ref, ticketing.EventBreached) != 1 {
		t.Error("the good ticket was not judged")
	}
}

func TestEveryFaultOfWatch(t *testing.T) {
	t.Parallel()
	ticketingtest.EachFault(t, func(t *testing.T, arm func(ticketingtest.Ports) *ticketingtest.FaultStore) {
		r := newRig(t, "")
		a, b := r.opened(), r.opened()
		r.Clock.Advance(50 * time.Hour)
		faulty := arm(r.Store)
		watch := ticketing.Watch{Bureau: r.over(faulty), Duties: faulty}
		_, err := watch.Run(t.Context())
		for n := 0; n < 2 && err != nil; n++ {
			_, err = watch.Run(t.Context())
		}
		r.must(err)
		for _, k := range []*ticketing.Ticket{a, b} {
			if n := r.count(k.Ref, ticketing.EventBreached); n != 1 {
				t.Errorf("%d breaches of %s (I9)", n, k.Ref)
			}
		}
	})
}
