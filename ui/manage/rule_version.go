package manage

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// A versionView is a version of old of a rule, beside the one in force.
type versionView struct {
	Page   settingsPage
	Form   *web.Form // what is wrong with restoring it
	Rule   ticketing.Rule
	Who    string
	Path   string // of the rule
	Newest int
	Lines  []comparedLine
	Same   bool
}

// A comparedLine is one thing two versions say.
type comparedLine struct {
	Label     string
	Then, Now []comparedItem
	Rest      int // values that both have and that are not listed
	Differs   bool
}

type comparedItem struct {
	Text string
	Only bool // the other version does not say it
}

// A ruleLine is one thing that a version says: a label and its values, in order.
type ruleLine struct {
	Label string
	Items []string
}

// rulePaths are the pages of rules below the settings, by kind.
var rulePaths = map[ticketing.RuleKind]string{
	ticketing.RuleProfile: "/promises", ticketing.RulePolicy: "/policies", ticketing.RuleCalendar: "/calendars", ticketing.RuleLadder: "/ladders",
}

// ruleSays tells a version of a rule in words; ok is false when there is none.
func ruleSays(ctx context.Context, dir *ticketing.Directory, kind ticketing.RuleKind, name string, version int) (lines []ruleLine, ok bool) {
	rules := dir.Rules
	switch kind {
	case ticketing.RuleProfile:
		if p, ok := rules.Profile(name, version); ok {
			return profileLines(ctx, p), true
		}
	case ticketing.RulePolicy:
		if p, ok := rules.Policy(name, version); ok {
			return policyLines(ctx, dir, p), true
		}
	case ticketing.RuleCalendar:
		if k, ok := rules.Calendar(name, version); ok {
			return calendarLines(ctx, k.Spec()), true
		}
	case ticketing.RuleLadder:
		if l, ok := rules.Ladder(name, version); ok {
			return ladderLines(ctx, l), true
		}
	default:
	}
	return nil, false
}

// line is a line of one value, none for "".
func line(ctx context.Context, key, value string) ruleLine {
	l := ruleLine{Label: web.T(ctx, key)}
	if value != "" {
		l.Items = []string{value}
	}
	return l
}

func span(ctx context.Context, d time.Duration) string {
	if d == 0 {
		return ""
	}
	return hoursOf(ctx, d)
}

func profileLines(ctx context.Context, p ticketing.Profile) []ruleLine {
	out := []ruleLine{
		line(ctx, "promises.start", web.T(ctx, "promises.from_"+string(p.Start))), line(ctx, "promises.target", span(ctx, p.Target)),
		line(ctx, "promises.calendar", p.Calendar), line(ctx, "promises.work_calendar", orSame(ctx, p.WorkCalendar)),
	}
	cut := ruleLine{Label: web.T(ctx, "promises.cutoff")}
	if p.Cutoff != nil {
		for _, d := range week {
			if slices.Contains(p.Cutoff.Weekdays, d) {
				cut.Items = append(cut.Items, dayName(ctx, d))
			}
		}
		if p.Cutoff.Holidays {
			cut.Items = append(cut.Items, web.T(ctx, "promises.cutoff_holidays"))
		}
	}
	return append(out, cut, line(ctx, "promises.validation_target", span(ctx, p.ValidationTarget)), line(ctx, "promises.validation_calendar", p.ValidationCalendar))
}

func orSame(ctx context.Context, name string) string {
	if name == "" {
		return web.T(ctx, "promises.same_calendar")
	}
	return name
}

// policyAsks tells what a policy asks for.
func policyAsks(ctx context.Context, dir *ticketing.Directory, p ticketing.Policy) []ruleLine {
	out := []ruleLine{
		{Label: web.T(ctx, "promises.categories")},
		{Label: web.T(ctx, "promises.departments")},
		{Label: web.T(ctx, "promises.priorities")},
		{Label: web.T(ctx, "promises.channels")},
	}
	for _, id := range p.Categories {
		if k, ok := dir.Category(id); ok {
			out[0].Items = append(out[0].Items, ticketing.NameIn(k.Names, web.Language(ctx)))
		}
	}
	for _, id := range p.Departments {
		if d, ok := dir.Department(id); ok {
			out[1].Items = append(out[1].Items, ticketing.NameIn(d.Names, web.Language(ctx)))
		}
	}
	for _, x := range p.Priorities {
		out[2].Items = append(out[2].Items, web.T(ctx, "priority."+x.String()))
	}
	for _, x := range p.Channels {
		out[3].Items = append(out[3].Items, web.T(ctx, "channel."+string(x)))
	}
	return out
}

