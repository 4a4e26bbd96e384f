package storagetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/report"
)

// told is a ticket of a told past: a promise to answer of 48 hours, and what came
// of it.
type told struct {
	received time.Time
	answered time.Duration // 0: not
	ended    ticketing.ClosingCode
	category ticketing.Category
	channel  ticketing.Channel
}

// tell saves a ticket whose clock stands as told.
func (r *room) tell(t *testing.T, x told) *ticketing.Ticket {
	t.Helper()
	return r.ticket(t, func(k *ticketing.Ticket) {
		due := x.received.Add(48 * time.Hour)
		c := ticketing.Clock{
			Episode: 1, Kind: ticketing.ClockAnswer, State: ticketing.ClockRunning, Profile: "24x7", Calendar: "24x7", Target: 48 * time.Hour,
			StartedAt: x.received, CountFrom: x.received, Due: due,
		}
		k.ReceivedAt, k.CreatedAt, k.CustodyAt = x.received, x.received, x.received
		k.Category, k.Department, k.Channel = x.category.ID, x.category.Department, x.channel
		k.Pending.Events[0].At = x.received
		k.Pending.Events[0].Data = map[string]any{"department": int64(k.Department), "category": x.category.Code}
		end := x.received.Add(x.answered)
		switch {
		case x.ended != "":
			c.State, c.EndedAt, c.EndCode, c.Charged = ticketing.ClockEnded, x.received.Add(time.Hour), x.ended, k.Department
			k.State, k.Code, k.ClosedAt = ticketing.StateClosed, x.ended, c.EndedAt
		case x.answered == 0:
			k.DueAt = due
		default:
			c.State, c.MetAt, c.Charged = ticketing.ClockMet, end, k.Department
			if end.After(due) {
				c.State, c.BreachedAt = ticketing.ClockMissed, due
			}
			k.State, k.Code, k.AnsweredAt, k.ResolvedAt = ticketing.StateResolved, ticketing.CodeResolved, end, end
			k.Pending.Events = append(k.Pending.Events, ticketing.Event{At: end, Actor: "agent:1", Kind: ticketing.EventResolved})
		}
		k.Clocks = []ticketing.Clock{c}
	})
}

// past tells a month of tickets, of which each eighth is late, each ninth open and
// each tenth ended by some code.
func (r *room) past(t *testing.T, n int) (list []told) {
	t.Helper()
	codes := []ticketing.ClosingCode{ticketing.CodeWithdrawn, ticketing.CodeNotCompetent, ticketing.CodeAbuse, ticketing.CodeInsufficient}
	categories := []ticketing.Category{r.Streetlight, r.Waste, r.Other}
	for i := range n {
		x := told{
			received: r.now().Add(-time.Duration(i)*11*time.Hour - time.Hour).Truncate(time.Microsecond), answered: time.Duration(1+i*7%40) * time.Hour,
			category: categories[i%3], channel: []ticketing.Channel{ticketing.ChannelEmail, ticketing.ChannelPhone}[i%2],
		}
		switch {
		case i%8 == 3:
			x.answered = 60 * time.Hour
		case i%9 == 4:
			x.answered = 0
		case i%10 == 5:
			x.ended = codes[i/10%len(codes)]
		}
		if x.received.Add(x.answered).After(r.now()) {
			x.answered = 0
		}
		r.tell(t, x)
		list = append(list, x)
	}
	return list
}

func (r *room) request(from, to report.Day) report.Request {
	return report.Request{Period: report.Period{From: from, To: to}, Now: r.now(), Zone: r.zone()}
}

func (r *room) zone() *time.Location {
	dir, err := r.Directory(ctx())
	if err != nil {
		panic(err)
	}
	return dir.Rules.Zone()
}

func (r *room) fold(t *testing.T) {
	t.Helper()
	if _, err := r.FoldFacts(ctx()); err != nil {
		t.Fatalf("FoldFacts() = %v", err)
	}
}

var reader = ticketing.SystemActor("report")

