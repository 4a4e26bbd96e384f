package ui

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/report"
	"github.com/sistem48/system48/ui/agent"
	"github.com/sistem48/system48/ui/api"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/manage"
	"github.com/sistem48/system48/ui/portal"
	reports "github.com/sistem48/system48/ui/report"
	"github.com/sistem48/system48/ui/static"
	"github.com/sistem48/system48/ui/web"
)

// Ports is what the pages ask of storage; the in-memory Store, SQLite and
// PostgreSQL have all of it.
type Ports interface {
	ticketing.LetterReads
	ticketing.RoutingReads
	ticketing.Store
	agent.Reads
	ticketing.SessionStore
	ticketing.TokenStore
	ticketing.Gate
	report.Source
	ticketing.CallFactReads
	web.Signals
}

// Deps are what the site works with. Log, Now, PublicURL, Bureau, Ports, Blobs
// and Sentence are required.
type Deps struct {
	Log       *slog.Logger
	Now       func() time.Time
	Zone      *time.Location // of the city; UTC when nil
	PublicURL string         // "https://48.grad.example"
	City      string         // name of the bureau in titles, in Latin script; may be empty
	Brand     web.Brand      // the city's colours and logo
	Phone     string         // the free line on the portal; "" = none

	TrustedProxies  []netip.Prefix // whose X-Forwarded-For is believed
	ImageHosts      []string       // origins of map tiles
	IdleTimeout     time.Duration  // of sessions; 30 min when zero
	AbsoluteTimeout time.Duration  // of sessions; 12 h when zero
	BodyLimit       int64          // bytes; 1 MB when zero
	UploadLimit     int64          // bytes of a request with files; 30 MB when zero

	Bureau *ticketing.Bureau
	Ports  Ports
	Blobs  ticketing.Blobs
	// Sentence explains a deadline in one sentence, to staff; CitizenSentence to
	// the citizen. CitizenSentence is Sentence when nil.
	Sentence        func(tag lang.Tag, x ticketing.Explanation) string
	CitizenSentence func(tag lang.Tag, x ticketing.Explanation) string

	APIPerMinute int               // requests of one API token a minute; the API's own default when 0
	Letters      manage.LetterBook // the city's letters, to be edited; nil: there is no such page
	Region       string            // country of telephone numbers without a prefix
	Version      string            // of the program, as the API describes itself

	// Observe is told of every request when it is done; may be nil.
	Observe func(route, method string, status int, took time.Duration)
	// Mount adds what other rooms serve on the same address: the REST API, web
	// hooks, the demo's mailbox page.
	Mount []web.Mount
	// Hooks are what other systems call, by path: "/hooks/twilio/sms", or with one
	// parameter "/hooks/cti/:token". A hook has neither session nor protection of
	// forms: it authenticates every request by itself.
	Hooks map[string]http.Handler
}

// A Server is the site.
type Server struct {
	kit    *web.Kit
	hub    *web.Hub
	echo   *echo.Echo
	source web.Signals
}

// New puts the site together. Errors name what is missing or malformed.
func New(d Deps) (*Server, error) {
	if d.Bureau == nil || d.Ports == nil || d.Blobs == nil || d.Sentence == nil {
		return nil, errors.New("ui: Bureau, Ports, Blobs and Sentence are required")
	}
	kit, err := web.New(web.Options{
		Log: d.Log, Now: d.Now, Zone: d.Zone, PublicURL: d.PublicURL, City: d.City, Brand: d.Brand, TrustedProxies: d.TrustedProxies,
		ImageHosts: d.ImageHosts, Store: d.Ports, Sessions: d.Ports, Gate: d.Ports, IdleTimeout: d.IdleTimeout,
		AbsoluteTimeout: d.AbsoluteTimeout, BodyLimit: d.BodyLimit, UploadLimit: d.UploadLimit, Observe: d.Observe,
		ErrorPage: func(v web.ProblemView) templ.Component { return components.Problem(v) },
	})
	if err != nil {
		return nil, err
	}
	s := &Server{kit: kit, hub: kit.NewHub(agent.MaySignal), echo: kit.Echo(), source: d.Ports}
	s.echo.GET(static.Prefix+"*", echo.WrapHandler(static.Handler()))
	s.echo.GET("/favicon.ico", echo.WrapHandler(static.Favicon()))
	nav := &components.Navigator{Store: d.Ports, Reads: d.Ports}
	agent.New(agent.Deps{Kit: kit, Hub: s.hub, Nav: nav, Bureau: d.Bureau, Reads: d.Ports, Blobs: d.Blobs, Sentence: d.Sentence}).Register(s.echo)
	manage.New(manage.Deps{
		Kit: kit, Nav: nav, Bureau: d.Bureau, Reads: d.Ports, Tokens: d.Ports, Mailboxes: d.Bureau.Settings.Accounts,
		Letters: d.Letters, Sentence: d.Sentence,
	}).Register(s.echo)
	reports.New(reports.Deps{Kit: kit, Nav: nav, Bureau: d.Bureau, Reads: d.Ports, Line: d.Ports}).Register(s.echo)
	if d.CitizenSentence == nil {
		d.CitizenSentence = d.Sentence
	}
	portal.New(portal.Deps{
		Kit: kit, Bureau: d.Bureau, Reads: d.Ports, Blobs: d.Blobs, Sentence: d.CitizenSentence, City: d.City, Phone: d.Phone,
	}).Register(s.echo)
	api.New(api.Deps{
		Kit: kit, Bureau: d.Bureau, Reads: d.Ports, Tokens: d.Ports, Blobs: d.Blobs, Sentence: d.Sentence,
		PerMinute: d.APIPerMinute, Region: d.Region, Version: d.Version,
	}).Mount(s.echo)
	for _, mount := range d.Mount {
		mount(kit, s.echo)
	}
	hooks := kit.Machine(s.echo, "")
	for path, h := range d.Hooks {
		hooks.Match([]string{http.MethodPost, http.MethodGet}, path, echo.WrapHandler(h))
	}
	return s, nil
}

// Handler serves the whole site.
func (s *Server) Handler() http.Handler { return web.HeadAsGet(s.echo) }

// Kit gives the shared machinery, for what is mounted beside the areas.
func (s *Server) Kit() *web.Kit { return s.kit }

// Run hands live signals to the open browsers until ctx ends, then closes
// their streams.
func (s *Server) Run(ctx context.Context) { s.hub.Run(ctx, s.source) }

// Streams gives the number of open live streams, for metrics.
func (s *Server) Streams() int { return s.hub.Streams() }
