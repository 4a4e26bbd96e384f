package ticketing_test

import (
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// TestChargedThroughAMove: a promise that fell due while its answer was on its way
// counts for who had the ticket then, also when the move brings another promise;
// one that gives more time counts for who has it when it falls due (D9).
func TestChargedThroughAMove(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		target time.Duration // at the roads, instead of 48 h
		due    bool          // whether the roads' promise falls due with them
	}{{"shorter", 24 * time.Hour, false}, {"longer, but over too", 48*time.Hour + 5*time.Second, false}, {"longer", 49 * time.Hour, true}} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "")
			r.saveRule(ticketing.DraftPolicy(ticketing.Policy{Name: "roads", Departments: []ticketing.DepartmentID{r.Roads.ID}, Profile: "24x7", Target: row.target}), 0)
			r.later(2 * time.Second)
			k := r.opened()
			r.Clock.Set(clockOf(k, ticketing.ClockAnswer).Due.Add(-10 * time.Second))
			r.reply(k, ticketing.ReplyInput{})
			d := r.claim()[0]
			r.later(20 * time.Second) // past the due, the letter not yet accepted
			r.must(second(r.desk.Move(t.Context(), r.ana(), at(k), r.Roads.ID, "")))
			c := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer)
			if c.Policy != "roads" || c.State != ticketing.ClockAnswering || !c.BreachedAt.IsZero() {
				t.Fatalf("after the move: %s, %s, breached %v", c.Policy, c.State, c.BreachedAt)
			}
			if row.due {
				r.Clock.Set(c.Due.Add(time.Second))
			}
			r.must(r.courier.Settle(t.Context(), d, ticketing.Outcome{State: ticketing.DeliverySent, At: r.Clock.Now()}))
			want := r.Bureau.ID
			if row.due {
				want = r.Roads.ID
			}
			if c = clockOf(r.ticket(k.Ref), ticketing.ClockAnswer); c.State != ticketing.ClockMissed || c.Charged != want {
				t.Errorf("%s, charged %d; want missed, %d", c.State, c.Charged, want)
			}
		})
	}
}
