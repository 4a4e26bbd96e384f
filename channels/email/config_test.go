package email

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

func TestParseStart(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("CET", 3600)
	for in, want := range map[string]Start{
		"all":                  {},
		"now":                  {now: true},
		"2026-03-01":           {at: time.Date(2026, 3, 1, 0, 0, 0, 0, zone)},
		"2026-03-01T10:00:00Z": {at: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)},
	} {
		got, err := ParseStart(in, zone)
		if err != nil || got.now != want.now || !got.at.Equal(want.at) {
			t.Errorf("ParseStart(%q) = %+v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "yesterday", "2026-13-01", "1.3.2026"} {
		if _, err := ParseStart(in, zone); !errors.Is(err, ticketing.Invalid) {
			t.Errorf("ParseStart(%q): %v", in, err)
		}
	}
}

// Bad settings name the field; a replaced secret counts at once.
func TestConfig(t *testing.T) {
	t.Parallel()
	good := accountAt("127.0.0.1:1", "bureau", "x")
	good.SMTP.Endpoint = good.IMAP.Endpoint
	for field, change := range map[string]func(a *Account){
		"imap.host":          func(a *Account) { a.IMAP.Host = "" },
		"imap.port":          func(a *Account) { a.IMAP.Port = 70000 },
		"imap.tls":           func(a *Account) { a.IMAP.Security = "ssl" },
		"imap.auth":          func(a *Account) { a.IMAP.Auth = AuthAnonymous },
		"imap.user":          func(a *Account) { a.IMAP.User = "" },
		"imap.password_file": func(a *Account) { a.IMAP.Password = nil },
		"oauth.token_url":    func(a *Account) { a.IMAP.Auth = AuthXOAuth2; a.OAuth.TokenURL = "http://login.example" },
		"smtp.host":          func(a *Account) { a.SMTP.Host = "" },
		"address":            func(a *Account) { a.Address = "Bureau <a@b.me>" },
	} {
		a := good
		change(&a)
		_, err := NewSource(a, SourceDeps{Log: quietLog(), Now: time.Now, Ledger: &quickLedger{}})
		if err == nil {
			_, err = NewSender(a, SenderDeps{Log: quietLog(), Now: time.Now})
		}
		var bad *ticketing.Error
		if !errors.As(err, &bad) || bad.Kind != ticketing.Invalid || bad.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	path := filepath.Join(t.TempDir(), "secret")
	secret := SecretFile(path)
	if _, err := secret.read(); err == nil {
		t.Error("a missing file is a secret")
	}
	for _, want := range []string{"jedan", " dva "} {
		if err := os.WriteFile(path, []byte(want+"\r\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := secret.read(); err != nil || got != want {
			t.Errorf("secret %q, %v", got, err)
		}
	}
	for host, want := range map[string]bool{"smtp.gmail.com": true, "smtp.office365.com": true, "smtp.pg.me": false, "notgmail.com": false} {
		a := good
		a.SMTP.Host, a.SMTP.AppendSent = host, true
		if got := a.complete(); got.SMTP.FilesSent != want || got.SMTP.AppendSent == want {
			t.Errorf("%s: %+v", host, got.SMTP)
		}
	}
}
