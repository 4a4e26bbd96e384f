package postoffice

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-smtp"

	"github.com/sistem48/system48/ticketing"
)

// MaxMessageBytes is the largest mail the office takes.
const MaxMessageBytes = 25 << 20

// inbox is where mail arrives.
const inbox = "INBOX"

// An Account is a mailbox: Address is also what its owner signs in with.
type Account struct {
	Address  string
	Password string
	// Protected says that mail from this address is genuine only when its sender
	// signed in: the bureau's own addresses.
	Protected bool
}

// Config says what the office serves.
type Config struct {
	Accounts []Account
	IMAPAddr string // "" = 127.0.0.1 with a free port
	SMTPAddr string
	Host     string           // how the office calls itself; "" = post.localhost
	Now      func() time.Time // required
	Log      *slog.Logger     // required
}

// An Office is a running mail server.
type Office struct {
	host     string
	now      func() time.Time
	log      *slog.Logger
	validity uint32 // added to every UIDVALIDITY: memory does not outlive the process, so no UID may
	accounts map[string]*account
	domains  map[string]bool
	imap     *imapserver.Server
	smtp     *smtp.Server
	imapAddr string
	smtpAddr string
	ports    []net.Listener
	close    func() error
	serving  sync.WaitGroup
	faults   faults
	serial   serial
}

// An account is an Account and what is in it.
type account struct {
	Account
	user *imapmemserver.User
}

// Start opens the office until ctx ends or Close is called. The error is
// Invalid for an address that is not on loopback or an account without domain.
func Start(ctx context.Context, cfg Config) (*Office, error) {
	if cfg.Host == "" {
		cfg.Host = "post.localhost"
	}
	o := &Office{
		host: cfg.Host, now: cfg.Now, log: cfg.Log, validity: uint32(cfg.Now().Unix()), //nolint:gosec // until 2106
		accounts: map[string]*account{}, domains: map[string]bool{},
	}
	for _, a := range cfg.Accounts {
		if err := o.addAccount(a); err != nil {
			return nil, err
		}
	}
	imapLn, err := listen(ctx, cfg.IMAPAddr)
	if err != nil {
		return nil, fmt.Errorf("open the IMAP port: %w", err)
	}
	smtpLn, err := listen(ctx, cfg.SMTPAddr)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the SMTP port: %w", err), imapLn.Close())
	}
	o.ports = []net.Listener{imapLn, smtpLn}
	o.imapAddr, o.smtpAddr = imapLn.Addr().String(), smtpLn.Addr().String()
	o.imap, o.smtp = o.newIMAP(), o.newSMTP()
	o.close = sync.OnceValue(o.shut)
	o.serving.Go(func() { o.serve(ctx, "imap", o.imap.Serve, imapLn) })
	o.serving.Go(func() { o.serve(ctx, "smtp", o.smtp.Serve, smtpLn) })
	context.AfterFunc(ctx, func() { _ = o.Close() })
	return o, nil
}

func (o *Office) serve(ctx context.Context, part string, serve func(net.Listener) error, ln net.Listener) {
	if err := serve(ln); err != nil && ctx.Err() == nil {
		o.log.ErrorContext(ctx, "mail server of the demo ended", "part", part, "err", err)
	}
}

// IMAPAddr is where the office speaks IMAP.
func (o *Office) IMAPAddr() string { return o.imapAddr }

// SMTPAddr is where the office speaks SMTP.
func (o *Office) SMTPAddr() string { return o.smtpAddr }

// Close ends the office and all connections; anybody may call it, also while
// another does. The mail is gone with it.
func (o *Office) Close() error { return o.close() }

// shut is Close once: the servers do not bear being closed by two at a time.
func (o *Office) shut() error {
	err := errors.Join(ignoreClosed(o.smtp.Close()), ignoreClosed(o.imap.Close()))
	// A server closes the ports it knows: one closed before it began to serve
	// knows none, and would accept for ever.
	for _, port := range o.ports {
		err = errors.Join(err, ignoreClosed(port.Close()))
	}
	o.serving.Wait()
	return err
}

// ignoreClosed forgives a second Close.
func ignoreClosed(err error) error {
	if errors.Is(err, smtp.ErrServerClosed) || errors.Is(err, net.ErrClosed) || err != nil && strings.HasSuffix(err.Error(), "server closed") {
		return nil
	}
	return err
}

func (o *Office) addAccount(a Account) error {
	a.Address = strings.ToLower(a.Address)
	local, domain, ok := strings.Cut(a.Address, "@")
	if !ok || local == "" || domain == "" || a.Password == "" {
		return &ticketing.Error{Kind: ticketing.Invalid, Field: "accounts", Key: "postoffice.account"}
	}
	user := imapmemserver.NewUser(a.Address, a.Password)
	for _, folder := range []string{inbox, "Sent", "Drafts", "Trash", "Junk"} {
		if err := user.Create(folder, nil); err != nil {
			return err
		}
		if err := user.Subscribe(folder); err != nil {
			return err
		}
	}
	o.accounts[a.Address], o.domains[domain] = &account{Account: a, user: user}, true
	return nil
}

// find gives the account that mail for an address goes to: name+tag@ is name@.
func (o *Office) find(address string) *account {
	address = strings.ToLower(address)
	if a := o.accounts[address]; a != nil {
		return a
	}
	local, domain, _ := strings.Cut(address, "@")
	base, _, tagged := strings.Cut(local, "+")
	if !tagged {
		return nil
	}
	return o.accounts[base+"@"+domain]
}

// signIn gives the account when the password is right.
func (o *Office) signIn(name, password string) *account {
	a := o.accounts[strings.ToLower(name)]
	if a == nil || subtle.ConstantTimeCompare([]byte(password), []byte(a.Password)) != 1 {
		return nil
	}
	return a
}

// Append puts a mail into a folder as it is. NotFound when there is no such
// account or folder, TooLarge beyond MaxMessageBytes.
func (o *Office) Append(address, folder string, raw []byte) error {
	a := o.find(address)
	if a == nil {
		return fmt.Errorf("append: no such account: %w", ticketing.NotFound)
	}
	if len(raw) > MaxMessageBytes {
		return fmt.Errorf("append: %w", ticketing.TooLarge)
	}
	if _, err := a.user.Append(folder, literal{bytes.NewReader(raw)}, &imap.AppendOptions{Time: o.now()}); err != nil {
		return fmt.Errorf("append: %w: %w", ticketing.NotFound, err)
	}
	return nil
}

// A literal is bytes as the IMAP library wants them.
type literal struct{ *bytes.Reader }

// Size gives the number of bytes.
func (l literal) Size() int64 { return l.Reader.Size() }

// listen opens a port on loopback.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ticketing.Invalid, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("%q is not a loopback address: %w", host, ticketing.Invalid)
	}
	var lc net.ListenConfig
	return lc.Listen(ctx, "tcp", addr)
}
