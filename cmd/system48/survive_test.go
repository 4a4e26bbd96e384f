package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sistem48/system48/channels/email/dovecottest"
	"github.com/sistem48/system48/channels/email/emailtest"
	"github.com/sistem48/system48/storage"
	"github.com/sistem48/system48/storage/storagetest"
	"github.com/sistem48/system48/ticketing"
)

// torture reports whether the full sizes are asked for (make torture).
func torture() bool { return os.Getenv("SYSTEM48_TEST_TORTURE") != "" }

var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "system48-test-")
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "system48")
	out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput() //nolint:noctx // bounded by the test's own time
	if err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return bin, nil
})

// An installation under test: configuration, mailbox, database.
type installation struct {
	*testing.T
	bin, dir string
	database string
	ops      []string // of each process
	mail     *dovecottest.Server
	sums     map[string]bool // SHA-256 of the delivered mails
}

// newInstallation prepares a mailbox with n mails and a configuration for the
// number of processes.
func newInstallation(t *testing.T, database string, n, processes int) *installation {
	t.Helper()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	in := &installation{T: t, bin: bin, dir: t.TempDir(), database: database, mail: dovecottest.Start(t, "s48"), sums: map[string]bool{}}
	if database == "sqlite" {
		in.database = "sqlite:" + filepath.Join(in.dir, "s48.db")
	}
	for m := range emailtest.Corpus(rand.Uint64(), n) { //nolint:gosec // G404: test data
		if err := in.mail.Deliver("s48", "INBOX", m.Raw); err != nil {
			t.Fatal(err)
		}
		in.sums[sum(m.Raw)] = true
	}
	for i := range processes {
		in.ops = append(in.ops, freePort(t))
		in.write(i)
	}
	return in
}

func sum(raw []byte) string {
	s := sha256.Sum256(raw)
	return hex.EncodeToString(s[:])
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed at once
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// write makes the configuration of a process. Nothing listens for outgoing mail:
// receipts stay in the outbox.
func (in *installation) write(i int) {
	in.Helper()
	host, port, _ := net.SplitHostPort(in.mail.IMAP)
	password := filepath.Join(in.dir, "password")
	if err := os.WriteFile(password, []byte(dovecottest.Password), 0o600); err != nil {
		in.Fatal(err)
	}
	text := fmt.Sprintf(`public_url: http://127.0.0.1:4848
http: {listen: "127.0.0.1:0"}
ops: {listen: %q}
database: {url: %q}
blobs: {url: %q}
keys: {thread_key_file: %q, tracking_key_file: %q}
log: {level: warn, format: json}
channels:
  email:
    - name: s48
      address: s48@grad.example
      imap: {host: %q, port: %s, tls: none, user: s48, password_file: %q, start_from: all, mark: move, poll_interval: 30s}
      smtp: {host: 127.0.0.1, port: 1, tls: none, password_file: %q, timeout: 2s}
`, in.ops[i], in.database, "file:"+filepath.Join(in.dir, "blobs"), filepath.Join(in.dir, "thread.key"), filepath.Join(in.dir, "tracking.key"),
		host, port, password, password)
	if err := os.WriteFile(in.configOf(i), []byte(text), 0o600); err != nil {
		in.Fatal(err)
	}
}

func (in *installation) configOf(i int) string {
	return filepath.Join(in.dir, fmt.Sprintf("config-%d.yaml", i))
}

// start runs a process; its log goes to a file.
func (in *installation) start(i int) *exec.Cmd {
	in.Helper()
	log, err := os.OpenFile(filepath.Join(in.dir, fmt.Sprintf("serve-%d.log", i)), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		in.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(in.bin, "serve", "-c", in.configOf(i)) //nolint:noctx // killed by the test
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		in.Fatal(err)
	}
	in.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd
}

func (in *installation) logs() string {
	var b strings.Builder
	for i := range in.ops {
		data, _ := os.ReadFile(filepath.Join(in.dir, fmt.Sprintf("serve-%d.log", i)))
		b.Write(data[max(0, len(data)-4000):])
	}
	return b.String()
}

var itemsPattern = regexp.MustCompile(`(?m)^system48_ingest_items_total\{result="(\w+)"\} (\S+)`)

// items reads the ledger's dispositions from a process's metrics.
func (in *installation) items(i int) map[string]int {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+in.ops[i]+"/metrics", nil)
	if err != nil {
		return nil
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	out := map[string]int{}
	for _, m := range itemsPattern.FindAllStringSubmatch(string(body), -1) {
		v, _ := strconv.ParseFloat(m[2], 64)
		out[m[1]] = int(v)
	}
	return out
}

// finish waits until every mail has its disposition.
func (in *installation) finish(i int, within time.Duration) time.Duration {
	in.Helper()
	began := time.Now()
	var last map[string]int
	for time.Since(began) < within {
		last = in.items(i)
		done := 0
		for state, n := range last {
			if state != "received" {
				done += n
			}
		}
		if done >= len(in.sums) && last["received"] == 0 {
			return time.Since(began)
		}
		time.Sleep(20 * time.Millisecond)
	}
	in.Fatalf("not done within %s: %v of %d\n%s", within, last, len(in.sums), in.logs())
	return 0
}

// stop ends a process by SIGTERM and demands a clean exit (F19).
func (in *installation) stop(cmd *exec.Cmd) {
	in.Helper()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		in.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			in.Errorf("stopped with %v\n%s", err, in.logs())
		}
	case <-time.After(25 * time.Second):
		in.Errorf("did not stop within 25 s\n%s", in.logs())
	}
}

