package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm"
)

// A serverConn is one connection to PostgreSQL in a transaction. Statements go
// out in pipelined batches: BEGIN with the first, COMMIT with the last.
type serverConn struct {
	db    *DB
	conn  *sql.Conn
	pg    *pgx.Conn // the same connection
	begun bool
	g     *gorm.DB
}

// onServer runs f once in a transaction.
func (db *DB) onServer(ctx context.Context, f func(t *tx) error) error {
	waiting, done := context.WithTimeout(ctx, db.wait)
	conn, err := db.sql.Conn(waiting)
	exhausted := waiting.Err() != nil
	done()
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if exhausted {
			return busy("no free connection to the database")
		}
		return translate(err)
	}
	defer func() { _ = conn.Close() }()
	c := &serverConn{db: db, conn: conn}
	if err := conn.Raw(func(d any) error {
		std, ok := d.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("unexpected connection %T", d)
		}
		c.pg = std.Conn()
		return nil
	}); err != nil {
		return translate(err)
	}
	work, cancel := detach(ctx)
	defer cancel()
	t := newTx(work, db, c)
	err = guard(func() error { return f(t) })
	if err == nil {
		err = t.explain(c.commit(work, t.waiting()))
	}
	if err != nil {
		c.rollback(work)
		return repanic(err)
	}
	t.committed()
	return nil
}

func (c *serverConn) run(ctx context.Context, stmts []statement) error {
	if len(stmts) == 0 {
		return nil
	}
	return c.send(ctx, stmts, false)
}

// commit sends the last statements together with the commit, unless what one
// of them touched must be looked at first.
func (c *serverConn) commit(ctx context.Context, stmts []statement) error {
	for i := range stmts {
		if stmts[i].wrote != nil {
			if err := c.send(ctx, stmts, false); err != nil {
				return err
			}
			stmts = nil
			break
		}
	}
	if !c.begun && len(stmts) == 0 {
		return nil
	}
	return c.send(ctx, stmts, true)
}

// send runs the statements in one pipelined batch.
func (c *serverConn) send(ctx context.Context, stmts []statement, commits bool) (err error) {
	b := &pgx.Batch{}
	if !c.begun {
		b.Queue("begin")
	}
	for i := range stmts {
		b.Queue(stmts[i].query[postgresEngine], stmts[i].args...)
	}
	if commits {
		b.Queue("commit")
	}
	br := c.pg.SendBatch(ctx, b)
	defer func() {
		if cerr := br.Close(); err == nil {
			err = cerr
		}
	}()
	if !c.begun {
		if _, err := br.Exec(); err != nil {
			return err
		}
		c.begun = true
	}
	for i := range stmts {
		if err := takeResult(br, &stmts[i]); err != nil {
			return err
		}
	}
	if !commits {
		return nil
	}
	tag, err := br.Exec()
	if err != nil {
		return err
	}
	if tag.String() != "COMMIT" {
		return errors.New("the server rolled back instead of committing")
	}
	c.begun = false
	return nil
}

// takeResult reads one statement's result from a batch.
func takeResult(br pgx.BatchResults, s *statement) error {
	if s.read == nil {
		tag, err := br.Exec()
		return checkWrite(s, tag, err)
	}
	r, err := br.Query()
	return take(s, r, err)
}

func take(s *statement, r pgx.Rows, err error) error {
	if err == nil {
		err = s.read(r)
		r.Close()
		if err == nil {
			err = r.Err()
		}
	}
	return failedAs(s, err)
}

func checkWrite(s *statement, tag pgconn.CommandTag, err error) error {
	if err == nil && s.wrote != nil {
		return s.wrote(tag.RowsAffected())
	}
	return failedAs(s, err)
}

func failedAs(s *statement, err error) error {
	if err != nil && s.failed != nil {
		return s.failed(err)
	}
	return err
}

func (c *serverConn) rollback(ctx context.Context) {
	if c.begun && !c.pg.IsClosed() {
		_, _ = c.pg.Exec(ctx, "rollback")
	}
}

func (c *serverConn) orm(ctx context.Context) (*gorm.DB, error) {
	if !c.begun {
		if _, err := c.pg.Exec(ctx, "begin"); err != nil {
			return nil, err
		}
		c.begun = true
	}
	if c.g == nil {
		c.g = c.db.read.Session(&gorm.Session{NewDB: true, Context: ctx})
		c.g.Statement.ConnPool = c.conn
	}
	return c.g.WithContext(ctx), nil
}

// readServer runs queries on a connection of the pool, several of them over
// one snapshot.
func (db *DB) readServer(ctx context.Context, queries []statement) error {
	waiting, done := context.WithTimeout(ctx, db.wait)
	conn, err := db.pool.Acquire(waiting)
	exhausted := waiting.Err() != nil
	done()
	if err != nil {
		if ctx.Err() == nil && exhausted {
			return busy("no free connection to the database")
		}
		return err
	}
	defer conn.Release()
	if len(queries) == 1 && queries[0].replan {
		return readPlanned(ctx, conn, &queries[0])
	}
	b := &pgx.Batch{}
	snapshot := len(queries) > 1
	if snapshot {
		b.Queue("begin isolation level repeatable read read only")
	}
	for i := range queries {
		b.Queue(queries[i].query[postgresEngine], queries[i].args...)
	}
	if snapshot {
		b.Queue("commit")
	}
	return readBatch(ctx, conn, b, queries, snapshot)
}

// readPlanned runs a query as a statement without a name, of which PostgreSQL
// keeps no plan.
func readPlanned(ctx context.Context, conn *pgxpool.Conn, s *statement) error {
	r, err := conn.Query(ctx, s.query[postgresEngine], append([]any{pgx.QueryExecModeCacheDescribe}, s.args...)...)
	return take(s, r, err)
}

func readBatch(ctx context.Context, conn *pgxpool.Conn, b *pgx.Batch, queries []statement, snapshot bool) (err error) {
	br := conn.SendBatch(ctx, b)
	defer func() {
		if cerr := br.Close(); err == nil {
			err = cerr
		}
	}()
	if snapshot {
		if _, err := br.Exec(); err != nil {
			return err
		}
	}
	for i := range queries {
		if err := takeResult(br, &queries[i]); err != nil {
			return err
		}
	}
	return nil
}
