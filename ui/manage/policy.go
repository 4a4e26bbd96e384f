package manage

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// A policyView is the form of a policy.
type policyView struct{ ruleHead }

// A box is one choice of a list of boxes with one name.
type box struct {
	Value, Text string
	On          bool
}

func (v policyView) boxes(field string, options []components.Option) []box {
	var out []box
	for _, o := range options {
		out = append(out, box{o.Value, o.Text, slices.Contains(v.Form.All(field), o.Value)})
	}
	return out
}

func idText[T ~int64](id T) string { return strconv.FormatInt(int64(id), 10) }

func categoryOptions(tag lang.Tag, dir *ticketing.Directory) []components.Option {
	var out []components.Option
	for _, k := range dir.Categories {
		if !k.Disabled {
			out = append(out, components.Option{Value: idText(k.ID), Text: ticketing.NameIn(k.Names, tag)})
		}
	}
	slices.SortFunc(out, func(x, y components.Option) int { return compareFolded(x.Text, y.Text) })
	return out
}

func departmentOptions(tag lang.Tag, dir *ticketing.Directory) []components.Option {
	var out []components.Option
	for _, d := range dir.Departments {
		if !d.Disabled {
			out = append(out, components.Option{Value: idText(d.ID), Text: ticketing.NameIn(d.Names, tag)})
		}
	}
	return out
}

func priorityChoices(ctx context.Context) []components.Option {
	var out []components.Option
	for p := ticketing.PriorityLow; p <= ticketing.PriorityUrgent; p++ {
		out = append(out, components.Option{Value: strconv.Itoa(int(p)), Text: web.T(ctx, "priority."+p.String())})
	}
	return out
}

func channelOptions(ctx context.Context) []components.Option {
	var out []components.Option
	for _, c := range ticketing.Channels() {
		out = append(out, components.Option{Value: string(c), Text: web.T(ctx, "channel."+string(c))})
	}
	return out
}

func (a *Area) policyOf(c echo.Context) (ticketing.Policy, *ticketing.Directory, error) {
	return ruleOf(a, c, (*ticketing.Rulebook).Policy, func(*ticketing.Rulebook) (p ticketing.Policy) { return p })
}

func (a *Area) policyPage(c echo.Context) error {
	p, dir, err := a.policyOf(c)
	if err != nil {
		return err
	}
	f := web.NewForm("name", p.Name, "profile", p.Profile, "target", spanText(p.Target), "rank", strconv.Itoa(p.Rank), "ladder", p.Ladder)
	if p.ResolveDays != nil {
		f.Set("resolve_days", strconv.Itoa(*p.ResolveDays))
	}
	if p.Disabled {
		f.Set("disabled", "1")
	}
	for _, id := range p.Categories {
		f.Add("categories", idText(id))
	}
	for _, id := range p.Departments {
		f.Add("departments", idText(id))
	}
	for _, x := range p.Priorities {
		f.Add("priorities", strconv.Itoa(int(x)))
	}
	for _, x := range p.Channels {
		f.Add("channels", string(x))
	}
	fillNew(f, p.Version, a.Bureau.Now().In(dir.Rules.Zone()))
	f.Set("try_channel", string(ticketing.ChannelEmail))
	f.Set("try_priority", strconv.Itoa(int(ticketing.PriorityNormal)))
	if k, ok := dir.DefaultCategory(); ok {
		f.Set("try_category", idText(k.ID))
		f.Set("try_department", idText(k.Department))
	}
	for field, list := range map[string][]string{"try_category": f.All("categories"), "try_department": f.All("departments"), "try_priority": f.All("priorities"), "try_channel": f.All("channels")} {
		if len(list) > 0 {
			f.Set(field, list[0])
		}
	}
	return a.showPolicy(c, dir, f, nil)
}

func (a *Area) showPolicy(c echo.Context, dir *ticketing.Directory, f *web.Form, trial *trialView) error {
	h, err := a.ruleHead(c, ticketing.RulePolicy, pagePolicies, c.Param("name"), dir, f)
	h.Trial = trial
	if err != nil {
		return err
	}
	return web.Render(c, statusOf(f), policyPageView(policyView{h}))
}

// numbersOf reads a list of boxes as numbers; odd ones are an error of the field.
func numbersOf[T ~int64 | ~uint8](f *web.Form, field string) []T {
	var out []T
	for _, s := range f.All(field) {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 0 || int64(T(n)) != n {
			f.Fail(field, "promises.odd_choice")
			continue
		}
		out = append(out, T(n))
	}
	return out
}

func readPolicy(f *web.Form, name string) ticketing.Policy {
	p := ticketing.Policy{
		Name: name, Categories: numbersOf[ticketing.CategoryID](f, "categories"), Departments: numbersOf[ticketing.DepartmentID](f, "departments"),
		Priorities: numbersOf[ticketing.Priority](f, "priorities"), Profile: f.Line("profile", 40), Disabled: f.Checked("disabled"), Ladder: f.Line("ladder", 40),
	}
	if name == newRule {
		p.Name = f.Required("name", 40)
	}
	for _, s := range f.All("channels") {
		p.Channels = append(p.Channels, ticketing.Channel(s))
	}
	if f.Line("rank", 6) != "" {
		p.Rank = int(f.Int("rank", 0, 1000))
	}
	if f.Line("target", 20) != "" {
		p.Target = spanOf(f, "target")
	}
	if f.Line("resolve_days", 4) != "" {
		n := int(f.Int("resolve_days", 0, 366))
		p.ResolveDays = &n
	}
	return p
}

func (a *Area) savePolicy(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	_, dir, err := a.policyOf(c)
	if err != nil {
		return err
	}
	p := readPolicy(f, c.Param("name"))
	at := tryAt(f, dir.Rules.Zone())
	return a.settle(c, ruleEdit{
		form: f, draft: ticketing.DraftPolicy(p),
		try: func(book *ticketing.Rulebook) (*trialView, error) {
			return a.tryPolicy(c.Request().Context(), dir, f, book, at)
		},
		show: func(trial *trialView) error { return a.showPolicy(c, dir, f, trial) },
	})
}

// tryPolicy gives what the contact in the form would be promised.
func (a *Area) tryPolicy(ctx context.Context, dir *ticketing.Directory, f *web.Form, book *ticketing.Rulebook, at time.Time) (*trialView, error) {
	k, ok := dir.Category(ticketing.CategoryID(f.Int("try_category", 1, 1<<62)))
	if !ok {
		return nil, &ticketing.Error{Kind: ticketing.Invalid, Field: "try_category", Key: "category.unknown"}
	}
	terms, list, err := book.Trial(k, ticketing.Facts{
		Priority: ticketing.Priority(f.Int("try_priority", 0, int64(ticketing.PriorityUrgent))), Channel: ticketing.Channel(f.Line("try_channel", 20)),
		Department: ticketing.DepartmentID(f.Int("try_department", 1, 1<<62)),
	}, at)
	trial := &trialView{At: at, Policy: terms.Policy, Profile: terms.Profile.Name, ByPolicy: true}
	for _, x := range list {
		trial.Lines = append(trial.Lines, a.trialLine(ctx, x))
	}
	return trial, err
}