// verify demands that every mail is in exactly once, with its bytes.
func (in *installation) verify() {
	in.Helper()
	ctx := context.Background()
	cfg, _, err := LoadConfig(in.configOf(0), nil)
	if err != nil {
		in.Fatal(err)
	}
	db, err := storage.Open(ctx, storage.Config{URL: in.database, KeepSchema: true}, time.Now, newLogger(io.Discard, LogConfig{}))
	if err != nil {
		in.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // only read
	blobs, err := openBlobs(cfg.Blobs)
	if err != nil {
		in.Fatal(err)
	}
	seen, tickets, messages := map[string]int{}, map[ticketing.TicketID]bool{}, map[ticketing.MessageID]bool{}
	cursor := ""
	for {
		page, err := db.Ledger(ctx, ticketing.LedgerFilter{Limit: 200, Cursor: cursor})
		if err != nil {
			in.Fatal(err)
		}
		for _, e := range page.Items {
			seen[e.Arrival.RawSHA256]++
			if e.State == ticketing.LedgerDuplicate {
				continue
			}
			if e.Ticket == 0 || messages[e.Message] {
				in.Errorf("item %d: state %s, ticket %d, message %d", e.ID, e.State, e.Ticket, e.Message)
			}
			tickets[e.Ticket], messages[e.Message] = true, true
			r, err := blobs.Open(ctx, e.Arrival.RawKey)
			if err != nil {
				in.Errorf("item %d: %v", e.ID, err)
				continue
			}
			raw, err := io.ReadAll(r)
			_ = r.Close()
			if err != nil || sum(raw) != e.Arrival.RawSHA256 {
				in.Errorf("item %d: its bytes are not those that were delivered (%v)", e.ID, err)
			}
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	for want := range in.sums {
		if seen[want] != 1 {
			in.Errorf("a mail is in the ledger %d times (I1, I2)", seen[want])
		}
	}
	if len(seen) != len(in.sums) {
		in.Errorf("%d different mails in the ledger, %d delivered", len(seen), len(in.sums))
	}
	page, err := db.Tickets(ctx, ticketing.TicketFilter{Scope: ticketing.Scope{All: true}, All: true, Limit: 200, Sort: ticketing.SortReceived}, 0)
	count := 0
	for err == nil {
		count += len(page.Items)
		if page.Next == "" {
			break
		}
		page, err = db.Tickets(ctx, ticketing.TicketFilter{
			Scope: ticketing.Scope{All: true}, All: true, Limit: 200, Sort: ticketing.SortReceived, Cursor: page.Next,
		}, 0)
	}
	if err != nil || count != len(tickets) {
		in.Errorf("%d tickets in the list, %d by the ledger: %v", count, len(tickets), err)
	}
}

// engines gives the databases to run on: the embedded one, and PostgreSQL when
// the tests have it.
func engines(t *testing.T, f func(t *testing.T, database string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, "sqlite") })
	t.Run("postgres", func(t *testing.T) { f(t, storagetest.Postgres(t)) })
}

// unserved gives a bureau on the database without a server and without mailboxes:
// commands alone work on it. more are further lines of its configuration.
func unserved(t *testing.T, database, more string) *bureau {
	t.Helper()
	b := &bureau{T: t, dir: t.TempDir()}
	if database == "sqlite" {
		database = "sqlite:" + b.file("s48.db")
	}
	b.write("config.yaml", fmt.Sprintf("%s\ndatabase: {url: %q}\nblobs: {url: %q}\nkeys: {thread_key_file: %q, tracking_key_file: %q}\n",
		more, database, "file:"+b.file("blobs"), b.file("thread.key"), b.file("tracking.key")))
	return b
}

// TestTortureKills holds F01, I1, I2 and F56: a process killed at random moments
// loses nothing and doubles nothing.
func TestTortureKills(t *testing.T) {
	if testing.Short() {
		t.Skip("programs that are killed are not for -short")
	}
	mails, kills := 500, 3
	if torture() {
		mails, kills = 10_000, 20
	}
	engines(t, func(t *testing.T, database string) {
		in := newInstallation(t, database, mails, 1)
		for range kills {
			cmd := in.start(0)
			time.Sleep(time.Duration(150+rand.IntN(900)) * time.Millisecond) //nolint:gosec // G404: a random moment
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
		cmd := in.start(0)
		took := in.finish(0, time.Duration(60+mails/20)*time.Second)
		t.Logf("%d mails, %d kills; the last process needed %s", mails, kills, took.Round(time.Millisecond))
		in.stop(cmd)
		in.verify()
	})
}

// TestTortureProcesses holds F10: three processes on one mailbox and one
// PostgreSQL, killed at random moments.
func TestTortureProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("three processes are not for -short")
	}
	mails, kills := 300, 3
	if torture() {
		mails, kills = 10_000, 20
	}
	in := newInstallation(t, storagetest.Postgres(t), mails, 3)
	running := make([]*exec.Cmd, 3)
	for i := range running {
		running[i] = in.start(i)
	}
	for range kills {
		time.Sleep(time.Duration(200+rand.IntN(900)) * time.Millisecond) //nolint:gosec // G404: a random moment
		i := rand.IntN(3)                                                //nolint:gosec // G404: a random victim
		_ = running[i].Process.Kill()
		_ = running[i].Wait()
		running[i] = in.start(i)
	}
	in.finish(0, time.Duration(150+mails/20)*time.Second)
	for _, cmd := range running {
		in.stop(cmd)
	}
	in.verify()
}
