package main

import (
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
)

// A claim is a figure of a report, and the list it says is behind it.
type claim struct {
	what  string
	drill report.Drill
	count int64
}

// TestSampleReports holds the reports of the sample city against its tickets:
// every figure of every page leads to a list of exactly as many, and a report asked
// for as of an earlier day shows what was so then.
func TestSampleReports(t *testing.T) {
	if testing.Short() {
		t.Skip("tells the whole sample city")
	}
	t.Parallel()
	b := unserved(t, "sqlite", "")
	b.command("", "seed")
	cfg, _, err := LoadConfig(b.config(), os.Environ())
	if err != nil {
		t.Fatal(err)
	}
	s, err := openSystemAt(t.Context(), cfg, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	t.Run("every figure leads to its tickets", func(t *testing.T) { s.figuresLead(t) })
	t.Run("as reported on an earlier day", func(t *testing.T) { s.asReported(t) })
}

func (s *system) figuresLead(t *testing.T) {
	dir, err := s.db.Directory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	actor := ticketing.SystemActor("report")
	today := report.DayOf(time.Now(), s.zone)
	var claims []claim
	for _, p := range []report.Period{{From: today - 30, To: today}, {From: today - 13, To: today - 7}, {From: today + 1, To: today + 9}} {
		req := report.Request{Period: p, Now: time.Now(), Zone: s.zone}
		city, err := report.Overview(t.Context(), s.db, actor, dir, req)
		if err != nil {
			t.Fatal(err)
		}
		claims = append(claims, claimsOfCity(city)...)
		filters := []report.Filter{{}, {Channels: []ticketing.Channel{ticketing.ChannelPhone}}}
		for _, d := range dir.Departments {
			filters = append(filters, report.Filter{Departments: []ticketing.DepartmentID{d.ID}})
		}
		for _, f := range filters {
			req.Filter = f
			r, err := report.Department(t.Context(), s.db, actor, req)
			if err != nil {
				t.Fatal(err)
			}
			claims = append(claims, claimsOf(r)...)
		}
	}
	s.callersAreAnswered(t, today)
	seen, some := map[string]bool{}, 0
	for _, c := range claims {
		address := c.drill.Values().Encode()
		key := fmt.Sprint(address, c.count)
		if c.drill.Set == "" || seen[key] {
			continue
		}
		seen[key] = true
		if n := s.listed(t, c.drill); n != c.count {
			t.Errorf("%s says %d, its list has %d: %s", c.what, c.count, n, address)
		}
		if c.count > 0 {
			some++
		}
	}
	t.Logf("%d figures followed, %d of them with tickets", len(seen), some)
	if some < 300 {
		t.Errorf("only %d figures have tickets behind them", some)
	}
}

// callersAreAnswered: people who left only a telephone number are told on it, and
// mostly in time.
func (s *system) callersAreAnswered(t *testing.T, today report.Day) {
	t.Helper()
	r, err := report.Department(t.Context(), s.db, ticketing.SystemActor("report"), report.Request{
		Period: report.Period{From: today - 30, To: today}, Now: time.Now(), Zone: s.zone, Filter: report.Filter{Channels: []ticketing.Channel{ticketing.ChannelPhone}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if f := r.Figure(report.AnswerOnTime); f.Denominator < 5 || f.Value() < 0.5 {
		t.Errorf("of %d calls that fell due %d were answered in time", f.Denominator, f.Numerator)
	}
}

// listed counts the list behind a figure, page by page.
func (s *system) listed(t *testing.T, d report.Drill) (n int64) {
	t.Helper()
	for cursor := ""; ; {
		page, err := report.Cases(t.Context(), s.db, ticketing.SystemActor("report"), d, cursor, 60)
		if err != nil {
			t.Fatal(err)
		}
		n += int64(len(page.Items))
		if cursor = page.Next; cursor == "" {
			return n
		}
	}
}

func claimsOfCity(r *report.CityReport) (out []claim) {
	for _, f := range r.Figures {
		out = append(out, claimsOfFigure("the city", f)...)
	}
	for _, l := range r.Departments {
		what := fmt.Sprint("department ", l.Department, " in the overview")
		out = append(out, claimsOfFigure(what, l.OnTime)...)
		out = append(out, claimsOfFigure(what, l.Overdue)...)
		for _, p := range l.Trend.Points {
			out = append(out, claimsOfFigure(what+", week", p.Figure)...)
		}
		for _, x := range l.Signs {
			out = append(out, claim{what + ", " + string(x.Kind), x.Behind, x.Count})
		}
	}
	return append(append(out, claimsOfTable(r.ByChannel)...), claimsOfTable(r.ByLanguage)...)
}

func claimsOf(r *report.Report) (out []claim) {
	for _, list := range [][]report.Figure{r.Figures, r.Answer, r.Resolve, r.Beside} {
		for _, f := range list {
			out = append(out, claimsOfFigure(fmt.Sprint(r.Request.Filter), f)...)
		}
	}
	for _, table := range []report.Table{r.EndedByCode, r.ByCategory, r.ByChannel, r.ByDistrict, r.ByLanguage, r.ByDepartment} {
		out = append(out, claimsOfTable(table)...)
	}
	for _, series := range r.Weeks {
		for _, p := range series.Points {
			out = append(out, claimsOfFigure("week of "+p.Period.From.String(), p.Figure)...)
		}
	}
	for _, a := range r.Aging {
		out = append(out, claimsOfFigure(fmt.Sprint("age ", a.From), a.Figure)...)
	}
	for day := range r.Heat.Cells {
		for hour, n := range r.Heat.Cells[day] {
			out = append(out, claim{fmt.Sprintf("weekday %d at %d", day, hour), r.Heat.Cell(day, hour), n})
		}
	}
	for _, x := range r.Signs {
		if x.Found {
			out = append(out, claim{string(x.Kind), x.Behind, x.Count})
		}
	}
	return append(out, claim{"legs", r.Legs.Of, r.Legs.Tickets})
}

func claimsOfTable(t report.Table) (out []claim) {
	for _, row := range t.Rows {
		for _, f := range row.Figures {
			out = append(out, claimsOfFigure(fmt.Sprintf("%s %q", t.By, row.Key), f)...)
		}
	}
	return out
}

// claimsOfFigure gives what a figure and what it is compared with claim: a span of
// time counts no tickets, its denominator does.
func claimsOfFigure(what string, f report.Figure) (out []claim) {
	what += ": " + string(f.Measure)
	if f.Behind.Set != "" && f.Measure.Definition().Unit != report.UnitSeconds {
		out = append(out, claim{what, f.Behind, f.Numerator})
	}
	if f.Of.Set != "" {
		out = append(out, claim{what + ", of", f.Of, f.Denominator})
	}
	if f.Before != nil {
		out = append(out, claimsOfFigure(what+", before", *f.Before)...)
	}
	return out
}

// asReported asks for earlier evenings what was open and what had come in, and
// counts both from the tickets' own histories.
func (s *system) asReported(t *testing.T) {
	page, err := s.db.Tickets(t.Context(), ticketing.TicketFilter{Scope: ticketing.Scope{All: true}, All: true, Limit: 500}, 0)
	if err != nil || len(page.Items) < 100 {
		t.Fatalf("%d tickets, %v", len(page.Items), err)
	}
	var views []*ticketing.TicketView
	for _, row := range page.Items {
		v, err := s.db.TicketView(t.Context(), ticketing.Scope{All: true}, row.Ref)
		if err != nil {
			t.Fatal(err)
		}
		views = append(views, v)
	}
	today := report.DayOf(time.Now(), s.zone)
	for _, back := range []report.Day{2, 5, 9, 14} {
		day := today - back
		end := (day + 1).Start(s.zone)
		var open, received int64
		for _, v := range views {
			for _, l := range v.Legs {
				if l.From.Before(end) && (l.To.IsZero() || !l.To.Before(end)) {
					open++
				}
			}
			if d := report.DayOf(v.Ticket.ReceivedAt, s.zone); d <= day && d > day-10 && v.Ticket.Code != ticketing.CodeSpam {
				received++
			}
		}
		r, err := report.Department(t.Context(), s.db, ticketing.SystemActor("report"), report.Request{
			Period: report.Period{From: day - 9, To: day}, Reported: day, Now: time.Now(), Zone: s.zone,
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Figure(report.Open).Numerator; got != open || open == 0 {
			t.Errorf("as of %s, %d were open, the report says %d", day, open, got)
		}
		if got := r.Figure(report.Received).Numerator; got != received || received == 0 {
			t.Errorf("as of %s, %d had come in within ten days, the report says %d", day, received, got)
		}
		if f := r.Figure(report.AnswerOnTime); f.Denominator == 0 {
			t.Errorf("as of %s nothing had fallen due", day)
		}
		for _, c := range claimsOf(r) {
			if c.drill.Set == "" {
				continue
			}
			if n := s.listed(t, c.drill); n != c.count {
				t.Errorf("as of %s: %s says %d, its list has %d", day, c.what, c.count, n)
			}
		}
	}
}
