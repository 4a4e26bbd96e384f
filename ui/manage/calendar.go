package manage

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/calendar"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// A calendarView is the form of a calendar.
type calendarView struct {
	ruleHead

	Years []int // whose holidays have a field
	Now   int   // the year that lies open
}

func (v calendarView) groups(ctx context.Context) []components.Option {
	var out []components.Option
	for _, g := range []calendar.Group{calendar.State, calendar.Orthodox, calendar.Catholic, calendar.Muslim} {
		out = append(out, components.Option{Value: string(g), Text: web.T(ctx, "promises.group_"+string(g))})
	}
	return out
}

func (a *Area) specOf(c echo.Context) (calendar.Spec, *ticketing.Directory, error) {
	find := func(b *ticketing.Rulebook, name string, version int) (calendar.Spec, bool) {
		k, ok := b.Calendar(name, version)
		if !ok || len(b.History(ticketing.RuleCalendar, name)) == 0 { // the one that is built in
			return calendar.Spec{}, false
		}
		return k.Spec(), true
	}
	return ruleOf(a, c, find, func(b *ticketing.Rulebook) calendar.Spec {
		return calendar.Spec{Zone: b.Zone().String(), Weekly: calendar.WeekdaysFrom(time.Monday, time.Friday, 7*60, 15*60)}
	})
}

func (a *Area) calendarPage(c echo.Context) error {
	s, dir, err := a.specOf(c)
	if err != nil {
		return err
	}
	f := web.NewForm("name", s.Name, "try_target", "16", "group", string(calendar.State))
	for _, d := range week {
		f.Set(dayField(d), hoursText(s.Weekly, d))
	}
	setHolidays(f, s.Holidays)
	var extra []string
	for _, x := range s.Extra {
		extra = append(extra, extraText(x))
	}
	f.Set("extra", strings.Join(extra, "\n"))
	fillNew(f, s.Version, a.Bureau.Now().In(dir.Rules.Zone()))
	return a.showCalendar(c, dir, f, nil)
}

func dayField(d time.Weekday) string { return "day_" + strconv.Itoa(int(d)) }

func yearField(year int) string { return "holidays_" + strconv.Itoa(year) }

// hoursText writes the windows of a weekday as people do.
func hoursText(list []calendar.Window, d time.Weekday) string {
	var out []string
	for _, w := range list {
		if w.Day == d {
			out = append(out, w.From.String()+"–"+w.To.String())
		}
	}
	return strings.Join(out, ", ")
}

func setHolidays(f *web.Form, list []calendar.Holiday) {
	lines := map[int][]string{}
	for _, h := range list {
		lines[h.Date.Year] = append(lines[h.Date.Year], holidayText(h))
	}
	for year, l := range lines {
		f.Set(yearField(year), strings.Join(l, "\n"))
	}
}

func (a *Area) showCalendar(c echo.Context, dir *ticketing.Directory, f *web.Form, trial *trialView) error {
	h, err := a.ruleHead(c, ticketing.RuleCalendar, pageCalendars, c.Param("name"), dir, f)
	h.Trial = trial
	if err != nil {
		return err
	}
	v := calendarView{ruleHead: h, Now: a.Bureau.Now().In(dir.Rules.Zone()).Year()}
	v.Years = yearsOf(f, v.Now)
	return web.Render(c, statusOf(f), calendarPageView(v))
}

// yearsOf lists the years that have a field: the shipped ones, those typed, and
// those around now.
func yearsOf(f *web.Form, now int) []int {
	years := map[int]bool{}
	for y := min(calendar.FirstYear, now); y <= max(calendar.LastYear, now+2); y++ {
		years[y] = true
	}
	for y := 1980; y < 2200; y++ {
		if f.Value(yearField(y)) != "" {
			years[y] = true
		}
	}
	return slices.Sorted(maps.Keys(years))
}

// A calendarForm remembers of each part of a calendar which field it was typed in.
type calendarForm struct {
	spec     calendar.Spec
	weekly   []string
	holidays []string
}

