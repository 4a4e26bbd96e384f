package storagetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// refs walks all pages of a list.
func (r *room) refs(t *testing.T, f ticketing.TicketFilter) []ticketing.Reference {
	t.Helper()
	var out []ticketing.Reference
	for _, row := range r.rows(t, f) {
		out = append(out, row.Ref)
	}
	return out
}

func (r *room) rows(t *testing.T, f ticketing.TicketFilter) []ticketing.TicketRow {
	t.Helper()
	var out []ticketing.TicketRow
	for range 10_000 {
		page, err := r.Tickets(ctx(), f, 0)
		must(t, err)
		out = append(out, page.Items...)
		if f.Cursor = page.Next; f.Cursor == "" {
			return out
		}
		if len(page.Items) == 0 {
			t.Fatal("an empty page names a next one")
		}
	}
	t.Fatal("the list has no end")
	return nil
}

// filterTickets makes tickets that differ from the plain one in one thing each.
func (r *room) filterTickets(t *testing.T, citizen ticketing.CitizenID) map[string]ticketing.Reference {
	t.Helper()
	now := r.now()
	made := map[string]ticketing.Reference{}
	add := func(name string, set func(*ticketing.Ticket)) {
		made[name] = r.ticket(t, func(k *ticketing.Ticket) {
			k.Department = r.Roads.ID
			set(k)
		}).Ref
	}
	add("plain", func(*ticketing.Ticket) {})
	add("received", func(k *ticketing.Ticket) { k.State = ticketing.StateReceived })
	add("waiting", func(k *ticketing.Ticket) { k.State, k.Waiting = ticketing.StateWaiting, ticketing.WaitWeather })
	add("resolved", func(k *ticketing.Ticket) { k.State, k.Code = ticketing.StateResolved, ticketing.CodeResolved })
	add("closed", func(k *ticketing.Ticket) { k.State, k.Code = ticketing.StateClosed, ticketing.CodeWithdrawn })
	add("spam", func(k *ticketing.Ticket) {
		k.State, k.Code, k.ClosedAt = ticketing.StateClosed, ticketing.CodeSpam, now
	})
	add("water", func(k *ticketing.Ticket) { k.Department = r.Water.ID })
	add("assigned", func(k *ticketing.Ticket) { k.Assignee = r.Ana.ID })
	add("category", func(k *ticketing.Ticket) { k.Category = r.Waste.ID })
	add("phone", func(k *ticketing.Ticket) { k.Channel = ticketing.ChannelPhone })
	add("citizen", func(k *ticketing.Ticket) { k.Citizen = citizen })
	add("high", func(k *ticketing.Ticket) { k.Priority = ticketing.PriorityHigh })
	add("tagged", func(k *ticketing.Ticket) { k.Tags = []string{"škola", "hitno"} })
	add("similar tag", func(k *ticketing.Ticket) { k.Tags = []string{"škola-2", "hit"} })
	add("late", func(k *ticketing.Ticket) { k.DueAt = now.Add(-time.Hour) })
	add("due", func(k *ticketing.Ticket) { k.DueAt = now.Add(time.Hour) })
	return made
}

