package manage

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// ruleWords tells rules in words.
type ruleWords struct {
	dir      *ticketing.Directory
	accounts []ticketing.Account
}

func (a *Area) ruleWords(dir *ticketing.Directory) ruleWords {
	return ruleWords{dir: dir, accounts: a.Mailboxes}
}

// A phrase is a condition or what a rule does: a label and its values.
type phrase struct{ Label, Text string }

// maxValues is how many values of a condition a list shows.
const maxValues = 8

func joined(values []string) string {
	if len(values) > maxValues {
		return strings.Join(values[:maxValues], ", ") + " …"
	}
	return strings.Join(values, ", ")
}

func mapped[T any](values []T, name func(T) string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = name(v)
	}
	return out
}

func (w ruleWords) category(ctx context.Context) func(ticketing.CategoryID) string {
	return func(id ticketing.CategoryID) string {
		k, ok := w.dir.Category(id)
		if !ok {
			return "–"
		}
		return ticketing.NameIn(k.Names, web.Language(ctx))
	}
}

func (w ruleWords) department(ctx context.Context, id ticketing.DepartmentID) string {
	d, ok := w.dir.Department(id)
	if !ok {
		return "–"
	}
	return ticketing.NameIn(d.Names, web.Language(ctx))
}

func (w ruleWords) district(ctx context.Context) func(ticketing.DistrictID) string {
	return func(id ticketing.DistrictID) string {
		d, ok := w.dir.District(id)
		if !ok {
			return "–"
		}
		return d.Name(web.Language(ctx))
	}
}

func (w ruleWords) person(id ticketing.AgentID) string {
	g, ok := w.dir.Agent(id)
	if !ok {
		return "–"
	}
	return g.Name
}

// account gives the address of a mailbox in place of its name.
func (w ruleWords) account(name string) string {
	for _, a := range w.accounts {
		if strings.EqualFold(a.Name, name) && a.Address != "" {
			return a.Address
		}
	}
	return name
}

// when tells what a rule asks for.
func (w ruleWords) when(ctx context.Context, c ticketing.Conditions) []phrase {
	var out []phrase
	add := func(key string, values []string) {
		if len(values) > 0 {
			out = append(out, phrase{web.T(ctx, key), joined(values)})
		}
	}
	add("routing.categories", mapped(c.Categories, w.category(ctx)))
	add("routing.keywords", c.Keywords)
	add("routing.senders", c.Senders)
	add("routing.channels", mapped(c.Channels, func(ch ticketing.Channel) string { return web.T(ctx, "channel."+string(ch)) }))
	add("routing.accounts", mapped(c.Accounts, w.account))
	add("routing.languages", mapped(c.Languages, lang.Tag.Name))
	add("routing.district", mapped(c.Districts, w.district(ctx)))
	if len(out) == 0 {
		out = append(out, phrase{"", web.T(ctx, "routing.always")})
	}
	return out
}

// then tells what a rule does.
func (w ruleWords) then(ctx context.Context, o ticketing.Course) []phrase {
	var out []phrase
	add := func(key, text string) { out = append(out, phrase{web.T(ctx, key), text}) }
	if o.Category != 0 {
		add("routing.category_set", w.category(ctx)(o.Category))
	}
	switch {
	case o.Follow:
		add("routing.department", web.T(ctx, "routing.department_follow"))
	case o.Department != 0:
		add("routing.department", w.department(ctx, o.Department))
	}
	if o.Person != 0 {
		add("routing.person", w.person(o.Person))
	}
	if o.Priority != nil {
		add("routing.priority", web.T(ctx, "priority."+o.Priority.String()))
	}
	if len(o.Tags) > 0 {
		add("routing.tags", strings.Join(o.Tags, ", "))
	}
	return out
}

// lines tells all rules in words, in places that are those of the other rules too.
func (w ruleWords) lines(ctx context.Context, s, other ticketing.RoutingRules) []ruleLine {
	mode := "routing.first"
	if s.All {
		mode = "routing.all"
	}
	out, order := []ruleLine{line(ctx, "routing.mode", web.T(ctx, mode))}, ruleLine{Label: web.T(ctx, "routing.order")}
	ids := map[int64]string{}
	for _, rules := range [][]ticketing.RoutingRule{s.Rules, other.Rules} {
		for _, r := range rules {
			ids[r.ID] = r.Name
		}
	}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		l := ruleLine{Label: web.T(ctx, "routing.rule") + " " + number(id)}
		if r, there := s.Rule(id); there {
			l.Items = w.rule(ctx, r)
		}
		out = append(out, l)
	}
	for _, r := range s.Rules {
		if _, both := other.Rule(r.ID); both {
			order.Items = append(order.Items, number(r.ID)+" "+r.Name)
		}
	}
	return append(out, order)
}

// rule tells a rule in words, one thing an item.
func (w ruleWords) rule(ctx context.Context, r ticketing.RoutingRule) []string {
	state := "routing.on"
	if r.Off {
		state = "routing.off"
	}
	out := []string{r.Name, web.T(ctx, state)}
	for _, p := range append(w.when(ctx, r.When), w.then(ctx, r.Then)...) {
		if p.Label != "" {
			p.Text = p.Label + ": " + p.Text
		}
		out = append(out, p.Text)
	}
	switch r.Flow {
	case ticketing.FlowStop:
		out = append(out, web.T(ctx, "routing.stops"))
	case ticketing.FlowGoOn:
		out = append(out, web.T(ctx, "routing.goes_on"))
	default:
	}
	return out
}

// faults tells what no longer holds of a rule.
func (w ruleWords) faults(ctx context.Context, r ticketing.RoutingRule) []string {
	return mapped(r.Faults(w.dir), func(e *ticketing.Error) string { return web.PrinterOf(ctx).Map(e.Key, e.Args) })
}

