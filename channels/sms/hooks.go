package sms

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/sistem48/system48/channels/twilio"
	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/number"
)

// The paths of the hooks.
const (
	MessagePath = "/hooks/twilio/sms"
	StatusPath  = "/hooks/twilio/status"
)

// HookDeps is what the hooks work with.
type HookDeps struct {
	PublicURL string // that Twilio was given
	Ledger    ticketing.IntakeLedger
	Leases    ticketing.Leases
	Blobs     ticketing.Blobs
	// Hear takes what Twilio tells of a message.
	Hear      func(ctx context.Context, r ticketing.ProviderReport) error
	OnArrival func() // wakes who works the ledger
	Now       func() time.Time
	Log       *slog.Logger
	Holder    string // of this process
}

// Hooks are what Twilio calls.
type Hooks struct {
	accounts []Account
	deps     HookDeps
	guard    twilio.Guard
	counts   counts

	mu    sync.Mutex
	fence ticketing.Fence
}

type counts struct{ accepted, repeated, refused, away atomic.Int64 }

// A Count is how many requests the hooks had, by what became of them.
type Count struct{ Accepted, Repeated, Refused, Away int64 }

// Counts gives the numbers since the start.
func (h *Hooks) Counts() Count {
	return Count{h.counts.accepted.Load(), h.counts.repeated.Load(), h.counts.refused.Load(), h.counts.away.Load()}
}

// hookTime bounds the work of one request: Twilio waits for 15 seconds.
const hookTime = 10 * time.Second

// NewHooks makes the hooks of the accounts.
func NewHooks(accounts []Account, deps HookDeps) (*Hooks, error) {
	h := &Hooks{deps: deps}
	var tokens []func() (string, error)
	for _, a := range accounts {
		if err := a.check(); err != nil {
			return nil, err
		}
		h.accounts = append(h.accounts, a.complete())
		for _, t := range a.Tokens {
			tokens = append(tokens, t)
		}
	}
	h.guard = twilio.Guard{PublicURL: deps.PublicURL, Tokens: twilio.Tokens(tokens...)}
	return h, nil
}

// Handlers gives the hooks by their paths.
func (h *Hooks) Handlers() map[string]http.Handler {
	refused := func(err error) {
		h.counts.refused.Add(1)
		h.deps.Log.Info("hook refused", "part", "sms", "err", err)
	}
	return map[string]http.Handler{
		MessagePath: h.guard.Handler(h.message, refused),
		StatusPath:  h.guard.Handler(h.status, refused),
	}
}

// message enters a text in the ledger. Nothing but 200 says that it is ours
// (I1, F30); a repeated one is in already and gets the same answer (I2, A88).
func (h *Hooks) message(w http.ResponseWriter, r *http.Request, q twilio.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), hookTime)
	defer cancel()
	if q.Form.Get(probeField) != "" { // our own doctor asks whether a signed call gets here
		answer(w)
		return
	}
	account := h.account(q.Form)
	sid := sidOf(q.Form)
	switch {
	case account == nil:
		h.counts.refused.Add(1)
		http.Error(w, "AccountSid: not an account of ours", http.StatusForbidden)
		return
	case sid == "":
		http.Error(w, "MessageSid: missing", http.StatusUnprocessableEntity)
		return
	}
	got, err := h.enter(ctx, arrival(account, q.Form, sid, q.Raw, h.deps.Now()), q.Raw)
	if err != nil {
		h.counts.away.Add(1)
		h.deps.Log.WarnContext(ctx, "text not taken", "part", "sms", "account", account.Name, "err", err)
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	if got.Known || got.State == ticketing.LedgerDuplicate {
		h.counts.repeated.Add(1)
	} else {
		h.counts.accepted.Add(1)
		h.deps.OnArrival()
	}
	answer(w)
}

