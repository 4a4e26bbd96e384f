package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/web"
)

// A problem is an error as programs read it (RFC 9457). Nothing of the request
// is repeated in it but the names of fields.
type problem struct {
	Type      string         `json:"type" doc:"always about:blank: code tells problems apart"`
	Title     string         `json:"title" doc:"the status in words"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail" doc:"what happened, in the language of Accept-Language, English without"`
	Code      string         `json:"code" doc:"stable: internal, invalid, malformed, not_found, method_not_allowed, forbidden, conflict, stale, busy, throttled, too_large, gone, unauthenticated, unsupported_media_type, timeout"`
	Reason    string         `json:"reason,omitempty" doc:"stable name of the rule that refused, when there is one: reply.newer"`
	RequestID string         `json:"request_id" doc:"to name when asking for help"`
	Errors    []problemField `json:"errors,omitempty" nullable:"false" doc:"the fields in error"`

	header http.Header
}

// A problemField is one field in error.
type problemField struct {
	Field  string `json:"field" doc:"name of the field, its path when it lies within another: attachments[0].name"`
	Reason string `json:"reason,omitempty"`
	Detail string `json:"detail"`
}

// Error gives the code: problems are logged before they are made.
func (p *problem) Error() string { return p.Code }

// GetStatus gives the HTTP status.
func (p *problem) GetStatus() int { return p.Status }

// ContentType is that of problems.
func (p *problem) ContentType(string) string { return problemType }

// GetHeaders gives what goes with the status.
func (p *problem) GetHeaders() http.Header { return p.header }

const problemType = "application/problem+json"

// plain says in English what a kind means, where no rule has better words.
var plain = map[ticketing.Kind]string{
	ticketing.Internal:        "A fault of the server. It has been recorded; try again, and name the request_id when asking for help.",
	ticketing.Invalid:         "The request breaks a rule.",
	ticketing.NotFound:        "There is no such thing, or the token may not see it.",
	ticketing.Forbidden:       "The token may not do this.",
	ticketing.Conflict:        "The present state does not allow this.",
	ticketing.Stale:           "It was changed since it was read. Read it again.",
	ticketing.Busy:            "The server is overloaded or cannot reach its database. Try again soon.",
	ticketing.Throttled:       "Too many requests. Wait as Retry-After says.",
	ticketing.TooLarge:        "The request is too large.",
	ticketing.Gone:            "It existed and is no more.",
	ticketing.Unauthenticated: "A valid token is needed: Authorization: Bearer s48_…",
}

// problem makes the answer to a failed request, and logs what is a fault of
// ours. conditional says that the caller sent If-Match.
func (a *API) problem(ctx context.Context, err error, conditional bool) *problem {
	var done *problem
	if errors.As(err, &done) {
		return done
	}
	kind, status := kindOf(err)
	if kind == ticketing.Stale && conditional {
		status = http.StatusPreconditionFailed
	}
	if kind == ticketing.Internal || kind == ticketing.Busy {
		a.Kit.Log.LogAttrs(context.WithoutCancel(ctx), slog.LevelError, "api request failed",
			slog.String("request", web.RequestID(ctx)), slog.String("err", err.Error()))
	}
	p := newProblem(ctx, status, web.Code(kind), plain[kind])
	p.header = header(kind, err)
	if kind == ticketing.Internal {
		return p
	}
	for i, e := range told(err) {
		if text := words(ctx, e); i == 0 && text != "" {
			p.Detail = text
		}
		if p.Reason == "" {
			p.Reason = e.Key
		}
		if e.Field != "" {
			p.Errors = append(p.Errors, problemField{Field: e.Field, Reason: e.Key, Detail: orElse(words(ctx, e), plain[kind])})
		}
	}
	return p
}

// own are the rules of this package, which no page needs words for.
var own = map[string]string{
	"once.differs":       "This Idempotency-Key was used for another request.",
	"attachment.content": "Give either content or upload.",
	"attachment.base64":  "This is not base64.",
	"api.one_of":         "Give exactly one of message_id, raw_sha256 and sid.",
	"agent.unknown":      "There is no such agent.",
	"department.unknown": "There is no such department.",
	"category.unknown":   "There is no such category.",
	"state.unknown":      "There is no such state.",
	"phone.malformed":    "This is not a whole telephone number.",
	"language.unknown":   "The bureau does not write this language.",
	"channel.unknown":    "There is no such channel.",
	"api.path_name":      "The name is the one of the path.",
	"api.minutes":        "Give whole minutes.",
	"api.zone":           "Calendars follow the time zone of the city.",
}

// words says what an error that was made for a person means, "" when there are
// no words for it.
func words(ctx context.Context, e *ticketing.Error) string {
	return orElse(web.ErrorText(ctx, e), own[e.Key])
}

