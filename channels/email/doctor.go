package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
)

const (
	doctorLimit = 45 * time.Second    // for each side of an account
	renewBefore = 14 * 24 * time.Hour // a certificate with less than that left is a finding
)

// A Check is one thing the doctor looked at.
type Check struct {
	Name   string // what was looked at, such as "imap sign-in"
	OK     bool
	Detail string // what was found, without secrets
	Remedy string // what to do about it; "" when it is well
}

// Doctor tries everything an account needs, step by step, and stops on each
// side at what the following steps need. It sends no mail and changes nothing,
// but for making the folder of processed mails.
func Doctor(ctx context.Context, a Account, now func() time.Time) []Check {
	a = a.complete()
	d := &doctor{a: a, now: now}
	if a.IMAP.Auth.oauth() || a.SMTP.Auth.oauth() {
		d.tokens = newTokenSource(a.OAuth, now)
		d.step("oauth token", d.token(ctx))
	}
	d.imap(ctx)
	d.smtp(ctx)
	return d.checks
}

type doctor struct {
	a      Account
	now    func() time.Time
	tokens *tokenSource
	checks []Check
	leaf   *tls.ConnectionState // of the connection made last
}

// A finding is the result of one step.
type finding struct {
	detail, remedy string
	err            error
}

// step notes a finding and reports whether it is well.
func (d *doctor) step(name string, f finding) bool {
	c := Check{Name: name, OK: f.err == nil && f.remedy == "", Detail: f.detail, Remedy: f.remedy}
	if f.err != nil {
		c.Detail = explain(f.err)
		if c.Remedy == "" {
			c.Remedy = remedy(f.err)
		}
	}
	d.checks = append(d.checks, c)
	return c.OK
}

func (d *doctor) token(ctx context.Context) finding {
	if err := d.a.OAuth.check(); err != nil {
		return finding{err: err, remedy: "set token_url, client_id and client_secret_file or refresh_token_file under oauth"}
	}
	if _, _, err := d.tokens.Token(ctx); err != nil {
		return finding{err: err}
	}
	until := "has no end"
	if end := d.tokens.current.Expiry; !end.IsZero() {
		until = "ends in " + end.Sub(d.now()).Round(time.Minute).String()
	}
	return finding{detail: "got one; it " + until}
}

func (d *doctor) imap(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, doctorLimit)
	defer cancel()
	cred := d.credentials(d.a.IMAP.Endpoint)
	if !d.reach(ctx, "imap", cred.ep) {
		return
	}
	s, err := signInSession(ctx, cred)
	d.encryption("imap", cred.ep, err)
	if !d.step("imap sign-in", finding{detail: "signed in", err: err}) {
		return
	}
	defer s.close()
	d.step("imap capabilities", capabilities(s.caps))
	s.box.Folder = d.a.IMAP.Folder
	if err := s.selectFolder(ctx, true); !d.step("imap folder", finding{
		detail: fmt.Sprintf("%s holds %d mails", s.box.Folder, s.exists.Load()), err: err,
	}) {
		return
	}
	d.marks(ctx, s)
}

func capabilities(caps imap.CapSet) finding {
	var has, lacks []string
	for _, c := range []imap.Cap{imap.CapIdle, imap.CapMove, imap.CapUIDPlus} {
		if caps.Has(c) {
			has = append(has, string(c))
		} else {
			lacks = append(lacks, string(c))
		}
	}
	detail := "the server has " + strings.Join(has, ", ")
	if len(lacks) > 0 {
		detail += "; it lacks " + strings.Join(lacks, ", ") + ", which the bureau can do without"
	}
	return finding{detail: detail}
}

// marks finds out what can be done with mails that are safe here. A folder that
// is opened for reading only tells nothing about flags, so it is opened anew.
func (d *doctor) marks(ctx context.Context, s *imapSession) {
	err := s.selectFolder(ctx, false)
	var mode MarkMode
	if err == nil {
		if mode = s.markMode(d.a.IMAP.Mark); mode == "" {
			err = errCannotMark
		}
	}
	f := finding{detail: "mails are marked by " + string(mode), err: err}
	if err == nil && mode != d.a.IMAP.Mark {
		f.detail = fmt.Sprintf("the server cannot do mark: %s, mails are marked by %s", d.a.IMAP.Mark, mode)
	}
	if errors.Is(err, errCannotMark) {
		f.remedy = "give the user the right to set flags (IMAP ACL s and w) or to move mails"
	}
	if !d.step("imap marks", f) || mode != MarkMove {
		return
	}
	f = finding{detail: d.a.IMAP.Processed + " is there", err: s.createFolder(ctx, d.a.IMAP.Processed)}
	if f.err != nil {
		f.remedy = fmt.Sprintf("make the folder %s, or set mark: keyword", d.a.IMAP.Processed)
	}
	d.step("imap processed folder", f)
}

