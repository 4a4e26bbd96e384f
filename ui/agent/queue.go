package agent

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// A queuePage is a list of tickets with room for one of them beside it.
type queuePage struct {
	shell   components.StaffPage
	view    string
	title   string
	rows    []components.RowView
	filters []filterChip
	sorts   []sortLink
	sort    string // name of the current order
	first   string // address of the first stretch, "" when this is it
	next    string
	live    string // address rows are renewed by
	fresh   string // address that counts what is new
	empty   emptyView
	people  []components.Option
	places  []components.Option
	mayBulk bool
	maySpam bool
	back    string                 // where a bulk change leads back to
	menus   []components.FieldView // what the list can be narrowed by
	chosen  *web.Form              // and what it is narrowed by
	kept    []components.Option    // parameters the menu keeps
	views   keepView
}

type filterChip struct{ label, remove string }

type sortLink struct {
	label, href string
	current     bool
}

type emptyView struct{ title, text, href, action string }

func (a *Area) home(c echo.Context) error {
	by := web.ActorOf(c)
	switch {
	case by.May(ticketing.RightRead):
		return web.Redirect(c, components.ViewMine)
	case by.May(ticketing.RightLedger):
		return web.Redirect(c, components.PageIntake)
	}
	return web.Redirect(c, "/profile")
}

func (a *Area) queue(c echo.Context) error {
	view := c.Param("view")
	if !slices.Contains(ticketing.Lists(), ticketing.ListName(view)) {
		return &ticketing.Error{Kind: ticketing.NotFound, Key: "queue.unknown_view"}
	}
	ctx, by := c.Request().Context(), web.ActorOf(c)
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	narrowed := narrowed(c, dir)
	f, err := a.filter(c, dir)
	if err != nil {
		return err
	}
	page, err := a.Reads.Tickets(ctx, f, by.Agent)
	if err != nil {
		return err
	}
	groups, err := a.Nav.Groups(ctx, by)
	if err != nil {
		return err
	}
	p := queuePage{
		shell: components.StaffPage{Title: web.T(ctx, "nav."+view), Layout: "queue", Nav: groups, Current: current(c, view)},
		view:  view, title: web.T(ctx, "nav."+view), rows: rowViews(c, dir, page.Items, by.May(ticketing.RightWrite)),
		mayBulk: by.May(ticketing.RightWrite), maySpam: by.May(ticketing.RightSpam), empty: emptyOf(c, view, narrowed),
	}
	p.keeping(c, dir, narrowed)
	a.seatRows(c, dir, p.rows)
	p.links(c, page.Next)
	p.chips(c, dir)
	p.menu(c, dir)
	p.people, p.places = people(dir, by, 0), places(c, dir)
	return web.Render(c, http.StatusOK, queueComponent(p))
}

// current is the navigation's item of the page.
func current(c echo.Context, view string) string {
	if d := c.QueryParam("department"); d != "" && view == string(ticketing.ListAll) {
		return components.ViewDepartment(d)
	}
	return "/agent/v/" + view
}

// address gives the page's address with one parameter changed and the place in
// the list forgotten.
func address(c echo.Context, key, value string) string {
	q := url.Values{}
	for k, v := range c.QueryParams() {
		if k != "after" && len(v) > 0 && len(v[0]) <= 200 {
			q.Set(k, v[0])
		}
	}
	if value == "" {
		q.Del(key)
	} else {
		q.Set(key, value)
	}
	if len(q) == 0 {
		return c.Request().URL.Path
	}
	return c.Request().URL.Path + "?" + q.Encode()
}

func (p *queuePage) links(c echo.Context, next string) {
	ctx := c.Request().Context()
	if c.QueryParam("after") != "" {
		p.first = address(c, "after", "")
	}
	if next != "" {
		p.next = address(c, "after", next)
	}
	now := c.QueryParam("sort")
	if now == "" {
		now = "due"
	}
	for _, s := range []string{"due", "received", "activity", "priority"} {
		for _, way := range []string{"", "-"} {
			l := sortLink{label: web.T(ctx, "queue.sort_"+strings.ReplaceAll(way, "-", "desc_")+s), href: address(c, "sort", way+s), current: now == way+s}
			p.sorts = append(p.sorts, l)
			if l.current {
				p.sort = l.label
			}
		}
	}
	if p.sort == "" {
		p.sort = p.sorts[0].label
	}
	p.live, p.back = "/agent/tickets/rows", address(c, "after", "")
	q := url.Values{"view": {p.view}, "since": {strconv.FormatInt(web.PrinterOf(ctx).Now().UnixMicro(), 10)}}
	for _, name := range narrowing {
		if v := c.QueryParam(name); v != "" && len(v) <= maxTag {
			q.Set(name, v)
		}
	}
	p.fresh = "/agent/tickets/new-count?" + q.Encode()
}

func emptyOf(c echo.Context, view string, f ticketing.ViewFilter) emptyView {
	ctx := c.Request().Context()
	if f != (ticketing.ViewFilter{List: f.List, Sort: f.Sort, Desc: f.Desc}) {
		return emptyView{web.T(ctx, "queue.empty_narrowed"), web.T(ctx, "queue.empty_text_narrowed"), c.Request().URL.Path, web.T(ctx, "queue.all_filters_off")}
	}
	e := emptyView{title: web.T(ctx, "queue.empty_"+view), text: web.T(ctx, "queue.empty_text_"+view)}
	if view != "all" {
		e.href, e.action = components.ViewAll, web.T(ctx, "queue.show_all")
	}
	return e
}

