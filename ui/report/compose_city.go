package report

import (
	"slices"

	"github.com/sistem48/system48/ticketing/report"
	"github.com/sistem48/system48/ui/components"
)

// behindBy is how far below the target a department falls behind.
const behindBy = 0.09

// A departmentView is one department on the page of the city.
type departmentView struct {
	name      string
	href      string
	rate      string
	of        string
	trend     trend
	state     components.ChipView
	spark     components.Drawing
	late      string
	lateNow   bool
	signs     string
	hasSigns  bool
	overdue   int64
	below     bool
	signNames []string
}

func (s *scribe) departmentLine(l report.DepartmentLine, href string) departmentView {
	v := departmentView{
		name: s.department(l.Department), href: href, rate: cellOf(l.OnTime).words(s.print), trend: s.trend(l.OnTime), overdue: l.Overdue.Numerator,
		of:    s.print.T("report.of_due", "Whole", s.print.Number(l.OnTime.Denominator)),
		spark: components.Spark(s.points(l.Trend), Target), late: s.print.N("report.late_now", int(l.Overdue.Numerator)), lateNow: l.Overdue.Numerator > 0,
		signs: s.print.N("report.signs_found", len(l.Signs)), hasSigns: len(l.Signs) > 0,
	}
	if l.Overdue.Numerator == 0 {
		v.late = s.print.T("report.none_late")
	}
	for _, x := range l.Signs {
		v.signNames = append(v.signNames, s.print.T("report.sign."+string(x.Kind)))
	}
	switch rate := l.OnTime.Value(); {
	case !l.OnTime.Known():
		v.state = components.ChipView{Icon: "minus", Text: s.print.T("report.state_none")}
	case rate >= Target:
		v.state = components.ChipView{Kind: "ok", Icon: "circle-check", Text: s.print.T("report.state_kept")}
	case rate >= Target-behindBy:
		v.state, v.below = components.ChipView{Kind: "warn", Icon: "alert-triangle", Text: s.print.T("report.state_below")}, true
	default:
		v.state, v.below = components.ChipView{Kind: "bad", Icon: "flame", Text: s.print.T("report.state_behind")}, true
	}
	return v
}

// A decisionView is something the city's heads have to decide on.
type decisionView struct {
	icon, title, note, href string
}

// mostDecisions keeps the list to what a meeting can take.
const mostDecisions = 5

// decisions names the departments below the target with tickets late now, those
// with the most first, and those whose figures show signs.
func (s *scribe) decisions(list []departmentView) []decisionView {
	var out []decisionView
	late := slices.Clone(list)
	slices.SortStableFunc(late, func(x, y departmentView) int { return int(y.overdue - x.overdue) })
	for _, v := range late {
		if !v.below || v.overdue == 0 || len(out) == mostDecisions-2 {
			continue
		}
		d := decisionView{icon: "flame", title: v.name + ": " + v.late, href: v.href, note: v.rate + " " + v.of}
		if v.trend.text != "" {
			d.note += ", " + s.print.T("report.change_words", "Change", v.trend.text)
		}
		out = append(out, d)
	}
	for _, v := range list {
		if v.hasSigns && len(out) < mostDecisions {
			out = append(out, decisionView{icon: "alert-triangle", title: v.name + ": " + v.signs, href: v.href, note: v.signNames[0]})
		}
	}
	return out
}

// cityDocument writes the page of the city.
func (s *scribe) cityDocument(r *report.CityReport, line func(report.DepartmentLine) departmentView) (document, []departmentView) {
	d := s.blank(s.print.T("report.city"), r.Request, r.AsOf)
	d.file = fileName("city", r.Request.Period)
	for _, f := range r.Figures {
		v := s.figure(f)
		v.main = f.Measure == report.AnswerOnTime
		d.figures = append(d.figures, v)
	}
	var views []departmentView
	t := table{columns: []string{
		s.print.T("report.by.department"), s.print.T("report.answer_on_time.short"), s.print.T("report.due_short"), s.print.T("report.change"),
		s.print.T("report.overdue.short"), s.print.T("report.open.short"), s.print.T("report.signs_short"),
	}}
	for _, l := range r.Departments {
		v := line(l)
		views = append(views, v)
		change := cell{}
		if v.trend.text != "" {
			change = textCell(v.trend.text)
		}
		t.rows = append(t.rows, []cell{
			textCell(v.name), cellOf(l.OnTime), countCell(l.OnTime.Denominator), change, countCell(l.Overdue.Numerator), countCell(l.Overdue.Denominator),
			countCell(int64(len(l.Signs))),
		})
	}
	add := func(key string, drawing *components.Drawing, t table) {
		if len(t.rows) > 0 {
			d.parts = append(d.parts, part{key: key, title: s.print.T("report.part." + key), drawing: drawing, table: t})
		}
	}
	drawing, rest := s.cityBars(r)
	if add(partDepartment, drawing, t); len(t.rows) > 0 {
		d.parts[len(d.parts)-1].rest = rest
	}
	add(partChannel, nil, s.table(r.ByChannel, nil))
	add(partLanguage, nil, s.table(r.ByLanguage, nil))
	return d, views
}

// cityBars draws the departments' rates, for paper.
func (s *scribe) cityBars(r *report.CityReport) (drawing *components.Drawing, rest string) {
	t := report.Table{By: report.ByDepartment, Columns: []report.Measure{report.AnswerOnTime}}
	for _, l := range r.Departments {
		t.Rows = append(t.Rows, report.Row{Key: number(l.Department), Figures: []report.Figure{l.OnTime}})
	}
	return s.bars(s.print.T("report.part.department"), t)
}
