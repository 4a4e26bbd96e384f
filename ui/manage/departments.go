package manage

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/web"
)

func (a *Area) departmentsPage(c echo.Context) error {
	page, err := a.settings(c, "departments.title", pageDepartments)
	if err != nil {
		return err
	}
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	list := slices.Clone(dir.Departments)
	tag := web.Language(c.Request().Context())
	slices.SortFunc(list, func(x, y ticketing.Department) int {
		return compareFolded(ticketing.NameIn(x.Names, tag), ticketing.NameIn(y.Names, tag))
	})
	return web.Render(c, http.StatusOK, departmentsView(page, list))
}

// A departmentView is the form of one department.
type departmentView struct {
	Page       settingsPage
	Form       *web.Form
	Department ticketing.Department // ID 0: a new one
}

func (v departmentView) action() string {
	if v.Department.ID == 0 {
		return pageDepartments + "/new"
	}
	return pageDepartments + "/" + strconv.FormatInt(int64(v.Department.ID), 10)
}

// departmentOf gives the stored department of the address, a new one for /new.
func (a *Area) departmentOf(c echo.Context) (ticketing.Department, error) {
	if c.Param("id") == "" {
		return ticketing.Department{}, nil
	}
	n, err := id(c)
	if err != nil {
		return ticketing.Department{}, err
	}
	dir, err := a.directory(c)
	if err != nil {
		return ticketing.Department{}, err
	}
	d, ok := dir.Department(ticketing.DepartmentID(n))
	if !ok {
		return d, ticketing.NotFound
	}
	return d, nil
}

func (a *Area) departmentPage(c echo.Context) error {
	d, err := a.departmentOf(c)
	if err != nil {
		return err
	}
	f := web.NewForm("code", d.Code, "email", d.Email, "sharing", string(d.Sharing), "leg_hours", strconv.Itoa(d.LegHours), "version", strconv.FormatInt(d.Version, 10))
	setNames(f, d.Names)
	for field, on := range map[string]bool{"digest": d.Digest, "intake": d.Intake, "disabled": d.Disabled} {
		if on {
			f.Set(field, "1")
		}
	}
	return a.showDepartment(c, http.StatusOK, d, f)
}

func (a *Area) showDepartment(c echo.Context, status int, d ticketing.Department, f *web.Form) error {
	title := "departments.edit"
	if d.ID == 0 {
		title = "departments.new"
	}
	page, err := a.settings(c, title, pageDepartments)
	if err != nil {
		return err
	}
	return web.Render(c, status, departmentPageView(departmentView{Page: page, Form: f, Department: d}))
}

func (a *Area) saveDepartment(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	stored, err := a.departmentOf(c)
	if err != nil {
		return err
	}
	d := stored
	d.Names, d.Code, d.Email = namesOf(f), f.Required("code", 40), f.Line("email", 254)
	d.LegHours = int(f.Int("leg_hours", 0, 1000))
	d.Digest, d.Intake, d.Disabled = f.Checked("digest"), f.Checked("intake"), f.Checked("disabled")
	d.Sharing = ticketing.Sharing(f.Value("sharing"))
	if d.ID != 0 {
		d.Version = f.Int("version", 0, 1<<62) // the one that was shown: a later change is not overwritten
	}
	if f.OK() {
		if err := a.registry.SaveDepartment(c.Request().Context(), web.ActorOf(c), &d); err != nil && !f.Take(err) {
			return err
		}
	}
	if !f.OK() {
		return a.showDepartment(c, http.StatusUnprocessableEntity, stored, f)
	}
	a.saved(c)
	return web.Redirect(c, pageDepartments)
}
