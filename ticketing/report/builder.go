package report

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// kindsRead are the promises a report is about.
var kindsRead = []ticketing.ClockKind{ticketing.ClockAnswer, ticketing.ClockNextAnswer, ticketing.ClockResolve, ticketing.ClockValidation, "leg", "callback"}

// ages are the buckets of aging in days.
var ages = [...]Age{{0, 2}, {3, 7}, {8, 14}, {15, 30}, {31, 90}, {91, 0}}

// A builder holds what one report was read from.
type builder struct {
	reader
	asOf   time.Time
	oldest time.Time

	clocks  map[ticketing.ClockKind]*ClockSum // of the period
	before  map[ticketing.ClockKind]*ClockSum // of the period compared with
	tickets [2]TicketSum                      // of both
	byDay   []ClockDay
	byDayT  []TicketDay
	apart   []ClockDay // by value of each dimension
	apartT  []TicketDay
	counts  map[countKey]int64
}

// countKey names something counted as of now.
type countKey struct {
	set   Set
	clock ticketing.ClockKind
	age   int // index into ages, -1 for any
}

func (b *builder) read(ctx context.Context) error {
	standings, asOf, err := b.src.Standings(ctx)
	if err != nil {
		return err
	}
	if b.asOf = asOf; asOf.IsZero() || b.req.Reported != 0 {
		b.asOf = b.req.Now.UTC()
	}
	if b.req.Reported != 0 {
		b.asOf = (b.req.Reported + 1).Start(b.req.Zone).UTC()
	}
	b.oldestOf(standings)
	depts := b.req.Filter.Departments
	if b.byDay, b.byDayT, err = b.days(ctx, SumQuery{Departments: depts, Period: b.req.Period, By: []Dimension{ByAll}}); err != nil {
		return err
	}
	b.clocks, b.tickets[0] = totals(b.byDay, b.byDayT)
	clocks, tickets, err := b.days(ctx, SumQuery{Departments: depts, Period: b.req.Compare, By: []Dimension{ByAll}})
	if err != nil {
		return err
	}
	b.before, b.tickets[1] = totals(clocks, tickets)
	dims := []Dimension{ByCategory, ByChannel, ByDistrict, ByLanguage, ByCode}
	if b.apart, b.apartT, err = b.days(ctx, SumQuery{Departments: depts, Period: b.req.Period, By: dims, Whole: true}); err != nil {
		return err
	}
	if len(depts) != 1 {
		clocks, tickets, err := b.days(ctx, SumQuery{Departments: depts, Period: b.req.Period, By: []Dimension{ByAll}, Whole: true, Apart: true})
		if err != nil {
			return err
		}
		for i := range clocks {
			clocks[i].By, clocks[i].Value = ByDepartment, number(clocks[i].Department)
		}
		for i := range tickets {
			tickets[i].By, tickets[i].Value = ByDepartment, number(tickets[i].Department)
		}
		b.apart, b.apartT = append(b.apart, clocks...), append(b.apartT, tickets...)
	}
	return b.count(ctx)
}

// oldestOf finds the oldest receipt that awaits validation.
func (b *builder) oldestOf(standings []Standing) {
	if b.raw() {
		return
	}
	for _, s := range standings {
		depts := b.req.Filter.Departments
		if len(depts) > 0 && !slices.Contains(depts, s.Department) || s.Oldest.IsZero() {
			continue
		}
		if b.oldest.IsZero() || s.Oldest.Before(b.oldest) {
			b.oldest = s.Oldest
		}
	}
}

func totals(clocks []ClockDay, tickets []TicketDay) (map[ticketing.ClockKind]*ClockSum, TicketSum) {
	all := map[ticketing.ClockKind]*ClockSum{}
	for _, k := range kindsRead {
		all[k] = &ClockSum{}
	}
	for i := range clocks {
		if s := all[clocks[i].Kind]; s != nil {
			s.Add(&clocks[i].ClockSum)
		}
	}
	var t TicketSum
	for i := range tickets {
		t.Add(&tickets[i].TicketSum)
	}
	return all, t
}

// drill begins a drill-down of the report.
func (b *builder) drill(set Set, clock ticketing.ClockKind) Drill {
	return Drill{Set: set, Clock: clock, Period: b.req.Period, Filter: b.req.Filter, AsOf: b.asOf, Reported: b.req.Reported}
}

