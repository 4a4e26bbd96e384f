package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/sistem48/system48/ticketing"
)

// Time limits of single commands. Each also ends when nothing moves for
// the stall of the endpoint.
const (
	loginLimit  = 60 * time.Second
	quickLimit  = 60 * time.Second // SELECT, SEARCH, NOOP, sizes
	probeLimit  = 30 * time.Second // the end of IDLE
	markLimit   = 75 * time.Second // a MOVE of 1,000 mails may be silent for long
	markStall   = 60 * time.Second
	stuckLimit  = 40 * time.Second // for the library to notice that its connection is closed; one of its timers takes 30
	slowestLink = 16 << 10         // bytes a second below which a body counts as stuck
)

// errFolder marks a folder that the server does not have or does not open.
var errFolder = errors.New("folder")

// An imapSession is one signed-in connection with one folder selected. It is
// not safe for concurrent use; only the news channel is written by the library.
//
// Never asked for are CONDSTORE, ENVELOPE and BODYSTRUCTURE, whose answers of
// odd servers break go-imap; never used are its MOVE without the capability
// (which deletes mail although the copy failed) and more than one body FETCH at
// a time (which deadlocks).
type imapSession struct {
	conn  *guardedConn
	stall time.Duration
	stuck time.Duration
	c     *imapclient.Client
	caps  imap.CapSet
	box   ticketing.Mailbox

	canKeyword bool // $S48 may be set for good
	canFlag    bool // \Seen may be set for good

	news     chan struct{} // holds one element when the folder has changed
	storing  atomic.Int32  // sinks at work
	exists   atomic.Uint32 // mails in the folder
	expunges atomic.Int64  // mails that vanished since the folder was opened
}

// openSession signs in to the account and selects the folder, readOnly without
// touching the recent flags.
func openSession(ctx context.Context, account string, cred credentials, folder string, readOnly bool) (*imapSession, error) {
	s, err := signInSession(ctx, cred)
	if err != nil {
		return nil, err
	}
	s.box = ticketing.Mailbox{Account: account, Folder: folder}
	if err := s.selectFolder(ctx, readOnly); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// signInSession connects and signs in. A refusal of a cached access token is
// answered with a fresh one, once.
func signInSession(ctx context.Context, cred credentials) (*imapSession, error) {
	s, retry, err := trySignIn(ctx, cred)
	if retry {
		s, _, err = trySignIn(ctx, cred)
	}
	return s, err
}

func trySignIn(ctx context.Context, cred credentials) (s *imapSession, retry bool, err error) {
	conn, speak, cfg, err := cred.ep.dial(ctx, cred.stall)
	if err != nil {
		return nil, false, err
	}
	return greet(ctx, cred, conn, speak, cfg)
}

// greet signs in on a connection.
func greet(ctx context.Context, cred credentials, conn *guardedConn, speak net.Conn, cfg *tls.Config) (s *imapSession, retry bool, err error) {
	s = &imapSession{conn: conn, stall: cred.stall, stuck: stuckLimit, news: make(chan struct{}, 1)}
	opts := &imapclient.Options{
		TLSConfig: cfg,
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{
			Expunge: func(uint32) { s.expunges.Add(1); s.notify() },
			Mailbox: s.mailboxChanged,
		},
	}
	err = s.do(ctx, loginLimit, func() error {
		if cred.ep.Security == SecurityStartTLS {
			if s.c, err = imapclient.NewStartTLS(speak, opts); err != nil {
				return startTLSError(err)
			}
		} else {
			s.c = imapclient.New(speak, opts)
		}
		if err := s.c.WaitGreeting(); err != nil {
			return err
		}
		if s.c.State() == imap.ConnStateNotAuthenticated {
			if retry, err = cred.imapLogin(ctx, s.c); err != nil {
				return err
			}
		}
		s.caps = s.c.Caps()
		return nil
	})
	if err != nil {
		conn.abort(errFinished)
		return nil, retry, err
	}
	return s, false, nil
}

// startTLSError tells a server that does not encrypt from a lost connection.
func startTLSError(err error) error {
	var no *imap.Error
	if errors.As(err, &no) {
		return fmt.Errorf("%w: the server does not offer STARTTLS: %w", errTLS, err)
	}
	return handshakeError(err)
}

func (s *imapSession) selectFolder(ctx context.Context, readOnly bool) error {
	return s.do(ctx, quickLimit, func() error {
		data, err := s.c.Select(s.box.Folder, &imap.SelectOptions{ReadOnly: readOnly}).Wait()
		var no *imap.Error
		if errors.As(err, &no) && no.Type == imap.StatusResponseTypeNo {
			return fmt.Errorf("%w %s: %w", errFolder, s.box.Folder, err)
		}
		if err != nil {
			return err
		}
		if data.UIDValidity == 0 {
			return fmt.Errorf("%w %s: the server gives no UIDVALIDITY", errFolder, s.box.Folder)
		}
		s.box.UIDValidity = data.UIDValidity
		s.exists.Store(data.NumMessages)
		s.canKeyword = slices.Contains(data.PermanentFlags, imap.FlagWildcard) ||
			slices.Contains(data.PermanentFlags, imap.Flag(keywordAccepted))
		// RFC 9051 §6.3.2: without PERMANENTFLAGS all flags can be changed.
		s.canFlag = len(data.PermanentFlags) == 0 || slices.Contains(data.PermanentFlags, imap.FlagSeen)
		return nil
	})
}

// mailboxChanged is called by the library for unasked EXISTS and FLAGS.
func (s *imapSession) mailboxChanged(data *imapclient.UnilateralDataMailbox) {
	if data.NumMessages != nil {
		s.exists.Store(*data.NumMessages)
		s.notify()
	}
}

func (s *imapSession) notify() {
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// do runs one exchange with the server under a watchdog: it ends with ctx, when
// limit is over, or when the server goes silent, whatever the library does.
func (s *imapSession) do(ctx context.Context, limit time.Duration, f func() error) error {
	return s.exchange(ctx, limit, s.stall, s.chatter(), f)
}

// chatter is how many bytes a server may say beside what was asked for: any
// answer may carry a line for every mail in the folder.
func (s *imapSession) chatter() int64 { return 1<<20 + 64*int64(min(s.exists.Load(), maxUIDs)) }

// exchange is do with a stall of its own and a bound for what may come. Should
// f not even return when the connection is closed, it is left behind: go-imap
// never comes back from a capability list with a parenthesis in it.
func (s *imapSession) exchange(ctx context.Context, limit, stall time.Duration, bytes int64, f func() error) error {
	s.conn.allow(bytes)
	s.conn.expect(stall)
	defer s.conn.expect(0)
	defer s.conn.watch(limit)()
	defer context.AfterFunc(ctx, func() { s.conn.abort(context.Cause(ctx)) })()
	done := make(chan error, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				done <- fmt.Errorf("panic: %v\n%s", r, debug.Stack())
			}
		}()
		done <- f()
	}()
	err := s.outcome(done)
	if err == nil {
		return nil
	}
	if why := s.conn.why(); why != nil {
		return &linkError{why: why, err: err}
	}
	return err
}

