package manage

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ui/web"
)

// triedTickets is how many past tickets a rule is tried on from its own page.
const triedTickets = 500

// A ruleView is the form of one rule.
type ruleView struct {
	Page  settingsPage
	Form  *web.Form
	Rule  ticketing.RoutingRule // ID 0: a new one
	Words ruleWords
	Tried *ticketing.DryRun // what it would have done; nil: not asked
}

func (v ruleView) action() string {
	if v.Rule.ID == 0 {
		return pageRouting + "/new"
	}
	return rulePath(v.Rule.ID)
}

// ruleOf gives the rule of the address, a new one for /new.
func (a *Area) ruleOf(c echo.Context, rules ticketing.RoutingRules) (ticketing.RoutingRule, error) {
	if c.Param("id") == "" {
		return ticketing.RoutingRule{}, nil
	}
	n, err := id(c)
	if err != nil {
		return ticketing.RoutingRule{}, err
	}
	r, ok := rules.Rule(n)
	if !ok {
		return r, ticketing.NotFound
	}
	return r, nil
}

func (a *Area) rulePage(c echo.Context) error {
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	rules := rulesOf(dir)
	r, err := a.ruleOf(c, rules)
	if err != nil {
		return err
	}
	return a.showRule(c, http.StatusOK, ruleView{Rule: r, Words: a.ruleWords(dir), Form: ruleForm(r, rules.Version)})
}

func ruleForm(r ticketing.RoutingRule, version int64) *web.Form {
	f := web.NewForm("name", r.Name, "keywords", strings.Join(r.When.Keywords, "\n"), "senders", strings.Join(r.When.Senders, "\n"),
		"flow", string(r.Flow), "tags", strings.Join(r.Then.Tags, ", "), "version", strconv.FormatInt(version, 10))
	set := func(field, value string, on bool) {
		if on {
			f.Set(field, value)
		}
	}
	set("always", "1", r.When.Always)
	set("enabled", "1", !r.Off)
	set("department", "follow", r.Then.Follow)
	set("department", number(r.Then.Department), r.Then.Department != 0)
	set("category", number(r.Then.Category), r.Then.Category != 0)
	set("person", number(r.Then.Person), r.Then.Person != 0)
	if r.Then.Priority != nil {
		f.Set("priority", r.Then.Priority.String())
	}
	return f
}

// readRule reads what was typed over the stored rule.
func readRule(f *web.Form, r ticketing.RoutingRule) ticketing.RoutingRule {
	r.Name, r.Off, r.Flow = f.Line("name", 100), !f.Checked("enabled"), ticketing.Flow(f.Value("flow"))
	r.When = ticketing.Conditions{
		Always: f.Checked("always"), Categories: idsOf[ticketing.CategoryID](f, "categories"), Districts: idsOf[ticketing.DistrictID](f, "districts"),
		Keywords: linesOf(f, "keywords"), Senders: linesOf(f, "senders"), Accounts: f.All("accounts"),
	}
	for _, s := range f.All("channels") {
		r.When.Channels = append(r.When.Channels, ticketing.Channel(s))
	}
	for _, s := range f.All("languages") {
		r.When.Languages = append(r.When.Languages, lang.Tag(s))
	}
	r.Then = ticketing.Course{
		Category: idOf[ticketing.CategoryID](f, "category"), Person: idOf[ticketing.AgentID](f, "person"),
		Tags: strings.Split(f.Line("tags", 1000), ","),
	}
	if r.Then.Follow = f.Value("department") == "follow"; !r.Then.Follow {
		r.Then.Department = idOf[ticketing.DepartmentID](f, "department")
	}
	if name := f.Value("priority"); name != "" {
		p, ok := ticketing.ParsePriority(name)
		if !ok {
			f.Fail("priority", "priority.unknown")
		}
		r.Then.Priority = &p
	}
	return r
}

