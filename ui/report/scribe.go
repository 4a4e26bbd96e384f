package report

import (
	"context"
	"math"
	"strconv"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/report"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/locale"
	"github.com/sistem48/system48/ui/web"
)

// A scribe writes reports down in one reader's language: numbers become words,
// keys become names, drill-downs become addresses.
type scribe struct {
	print *locale.Printer
	dir   *ticketing.Directory
}

func (a *Area) scribe(ctx context.Context) (*scribe, error) {
	dir, err := a.Bureau.Store.Directory(ctx)
	return &scribe{print: web.PrinterOf(ctx), dir: dir}, err
}

// behind is the address of the tickets that a drill-down chooses, "" of none.
func behind(d report.Drill) string {
	if d.Set == "" {
		return ""
	}
	return pathCases + "?" + d.Values().Encode()
}

// cellOf writes a figure's value.
func cellOf(f report.Figure) cell {
	switch unit := f.Measure.Definition().Unit; {
	case !f.Known():
		return cell{}
	case unit == report.UnitShare:
		return shareCell(f.Numerator, f.Denominator)
	case unit == report.UnitSeconds:
		return spanCell(f.Duration())
	case unit == report.UnitRatio:
		return ratioCell(f.Value())
	}
	return countCell(f.Numerator)
}

// figure writes a figure with what it is a part of and how it is computed.
func (s *scribe) figure(f report.Figure) figure {
	def := f.Measure.Definition()
	out := figure{
		measure: f.Measure, name: s.print.T(def.Name), value: cellOf(f), formula: s.print.T(def.Formula), trend: s.trend(f), href: behind(f.Behind),
	}
	if def.Of == "" {
		return out
	}
	out.whole, out.ofTo = f.Denominator, behind(f.Of)
	switch {
	case f.Denominator == 0:
		out.ofTo, out.ofWhat = "", s.print.T("report.nothing")
		return out
	case f.Measure == report.Overdue: // how many is asked before what share
		out.value = countCell(f.Numerator)
		out.show = true
	}
	if def.Unit == report.UnitShare || def.Unit == report.UnitRatio {
		out.part = f.Numerator
		out.of = s.print.T("report.of", "Part", s.print.Number(f.Numerator), "Whole", s.print.Number(f.Denominator))
		out.ofWhat = s.print.T(def.Of)
	} else {
		out.of = s.print.Number(f.Denominator)
		out.ofWhat = s.print.T(def.Of)
		out.whole = 0
	}
	return out
}

// spread is the median and the 90th percentile as one figure.
func (s *scribe) spread(median, p90 report.Figure) figure {
	f := s.figure(median)
	f.second = cellOf(p90)
	f.name = s.print.T("report." + string(median.Measure) + ".both")
	f.formula = s.print.T("report.spread.formula")
	return f
}

// trend writes the change against the period before.
func (s *scribe) trend(f report.Figure) trend {
	change, ok := f.Change()
	if !ok {
		return trend{}
	}
	def := f.Measure.Definition()
	sign := "+"
	if change < 0 {
		sign = "−"
	}
	t := trend{up: change > 0}
	var none bool
	switch def.Unit {
	case report.UnitShare:
		t.text, none = sign+lang.Decimal(s.print.Tag(), math.Abs(change)*100, 1), math.Abs(change) < 0.0005
	case report.UnitSeconds:
		t.text, none = sign+s.print.Span(time.Duration(math.Abs(change))*time.Second), math.Abs(change) < 60
	case report.UnitRatio:
		t.text, none = sign+lang.Decimal(s.print.Tag(), math.Abs(change), 2), math.Abs(change) < 0.005
	case report.UnitCount:
		t.text, none = sign+s.print.Number(int64(math.Abs(change))), change == 0
	}
	switch {
	case none:
		t.text = "±0"
	case change > 0:
		t.good = def.Better
	default:
		t.good = -def.Better
	}
	return t
}

// key gives the name of a row's key.
func (s *scribe) key(by report.Dimension, key string) string {
	n, _ := strconv.ParseInt(key, 10, 64)
	switch by {
	case report.ByDepartment:
		return s.department(ticketing.DepartmentID(n))
	case report.ByCategory:
		if c, ok := s.dir.Category(ticketing.CategoryID(n)); ok {
			return ticketing.NameIn(c.Names, s.print.Tag())
		}
	case report.ByChannel:
		if key != "" {
			return s.print.T("channel." + key)
		}
	case report.ByLanguage:
		if tag := lang.Tag(key); tag.Valid() {
			return tag.Name()
		}
	case report.ByCode:
		if key != "" {
			return s.print.T("code." + key)
		}
	case report.ByDistrict:
		if d, ok := s.dir.DistrictByCode(key); ok {
			return d.Name(s.print.Tag())
		}
		if key != "" {
			return key
		}
	case report.ByAll, report.ByWeek:
	}
	return s.print.T("report.unknown_key")
}

func (s *scribe) department(id ticketing.DepartmentID) string {
	if d, ok := s.dir.Department(id); ok {
		return ticketing.NameIn(d.Names, s.print.Tag())
	}
	return s.print.T("report.unknown_key")
}

