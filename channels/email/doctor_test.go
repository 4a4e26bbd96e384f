package email

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/channels/email/dovecottest"
	"github.com/sistem48/system48/channels/email/postoffice"
)

// summary is the checks as "name" or "name!" when something is wrong.
func summary(checks []Check) string {
	var names []string
	for _, c := range checks {
		mark := ""
		if !c.OK {
			mark = "!"
		}
		names = append(names, c.Name+mark)
	}
	return strings.Join(names, ", ")
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	dc := dovecottest.Start(t, "bureau")
	o := startOffice(t)
	good := func() Account {
		a := senderAccount(o.SMTPAddr())
		a.IMAP = accountAt(dc.IMAPS, "bureau", dovecottest.Password).IMAP
		a.IMAP.Security, a.IMAP.CAFile = SecurityTLS, dc.CAFile
		return a
	}
	const (
		imapWell = "imap dns, imap tcp, imap tls, imap sign-in, imap capabilities, imap folder, imap marks, imap processed folder"
		smtpWell = "smtp dns, smtp tcp, smtp tls, smtp sign-in, smtp capabilities, smtp recipient"
	)
	for _, tt := range []struct {
		name   string
		change func(a *Account)
		want   string
		remedy string
	}{
		{"all well", func(*Account) {}, imapWell + ", " + smtpWell, ""},
		{"wrong password", func(a *Account) { a.IMAP.Password = SecretValue("x") }, "imap dns, imap tcp, imap tls, imap sign-in!, " + smtpWell, "password_file"},
		{"unreadable password", func(a *Account) { a.IMAP.Password = SecretFile(filepath.Join(t.TempDir(), "none")) }, "imap dns, imap tcp, imap tls, imap sign-in!, " + smtpWell, "password_file"},
		{"unknown certificate", func(a *Account) { a.IMAP.CAFile = "" }, "imap dns, imap tcp, imap tls!, imap sign-in!, " + smtpWell, "ca_file"},
		{"closed port", func(a *Account) { a.IMAP.Port = 1 }, "imap dns, imap tcp!, " + smtpWell, "firewall"},
		{"unknown host", func(a *Account) { a.SMTP.Host = "nema.invalid" }, imapWell + ", smtp dns!", "DNS"},
		{"unknown folder", func(a *Account) { a.IMAP.Folder = "Nema" }, "imap dns, imap tcp, imap tls, imap sign-in, imap capabilities, imap folder!, " + smtpWell, "folder"},
		{"foreign sender", func(a *Account) { a.Address = "x@primjer.com" }, imapWell + ", smtp dns, smtp tcp, smtp tls, smtp sign-in, smtp capabilities, smtp recipient!", "550"},
		{"no settings", func(a *Account) { a.SMTP.Host = "" }, imapWell + ", smtp settings!", "smtp"},
		{"no token", func(a *Account) { a.SMTP.Auth = AuthXOAuth2 }, "oauth token!, " + imapWell + ", smtp dns, smtp tcp, smtp tls, smtp sign-in!", "token_url"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := good()
			tt.change(&a)
			checks := Doctor(t.Context(), a, time.Now)
			if got := summary(checks); got != tt.want {
				t.Errorf("checks %s\nwant   %s", got, tt.want)
			}
			remedied := tt.remedy == ""
			for _, c := range checks {
				if c.OK != (c.Remedy == "") {
					t.Errorf("%+v", c)
				}
				remedied = remedied || strings.Contains(c.Remedy, tt.remedy)
			}
			if !remedied {
				t.Errorf("no remedy speaks of %q: %+v", tt.remedy, checks)
			}
		})
	}
	if list, err := o.Messages(t.Context(), bureauAddress, "INBOX", 1); err != nil || len(list) != 0 {
		t.Errorf("the doctor sent mail: %v", err)
	}
	checks := Doctor(t.Context(), good(), func() time.Time { return time.Now().Add(30 * 24 * time.Hour) })
	if !strings.Contains(summary(checks), "imap tls!") {
		t.Errorf("a certificate about to end: %+v", checks)
	}
	o.Inject(postoffice.Fault{At: postoffice.StageRcpt, Code: 550, Times: 1})
	if checks := Doctor(t.Context(), good(), time.Now); !strings.HasSuffix(summary(checks), "smtp recipient!") {
		t.Errorf("%+v", checks)
	}
}
