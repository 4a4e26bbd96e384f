package agent

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/sistem48/system48/ticketing"
)

// pressAll presses every key there is, none of which may do anything, and gives
// those that the page would have acted on, as its list of keys names them.
const pressAll = `(() => {
	const kept = [HTMLElement.prototype.click, HTMLElement.prototype.focus, HTMLDialogElement.prototype.showModal];
	HTMLElement.prototype.click = HTMLElement.prototype.focus = HTMLDialogElement.prototype.showModal = () => {};
	const off = document.body.dataset.singleKeys === "off";
	const works = [];
	const press = (name, target, init) => {
		if (!target.dispatchEvent(new KeyboardEvent("keydown", {bubbles: true, cancelable: true, ...init}))) works.push(name);
	};
	const here = document.activeElement, letters = [..."abcdefghijklmnopqrstuvwxyz0123456789./?"];
	for (const key of letters) press(key, here, {key, altKey: off});
	for (const key of letters.slice(0, 26)) press("shift+" + key, here, {key: key.toUpperCase(), shiftKey: true, altKey: off});
	for (const key of letters.slice(0, 26)) press("ctrl+" + key, here, {key, ctrlKey: true});
	for (const [name, key] of [["↓", "ArrowDown"], ["↑", "ArrowUp"], ["Home", "Home"], ["End", "End"]]) press(name, here, {key});
	press("Esc", document.body, {key: "Escape"});
	const text = [...document.querySelectorAll(".composer textarea")].find(t => t.checkVisibility());
	if (text) {
		press("ctrl+enter", text, {key: "Enter", ctrlKey: true});
		press("ctrl+shift+enter", text, {key: "Enter", ctrlKey: true, shiftKey: true});
	}
	[HTMLElement.prototype.click, HTMLElement.prototype.focus, HTMLDialogElement.prototype.showModal] = kept;
	return works;
})()`

// TestKeys: the list of keys names exactly those that the page acts on, whatever
// stands on it, also for an account that presses letters with Alt (WCAG 2.1.4).
// Enter on a row and the arrows among pictures are walked elsewhere.
func TestKeys(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	c := newCrowd(t, s)
	s.templates(t)
	w := newWindow(t, s, s.Ana)
	compare := func(what string, must ...string) {
		t.Helper()
		eval[bool](w, `document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "?", shiftKey: true, altKey: document.body.dataset.singleKeys === "off", bubbles: true, cancelable: true})) || true`)
		w.until("? opens the list", `document.querySelector("#keys").open`)
		listed := eval[[]string](w, `[...document.querySelectorAll("#keys [data-pressed]")].map(k => k.dataset.pressed)`)
		w.shoot("keys_" + strings.ReplaceAll(what, " ", "_"))
		eval[bool](w, `document.querySelector("#keys").close(), true`)
		works := eval[[]string](w, pressAll)
		listed = slices.DeleteFunc(listed, func(k string) bool { return k == "Enter" || k == "←" || k == "→" })
		slices.Sort(listed)
		slices.Sort(works)
		if fmt.Sprint(listed) != fmt.Sprint(works) {
			t.Errorf("%s: listed %v\nbut these work %v", what, listed, works)
		}
		for _, k := range must {
			if !slices.Contains(works, k) {
				t.Errorf("%s: %s does not work", what, k)
			}
		}
	}
	enter := func() {
		w.key("j")
		w.until("the list has the focus", `document.activeElement.matches("[data-row]")`)
	}

	w.open("/agent/v/all")
	enter()
	compare("a list", "j", "k", "x", "shift+j", "/", "n", "g", "ctrl+k", "Esc", "Home")
	w.key("x")
	compare("a list with a choice", "a", "d", "t")
	eval[bool](w, `document.querySelector("[data-bulk-clear]").click(), true`)
	w.key("j")
	w.do(chromedp.KeyEvent("\r"))
	w.until("the ticket is open beside it", `document.querySelector("#ticket h2")?.textContent.includes("Udarna rupa")`)
	w.until("the focus is in the list", `document.activeElement.matches("[data-row]")`)
	all := []string{"r", "b", "a", "d", "s", "p", "t", "e", "w", "shift+u", "ctrl+enter", "ctrl+shift+enter"}
	compare("a ticket beside a list", append(all, "j", "x")...)
	w.open(ticketing.TicketPath(c.pothole))
	compare("a ticket", all...)
	w.open("/agent/citizens")
	compare("another page", "/", "n", "g", "ctrl+k")

	ana := s.Ana
	must(t, s.Store.InTx(t.Context(), func(tx ticketing.Tx) error {
		a, err := tx.Agent(t.Context(), ana.ID)
		if err != nil {
			return err
		}
		a.SingleKeys = false
		return tx.SaveAgent(t.Context(), a)
	}))
	w.open("/agent/v/all")
	w.until("the account has letters off", `document.body.dataset.singleKeys === "off"`)
	w.key("j")
	if eval[bool](w, `document.activeElement.matches("[data-row]")`) {
		t.Error("a single letter works though they are off")
	}
	w.key("j", "alt")
	w.until("Alt j enters the list", `document.activeElement.matches("[data-row]")`)
	compare("with Alt", "j", "x", "n")
}

