package storagetest

import (
	"errors"
	"testing"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// Saved views stand in the directory as they were kept; the versions of two
// writers collide, and what is forgotten is gone (I11).
func testSavedViews(t *testing.T, r *room) {
	mine := ticketing.SavedView{
		Owner: r.Ana.ID, Name: "Rupe u oblasti", Place: 3, Filter: ticketing.ViewFilter{
			List: ticketing.ListAll, Department: r.Roads.ID, Category: r.Pothole.ID, District: 7, Channel: ticketing.ChannelEmail,
			Priority: "urgent", Assignee: r.Boris.ID, Tag: "kiša", Sort: ticketing.SortReceived, Desc: true,
		},
	}
	shared := ticketing.SavedView{
		Owner: r.Hana.ID, Shared: true, Departments: []ticketing.DepartmentID{r.Roads.ID, r.Water.ID}, Name: "Hitno",
		Filter: ticketing.ViewFilter{List: ticketing.ListOverdue},
	}
	other := ticketing.SavedView{Owner: r.Boris.ID, Name: "Tuđe", Filter: ticketing.ViewFilter{List: ticketing.ListMine}}
	r.in(t, func(tx ticketing.Tx) error {
		return errors.Join(tx.SaveView(ctx(), &mine), tx.SaveView(ctx(), &shared), tx.SaveView(ctx(), &other))
	})
	d := r.directoryWith(t, "views", func(d *ticketing.Directory) bool { return len(d.Views) == 3 })
	same(t, "views of the directory", d.Views, []ticketing.SavedView{mine, shared, other})
	r.in(t, func(tx ticketing.Tx) error {
		list, err := tx.SavedViews(ctx(), r.Ana.ID)
		same(t, "own and shared", list, []ticketing.SavedView{mine, shared})
		return err
	})
	old := mine
	mine.Name, mine.Filter = "Drukčije", ticketing.ViewFilter{List: ticketing.ListClosed}
	r.in(t, func(tx ticketing.Tx) error { return tx.SaveView(ctx(), &mine) })
	r.refused(t, ticketing.Stale, func(tx ticketing.Tx) error { return tx.SaveView(ctx(), &old) })
	r.in(t, func(tx ticketing.Tx) error { return tx.DropView(ctx(), other.ID) })
	r.refused(t, ticketing.NotFound, func(tx ticketing.Tx) error { return tx.DropView(ctx(), other.ID) })
	r.refused(t, ticketing.NotFound, func(tx ticketing.Tx) error { return tx.SaveView(ctx(), &other) })
	d = r.directoryWith(t, "fewer views", func(d *ticketing.Directory) bool { return len(d.Views) == 2 })
	same(t, "views left", d.Views, []ticketing.SavedView{mine, shared})

	// Whoever reads the views holds them: of those who save at once each sees the others'.
	must(t, errors.Join(together(4, func(int) error {
		return r.InTx(ctx(), func(tx ticketing.Tx) error {
			list, err := tx.SavedViews(ctx(), r.Olga.ID)
			if err != nil {
				return err
			}
			next := ticketing.SavedView{Owner: r.Olga.ID, Name: "n", Place: len(list), Filter: ticketing.ViewFilter{List: ticketing.ListAll}}
			return tx.SaveView(ctx(), &next)
		})
	})...))
	places := map[int]bool{}
	r.in(t, func(tx ticketing.Tx) error {
		list, err := tx.SavedViews(ctx(), r.Olga.ID)
		for _, v := range list {
			places[v.Place] = places[v.Place] || v.Owner == r.Olga.ID
		}
		return err
	})
	if len(places) < 4 {
		t.Errorf("places %v: two saved at once without seeing one another", places)
	}
}

// Ready-made answers stand in the directory; a name is nobody else's.
func testTemplates(t *testing.T, r *room) {
	x := ticketing.Template{Name: "Primljeno", Department: r.Roads.ID, Texts: map[lang.Tag]string{lang.SrLatn: "Poštovani,\n\nprimili smo {ref}.", lang.Sq: "Të nderuar"}}
	r.in(t, func(tx ticketing.Tx) error { return tx.SaveTemplate(ctx(), &x) })
	d := r.directoryWith(t, "the answer", func(d *ticketing.Directory) bool { return len(d.Templates) == 1 })
	same(t, "answers", d.Templates, []ticketing.Template{x})
	old := x
	x.Disabled, x.Department = true, 0
	r.in(t, func(tx ticketing.Tx) error { return tx.SaveTemplate(ctx(), &x) })
	r.refused(t, ticketing.Stale, func(tx ticketing.Tx) error { return tx.SaveTemplate(ctx(), &old) })
	r.refused(t, ticketing.Conflict, func(tx ticketing.Tx) error {
		return tx.SaveTemplate(ctx(), &ticketing.Template{Name: x.Name, Texts: x.Texts})
	})
	d = r.directoryWith(t, "the changed answer", func(d *ticketing.Directory) bool {
		return len(d.Templates) == 1 && d.Templates[0].Version == x.Version
	})
	same(t, "changed", d.Templates, []ticketing.Template{x})
}

// testQuestions: tickets with an open question are listed and counted for the
// department that owes the answer, whoever has them, and for nobody else.
func testQuestions(t *testing.T, r *room) {
	asked := func(d ticketing.DepartmentID, set func(*ticketing.Consultation)) *ticketing.Ticket {
		return r.ticket(t, func(k *ticketing.Ticket) {
			k.Department = r.Roads.ID
			c := ticketing.Consultation{N: 1, Department: d, Question: 1, By: "agent:1", AskedAt: r.now()}
			if set != nil {
				set(&c)
			}
			k.Consultations = []ticketing.Consultation{c}
		})
	}
	open := asked(r.Water.ID, nil)
	asked(r.Water.ID, func(c *ticketing.Consultation) { c.EndedAt, c.Answer = r.now(), 2 })
	asked(r.Cleaning.ID, nil)
	water := ticketing.Scope{Departments: []ticketing.DepartmentID{r.Water.ID}}
	list := func(s ticketing.Scope, of ...ticketing.DepartmentID) []ticketing.TicketID {
		var out []ticketing.TicketID
		for _, row := range r.rows(t, ticketing.TicketFilter{Scope: s, Asked: true, Questions: of}) {
			out = append(out, row.ID)
		}
		return out
	}
	both := []ticketing.DepartmentID{r.Water.ID, r.Cleaning.ID}
	same(t, "asked of Water", list(water, both...), []ticketing.TicketID{open.ID})
	same(t, "asked of nobody one sees", list(water, r.Cleaning.ID), []ticketing.TicketID(nil))
	same(t, "of several", len(list(everything, both...)), 2)
	counts, err := r.TicketCounts(ctx(), water, 0, r.now(), r.now())
	must(t, err)
	same(t, "questions counted", counts.Questions, map[ticketing.DepartmentID]int{r.Water.ID: 1})

	filters := []ticketing.TicketFilter{
		{Scope: water, Asked: true, Questions: both},
		{Scope: everything, Department: r.Roads.ID},
		{Scope: water, Department: r.Roads.ID},
		{Scope: everything, All: true, Department: r.Roads.ID, Sort: ticketing.SortPriority, Desc: true, Cursor: "none"},
	}
	n, err := r.CountTickets(ctx(), filters, 2)
	must(t, err)
	same(t, "counted as far as two", n, []int{1, 2, 0, 2})

	r.change(t, open.ID, func(_ ticketing.Tx, k *ticketing.Ticket) error {
		k.Consultations[0].EndedAt, k.Consultations[0].Answer = r.now(), 3
		k.Pending.Events = append(k.Pending.Events, r.event(ticketing.EventConsultAnswer))
		return nil
	})
	same(t, "answered", list(water, both...), []ticketing.TicketID(nil))
	r.eventually(t, "the numbers follow", func() bool {
		n, err = r.CountTickets(ctx(), filters[:1], 2)
		counts, _ = r.TicketCounts(ctx(), water, 0, r.now(), r.now())
		return err == nil && n[0] == 0 && len(counts.Questions) == 0
	})
}