func testFilters(t *testing.T, r *room) {
	now, high, low := r.now(), ticketing.PriorityHigh, ticketing.PriorityLow
	ana := r.citizen(t, "Ana", "ana@filteri.example")
	made := r.filterTickets(t, ana.ID)
	open := []string{"plain", "received", "waiting", "water", "assigned", "category", "phone", "citizen", "high", "tagged", "similar tag", "late", "due"}
	closed := []string{"resolved", "closed"}
	without := func(names ...string) []string {
		return slices.DeleteFunc(slices.Clone(open), func(n string) bool { return slices.Contains(names, n) })
	}
	for name, c := range map[string]struct {
		f    ticketing.TicketFilter
		want []string
	}{
		"in work by default":      {ticketing.TicketFilter{}, open},
		"all":                     {ticketing.TicketFilter{All: true}, append(slices.Clone(open), closed...)},
		"one state":               {ticketing.TicketFilter{States: []ticketing.State{ticketing.StateReceived}}, []string{"received"}},
		"finished states":         {ticketing.TicketFilter{States: []ticketing.State{ticketing.StateResolved, ticketing.StateClosed}}, closed},
		"a state across the line": {ticketing.TicketFilter{States: []ticketing.State{ticketing.StateWaiting, ticketing.StateResolved}}, []string{"waiting", "resolved"}},
		"spam":                    {ticketing.TicketFilter{Spam: true}, []string{"spam"}},
		"department":              {ticketing.TicketFilter{Department: r.Water.ID}, []string{"water"}},
		"assignee":                {ticketing.TicketFilter{Assignee: r.Ana.ID}, []string{"assigned"}},
		"unassigned":              {ticketing.TicketFilter{Unassigned: true}, without("assigned")},
		"category":                {ticketing.TicketFilter{Category: r.Waste.ID}, []string{"category"}},
		"channel":                 {ticketing.TicketFilter{Channel: ticketing.ChannelPhone}, []string{"phone"}},
		"citizen":                 {ticketing.TicketFilter{Citizen: ana.ID}, []string{"citizen"}},
		"priority":                {ticketing.TicketFilter{Priority: &high}, []string{"high"}},
		"a priority of zero":      {ticketing.TicketFilter{Priority: &low}, nil},
		"waiting":                 {ticketing.TicketFilter{Waiting: ticketing.WaitWeather}, []string{"waiting"}},
		"waiting for other":       {ticketing.TicketFilter{Waiting: ticketing.WaitBody}, nil},
		"tag":                     {ticketing.TicketFilter{Tag: "škola"}, []string{"tagged"}},
		"a tag's beginning":       {ticketing.TicketFilter{Tag: "hit"}, []string{"similar tag"}},
		"a wildcard for a tag":    {ticketing.TicketFilter{Tag: "%"}, nil},
		"quotes for a tag":        {ticketing.TicketFilter{Tag: `"]' or '1'='1`}, nil},
		"overdue":                 {ticketing.TicketFilter{Overdue: now}, []string{"late"}},
		"overdue later":           {ticketing.TicketFilter{Overdue: now.Add(2 * time.Hour)}, []string{"late", "due"}},
		"due from":                {ticketing.TicketFilter{DueFrom: now.Add(time.Hour)}, []string{"due"}},
		"due before":              {ticketing.TicketFilter{DueBefore: now.Add(time.Hour)}, []string{"late"}},
		"due within":              {ticketing.TicketFilter{DueFrom: now.Add(-time.Hour), DueBefore: now.Add(time.Hour + time.Microsecond)}, []string{"late", "due"}},
		"several at once":         {ticketing.TicketFilter{Department: r.Roads.ID, Unassigned: true, Priority: &high, States: []ticketing.State{ticketing.StateOpen}}, []string{"high"}},
		"several that exclude":    {ticketing.TicketFilter{Assignee: r.Ana.ID, Channel: ticketing.ChannelPhone}, nil},
		"an unknown channel":      {ticketing.TicketFilter{Channel: "' or 1=1 --"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for _, sort := range []ticketing.Sort{ticketing.SortDue, ticketing.SortReceived, ticketing.SortActivity, ticketing.SortPriority} {
				c.f.Scope, c.f.Sort = everything, sort
				want := make([]ticketing.Reference, 0, len(c.want))
				for _, n := range c.want {
					want = append(want, made[n])
				}
				got := r.refs(t, c.f)
				slices.Sort(got)
				slices.Sort(want)
				same(t, fmt.Sprint("tickets by ", sort), got, want)
			}
		})
	}
	t.Run("the scope narrows every list (A33, A37)", func(t *testing.T) { testListScope(t, r, made, len(open)) })
	t.Run("an unknown sort is invalid (A66)", func(t *testing.T) {
		for _, sort := range []ticketing.Sort{"ref", "due desc", "due; drop table tickets", "id"} {
			_, err := r.Tickets(ctx(), ticketing.TicketFilter{Scope: everything, Sort: sort}, 0)
			wantKind(t, err, ticketing.Invalid)
		}
		if _, err := r.Tickets(ctx(), ticketing.TicketFilter{Scope: everything}, 0); err != nil {
			t.Errorf("Tickets() without a sort = %v", err)
		}
	})
	t.Run("a row says what the ticket says", func(t *testing.T) { testRow(t, r) })
}

