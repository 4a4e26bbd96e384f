package main

import (
	"fmt"
	"net/mail"
	"os"
	"strings"

	"github.com/sistem48/system48/channels"
	"github.com/sistem48/system48/channels/email"
	"github.com/sistem48/system48/channels/sms"
	"github.com/sistem48/system48/ticketing"
)

// A traffic is everything that moves contacts in and answers out.
type traffic struct {
	sources  []channels.Source
	receiver *channels.Receiver
	courier  *channels.Courier // of mail
	senders  []*email.Sender
	couriers []*channels.Courier // of the other channels
	texts    *sms.Hooks          // nil without text messages
}

// openTraffic makes the adapters of the configured channels; nothing runs yet.
func (s *system) openTraffic(holder string) (*traffic, error) {
	t := &traffic{}
	parser := email.NewParser(s.blobs, s.parserConfig(), s.log.With("part", "parser"))
	t.receiver = &channels.Receiver{
		Ledger: s.db, Parsers: map[ticketing.Channel]channels.Parser{ticketing.ChannelEmail: parser},
		Intake: &ticketing.Intake{Bureau: s.bureau}, Now: s.now, Log: s.log,
	}
	t.courier = &channels.Courier{
		Channel: ticketing.ChannelEmail, Outbox: s.db, Dispatch: &ticketing.Dispatch{Bureau: s.bureau}, Blobs: s.blobs,
		Senders: map[string]channels.Sender{}, Now: s.now, Log: s.log,
	}
	for _, a := range s.cfg.Channels.Email {
		account, err := s.emailAccount(a)
		if err != nil {
			return nil, err
		}
		if t.courier.AutoPerHour == 0 {
			t.courier.AutoPerHour = a.Autoreply.OverallPerHour
		}
		sender, err := email.NewSender(account, email.SenderDeps{
			Blobs: s.blobs, Log: s.log.With("part", "sender"), Now: s.now, Compose: s.composeOptions(a),
		})
		if err != nil {
			return nil, withCode(exitConfig, fmt.Errorf("channels.email %s: %w", a.Name, err))
		}
		t.senders = append(t.senders, sender)
		t.courier.Senders[a.Name] = sender
		source, err := email.NewSource(account, email.SourceDeps{
			Ledger: s.db, Leases: s.db, Blobs: s.blobs, Log: s.log.With("part", "source"), Now: s.now,
			Holder: holder, OnArrival: t.receiver.Wake,
		})
		if err != nil {
			return nil, withCode(exitConfig, fmt.Errorf("channels.email %s: %w", a.Name, err))
		}
		t.sources = append(t.sources, source)
	}
	if err := s.addCallLogs(t); err != nil {
		return nil, err
	}
	return t, s.openTexts(t, holder)
}

// loopMark names this installation in X-S48-Loop: its own mail is known again
// wherever it comes from.
func (c Config) loopMark() string {
	host := strings.TrimPrefix(strings.TrimPrefix(c.PublicURL, "https://"), "http://")
	return strings.Map(func(r rune) rune {
		if r == ':' || r == '/' {
			return '-'
		}
		return r
	}, host)
}

// composeOptions say how the account's mails look.
func (s *system) composeOptions(a EmailAccount) email.ComposeOptions {
	from := ticketing.Party{Address: a.Address}
	if parsed, err := mail.ParseAddress(a.SMTP.From); err == nil {
		from = ticketing.Party{Name: parsed.Name, Address: parsed.Address}
	}
	return email.ComposeOptions{From: from, Loop: s.cfg.loopMark(), Location: s.zone, MaxBytes: int64(s.cfg.Limits.OutgoingMB) << 20}
}

func (s *system) parserConfig() email.ParserConfig {
	cfg := email.ParserConfig{
		Loop: s.cfg.loopMark(),
		OwnMessageID: func(id string) bool {
			_, ok := s.bureau.Keys.VerifyMessageID(id)
			return ok
		},
	}
	for _, a := range s.cfg.Channels.Email {
		cfg.Accounts = append(cfg.Accounts, email.ParserAccount{
			Name: a.Name, Addresses: append([]string{a.Address}, a.Aliases...), TrustedAuthservIDs: a.TrustedAuthservIDs,
			MaxMessage: int64(a.IMAP.MaxMessageMB) << 20,
		})
		cfg.OwnLists = append(cfg.OwnLists, a.OwnLists...)
		cfg.Domains = append(cfg.Domains, domainOf(a.Address))
	}
	return cfg
}

// emailAccount maps the configuration of a mailbox to its adapter's.
func (s *system) emailAccount(a EmailAccount) (email.Account, error) {
	start, err := email.ParseStart(a.IMAP.StartFrom, s.zone)
	if err != nil {
		return email.Account{}, withCode(exitConfig, fmt.Errorf("channels.email %s: %w", a.Name, err))
	}
	return email.Account{
		Name: a.Name, Address: a.Address,
		IMAP: email.IMAPConfig{
			Endpoint: email.Endpoint{
				Host: a.IMAP.Host, Port: a.IMAP.Port, Security: email.Security(a.IMAP.TLS), Auth: email.AuthMethod(a.IMAP.Auth),
				User: a.IMAP.User, Password: secretOf(a.IMAP.PasswordFile), CAFile: a.IMAP.CAFile,
			},
			Folder: a.IMAP.Folder, Start: start, Mark: email.MarkMode(a.IMAP.Mark), Processed: a.IMAP.Processed,
			Batch: a.IMAP.Batch, BatchBytes: int64(a.IMAP.BatchMB) << 20, MaxMessageBytes: int64(a.IMAP.MaxMessageMB) << 20,
			Poll: a.IMAP.PollInterval, Idle: a.IMAP.Idle,
		},
		SMTP: email.SMTPConfig{
			Endpoint: email.Endpoint{
				Host: a.SMTP.Host, Port: a.SMTP.Port, Security: email.Security(a.SMTP.TLS), Auth: email.AuthMethod(a.SMTP.Auth),
				User: a.SMTP.User, Password: secretOf(a.SMTP.PasswordFile), CAFile: a.SMTP.CAFile,
			},
			Timeout: a.SMTP.Timeout, MaxPerConnection: a.SMTP.MaxPerConnection, DSN: a.SMTP.DSN,
			AppendSent: a.SMTP.AppendSent,
		},
		OAuth: oauthOf(a.OAuth),
	}, nil
}

func oauthOf(o OAuthConfig) email.OAuthConfig {
	out := email.OAuthConfig{
		TokenURL: o.TokenURL, ClientID: o.ClientID, ClientSecret: secretOf(o.ClientSecretFile),
		RefreshToken: secretOf(o.RefreshTokenFile), Scopes: o.Scopes,
	}
	if path := o.RefreshTokenFile; path != "" {
		out.SaveRefreshToken = func(token string) error { return replaceFile(path, []byte(token+"\n")) }
	}
	return out
}

func secretOf(path string) email.Secret {
	if path == "" {
		return nil
	}
	return email.SecretFile(path)
}

// replaceFile writes a file whole or not at all, readable by its owner only.
func replaceFile(path string, data []byte) error {
	tmp := path + ".new"
	if err := os.WriteFile(tmp, data, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}