// linesOf reads a value a line; commas separate too.
func linesOf(f *web.Form, field string) []string {
	var out []string
	for _, s := range strings.FieldsFunc(f.Text(field, 20_000), func(r rune) bool { return r == '\n' || r == ',' || r == ';' }) {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// ofRule names the field of the form in place of that of the whole set.
func ofRule(err error) error {
	e := (*ticketing.Error)(nil)
	if !errors.As(err, &e) || !strings.HasPrefix(e.Field, "rules.") {
		return err
	}
	own := *e
	own.Field = e.Field[strings.LastIndexByte(e.Field, '.')+1:]
	return &own
}

// saveRule saves a rule, or tries it on past tickets without saving it.
func (a *Area) saveRule(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	ctx, by, rules := c.Request().Context(), web.ActorOf(c), rulesOf(dir)
	stored, err := a.ruleOf(c, rules)
	if err != nil {
		return err
	}
	v := ruleView{Form: f, Words: a.ruleWords(dir), Rule: readRule(f, stored)}
	next := rules.With(v.Rule)
	next.Version = f.Int("version", 0, 1<<62)
	switch {
	case !f.OK():
	case f.Value("do") == "try":
		run, err := a.router.DryRun(ctx, by, next.Switched(v.Rule.ID, false), triedTickets, false)
		if err == nil {
			v.Tried = &run
			return a.showRule(c, http.StatusOK, v)
		}
		if !f.Take(ofRule(err)) {
			return err
		}
	default:
		err := a.router.SaveRules(ctx, by, &next)
		if err == nil {
			a.saved(c)
			return web.Redirect(c, pageRouting)
		}
		if !f.Take(ofRule(err)) {
			return err
		}
	}
	return a.showRule(c, http.StatusUnprocessableEntity, v)
}

func (a *Area) showRule(c echo.Context, status int, v ruleView) error {
	title := "routing.edit"
	if v.Rule.ID == 0 {
		title = "routing.new"
	}
	var err error
	if v.Page, err = a.settings(c, title, pageRouting); err != nil {
		return err
	}
	return web.Render(c, status, rulePageView(v))
}

// A tryView is the page on which rules are tried.
type tryView struct {
	Page     settingsPage
	Past     *web.Form
	Sample   *web.Form
	Words    ruleWords
	Tried    *ticketing.DryRun
	Asked    bool // a text was asked about
	Decision ticketing.Decision
	Verdicts []ticketing.Verdict
	Goes     ticketing.DepartmentID
}

func (a *Area) tryPage(c echo.Context) error {
	return a.showTry(c, http.StatusOK, tryView{Past: web.NewForm("tickets", "500"), Sample: web.NewForm("channel", string(ticketing.ChannelEmail))})
}

func (a *Area) showTry(c echo.Context, status int, v tryView) error {
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	v.Words = a.ruleWords(dir)
	if v.Page, err = a.settings(c, "routing.try_title", pageRouting); err != nil {
		return err
	}
	return web.Render(c, status, tryPageView(v))
}

// tryRules tries the rules in force on past tickets, or on what was typed.
func (a *Area) tryRules(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	v := tryView{Past: web.NewForm("tickets", "500"), Sample: web.NewForm("channel", string(ticketing.ChannelEmail))}
	if f.Value("do") == "sample" {
		v.Sample, v.Asked = f, true
		v.ask(dir)
		return a.showTry(c, http.StatusOK, v)
	}
	v.Past = f
	n := int(f.Int("tickets", 1, ticketing.MaxDryRun))
	if f.OK() {
		run, err := a.router.DryRun(c.Request().Context(), web.ActorOf(c), rulesOf(dir), n, f.Checked("all"))
		if err == nil {
			v.Tried = &run
			return a.showTry(c, http.StatusOK, v)
		}
		if !f.Take(err) {
			return err
		}
	}
	return a.showTry(c, http.StatusUnprocessableEntity, v)
}

// ask lets the rules judge what was typed, as a contact without a category.
func (v *tryView) ask(dir *ticketing.Directory) {
	f := v.Sample
	sender := f.Line("sender", ticketing.MaxAddress)
	if mail := ticketing.NormalEmail(sender); mail != "" {
		sender = mail
	}
	k, _ := dir.DefaultCategory()
	v.Decision, v.Verdicts = dir.Routes.Explain(dir, ticketing.RoutingCase{
		Channel: ticketing.Channel(f.Value("channel")), Account: f.Value("account"), Sender: sender, Language: lang.Tag(f.Value("language")),
		Subject: f.Line("subject", ticketing.MaxSubject), Text: f.Text("body", 20_000), Location: ticketing.Location{Address: f.Line("address", 200)},
		Category: k.ID,
	})
	if v.Goes = v.Decision.Department; v.Goes == 0 {
		b, _ := dir.Bureau()
		v.Goes = b.ID
	}
}