func testListScope(t *testing.T, r *room, made map[string]ticketing.Reference, open int) {
	water := ticketing.Scope{Departments: []ticketing.DepartmentID{r.Water.ID}}
	for _, f := range []ticketing.TicketFilter{{}, {All: true}, {Query: "Predmet"}, {Query: string(made["plain"])}, {Department: r.Roads.ID}, {Spam: true}, {Assignee: r.Ana.ID}} {
		f.Scope = water
		for _, ref := range r.refs(t, f) {
			if ref != made["water"] {
				t.Errorf("filter %+v shows a foreign ticket", f)
			}
		}
		f.Scope = ticketing.Scope{}
		if got := r.refs(t, f); len(got) != 0 {
			t.Errorf("the empty scope sees %d tickets", len(got))
		}
	}
	if got := r.refs(t, ticketing.TicketFilter{Scope: water}); len(got) != 1 {
		t.Errorf("the department sees %d tickets, want its one", len(got))
	}
	both := ticketing.Scope{Departments: []ticketing.DepartmentID{r.Water.ID, r.Roads.ID}}
	if got := r.refs(t, ticketing.TicketFilter{Scope: both}); len(got) != open {
		t.Errorf("two departments see %d tickets, want %d", len(got), open)
	}
}

func testRow(t *testing.T, r *room) {
	c := r.citizen(t, "Ana Redić", "redic@filteri.example")
	k := r.ticket(t, func(k *ticketing.Ticket) {
		r.fullTicket(k, c.ID)
		k.Department = r.Cleaning.ID
	})
	want := ticketing.TicketRow{
		ID: k.ID, Ref: k.Ref, Subject: k.Subject, State: k.State, Waiting: k.Waiting, Code: k.Code, Priority: k.Priority, Channel: k.Channel,
		Category: k.Category, Department: k.Department, Assignee: k.Assignee, Citizen: c.ID, CitizenName: "Ana Redić", DueAt: k.DueAt,
		ReceivedAt: k.ReceivedAt, AnsweredAt: k.AnsweredAt, LastMessageAt: k.LastMessageAt, LastInAt: k.LastInAt, UpdatedAt: k.UpdatedAt, Version: k.Version,
		Outside: ticketing.OutsideOf(k.State, k.Referrals),
	}
	rows := r.rows(t, ticketing.TicketFilter{Scope: everything, Department: r.Cleaning.ID})
	if len(rows) != 1 {
		t.Fatalf("%d rows, want 1", len(rows))
	}
	same(t, "row", rows[0], want)
	single, err := r.TicketRows(ctx(), everything, []ticketing.Reference{k.Ref, "S48-26-777777-7", k.Ref}, 0)
	must(t, err)
	if len(single) == 0 {
		t.Fatal("TicketRows() gives nothing")
	}
	same(t, "single row", single[0], want)
	nameless := r.citizen(t, "", "bezimena@filteri.example")
	r.ticket(t, func(k *ticketing.Ticket) {
		k.Citizen, k.Department, k.State = nameless.ID, r.Cleaning.ID, ticketing.StateReceived
	})
	rows = r.rows(t, ticketing.TicketFilter{Scope: everything, Department: r.Cleaning.ID, States: []ticketing.State{ticketing.StateReceived}})
	if len(rows) != 1 || rows[0].CitizenName != "bezimena@filteri.example" {
		t.Errorf("rows = %+v, want the address for a name", rows)
	}
	if none, err := r.TicketRows(ctx(), everything, nil, 0); err != nil || len(none) != 0 {
		t.Errorf("TicketRows() of none = %d, %v", len(none), err)
	}
}

