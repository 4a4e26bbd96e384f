package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sistem48/system48/channels/email/postoffice"
	"github.com/sistem48/system48/ticketing"
)

type demoFlags struct {
	data, listen string
	asJSON       bool
	stories      int
}

func newDemoCommand() *cobra.Command {
	var f demoFlags
	cmd := &cobra.Command{
		Use:   "demo [--data DIR] [--listen ADDR]",
		Short: "A whole bureau in one process: sample city, mail servers, pages",
		Long: "Starts everything on this machine alone: SQLite and files in a folder, an IMAP and an\n" +
			"SMTP server on loopback, a city with some weeks of tickets, the pages. Any mail program\n" +
			"can write to the bureau and read its answers.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd.Context(), f, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().StringVar(&f.data, "data", "", "folder that keeps the state; without it a temporary one, removed at the end")
	cmd.Flags().StringVar(&f.listen, "listen", "127.0.0.1:4848", "address of the pages; the other servers take the ports after it")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print one line of JSON once everything is ready")
	cmd.Flags().IntVar(&f.stories, "stories", 160, "how many tickets the sample city begins with")
	return cmd
}

// demoPassword is the password of every sample account: the demo listens on
// loopback only.
const demoPassword = "sistem48-demo"

// demoAddresses are the listeners of the demo: the pages, and the ports behind.
type demoAddresses struct{ web, ops, imap, smtp, sms string }

func demoListeners(addr string) (demoAddresses, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return demoAddresses{}, withCode(exitUsage, fmt.Errorf("--listen %q is not host:port", addr))
	}
	n, err := strconv.Atoi(port)
	if err != nil || n < 0 || n > 65500 {
		return demoAddresses{}, withCode(exitUsage, fmt.Errorf("--listen %q has no usable port", addr))
	}
	if n == 0 { // what calls the pages must know their address before they open
		l, err := listen(net.JoinHostPort(host, "0"))
		if err != nil {
			return demoAddresses{}, err
		}
		_, port, _ = net.SplitHostPort(l.Addr().String())
		if err := l.Close(); err != nil {
			return demoAddresses{}, err
		}
	}
	at := func(i int) string {
		if n == 0 {
			return net.JoinHostPort("127.0.0.1", "0")
		}
		return net.JoinHostPort("127.0.0.1", strconv.Itoa(n+i))
	}
	return demoAddresses{web: net.JoinHostPort(host, port), ops: at(1), imap: at(2), smtp: at(3), sms: at(4)}, nil
}

func runDemo(ctx context.Context, f demoFlags, out, errs io.Writer) (err error) {
	addresses, err := demoListeners(f.listen)
	if err != nil {
		return err
	}
	dir := f.data
	if dir == "" {
		if dir, err = os.MkdirTemp("", "system48-demo-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	office, err := postoffice.Start(ctx, postoffice.Config{
		Accounts: demoMailboxes(), IMAPAddr: addresses.imap, SMTPAddr: addresses.smtp, Host: "mx." + sampleCityDomain,
		Now: time.Now, Log: newLogger(errs, LogConfig{Level: "warn", Format: "text"}),
	})
	if err != nil {
		return withCode(exitUnavailable, fmt.Errorf("start the demo's mail servers: %w", err))
	}
	defer func() { err = errors.Join(err, office.Close()) }()
	phones, err := startExchange(ctx, addresses.sms)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, phones.Close()) }()
	cfg, err := demoConfig(dir, addresses, office)
	if err == nil {
		err = demoTexts(&cfg, dir, phones)
	}
	if err != nil {
		return err
	}
	log := newLogger(errs, LogConfig{Level: "warn", Format: "text"})
	if _, err := os.Stat(strings.TrimPrefix(cfg.Database.URL, "sqlite:")); errors.Is(err, os.ErrNotExist) && f.stories > 0 {
		bar := newProgress(errs, "telling the city's last weeks")
		if err := tellStories(ctx, cfg, log, 48, 24, f.stories, demoPassword, bar.show); err != nil {
			return fmt.Errorf("tell the sample city: %w", err)
		}
		if err := tellReferral(ctx, cfg, log); err != nil {
			return fmt.Errorf("tell of a referral: %w", err)
		}
		bar.done()
	}
	s, err := openSystem(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	token, err := s.demoToken(ctx)
	if err != nil {
		return err
	}
	s.phones = &demoPhones{phones, cfg.PublicURL, cfg.Channels.Phone[0].TokenFile}
	s.demo = &demoMail{office: office, account: cfg.Channels.Email[0].Address}
	return s.serve(ctx, func(r running) {
		report := demoReport(r, office, token)
		report.CTIToken, _ = readSecret(cfg.Channels.Phone[0].TokenFile) // was just written
		if f.asJSON {
			_ = json.NewEncoder(out).Encode(report)
			return
		}
		report.print(out)
	})
}

// demoMailboxes are the accounts of the demo's mail servers.
func demoMailboxes() []postoffice.Account {
	list := []postoffice.Account{{Address: "s48@" + sampleCityDomain, Password: demoPassword, Protected: true}}
	for _, name := range demoCitizens {
		list = append(list, postoffice.Account{Address: name + "@" + sampleMailDomain, Password: demoPassword})
	}
	for _, b := range sampleBodies() {
		list = append(list, postoffice.Account{Address: b.Email, Password: demoPassword})
	}
	for _, d := range sampleDepartments() {
		if d.Email != "" {
			list = append(list, postoffice.Account{Address: d.Email, Password: demoPassword})
		}
	}
	for _, a := range sampleAgents() {
		list = append(list, postoffice.Account{Address: a.Email, Password: demoPassword})
	}
	return list
}

