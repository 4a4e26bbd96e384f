package ticketing_test

import (
	"slices"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// checkLegs: an open ticket has exactly one custodian (I5), the legs follow one
// another without gap or overlap, and sum to the life of the ticket.
func (h *history) checkLegs(k *ticketing.Ticket, events []ticketing.Event) {
	now := h.Clock.Now().UTC().Truncate(time.Microsecond)
	legs := h.View(h.rig.TB, h.ref).Legs
	r := replayed(h.T, events)
	if len(legs) != len(r.legs) {
		h.Fatalf("%d legs, by the events %d (I5): %v", len(legs), len(r.legs), legs)
	}
	lasting := 0
	var sum time.Duration
	for i, l := range legs {
		want := r.legs[i]
		if l.N != i+1 || !l.From.Equal(want.From) || !l.To.Equal(want.To) {
			h.Errorf("leg %d = %+v, by the events %+v", i+1, l, want)
		}
		if l.Body != want.Body || l.Department != want.Department {
			h.Errorf("leg %d is of %d, body %d, by the events of %d, body %d (I5)", i+1, l.Department, l.Body, want.Department, want.Body)
		}
		if i > 0 && l.From.Before(legs[i-1].To) {
			h.Errorf("leg %d begins at %v, before %v where the one before it ends (I5)", i+1, l.From, legs[i-1].To)
		}
		if l.To.IsZero() {
			lasting++
		}
		sum += l.Lasted(now)
	}
	want := 0
	if k.State.InWork() {
		want = 1
	}
	if lasting != want || k.InCustody() != k.State.InWork() {
		h.Errorf("%d custodians of a ticket that is %s (I5)", lasting, k.State)
	}
	life := r.inWork
	if !r.since.IsZero() {
		until := now
		if last := r.legs[len(r.legs)-1].From; last.After(until) {
			until = last // the clock was set back since
		}
		life += max(0, until.Sub(r.since))
	}
	if sum != life {
		h.Errorf("legs sum to %v, the ticket was in work for %v", sum, life)
	}
	if s := ticketing.SpentBy(legs, k.Pauses, now); s.Us+s.Citizen+s.Others != life || min(s.Us, s.Citizen, s.Others) < 0 {
		h.Errorf("%+v, the ticket was in work for %v", s, life)
	}
	h.checkLegClocks(k)
}

// checkLegClocks: the clock of a custody runs only in that custody, and is never
// due later than the citizen's nearest clock.
func (h *history) checkLegClocks(k *ticketing.Ticket) {
	var nearest time.Time
	for _, c := range k.Clocks {
		if isOpen(c) && c.Kind != ticketing.ClockLeg && c.Kind != ticketing.ClockValidation && !c.Due.IsZero() && (nearest.IsZero() || c.Due.Before(nearest)) {
			nearest = c.Due
		}
	}
	for _, c := range k.Clocks {
		if c.Kind != ticketing.ClockLeg {
			continue
		}
		if isOpen(c) && (!k.InCustody() || c.Leg != k.Leg) {
			h.Errorf("the clock of leg %d runs in leg %d", c.Leg, k.Leg)
		}
		want := c.OwnDue
		if !want.IsZero() && !nearest.IsZero() && nearest.Before(want) {
			want = nearest
		}
		if isOpen(c) && c.BreachedAt.IsZero() && !c.Due.Equal(want) {
			h.Errorf("leg %d is due %v, by its own target %v, the citizen's nearest clock %v", c.Leg, c.Due, c.OwnDue, nearest)
		}
		if !c.OwnDue.IsZero() && c.Due.After(c.OwnDue) {
			h.Errorf("leg %d is due %v, after its own target %v", c.Leg, c.Due, c.OwnDue)
		}
	}
}

func isOpen(c ticketing.Clock) bool {
	return slices.Contains([]ticketing.ClockState{ticketing.ClockRunning, ticketing.ClockPaused, ticketing.ClockAnswering}, c.State)
}

// legRig is an office in which a custody of roads takes 10 working hours and one of
// lighting 100.
func legRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, "")
	r.must(r.Store.InTx(t.Context(), func(tx ticketing.Tx) error {
		r.Roads.LegHours, r.Lighting.LegHours = 10, 100
		if err := tx.SaveDepartment(t.Context(), &r.Roads); err != nil {
			return err
		}
		return tx.SaveDepartment(t.Context(), &r.Lighting)
	}))
	return r
}

