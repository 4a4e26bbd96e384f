package storage

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sistem48/system48/storage/jobs"
	"github.com/sistem48/system48/ticketing"
)

// Enqueue enters a task in the transaction: when it commits the task will be
// done, when it does not there is none. inTx is that of InTx of this database.
func (db *DB) Enqueue(_ context.Context, inTx ticketing.Tx, task jobs.Task) error {
	t, ok := inTx.(*tx)
	if !ok || t.db != db {
		return fmt.Errorf("enqueue in a transaction of another store: %w", ticketing.Internal)
	}
	_, err := t.orm() // sends what is pending, and begins
	if err != nil {
		return err
	}
	switch c := t.conn.(type) {
	case *serverConn:
		err = db.inserter.InServer(t.ctx, serverTx{c.pg}, task)
	case *fileConn:
		err = c.judge(db.inserter.InFile(t.ctx, c.group.tx, task))
	}
	return translate(err)
}

// serverTx lets River work in our transaction: a view of its connection that
// can nest, and leaves commit and rollback to us.
type serverTx struct{ c *pgx.Conn }

var errNotYours = errors.New("the transaction belongs to its caller")

func (t serverTx) Begin(ctx context.Context) (pgx.Tx, error) {
	_, err := t.c.Exec(ctx, "savepoint job")
	return nestedTx{t}, err
}
func (serverTx) Commit(context.Context) error   { return errNotYours }
func (serverTx) Rollback(context.Context) error { return errNotYours }

func (t serverTx) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, from pgx.CopyFromSource) (int64, error) {
	return t.c.CopyFrom(ctx, table, columns, from)
}

func (t serverTx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return t.c.SendBatch(ctx, b)
}
func (serverTx) LargeObjects() pgx.LargeObjects { return pgx.LargeObjects{} }

func (t serverTx) Prepare(ctx context.Context, name, sql string) (*pgconn.StatementDescription, error) {
	return t.c.Prepare(ctx, name, sql)
}

func (t serverTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return t.c.Exec(ctx, sql, args...)
}

func (t serverTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return t.c.Query(ctx, sql, args...)
}

func (t serverTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return t.c.QueryRow(ctx, sql, args...)
}
func (t serverTx) Conn() *pgx.Conn { return t.c }

// nestedTx is a savepoint in it.
type nestedTx struct{ serverTx }

func (t nestedTx) Commit(ctx context.Context) error {
	_, err := t.c.Exec(ctx, "release savepoint job")
	return err
}

func (t nestedTx) Rollback(ctx context.Context) error {
	_, err := t.c.Exec(ctx, "rollback to savepoint job")
	return err
}
