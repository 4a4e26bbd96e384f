package email

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// ordersEvery is how often the process that reads a mailbox looks what operators
// asked of it: one row by its key.
const ordersEvery = 3 * time.Second

// errOrdered ends what runs because an operator asked for something else.
var errOrdered = errors.New("an operator asked")

// An orderBook holds what operators asked of one mailbox and ends the turn that
// runs when that changes.
type orderBook struct {
	mu   sync.Mutex
	last ticketing.MailboxOrder
	end  context.CancelCauseFunc // of the turn that runs; nil between turns
}

// begin starts a turn: it lasts until an order changes, work ends or done is
// called.
func (b *orderBook) begin(work context.Context) (turn context.Context, paused bool, done func()) {
	turn, end := context.WithCancelCause(work)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.end = end
	return turn, b.last.Paused, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.end = nil
		end(errFinished)
	}
}

// take enters what was asked and ends the turn if that is news.
func (b *orderBook) take(o ticketing.MailboxOrder) {
	b.mu.Lock()
	defer b.mu.Unlock()
	news := o.Paused != b.last.Paused || !o.TryAt.Equal(b.last.TryAt)
	b.last = o
	if news && b.end != nil {
		b.end(errOrdered)
	}
}

// heed looks for orders until work ends. While the database is away the last
// known order stands.
func (s *Source) heed(work context.Context) {
	for {
		if o, err := s.deps.Ledger.MailboxOrder(work, s.account.Name); err == nil {
			s.orders.take(o)
		}
		if sleep(work, s.pace.orders); work.Err() != nil {
			return
		}
	}
}

// turn is one session, or a pause, and the wait after it.
func (s *Source) turn(work context.Context, fence ticketing.Fence) error {
	turn, paused, done := s.orders.begin(work)
	defer done()
	if paused {
		s.health.set(work, statePaused, "", true)
		<-turn.Done()
		return nil
	}
	err := s.visit(turn, fence)
	if work.Err() != nil || errors.Is(err, errLeaseLost) {
		return errLeaseLost
	}
	if turn.Err() != nil {
		s.backoff.reset()
		s.health.set(work, stateConnecting, "", true)
		return nil
	}
	pause := s.backoff.after(err, s.pace)
	state, detail := fault(err)
	s.health.set(work, state, detail, true)
	sleep(turn, pause)
	return nil
}
