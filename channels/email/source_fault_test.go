package email

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/sistem48/system48/channels/email/dovecottest"
	"github.com/sistem48/system48/ticketing"
)

// failNth makes one call fail, counted over ledger and blobs together.
func failNth(n int64, err error) func(op string) error {
	var calls atomic.Int64
	return func(op string) error {
		if calls.Add(1) == n {
			return fmt.Errorf("%s: %w", op, err)
		}
		return nil
	}
}

// F11, F13: whichever call to the database or the disk fails, every mail comes
// in exactly once.
func TestF11F13EveryCallFails(t *testing.T) {
	t.Parallel()
	const tries = 16
	var users []string
	for n := 1; n <= tries; n++ {
		users = append(users, fmt.Sprintf("u%d", n))
	}
	dc := dovecottest.Start(t, users...)
	mails := append(testMails(6, 400), testMail(99, 2*smallMail))
	for n := 1; n <= tries; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			user := users[n-1]
			deliver(t, dc, user, mails...)
			r := newRig(t, dovecotAccount(dc, user))
			r.ledger.fail = failNth(int64(n), ticketing.Busy)
			r.blobs.fail = r.ledger.fail
			r.start()
			r.awaitItems(len(mails), 8*time.Second)
			awaitFolder(t, dc, user, "Processed", len(mails))
			r.check(mails)
		})
	}
}

// F11, F13: while the disk is full or the database away, the mails stay on the
// server unmarked and the state says why; afterwards they come in by themselves.
func TestF11F13Outage(t *testing.T) {
	t.Parallel()
	dc := dovecottest.Start(t, "disk", "database")
	for name, fault := range map[string]error{"disk": syscall.ENOSPC, "database": ticketing.Busy} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mails := testMails(10, 400)
			deliver(t, dc, name, mails...)
			r := newRig(t, dovecotAccount(dc, name))
			var out atomic.Bool
			out.Store(true)
			fail := func(op string) error {
				if out.Load() && (op == "put" || op == "accept") {
					return fault
				}
				return nil
			}
			if name == "disk" {
				r.blobs.fail = fail
			} else {
				r.ledger.fail = fail
			}
			r.start()
			eventually(t, 5*time.Second, "state error", func() bool {
				h := r.src.Health()
				return h.State == stateError && strings.Contains(h.Detail, fault.Error()) && h.Waiting == 10
			})
			awaitFolder(t, dc, name, "INBOX", 10)
			out.Store(false)
			r.awaitItems(10, 5*time.Second)
			awaitFolder(t, dc, name, "Processed", 10)
			r.check(mails)
		})
	}
}

// F10: of two processes one reads the mailbox, the other stands by and takes
// over. One that was paused and lost its lease cannot write.
func TestF10OneOwner(t *testing.T) {
	t.Parallel()
	dc := dovecottest.Start(t, "bureau")
	a := dovecotAccount(dc, "bureau")
	first := newRig(t, a).start()
	eventually(t, 5*time.Second, "first ok", func() bool { return first.src.Health().State == stateOK })
	second := &rig{t: t, ledger: first.ledger, blobs: first.blobs}
	second.renew(a, "two")
	second.start()
	eventually(t, 5*time.Second, "second stands by", func() bool { return second.src.Health().State == stateStandby })
	for _, h := range first.ledger.health {
		if h.State == stateStandby {
			t.Error("the one standing by overwrote the owner's state")
		}
	}

	// Somebody else takes the lease while the first is paused.
	first.ledger.mu.Lock()
	first.ledger.fail = nil
	first.ledger.mu.Unlock()
	ctx := context.Background()
	if err := first.ledger.Release(ctx, ticketing.Fence{Name: "mailbox/bureau", Epoch: 1}, "one"); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := first.ledger.Acquire(ctx, "mailbox/bureau", "three", time.Second); !ok || err != nil {
		t.Fatalf("Acquire() = %v, %v", ok, err)
	}
	deliver(t, dc, "bureau", testMail(1, 500))
	eventually(t, 5*time.Second, "first gives up", func() bool { return first.src.Health().State == stateStandby })
	if arrivals, _ := first.ledger.entered(); len(arrivals) != 0 {
		t.Error("a stale owner wrote to the ledger")
	}
	first.stop()
	second.stop()
	time.Sleep(time.Second) // the lease of three ends
	second.renew(a, "two")
	second.start()
	second.awaitItems(1, 5*time.Second)
}

