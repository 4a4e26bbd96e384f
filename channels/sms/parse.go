package sms

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"strconv"
	"strings"

	"github.com/sistem48/system48/channels"
	"github.com/sistem48/system48/channels/twilio"
	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/number"
)

// A Parser turns ledgered texts into contacts. It implements channels.Parser.
type Parser struct {
	accounts map[string]*parsing
	blobs    ticketing.Blobs
	log      *slog.Logger
}

type parsing struct {
	Account
	media *fetcher
}

// NewParser makes a Parser for the accounts.
func NewParser(accounts []Account, blobs ticketing.Blobs, log *slog.Logger) *Parser {
	p := &Parser{accounts: map[string]*parsing{}, blobs: blobs, log: log}
	for _, a := range accounts {
		a = a.complete()
		p.accounts[a.Name] = &parsing{Account: a, media: newFetcher(a)}
	}
	return p
}

// Notes of a text whose files are not all here.
const (
	noteRefused = "media_refused" // an address that is not the provider's
	noteFailed  = "media_failed"  // the provider did not give it
	noteLarge   = "media_large"   // larger than what is taken
)

// mediaTries is how often a text waits for its files; then it comes without.
const mediaTries = 3

// Parse reads a ledgered text; see channels.Parser.
func (p *Parser) Parse(ctx context.Context, e ticketing.LedgerEntry) (ticketing.Inbound, error) {
	rc, err := p.blobs.Open(ctx, e.Arrival.RawKey)
	if err != nil {
		return ticketing.Inbound{}, fmt.Errorf("open a text: %w", err)
	}
	raw, err := io.ReadAll(io.LimitReader(rc, twilio.MaxBody+1))
	if err = errors.Join(err, rc.Close()); err != nil {
		return ticketing.Inbound{}, fmt.Errorf("read a text: %w", err)
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return channels.Unreadable(e), nil //nolint:nilerr // a text nobody can read is a ticket all the same
	}
	a := p.accounts[e.Arrival.Box.Account]
	if a == nil {
		a = &parsing{} // no longer configured: what was written counts all the same
	}
	in := contact(e, form, a.Region)
	if err := p.files(ctx, a, e, form, &in); err != nil {
		return ticketing.Inbound{}, err
	}
	return in, nil
}

// contact reads the fields of a text.
func contact(e ticketing.LedgerEntry, form url.Values, region string) ticketing.Inbound {
	body := strings.ToValidUTF8(form.Get("Body"), "\ufffd")
	in := ticketing.Inbound{
		Ledger: e.ID, Channel: ticketing.ChannelSMS, Account: e.Arrival.Box.Account, Text: body, FoldAt: len(body),
		MessageID: e.Arrival.MessageID, ReceivedAt: e.Arrival.ReceivedAt, RawKey: e.Arrival.RawKey, RawSHA256: e.Arrival.RawSHA256,
		Told: form.Get("OptOutType") != "",
	}
	// A number is an address and proves nothing; what is none is only shown.
	if n := number.Parse(form.Get("From"), region); n.Full() {
		in.From.Address = n.E164
	} else {
		in.From.Name = n.Raw
	}
	in.Language, in.LanguageSure = lang.Detect(body)
	return in
}

// files brings the photos of a text. While the provider does not give them, the
// text waits for a little, then it comes without and says so.
func (p *Parser) files(ctx context.Context, a *parsing, e ticketing.LedgerEntry, form url.Values, in *ticketing.Inbound) error {
	n, _ := strconv.Atoi(form.Get("NumMedia"))
	note := func(s string) {
		in.Partial = true
		for _, have := range in.Notes {
			if have == s {
				return
			}
		}
		in.Notes = append(in.Notes, s)
	}
	for i := range min(n, maxMediaFiles) {
		address := form.Get("MediaUrl" + strconv.Itoa(i))
		f, err := a.media.fetch(ctx, p.blobs, address, i+1)
		switch {
		case err == nil:
			in.Files = append(in.Files, f)
		case errors.Is(err, errForeign):
			note(noteRefused)
		case errors.Is(err, errLarge):
			note(noteLarge)
		case e.Attempts < mediaTries && !errors.Is(err, errGone):
			return fmt.Errorf("fetch a photo: %w", err)
		default:
			p.log.WarnContext(ctx, "photo not fetched", "part", "sms", "ledger", int64(e.ID), "err", err)
			note(noteFailed)
		}
	}
	return nil
}
