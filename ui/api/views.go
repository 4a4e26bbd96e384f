package api

import (
	"context"
	"net/http"

	"github.com/sistem48/system48/ticketing"
)

func (a *API) registerViews() {
	register(a, route{
		id: "list-views", method: http.MethodGet, path: "/views", right: ticketing.RightRead, summary: "Lists that the caller keeps, and those shared with them",
		text: "Own ones first, then the shared ones, each in their order. They are made and changed on the pages.",
	}, a.listViews)
	register(a, route{
		id: "list-view-tickets", method: http.MethodGet, path: "/views/{id}/tickets", right: ticketing.RightRead, summary: "List the tickets of a view",
		text: "Those that the caller may see: mine, today and asked are those of the caller. Telephone numbers are masked.",
	}, a.listViewTickets)
}

type viewJSON struct {
	ID         int64   `json:"id"`
	Name       string  `json:"name"`
	Shared     bool    `json:"shared"`
	Owner      *string `json:"owner" doc:"e-mail of who keeps it"`
	List       string  `json:"list" enum:"mine,unassigned,today,overdue,waiting,asked,all,spam,closed"`
	Department *string `json:"department" doc:"code"`
	Category   *string `json:"category" doc:"code"`
	District   *string `json:"district" doc:"code"`
	Channel    *string `json:"channel"`
	Priority   *string `json:"priority"`
	Assignee   *string `json:"assignee" doc:"e-mail"`
	Tag        *string `json:"tag"`
	Sort       *string `json:"sort" doc:"as in the list of tickets; null: the order of the list itself"`
}

func (s *scribe) view(v ticketing.SavedView) viewJSON {
	f := v.Filter
	out := viewJSON{
		ID: int64(v.ID), Name: v.Name, Shared: v.Shared, Owner: s.assignee(v.Owner), List: string(f.List), Channel: orNil(f.Channel),
		Priority: orNil(f.Priority), Assignee: s.assignee(f.Assignee), Tag: orNil(f.Tag),
	}
	if d, ok := s.dir.Department(f.Department); ok {
		out.Department = &d.Code
	}
	if k, ok := s.dir.Category(f.Category); ok {
		out.Category = &k.Code
	}
	if d, ok := s.dir.District(f.District); ok {
		out.District = &d.Code
	}
	if f.Sort != "" {
		sort := string(f.Sort)
		if f.Desc {
			sort = "-" + sort
		}
		out.Sort = &sort
	}
	return out
}

func (a *API) listViews(ctx context.Context, c *caller, _ *struct{}) (*pageOutput[viewJSON], error) {
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, err
	}
	var items []viewJSON
	for _, v := range s.dir.ViewsOf(c.actor) {
		items = append(items, s.view(v))
	}
	return page(items, ""), nil
}

type viewTicketsInput struct {
	ID     int64  `path:"id" minimum:"1"`
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"200"`
	Cursor string `query:"cursor" maxLength:"2000" doc:"next_cursor of the page before"`
}

func (a *API) listViewTickets(ctx context.Context, c *caller, in *viewTicketsInput) (*pageOutput[ticketJSON], error) {
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, err
	}
	v, ok := s.dir.View(c.actor, ticketing.ViewID(in.ID))
	if !ok {
		return nil, &ticketing.Error{Kind: ticketing.NotFound, Key: "view.unknown"}
	}
	f := v.Filter.Tickets(c.actor, s.dir, a.now().In(s.dir.Rules.Zone()))
	f.Limit, f.Cursor = in.Limit, in.Cursor
	return a.listed(ctx, c, s, f)
}
