package manage

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

func (a *Area) bodiesPage(c echo.Context) error {
	page, err := a.settings(c, "bodies.title", pageBodies)
	if err != nil {
		return err
	}
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	list := slices.Clone(dir.Bodies)
	tag := web.Language(c.Request().Context())
	slices.SortFunc(list, func(x, y ticketing.Body) int {
		return compareFolded(ticketing.NameIn(x.Names, tag), ticketing.NameIn(y.Names, tag))
	})
	return web.Render(c, http.StatusOK, bodiesView(page, list))
}

// A bodyView is the form of one outside body.
type bodyView struct {
	Page      settingsPage
	Form      *web.Form
	Body      ticketing.Body // ID 0: a new one
	Calendars []components.Option
}

func (v bodyView) action() string {
	if v.Body.ID == 0 {
		return pageBodies + "/new"
	}
	return pageBodies + "/" + strconv.FormatInt(int64(v.Body.ID), 10)
}

// bodyLanguages are those a body is written to in.
func bodyLanguages(ctx context.Context) []components.Option {
	return append([]components.Option{{Value: "", Text: web.T(ctx, "bodies.city_language")}}, languageOptions()...)
}

// bodyOf gives the stored body of the address, a new one for /new.
func (a *Area) bodyOf(c echo.Context) (ticketing.Body, error) {
	if c.Param("id") == "" {
		return ticketing.Body{AcceptHours: 10, AnswerHours: 72}, nil
	}
	n, err := id(c)
	if err != nil {
		return ticketing.Body{}, err
	}
	dir, err := a.directory(c)
	if err != nil {
		return ticketing.Body{}, err
	}
	b, ok := dir.Body(ticketing.BodyID(n))
	if !ok {
		return b, ticketing.NotFound
	}
	return b, nil
}

func (a *Area) bodyPage(c echo.Context) error {
	b, err := a.bodyOf(c)
	if err != nil {
		return err
	}
	f := web.NewForm("calendar", b.Calendar, "code", b.Code, "email", b.Email, "language", string(b.Language), "domain", b.Domain, "pattern", b.Pattern,
		"accept_hours", strconv.Itoa(b.AcceptHours), "answer_hours", strconv.Itoa(b.AnswerHours), "version", strconv.FormatInt(b.Version, 10))
	setNames(f, b.Names)
	if b.Disabled {
		f.Set("disabled", "1")
	}
	return a.showBody(c, http.StatusOK, b, f)
}

func (a *Area) showBody(c echo.Context, status int, b ticketing.Body, f *web.Form) error {
	title := "bodies.edit"
	if b.ID == 0 {
		title = "bodies.new"
	}
	page, err := a.settings(c, title, pageBodies)
	if err != nil {
		return err
	}
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	calendars := calendarOptions(dir, web.T(c.Request().Context(), "bodies.promise_calendar"))
	return web.Render(c, status, bodyPageView(bodyView{Page: page, Form: f, Body: b, Calendars: calendars}))
}

func (a *Area) saveBody(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	stored, err := a.bodyOf(c)
	if err != nil {
		return err
	}
	b := stored
	b.Names, b.Code, b.Email = namesOf(f), f.Required("code", 40), f.Required("email", 254)
	b.Language, b.Domain, b.Pattern = lang.Tag(f.Line("language", 20)), f.Line("domain", 253), f.Line("pattern", 200)
	b.AcceptHours, b.AnswerHours = int(f.Int("accept_hours", 1, 1000)), int(f.Int("answer_hours", 1, 1000))
	b.Disabled, b.Calendar = f.Checked("disabled"), f.Line("calendar", 40)
	if b.ID != 0 {
		b.Version = f.Int("version", 0, 1<<62)
	}
	if f.OK() {
		if err := a.registry.SaveBody(c.Request().Context(), web.ActorOf(c), &b); err != nil && !f.Take(err) {
			return err
		}
	}
	if !f.OK() {
		return a.showBody(c, http.StatusUnprocessableEntity, stored, f)
	}
	a.saved(c)
	return web.Redirect(c, pageBodies)
}

// passesOf reads what of a ticket an outside body may be shown.
func passesOf(f *web.Form) []ticketing.Passable {
	var out []ticketing.Passable
	for _, p := range ticketing.AllPassable() {
		if f.Checked("pass_" + string(p)) {
			out = append(out, p)
		}
	}
	return out
}
