package report

import (
	"bytes"
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// A departmentPage is the report of one department, or of all in detail.
type departmentPage struct {
	shell      components.StaffPage
	path       string
	id         ticketing.DepartmentID // 0: all
	name       string                 // of the department
	bad        bool                   // the period was refused: there is no report
	empty      bool                   // nothing came, fell due or is open
	ask        ask
	presets    []chip
	filters    []chip
	channels   []components.Option
	categories []components.Option
	doc        document
	signs      []signView
	found      string // "3 znaka"; "" none
	signsLeft  bool   // signs are not looked for in a narrowed report
	late       *caseList
	today      *caseList
	wish       wish
	unread     string // "12 predmeta čeka validaciju, najstariji od …"
}

// emptyText says why a report has nothing to show.
func emptyText(ctx context.Context, q ask) string {
	if q.req.Reported != 0 {
		return web.T(ctx, "report.empty_then")
	}
	return web.T(ctx, "report.empty_text")
}

// part gives a part of the report by its key, nil when it has none.
func (p *departmentPage) part(key string) *part {
	for i := range p.doc.parts {
		if p.doc.parts[i].key == key {
			return &p.doc.parts[i]
		}
	}
	return nil
}

// subject gives the department of the address; the zero Department is the city.
func (a *Area) subject(c echo.Context, dir *ticketing.Directory) (ticketing.Department, string, error) {
	code := c.Param("code")
	if code == "" {
		return ticketing.Department{}, pathAll, nil
	}
	d, ok := dir.DepartmentByCode(code)
	if !ok {
		return d, "", &ticketing.Error{Kind: ticketing.NotFound, Key: "department.unknown"}
	}
	return d, pathDepartments + d.Code, nil
}

// loadDepartment reads the choices and, unless they are refused, the report.
func (a *Area) loadDepartment(c echo.Context) (*departmentPage, *report.Report, *scribe, error) {
	ctx := c.Request().Context()
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	d, path, err := a.subject(c, s.dir)
	if err != nil {
		return nil, nil, nil, err
	}
	p := &departmentPage{path: path, id: d.ID, name: s.print.T("report.all")}
	if d.ID != 0 {
		p.name = s.department(d.ID)
	}
	if p.ask, err = a.askOf(c, s.dir); err != nil {
		return nil, nil, nil, err
	}
	if d.ID != 0 {
		p.ask.req.Filter.Departments = []ticketing.DepartmentID{d.ID}
	}
	p.presets, p.filters = p.ask.presetChips(ctx, path), p.ask.filterChips(s, path)
	p.channels, p.categories = channelOptions(s), categoryOptions(s, d.ID)
	p.bad = !p.ask.form.OK()
	r, err := report.Department(ctx, a.Reads, web.ActorOf(c), p.ask.req) // also when refused: whose it is decides what is said
	if err != nil {
		return nil, nil, nil, err
	}
	title := s.print.T("report.title", "Name", p.name)
	p.doc = s.document(title, r, p.ask.rows(s, path))
	what := d.Code
	if what == "" {
		what = "all"
	}
	p.doc.file = fileName(what, r.Request.Period)
	return p, r, s, nil
}

func (a *Area) department(c echo.Context) error {
	p, r, s, err := a.loadDepartment(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	if p.shell, err = a.shell(c, p.doc.title); err != nil {
		return err
	}
	if p.wish, err = a.wishOf(c, p.id, p.ask.at(p.path)); err != nil {
		return err
	}
	if p.bad {
		return web.Render(c, http.StatusUnprocessableEntity, departmentComponent(p))
	}
	p.empty = r.Figure(report.AnswerOnTime).Denominator+r.Figure(report.Received).Numerator+r.Figure(report.Open).Numerator+r.Figure(report.Closed).Numerator == 0
	found := 0
	for _, x := range r.Signs {
		v := s.sign(x)
		if v.found {
			found++
		}
		p.signs = append(p.signs, v)
	}
	if found > 0 {
		p.found = s.print.N("report.signs_count", found)
	}
	p.signsLeft = len(r.Signs) == 0
	if n := r.Figure(report.Unvalidated).Numerator; n > 0 {
		p.unread = s.print.N("report.unvalidated_now", int(n))
		if !r.OldestUnvalidated.IsZero() {
			p.unread += " " + s.print.T("report.unvalidated_oldest", "At", s.print.DateTime(r.OldestUnvalidated))
		}
	}
	missed := r.Figure(report.AnswerOnTime).Of
	missed.Set = report.SetMissed
	if p.late, err = a.shortList(ctx, s, web.ActorOf(c), missed); err != nil {
		return err
	}
	if p.ask.req.Reported == 0 {
		if p.today, err = a.shortList(ctx, s, web.ActorOf(c), r.Figure(report.DueToday).Behind); err != nil {
			return err
		}
	}
	return web.Render(c, http.StatusOK, departmentComponent(p))
}

func (a *Area) departmentDownload(c echo.Context) error {
	p, _, _, err := a.loadDepartment(c)
	if err != nil {
		return err
	}
	if p.bad {
		e := p.ask.form.Errors()[0]
		return &ticketing.Error{Kind: ticketing.Invalid, Field: e.Field, Key: e.Key, Args: e.Args}
	}
	return a.download(c, p.doc)
}

// contentTypes are those of the downloads, by the ending of their name.
var contentTypes = map[string]string{
	"csv": "text/csv; charset=utf-8", "pdf": "application/pdf",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

// download answers with the document in the format of the address.
func (a *Area) download(c echo.Context, d document) error {
	var b bytes.Buffer
	var err error
	format := c.Param("format")
	switch format {
	case "csv":
		err = writeCSV(&b, d)
	case "xlsx":
		err = writeXLSX(&b, d)
	case "pdf":
		err = writePDF(&b, d, a.Kit.Now())
	default:
		return unknownFormat()
	}
	if err != nil {
		return err
	}
	return attach(c, d.file, format, b.Bytes())
}

func unknownFormat() error {
	return &ticketing.Error{Kind: ticketing.NotFound, Key: "problem.not_found.text"}
}

// attach sends a file to be saved under a name.
func attach(c echo.Context, name, format string, body []byte) error {
	h := c.Response().Header()
	h.Set("Content-Disposition", `attachment; filename="`+name+"."+format+`"`)
	h.Set("X-Content-Type-Options", "nosniff")
	return c.Blob(http.StatusOK, contentTypes[format], body)
}
