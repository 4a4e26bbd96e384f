package email

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/sistem48/system48/channels"
	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

const (
	// DefaultMaxMessage is the size in bytes up to which a mail is taken apart
	// when an account says nothing else.
	DefaultMaxMessage = 35 << 20
	// DefaultTimeLimit is how long one mail may be worked on.
	DefaultTimeLimit = 20 * time.Second
	// oversizeRead is how much is read of the body of a larger mail, in bytes.
	oversizeRead = 256 << 10
)

// unreadableText stands for the text of a mail that could not be read, in the
// two languages every agent has one of.
const unreadableText = "[Ova poruka nije mogla biti pročitana; original je u prilogu.]\n[This message could not be read; the original is attached.]"

// A ParserAccount is what the parser must know of one mailbox.
type ParserAccount struct {
	Name      string
	Addresses []string // its address and aliases, without tags
	// TrustedAuthservIDs are the names under which the city's own mail servers
	// write Authentication-Results. "-" means results without a name, as
	// Microsoft 365 writes them. The servers named must remove forged results
	// that come in under their names (RFC 8601 §5).
	TrustedAuthservIDs []string
	MaxMessage         int64 // bytes up to which a mail is taken apart; 0 = DefaultMaxMessage
}

// A ParserConfig says what the parser must know of the bureau.
type ParserConfig struct {
	Accounts []ParserAccount
	Domains  []string // the city's own mail domains: a sender there must pass DMARC
	OwnLists []string // List-Id of mailing lists that are the bureau's own way of receiving mail
	Loop     string   // this installation's mark in X-S48-Loop; "" = none
	// OwnMessageID reports whether a Message-ID is one of ours with a valid
	// signature; nil = none is.
	OwnMessageID func(id string) bool
	TimeLimit    time.Duration // for one mail; 0 = DefaultTimeLimit
}

// A Parser turns stored mails into Inbounds. It implements channels.Parser and
// may be used by several goroutines at once.
type Parser struct {
	blobs    ticketing.Blobs
	log      *slog.Logger
	cfg      ParserConfig
	accounts map[string]ParserAccount
	own      []ownAddress
	take     func(raw []byte, e ticketing.LedgerEntry, oversize bool) *reading // replaced by tests
}

var _ channels.Parser = (*Parser)(nil)

// NewParser gives a Parser that reads mails from blobs and stores their files
// and HTML bodies there.
func NewParser(blobs ticketing.Blobs, cfg ParserConfig, log *slog.Logger) *Parser {
	if cfg.TimeLimit <= 0 {
		cfg.TimeLimit = DefaultTimeLimit
	}
	p := &Parser{blobs: blobs, log: log, cfg: cfg, accounts: map[string]ParserAccount{}}
	for _, a := range cfg.Accounts {
		p.accounts[a.Name] = a
		p.own = append(p.own, ownAddresses(a.Addresses)...)
	}
	p.take = p.takeApart
	return p
}

// A reading is what was found in one mail before its files were stored.
type reading struct {
	in    ticketing.Inbound
	html  string
	files []pendingFile
}

// Parse reads the mail of a ledger entry. Whatever a citizen sent gives an
// Inbound; an error is about the blob store or ctx, and the entry should be
// tried again.
func (p *Parser) Parse(ctx context.Context, e ticketing.LedgerEntry) (ticketing.Inbound, error) {
	raw, oversize, err := p.load(ctx, e)
	if err != nil {
		return ticketing.Inbound{}, fmt.Errorf("load mail of ledger entry %d: %w", e.ID, err)
	}
	r, err := p.analyse(ctx, raw, e, oversize)
	if err != nil {
		return ticketing.Inbound{}, err
	}
	in, err := p.keep(ctx, r)
	if err != nil {
		return ticketing.Inbound{}, fmt.Errorf("store files of ledger entry %d: %w", e.ID, err)
	}
	return in, nil
}

