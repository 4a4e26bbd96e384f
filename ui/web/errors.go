package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
)

// statuses is the only map from kinds to HTTP statuses.
var statuses = map[ticketing.Kind]int{
	ticketing.Internal:        http.StatusInternalServerError,
	ticketing.Invalid:         http.StatusUnprocessableEntity,
	ticketing.NotFound:        http.StatusNotFound,
	ticketing.Forbidden:       http.StatusForbidden,
	ticketing.Conflict:        http.StatusConflict,
	ticketing.Stale:           http.StatusConflict,
	ticketing.Busy:            http.StatusServiceUnavailable,
	ticketing.Throttled:       http.StatusTooManyRequests,
	ticketing.TooLarge:        http.StatusRequestEntityTooLarge,
	ticketing.Gone:            http.StatusGone,
	ticketing.Unauthenticated: http.StatusUnauthorized,
}

// Status gives the HTTP status of a kind. The REST API uses it too; it answers
// Stale with 412 where the caller sent If-Match.
func Status(k ticketing.Kind) int {
	if s, ok := statuses[k]; ok {
		return s
	}
	return http.StatusInternalServerError
}

// kindNames are the message ids and the stable codes of problems.
var kindNames = map[ticketing.Kind]string{
	ticketing.Internal: "internal", ticketing.Invalid: "invalid", ticketing.NotFound: "not_found",
	ticketing.Forbidden: "forbidden", ticketing.Conflict: "conflict", ticketing.Stale: "stale", ticketing.Busy: "busy",
	ticketing.Throttled: "throttled", ticketing.TooLarge: "too_large", ticketing.Gone: "gone",
	ticketing.Unauthenticated: "unauthenticated",
}

// Code gives the stable name of a kind: "not_found".
func Code(k ticketing.Kind) string {
	if n, ok := kindNames[k]; ok {
		return n
	}
	return kindNames[ticketing.Internal]
}

// A ProblemView is what an error page shows. Title says what happened, Text
// what to do; neither holds details of the program.
type ProblemView struct {
	Kind      ticketing.Kind
	Status    int
	Title     string
	Text      string
	RequestID string
	Fragment  bool   // stands for a part of a page
	Staff     bool   // in the staff's shell rather than the citizens'
	Path      string // local path of the request when it was a GET: to try again, or to come back to after signing in
}

// retryAfter is what Busy and Throttled suggest, in seconds.
const retryAfter = 30

// handleError answers a failed request. It is where errors of web requests
// are logged: Internal and Busy with their text, others not at all, for they
// are answers to a person and not faults.
func (k *Kit) handleError(err error, c echo.Context) {
	// The deadline of the request may be what failed; the page must still be drawn.
	r := c.Request()
	ctx := context.WithoutCancel(r.Context())
	c.SetRequest(r.WithContext(ctx))
	kind, status := classify(err)
	if kind == ticketing.Internal || kind == ticketing.Busy {
		k.Log.LogAttrs(ctx, slog.LevelError, "request failed",
			slog.String("request", RequestID(ctx)), slog.String("route", c.Path()), slog.String("err", err.Error()))
	}
	if c.Response().Committed {
		return
	}
	if kind == ticketing.Busy || kind == ticketing.Throttled {
		c.Response().Header().Set("Retry-After", strconv.Itoa(retryAfter))
	}
	if r.Method == http.MethodHead {
		_ = c.NoContent(status) // the client went away
		return
	}
	view := k.problem(ctx, err, kind, status)
	if WantsFragment(c) {
		view.Fragment = true
		h := c.Response().Header()
		h.Set("HX-Retarget", "#toasts")
		h.Set("HX-Reswap", "beforeend")
	}
	if r.Method == http.MethodGet {
		view.Path = localPath(r.URL.RequestURI(), "")
	}
	if err := Render(c, status, k.ErrorPage(view)); err != nil {
		k.Log.LogAttrs(ctx, slog.LevelError, "error page failed", slog.String("request", RequestID(ctx)), slog.String("err", err.Error()))
	}
}

func (k *Kit) problem(ctx context.Context, err error, kind ticketing.Kind, status int) ProblemView {
	view := ProblemView{
		Kind: kind, Status: status, RequestID: RequestID(ctx), Staff: AccountOf(ctx) != nil,
		Title: T(ctx, "problem."+Code(kind)+".title"),
		Text:  T(ctx, "problem."+Code(kind)+".text"),
	}
	// What does not exist and what is not for the reader look the same (A33).
	if kind != ticketing.Internal && kind != ticketing.NotFound {
		if text := ErrorText(ctx, err); text != "" {
			view.Text = text
		}
	}
	return view
}

// classify gives kind and status. What net/http and Echo report themselves
// (no such route, wrong method, body too large, cancelled) is put among the kinds.
func classify(err error) (ticketing.Kind, int) {
	var tooMany *http.MaxBytesError
	var he *echo.HTTPError
	switch {
	case errors.As(err, &tooMany):
		return ticketing.TooLarge, Status(ticketing.TooLarge)
	case errors.As(err, &he):
		for kind, status := range statuses {
			if status == he.Code && kind != ticketing.Stale {
				return kind, status
			}
		}
		if he.Code >= 400 && he.Code < 500 {
			return ticketing.Invalid, he.Code
		}
		return ticketing.Internal, http.StatusInternalServerError
	case errors.Is(err, context.DeadlineExceeded):
		return ticketing.Busy, Status(ticketing.Busy)
	}
	kind := ticketing.KindOf(err)
	return kind, Status(kind)
}

// ErrorText gives the words for an error that was made for a person, "" when
// it was not. Several joined errors give several sentences.
func ErrorText(ctx context.Context, err error) string {
	var text string
	for _, e := range personErrors(err) {
		s := PrinterOf(ctx).Map(e.Key, e.Args)
		if s == "" {
			continue
		}
		if text != "" {
			text += " "
		}
		text += s
	}
	return text
}

// personErrors gives the ticketing.Errors within err, in order.
func personErrors(err error) []*ticketing.Error {
	var out []*ticketing.Error
	switch e := err.(type) { //nolint:errorlint // walks the tree by itself, every branch
	case nil:
	case *ticketing.Error:
		out = append(out, e)
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			out = append(out, personErrors(inner)...)
		}
	case interface{ Unwrap() error }:
		out = personErrors(e.Unwrap())
	}
	return out
}
