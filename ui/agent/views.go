package agent

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// A keepView is what a list offers for keeping it under a name.
type keepView struct {
	offered bool                // there is something to keep: the list is narrowed or ordered
	fields  []components.Option // the filter, as parameters
	share   bool
	shown   *ticketing.SavedView // the saved view that the page shows
	mine    bool                 // and which is the reader's to change
	differs bool                 // what is shown is not what is kept
}

// keeping prepares what the page of a list offers for keeping it, and names the
// page after the saved view it shows.
func (p *queuePage) keeping(c echo.Context, dir *ticketing.Directory, f ticketing.ViewFilter) {
	by := web.ActorOf(c)
	v := keepView{offered: f != ticketing.ViewFilter{List: f.List}, fields: filterFields(dir, f), share: by.MayShare()}
	if id, err := strconv.ParseInt(c.QueryParam("saved"), 10, 64); err == nil {
		if x, ok := dir.View(by, ticketing.ViewID(id)); ok {
			v.shown, v.mine, v.differs = &x, x.MayChange(by), x.Filter != f
			p.title, p.shell.Title, p.shell.Current = x.Name, x.Name, components.ViewSaved(dir, x)
		}
	}
	p.views = v
}

// filterFields writes a filter as the hidden fields of a form.
func filterFields(dir *ticketing.Directory, f ticketing.ViewFilter) []components.Option {
	out := []components.Option{{Value: "list", Text: string(f.List)}}
	q := components.FilterQuery(dir, f)
	for _, name := range narrowing {
		if v := q.Get(name); v != "" {
			out = append(out, components.Option{Value: name, Text: v})
		}
	}
	return out
}

// A viewsPage is where saved views are renamed, put in order and deleted.
type viewsPage struct {
	shell  components.StaffPage
	form   *web.Form           // of a new view, or of the one with the number in "id"
	fields []components.Option // filter of the view that is to be kept; none: nothing is
	what   string              // that filter in words
	share  bool
	groups []viewGroup
}

type viewGroup struct {
	title string
	lines []viewLine
}

type viewLine struct {
	ticketing.SavedView
	href, what, owner string
	mine              bool
	first, last       bool
}

// path is where the view's changes are posted.
func (l viewLine) path() string { return viewPath(l.ID) }

func viewPath(id ticketing.ViewID) string {
	return components.PageViews + "/" + strconv.FormatInt(int64(id), 10)
}

func (a *Area) viewsPage(c echo.Context) error {
	return a.showViews(c, http.StatusOK, web.NewForm(), ticketing.ViewFilter{})
}

func (a *Area) showViews(c echo.Context, status int, f *web.Form, kept ticketing.ViewFilter) error {
	ctx, by := c.Request().Context(), web.ActorOf(c)
	groups, err := a.Nav.Groups(ctx, by)
	if err != nil {
		return err
	}
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	p := viewsPage{
		shell: components.StaffPage{Title: web.T(ctx, "view.title"), Nav: groups, Area: "page page--wide", Current: components.PageViews},
		form:  f, share: by.MayShare(),
	}
	if kept.List != "" {
		p.fields, p.what = filterFields(dir, kept), inWords(ctx, dir, kept)
	}
	own, shared := viewGroup{title: web.T(ctx, "view.own")}, viewGroup{title: web.T(ctx, "view.shared")}
	for _, v := range dir.ViewsOf(by) {
		l := viewLine{SavedView: v, href: components.ViewSaved(dir, v), what: inWords(ctx, dir, v.Filter), mine: v.MayChange(by)}
		if g, ok := dir.Agent(v.Owner); ok && v.Owner != by.Agent {
			l.owner = g.Name
		}
		if v.Shared {
			shared.lines = append(shared.lines, l)
		} else {
			own.lines = append(own.lines, l)
		}
	}
	for _, g := range []viewGroup{own, shared} {
		if len(g.lines) == 0 {
			continue
		}
		movable := slices.Collect(func(yield func(int) bool) {
			for i := range g.lines {
				if g.lines[i].mine && !yield(i) {
					return
				}
			}
		})
		if len(movable) > 0 {
			g.lines[movable[0]].first, g.lines[movable[len(movable)-1]].last = true, true
		}
		p.groups = append(p.groups, g)
	}
	return web.Render(c, status, viewsComponent(p))
}

