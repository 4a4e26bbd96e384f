package report

import (
	"slices"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
	"github.com/sistem48/system48/ui/components"
)

// Keys of the parts of a report, by which the page places them.
const (
	partVariants   = "variants"
	partResolve    = "variants_resolve"
	partBeside     = "beside"
	partCategory   = "category"
	partWeeks      = "weeks"
	partAging      = "aging"
	partLegs       = "legs"
	partHeat       = "heat"
	partSigns      = "signs"
	partChannel    = "channel"
	partDistrict   = "district"
	partLanguage   = "language"
	partDepartment = "department"
	partCodes      = "codes"
	partAll        = "all"
)

// blank gives a document with the words that every one has.
func (s *scribe) blank(title string, req report.Request, asOf time.Time) document {
	t := s.print.T
	d := document{
		print: s.print, title: title, period: s.period(req.Period),
		asOf: t("report.as_of", "At", s.print.DateTime(asOf), "Period", s.period(req.Compare)),
		foot: t("report.foot", "At", s.print.DateTime(s.print.Now())), page: t("report.page", "Page", "{n}", "All", "{all}"),
		overview: t("report.sheet"), section: t("report.csv.section"), row: t("report.csv.row"), measure: t("report.csv.measure"),
		value: t("report.csv.value"), unit: t("report.csv.unit"), part: t("report.csv.part"), whole: t("report.csv.whole"), formula: t("report.csv.formula"),
		units: map[cellKind]string{
			cellCount: t("report.csv.unit_count"), cellShare: t("report.csv.unit_share"), cellRatio: t("report.csv.unit_ratio"),
			cellSpan: t("report.csv.unit_seconds"), cellInstant: t("report.csv.unit_time"),
		},
	}
	if req.Reported != 0 {
		d.asOf = t("report.as_reported", "Day", s.print.Date(req.Reported.Start(req.Zone))) + " " + d.asOf
	}
	return d
}

// fileName gives the name of a download without its ending.
func fileName(what string, p report.Period) string {
	return strings.Join([]string{"s48", what, p.From.String(), p.To.String()}, "-")
}

// narrowed gives the address of the same report narrowed to a row; nil leaves
// the rows without one.
type narrowed func(by report.Dimension, key string) string

// document writes the report of a department.
func (s *scribe) document(title string, r *report.Report, where narrowed) document {
	d := s.blank(title, r.Request, r.AsOf)
	d.figures = s.headline(r)
	add := func(key string, drawing *components.Drawing, t table) {
		if len(t.rows) > 0 {
			d.parts = append(d.parts, part{key: key, title: s.print.T("report.part." + key), drawing: drawing, table: t})
		}
	}
	add(partVariants, nil, s.formulas(r.Answer))
	add(partBeside, nil, s.measures(r.Beside))
	at := func(by report.Dimension) func(string) string {
		if where == nil {
			return nil
		}
		return func(key string) string { return where(by, key) }
	}
	addBars := func(key string, t report.Table, where func(string) string) {
		drawing, rest := s.bars(s.print.T("report.part."+key), t)
		if add(key, drawing, s.table(t, where)); len(t.Rows) > 0 {
			d.parts[len(d.parts)-1].rest = rest
		}
	}
	addBars(partCategory, r.ByCategory, at(report.ByCategory))
	add(partWeeks, s.weeksDrawing(r), s.weeks(r.Weeks))
	add(partAging, s.aging(r), s.agingTable(r))
	add(partLegs, s.legs(r.Legs), s.legsTable(r.Legs))
	if r.Heat.Total > 0 {
		heat := s.heat(r)
		d.parts = append(d.parts, part{key: partHeat, title: s.print.T("report.part.heat"), heat: &heat, table: s.heatTable(heat)})
	}
	add(partSigns, nil, s.signsTable(r.Signs))
	addBars(partDepartment, r.ByDepartment, at(report.ByDepartment))
	add(partChannel, nil, s.table(slim(r.ByChannel), at(report.ByChannel)))
	add(partDistrict, nil, s.table(slim(r.ByDistrict), at(report.ByDistrict)))
	add(partLanguage, nil, s.table(slim(r.ByLanguage), at(report.ByLanguage)))
	add(partCodes, nil, s.table(r.EndedByCode, nil))
	add(partResolve, nil, s.formulas(r.Resolve))
	add(partAll, nil, s.measures(r.Figures))
	return d
}

// headline gives the figures at the top of a department's report.
func (s *scribe) headline(r *report.Report) []figure {
	main := s.figure(r.Figure(report.AnswerOnTime))
	main.main = true
	open := s.figure(r.Figure(report.Open))
	overdue := r.Figure(report.Overdue)
	open.late, open.lateTo = s.print.N("report.overdue_now", int(overdue.Numerator)), behind(overdue.Behind)
	if overdue.Numerator == 0 {
		open.lateTo = ""
	}
	return []figure{
		main, s.figure(r.Figure(report.ResolveOnTime)), s.spread(r.Figure(report.AnswerMedian), r.Figure(report.AnswerP90)),
		s.figure(r.Figure(report.Reopened)), s.figure(r.Figure(report.FalseClosed)), open,
	}
}

