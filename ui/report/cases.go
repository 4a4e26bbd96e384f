package report

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// How many tickets stand on a page of them, beside a figure, and in a download.
const (
	casesOnPage = 50
	casesBeside = 10
	casesInFile = 20_000
)

// A caseList is tickets behind a figure.
type caseList struct {
	title  string
	table  table
	all    string // the address of the whole list
	more   bool   // there are more than are shown
	reads  bool   // the reader may open tickets
	latest time.Time
}

// A casesPage lists exactly the tickets behind a figure.
type casesPage struct {
	shell   components.StaffPage
	path    string // with the drill-down
	title   string
	note    string
	list    caseList
	next    string
	first   string
	files   [2]string // addresses of the CSV and the XLSX
	reportP string    // the report the list belongs to
}

// shortList gives the first tickets of a set, nil when there are none.
func (a *Area) shortList(ctx context.Context, s *scribe, by ticketing.Actor, d report.Drill) (*caseList, error) {
	page, err := report.Cases(ctx, a.Reads, by, d, "", casesBeside)
	if err != nil || len(page.Items) == 0 {
		return nil, err
	}
	l := s.cases(d, page.Items, by)
	l.all, l.more = behind(d), page.Next != ""
	return &l, nil
}

// cases writes tickets as a table. Promises, and tickets that are late now, show
// when they fell due and by how much they were late.
func (s *scribe) cases(d report.Drill, list []report.Case, by ticketing.Actor) caseList {
	t := s.print.T
	out := caseList{title: s.setTitle(d), reads: by.May(ticketing.RightRead), latest: d.AsOf}
	clocks := d.Set.OfClocks()
	out.table.columns = []string{t("report.case.ref"), t("report.case.subject"), t("report.case.received")}
	switch {
	case clocks:
		out.table.columns = append(out.table.columns, t("report.case.due"), t("report.case.done"), t("report.case.late"))
	case d.Set == report.SetOverdue:
		out.table.columns = append(out.table.columns, t("report.case.due"), t("report.case.late"), t("report.case.assignee"), t("report.case.state"))
	default:
		out.table.columns = append(out.table.columns, t("report.case.state"), t("report.case.ended"))
	}
	out.table.columns = append(out.table.columns, t("report.by.department"), t("report.by.category"), t("report.by.channel"))
	for i := range list {
		x := &list[i]
		ref := textCell(string(x.Ref))
		ref.whole = true
		if out.reads {
			ref.href = "/agent/t/" + string(x.Ref)
		}
		subject := cell{}
		if x.Subject != "" {
			subject = textCell(x.Subject)
		}
		row := []cell{ref, subject, instantCell(x.ReceivedAt)}
		state := textCell(t("state." + x.State.String()))
		switch {
		case clocks:
			row = append(row, instantCell(x.Due), s.done(x), lateness(x, d.AsOf))
		case d.Set == report.SetOverdue:
			row = append(row, instantCell(x.Due), lateness(x, d.AsOf), s.agent(x.Assignee), state)
		default:
			row = append(row, state, instantCell(x.Ended))
		}
		channel := textCell(s.key(report.ByChannel, string(x.Channel)))
		channel.whole = true
		out.table.rows = append(out.table.rows, append(row, textCell(s.department(x.Department)), textCell(s.key(report.ByCategory, number(x.Category))), channel))
	}
	return out
}

// agent names who has a ticket; nothing of nobody.
func (s *scribe) agent(id ticketing.AgentID) cell {
	if g, ok := s.dir.Agent(id); ok && id != 0 {
		return textCell(g.Name)
	}
	return cell{}
}

// done says when a promise was kept, or why not.
func (s *scribe) done(x *report.Case) cell {
	switch {
	case x.Outcome == report.OutcomeEnded && x.Code != "":
		return textCell(s.print.T("code." + string(x.Code)))
	case !x.Settled.IsZero():
		return instantCell(x.Settled)
	}
	return textCell(s.print.T("report.case.open"))
}

// lateness is by how much a promise was missed: of one still open, until now.
func lateness(x *report.Case, now time.Time) cell {
	end := x.Settled
	if end.IsZero() {
		end = now
	}
	if x.Due.IsZero() || !end.After(x.Due) || x.Outcome == report.OutcomeMet {
		return cell{}
	}
	return spanCell(end.Sub(x.Due))
}

// setTitle names what a drill-down chooses.
func (s *scribe) setTitle(d report.Drill) string {
	title := s.print.T("report.set." + string(d.Set))
	switch {
	case d.Set == report.SetSign:
		title = s.print.T("report.sign." + string(d.Sign))
	case d.Set.OfClocks():
		title = s.print.T("report.clock."+string(d.Clock)) + ": " + title
	}
	if d.Code != "" {
		title += " – " + s.print.T("code."+string(d.Code))
	}
	return title
}

