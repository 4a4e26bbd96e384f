package web

import (
	"bytes"
	"context"
	"fmt"
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
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// An office is a kit on an in-memory store with a city in it, and a server.
type office struct {
	kit   *Kit
	echo  *echo.Echo
	store *ticketingtest.Store
	city  *ticketingtest.City
	clock *ticketingtest.Clock
	log   *bytes.Buffer
}

const goodPassword = "zeleni most preko Morače"

// newOffice gives a kit whose pages are made by the given routes.
func newOffice(t *testing.T, change func(*Options)) *office {
	t.Helper()
	clock := ticketingtest.NewClockAt(time.Now().UTC())
	store := ticketingtest.NewStore(clock.Now, ticketingtest.Zone())
	city := ticketingtest.NewCity(t, store, clock.Now(), "")
	o := &office{store: store, city: city, clock: clock, log: &bytes.Buffer{}}
	options := Options{
		Log: slog.New(slog.NewJSONHandler(o.log, nil)), Now: clock.Now, Zone: ticketingtest.Zone(), PublicURL: "http://127.0.0.1:4848",
		Store: store, Sessions: store, Gate: store,
		ErrorPage: func(v ProblemView) templ.Component {
			return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
				_, err := fmt.Fprintf(w, "<p>%s|%s|%v</p>", templ.EscapeString(v.Title), templ.EscapeString(v.Text), v.Fragment)
				return err
			})
		},
	}
	if change != nil {
		change(&options)
	}
	kit, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	o.kit, o.echo = kit, kit.Echo()
	public := kit.Public(o.echo, "")
	public.POST("/sign-in", func(c echo.Context) error {
		f, err := ReadForm(c)
		if err != nil {
			return err
		}
		email, password := f.Line("email", 254), f.Secret("password", MaxPasswordBytes)
		if !f.OK() {
			return c.String(http.StatusUnprocessableEntity, "too long")
		}
		a, refusal, err := kit.Authenticate(c.Request().Context(), email, password, c.RealIP())
		if err != nil {
			return err
		}
		if refusal != nil {
			return c.String(http.StatusUnprocessableEntity, fmt.Sprintf("left %d wait %s", refusal.Left, refusal.Wait))
		}
		if err := kit.StartSession(c, a, f.Checked("remember")); err != nil {
			return err
		}
		return Redirect(c, Next(c.QueryParam("next"), "/staff"))
	})
	staff := kit.Staff(o.echo, "/staff")
	staff.GET("", func(c echo.Context) error { return c.String(http.StatusOK, "hello "+ActorOf(c).Name) })
	staff.POST("/out", func(c echo.Context) error {
		if err := kit.EndSession(c); err != nil {
			return err
		}
		return Redirect(c, "/sign-in")
	})
	return o
}

// setPassword gives the agent goodPassword.
func (o *office) setPassword(t *testing.T, a ticketing.Agent) {
	t.Helper()
	hash, err := HashPassword(t.Context(), goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	err = o.store.InTx(t.Context(), func(tx ticketing.Tx) error {
		x, err := tx.Agent(t.Context(), a.ID)
		if err != nil {
			return err
		}
		x.PasswordHash = hash
		return tx.SaveAgent(t.Context(), x)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A browser keeps cookies and follows nothing.
type browser struct {
	*http.Client
	base string
}

func (o *office) browser(t *testing.T) *browser {
	t.Helper()
	srv := httptest.NewServer(o.echo)
	t.Cleanup(srv.Close)
	return newBrowser(t, srv.URL)
}

func newBrowser(t *testing.T, base string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: 20 * time.Second}
	return &browser{client, base}
}

func (b *browser) do(t *testing.T, method, path string, form url.Values, headers ...string) (*http.Response, string) {
	t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(t.Context(), method, b.base+path, body)
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if method != http.MethodGet && method != http.MethodHead {
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
	}
	res, err := b.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	return res, string(text)
}

func (b *browser) signIn(t *testing.T, email, password string, headers ...string) (*http.Response, string) {
	t.Helper()
	return b.do(t, http.MethodPost, "/sign-in", url.Values{"email": {email}, "password": {password}}, headers...)
}

func (b *browser) sessionCookie(t *testing.T) string {
	t.Helper()
	u, err := url.Parse(b.base)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.Jar.Cookies(u) {
		if c.Name == "s48_session" {
			return c.Value
		}
	}
	return ""
}