// count asks for everything that holds as of now.
func (b *builder) count(ctx context.Context) error {
	var keys []countKey
	for _, k := range []ticketing.ClockKind{ticketing.ClockAnswer, ticketing.ClockResolve} {
		keys = append(keys, countKey{SetOpenLate, k, -1}, countKey{SetOpenAll, k, -1})
		if b.req.Period.To >= DayOf(b.asOf, b.req.Zone) {
			keys = append(keys, countKey{SetToCome, k, -1})
		}
	}
	for _, s := range []Set{SetOpen, SetOverdue, SetDueToday, SetUnvalidated} {
		keys = append(keys, countKey{s, "", -1})
	}
	for i := range ages {
		keys = append(keys, countKey{SetOpen, "", i})
	}
	drills := make([]Drill, len(keys))
	for i, k := range keys {
		drills[i] = b.drill(k.set, k.clock)
		if k.age >= 0 {
			drills[i].Age = &ages[k.age]
		}
	}
	found, err := b.src.Counts(ctx, drills)
	if err != nil {
		return err
	}
	b.counts = map[countKey]int64{}
	for i, k := range keys {
		b.counts[k] = found[i]
	}
	return nil
}

func (b *builder) now(set Set, clock ticketing.ClockKind) int64 {
	return b.counts[countKey{set, clock, -1}]
}

// figure makes a figure with what it was before.
func (b *builder) figure(m Measure, behind, of Drill, now, before [2]int64) Figure {
	f := Figure{Measure: m, Numerator: now[0], Denominator: now[1], AsOf: b.asOf, Behind: behind, Of: of}
	prev := f
	prev.Numerator, prev.Denominator = before[0], before[1]
	prev.Behind.Period, prev.Of.Period = b.req.Compare, b.req.Compare
	f.Before = &prev
	return f
}

// present makes a figure that holds only now.
func (b *builder) present(m Measure, behind, of Drill, n, d int64) Figure {
	return Figure{Measure: m, Numerator: n, Denominator: d, AsOf: b.asOf, Behind: behind, Of: of}
}

var (
	answerFormulas  = [...]Measure{AnswerOnTimeA, AnswerOnTimeB, AnswerOnTimeC, AnswerOnTime}
	resolveFormulas = [...]Measure{ResolveOnTimeA, ResolveOnTimeB, ResolveOnTimeC, ResolveOnTime}
)

// formulas gives A, B, C and D of a promise.
func (b *builder) formulas(m [4]Measure) []Figure {
	k := m[3].Definition().Clock
	s, was := b.clocks[k], b.before[k]
	settled := s.Done + s.EndedThen
	met := b.drill(SetDoneMet, k)
	return []Figure{
		b.figure(m[0], met, b.drill(SetDone, k), [2]int64{s.DoneMet, s.Done}, [2]int64{was.DoneMet, was.Done}),
		b.present(m[1], met, b.drill(SetSettledLate, k), s.DoneMet, settled+b.now(SetOpenLate, k)),
		b.present(m[2], met, b.drill(SetSettledOpen, k), s.DoneMet, settled+b.now(SetOpenAll, k)),
		b.onTime(m[3], s, was, b.drill("", k)),
	}
}

// onTime is formula D of a sum.
func (b *builder) onTime(m Measure, s, was *ClockSum, base Drill) Figure {
	behind, of := base, base
	behind.Set, of.Set = SetMet, SetDue
	return b.figure(m, behind, of, [2]int64{s.Met, s.Due}, [2]int64{was.Met, was.Due})
}

// spread is a percentile of what was done in the period.
func (b *builder) spread(m Measure, share float64) Figure {
	k := m.Definition().Clock
	s, was := b.clocks[k], b.before[k]
	done := b.drill(SetDone, k)
	f := b.figure(m, done, done, [2]int64{s.Spread.Percentile(share), s.Done}, [2]int64{was.Spread.Percentile(share), was.Done})
	f.Approx, f.Before.Approx = true, true
	return f
}

