package email

import (
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/sistem48/system48/ticketing"
)

// Encryption and the ways to sign in.
func TestSenderSignIn(t *testing.T) {
	t.Parallel()
	web := httptest.NewTLSServer(nil)
	t.Cleanup(web.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	tokens := httptest.NewServer(tokenEndpoint("zeton"))
	t.Cleanup(tokens.Close)
	for _, tt := range []struct {
		name  string
		sec   Security
		auth  AuthMethod
		mech  string
		ca    string
		serve func(*smtp.Server)
		state ticketing.DeliveryState
	}{
		{"tls plain", SecurityTLS, AuthPassword, sasl.Plain, ca, nil, ticketing.DeliverySent},
		{"starttls login", SecurityStartTLS, AuthPassword, sasl.Login, ca, nil, ticketing.DeliverySent},
		{"starttls xoauth2", SecurityStartTLS, AuthXOAuth2, "XOAUTH2", ca, nil, ticketing.DeliverySent},
		{"tls oauthbearer", SecurityTLS, AuthOAuthBearer, sasl.OAuthBearer, ca, nil, ticketing.DeliverySent},
		{"unknown certificate", SecurityTLS, AuthPassword, sasl.Plain, "", nil, ticketing.DeliveryRetry},
		{"no silent fallback", SecurityStartTLS, AuthPassword, sasl.Plain, ca, func(s *smtp.Server) { s.TLSConfig = nil }, ticketing.DeliveryRetry},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := &authBackend{t: t, mech: tt.mech}
			srv := smtp.NewServer(b)
			srv.Domain, srv.TLSConfig, srv.ErrorLog = "x", &tls.Config{Certificates: web.TLS.Certificates}, quietLogger{}
			if tt.serve != nil {
				tt.serve(srv)
			}
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			if tt.sec == SecurityTLS {
				ln = tls.NewListener(ln, srv.TLSConfig)
			}
			go func() { _ = srv.Serve(ln) }()
			t.Cleanup(func() { _ = srv.Close() })
			a := senderAccount(ln.Addr().String())
			a.SMTP.Security, a.SMTP.CAFile, a.SMTP.Auth = tt.sec, tt.ca, tt.auth
			if tt.auth.oauth() {
				a.SMTP.Password = nil
				a.OAuth = OAuthConfig{TokenURL: tokens.URL, ClientID: "c", ClientSecret: SecretValue("s")}
			}
			s, _ := newSender(t, a)
			if got := transmit(t, s, delivery(1, citizen)); got.State != tt.state {
				t.Errorf("%+v", got)
			}
			if (tt.state == ticketing.DeliverySent) != b.ok() {
				t.Errorf("signed in: %v", b.ok())
			}
		})
	}
}

// Confirm finds what the provider filed; Sent mail is filed once.
func TestSentFolder(t *testing.T) {
	t.Parallel()
	o := startOffice(t)
	a := senderAccount(o.SMTPAddr())
	a.IMAP = accountAt(o.IMAPAddr(), bureauAddress, "b").IMAP
	a.SMTP.AppendSent = true
	s, blobs := newSender(t, a)
	d := delivery(5, citizen)
	confirm := func(want, wantKnown bool) {
		t.Helper()
		found, err := s.Confirm(t.Context(), d)
		if err != nil || found.Arrived != want || found.Known != wantKnown {
			t.Errorf("Confirm() = %+v, %v, want %v, %v", found, err, want, wantKnown)
		}
	}
	confirm(false, false)
	s.account.SMTP.FilesSent = true
	confirm(false, true)
	s.account.SMTP.FilesSent = false
	key, _, err := blobs.Put(t.Context(), bytes.NewReader(composed(5)), true)
	if err != nil {
		t.Fatal(err)
	}
	d.RawKey = key
	for range 3 {
		if got := transmit(t, s, d); got.State != ticketing.DeliverySent {
			t.Fatalf("%+v", got)
		}
	}
	eventually(t, 5*time.Second, "filed", func() bool {
		found, err := s.Confirm(t.Context(), d)
		return err == nil && found.Arrived && found.Known
	})
	s.Close()
	list, err := o.Messages(t.Context(), bureauAddress, "Sent", 10)
	if err != nil || len(list) != 1 || !bytes.Equal(list[0].Raw, composed(5)) || !list[0].Seen {
		t.Errorf("Sent: %d mails, %v", len(list), err)
	}
}
