package storage

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"github.com/sistem48/system48/storage/sqlite"
	"github.com/sistem48/system48/ticketing"
)

const (
	maxShared  = 64 // transactions in one commit
	writerRoom = 256
)

// A writer is the one goroutine that writes to the embedded database. All
// transactions that wait while it works share the next commit: each runs in a
// savepoint, so that it fails or succeeds by itself, and is answered when the
// common commit is on the disk.
type writer struct {
	db       *DB
	requests chan *request
	stopped  chan struct{}
	quit     chan struct{}
}

// A request is a transaction that waits for its turn.
type request struct {
	ctx  context.Context //nolint:containedctx // of the caller, who may give up before the turn comes
	f    func(t *tx) error
	done chan error
	turn atomic.Int32
}

// Whose turn it is.
const (
	waits int32 = iota
	runs
	gaveUp
)

func newWriter(ctx context.Context, db *DB) *writer {
	w := &writer{db: db, requests: make(chan *request, writerRoom), stopped: make(chan struct{}), quit: make(chan struct{})}
	go w.loop(context.WithoutCancel(ctx)) // a context that can end costs the driver a goroutine a statement
	return w
}

// do runs f in a transaction of its own and waits for its commit. Busy when the
// turn does not come in time.
func (w *writer) do(ctx context.Context, f func(t *tx) error) error {
	r := &request{ctx: ctx, f: f, done: make(chan error, 1)}
	waiting := time.NewTimer(w.db.wait)
	defer waiting.Stop()
	select {
	case w.requests <- r:
	case <-waiting.C:
		return busy("too many writers wait")
	case <-w.quit:
		return busy("the database is closed")
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-r.done:
		return repanic(err)
	case <-waiting.C:
		if r.turn.CompareAndSwap(waits, gaveUp) {
			return busy("the turn to write did not come in time")
		}
	case <-ctx.Done():
		if r.turn.CompareAndSwap(waits, gaveUp) {
			return ctx.Err()
		}
	case <-w.stopped:
	}
	// It runs: only its own answer tells how it went.
	select {
	case err := <-r.done:
		return repanic(err)
	case <-w.stopped:
		select {
		case err := <-r.done:
			return repanic(err)
		default:
			return busy("the database is closed")
		}
	}
}

// close answers what is queued and ends the goroutine.
func (w *writer) close() {
	select {
	case <-w.quit:
	default:
		close(w.quit)
	}
	<-w.stopped
}

func (w *writer) loop(ctx context.Context) {
	defer close(w.stopped)
	for {
		select {
		case r := <-w.requests:
			w.group(ctx, []*request{r})
		case <-w.quit:
			for {
				select {
				case r := <-w.requests:
					w.group(ctx, []*request{r})
				default:
					return
				}
			}
		}
	}
}

// group runs the transactions given and those that have come meanwhile, and
// commits them together. When the common transaction breaks, those that had
// succeeded within it are run once more.
func (w *writer) group(ctx context.Context, first []*request) {
	again := w.share(ctx, first)
	for range 3 {
		if len(again) == 0 {
			return
		}
		again = w.share(ctx, again)
	}
	for _, r := range again {
		r.done <- busy("the database file keeps failing")
	}
}

// A member is a transaction that succeeded within a group.
type member struct {
	r *request
	t *tx
}

// share runs one common transaction and gives the requests to be run again.
func (w *writer) share(ctx context.Context, first []*request) (again []*request) {
	common, err := w.db.file.Writer.BeginTx(ctx, nil)
	if err != nil {
		for _, r := range first {
			r.done <- translate(err)
		}
		return nil
	}
	g := &fileGroup{db: w.db, tx: common}
	var members []member
	for n := 0; n < maxShared && !g.broken; n++ {
		r := w.take(&first)
		if r == nil {
			break
		}
		if m := g.member(ctx, r); m != nil {
			members = append(members, *m)
		}
	}
	if !g.broken {
		err = common.Commit()
	}
	if g.broken || err != nil {
		_ = common.Rollback()
		if g.refilled {
			w.db.ids.forget()
		}
		again = first
		for _, m := range members {
			if g.broken {
				again = append(again, m.r)
			} else {
				m.r.done <- translate(err)
			}
		}
		return again
	}
	for _, m := range members {
		m.t.committed()
		m.r.done <- nil
	}
	return first
}

// take gives the next transaction to run: from the list, else from those waiting.
func (w *writer) take(first *[]*request) *request {
	if len(*first) > 0 {
		r := (*first)[0]
		*first = (*first)[1:]
		return r
	}
	select {
	case r := <-w.requests:
		return r
	default:
		return nil
	}
}

