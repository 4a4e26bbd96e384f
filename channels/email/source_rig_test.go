package email

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/sistem48/system48/channels/email/dovecottest"
	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// fastPace makes reconnecting quick.
var fastPace = pace{first: 10 * time.Millisecond, longest: 100 * time.Millisecond, refused: time.Minute, probe: 45 * time.Second, orders: 20 * time.Millisecond}

// A spyLedger is the in-memory ledger, watched and made to fail.
type spyLedger struct {
	*ticketingtest.Store
	fail func(op string) error // nil: nothing fails

	mu       sync.Mutex
	arrivals []ticketing.Arrival
	accepted []ticketing.Accepted
	health   []ticketing.MailboxHealth
}

func (l *spyLedger) ask(op string) error {
	if l.fail == nil {
		return nil
	}
	return l.fail(op)
}

func (l *spyLedger) Accept(ctx context.Context, f ticketing.Fence, arrivals []ticketing.Arrival) ([]ticketing.Accepted, error) {
	if err := l.ask("accept"); err != nil {
		return nil, err
	}
	out, err := l.Store.Accept(ctx, f, arrivals)
	if err == nil {
		l.mu.Lock()
		l.arrivals, l.accepted = append(l.arrivals, arrivals...), append(l.accepted, out...)
		l.mu.Unlock()
	}
	return out, err
}

func (l *spyLedger) Known(ctx context.Context, box ticketing.Mailbox, uids []uint32) (map[uint32]bool, error) {
	if err := l.ask("known"); err != nil {
		return nil, err
	}
	return l.Store.Known(ctx, box, uids)
}

func (l *spyLedger) Unmarked(ctx context.Context, box ticketing.Mailbox, n int) ([]uint32, error) {
	if err := l.ask("unmarked"); err != nil {
		return nil, err
	}
	return l.Store.Unmarked(ctx, box, n)
}

func (l *spyLedger) Marked(ctx context.Context, box ticketing.Mailbox, uids []uint32) error {
	if err := l.ask("marked"); err != nil {
		return err
	}
	return l.Store.Marked(ctx, box, uids)
}

func (l *spyLedger) MailboxStart(ctx context.Context, account string, first time.Time) (time.Time, error) {
	if err := l.ask("start"); err != nil {
		return time.Time{}, err
	}
	return l.Store.MailboxStart(ctx, account, first)
}

func (l *spyLedger) Acquire(ctx context.Context, name, holder string, ttl time.Duration) (ticketing.Fence, bool, error) {
	if err := l.ask("acquire"); err != nil {
		return ticketing.Fence{}, false, err
	}
	return l.Store.Acquire(ctx, name, holder, ttl)
}

func (l *spyLedger) SaveMailboxHealth(ctx context.Context, h ticketing.MailboxHealth) error {
	l.mu.Lock()
	l.health = append(l.health, h)
	l.mu.Unlock()
	return l.Store.SaveMailboxHealth(ctx, h)
}

// entered gives what is in the ledger: the arrivals that were new, by state.
func (l *spyLedger) entered() (arrivals []ticketing.Arrival, states map[ticketing.LedgerState]int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	states = map[ticketing.LedgerState]int{}
	for i, a := range l.accepted {
		if !a.Known {
			states[a.State]++
			arrivals = append(arrivals, l.arrivals[i])
		}
	}
	return arrivals, states
}

// spyBlobs are in-memory blobs made to fail.
type spyBlobs struct {
	*ticketingtest.Blobs
	fail func(op string) error
}

func (b *spyBlobs) Put(ctx context.Context, r io.Reader, text bool) (string, int64, error) {
	if b.fail != nil {
		if err := b.fail("put"); err != nil {
			return "", 0, err
		}
	}
	return b.Blobs.Put(ctx, r, text)
}

// A rig is a Source with everything around it.
type rig struct {
	t      *testing.T
	ledger *spyLedger
	blobs  *spyBlobs
	src    *Source
	stop   func()
}

// newRig makes a Source of an account; start starts it.
func newRig(t *testing.T, a Account) *rig {
	t.Helper()
	store := ticketingtest.NewStore(time.Now, time.UTC)
	r := &rig{t: t, ledger: &spyLedger{Store: store}, blobs: &spyBlobs{Blobs: ticketingtest.NewBlobs()}}
	r.renew(a, "one")
	return r
}