// TestStateByKeys changes the state of a ticket from the dialog that s opens, and
// reaches priority and tags by p and t.
func TestStateByKeys(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	c := newCrowd(t, s)
	w := newWindow(t, s, s.Ana)
	w.open(ticketing.TicketPath(c.light))
	time.Sleep(300 * time.Millisecond) // the scripts stand
	w.do(chromedp.Focus(`[data-dialog="#dialog-assign"]`), chromedp.KeyEvent("\r"))
	w.until("Enter opens a dialog", `document.querySelector("#dialog-assign").open`)
	time.Sleep(50 * time.Millisecond)
	w.until("and leaves it open", `document.querySelector("#dialog-assign").open`)
	w.do(chromedp.KeyEvent("\x1b"))
	w.until("Escape closes it", `!document.querySelector("dialog:modal")`)
	w.key("p")
	w.until("p leads to the priority", `document.querySelector("#dialog-change").open && document.activeElement.id === "change-priority"`)
	w.do(chromedp.KeyEvent("\x1b"))
	w.until("Escape closes it", `!document.querySelector("dialog:modal")`)
	w.key("t")
	w.until("t leads to the tags", `document.activeElement.id === "change-tags"`)
	w.do(chromedp.KeyEvent("\x1b"))
	w.key("s")
	w.until("s opens the states", `document.querySelector("#dialog-state").open`)
	w.shoot("state_1440_light")
	for _, v := range w.axe() {
		t.Error("state:", v)
	}
	w.do(chromedp.Click(`#dialog-state [data-dialog="#dialog-wait"]`))
	w.until("a step that asks leads to its dialog", `!document.querySelector("#dialog-state").open && document.querySelector("#dialog-wait").open`)
	eval[bool](w, `document.querySelector("#wait-reason").value = "weather", document.querySelector("#form-wait button").click(), true`)
	w.until("it waits", `!document.querySelector("dialog:modal") && document.querySelector("#ticket-head").textContent.includes("Čeka")`)
	w.key("s")
	w.until("s opens the states again", `document.querySelector("#dialog-state").open`)
	w.do(chromedp.Click(`#dialog-state form[action$="/resume"] button`))
	w.until("a step that asks nothing is done", `!document.querySelector("dialog:modal")`)
	if k := s.View(t, c.light).Ticket; k.State != ticketing.StateOpen {
		t.Errorf("the ticket is %s", k.State)
	}
}

// TestGallery walks through a ticket's pictures by the arrows and back by Escape.
func TestGallery(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	in := s.Mail("foto@mail.example", "Tri slike", "Vidi.")
	for _, name := range []string{"prva.png", "druga.png", "treca.png"} {
		in.Files = append(in.Files, s.keep(t, name, "image/png", picture(t)))
	}
	ref := s.Receive(t, in).TicketRef
	w := newWindow(t, s, s.Ana)
	w.open(ticketing.TicketPath(ref))
	const at, name = `document.querySelector("[data-gallery-at]").textContent`, `document.querySelector("[data-gallery-name]").textContent`
	w.until("pictures stand in the text", `document.querySelectorAll(".timeline a.thumb img").length === 3`)
	time.Sleep(300 * time.Millisecond) // the scripts stand
	eval[bool](w, `document.querySelectorAll("a.thumb")[1].focus(), true`)
	w.do(chromedp.KeyEvent("\r"))
	w.until("Enter opens the picture", `document.querySelector("#gallery").open && `+at+` === "2 / 3" && `+name+`.includes("druga.png")`)
	w.until("it is loaded", `document.querySelector("[data-gallery-picture]").naturalWidth === 160`)
	w.shoot("gallery_1440_light")
	for _, v := range w.axe() {
		t.Error("gallery:", v)
	}
	w.key("ArrowRight")
	w.key("ArrowRight")
	w.until("the right arrow goes to the last and stays", at+` === "3 / 3" && document.querySelector("[data-gallery-next]").disabled`)
	w.key("Home")
	w.until("Home goes to the first", at+` === "1 / 3" && document.querySelector("[data-gallery-previous]").disabled`)
	w.key("r")
	w.key("+")
	w.until("it is turned and larger", `(p => p.style.rotate === "90deg" && Number(p.style.scale) > 1)(document.querySelector("[data-gallery-picture]"))`)
	w.do(chromedp.KeyEvent("\x1b"))
	w.until("Escape leads back to the picture in the text", `!document.querySelector("#gallery").open && document.activeElement === document.querySelectorAll("a.thumb")[0]`)
}
