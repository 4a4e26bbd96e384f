package web

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
)

// Signals is where live signals come from: storage, which hears those of every
// process. The channel is closed when ctx ends; it may drop signals under load.
type Signals interface {
	Listen(ctx context.Context) <-chan ticketing.Signal
	// Announce hands a signal of no change to every process; it may be lost.
	Announce(s ticketing.Signal)
}

// Live streams keep this rhythm.
const (
	pingEvery  = 20 * time.Second // so that proxies and browsers know we live
	checkEvery = 5 * time.Second  // whether the sessions behind the streams still hold
	ringSize   = 1000             // signals kept for browsers that reconnect
	queueSize  = 64               // signals waiting for one slow browser before it must resync
)

// A Hub hands live signals to the browsers of this process. A signal carries
// ids only, and each one is checked for each reader (A38); what it is about is
// then fetched like any page.
type Hub struct {
	kit     *Kit
	allowed func(context.Context, ticketing.Actor, ticketing.Signal) bool

	mu      sync.Mutex
	epoch   string // tells the ids of this process's life from others'
	next    uint64
	ring    [ringSize]ticketing.Signal // signal n is at n % ringSize
	streams map[*stream]bool
	closed  bool
	source  Signals // while Run runs
	seats   seats
}

// A stream is one open browser.
type stream struct {
	actor   ticketing.Actor
	session string
	queue   chan numbered // closed by the hub to end the stream
	behind  bool          // dropped signals: must resync
}

type numbered struct {
	id     uint64
	signal ticketing.Signal
}

// NewHub gives a Hub. allowed says whether an actor may learn of a signal;
// Run must be running for signals to flow.
func (k *Kit) NewHub(allowed func(context.Context, ticketing.Actor, ticketing.Signal) bool) *Hub {
	h := &Hub{kit: k, allowed: allowed, epoch: newRequestID(), next: 1, streams: map[*stream]bool{}, seats: seats{}}
	k.onEnd, k.newest = h.closeSession, func() string { return eventID(h.epoch, h.newest()) }
	return h
}

// Run takes signals from the source until ctx ends, then closes every stream.
// Streams whose session or account ended are closed at the signal that says
// so, and at the latest after five seconds (A57).
func (h *Hub) Run(ctx context.Context, source Signals) {
	signals := source.Listen(ctx)
	h.mu.Lock()
	h.source = source
	h.mu.Unlock()
	check := time.NewTicker(checkEvery)
	defer check.Stop()
	defer h.closeAll()
	for {
		select {
		case s, open := <-signals:
			if !open {
				return
			}
			if s.Type == "session" || s.Type == "directory" {
				h.recheck(ctx)
			}
			if isPresence(s) {
				h.seat(s)
			} else {
				h.publish(s)
			}
		case <-check.C:
			h.recheck(ctx)
			h.expire()
		case <-ctx.Done():
			return
		}
	}
}

func (h *Hub) publish(s ticketing.Signal) {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := numbered{h.next, s}
	h.ring[n.id%ringSize] = s
	h.next++
	for st := range h.streams {
		select {
		case st.queue <- n:
		default:
			st.behind = true
		}
	}
}

// recheck closes the streams of sessions that ended, of accounts that may no
// longer sign in, and of those whose rights changed: their browsers come back
// and listen with the new ones (A38).
func (h *Hub) recheck(ctx context.Context) {
	h.mu.Lock()
	open := make([]*stream, 0, len(h.streams))
	for st := range h.streams {
		open = append(open, st)
	}
	h.mu.Unlock()
	if len(open) == 0 {
		return
	}
	d, err := h.kit.Store.Directory(ctx)
	if err != nil {
		return // the store is away: it will be asked again
	}
	for _, st := range open {
		a, ok := d.Agent(st.actor.Agent)
		if ok && !a.Disabled && a.Role == st.actor.Role && slices.Equal(a.Departments, st.actor.Departments) {
			row, err := h.kit.Sessions.Session(ctx, st.session)
			if ticketing.KindOf(err) == ticketing.Internal || ticketing.KindOf(err) == ticketing.Busy || h.kit.Now().Before(row.ExpiresAt) {
				continue
			}
		}
		h.closeSession(st.session)
	}
}

func (h *Hub) closeSession(session string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for st := range h.streams {
		if st.session == session {
			h.drop(st)
		}
	}
}

func (h *Hub) closeAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for st := range h.streams {
		h.drop(st)
	}
}

// drop ends a stream; the caller holds mu.
func (h *Hub) drop(st *stream) {
	if h.streams[st] {
		delete(h.streams, st)
		close(st.queue)
	}
}

// Streams gives the number of open streams, for metrics.
func (h *Hub) Streams() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.streams)
}

