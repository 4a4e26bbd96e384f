package sqlite

import (
	"container/list"
	"context"
	"database/sql/driver"
	"fmt"
)

// Bounds of the statement cache of one connection.
const (
	cachedStatements = 256
	cachedText       = 8 << 10 // bytes of SQL; longer texts are one-off bulk statements
)

// caching is a connector whose connections keep compiled statements. Compiling
// costs more than running most of our statements, and database/sql offers no
// cache that survives a transaction.
type caching struct{ driver.Connector }

func (c caching) Connect(ctx context.Context) (driver.Conn, error) {
	dc, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	raw, ok := dc.(rawConn)
	if !ok {
		_ = dc.Close()
		return nil, fmt.Errorf("sqlite: connection %T lacks an interface", dc)
	}
	return &cachedConn{rawConn: raw, byText: map[string]*list.Element{}, recent: list.New()}, nil
}

// rawConn is what the driver's connections can do.
type rawConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// rawStmt is what the driver's statements can do.
type rawStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// A cachedConn is used by one goroutine at a time, as database/sql promises.
type cachedConn struct {
	rawConn
	byText map[string]*list.Element
	recent *list.List // of *cachedStmt, latest first
}

type cachedStmt struct {
	text string
	stmt rawStmt
	busy bool // its rows are being read
}

// Unwrap gives the driver's own connection, for its backup interface.
func (c *cachedConn) Unwrap() driver.Conn { return c.rawConn }

// take gives the compiled statement for the text and marks it busy; nil when
// the text is not to be cached or its statement is being read from.
func (c *cachedConn) take(ctx context.Context, text string) (*cachedStmt, error) {
	if len(text) > cachedText {
		return nil, nil
	}
	if e, ok := c.byText[text]; ok {
		s, _ := e.Value.(*cachedStmt)
		if s.busy {
			return nil, nil
		}
		c.recent.MoveToFront(e)
		s.busy = true
		return s, nil
	}
	ds, err := c.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	raw, ok := ds.(rawStmt)
	if !ok {
		return nil, fmt.Errorf("sqlite: statement %T lacks an interface", ds)
	}
	c.makeRoom()
	s := &cachedStmt{text: text, stmt: raw, busy: true}
	c.byText[text] = c.recent.PushFront(s)
	return s, nil
}

// makeRoom closes the least recently used statement that nobody reads from.
func (c *cachedConn) makeRoom() {
	for e := c.recent.Back(); e != nil && c.recent.Len() >= cachedStatements; e = e.Prev() {
		s, _ := e.Value.(*cachedStmt)
		if s.busy {
			continue
		}
		c.recent.Remove(e)
		delete(c.byText, s.text)
		_ = s.stmt.Close()
		return
	}
}

// ExecContext runs the statement, compiled once per connection.
func (c *cachedConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.take(ctx, text)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.rawConn.ExecContext(ctx, text, args)
	}
	defer func() { s.busy = false }()
	return s.stmt.ExecContext(ctx, args)
}

// QueryContext runs the query, compiled once per connection.
func (c *cachedConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.take(ctx, text)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.rawConn.QueryContext(ctx, text, args)
	}
	rows, err := s.stmt.QueryContext(ctx, args)
	if err != nil {
		s.busy = false
		return nil, err
	}
	return &cachedRows{Rows: rows, of: s}, nil
}

// Close finalizes the compiled statements and closes the connection.
func (c *cachedConn) Close() error {
	for e := c.recent.Front(); e != nil; e = e.Next() {
		if s, ok := e.Value.(*cachedStmt); ok {
			_ = s.stmt.Close()
		}
	}
	c.byText, c.recent = nil, list.New()
	return c.rawConn.Close()
}

// cachedRows frees its statement for the next use when it is closed.
type cachedRows struct {
	driver.Rows
	of     *cachedStmt
	closed bool
}

func (r *cachedRows) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	r.of.busy = false
	return r.Rows.Close()
}

// ColumnTypeDatabaseTypeName gives the declared type of a column.
func (r *cachedRows) ColumnTypeDatabaseTypeName(i int) string {
	if t, ok := r.Rows.(driver.RowsColumnTypeDatabaseTypeName); ok {
		return t.ColumnTypeDatabaseTypeName(i)
	}
	return ""
}
