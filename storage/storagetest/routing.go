package storagetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/report"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

const (
	twoRules    = `{"version":1,"rules":[{"id":1,"name":"Rasvjeta","when":{"keywords":["lampa"]},"then":{"tags":["mrak"]}},{"id":2,"name":"Off","off":true,"when":{},"then":{"tags":["x"]}}],"last_id":2}`
	oneDistrict = `{"version":1,"districts":[{"id":1,"code":"centar","names":{"sr-Latn-ME":"Centar"},"streets":[{"name":"Njegoševa"}]}],"last_id":1}`
)

func testRouting(t *testing.T, r *room) {
	save := func(kind ticketing.RoutingKind, version int64, body string) error {
		return r.InTx(ctx(), func(tx ticketing.Tx) error {
			return tx.SaveRouting(ctx(), &ticketing.RoutingVersion{Kind: kind, Version: version, At: r.now(), By: "agent:1", Body: body})
		})
	}
	before, err := r.Directory(ctx())
	must(t, err)
	if before.Routes != nil {
		t.Error("a new store has routes")
	}
	must(t, save(ticketing.RoutingOfRules, 1, twoRules))
	must(t, save(ticketing.RoutingOfDistricts, 1, oneDistrict))
	t.Run("every process decides by the newest", func(t *testing.T) {
		d := r.directoryWith(t, "routes", func(d *ticketing.Directory) bool {
			return d.Routes != nil && d.Routes.Rules.Version == 1 && d.Routes.Districts.Version == 1
		})
		got := d.Routes.Decide(d, ticketing.RoutingCase{Subject: "Лампа у Његошевој улици"})
		if len(got.Firings) != 1 || got.District != 1 || !slices.Equal(got.Tags, []string{"mrak"}) {
			t.Errorf("decision = %+v", got)
		}
	})
	t.Run("only the version after the newest is taken", func(t *testing.T) {
		for _, v := range []int64{0, 1, 3} {
			wantKind(t, save(ticketing.RoutingOfRules, v, twoRules), ticketing.Stale)
		}
		must(t, save(ticketing.RoutingOfRules, 2, `{"version":2,"last_id":2}`))
		d := r.directoryWith(t, "version 2", func(d *ticketing.Directory) bool { return d.Routes.Rules.Version == 2 })
		if len(d.Routes.Rules.Rules) != 0 || d.Routes.Districts.Version != 1 {
			t.Errorf("routes = %+v", d.Routes)
		}
	})
	t.Run("of two at once one wins", func(t *testing.T) {
		won := 0
		for _, err := range together(8, func(i int) error {
			return save(ticketing.RoutingOfRules, 3, fmt.Sprintf(`{"version":3,"last_id":%d}`, i))
		}) {
			if err == nil {
				won++
				continue
			}
			wantKind(t, err, ticketing.Stale)
		}
		if won != 1 {
			t.Errorf("%d of 8 saved version 3", won)
		}
	})
	t.Run("history", func(t *testing.T) {
		list, err := r.RoutingVersions(ctx(), ticketing.RoutingOfRules, 0, 2)
		must(t, err)
		if len(list) != 2 || list[0].Version != 3 || list[1].Version != 2 || list[0].Body != "" {
			t.Errorf("newest versions = %+v", list)
		}
		list, err = r.RoutingVersions(ctx(), ticketing.RoutingOfRules, 2, 10)
		must(t, err)
		want := []ticketing.RoutingVersion{{Kind: ticketing.RoutingOfRules, Version: 1, At: r.now(), By: "agent:1"}}
		same(t, "older versions", list, want, cmpopts.EquateApproxTime(time.Minute))
		one, err := r.RoutingVersion(ctx(), ticketing.RoutingOfRules, 1)
		if err != nil || one.Body != twoRules {
			t.Errorf("version 1 = %+v, %v", one, err)
		}
		_, err = r.RoutingVersion(ctx(), ticketing.RoutingOfDistricts, 9)
		wantKind(t, err, ticketing.NotFound)
	})
	t.Run("past tickets", func(t *testing.T) { testPastTickets(t, r) })
	t.Run("lists by district", func(t *testing.T) { testByDistrict(t, r) })
}

