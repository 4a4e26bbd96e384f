package agent

import (
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/sistem48/system48/ticketing"
)

// TestPresent shows a colleague at the ticket, on its page and in the queue, until
// they leave; who may not see the ticket says and learns nothing (A38).
func TestPresent(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.mailed(t, "marko@mail.example", "Rupa", "Rupa u ulici.")
	path := ticketing.TicketPath(ref)
	ana, boris, oskar := s.as(t, s.Ana), s.as(t, s.Boris), s.as(t, s.Oskar)
	looks, writes := s.Boris.Name+" gleda", s.Boris.Name+" piše"
	ana.get(path, http.StatusOK).has(t, `data-here="`+path+`/here"`)
	if got := boris.post(path+"/here", http.StatusOK); got.text() != "" {
		t.Errorf("Boris is alone and sees %q", got.text())
	}
	ana.post(path+"/here", http.StatusOK).has(t, looks)
	ana.get(path, http.StatusOK).has(t, looks)
	boris.post(path+"/here", http.StatusOK, "writing", "1").has(t, s.Ana.Name+" gleda")
	ana.post(path+"/here", http.StatusOK).has(t, writes)
	ana.get("/agent/v/all", http.StatusOK).has(t, writes)
	ana.get("/agent/tickets/rows?refs="+string(ref), http.StatusOK).has(t, writes)
	oskar.post(path+"/here", http.StatusNotFound)
	boris.post(path+"/here", http.StatusNoContent, "left", "1")
	ana.post(path+"/here", http.StatusOK).hasNot(t, s.Boris.Name)
}

// TestPresentInABrowser sees a colleague come, write and go without a reload, and
// tells the others what its own reader does.
func TestPresentInABrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.mailed(t, "marko@mail.example", "Rupa", "Rupa u ulici.")
	path := ticketing.TicketPath(ref)
	w, boris := newWindow(t, s, s.Ana), s.as(t, s.Boris)
	w.view(1440, "light")
	w.open(path)
	boris.post(path+"/here", http.StatusOK)
	w.until("he is seen", `document.querySelector("[data-here]").textContent.includes("gleda")`)
	boris.post(path+"/here", http.StatusOK, "writing", "1").has(t, s.Ana.Name+" gleda")
	w.until("he is seen writing", `document.querySelector("[data-here]").textContent.includes("piše")`)
	w.shoot("present_1440_light")
	for _, v := range w.axe() {
		t.Error(v)
	}
	w.do(chromedp.SendKeys("#text-reply", "Ekipa"))
	w.until("her draft is kept", `document.querySelector("#panel-reply [data-draft-state]").textContent !== ""`)
	boris.post(path+"/here", http.StatusOK, "writing", "1").has(t, s.Ana.Name+" piše")
	boris.post(path+"/here", http.StatusNoContent, "left", "1")
	w.until("he is gone", `document.querySelector("[data-here]").textContent.trim() === ""`)
	w.open("/agent/v/all")
	boris.post(path+"/here", http.StatusOK)
	w.until("he is seen in the queue", `document.querySelector(".avatar--here")?.title.includes("gleda")`)
	boris.post(path+"/here", http.StatusNoContent, "left", "1")
	w.until("and leaves it", `!document.querySelector(".avatar--here")`)
}
