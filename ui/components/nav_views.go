package components

import (
	"context"
	"net/url"
	"strconv"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/web"
)

// viewItems are the reader's saved views, and the way to arrange them.
func (n *Navigator) viewItems(ctx context.Context, a ticketing.Actor, dir *ticketing.Directory, counted bool) ([]NavItem, error) {
	views := dir.ViewsOf(a)
	if len(views) == 0 {
		return nil, nil
	}
	var items []NavItem
	var filters []ticketing.TicketFilter
	now := web.PrinterOf(ctx).Now()
	for _, v := range views {
		icon := "star"
		if v.Shared {
			icon = "users"
		}
		items = append(items, NavItem{Href: ViewSaved(dir, v), Icon: icon, Label: v.Name, Wide: true, Later: !counted})
		filters = append(filters, v.Filter.Tickets(a, dir, now))
	}
	if counted {
		counts, err := n.Reads.CountTickets(ctx, filters, ticketing.MostViewCount+1)
		if err != nil {
			return nil, err
		}
		for i, c := range counts {
			items[i].Count, items[i].Least = min(c, ticketing.MostViewCount), c > ticketing.MostViewCount
		}
	}
	return append(items, NavItem{Href: PageViews, Icon: "settings", Label: web.T(ctx, "nav.arrange_views"), Wide: true}), nil
}

// ViewSaved is the address of a saved view: its filter, and which view it is.
func ViewSaved(dir *ticketing.Directory, v ticketing.SavedView) string {
	q := FilterQuery(dir, v.Filter)
	q.Set("saved", strconv.FormatInt(int64(v.ID), 10))
	return "/agent/v/" + string(v.Filter.List) + "?" + q.Encode()
}

// FilterQuery writes a filter as the parameters of a list's address; the list
// itself is the address's path.
func FilterQuery(dir *ticketing.Directory, f ticketing.ViewFilter) url.Values {
	q := url.Values{}
	set := func(key, value string) {
		if value != "" {
			q.Set(key, value)
		}
	}
	if d, ok := dir.Department(f.Department); ok {
		set("department", d.Code)
	}
	if k, ok := dir.Category(f.Category); ok {
		set("category", k.Code)
	}
	if d, ok := dir.District(f.District); ok {
		set("district", d.Code)
	}
	if f.Assignee != 0 {
		set("assignee", strconv.FormatInt(int64(f.Assignee), 10))
	}
	set("channel", string(f.Channel))
	set("priority", f.Priority)
	set("tag", f.Tag)
	if f.Sort != "" {
		way := ""
		if f.Desc {
			way = "-"
		}
		set("sort", way+string(f.Sort))
	}
	return q
}

// renewed says when the navigation is fetched anew: when something changed, and
// at once where it still lacks numbers.
func (p StaffPage) renewed() string {
	for _, g := range p.Nav {
		for _, i := range g.Items {
			if i.Later {
				return "load, changed"
			}
		}
	}
	return "changed"
}
