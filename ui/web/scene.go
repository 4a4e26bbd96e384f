package web

import (
	"context"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ui/locale"
)

// A scene is what templates know about the request they are rendered for. The
// language middleware makes it, the session and cross-site middlewares fill it
// in; it belongs to one request and is not shared between goroutines.
type scene struct {
	printer  *locale.Printer
	account  *ticketing.Agent // nil unless a member of staff is signed in
	session  string           // hash of the session's token; "" without one
	csrf     string
	insecure bool
	flashes  func() []Flash // gives and forgets what the session holds

	cityStyle, cityLogo string // addresses; "" when there is none
	signals             string // the newest signal when the request came
}

type sceneKey struct{}

func sceneOf(ctx context.Context) *scene {
	if s, ok := ctx.Value(sceneKey{}).(*scene); ok {
		return s
	}
	return &scene{printer: locale.Silent}
}

// Context gives a context for rendering outside a request: letters, reports, tests.
func (k *Kit) Context(ctx context.Context, tag lang.Tag) context.Context {
	return context.WithValue(ctx, sceneKey{}, k.scene(tag))
}

func (k *Kit) scene(tag lang.Tag) *scene {
	return &scene{printer: k.printer(tag), insecure: k.insecure, cityStyle: k.cityStyle.path, cityLogo: k.cityLogo.path, signals: k.newest()}
}

// WithAccount gives a context in which the agent is signed in. Requests get
// theirs from the session; this is for rendering outside a request.
func WithAccount(ctx context.Context, a ticketing.Agent) context.Context {
	s := *sceneOf(ctx)
	s.account = &a
	return context.WithValue(ctx, sceneKey{}, &s)
}

func (k *Kit) printer(tag lang.Tag) *locale.Printer {
	return k.texts.Printer(tag, k.Zone, k.Now)
}

// SetLanguage makes the rest of the request speak the language: for areas in
// which the address chooses it.
func (k *Kit) SetLanguage(c echo.Context, tag lang.Tag) {
	sceneOf(c.Request().Context()).printer = k.printer(tag)
}

// Language gives the language of the request.
func Language(ctx context.Context) lang.Tag { return sceneOf(ctx).printer.Tag() }

// PrinterOf gives the translator and formatter of the request.
func PrinterOf(ctx context.Context) *locale.Printer { return sceneOf(ctx).printer }

// T gives the text of a message id in the language of the request; args are
// pairs of placeholder and value: T(ctx, "composer.to", "Address", a).
func T(ctx context.Context, id string, args ...any) string {
	return sceneOf(ctx).printer.T(id, args...)
}

// N is T for a text that depends on a number: it picks the plural form for n
// and fills {{.N}} with it.
func N(ctx context.Context, id string, n int, args ...any) string {
	return sceneOf(ctx).printer.N(id, n, args...)
}

// AccountOf gives the signed-in member of staff, nil when there is none.
func AccountOf(ctx context.Context) *ticketing.Agent { return sceneOf(ctx).account }

// ActorOf gives the signed-in member of staff as an actor; the zero Actor,
// which may do nothing, when nobody is signed in.
func ActorOf(c echo.Context) ticketing.Actor {
	if a := sceneOf(c.Request().Context()).account; a != nil {
		return ticketing.ActorOf(*a)
	}
	return ticketing.Actor{}
}

// CSRFToken gives the token that forms carry in a field named "_csrf".
func CSRFToken(ctx context.Context) string { return sceneOf(ctx).csrf }

// Insecure reports whether pages must show that the connection is unencrypted.
func Insecure(ctx context.Context) bool { return sceneOf(ctx).insecure }

// Theme gives the account's choice: "light", "dark", or "" to follow the system.
func Theme(ctx context.Context) string {
	if a := sceneOf(ctx).account; a != nil {
		return a.Theme
	}
	return ""
}
