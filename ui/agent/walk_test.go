package agent

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/sistem48/system48/ticketing"
)

// TestWalk works through tickets with the keyboard alone, in a real browser:
// down the list, open, note, answer, take back, finish.
func TestWalk(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	c := newCrowd(t, s)
	s.Core.Settings.UndoWait = time.Minute
	w := newWindow(t, s, s.Ana)
	w.view(1440, "light")
	w.open("/agent/v/all")
	row := func(n string) string {
		return `document.activeElement === document.querySelectorAll("[data-row]")[` + n + `]`
	}
	w.key("j")
	w.until("j enters the list", row("0"))
	w.key("j")
	w.until("j goes down", row("1"))
	w.key("k")
	w.key("k")
	w.until("k stays at the top", row("0"))
	w.key("j")
	w.do(chromedp.KeyEvent("\r"))
	w.until("Enter opens the ticket beside the list", `document.querySelector("#ticket h2")?.textContent.includes("Udarna rupa")`)
	w.until("the address is the ticket's", `location.pathname.endsWith("`+string(c.pothole)+`")`)
	w.until("the list is still there", `document.querySelectorAll("[data-row]").length > 3 && document.querySelector(".row--open")`)
	w.until("promises stand at the side", `document.querySelector("#side .clock")`)
	for _, v := range w.axe() {
		t.Error("split:", v)
	}
	w.shoot("split_1440_light")

	w.write(s, c)
}

// write notes and answers in the ticket that is open, and takes the answer back.
func (w *window) write(s *site, c crowd) {
	t := w.t
	t.Helper()
	w.key("b")
	w.until("b writes a note", `document.activeElement.id === "text-note"`)
	w.do(chromedp.SendKeys("#text-note", "Bilješka tastaturom"))
	w.key("Enter", "ctrl")
	w.until("the note is there", `[...document.querySelectorAll(".message--note")].some(m=>m.textContent.includes("Bilješka tastaturom"))`)
	w.until("and the box is empty", `document.querySelector("#text-note").value === ""`)
	w.do(chromedp.Focus("#ticket .timeline"))
	w.key("r")
	w.until("r answers", `document.activeElement.id === "text-reply"`)
	w.do(chromedp.SendKeys("#text-reply", "Ekipa izlazi do 13 h."))
	w.until("the draft is saved", `document.querySelector("#panel-reply [data-draft-state]").textContent !== ""`)
	if d, err := s.Store.Draft(t.Context(), s.Ana.ID, s.View(t, c.pothole).Ticket.ID, ticketing.DraftReply); err != nil || d.Text != "Ekipa izlazi do 13 h." {
		t.Errorf("draft = %q, %v", d.Text, err)
	}
	w.key("Enter", "ctrl")
	w.until("the answer is there", `[...document.querySelectorAll(".message--out")].some(m=>m.textContent.includes("do 13 h."))`)
	w.until("undo is offered", `document.querySelector("#toasts [data-undo]")`)
	w.until("the box is empty", `document.querySelector("#text-reply").value === ""`)
	w.shoot("undo_1440_light")
	w.do(chromedp.Focus("#ticket .timeline"))
	w.key("u")
	w.until("u takes it back into the draft", `document.querySelector("#text-reply").value.includes("do 13 h.")`)
	w.until("the offer is gone", `!document.querySelector("#toasts [data-undo]")`)
	w.finish(s)
}

// finish assigns and closes the ticket that is open beside the list, and goes
// back to its row.
func (w *window) finish(s *site) {
	w.t.Helper()
	w.do(chromedp.Focus("#ticket .timeline"))
	w.key("a")
	w.until("a assigns", `document.querySelector("#dialog-assign").matches(":modal")`)
	eval[bool](w, `document.querySelector("#assign-assignee").value = "`+id(s.Ana.ID)+`", document.querySelector("#form-assign button").click(), true`)
	w.until("and closes", `!document.querySelector("#dialog-assign").open`)
	w.until("the pane shows who", `document.querySelector("#side").textContent.includes("Ana Službenik")`)
	w.key("e")
	w.until("e finishes", `document.querySelector("#dialog-close").matches(":modal")`)
	eval[bool](w, `document.querySelector("#close-code").value = "not_competent", document.querySelector("#form-close button").click(), true`)
	w.until("a refused form says why inside the dialog", `document.querySelector("#dialog-close").matches(":modal") && document.querySelector("#dialog-close").textContent.includes("Navedite ko je nadležan")`)
	w.shoot("refused_1440_light")
	w.key("Escape")
	w.do(chromedp.KeyEvent("\x1b"))
	w.until("Escape closes the dialog", `!document.querySelector("dialog:modal")`)
	w.do(chromedp.Focus("#ticket .timeline"))
	w.key("Escape")
	w.until("Escape leads back to the row", `document.activeElement.matches('[data-row][aria-current="true"]')`)
	w.key("?")
	w.until("? lists the keys", `document.querySelector("#keys").open && document.querySelectorAll("#keys dt").length > 4`)
	w.shoot("keys_1440_light")
}

