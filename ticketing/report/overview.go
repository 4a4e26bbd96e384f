package report

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// A CityReport shows all departments on one page.
type CityReport struct {
	Request Request
	AsOf    time.Time
	// Figures of the city: AnswerOnTime, Received, Closed, Overdue (of Open),
	// CallbackOn, Unvalidated.
	Figures []Figure
	// Departments, best first by AnswerOnTime; those without due promises last.
	Departments []DepartmentLine
	// Fairness compares those who wait: by channel and by language, AnswerOnTime
	// and AnswerMedian.
	ByChannel, ByLanguage Table
}

// A DepartmentLine is one department in the overview.
type DepartmentLine struct {
	Department ticketing.DepartmentID
	OnTime     Figure
	Overdue    Figure
	Trend      Series // AnswerOnTime of the twelve weeks up to the end of the period
	Signs      []Sign // those found in the period
}

// trendWeeks is how far a trend in the overview looks back.
const trendWeeks = 12

func number[T ~int64](id T) string { return strconv.FormatInt(int64(id), 10) }

// Overview makes the page of all departments the actor may report on. It reads
// folded days only, so that it costs the same however many tickets there are.
// Errors as Department.
func Overview(ctx context.Context, src Source, a ticketing.Actor, dir *ticketing.Directory, req Request) (*CityReport, error) {
	if err := req.check(a); err != nil {
		return nil, err
	}
	v := overviewer{builder: builder{reader: reader{src: src, req: &req}}}
	for _, d := range dir.Departments {
		if len(req.Filter.Departments) == 0 || slices.Contains(req.Filter.Departments, d.ID) {
			v.departments = append(v.departments, d.ID)
		}
	}
	if err := v.read(ctx); err != nil {
		return nil, err
	}
	out := &CityReport{Request: req, AsOf: v.asOf, Figures: v.figures()}
	for _, d := range v.departments {
		line, ok, err := v.line(ctx, d)
		if err != nil {
			return nil, err
		}
		if ok {
			out.Departments = append(out.Departments, line)
		}
	}
	slices.SortStableFunc(out.Departments, func(x, y DepartmentLine) int {
		if x.OnTime.Known() != y.OnTime.Known() {
			if x.OnTime.Known() {
				return -1
			}
			return 1
		}
		return cmp.Compare(y.OnTime.Value(), x.OnTime.Value())
	})
	out.ByChannel, out.ByLanguage = v.fairness(ByChannel), v.fairness(ByLanguage)
	return out, nil
}

// An overviewer holds what one overview was read from.
type overviewer struct {
	builder
	departments []ticketing.DepartmentID
	standings   map[ticketing.DepartmentID]Standing
	fair        []ClockDay
	sums        map[ticketing.DepartmentID][]ClockDay  // of the period, a row per kind
	weekly      map[ticketing.DepartmentID][]ClockDay  // answers, of the weeks of the trend
	ticketsOf   map[ticketing.DepartmentID][]TicketDay // of byDayT
	suspects    []Suspect
}

func (v *overviewer) read(ctx context.Context) error {
	standings, asOf, err := v.src.Standings(ctx)
	if err != nil {
		return err
	}
	v.standings = map[ticketing.DepartmentID]Standing{}
	for _, s := range standings {
		v.standings[s.Department] = s
	}
	if v.asOf = asOf; asOf.IsZero() {
		v.asOf = v.req.Now.UTC()
	}
	all, answers := []Dimension{ByAll}, []ticketing.ClockKind{ticketing.ClockAnswer}
	if v.byDay, err = v.clockDays(ctx, SumQuery{Departments: v.departments, Period: v.req.Period, By: all, Kinds: kindsRead, Whole: true, Apart: true, Brief: true}); err != nil {
		return err
	}
	weeks, err := v.clockDays(ctx, SumQuery{Departments: v.departments, Period: trendOf(v.req.Period), By: all, Kinds: answers, Weekly: true, Brief: true})
	if err != nil {
		return err
	}
	if v.byDayT, err = v.ticketDays(ctx, SumQuery{Departments: v.departments, Period: v.req.Period, By: all, Brief: true}); err != nil {
		return err
	}
	v.sums, v.weekly, v.ticketsOf = byDepartment(v.byDay), byDepartment(weeks), map[ticketing.DepartmentID][]TicketDay{}
	for i := range v.byDayT {
		d := v.byDayT[i].Department
		v.ticketsOf[d] = append(v.ticketsOf[d], v.byDayT[i])
	}
	if v.apart, v.apartT, err = v.days(ctx, SumQuery{Departments: v.departments, Period: v.req.Compare, By: all, Kinds: kindsRead, Whole: true, Apart: true, Brief: true}); err != nil {
		return err
	}
	if v.fair, err = v.clockDays(ctx, SumQuery{Departments: v.req.Filter.Departments, Period: v.req.Period, By: []Dimension{ByChannel, ByLanguage}, Kinds: answers}); err != nil {
		return err
	}
	if v.suspects, err = v.src.Suspects(ctx, v.departments, v.req.Period); err != nil {
		return err
	}
	v.clocks, v.tickets[0] = totals(v.byDay, v.byDayT)
	v.before, v.tickets[1] = totals(v.apart, v.apartT)
	return nil
}

// trendOf is the period of the trend: twelve weeks up to the end of p.
func trendOf(p Period) Period { return Period{(p.To - 7*(trendWeeks-1)).Monday(), p.To} }