// F16: refused credentials are told and not tried again soon; other accounts go
// on (F03). With the right ones everything comes in.
func TestF16Refused(t *testing.T) {
	t.Parallel()
	dc := dovecottest.Start(t, "bureau", "other")
	mails := testMails(3, 400)
	deliver(t, dc, "bureau", mails...)
	deliver(t, dc, "other", mails...)
	a := dovecotAccount(dc, "bureau")
	var password atomic.Value
	password.Store("wrong")
	a.IMAP.Password = func() (string, error) { return password.Load().(string), nil }
	r := newRig(t, a)
	r.src.pace.refused = 2 * time.Second
	r.start()
	other := newRig(t, dovecotAccount(dc, "other")).start()
	other.awaitItems(3, 5*time.Second)
	eventually(t, 5*time.Second, "auth_failed", func() bool { return r.src.Health().State == stateAuthFailed })
	time.Sleep(1500 * time.Millisecond)
	if n := strings.Count(dc.Log(), "Password mismatch") + strings.Count(dc.Log(), "password mismatch"); n != 1 {
		t.Errorf("%d sign-ins were tried, want 1", n)
	}
	password.Store(dovecottest.Password)
	r.awaitItems(3, 8*time.Second)
	r.check(mails)
	if usualPace.refused < time.Minute {
		t.Error("refused credentials are tried more than once a minute")
	}
}

// F16: a folder that is not there is told.
func TestFolderMissing(t *testing.T) {
	t.Parallel()
	dc := dovecottest.Start(t, "bureau")
	a := dovecotAccount(dc, "bureau")
	a.IMAP.Folder = "Nema"
	r := newRig(t, a).start()
	eventually(t, 5*time.Second, "folder_missing", func() bool { return r.src.Health().State == stateFolderMissing })
}

// Encryption: verified against ca_file, never given up silently.
func TestEncryption(t *testing.T) {
	t.Parallel()
	dc := dovecottest.Start(t, "tls", "starttls", "stranger", "none", "plain")
	plain := startFakeIMAP(t, "IDLE MOVE", testMail(1, 300))
	for _, tt := range []struct {
		user, addr string
		sec        Security
		ca         string
		want       string
	}{
		{"tls", dc.IMAPS, SecurityTLS, dc.CAFile, stateOK},
		{"starttls", dc.IMAP, SecurityStartTLS, dc.CAFile, stateOK},
		{"stranger", dc.IMAPS, SecurityTLS, "", stateTLS},
		{"stranger", dc.IMAP, SecurityStartTLS, "", stateTLS},
		{"none", dc.IMAP, SecurityTLS, dc.CAFile, stateTLS},
		{"plain", plain.addr, SecurityStartTLS, dc.CAFile, stateTLS},
		{"plain", dc.IMAP, SecurityTLS, filepath.Join(t.TempDir(), "none.pem"), stateTLS},
	} {
		t.Run(fmt.Sprintf("%s %s %s", tt.user, tt.sec, tt.want), func(t *testing.T) {
			t.Parallel()
			a := accountAt(tt.addr, tt.user, dovecottest.Password)
			a.IMAP.Security, a.IMAP.CAFile = tt.sec, tt.ca
			r := newRig(t, a)
			if tt.addr == plain.addr {
				plain.hook = func(c *fakeConn, tag, line string) bool {
					if line == "STARTTLS" {
						c.say("%s BAD unknown command", tag)
						return true
					}
					if strings.HasPrefix(line, "LOGIN") {
						t.Error("the password went over an unencrypted connection")
					}
					return false
				}
			}
			r.start()
			eventually(t, 8*time.Second, "state "+tt.want, func() bool { return r.src.Health().State == tt.want })
		})
	}
}

// F16: access tokens are refreshed when they end or are refused.
func TestOAuth(t *testing.T) {
	t.Parallel()
	dc := dovecottest.Start(t, "xoauth2", "oauthbearer")
	for _, method := range []AuthMethod{AuthXOAuth2, AuthOAuthBearer} {
		t.Run(string(method), func(t *testing.T) {
			t.Parallel()
			user := string(method)
			var issued atomic.Int32
			var saved atomic.Value
			endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				n := issued.Add(1)
				if want := map[bool]string{true: "osvjezi", false: fmt.Sprintf("osvjezi-%d", n-1)}[n == 1]; req.FormValue("refresh_token") != want {
					t.Errorf("refresh token %q, want %q", req.FormValue("refresh_token"), want)
				}
				token := fmt.Sprintf("%s-token-%d", user, n)
				if n > 1 { // the first one is refused
					dc.SetToken(user, token)
				}
				w.Header().Set("Content-Type", "application/json")
				fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":3600,"refresh_token":"osvjezi-%d"}`, token, n)
			}))
			t.Cleanup(endpoint.Close)
			a := dovecotAccount(dc, user)
			a.IMAP.Auth, a.IMAP.Password = method, nil
			a.OAuth = OAuthConfig{
				TokenURL: endpoint.URL, ClientID: "s48", RefreshToken: SecretValue("osvjezi"),
				SaveRefreshToken: func(token string) error { saved.Store(token); return nil },
			}
			deliver(t, dc, user, testMail(1, 300))
			r := newRig(t, a)
			r.src.pace.refused = 10 * time.Millisecond
			if _, _, err := r.src.cred.tokens.Token(t.Context()); err != nil {
				t.Fatal(err)
			}
			r.start()
			r.awaitItems(1, 5*time.Second)
			if n := issued.Load(); n != 2 || saved.Load() != "osvjezi-2" {
				t.Errorf("%d tokens were issued, %v saved", n, saved.Load())
			}
			// The server refuses the cached token: it is renewed at once.
			dc.SetToken(user, "another")
			if err := dc.Kick(user); err != nil {
				t.Fatal(err)
			}
			deliver(t, dc, user, testMail(2, 300))
			r.awaitItems(2, 5*time.Second)
			if n := issued.Load(); n != 3 {
				t.Errorf("%d tokens were issued, want 3", n)
			}
		})
	}
}

