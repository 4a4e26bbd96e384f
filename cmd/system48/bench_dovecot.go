package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	benchUser     = "s48"
	benchPassword = "duga-lozinka-48"
	nobodyID      = 65534 // owns the mail when the measuring is done by root: Dovecot refuses to serve as root
)

// benchDovecotConfig is the configuration of the measured mail server; the verbs
// are folder, port, lines about users, mail user and mail group.
const benchDovecotConfig = `base_dir = %[1]s/run
state_dir = %[1]s/state
log_path = %[1]s/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
mail_location = maildir:%[1]s/mail
%[3]s
service imap-login {
  chroot =
  inet_listener imap {
    port = %[2]d
  }
  inet_listener imaps {
    port = 0
  }
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
passdb {
  driver = static
  args = password=` + benchPassword + `
}
userdb {
  driver = static
  args = uid=%[4]s gid=%[5]s home=%[1]s/mail
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Processed {
    auto = create
  }
}
`

// A benchMail is a Dovecot with one mailbox.
type benchMail struct {
	dir    string
	port   int
	cmd    *exec.Cmd
	exited chan struct{}
	serial int
}

// startBenchMail starts the mail server in a folder of its own. The caller
// closes it.
func startBenchMail() (*benchMail, error) {
	bin := os.Getenv("SYSTEM48_TEST_DOVECOT")
	if bin == "" {
		bin = "/usr/sbin/dovecot"
	}
	if _, err := os.Stat(bin); err != nil { //nolint:gosec // G703: the path is the operator's
		return nil, withCode(exitUnavailable, fmt.Errorf("dovecot: %w; install dovecot-imapd or name it in SYSTEM48_TEST_DOVECOT", err))
	}
	dir, err := os.MkdirTemp("", "s48bm")
	if err != nil {
		return nil, err
	}
	m := &benchMail{dir: dir}
	if err := m.launch(bin); err != nil {
		return nil, errors.Join(err, m.close())
	}
	return m, nil
}

func (m *benchMail) launch(bin string) error {
	if err := os.Chmod(m.dir, 0o755); err != nil { //nolint:gosec // G302: the mail user must pass
		return err
	}
	for _, d := range []string{"mail", "mail/tmp", "mail/new", "mail/cur"} {
		if err := m.own(os.Mkdir(filepath.Join(m.dir, d), 0o755), d); err != nil { //nolint:gosec // G301: the mail user must pass
			return err
		}
	}
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	_, port, _ := net.SplitHostPort(addr)
	if _, err := fmt.Sscan(port, &m.port); err != nil {
		return err
	}
	lines, uid, gid, err := benchIdentity()
	if err != nil {
		return err
	}
	conf := filepath.Join(m.dir, "dovecot.conf")
	text := fmt.Sprintf(benchDovecotConfig, m.dir, m.port, lines, uid, gid)
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil { //nolint:gosec // G306: read by the server's own users
		return err
	}
	// Its life is bounded by close, not by a context.
	m.cmd = exec.CommandContext(context.Background(), bin, "-F", "-c", conf) //nolint:gosec // G204: the installed server
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := m.cmd.Start(); err != nil {
		return err
	}
	m.exited = make(chan struct{})
	go func() { _ = m.cmd.Wait(); close(m.exited) }()
	return awaitPort(addr, 5*time.Second)
}

func (m *benchMail) own(err error, name string) error {
	if err != nil || os.Getuid() != 0 {
		return err
	}
	return os.Chown(filepath.Join(m.dir, name), nobodyID, nobodyID)
}

// benchIdentity gives the configuration lines for the services, and the mail user.
func benchIdentity() (lines, uid, gid string, err error) {
	if os.Getuid() == 0 {
		id := fmt.Sprint(nobodyID)
		return "", id, id, nil
	}
	me, err := user.Current()
	if err != nil {
		return "", "", "", err
	}
	group, err := user.LookupGroupId(me.Gid)
	if err != nil {
		return "", "", "", err
	}
	return fmt.Sprintf("default_internal_user = %[1]s\ndefault_login_user = %[1]s\ndefault_internal_group = %[2]s\n", me.Username, group.Name), me.Uid, me.Gid, nil
}

// deliver puts a mail into the mailbox as a local delivery agent does.
func (m *benchMail) deliver(raw []byte) error {
	m.serial++
	// S= spares the server reading the file for its size.
	name := fmt.Sprintf("%d.M%06dP1.bench,S=%d", time.Now().Unix(), m.serial, len(raw))
	tmp := filepath.Join("mail", "tmp", name)
	if err := m.own(os.WriteFile(filepath.Join(m.dir, tmp), raw, 0o644), tmp); err != nil { //nolint:gosec // G306: read by the mail user
		return err
	}
	return os.Rename(filepath.Join(m.dir, tmp), filepath.Join(m.dir, "mail", "new", name))
}

func (m *benchMail) close() error {
	if m.exited != nil {
		_ = syscall.Kill(-m.cmd.Process.Pid, syscall.SIGTERM)
		select {
		case <-m.exited:
		case <-time.After(2 * time.Second):
		}
		_ = syscall.Kill(-m.cmd.Process.Pid, syscall.SIGKILL)
		<-m.exited
	}
	return os.RemoveAll(m.dir)
}

// freeAddr gives a loopback address nobody listens on.
func freeAddr() (string, error) {
	l, err := listen("127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// awaitPort returns when somebody accepts connections.
func awaitPort(addr string, within time.Duration) error {
	var err error
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		var conn net.Conn
		if conn, err = (&net.Dialer{Timeout: time.Second}).Dial("tcp", addr); err == nil {
			return conn.Close()
		}
	}
	return withCode(exitUnavailable, fmt.Errorf("nobody answers on %s: %w", strings.TrimPrefix(addr, "127.0.0.1"), err))
}