func testByDistrict(t *testing.T, r *room) {
	in := r.ticket(t, func(k *ticketing.Ticket) { k.District = 1 })
	done := r.ticket(t, func(k *ticketing.Ticket) {
		k.District, k.State, k.Code, k.ClosedAt = 1, ticketing.StateClosed, ticketing.CodeResolved, r.now()
	})
	r.ticket(t, func(k *ticketing.Ticket) { k.District = 2 })
	r.ticket(t, nil)
	same(t, "in work", r.refs(t, ticketing.TicketFilter{Scope: everything, District: 1}), []ticketing.Reference{in.Ref})
	all := r.refs(t, ticketing.TicketFilter{Scope: everything, District: 1, All: true})
	slices.Sort(all)
	want := []ticketing.Reference{in.Ref, done.Ref}
	slices.Sort(want)
	same(t, "all", all, want)
	if got := r.load(t, in.ID); got.District != 1 {
		t.Errorf("loaded district = %d", got.District)
	}
	r.fold(t)
	today := report.DayOf(r.now(), r.zone())
	req := r.request(today-1, today)
	req.Filter.Districts = []string{"centar"}
	got, err := report.Department(ctx(), r, reader, req)
	must(t, err)
	if n := got.Figure(report.Received).Numerator; n != 2 {
		t.Errorf("%d tickets were received from the district, want 2", n)
	}
}

func testPastTickets(t *testing.T, r *room) {
	var mailed, byHand, spam, silent *ticketing.Ticket
	mailed = r.ticket(t, func(k *ticketing.Ticket) {
		k.Channel, k.Account, k.Language, k.Location = ticketing.ChannelEmail, "s48", lang.Sq, ticketing.Location{Address: "Njegoševa 1", Lat: 42.5, Lon: 19.25}
	})
	r.write(t, mailed.ID, ticketing.In, func(m *ticketing.Message) {
		m.By, m.Author.Address, m.Text, m.FoldAt = "system:intake", "ana@x.example", "Lampa ne radi\n> staro", 14
	})
	r.write(t, mailed.ID, ticketing.In, func(m *ticketing.Message) { m.Text = "drugo" })
	byHand = r.ticket(t, nil)
	r.write(t, byHand.ID, ticketing.In, func(m *ticketing.Message) {
		m.By, m.Author.Address, m.Auth, m.Text = "agent:3", "b@x.example", ticketing.AuthFail, "Rupa"
		m.FoldAt = len(m.Text)
	})
	spam = r.ticket(t, func(k *ticketing.Ticket) { k.State, k.Code = ticketing.StateClosed, ticketing.CodeSpam })
	silent = r.ticket(t, nil)
	got, err := r.PastTickets(ctx(), 0, 3)
	must(t, err)
	want := []ticketing.PastTicket{pastOf(silent), pastOf(byHand), pastOf(mailed)}
	want[1].Case.Text = "Rupa"
	want[2].ByHand, want[2].Case.Sender, want[2].Case.Text = false, "ana@x.example", "Lampa ne radi\n"
	same(t, "newest first, without spam", got, want, cmp.Comparer(func(a, b ticketing.Priority) bool { return a == b }))
	got, err = r.PastTickets(ctx(), byHand.ID, 1)
	must(t, err)
	if len(got) != 1 || got[0].ID != mailed.ID {
		t.Errorf("below %d: %+v", byHand.ID, got)
	}
	_ = spam
}

