package ticketingtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/sistem48/system48/ticketing"
)

// A FaultStore makes calls of a store fail on purpose. It counts every call of
// every port, of every method of a transaction, and every commit (as "commit":
// the function ran, everything is rolled back). It stands in front of any store.
type FaultStore struct {
	Ports

	mu     sync.Mutex
	calls  int
	failAt int
	err    error
	failed string
	commit struct{ seen, loseAt int }
	rerun  bool
}

// NewFaultStore decorates a store. Until told otherwise nothing fails.
func NewFaultStore(p Ports) *FaultStore { return &FaultStore{Ports: p} }

// FailAt makes the n-th call from now on (1, 2, 3 …) fail with an error that
// wraps err: ticketing.Busy for a store that is away, ticketing.Internal for a
// fault nobody expected. Only that one fails. It starts the count anew.
func (x *FaultStore) FailAt(n int, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.calls, x.failAt, x.err, x.failed = 0, n, err, ""
}

// Failed names the call that failed since FailAt; "" when none has.
func (x *FaultStore) Failed() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.failed
}

// LoseAnswer makes the n-th transaction from now on commit and yet return
// Busy, as when the connection breaks before the answer comes.
func (x *FaultStore) LoseAnswer(n int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.commit.seen, x.commit.loseAt = 0, n
}

// RunTwice makes every transaction run its function once in vain before it runs
// it in earnest, as a store does after a conflict.
func (x *FaultStore) RunTwice(on bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.rerun = on
}

// step counts a call and fails when it is its turn.
func (x *FaultStore) step(op string) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.calls++
	if x.calls != x.failAt {
		return nil
	}
	x.failed = op
	return fmt.Errorf("fault at call %d, %s: %w", x.calls, op, x.err)
}

// errInVain rolls the first of two runs back.
var errInVain = errors.New("run once more")

// InTx implements [ticketing.Store].
func (x *FaultStore) InTx(ctx context.Context, do func(tx ticketing.Tx) error) error {
	if err := x.step("InTx"); err != nil {
		return err
	}
	x.mu.Lock()
	rerun := x.rerun
	x.mu.Unlock()
	if rerun {
		err := x.Ports.InTx(ctx, func(tx ticketing.Tx) error {
			if err := do(faultTx{tx, x}); err != nil {
				return err
			}
			return errInVain
		})
		if !errors.Is(err, errInVain) {
			return err
		}
	}
	err := x.Ports.InTx(ctx, func(tx ticketing.Tx) error {
		if err := do(faultTx{tx, x}); err != nil {
			return err
		}
		return x.step("commit")
	})
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.commit.seen++
	if x.commit.seen == x.commit.loseAt {
		x.failed = "answer"
		return fmt.Errorf("the answer to commit was lost: %w", ticketing.Busy)
	}
	return nil
}

// maxFaults bounds EachFault: a use case that makes more calls than that is
// itself the fault.
const maxFaults = 2000

// EachFault runs try once for every call a piece of work makes, for Internal
// and for Busy: the N-th run has the N-th call fail. try sets up a store of its
// own, passes it through arm, does the work, and checks what must hold after
// the fault. It ends with the first N that is beyond the last call.
func EachFault(t *testing.T, try func(t *testing.T, arm func(Ports) *FaultStore)) {
	t.Helper()
	for _, kind := range []ticketing.Kind{ticketing.Internal, ticketing.Busy} {
		for n := 1; n <= maxFaults; n++ {
			var armed *FaultStore
			t.Run(fmt.Sprintf("%s/%d", kind, n), func(t *testing.T) {
				try(t, func(p Ports) *FaultStore {
					armed = NewFaultStore(p)
					armed.FailAt(n, kind)
					return armed
				})
			})
			if armed == nil || armed.Failed() == "" {
				break
			}
			if n == maxFaults {
				t.Errorf("no end after %d calls", n)
			}
		}
	}
}
