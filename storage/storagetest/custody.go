package storagetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// rules gives the rulebook of the moment.
func (r *room) rules(t *testing.T) *ticketing.Rulebook {
	t.Helper()
	d, err := r.Directory(ctx())
	must(t, err)
	return d.Rules
}

func (r *room) legs(t *testing.T, ref ticketing.Reference) []ticketing.Leg {
	t.Helper()
	v, err := r.TicketView(ctx(), everything, ref)
	must(t, err)
	return v.Legs
}

func testCustody(t *testing.T, r *room) {
	t.Run("legs are kept, the present one last", func(t *testing.T) { testLegs(t, r) })
	t.Run("numbers of outside bodies", func(t *testing.T) { testOutside(t, r) })
	t.Run("a consulted department may read", func(t *testing.T) { testConsulted(t, r) })
	t.Run("bodies", func(t *testing.T) { testBodies(t, r) })
}

func testLegs(t *testing.T, r *room) {
	at := func(hours int) time.Time { return r.now().Add(time.Duration(hours) * time.Hour) }
	k := r.ticket(t, func(k *ticketing.Ticket) {
		k.Leg, k.CustodyAt, k.CustodyWhy, k.Department = 1, at(0), ticketing.LegOpened, r.Bureau.ID
	})
	want := []ticketing.Leg{{N: 1, Episode: 1, Department: r.Bureau.ID, From: at(0), Reason: ticketing.LegOpened}}
	same(t, "legs", r.legs(t, k.Ref), want)
	want[0].To = at(2)
	want = append(want, ticketing.Leg{N: 2, Episode: 1, Department: r.Roads.ID, Body: 4, From: at(2), Reason: ticketing.LegReferred})
	r.change(t, k.ID, func(_ ticketing.Tx, k *ticketing.Ticket) error {
		k.Pending.Legs = want[:1]
		k.Department, k.Body, k.Leg, k.CustodyAt, k.CustodyWhy = r.Roads.ID, 4, 2, at(2), ticketing.LegReferred
		return nil
	})
	same(t, "legs", r.legs(t, k.Ref), want)
	want[1].To = at(3)
	r.change(t, k.ID, func(_ ticketing.Tx, k *ticketing.Ticket) error {
		k.CustodyTo, k.State = at(3), ticketing.StateClosed
		k.Pending.Legs = want[1:]
		return nil
	})
	same(t, "legs of a closed ticket", r.legs(t, k.Ref), want)
	if never := r.ticket(t, func(k *ticketing.Ticket) { k.Leg = 0 }); len(r.legs(t, never.Ref)) != 0 {
		t.Error("a ticket that nobody had has legs")
	}
}

func testOutside(t *testing.T, r *room) {
	find := func(body ticketing.BodyID, number string, want ticketing.TicketID) {
		t.Helper()
		r.in(t, func(tx ticketing.Tx) error {
			k, err := tx.TicketByOutside(ctx(), body, number)
			if want == 0 {
				wantKind(t, err, ticketing.NotFound)
				return nil
			}
			if err == nil && k.ID != want {
				t.Errorf("TicketByOutside(%d, %q) = %d, want %d", body, number, k.ID, want)
			}
			return err
		})
	}
	with := func(list ...ticketing.Referral) func(*ticketing.Ticket) {
		return func(k *ticketing.Ticket) { k.Referrals = list }
	}
	older := r.ticket(t, with(ticketing.Referral{N: 1, Body: 7, Outside: "08-332/26"}, ticketing.Referral{N: 2, Body: 8, Outside: "ŽS-1"}))
	find(7, "08-332/26", older.ID)
	find(8, "ŽS-1", older.ID)
	find(8, "08-332/26", 0)
	find(7, "", 0)
	find(7, "x' or '1'='1", 0)
	newer := r.ticket(t, with(ticketing.Referral{N: 1, Body: 7, Outside: "08-332/26"}))
	find(7, "08-332/26", newer.ID)
	r.change(t, newer.ID, func(_ ticketing.Tx, k *ticketing.Ticket) error {
		k.Referrals[0].Outside = "08-333/26"
		return nil
	})
	find(7, "08-332/26", older.ID)
	find(7, "08-333/26", newer.ID)
}

