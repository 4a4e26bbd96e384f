package web

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"time"

	"github.com/labstack/echo/v4"
)

type requestIDKey struct{}

// RequestID gives the id of the request a context belongs to: what an error
// page shows and every log line of the request carries. "" outside a request.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// newRequestID is short enough to be read out on the telephone. Ids sent by
// clients are not taken over.
func newRequestID() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	s := hex.EncodeToString(b[:])
	return s[:4] + "-" + s[4:8] + "-" + s[8:]
}

// observe gives the request its id and writes one line when it is done: the
// pattern of the route, never the path or the query, which may hold tracking
// codes and names (I10).
func (k *Kit) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := k.Now()
		id := newRequestID()
		r := c.Request()
		c.SetRequest(r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id)))
		c.Response().Header().Set("X-Request-Id", id)
		if err := next(c); err != nil {
			c.Error(err)
		}
		route := c.Path()
		if route == "" {
			route = "none"
		}
		took := k.Now().Sub(start)
		if k.Observe != nil {
			k.Observe(route, method(r.Method), c.Response().Status, took)
		}
		level := slog.LevelInfo
		if c.Response().Status >= http.StatusInternalServerError {
			level = slog.LevelWarn // the error itself was logged where it was answered
		}
		k.Log.LogAttrs(c.Request().Context(), level, "request done",
			slog.String("request", id), slog.String("method", method(r.Method)), slog.String("route", route),
			slog.Int("status", c.Response().Status), slog.Int64("bytes", c.Response().Size),
			slog.Int64("agent", int64(ActorOf(c).Agent)), slog.Duration("took", took))
		return nil
	}
}

// method keeps foreign text out of the log.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// recoverPanic turns a panic of a handler into an Internal error with its
// stack in the log. http.ErrAbortHandler is the server's own and passes.
func (k *Kit) recoverPanic(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler { //nolint:errorlint // a recovered value, not an error chain
				panic(p)
			}
			stack := make([]byte, 8<<10)
			stack = stack[:runtime.Stack(stack, false)]
			k.Log.LogAttrs(c.Request().Context(), slog.LevelError, "handler panicked",
				slog.String("request", RequestID(c.Request().Context())), slog.String("route", c.Path()), slog.String("stack", string(stack)))
			err = fmt.Errorf("handler panicked: %T", p)
		}()
		return next(c)
	}
}

// requestTime bounds how long a handler may work; streams have no bound.
const requestTime = 30 * time.Second

func (k *Kit) deadline(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		ctx, cancel := context.WithTimeout(r.Context(), requestTime)
		defer cancel()
		c.SetRequest(r.WithContext(ctx))
		return next(c)
	}
}
