package email

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// An Account is one mailbox of the bureau: read by IMAP, answered from by SMTP.
type Account struct {
	Name    string // short and stable: the intake ledger remembers mails under it
	Address string // of the mailbox; the envelope sender of everything that leaves
	IMAP    IMAPConfig
	SMTP    SMTPConfig
	OAuth   OAuthConfig
}

// A Security says how a connection is encrypted. There is no silent fallback:
// a server that does not offer what is configured is not talked to.
type Security string

// The securities. SecurityNone is for loopback and test servers.
const (
	SecurityTLS      Security = "tls"
	SecurityStartTLS Security = "starttls"
	SecurityNone     Security = "none"
)

// An AuthMethod is a way to sign in.
type AuthMethod string

// The methods. AuthAnonymous (SMTP only) does not sign in at all.
const (
	AuthPassword    AuthMethod = "password"
	AuthXOAuth2     AuthMethod = "xoauth2"     // Gmail, Microsoft 365
	AuthOAuthBearer AuthMethod = "oauthbearer" // RFC 7628
	AuthAnonymous   AuthMethod = "none"
)

// oauth reports whether the method needs an access token.
func (m AuthMethod) oauth() bool { return m == AuthXOAuth2 || m == AuthOAuthBearer }

// A Secret gives a password or token. It is asked anew at every sign-in, so
// that a replaced file counts without a restart.
type Secret func() (string, error)

// SecretFile reads the secret from a file, without the line end.
func SecretFile(path string) Secret {
	return func() (string, error) {
		b, err := os.ReadFile(path) //nolint:gosec // the path is the operator's
		if err != nil {
			return "", fmt.Errorf("read secret: %w", err)
		}
		return strings.TrimRight(string(b), "\r\n"), nil
	}
}

// SecretValue is a secret known beforehand, as in the demo.
func SecretValue(s string) Secret { return func() (string, error) { return s, nil } }

// read gives the secret; a missing one is an error, not an empty password.
func (s Secret) read() (string, error) {
	if s == nil {
		return "", errors.New("no secret is configured")
	}
	v, err := s()
	if err == nil && v == "" {
		err = errors.New("the secret is empty")
	}
	return v, err
}

// An Endpoint is a server and how to sign in to it.
type Endpoint struct {
	Host     string
	Port     int
	Security Security
	Auth     AuthMethod
	User     string
	Password Secret // for AuthPassword
	CAFile   string // PEM file of certificates to trust in place of the system's; "" = the system's

	seen func(tls.ConnectionState) // told about each verified connection; may be nil
}

func (e Endpoint) addr() string { return net.JoinHostPort(e.Host, strconv.Itoa(e.Port)) }

// A MarkMode is what becomes of a mail on the server once it is safe here.
type MarkMode string

// The modes. Where the server cannot do what is configured, the next of them is
// used: MarkMove needs the MOVE extension, MarkKeyword the right to set $S48.
const (
	MarkMove    MarkMode = "move"
	MarkKeyword MarkMode = "keyword"
	MarkSeen    MarkMode = "seen"
)

// IMAPConfig says how a mailbox is read. Nothing is ever deleted from it.
type IMAPConfig struct {
	Endpoint
	Folder          string
	Start           Start
	Mark            MarkMode
	Processed       string        // folder for MarkMove, created when missing
	Sent            string        // folder of sent mail; "" = the one the server names as such
	Batch           int           // mails a FETCH, 1 to 50
	BatchBytes      int64         // and their size together
	MaxMessageBytes int64         // larger mails are flagged Oversize
	Poll            time.Duration // between full sweeps, also when IDLE works
	Idle            bool          // let the server announce new mail (RFC 2177)
}

// SMTPConfig says how mail leaves.
type SMTPConfig struct {
	Endpoint
	Timeout          time.Duration // for the answer to one command
	MaxPerConnection int           // mails before the connection is renewed
	MaxConnections   int           // at the same time
	DSN              bool          // ask for delivery reports where the server offers them (RFC 3461)
	FilesSent        bool          // the provider files sent mail by itself: what is not there was not sent (known for Gmail and Microsoft 365)
	AppendSent       bool          // file what was sent in the Sent folder ourselves; not for providers that do
}

// OAuthConfig gets access tokens: with a refresh token when RefreshToken is set
// (RFC 6749 §6), with the client's own credentials otherwise (§4.4).
type OAuthConfig struct {
	TokenURL     string
	ClientID     string
	ClientSecret Secret // nil for a public client
	RefreshToken Secret
	// SaveRefreshToken keeps a renewed refresh token for the next start; nil
	// forgets it.
	SaveRefreshToken func(token string) error
	Scopes           []string
}

