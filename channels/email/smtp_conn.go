package email

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"
)

const (
	dotLimit      = 10 * time.Minute // for the answer to the final dot (RFC 5321 §4.5.3.2.6)
	connectionAge = 60 * time.Second // the age at which a connection is given up
)

// An smtpConn is one signed-in connection. It is used by one call at a time.
type smtpConn struct {
	guard   *guardedConn
	c       *smtp.Client
	timeout time.Duration
	used    int         // mails sent
	dirty   bool        // a transaction was begun and not ended
	old     atomic.Bool // not to be used again
}

// An envelope is what is said about a mail outside of it.
type envelope struct {
	from, to   string
	envelopeID string // for delivery reports; "" asks for none
	size       int64
}

// openSMTP connects and signs in.
func openSMTP(ctx context.Context, cred credentials, hello string, timeout time.Duration) (*smtpConn, error) {
	conn, retry, err := tryOpenSMTP(ctx, cred, hello, timeout)
	if retry {
		conn, _, err = tryOpenSMTP(ctx, cred, hello, timeout)
	}
	return conn, err
}

func tryOpenSMTP(ctx context.Context, cred credentials, hello string, timeout time.Duration) (conn *smtpConn, retry bool, err error) {
	g, speak, cfg, err := cred.ep.dial(ctx, timeout)
	if err != nil {
		return nil, false, err
	}
	g.keepDeadlines = true
	s := &smtpConn{guard: g, timeout: timeout}
	err = s.do(ctx, 2*timeout, func() error {
		if cred.ep.Security == SecurityStartTLS {
			if s.c, err = smtp.NewClientStartTLS(speak, cfg); err != nil {
				return smtpTLSError(err)
			}
		} else {
			s.c = smtp.NewClient(speak)
		}
		s.c.CommandTimeout, s.c.SubmissionTimeout = timeout, dotLimit
		if err := s.c.Hello(hello); err != nil {
			return err
		}
		retry, err = cred.smtpLogin(ctx, s.c)
		return err
	})
	if err != nil {
		g.abort(errFinished)
		return nil, retry, err
	}
	return s, false, nil
}

// smtpTLSError tells a server that does not encrypt from a lost connection.
func smtpTLSError(err error) error {
	var said *smtp.SMTPError
	if errors.As(err, &said) || strings.Contains(err.Error(), "support STARTTLS") {
		return fmt.Errorf("%w: %w", errTLS, err)
	}
	return handshakeError(err)
}

// do runs a part of the dialogue under a watchdog.
func (s *smtpConn) do(ctx context.Context, limit time.Duration, f func() error) error {
	s.guard.allow(1 << 20)
	s.guard.expect(s.timeout)
	defer s.guard.expect(0)
	defer s.guard.watch(limit)()
	defer context.AfterFunc(ctx, func() { s.guard.abort(context.Cause(ctx)) })()
	err := f()
	var said *smtp.SMTPError
	if why := s.guard.why(); err != nil && why != nil && !errors.As(err, &said) {
		return &linkError{why: why, err: err}
	}
	return err
}

// send transmits one mail to one recipient. It tells how far it came.
func (s *smtpConn) send(ctx context.Context, e envelope, raw io.Reader) (at step, reply string, err error) {
	at = stepMail
	limit := 4*s.timeout + time.Duration(e.size/slowestLink)*time.Second
	var data *smtp.DataCommand
	err = s.do(ctx, limit, func() error {
		if s.dirty {
			if err := s.c.Reset(); err != nil {
				return err
			}
		}
		s.dirty = true
		if err := s.c.Mail(e.from, e.mailOptions()); err != nil {
			return err
		}
		at = stepRcpt
		if err := s.c.Rcpt(e.to, e.rcptOptions()); err != nil {
			return err
		}
		at = stepData
		if data, err = s.c.Data(); err != nil {
			return err
		}
		n, err := io.Copy(data, raw)
		if err == nil && n != e.size {
			err = fmt.Errorf("the mail has %d bytes, not %d", n, e.size)
		}
		return err
	})
	if err != nil {
		if data != nil {
			// Ending the data properly would deliver half a mail.
			s.guard.abort(errUnsent)
			err = errors.Join(errUnsent, err)
		}
		return at, "", err
	}
	err = s.do(ctx, dotLimit+time.Minute, func() error {
		done, err := data.CloseWithResponse()
		if err == nil {
			reply = done.StatusText
		}
		return err
	})
	if err != nil && s.guard.unsent() {
		return stepData, "", errors.Join(errUnsent, err)
	}
	s.used++
	s.dirty = err != nil
	return stepDot, reply, err
}

// alive reports whether the connection can carry another mail.
func (s *smtpConn) alive(most int, err error) bool {
	var said *smtp.SMTPError
	if s.guard.why() != nil || s.old.Load() || s.used >= most {
		return false
	}
	return err == nil || errors.As(err, &said) && said.Code != 421
}

// quit leaves politely if that is possible at once.
func (s *smtpConn) quit() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if s.guard.why() == nil {
		_ = s.do(ctx, time.Second, s.c.Quit)
	}
	s.guard.abort(errFinished)
}

func (e envelope) mailOptions() *smtp.MailOptions {
	o := &smtp.MailOptions{Size: e.size, UTF8: !plainASCII(e.from) || !plainASCII(e.to)}
	if e.envelopeID != "" {
		o.Return, o.EnvelopeID = smtp.DSNReturnHeaders, e.envelopeID
	}
	return o
}

func (e envelope) rcptOptions() *smtp.RcptOptions {
	if e.envelopeID == "" {
		return nil
	}
	o := &smtp.RcptOptions{Notify: []smtp.DSNNotify{smtp.DSNNotifyFailure, smtp.DSNNotifyDelayed}}
	if plainASCII(e.to) {
		o.OriginalRecipientType, o.OriginalRecipient = smtp.DSNAddressTypeRFC822, e.to
	}
	return o
}

func plainASCII(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
