package email

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// credentials sign in to one endpoint.
type credentials struct {
	ep     Endpoint
	tokens *tokenSource  // nil without OAuth
	stall  time.Duration // how long the server may be silent while an answer is expected
}

// sasl gives the mechanism for an OAuth endpoint. cached tells whether a
// refusal may be the fault of an old token.
func (c credentials) sasl(ctx context.Context) (m sasl.Client, cached bool, err error) {
	token, cached, err := c.tokens.Token(ctx)
	if err != nil {
		return nil, false, err
	}
	if c.ep.Auth == AuthXOAuth2 {
		return xoauth2{user: c.ep.User, token: token}, cached, nil
	}
	return sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{
		Username: c.ep.User, Token: token, Host: c.ep.Host, Port: c.ep.Port,
	}), cached, nil
}

// imapLogin signs in. A server's no is a *refusal; retry says that it was given
// to a cached token, which is forgotten now.
func (c credentials) imapLogin(ctx context.Context, cl *imapclient.Client) (retry bool, err error) {
	if c.ep.Auth.oauth() {
		mech, cached, err := c.sasl(ctx)
		if err != nil {
			return false, err
		}
		if err = cl.Authenticate(mech); err != nil && cached {
			c.tokens.Invalidate()
		}
		return cached && err != nil, imapRefusal(err)
	}
	password, err := c.ep.Password.read()
	if err != nil {
		return false, &refusal{what: "password", why: err.Error()}
	}
	caps := cl.Caps()
	if caps.Has(imap.CapLoginDisabled) || caps.Has("AUTH=PLAIN") {
		return false, imapRefusal(cl.Authenticate(sasl.NewPlainClient("", c.ep.User, password)))
	}
	return false, imapRefusal(cl.Login(c.ep.User, password).Wait())
}

// imapRefusal tells a server's no from a lost connection.
func imapRefusal(err error) error {
	var no *imap.Error
	var bearer *sasl.OAuthBearerError
	var x *xoauth2Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &bearer), errors.As(err, &x):
		return &refusal{what: "sign-in", why: clip(err.Error(), 200)}
	case errors.As(err, &no) && (no.Code == imap.ResponseCodeUnavailable || no.Code == imap.ResponseCodeInUse || no.Code == imap.ResponseCodeServerBug):
		return fmt.Errorf("sign in: %w", err) // RFC 5530: the backend is away, nothing is wrong with us
	case errors.As(err, &no):
		return &refusal{what: "sign-in", why: clip(string(no.Code)+" "+no.Text, 200)}
	}
	return fmt.Errorf("sign in: %w", err)
}

// smtpLogin signs in. See imapLogin.
func (c credentials) smtpLogin(ctx context.Context, cl *smtp.Client) (retry bool, err error) {
	if c.ep.Auth == AuthAnonymous {
		return false, nil
	}
	if c.ep.Auth.oauth() {
		mech, cached, err := c.sasl(ctx)
		if err != nil {
			return false, err
		}
		if err = cl.Auth(mech); err != nil && cached {
			c.tokens.Invalidate()
		}
		return cached && err != nil, smtpRefusal(err)
	}
	password, err := c.ep.Password.read()
	if err != nil {
		return false, &refusal{what: "password", why: err.Error()}
	}
	switch {
	case cl.SupportsAuth(sasl.Plain):
		return false, smtpRefusal(cl.Auth(sasl.NewPlainClient("", c.ep.User, password)))
	case cl.SupportsAuth(sasl.Login):
		return false, smtpRefusal(cl.Auth(&saslLogin{answers: []string{c.ep.User, password}}))
	}
	return false, &refusal{what: "sign-in", why: "the server offers neither PLAIN nor LOGIN on this connection"}
}

// smtpRefusal tells a server's no from a lost connection and from a server that
// is busy (RFC 4954 §4: 454).
func smtpRefusal(err error) error {
	var said *smtp.SMTPError
	var bearer *sasl.OAuthBearerError
	var x *xoauth2Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &bearer), errors.As(err, &x):
		return &refusal{what: "sign-in", why: clip(err.Error(), 200)}
	case errors.As(err, &said) && !said.Temporary():
		return &refusal{what: "sign-in", why: clip(fmt.Sprintf("%d %s", said.Code, said.Message), 200)}
	}
	return fmt.Errorf("sign in: %w", err)
}

// xoauth2 is Google's and Microsoft's mechanism, which go-sasl no longer has.
type xoauth2 struct{ user, token string }

func (x xoauth2) Start() (mech string, ir []byte, err error) {
	return "XOAUTH2", []byte("user=" + x.user + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next is only called with the reason of a failure. Answering it with an empty
// line, as the documentation wants, makes go-imap send what Dovecot calls
// invalid base64: the error ends the attempt instead.
func (x xoauth2) Next(challenge []byte) ([]byte, error) {
	return nil, &xoauth2Error{why: string(challenge)}
}

type xoauth2Error struct{ why string }

func (e *xoauth2Error) Error() string { return "xoauth2: " + e.why }

// saslLogin is the old LOGIN mechanism, of which no standard says how the
// server asks: it asks twice, for the name and the password.
type saslLogin struct{ answers []string }

func (l *saslLogin) Start() (mech string, ir []byte, err error) { return sasl.Login, nil, nil }

func (l *saslLogin) Next([]byte) ([]byte, error) {
	if len(l.answers) == 0 {
		return nil, errors.New("login: the server asks for more than name and password")
	}
	answer := l.answers[0]
	l.answers = l.answers[1:]
	return []byte(answer), nil
}
