package report

import (
	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/web"
)

// A wish is the button that begins or ends the mailing of a report.
type wish struct {
	offered bool // the reader may have it mailed
	wanted  bool
	path    string
	back    string
}

func (a *Area) wishOf(c echo.Context, d ticketing.DepartmentID, back string) (wish, error) {
	by := web.ActorOf(c)
	w := wish{offered: by.ReportsOn(d), path: pathCity + "/subscription/" + number(d), back: back}
	if !w.offered {
		return w, nil
	}
	var err error
	w.wanted, err = a.subscriptions().Subscribed(c.Request().Context(), by, d)
	return w, err
}

func (a *Area) subscriptions() *ticketing.Subscriptions {
	return &ticketing.Subscriptions{Bureau: a.Bureau}
}

// subscribe begins or ends the mailing of a department's report to the reader.
func (a *Area) subscribe(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	f.Set("department", c.Param("department"))
	d := ticketing.DepartmentID(f.Int("department", 0, 1<<62))
	wanted := f.Choice("wanted", "yes", "no") == "yes"
	if !f.OK() {
		return &ticketing.Error{Kind: ticketing.NotFound, Key: "department.unknown"}
	}
	ctx := c.Request().Context()
	if err := a.subscriptions().Choose(ctx, web.ActorOf(c), d, wanted); err != nil {
		return err
	}
	text := web.T(ctx, "report.mail_ended")
	if wanted {
		text = web.T(ctx, "report.mail_begun")
	}
	a.Kit.AddFlash(c, web.Flash{Kind: "ok", Text: text})
	return web.Redirect(c, f.Line("back", 300))
}
