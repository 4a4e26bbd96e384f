package agent

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/letters"
	"github.com/sistem48/system48/ticketing/ticketingtest"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/static"
	"github.com/sistem48/system48/ui/web"
)

// A site is the area on an in-memory bureau, served on loopback.
type site struct {
	*ticketingtest.Office
	base string
	log  *bytes.Buffer
	echo *echo.Echo
}

// newSite opens an office with a web server. Whoever posts an e-mail to
// /test/sign-in is signed in: signing in is tested where its pages are.
func newSite(t testing.TB, profile string) *site {
	t.Helper()
	return newSiteOn(t, ticketingtest.NewOffice(t, profile), nil)
}

// newSiteOn opens the site over a store that stands before the office's own; nil is the own.
func newSiteOn(t testing.TB, o *ticketingtest.Office, ports ticketingtest.Ports) *site {
	t.Helper()
	s := &site{Office: o, log: &bytes.Buffer{}}
	if ports == nil {
		ports = o.Store
	}
	o.Core.Store = ports
	mux := http.NewServeMux()
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	s.base = srv.URL
	kit, err := web.New(web.Options{
		Log: slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelWarn})), Now: s.Clock.Now, Zone: ticketingtest.Zone(),
		PublicURL: srv.URL, Store: ports, Sessions: s.Store, Gate: s.Store,
		ErrorPage: func(v web.ProblemView) templ.Component { return components.Problem(v) },
	})
	if err != nil {
		t.Fatal(err)
	}
	hub := kit.NewHub(MaySignal)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	go hub.Run(ctx, s.Store)
	e := kit.Echo()
	s.echo = e
	e.GET(static.Prefix+"*", echo.WrapHandler(static.Handler()))
	e.GET("/favicon.ico", echo.WrapHandler(static.Favicon()))
	New(Deps{
		Kit: kit, Hub: hub, Nav: &components.Navigator{Store: ports, Reads: ports}, Bureau: s.Core, Reads: ports,
		Blobs: s.Blobs, Sentence: letters.Sentence,
	}).Register(e)
	kit.Public(e, "/test").GET("/sign-in", func(c echo.Context) error {
		d, err := s.Store.Directory(c.Request().Context())
		if err != nil {
			return err
		}
		for _, a := range d.Agents {
			if a.Email == c.QueryParam("as") {
				if err := kit.StartSession(c, a, false); err != nil {
					return err
				}
				return c.NoContent(http.StatusOK)
			}
		}
		return ticketing.NotFound
	})
	mux.Handle("/", e)
	return s
}

// A browser keeps cookies, follows nothing, and sends what a same-origin page sends.
type browser struct {
	t    testing.TB
	http *http.Client
	base string
}

func (s *site) as(t testing.TB, a ticketing.Agent) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t, &http.Client{
		Jar: jar, Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, s.base}
	b.get("/test/sign-in?as="+url.QueryEscape(a.Email), http.StatusOK)
	return b
}

// An answer is a response with its body read.
type answer struct {
	*http.Response
	body string
}

