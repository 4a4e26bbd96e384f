package web

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// pipe is a source of signals that a test feeds.
type pipe chan ticketing.Signal

func (p pipe) Listen(context.Context) <-chan ticketing.Signal { return p }

func (p pipe) Announce(s ticketing.Signal) { p <- s }

// A reader of a stream: lines arrive on a channel that closes with the stream.
func (b *browser) stream(t *testing.T, lastID string) <-chan string {
	t.Helper()
	return b.streamAt(t, "/agent/events", lastID)
}

func (b *browser) streamAt(t *testing.T, path, lastID string) <-chan string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	client := *b.Client
	client.Timeout = 0
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" || res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("X-Accel-Buffering") != "no" {
		t.Fatalf("stream = %d %v", res.StatusCode, res.Header)
	}
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		defer res.Body.Close()
		for s := bufio.NewScanner(res.Body); s.Scan(); {
			lines <- s.Text()
		}
	}()
	return lines
}

// next gives the next line with the prefix, "" when the stream ended or nothing came.
func next(lines <-chan string, prefix string, within time.Duration) (line string, open bool) {
	timeout := time.After(within)
	for {
		select {
		case l, ok := <-lines:
			if !ok {
				return "", false
			}
			if strings.HasPrefix(l, prefix) {
				return l, true
			}
		case <-timeout:
			return "", true
		}
	}
}

func newHubOffice(t *testing.T) (*office, *Hub, pipe, *browser) {
	t.Helper()
	o := newOffice(t, nil)
	o.setPassword(t, o.city.Ana)
	o.setPassword(t, o.city.Oskar)
	hub := o.kit.NewHub(func(_ context.Context, a ticketing.Actor, s ticketing.Signal) bool {
		return s.Type != "ticket" || a.Scope().Sees(s.Department)
	})
	o.kit.Streams(o.echo, "/agent").GET("/events", hub.Handler)
	source := make(pipe)
	go hub.Run(t.Context(), source)
	return o, hub, source, o.browser(t)
}

// TestSignals is A38: ids only, and only those the reader may know of.
func TestSignals(t *testing.T) {
	t.Parallel()
	o, _, source, ana := newHubOffice(t)
	oskar := newBrowser(t, ana.base)
	ana.signIn(t, o.city.Ana.Email, goodPassword)
	oskar.signIn(t, o.city.Oskar.Email, goodPassword)
	a, b := ana.stream(t, ""), oskar.stream(t, "")
	source <- ticketing.Signal{Type: "ticket", Ticket: 7, Version: 3, Department: o.city.Roads.ID, Agent: 5}
	source <- ticketing.Signal{Type: "ticket", Ticket: 8, Version: 1, Department: o.city.Lighting.ID}
	if got, _ := next(a, "data: ", 5*time.Second); !strings.Contains(got, `"ticket":7,"version":3`) || strings.Contains(got, "agent") {
		t.Errorf("the agent learns %q", got)
	}
	if got, _ := next(b, "data: ", 5*time.Second); !strings.Contains(got, `"ticket":8`) {
		t.Errorf("the officer of another department learns %q", got)
	}
}

func TestSignalsAfterAPause(t *testing.T) {
	t.Parallel()
	o, hub, source, ana := newHubOffice(t)
	ana.signIn(t, o.city.Ana.Email, goodPassword)
	first := ana.stream(t, "")
	source <- ticketing.Signal{Type: "ticket", Ticket: 1}
	id, _ := next(first, "id: ", 5*time.Second)
	source <- ticketing.Signal{Type: "ticket", Ticket: 2}
	source <- ticketing.Signal{Type: "ledger"}
	again := ana.stream(t, strings.TrimPrefix(id, "id: "))
	if got, _ := next(again, "data: ", 5*time.Second); !strings.Contains(got, `"ticket":2`) {
		t.Errorf("first missed signal = %q", got)
	}
	if got, _ := next(again, "data: ", 5*time.Second); !strings.Contains(got, `"ledger"`) {
		t.Errorf("second missed signal = %q", got)
	}
	for _, unknown := range []string{"other-life:5", hub.epoch + ":999999", hub.epoch + ":x", "x"} {
		if got, _ := next(ana.stream(t, unknown), "event: ", 5*time.Second); got != "event: resync" {
			t.Errorf("Last-Event-ID %q gives %q, want resync", unknown, got)
		}
	}
	// A page that was read before something happened gets it when its stream opens.
	scene := o.kit.Context(t.Context(), lang.SrLatn)
	source <- ticketing.Signal{Type: "ticket", Ticket: 3}
	if got, _ := next(again, "data: ", 5*time.Second); !strings.Contains(got, `"ticket":3`) {
		t.Errorf("the next signal = %q", got)
	}
	page := ana.streamAt(t, SignalsSince(scene, "/agent/events"), "")
	if got, _ := next(page, "data: ", 5*time.Second); !strings.Contains(got, `"ticket":3`) {
		t.Errorf("what happened between page and stream = %q", got)
	}
	lost := ana.stream(t, "")
	source <- ticketing.Signal{Type: "resync"}
	if got, _ := next(lost, "event: ", 5*time.Second); got != "event: resync" {
		t.Errorf("lost signals of the source give %q, want resync", got)
	}
	for range ringSize + 5 {
		source <- ticketing.Signal{Type: "outbox"}
	}
	if got, _ := next(ana.stream(t, strings.TrimPrefix(id, "id: ")), "event: ", 5*time.Second); got != "event: resync" {
		t.Errorf("after %d signals: %q, want resync", ringSize+5, got)
	}
}

