package storagetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

func testCouriers(t *testing.T, r *room) {
	t.Run("many couriers claim each delivery once", func(t *testing.T) {
		const rows = 120
		r.in(t, func(tx ticketing.Tx) error {
			for i := range rows {
				d, err := r.delivery(tx, ticketing.PurposeAnswer, fmt.Sprintf("k%d@example.me", i))
				if err != nil {
					return err
				}
				if err := tx.SaveDelivery(ctx(), &d); err != nil {
					return err
				}
			}
			return nil
		})
		claimed := make([][]ticketing.Delivery, writers)
		errs := together(writers, func(i int) error {
			for {
				list, err := r.ClaimDeliveries(ctx(), ticketing.ChannelEmail, 7, courierLease, noCap)
				if err != nil || len(list) == 0 {
					return err
				}
				claimed[i] = append(claimed[i], list...)
			}
		})
		must(t, errors.Join(errs...))
		by := map[ticketing.DeliveryID]int{}
		for _, list := range claimed {
			for _, d := range list {
				by[d.ID]++
				if d.Epoch != 1 || d.Attempts != 1 {
					t.Errorf("delivery %d has epoch %d, attempt %d", d.ID, d.Epoch, d.Attempts)
				}
			}
		}
		for id, n := range by {
			if n != 1 {
				t.Errorf("delivery %d was claimed %d times", id, n)
			}
		}
		// A courier may pass over rows that another one holds at the instant.
		for range rows {
			rest := r.courier(t, 50)
			if len(rest) == 0 {
				break
			}
			for _, d := range rest {
				by[d.ID]++
			}
		}
		if len(by) != rows {
			t.Errorf("%d deliveries were claimed, want %d", len(by), rows)
		}
		r.Clock.Advance(courierLease)
		r.finish(t, r.courier(t, 2*rows)...)
	})
	t.Run("taken back or sent, never both", func(t *testing.T) {
		for round := range 20 {
			testTakeBackRace(t, r, round)
		}
	})
}

// testTakeBackRace lets an agent undo a message at the moment a courier claims
// its two copies.
func testTakeBackRace(t *testing.T, r *room, round int) {
	k := r.ticket(t, nil)
	m := r.write(t, k.ID, ticketing.Out, nil)
	r.change(t, k.ID, func(tx ticketing.Tx, k *ticketing.Ticket) error {
		for range 2 {
			d, err := r.delivery(tx, ticketing.PurposeAnswer, "x@example.me")
			if err != nil {
				return err
			}
			d.Message = m.ID
			k.Pending.Deliveries = append(k.Pending.Deliveries, d)
		}
		return nil
	})
	var claimed []ticketing.Delivery
	errTooLate := fmt.Errorf("too late: %w", ticketing.Conflict)
	errs := together(2, func(i int) (err error) {
		if i == round%2 {
			time.Sleep(rand.N(300 * time.Microsecond)) //nolint:gosec // G404: a test's dice
		}
		if i == 0 {
			claimed, err = r.ClaimDeliveries(ctx(), ticketing.ChannelEmail, 10, courierLease, noCap)
			return err
		}
		return r.InTx(ctx(), func(tx ticketing.Tx) error {
			x, err := tx.TicketByID(ctx(), k.ID)
			if err != nil {
				return err
			}
			list, err := tx.DeliveriesOf(ctx(), m.ID)
			if err != nil {
				return err
			}
			for _, d := range list {
				if d.State != ticketing.DeliveryPending {
					return errTooLate
				}
				d.State, d.SettledAt = ticketing.DeliveryTakenBack, r.now()
				x.Pending.Changed = append(x.Pending.Changed, d)
			}
			return tx.SaveTicket(ctx(), x)
		})
	})
	must(t, errs[0])
	if err := errs[1]; err != nil && !errors.Is(err, ticketing.Conflict) && !errors.Is(err, ticketing.Stale) {
		t.Fatalf("taking back = %v", err)
	}
	var list []ticketing.Delivery
	r.in(t, func(tx ticketing.Tx) (err error) {
		list, err = tx.DeliveriesOf(ctx(), m.ID)
		return err
	})
	takenBack := errs[1] == nil
	for _, d := range list {
		want := ticketing.DeliveryTakenBack
		if !takenBack {
			want = ticketing.DeliverySending
		}
		// A courier that passes over a locked row leaves it pending for the next.
		if d.State != want && (takenBack || d.State != ticketing.DeliveryPending) {
			t.Errorf("taken back: %v, claimed: %d, but the delivery is %v", takenBack, len(claimed), d.State)
		}
	}
	if takenBack && len(claimed) != 0 {
		t.Errorf("taken back, and %d copies were claimed", len(claimed))
	}
	r.Clock.Advance(2 * courierLease)
	r.finish(t, r.courier(t, 10)...)
}