// slim keeps the columns that stand beside another table.
func slim(t report.Table) report.Table {
	keep := map[report.Measure]bool{report.AnswerOnTime: true, report.Received: true, report.Closed: true}
	out := report.Table{By: t.By}
	for _, m := range t.Columns {
		if keep[m] {
			out.Columns = append(out.Columns, m)
		}
	}
	for _, r := range t.Rows {
		row := report.Row{Key: r.Key, Period: r.Period}
		for _, f := range r.Figures {
			if keep[f.Measure] {
				row.Figures = append(row.Figures, f)
			}
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// table writes figures by a dimension. An on-time rate has what it is of and what
// was late beside it, each leading to its tickets; where gives the address of the
// report narrowed to a row, "" for none.
func (s *scribe) table(t report.Table, where func(key string) string) table {
	out := table{columns: []string{s.print.T("report.by." + string(t.By))}}
	for _, m := range t.Columns {
		name := s.print.T("report." + string(m) + ".short")
		out.columns = append(out.columns, name)
		if m == report.AnswerOnTime {
			out.columns = append(out.columns, s.print.T("report.due_short"), s.print.T("report.late_short"))
		}
	}
	for _, r := range t.Rows {
		first := textCell(s.key(t.By, r.Key))
		if where != nil {
			first.href = where(r.Key)
		}
		row := []cell{first}
		for _, f := range r.Figures {
			row = append(row, cellOf(f).to(behind(f.Behind)))
			if f.Measure == report.AnswerOnTime {
				missed := f.Of
				missed.Set = report.SetMissed
				row = append(row, countCell(f.Denominator).to(behind(f.Of)), countCell(f.Denominator-f.Numerator).to(behind(missed)))
			}
		}
		out.rows = append(out.rows, row)
	}
	return out
}

// mostBars bounds a chart; the table under it has all rows.
const mostBars = 12

// bars draws the on-time rates of a table, and says how many it leaves out.
func (s *scribe) bars(name string, t report.Table) (drawing *components.Drawing, rest string) {
	left := 0
	var list []components.ShareBar
	for _, r := range t.Rows {
		f := r.Figures[0]
		if f.Denominator == 0 {
			continue
		}
		if len(list) == mostBars {
			left++
			continue
		}
		share := s.print.Percent(f.Value(), 0)
		label := s.key(t.By, r.Key)
		list = append(list, components.ShareBar{
			Label: label, Href: behind(f.Of), Part: f.Numerator, Of: f.Denominator,
			Figure: s.print.T("report.bar", "Share", share, "Whole", s.print.Number(f.Denominator)),
			Title:  s.print.T("report.bar_title", "Name", label, "Part", s.print.Number(f.Numerator), "Whole", s.print.Number(f.Denominator)),
		})
	}
	if len(list) == 0 {
		return nil, ""
	}
	if left > 0 {
		rest = s.print.N("report.more_rows", left)
	}
	d := components.ShareBars(s.print.T("report.chart", "Name", name), list, s.target(), s.axis)
	return &d, rest
}

// decimal writes a number that is rarely whole.
func (s *scribe) decimal(v float64) string { return lang.Decimal(s.print.Tag(), v, 1) }

func (s *scribe) axis(share float64) string { return s.print.Percent(share, 0) }

func (s *scribe) target() components.Target {
	return components.Target{Share: Target, Label: s.print.T("report.target", "Share", s.print.Percent(Target, 0))}
}

// day writes day and month: "9. 11.".
func (s *scribe) day(d report.Day) string { return s.print.Day(d.Start(time.UTC).Add(12 * time.Hour)) }

// points turns a series of shares into those of a line.
func (s *scribe) points(series report.Series) []components.TrendPoint {
	var out []components.TrendPoint
	for _, p := range series.Points {
		f := p.Figure
		out = append(out, components.TrendPoint{
			Label: s.day(p.Period.From), Href: behind(f.Of), Share: f.Value(), None: !f.Known(),
			Title: s.print.T("report.bar_title", "Name", s.day(p.Period.From)+" – "+s.day(p.Period.To),
				"Part", s.print.Number(f.Numerator), "Whole", s.print.Number(f.Denominator)),
		})
	}
	return out
}

// period writes a period the way it is said: a month, a year, days of a month, or
// from one date to another.
func (s *scribe) period(p report.Period) string {
	fy, fm, fd := p.From.Date()
	ty, tm, td := p.To.Date()
	month := lang.Month(s.print.Tag(), fm)
	whole := func(d report.Day) bool { _, _, next := (d + 1).Date(); return next == 1 }
	switch {
	case fd == 1 && fm == time.January && tm == time.December && td == 31 && fy == ty:
		return s.print.T("report.period.year", "Year", strconv.Itoa(fy))
	case fd == 1 && fm == tm && fy == ty && whole(p.To):
		return s.print.T("report.period.month", "Month", month, "Year", strconv.Itoa(fy))
	case fm == tm && fy == ty && fd != td:
		return s.print.T("report.period.days", "From", strconv.Itoa(fd), "To", strconv.Itoa(td), "Month", month, "Year", strconv.Itoa(fy))
	case p.From == p.To:
		return lang.Date(s.print.Tag(), p.From.Start(time.UTC))
	}
	return lang.Date(s.print.Tag(), p.From.Start(time.UTC)) + " – " + lang.Date(s.print.Tag(), p.To.Start(time.UTC))
}
