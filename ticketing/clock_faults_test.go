package ticketing_test

import (
	"slices"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/calendar"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// withHoliday gives the rulebook after the town has added the
// holiday to its calendars.
func withHoliday(t *testing.T, add string) *ticketing.Rulebook {
	t.Helper()
	var made []*calendar.Calendar
	for _, spec := range ticketingtest.Calendars() {
		c, err := calendar.New(spec)
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, c)
		spec.Version = 2
		d, err := calendar.ParseDate(add)
		if err != nil {
			t.Fatal(err)
		}
		spec.Holidays = append(slices.Clone(spec.Holidays), calendar.Holiday{Date: d, Name: "Dan žalosti"})
		if c, err = calendar.New(spec); err != nil {
			t.Fatal(err)
		}
		made = append(made, c)
	}
	b, err := ticketing.NewRulebook(ticketingtest.Zone(), ticketingtest.Profiles(), made, "office-hours")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestF44HolidayAfterOpening: a holiday that is declared later moves what is
// opened later; what was counted before keeps its calendar and its due, so that
// no report of the past changes (I6, B18).
func TestF44HolidayAfterOpening(t *testing.T) {
	t.Parallel()
	before, after := ticketingtest.Rulebook(t, "office-hours"), withHoliday(t, "2026-03-10")
	category := ticketing.Category{ID: 1, Code: "other", Department: 1, ResolveDays: 2}
	open := func(rules *ticketing.Rulebook) *ticketing.Ticket {
		at := time.Date(2026, 3, 9, 8, 0, 0, 0, ticketingtest.Zone()).UTC()
		return ticketing.Open(ticketing.Opening{ID: 1, Category: category, Department: 1, ReceivedAt: at, Channel: ticketing.ChannelEmail}, ticketing.SystemActor("test"), rules, at)
	}
	old, young := open(before), open(after)
	for i, c := range old.Clocks {
		if c.CalendarVersion != 1 || young.Clocks[i].CalendarVersion != 2 {
			t.Errorf("%s is counted by version %d before and %d after", c.Kind, c.CalendarVersion, young.Clocks[i].CalendarVersion)
		}
		if got := after.Due(&c, nil); !got.Equal(c.Due) {
			t.Errorf("%s was due %v and is now %v", c.Kind, c.Due, got)
		}
		if !young.Clocks[i].Due.After(c.Due) {
			t.Errorf("%s opened after the declaration is due %v, not after %v", c.Kind, young.Clocks[i].Due, c.Due)
		}
		x, err := after.Explain(young.Clocks[i], nil, young.Clocks[i].Due)
		if err != nil || !slices.ContainsFunc(x.Intervals, func(v calendar.Interval) bool { return v.Name == "Dan žalosti" && !v.Counted }) {
			t.Errorf("%s does not tell of the day: %v, %v", c.Kind, x.Intervals, err)
		}
	}
	// A pause that ends after the declaration is still counted by the old calendar.
	now := old.ReceivedAt.Add(time.Hour)
	if err := old.Wait(ticketing.WaitBody, false, ticketing.SystemActor("test"), after, now); err != nil {
		t.Fatal(err)
	}
	due := old.Clocks[1].Due
	if err := old.Resume(ticketing.SystemActor("test"), after, now.Add(30*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if got := old.Clocks[1]; got.CalendarVersion != 1 || !due.IsZero() || !got.Due.Equal(before.Due(&got, old.Pauses)) {
		t.Errorf("after a pause: version %d, due %v", got.CalendarVersion, got.Due)
	}
}

// TestF44HolidayWhileTheCitizenIsAwaited: what caps a wait for the citizen is
// counted by the work calendar as it stood when the promise was made, though the
// promise itself counts around the clock (I6, B18).
func TestF44HolidayWhileTheCitizenIsAwaited(t *testing.T) {
	t.Parallel()
	r := newRig(t, "24x7")
	r.Clock.Set(time.Date(2026, 3, 9, 8, 0, 0, 0, time.UTC))
	k := r.opened()
	r.reply(k, ticketing.ReplyInput{Kind: ticketing.ReplyQuestion, Wait: true})
	r.Deliver(t, ticketing.DeliverySent)
	due := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer).Due
	cal, _ := r.directory().Rules.Calendar("working-days", 0)
	spec := cal.Spec()
	spec.Holidays = append(slices.Clone(spec.Holidays), calendar.Holiday{Date: calendar.Date{Year: 2026, Month: 3, Day: 12}, Name: "Dan žalosti"})
	r.saveRule(ticketing.DraftCalendar(spec), 1)
	r.later(due.Add(-24 * time.Hour).Sub(r.Clock.Now())) // the cap is used up, the promise runs again
	r.must(second(r.desk.Resume(t.Context(), r.ana(), at(k))))
	got := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer)
	if !got.Due.Equal(due) {
		t.Errorf("due %v; before the holiday was declared it was due %v", got.Due, due)
	}
	if young := clockOf(r.opened(), ticketing.ClockAnswer); young.WorkVersion != 2 || got.WorkVersion != 1 {
		t.Errorf("the cap counts by version %d, of a promise made since by %d", got.WorkVersion, young.WorkVersion)
	}
}

// TestF45PausesToTheSecond: many waits across the spring change, a weekend and
// restarts (every step is read back from the store) leave the rest of the
// promise whole.
func TestF45PausesToTheSecond(t *testing.T) {
	t.Parallel()
	for _, profile := range []string{"24x7", "podgorica", "office-hours"} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, profile)
			r.Clock.Set(time.Date(2026, 3, 26, 8, 3, 17, 123_000, time.UTC)) // Thursday; Sunday the clock changes
			k := r.opened()
			rules := r.directory().Rules
			resolve := clockOf(k, ticketing.ClockResolve)
			cal, _ := rules.Calendar(resolve.Calendar, resolve.CalendarVersion)
			rest, now := resolve.Target, resolve.CountFrom
			for i := range 9 {
				r.later(time.Duration(i+1)*67*time.Minute + 13*time.Second)
				if at := r.Clock.Now(); at.After(now) {
					rest -= cal.Between(now, at)
				}
				r.must(second(r.desk.Wait(t.Context(), r.ana(), at(k), ticketing.WaitMaterial)))
				if got := clockOf(r.ticket(k.Ref), ticketing.ClockResolve); !got.Due.IsZero() || got.State != ticketing.ClockPaused {
					t.Fatalf("waiting for material: %s, due %v", got.State, got.Due)
				}
				r.later(time.Duration(i+1)*311*time.Minute + 7*time.Second)
				r.must(second(r.desk.Resume(t.Context(), r.ana(), at(k))))
				if at := r.Clock.Now(); at.After(now) {
					now = at
				}
			}
			want, err := cal.Add(now, rest)
			r.must(err)
			got := clockOf(r.ticket(k.Ref), ticketing.ClockResolve)
			if !got.Due.Equal(want.Truncate(time.Microsecond)) {
				t.Errorf("due %v; step by step %v", got.Due, want)
			}
			if x, err := rules.Explain(*got, r.ticket(k.Ref).Pauses, r.Clock.Now()); err != nil || x.Left != rest-cal.Between(now, r.Clock.Now()) {
				t.Errorf("left %v, %v; want %v", x.Left, err, rest)
			}
		})
	}
}

