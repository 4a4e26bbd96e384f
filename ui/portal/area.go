package portal

import (
	"context"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// Reads is what the status page reads.
type Reads interface {
	TicketForCitizen(ctx context.Context, ref ticketing.Reference) (*ticketing.TicketView, error)
}

// Deps are what the area works with. All but City and Phone are required.
type Deps struct {
	Kit    *web.Kit
	Bureau *ticketing.Bureau
	Reads  Reads
	Blobs  ticketing.Blobs
	// Sentence explains a deadline to the citizen.
	Sentence func(tag lang.Tag, x ticketing.Explanation) string
	City     string // in Latin script
	Phone    string // the free line; "" = none
}

// An Area serves the citizens' pages.
type Area struct {
	Deps
	counter   *ticketing.Counter
	custodian *ticketing.Custodian
}

// New gives the area; Register mounts it.
func New(d Deps) *Area {
	return &Area{Deps: d, counter: &ticketing.Counter{Bureau: d.Bureau}, custodian: &ticketing.Custodian{Bureau: d.Bureau}}
}

// Register mounts the routes, once for each language: the address chooses it.
func (a *Area) Register(e *echo.Echo) {
	for _, tag := range lang.Tags() {
		speak := func(next echo.HandlerFunc) echo.HandlerFunc {
			return func(c echo.Context) error {
				a.Kit.SetLanguage(c, tag)
				return next(c)
			}
		}
		g := a.Kit.Public(e, "")
		g.GET(ticketing.PortalPath(tag), a.home, speak)
		g.GET(ticketing.StatusPath(tag, ""), a.lookUpPage, speak)
		g.POST(ticketing.StatusPath(tag, ""), a.lookUp, speak)
		g.GET(ticketing.StatusPath(tag, ":ref"), a.statusPage, speak)
		up := a.Kit.PublicUploads(e, ticketing.StatusPath(tag, ":ref"), a.flood)
		up.POST("/message", a.write, speak)
		up.POST("/reopen", a.deny, speak)
		g.GET(ticketing.StatusPath(tag, ":ref")+"/files/:file", a.file, speak)
		a.registerReferral(e, g, tag, speak)
	}
}

// shell gives the surroundings of a page; href gives the same page in another
// language.
func (a *Area) shell(ctx context.Context, title, current string, href func(lang.Tag) string) components.PortalPage {
	tag := web.Language(ctx)
	p := components.PortalPage{
		Title: title, Home: ticketing.PortalPath(tag), Current: current, Bureau: a.bureau(ctx),
		Languages: components.LanguageLinks(ctx, href),
		Nav: []components.NavItem{
			{Href: ticketing.PortalPath(tag), Label: web.T(ctx, "portal.home")},
			{Href: ticketing.StatusPath(tag, ""), Label: web.T(ctx, "portal.track")},
		},
	}
	if a.Phone != "" {
		p.Foot = append(p.Foot, components.NavItem{Href: "tel:" + a.Phone, Label: web.T(ctx, "portal.free_call", "Phone", a.Phone)})
	}
	p.Foot = append(p.Foot, components.NavItem{Href: "/sign-in", Label: web.T(ctx, "portal.staff")})
	return p
}

// bureau is the name in the foot of every page.
func (a *Area) bureau(ctx context.Context) string {
	city := a.City
	if web.Language(ctx) == lang.SrCyrl {
		city = lang.ToCyrillic(city)
	}
	if city == "" {
		return web.T(ctx, "portal.bureau")
	}
	return city + " – " + web.T(ctx, "portal.bureau")
}

// mailAddress is where citizens write to, "" when there is no mailbox.
func (a *Area) mailAddress() string {
	for _, acc := range a.Bureau.Settings.Accounts {
		if acc.Channel == ticketing.ChannelEmail {
			return acc.Address
		}
	}
	return ""
}

// Limits on the look-up (A47): guesses, and everything else one network does. A
// page may show many pictures.
const (
	guesses       = 5
	guessWindow   = time.Minute
	visits        = 120
	fileVisits    = 600
	messages      = 10
	messageWindow = 10 * time.Minute
)

// find gives the ticket that reference and code open, slowly to those who guess.
func (a *Area) find(c echo.Context, ref, code string) (*ticketing.TicketView, error) {
	if err := a.Kit.Limit(c, "status", visits, guessWindow); err != nil {
		return nil, err
	}
	return a.prove(c, ref, code)
}

func (a *Area) prove(c echo.Context, ref, code string) (v *ticketing.TicketView, err error) {
	err = a.Kit.Guess(c, "guess", guesses, guessWindow, func() (wrong error) {
		v, wrong = a.counter.Find(c.Request().Context(), a.Reads, ref, code)
		return wrong
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}