// testPaging walks lists with ties and with tickets that lack what is sorted by.
func testPaging(t *testing.T, r *room) {
	const tickets = 47
	random := rand.New(rand.NewPCG(4, 8)) //nolint:gosec // G404: a test's dice
	byRef := map[ticketing.Reference]*ticketing.Ticket{}
	for range tickets {
		k := r.ticket(t, func(k *ticketing.Ticket) {
			some := func() time.Time { return r.now().Add(time.Duration(random.IntN(6)) * time.Hour) }
			k.Department, k.Priority, k.ReceivedAt = r.Water.ID, ticketing.Priority(random.IntN(4)), some() //nolint:gosec // G115: small
			if random.IntN(3) > 0 {
				k.DueAt = some()
			}
			if random.IntN(3) > 0 {
				k.LastMessageAt = some()
			}
		})
		byRef[k.Ref] = k
	}
	for range 5 {
		r.ticket(t, func(k *ticketing.Ticket) { k.Department = r.Roads.ID }) // others in between
	}
	for _, sort := range []ticketing.Sort{ticketing.SortDue, ticketing.SortReceived, ticketing.SortActivity, ticketing.SortPriority} {
		for _, desc := range []bool{false, true} {
			f := ticketing.TicketFilter{Scope: ticketing.Scope{Departments: []ticketing.DepartmentID{r.Water.ID}}, Sort: sort, Desc: desc}
			t.Run(fmt.Sprintf("%s desc=%v", sort, desc), func(t *testing.T) {
				f.Limit = 200
				whole := r.refs(t, f)
				if len(whole) != tickets {
					t.Fatalf("%d tickets, want %d", len(whole), tickets)
				}
				checkOrder(t, sort, desc, whole, byRef)
				for _, limit := range []int{1, 7, 46, 47, 0} {
					f.Limit = limit
					same(t, fmt.Sprint("pages of ", limit), r.refs(t, f), whole)
				}
			})
			t.Run(fmt.Sprintf("%s desc=%v, the same with a department asked for", sort, desc), func(t *testing.T) {
				f.Limit = 200
				want := r.refs(t, f)
				f.Scope, f.Department, f.Limit = everything, r.Water.ID, 5
				same(t, "tickets", r.refs(t, f), want)
			})
		}
	}
	t.Run("a list that moves shows nothing twice", func(t *testing.T) { testMovingList(t, r) })
	t.Run("the last page names no next one", func(t *testing.T) {
		page, err := r.Tickets(ctx(), ticketing.TicketFilter{Scope: everything, Department: r.Water.ID, Limit: tickets}, 0)
		if err != nil || page.Next != "" || len(page.Items) != tickets {
			t.Errorf("page of all = %d, next %q, %v", len(page.Items), page.Next, err)
		}
	})
	t.Run("limits are bounded", func(t *testing.T) {
		page, err := r.Tickets(ctx(), ticketing.TicketFilter{Scope: everything, Limit: 1_000_000}, 0)
		if err == nil && len(page.Items) > 200 {
			t.Errorf("a page of %d rows", len(page.Items))
		}
	})
	t.Run("a cursor that does not fit is invalid", func(t *testing.T) {
		f := ticketing.TicketFilter{Scope: everything, Sort: ticketing.SortDue, Limit: 2}
		page, err := r.Tickets(ctx(), f, 0)
		must(t, err)
		other := f
		other.Sort, other.Cursor = ticketing.SortReceived, page.Next
		_, err = r.Tickets(ctx(), other, 0)
		wantKind(t, err, ticketing.Invalid)
		for _, cursor := range []string{"x", "%", "eyJ9", "AAAA", page.Next + "x", page.Next[:len(page.Next)/2], "' or 1=1 --"} {
			f.Cursor = cursor
			if _, err := r.Tickets(ctx(), f, 0); ticketing.KindOf(err) != ticketing.Invalid {
				t.Errorf("Tickets() with cursor %q = %v, want invalid", cursor, err)
			}
		}
	})
}

