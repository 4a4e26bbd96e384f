package agent

import (
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// filter makes the query of a view and the filters in its address. What is
// malformed in the address is left out: an address is often typed or old.
func (a *Area) filter(c echo.Context, dir *ticketing.Directory) (ticketing.TicketFilter, error) {
	by, now := web.ActorOf(c), web.PrinterOf(c.Request().Context()).Now()
	f := ticketing.TicketFilter{Scope: by.Scope(), Limit: 50, Cursor: c.QueryParam("after"), Sort: ticketing.SortDue}
	y, m, d := now.Date()
	switch c.Param("view") {
	case "mine":
		f.Assignee = by.Agent
	case "unassigned":
		f.Unassigned = true
	case "today":
		f.DueFrom, f.DueBefore = now, time.Date(y, m, d+1, 0, 0, 0, 0, now.Location())
	case "overdue":
		f.Overdue = now
	case "waiting":
		f.States = []ticketing.State{ticketing.StateWaiting}
	case "spam":
		f.Spam, f.Sort, f.Desc = true, ticketing.SortReceived, true
	case "closed":
		f.States = []ticketing.State{ticketing.StateResolved, ticketing.StateClosed}
		f.Sort, f.Desc = ticketing.SortReceived, true
	}
	if len(f.Cursor) > 500 {
		return f, &ticketing.Error{Kind: ticketing.Invalid, Field: "after", Key: "queue.cursor"}
	}
	narrow(c, dir, &f)
	return f, nil
}

// narrowing are the parameters of an address that narrow or order a list.
var narrowing = []string{"department", "category", "channel", "priority", "assignee", "tag", "sort"}

// narrow applies the filters of the address.
func narrow(c echo.Context, dir *ticketing.Directory, f *ticketing.TicketFilter) {
	if d, ok := dir.DepartmentByCode(c.QueryParam("department")); ok {
		f.Department = d.ID
	}
	if k, ok := dir.CategoryByCode(c.QueryParam("category")); ok {
		f.Category = k.ID
	}
	if ch := ticketing.Channel(c.QueryParam("channel")); ch.Known() {
		f.Channel = ch
	}
	if p, ok := ticketing.ParsePriority(c.QueryParam("priority")); ok {
		f.Priority = &p
	}
	if id, err := strconv.ParseInt(c.QueryParam("assignee"), 10, 64); err == nil {
		f.Assignee = ticketing.AgentID(id)
	}
	if tag := c.QueryParam("tag"); tag != "" && len(tag) <= maxTag {
		f.Tag = tag
	}
	sort, desc := strings.CutPrefix(c.QueryParam("sort"), "-")
	switch s := ticketing.Sort(sort); s {
	case ticketing.SortDue, ticketing.SortReceived, ticketing.SortActivity, ticketing.SortPriority:
		f.Sort, f.Desc = s, desc
	}
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
	p.chosen = web.NewForm()
	for i := range p.menus {
		m := &p.menus[i]
		m.ID = "filter-" + m.Name
		if v := c.QueryParam(m.Name); len(v) <= maxTag {
			p.chosen.Set(m.Name, v)
		}
	}
	if s := c.QueryParam("sort"); s != "" && len(s) < 20 {
		p.kept = append(p.kept, components.Option{Value: "sort", Text: s})
	}
}
