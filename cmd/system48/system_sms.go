package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/sistem48/system48/channels"
	"github.com/sistem48/system48/channels/sms"
	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/gsm"
)

// smsSettings adds the accounts of text messages to what the core knows.
func (c Config) smsSettings(s *ticketing.Settings) {
	for i, a := range c.Channels.SMS {
		account := ticketing.Account{Name: a.Name, Channel: ticketing.ChannelSMS, Numbers: a.Numbers}
		if len(a.Numbers) > 0 {
			account.Address = a.Numbers[0]
		}
		s.Accounts = append(s.Accounts, account)
		if i == 0 {
			s.SMS = ticketing.SMSRules{
				Receipts: a.Autoreply.Enabled, PerHour: a.Autoreply.PerNumberPerHour, PerDay: a.Autoreply.PerNumberPerDay,
				Fold: gsm.Mode(a.Transliterate), MaxParts: a.MaxParts, PricePerPart: a.PricePerPart, Currency: a.Currency,
			}
		}
	}
}

// smsAccounts map the configuration to the adapter's.
func (c Config) smsAccounts() []sms.Account {
	var out []sms.Account
	for _, a := range c.Channels.SMS {
		account := sms.Account{
			Name: a.Name, SID: a.AccountSID, Numbers: a.Numbers, Service: a.Service, BaseURL: a.BaseURL, Region: c.City.Region,
			Timeout: a.Timeout, MaxMedia: int64(a.MaxMediaMB) << 20,
		}
		for _, path := range a.AuthTokenFiles {
			account.Tokens = append(account.Tokens, func() (string, error) { return readSecret(path) })
		}
		out = append(out, account)
	}
	return out
}

// openTexts makes the adapters of text messages, if there are any accounts.
func (s *system) openTexts(t *traffic, holder string) error {
	accounts := s.cfg.smsAccounts()
	if len(accounts) == 0 {
		return nil
	}
	wrong := func(err error) error { return withCode(exitConfig, fmt.Errorf("channels.sms: %w", err)) }
	dispatch := &ticketing.Dispatch{Bureau: s.bureau}
	hooks, err := sms.NewHooks(accounts, sms.HookDeps{
		PublicURL: s.cfg.PublicURL, Ledger: s.db, Leases: s.db, Blobs: s.blobs, Hear: dispatch.Hear, OnArrival: t.receiver.Wake,
		Now: s.now, Log: s.log, Holder: holder,
	})
	if err != nil {
		return wrong(err)
	}
	t.texts = hooks
	t.receiver.Parsers[ticketing.ChannelSMS] = sms.NewParser(accounts, s.blobs, s.log)
	courier := &channels.Courier{
		Channel: ticketing.ChannelSMS, Outbox: s.db, Dispatch: dispatch, Blobs: s.blobs, Senders: map[string]channels.Sender{}, Now: s.now, Log: s.log,
	}
	for _, a := range accounts {
		sender, err := sms.NewSender(a, sms.SenderDeps{PublicURL: s.cfg.PublicURL, Taken: dispatch.Knows, Now: s.now, Log: s.log})
		if err != nil {
			return wrong(err)
		}
		courier.Senders[a.Name] = sender
		source, err := sms.NewSource(a, sms.SourceDeps{
			Hooks: hooks, Ledger: s.db, Leases: s.db, Taken: dispatch.Knows, Now: s.now, Log: s.log, Holder: holder,
		})
		if err != nil {
			return wrong(err)
		}
		t.sources = append(t.sources, source)
	}
	t.couriers = append(t.couriers, courier)
	return nil
}

// textHooks are what the provider of text messages calls.
func (t *traffic) textHooks() map[string]http.Handler {
	if t.texts == nil {
		return nil
	}
	return t.texts.Handlers()
}

// A hookCollector tells what became of what was called.
type hookCollector struct{ texts *sms.Hooks }

var hookRequests = desc("sms_hook_requests_total", "Requests to the hooks of text messages by what became of them.", "result")

// Describe implements prometheus.Collector.
func (c *hookCollector) Describe(ch chan<- *prometheus.Desc) { ch <- hookRequests }

// Collect implements prometheus.Collector.
func (c *hookCollector) Collect(ch chan<- prometheus.Metric) {
	n := c.texts.Counts()
	for result, v := range map[string]int64{"accepted": n.Accepted, "repeated": n.Repeated, "refused": n.Refused, "away": n.Away} {
		ch <- prometheus.MustNewConstMetric(hookRequests, prometheus.CounterValue, float64(v), result)
	}
}

// examineTexts looks at the accounts of text messages.
func examineTexts(ctx context.Context, cfg Config) []finding {
	var list []finding
	for _, a := range cfg.smsAccounts() {
		for _, f := range sms.Examine(ctx, a, cfg.PublicURL) {
			list = append(list, finding{Name: "sms " + a.Name + ": " + f.Name, OK: f.OK, Detail: f.Detail, Remedy: f.Remedy})
		}
	}
	return list
}