// checkOrder: neighbours stand as the sort says. What lacks the instant that is sorted by
// stands together at one end: for due, ascending, at the last.
func checkOrder(t *testing.T, sort ticketing.Sort, desc bool, refs []ticketing.Reference, byRef map[ticketing.Reference]*ticketing.Ticket) {
	t.Helper()
	key := func(k *ticketing.Ticket) (int, time.Time) {
		switch sort {
		case ticketing.SortDue:
			return 0, k.DueAt
		case ticketing.SortReceived:
			return 0, k.ReceivedAt
		case ticketing.SortActivity:
			return 0, k.LastMessageAt
		case ticketing.SortPriority:
			return -int(k.Priority), k.DueAt
		}
		return 0, time.Time{}
	}
	changes := map[int]int{}
	for i := 1; i < len(refs); i++ {
		p, a := key(byRef[refs[i-1]])
		q, b := key(byRef[refs[i]])
		if desc {
			p, q = -p, -q
		}
		if p > q {
			t.Errorf("place %d: priority out of order", i)
		}
		if p != q {
			continue
		}
		if a.IsZero() != b.IsZero() {
			if changes[p]++; changes[p] > 1 {
				t.Errorf("place %d: what has no instant does not stand together", i)
			}
			if !desc && sort != ticketing.SortActivity && a.IsZero() {
				t.Errorf("place %d: without due comes before with due", i)
			}
			continue
		}
		if !a.IsZero() && (!desc && a.After(b) || desc && a.Before(b)) {
			t.Errorf("place %d: %v before %v", i, a, b)
		}
	}
}

// testMovingList changes tickets between pages: what stayed where it was comes
// once, and nothing comes twice unless it moved ahead.
func testMovingList(t *testing.T, r *room) {
	var made []*ticketing.Ticket
	for i := range 12 {
		made = append(made, r.ticket(t, func(k *ticketing.Ticket) {
			k.Department, k.DueAt = r.Cleaning.ID, r.now().Add(time.Duration(i)*time.Minute)
		}))
	}
	f := ticketing.TicketFilter{Scope: everything, Department: r.Cleaning.ID, Sort: ticketing.SortDue, Limit: 4}
	seen := map[ticketing.Reference]int{}
	for i := 0; ; i++ {
		page, err := r.Tickets(ctx(), f, 0)
		must(t, err)
		for _, row := range page.Items {
			seen[row.Ref]++
		}
		if f.Cursor = page.Next; f.Cursor == "" {
			break
		}
		// Somebody closes one that was shown, the very one the cursor stands on among them, and a new one comes first.
		last := page.Items[len(page.Items)-1]
		r.change(t, last.ID, func(_ ticketing.Tx, k *ticketing.Ticket) error { k.State = ticketing.StateClosed; return nil })
		r.ticket(t, func(k *ticketing.Ticket) { k.Department, k.DueAt = r.Cleaning.ID, r.now().Add(-time.Hour) })
	}
	for _, k := range made {
		if seen[k.Ref] != 1 {
			t.Errorf("ticket %s was shown %d times, want once", k.Ref, seen[k.Ref])
		}
	}
}