func (b *browser) do(method, path string, form url.Values, htmx bool) answer {
	b.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(context.Background(), method, b.base+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if htmx {
		r.Header.Set("HX-Request", "true")
	}
	return b.send(r)
}

func (b *browser) send(r *http.Request) answer {
	b.t.Helper()
	res, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{res, string(text)}
}

func (b *browser) get(path string, want int) answer {
	b.t.Helper()
	a := b.do(http.MethodGet, path, nil, false)
	a.is(b.t, want)
	return a
}

// framed asks as a browser does for a frame of a page.
func (b *browser) framed(path string) answer {
	b.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, b.base+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Sec-Fetch-Dest", "iframe")
	a := b.send(r)
	a.is(b.t, http.StatusOK)
	return a
}

func (b *browser) post(path string, want int, pairs ...string) answer {
	b.t.Helper()
	a := b.do(http.MethodPost, path, values(pairs), false)
	a.is(b.t, want)
	return a
}

// press posts as htmx does.
func (b *browser) press(path string, want int, pairs ...string) answer {
	b.t.Helper()
	a := b.do(http.MethodPost, path, values(pairs), true)
	a.is(b.t, want)
	return a
}

func values(pairs []string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

func (a answer) is(t testing.TB, status int) {
	t.Helper()
	if a.StatusCode != status {
		t.Fatalf("%s %s = %d, want %d\n%s", a.Request.Method, a.Request.URL.Path, a.StatusCode, status, a.text())
	}
}

var tags = regexp.MustCompile(`<(?:style|script)[^>]*>.*?</(?:style|script)>|<[^>]*>`)

// text is the page without its markup.
func (a answer) text() string {
	return strings.Join(strings.Fields(tags.ReplaceAllString(a.body, " ")), " ")
}

func (a answer) has(t testing.TB, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(a.body, w) {
			t.Errorf("%s has no %q\n%s", a.Request.URL.Path, w, a.text())
		}
	}
}

func (a answer) hasNot(t testing.TB, not ...string) {
	t.Helper()
	for _, w := range not {
		if strings.Contains(a.body, w) {
			t.Errorf("%s has %q", a.Request.URL.Path, w)
		}
	}
}

// mailed lets a citizen write and gives the ticket.
func (s *site) mailed(t testing.TB, from, subject, text string) ticketing.Reference {
	t.Helper()
	return s.Receive(t, s.Mail(from, subject, text)).TicketRef
}

// TestQueueToClosed walks the whole way of a ticket without scripts.
func TestQueueToClosed(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.mailed(t, "marko@mail.example", "Udarna rupa kod stajališta", "Poštovani,\n\nrupa je duboka 20 cm.")
	ana := s.as(t, s.Ana)
	path := ticketing.TicketPath(ref)

	ana.get("/agent", http.StatusSeeOther)
	list := ana.get("/agent/v/unassigned", http.StatusOK)
	list.has(t, "Udarna rupa kod stajališta", path, "marko@mail.example")

	page := ana.get(path, http.StatusOK)
	page.has(t, "rupa je duboka 20 cm.", "Prima: marko@mail.example", "<h1")
	ana.post(path+"/assign", http.StatusSeeOther, "assignee", id(s.Ana.ID))
	ana.get("/agent/v/mine", http.StatusOK).has(t, "Udarna rupa kod stajališta")
	ana.post(path+"/message", http.StatusSeeOther, "answer", "note", "text_note", "Zvala dežurnog.")
	ana.post(path+"/message", http.StatusSeeOther, "answer", "answer", "text_reply", "Ekipa stiže sjutra.", "seen", seen(page), "to", "marko@mail.example")
	s.Clock.Advance(time.Minute)
	if got := s.Deliver(t, ticketing.DeliverySent); len(got) != 2 {
		t.Fatalf("%d deliveries left, want receipt and answer", len(got))
	}
	ana.post(path+"/move", http.StatusSeeOther, "department", id(s.Roads.ID), "reason", "Putevi")
	ana.post(path+"/resolve", http.StatusSeeOther)
	ana.post(path+"/close", http.StatusSeeOther, "code", "resolved")
	page = ana.get(path, http.StatusOK)
	page.has(t, "Zvala dežurnog.", "Ekipa stiže sjutra.", "isporučeno", "message--note", "message--out")
	v := s.View(t, ref)
	if v.Ticket.State != ticketing.StateClosed || v.Ticket.Department != s.Roads.ID || v.Ticket.AnsweredAt.IsZero() {
		t.Errorf("ticket = %s in %d, answered %v", v.Ticket.State, v.Ticket.Department, v.Ticket.AnsweredAt)
	}
	if s.log.Len() > 0 {
		t.Error(s.log)
	}
}

var seenField = regexp.MustCompile(`name="seen" value="(\d+)"`)

// seen gives what the page says was the newest message on it.
func seen(a answer) string {
	if m := seenField.FindStringSubmatch(a.body); m != nil {
		return m[1]
	}
	return ""
}

func id[T ~int64](n T) string { return strconv.FormatInt(int64(n), 10) }

// BenchmarkPages measures pages through HTTP over a store in memory: what the
// room itself costs, without a database.
func BenchmarkPages(b *testing.B) {
	s := newSite(b, "")
	var ref ticketing.Reference
	for i := range 120 {
		ref = s.mailed(b, "g"+strconv.Itoa(i)+"@mail.example", "Predmet "+strconv.Itoa(i), "Tekst prijave, nekoliko riječi.")
	}
	ana := s.as(b, s.Ana)
	for name, path := range map[string]string{"queue": "/agent/v/all", "ticket": ticketing.TicketPath(ref)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				ana.get(path, http.StatusOK)
			}
		})
	}
}

// TestNextButton gives the most urgent ticket nobody has, and says when there is none.
func TestNextButton(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.mailed(t, "marko@mail.example", "Rupa", "Rupa u ulici.")
	ana := s.as(t, s.Ana)
	ana.get("/agent/v/all", http.StatusOK).has(t, `action="/agent/next"`, `data-key="g"`)
	got := ana.post("/agent/next", http.StatusSeeOther)
	if to := got.Header.Get("Location"); to != ticketing.TicketPath(ref) || s.View(t, ref).Ticket.Assignee != s.Ana.ID {
		t.Errorf("led to %s", to)
	}
	ana.get(ticketing.TicketPath(ref), http.StatusOK).has(t, "Predmet je sada Vaš")
	if to := ana.post("/agent/next", http.StatusSeeOther).Header.Get("Location"); to != components.ViewMine {
		t.Errorf("with none left: %s", to)
	}
	ana.get(components.ViewMine, http.StatusOK).has(t, "Nema predmeta bez zaduženog")
}
