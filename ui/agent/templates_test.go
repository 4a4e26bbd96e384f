package agent

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// templates gives the site three ready-made answers; the last is for Lighting.
func (s *site) templates(t *testing.T) {
	t.Helper()
	reg := ticketing.Registry{Bureau: s.Core}
	for _, x := range []ticketing.Template{
		{Name: "Primljeno", Texts: map[lang.Tag]string{lang.SrLatn: "Poštovani {citizen},\nprimili smo {ref}."}},
		{Name: "Upućeno Putevima", Texts: map[lang.Tag]string{lang.SrLatn: "Nadležni su Putevi."}},
		{Name: "Rasvjeta", Department: s.Lighting.ID, Texts: map[lang.Tag]string{lang.SrLatn: "Ekipa izlazi noću."}},
	} {
		must(t, reg.SaveTemplate(t.Context(), ticketing.ActorOf(s.Adam), &x))
	}
}

// TestTemplatesWithoutScripts: a ready-made answer is laid behind what was typed
// and stays a draft; only those of the ticket's department are offered, and what
// a citizen is called is filled in once (A19).
func TestTemplatesWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	in := s.Mail("marko@mail.example", "Rupa", "Velika.")
	in.From.Name = "{agent} {ref}"
	ref := s.Receive(t, in).TicketRef
	ana, path := s.as(t, s.Ana), ticketing.TicketPath(ref)
	ana.get(path, http.StatusOK).hasNot(t, "data-templates", "insert_reply")
	s.templates(t)
	page := ana.get(path, http.StatusOK)
	page.has(t, `data-templates="`+path+`/templates"`, `value="insert_reply"`, "Primljeno", "Upućeno Putevima")
	page.hasNot(t, "Rasvjeta</option>")
	ana.post(path+"/message", http.StatusSeeOther, "answer", "insert_reply", "template_reply", "1", "text_reply", "Dobar dan!")
	d, err := s.Store.Draft(t.Context(), s.Ana.ID, s.View(t, ref).Ticket.ID, ticketing.DraftReply)
	if want := "Dobar dan!\n\nPoštovani {agent} {ref},\nprimili smo " + string(ref) + "."; err != nil || d.Text != want {
		t.Errorf("draft %q, %v, want %q", d.Text, err, want)
	}
	ana.get(path+"/templates", http.StatusOK).has(t, `data-template="1"`, `role="option"`)
	if got := ana.get(path+"/templates/1", http.StatusOK); got.text() != strings.ReplaceAll(strings.TrimPrefix(d.Text, "Dobar dan!\n\n"), "\n", " ") || !strings.HasPrefix(got.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("filled: %q of %s", got.text(), got.Header.Get("Content-Type"))
	}
	ana.get(path+"/templates/3", http.StatusNotFound)
	if n := len(s.View(t, ref).Messages); n != 1 {
		t.Errorf("%d messages: something was sent", n)
	}
}

// TestSlash types "/" at the beginning of a line, in a real browser.
func TestSlash(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	c := newCrowd(t, s)
	s.templates(t)
	w := newWindow(t, s, s.Ana)
	w.open(ticketing.TicketPath(c.parking))
	time.Sleep(300 * time.Millisecond) // the scripts stand
	const list = `document.querySelector("#ready-reply")`
	w.do(chromedp.SendKeys("#text-reply", "A/B\n/"))
	w.until("a slash at the beginning of a line opens the list", `!`+list+`.hidden && `+list+`.querySelectorAll("[data-template]").length === 2`)
	w.shoot("ready_1440_light")
	for _, v := range w.axe() {
		t.Error("ready:", v)
	}
	w.do(chromedp.SendKeys("#text-reply", "putevi"))
	w.until("what is typed narrows it", `[...`+list+`.querySelectorAll("[data-template]")].filter(o => !o.hidden).map(o => o.dataset.name).join() === "Upućeno Putevima"`)
	w.key("Escape")
	w.until("Escape closes it and leaves the text", list+`.hidden && document.activeElement.value.endsWith("/putevi")`)
	eval[bool](w, `(document.querySelector("#text-reply").value = "") === ""`)
	w.do(chromedp.SendKeys("#text-reply", "/"))
	w.until("it opens again", `!`+list+`.hidden && document.activeElement.getAttribute("aria-activedescendant") === "ready-option-1"`)
	w.key("ArrowDown")
	w.until("the arrows choose", `document.activeElement.getAttribute("aria-activedescendant") === "ready-option-2"`)
	w.key("ArrowUp")
	w.key("Enter")
	w.until("Enter lays it in, filled", `document.querySelector("#text-reply").value === "Poštovani Besnik Gjokaj,\nprimili smo `+string(c.parking)+`."`)
	w.until("and it is a draft", `document.querySelector("#panel-reply [data-draft-state]").textContent !== ""`)
	w.do(chromedp.Click("#panel-reply [data-open-ready]"))
	w.until("the button opens it on a line of its own", `!`+list+`.hidden && document.querySelector("#text-reply").value.endsWith("\n/")`)
	w.do(chromedp.Click("#ready-option-2"))
	w.until("a press lays it in", `document.querySelector("#text-reply").value.endsWith("\nNadležni su Putevi.") && `+list+`.hidden`)
}
