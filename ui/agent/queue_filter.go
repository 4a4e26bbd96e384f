package agent

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// filter makes the query of a view and the filters in its address.
func (a *Area) filter(c echo.Context, dir *ticketing.Directory) (ticketing.TicketFilter, error) {
	f := narrowed(c, dir).Tickets(web.ActorOf(c), dir, web.PrinterOf(c.Request().Context()).Now())
	f.Limit, f.Cursor = 50, c.QueryParam("after")
	if len(f.Cursor) > 500 {
		return f, &ticketing.Error{Kind: ticketing.Invalid, Field: "after", Key: "queue.cursor"}
	}
	return f, nil
}

// narrowing are the parameters of an address that narrow or order a list.
var narrowing = []string{"department", "category", "district", "channel", "priority", "assignee", "tag", "sort"}

// narrowed reads the list and the filters of the address. What is malformed in it
// is left out: an address is often typed or old.
func narrowed(c echo.Context, dir *ticketing.Directory) ticketing.ViewFilter {
	return filterOf(ticketing.ListName(c.Param("view")), c.QueryParam, dir)
}

// filterOf reads a filter from parameters.
func filterOf(list ticketing.ListName, param func(string) string, dir *ticketing.Directory) ticketing.ViewFilter {
	f := ticketing.ViewFilter{List: list}
	if d, ok := dir.DepartmentByCode(param("department")); ok {
		f.Department = d.ID
	}
	if k, ok := dir.CategoryByCode(param("category")); ok {
		f.Category = k.ID
	}
	if d, ok := dir.DistrictByCode(param("district")); ok {
		f.District = d.ID
	}
	if ch := ticketing.Channel(param("channel")); ch.Known() {
		f.Channel = ch
	}
	if p, ok := ticketing.ParsePriority(param("priority")); ok {
		f.Priority = p.String()
	}
	if id, err := strconv.ParseInt(param("assignee"), 10, 64); err == nil && id > 0 {
		f.Assignee = ticketing.AgentID(id)
	}
	if tag := param("tag"); len(tag) <= maxTag {
		f.Tag = tag
	}
	sort, desc := strings.CutPrefix(param("sort"), "-")
	switch s := ticketing.Sort(sort); s {
	case ticketing.SortDue, ticketing.SortReceived, ticketing.SortActivity, ticketing.SortPriority:
		f.Sort, f.Desc = s, desc
	}
	return f
}

// chips shows the filters of the address, each with a way to take it out.
func (p *queuePage) chips(c echo.Context, dir *ticketing.Directory) {
	ctx := c.Request().Context()
	add := func(key, label string) { p.filters = append(p.filters, filterChip{label, address(c, key, "")}) }
	if d, ok := dir.DepartmentByCode(c.QueryParam("department")); ok {
		add("department", ticketing.NameIn(d.Names, web.Language(ctx)))
	}
	if k, ok := dir.CategoryByCode(c.QueryParam("category")); ok {
		add("category", ticketing.NameIn(k.Names, web.Language(ctx)))
	}
	if d, ok := dir.DistrictByCode(c.QueryParam("district")); ok {
		add("district", d.Name(web.Language(ctx)))
	}
	if ch := ticketing.Channel(c.QueryParam("channel")); ch.Known() {
		add("channel", web.T(ctx, "channel."+string(ch)))
	}
	if pr, ok := ticketing.ParsePriority(c.QueryParam("priority")); ok {
		add("priority", web.T(ctx, "priority."+pr.String()))
	}
	if id, err := strconv.ParseInt(c.QueryParam("assignee"), 10, 64); err == nil {
		if g, ok := dir.Agent(ticketing.AgentID(id)); ok {
			add("assignee", g.Name)
		}
	}
	if tag := c.QueryParam("tag"); tag != "" && len(tag) <= maxTag {
		add("tag", tag)
	}
}

// maxTag bounds a tag in an address, in bytes.
const maxTag = 160

// menu offers what the list can be narrowed by.
func (p *queuePage) menu(c echo.Context, dir *ticketing.Directory) {
	ctx, tag := c.Request().Context(), web.Language(c.Request().Context())
	all := func(key string) []components.Option { return []components.Option{{Text: web.T(ctx, key)}} }
	departments, categories, channels, priorities := all("queue.any_department"), all("queue.any_category"), all("queue.any"), all("queue.any")
	for _, d := range dir.Departments {
		if scope := web.ActorOf(c).Scope(); scope.Sees(d.ID) {
			departments = append(departments, components.Option{Value: d.Code, Text: ticketing.NameIn(d.Names, tag)})
		}
	}
	for _, k := range dir.Categories {
		categories = append(categories, components.Option{Value: k.Code, Text: ticketing.NameIn(k.Names, tag)})
	}
	for _, ch := range ticketing.Channels() {
		channels = append(channels, components.Option{Value: string(ch), Text: web.T(ctx, "channel."+string(ch))})
	}
	p.menus = []components.FieldView{
		{Name: "department", Type: "select", Label: web.T(ctx, "ticket.department"), Options: departments},
		{Name: "category", Type: "select", Label: web.T(ctx, "ticket.category"), Options: categories},
		{Name: "channel", Type: "select", Label: web.T(ctx, "ticket.channel"), Options: channels},
		{Name: "priority", Type: "select", Label: web.T(ctx, "ticket.priority"), Options: append(priorities, priorityOptions(ctx)...)},
		{Name: "tag", Label: web.T(ctx, "ticket.tags"), Max: 60},
	}
	if all := dir.Districts(); len(all) > 0 {
		p.menus = slices.Insert(p.menus, 2, components.FieldView{
			Name: "district", Type: "select", Label: web.T(ctx, "routing.district"), Options: districtOptions(ctx, all),
		})
	}
	p.chosen = web.NewForm()
	for i := range p.menus {
		m := &p.menus[i]
		m.ID = "filter-" + m.Name
		if v := c.QueryParam(m.Name); len(v) <= maxTag {
			p.chosen.Set(m.Name, v)
		}
	}
	for _, name := range []string{"sort", "saved"} {
		if v := c.QueryParam(name); v != "" && len(v) < 20 {
			p.kept = append(p.kept, components.Option{Value: name, Text: v})
		}
	}
}

func districtOptions(ctx context.Context, all []ticketing.District) []components.Option {
	out := []components.Option{{Text: web.T(ctx, "queue.any_district")}}
	for _, d := range all {
		out = append(out, components.Option{Value: d.Code, Text: d.Name(web.Language(ctx))})
	}
	return out
}
