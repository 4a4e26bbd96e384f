package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ui/web"
)

// A caller is who a request acts for.
type caller struct {
	actor       ticketing.Actor
	token       int64
	conditional bool // the request has If-Match: Stale is answered with 412
}

type callerKey struct{}

// callerOf gives the caller of a request that passed authenticate; the zero
// caller, who may do nothing, for any other context.
func callerOf(ctx context.Context) *caller {
	if c, ok := ctx.Value(callerKey{}).(*caller); ok {
		return c
	}
	return &caller{}
}

// Bounds on a token's secret: what lies outside is not looked up.
const (
	shortestSecret = 20
	longestSecret  = 200
)

// guessesPerMinute bounds failed attempts from one network.
const guessesPerMinute = 60

// authenticate finds the token of a request. It asks the store every time, so
// that a token that ended is refused at once; agents are at most a second old
// (A57).
func (a *API) authenticate(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		speak(a.Kit, c)
		t, agent, err := a.find(c)
		if errors.Is(err, ticketing.Unauthenticated) {
			if limited := a.Kit.Limit(c, "api-token", guessesPerMinute, time.Minute); limited != nil {
				return limited
			}
		}
		if err != nil {
			return err
		}
		ctx := c.Request().Context()
		if err := a.limit.take(ctx, t.ID); err != nil {
			return err
		}
		a.touch(ctx, t)
		ctx = web.WithAccount(ctx, agent)
		ctx = context.WithValue(ctx, callerKey{}, &caller{
			actor: actorOf(t, agent), token: t.ID, conditional: c.Request().Header.Get("If-Match") != "",
		})
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}

// speak makes problems English unless the caller asked for a language.
func speak(k *web.Kit, c echo.Context) {
	if c.Request().Header.Get("Accept-Language") == "" {
		k.SetLanguage(c, lang.En)
	}
}

// find gives the token of the request and its agent. Absent, malformed,
// unknown, expired and revoked tokens, and those of disabled agents, are the
// same refusal.
func (a *API) find(c echo.Context) (ticketing.Token, ticketing.Agent, error) {
	refused := &ticketing.Error{Kind: ticketing.Unauthenticated, Key: "api.token"}
	scheme, secret, _ := strings.Cut(c.Request().Header.Get("Authorization"), " ")
	secret = strings.TrimSpace(secret)
	if !strings.EqualFold(scheme, "Bearer") || len(secret) < shortestSecret || len(secret) > longestSecret ||
		!strings.HasPrefix(secret, ticketing.TokenPrefix) {
		return ticketing.Token{}, ticketing.Agent{}, refused
	}
	ctx := c.Request().Context()
	t, err := a.Tokens.TokenByHash(ctx, ticketing.HashSecret(secret))
	if errors.Is(err, ticketing.NotFound) {
		return t, ticketing.Agent{}, refused
	}
	if err != nil {
		return t, ticketing.Agent{}, err
	}
	dir, err := a.Bureau.Store.Directory(ctx)
	if err != nil {
		return t, ticketing.Agent{}, err
	}
	agent, known := dir.Agent(t.Agent)
	ended := !t.RevokedAt.IsZero() || (!t.ExpiresAt.IsZero() && !a.now().Before(t.ExpiresAt))
	if !known || agent.Disabled || ended {
		return t, agent, refused
	}
	return t, agent, nil
}

// actorOf is the agent within the token's rights. A token without rights may do
// nothing: its list is empty, which is not the same as no list.
func actorOf(t ticketing.Token, agent ticketing.Agent) ticketing.Actor {
	by := ticketing.ActorOf(agent)
	by.Rights = append([]ticketing.Right{}, t.Rights...)
	if t.System {
		by.System, by.Label = true, "token:"+t.Name
	}
	return by
}

// touch records that the token is in use, at most once a minute. That it fails
// is no reason to refuse the request.
func (a *API) touch(ctx context.Context, t ticketing.Token) {
	now := a.now()
	if now.Sub(t.LastUsed) < time.Minute {
		return
	}
	if err := a.Tokens.TouchToken(ctx, t.ID, now); err != nil {
		a.Kit.Log.LogAttrs(ctx, slog.LevelWarn, "token not touched", slog.Int64("token", t.ID), slog.String("err", err.Error()))
	}
}

// An allowance limits the requests of each token over all processes. Asking
// the gate writes to the database, so each question is for a block of requests:
// a sixtieth of the limit. N processes together may be over by N-1 blocks.
type allowance struct {
	gate      ticketing.Gate
	now       func() time.Time
	perMinute int

	mu   sync.Mutex
	left map[int64]block // by token
}

// A block is what a token may still do without asking the gate.
type block struct {
	requests int
	until    time.Time
}

// blocksPerMinute is how often a token that uses its whole limit asks.
const blocksPerMinute = 60

func (a *allowance) take(ctx context.Context, token int64) error {
	if a.fromBlock(token) {
		return nil
	}
	size := max(a.perMinute/blocksPerMinute, 1)
	ok, _, wait, err := a.gate.Allow(ctx, "api:"+strconv.FormatInt(token, 10), max(a.perMinute/size, 1), time.Minute)
	if err != nil {
		return err
	}
	if !ok {
		return &limited{wait: wait}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.left == nil {
		a.left = map[int64]block{}
	}
	a.left[token] = block{requests: a.left[token].requests + size - 1, until: a.now().Add(time.Minute)}
	return nil
}

func (a *allowance) fromBlock(token int64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	b := a.left[token]
	if b.requests <= 0 || !a.now().Before(b.until) {
		delete(a.left, token)
		return false
	}
	b.requests--
	a.left[token] = b
	return true
}

// limited is Throttled with the time until the next request is taken.
type limited struct{ wait time.Duration }

func (l *limited) Error() string { return ticketing.Throttled.Error() }

func (l *limited) Unwrap() error { return ticketing.Throttled }

// header says what a refusal asks of the caller.
func header(kind ticketing.Kind, err error) http.Header {
	h := http.Header{}
	switch kind {
	case ticketing.Unauthenticated:
		h.Set("WWW-Authenticate", `Bearer realm="system48"`)
	case ticketing.Throttled, ticketing.Busy:
		seconds := 30
		if l := (*limited)(nil); errors.As(err, &l) {
			seconds = max(int((l.wait+time.Second-1)/time.Second), 1)
		}
		h.Set("Retry-After", strconv.Itoa(seconds))
	case ticketing.Internal, ticketing.Invalid, ticketing.NotFound, ticketing.Forbidden, ticketing.Conflict, ticketing.Stale,
		ticketing.TooLarge, ticketing.Gone:
	}
	return h
}
