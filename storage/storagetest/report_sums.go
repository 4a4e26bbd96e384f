package storagetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
)

// reportSums holds every way to ask for folded days against adding the days
// themselves up (I11).
func (r *room) reportSums(t *testing.T, p report.Period) {
	t.Helper()
	dir, err := r.Directory(ctx())
	must(t, err)
	var every []ticketing.DepartmentID
	for _, d := range dir.Departments {
		every = append(every, d.ID)
	}
	clocks, err := r.ClockDays(ctx(), report.SumQuery{Departments: every, Period: p})
	must(t, err)
	tickets, err := r.TicketDays(ctx(), report.SumQuery{Departments: every, Period: p})
	must(t, err)
	if len(clocks) < 100 || len(tickets) < 100 {
		t.Fatalf("only %d and %d days to add up", len(clocks), len(tickets))
	}
	answers := []ticketing.ClockKind{ticketing.ClockAnswer}
	for _, departments := range [][]ticketing.DepartmentID{nil, every, every[:1]} {
		for _, by := range [][]report.Dimension{nil, {report.ByAll}, {report.ByChannel, report.ByCategory}} {
			for _, kinds := range [][]ticketing.ClockKind{nil, answers} {
				for _, shape := range []report.SumQuery{{}, {Brief: true}, {Weekly: true}, {Weekly: true, Brief: true}, {Whole: true}, {Whole: true, Apart: true, Brief: true}} {
					q := shape
					q.Departments, q.Period, q.By, q.Kinds = departments, report.Period{From: p.From + 3, To: p.To - 4}, by, kinds
					r.sameSums(t, q, clocks, tickets)
				}
			}
		}
	}
}

func (r *room) sameSums(t *testing.T, q report.SumQuery, clocks []report.ClockDay, tickets []report.TicketDay) {
	t.Helper()
	wantClocks, wantTickets := report.Select(clocks, tickets, q)
	gotClocks, err := r.ClockDays(ctx(), q)
	must(t, err)
	gotTickets, err := r.TicketDays(ctx(), q)
	must(t, err)
	byKey := func(x any) string { return fmt.Sprintf("%T%+v", x, x) }
	for _, list := range [][]report.ClockDay{wantClocks, gotClocks} {
		slices.SortFunc(list, func(a, b report.ClockDay) int { return strings.Compare(byKey(a), byKey(b)) })
	}
	for _, list := range [][]report.TicketDay{wantTickets, gotTickets} {
		slices.SortFunc(list, func(a, b report.TicketDay) int { return strings.Compare(byKey(a), byKey(b)) })
	}
	if diff := cmp.Diff(wantClocks, gotClocks, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("promises of %+v differ (-added up +read):\n%s", q, diff)
	}
	if diff := cmp.Diff(wantTickets, gotTickets, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("episodes of %+v differ (-added up +read):\n%s", q, diff)
	}
}