func testOutgoing(t *testing.T, r *room) {
	in := func(s ticketing.DeliveryState) ticketing.Delivery {
		return r.send(t, ticketing.PurposeAnswer, func(d *ticketing.Delivery) { d.State = s })
	}
	oldest := r.now()
	first := in(ticketing.DeliveryHeld)
	pending := in(ticketing.DeliveryPending)
	r.Clock.Advance(time.Minute)
	var held []ticketing.DeliveryID
	for range 5 {
		held = append([]ticketing.DeliveryID{in(ticketing.DeliveryHeld).ID}, held...)
	}
	held = append(held, first.ID)
	in(ticketing.DeliveryRetry)
	in(ticketing.DeliverySent)
	counts := func(t *testing.T, want map[ticketing.DeliveryState]int) time.Time {
		t.Helper()
		got, since, err := r.DeliveryCounts(ctx())
		must(t, err)
		for s, n := range got {
			if n == 0 {
				delete(got, s)
			}
		}
		same(t, "counts", got, want)
		return since
	}
	t.Run("lists and counts by state", func(t *testing.T) {
		for _, n := range []int{3, 100} {
			list, err := r.DeliveriesIn(ctx(), ticketing.DeliveryHeld, n)
			must(t, err)
			same(t, "held deliveries", deliveryIDs(list), held[:min(n, len(held))])
			for _, d := range list {
				if d.Text != "" {
					t.Error("the list carries a text")
				}
			}
		}
		since := counts(t, map[ticketing.DeliveryState]int{
			ticketing.DeliveryHeld: 6, ticketing.DeliveryPending: 1, ticketing.DeliveryRetry: 1, ticketing.DeliverySent: 1,
		})
		if !since.Equal(oldest) {
			t.Errorf("oldest waiting = %v, want %v", since, oldest)
		}
	})
	t.Run("held ones are released or taken back, once", func(t *testing.T) {
		n, err := r.ReleaseHeld(ctx(), []ticketing.DeliveryID{held[0], held[1], pending.ID, 1 << 40}, true)
		if err != nil || n != 2 {
			t.Errorf("ReleaseHeld() = %d, %v, want 2", n, err)
		}
		n, err = r.ReleaseHeld(ctx(), []ticketing.DeliveryID{held[0], held[2]}, false)
		if err != nil || n != 1 {
			t.Errorf("ReleaseHeld() back = %d, %v, want 1", n, err)
		}
		if d := r.loadDelivery(t, held[2]); d.State != ticketing.DeliveryTakenBack || d.SettledAt.IsZero() {
			t.Errorf("taken back = %v, settled %v", d.State, d.SettledAt)
		}
		counts(t, map[ticketing.DeliveryState]int{
			ticketing.DeliveryHeld: 3, ticketing.DeliveryPending: 3, ticketing.DeliveryRetry: 1, ticketing.DeliverySent: 1, ticketing.DeliveryTakenBack: 1,
		})
		if claimed := r.courier(t, 10); len(claimed) != 4 {
			t.Errorf("couriers claimed %d, want the released, the pending and the retried", len(claimed))
		}
	})
	t.Run("nothing waiting", func(t *testing.T) {
		r.Clock.Advance(2 * courierLease)
		r.finish(t, r.courier(t, 10)...)
		if since := counts(t, map[ticketing.DeliveryState]int{
			ticketing.DeliveryHeld: 3, ticketing.DeliverySent: 5, ticketing.DeliveryTakenBack: 1,
		}); !since.IsZero() {
			t.Errorf("oldest waiting = %v, want none", since)
		}
	})
}
