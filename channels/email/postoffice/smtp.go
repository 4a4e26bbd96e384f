package postoffice

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

func (o *Office) newSMTP() *smtp.Server {
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &transaction{office: o, conn: c}, nil
	}))
	s.Domain = o.host
	s.MaxRecipients = 100
	s.MaxMessageBytes = MaxMessageBytes
	s.MaxLineLength = 1 << 20
	s.ReadTimeout, s.WriteTimeout = 5*time.Minute, time.Minute
	s.AllowInsecureAuth = true // loopback only
	s.EnableSMTPUTF8, s.EnableDSN = true, true
	s.ErrorLog = logger{o.log, "smtp"}
	return s
}

// A transaction is one SMTP connection and the mail it is about.
type transaction struct {
	office *Office
	conn   *smtp.Conn
	signed *account // nil without sign-in

	from string
	mail smtp.MailOptions
	to   []recipient
}

// A recipient is one address of a mail.
type recipient struct {
	address string
	account *account // nil for an address whose mail comes back
	options smtp.RcptOptions
}

var _ smtp.AuthSession = (*transaction)(nil)

// AuthMechanisms lists how to sign in.
func (t *transaction) AuthMechanisms() []string { return []string{sasl.Plain, sasl.Login} }

// Auth begins signing in.
func (t *transaction) Auth(mech string) (sasl.Server, error) {
	signIn := func(name, password string) error {
		a := t.office.signIn(name, password)
		if a == nil {
			return smtp.ErrAuthFailed
		}
		t.signed = a
		return nil
	}
	switch mech {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, name, password string) error { return signIn(name, password) }), nil
	case sasl.Login:
		return &loginServer{signIn: signIn}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

// Mail begins a mail.
func (t *transaction) Mail(from string, opts *smtp.MailOptions) error {
	if err := t.fault(StageMail, ""); err != nil {
		return err
	}
	t.from, t.mail = from, *opts
	return nil
}

// Rcpt adds a recipient. Only the office's own accounts are served.
func (t *transaction) Rcpt(to string, opts *smtp.RcptOptions) error {
	if err := t.fault(StageRcpt, to); err != nil {
		return err
	}
	local, domain, _ := strings.Cut(strings.ToLower(to), "@")
	r := recipient{address: to, account: t.office.find(to), options: *opts}
	switch {
	case r.account != nil:
	case !t.office.domains[domain]:
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "Relaying denied"}
	case local != returned && !strings.HasPrefix(local, returned+"+"):
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "<" + to + ">: no such mailbox"}
	}
	t.to = append(t.to, r)
	return nil
}

// Data takes the mail and delivers it to every recipient.
func (t *transaction) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := t.fault(StageData, t.to[0].address); err != nil {
		return err
	}
	if err := t.deliver(raw); err != nil {
		return err
	}
	return t.fault(StageAnswer, t.to[0].address)
}

func (t *transaction) deliver(raw []byte) error {
	for _, r := range t.to {
		if r.account == nil {
			t.office.bounce(t, r, raw)
			continue
		}
		if err := t.office.Append(r.account.Address, inbox, t.stamp(r, raw)); err != nil {
			return fmt.Errorf("deliver: %w", err)
		}
	}
	return nil
}

// Reset forgets the mail, but not who signed in.
func (t *transaction) Reset() { t.from, t.mail, t.to = "", smtp.MailOptions{}, nil }

// Logout ends the connection.
func (t *transaction) Logout() error { return nil }

// loginServer is the LOGIN mechanism, which go-sasl has for clients only.
type loginServer struct {
	signIn func(name, password string) error
	name   string
	step   int
}

// Next takes the client's answers: first nothing or the name, then the rest.
func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if l.step == 0 && response == nil {
		l.step = 1
		return []byte("Username:"), false, nil
	}
	if l.step <= 1 {
		l.name, l.step = string(response), 2
		return []byte("Password:"), false, nil
	}
	return nil, true, l.signIn(l.name, string(response))
}
