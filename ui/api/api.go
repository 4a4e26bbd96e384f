package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/report"
	"github.com/sistem48/system48/ui/web"
)

// Prefix is the path all operations lie under.
const Prefix = "/api/v1"

// descriptionPath is where the description lies below Prefix; it needs no token.
const descriptionPath = "/openapi.json"

// DefaultPerMinute is how many requests a token may make in a minute when the
// configuration does not say.
const DefaultPerMinute = 1200

// Reads is what the operations read.
type Reads interface {
	ticketing.TicketReads
	ticketing.DraftStore
	ticketing.LedgerReads
	ticketing.OutgoingReads
	ticketing.RoutingReads
	ticketing.CallReads
	report.Source
}

// Deps are what the interface works with. Kit, Bureau, Reads, Tokens, Blobs and
// Sentence are required.
type Deps struct {
	Kit    *web.Kit
	Bureau *ticketing.Bureau
	Reads  Reads
	Tokens ticketing.TokenStore
	Blobs  ticketing.Blobs
	// Sentence explains a deadline in one sentence.
	Sentence func(tag lang.Tag, x ticketing.Explanation) string
	// PerMinute bounds the requests of one token over all processes;
	// DefaultPerMinute when 0.
	PerMinute int
	// Region is the country of telephone numbers without a prefix; "ME" when "".
	Region string
	// Version of the program, for the description; may be "".
	Version string
}

// An API serves the operations once it is mounted.
type API struct {
	Deps
	limit  allowance
	huma   huma.API
	routes []route
}

// New gives an API; Mount connects it.
func New(d Deps) *API {
	if d.PerMinute <= 0 {
		d.PerMinute = DefaultPerMinute
	}
	if d.Region == "" {
		d.Region = "ME"
	}
	return &API{Deps: d, limit: allowance{gate: d.Kit.Gate, now: d.Kit.Now, perMinute: d.PerMinute}}
}

// Mount registers every operation and takes over the answering of errors below
// Prefix: whatever happens there, a program reads a problem and never a page.
func (a *API) Mount(e *echo.Echo) {
	pages := e.HTTPErrorHandler
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		if p := c.Request().URL.Path; p == Prefix || strings.HasPrefix(p, Prefix+"/") {
			a.answerError(err, c)
			return
		}
		pages(err, c)
	}
	g := a.Kit.Machine(e, Prefix)
	g.Use(a.authenticate)
	a.huma = humaecho.NewWithGroup(e, g, a.config())
	a.registerTickets()
	a.registerActs()
	a.registerCustody()
	a.registerConsultations()
	a.registerWriting()
	a.registerMessages()
	a.registerDeliveries()
	a.registerIntake()
	a.registerDirectory()
	a.registerRules()
	a.registerReports()
	a.registerRouting()
	a.registerAbsences()
	a.registerViews()
	a.registerCalls()
	description := a.describe()
	a.Kit.Machine(e, Prefix+descriptionPath).GET("", func(c echo.Context) error {
		return c.Blob(http.StatusOK, "application/json", description)
	})
}

// config is huma without anything it would add by itself: no documentation
// pages, no schema links, no second format.
func (a *API) config() huma.Config {
	version := a.Version
	if version == "" {
		version = "1"
	}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "System 48", Version: version,
				Description: "Tickets of the city's bureau for communication with its citizens. Instants are RFC 3339 in UTC; " +
					"errors are problems of RFC 9457 with a stable code; lists are paged by cursor, without totals.",
			},
			Servers: []*huma.Server{{URL: Prefix}},
			Components: &huma.Components{
				Schemas:         huma.NewMapRegistry("#/components/schemas/", schemaName),
				SecuritySchemes: map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer", Description: "a token made with system48 token create"}},
			},
			Security: []map[string][]string{{"token": {}}},
		},
		Formats:                      map[string]huma.Format{"application/json": strictJSON, "json": strictJSON},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{problems},
	}
}

// schemaName names a type in the description: ticketJSON is Ticket.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	return strings.ReplaceAll(name, "JSON", "")
}

// describe gives the description as it is served. It cannot fail: it holds
// only what huma itself made.
func (a *API) describe() []byte {
	schemas := a.huma.OpenAPI().Components.Schemas.Map()
	delete(schemas, "ErrorModel") // huma's own error is never sent
	delete(schemas, "ErrorDetail")
	b, err := json.Marshal(a.huma.OpenAPI())
	if err != nil {
		panic(fmt.Sprintf("the description of the API cannot be written: %v", err))
	}
	return b
}

// now is the present as it is stored.
func (a *API) now() time.Time { return a.Kit.Now().UTC().Truncate(time.Microsecond) }