// setNote says how the list is narrowed: by period and by what else.
func (s *scribe) setNote(d report.Drill) string {
	note := ""
	add := func(words string) {
		if note != "" && words != "" {
			note += " · "
		}
		note += words
	}
	for _, x := range d.Filter.Departments {
		add(s.department(x))
	}
	if d.Period.From != 0 && d.Period.To != 0 {
		add(s.period(d.Period))
	}
	for _, x := range d.Filter.Categories {
		add(s.key(report.ByCategory, number(x)))
	}
	for _, x := range d.Filter.Channels {
		add(s.key(report.ByChannel, string(x)))
	}
	for _, x := range d.Filter.Districts {
		add(s.key(report.ByDistrict, x))
	}
	for _, x := range d.Filter.Languages {
		add(s.key(report.ByLanguage, x))
	}
	if d.Cell != nil {
		day := report.Day(4 + d.Cell.Weekday) //nolint:gosec // G115: a weekday; 5 January 1970 was a Monday
		add(s.print.Weekday(day.Start(time.UTC).Add(12*time.Hour)) + " " + twoDigits(d.Cell.Hour) + ":00–" + twoDigits(d.Cell.Hour) + ":59")
	}
	if d.Age != nil {
		add(s.ageName(report.AgeBucket{From: d.Age.From, To: d.Age.To}))
	}
	if !d.AsOf.IsZero() {
		add(s.print.T("report.set_as_of", "At", s.print.DateTime(d.AsOf)))
	}
	return note
}

// drillOf reads the drill-down of the address; one that chooses nothing is not found.
func (a *Area) drillOf(c echo.Context) (report.Drill, *scribe, error) {
	s, err := a.scribe(c.Request().Context())
	if err != nil {
		return report.Drill{}, nil, err
	}
	d, err := report.ParseDrill(c.QueryParams())
	if d.AsOf.IsZero() {
		d.AsOf = a.Kit.Now().UTC()
	}
	return d, s, err
}

func (a *Area) cases(c echo.Context) error {
	ctx, by := c.Request().Context(), web.ActorOf(c)
	d, s, err := a.drillOf(c)
	if err != nil {
		return err
	}
	cursor := c.QueryParam("cursor")
	page, err := report.Cases(ctx, a.Reads, by, d, cursor, casesOnPage)
	if err != nil {
		return err
	}
	p := casesPage{title: s.setTitle(d), note: s.setNote(d), list: s.cases(d, page.Items, by), path: behind(d), reportP: pathAll}
	if len(d.Filter.Departments) == 1 {
		if dep, ok := s.dir.Department(d.Filter.Departments[0]); ok {
			p.reportP = pathDepartments + dep.Code
		}
	}
	if d.Period.From != 0 && d.Period.To != 0 {
		p.reportP += "?from=" + d.Period.From.String() + "&to=" + d.Period.To.String()
	}
	if cursor != "" {
		p.first = p.path
	}
	v := d.Values()
	for i, format := range []string{"csv", "xlsx"} {
		p.files[i] = pathCases + "/download/" + format + "?" + v.Encode()
	}
	if page.Next != "" {
		v.Set("cursor", page.Next)
		p.next = pathCases + "?" + v.Encode()
	}
	if p.shell, err = a.shell(c, p.title); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, casesComponent(p))
}

// casesDownload writes the whole list, up to [casesInFile] tickets.
func (a *Area) casesDownload(c echo.Context) error {
	ctx, by, format := c.Request().Context(), web.ActorOf(c), c.Param("format")
	if format != "csv" && format != "xlsx" {
		return unknownFormat()
	}
	d, s, err := a.drillOf(c)
	if err != nil {
		return err
	}
	var all []report.Case
	for cursor := ""; len(all) < casesInFile; {
		page, err := report.Cases(ctx, a.Reads, by, d, cursor, 200)
		if err != nil {
			return err
		}
		all = append(all, page.Items...)
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	list := s.cases(d, all, by)
	doc := document{print: s.print, title: list.title, period: s.setNote(d), overview: s.print.T("report.sheet_cases"), file: fileName(string(d.Set), d.Period)}
	var b bytes.Buffer
	if format == "csv" {
		err = writeListCSV(&b, doc, list.table)
	} else {
		err = writeListXLSX(&b, doc, list.table)
	}
	if err != nil {
		return err
	}
	return attach(c, doc.file, format, b.Bytes())
}
