package dovecottest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Password is what every user signs in with until SetPassword.
const Password = "duga-lozinka-48"

// mailUID owns the Maildirs when the test runs as root: Dovecot refuses to
// serve mail as root.
const mailUID = 65534

// A Server is a running Dovecot.
type Server struct {
	IMAP   string // address of the plain port, which also offers STARTTLS
	IMAPS  string // address of the TLS port
	CAFile string // PEM of the certificate both use, valid for 127.0.0.1 and localhost

	bin, dir string
	oauth    *httptest.Server

	mu     sync.Mutex
	cmd    *exec.Cmd
	exited chan struct{}
	users  map[string]string
	tokens map[string]string // bearer token → user
	serial int
}

// Binary gives the path of the dovecot program.
func Binary() (string, error) {
	if p := os.Getenv("SYSTEM48_TEST_DOVECOT"); p != "" {
		if _, err := os.Stat(p); err != nil {
			return "", fmt.Errorf("SYSTEM48_TEST_DOVECOT: %w", err)
		}
		return p, nil
	}
	for _, p := range []string{"/usr/sbin/dovecot", "/usr/local/sbin/dovecot", "/opt/homebrew/sbin/dovecot"} {
		if _, err := os.Stat(p); err == nil {
			return p, nil
		}
	}
	return "", errors.New("dovecot is not installed")
}

// Start runs a server with the users until the test ends. It skips the test
// when there is no Dovecot and none is required.
func Start(tb testing.TB, users ...string) *Server {
	tb.Helper()
	if _, err := Binary(); err != nil {
		if strings.Contains(os.Getenv("SYSTEM48_TEST_REQUIRE"), "dovecot") {
			tb.Fatal(err)
		}
		tb.Skip(err)
	}
	s, err := Run(users...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if tb.Failed() {
			tb.Logf("dovecot said:\n%s", s.Log())
		}
		if err := s.Close(); err != nil {
			tb.Errorf("stop dovecot: %v", err)
		}
	})
	return s
}

// Run starts a server outside of a test. The caller closes it.
func Run(users ...string) (*Server, error) {
	bin, err := Binary()
	if err != nil {
		return nil, err
	}
	// Not a test's own folder: that one is closed to the mail user.
	dir, err := os.MkdirTemp("", "s48dc")
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, dir: dir, users: map[string]string{}, tokens: map[string]string{}}
	for _, u := range users {
		s.users[u] = Password
	}
	s.oauth = httptest.NewServer(s.introspection())
	if err := s.begin(); err != nil {
		s.oauth.Close()
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

// begin starts the program, on other ports when somebody took one of these
// between their choice and the start.
func (s *Server) begin() error {
	for try := 1; ; try++ {
		if err := s.setUp(); err != nil {
			return err
		}
		err := s.launch()
		if err == nil || try == 5 || !strings.Contains(err.Error(), "Address already in use") {
			return err
		}
		if err := os.Remove(s.path("log")); err != nil {
			return err
		}
	}
}

// Close stops the server and removes everything it stored.
func (s *Server) Close() error {
	s.Stop()
	s.oauth.Close()
	return os.RemoveAll(s.dir)
}

// Restart starts a stopped server again, on the same ports and folders.
func (s *Server) Restart() error {
	s.Stop()
	return s.launch()
}

// Stop ends the server and all its connections; the mail stays.
func (s *Server) Stop() {
	s.mu.Lock()
	cmd, exited := s.cmd, s.exited
	s.cmd = nil
	s.mu.Unlock()
	if cmd == nil {
		return
	}
	// The whole group: the master alone may wait long for its children.
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
	select {
	case <-exited:
	case <-time.After(time.Second):
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	<-exited
}

// Kick ends the user's connections as an administrator would.
func (s *Server) Kick(user string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	doveadm := filepath.Join(filepath.Dir(filepath.Dir(s.bin)), "bin", "doveadm")
	out, err := exec.CommandContext(ctx, doveadm, "-c", s.path("dovecot.conf"), "kick", user).CombinedOutput()
	if err != nil {
		return fmt.Errorf("doveadm kick: %w: %s", err, out)
	}
	return nil
}

// Log gives what the server has logged.
func (s *Server) Log() string {
	b, err := os.ReadFile(s.path("log"))
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// SetPassword changes what the user signs in with from now on.
func (s *Server) SetPassword(user, password string) error {
	s.mu.Lock()
	s.users[user] = password
	err := s.writeUsers()
	s.mu.Unlock()
	// Dovecot looks at the file at most once a second.
	time.Sleep(1100 * time.Millisecond)
	return err
}

// SetToken makes token the only bearer token of the user.
func (s *Server) SetToken(user, token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for t, u := range s.tokens {
		if u == user {
			delete(s.tokens, t)
		}
	}
	s.tokens[token] = user
}

func (s *Server) path(name string) string { return filepath.Join(s.dir, name) }

// launch starts the program and waits until it answers.
func (s *Server) launch() error {
	starts := s.starts()
	out, err := os.OpenFile(s.path("stdio"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	// The life of the process is bounded by Stop, not by a context.
	cmd := exec.CommandContext(context.Background(), s.bin, "-F", "-c", s.path("dovecot.conf")) //nolint:gosec // the path of the installed server
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	go func() { _ = cmd.Wait(); close(exited) }()
	s.mu.Lock()
	s.cmd, s.exited = cmd, exited
	s.mu.Unlock()

	return s.await(exited, starts)
}

// starts counts how often the server has said that it has its ports.
func (s *Server) starts() int { return strings.Count(s.Log(), "starting up") }

// await returns when the server answers, and it is this one: at a port that it
// did not get another may.
func (s *Server) await(exited <-chan struct{}, starts int) error {
	dialer := net.Dialer{Timeout: time.Second}
	for range 200 {
		conn, err := dialer.Dial("tcp", s.IMAP)
		if err == nil {
			err = conn.Close()
		}
		if err == nil && s.starts() > starts {
			return nil
		}
		select {
		case <-exited:
			stdio, _ := os.ReadFile(s.path("stdio"))
			return fmt.Errorf("dovecot ended at once: %s%s", stdio, s.Log())
		case <-time.After(25 * time.Millisecond):
		}
	}
	s.Stop()
	return fmt.Errorf("dovecot does not answer: %s", s.Log())
}
