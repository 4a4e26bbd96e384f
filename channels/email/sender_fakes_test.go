package email

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// tokenEndpoint gives out one access token.
func tokenEndpoint(token string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":3600}`, token)
	})
}

// An authBackend takes mail from those who signed in by one mechanism.
type authBackend struct {
	t    *testing.T
	mech string

	mu     sync.Mutex
	signed bool
}

func (b *authBackend) ok() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.signed
}

func (b *authBackend) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &authSession{b: b, c: c}, nil
}

type authSession struct {
	b *authBackend
	c *smtp.Conn
}

func (s *authSession) AuthMechanisms() []string { return []string{s.b.mech} }

func (s *authSession) Auth(string) (sasl.Server, error) { return &authExchange{s: s}, nil }

func (s *authSession) Mail(string, *smtp.MailOptions) error {
	if !s.b.ok() {
		return smtp.ErrAuthRequired
	}
	if _, ok := s.c.TLSConnectionState(); !ok {
		s.b.t.Error("the mail came over an unencrypted connection")
	}
	return nil
}
func (s *authSession) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (s *authSession) Data(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}
func (s *authSession) Reset()        {}
func (s *authSession) Logout() error { return nil }

// An authExchange takes whatever the mechanism says and looks for the secret.
type authExchange struct {
	s     *authSession
	heard string
}

func (a *authExchange) Next(response []byte) (challenge []byte, done bool, err error) {
	a.heard += string(response) + " "
	if a.s.b.mech == sasl.Login && len(strings.Fields(a.heard)) < 2 {
		return []byte("more:"), false, nil
	}
	secret := map[bool]string{true: "zeton", false: "b"}[strings.Contains(a.heard, "Bearer")]
	if !strings.Contains(a.heard, secret) || !strings.Contains(a.heard, bureauAddress) {
		return nil, false, smtp.ErrAuthFailed
	}
	a.s.b.mu.Lock()
	a.s.b.signed = true
	a.s.b.mu.Unlock()
	return nil, true, nil
}

type quietLogger struct{}

func (quietLogger) Printf(string, ...any) {}
func (quietLogger) Println(...any)        {}

func quietLog() *slog.Logger { return slog.New(slog.DiscardHandler) }
