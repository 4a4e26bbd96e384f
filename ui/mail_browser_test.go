package ui_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/letters"
	"github.com/sistem48/system48/ticketing/ticketingtest"
	"github.com/sistem48/system48/ui"
	"github.com/sistem48/system48/ui/web"
)

// mailSite serves hostile mails the way the agents' pages show them: a page with
// a sandboxed frame around each sanitised mail. canary is told of every request
// that should not have been made.
func mailSite(t *testing.T, mails []string) string {
	t.Helper()
	o := ticketingtest.NewOffice(t, "")
	srv := httptest.NewUnstartedServer(nil)
	base := "http://" + srv.Listener.Addr().String()
	server, err := ui.New(ui.Deps{
		Log: slog.New(slog.DiscardHandler), Now: o.Clock.Now, PublicURL: base, Bureau: o.Core, Ports: o.Store, Blobs: o.Blobs, Sentence: letters.Sentence,
		Mount: []web.Mount{func(kit *web.Kit, e *echo.Echo) {
			g := kit.Public(e, "/test/mail")
			g.GET("", func(c echo.Context) error {
				var b strings.Builder
				b.WriteString("<!doctype html><title>mails</title><main>")
				for i := range mails {
					fmt.Fprintf(&b, `<iframe sandbox="%s" src="/test/mail/%d"></iframe>`, web.MailSandbox, i)
				}
				return c.HTML(http.StatusOK, b.String()+"</main>")
			})
			g.GET("/:n", func(c echo.Context) error {
				n, err := strconv.Atoi(c.Param("n"))
				if err != nil || n < 0 || n >= len(mails) {
					return ticketing.NotFound
				}
				return web.ServeMail(c, web.SanitizeMail(mails[n], func(string) string { return "" }, "picture"), web.MailBar{})
			})
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	srv.Config.Handler = server.Handler()
	srv.Start()
	t.Cleanup(srv.Close)
	return base
}

// domCheck gives what must not be in the tree the browser built (A04): scripts,
// handlers, addresses that run, elements of other namespaces.
const domCheck = `[...document.querySelectorAll("iframe")].flatMap((f, i) => {
	const d = f.contentDocument;
	if (!d) return ["frame " + i + " cannot be read"];
	return [...d.body.querySelectorAll("*")].flatMap(e => [
		...(e.namespaceURI !== "http://www.w3.org/1999/xhtml" || /^(script|iframe|object|embed|form|input|button|style|link|meta|base)$/i.test(e.localName) ? [i + ": <" + e.localName + ">"] : []),
		...[...e.attributes].filter(a => /^on/i.test(a.name) || /^\s*(javascript|data|vbscript):/i.test(a.value)).map(a => i + ": " + e.localName + " " + a.name + "=" + a.value),
	]).concat(f.contentWindow.pwned || window.pwned ? [i + ": ran a script"] : []);
})`

// TestHostileMailInABrowser is A02–A05 and A12–A14 where they count: in the
// tree a browser builds, with everything it asks the network for.
func TestHostileMailInABrowser(t *testing.T) {
	ctx := chromium(t)
	body, err := os.ReadFile("web/testdata/attacks.txt")
	if err != nil {
		t.Fatal(err)
	}
	mails := strings.Split(strings.TrimSpace(strings.ReplaceAll(string(body), "alert(1)", "top.pwned=1")), "\n")
	base := mailSite(t, mails)
	var mu sync.Mutex
	var foreign []string
	if err := chromedp.Listen(ctx, func(ev any) {
		if e, ok := ev.(*network.EventRequestWillBeSent); ok {
			mu.Lock()
			defer mu.Unlock()
			if !strings.HasPrefix(e.Request.URL, base) && !strings.HasPrefix(e.Request.URL, "about:") {
				foreign = append(foreign, e.Request.URL)
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(base+"/test/mail"), chromedp.WaitReady("main"), chromedp.Sleep(500*time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	frames, err := chromedp.Run(ctx, chromedp.Evaluate[int](`[...document.querySelectorAll("iframe")].filter(f => f.contentDocument && f.contentDocument.URL.includes("/test/mail/")).length`))
	if err != nil || frames != len(mails) {
		t.Fatalf("%d of %d frames are there (%v)", frames, len(mails), err)
	}
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](domCheck))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Error(f)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(foreign) > 0 {
		t.Errorf("the mails asked for %v", foreign)
	}
}

// TestPortalIsLight holds the first page to its budget (ui.md §7).
func TestPortalIsLight(t *testing.T) {
	ctx := chromium(t)
	s := newSite(t)
	if err := s.show(ctx, look{width: 390, height: 844, tag: lang.SrLatn}, nil, "/"); err != nil {
		t.Fatal(err)
	}
	type load struct {
		Bytes    int `json:"bytes"`
		Requests int `json:"requests"`
		Scripts  int `json:"scripts"`
	}
	got, err := chromedp.Run(ctx, chromedp.Evaluate[load](`(() => {
		const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
		return {bytes: all.reduce((n, e) => n + e.transferSize, 0), requests: all.length, scripts: document.scripts.length};
	})()`))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", got)
	if got.Bytes > 100_000 || got.Requests > 15 || got.Scripts > 0 {
		t.Errorf("the first page is %+v", got)
	}
}

// TestSigningInByHand types address and password, is refused once, comes in,
// and goes out again.
func TestSigningInByHand(t *testing.T) {
	ctx := chromium(t)
	s := newSite(t)
	problems := listen(ctx, t)
	if err := s.show(ctx, look{width: 1440, height: 900, tag: lang.SrLatn}, nil, "/sign-in?next=/profile"); err != nil {
		t.Fatal(err)
	}
	fill := func(pw string) {
		t.Helper()
		if err := chromedp.Do(ctx, chromedp.WaitVisible("#password"), chromedp.SetValue("#email", s.Ana.Email), chromedp.SetValue("#password", pw), chromedp.Click("form.stack button")); err != nil {
			t.Fatal(err)
		}
	}
	at := func(want string) {
		t.Helper()
		deadline := time.Now().Add(10 * time.Second)
		for {
			got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.readyState !== "complete" ? "" : location.pathname + " " + ((document.querySelector(".notice--bad") ?? document.querySelector("h1"))?.textContent.trim() ?? "")`))
			if err == nil && strings.HasPrefix(got, want) {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("at %q, want %q (%v)", got, want, err)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	fill("pogrešna lozinka")
	at("/sign-in Adresa ili lozinka nije ispravna. Još 4 pokušaja")
	fill(password)
	at("/profile Moja podešavanja")
	problems.take() // the refusal's status shows in the console
	if err := chromedp.Do(ctx, chromedp.Click(".account > summary"), chromedp.Click(`form[action="/sign-out"] button`)); err != nil {
		t.Fatal(err)
	}
	at("/sign-in Prijava za zaposlene")
	if err := chromedp.Do(ctx, chromedp.Navigate(s.base+"/profile"), chromedp.WaitReady("main")); err != nil {
		t.Fatal(err)
	}
	at("/profile Prijava za zaposlene")
}

// TestPortalWithoutScripts uses the status page with scripts switched off.
func TestPortalWithoutScripts(t *testing.T) {
	ctx := chromium(t)
	s := newSite(t)
	if err := withoutScripts(ctx); err != nil {
		t.Fatal(err)
	}
	link, err := url.Parse(s.statusPath(t, lang.SrLatn, s.solved))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.show(ctx, look{width: 390, height: 844, tag: lang.SrLatn}, nil, "/"); err != nil {
		t.Fatal(err)
	}
	steps := []chromedp.Action[chromedp.Void]{
		chromedp.SendKeys("#reference", string(s.solved)), chromedp.SendKeys("#code", link.Query().Get("k")), chromedp.Click(".track button"),
		chromedp.WaitVisible("#otvori"),
		chromedp.SendKeys("#why", "Svjetiljka opet ne radi."), chromedp.Click("#otvori button"),
		chromedp.WaitVisible(".notice--ok"),
	}
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
	if v := s.View(t, s.solved); v.Ticket.State != ticketing.StateOpen || v.Ticket.Episode != 2 {
		t.Errorf("state %s, episode %d", v.Ticket.State, v.Ticket.Episode)
	}
}

func withoutScripts(ctx context.Context) error {
	_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	return err
}