// readCalendar reads the form. What cannot be read at all is an error of its field.
func readCalendar(f *web.Form, was calendar.Spec, name string, now int) calendarForm {
	k := calendarForm{spec: calendar.Spec{Name: name, Zone: was.Zone}}
	if name == newRule {
		k.spec.Name = f.Required("name", 40)
	}
	for _, d := range week {
		k.readDay(f, d)
	}
	for _, y := range yearsOf(f, now) {
		for line := range strings.Lines(f.Text(yearField(y), 20_000)) {
			text, called, _ := strings.Cut(strings.TrimSpace(line), " ")
			if text == "" {
				continue
			}
			date, err := calendar.ParseDate(text)
			if err != nil || date.Year != y {
				f.Fail(yearField(y), "promises.date_bad", "Text", text, "Year", y)
				continue
			}
			k.spec.Holidays = append(k.spec.Holidays, calendar.Holiday{Date: date, Name: strings.TrimSpace(called)})
			k.holidays = append(k.holidays, yearField(y))
		}
	}
	for line := range strings.Lines(f.Text("extra", 20_000)) {
		text, hours, _ := strings.Cut(strings.TrimSpace(line), " ")
		if text == "" {
			continue
		}
		date, err := calendar.ParseDate(text)
		from, to, ok := parseHours(hours)
		if err != nil || !ok {
			f.Fail("extra", "promises.extra_bad", "Text", strings.TrimSpace(line))
			continue
		}
		k.spec.Extra = append(k.spec.Extra, calendar.ExtraDay{Date: date, From: from, To: to})
	}
	k.spec.KeepKeys(was)
	return k
}

func (k *calendarForm) readDay(f *web.Form, d time.Weekday) {
	for part := range strings.SplitSeq(f.Line(dayField(d), 200), ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		from, to, ok := parseHours(part)
		if !ok {
			f.Fail(dayField(d), "promises.hours_bad", "Text", part)
			continue
		}
		k.spec.Weekly = append(k.spec.Weekly, calendar.Window{Day: d, From: from, To: to})
		k.weekly = append(k.weekly, dayField(d))
	}
}

func parseHours(s string) (from, to calendar.Minute, ok bool) {
	a, b, _ := strings.Cut(strings.ReplaceAll(s, "–", "-"), "-")
	from, errFrom := calendar.ParseMinute(strings.TrimSpace(a))
	to, errTo := calendar.ParseMinute(strings.TrimSpace(b))
	return from, to, errFrom == nil && errTo == nil
}

// fields renames what is wrong with a calendar to the fields of the form.
func (k *calendarForm) fields(err error) error {
	return renamed(err, func(y *ticketing.Error) {
		x := *y
		name, at, _ := strings.Cut(strings.TrimSuffix(x.Field, "]"), "[")
		n, bad := strconv.Atoi(at)
		switch {
		case name == "weekly" && bad == nil && n < len(k.weekly):
			y.Field = k.weekly[n]
			y.Args = map[string]any{"Detail": k.spec.Weekly[n].From.String() + "–" + k.spec.Weekly[n].To.String()}
		case name == "weekly":
			y.Field = dayField(time.Monday)
		case name == "holidays" && bad == nil && n < len(k.holidays):
			y.Field = k.holidays[n]
			y.Args = map[string]any{"Detail": k.spec.Holidays[n].Date.String()}
		case name == "extra" && bad == nil && n < len(k.spec.Extra):
			y.Field = "extra"
			y.Args = map[string]any{"Detail": k.spec.Extra[n].Date.String()}
		}
	})
}

// renamed gives what is wrong with other names of fields. Errors that are none
// for a person stay as they are.
func renamed(err error, rename func(*ticketing.Error)) error {
	if err == nil {
		return nil
	}
	var errs []error
	for _, e := range flat(err) {
		var x *ticketing.Error
		if !errors.As(e, &x) {
			return err
		}
		y := *x
		rename(&y)
		errs = append(errs, &y)
	}
	return errors.Join(errs...)
}

func flat(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // the joined ones themselves
		var out []error
		for _, e := range joined.Unwrap() {
			out = append(out, flat(e)...)
		}
		return out
	}
	return []error{err}
}

