package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"

	"github.com/sistem48/system48/ticketing"
)

// A route is one operation: the map of the interface is the list of them.
type route struct {
	id      string // stable name for generated clients
	method  string
	path    string // below Prefix
	summary string
	text    string          // what a caller must know besides
	right   ticketing.Right // "" = any token
	status  int             // of success; 200 when 0
	maxBody int64           // bytes of JSON; maxSmallBody when 0
	upload  bool            // the body is a file, streamed
	file    string          // content type when the answer is a file
}

// Bounds on JSON bodies. Files beyond maxFileBody are uploaded by themselves.
const (
	maxSmallBody = 1 << 20
	maxFileBody  = 8 << 20
)

// bodyTime bounds how long a body may take to arrive.
const bodyTime = 30 * time.Second

// register adds an operation. The handler is called with the authenticated
// caller, who has the right; its errors become problems.
func register[I, O any](a *API, r route, handle func(ctx context.Context, c *caller, in *I) (*O, error)) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	if r.maxBody == 0 {
		r.maxBody = maxSmallBody
	}
	a.routes = append(a.routes, r)
	op := huma.Operation{
		OperationID: r.id, Method: r.method, Path: r.path, Summary: r.summary, Description: r.describe(), Tags: []string{r.tag()},
		DefaultStatus: r.status, MaxBodyBytes: min(r.maxBody, a.Kit.UploadLimit), BodyReadTimeout: bodyTime,
		Responses:   map[string]*huma.Response{"default": problemResponse(a.huma.OpenAPI().Components.Schemas)},
		Middlewares: huma.Middlewares{a.need(r.right)},
	}
	if r.right != "" {
		op.Security = []map[string][]string{{"token": {string(r.right)}}}
	}
	bytes := map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: "string", Format: "binary"}}}
	if r.upload {
		op.RequestBody = &huma.RequestBody{Required: true, Content: bytes}
	}
	if r.file != "" {
		op.Responses["200"] = &huma.Response{
			Description: "the bytes, never to be shown as a page",
			Content:     map[string]*huma.MediaType{r.file: {Schema: &huma.Schema{Type: "string", Format: "binary"}}},
		}
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		c := callerOf(ctx)
		out, err := handle(ctx, c, in)
		if err != nil {
			return nil, a.problem(ctx, err, c.conditional)
		}
		return out, nil
	})
}

// tag groups operations by their first path segment.
func (r *route) tag() string {
	tag, _, _ := strings.Cut(strings.TrimPrefix(r.path, "/"), "/")
	return tag
}

func (r *route) describe() string {
	text := r.text
	if r.right != "" {
		text = strings.TrimSpace(text + " Needs the scope " + string(r.right) + ".")
	}
	return text
}

// need refuses callers without the right before anything of the request is
// looked at.
func (a *API) need(right ticketing.Right) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		c := callerOf(ctx.Context())
		if right == "" || c.actor.May(right) {
			next(ctx)
			return
		}
		p := a.problem(ctx.Context(), &ticketing.Error{Kind: ticketing.Forbidden, Key: "access.forbidden", Args: map[string]any{"Right": string(right)}}, false)
		p.send(humaecho.Unwrap(ctx))
	}
}

// matches reports whether a path below Prefix is one of the route's.
func (r *route) matches(path string) bool {
	want, have := strings.Split(r.path, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return false
	}
	for i, w := range want {
		if w != have[i] && (!strings.HasPrefix(w, "{") || have[i] == "") {
			return false
		}
	}
	return true
}
