package storage_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/storage"
	"github.com/sistem48/system48/ticketing"
)

// fill writes n tickets over three years, of which one in twenty is in work.
func fill(t testing.TB, db *storage.DB, n int) {
	t.Helper()
	start := time.Date(2024, 1, 1, 8, 0, 0, 0, time.UTC)
	step := 3 * 365 * 24 * time.Hour / time.Duration(n)
	batch := make([]ticketing.Ticket, 0, 1000)
	flush := func() {
		if err := db.FillTickets(context.Background(), batch); err != nil {
			t.Fatal(err)
		}
		batch = batch[:0]
	}
	for i := range n {
		at := start.Add(time.Duration(i) * step).Truncate(time.Microsecond)
		k := ticketing.Ticket{
			ID: ticketing.TicketID(i + 1), Ref: ticketing.NewReference("S48", 2024, int64(i+1)), Subject: fmt.Sprintf("Predmet broj %d", i),
			State: ticketing.StateClosed, Code: ticketing.CodeResolved, Priority: ticketing.Priority(i % 4), Channel: ticketing.ChannelEmail, //nolint:gosec // G115: below 4
			Category: ticketing.CategoryID(1 + i/7%20), Department: ticketing.DepartmentID(1 + i/3%12), Assignee: ticketing.AgentID(1 + i/5%60), Episode: 1,
			ReceivedAt: at, CreatedAt: at, UpdatedAt: at, LastMessageAt: at.Add(time.Duration(i%50) * time.Hour), LastMessage: 1, Version: 3, CustodyAt: at,
		}
		switch i % 20 {
		case 0:
			k.State, k.Code = ticketing.State(i/20%3), "" //nolint:gosec // G115: below 3
			if k.DueAt = at.Add(48 * time.Hour); i%60 == 0 {
				k.DueAt = time.Time{}
			}
			if i%40 == 0 {
				k.Assignee = 0
			}
			k.CheckAt = k.DueAt
		case 1:
			if i > n*19/20 {
				k.State, k.ResolvedAt = ticketing.StateResolved, at
			}
		case 2:
			if i%100 == 2 {
				k.Code = ticketing.CodeSpam
			}
		}
		if batch = append(batch, k); len(batch) == cap(batch) {
			flush()
		}
	}
	flush()
	if err := db.Analyze(context.Background()); err != nil {
		t.Fatal(err)
	}
}

var anyone = ticketing.Scope{All: true}

func sorts() []ticketing.Sort {
	return []ticketing.Sort{ticketing.SortDue, ticketing.SortReceived, ticketing.SortActivity, ticketing.SortPriority}
}

// The lists of everyday work are read along the index of their order, so that
// the first page and the thousandth cost the same, however many tickets are closed.
func TestListsWalkTheirIndex(t *testing.T) {
	skipWhenShort(t)
	eachEngine(t, func(t *testing.T, url string) {
		db := open(t, url, time.Now)
		fill(t, db, 20_000)
		order := map[ticketing.Sort]string{
			ticketing.SortDue: "due", ticketing.SortReceived: "received", ticketing.SortActivity: "activity", ticketing.SortPriority: "rank",
		}
		tests := []struct {
			name   string
			filter ticketing.TicketFilter
			want   []string // parts of the names of indexes, each in the plan
		}{
			{"in work", ticketing.TicketFilter{Scope: anyone}, []string{"tickets_work_"}},
			{"all", ticketing.TicketFilter{Scope: anyone, All: true}, []string{"tickets_work_", "tickets_done_"}},
			{"a department", ticketing.TicketFilter{Scope: anyone, Department: 3}, []string{"tickets_work_department_"}},
			{"an officer of two", ticketing.TicketFilter{Scope: ticketing.Scope{Departments: []ticketing.DepartmentID{3, 5}}}, []string{"tickets_work_department_"}},
			{"an officer's all", ticketing.TicketFilter{Scope: ticketing.Scope{Departments: []ticketing.DepartmentID{3, 5}}, All: true}, []string{"tickets_work_department_", "tickets_done_department_"}},
		}
		for _, tt := range tests {
			for _, sort := range sorts() {
				for _, desc := range []bool{false, true} {
					f := tt.filter
					f.Sort, f.Desc, f.Limit = sort, desc, 50
					first, err := db.Tickets(t.Context(), f, 0)
					if err != nil {
						t.Fatal(err)
					}
					for _, cursor := range []string{"", first.Next} {
						f.Cursor = cursor
						plans, err := db.ListPlans(t.Context(), f)
						if err != nil || len(plans) == 0 {
							t.Fatalf("ListPlans() = %d plans, %v", len(plans), err)
						}
						for _, want := range tt.want {
							index := want + order[sort]
							// PostgreSQL may take the index of all departments for a large one.
							other := strings.ReplaceAll(index, "department_", "")
							if !strings.Contains(plans[0], index) && (db.Engine() == "sqlite" || !strings.Contains(plans[0], other)) {
								t.Errorf("%s by %s, desc %t, cursor %t: %s is not in the plan:\n%s", tt.name, sort, desc, cursor != "", index, plans[0])
							}
						}
						if strings.Contains(plans[0], "Seq Scan on tickets") {
							t.Errorf("%s by %s: the whole table is read:\n%s", tt.name, sort, plans[0])
						}
					}
				}
			}
		}
	})
}

