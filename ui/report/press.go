package report

import (
	"bytes"
	"context"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
	"github.com/sistem48/system48/ui/locale"
)

// A Press prints the reports that are mailed on Friday mornings; its Print is a
// [ticketing.ReportPress]. All fields are required.
type Press struct {
	Store     ticketing.Store
	Reads     report.Source
	Texts     *locale.Catalogue
	Now       func() time.Time
	PublicURL string
}

// weekOf is what an issue reports on: the seven days up to the evening before.
func weekOf(issue time.Time, zone *time.Location) report.Period {
	day := report.DayOf(issue, zone)
	return report.Period{From: day - 7, To: day - 1}
}

// Print writes the report in the language of the member of staff, with what they
// may see of it.
func (p *Press) Print(ctx context.Context, a ticketing.Agent, d ticketing.DepartmentID, issue time.Time) (ticketing.PrintedReport, error) {
	var out ticketing.PrintedReport
	dir, err := p.Store.Directory(ctx)
	if err != nil {
		return out, err
	}
	zone := dir.Rules.Zone()
	s := &scribe{print: p.Texts.Printer(a.Language, zone, p.Now), dir: dir}
	req := report.Request{Period: weekOf(issue, zone), Now: p.Now(), Zone: zone, Target: Target}
	path, code := pathAll, "all"
	out.Name = s.print.T("report.all")
	if d != 0 {
		req.Filter.Departments = []ticketing.DepartmentID{d}
		dep, ok := dir.Department(d)
		if !ok {
			return out, &ticketing.Error{Kind: ticketing.NotFound, Key: "department.unknown"}
		}
		path, code, out.Name = pathDepartments+dep.Code, dep.Code, s.department(d)
	}
	r, err := report.Department(ctx, p.Reads, ticketing.ActorOf(a), req)
	if err != nil {
		return out, err
	}
	doc := s.document(s.print.T("report.title", "Name", out.Name), r, nil)
	var b bytes.Buffer
	if err := writePDF(&b, doc, p.Now()); err != nil {
		return out, err
	}
	out.Text = s.summary(doc, r)
	out.PDF, out.File = b.Bytes(), fileName(code, req.Period)+".pdf"
	out.URL = p.PublicURL + path + "?from=" + req.Period.From.String() + "&to=" + req.Period.To.String()
	return out, nil
}

// summary says the figures at the top in a line each, and the signs found.
func (s *scribe) summary(d document, r *report.Report) string {
	lines := []string{d.period}
	for _, f := range d.figures {
		value := f.value.words(s.print)
		if f.second.kind != cellNone {
			value += " / " + f.second.words(s.print)
		}
		line := f.name + ": **" + value + "**"
		if of := strings.TrimSpace(f.of + " " + f.ofWhat); of != "" {
			line += " (" + of + ")"
		}
		if f.late != "" {
			line += ", " + f.late
		}
		if f.trend.text != "" {
			line += ", " + s.print.T("report.change_words", "Change", f.trend.text)
		}
		lines = append(lines, "- "+line)
	}
	for _, x := range r.Signs {
		if x.Found {
			lines = append(lines, "- "+s.print.T("report.sign."+string(x.Kind))+": "+s.print.N("report.tickets", int(x.Count)))
		}
	}
	return strings.Join(append(lines[:1:1], append([]string{""}, lines[1:]...)...), "\n")
}
