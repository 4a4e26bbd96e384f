package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
)

// seenEvery is how old the recorded time of the last request may grow: a
// session is written once a minute and not on every page.
const seenEvery = time.Minute

// keyRemember marks a session that only its absolute end bounds.
const (
	keyRemember = "remember"
	keyFlash    = "flash"
)

func (k *Kit) sessionManager() *scs.SessionManager {
	m := scs.New() // starts a store of its own, which stays empty
	m.Store = sessionStore{k}
	m.Codec = jsonCodec{}
	m.HashTokenInStore = true
	m.Lifetime = k.AbsoluteTimeout
	m.Cookie = scs.SessionCookie{
		Name: k.cookieName("session"), Path: "/", HttpOnly: true, Secure: k.secure, SameSite: http.SameSiteLaxMode,
	}
	return m
}

// A visit is the session row behind a request, for the store below scs, which
// is only given a token and bytes.
type visit struct {
	row     ticketing.Session // zero without a session
	agent   ticketing.AgentID // whom the next commit belongs to
	ip      string
	browser string
}

type visitKey struct{}

func visitOf(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

// withSession loads the session of the cookie and with it the account. A
// session past its idle time, or of an account that is gone or disabled, is
// ended (A57). The directory is at most a second old.
func (k *Kit) withSession(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		v := &visit{ip: c.RealIP(), browser: cut(r.UserAgent(), 200)}
		ctx := context.WithValue(r.Context(), visitKey{}, v)
		token := ""
		if cookie, err := r.Cookie(k.sessions.Cookie.Name); err == nil && len(cookie.Value) <= 100 {
			token = cookie.Value
		}
		ctx, err := k.sessions.Load(ctx, token)
		if err != nil {
			return err
		}
		c.SetRequest(r.WithContext(ctx))
		if err := k.admit(ctx, v); err != nil {
			return err
		}
		c.Response().Before(func() { k.commitSession(c) })
		return next(c)
	}
}

func (k *Kit) admit(ctx context.Context, v *visit) error {
	if v.row.Agent == 0 {
		return nil
	}
	now := k.Now()
	d, err := k.Store.Directory(ctx)
	if err != nil {
		return err
	}
	a, ok := d.Agent(v.row.Agent)
	idle := now.Sub(v.row.SeenAt) > k.IdleTimeout && !k.sessions.GetBool(ctx, keyRemember)
	if !ok || a.Disabled || idle {
		v.row = ticketing.Session{}
		return k.sessions.Destroy(ctx)
	}
	v.agent = a.ID
	s := sceneOf(ctx)
	s.account, s.session = &a, v.row.Hash
	if a.Language != "" {
		s.printer = k.printer(a.Language)
	}
	s.flashes = func() []Flash { return k.takeFlashes(ctx) }
	if now.Sub(v.row.SeenAt) >= seenEvery {
		v.row.SeenAt, v.row.IP, v.row.Browser = now, v.ip, v.browser
		return k.Sessions.SaveSession(ctx, v.row)
	}
	return nil
}

// commitSession runs right before the response header leaves.
func (k *Kit) commitSession(c echo.Context) {
	ctx := c.Request().Context()
	w := c.Response().Writer
	switch k.sessions.Status(ctx) {
	case scs.Modified:
		token, expiry, err := k.sessions.Commit(context.WithoutCancel(ctx))
		if err != nil {
			k.Log.ErrorContext(ctx, "session not saved", "request", RequestID(ctx), "err", err)
			return
		}
		k.sessions.WriteSessionCookie(ctx, w, token, expiry)
	case scs.Destroyed:
		k.sessions.WriteSessionCookie(ctx, w, "", time.Time{})
	case scs.Unmodified:
	}
	w.Header().Set("Cache-Control", "no-store") // scs adds a weaker one
}

// StartSession signs the agent in on this browser under a new session id
// (A56). remember lets the session live to its absolute end without pauses
// ending it, and survive closing the browser.
func (k *Kit) StartSession(c echo.Context, a ticketing.Agent, remember bool) error {
	ctx := c.Request().Context()
	if err := k.sessions.Clear(ctx); err != nil {
		return err
	}
	if err := k.sessions.RenewToken(ctx); err != nil {
		return err
	}
	k.sessions.SetDeadline(ctx, k.Now().Add(k.AbsoluteTimeout))
	k.sessions.Put(ctx, keyRemember, remember)
	k.sessions.RememberMe(ctx, remember)
	v := visitOf(ctx)
	v.row, v.agent = ticketing.Session{CreatedAt: k.Now()}, a.ID
	s := sceneOf(ctx)
	s.account = &a
	if a.Language != "" {
		s.printer = k.printer(a.Language)
	}
	return nil
}

// EndSession signs this browser out.
func (k *Kit) EndSession(c echo.Context) error {
	s := sceneOf(c.Request().Context())
	if s.session != "" && k.onEnd != nil {
		k.onEnd(s.session)
	}
	s.account = nil
	return k.sessions.Destroy(c.Request().Context())
}