// Walking a list page by page gives every ticket once, in order, in every
// order and both ways, also where several bands and parts are put together.
func TestPagesJoin(t *testing.T) {
	skipWhenShort(t)
	eachEngine(t, func(t *testing.T, url string) {
		db := open(t, url, time.Now)
		fill(t, db, 1200)
		for name, f := range map[string]ticketing.TicketFilter{
			"in work": {Scope: anyone}, "all": {Scope: anyone, All: true}, "spam": {Scope: anyone, Spam: true},
			"two departments":  {Scope: ticketing.Scope{Departments: []ticketing.DepartmentID{2, 7}}, All: true},
			"many departments": {Scope: ticketing.Scope{Departments: []ticketing.DepartmentID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}}},
			"states":           {Scope: anyone, States: []ticketing.State{ticketing.StateOpen, ticketing.StateResolved, ticketing.StateClosed}},
			"due in a year":    {Scope: anyone, DueFrom: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), DueBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
		} {
			for _, sort := range sorts() {
				for _, desc := range []bool{false, true} {
					f.Sort, f.Desc = sort, desc
					f.Limit = 200
					whole := walk(t, db, f)
					f.Limit = 7
					pieces := walk(t, db, f)
					if !slices.Equal(whole, pieces) {
						t.Errorf("%s by %s, desc %t: %d tickets in pages of 200, %d in pages of 7, or in another order", name, sort, desc, len(whole), len(pieces))
					}
					if sorted := slices.Compact(slices.Sorted(slices.Values(whole))); len(sorted) != len(whole) || len(whole) == 0 {
						t.Errorf("%s by %s, desc %t: %d tickets, %d of them different", name, sort, desc, len(whole), len(sorted))
					}
				}
			}
		}
	})
}

func walk(t *testing.T, db *storage.DB, f ticketing.TicketFilter) []ticketing.TicketID {
	t.Helper()
	var ids []ticketing.TicketID
	for {
		page, err := db.Tickets(t.Context(), f, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Items {
			ids = append(ids, r.ID)
		}
		if f.Cursor = page.Next; f.Cursor == "" {
			return ids
		}
	}
}

// A page costs a fixed number of queries, not one a row.
func TestQueriesOfAPage(t *testing.T) {
	eachEngine(t, func(t *testing.T, url string) {
		db := open(t, url, time.Now)
		fill(t, db, 400)
		count := 0
		db.CountQueries(&count)
		for _, limit := range []int{1, 200} {
			count = 0
			if _, err := db.Tickets(t.Context(), ticketing.TicketFilter{Scope: anyone, All: true, Limit: limit}, 7); err != nil {
				t.Fatal(err)
			}
			if count != 1 {
				t.Errorf("a page of %d tickets takes %d queries, want 1", limit, count)
			}
		}
		count = 0
		if _, err := db.TicketView(t.Context(), anyone, ticketing.NewReference("S48", 2024, 5)); err != nil {
			t.Fatal(err)
		}
		if count != 10 {
			t.Errorf("a ticket's page takes %d queries, want 10 over one snapshot", count)
		}
	})
}
