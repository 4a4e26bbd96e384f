package ticketing_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// A stuckStore cannot save some tickets.
type stuckStore struct {
	ticketing.Store
	err func(id ticketing.TicketID) error
}

func (s stuckStore) InTx(ctx context.Context, do func(tx ticketing.Tx) error) error {
	return s.Store.InTx(ctx, func(tx ticketing.Tx) error { return do(stuckTx{tx, s}) })
}

type stuckTx struct {
	ticketing.Tx
	s stuckStore
}

func (x stuckTx) SaveTicket(ctx context.Context, k *ticketing.Ticket) error {
	if err := x.s.err(k.ID); err != nil {
		return err
	}
	return x.Tx.SaveTicket(ctx, k)
}

// ordered gives n open tickets and a shorter promise that an officer ordered for them.
func (r *rig) ordered(n int) (list []*ticketing.Ticket) {
	r.Helper()
	for range n {
		list = append(list, r.opened())
	}
	r.saveRule(ticketing.DraftPolicy(ticketing.Policy{Name: "fast", Target: 24 * time.Hour}), 0)
	r.must(r.staff.ApplyRules(r.Context(), r.adam(), ticketing.RuleOrder{Reason: "brže"}))
	r.later(2 * time.Second)
	return list
}

func (r *rig) reapply(err func(id ticketing.TicketID) error) error {
	b := r.over(stuckStore{r.Store, err})
	return (&ticketing.Reapply{Bureau: b, Duties: r.Store, Audit: r.Store}).Run(r.Context())
}

func (r *rig) lastRun() (run ticketing.RuleRun, done bool) {
	r.Helper()
	r.later(2 * time.Second)
	_, _, run, done, _ = r.directory().Rules.LastOrder()
	return run, done
}

// TestReapplyEnds: tickets that cannot be changed, however many, are counted and
// named once; they keep neither the others from the newest rules nor officers
// from the next order.
func TestReapplyEnds(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	list := r.ordered(9)
	bad := func(id ticketing.TicketID) error {
		if id < list[8].ID {
			return fmt.Errorf("will not do: %w", ticketing.Internal)
		}
		return nil
	}
	err := r.reapply(bad)
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("ticket %d:", list[0].ID)) || !strings.Contains(err.Error(), "8 tickets") {
		t.Errorf("the log says %v", err)
	}
	run, done := r.lastRun()
	if want := (ticketing.RuleRun{Seen: 9, Changed: 1, Failed: 8}); !done || run != want {
		t.Errorf("done %v: %+v, want %+v", done, run, want)
	}
	r.must(r.reapply(bad))
	r.must(r.staff.ApplyRules(t.Context(), r.adam(), ticketing.RuleOrder{Reason: "opet"}))
	r.later(2 * time.Second)
	r.must(r.reapply(func(ticketing.TicketID) error { return nil }))
	run, done = r.lastRun()
	if want := (ticketing.RuleRun{Seen: 9, Changed: 8}); !done || run != want {
		t.Errorf("ordered again: done %v: %+v, want %+v", done, run, want)
	}
}

// TestReapplyCountsAllPasses: while the store is away the order waits; what the
// pass before had changed is counted too.
func TestReapplyCountsAllPasses(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	list := r.ordered(3)
	err := r.reapply(func(id ticketing.TicketID) error {
		if id == list[2].ID {
			return fmt.Errorf("away: %w", ticketing.Busy)
		}
		return nil
	})
	r.wantKind(err, ticketing.Busy)
	if _, done := r.lastRun(); done {
		t.Fatal("the order is done while the store was away")
	}
	r.must(r.reapply(func(ticketing.TicketID) error { return nil }))
	run, done := r.lastRun()
	if want := (ticketing.RuleRun{Seen: 3, Changed: 3}); !done || run != want {
		t.Errorf("done %v: %+v, want %+v", done, run, want)
	}
}
