package email

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// SourceDeps is what a Source works with.
type SourceDeps struct {
	Ledger ticketing.IntakeLedger
	Leases ticketing.Leases
	Blobs  ticketing.Blobs
	Log    *slog.Logger
	Now    func() time.Time
	// Holder names this process among those that share the database. A process
	// that is started anew under the same name takes its mailboxes back at once.
	Holder string
	// OnArrival, if set, is called after items have entered the ledger. It must
	// not block.
	OnArrival func()
}

// Timing of a Source.
const (
	leaseTTL     = 60 * time.Second
	leaseRenew   = leaseTTL / 3
	leaseMargin  = 10 * time.Second // the work ends this long before a lease that cannot be renewed
	standbyEvery = 10 * time.Second
	pollFallback = 15 * time.Second // for servers without IDLE
	authPause    = 60 * time.Second // between refused sign-ins, so that no account is locked
	storePause   = 10 * time.Second // at most, while our own store is away
	stuckPause   = time.Hour        // after an answer that hung the library
)

// A pace is the timing that tests shorten.
type pace struct {
	first, longest time.Duration // pauses between failed sessions
	refused        time.Duration // and after refused credentials
	probe          time.Duration // IDLE is proved to be alive this often
	orders         time.Duration // operators' orders are looked up this often
}

var usualPace = pace{first: time.Second, longest: 5 * time.Minute, refused: authPause, probe: 45 * time.Second, orders: ordersEvery}

// A Source reads one account. It holds the account's lease while it does, so
// that of several processes one works and the others stand by.
//
// The order is always: bytes into the blob store, a row into the ledger, and
// only then a mark on the server. It may die anywhere: what has no row is
// fetched again, what has one is only marked. Nothing is ever deleted.
type Source struct {
	account Account
	cred    credentials
	deps    SourceDeps
	log     *slog.Logger
	health  healthBook
	memory  memory
	backoff backoff
	pace    pace
	orders  orderBook
	renewed atomic.Int64
}

// NewSource makes the Source of an account. The error is Invalid and names the
// field of the configuration.
func NewSource(a Account, deps SourceDeps) (*Source, error) {
	a = a.complete()
	if err := a.IMAP.check("imap"); err != nil {
		return nil, err
	}
	s := &Source{account: a, deps: deps, log: deps.Log.With("mailbox", a.Name), pace: usualPace}
	s.cred.ep, s.cred.stall = a.IMAP.Endpoint, stallAfter
	if a.IMAP.Auth.oauth() {
		if err := a.OAuth.check(); err != nil {
			return nil, err
		}
		s.cred.tokens = newTokenSource(a.OAuth, deps.Now)
	}
	s.health.now, s.health.save, s.health.log = deps.Now, deps.Ledger.SaveMailboxHealth, s.log
	s.health.h = ticketing.MailboxHealth{Account: a.Name, State: stateConnecting, Since: deps.Now()}
	return s, nil
}

// Name is the account's name.
func (s *Source) Name() string { return s.account.Name }

// Health is how the account is doing as this process sees it: standby while
// another process reads it.
func (s *Source) Health() ticketing.MailboxHealth { return s.health.current() }

// UIDValidityChanges counts how often the server has renewed the identity of all
// mails since the process started.
func (s *Source) UIDValidityChanges() int64 { return s.renewed.Load() }

// Run reads the account until ctx ends, whatever its server, the network, the
// database and the blob store do in between.
func (s *Source) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		fence, ok, err := s.deps.Leases.Acquire(ctx, s.leaseName(), s.deps.Holder, leaseTTL)
		switch {
		case err != nil:
			s.health.set(ctx, stateError, "lease: "+explain(err), false)
			sleep(ctx, jitter(storePause/2))
		case !ok:
			s.health.set(ctx, stateStandby, "another process reads this mailbox", false)
			sleep(ctx, jitter(standbyEvery))
		default:
			s.own(ctx, fence)
		}
	}
	return nil
}

func (s *Source) leaseName() string { return "mailbox/" + s.account.Name }