func pastOf(k *ticketing.Ticket) ticketing.PastTicket {
	return ticketing.PastTicket{ID: k.ID, Ref: k.Ref, Department: k.Department, ByHand: true, Case: ticketing.RoutingCase{
		Channel: k.Channel, Account: k.Account, Language: k.Language, Subject: k.Subject, Location: k.Location, Category: k.Category,
	}}
}

func testSharing(t *testing.T, r *room) {
	t.Run("a department keeps how it shares out", func(t *testing.T) {
		d := r.Lighting
		d.Sharing = ticketing.SharingLeast
		r.in(t, func(tx ticketing.Tx) error { return tx.SaveDepartment(ctx(), &d) })
		r.directoryWith(t, "sharing", func(s *ticketing.Directory) bool {
			x, _ := s.Department(d.ID)
			return x.Sharing == ticketing.SharingLeast
		})
	})
	t.Run("a turn is taken by one at a time", func(t *testing.T) {
		const n = 8
		errs := together(n, func(int) error {
			return r.InTx(ctx(), func(tx ticketing.Tx) error {
				last, err := tx.Turn(ctx(), r.Roads.ID)
				if err != nil {
					return err
				}
				return tx.SetTurn(ctx(), r.Roads.ID, last+1)
			})
		})
		for _, err := range errs {
			must(t, err)
		}
		r.in(t, func(tx ticketing.Tx) error {
			last, err := tx.Turn(ctx(), r.Roads.ID)
			if err == nil && last != n {
				t.Errorf("%d took their turn, the last is %d", n, last)
			}
			return err
		})
	})
	t.Run("workload counts what is in work, also within the transaction", func(t *testing.T) {
		r.ticket(t, func(k *ticketing.Ticket) { k.Assignee = r.Oskar.ID })
		r.ticket(t, func(k *ticketing.Ticket) {
			k.Assignee, k.State, k.Code = r.Oskar.ID, ticketing.StateClosed, ticketing.CodeResolved
		})
		r.ticket(t, func(k *ticketing.Ticket) { k.Assignee = r.Ana.ID })
		r.in(t, func(tx ticketing.Tx) error {
			k, err := r.newTicket(tx, func(k *ticketing.Ticket) { k.Assignee = r.Oskar.ID })
			if err != nil {
				return err
			}
			if err := tx.SaveTicket(ctx(), k); err != nil {
				return err
			}
			got, err := tx.Workload(ctx(), []ticketing.AgentID{r.Oskar.ID, r.Olga.ID})
			same(t, "workload", got, map[ticketing.AgentID]int{r.Oskar.ID: 2})
			return err
		})
	})
}

// testFairness opens tickets from many sides at once: each in turn means each
// the same number, and the fewest means never two apart (a property that holds
// only if the turn is locked until the ticket is saved).
func testFairness(t *testing.T, r *room) {
	desk := ticketing.Desk{Bureau: &ticketing.Bureau{
		Store: r.Subject, Keys: ticketingtest.Keyring(), Letters: ticketingtest.Letters{}, Settings: ticketingtest.Settings(), Now: r.Clock.Now,
	}}
	var crew []ticketing.AgentID
	r.in(t, func(tx ticketing.Tx) error {
		crew = nil
		for i := range 4 {
			a := ticketing.Agent{Email: fmt.Sprintf("voda%d@grad.example", i), Name: fmt.Sprint("Voda ", i), Role: ticketing.RoleOfficer, Departments: []ticketing.DepartmentID{r.Water.ID}}
			if err := tx.SaveAgent(ctx(), &a); err != nil {
				return err
			}
			crew = append(crew, a.ID)
		}
		away := ticketing.Absence{Agent: crew[3], From: r.now().Add(-time.Hour), Until: r.now().Add(time.Hour)}
		return tx.SaveAbsence(ctx(), &away)
	})
	water := r.Water
	open := func(n int, sharing ticketing.Sharing) {
		t.Helper()
		water.Sharing = sharing
		r.in(t, func(tx ticketing.Tx) error { return tx.SaveDepartment(ctx(), &water) })
		r.directoryWith(t, string(sharing), func(d *ticketing.Directory) bool {
			x, _ := d.Department(water.ID)
			return x.Sharing == sharing && len(d.Members(water.ID)) == 4 && d.Absent(crew[3], r.now())
		})
		in := ticketing.OpenInput{Channel: ticketing.ChannelPhone, Subject: "Voda", Text: "curi", Department: water.ID, Priority: ticketing.PriorityNormal}
		for _, err := range together(n, func(int) error {
			_, err := desk.Open(ctx(), ticketing.ActorOf(r.Adam), in)
			return err
		}) {
			must(t, err)
		}
	}
	loads := func() (load map[ticketing.AgentID]int) {
		t.Helper()
		r.in(t, func(tx ticketing.Tx) (err error) {
			load, err = tx.Workload(ctx(), crew)
			return err
		})
		return load
	}
	open(12, ticketing.SharingRotate)
	same(t, "in turn", loads(), map[ticketing.AgentID]int{crew[0]: 4, crew[1]: 4, crew[2]: 4})
	for range 2 { // somebody has more
		r.ticket(t, func(k *ticketing.Ticket) { k.Department, k.Assignee = water.ID, crew[1] })
	}
	open(7, ticketing.SharingLeast)
	same(t, "the fewest", loads(), map[ticketing.AgentID]int{crew[0]: 7, crew[1]: 7, crew[2]: 7})
}

