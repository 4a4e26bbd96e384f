package agent

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// here is the sign a page gives that it is open and looked at, whether its
// reader writes, and that it was left. The answer says who else is there.
func (a *Area) here(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	row, err := a.row(c)
	if err != nil {
		return err
	}
	how := ticketing.SignalLooks
	switch {
	case f.Checked("left"):
		how = ticketing.SignalLeft
	case f.Checked("writing"):
		how = ticketing.SignalWrites
	}
	a.Hub.Here(web.ActorOf(c), row.ID, row.Department, how)
	if how == ticketing.SignalLeft {
		return c.NoContent(http.StatusNoContent)
	}
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, presentPeople(a.present(dir, row.ID, web.ActorOf(c))))
}

// present gives who else has the ticket open, by name.
func (a *Area) present(dir *ticketing.Directory, t ticketing.TicketID, by ticketing.Actor) []components.PresentView {
	var out []components.PresentView
	for _, p := range a.Hub.Present(t, by.Agent) {
		if g, ok := dir.Agent(p.Agent); ok {
			out = append(out, components.PresentView{Person: components.Person{ID: g.ID, Name: g.Name}, Writing: p.Writing})
		}
	}
	return out
}

// seatRows adds to the rows of a list who has each ticket open.
func (a *Area) seatRows(c echo.Context, dir *ticketing.Directory, rows []components.RowView) {
	for i := range rows {
		rows[i].Present = a.present(dir, rows[i].ID, web.ActorOf(c))
	}
}
