package agent

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/sistem48/system48/ticketing"
)

// TestSavedViews keeps a narrowed list under a name, opens it, changes, renames
// and deletes it, and takes the deleting back; what one keeps is nobody else's
// (A33), what a head shares reaches the department.
func TestSavedViews(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.mailed(t, "marko@mail.example", "Rupa na putu", "Velika.")
	ana, hana, olga := s.as(t, s.Ana), s.as(t, s.Hana), s.as(t, s.Olga)
	ana.get("/agent/v/all", http.StatusOK).hasNot(t, `action="/agent/views"`)
	const narrowed = "/agent/v/all?channel=email&sort=-received"
	ana.get(narrowed, http.StatusOK).has(t, `action="/agent/views"`, string(ref))
	kept := ana.post("/agent/views", http.StatusSeeOther, "list", "all", "channel", "email", "sort", "-received", "name", "Samo pošta")
	where := kept.Header.Get("Location")
	page := ana.get(where, http.StatusOK)
	page.has(t, "<h1>", "Samo pošta", string(ref), `hx-trigger="load, changed"`)
	page.hasNot(t, `action="/agent/views"`) // it is kept already
	ana.get("/agent/nav?at="+url.QueryEscape(where), http.StatusOK).has(t, `aria-current="page"`, "Samo pošta", `<span class="count">1</span>`)
	other := strings.Replace(where, "channel=email", "channel=sms", 1)
	ana.get(other, http.StatusOK).has(t, `action="/agent/views/1"`, `action="/agent/views"`, "Nijedan predmet ne odgovara", `href="/agent/v/all"`)
	where = ana.post("/agent/views/1", http.StatusSeeOther, "list", "all", "channel", "sms").Header.Get("Location")
	if !strings.Contains(where, "channel=sms") || !strings.Contains(where, "saved=1") {
		t.Errorf("changed view leads to %s", where)
	}
	ana.post("/agent/views", http.StatusUnprocessableEntity, "list", "all", "channel", "email", "name", "samo posta").has(t, "već imate", `name="channel" value="email"`)
	ana.post("/agent/views/1", http.StatusUnprocessableEntity, "name", " ").has(t, "error-summary")
	ana.post("/agent/views/1", http.StatusSeeOther, "name", "Samo [[SMS]]")
	ana.get("/agent/views", http.StatusOK).has(t, "Samo [[SMS]]", "/agent/views/1/delete")
	for name, b := range map[string]*browser{"a head": hana, "an officer": olga} {
		got := b.get("/agent/views", http.StatusOK)
		got.hasNot(t, "Samo [[SMS]]")
		if b.post("/agent/views/1/delete", http.StatusNotFound); t.Failed() {
			t.Errorf("%s deletes another's view", name)
		}
	}

	ana.post("/agent/views", http.StatusForbidden, "list", "overdue", "name", "Za sve", "shared", "1")
	hana.post("/agent/views", http.StatusSeeOther, "list", "overdue", "priority", "urgent", "name", "Hitno kasni", "shared", "1")
	olga.get("/agent/v/mine", http.StatusOK).has(t, "Hitno kasni")
	olga.get("/agent/views", http.StatusOK).hasNot(t, "/agent/views/2/delete")
	ana.get("/agent/v/mine", http.StatusOK).hasNot(t, "Hitno kasni")
	ana.get("/agent/v/overdue?priority=urgent&saved=2", http.StatusOK).hasNot(t, "Hitno kasni")

	ana.post("/agent/views/1/delete", http.StatusSeeOther)
	ana.get("/agent/views", http.StatusOK).has(t, "data-undo", `name="channel" value="sms"`, `name="name" value="Samo [[SMS]]"`)
	ana.get("/agent/views", http.StatusOK).has(t, "Još nema pogleda")
	ana.post("/agent/views/1/move", http.StatusNotFound)
}

// TestAsked: what another department asked stands in the list of questions of
// who owes the answer, until they answer; everybody else's is empty and says why.
func TestAsked(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.mailed(t, "marko@mail.example", "Čiji je stub", "Na uglu.")
	desk, ana := ticketing.Desk{Bureau: s.Core}, ticketing.ActorOf(s.Ana)
	must(t, second(desk.Move(t.Context(), ana, ticketing.Target{Ref: ref}, s.Roads.ID, "")))
	must(t, second(desk.Consult(t.Context(), ana, ticketing.Target{Ref: ref}, s.Lighting.ID, "Je li vaš?")))
	oskar := s.as(t, s.Oskar)
	oskar.get("/agent/v/asked", http.StatusOK).has(t, string(ref), "row--unread", `<span class="count">1</span>`)
	oskar.get("/agent/v/all", http.StatusOK).hasNot(t, string(ref))
	s.as(t, s.Olga).get("/agent/v/asked", http.StatusOK).has(t, "Niko Vas ništa ne pita")
	oskar.get(ticketing.TicketPath(ref), http.StatusOK)
	oskar.get("/agent/v/asked", http.StatusOK).hasNot(t, "row--unread")
	oskar.post(ticketing.TicketPath(ref)+"/consultations/1/answer", http.StatusSeeOther, "text", "Jeste.")
	oskar.get("/agent/v/asked", http.StatusOK).has(t, "Niko Vas ništa ne pita")
}
