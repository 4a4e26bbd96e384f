package manage

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/calendar"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// A promisesView is everything promises are made from, on one page.
type promisesView struct {
	Page      settingsPage
	Form      *web.Form // of the city's default
	Directory *ticketing.Directory
}

func (a *Area) promisesPage(c echo.Context) error {
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	return a.showPromises(c, http.StatusOK, dir, web.NewForm("default", dir.Rules.Default))
}

// applyRules orders that promises that run follow the newest rules too.
func (a *Area) applyRules(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	o := ticketing.RuleOrder{Longer: f.Checked("longer"), Reason: f.Line("reason", 500)}
	if err := a.registry.ApplyRules(c.Request().Context(), web.ActorOf(c), o); err != nil && !f.Take(err) {
		return err
	}
	if !f.OK() {
		f.Set("default", dir.Rules.Default)
		return a.showPromises(c, http.StatusUnprocessableEntity, dir, f)
	}
	a.saved(c)
	return web.Redirect(c, pagePromises)
}

func (a *Area) showPromises(c echo.Context, status int, dir *ticketing.Directory, f *web.Form) error {
	page, err := a.settings(c, "promises.title", pagePromises)
	if err != nil {
		return err
	}
	return web.Render(c, status, promisesPageView(promisesView{Page: page, Form: f, Directory: dir}))
}

// saveDefault makes a profile the city's promise.
func (a *Area) saveDefault(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	if name := f.Required("default", 40); f.OK() {
		err := a.registry.SaveRule(c.Request().Context(), web.ActorOf(c), ticketing.DraftDefault(name), 0)
		if err != nil && !f.Take(err) {
			return err
		}
	}
	if !f.OK() {
		return a.showPromises(c, http.StatusUnprocessableEntity, dir, f)
	}
	a.saved(c)
	return web.Redirect(c, pagePromises)
}

// newest gives the newest version of a rule with who made it, for a line in a list.
func (v promisesView) newest(kind ticketing.RuleKind, name string) ticketing.Rule {
	if h := v.Directory.Rules.History(kind, name); len(h) > 0 {
		return h[0]
	}
	return ticketing.Rule{}
}

// A ruleHead is what every form of a rule has around its fields.
type ruleHead struct {
	Page      settingsPage
	Form      *web.Form
	New       bool
	Action    string
	Directory *ticketing.Directory
	History   []ticketing.Rule
	Trial     *trialView // nil: not asked for
}

// author names who made a version.
func (h ruleHead) author(ctx context.Context, r ticketing.Rule) string {
	return ruleAuthor(ctx, h.Directory, r)
}

func ruleAuthor(ctx context.Context, dir *ticketing.Directory, r ticketing.Rule) string {
	if id, ok := ticketing.AgentOf(r.By); ok {
		if a, ok := dir.Agent(id); ok {
			return a.Name
		}
		return r.By
	}
	return web.T(ctx, "promises.by_config")
}

// A trialView is what "try it" found: one or two promises, explained.
type trialView struct {
	At       time.Time
	ByPolicy bool   // Policy and Profile say what decided
	Policy   string // "": the category
	Profile  string
	Lines    []trialLine
}

type trialLine struct {
	Label    string    // what is promised
	Due      time.Time // zero: Sentence says why there is none
	told     bool      // a step of the promise above
	Sentence string
	Steps    []components.StepView
}

func (a *Area) trialLine(ctx context.Context, x ticketing.Explanation) trialLine {
	l := trialLine{Label: web.T(ctx, "promises.trial_"+string(x.Kind)), Due: x.Due, Steps: components.StepsOf(ctx, x.Intervals)}
	if a.Sentence != nil && x.Kind == ticketing.ClockAnswer {
		l.Sentence = a.Sentence(web.Language(ctx), x)
	}
	return l
}

// timeField is how browsers write an input of type datetime-local.
const timeField = "2006-01-02T15:04"