// DropSession ends a session by its hash, and with it the streams it has open
// in this process.
func (k *Kit) DropSession(ctx context.Context, hash string) error {
	if err := k.Sessions.DropSession(ctx, hash); err != nil {
		return err
	}
	if k.onEnd != nil {
		k.onEnd(hash)
	}
	return nil
}

// CurrentSession gives the hash of the session of the request, "" without one.
func CurrentSession(ctx context.Context) string { return sceneOf(ctx).session }

// requireStaff answers Unauthenticated unless somebody is signed in.
func (k *Kit) requireStaff(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if AccountOf(c.Request().Context()) == nil {
			return &ticketing.Error{Kind: ticketing.Unauthenticated, Key: "problem.unauthenticated.text"}
		}
		return next(c)
	}
}

// A Flash is a message for the next page an account sees: "saved", "not sent".
type Flash struct {
	Kind string // "ok", "warn", "bad", "info"
	Text string // already in the reader's language
	// Undo is the address that takes back what was done, "" when that is not
	// possible; UndoForm are the fields to be posted to it, URL-encoded.
	Undo, UndoForm string
}

// AddFlash leaves a message for the next page.
func (k *Kit) AddFlash(c echo.Context, f Flash) {
	ctx := c.Request().Context()
	if AccountOf(ctx) == nil {
		return // there is no session to leave it in
	}
	list := append(k.flashes(ctx), f)
	if len(list) > 5 {
		list = list[len(list)-5:]
	}
	b, err := json.Marshal(list)
	if err != nil {
		return // strings always encode
	}
	k.sessions.Put(ctx, keyFlash, string(b))
}

func (k *Kit) flashes(ctx context.Context) []Flash {
	var list []Flash
	_ = json.Unmarshal([]byte(k.sessions.GetString(ctx, keyFlash)), &list) // "" gives none
	return list
}

func (k *Kit) takeFlashes(ctx context.Context) []Flash {
	list := k.flashes(ctx)
	if len(list) > 0 {
		k.sessions.Remove(ctx, keyFlash)
	}
	return list
}

// Flashes gives and forgets the messages left for this page.
func Flashes(ctx context.Context) []Flash {
	if s := sceneOf(ctx); s.flashes != nil {
		return s.flashes()
	}
	return nil
}

func cut(s string, bytes int) string {
	if len(s) > bytes {
		s = s[:bytes]
	}
	return s
}

// sessionStore puts a ticketing.SessionStore below scs.
type sessionStore struct{ k *Kit }

var errContext = errors.New("web: the session store needs a request")

// FindCtx implements scs.CtxStore.
func (s sessionStore) FindCtx(ctx context.Context, hash string) ([]byte, bool, error) {
	row, err := s.k.Sessions.Session(ctx, hash)
	if errors.Is(err, ticketing.NotFound) || (err == nil && !s.k.Now().Before(row.ExpiresAt)) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	if v := visitOf(ctx); v != nil {
		v.row = row
	}
	return row.Data, true, nil
}

// CommitCtx implements scs.CtxStore.
func (s sessionStore) CommitCtx(ctx context.Context, hash string, data []byte, expiry time.Time) error {
	v := visitOf(ctx)
	if v == nil || v.agent == 0 {
		return errContext
	}
	row := v.row
	if row.Hash != hash {
		row.CreatedAt = s.k.Now()
	}
	row.Hash, row.Agent, row.Data = hash, v.agent, data
	row.SeenAt, row.ExpiresAt = s.k.Now(), expiry.UTC()
	row.IP, row.Browser = v.ip, v.browser
	v.row = row
	return s.k.Sessions.SaveSession(ctx, row)
}

// DeleteCtx implements scs.CtxStore.
func (s sessionStore) DeleteCtx(ctx context.Context, hash string) error {
	return s.k.Sessions.DropSession(ctx, hash)
}

// Find, Commit and Delete exist only because scs.Store names them.
func (sessionStore) Find(string) ([]byte, bool, error)      { return nil, false, errContext }
func (sessionStore) Commit(string, []byte, time.Time) error { return errContext }
func (sessionStore) Delete(string) error                    { return errContext }

// jsonCodec writes sessions as JSON: short, readable in the table, and without
// gob's type descriptions.
type jsonCodec struct{}

type sessionJSON struct {
	Deadline time.Time      `json:"deadline"`
	Values   map[string]any `json:"values"`
}

// Encode implements scs.Codec.
func (jsonCodec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	return json.Marshal(sessionJSON{deadline, values})
}

// Decode implements scs.Codec.
func (jsonCodec) Decode(b []byte) (time.Time, map[string]any, error) {
	var s sessionJSON
	if err := json.Unmarshal(b, &s); err != nil {
		return time.Time{}, nil, err
	}
	if s.Values == nil {
		s.Values = map[string]any{}
	}
	return s.Deadline, s.Values, nil
}