func (b *builder) figures() []Figure {
	t, was := b.tickets[0], b.tickets[1]
	d := func(s Set) Drill { return b.drill(s, "") }
	kind := func(m Measure) Figure {
		k := m.Definition().Clock
		return b.onTime(m, b.clocks[k], b.before[k], b.drill("", k))
	}
	open := b.now(SetOpen, "")
	out := []Figure{
		kind(AnswerOnTime), kind(ResolveOnTime), kind(NextOnTime), kind(ValidateOn), kind(LegOn), kind(CallbackOn),
		b.spread(AnswerMedian, 0.5), b.spread(AnswerP90, 0.9), b.spread(ResolveMedian, 0.5), b.spread(ResolveP90, 0.9),
		b.figure(Received, d(SetReceived), Drill{}, [2]int64{t.Received}, [2]int64{was.Received}),
		b.figure(Closed, d(SetClosed), Drill{}, [2]int64{t.Closed}, [2]int64{was.Closed}),
		b.figure(Clearance, d(SetClosed), d(SetReceived), [2]int64{t.Closed, t.Received}, [2]int64{was.Closed, was.Received}),
		b.figure(Reopened, d(SetReopened), d(SetClosed), [2]int64{t.Reopened, t.Closed}, [2]int64{was.Reopened, was.Closed}),
		b.figure(FalseClosed, d(SetDenied), d(SetResolved), [2]int64{t.Denied, t.Resolved}, [2]int64{was.Denied, was.Resolved}),
		b.figure(FirstRouting, d(SetFirst), d(SetClosed), [2]int64{t.First, t.Closed}, [2]int64{was.First, was.Closed}),
		b.figure(Handovers, Drill{}, d(SetClosed), [2]int64{t.Legs, t.Closed}, [2]int64{was.Legs, was.Closed}),
		b.present(Open, d(SetOpen), Drill{}, open, 0),
		b.present(Overdue, d(SetOverdue), d(SetOpen), b.now(SetOverdue, ""), open),
		b.present(DueToday, d(SetDueToday), Drill{}, b.now(SetDueToday, ""), 0),
	}
	return out
}

// beside gives what stands beside the headline.
func (b *builder) beside() []Figure {
	k := ticketing.ClockAnswer
	s, was := b.clocks[k], b.before[k]
	d := func(set Set) Drill { return b.drill(set, k) }
	return []Figure{
		b.figure(PausedPast, d(SetPausedPast), d(SetDue), [2]int64{s.PausedPast, s.Due}, [2]int64{was.PausedPast, was.Due}),
		b.figure(Ended, d(SetEnded), Drill{}, [2]int64{s.Unanswered}, [2]int64{was.Unanswered}),
		b.figure(Excluded, d(SetExcluded), Drill{}, [2]int64{s.Excluded}, [2]int64{was.Excluded}),
		b.present(ToCome, d(SetToCome), Drill{}, b.now(SetToCome, k), 0),
		b.present(Unvalidated, b.drill(SetUnvalidated, ""), Drill{}, b.now(SetUnvalidated, ""), 0),
	}
}

func (b *builder) aging() []AgeBucket {
	var out []AgeBucket
	for i, a := range ages {
		d := b.drill(SetOpen, "")
		d.Age = &ages[i]
		out = append(out, AgeBucket{a.From, a.To, b.present(Open, d, Drill{}, b.counts[countKey{SetOpen, "", i}], 0)})
	}
	return out
}

// legs gives where the time went: for the city as a whole, every department is
// us.
func (b *builder) legs() Legs {
	t := b.tickets[0]
	l := Legs{Us: t.Own, Citizen: t.Citizen, Others: t.Others, Tickets: t.Closed, Of: b.drill(SetClosed, "")}
	if len(b.req.Filter.Departments) == 0 {
		l.Us += t.Elsewhere
	} else {
		l.Others += t.Elsewhere
	}
	return l
}

func (b *builder) heat() Heat {
	h := Heat{Of: b.drill(SetReceived, "")}
	for i := range b.byDayT {
		d := &b.byDayT[i]
		for hour, n := range d.Hours {
			h.Cells[(int(d.Day.Weekday())+6)%7][hour] += n
			h.Total += n
		}
	}
	return h
}

// byWeek sorts days by the Monday of their week.
func byWeek(clocks []ClockDay, tickets []TicketDay) (map[Day][]ClockDay, map[Day][]TicketDay) {
	c, t := map[Day][]ClockDay{}, map[Day][]TicketDay{}
	for i := range clocks {
		m := clocks[i].Day.Monday()
		c[m] = append(c[m], clocks[i])
	}
	for i := range tickets {
		m := tickets[i].Day.Monday()
		t[m] = append(t[m], tickets[i])
	}
	return c, t
}

