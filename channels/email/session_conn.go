package email

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// Reasons a guarded connection ends itself.
var (
	errStalled  = errors.New("the server has gone silent")
	errTooSlow  = errors.New("the command took too long")
	errTooMuch  = errors.New("the server sent more than was asked for")
	errHungUp   = errors.New("the connection was closed")
	errFinished = errors.New("the connection is no longer needed")
	errStuck    = errors.New("the server's answer made the mail library hang")
)

// A guardedConn is a connection that cannot hang. go-imap and go-smtp block for
// ever on a silent peer (docs/adr/0010-mail-in.md), and closing is the only
// way to free them: while an answer is expected, a guardedConn closes itself
// when no byte moves for a while, and at once when more bytes come than were
// allowed. It remembers why it ended, which the libraries do not say.
type guardedConn struct {
	net.Conn
	keepDeadlines bool // go-smtp's own deadlines are sound, go-imap's are not

	mu      sync.Mutex
	stall   time.Duration // 0 = silence is fine
	blocked int           // reads and writes under way
	timer   *time.Timer   // runs while blocked and stall > 0
	allowed int64         // bytes that may still come
	cause   error
	gone    chan struct{} // closed by abort
	broken  bool          // a write did not come to its end
}

// guard wraps conn. Until allow is called, at most a MiB may come.
func guard(conn net.Conn, stall time.Duration) *guardedConn {
	g := &guardedConn{Conn: conn, stall: stall, allowed: 1 << 20, gone: make(chan struct{})}
	g.timer = time.AfterFunc(time.Hour, func() { g.abort(errStalled) })
	g.timer.Stop()
	return g
}

// expect says that the peer must now make some progress every stall; 0 says
// that it may be silent. It also holds for a read that is already blocked.
func (g *guardedConn) expect(stall time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stall = stall
	g.rearm()
}

// allow sets how many bytes may come from now on.
func (g *guardedConn) allow(n int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.allowed = n
}

// abort closes the connection. The first reason given is kept.
func (g *guardedConn) abort(why error) {
	g.mu.Lock()
	if g.cause == nil {
		g.cause = why
	}
	g.timer.Stop()
	select {
	case <-g.gone:
	default:
		close(g.gone)
	}
	g.mu.Unlock()
	_ = g.Conn.Close() // frees whoever waits; there is nobody to tell
}

// why gives the reason the connection ended, nil while the network is not to
// blame.
func (g *guardedConn) why() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.cause
}

// watch aborts the connection when limit is over before the returned function
// is called.
func (g *guardedConn) watch(limit time.Duration) (done func() bool) {
	return time.AfterFunc(limit, func() { g.abort(errTooSlow) }).Stop
}

func (g *guardedConn) Read(p []byte) (int, error) {
	g.begin()
	n, err := g.Conn.Read(p)
	return n, g.end(int64(n), err)
}

func (g *guardedConn) Write(p []byte) (int, error) {
	g.begin()
	n, err := g.Conn.Write(p)
	if err != nil {
		g.mu.Lock()
		g.broken = true
		g.mu.Unlock()
	}
	return n, g.end(0, err)
}

// unsent reports whether some bytes never left.
func (g *guardedConn) unsent() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.broken
}

// Close ends the connection on purpose.
func (g *guardedConn) Close() error {
	g.abort(errHungUp)
	return nil
}

// SetReadDeadline does nothing for go-imap: it would count the time our own
// disk takes as the server's.
func (g *guardedConn) SetReadDeadline(t time.Time) error {
	if !g.keepDeadlines {
		return nil
	}
	return g.Conn.SetReadDeadline(t)
}

func (g *guardedConn) begin() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.blocked++
	g.rearm()
}

func (g *guardedConn) end(n int64, err error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.blocked--
	g.rearm()
	g.allowed -= n
	if err == nil && g.allowed < 0 {
		err = errTooMuch
	}
	if err != nil && g.cause == nil {
		g.cause = fmt.Errorf("connection lost: %w", err)
	}
	return err
}

// rearm starts or stops the timer; the caller holds mu.
func (g *guardedConn) rearm() {
	if g.blocked > 0 && g.stall > 0 && g.cause == nil {
		g.timer.Reset(g.stall)
	} else {
		g.timer.Stop()
	}
}
