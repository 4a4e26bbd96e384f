package email

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/sistem48/system48/channels/email/dovecottest"
	"github.com/sistem48/system48/ticketing"
)

// fsyncBlobs is a folder whose files are on the disk when Put returns.
type fsyncBlobs struct {
	ticketing.Blobs
	dir string
}

func (b fsyncBlobs) Put(_ context.Context, r io.Reader, _ bool) (string, int64, error) {
	f, err := os.CreateTemp(b.dir, "new")
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, h), r)
	if err != nil {
		return "", 0, err
	}
	if err := f.Sync(); err != nil {
		return "", 0, err
	}
	key := hex.EncodeToString(h.Sum(nil))
	if err := os.Rename(f.Name(), filepath.Join(b.dir, key)); err != nil {
		return "", 0, err
	}
	d, err := os.Open(b.dir)
	if err != nil {
		return "", 0, err
	}
	defer d.Close()
	return key, n, d.Sync()
}

// quickLedger is a ledger that costs nothing.
type quickLedger struct {
	ticketing.IntakeLedger
	mu    sync.Mutex
	known map[uint32]bool
	owed  map[uint32]bool
	first time.Time
	last  time.Time
}

func (l *quickLedger) Acquire(_ context.Context, name, _ string, _ time.Duration) (ticketing.Fence, bool, error) {
	return ticketing.Fence{Name: name, Epoch: 1}, true, nil
}
func (l *quickLedger) Release(context.Context, ticketing.Fence, string) error { return nil }
func (l *quickLedger) SaveMailboxHealth(context.Context, ticketing.MailboxHealth) error {
	return nil
}

func (l *quickLedger) Known(_ context.Context, _ ticketing.Mailbox, _ []uint32) (map[uint32]bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.first.IsZero() {
		l.first = time.Now()
	}
	return nil, nil
}

func (l *quickLedger) Unmarked(context.Context, ticketing.Mailbox, int) ([]uint32, error) {
	return nil, nil
}

func (l *quickLedger) Accept(_ context.Context, _ ticketing.Fence, arrivals []ticketing.Arrival) ([]ticketing.Accepted, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range arrivals {
		l.known[a.UID], l.owed[a.UID] = true, true
	}
	l.last = time.Now()
	return make([]ticketing.Accepted, len(arrivals)), nil
}

func (l *quickLedger) Marked(_ context.Context, _ ticketing.Mailbox, uids []uint32) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, uid := range uids {
		delete(l.owed, uid)
	}
	return nil
}

// BenchmarkSource brings a backlog in from Dovecot: mails/s until all are in the
// ledger, and until all are marked.
func BenchmarkSource(b *testing.B) {
	const backlog, size = 10_000, 8000
	for range b.N {
		b.StopTimer()
		dc := dovecottest.Start(b, "bureau")
		for i := range backlog {
			if err := dc.Deliver("bureau", "INBOX", testMail(i, size)); err != nil {
				b.Fatal(err)
			}
		}
		ledger := &quickLedger{known: map[uint32]bool{}, owed: map[uint32]bool{}}
		src, err := NewSource(dovecotAccount(dc, "bureau"), SourceDeps{
			Ledger: ledger, Leases: ledger, Blobs: fsyncBlobs{dir: b.TempDir()}, Holder: "one", Now: time.Now,
			Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(b.Context())
		b.StartTimer()
		done := make(chan error, 1)
		begin := time.Now()
		go func() { done <- src.Run(ctx) }()
		var accepted time.Duration
		for {
			ledger.mu.Lock()
			in, owed := len(ledger.known), len(ledger.owed)
			if in == backlog && accepted == 0 {
				accepted = ledger.last.Sub(begin)
				b.Logf("connect and list %v", ledger.first.Sub(begin))
			}
			ledger.mu.Unlock()
			if in == backlog && owed == 0 {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		b.ReportMetric(backlog/accepted.Seconds(), "accepted/s")
		b.ReportMetric(backlog/time.Since(begin).Seconds(), "marked/s")
		cancel()
		if err := <-done; err != nil {
			b.Error(err)
		}
	}
}