// weeks gives the measures over the weeks of the period.
func (b *builder) weeks() []Series {
	out := []Series{{Measure: AnswerOnTime, Target: b.req.Target}, {Measure: ResolveOnTime}, {Measure: AnswerMedian}, {Measure: Received}, {Measure: Closed}}
	clocks, tickets := byWeek(b.byDay, b.byDayT)
	for _, p := range b.req.Period.Weeks() {
		sums, t := totals(clocks[p.From.Monday()], tickets[p.From.Monday()])
		answer, resolve := sums[ticketing.ClockAnswer], sums[ticketing.ClockResolve]
		at := func(set Set, k ticketing.ClockKind) Drill {
			d := b.drill(set, k)
			d.Period = p
			return d
		}
		done := at(SetDone, ticketing.ClockAnswer)
		median := b.present(AnswerMedian, done, done, answer.Spread.Percentile(0.5), answer.Done)
		median.Approx = true
		partial := p.Days() < 7 || p.To >= DayOf(b.asOf, b.req.Zone)
		for i, f := range []Figure{
			b.present(AnswerOnTime, at(SetMet, ticketing.ClockAnswer), at(SetDue, ticketing.ClockAnswer), answer.Met, answer.Due),
			b.present(ResolveOnTime, at(SetMet, ticketing.ClockResolve), at(SetDue, ticketing.ClockResolve), resolve.Met, resolve.Due),
			median,
			b.present(Received, at(SetReceived, ""), Drill{}, t.Received, 0),
			b.present(Closed, at(SetClosed, ""), Drill{}, t.Closed, 0),
		} {
			out[i].Points = append(out[i].Points, Point{p, partial, f})
		}
	}
	return out
}

// tables fills the tables of the report.
func (b *builder) tables(out *Report) {
	columns := []Measure{AnswerOnTime, ResolveOnTime, Received, Closed, Reopened}
	for by, t := range map[Dimension]*Table{
		ByCategory: &out.ByCategory, ByChannel: &out.ByChannel, ByDistrict: &out.ByDistrict, ByLanguage: &out.ByLanguage, ByDepartment: &out.ByDepartment,
	} {
		*t = b.table(by, columns)
	}
	out.EndedByCode = b.endedByCode()
}

// A line is what a table's row is made of.
type line struct {
	answer, resolve ClockSum
	tickets         TicketSum
}

func (b *builder) table(by Dimension, columns []Measure) Table {
	lines := map[string]*line{}
	at := func(k DayKey) *line {
		l := lines[k.Value]
		if l == nil {
			l = &line{}
			lines[k.Value] = l
		}
		return l
	}
	for i := range b.apart {
		switch c := &b.apart[i]; {
		case c.By != by:
		case c.Kind == ticketing.ClockAnswer:
			at(c.DayKey).answer.Add(&c.ClockSum)
		case c.Kind == ticketing.ClockResolve:
			at(c.DayKey).resolve.Add(&c.ClockSum)
		}
	}
	for i := range b.apartT {
		if t := &b.apartT[i]; t.By == by {
			at(t.DayKey).tickets.Add(&t.TicketSum)
		}
	}
	table := Table{By: by, Columns: columns}
	for _, value := range valuesOf(lines) {
		l := lines[value]
		d := func(set Set, k ticketing.ClockKind) Drill {
			d := b.drill(set, k)
			d.Filter = d.Filter.with(by, value)
			return d
		}
		table.Rows = append(table.Rows, Row{Key: value, Figures: []Figure{
			b.present(AnswerOnTime, d(SetMet, ticketing.ClockAnswer), d(SetDue, ticketing.ClockAnswer), l.answer.Met, l.answer.Due),
			b.present(ResolveOnTime, d(SetMet, ticketing.ClockResolve), d(SetDue, ticketing.ClockResolve), l.resolve.Met, l.resolve.Due),
			b.present(Received, d(SetReceived, ""), Drill{}, l.tickets.Received, 0),
			b.present(Closed, d(SetClosed, ""), Drill{}, l.tickets.Closed, 0),
			b.present(Reopened, d(SetReopened, ""), d(SetClosed, ""), l.tickets.Reopened, l.tickets.Closed),
		}})
	}
	slices.SortStableFunc(table.Rows, func(x, y Row) int {
		return cmp.Compare(y.Figures[0].Denominator+y.Figures[2].Numerator, x.Figures[0].Denominator+x.Figures[2].Numerator)
	})
	return table
}

func (b *builder) endedByCode() Table {
	sums := map[string]int64{}
	for i := range b.apart {
		if c := &b.apart[i]; c.By == ByCode && c.Kind == ticketing.ClockAnswer {
			sums[c.Value] += c.Unanswered
		}
	}
	table := Table{By: ByCode, Columns: []Measure{Ended}}
	for _, code := range valuesOf(sums) {
		d := b.drill(SetEnded, ticketing.ClockAnswer)
		d.Code = ticketing.ClosingCode(code)
		table.Rows = append(table.Rows, Row{Key: code, Figures: []Figure{b.present(Ended, d, Drill{}, sums[code], 0)}})
	}
	slices.SortStableFunc(table.Rows, func(x, y Row) int { return cmp.Compare(y.Figures[0].Numerator, x.Figures[0].Numerator) })
	return table
}
