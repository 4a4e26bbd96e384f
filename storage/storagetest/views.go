package storagetest

import (
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

func testViews(t *testing.T, r *room) {
	t.Run("a ticket of nobody known", func(t *testing.T) {
		k := r.ticket(t, nil)
		v, err := r.TicketView(ctx(), everything, k.Ref)
		must(t, err)
		if v.Citizen != nil || len(v.Messages) != 0 || len(v.Others) != 0 || len(v.Events) != 1 || len(v.Deliveries) != 0 {
			t.Errorf("view = %+v", v)
		}
		same(t, "Pending", v.Ticket.Pending, ticketing.Pending{})
	})
	t.Run("the citizen's other tickets, newest first, at most ten, in scope", func(t *testing.T) { testOthers(t, r) })
	t.Run("heads are what views say, in the order asked, in scope (A33, A37)", func(t *testing.T) { testHeads(t, r) })
	t.Run("for the citizen there is no scope, but the same ticket", func(t *testing.T) {
		k := r.ticket(t, func(k *ticketing.Ticket) { k.Department = r.Water.ID })
		r.write(t, k.ID, ticketing.In, nil)
		v, err := r.TicketForCitizen(ctx(), k.Ref)
		must(t, err)
		whole, err := r.TicketView(ctx(), everything, k.Ref)
		must(t, err)
		same(t, "ticket", v.Ticket, whole.Ticket)
		if len(v.Messages) == 0 || v.Messages[0].ID != whole.Messages[0].ID {
			t.Error("the citizen's view lacks the message")
		}
	})
	t.Run("events of all chains, newest first", func(t *testing.T) { testAudit(t, r) })
}

func testOthers(t *testing.T, r *room) {
	c := r.citizen(t, "Ana", "ana@ostali.example")
	var made []ticketing.Reference
	for i := range 14 {
		k := r.ticket(t, func(k *ticketing.Ticket) {
			k.Citizen, k.Department, k.State = c.ID, r.Roads.ID, ticketing.State(i%5) //nolint:gosec // G115: small
			if k.State == ticketing.StateClosed {
				k.Code = ticketing.CodeResolved
			}
			if i == 13 {
				k.Department = r.Lighting.ID
			}
		})
		made = append([]ticketing.Reference{k.Ref}, made...)
		r.Clock.Advance(time.Minute)
	}
	refs := func(s ticketing.Scope, ref ticketing.Reference) (out []ticketing.Reference) {
		v, err := r.TicketView(ctx(), s, ref)
		must(t, err)
		if v.Citizen == nil || v.Citizen.ID != c.ID {
			t.Errorf("citizen of the view = %+v, want %d", v.Citizen, c.ID)
		}
		for _, o := range v.Others {
			out = append(out, o.Ref)
		}
		return out
	}
	same(t, "others for an agent", refs(everything, made[3]), append(append([]ticketing.Reference{}, made[:3]...), made[4:11]...))
	roads := ticketing.Scope{Departments: []ticketing.DepartmentID{r.Roads.ID}}
	same(t, "others for an officer (A36)", refs(roads, made[3]), append(append([]ticketing.Reference{}, made[1:3]...), made[4:12]...))
	lighting := ticketing.Scope{Departments: []ticketing.DepartmentID{r.Lighting.ID}}
	same(t, "others for another officer", refs(lighting, made[0]), []ticketing.Reference(nil))
}

func testHeads(t *testing.T, r *room) {
	joined, stays := r.citizen(t, "Bojan", "bojan@glave.example"), r.citizen(t, "Bojan B.", "bojan.b@glave.example")
	var refs []ticketing.Reference
	for i := range 5 {
		k := r.ticket(t, func(k *ticketing.Ticket) {
			k.Department = r.Roads.ID
			switch i {
			case 0:
				k.Citizen = joined.ID
			case 1:
				k.Citizen = stays.ID
			case 2:
				k.Department = r.Lighting.ID
				k.Pauses = []ticketing.Pause{{Reason: ticketing.WaitWeather, From: r.Clock.Now(), By: "system:test"}}
			}
			if i < 3 {
				for n := range i {
					k.Clocks = append(k.Clocks, ticketing.Clock{Kind: ticketing.ClockAnswer, State: ticketing.ClockRunning, Episode: n + 1, Target: time.Hour})
				}
			}
		})
		refs = append([]ticketing.Reference{k.Ref}, refs...)
	}
	must(t, r.InTx(ctx(), func(tx ticketing.Tx) error { return tx.JoinCitizens(ctx(), joined.ID, stays.ID) }))
	check := func(s ticketing.Scope, asked, want []ticketing.Reference) {
		t.Helper()
		heads, err := r.TicketHeads(ctx(), s, asked)
		must(t, err)
		var got []ticketing.Reference
		for _, h := range heads {
			whole, err := r.TicketView(ctx(), s, h.Ticket.Ref)
			must(t, err)
			got = append(got, h.Ticket.Ref)
			same(t, "ticket", h.Ticket, whole.Ticket)
			same(t, "citizen", h.Citizen, whole.Citizen)
		}
		same(t, "references", got, want)
	}
	check(everything, append(refs, "S48-26-777777-7"), refs)
	check(ticketing.Scope{Departments: []ticketing.DepartmentID{r.Lighting.ID}}, refs, refs[2:3])
	check(ticketing.Scope{}, refs, nil)
	check(everything, nil, nil)
}

func testAudit(t *testing.T, r *room) {
	start := r.Clock.Advance(time.Hour)
	k := r.ticket(t, nil)
	var want []ticketing.EventKind
	for i, kind := range []ticketing.EventKind{
		ticketing.EventSignIn, ticketing.EventRead, ticketing.EventAdmin, ticketing.EventRead, ticketing.EventSignIn, ticketing.EventRawRead, ticketing.EventRead,
	} {
		if i%3 > 0 { // some share an instant
			r.Clock.Advance(time.Second)
		}
		e := r.event(kind)
		e.Actor = "agent:1"
		if i == 2 {
			e.Actor = "agent:10"
		}
		r.in(t, func(tx ticketing.Tx) error {
			if kind == ticketing.EventRead || kind == ticketing.EventRawRead {
				return tx.AppendTicketEvent(ctx(), k.ID, &e)
			}
			return tx.AppendEvent(ctx(), &e)
		})
		want = append([]ticketing.EventKind{kind}, want...)
	}
	want = append(want, ticketing.EventOpened)
	walk := func(kind ticketing.EventKind, actor string, from, to time.Time, limit int) (kinds []ticketing.EventKind) {
		seen := map[ticketing.EventID]bool{}
		for cursor := ""; ; {
			page, err := r.Events(ctx(), kind, actor, from, to, cursor, limit)
			must(t, err)
			for _, e := range page.Items {
				if seen[e.ID] {
					t.Errorf("event %d comes twice", e.ID)
				}
				seen[e.ID] = true
				kinds = append(kinds, e.Kind)
			}
			if cursor = page.Next; cursor == "" {
				return kinds
			}
		}
	}
	for _, limit := range []int{1, 3, 100} {
		same(t, "all events", walk("", "", start, time.Time{}, limit), want)
	}
	same(t, "events of a kind", walk(ticketing.EventSignIn, "", start, time.Time{}, 1), []ticketing.EventKind{ticketing.EventSignIn, ticketing.EventSignIn})
	same(t, "events of an actor", walk("", "agent:10", start, time.Time{}, 10), []ticketing.EventKind{ticketing.EventAdmin})
	if n := len(walk("", "agent:1", start, time.Time{}, 10)); n != 6 {
		t.Errorf("%d events of agent:1, want 6: the name is whole", n)
	}
	if n := len(walk("", "agent:%", start, time.Time{}, 10)); n != 0 {
		t.Errorf("%d events of a wildcard", n)
	}
	same(t, "events of the first second", walk("", "", start, start.Add(time.Second), 10), want[6:])
	same(t, "events of no time", walk("", "", start, start, 10), []ticketing.EventKind(nil))
	for _, cursor := range []string{"x", "%%", "eyJ4IjoxfQ"} {
		_, err := r.Events(ctx(), "", "", time.Time{}, time.Time{}, cursor, 10)
		wantKind(t, err, ticketing.Invalid)
	}
	t.Run("an error stops the walk", func(t *testing.T) {
		calls := 0
		err := r.WalkEvents(ctx(), func(ticketing.TicketID, []ticketing.Event) error {
			calls++
			return ticketing.Gone
		})
		wantKind(t, err, ticketing.Gone)
		if calls != 1 {
			t.Errorf("%d calls after the first error", calls)
		}
	})
}

func testUnread(t *testing.T, r *room) {
	k := r.ticket(t, func(k *ticketing.Ticket) { k.Department = r.Roads.ID })
	row := func(agent ticketing.AgentID) ticketing.TicketRow {
		t.Helper()
		page, err := r.Tickets(ctx(), ticketing.TicketFilter{Scope: everything, Department: r.Roads.ID}, agent)
		must(t, err)
		single, err := r.TicketRows(ctx(), everything, []ticketing.Reference{k.Ref}, agent)
		must(t, err)
		if len(page.Items) != 1 || len(single) != 1 {
			t.Fatalf("%d rows and %d single rows, want 1 and 1", len(page.Items), len(single))
		}
		same(t, "single row", single[0], page.Items[0])
		return single[0]
	}
	unread := func(t *testing.T, agent ticketing.AgentID, want bool) {
		t.Helper()
		if got := row(agent).Unread; got != want {
			t.Errorf("Unread for agent %d = %v, want %v", agent, got, want)
		}
	}
	t.Run("only a citizen's message is unread", func(t *testing.T) {
		unread(t, r.Ana.ID, false)
		r.write(t, k.ID, ticketing.Note, nil)
		r.write(t, k.ID, ticketing.Out, nil)
		r.write(t, k.ID, ticketing.In, func(m *ticketing.Message) { m.Mark = ticketing.MarkMachine })
		unread(t, r.Ana.ID, false)
	})
	first := r.write(t, k.ID, ticketing.In, nil)
	t.Run("until the agent has seen it", func(t *testing.T) {
		unread(t, r.Ana.ID, true)
		unread(t, r.Boris.ID, true)
		unread(t, 0, false)
		must(t, r.MarkSeen(ctx(), r.Ana.ID, k.ID, first.ID))
		unread(t, r.Ana.ID, false)
		unread(t, r.Boris.ID, true)
	})
	second := r.write(t, k.ID, ticketing.In, nil)
	t.Run("the next one is unread again", func(t *testing.T) {
		unread(t, r.Ana.ID, true)
		must(t, r.MarkSeen(ctx(), r.Ana.ID, k.ID, second.ID))
		unread(t, r.Ana.ID, false)
	})
	t.Run("unseen puts it back", func(t *testing.T) {
		must(t, r.MarkSeen(ctx(), r.Ana.ID, k.ID, first.ID))
		unread(t, r.Ana.ID, true)
	})
	t.Run("an outside body is read too", func(t *testing.T) {
		must(t, r.MarkSeen(ctx(), r.Ana.ID, k.ID, second.ID))
		for _, by := range []ticketing.Message{{By: "body:7", Direction: ticketing.Note}, {Mark: ticketing.MarkBody, Direction: ticketing.In}} {
			m := r.write(t, k.ID, by.Direction, func(m *ticketing.Message) { m.By, m.Mark = by.By, by.Mark })
			unread(t, r.Ana.ID, true)
			r.change(t, k.ID, func(tx ticketing.Tx, _ *ticketing.Ticket) error { return tx.MarkMessage(ctx(), &second) }) // counts what is unread anew
			unread(t, r.Ana.ID, true)
			must(t, r.MarkSeen(ctx(), r.Ana.ID, k.ID, m.ID))
			unread(t, r.Ana.ID, false)
		}
	})
	t.Run("seeing changes no version", func(t *testing.T) {
		before := r.load(t, k.ID).Version
		must(t, r.MarkSeen(ctx(), r.Ana.ID, k.ID, second.ID))
		if got := r.load(t, k.ID).Version; got != before {
			t.Errorf("Version = %d, want %d", got, before)
		}
	})
	t.Run("drafts show for their agent", func(t *testing.T) {
		for _, kind := range []ticketing.DraftKind{ticketing.DraftReply, ticketing.DraftNote} {
			must(t, r.SaveDraft(ctx(), ticketing.Draft{Agent: r.Ana.ID, Ticket: k.ID, Kind: kind, Text: "…", SavedAt: r.now()}))
			if !row(r.Ana.ID).Draft || row(r.Boris.ID).Draft || row(0).Draft {
				t.Errorf("Draft for the three = %v, %v, %v, want true, false, false", row(r.Ana.ID).Draft, row(r.Boris.ID).Draft, row(0).Draft)
			}
			must(t, r.SaveDraft(ctx(), ticketing.Draft{Agent: r.Ana.ID, Ticket: k.ID, Kind: kind, SavedAt: r.now()}))
			if row(r.Ana.ID).Draft {
				t.Error("an emptied draft still shows")
			}
		}
	})
}
