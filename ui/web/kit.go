package web

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/alexedwards/scs/v2"
	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/locale"
)

// Options are what a [Kit] needs. Log, Now, PublicURL, Store,
// Sessions, Gate and ErrorPage are required.
type Options struct {
	Log       *slog.Logger
	Now       func() time.Time
	Zone      *time.Location // of the city; UTC when nil
	PublicURL string         // "https://48.grad.example": the only origin links are made from (A54)
	City      string         // the name of the bureau in titles; may be empty
	Brand     Brand          // the city's own look

	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed
	ImageHosts     []string       // origins of map tiles, added to img-src

	Store    ticketing.Store
	Sessions ticketing.SessionStore
	Gate     ticketing.Gate

	IdleTimeout     time.Duration // 30 min when zero
	AbsoluteTimeout time.Duration // 12 h when zero
	BodyLimit       int64         // bytes; 1 MB when zero
	UploadLimit     int64         // bytes of requests on upload groups; 30 MB when zero

	// Observe is told of every request when it is done, by the pattern of its
	// route: for metrics. It may be nil.
	Observe func(route, method string, status int, took time.Duration)

	// ErrorPage draws a problem: a whole page, or what stands in its place
	// inside a page when the view says Fragment.
	ErrorPage func(ProblemView) templ.Component
}

// A Kit is the shared machinery of the web areas of one process.
type Kit struct {
	Options
	public   *url.URL
	secure   bool // public_url is https: __Host- cookies, HSTS
	insecure bool // http on something other than this machine: a banner says so
	sessions *scs.SessionManager
	texts    *locale.Catalogue
	turns    *turns // of those who prove something

	cityStyle, cityLogo cityFile
	onEnd               func(session string) // a browser signed out: close its streams
	newest              func() string        // the newest signal's event id
}

// New checks the options and gives a Kit. The errors name the option.
func New(o Options) (*Kit, error) {
	if o.Log == nil || o.Now == nil || o.Store == nil || o.Sessions == nil || o.Gate == nil || o.ErrorPage == nil {
		return nil, errors.New("web: Log, Now, Store, Sessions, Gate and ErrorPage are required")
	}
	public, err := url.Parse(o.PublicURL)
	if err != nil || public.Host == "" || (public.Scheme != "http" && public.Scheme != "https") || strings.Trim(public.Path, "/") != "" {
		return nil, fmt.Errorf("web: public_url %q is not an address like https://48.grad.example", o.PublicURL)
	}
	texts, err := locale.Load()
	if err != nil {
		return nil, err
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	o.IdleTimeout = orElse(o.IdleTimeout, 30*time.Minute)
	o.AbsoluteTimeout = orElse(o.AbsoluteTimeout, 12*time.Hour)
	o.BodyLimit = orElse(o.BodyLimit, 1<<20)
	o.UploadLimit = orElse(o.UploadLimit, 30<<20)
	k := &Kit{Options: o, public: public, secure: public.Scheme == "https", texts: texts, turns: newTurns(), newest: func() string { return "" }}
	k.cityStyle = cityFileOf("city.css", "text/css; charset=utf-8", o.Brand.style())
	if logo, ok := LogoType(o.Brand.Logo); ok {
		k.cityLogo = cityFileOf("logo", logo, o.Brand.Logo)
	}
	k.insecure = !k.secure && !isLoopback(public.Hostname())
	k.sessions = k.sessionManager()
	return k, nil
}

func orElse[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// Texts gives the catalogue, for what is written outside a request.
func (k *Kit) Texts() *locale.Catalogue { return k.texts }

// Host gives the name of this site without its port.
func (k *Kit) Host() string { return k.public.Hostname() }

// InsecureHTTP reports whether passwords cross a network unencrypted: the
// public address is http and not this machine. Pages then show a banner.
func (k *Kit) InsecureHTTP() bool { return k.insecure }

// Link makes an absolute address below public_url. Addresses in letters are
// made here and never from a request's Host header.
func (k *Kit) Link(path string) string {
	return strings.TrimSuffix(k.public.String(), "/") + "/" + strings.TrimPrefix(path, "/")
}

// Echo gives a router on which what every response needs is set up: recovery,
// request id, access log, security headers, the language, the error handler
// and the client's address. Groups from [Kit.Staff], [Kit.Public] and
// [Kit.Machine] add the rest.
func (k *Kit) Echo() *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = ipExtractor(k.TrustedProxies)
	e.HTTPErrorHandler = k.handleError
	e.Use(k.observe, k.recoverPanic, k.headers, k.language)
	k.brand(e)
	return e
}

// Public gives a group for pages anybody may see: a session is loaded when
// there is one, forms are protected against other sites, bodies are small.
func (k *Kit) Public(e *echo.Echo, prefix string) *echo.Group {
	return e.Group(prefix, k.limitBody(k.BodyLimit), k.deadline, k.withSession, k.csrf())
}

// Staff gives a group for pages of members of staff: as Public, and whoever is
// not signed in is sent to the sign-in page (fragments get 401).
func (k *Kit) Staff(e *echo.Echo, prefix string) *echo.Group {
	g := k.Public(e, prefix)
	g.Use(k.requireStaff)
	return g
}

// StaffUploads is Staff with the larger bound on bodies.
func (k *Kit) StaffUploads(e *echo.Echo, prefix string) *echo.Group {
	return e.Group(prefix, k.limitBody(k.UploadLimit), k.deadline, k.withSession, k.requireStaff, k.csrf())
}

// PublicUploads is Public with the larger bound on bodies. What stands in first
// runs before anything of the body is read: limits on who may send so much.
func (k *Kit) PublicUploads(e *echo.Echo, prefix string, first ...echo.MiddlewareFunc) *echo.Group {
	return e.Group(prefix, slices.Concat(first, []echo.MiddlewareFunc{k.limitBody(k.UploadLimit), k.deadline, k.withSession, k.csrf()})...)
}

// Streams gives a group for staff requests that stay open (server-sent events): no deadline.
func (k *Kit) Streams(e *echo.Echo, prefix string) *echo.Group {
	return e.Group(prefix, k.limitBody(k.BodyLimit), k.withSession, k.requireStaff)
}

// Machine gives a group for programs (REST, webhooks): no session, no form
// protection; the caller authenticates each request by itself.
func (k *Kit) Machine(e *echo.Echo, prefix string) *echo.Group {
	return e.Group(prefix, k.limitBody(k.UploadLimit), k.deadline)
}

// Need is a middleware that answers Forbidden unless the actor has the right.
// Which objects the right holds for is decided by the query behind the page.
func Need(right ticketing.Right) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if !ActorOf(c).May(right) {
				return &ticketing.Error{Kind: ticketing.Forbidden, Key: "access.forbidden", Args: map[string]any{"Right": string(right)}}
			}
			return next(c)
		}
	}
}

// Server gives an http.Server with the limits of a public face: slow headers,
// huge headers and idle connections are cut (A94). Requests that stay open
// lift their own write deadline.
func Server(addr string, h http.Handler) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       60 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    32 << 10,
	}
}