func policyLines(ctx context.Context, dir *ticketing.Directory, p ticketing.Policy) []ruleLine {
	days, ladder, profile, off := "", p.Ladder, p.Profile, ""
	if p.ResolveDays != nil {
		days = web.N(ctx, "categories.days", *p.ResolveDays)
	}
	if ladder == "" {
		ladder = web.T(ctx, "promises.ladder_of_city")
	}
	if profile == "" {
		profile = web.T(ctx, "promises.as_category")
	}
	if p.Disabled {
		off = web.T(ctx, "promises.yes")
	}
	return append(policyAsks(ctx, dir, p),
		line(ctx, "categories.profile", profile), line(ctx, "promises.target", span(ctx, p.Target)), line(ctx, "categories.resolve_days", days),
		line(ctx, "promises.ladder", ladder), line(ctx, "promises.rank", strconv.Itoa(p.Rank)), line(ctx, "promises.disable", off))
}

func ladderLines(ctx context.Context, l ticketing.Ladder) []ruleLine {
	steps := ruleLine{Label: web.T(ctx, "promises.steps")}
	for _, s := range l.Steps {
		steps.Items = append(steps.Items, stepText(ctx, s))
	}
	return []ruleLine{steps, {web.T(ctx, "promises.office"), l.Office}}
}

// manyItems is how many values that both versions have are listed; more are counted.
const manyItems = 12

// compared puts the lines of two versions of one kind side by side.
func compared(then, now []ruleLine) (out []comparedLine, same bool) {
	same = true
	for i := range then {
		c := comparedLine{Label: then[i].Label, Differs: !slices.Equal(then[i].Items, now[i].Items)}
		both := 0
		for _, x := range then[i].Items {
			if slices.Contains(now[i].Items, x) {
				both++
			}
		}
		if both > manyItems {
			c.Rest = both
		}
		c.Then, c.Now = marked(then[i].Items, now[i].Items, c.Rest > 0), marked(now[i].Items, then[i].Items, c.Rest > 0)
		out, same = append(out, c), same && !c.Differs
	}
	return out, same
}

// differing leaves out lines that are the same.
func differing(lines []comparedLine) []comparedLine {
	return slices.DeleteFunc(lines, func(l comparedLine) bool { return !l.Differs })
}

// marked marks what the other version does not say; short leaves out the rest.
func marked(items, other []string, short bool) []comparedItem {
	var out []comparedItem
	for _, x := range items {
		if only := !slices.Contains(other, x); only || !short {
			out = append(out, comparedItem{x, only})
		}
	}
	return out
}

func (a *Area) versionOf(c echo.Context, kind ticketing.RuleKind) (versionView, error) {
	v := versionView{Form: web.NewForm(), Path: components.PageManage + rulePaths[kind] + "/" + c.Param("name")}
	ctx := c.Request().Context()
	dir, err := a.directory(c)
	if err != nil {
		return v, err
	}
	n, err := strconv.Atoi(c.Param("version"))
	history := dir.Rules.History(kind, c.Param("name"))
	i := slices.IndexFunc(history, func(r ticketing.Rule) bool { return r.Version == n })
	if err != nil || i < 0 {
		return v, ticketing.NotFound
	}
	v.Rule, v.Newest, v.Who = history[i], history[0].Version, ruleAuthor(ctx, dir, history[i])
	then, ok := ruleSays(ctx, dir, kind, v.Rule.Name, n)
	now, there := ruleSays(ctx, dir, kind, v.Rule.Name, 0)
	if !ok || !there {
		return v, ticketing.NotFound
	}
	v.Lines, v.Same = compared(then, now)
	v.Page, err = a.settings(c, "promises.edit_"+string(kind), pagePromises)
	return v, err
}

// ruleVersion shows a version, and what is otherwise in the one in force.
func (a *Area) ruleVersion(c echo.Context, kind ticketing.RuleKind) error {
	v, err := a.versionOf(c, kind)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, ruleVersionView(v))
}

// restoreRule saves a version anew; what can no longer be kept is told.
func (a *Area) restoreRule(c echo.Context, kind ticketing.RuleKind) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	v, err := a.versionOf(c, kind)
	if err != nil {
		return err
	}
	v.Form = f
	if seen := f.Int("seen", 1, 1<<30); f.OK() {
		err := a.registry.RestoreRule(c.Request().Context(), web.ActorOf(c), kind, v.Rule.Name, v.Rule.Version, int(seen))
		if err != nil && !f.Take(renamed(err, func(x *ticketing.Error) { x.Field = "" })) {
			return err
		}
	}
	if !f.OK() {
		return web.Render(c, http.StatusUnprocessableEntity, ruleVersionView(v))
	}
	a.saved(c)
	return web.Redirect(c, v.Path)
}
