package storage

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/sistem48/system48/ticketing"
)

// How transactions are run again.
const (
	txTimeout     = 25 * time.Second // one run; PostgreSQL on a dead network would hang for ever
	retryWindow   = 30 * time.Second // of pauses after lost connections
	firstPause    = 50 * time.Millisecond
	longestPause  = 2 * time.Second
	conflictRuns  = 8 // runs of a transaction that keeps meeting others (F12)
	conflictPause = 10 * time.Millisecond
)

// A tx is one transaction as a unit of work: writes wait in pending until
// something is read or the transaction commits. It is used by one goroutine.
type tx struct {
	db      *DB
	ctx     context.Context //nolint:containedctx // detached from the caller: a browser that goes away must not cost a connection
	conn    session
	pending []statement
	sent    int // how often pending was sent
	signals []ticketing.Signal
	later   []func() // after the commit

	// As loaded under their locks, and as written since: only what differs is written.
	tickets    map[ticketing.TicketID]*loadedTicket
	deliveries map[int64]deliveryRow
	citizens   map[int64]*loadedCitizen
	calls      map[int64]callRow
	absent     map[string]bool // addresses looked up in vain
	asked      map[string]bool // numbers whose choice was found
	fresh      map[int64]bool  // identifiers of deliveries handed out here
	headSeq    int64           // of the installation's chain, once appended to
	headHash   string
}

// session is what an engine does for a transaction.
type session interface {
	// run executes the statements in order and stops at the first error.
	run(ctx context.Context, stmts []statement) error
	// orm gives GORM over the same transaction.
	orm(ctx context.Context) (*gorm.DB, error)
}

var _ ticketing.Tx = (*tx)(nil)

// InTx runs f in one transaction; see ticketing.Store. It waits at most Wait
// for a connection or its turn, then fails with Busy.
func (db *DB) InTx(ctx context.Context, f func(t ticketing.Tx) error) error {
	return db.write(ctx, func(t *tx) error { return f(t) })
}

// write is InTx for the package's own statements.
func (db *DB) write(ctx context.Context, f func(t *tx) error) error {
	return db.retry(ctx, func() error {
		if db.engine == sqliteEngine {
			return db.turn.do(ctx, f)
		}
		return db.onServer(ctx, f)
	})
}

// retry runs f again while its failures are worth it.
func (db *DB) retry(ctx context.Context, f func() error) error {
	pause, waited, conflicts := firstPause, time.Duration(0), 0
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := f()
		var sleep time.Duration
		switch worthAgain(err) {
		case never:
			return err
		case conflicted:
			if conflicts++; conflicts >= conflictRuns {
				return err
			}
			sleep = jitter(conflictPause << conflicts)
		case lost:
			if waited >= retryWindow {
				return err
			}
			sleep = jitter(pause)
			pause = min(2*pause, longestPause)
			waited += sleep
		}
		timer := time.NewTimer(sleep)
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
	}
}

// jitter gives between half of d and d, so that many waiters do not return together.
func jitter(d time.Duration) time.Duration {
	return d/2 + rand.N(d/2+1)
}

// detach gives the context statements run in.
func detach(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), txTimeout)
}

func newTx(ctx context.Context, db *DB, c session) *tx {
	return &tx{db: db, ctx: ctx, conn: c}
}

// queue adds a write.
func (t *tx) queue(q query, args ...any) {
	t.add(statement{query: q, args: args})
}

// queueOne adds a write that must touch exactly one row, or else fails with
// what otherwise gives, which may look into the transaction for the reason.
func (t *tx) queueOne(otherwise func(t *tx) error, q query, args ...any) {
	t.add(statement{query: q, args: args, wrote: func(n int64) error {
		if n != 1 {
			return &missed{otherwise}
		}
		return nil
	}})
}

// missed carries the reason why a write touched nothing to where the
// transaction ends.
type missed struct{ why func(t *tx) error }

func (m *missed) Error() string { return "a write touched nothing" }

// explain replaces a missed write by its reason.
func (t *tx) explain(err error) error {
	var m *missed
	if !errors.As(err, &m) {
		return translate(err)
	}
	t.pending = nil
	return m.why(t)
}

func (t *tx) add(s statement) {
	cleanArgs(s.args)
	t.pending = append(t.pending, s)
}

// readAll sends what is pending and then the queries, whose results they take.
func (t *tx) readAll(queries ...statement) error {
	for i := range queries {
		cleanArgs(queries[i].args)
	}
	stmts := append(t.waiting(), queries...)
	return t.explain(t.conn.run(t.ctx, stmts))
}

// waiting gives what is pending, to be sent now.
func (t *tx) waiting() []statement {
	list := t.pending
	t.pending = nil
	t.sent++
	return slices.DeleteFunc(list, func(s statement) bool { return s.query == query{} }) // a row changed back
}

// readOne runs a query of at most one row; NotFound names what when there is none.
func (t *tx) readOne(what string, q query, args []any, dest ...any) error {
	found := false
	if err := t.readAll(statement{query: q, args: args, read: one(&found, dest...)}); err != nil {
		return err
	}
	if !found {
		return notFound(what)
	}
	return nil
}

// flush sends what is pending.
func (t *tx) flush() error {
	if len(t.pending) == 0 {
		return nil
	}
	return t.readAll()
}

// orm gives GORM over the transaction, behind what is pending.
func (t *tx) orm() (*gorm.DB, error) {
	if err := t.flush(); err != nil {
		return nil, err
	}
	g, err := t.conn.orm(t.ctx)
	return g, translate(err)
}

// withORM runs GORM calls in the transaction and translates their error.
func (t *tx) withORM(f func(g *gorm.DB) error) error {
	g, err := t.orm()
	if err != nil {
		return err
	}
	return translate(f(g))
}

// Notify publishes a signal when the transaction commits.
func (t *tx) Notify(s ticketing.Signal) { t.signals = append(t.signals, s) }

// committed does what waits for the commit.
func (t *tx) committed() {
	for _, f := range t.later {
		f()
	}
	t.db.publish(t.signals)
}

// guard turns a panic of f into an error of its own kind, so that the
// transaction is rolled back before the panic goes on.
func guard(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &panicked{r}
		}
	}()
	return f()
}

// panicked carries a panic out of a transaction.
type panicked struct{ value any }

func (p *panicked) Error() string { return fmt.Sprintf("panic in a transaction: %v", p.value) }

// repanic lets a carried panic go on where the transaction was asked for.
func repanic(err error) error {
	var p *panicked
	if errors.As(err, &p) {
		panic(p.value)
	}
	return err
}