func testCounts(t *testing.T, r *room) {
	now := r.now()
	dayEnd := now.Add(8 * time.Hour)
	add := func(set func(*ticketing.Ticket)) {
		r.ticket(t, func(k *ticketing.Ticket) {
			k.Department = r.Lighting.ID
			set(k)
		})
	}
	due := func(after time.Duration) func(*ticketing.Ticket) {
		return func(k *ticketing.Ticket) { k.DueAt = now.Add(after) }
	}
	add(due(-time.Hour))
	add(due(-time.Minute))
	add(due(time.Hour))
	add(due(8 * time.Hour))
	add(due(48 * time.Hour))
	add(func(k *ticketing.Ticket) { k.Assignee = r.Oskar.ID })
	add(func(k *ticketing.Ticket) { k.Assignee, k.State = r.Ana.ID, ticketing.StateReceived })
	add(func(k *ticketing.Ticket) { k.State, k.Waiting = ticketing.StateWaiting, ticketing.WaitBody })
	for _, s := range []ticketing.State{ticketing.StateResolved, ticketing.StateClosed} {
		add(func(k *ticketing.Ticket) { k.State, k.DueAt, k.Assignee = s, now.Add(-time.Hour), r.Oskar.ID })
	}
	add(func(k *ticketing.Ticket) { k.State, k.Code = ticketing.StateClosed, ticketing.CodeSpam })
	add(func(k *ticketing.Ticket) {
		k.Department, k.Assignee, k.DueAt = r.Roads.ID, r.Oskar.ID, now.Add(-time.Hour)
	})
	poison := r.arrive(t, nil)
	r.in(t, func(tx ticketing.Tx) error {
		return tx.SettleLedger(ctx(), ticketing.LedgerEntry{ID: poison.ID, State: ticketing.LedgerQuarantined, Reason: ticketing.ReasonPoison, SettledAt: r.now()})
	})
	wait := func(t *testing.T, s ticketing.Scope, agent ticketing.AgentID, want ticketing.Counts) {
		t.Helper()
		var got ticketing.Counts
		for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
			var err error
			got, err = r.TicketCounts(ctx(), s, agent, now, dayEnd)
			must(t, err)
			for d, n := range got.ByDepartment {
				if n == 0 {
					delete(got.ByDepartment, d)
				}
			}
			if fmt.Sprint(got) == fmt.Sprint(want) {
				return
			}
			r.Clock.Advance(time.Second)
		}
		same(t, "counts", got, want)
	}
	lighting := ticketing.Scope{Departments: []ticketing.DepartmentID{r.Lighting.ID}}
	t.Run("an officer's", func(t *testing.T) {
		wait(t, lighting, r.Oskar.ID, ticketing.Counts{
			Mine: 1, Unassigned: 6, DueToday: 1, Overdue: 2, Waiting: 1, Open: 8, Spam: 1, ByDepartment: map[ticketing.DepartmentID]int{r.Lighting.ID: 8},
		})
	})
	t.Run("an agent's", func(t *testing.T) {
		wait(t, everything, r.Ana.ID, ticketing.Counts{
			Mine: 1, Unassigned: 6, DueToday: 1, Overdue: 3, Waiting: 1, Open: 9, Spam: 1, Quarantined: 1,
			ByDepartment: map[ticketing.DepartmentID]int{r.Lighting.ID: 8, r.Roads.ID: 1},
		})
	})
	t.Run("nobody's (A37)", func(t *testing.T) {
		wait(t, ticketing.Scope{}, r.Aida.ID, ticketing.Counts{ByDepartment: map[ticketing.DepartmentID]int{}})
	})
	t.Run("they follow", func(t *testing.T) {
		add(func(k *ticketing.Ticket) { k.Assignee = r.Oskar.ID })
		wait(t, lighting, r.Oskar.ID, ticketing.Counts{
			Mine: 2, Unassigned: 6, DueToday: 1, Overdue: 2, Waiting: 1, Open: 9, Spam: 1, ByDepartment: map[ticketing.DepartmentID]int{r.Lighting.ID: 9},
		})
	})
}
