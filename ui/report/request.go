package report

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// An ask is what the reader chose: a period and what narrows it.
type ask struct {
	req    report.Request
	form   *web.Form
	preset string     // "month", "last-month" …; "" when from and to were given
	query  url.Values // the choices as an address carries them
}

// presets are the periods a reader picks by name, in the order they are offered.
var presets = []string{"month", "last-month", "week", "last-week", "quarter", "year"}

// presetPeriod gives the period of a name. Those of now end yesterday: what falls
// due today is not decided yet.
func presetPeriod(name string, now time.Time, zone *time.Location) (report.Period, bool) {
	today := report.DayOf(now, zone)
	yesterday := today - 1
	y, m, _ := yesterday.Date()
	first := func(y int, m time.Month) report.Day { return report.DayOf(time.Date(y, m, 1, 12, 0, 0, 0, zone), zone) }
	switch name {
	case "", "month":
		return report.MonthToDate(now, zone), true
	case "last-month":
		ty, tm, _ := today.Date()
		return report.Period{From: first(ty, tm-1), To: first(ty, tm) - 1}, true
	case "week":
		return report.Period{From: yesterday.Monday(), To: yesterday}, true
	case "last-week":
		return report.Week(today.Monday() - 1), true
	case "quarter":
		return report.Period{From: first(y, (m-1)/3*3+1), To: yesterday}, true
	case "year":
		return report.Period{From: first(y, time.January), To: yesterday}, true
	}
	return report.Period{}, false
}

// choices are the parameters an address of a report carries.
var choices = []string{"period", "from", "to", "channel", "category", "district", "reported"}

// askOf reads what the reader chose. What is wrong with it stands in the form,
// at its field; the request is then that of this month.
func (a *Area) askOf(c echo.Context, dir *ticketing.Directory) (ask, error) {
	f, err := web.ReadForm(c)
	if err != nil {
		return ask{}, err
	}
	now, zone := a.Kit.Now(), dir.Rules.Zone()
	q := ask{form: f, preset: f.Line("period", 20), query: url.Values{}, req: report.Request{Now: now, Zone: zone, Target: Target}}
	day := func(field string) report.Day {
		text := f.Line(field, 10)
		if text == "" {
			return 0
		}
		d, err := report.ParseDay(text)
		if err != nil {
			f.Fail(field, "report.day")
		}
		return d
	}
	q.req.Period = report.Period{From: day("from"), To: day("to")}
	if q.req.Reported = day("reported"); q.req.Reported > report.DayOf(now, zone) {
		f.Fail("reported", "report.reported_ahead")
	}
	var known bool
	if q.req.Period == (report.Period{}) {
		q.req.Period, known = presetPeriod(q.preset, now, zone)
		if !known {
			f.Fail("period", "form.choice")
		} else if q.preset == "" {
			q.preset = "month"
		}
	} else {
		q.preset = ""
		if f.OK() {
			if err := q.req.Period.Check(); err != nil && !f.Take(err) {
				return q, err
			}
		}
	}
	q.narrow(dir)
	for _, key := range choices {
		if v := f.Value(key); v != "" {
			q.query.Set(key, v)
		}
	}
	if q.preset != "" {
		q.query.Del("from")
		q.query.Del("to")
	}
	if !f.OK() {
		q.req.Period, q.req.Reported, q.preset = report.MonthToDate(now, zone), 0, ""
		return q, nil
	}
	f.Set("from", q.req.Period.From.String())
	f.Set("to", q.req.Period.To.String())
	return q, nil
}

// narrow reads what the report is narrowed to.
func (q *ask) narrow(dir *ticketing.Directory) {
	if ch := ticketing.Channel(q.form.Line("channel", 20)); ch != "" {
		if !slices.Contains(ticketing.Channels(), ch) {
			q.form.Fail("channel", "form.choice")
		}
		q.req.Filter.Channels = []ticketing.Channel{ch}
	}
	if code := q.form.Line("category", 60); code != "" {
		k, ok := dir.CategoryByCode(code)
		if !ok {
			q.form.Fail("category", "form.choice")
		}
		q.req.Filter.Categories = []ticketing.CategoryID{k.ID}
	}
	if d := q.form.Line("district", 100); d != "" {
		q.req.Filter.Districts = []string{d}
	}
}

// with gives the address of the same report with one choice changed, "" taking
// it away.
func (q ask) with(path, key, value string) string {
	v := url.Values{}
	for k, list := range q.query {
		v[k] = list
	}
	v.Del(key)
	if value != "" {
		v.Set(key, value)
	}
	if key == "period" {
		v.Del("from")
		v.Del("to")
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// at gives the address of another page of the area with the same choices.
func (q ask) at(path string) string { return q.with(path, "", "") }

// A chip is a choice as a link.
type chip struct {
	text, href string
	current    bool
}

// presetChips are the periods by name.
func (q ask) presetChips(ctx context.Context, path string) []chip {
	var out []chip
	for _, name := range presets {
		out = append(out, chip{text: web.T(ctx, "report.preset."+name), href: q.with(path, "period", name), current: q.preset == name})
	}
	return out
}

// filterChips are what narrows the report, each leading to the report without it.
func (q ask) filterChips(s *scribe, path string) []chip {
	var out []chip
	f := q.req.Filter
	for _, ch := range f.Channels {
		out = append(out, chip{text: s.key(report.ByChannel, string(ch)), href: q.with(path, "channel", "")})
	}
	for _, k := range f.Categories {
		out = append(out, chip{text: s.key(report.ByCategory, number(k)), href: q.with(path, "category", "")})
	}
	for _, d := range f.Districts {
		out = append(out, chip{text: d, href: q.with(path, "district", "")})
	}
	if q.req.Reported != 0 {
		out = append(out, chip{text: s.print.T("report.as_reported_chip", "Day", s.day(q.req.Reported)), href: q.with(path, "reported", "")})
	}
	return out
}

// rows gives the address of the report narrowed to a row of its tables.
func (q ask) rows(s *scribe, path string) narrowed {
	return func(by report.Dimension, key string) string {
		if key == "" {
			return ""
		}
		switch by {
		case report.ByChannel:
			return q.with(path, "channel", key)
		case report.ByDistrict:
			return q.with(path, "district", key)
		case report.ByCategory:
			n, _ := strconv.ParseInt(key, 10, 64)
			if k, ok := s.dir.Category(ticketing.CategoryID(n)); ok {
				return q.with(path, "category", k.Code)
			}
		case report.ByDepartment:
			n, _ := strconv.ParseInt(key, 10, 64)
			if d, ok := s.dir.Department(ticketing.DepartmentID(n)); ok {
				return q.at(pathDepartments + d.Code)
			}
		case report.ByAll, report.ByCode, report.ByLanguage, report.ByWeek:
		}
		return ""
	}
}

// channelOptions are what a report can be narrowed to by the form.
func channelOptions(s *scribe) []components.Option {
	out := []components.Option{{Text: s.print.T("report.any_channel")}}
	for _, ch := range ticketing.Channels() {
		out = append(out, components.Option{Value: string(ch), Text: s.key(report.ByChannel, string(ch))})
	}
	return out
}

func categoryOptions(s *scribe, department ticketing.DepartmentID) []components.Option {
	out := []components.Option{{Text: s.print.T("report.any_category")}}
	for _, k := range s.dir.Categories {
		if department == 0 || k.Department == department {
			out = append(out, components.Option{Value: k.Code, Text: ticketing.NameIn(k.Names, s.print.Tag())})
		}
	}
	return out
}