func testConsulted(t *testing.T, r *room) {
	lighting := ticketing.Scope{Departments: []ticketing.DepartmentID{r.Lighting.ID}}
	asked := ticketing.Consultation{N: 1, Department: r.Lighting.ID, AskedAt: r.now(), By: "agent:1"}
	ask := func(k *ticketing.Ticket) { k.Consultations = append(k.Consultations, asked) }
	end := func(k *ticketing.Ticket) { k.Consultations[len(k.Consultations)-1].EndedAt = r.now() }
	answer := func(k *ticketing.Ticket) { k.Consultations[len(k.Consultations)-1].Answer = 9; end(k) }
	move := func(to ticketing.DepartmentID) func(*ticketing.Ticket) {
		return func(k *ticketing.Ticket) { k.Department = to }
	}
	toLighting, back := move(r.Lighting.ID), move(r.Roads.ID)
	type step struct {
		change func(*ticketing.Ticket)
		reads  bool
	}
	for name, steps := range map[string][]step{
		"taken back":                   {{ask, true}, {end, false}, {ask, true}, {end, false}},
		"answered":                     {{ask, true}, {answer, true}, {ask, true}, {end, true}},
		"had custody before":           {{toLighting, true}, {back, true}, {ask, true}, {end, true}},
		"had custody while asked":      {{ask, true}, {toLighting, true}, {back, true}, {end, true}},
		"has custody when it ends":     {{ask, true}, {toLighting, true}, {end, true}, {back, true}},
		"asked twice, one is open yet": {{func(k *ticketing.Ticket) { ask(k); ask(k) }, true}, {func(k *ticketing.Ticket) { k.Consultations[0].EndedAt = r.now() }, true}, {end, false}},
	} {
		t.Run(name, func(t *testing.T) {
			k := r.ticket(t, back)
			_, err := r.TicketView(ctx(), lighting, k.Ref)
			wantKind(t, err, ticketing.NotFound)
			for i, s := range steps {
				r.change(t, k.ID, func(_ ticketing.Tx, k *ticketing.Ticket) error {
					s.change(k)
					return nil
				})
				v, err := r.TicketView(ctx(), lighting, k.Ref)
				if !s.reads {
					wantKind(t, err, ticketing.NotFound)
					continue
				}
				if err != nil {
					t.Fatalf("step %d: %v", i+1, err)
				}
				if i == 0 && name == "taken back" {
					same(t, "consultations", v.Ticket.Consultations, []ticketing.Consultation{asked})
				}
			}
		})
	}
}

func testBodies(t *testing.T, r *room) {
	want := ticketing.Body{
		Code: "traffic", Names: map[lang.Tag]string{lang.SrLatn: "Uprava za saobraćaj"}, Email: "pisarnica@saobracaj.example", Language: lang.SrCyrl,
		Domain: "saobracaj.example", Pattern: `\d{2}-\d+/\d{2}`, AcceptHours: 10, AnswerHours: 72, Calendar: "office-hours", Disabled: true,
	}
	r.in(t, func(tx ticketing.Tx) error { return tx.SaveBody(ctx(), &want) })
	d := r.directoryWith(t, "the body", func(d *ticketing.Directory) bool { _, ok := d.Body(want.ID); return ok })
	got, _ := d.Body(want.ID)
	if diff := cmp.Diff(want, got); diff != "" || want.Version == 0 {
		t.Errorf("body (-want +got), version %d:\n%s", want.Version, diff)
	}
	r.refused(t, ticketing.Conflict, func(tx ticketing.Tx) error { return tx.SaveBody(ctx(), &ticketing.Body{Code: "traffic"}) })
	old := want
	want.Disabled = false
	r.in(t, func(tx ticketing.Tx) error { return tx.SaveBody(ctx(), &want) })
	r.refused(t, ticketing.Stale, func(tx ticketing.Tx) error { return tx.SaveBody(ctx(), &old) })
}
