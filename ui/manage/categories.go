package manage

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

func (a *Area) categoriesPage(c echo.Context) error {
	page, err := a.settings(c, "categories.title", pageCategories)
	if err != nil {
		return err
	}
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	list := slices.Clone(dir.Categories)
	tag := web.Language(c.Request().Context())
	slices.SortFunc(list, func(x, y ticketing.Category) int {
		return compareFolded(ticketing.NameIn(x.Names, tag), ticketing.NameIn(y.Names, tag))
	})
	return web.Render(c, http.StatusOK, categoriesView(page, list, dir))
}

// A categoryView is the form of one category.
type categoryView struct {
	Page      settingsPage
	Form      *web.Form
	Category  ticketing.Category // ID 0: a new one
	Directory *ticketing.Directory
}

func (v categoryView) action() string {
	if v.Category.ID == 0 {
		return pageCategories + "/new"
	}
	return pageCategories + "/" + strconv.FormatInt(int64(v.Category.ID), 10)
}

// departments offers those in use, and the one the category has.
func (v categoryView) departments(ctx context.Context) []components.Option {
	var out []components.Option
	for _, d := range v.Directory.Departments {
		if !d.Disabled || d.ID == v.Category.Department {
			out = append(out, components.Option{Value: strconv.FormatInt(int64(d.ID), 10), Text: ticketing.NameIn(d.Names, web.Language(ctx))})
		}
	}
	return out
}

// profiles offers the newest version of each promise, and the city's default.
func (v categoryView) profiles(ctx context.Context) []components.Option {
	out := []components.Option{{Value: "", Text: web.T(ctx, "categories.profile_default", "Name", v.Directory.Rules.Default)}}
	seen := map[string]bool{}
	for _, p := range v.Directory.Rules.Profiles() {
		if !seen[p.Name] {
			seen[p.Name] = true
			out = append(out, components.Option{Value: p.Name, Text: p.Name})
		}
	}
	return out
}

func proofOptions(ctx context.Context) []components.Option {
	var out []components.Option
	for _, p := range []ticketing.Proof{ticketing.ProofNone, ticketing.ProofAnswer, ticketing.ProofPhoto, ticketing.ProofDecision} {
		out = append(out, components.Option{Value: string(p), Text: web.T(ctx, proofID(p))})
	}
	return out
}

func proofID(p ticketing.Proof) string {
	if p == ticketing.ProofNone {
		return "proof.none"
	}
	return "proof." + string(p)
}

// categoryOf gives the stored category of the address, a new one for /new.
func (a *Area) categoryOf(c echo.Context) (ticketing.Category, *ticketing.Directory, error) {
	dir, err := a.directory(c)
	if err != nil || c.Param("id") == "" {
		return ticketing.Category{}, dir, err
	}
	n, err := id(c)
	if err != nil {
		return ticketing.Category{}, nil, err
	}
	k, ok := dir.Category(ticketing.CategoryID(n))
	if !ok {
		return k, nil, ticketing.NotFound
	}
	return k, dir, nil
}

func (a *Area) categoryPage(c echo.Context) error {
	k, dir, err := a.categoryOf(c)
	if err != nil {
		return err
	}
	f := web.NewForm("code", k.Code, "department", strconv.FormatInt(int64(k.Department), 10), "profile", k.Profile,
		"resolve_days", strconv.Itoa(k.ResolveDays), "proof", string(k.Proof), "version", strconv.FormatInt(k.Version, 10))
	setNames(f, k.Names)
	for field, on := range map[string]bool{"on_call": k.OnCall, "default": k.Default, "disabled": k.Disabled} {
		if on {
			f.Set(field, "1")
		}
	}
	for _, p := range k.Passes {
		f.Set("pass_"+string(p), "1")
	}
	return a.showCategory(c, http.StatusOK, k, dir, f)
}

func (a *Area) showCategory(c echo.Context, status int, k ticketing.Category, dir *ticketing.Directory, f *web.Form) error {
	title := "categories.edit"
	if k.ID == 0 {
		title = "categories.new"
	}
	page, err := a.settings(c, title, pageCategories)
	if err != nil {
		return err
	}
	return web.Render(c, status, categoryPageView(categoryView{Page: page, Form: f, Category: k, Directory: dir}))
}

func (a *Area) saveCategory(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	stored, dir, err := a.categoryOf(c)
	if err != nil {
		return err
	}
	k := stored
	k.Names, k.Code = namesOf(f), f.Required("code", 40)
	k.Department = ticketing.DepartmentID(f.Int("department", 1, 1<<62))
	k.Profile = f.Line("profile", 60)
	k.ResolveDays = int(f.Int("resolve_days", 0, 366))
	k.Proof = ticketing.Proof(f.Line("proof", 20))
	k.Passes = passesOf(f)
	k.OnCall, k.Default, k.Disabled = f.Checked("on_call"), f.Checked("default"), f.Checked("disabled")
	if k.ID != 0 {
		k.Version = f.Int("version", 0, 1<<62)
	}
	if f.OK() {
		if err := a.registry.SaveCategory(c.Request().Context(), web.ActorOf(c), &k); err != nil && !f.Take(err) {
			return err
		}
	}
	if !f.OK() {
		return a.showCategory(c, http.StatusUnprocessableEntity, stored, dir, f)
	}
	a.saved(c)
	return web.Redirect(c, pageCategories)
}
