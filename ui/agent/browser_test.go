package agent

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/sistem48/system48/ticketing"
)

// A window is one tab of a real browser, signed in as somebody. Whatever the
// page complains of on the console (a refused script or style, an exception, a
// missing file) fails the test at the end.
type window struct {
	t    *testing.T
	ctx  context.Context
	base string
}

// newWindow skips the test where there is no Chromium, unless the run demands one.
func newWindow(t *testing.T, s *site, as ticketing.Agent) *window {
	t.Helper()
	required := strings.Contains(os.Getenv("SYSTEM48_TEST_REQUIRE"), "chromium")
	if testing.Short() && !required {
		t.Skip("drives a browser")
	}
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		if required {
			t.Fatal("no Chromium, which this run requires")
		}
		t.Skip("no Chromium on this machine")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.NoSandbox)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	w := &window{t, ctx, s.base}
	w.listen()
	w.do(chromedp.EmulateViewport(1440, 900), chromedp.Navigate(s.base+"/test/sign-in?as="+as.Email))
	return w
}

func (w *window) listen() {
	w.do()
	var complaints []string
	done := make(chan struct{})
	ctx, cancel := context.WithCancel(w.ctx)
	go func() {
		defer close(done)
		for m, err := range chromedp.Console(ctx) {
			if err != nil {
				return
			}
			if m.Type == chromedp.ConsoleError || m.Type == chromedp.ConsoleException || m.Type == chromedp.ConsoleWarning {
				complaints = append(complaints, m.Text+" ("+m.URL+")")
			}
		}
	}()
	w.t.Cleanup(func() {
		cancel()
		<-done
		for _, c := range complaints {
			if !strings.Contains(c, "status of 409") && !strings.Contains(c, "status of 422") { // answers to a person
				w.t.Error("console:", c)
			}
		}
	})
}

func (w *window) do(steps ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	if err := chromedp.Do(w.ctx, steps...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *window) open(path string) {
	w.t.Helper()
	w.do(chromedp.Navigate(w.base+path), chromedp.WaitReady("body"))
}

// eval gives the value of an expression in the page.
func eval[T any](w *window, js string) T {
	w.t.Helper()
	v, err := chromedp.Run(w.ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		w.t.Fatalf("%s: %v", js, err)
	}
	return v
}

// until waits until the expression is true.
func (w *window) until(what, js string) {
	w.t.Helper()
	for range 100 {
		if eval[bool](w, "!!("+js+")") {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	w.shoot("failed_" + strings.ReplaceAll(w.t.Name(), "/", "_"))
	w.t.Fatalf("%s: not within 5 s: %s\n%s", what, js, eval[string](w, "location.href+' '+document.activeElement.outerHTML.slice(0,300)"))
}

// key presses a key where the focus is. The character of a prevented key is
// not typed, as in a browser moved by hand.
func (w *window) key(key string, modifiers ...string) {
	w.t.Helper()
	m := ""
	for _, x := range modifiers {
		m += "," + x + "Key:true"
	}
	eval[bool](w, fmt.Sprintf(`document.activeElement.dispatchEvent(new KeyboardEvent("keydown",{key:%q,bubbles:true,cancelable:true%s})) || true`, key, m))
}

// view sets size and scheme.
func (w *window) view(width int64, scheme string) {
	w.t.Helper()
	height := int64(900)
	if width < 500 {
		height = 844
	}
	w.do(chromedp.EmulateViewport(width, height))
	_, err := chromedp.Call(w.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// shoot writes a picture of the page into SYSTEM48_SHOTS, when it is set.
func (w *window) shoot(name string) {
	w.t.Helper()
	dir := os.Getenv("SYSTEM48_SHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(w.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// scripts makes the browser run none.
func (w *window) scripts(on bool) {
	w.t.Helper()
	_, err := chromedp.Call(w.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
	if err != nil {
		w.t.Fatal(err)
	}
}

// axe gives what axe-core finds wrong with the page.
func (w *window) axe() []string {
	w.t.Helper()
	if !eval[bool](w, "!!window.axe") {
		// Injected by the debugger: the policy of the page refuses it otherwise.
		eval[bool](w, axeSource(w.t)+";true")
	}
	return eval[[]string](w, `axe.run(document,{runOnly:["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"]}).then(r=>r.violations.flatMap(v=>v.nodes.map(n=>v.id+": "+n.target.join(" ")+" "+n.failureSummary.split("\n").slice(1).join(" ").trim())))`)
}

// axeSource is axe-core (MPL-2.0), kept once among the test data of the rooms.
func axeSource(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob("../testdata/axe/*.js")
	if err != nil || len(found) == 0 {
		t.Fatal("no axe-core among the test data")
	}
	b, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