// answer says that the message is ours and that nothing is to be sent back by
// this way.
func answer(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	_, _ = io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?><Response/>`)
}

// account finds whose request it is: by the number written to, else the first of
// the account.
func (h *Hooks) account(form url.Values) *Account {
	sid := form.Get("AccountSid")
	var first *Account
	for i := range h.accounts {
		a := &h.accounts[i]
		if a.SID != sid {
			continue
		}
		if slices.Contains(a.Numbers, form.Get("To")) || a.Service != "" && a.Service == form.Get("MessagingServiceSid") {
			return a
		}
		if first == nil {
			first = a
		}
	}
	return first
}

// sidOf gives the provider's name of a message, "" when it is none.
func sidOf(form url.Values) string {
	sid := form.Get("MessageSid")
	if sid == "" {
		sid = form.Get("SmsSid")
	}
	if len(sid) > 64 || strings.ContainsFunc(sid, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '_' && r != '-'
	}) {
		return ""
	}
	return sid
}

// contentKey is the same for every copy of a message, whatever else is in it.
func contentKey(sid string) [32]byte { return sha256.Sum256([]byte("twilio message\x00" + sid)) }

// ledgerBox is where the ledger keeps the texts of an account.
func ledgerBox(account string) ticketing.Mailbox {
	return ticketing.Mailbox{Account: account, Folder: "sms", UIDValidity: 1}
}

// uidOf places a message in its box. Two that fall on the same place are told
// apart by their bytes.
func uidOf(sid string) uint32 {
	sum := contentKey(sid)
	return max(1, binary.BigEndian.Uint32(sum[:4]))
}

// arrival is the ledger's view of a text.
func arrival(a *Account, form url.Values, sid string, raw []byte, now time.Time) ticketing.Arrival {
	key := contentKey(sid)
	sum := sha256.Sum256(raw)
	from := number.Parse(form.Get("From"), a.Region)
	shown := from.E164
	if shown == "" {
		shown = from.Raw
	}
	return ticketing.Arrival{
		Channel: ticketing.ChannelSMS, Box: ledgerBox(a.Name), UID: uidOf(sid), RawSHA256: hex.EncodeToString(sum[:]), RawSize: int64(len(raw)),
		ContentKey: hex.EncodeToString(key[:]), ReceivedAt: now, From: shown, Subject: beginning(form.Get("Body")), MessageID: sid,
	}
}

// beginning is what the ledger's page shows of a text.
func beginning(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "\ufffd")), " ")
	if utf8.RuneCountInString(s) > 80 {
		s = string([]rune(s)[:79]) + "…"
	}
	return s
}

// enter puts the bytes away and the item into the ledger.
func (h *Hooks) enter(ctx context.Context, a ticketing.Arrival, raw []byte) (ticketing.Accepted, error) {
	key, _, err := h.deps.Blobs.Put(ctx, bytes.NewReader(raw), true)
	if err != nil {
		return ticketing.Accepted{}, err
	}
	a.RawKey = key
	for again := false; ; again = true {
		fence, err := h.lease(ctx, again)
		if err != nil {
			return ticketing.Accepted{}, err
		}
		got, err := h.deps.Ledger.Accept(ctx, fence, []ticketing.Arrival{a})
		if errors.Is(err, ticketing.Stale) && !again {
			continue // another process of this name took it over, or a backup was put back
		}
		if err != nil {
			return ticketing.Accepted{}, err
		}
		return got[0], nil
	}
}

// lease gives the right of this process to write to the ledger: its own, so that
// processes do not wait for one another. A message enters once in any case.
func (h *Hooks) lease(ctx context.Context, anew bool) (ticketing.Fence, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fence.Name != "" && !anew {
		return h.fence, nil
	}
	name := "hooks/" + h.deps.Holder
	f, ok, err := h.deps.Leases.Acquire(ctx, name, name, time.Hour)
	if err == nil && !ok {
		err = ticketing.Busy
	}
	if err == nil {
		h.fence = f
	}
	return f, err
}

// status takes what Twilio tells of a message that went out.
func (h *Hooks) status(w http.ResponseWriter, r *http.Request, q twilio.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), hookTime)
	defer cancel()
	report, ok := reportOf(sidOf(q.Form), firstOf(q.Form, "MessageStatus", "SmsStatus"), q.Form.Get("ErrorCode"), h.deps.Now())
	if !ok {
		w.WriteHeader(http.StatusNoContent) // a state of no interest, or of a message that came in
		return
	}
	if err := h.deps.Hear(ctx, report); err != nil {
		h.counts.away.Add(1)
		h.deps.Log.WarnContext(ctx, "report not taken", "part", "sms", "err", err)
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func firstOf(form url.Values, names ...string) string {
	for _, n := range names {
		if v := form.Get(n); v != "" {
			return v
		}
	}
	return ""
}

// reportOf reads what the provider says of a message.
func reportOf(sid, word, code string, at time.Time) (ticketing.ProviderReport, bool) {
	state, ok := stateOf(word)
	if !ok || sid == "" {
		return ticketing.ProviderReport{}, false
	}
	r := ticketing.ProviderReport{ID: sid, State: state, At: at}
	if state == ticketing.ProviderFailed {
		n, _ := strconv.Atoi(code)
		r.Fault = faultOf(n)
	}
	return r, true
}
