package manage

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

const pageAbsences = "/absences"

// An absencesView is who is away or will be, of those the reader plans for.
type absencesView struct {
	Shell    components.StaffPage
	Form     *web.Form
	Own      ticketing.AgentID
	People   []components.Option // whom the reader may enter absences of
	Deputies []components.Option
	List     []ticketing.Absence
	Dir      *ticketing.Directory
}

func (v absencesView) name(id ticketing.AgentID) string { return ruleWords{dir: v.Dir}.person(id) }

func (a *Area) absencesPage(c echo.Context) error {
	return a.showAbsences(c, http.StatusOK, web.NewForm("agent", number(web.ActorOf(c).Agent), "hand_over", "1"))
}

func (a *Area) showAbsences(c echo.Context, status int, f *web.Form) error {
	ctx, by := c.Request().Context(), web.ActorOf(c)
	shell, err := a.shell(c, web.T(ctx, "absences.title"), "")
	if err != nil {
		return err
	}
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	v := absencesView{Shell: shell, Form: f, Own: by.Agent, Dir: dir, Deputies: []components.Option{{Text: web.T(ctx, "absences.substitute_none")}}}
	people := slices.Clone(dir.Agents)
	slices.SortFunc(people, func(x, y ticketing.Agent) int { return compareFolded(x.Name, y.Name) })
	for _, g := range people {
		if g.Disabled {
			continue
		}
		if dir.MayPlan(by, g.ID) {
			v.People = append(v.People, components.Option{Value: number(g.ID), Text: g.Name})
		}
		if g.Role != ticketing.RoleAuditor {
			v.Deputies = append(v.Deputies, components.Option{Value: number(g.ID), Text: g.Name})
		}
	}
	now := web.PrinterOf(ctx).Now()
	for _, x := range dir.Absences {
		if dir.MayPlan(by, x.Agent) && now.Before(x.Until) {
			v.List = append(v.List, x)
		}
	}
	slices.SortFunc(v.List, func(x, y ticketing.Absence) int { return x.From.Compare(y.From) })
	return web.Render(c, status, absencesPageView(v))
}

// dayOf reads a local day; "" is none.
func dayOf(f *web.Form, field string, zone *time.Location) time.Time {
	s := f.Required(field, 10)
	if s == "" {
		return time.Time{}
	}
	t, err := time.ParseInLocation(time.DateOnly, s, zone)
	if err != nil {
		f.Fail(field, "report.day")
	}
	return t
}

// saveAbsence enters an absence by whole days.
func (a *Area) saveAbsence(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	zone := web.PrinterOf(ctx).Now().Location()
	x := ticketing.Absence{
		Agent: idOf[ticketing.AgentID](f, "agent"), Substitute: idOf[ticketing.AgentID](f, "substitute"), HandOver: f.Checked("hand_over"),
		From: dayOf(f, "from", zone), Until: dayOf(f, "until", zone),
	}
	if !x.Until.IsZero() {
		x.Until = x.Until.AddDate(0, 0, 1) // the last day belongs to it
	}
	if f.OK() {
		if err := a.registry.SaveAbsence(ctx, web.ActorOf(c), &x); err != nil && !f.Take(err) {
			return err
		}
	}
	if !f.OK() {
		return a.showAbsences(c, http.StatusUnprocessableEntity, f)
	}
	a.saved(c)
	return web.Redirect(c, pageAbsences)
}

// endAbsence ends one that lasts, or cancels one to come.
func (a *Area) endAbsence(c echo.Context) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	agent := ticketing.AgentID(f.Int("agent", 1, 1<<62))
	if err := a.registry.EndAbsence(c.Request().Context(), web.ActorOf(c), agent, ticketing.AbsenceID(n)); err != nil {
		return err
	}
	a.saved(c)
	return web.Redirect(c, pageAbsences)
}

func absencePath(x ticketing.Absence) string {
	return pageAbsences + "/" + strconv.FormatInt(int64(x.ID), 10) + "/end"
}
