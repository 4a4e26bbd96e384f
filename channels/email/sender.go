package email

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/mail"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/idna"

	"github.com/sistem48/system48/ticketing"
)

// SenderDeps is what a Sender works with.
type SenderDeps struct {
	Blobs ticketing.Blobs
	Log   *slog.Logger
	Now   func() time.Time
	// Compose says how the account's mails look.
	Compose ComposeOptions
}

// A Sender transmits the deliveries of one account by SMTP. Its methods may be
// called concurrently: each call has a connection to itself, and connections
// are kept for the next call for up to a minute.
//
// An attempt ends within about twenty minutes whatever the server does; mostly
// that is the ten minutes RFC 5321 grants for the answer to the final dot,
// since giving up earlier only makes copies.
type Sender struct {
	account Account
	smtp    credentials
	imap    credentials
	deps    SenderDeps
	log     *slog.Logger
	slots   chan struct{} // one element a connection in use
	filing  *filing       // nil unless sent mail is filed

	mu     sync.Mutex
	idle   []*smtpConn
	closed bool
	// refused is set for a while after the server refused the credentials.
	refused error
}

// NewSender makes the Sender of an account. The error is Invalid and names the
// field of the configuration. Close ends it.
func NewSender(a Account, deps SenderDeps) (*Sender, error) {
	a = a.complete()
	if err := a.SMTP.check("smtp"); err != nil {
		return nil, err
	}
	if !usableAddress(a.Address) {
		return nil, &ticketing.Error{Kind: ticketing.Invalid, Field: "address", Key: "config.email.address"}
	}
	s := &Sender{account: a, deps: deps, log: deps.Log.With("mailbox", a.Name), slots: make(chan struct{}, a.SMTP.MaxConnections)}
	s.smtp.ep, s.imap.ep, s.imap.stall = a.SMTP.Endpoint, a.IMAP.Endpoint, stallAfter
	if a.SMTP.Auth.oauth() || a.IMAP.Auth.oauth() {
		if err := a.OAuth.check(); err != nil {
			return nil, err
		}
		tokens := newTokenSource(a.OAuth, deps.Now)
		s.smtp.tokens, s.imap.tokens = tokens, tokens
	}
	if a.SMTP.AppendSent {
		s.filing = newFiling(s)
	}
	return s, nil
}

// Close leaves the server and files what is left to be filed, for a few seconds
// at most.
func (s *Sender) Close() {
	s.mu.Lock()
	idle, again := s.idle, s.closed
	s.idle, s.closed = nil, true
	s.mu.Unlock()
	if again {
		return
	}
	for _, conn := range idle {
		conn.quit()
	}
	if s.filing != nil {
		s.filing.close()
	}
}

// Compose gives the bytes of a delivery, with its files read from the blob
// store. Its errors are those of the function Compose, and NotFound when a file
// is missing there.
func (s *Sender) Compose(ctx context.Context, d ticketing.Delivery) ([]byte, error) {
	return Compose(d, s.deps.Compose, func(key string) (io.ReadCloser, error) { return s.deps.Blobs.Open(ctx, key) })
}

// Transmit makes one attempt to hand the mail over to the server.
func (s *Sender) Transmit(ctx context.Context, d ticketing.Delivery, raw io.Reader, size int64) ticketing.Outcome {
	e, ok := s.envelope(d, size)
	if !ok {
		return ticketing.Outcome{
			State: ticketing.DeliveryFailed, At: s.deps.Now(), Recipient: true,
			Reply: "the recipient's address cannot be written to",
		}
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return outcome(s.deps.Now(), stepConnect, context.Cause(ctx), e.to)
	}
	at, reply, err := s.attempt(ctx, e, raw)
	if err != nil {
		return outcome(s.deps.Now(), at, err, e.to)
	}
	if s.filing != nil {
		s.filing.add(d)
	}
	return ticketing.Outcome{State: ticketing.DeliverySent, At: s.deps.Now(), Reply: cleanReply("250 "+reply, e.to)}
}

