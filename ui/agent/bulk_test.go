package agent

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/sistem48/system48/ticketing"
)

// undoOf reads the offer to take back out of a page.
func undoOf(t *testing.T, a answer) []string {
	t.Helper()
	pairs := []string{}
	_, toasts, _ := strings.Cut(a.body, `id="toasts"`)
	for _, m := range regexp.MustCompile(`<input type="hidden" name="(item|do|back)" value="([^"]*)"`).FindAllStringSubmatch(toasts, -1) {
		pairs = append(pairs, m[1], m[2])
	}
	return pairs
}

// TestBulk changes several tickets at once, each a change of its own (I4), says
// what became of each, and takes back what can be taken back unless somebody
// changed it since.
func TestBulk(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	one := s.mailed(t, "a@mail.example", "Prvi", "x")
	two := s.mailed(t, "b@mail.example", "Drugi", "x")
	both := []string{"ref", string(one), "ref", string(two), "back", "/agent/v/unassigned"}
	ana, desk := s.as(t, s.Ana), ticketing.Desk{Bureau: s.Core}
	assigned := func() [2]ticketing.AgentID {
		return [2]ticketing.AgentID{s.View(t, one).Ticket.Assignee, s.View(t, two).Ticket.Assignee}
	}

	got := ana.post("/agent/tickets/bulk", http.StatusSeeOther, append(both, "do", "assign", "assignee", id(s.Boris.ID))...)
	if a := assigned(); a != [2]ticketing.AgentID{s.Boris.ID, s.Boris.ID} || got.Header.Get("Location") != "/agent/v/unassigned" {
		t.Errorf("assigned to %v, leads to %s", a, got.Header.Get("Location"))
	}
	page := ana.get("/agent/v/unassigned", http.StatusOK)
	page.has(t, "2 predmeta su promijenjena.", "data-undo", `action="/agent/tickets/bulk/undo"`)
	undo := undoOf(t, page)
	must(t, second(desk.Assign(t.Context(), ticketing.ActorOf(s.Adam), ticketing.Target{Ref: two}, s.Adam.ID)))
	ana.post("/agent/tickets/bulk/undo", http.StatusSeeOther, undo...)
	if a := assigned(); a != [2]ticketing.AgentID{0, s.Adam.ID} {
		t.Errorf("after undo: %v; what somebody changed since must stay", a)
	}
	ana.get("/agent/v/unassigned", http.StatusOK).has(t, "1 predmet je vraćen. 1 je ostao kakav je.")

	mixed := ana.post("/agent/tickets/bulk", http.StatusOK, append(both, "do", "mine", "ref", "S48-26-999999-9")...)
	mixed.has(t, "2 predmeta su promijenjena. 1 je ostao kakav je.", "Prvi", "Drugi", "urađeno", "preskočeno", `name="item"`)

	ana.post("/agent/tickets/bulk", http.StatusSeeOther, append(both, "do", "tag", "tag", "kiša")...)
	undo = undoOf(t, ana.get("/agent/v/mine", http.StatusOK))
	if k := s.View(t, one).Ticket; !k.HasTag("kiša") {
		t.Errorf("tags %v", k.Tags)
	}
	ana.post("/agent/tickets/bulk/undo", http.StatusSeeOther, undo...)
	if k := s.View(t, one).Ticket; k.HasTag("kiša") {
		t.Errorf("tags after undo %v", k.Tags)
	}

	got = ana.post("/agent/tickets/bulk", http.StatusSeeOther, "do", "move", "department", id(s.Roads.ID), "ref", string(one), "back", "//evil.example")
	if to := got.Header.Get("Location"); to != "/agent/v/mine" {
		t.Errorf("leads to %q (A59)", to)
	}
	if d := s.View(t, one).Ticket.Department; d != s.Roads.ID {
		t.Errorf("moved to %d", d)
	}
	ana.get("/agent/v/mine", http.StatusOK).hasNot(t, "data-undo") // the department was told
	ana.post("/agent/tickets/bulk", http.StatusUnprocessableEntity, "do", "drop", "ref", string(one))
	ana.post("/agent/tickets/bulk/undo", http.StatusUnprocessableEntity, "do", "move", "item", string(one)+":1:1")
	s.as(t, s.Oskar).post("/agent/tickets/bulk", http.StatusOK, "do", "mine", "ref", string(two)).has(t, "preskočeno") // not his to see (A33)
}