// A fileGroup is the common transaction.
type fileGroup struct {
	db *DB
	tx *sql.Tx
	// broken: a statement failed in a way that may have ended the transaction.
	broken bool
	// refilled: identifiers were taken that a rollback gives back to the table.
	refilled bool
}

// member runs one transaction in the group; nil when it failed and was answered.
func (g *fileGroup) member(ctx context.Context, r *request) *member {
	if !r.turn.CompareAndSwap(waits, runs) && r.turn.Load() == gaveUp {
		return nil
	}
	c := &fileConn{group: g}
	t := newTx(ctx, g.db, c)
	err := guard(func() error {
		if err := r.f(t); err != nil {
			return err
		}
		return t.flush()
	})
	if serr := c.end(ctx, err == nil); serr != nil {
		g.broken = true
		if err == nil {
			err = translate(serr)
		}
	}
	if err != nil {
		r.done <- err
		return nil
	}
	return &member{r: r, t: t}
}

// A fileConn is one member's view of the common transaction.
type fileConn struct {
	group *fileGroup
	saved bool // its savepoint is open
	// refilled is the group's, for this member alone.
	refilled bool
	g        *gorm.DB
}

// save opens the savepoint before the first thing that may write.
func (c *fileConn) save(ctx context.Context) error {
	if c.saved {
		return nil
	}
	if err := c.exec(ctx, "savepoint member"); err != nil {
		return err
	}
	c.saved = true
	return nil
}

// end closes the savepoint, keeping or undoing what was written.
func (c *fileConn) end(ctx context.Context, keep bool) error {
	if !c.saved {
		return nil
	}
	if !keep {
		if c.refilled {
			c.group.db.ids.forget()
		}
		if err := c.exec(ctx, "rollback to member"); err != nil {
			return err
		}
	}
	return c.exec(ctx, "release member")
}

func (c *fileConn) exec(ctx context.Context, text string) error {
	_, err := c.group.tx.ExecContext(ctx, text)
	return c.judge(err)
}

// judge marks the group as broken by errors after which SQLite may have ended
// the transaction by itself; a constraint undoes only its statement.
func (c *fileConn) judge(err error) error {
	if err != nil && !sqlite.Constraint(err) && !errors.Is(err, sql.ErrNoRows) {
		c.group.broken = true
	}
	return err
}

func (c *fileConn) run(ctx context.Context, stmts []statement) error {
	for i := range stmts {
		if stmts[i].read == nil || stmts[i].query.writes() {
			if err := c.save(ctx); err != nil {
				return err
			}
		}
		if err := failedAs(&stmts[i], c.one(ctx, &stmts[i])); err != nil {
			return err
		}
	}
	return nil
}

func (c *fileConn) one(ctx context.Context, s *statement) error {
	if s.read != nil {
		return c.judgeRead(readRows(ctx, c.group.tx, s))
	}
	res, err := c.group.tx.ExecContext(ctx, s.query[sqliteEngine], s.args...)
	if err != nil {
		return c.judge(err)
	}
	if s.wrote == nil {
		return nil
	}
	n, err := res.RowsAffected()
	if err != nil {
		return c.judge(err)
	}
	return s.wrote(n)
}

// judgeRead passes by what the reading function itself found wrong.
func (c *fileConn) judgeRead(err error) error {
	if err == nil || ticketing.KindOf(err) != ticketing.Internal {
		return err
	}
	return c.judge(err)
}

// orm gives GORM over the common transaction, within the member's savepoint.
func (c *fileConn) orm(ctx context.Context) (*gorm.DB, error) {
	if err := c.save(ctx); err != nil {
		return nil, err
	}
	if c.g == nil {
		c.g = c.group.db.read.Session(&gorm.Session{NewDB: true, Context: ctx})
		c.g.Statement.ConnPool = c.group.tx
	}
	return c.g.WithContext(ctx), nil
}

// querier is what can answer a query: a transaction, a connection, a handle.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func readRows(ctx context.Context, q querier, s *statement) (err error) {
	r, err := q.QueryContext(ctx, s.query[sqliteEngine], s.args...)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := r.Close(); err == nil {
			err = cerr
		}
	}()
	if err := s.read(r); err != nil {
		return err
	}
	return r.Err()
}

// readFile runs queries on the reader of the file, several of them over one
// snapshot.
func (db *DB) readFile(ctx context.Context, queries []statement) (err error) {
	var q querier = db.file.Reader
	if len(queries) > 1 {
		snapshot, err := db.file.Reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
		if err != nil {
			return err
		}
		defer func() { _ = snapshot.Rollback() }()
		q = snapshot
	}
	for i := range queries {
		if err := failedAs(&queries[i], readRows(ctx, q, &queries[i])); err != nil {
			return err
		}
	}
	return nil
}
