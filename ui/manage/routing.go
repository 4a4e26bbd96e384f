package manage

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/web"
)

// routingVersions is how many versions the page lists.
const routingVersions = 20

// A routingView is the page of the rules, as they are or as they were.
type routingView struct {
	Page    settingsPage
	Rules   ticketing.RoutingRules
	Words   ruleWords
	History []ticketing.RoutingVersion
	Old     *ticketing.RoutingVersion // shown instead of those in force; nil: those in force
	Since   []comparedLine            // what is otherwise in those in force
	Version int64                     // in force
}

func (v routingView) author(ctx context.Context, actor string) string {
	if id, ok := ticketing.AgentOf(actor); ok {
		if g, known := v.Words.dir.Agent(id); known {
			return g.Name
		}
	}
	return web.T(ctx, "routing.program")
}

func rulePath(id int64) string { return pageRouting + "/rules/" + strconv.FormatInt(id, 10) }

func versionPath(n int64) string { return pageRouting + "/versions/" + strconv.FormatInt(n, 10) }

// rulesOf gives the rules in force; none before any were written.
func rulesOf(dir *ticketing.Directory) ticketing.RoutingRules {
	if dir.Routes == nil {
		return ticketing.RoutingRules{}
	}
	return dir.Routes.Rules
}

func (a *Area) routingPage(c echo.Context) error {
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	rules := rulesOf(dir)
	return a.showRouting(c, routingView{Rules: rules, Version: rules.Version, Words: a.ruleWords(dir)})
}

func (a *Area) showRouting(c echo.Context, v routingView) error {
	var err error
	if v.Page, err = a.settings(c, "routing.title", pageRouting); err != nil {
		return err
	}
	v.History, err = a.Reads.RoutingVersions(c.Request().Context(), ticketing.RoutingOfRules, 0, routingVersions)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, routingPageView(v))
}

// oldRoutingPage shows rules as they once were.
func (a *Area) oldRoutingPage(c echo.Context) error {
	n, err := strconv.ParseInt(c.Param("version"), 10, 64)
	if err != nil {
		return ticketing.NotFound
	}
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	old, v, err := a.router.RulesAt(c.Request().Context(), web.ActorOf(c), n)
	if err != nil {
		return err
	}
	words, now := a.ruleWords(dir), rulesOf(dir)
	lines, _ := compared(words.lines(c.Request().Context(), old, now), words.lines(c.Request().Context(), now, old))
	return a.showRouting(c, routingView{Rules: old, Old: &v, Since: differing(lines), Version: now.Version, Words: words})
}

// changeRouting does one thing with the rules in force: moves one, switches it,
// removes it, sets how many decide, or brings a version back. The version that
// was shown comes along: what somebody changed meanwhile is not overwritten.
func (a *Area) changeRouting(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	rules, do := rulesOf(dir), f.Choice("do", "up", "down", "on", "off", "remove", "first", "all", "restore")
	version := f.Int("version", 0, 1<<62)
	rule, err := strconv.ParseInt(f.Value("rule"), 10, 64)
	if _, known := rules.Rule(rule); (err != nil || !known) && do != "first" && do != "all" && do != "restore" {
		f.Fail("rule", "rule.id")
	}
	if !f.OK() {
		return &ticketing.Error{Kind: ticketing.Invalid, Field: f.Errors()[0].Field, Key: f.Errors()[0].Key}
	}
	at := ""
	switch do {
	case "up", "down":
		rules, at = rules.Moved(rule, map[string]int{"up": -1, "down": 1}[do]), fmt.Sprintf("#%s-%d", do, rule)
	case "on", "off":
		rules, at = rules.Switched(rule, do == "off"), fmt.Sprintf("#switch-%d", rule)
	case "remove":
		rules = rules.Without(rule)
	case "first", "all":
		rules.All = do == "all"
	}
	if do == "restore" {
		_, err = a.router.RestoreRules(ctx, web.ActorOf(c), f.Int("old", 1, 1<<62), version)
	} else {
		rules.Version = version
		err = a.router.SaveRules(ctx, web.ActorOf(c), &rules)
	}
	if err != nil {
		return err
	}
	a.saved(c)
	return web.Redirect(c, pageRouting+at) // the button that was pressed keeps the focus
}