// TestBulkDuplicates asks which of several tickets lives on, and closes the
// others as its duplicates, each with its own event and letter.
func TestBulkDuplicates(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	var refs []ticketing.Reference
	form := []string{"do", "duplicates", "back", "/agent/v/all"}
	for i := range 3 {
		ref := s.mailed(t, fmt.Sprintf("c%d@mail.example", i), "Rupa", "Ista rupa.")
		refs, form = append(refs, ref), append(form, "ref", string(ref))
	}
	ana := s.as(t, s.Ana)
	ana.post("/agent/tickets/bulk", http.StatusOK, form...).has(t, "Koji se nastavlja?", `value="`+string(refs[0])+`" checked`, "Zatvori ostale")
	ana.post("/agent/tickets/bulk", http.StatusUnprocessableEntity, append(form, "other", "nije broj")...).has(t, "error-summary")
	ana.post("/agent/tickets/bulk", http.StatusSeeOther, append(form, "main", string(refs[1]))...)
	ana.get("/agent/v/all", http.StatusOK).has(t, "2 predmeta su promijenjena.")
	main := s.View(t, refs[1]).Ticket
	for i, ref := range refs {
		v := s.View(t, ref)
		if i == 1 {
			if v.Ticket.State != ticketing.StateReceived && v.Ticket.State != ticketing.StateOpen {
				t.Errorf("the one that lives on is %s", v.Ticket.State)
			}
			continue
		}
		closed := 0
		for _, e := range v.Events {
			if e.Kind == ticketing.EventClosed {
				closed++
			}
		}
		if v.Ticket.Code != ticketing.CodeDuplicate || v.Ticket.DuplicateOf != main.ID || closed != 1 {
			t.Errorf("%s: %s of %d, %d events", ref, v.Ticket.Code, v.Ticket.DuplicateOf, closed)
		}
	}
	ana.post("/agent/tickets/bulk", http.StatusOK, append(form, "main", string(refs[0]))...).has(t, "preskočeno") // it is a duplicate itself
}

// TestBulkMany chooses by keyboard and changes more tickets than one request
// takes, in a real browser: it shows how far it is and what became of them.
func TestBulkMany(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	for i := range 26 {
		s.mailed(t, fmt.Sprintf("m%d@mail.example", i), fmt.Sprint("Predmet ", i), "x")
	}
	w := newWindow(t, s, s.Ana)
	w.open("/agent/v/unassigned")
	w.key("j")
	w.until("the list has the focus", `document.activeElement.matches("[data-row]")`)
	w.key("x")
	w.until("x chooses", `document.querySelector("[data-bulk-count]").textContent === "1" && !document.querySelector("[data-bulk-bar]").hidden`)
	w.key("J", "shift")
	w.key("J", "shift")
	w.until("Shift and j choose a stretch", `document.querySelector("[data-bulk-count]").textContent === "3"`)
	w.shoot("bulk_1440_light")
	for _, v := range w.axe() {
		t.Error("bulk:", v)
	}
	eval[bool](w, `document.querySelectorAll('input[name="ref"]').forEach(b => b.checked || b.click()), true`)
	w.do(chromedp.Click(`[data-bulk-bar] button[value="mine"]`))
	w.until("it ends with what became of each", `!document.querySelector("[data-bulk-end]").hidden && document.querySelectorAll("[data-bulk-lines] li").length === 26 && document.querySelector("[data-bulk-at]").textContent === "26"`)
	w.shoot("progress_1440_light")
	for _, v := range w.axe() {
		t.Error("progress:", v)
	}
	mine := func() int {
		page, err := s.Store.Tickets(t.Context(), ticketing.TicketFilter{Scope: ticketing.Scope{All: true}, Assignee: s.Ana.ID}, 0)
		must(t, err)
		return len(page.Items)
	}
	if n := mine(); n != 26 {
		t.Errorf("%d are hers", n)
	}
	w.do(chromedp.Click("[data-bulk-undo]"))
	w.until("they are taken back", `document.querySelector("#toasts")?.textContent.includes("26 predmeta je vraćeno")`)
	if n := mine(); n != 0 {
		t.Errorf("%d are hers still", n)
	}
	if u, err := url.Parse(eval[string](w, "location.href")); err != nil || u.Path != "/agent/v/unassigned" {
		t.Errorf("ends at %v", u)
	}
}