func testAbsences(t *testing.T, r *room) {
	now := r.now()
	save := func(a ticketing.Absence) ticketing.Absence {
		t.Helper()
		r.in(t, func(tx ticketing.Tx) error { return tx.SaveAbsence(ctx(), &a) })
		return a
	}
	hour := time.Hour
	lasts := save(ticketing.Absence{Agent: r.Ana.ID, From: now.Add(-hour), Until: now.Add(hour), Substitute: r.Boris.ID, HandOver: true})
	later := save(ticketing.Absence{Agent: r.Boris.ID, From: now.Add(hour), Until: now.Add(2 * hour), HandOver: true})
	onlyNew := save(ticketing.Absence{Agent: r.Olga.ID, From: now.Add(-hour), Until: now.Add(hour)})
	save(ticketing.Absence{Agent: r.Olga.ID, From: now.Add(-3 * hour), Until: now.Add(-2 * hour), HandOver: true})
	d := r.directoryWith(t, "absences", func(d *ticketing.Directory) bool { return len(d.Absences) >= 3 })
	same(t, "what lasts or is to come", d.Absences, []ticketing.Absence{lasts, later, onlyNew})
	due, err := r.AbsencesToBegin(ctx(), now, 10)
	must(t, err)
	same(t, "to begin", due, []ticketing.Absence{lasts})

	mine := r.ticket(t, func(k *ticketing.Ticket) { k.Assignee = r.Ana.ID })
	r.ticket(t, func(k *ticketing.Ticket) {
		k.Assignee, k.State, k.Code = r.Ana.ID, ticketing.StateClosed, ticketing.CodeResolved
	})
	ids, err := r.AssignedTo(ctx(), r.Ana.ID, 10)
	must(t, err)
	same(t, "assigned", ids, []ticketing.TicketID{mine.ID})

	r.in(t, func(tx ticketing.Tx) error {
		a, err := tx.Absence(ctx(), lasts.ID)
		if err != nil {
			return err
		}
		a.BegunAt = now
		return tx.SaveAbsence(ctx(), a)
	})
	due, err = r.AbsencesToBegin(ctx(), now, 10)
	must(t, err)
	same(t, "after it began", len(due), 0)
	r.refused(t, ticketing.Stale, func(tx ticketing.Tx) error { return tx.SaveAbsence(ctx(), &lasts) })
	r.refused(t, ticketing.NotFound, func(tx ticketing.Tx) error { _, err := tx.Absence(ctx(), 999999); return err })
}
