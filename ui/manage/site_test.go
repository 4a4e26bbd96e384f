package manage

import (
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/letters"
	"github.com/sistem48/system48/ticketing/ticketingtest"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
	"github.com/sistem48/system48/ui/web/webtest"
)

const goodPassword = "zeleni most preko Morače"

// A site is the area on an in-memory bureau, served on loopback.
type site struct {
	*ticketingtest.Office
	*webtest.Server
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{Office: ticketingtest.NewOffice(t, "")}
	shelf, err := letters.NewShelf(letters.Options{City: "Podgorica", Zone: ticketingtest.Zone()})
	if err != nil {
		t.Fatal(err)
	}
	s.Core.Letters = shelf
	s.Server = webtest.Serve(t, s.Office, slog.DiscardHandler, func(srv *webtest.Server) {
		New(Deps{
			Kit: srv.Kit, Nav: &components.Navigator{Store: s.Store, Reads: s.Store}, Bureau: s.Core, Reads: s.Store, Tokens: s.Store,
			Mailboxes: s.Core.Settings.Accounts, Letters: shelf,
		}).Register(srv.Echo)
	})
	hash, err := web.HashPassword(t.Context(), goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Store.InTx(t.Context(), func(tx ticketing.Tx) error {
		for _, id := range []ticketing.AgentID{s.Adam.ID, s.Ana.ID} {
			a, err := tx.Agent(t.Context(), id)
			if err != nil {
				return err
			}
			a.PasswordHash, a.Language = hash, lang.En
			if err := tx.SaveAgent(t.Context(), a); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A browser speaks English; where it is sent on, the address is the answer.
type browser struct{ *webtest.Browser }

func (s *site) browser(t *testing.T) *browser {
	t.Helper()
	b := s.NewBrowser(t)
	b.Language = "en"
	return &browser{b}
}

// as gives a browser in which the agent is signed in.
func (s *site) as(t *testing.T, a ticketing.Agent) *browser {
	t.Helper()
	b := s.browser(t)
	b.post(t, "/sign-in", http.StatusSeeOther, "email", a.Email, "password", goodPassword)
	return b
}

func (b *browser) do(t *testing.T, method, path string, want int, form url.Values) string {
	t.Helper()
	a := b.Want(t, method, path, want, form)
	if location := a.Header.Get("Location"); location != "" {
		return location
	}
	return a.Text
}

func (b *browser) get(t *testing.T, path string, want int) string {
	t.Helper()
	return b.do(t, http.MethodGet, path, want, nil)
}

func (b *browser) post(t *testing.T, path string, want int, pairs ...string) string {
	t.Helper()
	return b.do(t, http.MethodPost, path, want, webtest.Form(pairs...))
}

// agent gives the stored agent with the password hash.
func (s *site) agent(t *testing.T, id ticketing.AgentID) ticketing.Agent {
	t.Helper()
	var a ticketing.Agent
	err := s.Store.InTx(t.Context(), func(tx ticketing.Tx) error {
		x, err := tx.Agent(t.Context(), id)
		if err == nil {
			a = *x
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// lastLetter gives the newest outgoing text.
func (s *site) lastLetter(t *testing.T) ticketing.Delivery {
	t.Helper()
	sent := s.Deliver(t, ticketing.DeliverySent)
	if len(sent) == 0 {
		t.Fatal("no letter was sent")
	}
	return sent[len(sent)-1]
}

func has(t *testing.T, page string, parts ...string) {
	t.Helper()
	webtest.Has(t, page, parts...)
}

var welcomeLink = regexp.MustCompile(`/welcome/[A-Za-z0-9_-]+`)