func newProblem(ctx context.Context, status int, code, detail string) *problem {
	return &problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Code: code, RequestID: web.RequestID(ctx),
	}
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

// kindOf puts what net/http and Echo report among the kinds.
func kindOf(err error) (ticketing.Kind, int) {
	var tooMany *http.MaxBytesError
	switch {
	case errors.As(err, &tooMany):
		return ticketing.TooLarge, web.Status(ticketing.TooLarge)
	case errors.Is(err, context.DeadlineExceeded):
		return ticketing.Busy, web.Status(ticketing.Busy)
	}
	kind := ticketing.KindOf(err)
	return kind, web.Status(kind)
}

// told gives the errors within err that were made for a person.
func told(err error) []*ticketing.Error {
	var out []*ticketing.Error
	switch e := err.(type) { //nolint:errorlint // walks the tree by itself, every branch
	case *ticketing.Error:
		out = append(out, e)
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			out = append(out, told(inner)...)
		}
	case interface{ Unwrap() error }:
		out = told(e.Unwrap())
	}
	return out
}

// answerError is Echo's error handler below Prefix: unknown paths, wrong
// methods, refusals of the middlewares, panics.
func (a *API) answerError(err error, c echo.Context) {
	r := c.Request()
	ctx := context.WithoutCancel(r.Context()) // the deadline may be what failed
	c.SetRequest(r.WithContext(ctx))
	if c.Response().Committed {
		_ = a.problem(ctx, err, false) // logs it
		return
	}
	speak(a.Kit, c)
	var he *echo.HTTPError
	var p *problem
	switch {
	case errors.As(err, &he) && (he.Code == http.StatusMethodNotAllowed || he.Code == http.StatusNotFound):
		p = a.noRoute(ctx, r.URL.Path)
	case errors.As(err, &he) && he.Code >= 400 && he.Code < 500:
		p = newProblem(ctx, he.Code, "malformed", http.StatusText(he.Code))
	default:
		p = a.problem(ctx, err, false)
	}
	p.send(c)
}

// noRoute answers for a path that no operation has, or none with the method.
func (a *API) noRoute(ctx context.Context, path string) *problem {
	methods := a.methods(strings.TrimPrefix(path, Prefix))
	if len(methods) == 0 {
		return newProblem(ctx, http.StatusNotFound, web.Code(ticketing.NotFound), "There is no such path.")
	}
	p := newProblem(ctx, http.StatusMethodNotAllowed, "method_not_allowed", "The path does not know this method.")
	p.header = http.Header{"Allow": {strings.Join(methods, ", ")}}
	return p
}

// methods gives what can be done with a path below Prefix.
func (a *API) methods(path string) []string {
	if path == descriptionPath {
		return []string{http.MethodGet}
	}
	var out []string
	for _, r := range a.routes {
		if r.matches(path) {
			out = append(out, r.method)
		}
	}
	return out
}

// send writes the problem as the answer.
func (p *problem) send(c echo.Context) {
	h := c.Response().Header()
	for k, v := range p.header {
		h[k] = v
	}
	body, err := json.Marshal(p)
	if err != nil {
		body = []byte(`{}`) // a struct of strings and numbers: cannot happen
	}
	_ = c.Blob(p.Status, problemType, body) // the client went away
}

// codes names the statuses that huma itself answers with.
var codes = map[int]string{
	http.StatusBadRequest: "malformed", http.StatusRequestTimeout: "timeout", http.StatusRequestEntityTooLarge: "too_large",
	http.StatusUnsupportedMediaType: "unsupported_media_type", http.StatusUnprocessableEntity: "invalid",
}

// problems turns huma's errors into ours. The values it repeats are left out:
// they may be personal, and large.
func problems(c huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	code := codes[m.Status]
	if code == "" {
		code = web.Code(ticketing.Internal)
	}
	p := newProblem(c.Context(), m.Status, code, m.Detail)
	for _, e := range m.Errors {
		_, field, nested := strings.Cut(e.Location, ".") // body.text, query.limit
		if !nested {
			field = e.Location
		}
		if strings.HasPrefix(e.Message, "json:") { // speaks of the program, not of the request
			e.Message = "does not fit the schema"
		}
		p.Errors = append(p.Errors, problemField{Field: field, Detail: e.Message})
	}
	return p, nil
}

// problemResponse describes every error of an operation.
func problemResponse(r huma.Registry) *huma.Response {
	return &huma.Response{
		Description: "a problem (RFC 9457)",
		Content:     map[string]*huma.MediaType{problemType: {Schema: r.Schema(reflect.TypeFor[problem](), true, "Problem")}},
	}
}