// TestF46AtTheEdge: a wait at the very due instant, reopening, a duplicate and
// another department, each with what must come of it.
func TestF46AtTheEdge(t *testing.T) {
	t.Parallel()
	resolveDue := func(k *ticketing.Ticket) time.Time { return clockOf(k, ticketing.ClockResolve).Due }
	for _, row := range []struct {
		name string
		do   func(r *rig, k *ticketing.Ticket) error
		// what the resolve clock must be after Watch ran a day after the first due
		state    ticketing.ClockState
		breaches int
		charged  func(r *rig) ticketing.DepartmentID
		moved    time.Duration // of the due instant
	}{
		{"a wait a microsecond before the due", func(r *rig, k *ticketing.Ticket) error {
			r.Clock.Set(resolveDue(k).Add(-time.Microsecond))
			return second(r.desk.Wait(r.Context(), r.ana(), at(k), ticketing.WaitBody))
		}, ticketing.ClockPaused, 0, nil, -1},
		{"a wait at the due", func(r *rig, k *ticketing.Ticket) error {
			r.Clock.Set(resolveDue(k))
			return second(r.desk.Wait(r.Context(), r.ana(), at(k), ticketing.WaitBody))
		}, ticketing.ClockMissed, 1, func(r *rig) ticketing.DepartmentID { return r.Bureau.ID }, 0},
		{"a wait after the due that nobody had judged", func(r *rig, k *ticketing.Ticket) error {
			r.Clock.Set(resolveDue(k).Add(time.Hour))
			return second(r.desk.Wait(r.Context(), r.ana(), at(k), ticketing.WaitBody))
		}, ticketing.ClockMissed, 1, func(r *rig) ticketing.DepartmentID { return r.Bureau.ID }, 0},
		{"resolved at the due", func(r *rig, k *ticketing.Ticket) error {
			r.Clock.Set(resolveDue(k))
			return second(r.desk.Resolve(r.Context(), r.ana(), at(k), ""))
		}, ticketing.ClockMet, 0, func(r *rig) ticketing.DepartmentID { return r.Bureau.ID }, 0},
		{"resolved a microsecond late", func(r *rig, k *ticketing.Ticket) error {
			r.Clock.Set(resolveDue(k).Add(time.Microsecond))
			return second(r.desk.Resolve(r.Context(), r.ana(), at(k), ""))
		}, ticketing.ClockMissed, 1, func(r *rig) ticketing.DepartmentID { return r.Bureau.ID }, 0},
		{"handed over a microsecond before the due", func(r *rig, k *ticketing.Ticket) error {
			r.Clock.Set(resolveDue(k).Add(-time.Microsecond))
			return second(r.desk.Move(r.Context(), r.ana(), at(k), r.Lighting.ID, ""))
		}, ticketing.ClockMissed, 1, func(r *rig) ticketing.DepartmentID { return r.Lighting.ID }, 0},
		{"handed over at the due", func(r *rig, k *ticketing.Ticket) error {
			r.Clock.Set(resolveDue(k))
			return second(r.desk.Move(r.Context(), r.ana(), at(k), r.Lighting.ID, ""))
		}, ticketing.ClockMissed, 1, func(r *rig) ticketing.DepartmentID { return r.Bureau.ID }, 0},
		{"closed as withdrawn at the due", func(r *rig, k *ticketing.Ticket) error {
			r.Clock.Set(resolveDue(k))
			return second(r.desk.Close(r.Context(), r.ana(), at(k), ticketing.CloseInput{Code: ticketing.CodeWithdrawn, Silent: true}))
		}, ticketing.ClockMissed, 1, func(r *rig) ticketing.DepartmentID { return r.Bureau.ID }, 0},
		{"a duplicate before the due", func(r *rig, k *ticketing.Ticket) error {
			other := r.open(r.Mail("jelena@posta.example", "Isto", "isto"))
			r.Clock.Set(resolveDue(k).Add(-time.Microsecond))
			return second(r.desk.Close(r.Context(), r.ana(), at(k), ticketing.CloseInput{Code: ticketing.CodeDuplicate, Duplicate: other.Ref, Silent: true}))
		}, ticketing.ClockEnded, 0, func(r *rig) ticketing.DepartmentID { return r.Bureau.ID }, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "")
			k := r.opened()
			r.reply(k, ticketing.ReplyInput{})
			r.Deliver(t, ticketing.DeliverySent)
			k = r.ticket(k.Ref)
			due := resolveDue(k)
			r.must(row.do(r, k))
			if r.Clock.Now().Before(due.Add(day)) {
				r.Clock.Set(due.Add(day))
			}
			r.run()
			got := r.ticket(k.Ref)
			c := clockOf(got, ticketing.ClockResolve)
			if c.State != row.state || (row.moved == 0) != c.Due.Equal(due) {
				t.Errorf("resolve is %s, due %v; want %s, due %v", c.State, c.Due, row.state, due)
			}
			if n := r.count(k.Ref, ticketing.EventBreached); n != row.breaches {
				t.Errorf("%d breaches, want %d", n, row.breaches)
			}
			if row.charged != nil && c.Charged != row.charged(r) {
				t.Errorf("charged to %d, want %d", c.Charged, row.charged(r))
			}
			if row.breaches > 0 && !c.BreachedAt.Equal(due) {
				t.Errorf("breached at %v, want the due %v (I9)", c.BreachedAt, due)
			}
		})
	}
}
