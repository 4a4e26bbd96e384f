package webtest

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing/ticketingtest"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// A Server serves pages of an office on loopback until the test ends.
type Server struct {
	Base string // "http://127.0.0.1:4711", the public address of the office too
	Kit  *web.Kit
	Echo *echo.Echo
}

// Serve starts a server; mount adds the routes of the area before it listens.
func Serve(t testing.TB, o *ticketingtest.Office, log slog.Handler, mount func(s *Server)) *Server {
	t.Helper()
	srv := httptest.NewUnstartedServer(nil)
	s := &Server{Base: "http://" + srv.Listener.Addr().String()}
	o.Core.Settings.PublicURL = s.Base
	kit, err := web.New(web.Options{
		Log: slog.New(log), Now: o.Clock.Now, Zone: ticketingtest.Zone(), PublicURL: s.Base, Store: o.Store, Sessions: o.Store, Gate: o.Store,
		ErrorPage: func(v web.ProblemView) templ.Component { return components.Problem(v) },
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Kit, s.Echo = kit, kit.Echo()
	mount(s)
	srv.Config.Handler = s.Echo
	srv.Start()
	t.Cleanup(srv.Close)
	return s
}

// A Browser keeps cookies and follows nothing.
type Browser struct {
	Client   http.Client
	Base     string
	Language string // of Accept-Language; "" says nothing
}

// NewBrowser gives a browser that nobody has used yet.
func (s *Server) NewBrowser(t testing.TB) *Browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Browser{Client: http.Client{Jar: jar, Timeout: 20 * time.Second, CheckRedirect: stay}, Base: s.Base}
}

// An Answer is a response with its body read.
type Answer struct {
	*http.Response
	Text string
}

// Do asks as a page of the same origin does; form is what it posts, nil for none.
func (b *Browser) Do(t testing.TB, method, path string, form url.Values) Answer {
	t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(context.Background(), method, b.Base+path, body)
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.Send(t, r)
}

// Send sends a request that a page of the same origin makes.
func (b *Browser) Send(t testing.TB, r *http.Request) Answer {
	t.Helper()
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if b.Language != "" {
		r.Header.Set("Accept-Language", b.Language)
	}
	res, err := b.Client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return Answer{res, string(text)}
}

// Want is Do for an answer with the status.
func (b *Browser) Want(t testing.TB, method, path string, want int, form url.Values) Answer {
	t.Helper()
	a := b.Do(t, method, path, form)
	if a.StatusCode != want {
		t.Fatalf("%s %s = %d, want %d: %.600s", method, path, a.StatusCode, want, a.Text)
	}
	return a
}

// Form makes a form of names and values in turn.
func Form(pairs ...string) url.Values {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return form
}

// Has reports what a page lacks of the parts, with the page's content.
func Has(t testing.TB, page string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(page, p) {
			_, content, _ := strings.Cut(page, "<main")
			t.Errorf("the page lacks %q: %.3000s", p, content)
		}
	}
}
