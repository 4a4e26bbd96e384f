package components

import (
	"context"
	"slices"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/web"
)

// NavReads is what the navigation of staff pages reads.
type NavReads interface {
	TicketCounts(ctx context.Context, s ticketing.Scope, agent ticketing.AgentID, now, dayEnd time.Time) (ticketing.Counts, error)
	CountTickets(ctx context.Context, filters []ticketing.TicketFilter, most int) ([]int, error)
}

// A Navigator makes the navigation rail. All areas of staff share one.
type Navigator struct {
	Store ticketing.Store
	Reads NavReads
}

// Addresses of the staff areas that the navigation leads to.
const (
	ViewMine       = "/agent/v/mine"
	ViewUnassigned = "/agent/v/unassigned"
	ViewToday      = "/agent/v/today"
	ViewOverdue    = "/agent/v/overdue"
	ViewWaiting    = "/agent/v/waiting"
	ViewAsked      = "/agent/v/asked"
	ViewAll        = "/agent/v/all"
	ViewClosed     = "/agent/v/closed"
	ViewSpam       = "/agent/v/spam"
	PageNotices    = "/agent/notices"
	PageViews      = "/agent/views"
	PageIntake     = "/agent/intake"
	PageCalls      = "/agent/calls"
	PageCitizens   = "/agent/citizens"
	PageReports    = "/reports"
	PageLine       = "/reports/calls"
	PageManage     = "/manage"
)

// ViewDepartment is the address of the queue of one department.
func ViewDepartment(code string) string { return "/agent/v/all?department=" + code }

// Groups gives what the actor may see, with the numbers of their scope. Saved
// views come without numbers: a page shows at once and asks for them then.
func (n *Navigator) Groups(ctx context.Context, a ticketing.Actor) ([]NavGroup, error) {
	return n.groups(ctx, a, false)
}

// Counted is Groups with the numbers of saved views.
func (n *Navigator) Counted(ctx context.Context, a ticketing.Actor) ([]NavGroup, error) {
	return n.groups(ctx, a, true)
}

func (n *Navigator) groups(ctx context.Context, a ticketing.Actor, counted bool) ([]NavGroup, error) {
	p := web.PrinterOf(ctx)
	now := p.Now()
	y, m, d := now.Date()
	counts, err := n.Reads.TicketCounts(ctx, a.Scope(), a.Agent, now, time.Date(y, m, d+1, 0, 0, 0, 0, now.Location()))
	if err != nil {
		return nil, err
	}
	dir, err := n.Store.Directory(ctx)
	if err != nil {
		return nil, err
	}
	var groups []NavGroup
	add := func(title string, items []NavItem) {
		if len(items) > 0 {
			groups = append(groups, NavGroup{Title: web.T(ctx, title), Items: items})
		}
	}
	if a.May(ticketing.RightRead) {
		add("nav.work", workItems(ctx, a, dir, counts))
		views, err := n.viewItems(ctx, a, dir, counted)
		if err != nil {
			return nil, err
		}
		add("nav.views", views)
	}
	add("nav.records", recordItems(ctx, a, counts))
	if a.May(ticketing.RightRead) {
		add("nav.departments", departmentItems(ctx, a, dir, counts))
	}
	add("nav.overview", overviewItems(ctx, a))
	return groups, nil
}

func workItems(ctx context.Context, a ticketing.Actor, dir *ticketing.Directory, c ticketing.Counts) []NavItem {
	asked := 0
	for _, d := range dir.AskedOf(a) {
		asked += c.Questions[d]
	}
	items := []NavItem{
		{Href: ViewMine, Icon: "inbox", Label: web.T(ctx, "nav.mine"), Count: c.Mine, Least: c.Mine == ticketing.MostMine},
		{Href: ViewUnassigned, Icon: "users", Label: web.T(ctx, "nav.unassigned"), Count: c.Unassigned},
		{Href: ViewToday, Icon: "clock", Label: web.T(ctx, "nav.today"), Count: c.DueToday},
		{Href: ViewOverdue, Icon: "flame", Label: web.T(ctx, "nav.overdue"), Count: c.Overdue, Bad: true},
		{Href: ViewWaiting, Icon: "player-pause", Label: web.T(ctx, "nav.waiting"), Count: c.Waiting, Wide: true},
		{Href: ViewAsked, Icon: "help", Label: web.T(ctx, "nav.asked"), Count: asked, Wide: true},
		{Href: ViewAll, Icon: "list", Label: web.T(ctx, "nav.all"), Count: c.Open, Wide: true},
	}
	if a.May(ticketing.RightCalls) {
		items = append(items, NavItem{Href: PageCalls, Icon: "phone", Label: web.T(ctx, "nav.calls")})
	}
	items = append(items, NavItem{Href: PageNotices, Icon: "bell", Label: web.T(ctx, "nav.notices"), Wide: true})
	items = append(items, NavItem{Href: ViewClosed, Icon: "archive", Label: web.T(ctx, "nav.closed"), Wide: true})
	if a.May(ticketing.RightSpam) {
		items = append(items, NavItem{Href: ViewSpam, Icon: "ban", Label: web.T(ctx, "nav.spam"), Count: c.Spam, Wide: true})
	}
	return items
}

func recordItems(ctx context.Context, a ticketing.Actor, c ticketing.Counts) []NavItem {
	var items []NavItem
	if a.May(ticketing.RightLedger) {
		items = append(items, NavItem{Href: PageIntake, Icon: "list-check", Label: web.T(ctx, "nav.intake"), Count: c.Quarantined, Bad: true, Wide: true})
	}
	if a.May(ticketing.RightCitizens) {
		items = append(items, NavItem{Href: PageCitizens, Icon: "user", Label: web.T(ctx, "nav.citizens"), Wide: true})
	}
	return items
}

func departmentItems(ctx context.Context, a ticketing.Actor, dir *ticketing.Directory, c ticketing.Counts) []NavItem {
	scope := a.Scope()
	var items []NavItem
	for _, d := range dir.Departments {
		if d.Disabled || !scope.Sees(d.ID) {
			continue
		}
		items = append(items, NavItem{
			Href: ViewDepartment(d.Code), Icon: "building", Label: ticketing.NameIn(d.Names, web.Language(ctx)),
			Count: c.ByDepartment[d.ID], Wide: true,
		})
	}
	slices.SortStableFunc(items, func(x, y NavItem) int { return y.Count - x.Count })
	return items
}

func overviewItems(ctx context.Context, a ticketing.Actor) []NavItem {
	var items []NavItem
	if a.May(ticketing.RightReports) {
		items = append(items, NavItem{Href: PageReports, Icon: "chart-bar", Label: web.T(ctx, "report.nav")})
		items = append(items, NavItem{Href: PageLine, Icon: "phone-call", Label: web.T(ctx, "line.title"), Wide: true})
	}
	if a.May(ticketing.RightManage) {
		items = append(items, NavItem{Href: PageManage, Icon: "settings", Label: web.T(ctx, "nav.manage")})
	}
	return items
}
