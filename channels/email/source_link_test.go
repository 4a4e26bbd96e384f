package email

import (
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sistem48/system48/channels/email/dovecottest"
)

// A tcpProxy stands between a Source and its server. Each connection carries
// what next says of bytes from the server (-1: all), then it is cut, or goes
// silent if hole is set.
type tcpProxy struct {
	addr  string
	hole  atomic.Bool
	conns atomic.Int32
}

func startProxy(t *testing.T, to string, next func(n int) int64) *tcpProxy {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &tcpProxy{addr: ln.Addr().String()}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	t.Cleanup(func() {
		_ = ln.Close()
		mu.Lock()
		for _, c := range open {
			_ = c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	wg.Go(func() {
		for {
			near, err := ln.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				_ = near.Close()
				continue
			}
			mu.Lock()
			open = append(open, near, far)
			mu.Unlock()
			limit := next(int(p.conns.Add(1)))
			wg.Go(func() { _, _ = io.Copy(far, near); _ = far.Close() })
			wg.Go(func() {
				if p.carry(near, far, limit) {
					_ = near.Close()
				}
			})
		}
	})
	return p
}

// carry reports whether the connection is to be cut.
func (p *tcpProxy) carry(near io.Writer, far io.Reader, limit int64) (cut bool) {
	buf := make([]byte, 4096)
	for limit != 0 {
		n := int64(len(buf))
		if limit > 0 {
			n = min(n, limit)
		}
		got, err := far.Read(buf[:n])
		if limit < 0 && p.hole.Load() {
			return false
		}
		if err != nil {
			return true
		}
		if _, err := near.Write(buf[:got]); err != nil {
			return true
		}
		if limit > 0 {
			limit -= int64(got)
		}
	}
	return !p.hole.Load()
}

// F02: the connection is cut at random bytes; no cut mail is accepted and none
// is lost.
func TestF02RandomCuts(t *testing.T) {
	t.Parallel()
	dc := dovecottest.Start(t, "bureau")
	mails := testMails(60, 3000)
	deliver(t, dc, "bureau", mails...)
	rng := rand.New(rand.NewPCG(48, 2))
	p := startProxy(t, dc.IMAP, func(n int) int64 {
		if n > 40 {
			return -1
		}
		return 1500 + rng.Int64N(30_000)
	})
	a := accountAt(p.addr, "bureau", dovecottest.Password)
	r := newRig(t, a).start()
	r.awaitItems(60, 9*time.Second)
	r.check(mails)
	t.Logf("%d connections", p.conns.Load())
}

// F03, F04: a peer that goes silent in mid-FETCH or in IDLE is left, and the
// work goes on elsewhere.
func TestF03BlackHole(t *testing.T) {
	t.Parallel()
	dc := dovecottest.Start(t, "fetch", "idle")
	t.Run("fetch", func(t *testing.T) {
		t.Parallel()
		mails := testMails(20, 5000)
		deliver(t, dc, "fetch", mails...)
		p := startProxy(t, dc.IMAP, func(n int) int64 {
			if n == 1 {
				return 40_000
			}
			return -1
		})
		p.hole.Store(true)
		a := accountAt(p.addr, "fetch", dovecottest.Password)
		r := newRig(t, a)
		r.src.cred.stall = 500 * time.Millisecond
		r.start()
		eventually(t, 5*time.Second, "unreachable", func() bool { return r.src.Health().State == stateUnreachable })
		p.hole.Store(false)
		r.awaitItems(20, 8*time.Second)
		r.check(mails)
	})
	t.Run("idle", func(t *testing.T) {
		t.Parallel()
		p := startProxy(t, dc.IMAP, func(int) int64 { return -1 })
		a := accountAt(p.addr, "idle", dovecottest.Password)
		r := newRig(t, a)
		r.src.cred.stall, r.src.pace.probe = 500*time.Millisecond, time.Second
		r.start()
		eventually(t, 5*time.Second, "idle", func() bool { return r.src.Health().Idle })
		p.hole.Store(true) // what is on its way is swallowed
		deliver(t, dc, "idle", testMail(1, 300))
		eventually(t, 5*time.Second, "unreachable", func() bool { return r.src.Health().State == stateUnreachable })
		p.hole.Store(false)
		r.awaitItems(1, 5*time.Second)
		if worst := usualPace.probe + probeLimit; worst > 90*time.Second || stallAfter > 60*time.Second {
			t.Errorf("a black hole is left after %v in IDLE, %v else", worst, stallAfter)
		}
	})
}
