package portal

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// A homeView is the portal's first page.
type homeView struct {
	Page  components.PortalPage
	Track *web.Form
	Mail  string
	Phone string
	Tiles []tile
}

// A tile is a category one can write about.
type tile struct{ Icon, Name, Href string }

// icons are the drawings of categories by words of their code.
var icons = []struct{ part, icon string }{
	{"road", "road"},
	{"put", "road"},
	{"hole", "road"},
	{"light", "bulb"},
	{"rasvjet", "bulb"},
	{"waste", "trash"},
	{"otpad", "trash"},
	{"clean", "trash"},
	{"cisto", "trash"},
	{"water", "droplet"},
	{"vod", "droplet"},
	{"green", "tree"},
	{"zelen", "tree"},
	{"tree", "tree"},
	{"park", "car"},
	{"bus", "bus"},
	{"prevoz", "bus"},
	{"bike", "bike"},
	{"animal", "dog"},
	{"dog", "dog"},
	{"zivot", "dog"},
	{"noise", "speakerphone"},
	{"buka", "speakerphone"},
	{"build", "building"},
	{"grad", "building"},
	{"school", "school"},
	{"social", "heart-handshake"},
}

func iconOf(code string) string {
	at := slices.IndexFunc(icons, func(i struct{ part, icon string }) bool { return containsFold(code, i.part) })
	if at < 0 {
		return "dots"
	}
	return icons[at].icon
}

func (a *Area) home(c echo.Context) error {
	v, err := a.homeView(c.Request().Context())
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, homePage(v))
}

// maxTiles keeps the first page one page.
const maxTiles = 12

func (a *Area) homeView(ctx context.Context) (homeView, error) {
	dir, err := a.Bureau.Store.Directory(ctx)
	if err != nil {
		return homeView{}, err
	}
	tag := web.Language(ctx)
	v := homeView{
		Page: a.shell(ctx, web.T(ctx, "home.title"), ticketing.PortalPath(tag), ticketing.PortalPath), Track: web.NewForm(),
		Mail: a.mailAddress(), Phone: a.Phone,
	}
	for _, k := range dir.Categories {
		if k.Disabled || k.Default || v.Mail == "" || len(v.Tiles) == maxTiles {
			continue
		}
		name := ticketing.NameIn(k.Names, tag)
		v.Tiles = append(v.Tiles, tile{Icon: iconOf(k.Code), Name: name, Href: mailTo(v.Mail, name)})
	}
	return v, nil
}

// mailTo makes an address that opens a letter to the bureau (RFC 6068).
func mailTo(address, subject string) string {
	return "mailto:" + address + "?subject=" + url.PathEscape(subject)
}

func (a *Area) lookUpPage(c echo.Context) error {
	return a.showLookUp(c, http.StatusOK, web.NewForm())
}

func (a *Area) showLookUp(c echo.Context, status int, f *web.Form) error {
	ctx := c.Request().Context()
	href := func(tag lang.Tag) string { return ticketing.StatusPath(tag, "") }
	page := a.shell(ctx, web.T(ctx, "portal.track"), ticketing.StatusPath(web.Language(ctx), ""), href)
	return web.Render(c, status, lookUpPage(page, f))
}

// lookUp opens the status page for a number and a code that were typed in.
func (a *Area) lookUp(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	ref, code := f.Required("reference", 40), f.Required("code", 40)
	if !f.OK() {
		return a.showLookUp(c, http.StatusUnprocessableEntity, f)
	}
	v, err := a.find(c, ref, code)
	if ticketing.KindOf(err) == ticketing.NotFound {
		f.Fail("reference", "status.unknown")
		return a.showLookUp(c, http.StatusNotFound, f)
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, statusLink(web.Language(c.Request().Context()), v.Ticket.Ref, code))
}

// statusLink is the address of a status page, as receipts carry it.
func statusLink(tag lang.Tag, ref ticketing.Reference, code string) string {
	return ticketing.StatusPath(tag, ref) + "?k=" + url.QueryEscape(code)
}