func (a *Area) saveCalendar(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	was, dir, err := a.specOf(c)
	if err != nil {
		return err
	}
	now := a.Bureau.Now().In(dir.Rules.Zone()).Year()
	k := readCalendar(f, was, c.Param("name"), now)
	if f.Value("do") == "holidays" {
		return a.fillHolidays(c, dir, f, k.spec.Holidays)
	}
	at, target := tryAt(f, dir.Rules.Zone()), spanOf(f, "try_target")
	return a.settle(c, ruleEdit{
		form: f, draft: ticketing.DraftCalendar(k.spec), fields: k.fields,
		try: func(book *ticketing.Rulebook) (*trialView, error) {
			x, err := book.Counted(k.spec.Name, at, target)
			ctx := c.Request().Context()
			line := trialLine{Label: web.T(ctx, "promises.trial_calendar"), Due: x.Due, Steps: components.StepsOf(ctx, x.Intervals)}
			return &trialView{At: at, Lines: []trialLine{line}}, err
		},
		show: func(trial *trialView) error { return a.showCalendar(c, dir, f, trial) },
	})
}

// fillHolidays adds the shipped holidays of a group to what was typed, for the
// admin to look over and save.
func (a *Area) fillHolidays(c echo.Context, dir *ticketing.Directory, f *web.Form, typed []calendar.Holiday) error {
	shipped, err := calendar.Montenegro(calendar.FirstYear, calendar.LastYear, calendar.Group(f.Line("group", 20)))
	if err != nil {
		f.Fail("group", "promises.odd_choice")
		return a.showCalendar(c, dir, f, nil)
	}
	have := map[calendar.Date]bool{}
	for _, h := range typed {
		have[h.Date] = true
	}
	for _, h := range shipped {
		if !have[h.Date] {
			typed = append(typed, h)
		}
	}
	slices.SortFunc(typed, func(x, y calendar.Holiday) int { return strings.Compare(x.Date.String(), y.Date.String()) })
	if f.OK() {
		setHolidays(f, typed)
	}
	return a.showCalendar(c, dir, f, nil)
}

// bad reports whether something is wrong with the field, so that it lies open.
func (v calendarView) bad(field string) bool { _, bad := v.Form.Error(field); return bad }

// dates counts the lines of a year.
func (v calendarView) dates(year int) int {
	n := 0
	for line := range strings.Lines(v.Form.Value(yearField(year))) {
		if strings.TrimSpace(line) != "" {
			n++
		}
	}
	return n
}

// openText sums the hours of a week up: "Mon–Fri 07:00–15:00", and the rest by day.
func openText(ctx context.Context, s calendar.Spec) string {
	var parts []string
	for i := 0; i < len(week); {
		hours, last := hoursText(s.Weekly, week[i]), i
		for last+1 < len(week) && hoursText(s.Weekly, week[last+1]) == hours {
			last++
		}
		if hours != "" {
			days := dayName(ctx, week[i])
			if last > i {
				days += " – " + dayName(ctx, week[last])
			}
			parts = append(parts, days+" "+hours)
		}
		i = last + 1
	}
	return strings.Join(parts, "; ")
}

// calendarLines tells a calendar: its week, its holidays, its days with other hours.
func calendarLines(ctx context.Context, s calendar.Spec) []ruleLine {
	var out []ruleLine
	for _, d := range week {
		l := ruleLine{Label: dayName(ctx, d)}
		if hours := hoursText(s.Weekly, d); hours != "" {
			l.Items = strings.Split(hours, ", ")
		}
		out = append(out, l)
	}
	holidays, extra := ruleLine{Label: web.T(ctx, "promises.holidays")}, ruleLine{Label: web.T(ctx, "promises.extra")}
	for _, h := range s.Holidays {
		holidays.Items = append(holidays.Items, holidayText(h))
	}
	for _, x := range s.Extra {
		extra.Items = append(extra.Items, extraText(x))
	}
	return append(out, holidays, extra)
}

// holidayText and extraText write a date as the form does.
func holidayText(h calendar.Holiday) string { return strings.TrimSpace(h.Date.String() + " " + h.Name) }

func extraText(x calendar.ExtraDay) string {
	return x.Date.String() + " " + x.From.String() + "–" + x.To.String()
}
