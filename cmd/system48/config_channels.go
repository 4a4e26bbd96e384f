package main

import "time"

// ChannelsConfig lists the ways citizens reach the bureau.
type ChannelsConfig struct {
	UndoWait time.Duration  `yaml:"undo_wait"` // how long an agent may take a message back before it leaves; 0 = not at all
	Email    []EmailAccount `yaml:"email"`
	Phone    []PhoneSource  `yaml:"phone"`
	SMS      []SMSAccount   `yaml:"sms"`
}

// An EmailAccount is one mailbox of the bureau, read by IMAP and answered from
// by SMTP.
type EmailAccount struct {
	Name               string          `yaml:"name"`    // short and stable: the intake ledger remembers mails under it
	Address            string          `yaml:"address"` // of the mailbox
	Aliases            []string        `yaml:"aliases"` // further addresses that are delivered to it
	IMAP               IMAPConfig      `yaml:"imap"`
	SMTP               SMTPConfig      `yaml:"smtp"`
	OAuth              OAuthConfig     `yaml:"oauth"`                // for auth: xoauth2 and oauthbearer
	PlusAddressing     bool            `yaml:"plus_addressing"`      // the server delivers name+anything@ to name@
	ReplyDomain        string          `yaml:"reply_domain"`         // of Message-IDs; "" = domain of address
	TrustedAuthservIDs []string        `yaml:"trusted_authserv_ids"` // whose Authentication-Results are believed
	OwnLists           []string        `yaml:"own_lists"`            // List-Id of mailing lists by which citizens' mail comes: not taken for bulk mail
	Autoreply          AutoreplyConfig `yaml:"autoreply"`            // receipts and other mail that no person wrote
}

// IMAPConfig says how a mailbox is read. Nothing is ever deleted from it.
type IMAPConfig struct {
	Host         string        `yaml:"host"`
	Port         int           `yaml:"port"` // 0 = 993 for tls, else 143
	TLS          string        `yaml:"tls"`  // tls, starttls or none
	User         string        `yaml:"user"` // "" = address
	Auth         string        `yaml:"auth"` // password, xoauth2 or oauthbearer
	PasswordFile string        `yaml:"password_file"`
	CAFile       string        `yaml:"ca_file"` // certificates to trust in place of the system's
	Folder       string        `yaml:"folder"`
	StartFrom    string        `yaml:"start_from"`     // all, now, or a date: what was there before is ledgered, not answered
	Mark         string        `yaml:"mark"`           // what becomes of a mail that is safe here: move, keyword or seen
	Processed    string        `yaml:"processed"`      // folder for mark: move
	Failed       string        `yaml:"failed"`         // folder for mails that could not be read, for mark: move
	Batch        int           `yaml:"batch"`          // mails a FETCH, at most 50
	BatchMB      int           `yaml:"batch_mb"`       // and their size
	MaxMessageMB int           `yaml:"max_message_mb"` // larger mails are kept raw and not taken apart
	PollInterval time.Duration `yaml:"poll_interval"`  // between sweeps, also when IDLE works
	Idle         bool          `yaml:"idle"`           // let the server announce new mail
}

// SMTPConfig says how mail leaves.
type SMTPConfig struct {
	Host             string        `yaml:"host"`
	Port             int           `yaml:"port"` // 0 = 465 for tls, 587 for starttls, else 25
	TLS              string        `yaml:"tls"`  // tls, starttls or none
	User             string        `yaml:"user"` // "" = address
	Auth             string        `yaml:"auth"` // none, password, xoauth2 or oauthbearer
	PasswordFile     string        `yaml:"password_file"`
	CAFile           string        `yaml:"ca_file"`
	From             string        `yaml:"from"`    // From of letters, with or without a name; "" = address
	Timeout          time.Duration `yaml:"timeout"` // for one command of the server
	MaxPerConnection int           `yaml:"max_per_connection"`
	DSN              bool          `yaml:"dsn"`         // ask for delivery reports when the server offers them
	AppendSent       bool          `yaml:"append_sent"` // file what was sent in the Sent folder; Gmail and Microsoft 365 do it themselves
}

// OAuthConfig gets access tokens for a mailbox: with a refresh token, or with
// client credentials when there is none.
type OAuthConfig struct {
	TokenURL         string   `yaml:"token_url"`
	ClientID         string   `yaml:"client_id"`
	ClientSecretFile string   `yaml:"client_secret_file"`
	RefreshTokenFile string   `yaml:"refresh_token_file"`
	Scopes           []string `yaml:"scopes"`
}

// AutoreplyConfig caps mail that no person wrote. What is over a cap waits or
// is gathered into one letter; nothing is dropped.
type AutoreplyConfig struct {
	Enabled           bool `yaml:"enabled"`
	PerAddressPerHour int  `yaml:"per_address_per_hour"` // to a sender whose domain is not confirmed
	PerAddressPerDay  int  `yaml:"per_address_per_day"`
	VerifiedPerDay    int  `yaml:"verified_per_day"` // to a sender whose domain is (dmarc=pass)
	OverallPerHour    int  `yaml:"overall_per_hour"`
}

// setDefaults fills a new account in before the file is laid over it.
func (a *EmailAccount) setDefaults() {
	a.IMAP = IMAPConfig{
		TLS: "tls", Auth: "password", Folder: "INBOX", Mark: "move", Processed: "Processed", Failed: "Failed",
		Batch: 50, BatchMB: 32, MaxMessageMB: 35, PollInterval: 5 * time.Minute, Idle: true,
	}
	a.SMTP = SMTPConfig{TLS: "starttls", Auth: "password", Timeout: time.Minute, MaxPerConnection: 50, DSN: true}
	a.PlusAddressing = true
	a.Autoreply = AutoreplyConfig{Enabled: true, PerAddressPerHour: 2, PerAddressPerDay: 3, VerifiedPerDay: 20, OverallPerHour: 500}
}

// complete fills in what follows from other keys.
func (a *EmailAccount) complete() {
	if a.IMAP.Port == 0 {
		a.IMAP.Port = map[string]int{"tls": 993}[a.IMAP.TLS]
		if a.IMAP.Port == 0 {
			a.IMAP.Port = 143
		}
	}
	if a.SMTP.Port == 0 {
		a.SMTP.Port = map[string]int{"tls": 465, "starttls": 587}[a.SMTP.TLS]
		if a.SMTP.Port == 0 {
			a.SMTP.Port = 25
		}
	}
	setIfEmpty(&a.IMAP.User, a.Address)
	setIfEmpty(&a.SMTP.User, a.Address)
	setIfEmpty(&a.SMTP.From, a.Address)
	setIfEmpty(&a.ReplyDomain, domainOf(a.Address))
}

func setIfEmpty(s *string, v string) {
	if *s == "" {
		*s = v
	}
}