// Tokens are cached until shortly before they end; a provider that is away is
// not a refusal, one that says no is.
func TestTokenSource(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var status atomic.Int32
	status.Store(http.StatusOK)
	var calls atomic.Int32
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		calls.Add(1)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(int(status.Load()))
		if status.Load() != http.StatusOK {
			fmt.Fprint(w, `{"error":"invalid_grant","error_description":"AADSTS700082: expired"}`)
			return
		}
		if req.FormValue("grant_type") != "client_credentials" || req.FormValue("scope") != "a b" {
			t.Errorf("form %v", req.Form)
		}
		fmt.Fprint(w, `{"access_token":"t","token_type":"Bearer","expires_in":3600}`)
	}))
	defer endpoint.Close()
	ts := newTokenSource(OAuthConfig{TokenURL: endpoint.URL, ClientID: "c", ClientSecret: SecretValue("s"), Scopes: []string{"a", "b"}}, func() time.Time { return now })
	for i, step := range []struct {
		pass   time.Duration
		cached bool
	}{{0, false}, {50 * time.Minute, true}, {6 * time.Minute, false}} {
		now = now.Add(step.pass)
		if _, cached, err := ts.Token(t.Context()); err != nil || cached != step.cached {
			t.Errorf("step %d: cached %v, %v", i, cached, err)
		}
		ts.current.Expiry = now.Add(time.Hour - step.pass)
	}
	ts.Invalidate()
	status.Store(http.StatusBadGateway)
	var no *refusal
	if _, _, err := ts.Token(t.Context()); err == nil || errors.As(err, &no) {
		t.Errorf("provider away: %v", err)
	}
	status.Store(http.StatusBadRequest)
	if _, _, err := ts.Token(t.Context()); !errors.As(err, &no) || !strings.Contains(err.Error(), "AADSTS700082") {
		t.Errorf("provider says no: %v", err)
	}
}

// A server that ends the session, or restarts, is visited again.
func TestServerEndsSession(t *testing.T) {
	t.Parallel()
	dc := dovecottest.Start(t, "bureau")
	r := newRig(t, dovecotAccount(dc, "bureau")).start()
	for i := range 3 {
		eventually(t, 5*time.Second, "ok", func() bool { return r.src.Health().State == stateOK && r.src.Health().Idle })
		if i == 2 {
			if err := dc.Restart(); err != nil {
				t.Fatal(err)
			}
		} else if err := dc.Kick("bureau"); err != nil {
			t.Fatal(err)
		}
		deliver(t, dc, "bureau", testMail(i, 300))
		r.awaitItems(i+1, 5*time.Second)
	}
	awaitFolder(t, dc, "bureau", "Processed", 3)
}

// I10: nothing of the mails or of the sign-in appears in the log.
func TestI10Logs(t *testing.T) {
	t.Parallel()
	dc := dovecottest.Start(t, "bureau")
	secret := "tajni.gradjanin@primjer.me"
	raw := []byte("From: <" + secret + ">\r\nSubject: POVJERLJIVO\r\nMessage-ID: <POVJERLJIVO@x>\r\n\r\nPOVJERLJIVO\r\n")
	deliver(t, dc, "bureau", raw)
	var log syncBuffer
	r := newRig(t, dovecotAccount(dc, "bureau"))
	src, err := NewSource(dovecotAccount(dc, "bureau"), SourceDeps{
		Ledger: r.ledger, Leases: r.ledger, Blobs: r.blobs, Holder: "one", Now: time.Now,
		Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	src.pace = fastPace
	r.src = src
	r.ledger.fail = failNth(5, fmt.Errorf("insert %s: %w", secret, ticketing.Busy))
	r.start()
	r.awaitItems(1, 5*time.Second)
	eventually(t, 5*time.Second, "ok", func() bool { return r.src.Health().State == stateOK })
	r.stop()
	for _, bad := range []string{"POVJERLJIVO", secret, "gradjanin", dovecottest.Password} {
		if strings.Contains(log.String(), bad) {
			t.Errorf("the log holds %q:\n%s", bad, log.String())
		}
	}
	if log.String() == "" {
		t.Error("nothing was logged")
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