// TestStreamsEnd is A57 for streams: signing out and disabling close them.
func TestStreamsEnd(t *testing.T) {
	t.Parallel()
	o, hub, source, ana := newHubOffice(t)
	oskar := newBrowser(t, ana.base)
	ana.signIn(t, o.city.Ana.Email, goodPassword)
	oskar.signIn(t, o.city.Oskar.Email, goodPassword)
	a, b := ana.stream(t, ""), oskar.stream(t, "")
	ana.do(t, http.MethodPost, "/staff/out", map[string][]string{})
	if _, open := next(a, "never", 2*time.Second); open {
		t.Error("the stream outlives signing out")
	}
	err := o.store.InTx(t.Context(), func(tx ticketing.Tx) error {
		x, err := tx.Agent(t.Context(), o.city.Oskar.ID)
		if err != nil {
			return err
		}
		x.Disabled = true
		if err := tx.SaveAgent(t.Context(), x); err != nil {
			return err
		}
		return tx.EndSessions(t.Context(), x.ID)
	})
	if err != nil {
		t.Fatal(err)
	}
	source <- ticketing.Signal{Type: "session", Agent: o.city.Oskar.ID}
	start := time.Now()
	if _, open := next(b, "never", 5*time.Second); open || time.Since(start) > time.Second {
		t.Errorf("the stream of a disabled account is open after %s", time.Since(start))
	}
	if n := hub.Streams(); n != 0 {
		t.Errorf("%d streams are left", n)
	}
	if res, _ := oskar.do(t, http.MethodGet, "/agent/events", nil); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("a new stream = %d, want 401", res.StatusCode)
	}
}

// TestStreamsEndWithTheProgram shows that a graceful stop is not held up.
func TestStreamsEndWithTheProgram(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.setPassword(t, o.city.Ana)
	hub := o.kit.NewHub(func(context.Context, ticketing.Actor, ticketing.Signal) bool { return true })
	o.kit.Streams(o.echo, "/agent").GET("/events", hub.Handler)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { hub.Run(ctx, make(pipe)); close(done) }()
	b := o.browser(t)
	b.signIn(t, o.city.Ana.Email, goodPassword)
	lines := b.stream(t, "")
	next(lines, "retry", time.Second)
	stop()
	<-done
	if _, open := next(lines, "never", 2*time.Second); open {
		t.Error("the stream is still open")
	}
	if _, open := next(b.stream(t, ""), "never", 2*time.Second); open {
		t.Error("a stream opened after the end stays open")
	}
}

// TestSlowBrowser shows that one that does not read is told to fetch anew and
// holds nobody up.
func TestSlowBrowser(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	hub := o.kit.NewHub(func(context.Context, ticketing.Actor, ticketing.Signal) bool { return true })
	st, _, _ := hub.open(ticketing.Actor{Agent: 1}, "session", "")
	for range 10 * queueSize {
		hub.publish(ticketing.Signal{Type: "ticket"})
	}
	if hub.caughtUp(st) {
		t.Error("the stream does not know that it lost signals")
	}
	if !hub.caughtUp(st) || len(st.queue) != 0 {
		t.Error("the stream does not start anew")
	}
}