// own works the account while the lease lasts.
func (s *Source) own(ctx context.Context, fence ticketing.Fence) {
	work, cancel := context.WithCancelCause(ctx)
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		s.keepLease(work, cancel, fence)
	}()
	s.health.begin(work)
	if o, err := s.deps.Ledger.MailboxOrder(work, s.account.Name); err == nil {
		s.orders.take(o) // before the first session: a pause outlives the process
	}
	heeded := make(chan struct{})
	go func() {
		defer close(heeded)
		s.heed(work)
	}()
	for work.Err() == nil {
		if err := s.turn(work, fence); err != nil {
			break
		}
	}
	cancel(errFinished)
	<-kept
	<-heeded
	s.health.end()
	release, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer stop()
	if err := s.deps.Leases.Release(release, fence, s.deps.Holder); err != nil {
		s.log.InfoContext(ctx, "lease not released, it will run out", "err", err)
	}
}

// keepLease renews the lease until work ends. It ends work itself when somebody
// else took the lease over, or when it cannot be renewed in time.
func (s *Source) keepLease(work context.Context, cancel context.CancelCauseFunc, fence ticketing.Fence) {
	// A timer and not a comparison of clock times: the wall clock may jump.
	lost := time.AfterFunc(leaseTTL-leaseMargin, func() { cancel(errLeaseLost) })
	defer lost.Stop()
	every := time.NewTicker(leaseRenew)
	defer every.Stop()
	for {
		select {
		case <-work.Done():
			return
		case <-every.C:
		}
		f, ok, err := s.deps.Leases.Acquire(work, fence.Name, s.deps.Holder, leaseTTL)
		switch {
		case err != nil:
			continue
		case !ok || f.Epoch != fence.Epoch:
			cancel(errLeaseLost)
			return
		}
		lost.Reset(leaseTTL - leaseMargin)
	}
}

var errLeaseLost = errors.New("another process has taken this mailbox over")

// visit runs one session, from connecting to its end. A panic ends the session
// and nothing else.
func (s *Source) visit(ctx context.Context, fence ticketing.Fence) (err error) {
	defer func() {
		if r := recover(); r != nil {
			s.log.ErrorContext(ctx, "mail session panicked", "err", fmt.Sprint(r), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	start, err := s.startInstant(ctx)
	if err != nil {
		return &ownError{what: "read start_from", err: err}
	}
	session, err := openSession(ctx, s.account.Name, s.cred, s.account.IMAP.Folder, false)
	if err != nil {
		return err
	}
	defer session.close()
	if s.memory.enter(session.box) {
		s.renewed.Add(1)
		s.log.WarnContext(ctx, "the server renewed the identity of all mails (UIDVALIDITY); comparing the whole folder")
	}
	v := &visit{Source: s, imapSession: session, fence: fence, start: start}
	return v.run(ctx)
}

// startInstant gives the time before which mails are only ledgered. A start of
// now means the account's first start, not the latest.
func (s *Source) startInstant(ctx context.Context) (time.Time, error) {
	st := s.account.IMAP.Start
	if !st.now {
		return st.at, nil
	}
	return s.deps.Ledger.MailboxStart(ctx, s.account.Name, s.deps.Now())
}

// An ownError is a fault of our side, not of the mail server.
type ownError struct {
	what string
	err  error
}

func (e *ownError) Error() string { return e.what + ": " + e.err.Error() }

func (e *ownError) Unwrap() error { return e.err }

// A backoff spaces out attempts.
type backoff struct{ failures int }

func (b *backoff) reset() { b.failures = 0 }

// after gives how long to wait after a session ended with err.
func (b *backoff) after(err error, p pace) time.Duration {
	pause := min(p.longest, p.first<<min(b.failures, 20))
	b.failures++
	var no *refusal
	var own *ownError
	switch {
	case errors.Is(err, errStuck):
		return stuckPause // each attempt costs a processor
	case errors.As(err, &no):
		return max(p.refused, jitter(pause)) + rand.N(p.refused/10) //nolint:gosec // spreads load, guards nothing
	case errors.As(err, &own):
		pause = min(pause, storePause)
	}
	return jitter(pause)
}

// jitter spreads a pause by a fifth each way, so that processes that failed
// together do not come back together.
func jitter(d time.Duration) time.Duration {
	return d - d/5 + rand.N(2*d/5+1) //nolint:gosec // spreads load, guards nothing
}

// sleep waits for d or the end of ctx.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
