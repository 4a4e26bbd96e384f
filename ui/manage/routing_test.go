package manage

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// rules gives the rules in force.
func (s *site) rules(t *testing.T) ticketing.RoutingRules {
	t.Helper()
	dir, err := s.Store.Directory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return rulesOf(dir)
}

// order gives the names of the rules in force.
func (s *site) order(t *testing.T) string {
	t.Helper()
	var names []string
	for _, r := range s.rules(t).Rules {
		names = append(names, r.Name)
	}
	return strings.Join(names, " ")
}

// An admin writes rules, tries them on past tickets first, puts them in order
// and switches them; the next mail goes where they say, and its course says why.
func TestRouting(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Adam)
	lighting, roads := fmt.Sprint(s.Lighting.ID), fmt.Sprint(s.Roads.ID)
	has(t, b.get(t, "/manage/routing", http.StatusOK), "There are no rules yet", "Districts")
	past := s.Receive(t, s.Mail("a@posta.example", "Ne radi rasvjeta", "U ulici je mrak.")).TicketRef

	tried := b.post(t, "/manage/routing/new", http.StatusOK, "do", "try", "version", "0", "name", "Rasvjeta", "keywords", "rasvjet*\nlampa", "department", lighting)
	has(t, tried, "1 of 1 tickets fit a rule", "1 would have gone elsewhere", string(past), `value="Rasvjeta"`)
	if s.rules(t).Version != 0 {
		t.Fatal("trying a rule saved it")
	}
	b.post(t, "/manage/routing/new", http.StatusSeeOther, "version", "0", "name", "Rasvjeta", "keywords", "rasvjet*\nlampa", "department", lighting, "priority", "high", "tags", "mrak, hitno", "enabled", "1")
	b.post(t, "/manage/routing/new", http.StatusSeeOther, "version", "1", "name", "Putevi", "senders", "Putevi.Example", "channels", "email", "department", roads)
	got := s.rules(t)
	first, second := got.Rules[0], got.Rules[1]
	if first.Off || !second.Off || *first.Then.Priority != ticketing.PriorityHigh || len(first.Then.Tags) != 2 || second.When.Senders[0] != "putevi.example" {
		t.Fatalf("saved %+v", got)
	}
	has(t, b.get(t, "/manage/routing", http.StatusOK), "rasvjet*, lampa", "Putevi", "e-mail", "Switch “Rasvjeta” off")
	has(t, b.get(t, rulePath(first.ID), http.StatusOK), "rasvjet*\nlampa", `value="Rasvjeta"`, "Remove the rule")

	change := func(want int, do string, rule int64, version int64) string {
		t.Helper()
		return b.post(t, "/manage/routing", want, "do", do, "rule", fmt.Sprint(rule), "version", fmt.Sprint(version))
	}
	if to := change(http.StatusSeeOther, "down", first.ID, 2); to != fmt.Sprintf("/manage/routing#down-%d", first.ID) {
		t.Errorf("after the move the browser goes to %s", to)
	}
	if s.order(t) != "Putevi Rasvjeta" {
		t.Errorf("order = %s", s.order(t))
	}
	has(t, change(http.StatusConflict, "up", first.ID, 2), "Somebody has changed the rules meanwhile")
	change(http.StatusSeeOther, "on", second.ID, 3)
	change(http.StatusSeeOther, "all", 0, 4)
	if got := s.rules(t); !got.All || got.Rules[0].Off {
		t.Errorf("after switching: %+v", got)
	}
	change(http.StatusUnprocessableEntity, "up", 99, 5)
	change(http.StatusUnprocessableEntity, "burn", first.ID, 5)

	v := s.View(t, s.Receive(t, s.Mail("b@posta.example", "Лампа", "не ради")).TicketRef)
	if v.Ticket.Department != s.Lighting.ID || v.Ticket.Priority != ticketing.PriorityHigh {
		t.Errorf("the mail went to %d with priority %s", v.Ticket.Department, v.Ticket.Priority)
	}

	change(http.StatusSeeOther, "remove", first.ID, 5)
	if s.order(t) != "Putevi" {
		t.Errorf("after removing: %s", s.order(t))
	}
	has(t, b.get(t, "/manage/routing/versions/5", http.StatusOK), "These are the rules as they were", "Rasvjeta")
	b.post(t, "/manage/routing", http.StatusSeeOther, "do", "restore", "old", "5", "version", "6")
	if s.order(t) != "Putevi Rasvjeta" || s.rules(t).Version != 7 {
		t.Errorf("after bringing version 5 back: %s", s.order(t))
	}
	b.get(t, "/manage/routing/versions/99", http.StatusNotFound)
	b.get(t, "/manage/routing/rules/99", http.StatusNotFound)
}

