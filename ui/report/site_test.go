package report

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/report"
	"github.com/sistem48/system48/ticketing/ticketingtest"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web/webtest"
)

// A site is the area on an in-memory bureau with some weeks behind it.
type site struct {
	*ticketingtest.Office
	*webtest.Server
	area *Area
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{Office: ticketingtest.NewOffice(t, "")}
	s.Server = webtest.Serve(t, s.Office, slog.DiscardHandler, func(srv *webtest.Server) {
		s.area = New(Deps{Kit: srv.Kit, Nav: &components.Navigator{Store: s.Store, Reads: s.Store}, Bureau: s.Core, Reads: s.Store, Line: s.Store})
		s.area.Register(srv.Echo)
		srv.Kit.Public(srv.Echo, "/test").GET("/enter", s.enter)
	})
	return s
}

// enter is a door that asks for no password.
func (s *site) enter(c echo.Context) error {
	dir, err := s.Store.Directory(c.Request().Context())
	if err != nil {
		return err
	}
	for _, a := range dir.Agents {
		if a.Email == c.QueryParam("as") {
			return errors.Join(s.Kit.StartSession(c, a, false), c.NoContent(http.StatusOK))
		}
	}
	return ticketing.NotFound
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
type browser struct{ *webtest.Browser }

// as signs the agent in; the site's test door asks for no password.
func (s *site) as(t *testing.T, a ticketing.Agent, tag lang.Tag) *browser {
	t.Helper()
	registry := ticketing.Registry{Bureau: s.Core}
	if _, err := registry.ChangeOwn(t.Context(), ticketing.ActorOf(a), ticketing.OwnChange{Language: &tag}); err != nil {
		t.Fatal(err)
	}
	b := &browser{s.NewBrowser(t)}
	b.get(t, "/test/enter?as="+url.QueryEscape(a.Email), http.StatusOK)
	return b
}

// get gives the body; it must come with the status.
func (b *browser) get(t *testing.T, path string, want int) string {
	t.Helper()
	return b.Want(t, http.MethodGet, path, want, nil).Text
}

func (b *browser) do(t *testing.T, method, path string, want int, form url.Values) (string, http.Header) {
	t.Helper()
	a := b.Want(t, method, path, want, form)
	return a.Text, a.Header
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

func has(t *testing.T, page string, parts ...string) {
	t.Helper()
	webtest.Has(t, page, parts...)
}
