package sms

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/sistem48/system48/ticketing"
)

// SourceDeps is what a Source works with.
type SourceDeps struct {
	Hooks  *Hooks // by which found messages are entered
	Ledger ticketing.IntakeLedger
	Leases ticketing.Leases
	// Taken reports whether a delivery is known by the provider's name.
	Taken  func(ctx context.Context, providerID string) (bool, error)
	Now    func() time.Time
	Log    *slog.Logger
	Holder string // of this process
	Every  time.Duration
}

// A Source compares what the provider lists for an account with the ledger and
// the outbox: a webhook that was refused while we were away does not come again.
// It implements channels.Source.
type Source struct {
	account Account
	link    *link
	deps    SourceDeps
	log     *slog.Logger
	since   time.Time // what is older was compared before
}

const (
	compareEvery = 15 * time.Minute
	compareRetry = time.Minute        // after a fault of the provider
	compareBack  = 7 * 24 * time.Hour // how far a new process looks back
	compareLap   = time.Hour          // how far two looks overlap: lists lag behind
	comparePages = 400
)

// NewSource makes the Source of an account; errors are those of NewSender.
func NewSource(a Account, deps SourceDeps) (*Source, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	if deps.Every <= 0 {
		deps.Every = compareEvery
	}
	a = a.complete()
	return &Source{account: a, link: newLink(a), deps: deps, log: deps.Log.With("account", a.Name)}, nil
}

// Name is the configured account's name.
func (s *Source) Name() string { return s.account.Name }

// Run compares at once and then every quarter of an hour, until ctx ends. Of
// several processes one does it.
func (s *Source) Run(ctx context.Context) error {
	lease, holder := "sms/"+s.account.Name, s.deps.Holder
	failing := false
	for ctx.Err() == nil {
		wait := s.deps.Every
		fence, mine, err := s.deps.Leases.Acquire(ctx, lease, holder, 2*s.deps.Every)
		if err == nil && mine {
			err = s.Compare(ctx)
			if ctx.Err() != nil {
				_ = s.deps.Leases.Release(context.WithoutCancel(ctx), fence, holder) // it ends by itself too
			}
		}
		switch {
		case err != nil && ctx.Err() == nil:
			if !failing {
				s.log.WarnContext(ctx, "messages are not compared with the provider's list", "part", "sms", "err", err)
			}
			failing, wait = true, min(wait, compareRetry)
		case err == nil && failing:
			s.log.InfoContext(ctx, "messages are compared again", "part", "sms")
			failing = false
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
	return nil
}

// Compare enters texts that the ledger does not know and hears how far sent ones
// came.
func (s *Source) Compare(ctx context.Context) error {
	now := s.deps.Now().UTC()
	first, err := s.deps.Ledger.MailboxStart(ctx, s.account.Name, now)
	if err != nil {
		return err
	}
	since := s.since
	if since.IsZero() {
		since = now.Add(-compareBack)
	}
	if since.Before(first) {
		since = first
	}
	err = s.compare(ctx, since.Add(-time.Minute))
	health := ticketing.MailboxHealth{Account: s.account.Name, State: "ok", Since: now, UpdatedAt: now, LastSuccess: now}
	if err != nil {
		health.State, health.Detail, health.LastSuccess = healthOf(err), "the provider's list cannot be read", s.since
	} else {
		s.since = now.Add(-compareLap)
	}
	return errors.Join(err, s.deps.Ledger.SaveMailboxHealth(ctx, health))
}

func healthOf(err error) string {
	var call *callError
	if errors.As(err, &call) {
		return "unreachable"
	}
	if strings.Contains(err.Error(), "Status: 401") {
		return "auth_failed"
	}
	return "error"
}

func (s *Source) compare(ctx context.Context, since time.Time) error {
	p := (&api.ListMessageParams{}).SetDateSentAfter(since.Truncate(24 * time.Hour)).SetPageSize(200)
	var fault error
	err := s.link.pages(p, comparePages, func(m api.ApiV2010Message) bool {
		if made := when(m.DateCreated); !made.IsZero() && made.Before(since) {
			return true // lists are by day
		}
		if fault = s.look(ctx, m); fault != nil || ctx.Err() != nil {
			return false
		}
		return true
	})
	return errors.Join(err, fault)
}

// look works one listed message.
func (s *Source) look(ctx context.Context, m api.ApiV2010Message) error {
	if field(m.Direction) == "inbound" {
		return s.lookIn(ctx, m)
	}
	code := ""
	if m.ErrorCode != nil {
		code = strconv.Itoa(*m.ErrorCode)
	}
	at := when(m.DateUpdated)
	if at.IsZero() {
		at = s.deps.Now()
	}
	report, ok := reportOf(field(m.Sid), field(m.Status), code, at)
	if !ok || report.State == ticketing.ProviderAccepted || report.State == ticketing.ProviderSent {
		return nil
	}
	taken, err := s.deps.Taken(ctx, report.ID)
	if err != nil || !taken {
		return err // of another program that uses the account
	}
	return s.deps.Hooks.deps.Hear(ctx, report)
}

// lookIn enters a text that no webhook brought.
func (s *Source) lookIn(ctx context.Context, m api.ApiV2010Message) error {
	form := url.Values{
		"MessageSid": {field(m.Sid)}, "AccountSid": {s.account.SID}, "From": {field(m.From)}, "To": {field(m.To)}, "Body": {field(m.Body)},
	}
	if service := field(m.MessagingServiceSid); service != "" {
		form.Set("MessagingServiceSid", service)
	}
	sid := sidOf(form)
	if a := s.deps.Hooks.account(form); sid == "" || a == nil || a.Name != s.account.Name {
		return nil
	}
	uid := uidOf(sid)
	known, err := s.deps.Ledger.Known(ctx, ledgerBox(s.account.Name), []uint32{uid})
	if err != nil || known[uid] {
		return err
	}
	if err := s.media(m, form); err != nil {
		return err
	}
	raw := []byte(form.Encode())
	at := when(m.DateSent)
	if at.IsZero() {
		at = when(m.DateCreated)
	}
	if at.IsZero() || at.After(s.deps.Now()) {
		at = s.deps.Now()
	}
	if _, err := s.deps.Hooks.enter(ctx, arrival(&s.account, form, sid, raw, at), raw); err != nil {
		return fmt.Errorf("enter a listed text: %w", err)
	}
	s.log.InfoContext(ctx, "a text was found in the provider's list", "part", "sms")
	s.deps.Hooks.deps.OnArrival()
	return nil
}

// media adds where the photos of a listed text are.
func (s *Source) media(m api.ApiV2010Message, form url.Values) error {
	form.Set("NumMedia", "0")
	if n, _ := strconv.Atoi(field(m.NumMedia)); n == 0 {
		return nil
	}
	service, err := s.link.service()
	if err != nil {
		return err
	}
	list, err := service.PageMedia(field(m.Sid), (&api.ListMediaParams{}).SetPageSize(maxMediaFiles), "", "")
	if err != nil {
		return err
	}
	base := s.account.BaseURL
	if base == "" {
		base = "https://" + apiHost
	}
	for i, one := range list.MediaList {
		form.Set("MediaUrl"+strconv.Itoa(i), strings.TrimSuffix(base, "/")+strings.TrimSuffix(field(one.Uri), ".json"))
	}
	form.Set("NumMedia", strconv.Itoa(min(len(list.MediaList), maxMediaFiles)))
	return nil
}