// outcome waits for the end of an exchange, but not much longer than for the
// end of the connection.
func (s *imapSession) outcome(done <-chan error) error {
	select {
	case err := <-done:
		return err
	case <-s.conn.gone:
	}
	for {
		select {
		case err := <-done:
			return err
		case <-time.After(s.stuck):
		}
		if s.storing.Load() == 0 {
			return errStuck
		}
		// Not the library but our own store is slow.
	}
}

// A linkError says that the connection ended, and why.
type linkError struct{ why, err error }

func (e *linkError) Error() string { return e.why.Error() }

func (e *linkError) Unwrap() []error { return []error{e.why, e.err} }

// serverSaid gives the server's NO or BAD, nil when err is something else or
// the connection is gone.
func serverSaid(err error) *imap.Error {
	var link *linkError
	var no *imap.Error
	if errors.As(err, &link) || !errors.As(err, &no) || no.Type == imap.StatusResponseTypeBye {
		return nil
	}
	return no
}

// close leaves politely if that is possible at once.
func (s *imapSession) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = s.do(ctx, time.Second, func() error { return s.c.Logout().Wait() })
	s.conn.abort(errFinished)
}

// noop lets the server tell about changes, and proves that it is there.
func (s *imapSession) noop(ctx context.Context) error {
	return s.do(ctx, quickLimit, func() error { return s.c.Noop().Wait() })
}

// wait returns when the folder has changed (woken), or after at most d. It uses
// IDLE if push is set and the server has it. In either case the server has
// proved that it is there.
func (s *imapSession) wait(ctx context.Context, d time.Duration, push bool) (woken bool, err error) {
	select {
	case <-s.news:
		return true, nil
	default:
	}
	if !push || !s.caps.Has(imap.CapIdle) {
		if !s.pause(ctx, d) {
			return false, s.ended(ctx)
		}
		err := s.noop(ctx)
		select {
		case <-s.news:
			return true, err
		default:
			return false, err
		}
	}
	var idle *imapclient.IdleCommand
	if err := s.do(ctx, quickLimit, func() error {
		idle, err = s.c.Idle()
		return err
	}); err != nil {
		return false, err
	}
	s.conn.allow(s.chatter())
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-s.news:
		woken = true
	case <-timer.C:
	case <-s.c.Closed():
	case <-ctx.Done():
	}
	return woken, s.do(ctx, probeLimit, func() error {
		if err := idle.Close(); err != nil {
			return err
		}
		return idle.Wait()
	})
}

// pause waits without IDLE. It reports false when the connection or ctx ended.
func (s *imapSession) pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.c.Closed():
	case <-ctx.Done():
	}
	return false
}

// ended gives the reason why there is no connection any more.
func (s *imapSession) ended(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if why := s.conn.why(); why != nil {
		return &linkError{why: why, err: errHungUp}
	}
	return errHungUp
}