// open registers a stream and gives what it missed since the event id of the
// browser: the signals, or resync when they are no longer known.
func (h *Hub) open(actor ticketing.Actor, session, lastID string) (st *stream, missed []numbered, resync bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	st = &stream{actor: actor, session: session, queue: make(chan numbered, queueSize)}
	if h.closed {
		close(st.queue)
		return st, nil, false
	}
	h.streams[st] = true
	if lastID == "" {
		return st, nil, false
	}
	epoch, number, _ := strings.Cut(lastID, ":")
	last, err := strconv.ParseUint(number, 10, 64)
	if err != nil || epoch != h.epoch || last >= h.next || h.next-last > ringSize {
		return st, nil, true
	}
	for id := last + 1; id < h.next; id++ {
		missed = append(missed, numbered{id, h.ring[id%ringSize]})
	}
	return st, missed, false
}

// SignalsSince gives the address of the event stream for the page of this
// request: it begins where the page was read, so that nothing is missed that
// happens before the browser opens it.
func SignalsSince(ctx context.Context, stream string) string {
	return stream + "?since=" + url.QueryEscape(sceneOf(ctx).signals)
}

// Handler is the event stream (text/event-stream) of the signed-in person;
// register it on [Kit.Streams]. A browser that comes for the first time says in
// the query what its page has seen, one that comes back in Last-Event-ID.
func (h *Hub) Handler(c echo.Context) error {
	w := c.Response()
	rc := http.NewResponseController(w)
	if err := rc.SetWriteDeadline(time.Time{}); err != nil {
		return fmt.Errorf("lift the write deadline of a stream: %w", err)
	}
	ctx := c.Request().Context()
	last := c.Request().Header.Get("Last-Event-ID")
	if last == "" {
		last = c.QueryParam("since")
	}
	st, missed, resync := h.open(ActorOf(c), CurrentSession(ctx), last)
	defer func() {
		h.mu.Lock()
		h.drop(st)
		h.mu.Unlock()
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would hold events back
	w.WriteHeader(http.StatusOK)
	out := eventWriter{w: w, flush: rc.Flush, epoch: h.epoch}
	// Reconnecting browsers spread over some seconds.
	out.raw("retry: " + strconv.Itoa(1000+st.jitter()) + "\n\n")
	if resync {
		out.event(h.newest(), "resync", nil)
	}
	for _, n := range missed {
		h.deliver(ctx, &out, st, n)
	}
	h.pump(ctx, &out, st)
	return nil
}

// pump writes signals until the browser, the session or the program goes away.
func (h *Hub) pump(ctx context.Context, out *eventWriter, st *stream) {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for out.err == nil {
		select {
		case n, open := <-st.queue:
			if !open {
				return
			}
			if h.caughtUp(st) {
				h.deliver(ctx, out, st, n)
			} else {
				out.event(h.newest(), "resync", nil)
			}
		case <-ping.C:
			out.raw("event: ping\ndata: {}\n\n")
		case <-ctx.Done():
			return
		}
	}
}

// caughtUp reports whether the stream lost nothing; a stream that did is
// emptied and starts anew.
func (h *Hub) caughtUp(st *stream) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !st.behind {
		return true
	}
	st.behind = false
	for len(st.queue) > 0 {
		<-st.queue
	}
	return false
}

// eventID names a signal of one life of the program; Last-Event-ID brings it back.
func eventID(epoch string, n uint64) string { return epoch + ":" + strconv.FormatUint(n, 10) }

func (h *Hub) newest() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.next - 1
}

func (h *Hub) deliver(ctx context.Context, out *eventWriter, st *stream, n numbered) {
	switch {
	case n.signal.Type == "resync": // the source lost signals
		out.event(n.id, "resync", nil)
	case h.allowed(ctx, st.actor, n.signal):
		out.event(n.id, "signal", n.signal)
	}
}

// jitter spreads reconnections over four seconds by a property of the stream.
func (st *stream) jitter() int {
	sum := 0
	for _, b := range []byte(st.session) {
		sum = (sum*31 + int(b)) % 4000
	}
	return sum
}

// An eventWriter writes server-sent events (HTML Living Standard §9.2).
type eventWriter struct {
	w     io.Writer
	flush func() error
	epoch string
	err   error // the first failure: the browser went away
}

// signalJSON is what a browser learns: what sort of thing changed, and which.
type signalJSON struct {
	Type       string                 `json:"type"`
	Ticket     ticketing.TicketID     `json:"ticket,omitempty"`
	Version    int64                  `json:"version,omitempty"`
	Department ticketing.DepartmentID `json:"department,omitempty"`
}

func (e *eventWriter) event(id uint64, name string, data any) {
	body := []byte("{}")
	if s, ok := data.(ticketing.Signal); ok {
		body, _ = json.Marshal(signalJSON{s.Type, s.Ticket, s.Version, s.Department}) // numbers and a word
	}
	e.raw(fmt.Sprintf("id: %s\nevent: %s\ndata: %s\n\n", eventID(e.epoch, id), name, body))
}

func (e *eventWriter) raw(s string) {
	if e.err != nil {
		return
	}
	if _, e.err = io.WriteString(e.w, s); e.err == nil {
		e.err = e.flush()
	}
}