// formulas is the same promise counted in four ways.
func (s *scribe) formulas(list []report.Figure) table {
	t := table{columns: []string{
		s.print.T("report.csv.measure"), s.print.T("report.csv.value"), s.print.T("report.csv.part"), s.print.T("report.csv.whole"), s.print.T("report.csv.formula"),
	}}
	for _, f := range list {
		def := f.Measure.Definition()
		name := def.Name
		if f.Measure == report.AnswerOnTime || f.Measure == report.ResolveOnTime {
			name = "report.variant_d"
		}
		t.rows = append(t.rows, []cell{
			textCell(s.print.T(name)), cellOf(f), countCell(f.Numerator).to(behind(f.Behind)), countCell(f.Denominator).to(behind(f.Of)), textCell(s.print.T(def.Formula)),
		})
	}
	return t
}

// measures lists figures with their definitions.
func (s *scribe) measures(list []report.Figure) table {
	t := table{columns: []string{
		s.print.T("report.csv.measure"), s.print.T("report.csv.value"), s.print.T("report.csv.whole"), s.print.T("report.change"), s.print.T("report.csv.formula"),
	}}
	for _, f := range list {
		def := f.Measure.Definition()
		of := cell{}
		if def.Of != "" {
			of = countCell(f.Denominator).to(behind(f.Of))
		}
		change := cell{}
		if tr := s.trend(f); tr.text != "" {
			change = textCell(tr.text)
		}
		t.rows = append(t.rows, []cell{textCell(s.print.T(def.Name)), cellOf(f).to(behind(f.Behind)), of, change, textCell(s.print.T(def.Formula))})
	}
	return t
}

func (s *scribe) weeksDrawing(r *report.Report) *components.Drawing {
	if len(r.Weeks) == 0 || len(r.Weeks[0].Points) < 2 || !slices.ContainsFunc(r.Weeks[0].Points, func(p report.Point) bool { return p.Figure.Known() }) {
		return nil // nothing fell due, or nothing has yet
	}
	d := components.Trend(s.print.T("report.chart", "Name", s.print.T("report.part.weeks")), s.points(r.Weeks[0]), s.target(), s.axis)
	return &d
}

// weeks is the series as a table: a row a week.
func (s *scribe) weeks(list []report.Series) table {
	t := table{columns: []string{s.print.T("report.by.week")}}
	for i, series := range list {
		name := s.print.T("report." + string(series.Measure) + ".short")
		t.columns = append(t.columns, name)
		if i == 0 {
			t.columns = append(t.columns, s.print.T("report.due_short"))
		}
	}
	if len(list) == 0 {
		return t
	}
	for w, p := range list[0].Points {
		name := s.day(p.Period.From) + " – " + s.day(p.Period.To)
		row := []cell{textCell(name)}
		for i, series := range list {
			f := series.Points[w].Figure
			row = append(row, cellOf(f).to(behind(f.Behind)))
			if i == 0 {
				row = append(row, countCell(f.Denominator).to(behind(f.Of)))
			}
		}
		t.rows = append(t.rows, row)
	}
	return t
}

func (s *scribe) ageName(a report.AgeBucket) string {
	if a.To == 0 {
		return s.print.T("report.age_over", "Days", s.print.Number(int64(a.From-1)))
	}
	return s.print.T("report.age", "From", s.print.Number(int64(a.From)), "To", s.print.Number(int64(a.To)))
}

// ageClass colours a bar by how old is too old: a week, two weeks.
func ageClass(from int) string {
	switch {
	case from >= 15:
		return "b2"
	case from >= 8:
		return "ba"
	}
	return "b1"
}

func (s *scribe) aging(r *report.Report) *components.Drawing {
	var bars []components.CountBar
	var sum int64
	for _, a := range r.Aging {
		n := a.Figure.Numerator
		bar := components.CountBar{Label: s.ageName(a), Class: ageClass(a.From), Count: n, Text: s.print.Number(n)}
		if n > 0 {
			bar.Href = behind(a.Figure.Behind)
			bar.Title = bar.Label + ": " + bar.Text
		}
		sum += n
		bars = append(bars, bar)
	}
	if sum == 0 {
		return nil
	}
	d := components.CountBars(s.print.T("report.chart", "Name", s.print.T("report.part.aging")), bars)
	return &d
}

func (s *scribe) agingTable(r *report.Report) table {
	t := table{columns: []string{s.print.T("report.age_column"), s.print.T("report.open.short")}}
	for _, a := range r.Aging {
		t.rows = append(t.rows, []cell{textCell(s.ageName(a)), countCell(a.Figure.Numerator).to(behind(a.Figure.Behind))})
	}
	return t
}