func testReports(t *testing.T, r *room) {
	list := r.past(t, 70)
	r.fold(t)
	today := report.DayOf(r.now(), r.zone())
	whole := r.request(today-40, today+3)

	t.Run("folded sums equal a naive recomputation", func(t *testing.T) {
		for name, filter := range map[string]report.Filter{
			"city": {}, "department": {Departments: []ticketing.DepartmentID{r.Waste.Department}},
			"category": {Categories: []ticketing.CategoryID{r.Streetlight.ID}}, "channel": {Channels: []ticketing.Channel{ticketing.ChannelPhone}},
		} {
			req := whole
			req.Filter = filter
			got, err := report.Department(ctx(), r, reader, req)
			must(t, err)
			want := naive(list, filter, r.now())
			same(t, name, [...]int64{
				got.Figure(report.AnswerOnTime).Numerator, got.Figure(report.AnswerOnTime).Denominator, got.Figure(report.AnswerOnTimeA).Denominator,
				got.Figure(report.AnswerOnTimeB).Denominator, got.Figure(report.AnswerOnTimeC).Denominator,
				got.Figure(report.Received).Numerator, got.Figure(report.Closed).Numerator, got.Figure(report.Open).Numerator, got.Figure(report.Overdue).Numerator,
				got.Figure(report.Ended).Numerator, got.Figure(report.Excluded).Numerator,
			}, want)
		}
	})
	t.Run("every figure leads to exactly its tickets", func(t *testing.T) {
		got, err := report.Department(ctx(), r, reader, whole)
		must(t, err)
		n := 0
		for _, f := range allFigures(got) {
			if f.Behind.Set != "" && f.Measure.Definition().Unit != report.UnitSeconds {
				r.leadsTo(t, f.Measure, f.Behind, f.Numerator)
				n++
			}
			if f.Of.Set != "" {
				r.leadsTo(t, f.Measure, f.Of, f.Denominator)
			}
		}
		if n < 40 {
			t.Errorf("only %d figures lead anywhere", n)
		}
		for day := range got.Heat.Cells {
			for hour, n := range got.Heat.Cells[day] {
				if n > 0 {
					r.leadsTo(t, "heat", got.Heat.Cell(day, hour), n)
				}
			}
		}
		r.leadsTo(t, "legs", got.Legs.Of, got.Legs.Tickets)
	})
	t.Run("a change reaches the figures with the next fold", func(t *testing.T) { r.reportChange(t, whole) })
	t.Run("a head sees the own departments alone", func(t *testing.T) { r.reportOfHead(t, whole, len(list)) })
	t.Run("the overview agrees with the departments' reports", func(t *testing.T) { r.reportOverview(t, whole) })
	t.Run("days add up however they are asked for", func(t *testing.T) { r.reportSums(t, whole.Period) })
	t.Run("a simulation under the same promise gives the report's figures", func(t *testing.T) { r.reportSimulated(t, whole) })
	t.Run("a period that ends before it begins", func(t *testing.T) {
		_, err := report.Department(ctx(), r, reader, r.request(today, today-1))
		wantKind(t, err, ticketing.Invalid)
	})
}