// TestLive watches the queue and a ticket while others work: nothing is
// reloaded, and nothing typed is lost.
func TestLive(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	c := newCrowd(t, s)
	w := newWindow(t, s, s.Ana)
	w.open("/agent/v/all")
	rows := eval[int64](w, `document.querySelectorAll("[data-row]").length`)
	start := time.Now()
	s.Clock.Set(time.Now().UTC())
	s.mailed(t, "novi@mail.example", "Sasvim nov predmet", "Dobar dan.")
	w.until("a new ticket is announced", `document.querySelector("#new-banner a")`)
	t.Logf("announced after %s", time.Since(start).Round(time.Millisecond))
	if n := eval[int64](w, `document.querySelectorAll("[data-row]").length`); n != rows {
		t.Errorf("%d rows, want %d: they must not move by themselves", n, rows)
	}
	w.key(".")
	w.until("the point shows it", `document.querySelector(".rows")?.textContent.includes("Sasvim nov predmet")`)

	path := ticketing.TicketPath(c.light)
	w.open(path)
	time.Sleep(300 * time.Millisecond)
	w.do(chromedp.SendKeys("#text-reply", "Zapocet odgovor"))
	s.Clock.Set(time.Now().UTC())
	in := s.Mail("jelena@mail.example", "Re: rasvjeta", "Upravo se upalila.")
	in.References = []string{s.View(t, c.light).Deliveries[0].MessageIDHeader}
	s.Receive(t, in)
	w.until("the new message appears", `document.querySelector("#timeline").textContent.includes("Upravo se upalila")`)
	if got := eval[string](w, `document.querySelector("#text-reply").value`); got != "Zapocet odgovor" {
		t.Errorf("typed text = %q", got)
	}
	w.do(chromedp.Click(`#panel-reply button[value="answer"]`))
	w.until("a crossed answer is held", `document.querySelector("#error-reply")?.textContent.includes("stigla nova poruka")`)
	w.shoot("conflict_1440_light")
	w.do(chromedp.Click(`#error-reply button[name="anyway"]`))
	w.until("and sent when the agent says so", `[...document.querySelectorAll(".message--out")].some(m=>m.textContent.includes("Zapocet odgovor"))`)
}

// TestWithoutScripts does the same work in a browser that runs none.
func TestWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	c := newCrowd(t, s)
	w := newWindow(t, s, s.Ana)
	w.scripts(false)
	w.open("/agent/v/all")
	w.do(chromedp.Click(`a[href="` + ticketing.TicketPath(c.light) + `"]`))
	w.do(chromedp.WaitVisible("#text-reply"), chromedp.SendKeys("#text-reply", "Bez skripti"), chromedp.Click(`button[value="answer"]`))
	w.do(chromedp.WaitVisible(".message--out"), chromedp.Click(`a[data-dialog="#dialog-assign"]`))
	w.do(chromedp.WaitVisible("#dialog-assign"), chromedp.SetValue("#assign-assignee", id(s.Ana.ID)), chromedp.Click("#form-assign button.button--primary"))
	v := s.View(t, c.light)
	for range 100 { // the press is on its way
		if v.Ticket.Assignee != 0 {
			break
		}
		time.Sleep(50 * time.Millisecond)
		v = s.View(t, c.light)
	}
	if v.Ticket.Assignee != s.Ana.ID || !strings.Contains(v.Messages[len(v.Messages)-1].Text, "Bez skripti") {
		t.Errorf("assigned to %d, last message %q", v.Ticket.Assignee, v.Messages[len(v.Messages)-1].Text)
	}
}

// TestPalette finds a ticket from anywhere.
func TestPalette(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	c := newCrowd(t, s)
	w := newWindow(t, s, s.Ana)
	w.open("/agent/v/mine")
	w.key("k", "ctrl")
	w.until("the palette opens", `document.querySelector("#palette").open`)
	w.do(chromedp.SendKeys("#palette-input", "udarna"))
	w.until("it finds", `document.querySelector("#palette [data-found] a")?.textContent.includes("Udarna rupa")`)
	for _, v := range w.axe() {
		t.Error("palette:", v)
	}
	w.shoot("palette_1440_light")
	w.do(chromedp.KeyEvent("\r"))
	w.until("Enter goes there", `location.pathname.endsWith("`+string(c.pothole)+`")`)
	b := s.as(t, s.Ana)
	b.get("/agent/search?q="+string(c.pothole), http.StatusSeeOther)
}
