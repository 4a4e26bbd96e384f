package report

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// A cityPage shows all departments the reader may report on.
type cityPage struct {
	shell       components.StaffPage
	bad         bool
	ask         ask
	presets     []chip
	doc         document
	departments []departmentView
	decisions   []decisionView
	fair        []part
}

func (a *Area) loadCity(c echo.Context) (*cityPage, error) {
	ctx := c.Request().Context()
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, err
	}
	p := &cityPage{}
	if p.ask, err = a.askOf(c, s.dir); err != nil {
		return nil, err
	}
	p.ask.req.Filter, p.ask.req.Reported = report.Filter{}, 0 // the page of the city is not narrowed
	p.presets, p.bad = p.ask.presetChips(ctx, pathCity), !p.ask.form.OK()
	r, err := report.Overview(ctx, a.Reads, web.ActorOf(c), s.dir, p.ask.req)
	if err != nil {
		return nil, err
	}
	p.doc, p.departments = s.cityDocument(r, func(l report.DepartmentLine) departmentView {
		d, _ := s.dir.Department(l.Department)
		return s.departmentLine(l, p.ask.at(pathDepartments+d.Code))
	})
	p.decisions = s.decisions(p.departments)
	for _, x := range p.doc.parts {
		if x.key != partDepartment {
			p.fair = append(p.fair, x)
		}
	}
	return p, nil
}

func (a *Area) city(c echo.Context) error {
	p, err := a.loadCity(c)
	if err != nil {
		return err
	}
	if p.shell, err = a.shell(c, p.doc.title); err != nil {
		return err
	}
	status := http.StatusOK
	if p.bad {
		status = http.StatusUnprocessableEntity
	}
	return web.Render(c, status, cityComponent(p))
}

func (a *Area) cityDownload(c echo.Context) error {
	p, err := a.loadCity(c)
	if err != nil {
		return err
	}
	if p.bad {
		e := p.ask.form.Errors()[0]
		return &ticketing.Error{Kind: ticketing.Invalid, Field: e.Field, Key: e.Key, Args: e.Args}
	}
	return a.download(c, p.doc)
}