// leadsTo walks a drill-down page by page and counts; paging gives each case once.
func (r *room) leadsTo(t *testing.T, what any, d report.Drill, want int64) {
	t.Helper()
	parsed, err := report.ParseDrill(d.Values())
	must(t, err)
	seen := map[string]bool{}
	for cursor := ""; ; {
		page, err := report.Cases(ctx(), r, reader, parsed, cursor, 7)
		must(t, err)
		for _, c := range page.Items {
			if c.Ref == "" || c.Department == 0 {
				t.Fatalf("%v, %s: a case without reference or department: %+v", what, d.Set, c)
			}
			seen[fmt.Sprintf("%d/%d/%s", c.Ticket, c.Clock, c.At)] = true
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	counts, err := r.Counts(ctx(), []report.Drill{parsed})
	must(t, err)
	if int64(len(seen)) != want || counts[0] != want {
		t.Errorf("%v, %s: the figure says %d, the list has %d, the count is %d", what, d.Set, want, len(seen), counts[0])
	}
}

func allFigures(r *report.Report) []report.Figure {
	var out []report.Figure
	for _, list := range [][]report.Figure{r.Figures, r.Answer, r.Resolve, r.Beside} {
		out = append(out, list...)
	}
	for _, t := range []report.Table{r.EndedByCode, r.ByCategory, r.ByChannel, r.ByDistrict, r.ByLanguage, r.ByDepartment} {
		for _, row := range t.Rows {
			out = append(out, row.Figures...)
		}
	}
	for _, s := range r.Weeks {
		for _, p := range s.Points {
			out = append(out, p.Figure)
		}
	}
	for _, a := range r.Aging {
		out = append(out, a.Figure)
	}
	return out
}

// naive counts from what was told, by the definitions alone: met and due of D,
// denominators of A, B and C, received, closed, open, overdue, ended and left out.
func naive(list []told, f report.Filter, now time.Time) (n [11]int64) {
	for _, x := range list {
		if (len(f.Departments) > 0 && f.Departments[0] != x.category.Department) || (len(f.Categories) > 0 && f.Categories[0] != x.category.ID) ||
			(len(f.Channels) > 0 && f.Channels[0] != x.channel) {
			continue
		}
		late := now.After(x.received.Add(48*time.Hour)) || now.Equal(x.received.Add(48*time.Hour))
		n[5]++
		switch {
		case x.ended == ticketing.CodeWithdrawn || x.ended == ticketing.CodeAbuse:
			n[6]++
			n[9]++
			n[10]++
			continue
		case x.ended != "":
			n[6]++
			n[9]++
			n[3]++
			n[4]++
		case x.answered == 0:
			n[7]++
			n[4]++
			if late {
				n[8]++
				n[3]++
			}
		default:
			n[6]++
			n[2]++
			n[3]++
			n[4]++
			if x.answered <= 48*time.Hour {
				n[0]++
			}
		}
		n[1]++
	}
	return n
}

// A report is reproducible as it was on an earlier day, whatever was written since.
func testEarlierReports(t *testing.T, r *room) {
	r.past(t, 40)
	r.fold(t)
	first := report.DayOf(r.now(), r.zone())
	req := r.request(first-30, first)
	before, err := report.Department(ctx(), r, reader, req)
	must(t, err)
	r.Clock.Advance(5 * 24 * time.Hour)
	open, err := r.Behind(ctx(), before.Figure(report.Overdue).Behind, "", 200)
	must(t, err)
	if len(open.Items) == 0 {
		t.Fatal("nothing is late")
	}
	r.latestFirst(t, before.Figure(report.Overdue).Behind, open.Items)
	for _, c := range open.Items {
		r.change(t, c.Ticket, func(_ ticketing.Tx, k *ticketing.Ticket) error {
			k.Clocks[0].State, k.Clocks[0].MetAt, k.Clocks[0].BreachedAt = ticketing.ClockMissed, r.now(), k.Clocks[0].Due
			k.State, k.Code, k.ResolvedAt, k.DueAt, k.Language = ticketing.StateResolved, ticketing.CodeResolved, r.now(), time.Time{}, lang.En
			k.Pending.Events = append(k.Pending.Events, r.event(ticketing.EventResolved))
			return nil
		})
	}
	r.fold(t)
	now := req
	now.Now = r.now()
	after, err := report.Department(ctx(), r, reader, now)
	must(t, err)
	then := now
	then.Reported = first
	again, err := report.Department(ctx(), r, reader, then)
	must(t, err)
	for _, m := range []report.Measure{report.AnswerOnTime, report.AnswerOnTimeA, report.Closed, report.Open, report.Overdue, report.Received} {
		b, a := before.Figure(m), again.Figure(m)
		if m == report.Overdue {
			continue // asked at the end of that day, not in its middle
		}
		if a.Numerator != b.Numerator || a.Denominator != b.Denominator {
			t.Errorf("%s was %d of %d, and as it was then %d of %d", m, b.Numerator, b.Denominator, a.Numerator, a.Denominator)
		}
		if a.Behind.Set != "" {
			r.leadsTo(t, m, a.Behind, a.Numerator)
		}
	}
	if after.Figure(report.Open).Numerator != before.Figure(report.Open).Numerator-int64(len(open.Items)) {
		t.Errorf("now %d are open, of %d before, and %d were closed", after.Figure(report.Open).Numerator, before.Figure(report.Open).Numerator, len(open.Items))
	}
}

// latestFirst reads the late tickets in small pages: the same ones, those that
// are late the longest first.
func (r *room) latestFirst(t *testing.T, d report.Drill, all []report.Case) {
	t.Helper()
	var read []report.Case
	for cursor := ""; ; {
		page, err := r.Behind(ctx(), d, cursor, 2)
		must(t, err)
		read = append(read, page.Items...)
		if cursor = page.Next; cursor == "" || len(read) > len(all) {
			break
		}
	}
	if !slices.EqualFunc(read, all, func(a, b report.Case) bool { return a.Ticket == b.Ticket }) {
		t.Errorf("%d late tickets in pages of two, %d at once, or in another order", len(read), len(all))
	}
	if !slices.IsSortedFunc(all, func(a, b report.Case) int { return a.Due.Compare(b.Due) }) {
		t.Error("late tickets do not stand with the latest first")
	}
}

func (r *room) reportChange(t *testing.T, whole report.Request) {
	t.Helper()
	before, err := report.Department(ctx(), r, reader, whole)
	must(t, err)
	x := told{received: r.now().Add(-50 * time.Hour), answered: 3 * time.Hour, category: r.Waste, channel: ticketing.ChannelEmail}
	k := r.tell(t, x)
	r.fold(t)
	after, err := report.Department(ctx(), r, reader, whole)
	must(t, err)
	if b, a := before.Figure(report.AnswerOnTime), after.Figure(report.AnswerOnTime); a.Numerator != b.Numerator+1 || a.Denominator != b.Denominator+1 {
		t.Errorf("on time was %d of %d, is %d of %d", b.Numerator, b.Denominator, a.Numerator, a.Denominator)
	}
	r.change(t, k.ID, func(_ ticketing.Tx, k *ticketing.Ticket) error {
		k.Category, k.Department = r.Streetlight.ID, r.Streetlight.Department
		k.Clocks[0].Charged = k.Department
		k.Pending.Events = append(k.Pending.Events, r.event(ticketing.EventChanged))
		return nil
	})
	r.fold(t)
	moved, err := report.Department(ctx(), r, reader, whole)
	must(t, err)
	if a, m := after.Figure(report.AnswerOnTime), moved.Figure(report.AnswerOnTime); a.Numerator != m.Numerator || a.Denominator != m.Denominator {
		t.Errorf("moving a ticket changed the city from %d of %d to %d of %d", a.Numerator, a.Denominator, m.Numerator, m.Denominator)
	}
	must(t, r.RebuildFacts(ctx()))
	r.fold(t)
	again, err := report.Department(ctx(), r, reader, whole)
	must(t, err)
	same(t, "rebuilt", again.Figure(report.AnswerOnTime).Denominator, moved.Figure(report.AnswerOnTime).Denominator)
	wrong, err := r.CheckFacts(ctx(), whole.Period)
	if err != nil || wrong != 0 {
		t.Errorf("CheckFacts() = %d, %v; want 0", wrong, err)
	}
}

func (r *room) reportOfHead(t *testing.T, whole report.Request, all int) {
	t.Helper()
	head := ticketing.Actor{Agent: 1, Role: ticketing.RoleHead, Departments: []ticketing.DepartmentID{r.Waste.Department}}
	got, err := report.Department(ctx(), r, head, whole)
	must(t, err)
	if n := got.Figure(report.Received).Numerator; n == 0 || n >= int64(all) {
		t.Errorf("the head sees %d of %d received", n, all)
	}
	req := whole
	req.Filter.Departments = []ticketing.DepartmentID{r.Streetlight.Department}
	_, err = report.Department(ctx(), r, head, req)
	wantKind(t, err, ticketing.NotFound)
	_, err = report.Department(ctx(), r, ticketing.Actor{Agent: 1, Role: ticketing.RoleOfficer}, whole)
	wantKind(t, err, ticketing.Forbidden)
}

func (r *room) reportOverview(t *testing.T, whole report.Request) {
	t.Helper()
	dir, err := r.Directory(ctx())
	must(t, err)
	city, err := report.Overview(ctx(), r, reader, dir, whole)
	must(t, err)
	for _, line := range city.Departments {
		req := whole
		req.Filter.Departments = []ticketing.DepartmentID{line.Department}
		one, err := report.Department(ctx(), r, reader, req)
		must(t, err)
		if f := one.Figure(report.AnswerOnTime); f.Numerator != line.OnTime.Numerator || f.Denominator != line.OnTime.Denominator {
			t.Errorf("department %d: %d of %d in the overview, %d of %d in its report", line.Department, line.OnTime.Numerator, line.OnTime.Denominator, f.Numerator, f.Denominator)
		}
		if f := one.Figure(report.Overdue); f.Numerator != line.Overdue.Numerator {
			t.Errorf("department %d: %d late in the overview, %d in its report", line.Department, line.Overdue.Numerator, f.Numerator)
		}
		r.trendAgrees(t, line, whole)
	}
	if len(city.Departments) < 2 {
		t.Errorf("%d departments in the overview", len(city.Departments))
	}
}

// trendAgrees compares the weeks of a department's line with its own report of them.
func (r *room) trendAgrees(t *testing.T, line report.DepartmentLine, whole report.Request) {
	t.Helper()
	req := whole
	req.Filter.Departments = []ticketing.DepartmentID{line.Department}
	req.Period.From = line.Trend.Points[0].Period.From
	own, err := report.Department(ctx(), r, reader, req)
	must(t, err)
	due := int64(0)
	for i, p := range own.Weeks[0].Points {
		w := line.Trend.Points[i]
		if w.Period != p.Period || w.Figure.Numerator != p.Figure.Numerator || w.Figure.Denominator != p.Figure.Denominator {
			t.Errorf("department %d, week of %s: %d of %d in the overview, %d of %d in its report", line.Department, p.Period.From, w.Figure.Numerator, w.Figure.Denominator, p.Figure.Numerator, p.Figure.Denominator)
		}
		r.leadsTo(t, "trend", w.Figure.Of, w.Figure.Denominator)
		due += w.Figure.Denominator
	}
	if due == 0 {
		t.Errorf("department %d: nothing due in its trend", line.Department)
	}
}
