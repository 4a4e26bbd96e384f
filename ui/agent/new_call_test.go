package agent

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// A ticket opened from a call takes its number without showing it, belongs to the
// call, and what is read out is in the caller's language.
func TestTicketFromCall(t *testing.T) {
	t.Parallel()
	s := newSite(t, "24x7")
	k := s.ring(t, "c1", "067 123 418", ticketing.CallAnswered)
	other := s.mailed(t, "marko@mail.example", "Rupa", "Rupa na kolovozu.")
	ana := s.as(t, s.Ana)
	form := ana.get("/agent/new?call="+id(k.ID), http.StatusOK)
	form.has(t, "067 ••• 418", `name="call" value="`+id(k.ID)+`"`)
	form.hasNot(t, "123 418", "+38267123418")
	done := ana.post("/agent/new", http.StatusSeeOther, "channel", "phone", "subject", "Ndriçimi", "language", "sq", "priority", "normal", "category", "0",
		"call", id(k.ID), "do", "next", "once", "k1")
	said := ana.get(done.Header.Get("Location"), http.StatusOK)
	said.has(t, `<p lang="sq">`, "Numri i lëndës suaj")
	page, err := s.Store.CallPage(t.Context(), ticketing.CallFilter{Key: "c1"})
	must(t, err)
	call := page.Items[0]
	if call.Ref == "" || call.Ref == other {
		t.Fatalf("the call belongs to %q", call.Ref)
	}
	v := s.View(t, call.Ref)
	if v.Ticket.Language != lang.Sq || len(v.Citizen.Contacts) != 1 || v.Citizen.Contacts[0].Address != "+38267123418" {
		t.Errorf("ticket %v, contacts %+v", v.Ticket.Language, v.Citizen.Contacts)
	}
	second := s.ring(t, "c2", "067 123 418", ticketing.CallAnswered)
	ana.get("/agent/new?call="+id(second.ID), http.StatusOK).has(t, string(call.Ref), "Dodaj poziv")
	ana.post("/agent/calls/"+id(second.ID)+"/bind", http.StatusSeeOther, "ref", string(call.Ref))
	ana.get("/agent/calls?show=no-record", http.StatusOK).hasNot(t, "call="+id(second.ID))
}

// What is typed into the form is kept for its agent alone, until it is saved or
// discarded.
func TestNewFormIsKept(t *testing.T) {
	t.Parallel()
	s := newSite(t, "24x7")
	ana := s.as(t, s.Ana)
	put := func(pairs ...string) {
		t.Helper()
		ana.do(http.MethodPut, "/agent/new/draft", values(pairs), true).is(t, http.StatusNoContent)
	}
	put("subject", "Pukla cijev", "address", "Bulevar 5", "priority", "high", "unknown", "x")
	s.as(t, s.Ana).get("/agent/new", http.StatusOK).has(t, "Pukla cijev", "Bulevar 5", "Odbaci nacrt") // another machine
	s.as(t, s.Adam).get("/agent/new", http.StatusOK).hasNot(t, "Pukla cijev")
	ana.get("/agent/new?call="+id(s.ring(t, "d1", "067 123 418", ticketing.CallAnswered).ID), http.StatusOK).hasNot(t, "Pukla cijev")
	ana.do(http.MethodPut, "/agent/new/draft", values([]string{"text", strings.Repeat("x", maxTyped+1)}), true).is(t, http.StatusRequestEntityTooLarge)
	ana.post("/agent/new/draft/discard", http.StatusSeeOther)
	ana.get("/agent/new", http.StatusOK).hasNot(t, "Pukla cijev", "Odbaci nacrt")
	put("subject", "Pukla cijev", "text", "Voda teče")
	ana.post("/agent/new", http.StatusSeeOther, "channel", "phone", "subject", "Pukla cijev", "text", "Voda teče", "priority", "normal", "category", "0", "do", "open", "once", "k2")
	ana.get("/agent/new", http.StatusOK).hasNot(t, "Pukla cijev")
}

// While the place is typed, tickets in work at it are shown.
func TestAlikeNearby(t *testing.T) {
	t.Parallel()
	s := newSite(t, "24x7")
	desk := ticketing.Desk{Bureau: s.Core}
	_, err := desk.Open(t.Context(), ticketing.ActorOf(s.Ana), ticketing.OpenInput{
		Channel: ticketing.ChannelPhone, Subject: "Rupa", Text: "Rupa.", Location: ticketing.Location{Address: "Bulevar Svetog Petra 12"},
	})
	must(t, err)
	ana := s.as(t, s.Ana)
	ana.get("/agent/new/known?address=Bulevar+Svetog+Petra+14", http.StatusOK).has(t, "Slično u blizini", "Rupa")
	ana.get("/agent/new/known?address=Njegoševa+3", http.StatusOK).hasNot(t, "Slično u blizini")
}

// What was solved while talking is opened, answered and resolved in one step, and
// keeps the promise; where the category wants more it stays open.
func TestSolvedOnTheCall(t *testing.T) {
	t.Parallel()
	s := newSite(t, "24x7")
	ana := s.as(t, s.Ana)
	k := s.ring(t, "s1", "067 123 418", ticketing.CallAnswered)
	ana.post("/agent/new", http.StatusSeeOther, "channel", "phone", "subject", "Radno vrijeme", "language", "sq", "priority", "normal", "category", "0",
		"call", id(k.ID), "do", "solved", "once", "k3")
	page, err := s.Store.CallPage(t.Context(), ticketing.CallFilter{Key: "s1"})
	must(t, err)
	v := s.View(t, page.Items[0].Ref)
	if v.Ticket.State != ticketing.StateResolved || v.Ticket.AnsweredAt.IsZero() {
		t.Errorf("state %v, answered %v", v.Ticket.State, v.Ticket.AnsweredAt)
	}
	if last := v.Messages[len(v.Messages)-1]; last.Text != "U përgjigj në bisedën telefonike." {
		t.Errorf("the answer says %q", last.Text)
	}
}