// legs draws with whom the time of closed tickets went by.
func (s *scribe) legs(l report.Legs) *components.Drawing {
	if l.Total() == 0 {
		return nil
	}
	var list []components.Portion
	var sentence []string
	for _, x := range s.holders(l) {
		share := s.print.Percent(float64(x.seconds)/float64(l.Total()), 0)
		label := x.name + " " + share
		list = append(list, components.Portion{
			Label: label, Class: x.class, Part: float64(x.seconds), Note: s.print.Span(time.Duration(x.seconds/max(l.Tickets, 1)) * time.Second),
		})
		sentence = append(sentence, label)
	}
	d := components.Portions(s.print.T("report.part.legs")+": "+strings.Join(sentence, ", "), list)
	return &d
}

type holder struct {
	name, class string
	seconds     int64
}

func (s *scribe) holders(l report.Legs) []holder {
	return []holder{{s.print.T("report.legs.us"), "b1", l.Us}, {s.print.T("report.legs.citizen"), "ba", l.Citizen}, {s.print.T("report.legs.others"), "b3", l.Others}}
}

func (s *scribe) legsTable(l report.Legs) table {
	t := table{columns: []string{s.print.T("report.legs.holder"), s.print.T("report.legs.share"), s.print.T("report.legs.mean"), s.print.T("report.closed.short")}}
	if l.Tickets == 0 {
		return t
	}
	for _, x := range s.holders(l) {
		t.rows = append(t.rows, []cell{
			textCell(x.name), shareCell(x.seconds, l.Total()), spanCell(time.Duration(x.seconds/l.Tickets) * time.Second), countCell(l.Tickets).to(behind(l.Of)),
		})
	}
	return t
}

func (s *scribe) heat(r *report.Report) components.HeatView {
	v := components.HeatView{
		Caption: s.print.T("report.part.heat_caption"), Day: s.print.T("report.day_column"), Cells: r.Heat.Cells,
		Href: func(day, hour int) string { return behind(r.Heat.Cell(day, hour)) },
	}
	for i := range 7 {
		v.Days = append(v.Days, s.print.Weekday(time.Date(2026, 11, 23+i, 12, 0, 0, 0, time.UTC))) // a Monday
	}
	v.Hours()
	return v
}

func (s *scribe) heatTable(v components.HeatView) table {
	t := table{columns: []string{v.Day}}
	for h := v.From; h <= v.To; h++ {
		t.columns = append(t.columns, twoDigits(h))
	}
	for day, name := range v.Days {
		row := []cell{textCell(name)}
		for h := v.From; h <= v.To; h++ {
			row = append(row, countCell(v.Cells[day][h]))
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// A signView is a sign of polished figures as the page lists it.
type signView struct {
	name, why, icon string
	found           bool
	count           string // "4 predmeta"
	note            string
	href            string
}

var signIcons = map[report.SignKind]string{
	report.SignLastHourPause: "player-pause", report.SignRelabelled: "tag", report.SignMassClosing: "archive", report.SignOpenedAnew: "refresh",
	report.SignFalseTwin: "copy", report.SignBulkValid: "clipboard-check", report.SignShortAnswer: "message",
}

// sign writes a sign of polished figures.
func (s *scribe) sign(x report.Sign) signView {
	v := signView{name: s.print.T("report.sign." + string(x.Kind)), why: s.print.T("report.sign." + string(x.Kind) + ".why"), icon: "check", found: x.Found}
	if !x.Found {
		return v
	}
	v.icon, v.href = signIcons[x.Kind], behind(x.Behind)
	v.count = s.print.N("report.tickets", int(x.Count))
	switch {
	case !x.At.IsZero():
		v.note = s.print.T("report.sign_burst", "At", s.print.DateTime(x.At), "Until", s.print.Clock(x.Until))
	case x.From != "" || x.To != "":
		v.note = s.print.T("report.sign_moved", "From", s.category(x.From), "To", s.category(x.To))
	case x.Base > 0:
		v.note = s.print.T("report.sign_usual", "Usual", s.decimal(x.Usual), "Base", s.print.Number(x.Base))
	}
	return v
}

func (s *scribe) category(code string) string {
	if c, ok := s.dir.CategoryByCode(code); ok {
		return ticketing.NameIn(c.Names, s.print.Tag())
	}
	return code
}

func (s *scribe) signsTable(list []report.Sign) table {
	t := table{columns: []string{s.print.T("report.sign_column"), s.print.T("report.sign_cases"), s.print.T("report.sign_note")}}
	for _, x := range list {
		v := s.sign(x)
		row := []cell{textCell(v.name), textCell(s.print.T("report.sign_none")), textCell(v.why)}
		if x.Found {
			row[1] = countCell(x.Count).to(v.href)
			row[2] = textCell(strings.TrimSpace(v.note))
		}
		t.rows = append(t.rows, row)
	}
	return t
}
