package manage

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/letters"
	"github.com/sistem48/system48/ticketing/ticketingtest"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

const goodPassword = "zeleni most preko Morače"

// A site is the area on an in-memory bureau, served on loopback.
type site struct {
	*ticketingtest.Office
	base string
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
	shelf, err := letters.NewShelf(letters.Options{City: "Podgorica", Zone: ticketingtest.Zone()})
	if err != nil {
		t.Fatal(err)
	}
	s.Core.Letters = shelf
	e := kit.Echo()
	New(Deps{
		Kit: kit, Nav: &components.Navigator{Store: s.Store, Reads: s.Store}, Bureau: s.Core, Reads: s.Store, Tokens: s.Store,
		Mailboxes: s.Core.Settings.Accounts, Letters: shelf,
	}).Register(e)
	srv.Config.Handler = e
	srv.Start()
	t.Cleanup(srv.Close)
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

// A browser keeps cookies and follows nothing.
type browser struct {
	*http.Client
	base string
}

func (s *site) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &browser{&http.Client{Jar: jar, Timeout: 20 * time.Second, CheckRedirect: stay}, s.base}
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
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(context.Background(), method, b.base+path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Accept-Language", "en")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := b.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != want {
		t.Fatalf("%s %s = %d, want %d: %.600s", method, path, res.StatusCode, want, text)
	}
	if location := res.Header.Get("Location"); location != "" {
		return location
	}
	return string(text)
}

func (b *browser) get(t *testing.T, path string, want int) string {
	t.Helper()
	return b.do(t, http.MethodGet, path, want, nil)
}

func (b *browser) post(t *testing.T, path string, want int, pairs ...string) string {
	t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return b.do(t, http.MethodPost, path, want, form)
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

func has(t *testing.T, body string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(body, p) {
			_, content, _ := strings.Cut(body, "<main")
			t.Errorf("the page lacks %q: %.3000s", p, content)
		}
	}
}

var welcomeLink = regexp.MustCompile(`/welcome/[A-Za-z0-9_-]+`)
