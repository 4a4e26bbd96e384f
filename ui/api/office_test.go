package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/letters"
	"github.com/sistem48/system48/ticketing/ticketingtest"
	"github.com/sistem48/system48/ui/web"
)

// A desk is the interface over an office of the test city.
type desk struct {
	*ticketingtest.Office
	api    *API
	echo   *echo.Echo
	log    *logBuffer
	faults *ticketingtest.FaultStore // between the interface and the store
}

// A logBuffer takes lines from several requests at a time.
type logBuffer struct {
	sync.Mutex
	bytes.Buffer
}

// Write implements [io.Writer].
func (b *logBuffer) Write(p []byte) (int, error) {
	b.Lock()
	defer b.Unlock()
	return b.Buffer.Write(p)
}

func newDesk(t *testing.T, change func(*Deps)) *desk {
	t.Helper()
	d := &desk{Office: ticketingtest.NewOffice(t, ""), log: &logBuffer{}}
	d.faults = ticketingtest.NewFaultStore(d.Store)
	bureau := *d.Core
	bureau.Store = d.faults
	kit, err := web.New(web.Options{
		Log: slog.New(slog.NewJSONHandler(d.log, nil)), Now: d.Clock.Now, Zone: ticketingtest.Zone(), PublicURL: "http://127.0.0.1:4848",
		Store: d.Store, Sessions: d.Store, Gate: d.Store,
		ErrorPage: func(web.ProblemView) templ.Component {
			return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
				_, err := io.WriteString(w, "<html>a page</html>")
				return err
			})
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	deps := Deps{
		Kit: kit, Bureau: &bureau, Reads: d.faults, Tokens: d.faults, Blobs: d.Blobs,
		Sentence: func(tag lang.Tag, x ticketing.Explanation) string { return letters.Sentence(tag, x) },
	}
	if change != nil {
		change(&deps)
	}
	d.api, d.echo = New(deps), kit.Echo()
	d.api.Mount(d.echo)
	return d
}

// token makes a token of the agent with the rights, all of them when none are named.
func (d *desk) token(t *testing.T, a ticketing.Agent, rights ...ticketing.Right) string {
	t.Helper()
	if len(rights) == 0 {
		rights = ticketing.AllRights()
	}
	return d.issue(t, ticketing.Token{Name: "test", Agent: a.ID, Rights: rights})
}

func (d *desk) issue(t *testing.T, k ticketing.Token) string {
	t.Helper()
	secret := ticketing.TokenPrefix + ticketing.HashSecret(t.Name() + k.Name)[:40]
	for i := 0; ; i++ {
		k.Hash = ticketing.HashSecret(secret)
		if _, err := d.Store.TokenByHash(t.Context(), k.Hash); err != nil {
			break
		}
		secret += "y"
	}
	k.CreatedAt = d.Clock.Now()
	if err := d.Store.SaveToken(t.Context(), &k); err != nil {
		t.Fatal(err)
	}
	return secret
}

// An answer is a response, its body read.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// call makes a request; body is a string of JSON, or nothing.
func (d *desk) call(t *testing.T, token, method, path, body string, headers ...string) *answer {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if strings.HasPrefix(path, "/") && !strings.HasPrefix(path, Prefix) {
		r = httptest.NewRequestWithContext(t.Context(), method, Prefix+path, strings.NewReader(body))
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	d.echo.ServeHTTP(w, r)
	return &answer{w.Code, w.Header(), w.Body.Bytes()}
}

// want fails the test unless the status is as said.
func (a *answer) want(t *testing.T, status int) *answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// object reads the body as an object.
func (a *answer) object(t *testing.T) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal(a.body, &out); err != nil {
		t.Fatalf("body is not an object: %v: %s", err, a.body)
	}
	return out
}

// items reads the items of a list.
func (a *answer) items(t *testing.T) []map[string]any {
	t.Helper()
	var out struct{ Items []map[string]any }
	if err := json.Unmarshal(a.body, &out); err != nil {
		t.Fatalf("body is not a list: %v: %s", err, a.body)
	}
	return out.Items
}

// mail lets a citizen's mail arrive and gives the ticket it opened.
func (d *desk) mail(t *testing.T, from, subject string) ticketing.Reference {
	t.Helper()
	e := d.Receive(t, d.Mail(from, subject, "Poštovani, "+subject))
	if e.TicketRef == "" {
		t.Fatalf("ledger says %+v", e)
	}
	return e.TicketRef
}

func num(n int64) string { return strconv.FormatInt(n, 10) }

// sansID gives a problem without what differs between requests.
func sansID(t *testing.T, a *answer) string {
	t.Helper()
	o := a.object(t)
	delete(o, "request_id")
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