// What is wrong is said at its field, with what was typed still there.
func TestRoutingRefuses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Adam)
	roads := fmt.Sprint(s.Roads.ID)
	for _, c := range []struct {
		words string
		form  []string
	}{
		{"Give the rule a name", []string{"keywords", "rupa", "department", roads}},
		{"The rule has no condition", []string{"name", "X", "department", roads}},
		{"A rule for every ticket has no further condition", []string{"name", "X", "always", "1", "keywords", "rupa", "department", roads}},
		{"The rule does nothing", []string{"name", "X", "keywords", "rupa"}},
		{"This department does not exist", []string{"name", "X", "keywords", "rupa", "department", "999"}},
		{"This person does not exist", []string{"name", "X", "keywords", "rupa", "person", fmt.Sprint(s.Former.ID)}},
		{"That person cannot see tickets of this department", []string{"name", "X", "keywords", "rupa", "department", fmt.Sprint(s.Water.ID), "person", fmt.Sprint(s.Oskar.ID)}},
		{"A keyword has at least one letter", []string{"name", "X", "keywords", "rupa\n***", "department", roads}},
		{"Write an address", []string{"name", "X", "senders", "everybody", "department", roads}},
		{"This district does not exist", []string{"name", "X", "districts", "7", "department", roads}},
	} {
		page := b.post(t, "/manage/routing/new", http.StatusUnprocessableEntity, append([]string{"version", "0"}, c.form...)...)
		has(t, page, c.words)
		for i := 0; i < len(c.form); i += 2 {
			if c.form[i] == "keywords" {
				has(t, page, c.form[i+1])
			}
		}
	}
	if s.rules(t).Version != 0 {
		t.Error("a bad rule was saved")
	}
	// A21: what stands in a rule is text.
	page := b.post(t, "/manage/routing/new", http.StatusUnprocessableEntity, "version", "0", "name", "<script>alert(1)</script>")
	if strings.Contains(page, "<script>alert(1)") {
		t.Error("markup of a rule is markup of the page (A21)")
	}
}

// A rule that takes every ticket leaves nothing to those below it, and the page says so.
func TestRoutingShadow(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Adam)
	roads := fmt.Sprint(s.Roads.ID)
	b.post(t, "/manage/routing/new", http.StatusSeeOther, "version", "0", "name", "Sve", "always", "1", "enabled", "1", "department", roads)
	b.post(t, "/manage/routing/new", http.StatusSeeOther, "version", "1", "name", "Rupe", "keywords", "rupa", "enabled", "1", "department", roads)
	if n := strings.Count(b.get(t, "/manage/routing", http.StatusOK), "is never asked"); n != 1 {
		t.Errorf("%d rules are said never to be asked, want 1", n)
	}
}

// The rules are asked about a text, and say why each fits or not.
func TestRoutingTry(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Adam)
	has(t, b.get(t, "/manage/routing/try", http.StatusOK), "On past tickets", "On a text")
	has(t, b.post(t, "/manage/routing/try", http.StatusOK, "do", "sample", "body", "rupa"), "No rule fits: the ticket starts in “"+ticketing.NameIn(s.Bureau.Names, lang.En))
	b.post(t, "/manage/routing/new", http.StatusSeeOther, "version", "0", "name", "Vode", "senders", "vodovod.example", "enabled", "1", "department", fmt.Sprint(s.Water.ID))
	b.post(t, "/manage/routing/new", http.StatusSeeOther, "version", "1", "name", "Rupe", "keywords", "rupa", "enabled", "1", "department", fmt.Sprint(s.Roads.ID))
	b.post(t, "/manage/routing/new", http.StatusSeeOther, "version", "2", "name", "Ostalo", "keywords", "put", "enabled", "1", "department", fmt.Sprint(s.Roads.ID))
	page := b.post(t, "/manage/routing/try", http.StatusOK, "do", "sample", "channel", "email", "sender", "ana@posta.example", "body", "Рупа на путу")
	has(t, page, "does not fit: Sender", "fits", "not asked: a rule above decided", "The ticket goes to “"+ticketing.NameIn(s.Roads.Names, lang.En))
	s.Receive(t, s.Mail("a@posta.example", "Rupa", "na putu"))
	has(t, b.post(t, "/manage/routing/try", http.StatusOK, "do", "past", "tickets", "100"), "1 of 1 tickets fit a rule", "1 would have gone at once to where they are now; without these rules 0")
	has(t, b.post(t, "/manage/routing/try", http.StatusUnprocessableEntity, "do", "past", "tickets", "5001"), "from 1 to 5000")
	page = b.post(t, "/manage/routing/try", http.StatusOK, "do", "sample", "body", `"><script>alert(1)</script>`)
	if strings.Contains(page, "<script>alert(1)") {
		t.Error("markup of a text is markup of the page (A21)")
	}
}

func TestDepartmentSharing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Adam)
	path := fmt.Sprintf("/manage/departments/%d", s.Roads.ID)
	form := []string{"version", fmt.Sprint(s.Roads.Version), "code", s.Roads.Code, "name_sr", "Putevi", "leg_hours", "0"}
	b.post(t, path, http.StatusUnprocessableEntity, append(form, "sharing", "lottery")...)
	b.post(t, path, http.StatusSeeOther, append(form, "sharing", "rotate")...)
	has(t, b.get(t, path, http.StatusOK), `<option value="rotate" selected`)
	k := s.Receive(t, s.Mail("a@posta.example", "Rupa", "na putu"))
	desk := ticketing.Desk{Bureau: s.Core}
	moved, err := desk.Move(t.Context(), ticketing.ActorOf(s.Adam), ticketing.Target{Ref: k.TicketRef}, s.Roads.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := s.Store.Directory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if turn := dir.Members(s.Roads.ID); len(turn) == 0 || moved.Assignee != turn[0].ID {
		t.Errorf("handed over to %d, want the first of %v", moved.Assignee, turn)
	}
}