func (d *doctor) smtp(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, doctorLimit)
	defer cancel()
	cred := d.credentials(d.a.SMTP.Endpoint)
	if !d.reach(ctx, "smtp", cred.ep) {
		return
	}
	_, domain := cutAddress(d.a.Address)
	conn, err := openSMTP(ctx, cred, asciiDomain(domain), min(d.a.SMTP.Timeout, doctorLimit/3))
	d.encryption("smtp", cred.ep, err)
	if !d.step("smtp sign-in", finding{detail: "signed in", err: err}) {
		return
	}
	defer conn.quit()
	d.step("smtp capabilities", conn.capabilities(d.a.SMTP.DSN))
	err = conn.do(ctx, doctorLimit, func() error {
		e := envelope{from: d.a.Address, to: d.a.Address}
		if err := conn.c.Mail(e.from, nil); err != nil {
			return err
		}
		if err := conn.c.Rcpt(e.to, nil); err != nil {
			return err
		}
		return conn.c.Reset()
	})
	f := finding{detail: "a mail to ourselves would be taken; none was sent", err: err}
	if err != nil {
		f.remedy = "let this user send as the mailbox's address: " + replyText(err, "")
	}
	d.step("smtp recipient", f)
}

// capabilities names what the server can do beyond taking mail.
func (s *smtpConn) capabilities(wantReports bool) finding {
	var has []string
	for _, ext := range []string{"SIZE", "DSN", "8BITMIME", "SMTPUTF8"} {
		if ok, param := s.c.Extension(ext); ok {
			has = append(has, strings.TrimSpace(ext+" "+param))
		}
	}
	detail := "the server has " + strings.Join(has, ", ")
	if ok, _ := s.c.Extension("DSN"); !ok && wantReports {
		detail += "; without DSN, bounces are recognised by their text only"
	}
	return finding{detail: detail}
}

// credentials are those of an endpoint whose encryption is watched.
func (d *doctor) credentials(ep Endpoint) credentials {
	d.leaf = nil
	ep.seen = func(state tls.ConnectionState) { d.leaf = &state }
	return credentials{ep: ep, tokens: d.tokens, stall: doctorLimit / 3}
}

// reach looks the server up and opens a connection to it.
func (d *doctor) reach(ctx context.Context, part string, ep Endpoint) bool {
	if err := ep.check(part); err != nil {
		return d.step(part+" settings", finding{err: err, remedy: "complete the account's " + part + " settings"})
	}
	addrs, err := net.DefaultResolver.LookupHost(ctx, ep.Host)
	f := finding{detail: ep.Host + " is " + strings.Join(addrs, ", "), err: err}
	if err != nil {
		f.remedy = "check the host's name and this machine's DNS"
	}
	if !d.step(part+" dns", f) {
		return false
	}
	dialer := net.Dialer{Timeout: dialTimeout}
	begin := d.now()
	conn, err := dialer.DialContext(ctx, "tcp", ep.addr())
	f = finding{detail: fmt.Sprintf("port %d answers in %v", ep.Port, d.now().Sub(begin).Round(time.Millisecond)), err: err}
	if err != nil {
		f.remedy = fmt.Sprintf("check port %d and the firewalls between here and there", ep.Port)
	} else {
		_ = conn.Close()
	}
	return d.step(part+" tcp", f)
}

// encryption tells about the certificate, whatever came after it.
func (d *doctor) encryption(part string, ep Endpoint, err error) {
	switch {
	case ep.Security == SecurityNone:
		f := finding{detail: "not encrypted"}
		if ip := net.ParseIP(ep.Host); ep.Host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			f.remedy = "set tls: tls or starttls: passwords and citizens' mails travel in the clear"
		}
		d.step(part+" tls", f)
	case d.leaf == nil || len(d.leaf.PeerCertificates) == 0:
		if errors.Is(err, errTLS) {
			d.step(part+" tls", finding{err: err})
		}
	default:
		left := d.leaf.PeerCertificates[0].NotAfter.Sub(d.now())
		f := finding{detail: fmt.Sprintf("%s, the certificate is good for %d days", tls.VersionName(d.leaf.Version), int(left/(24*time.Hour)))}
		if left < renewBefore {
			f.remedy = "renew the server's certificate"
		}
		d.step(part+" tls", f)
	}
}

// remedy is what an operator does about a failed step.
func remedy(err error) string {
	switch state, _ := fault(err); state {
	case stateAuthFailed:
		return "check user, password_file or the oauth settings; the server's words are in the detail"
	case stateFolderMissing:
		return "check the folder's name and the user's right to open it"
	case stateTLS:
		return "check tls, host (it must stand in the certificate) and ca_file"
	}
	return "check host and port, and whether the server is well"
}