// renew makes another Source over the same stores, as after a restart.
func (r *rig) renew(a Account, holder string) {
	r.t.Helper()
	src, err := NewSource(a, SourceDeps{
		Ledger: r.ledger, Leases: r.ledger, Blobs: r.blobs, Holder: holder, Now: time.Now,
		Log: slog.New(slog.NewTextHandler(testWriter{r.t}, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		r.t.Fatal(err)
	}
	src.pace = fastPace
	r.src = src
}

// start runs the Source until the test ends or stop is called.
func (r *rig) start() *rig {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	src := r.src
	go func() { done <- src.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				r.t.Errorf("Run() = %v", err)
			}
		case <-time.After(10 * time.Second):
			r.t.Error("Run does not end")
		}
	})
	r.t.Cleanup(r.stop)
	return r
}

// busy is how much longer than on a quiet machine a thing may take: the race
// detector and other tests run beside.
const busy = 6

// eventually waits until ok says so.
func eventually(t *testing.T, within time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(busy * within)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", within, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// awaitItems waits until n items have entered the ledger for the first time.
func (r *rig) awaitItems(n int, within time.Duration) {
	r.t.Helper()
	got := 0
	defer func() {
		if r.t.Failed() {
			r.t.Logf("%d of %d items, health %+v", got, n, r.src.Health())
		}
	}()
	eventually(r.t, within, fmt.Sprintf("%d items in the ledger", n), func() bool {
		arrivals, _ := r.ledger.entered()
		got = len(arrivals)
		return got >= n
	})
}

// check compares the ledger and the blobs with what was sent: each mail exactly
// once, to the byte.
func (r *rig) check(sent [][]byte) {
	r.t.Helper()
	want := map[string]int{}
	for _, raw := range sent {
		want[sha(raw)]++
	}
	arrivals, _ := r.ledger.entered()
	for _, a := range arrivals {
		want[a.RawSHA256]--
		rc, err := r.blobs.Open(context.Background(), a.RawKey)
		if err != nil {
			r.t.Errorf("UID %d: %v", a.UID, err)
			continue
		}
		raw, err := io.ReadAll(rc)
		if err != nil || sha(raw) != a.RawSHA256 || int64(len(raw)) != a.RawSize {
			r.t.Errorf("UID %d: blob of %d bytes, ledger says %d (err %v)", a.UID, len(raw), a.RawSize, err)
		}
	}
	for hash, n := range want {
		if n != 0 {
			r.t.Errorf("mail %s: %d times too few", hash[:8], n)
		}
	}
}

func sha(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// testMail is a distinct mail of about size bytes.
func testMail(n, size int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: Građanin %d <g%d@primjer.me>\r\nTo: bureau@pg.me\r\nSubject: Prijava %d\r\nMessage-ID: <%d@primjer.me>\r\nDate: Mon, 2 Mar 2026 10:00:00 +0100\r\n\r\n", n, n, n, n)
	for b.Len() < size {
		fmt.Fprintf(&b, "Rupa na putu broj %d kod ćuprije, molim da se popravi.\r\n", n)
	}
	return b.Bytes()
}

func testMails(n, size int) [][]byte {
	mails := make([][]byte, n)
	for i := range mails {
		mails[i] = testMail(i, size)
	}
	return mails
}

// dovecotAccount is the account of a user on a Dovecot.
func dovecotAccount(s *dovecottest.Server, user string) Account {
	return accountAt(s.IMAP, user, dovecottest.Password)
}

// accountAt is an account on a plain server.
func accountAt(addr, user, password string) Account {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		panic(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		panic(err)
	}
	ep := Endpoint{Host: host, Port: n, Security: SecurityNone, Auth: AuthPassword, User: user, Password: SecretValue(password)}
	return Account{
		Name: user, Address: user + "@pg.me",
		IMAP: IMAPConfig{Endpoint: ep, Idle: true},
	}
}

func deliver(t *testing.T, s *dovecottest.Server, user string, mails ...[]byte) {
	t.Helper()
	for _, raw := range mails {
		if err := s.Deliver(user, "INBOX", raw); err != nil {
			t.Fatal(err)
		}
	}
}

// awaitFolder waits until the folder holds n mails.
func awaitFolder(t *testing.T, s *dovecottest.Server, user, folder string, n int) {
	t.Helper()
	got := 0
	defer func() {
		if t.Failed() {
			t.Logf("%s holds %d mails, want %d", folder, got, n)
		}
	}()
	eventually(t, 8*time.Second, "mails in "+folder, func() bool {
		mails, err := s.Mails(user, folder)
		if err != nil {
			t.Fatal(err)
		}
		got = len(mails)
		return got == n
	})
}

// testWriter logs into the test.
type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	defer func() { _ = recover() }() // a late line after the test's end
	w.t.Log(string(bytes.TrimSpace(p)))
	return len(p), nil
}
