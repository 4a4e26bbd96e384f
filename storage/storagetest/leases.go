package storagetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

func testLeases(t *testing.T, r *room) {
	acquire := func(t *testing.T, name, holder string) (ticketing.Fence, bool) {
		t.Helper()
		f, ok, err := r.Acquire(ctx(), name, holder, time.Minute)
		must(t, err)
		return f, ok
	}
	t.Run("one holder at a time", func(t *testing.T) {
		f, ok := acquire(t, "a", "one")
		if !ok || f.Name != "a" || f.Epoch <= 0 {
			t.Errorf("Acquire() = %+v, %v, want a fence", f, ok)
		}
		if _, ok := acquire(t, "a", "two"); ok {
			t.Error("two holders of one lease")
		}
		if again, ok := acquire(t, "a", "one"); !ok || again != f {
			t.Errorf("renewing = %+v, %v, want %+v", again, ok, f)
		}
		if _, ok := acquire(t, "b", "two"); !ok {
			t.Error("another name is another lease")
		}
	})
	t.Run("renewing makes it last", func(t *testing.T) {
		acquire(t, "c", "one")
		r.Clock.Advance(40 * time.Second)
		acquire(t, "c", "one")
		r.Clock.Advance(40 * time.Second)
		if _, ok := acquire(t, "c", "two"); ok {
			t.Error("a renewed lease was taken over")
		}
	})
	t.Run("one that ran out is taken over with a higher epoch", func(t *testing.T) {
		old, _ := acquire(t, "d", "one")
		r.Clock.Advance(time.Minute)
		taken, ok := acquire(t, "d", "two")
		if !ok || taken.Epoch <= old.Epoch {
			t.Errorf("take-over = %+v, %v, want an epoch above %d", taken, ok, old.Epoch)
		}
		if _, ok := acquire(t, "d", "one"); ok {
			t.Error("the old holder has it too")
		}
	})
	t.Run("given back, it is free at once, with a higher epoch", func(t *testing.T) {
		old, _ := acquire(t, "e", "one")
		must(t, r.Release(ctx(), old, "one"))
		if taken, ok := acquire(t, "e", "two"); !ok || taken.Epoch <= old.Epoch {
			t.Errorf("after release = %+v, %v, want an epoch above %d", taken, ok, old.Epoch)
		}
	})
	t.Run("a lost lease cannot be given back", func(t *testing.T) {
		old, _ := acquire(t, "f", "one")
		r.Clock.Advance(time.Minute)
		held, _ := acquire(t, "f", "two")
		must(t, r.Release(ctx(), old, "one"))
		must(t, r.Release(ctx(), held, "one"))
		must(t, r.Release(ctx(), old, "two"))
		must(t, r.Release(ctx(), ticketing.Fence{Name: "unknown", Epoch: 1}, "one"))
		if _, ok := acquire(t, "f", "three"); ok {
			t.Error("a stranger's release freed the lease")
		}
	})
	t.Run("a stale fence writes nothing", func(t *testing.T) { testStaleFence(t, r) })
	t.Run("of many askers one gets it", func(t *testing.T) {
		got := make([]bool, writers)
		errs := together(writers, func(i int) error {
			_, ok, err := r.Acquire(ctx(), "rush", fmt.Sprint("holder", i), time.Minute)
			got[i] = ok
			return err
		})
		must(t, errors.Join(errs...))
		n := 0
		for _, ok := range got {
			if ok {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d holders, want 1", n)
		}
	})
}

func testStaleFence(t *testing.T, r *room) {
	old, ok, err := r.Acquire(ctx(), "mailbox:fence", "one", time.Minute)
	if err != nil || !ok {
		t.Fatalf("Acquire() = %v, %v", ok, err)
	}
	r.Clock.Advance(time.Minute)
	now, ok, err := r.Acquire(ctx(), "mailbox:fence", "two", time.Minute)
	if err != nil || !ok {
		t.Fatalf("Acquire() = %v, %v", ok, err)
	}
	box := ticketing.Mailbox{Account: "fence", Folder: "INBOX", UIDValidity: 1}
	batch := []ticketing.Arrival{
		r.arrival(func(a *ticketing.Arrival) { a.Box, a.UID = box, 1 }),
		r.arrival(func(a *ticketing.Arrival) { a.Box, a.UID = box, 2 }),
	}
	for _, stale := range []ticketing.Fence{old, {Name: "mailbox:fence", Epoch: now.Epoch + 1}, {Name: "never taken", Epoch: 1}} {
		if _, err := r.Accept(ctx(), stale, batch); !errors.Is(err, ticketing.Stale) {
			t.Errorf("Accept() with %+v = %v, want stale", stale, err)
		}
	}
	known, err := r.Known(ctx(), box, []uint32{1, 2})
	must(t, err)
	for uid, yes := range known {
		if yes {
			t.Errorf("UID %d was entered with a stale fence", uid)
		}
	}
	got, err := r.Accept(ctx(), now, batch)
	must(t, err)
	same(t, "answers to the holder", []ticketing.LedgerState{got[0].State, got[1].State},
		[]ticketing.LedgerState{ticketing.LedgerReceived, ticketing.LedgerReceived})
}
