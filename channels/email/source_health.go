package email

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// The states of a mailbox, as ticketing.MailboxHealth names them.
const (
	stateOK            = "ok"
	stateConnecting    = "connecting"
	stateAuthFailed    = "auth_failed"
	stateFolderMissing = "folder_missing"
	stateUnreachable   = "unreachable"
	stateTLS           = "tls"
	stateStandby       = "standby"
	statePaused        = "paused" // by an operator
	stateError         = "error"
)

// healthEvery is how often an unchanged state is recorded again.
const healthEvery = time.Minute

// A healthBook holds the state of one account and records it: once a change,
// and each minute. Only the process that holds the lease records.
type healthBook struct {
	now  func() time.Time
	save func(context.Context, ticketing.MailboxHealth) error
	log  *slog.Logger

	mu      sync.Mutex
	h       ticketing.MailboxHealth
	changed chan struct{} // non-nil while somebody records
	done    chan struct{}
	stop    context.CancelFunc
}

func (b *healthBook) current() ticketing.MailboxHealth {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.h
}

// begin starts recording until end.
func (b *healthBook) begin(ctx context.Context) {
	ctx, stop := context.WithCancel(ctx)
	changed, done := make(chan struct{}, 1), make(chan struct{})
	b.mu.Lock()
	b.changed, b.done, b.stop = changed, done, stop
	b.mu.Unlock()
	b.set(ctx, stateConnecting, "", true)
	go func() {
		defer close(done)
		every := time.NewTicker(healthEvery)
		defer every.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-changed:
			case <-every.C:
			}
			h := b.current()
			h.UpdatedAt = b.now()
			if err := b.save(ctx, h); err != nil && ctx.Err() == nil {
				// The next minute tries again; the state is in the log and on
				// /readyz meanwhile.
				b.log.DebugContext(ctx, "mailbox state not recorded", "err", err)
			}
		}
	}()
}

// end stops recording.
func (b *healthBook) end() {
	b.mu.Lock()
	done, stop := b.done, b.stop
	b.changed = nil
	b.mu.Unlock()
	stop()
	<-done
}

// set enters a state. A change is logged once.
func (b *healthBook) set(ctx context.Context, state, detail string, record bool) {
	b.mu.Lock()
	was := b.h
	b.h.Detail, b.h.Idle = detail, b.h.Idle && state == stateOK
	if was.State != state {
		b.h.State, b.h.Since = state, b.now()
	}
	same := was.State == state && was.Detail == detail
	changed := b.changed
	b.mu.Unlock()
	if same {
		return
	}
	if record && changed != nil {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	switch state {
	case stateOK, stateConnecting, stateStandby, statePaused:
		b.log.InfoContext(ctx, "mailbox state", "state", state, "did", detail)
	default:
		b.log.WarnContext(ctx, "mailbox state", "state", state, "did", detail)
	}
}

// swept notes a sweep that came to its end.
func (b *healthBook) swept(ctx context.Context, detail string, idle bool) {
	b.mu.Lock()
	b.h.LastSuccess, b.h.Idle = b.now(), idle
	b.mu.Unlock()
	b.set(ctx, stateOK, detail, true)
}

// waiting notes how many mails are not in the ledger yet.
func (b *healthBook) waiting(f func(n int) int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.h.Waiting = max(0, f(b.h.Waiting))
}

// fault tells an operator in one line what is wrong, without secrets.
func fault(err error) (state, detail string) {
	var no *refusal
	var own *ownError
	var netErr net.Error
	var link *linkError
	switch {
	case err == nil:
		return stateConnecting, ""
	case errors.As(err, &own), errors.Is(err, errStuck):
		return stateError, explain(err)
	case errors.As(err, &no):
		return stateAuthFailed, explain(no)
	case errors.Is(err, errFolder):
		return stateFolderMissing, explain(err)
	case errors.Is(err, errTLS):
		return stateTLS, explain(err)
	case errors.As(err, &netErr), errors.As(err, &link), errors.Is(err, errHungUp):
		return stateUnreachable, explain(err)
	}
	return stateError, explain(err)
}

// explain is an error's text, bounded, on one line and without addresses.
func explain(err error) string {
	return clip(redact(err.Error()), 300)
}