// leg gives the newest clock of a custody.
func (r *rig) leg(ref ticketing.Reference) ticketing.Clock {
	r.Helper()
	c := *clockOf(r.ticket(ref), ticketing.ClockLeg)
	if c.Kind == "" {
		r.Fatal("no clock of the custody")
	}
	return c
}

// TestB20LegClockStartsOnce: the clock of a custody starts with the custody, not
// again when somebody joins, and stands still for waits of its own custodian.
func TestB20LegClockStartsOnce(t *testing.T) {
	t.Parallel()
	r := legRig(t)
	k := r.open(r.mail("Rupa", "velika rupa"))
	r.must(second(r.desk.Move(t.Context(), r.ana(), at(k), r.Roads.ID, "")))
	first := r.leg(k.Ref)
	if first.State != ticketing.ClockRunning || first.Leg != 2 || first.Target != 10*time.Hour || first.Due.IsZero() {
		t.Fatalf("clock %+v", first)
	}
	r.must(second(r.desk.Assign(t.Context(), r.ana(), at(k), r.Ana.ID)))
	if again := r.leg(k.Ref); again.StartSeq != first.StartSeq || !again.Due.Equal(first.Due) {
		t.Errorf("assigning somebody started it anew: %+v, was %+v", again, first)
	}
	r.must(second(r.desk.Wait(t.Context(), r.ana(), at(k), ticketing.WaitMaterial)))
	if c := r.leg(k.Ref); c.State != ticketing.ClockPaused {
		t.Errorf("waiting for material it is %s", c.State)
	}
	r.Clock.Advance(time.Hour)
	r.must(second(r.desk.Resume(t.Context(), r.ana(), at(k))))
	if c := r.leg(k.Ref); c.State != ticketing.ClockRunning || c.StartSeq != first.StartSeq || !c.StartedAt.Equal(first.StartedAt) {
		t.Errorf("after the wait: %+v, was %+v", c, first)
	}
}

// TestB21CustodianHasItsOwnTime: a department counts its own target from when it got
// the ticket, beside the citizen's clocks and never later than the nearest of them.
func TestB21CustodianHasItsOwnTime(t *testing.T) {
	t.Parallel()
	r := legRig(t)
	k := r.open(r.mail("Rupa", "velika rupa"))
	r.Clock.Advance(time.Hour)
	r.must(second(r.desk.Move(t.Context(), r.ana(), at(k), r.Roads.ID, "")))
	if c := r.leg(k.Ref); !c.StartedAt.Equal(r.Clock.Now()) || c.Target != 10*time.Hour {
		t.Errorf("the department's time counts from %v: %+v", c.StartedAt, c)
	}
	r.Clock.Advance(time.Hour)
	r.must(second(r.desk.Move(t.Context(), r.ana(), at(k), r.Lighting.ID, "")))
	next := r.leg(k.Ref)
	k = r.ticket(k.Ref)
	if next.Leg != 3 || next.State != ticketing.ClockRunning || !next.Due.Equal(k.DueAt) || !next.OwnDue.After(next.Due) {
		t.Errorf("a target of 100 h is due %v by itself, %v in the end, the citizen's clock %v", next.OwnDue, next.Due, k.DueAt)
	}
	for _, c := range k.Clocks {
		if c.Leg == 2 && c.State != ticketing.ClockMet {
			t.Errorf("the custody that ended in time left its clock %s", c.State)
		}
	}
}