// attempt sends on a kept connection if there is one. When that turns out to be
// dead before the mail was read, a new one takes its place: nothing was sent.
func (s *Sender) attempt(ctx context.Context, e envelope, raw io.Reader) (at step, reply string, err error) {
	conn := s.kept()
	for fresh := conn == nil; ; fresh = true {
		if conn == nil {
			if conn, err = s.open(ctx); err != nil {
				return stepConnect, "", err
			}
		}
		at, reply, err = conn.send(ctx, e, raw)
		if fresh || err == nil || at >= stepData || !connectionFault(conn, err) {
			break
		}
		conn.quit()
		conn = nil
	}
	s.giveBack(conn, err)
	return at, reply, err
}

// connectionFault reports whether err says something about the connection only.
func connectionFault(conn *smtpConn, err error) bool {
	return !conn.alive(1<<30, err)
}

// open makes a new connection. After refused credentials it does not even try
// for a while, so that a wrong password does not lock the account.
func (s *Sender) open(ctx context.Context) (*smtpConn, error) {
	s.mu.Lock()
	refused := s.refused
	s.mu.Unlock()
	if refused != nil {
		return nil, refused
	}
	_, domain, _ := strings.Cut(s.account.Address, "@")
	conn, err := openSMTP(ctx, s.smtp, asciiDomain(domain), s.account.SMTP.Timeout)
	var no *refusal
	if errors.As(err, &no) {
		s.mu.Lock()
		s.refused = no
		s.mu.Unlock()
		time.AfterFunc(authPause, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.refused = nil
		})
	}
	if err != nil {
		return nil, err
	}
	time.AfterFunc(connectionAge, func() { s.retire(conn) })
	return conn, nil
}

// kept takes a connection out of the store.
func (s *Sender) kept() *smtpConn {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := len(s.idle); n > 0; n = len(s.idle) {
		conn := s.idle[n-1]
		s.idle = s.idle[:n-1]
		if conn.guard.why() == nil {
			return conn
		}
	}
	return nil
}

// giveBack keeps a connection that can be used again, and leaves any other.
func (s *Sender) giveBack(conn *smtpConn, err error) {
	if conn.alive(s.account.SMTP.MaxPerConnection, err) {
		s.mu.Lock()
		if !s.closed {
			s.idle = append(s.idle, conn)
			conn = nil
		}
		s.mu.Unlock()
	}
	if conn != nil {
		conn.quit()
	}
}

// retire ends a connection that has grown old, at once if it is idle.
func (s *Sender) retire(conn *smtpConn) {
	conn.old.Store(true)
	s.mu.Lock()
	found := false
	for i, c := range s.idle {
		if c == conn {
			s.idle = append(s.idle[:i], s.idle[i+1:]...)
			found = true
			break
		}
	}
	s.mu.Unlock()
	if found {
		conn.quit()
	}
}

// maxEnvelopeID is the longest ENVID (RFC 3461 §4.4).
const maxEnvelopeID = 100

// envelope says who the mail is from and for. ok is false for an address that
// no server would understand.
func (s *Sender) envelope(d ticketing.Delivery, size int64) (e envelope, ok bool) {
	e = envelope{from: s.account.Address, to: d.To.Address, size: size}
	if !usableAddress(e.to) {
		return e, false
	}
	local, domain := cutAddress(e.to)
	e.to = local + "@" + asciiDomain(domain)
	if s.account.SMTP.DSN && len(d.EnvelopeID) <= maxEnvelopeID && plainASCII(d.EnvelopeID) {
		e.envelopeID = d.EnvelopeID
	}
	return e, true
}

// usableAddress reports whether an address may stand in an SMTP command. What
// is not one bare address must not: it could smuggle another command or
// recipient in.
func usableAddress(a string) bool {
	if len(a) > ticketing.MaxAddress || strings.ContainsAny(a, "<>\r\n\t \x00\"\\,;:()[]") {
		return false
	}
	parsed, err := mail.ParseAddress(a)
	return err == nil && parsed.Address == a && parsed.Name == ""
}

func cutAddress(a string) (local, domain string) {
	i := strings.LastIndexByte(a, '@')
	if i < 0 {
		return a, ""
	}
	return a[:i], a[i+1:]
}

// asciiDomain writes a domain as the DNS knows it.
func asciiDomain(domain string) string {
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil {
		return domain
	}
	return ascii
}
