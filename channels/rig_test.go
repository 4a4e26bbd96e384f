package channels_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sistem48/system48/channels"
	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// A journal keeps what was logged.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, string(p))
	return len(p), nil
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Join(j.lines, "")
}

func (j *journal) logger() *slog.Logger { return slog.New(slog.NewTextHandler(j, nil)) }

// A reader parses what it was told to, by the subject of the item.
type reader struct {
	mu    sync.Mutex
	parse map[string]func(ctx context.Context, e ticketing.LedgerEntry) (ticketing.Inbound, error)
	calls map[string]int
}

func (p *reader) on(subject string, f func(ctx context.Context, e ticketing.LedgerEntry) (ticketing.Inbound, error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.parse == nil {
		p.parse, p.calls = map[string]func(context.Context, ticketing.LedgerEntry) (ticketing.Inbound, error){}, map[string]int{}
	}
	p.parse[subject] = f
}

func (p *reader) count(subject string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[subject]
}

func (p *reader) Parse(ctx context.Context, e ticketing.LedgerEntry) (ticketing.Inbound, error) {
	p.mu.Lock()
	f := p.parse[e.Arrival.Subject]
	if p.calls == nil {
		p.calls = map[string]int{}
	}
	p.calls[e.Arrival.Subject]++
	p.mu.Unlock()
	if f != nil {
		return f(ctx, e)
	}
	return readable(e), nil
}

// readable is what a parser makes of a plain mail.
func readable(e ticketing.LedgerEntry) ticketing.Inbound {
	return ticketing.Inbound{
		Ledger: e.ID, Channel: e.Arrival.Channel, Account: e.Arrival.Box.Account, From: ticketing.Party{Address: e.Arrival.From},
		Subject: e.Arrival.Subject, Text: "tekst", FoldAt: 5, ReceivedAt: e.Arrival.ReceivedAt, RawKey: e.Arrival.RawKey, RawSHA256: e.Arrival.RawSHA256,
	}
}

// A hall is an office with a receiver in front of a store that can fail.
type hall struct {
	*ticketingtest.Office
	*testing.T
	store  *ticketingtest.FaultStore
	reader *reader
	log    *journal
	in     *channels.Receiver
}

func newHall(t *testing.T) *hall {
	t.Helper()
	h := &hall{Office: ticketingtest.NewOffice(t, ""), T: t, reader: &reader{}, log: &journal{}}
	h.store = ticketingtest.NewFaultStore(h.Store)
	h.in = h.receiver()
	return h
}

func (h *hall) bureau() *ticketing.Bureau {
	b := *h.Core
	b.Store = h.store
	return &b
}

func (h *hall) receiver() *channels.Receiver {
	return &channels.Receiver{
		Ledger: h.store, Parsers: map[ticketing.Channel]channels.Parser{ticketing.ChannelEmail: h.reader},
		Intake: &ticketing.Intake{Bureau: h.bureau()}, Now: h.Clock.Now, Log: h.log.logger(),
	}
}

func (h *hall) arrive(subject string) ticketing.LedgerID {
	h.Helper()
	return h.Arrive(h.T, h.Mail(fmt.Sprintf("%s@posta.example", strings.ToLower(strings.ReplaceAll(subject, " ", "."))), subject, "tekst "+subject)).Ledger
}

func (h *hall) item(id ticketing.LedgerID) ticketing.LedgerEntry {
	h.Helper()
	e, err := h.Store.LedgerItem(context.Background(), id)
	if err != nil {
		h.Fatal(err)
	}
	return e
}

func (h *hall) tickets() []ticketing.TicketRow {
	h.Helper()
	page, err := h.Store.Tickets(context.Background(), ticketing.TicketFilter{
		Scope: ticketing.Scope{All: true}, All: true, Sort: ticketing.SortReceived, Limit: 200,
	}, 0)
	if err != nil {
		h.Fatal(err)
	}
	return page.Items
}

// steps lets the receiver work n times, a minute apart.
func (h *hall) steps(n int) {
	h.Helper()
	for range n {
		_, _ = h.in.Step(context.Background()) // what it could not do it tries again
		h.Clock.Advance(time.Minute)
	}
}

// until waits for a condition that another goroutine brings about.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within ten seconds", what)
		}
	}
}

var errDisk = errors.New("broken sector")

// A server is a peer that does as it is told.
type server struct {
	mu       sync.Mutex
	compose  func(d ticketing.Delivery) ([]byte, error)
	transmit func(d ticketing.Delivery) ticketing.Outcome
	confirm  func(d ticketing.Delivery) (arrived, known bool, err error)
	composed int
	asked    int
	got      []letter
	before   func(d ticketing.Delivery) // while a transmission lasts
}

// A letter is what the peer was given.
type letter struct {
	delivery  ticketing.DeliveryID
	to, msgID string
	raw       string
}

var _ channels.Sender = (*server)(nil)

func (s *server) Compose(_ context.Context, d ticketing.Delivery) ([]byte, error) {
	s.mu.Lock()
	s.composed++
	f := s.compose
	s.mu.Unlock()
	if f != nil {
		return f(d)
	}
	return fmt.Appendf(nil, "Message-ID: <%s>\r\n\r\n%s", d.MessageIDHeader, d.Text), nil
}

func (s *server) Transmit(_ context.Context, d ticketing.Delivery, raw io.Reader, size int64) ticketing.Outcome {
	s.mu.Lock()
	f, before := s.transmit, s.before
	s.mu.Unlock()
	if before != nil {
		before(d)
	}
	all, err := io.ReadAll(raw)
	if err != nil || int64(len(all)) != size {
		return ticketing.Outcome{State: ticketing.DeliveryRetry, Reply: "unreadable"}
	}
	s.mu.Lock()
	s.got = append(s.got, letter{d.ID, d.To.Address, d.MessageIDHeader, string(all)})
	s.mu.Unlock()
	if f != nil {
		return f(d)
	}
	return ticketing.Outcome{State: ticketing.DeliverySent, Reply: "250 ok"}
}

func (s *server) Confirm(_ context.Context, d ticketing.Delivery) (channels.Confirmation, error) {
	s.mu.Lock()
	s.asked++
	f := s.confirm
	s.mu.Unlock()
	if f != nil {
		arrived, known, err := f(d)
		return channels.Confirmation{Arrived: arrived, Known: known}, err
	}
	return channels.Confirmation{}, nil
}

func (s *server) letters() []letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]letter(nil), s.got...)
}