// names gives the names of rules by their numbers.
func (w ruleWords) names(s ticketing.RoutingRules, ids []int64) string {
	return joined(mapped(ids, func(id int64) string {
		r, _ := s.Rule(id)
		return r.Name
	}))
}

func number[T ~int64](n T) string { return strconv.FormatInt(int64(n), 10) }

// idsOf reads the numbers of a field with several values.
func idsOf[T ~int64](f *web.Form, field string) []T {
	var out []T
	for _, s := range f.All(field) {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			out = append(out, T(n))
		}
	}
	return out
}

// idOf reads a number that may be empty.
func idOf[T ~int64](f *web.Form, field string) T {
	if f.Value(field) == "" {
		return 0
	}
	return T(f.Int(field, 0, 1<<62))
}

// A tick is one box of several.
type tick struct {
	Value, Text string
	On          bool
}

// categoryTicks gives boxes for what may be chosen; what is chosen already is there even
// when it may not be chosen any more.
func (w ruleWords) categoryTicks(ctx context.Context, chosen []ticketing.CategoryID) []tick {
	var out []tick
	for _, k := range w.dir.Categories {
		on := slices.Contains(chosen, k.ID)
		if on || !k.Disabled {
			out = append(out, tick{number(k.ID), ticketing.NameIn(k.Names, web.Language(ctx)), on})
		}
	}
	return out
}

func (w ruleWords) districtTicks(ctx context.Context, chosen []ticketing.DistrictID) []tick {
	var out []tick
	for _, d := range w.dir.Districts() {
		out = append(out, tick{number(d.ID), d.Name(web.Language(ctx)), slices.Contains(chosen, d.ID)})
	}
	return out
}

func channelTicks(ctx context.Context, chosen []ticketing.Channel) []tick {
	var out []tick
	for _, c := range ticketing.Channels() {
		out = append(out, tick{string(c), web.T(ctx, "channel."+string(c)), slices.Contains(chosen, c)})
	}
	return out
}

func (w ruleWords) accountTicks(chosen []string) []tick {
	var out []tick
	for _, a := range w.accounts {
		out = append(out, tick{a.Name, w.account(a.Name), slices.Contains(chosen, a.Name)})
	}
	for _, name := range chosen {
		if !slices.ContainsFunc(out, func(t tick) bool { return t.Value == name }) {
			out = append(out, tick{name, name, true})
		}
	}
	return out
}

func languageTicks(chosen []lang.Tag) []tick {
	var out []tick
	for _, t := range lang.Tags() {
		out = append(out, tick{string(t), t.Name(), slices.Contains(chosen, t)})
	}
	return out
}

func (w ruleWords) options(ctx context.Context, r ticketing.Course) (departments, categories, people []components.Option) {
	stay := components.Option{Text: web.T(ctx, "routing.department_stay")}
	departments = []components.Option{stay, {Value: "follow", Text: web.T(ctx, "routing.department_follow")}}
	for _, d := range w.dir.Departments {
		if !d.Disabled || d.ID == r.Department {
			departments = append(departments, components.Option{Value: number(d.ID), Text: ticketing.NameIn(d.Names, web.Language(ctx))})
		}
	}
	categories, people = []components.Option{stay}, []components.Option{stay}
	for _, k := range w.dir.Categories {
		if !k.Disabled || k.ID == r.Category {
			categories = append(categories, components.Option{Value: number(k.ID), Text: ticketing.NameIn(k.Names, web.Language(ctx))})
		}
	}
	for _, g := range w.dir.Agents {
		if (!g.Disabled && g.Role != ticketing.RoleAuditor) || g.ID == r.Person {
			people = append(people, components.Option{Value: number(g.ID), Text: fmt.Sprintf("%s (%s)", g.Name, web.T(ctx, "role."+string(g.Role)))})
		}
	}
	return departments, categories, people
}

func priorityOptions(ctx context.Context) []components.Option {
	out := []components.Option{{Text: web.T(ctx, "routing.department_stay")}}
	for p := ticketing.PriorityLow; p <= ticketing.PriorityUrgent; p++ {
		out = append(out, components.Option{Value: p.String(), Text: web.T(ctx, "priority."+p.String())})
	}
	return out
}

func optionsOf(list []tick) []components.Option {
	var out []components.Option
	for _, t := range list {
		out = append(out, components.Option{Value: t.Value, Text: t.Text})
	}
	return out
}

func withNone(list []components.Option) []components.Option {
	return append([]components.Option{{Text: "–"}}, list...)
}

// didOf gives what a rule did to a case.
func didOf(d ticketing.Decision, rule int64) ticketing.Course {
	for _, f := range d.Firings {
		if f.Rule == rule {
			return f.Did
		}
	}
	return ticketing.Course{}
}

// failedLabels names the conditions a verdict may name.
var failedLabels = map[string]string{
	"channels": "routing.channels", "languages": "routing.languages", "categories": "routing.categories", "districts": "routing.district",
	"accounts": "routing.accounts", "senders": "routing.senders", "keywords": "routing.keywords",
}

func verdictChip(ctx context.Context, v ticketing.Verdict) components.ChipView {
	switch {
	case v.Fired:
		return components.ChipView{Kind: "ok", Icon: "check", Text: web.T(ctx, "routing.verdict_fired")}
	case v.Rule.Off:
		return components.ChipView{Icon: "player-pause", Text: web.T(ctx, "routing.verdict_off")}
	case !v.Asked:
		return components.ChipView{Icon: "minus", Text: web.T(ctx, "routing.verdict_ended")}
	}
	return components.ChipView{Icon: "x", Text: web.T(ctx, "routing.verdict_failed", "Field", web.T(ctx, failedLabels[v.Failed]))}
}