func byDepartment(rows []ClockDay) map[ticketing.DepartmentID][]ClockDay {
	out := map[ticketing.DepartmentID][]ClockDay{}
	for i := range rows {
		d := rows[i].Department
		out[d] = append(out[d], rows[i])
	}
	return out
}

func (v *overviewer) figures() []Figure {
	t, was := v.tickets[0], v.tickets[1]
	kind := func(m Measure) Figure {
		k := m.Definition().Clock
		return v.onTime(m, v.clocks[k], v.before[k], v.drill("", k))
	}
	var s Standing
	for _, d := range v.departments {
		x := v.standings[d]
		s.Open, s.Overdue, s.Unvalidated = s.Open+x.Open, s.Overdue+x.Overdue, s.Unvalidated+x.Unvalidated
	}
	return []Figure{
		kind(AnswerOnTime), kind(ResolveOnTime),
		v.figure(Received, v.drill(SetReceived, ""), Drill{}, [2]int64{t.Received}, [2]int64{was.Received}),
		v.figure(Closed, v.drill(SetClosed, ""), Drill{}, [2]int64{t.Closed}, [2]int64{was.Closed}),
		v.present(Overdue, v.drill(SetOverdue, ""), v.drill(SetOpen, ""), s.Overdue, s.Open),
		kind(CallbackOn),
		v.present(Unvalidated, v.drill(SetUnvalidated, ""), Drill{}, s.Unvalidated, 0),
	}
}

// line makes a department's line; ok is false for one in which nothing happened.
func (v *overviewer) line(ctx context.Context, d ticketing.DepartmentID) (DepartmentLine, bool, error) {
	clocks, tickets := v.sums[d], v.ticketsOf[d]
	sums, t := totals(clocks, tickets)
	standing := v.standings[d]
	answer := sums[ticketing.ClockAnswer]
	if answer.Due+answer.Done+t.Received+t.Closed+standing.Open == 0 {
		return DepartmentLine{}, false, nil
	}
	was := ClockSum{}
	for i := range v.apart {
		if c := &v.apart[i]; c.Department == d && c.Kind == ticketing.ClockAnswer {
			was.Add(&c.ClockSum)
		}
	}
	at := func(set Set, k ticketing.ClockKind) Drill {
		drill := v.drill(set, k)
		drill.Filter.Departments = []ticketing.DepartmentID{d}
		return drill
	}
	l := DepartmentLine{
		Department: d, OnTime: v.onTime(AnswerOnTime, answer, &was, at("", ticketing.ClockAnswer)),
		Overdue: v.present(Overdue, at(SetOverdue, ""), at(SetOpen, ""), standing.Overdue, standing.Open),
		Trend:   v.trend(d),
	}
	if v.raw() {
		return l, true, nil
	}
	signs, err := v.signsOf(ctx, []ticketing.DepartmentID{d}, v.suspects, tickets, map[ticketing.DepartmentID]SignBase{d: baseOf(clocks, tickets)})
	for _, s := range signs {
		if s.Found {
			l.Signs = append(l.Signs, s)
		}
	}
	return l, true, err
}

func (v *overviewer) trend(d ticketing.DepartmentID) Series {
	s := Series{Measure: AnswerOnTime, Target: v.req.Target}
	clocks, _ := byWeek(v.weekly[d], nil)
	for _, p := range trendOf(v.req.Period).Weeks() {
		sums, _ := totals(clocks[p.From], nil)
		answer := sums[ticketing.ClockAnswer]
		at := func(set Set) Drill {
			drill := v.drill(set, ticketing.ClockAnswer)
			drill.Filter.Departments, drill.Period = []ticketing.DepartmentID{d}, p
			return drill
		}
		s.Points = append(s.Points, Point{
			Period: p, Partial: p.Days() < 7 || p.To >= DayOf(v.asOf, v.req.Zone),
			Figure: v.present(AnswerOnTime, at(SetMet), at(SetDue), answer.Met, answer.Due),
		})
	}
	return s
}

// fairness compares the values of a dimension.
func (v *overviewer) fairness(by Dimension) Table {
	sums := map[string]*ClockSum{}
	for i := range v.fair {
		c := &v.fair[i]
		if c.By != by || c.Kind != ticketing.ClockAnswer {
			continue
		}
		if sums[c.Value] == nil {
			sums[c.Value] = &ClockSum{}
		}
		sums[c.Value].Add(&c.ClockSum)
	}
	table := Table{By: by, Columns: []Measure{AnswerOnTime, AnswerMedian}}
	for _, value := range valuesOf(sums) {
		s := sums[value]
		at := func(set Set) Drill {
			d := v.drill(set, ticketing.ClockAnswer)
			d.Filter = d.Filter.with(by, value)
			return d
		}
		median := v.present(AnswerMedian, at(SetDone), at(SetDone), s.Spread.Percentile(0.5), s.Done)
		median.Approx = true
		table.Rows = append(table.Rows, Row{Key: value, Figures: []Figure{v.present(AnswerOnTime, at(SetMet), at(SetDue), s.Met, s.Due), median}})
	}
	slices.SortStableFunc(table.Rows, func(x, y Row) int { return cmp.Compare(y.Figures[0].Denominator, x.Figures[0].Denominator) })
	return table
}
