package report

import (
	"context"
	"errors"
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

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/report"
	"github.com/sistem48/system48/ticketing/ticketingtest"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// A site is the area on an in-memory bureau with some weeks behind it.
type site struct {
	*ticketingtest.Office
	base string
	kit  *web.Kit
	area *Area
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{Office: ticketingtest.NewOffice(t, "")}
	srv := httptest.NewUnstartedServer(nil)
	s.base = "http://" + srv.Listener.Addr().String()
	s.Core.Settings.PublicURL = s.base
	kit, err := web.New(web.Options{
		Log: slog.New(slog.DiscardHandler), Now: s.Clock.Now, Zone: ticketingtest.Zone(), PublicURL: s.base,
		Store: s.Store, Sessions: s.Store, Gate: s.Store, ErrorPage: func(v web.ProblemView) templ.Component { return components.Problem(v) },
	})
	if err != nil {
		t.Fatal(err)
	}
	s.kit = kit
	e := kit.Echo()
	s.area = New(Deps{Kit: kit, Nav: &components.Navigator{Store: s.Store, Reads: s.Store}, Bureau: s.Core, Reads: s.Store, Line: s.Store})
	s.area.Register(e)
	kit.Public(e, "/test").GET("/enter", func(c echo.Context) error {
		dir, err := s.Store.Directory(c.Request().Context())
		if err != nil {
			return err
		}
		for _, a := range dir.Agents {
			if a.Email == c.QueryParam("as") {
				return errors.Join(kit.StartSession(c, a, false), c.NoContent(http.StatusOK))
			}
		}
		return ticketing.NotFound
	})
	srv.Config.Handler = e
	srv.Start()
	t.Cleanup(srv.Close)
	return s
}

// fill lets mails come in: every third is answered in time, every third late, the
// others are still open; subjects end in their number.
func (s *site) fill(t *testing.T, n int, subject string) {
	t.Helper()
	ctx, ana := t.Context(), ticketing.ActorOf(s.Ana)
	desk := ticketing.Desk{Bureau: s.Core}
	answer := func(ref ticketing.Reference) {
		t.Helper()
		_, _, err := desk.Reply(ctx, ana, ticketing.Target{Ref: ref}, ticketing.ReplyInput{Kind: ticketing.ReplyAnswer, Text: "Poštovani, ekipa je jutros zamijenila sijalicu i provjerila cijelu ulicu."})
		if err != nil {
			t.Fatal(err)
		}
		s.Clock.Advance(time.Minute)
		s.Deliver(t, ticketing.DeliverySent)
	}
	var late []ticketing.Reference
	for i := range n {
		ref := s.Receive(t, s.Mail("marko@posta.example", subject, "Ne radi rasvjeta.")).TicketRef
		switch i % 3 {
		case 0:
			s.Clock.Advance(2 * time.Hour)
			answer(ref)
		case 1:
			late = append(late, ref)
		}
		s.Clock.Advance(3 * time.Hour)
	}
	s.Clock.Advance(60 * time.Hour)
	for _, ref := range late {
		answer(ref)
	}
	s.Clock.Advance(24 * time.Hour)
	s.fold(t)
}

func (s *site) fold(t *testing.T) {
	t.Helper()
	if _, err := s.Store.FoldFacts(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A browser keeps the session of one member of staff.
type browser struct {
	*http.Client
	base string
}

// as signs the agent in; the site's test door asks for no password.
func (s *site) as(t *testing.T, a ticketing.Agent, tag lang.Tag) *browser {
	t.Helper()
	registry := ticketing.Registry{Bureau: s.Core}
	if _, err := registry.ChangeOwn(t.Context(), ticketing.ActorOf(a), ticketing.OwnChange{Language: &tag}); err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	b := &browser{&http.Client{Jar: jar, Timeout: 20 * time.Second, CheckRedirect: stay}, s.base}
	b.get(t, "/test/enter?as="+url.QueryEscape(a.Email), http.StatusOK)
	return b
}

// get gives the body; it must come with the status.
func (b *browser) get(t *testing.T, path string, want int) string {
	t.Helper()
	body, _ := b.do(t, http.MethodGet, path, want, nil)
	return body
}

func (b *browser) do(t *testing.T, method, path string, want int, form url.Values) (string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, b.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := b.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != want {
		t.Fatalf("%s %s = %d, want %d: %.600s", method, path, res.StatusCode, want, body)
	}
	return string(body), res.Header
}

// period is the query of all that the clock has seen.
func (s *site) period() report.Period {
	today := report.DayOf(s.Clock.Now(), ticketingtest.Zone())
	return report.Period{From: today - 30, To: today}
}

func (s *site) query() string {
	p := s.period()
	return "?from=" + p.From.String() + "&to=" + p.To.String()
}

func has(t *testing.T, body string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(body, w) {
			_, content, _ := strings.Cut(body, "<main")
			t.Errorf("%q is missing in %.700s", w, content)
		}
	}
}
