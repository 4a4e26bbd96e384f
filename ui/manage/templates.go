package manage

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/letters"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// templatesPage lists the ready-made answers.
func (a *Area) templatesPage(c echo.Context) error {
	page, err := a.settings(c, "templates.title", pageTemplates)
	if err != nil {
		return err
	}
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	list := slices.Clone(dir.Templates)
	slices.SortFunc(list, func(x, y ticketing.Template) int { return compareFolded(x.Name, y.Name) })
	return web.Render(c, http.StatusOK, templatesView(page, list, dir))
}

// A templateView is the form of one ready-made answer.
type templateView struct {
	Page         settingsPage
	Form         *web.Form
	Template     ticketing.Template // ID 0: a new one
	Directory    *ticketing.Directory
	Placeholders []letters.Placeholder
	Previews     []templatePreview
}

type templatePreview struct {
	Tag  lang.Tag
	Text string
}

func (v templateView) action() string {
	if v.Template.ID == 0 {
		return pageTemplates + "/new"
	}
	return pageTemplates + "/" + strconv.FormatInt(int64(v.Template.ID), 10)
}

// departments offers all in use, the one it is for, and none: tickets of all.
func (v templateView) departments(ctx context.Context) []components.Option {
	out := []components.Option{{Value: "0", Text: web.T(ctx, "templates.everywhere")}}
	for _, d := range v.Directory.Departments {
		if !d.Disabled || d.ID == v.Template.Department {
			out = append(out, components.Option{Value: strconv.FormatInt(int64(d.ID), 10), Text: ticketing.NameIn(d.Names, web.Language(ctx))})
		}
	}
	return out
}

// templateField is the field of the text in a language.
func templateField(tag lang.Tag) string { return "text_" + string(tag) }

// templateOf gives the stored answer of the address, a new one for /new.
func (a *Area) templateOf(c echo.Context) (ticketing.Template, *ticketing.Directory, error) {
	dir, err := a.directory(c)
	if err != nil || c.Param("id") == "" {
		return ticketing.Template{}, dir, err
	}
	n, err := id(c)
	if err != nil {
		return ticketing.Template{}, nil, err
	}
	x, ok := dir.Template(ticketing.TemplateID(n))
	if !ok {
		return x, nil, &ticketing.Error{Kind: ticketing.NotFound, Key: "template.unknown"}
	}
	return x, dir, nil
}

func (a *Area) templatePage(c echo.Context) error {
	x, dir, err := a.templateOf(c)
	if err != nil {
		return err
	}
	f := web.NewForm("name", x.Name, "department", number(x.Department), "version", strconv.FormatInt(x.Version, 10))
	for tag, text := range x.Texts {
		f.Set(templateField(tag), text)
	}
	if x.Disabled {
		f.Set("disabled", "1")
	}
	return a.showTemplate(c, http.StatusOK, x, dir, f, x.Texts)
}

// showTemplate draws the form, with what the texts would say.
func (a *Area) showTemplate(c echo.Context, status int, x ticketing.Template, dir *ticketing.Directory, f *web.Form, texts map[lang.Tag]string) error {
	title := "templates.edit"
	if x.ID == 0 {
		title = "templates.new"
	}
	page, err := a.settings(c, title, pageTemplates)
	if err != nil {
		return err
	}
	v := templateView{Page: page, Form: f, Template: x, Directory: dir, Placeholders: a.Letters.TemplatePlaceholders(web.Language(c.Request().Context()))}
	for _, tag := range lang.Tags() {
		if texts[tag] == "" {
			continue
		}
		text, err := a.Letters.PreviewTemplate(tag, texts[tag])
		if err == nil { // otherwise its faults stand at the field
			v.Previews = append(v.Previews, templatePreview{tag, text})
		}
	}
	return web.Render(c, status, templatePageView(v))
}

// saveTemplate looks at or saves what was typed.
func (a *Area) saveTemplate(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	stored, dir, err := a.templateOf(c)
	if err != nil {
		return err
	}
	x := stored
	x.Name, x.Department, x.Disabled = f.Required("name", 80), ticketing.DepartmentID(f.Int("department", 0, 1<<62)), f.Checked("disabled")
	x.Texts = map[lang.Tag]string{}
	for _, tag := range lang.Tags() {
		x.Texts[tag] = f.Text(templateField(tag), ticketing.MaxTemplateText)
	}
	if x.ID != 0 {
		x.Version = f.Int("version", 0, 1<<62)
	}
	if f.Value("do") == "preview" {
		for _, tag := range lang.Tags() {
			if err := a.Bureau.Letters.CheckTemplate(tag, x.Texts[tag]); err != nil && !f.Take(err) {
				return err
			}
		}
		status := http.StatusOK
		if !f.OK() {
			status = http.StatusUnprocessableEntity
		}
		return a.showTemplate(c, status, stored, dir, f, x.Texts)
	}
	typed := x.Texts
	if f.OK() {
		if err := a.registry.SaveTemplate(c.Request().Context(), web.ActorOf(c), &x); err != nil && !f.Take(err) {
			return err
		}
	}
	if !f.OK() {
		return a.showTemplate(c, http.StatusUnprocessableEntity, stored, dir, f, typed)
	}
	a.saved(c)
	return web.Redirect(c, pageTemplates)
}
