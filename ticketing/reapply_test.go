package ticketing_test

import (
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/calendar"
)

// reapplied works what was ordered, twice: the second time nothing is left.
func (r *rig) reapplied() ticketing.RuleRun {
	r.Helper()
	job := ticketing.Reapply{Bureau: r.Core, Duties: r.Store, Audit: r.Store}
	for range 2 {
		r.later(2 * time.Second)
		r.must(job.Run(r.Context()))
	}
	r.later(2 * time.Second)
	dir, err := r.Store.Directory(r.Context())
	r.must(err)
	_, _, run, done, ok := dir.Rules.LastOrder()
	if !ok || !done {
		r.Fatal("the order is not done")
	}
	return run
}

func (r *rig) rebased(ref ticketing.Reference) (n int) { return r.count(ref, ticketing.EventRebased) }

// TestHolidayAfterOpening: a holiday added later moves nothing by itself. Ordered,
// it moves open promises, each with old and new due and who decided; what is
// judged stays (F44, B18).
func TestHolidayAfterOpening(t *testing.T) {
	t.Parallel()
	r := newRig(t, "podgorica")
	r.Clock.Set(time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)) // Mon 09:00: due Wed 09:00
	late := r.opened()
	r.Clock.Set(time.Date(2026, 3, 9, 8, 0, 0, 0, time.UTC))
	r.run()
	open, done := r.opened(), r.opened()
	r.reply(done, ticketing.ReplyInput{Text: "Gotovo.", Resolve: true})
	r.Deliver(t, ticketing.DeliverySent)
	due := clockOf(open, ticketing.ClockAnswer).Due
	dir, err := r.Store.Directory(t.Context())
	r.must(err)
	cal, _ := dir.Rules.Calendar("working-days", 0)
	spec := cal.Spec()
	spec.Holidays = append(spec.Holidays, calendar.Holiday{Date: calendar.Date{Year: 2026, Month: 3, Day: 10}, Name: "Dan žalosti"})
	r.saveRule(ticketing.DraftCalendar(spec), 1)
	r.later(time.Minute)
	r.run()
	if got := clockOf(r.ticket(open.Ref), ticketing.ClockAnswer); !got.Due.Equal(due) || got.CalendarVersion != 1 {
		t.Fatalf("a saved calendar moved a running promise to %v", got.Due)
	}
	r.wantKind(r.staff.ApplyRules(t.Context(), r.adam(), ticketing.RuleOrder{}), ticketing.Invalid)
	r.wantKind(r.staff.ApplyRules(t.Context(), r.ana(), ticketing.RuleOrder{Reason: "x"}), ticketing.Forbidden)
	// Without leave a promise never gets longer.
	r.must(r.staff.ApplyRules(t.Context(), r.adam(), ticketing.RuleOrder{Reason: "praznik"}))
	r.wantKind(r.staff.ApplyRules(t.Context(), r.adam(), ticketing.RuleOrder{Reason: "praznik"}), ticketing.Conflict)
	run := r.reapplied()
	if run.Seen != 2 || run.Held == 0 || r.rebased(open.Ref) != 0 || !clockOf(r.ticket(open.Ref), ticketing.ClockAnswer).Due.Equal(due) {
		t.Errorf("without leave: %+v, due %v", run, clockOf(r.ticket(open.Ref), ticketing.ClockAnswer).Due)
	}
	lateDue := clockOf(r.ticket(late.Ref), ticketing.ClockAnswer).Due
	r.must(r.staff.ApplyRules(t.Context(), r.adam(), ticketing.RuleOrder{Reason: "praznik", Longer: true}))
	run = r.reapplied()
	got := clockOf(r.ticket(open.Ref), ticketing.ClockAnswer)
	if !got.Due.Equal(due.Add(24*time.Hour)) || got.CalendarVersion != 2 || r.rebased(open.Ref) != 1 || run.Changed == 0 {
		t.Errorf("with leave: due %v instead of %v, %d events, %+v", got.Due, due.Add(24*time.Hour), r.rebased(open.Ref), run)
	}
	for _, e := range r.events(open.Ref) {
		if e.Kind == ticketing.EventRebased {
			moved, _ := e.Data["due_answer"].([]any)
			if len(moved) != 2 || e.Data["by"] != r.adam().ID() || e.Data["order"] != 2.0 {
				t.Errorf("the event says %v", e.Data)
			}
		}
	}
	if k := clockOf(r.ticket(late.Ref), ticketing.ClockAnswer); !k.Due.Equal(lateDue) || k.CalendarVersion != 1 {
		t.Errorf("a broken promise became due %v", k.Due)
	}
	if r.rebased(done.Ref) != 0 {
		t.Error("a finished ticket was touched")
	}
}

// TestShorterPromiseApplies: what becomes shorter needs no leave, and pauses stay.
func TestShorterPromiseApplies(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	due := clockOf(k, ticketing.ClockAnswer).Due
	r.saveRule(ticketing.DraftPolicy(ticketing.Policy{Name: "fast", Target: 24 * time.Hour}), 0)
	r.must(r.staff.ApplyRules(t.Context(), r.adam(), ticketing.RuleOrder{Reason: "brže"}))
	r.reapplied()
	if c := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer); !c.Due.Equal(due.Add(-24*time.Hour)) || c.Policy != "fast" {
		t.Errorf("due %v by %q", c.Due, c.Policy)
	}
}