// A Start says from when on mails are contacts. Earlier ones are entered in the
// ledger as ignored, and nobody is written to.
type Start struct {
	now bool
	at  time.Time
}

// ParseStart reads "all", "now", a date ("2026-03-01", at midnight in loc) or a
// time (RFC 3339). Anything else is Invalid.
func ParseStart(s string, loc *time.Location) (Start, error) {
	switch s {
	case "all":
		return Start{}, nil
	case "now":
		return Start{now: true}, nil
	}
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		return Start{at: at}, nil
	}
	at, err := time.ParseInLocation(time.DateOnly, s, loc)
	if err != nil {
		return Start{}, &ticketing.Error{Kind: ticketing.Invalid, Field: "start_from", Key: "config.start_from"}
	}
	return Start{at: at}, nil
}

// Bounds of the configuration, and what zero values stand for.
const (
	maxBatch        = 50       // UIDs a FETCH
	maxBatchBytes   = 32 << 20 // and their bytes
	maxStoredBytes  = 100 << 20
	defaultMessage  = 35 << 20
	defaultPoll     = 5 * time.Minute
	defaultTimeout  = 2 * time.Minute
	defaultPerConn  = 50
	defaultConns    = 4
	maxConnections  = 16
	defaultFolder   = "INBOX"
	defaultFiled    = "Processed"
	keywordAccepted = "$S48"
)

// complete fills in the defaults.
func (a Account) complete() Account {
	setDefault(&a.IMAP.Folder, defaultFolder)
	setDefault(&a.IMAP.Mark, MarkMove)
	setDefault(&a.IMAP.Processed, defaultFiled)
	setDefault(&a.IMAP.Batch, maxBatch)
	setDefault(&a.IMAP.BatchBytes, maxBatchBytes)
	setDefault(&a.IMAP.MaxMessageBytes, defaultMessage)
	setDefault(&a.IMAP.Poll, defaultPoll)
	setDefault(&a.SMTP.Timeout, defaultTimeout)
	setDefault(&a.SMTP.MaxPerConnection, defaultPerConn)
	setDefault(&a.SMTP.MaxConnections, defaultConns)
	a.IMAP.Batch = min(a.IMAP.Batch, maxBatch)
	a.IMAP.BatchBytes = min(a.IMAP.BatchBytes, maxBatchBytes)
	a.IMAP.MaxMessageBytes = min(a.IMAP.MaxMessageBytes, maxStoredBytes)
	a.SMTP.MaxConnections = min(a.SMTP.MaxConnections, maxConnections)
	if filesSent(a.SMTP.Host) {
		a.SMTP.FilesSent, a.SMTP.AppendSent = true, false
	}
	return a
}

// filesSent reports whether a provider is known to file what it sends: a copy
// of ours would be a second one.
func filesSent(host string) bool {
	host = strings.ToLower(host)
	for _, domain := range []string{"gmail.com", "office365.com", "outlook.com"} {
		if host == domain || strings.HasSuffix(host, "."+domain) {
			return true
		}
	}
	return false
}

func setDefault[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}

// check reports the first thing about an endpoint that cannot work.
func (e Endpoint) check(field string) error {
	bad := func(name string) error {
		return &ticketing.Error{Kind: ticketing.Invalid, Field: field + "." + name, Key: "config.email." + name}
	}
	switch {
	case e.Host == "":
		return bad("host")
	case e.Port <= 0 || e.Port > 65535:
		return bad("port")
	case e.Security != SecurityTLS && e.Security != SecurityStartTLS && e.Security != SecurityNone:
		return bad("tls")
	case e.Auth != AuthAnonymous && e.User == "":
		return bad("user")
	case e.Auth == AuthPassword && e.Password == nil:
		return bad("password_file")
	case e.Auth != AuthPassword && !e.Auth.oauth() && (e.Auth != AuthAnonymous || field == "imap"):
		return bad("auth")
	}
	return nil
}

// check reports what OAuth lacks.
func (o OAuthConfig) check() error {
	bad := func(name string) error {
		return &ticketing.Error{Kind: ticketing.Invalid, Field: "oauth." + name, Key: "config.email.oauth_" + name}
	}
	switch {
	case !strings.HasPrefix(o.TokenURL, "https://") && !strings.HasPrefix(o.TokenURL, "http://127.0.0.1:"):
		return bad("token_url")
	case o.ClientID == "":
		return bad("client_id")
	case o.ClientSecret == nil && o.RefreshToken == nil:
		return bad("client_secret_file")
	}
	return nil
}