// rowViews draws the rows of a list.
func rowViews(c echo.Context, dir *ticketing.Directory, rows []ticketing.TicketRow, choose bool) []components.RowView {
	ctx := c.Request().Context()
	out := make([]components.RowView, 0, len(rows))
	for _, r := range rows {
		v := components.RowView{
			ID: r.ID, Ref: r.Ref, Href: ticketing.TicketPath(r.Ref), Target: "#ticket", Channel: r.Channel, Who: r.CitizenName,
			Subject: r.Subject, At: later(r.LastMessageAt, r.ReceivedAt), State: r.State, Unread: r.Unread, Draft: r.Draft, Choose: choose,
			Due: components.Due{At: r.DueAt, Paused: r.State == ticketing.StateWaiting && r.Waiting == ticketing.WaitCitizen},
		}
		if v.Who == "" {
			v.Who = web.T(ctx, "queue.unknown_sender")
		}
		if !r.State.InWork() {
			v.Due = components.Due{}
		}
		if d, ok := dir.Department(r.Department); ok {
			v.Where = ticketing.NameIn(d.Names, web.Language(ctx))
		}
		v.Outside = outsideChip(ctx, dir, r.Outside)
		if g, ok := dir.Agent(r.Assignee); ok {
			v.Assignee = &components.Person{ID: g.ID, Name: g.Name}
		}
		out = append(out, v)
	}
	return out
}

// people are the members of staff to whom tickets of the department can be
// given, with 0 those of any department that the actor sees.
func people(dir *ticketing.Directory, by ticketing.Actor, d ticketing.DepartmentID) []components.Option {
	var out []components.Option
	for _, g := range dir.Agents {
		if g.Disabled || !ticketing.ActorOf(g).May(ticketing.RightWrite) || (d != 0 && !ticketing.ActorOf(g).Scope().Sees(d)) {
			continue
		}
		if scope := by.Scope(); !scope.All && !slices.ContainsFunc(g.Departments, scope.Sees) && g.ID != by.Agent {
			continue
		}
		out = append(out, components.Option{Value: strconv.FormatInt(int64(g.ID), 10), Text: g.Name})
	}
	return out
}

// places are the departments a ticket can be moved to.
func places(c echo.Context, dir *ticketing.Directory) []components.Option {
	var out []components.Option
	for _, d := range dir.Departments {
		if !d.Disabled {
			out = append(out, components.Option{Value: strconv.FormatInt(int64(d.ID), 10), Text: ticketing.NameIn(d.Names, web.Language(c.Request().Context()))})
		}
	}
	return out
}

// rows renews single rows: what changed is sent, what left the reader's sight
// is not.
func (a *Area) rows(c echo.Context) error {
	ctx, by := c.Request().Context(), web.ActorOf(c)
	var refs []ticketing.Reference
	for _, s := range strings.Split(c.QueryParam("refs"), ",") {
		if len(s) <= 40 && s != "" && len(refs) < 100 {
			refs = append(refs, ticketing.Reference(s))
		}
	}
	rows, err := a.Reads.TicketRows(ctx, by.Scope(), refs, by.Agent)
	if err != nil {
		return err
	}
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	list := rowViews(c, dir, rows, by.May(ticketing.RightWrite))
	a.seatRows(c, dir, list)
	for i := range list {
		list[i].OOB = true
	}
	return web.Render(c, http.StatusOK, rowsComponent(list))
}

// newCount says how many tickets belong to the view that came after the page
// was drawn; the page offers to show them.
func (a *Area) newCount(c echo.Context) error {
	ctx, by := c.Request().Context(), web.ActorOf(c)
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	view := c.QueryParam("view")
	if !slices.Contains(ticketing.Lists(), ticketing.ListName(view)) {
		view = "all"
	}
	c.SetParamNames("view")
	c.SetParamValues(view)
	f, err := a.filter(c, dir)
	if err != nil {
		return err
	}
	f.Cursor, f.Sort, f.Desc, f.Limit = "", ticketing.SortReceived, true, 21
	page, err := a.Reads.Tickets(ctx, f, by.Agent)
	if err != nil {
		return err
	}
	since, _ := strconv.ParseInt(c.QueryParam("since"), 10, 64)
	n := 0
	for _, r := range page.Items {
		if r.LastInAt.UnixMicro() > since || r.ReceivedAt.UnixMicro() > since {
			n++
		}
	}
	q := c.QueryParams()
	q.Del("since")
	q.Del("view")
	back := "/agent/v/" + view
	if len(q) > 0 {
		back += "?" + q.Encode()
	}
	return web.Render(c, http.StatusOK, newBanner(n, back, c.Request().URL.RequestURI()))
}

// nav renews the navigation's numbers.
func (a *Area) nav(c echo.Context) error {
	groups, err := a.Nav.Counted(c.Request().Context(), web.ActorOf(c))
	if err != nil {
		return err
	}
	p := components.StaffPage{Nav: groups, Current: web.Next(c.QueryParam("at"), "")}
	return web.Render(c, http.StatusOK, components.Nav(p))
}

// next gives the reader the most urgent ticket that nobody has.
func (a *Area) next(c echo.Context) error {
	if _, err := web.ReadForm(c); err != nil {
		return err
	}
	ctx := c.Request().Context()
	ref, err := a.desk.Next(ctx, web.ActorOf(c), a.Reads)
	if errors.Is(err, ticketing.NotFound) {
		a.Kit.AddFlash(c, web.Flash{Kind: "ok", Text: web.T(ctx, "next.none")})
		return web.Redirect(c, components.ViewMine)
	}
	if err != nil {
		return err
	}
	a.Kit.AddFlash(c, web.Flash{Kind: "ok", Text: web.T(ctx, "next.yours")})
	return web.Redirect(c, ticketing.TicketPath(ref))
}
