package report_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
)

// TestLegsSumToTheEpisode divides the life of resolved tickets between us, the
// citizen and others: what an outside body had is with others, also what waited
// meanwhile, and nothing is counted twice (I5).
func TestLegsSumToTheEpisode(t *testing.T) {
	t.Parallel()
	y, _, _ := newYear(t, 1)
	start := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	at := func(hours int) time.Time { return start.Add(time.Duration(hours) * time.Hour) }
	event := func(kind ticketing.EventKind, hours int, data map[string]any) ticketing.Event {
		return ticketing.Event{Kind: kind, At: at(hours), Data: data, Actor: "agent:1"}
	}
	wait := func(r ticketing.WaitReason, from, to int) ticketing.Pause {
		return ticketing.Pause{Reason: r, From: at(from), To: at(to)}
	}
	taken, back := map[string]any{"custody": true}, map[string]any{"custody": true}
	type legs struct{ Own, Citizen, Others, Elsewhere int64 }
	for name, c := range map[string]struct {
		events []ticketing.Event
		pauses []ticketing.Pause
		want   legs
	}{
		"nobody else":           {nil, nil, legs{Own: 20}},
		"the citizen was asked": {nil, []ticketing.Pause{wait(ticketing.WaitCitizen, 2, 7)}, legs{Own: 15, Citizen: 5}},
		"a body had it": {
			[]ticketing.Event{event(ticketing.EventAccepted, 3, taken), event(ticketing.EventBodyAnswered, 9, back)}, nil, legs{Own: 14, Others: 6},
		},
		"a body gave it back, another kept it": {
			[]ticketing.Event{event(ticketing.EventAccepted, 3, taken), event(ticketing.EventRefused, 5, back), event(ticketing.EventAccepted, 12, taken)},
			nil,
			legs{Own: 10, Others: 10},
		},
		"only an opinion was wanted": {
			[]ticketing.Event{event(ticketing.EventAccepted, 3, map[string]any{"custody": false}), event(ticketing.EventBodyAnswered, 9, map[string]any{"custody": false})},
			nil,
			legs{Own: 20},
		},
		"the citizen was asked before and while a body had it": {
			[]ticketing.Event{event(ticketing.EventAccepted, 6, taken), event(ticketing.EventWithdrawn, 16, back)},
			[]ticketing.Pause{wait(ticketing.WaitCitizen, 4, 8), wait(ticketing.WaitWeather, 14, 18)},
			legs{Own: 6, Citizen: 2, Others: 12},
		},
		"another department began": {
			[]ticketing.Event{event(ticketing.EventMoved, 5, map[string]any{"from": int64(y.Bureau.ID), "to": int64(y.Roads.ID)}), event(ticketing.EventAccepted, 10, taken)},
			nil,
			legs{Own: 5, Others: 10, Elsewhere: 5},
		},
	} {
		k := &ticketing.Ticket{
			ID: 1, Department: y.Roads.ID, Category: y.Pothole.ID, State: ticketing.StateResolved, ReceivedAt: start, ResolvedAt: at(20),
			Code: ticketing.CodeResolved, Episode: 1, Pauses: c.pauses,
		}
		first := y.Roads.ID
		if c.want.Elsewhere > 0 {
			first = y.Bureau.ID
		}
		events := append([]ticketing.Event{event(ticketing.EventOpened, 0, map[string]any{"department": int64(first)})}, c.events...)
		events = append(events, event(ticketing.EventResolved, 20, nil))
		list := report.FactsOf(&report.History{Ticket: k, Events: events}, report.TownOf(y.dir)).Tickets
		if len(list) != 1 {
			t.Fatalf("%s: %d facts", name, len(list))
		}
		f := list[0]
		hours := func(s int64) int64 { return s / 3600 }
		got := legs{hours(f.Own), hours(f.Citizen), hours(f.Others), hours(f.Elsewhere)}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
