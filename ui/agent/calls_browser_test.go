package agent

import (
	"testing"

	"github.com/sistem48/system48/ticketing"
)

// The pages of calls in a real browser, in both sizes and schemes: axe-core finds
// nothing, nothing is wider than the window. A number is shown in place, and what
// is typed into the form for a ticket survives a reload.
func TestCallsLook(t *testing.T) {
	t.Parallel()
	s := newSite(t, "24x7")
	missed := s.ring(t, "b1", "067 123 418", ticketing.CallMissed)
	taken := s.ring(t, "b2", "069 555 111", ticketing.CallAnswered)
	w := newWindow(t, s, s.Ana)
	for name, path := range map[string]string{
		"callbacks": "/agent/calls", "calls": "/agent/calls?show=in", "none": "/agent/calls?show=out", "files": "/agent/calls/files",
		"new-call": "/agent/new?call=" + id(taken.ID),
	} {
		for i, scheme := range []string{"light", "dark"} {
			w.view([]int64{1440, 390}[i], scheme)
			w.open(path)
			w.shoot(name + "_" + scheme)
			for _, v := range w.axe() {
				t.Errorf("%s: %s", name, v)
			}
			if over := eval[int64](w, "document.documentElement.scrollWidth-innerWidth"); over > 0 {
				t.Errorf("%s: %d pixels wider than the window", name, over)
			}
		}
	}
	w.view(1440, "light")
	w.open("/agent/calls")
	eval[bool](w, `document.querySelector("#number-`+string(missed.Ref)+` button").click() ?? true`)
	w.until("the number to call", `document.querySelector("#number-`+string(missed.Ref)+` a")?.getAttribute("href").startsWith("tel:") ?? false`)
	w.open("/agent/new")
	eval[bool](w, `(() => { const f = document.querySelector("#subject"); f.value = "Pukla cijev"; f.dispatchEvent(new Event("input", { bubbles: true })); return true; })()`)
	w.until("the draft to be kept", `document.querySelector("[data-draft-state]").textContent !== ""`)
	w.open("/agent/new")
	if got := eval[string](w, `document.querySelector("#subject").value`); got != "Pukla cijev" {
		t.Errorf("after a reload the subject is %q", got)
	}
}