// nextFriday is the instant the forms try first: the Friday to come, 15:40.
func nextFriday(now time.Time) time.Time {
	day := now.AddDate(0, 0, (int(time.Friday-now.Weekday())+7)%7)
	return time.Date(day.Year(), day.Month(), day.Day(), 15, 40, 0, 0, now.Location())
}

// tryAt reads the instant to try.
func tryAt(f *web.Form, zone *time.Location) time.Time {
	at, err := time.ParseInLocation(timeField, f.Line("try_at", 16), zone)
	if err != nil || at.Before(calendar.Earliest) || !at.Before(calendar.Latest.AddDate(-10, 0, 0)) {
		f.Fail("try_at", "promises.try_bad")
	}
	return at
}

// spanOf reads a length: hours, or with a unit as in "90m"; 0 and an error of the
// field when it is none.
func spanOf(f *web.Form, field string) time.Duration {
	text := f.Line(field, 20)
	if n, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64); err == nil {
		text = strconv.FormatFloat(n*60, 'f', 0, 64) + "m"
	}
	d, err := time.ParseDuration(strings.ReplaceAll(text, " ", ""))
	if err != nil || d < 0 || d%time.Minute != 0 {
		f.Fail(field, "promises.span_bad")
		return 0
	}
	return d
}

// spanText writes a length as spanOf reads it.
func spanText(d time.Duration) string {
	switch {
	case d == 0:
		return ""
	case d%time.Hour == 0:
		return strconv.FormatInt(int64(d/time.Hour), 10)
	}
	return strings.TrimSuffix(d.String(), "0s")
}

// weekdays in the order people write a week.
var week = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}

// dayName gives the name of a weekday in the reader's language.
func dayName(ctx context.Context, d time.Weekday) string {
	return web.PrinterOf(ctx).Weekday(time.Date(2026, 3, 1+int(d), 12, 0, 0, 0, web.PrinterOf(ctx).Now().Location())) // 1 March 2026 is a Sunday
}

func calendarOptions(dir *ticketing.Directory, none string) []components.Option {
	var out []components.Option
	if none != "" {
		out = append(out, components.Option{Text: none})
	}
	for _, c := range dir.Rules.Calendars() {
		out = append(out, components.Option{Value: c.Name(), Text: c.Name()})
	}
	return out
}

func profileOptions(dir *ticketing.Directory, none string) []components.Option {
	var out []components.Option
	if none != "" {
		out = append(out, components.Option{Text: none})
	}
	for _, p := range dir.Rules.Profiles() {
		out = append(out, components.Option{Value: p.Name, Text: p.Name})
	}
	return out
}

func ladderOptions(dir *ticketing.Directory, none string) []components.Option {
	out := []components.Option{{Text: none}}
	for _, l := range dir.Rules.Ladders() {
		if l.Name != ticketing.CityLadder {
			out = append(out, components.Option{Value: l.Name, Text: l.Name})
		}
	}
	return out
}

// ruleHead gives what surrounds the form of a rule; kind names its messages.
func (a *Area) ruleHead(c echo.Context, kind ticketing.RuleKind, base, name string, dir *ticketing.Directory, f *web.Form) (ruleHead, error) {
	h := ruleHead{Form: f, Directory: dir, New: name == newRule, Action: base + "/" + name}
	title := "promises.edit_" + string(kind)
	if h.New {
		title = "promises.new_" + string(kind)
	} else {
		h.History = dir.Rules.History(kind, name)
	}
	var err error
	h.Page, err = a.settings(c, title, pagePromises)
	return h, err
}

// newRule is the name in the address of a rule that is not there yet.
const newRule = "new"

// fillNew sets what every form of a rule begins with.
func fillNew(f *web.Form, version int, now time.Time) {
	f.Set("version", strconv.Itoa(version))
	f.Set("try_at", nextFriday(now).Format(timeField))
}