// inWords says what a filter shows: "Svi u radu · Putevi · hitno".
func inWords(ctx context.Context, dir *ticketing.Directory, f ticketing.ViewFilter) string {
	out := web.T(ctx, "nav."+string(f.List))
	add := func(s string) {
		if s != "" {
			out += " · " + s
		}
	}
	tag := web.Language(ctx)
	if d, ok := dir.Department(f.Department); ok {
		add(ticketing.NameIn(d.Names, tag))
	}
	if k, ok := dir.Category(f.Category); ok {
		add(ticketing.NameIn(k.Names, tag))
	}
	if d, ok := dir.District(f.District); ok {
		add(d.Name(tag))
	}
	if f.Channel != "" {
		add(web.T(ctx, "channel."+string(f.Channel)))
	}
	if f.Priority != "" {
		add(web.T(ctx, "priority."+f.Priority))
	}
	if g, ok := dir.Agent(f.Assignee); ok {
		add(g.Name)
	}
	add(f.Tag)
	if f.Sort != "" {
		way := ""
		if f.Desc {
			way = "desc_"
		}
		add(web.T(ctx, "queue.sort_"+way+string(f.Sort)))
	}
	return out
}

// keepNew keeps the list that the form describes under a name.
func (a *Area) keepNew(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	v := ticketing.SavedView{Name: f.Required("name", ticketing.MaxViewName), Shared: f.Checked("shared"), Filter: filterOf(ticketing.ListName(f.Value("list")), f.Value, dir)}
	return a.keep(c, f, dir, &v)
}

// changeView renames a saved view, or gives it another filter.
func (a *Area) changeView(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	v, err := a.savedView(c, dir)
	if err != nil {
		return err
	}
	if f.Value("list") != "" {
		v.Filter = filterOf(ticketing.ListName(f.Value("list")), f.Value, dir)
	} else {
		v.Name = f.Required("name", ticketing.MaxViewName)
		if f.Value("sharing") != "" {
			v.Shared = f.Checked("shared")
		}
	}
	f.Set("id", strconv.FormatInt(int64(v.ID), 10))
	return a.keep(c, f, dir, &v)
}

// savedView gives the view of the address; one the reader may not open is NotFound.
func (a *Area) savedView(c echo.Context, dir *ticketing.Directory) (ticketing.SavedView, error) {
	n, _ := strconv.ParseInt(c.Param("id"), 10, 64)
	v, ok := dir.View(web.ActorOf(c), ticketing.ViewID(n))
	if !ok {
		return v, &ticketing.Error{Kind: ticketing.NotFound, Key: "view.unknown"}
	}
	return v, nil
}

// keep saves a view and leads to it, or back to the list of views with what is wrong.
func (a *Area) keep(c echo.Context, f *web.Form, dir *ticketing.Directory, v *ticketing.SavedView) error {
	ctx, isNew, renamed := c.Request().Context(), v.ID == 0, f.Value("list") == ""
	if f.OK() {
		if err := a.views.Save(ctx, web.ActorOf(c), v); err != nil && !f.Take(err) {
			return err
		}
	}
	if !f.OK() {
		kept := v.Filter
		if !isNew {
			kept = ticketing.ViewFilter{}
		}
		return a.showViews(c, http.StatusUnprocessableEntity, f, kept)
	}
	a.Kit.AddFlash(c, web.Flash{Kind: "ok", Text: web.T(ctx, "view.kept", "Name", v.Name)})
	if renamed {
		return web.Redirect(c, components.PageViews)
	}
	return web.Redirect(c, components.ViewSaved(dir, *v))
}

func (a *Area) moveView(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	n, _ := strconv.ParseInt(c.Param("id"), 10, 64)
	if err := a.views.Move(c.Request().Context(), web.ActorOf(c), ticketing.ViewID(n), f.Value("up") != ""); err != nil {
		return err
	}
	return web.Redirect(c, components.PageViews)
}

func (a *Area) deleteView(c echo.Context) error {
	if _, err := web.ReadForm(c); err != nil {
		return err
	}
	ctx := c.Request().Context()
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	v, err := a.savedView(c, dir)
	if err != nil {
		return err
	}
	if err := a.views.Delete(ctx, web.ActorOf(c), v.ID); err != nil {
		return err
	}
	undo := url.Values{"name": {v.Name}}
	for _, o := range filterFields(dir, v.Filter) {
		undo.Set(o.Value, o.Text)
	}
	if v.Shared && v.Owner == web.ActorOf(c).Agent {
		undo.Set("shared", "1")
	}
	flash := web.Flash{Text: web.T(ctx, "view.deleted", "Name", v.Name)}
	if !v.Shared || v.Owner == web.ActorOf(c).Agent {
		flash.Undo, flash.UndoForm = components.PageViews, undo.Encode()
	}
	a.Kit.AddFlash(c, flash)
	return web.Redirect(c, components.PageViews)
}

// sharedForm has the box of sharing ticked when the view is shared.
func sharedForm(l viewLine) *web.Form {
	f := web.NewForm()
	if l.Shared {
		f.Set("shared", "1")
	}
	return f
}