// demoConfig is the configuration of the demo: all in one folder.
func demoConfig(dir string, at demoAddresses, office *postoffice.Office) (Config, error) {
	cfg := DefaultConfig()
	sampleCity(&cfg)
	cfg.HTTP.Listen, cfg.Ops.Listen = at.web, at.ops
	cfg.PublicURL = "http://" + at.web
	cfg.Database.URL = "sqlite:" + filepath.Join(dir, "system48.db")
	cfg.Blobs.URL = "file:" + filepath.Join(dir, "blobs")
	cfg.Keys = KeysConfig{ThreadKeyFile: filepath.Join(dir, "keys", "thread.key"), TrackingKeyFile: filepath.Join(dir, "keys", "tracking.key")}
	password := filepath.Join(dir, "keys", "mail.password")
	if err := os.MkdirAll(filepath.Dir(password), 0o700); err != nil {
		return cfg, err
	}
	if err := replaceFile(password, []byte(demoPassword+"\n")); err != nil {
		return cfg, err
	}
	a := EmailAccount{Name: "s48", Address: "s48@" + sampleCityDomain}
	a.setDefaults()
	a.IMAP.Host, a.IMAP.Port = splitAddress(office.IMAPAddr())
	a.SMTP.Host, a.SMTP.Port = splitAddress(office.SMTPAddr())
	a.IMAP.TLS, a.SMTP.TLS, a.SMTP.Auth = "none", "none", "password"
	a.IMAP.PasswordFile, a.SMTP.PasswordFile = password, password
	a.IMAP.StartFrom, a.IMAP.PollInterval = "all", 30*time.Second
	a.SMTP.From = "Sistem 48 <s48@" + sampleCityDomain + ">"
	a.TrustedAuthservIDs = []string{"mx." + sampleCityDomain}
	cfg.Channels.Email = []EmailAccount{a}
	if err := demoPhone(dir, &cfg); err != nil {
		return cfg, err
	}
	cfg.complete()
	return cfg, nil
}

func splitAddress(addr string) (string, int) {
	host, port, _ := net.SplitHostPort(addr)
	n, _ := strconv.Atoi(port)
	return host, n
}

// demoToken makes an API token with every scope, as the sample admin.
func (s *system) demoToken(ctx context.Context) (string, error) {
	dir, err := s.db.Directory(ctx)
	if err != nil {
		return "", err
	}
	for _, a := range dir.Agents {
		if a.Role != ticketing.RoleAdmin || a.Disabled {
			continue
		}
		t := ticketing.Token{Name: "demo", Agent: a.ID, Rights: ticketing.RightsOf(a.Role), ExpiresAt: s.now().UTC().Add(30 * 24 * time.Hour)}
		return s.registry().IssueToken(ctx, cliActor, s.db, &t)
	}
	return "", nil
}

// A demoAccount is one line of what the demo prints.
type demoAccount struct {
	Role     string `json:"role"`
	User     string `json:"user"`
	Password string `json:"password"`
}

type demoMailbox struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// A demoInfo is what the demo prints when it is ready.
type demoInfo struct {
	Web       string        `json:"web"`
	Ops       string        `json:"ops"`
	IMAP      string        `json:"imap"`
	SMTP      string        `json:"smtp"`
	Accounts  []demoAccount `json:"accounts"`
	Mailboxes []demoMailbox `json:"mailboxes"`
	Token     string        `json:"token"`
	CTIToken  string        `json:"cti_token"` // of the telephone system
}

func demoReport(r running, office *postoffice.Office, token string) demoInfo {
	info := demoInfo{Web: "http://" + r.web, Ops: "http://" + r.ops, IMAP: office.IMAPAddr(), SMTP: office.SMTPAddr(), Token: token}
	seen := map[ticketing.Role]bool{}
	for _, a := range sampleAgents() {
		if !seen[a.Role] {
			seen[a.Role] = true
			info.Accounts = append(info.Accounts, demoAccount{string(a.Role), a.Email, demoPassword})
		}
	}
	info.Accounts = append(info.Accounts, demoAccount{"citizen", "marko@" + sampleMailDomain, demoPassword})
	info.Mailboxes = append(info.Mailboxes, demoMailbox{"s48", "s48@" + sampleCityDomain})
	for _, name := range demoCitizens {
		info.Mailboxes = append(info.Mailboxes, demoMailbox{name, name + "@" + sampleMailDomain})
	}
	for _, b := range sampleBodies() {
		info.Mailboxes = append(info.Mailboxes, demoMailbox{b.Code, b.Email})
	}
	return info
}

func (i demoInfo) print(w io.Writer) {
	fmt.Fprintf(w, "\nSystem 48 is running. Stop it with Ctrl+C.\n\n  pages    %s/agent\n  citizens %s/\n  write as a citizen  %s/demo/mail\n  text as a citizen   %s/demo/phone\n", i.Web, i.Web, i.Web, i.Web)
	fmt.Fprintf(w, "  IMAP     %s (no encryption)\n  SMTP     %s\n  ops      %s/readyz\n\n", i.IMAP, i.SMTP, i.Ops)
	fmt.Fprintf(w, "Accounts (password %s):\n", demoPassword)
	for _, a := range i.Accounts {
		fmt.Fprintf(w, "  %-8s %s\n", a.Role, a.User)
	}
	fmt.Fprint(w, "\nMailboxes (same password): ")
	for k, m := range i.Mailboxes {
		if k > 0 {
			fmt.Fprint(w, ", ")
		}
		fmt.Fprint(w, m.Address)
	}
	fmt.Fprintf(w, "\nAPI token: %s\nTelephone: system48 simulate call --agent 101 --url %s --token %s\n", i.Token, i.Web, i.CTIToken)
}