// A ruleEdit is the form of a rule as it was sent.
type ruleEdit struct {
	form   *web.Form
	draft  ticketing.RuleDraft
	fields func(error) error                             // names fields as the form does; nil: they are those of the draft
	try    func(*ticketing.Rulebook) (*trialView, error) // with the rulebook as it would be
	show   func(trial *trialView) error                  // the form again, with what trying found
}

// settle tries or saves what a form holds. What is wrong with it stands in the form
// then; what was saved leads back to the list.
func (a *Area) settle(c echo.Context, e ruleEdit) error {
	ctx, by, f := c.Request().Context(), web.ActorOf(c), e.form
	seen := int(f.Int("version", 0, 1<<30))
	var trial *trialView
	var err error
	switch save := f.Choice("do", "try", "save") == "save"; {
	case !f.OK():
	case save:
		if err = a.registry.SaveRule(ctx, by, e.draft, seen); err == nil {
			a.saved(c)
			return web.Redirect(c, pagePromises)
		}
	default:
		var book *ticketing.Rulebook
		if book, err = a.registry.TryRule(ctx, by, e.draft); err == nil {
			trial, err = e.try(book)
		}
	}
	if err != nil {
		trial = nil
	}
	if err != nil && e.fields != nil {
		err = e.fields(err)
	}
	if err != nil && !f.Take(err) {
		return err
	}
	return e.show(trial)
}

// ruleOf gives the newest version of the rule of the address, and fresh for "new".
func ruleOf[T any](a *Area, c echo.Context, find func(b *ticketing.Rulebook, name string, version int) (T, bool), fresh func(*ticketing.Rulebook) T) (T, *ticketing.Directory, error) {
	var none T
	dir, err := a.directory(c)
	if err != nil {
		return none, nil, err
	}
	if c.Param("name") == newRule {
		return fresh(dir.Rules), dir, nil
	}
	x, ok := find(dir.Rules, c.Param("name"), 0)
	if !ok {
		return none, dir, ticketing.NotFound
	}
	return x, dir, nil
}

func statusOf(f *web.Form) int {
	if f.OK() {
		return http.StatusOK
	}
	return http.StatusUnprocessableEntity
}

// policyText says in words what a policy asks for.
func policyText(ctx context.Context, dir *ticketing.Directory, p ticketing.Policy) string {
	var parts []string
	for _, asked := range policyAsks(ctx, dir, p) {
		if len(asked.Items) > 0 {
			parts = append(parts, strings.Join(asked.Items, ", "))
		}
	}
	if len(parts) == 0 {
		return web.T(ctx, "promises.all_contacts")
	}
	return strings.Join(parts, " · ")
}

// hoursOf writes the length of a promise as towns publish it: in hours.
func hoursOf(ctx context.Context, d time.Duration) string {
	if d%time.Hour == 0 {
		return strconv.FormatInt(int64(d/time.Hour), 10) + "\u00a0h"
	}
	return web.PrinterOf(ctx).Span(d)
}

// registerPromises mounts the pages of what promises are made from.
func (a *Area) registerPromises(m *echo.Group) {
	m.GET("/promises", a.promisesPage)
	m.POST("/promises", a.saveDefault)
	m.POST("/promises/apply", a.applyRules)
	m.GET("/promises/:name", a.promisePage)
	m.POST("/promises/:name", a.savePromise)
	m.GET("/policies/:name", a.policyPage)
	m.POST("/policies/:name", a.savePolicy)
	m.GET("/calendars/:name", a.calendarPage)
	m.POST("/calendars/:name", a.saveCalendar)
	m.GET("/ladders/:name", a.ladderPage)
	m.POST("/ladders/:name", a.saveLadder)
	for kind, path := range rulePaths {
		m.GET(path+"/:name/versions/:version", func(c echo.Context) error { return a.ruleVersion(c, kind) })
		m.POST(path+"/:name/versions/:version", func(c echo.Context) error { return a.restoreRule(c, kind) })
	}
}