// load reads the stored bytes, never more than the account's bound. Of an
// oversize mail only the beginning is read.
func (p *Parser) load(ctx context.Context, e ticketing.LedgerEntry) (raw []byte, oversize bool, err error) {
	limit := p.accounts[e.Arrival.Box.Account].MaxMessage
	if limit <= 0 {
		limit = DefaultMaxMessage
	}
	oversize = e.Arrival.Oversize || e.Arrival.RawSize > limit
	if oversize {
		limit = min(limit, maxHeadBytes+oversizeRead)
	}
	rc, err := p.blobs.Open(ctx, e.Arrival.RawKey)
	if err != nil {
		return nil, false, err
	}
	defer func() { err = errors.Join(err, rc.Close()) }()
	var b bytes.Buffer
	if size := min(e.Arrival.RawSize, limit); size > 0 {
		b.Grow(int(size) + bytes.MinRead)
	}
	if _, err := io.Copy(&b, io.LimitReader(rc, limit+1)); err != nil {
		return nil, false, err
	}
	raw = b.Bytes()
	if int64(len(raw)) > limit {
		raw, oversize = raw[:limit], true
	}
	return raw, oversize, nil
}

// analyse takes a mail apart within the time limit. A panic or a mail that
// takes longer gives the unreadable reading.
func (p *Parser) analyse(ctx context.Context, raw []byte, e ticketing.LedgerEntry, oversize bool) (*reading, error) {
	done := make(chan *reading, 1)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				p.log.ErrorContext(ctx, "mail parser panicked", "err", fmt.Sprintf("ledger entry %d: %v", e.ID, panicKind(v)))
				done <- p.unreadable(e, notePanic)
			}
		}()
		done <- p.take(raw, e, oversize)
	}()
	limit := time.NewTimer(p.cfg.TimeLimit)
	defer limit.Stop()
	select {
	case r := <-done:
		return r, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-limit.C:
		p.log.ErrorContext(ctx, "mail parser took too long", "err", fmt.Sprintf("ledger entry %d", e.ID))
		return p.unreadable(e, noteTooSlow), nil
	}
}

// panicKind gives what a log may say of a panic: run-time errors name indexes
// and types, anything else could quote the mail.
func panicKind(v any) string {
	var err error
	if e, ok := v.(error); ok {
		err = e
	}
	var rt interface{ RuntimeError() }
	if errors.As(err, &rt) {
		return err.Error()
	}
	return fmt.Sprintf("%T", v)
}

// unreadable gives the reading of a mail that cannot be read: what the ledger
// knows of it, and the original as a file.
func (p *Parser) unreadable(e ticketing.LedgerEntry, why string) *reading {
	r := &reading{in: base(e)}
	r.in.Subject = cleanLine(e.Arrival.Subject, ticketing.MaxSubject)
	if l := parseAddresses(e.Arrival.From, 1); len(l.parties) > 0 {
		if _, ours := matchOwn(p.own, l.parties[0].Address); !ours {
			r.in.From = l.parties[0]
		}
	}
	r.in.MessageID = cleanID(e.Arrival.MessageID)
	r.in.Text = unreadableText
	r.in.FoldAt = len(unreadableText)
	r.in.Unreadable, r.in.Partial = true, true
	r.in.Notes = []string{why}
	return r
}

// base fills in what the ledger entry alone tells.
func base(e ticketing.LedgerEntry) ticketing.Inbound {
	return ticketing.Inbound{
		Ledger: e.ID, Channel: ticketing.ChannelEmail, Account: e.Arrival.Box.Account,
		ReceivedAt: e.Arrival.ReceivedAt, RawKey: e.Arrival.RawKey, RawSHA256: e.Arrival.RawSHA256,
	}
}

// takeApart reads a whole mail. It does no I/O.
func (p *Parser) takeApart(raw []byte, e ticketing.LedgerEntry, oversize bool) *reading {
	s := scrub(raw)
	if len(s.head) == 0 && len(bytes.TrimSpace(s.body)) == 0 {
		return p.unreadable(e, noteEmpty)
	}
	r := &reading{in: base(e)}
	in := &r.in
	p.readHead(s.head, in)
	if s.junk {
		addNote(in, noteHeaderJunk)
	}
	if oversize {
		in.Oversize, in.Partial = true, true
		s.body = s.body[:min(len(s.body), oversizeRead)]
	}
	t := r.readBody(s, oversize)
	in.Machine = p.machineKind(s.head, t, in.From.Address)
	if in.Machine == ticketing.MachineBounce {
		in.Reports = reports(s.head, t, in.Text)
	}
	in.FoldAt = foldAt(in.Text)
	sample := in.Text[:in.FoldAt]
	if sample == "" {
		sample = in.Subject
	}
	in.Language, in.LanguageSure = lang.Detect(sample)
	if len(s.head) == 0 && in.Text == "" {
		in.Unreadable, in.Partial = true, true
		in.Text, in.FoldAt = unreadableText, len(unreadableText)
	}
	return r
}
