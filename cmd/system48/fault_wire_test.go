package main

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A wire is a TCP connection's way between the program and a server, which can
// be cut, closed, made deaf and bounded.
type wire struct {
	addr, target string
	mu           sync.Mutex
	listener     net.Listener
	open         map[net.Conn]bool
	deaf         atomic.Bool  // bytes are taken and go nowhere
	limit        atomic.Int64 // bytes from the server until the next cut; 0 = none
	cuts         atomic.Int64
}

func newWire(t testing.TB, target string) *wire {
	t.Helper()
	w := &wire{target: target, open: map[net.Conn]bool{}}
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed by the test
	if err != nil {
		t.Fatal(err)
	}
	w.addr, w.listener = l.Addr().String(), l
	go w.accept(l)
	t.Cleanup(w.down)
	return w
}

func (w *wire) accept(l net.Listener) {
	for {
		near, err := l.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", w.target) //nolint:noctx // loopback
		if err != nil {
			near.Close()
			continue
		}
		w.mu.Lock()
		w.open[near], w.open[far] = true, true
		w.mu.Unlock()
		go w.carry(far, near, nil)
		go w.carry(near, far, &w.limit)
	}
}

// carry copies until an end closes or the limit is used up.
func (w *wire) carry(to, from net.Conn, limit *atomic.Int64) {
	defer w.close(to, from)
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		if limit != nil && n > 0 && limit.Load() > 0 {
			if left := limit.Add(int64(-n)); left <= 0 {
				limit.Store(0)
				w.cuts.Add(1)
				_, _ = to.Write(buf[:max(0, n+int(left))])
				return
			}
		}
		if n > 0 && !w.deaf.Load() {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (w *wire) close(conns ...net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range conns {
		c.Close()
		delete(w.open, c)
	}
}

// cut ends all connections.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.open {
		c.Close()
	}
}

// down takes no connections any more.
func (w *wire) down() {
	w.mu.Lock()
	w.listener.Close()
	w.mu.Unlock()
	w.cut()
}

// up takes connections again at the same address.
func (w *wire) up(t testing.TB) {
	t.Helper()
	for range 50 {
		l, err := net.Listen("tcp", w.addr) //nolint:noctx // closed by down
		if err == nil {
			w.mu.Lock()
			w.listener = l
			w.mu.Unlock()
			go w.accept(l)
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the wire does not come up again")
}

// TestWire holds the wire itself to what the tests expect of it.
func TestWire(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed below
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write(make([]byte, 10_000))
			c.Close()
		}
	}()
	w := newWire(t, l.Addr().String())
	for _, c := range []struct {
		limit int64
		want  int
	}{{0, 10_000}, {5000, 5000}, {0, 10_000}} {
		w.limit.Store(c.limit)
		conn, err := net.Dial("tcp", w.addr) //nolint:noctx // loopback
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
		got, _ := io.ReadAll(conn)
		conn.Close()
		if len(got) != c.want {
			t.Errorf("limit %d: %d bytes, want %d", c.limit, len(got), c.want)
		}
	}
	w.down()
	if _, err := net.Dial("tcp", w.addr); err == nil { //nolint:noctx // loopback
		t.Error("the wire is down and takes a connection")
	}
	w.up(t)
	conn, err := net.Dial("tcp", w.addr) //nolint:noctx // loopback
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}
