package exchange

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sistem48/system48/channels/twilio"
)

// A Config says how an exchange behaves.
type Config struct {
	SID, Token string   // of the one account
	Numbers    []string // of the bureau, E.164
	PublicURL  string   // of the bureau: its hook is below
	Addr       string   // to listen on; "" = a free port of loopback
	Now        func() time.Time
	// Delay is how long before the n-th report of a message goes out; nil = none
	// goes out.
	Delay func(n int) time.Duration
	// Refuse gives status and number of the error with which a message is refused;
	// 0 takes it. nil refuses nothing.
	Refuse func(to, body string) (status, code int)
	// Lose makes the answer to a taken message be cut off; nil loses none.
	Lose func(to, body string) bool
	// Fail gives the number of the error with which a taken message comes back; 0
	// delivers it. nil delivers all.
	Fail func(to string) int
}

// A Message is a text on a citizen's telephone.
type Message struct {
	SID      string
	From, To string
	Body     string
	In       bool // from the citizen to the bureau
	State    string
	Code     int
	At       time.Time
	Photos   int
}

// An Exchange is a running one.
type Exchange struct {
	cfg    Config
	server *http.Server
	base   string
	client *http.Client

	mu       sync.Mutex
	messages []Message         // oldest first
	photos   map[string][]byte // by path
	calls    int
	down     bool

	stop    context.CancelFunc
	running sync.WaitGroup
}

// Start opens an exchange.
func Start(ctx context.Context, cfg Config) (*Exchange, error) {
	addr := cfg.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("telephone exchange: %w", err)
	}
	e := &Exchange{cfg: cfg, base: "http://" + l.Addr().String(), client: &http.Client{Timeout: 15 * time.Second}, photos: map[string][]byte{}}
	ctx, e.stop = context.WithCancel(context.WithoutCancel(ctx))
	e.server = &http.Server{Handler: e.handler(ctx), ReadHeaderTimeout: 5 * time.Second}
	e.running.Go(func() { _ = e.server.Serve(l) })
	return e, nil
}

// BaseURL is what the bureau calls instead of the provider.
func (e *Exchange) BaseURL() string { return e.base }

// Close ends it; reports that have not gone out are lost.
func (e *Exchange) Close() error {
	e.stop()
	err := e.server.Close()
	e.running.Wait()
	return err
}

// SetPublicURL says where the bureau is.
func (e *Exchange) SetPublicURL(u string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.cfg.PublicURL = u
}

// SetDown makes every call of the bureau be answered with 503, or no longer.
func (e *Exchange) SetDown(down bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.down = down
}

// Calls is how many messages the bureau asked to be sent.
func (e *Exchange) Calls() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.calls
}

// Conversation gives what was written between the number and the bureau, oldest
// first; all of it for "".
func (e *Exchange) Conversation(citizen string) []Message {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []Message
	for _, m := range e.messages {
		if citizen == "" || m.From == citizen || m.To == citizen {
			out = append(out, m)
		}
	}
	return out
}

func newSID(kind string) string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return kind + hex.EncodeToString(b[:])
}

// Text lets a citizen write to the bureau and gives the message's identifier and
// the hook's status.
func (e *Exchange) Text(ctx context.Context, from, body string, photos ...[]byte) (sid string, status int, err error) {
	form := e.write(from, body, photos)
	status, err = e.post(ctx, "/hooks/twilio/sms", form, "")
	return form.Get("MessageSid"), status, err
}

// Withhold lets a citizen write while the hook cannot be reached: the bureau
// finds it in the list only.
func (e *Exchange) Withhold(from, body string) (sid string) {
	return e.write(from, body, nil).Get("MessageSid")
}

// write puts a citizen's text down and gives the form of its hook.
func (e *Exchange) write(from, body string, photos [][]byte) url.Values {
	e.mu.Lock()
	defer e.mu.Unlock()
	m := Message{SID: newSID("SM"), From: from, To: e.cfg.Numbers[0], Body: body, In: true, State: "received", At: e.cfg.Now(), Photos: len(photos)}
	form := url.Values{
		"MessageSid": {m.SID}, "SmsSid": {m.SID}, "AccountSid": {e.cfg.SID}, "From": {m.From}, "To": {m.To}, "Body": {m.Body},
		"NumMedia": {fmt.Sprint(len(photos))}, "NumSegments": {"1"}, "SmsStatus": {"received"}, "ApiVersion": {"2010-04-01"},
	}
	for i, p := range photos {
		path := "/2010-04-01/Accounts/" + e.cfg.SID + "/Messages/" + m.SID + "/Media/" + newSID("ME")
		e.photos[path] = p
		form.Set(fmt.Sprintf("MediaUrl%d", i), e.base+path)
		form.Set(fmt.Sprintf("MediaContentType%d", i), http.DetectContentType(p))
	}
	e.messages = append(e.messages, m)
	return form
}

// Post sends any form to a hook of the bureau, signed with the token, or with
// the account's own for "".
func (e *Exchange) Post(ctx context.Context, path string, form url.Values, token string) (int, error) {
	return e.post(ctx, path, form, token)
}

func (e *Exchange) post(ctx context.Context, path string, form url.Values, token string) (int, error) {
	e.mu.Lock()
	address := strings.TrimSuffix(e.cfg.PublicURL, "/") + path
	e.mu.Unlock()
	return Send(ctx, e.client, address, form, orElse(token, e.cfg.Token))
}

// Send posts a form to the address as Twilio does, signed with the token.
func Send(ctx context.Context, c *http.Client, address string, form url.Values, token string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, //nolint:gosec // G704: the bureau's own address, of who tries it out
		strings.NewReader(form.Encode()))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	r.Header.Set("X-Twilio-Signature", twilio.Sign(token, address, form))
	res, err := c.Do(r) //nolint:gosec // G704: the same
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20))
	return res.StatusCode, err
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// errUnknown is for an identifier that no message has.
var errUnknown = errors.New("no such message")

// Report tells the bureau of a message, out of turn.
func (e *Exchange) Report(ctx context.Context, sid, state string, code int) error {
	if !slices.ContainsFunc(e.Conversation(""), func(m Message) bool { return m.SID == sid }) {
		return errUnknown
	}
	return e.report(ctx, sid, state, code, StatusPath)
}

// StatusPath is the bureau's hook for reports.
const StatusPath = "/hooks/twilio/status"

func (e *Exchange) report(ctx context.Context, sid, state string, code int, path string) error {
	e.mu.Lock()
	form := url.Values{"MessageSid": {sid}, "SmsSid": {sid}, "AccountSid": {e.cfg.SID}, "MessageStatus": {state}, "SmsStatus": {state}}
	for i := range e.messages {
		m := &e.messages[i]
		if m.SID != sid {
			continue
		}
		form.Set("To", m.To)
		form.Set("From", m.From)
		if state == "delivered" || state == "undelivered" || state == "failed" || m.State == "queued" {
			m.State, m.Code = state, code
		}
	}
	if code != 0 {
		form.Set("ErrorCode", fmt.Sprint(code))
	}
	e.mu.Unlock()
	status, err := e.post(ctx, path, form, "")
	if err == nil && status >= 300 {
		err = fmt.Errorf("hook answers %d", status)
	}
	return err
}
