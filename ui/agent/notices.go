package agent

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

const pageNotices = components.PageNotices

// noticesShown is how many notices the page lists.
const noticesShown = 100

// A noticesPage is what this person was told of.
type noticesPage struct {
	shell components.StaffPage
	list  []ticketing.Notice
}

func (a *Area) notices(c echo.Context) error {
	ctx, by := c.Request().Context(), web.ActorOf(c)
	list, err := a.Reads.NoticesOf(ctx, by.Agent, noticesShown)
	if err != nil {
		return err
	}
	p := &noticesPage{list: list}
	if web.WantsFragment(c) {
		return web.Render(c, http.StatusOK, noticesTable(p))
	}
	groups, err := a.Nav.Groups(ctx, by)
	if err != nil {
		return err
	}
	p.shell = components.StaffPage{Title: web.T(ctx, "nav.notices"), Nav: groups, Current: pageNotices, Area: "page page--wide"}
	return web.Render(c, http.StatusOK, noticesComponent(p))
}

// latestNotice is the short message about what came just now.
func (a *Area) latestNotice(c echo.Context) error {
	ctx := c.Request().Context()
	list, err := a.Reads.NoticesOf(ctx, web.ActorOf(c).Agent, 1)
	if err != nil || len(list) == 0 {
		return c.NoContent(http.StatusNoContent)
	}
	return web.Render(c, http.StatusOK, noticeToast(list[0]))
}

// whenText says how long before or after due the step is.
func whenText(ctx context.Context, n ticketing.Notice) string {
	pr := web.PrinterOf(ctx)
	switch {
	case n.After < 0:
		return web.T(ctx, "notices.before", "Span", pr.Span(-n.After))
	case n.After > 0:
		return web.T(ctx, "notices.after", "Span", pr.Span(n.After))
	}
	return web.T(ctx, "notices.at_due")
}
