package storagetest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
)

// simulate replays the period under the profile.
func (r *room) simulate(t *testing.T, profile string, p report.Period) (departments []report.Simulated, all report.Simulated) {
	t.Helper()
	dir, err := r.Directory(ctx())
	must(t, err)
	s, err := report.NewSimulation(dir, profile, p, r.now())
	must(t, err)
	from, to := s.Window()
	inWork, last := false, from
	must(t, r.Histories(ctx(), from, to, report.EventsReplayed(), func(h *report.History) error {
		at := h.Ticket.ReceivedAt
		if at.Before(from) || !at.Before(to) || h.Ticket.Code == ticketing.CodeSpam {
			t.Errorf("a ticket received %v is none of the window's", at)
		}
		if h.Ticket.State.InWork() != inWork && !inWork {
			inWork, last = true, from
		}
		if h.Ticket.State.InWork() != inWork || at.Before(last) {
			t.Errorf("a ticket in work: %t, received %v, comes behind %v", h.Ticket.State.InWork(), at, last)
		}
		last = at
		s.Add(h)
		return nil
	}))
	return s.Result()
}

// reportSimulated: under the promise that was made a simulation finds what the
// report says, by department; under a longer one nothing gets worse.
func (r *room) reportSimulated(t *testing.T, whole report.Request) {
	if departments, _ := r.simulate(t, "24x7", whole.Period); len(departments) < 2 {
		t.Fatalf("only %d departments were found", len(departments))
	}
	check := func(name string, s report.Simulated, req report.Request) {
		t.Helper()
		got, err := report.Department(ctx(), r, reader, req)
		must(t, err)
		f := got.Figure(report.AnswerOnTime)
		if want := (report.OnTime{Met: f.Numerator, Due: f.Denominator}); s.Today != want || s.Under != want {
			t.Errorf("%s: today %+v, simulated %+v; the report says %+v", name, s.Today, s.Under, want)
		}
	}
	past := whole // the report also tells of what is still to come
	past.Period.To = report.DayOf(r.now(), r.zone()) - 1
	departments, all := r.simulate(t, "24x7", past.Period)
	check("city", all, past)
	for _, s := range departments {
		one := past
		one.Filter.Departments = []ticketing.DepartmentID{s.Department}
		check("one department", s, one)
	}
	again, _ := r.simulate(t, "24x7", past.Period)
	if diff := cmp.Diff(departments, again); diff != "" {
		t.Errorf("a second run differs (-first +second):\n%s", diff)
	}
	for _, profile := range []string{"podgorica", "office-hours"} { // never due before the 48 h of the clock
		_, other := r.simulate(t, profile, past.Period)
		today, _ := other.Today.Share()
		under, ok := other.Under.Share()
		if other.Today != all.Today || !ok || under < today || other.Under == other.Today {
			t.Errorf("%s: today %+v (%+v under 24x7), simulated %+v", profile, other.Today, all.Today, other.Under)
		}
	}
	stop, n := errors.New("enough"), 0
	from, to := whole.Period.From.Start(r.zone()), (whole.Period.To + 1).Start(r.zone())
	if err := r.Histories(ctx(), from, to, nil, func(h *report.History) error { n++; return stop }); !errors.Is(err, stop) || n != 1 {
		t.Errorf("Histories() that is stopped = %v after %d", err, n)
	}
}
