package manage

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/district"
	"github.com/sistem48/system48/ui/web"
)

// A districtsView is the list of districts with what imports them.
type districtsView struct {
	Page     settingsPage
	Set      ticketing.DistrictSet
	Form     *web.Form
	Problems []district.Problem // with the file that was sent
}

func (a *Area) districtsPage(c echo.Context) error {
	return a.showDistricts(c, http.StatusOK, districtsView{Form: web.NewForm()})
}

func (a *Area) showDistricts(c echo.Context, status int, v districtsView) error {
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	if dir.Routes != nil {
		v.Set = dir.Routes.Districts
	}
	if v.Page, err = a.settings(c, "districts.title", pageRouting); err != nil {
		return err
	}
	return web.Render(c, status, districtsPageView(v))
}

// importDistricts takes a file of outlines or of streets. With anything wrong
// in it nothing is changed, and everything wrong is told.
func (a *Area) importDistricts(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	kind, version := f.Choice("kind", "outlines", "streets"), f.Int("version", 0, 1<<62)
	file := fileOf(c, f, kind)
	if !f.OK() {
		return a.showDistricts(c, http.StatusUnprocessableEntity, districtsView{Form: f})
	}
	ctx, by := c.Request().Context(), web.ActorOf(c)
	var set ticketing.DistrictSet
	var problems []district.Problem
	if kind == "outlines" {
		set, problems, err = a.router.ImportOutlines(ctx, by, version, file, f.Checked("replace"))
	} else {
		set, problems, err = a.router.ImportStreets(ctx, by, version, file, f.Checked("add"))
	}
	if err != nil {
		return err
	}
	if problems != nil {
		return a.showDistricts(c, http.StatusUnprocessableEntity, districtsView{Form: f, Problems: problems})
	}
	a.Kit.AddFlash(c, web.Flash{Kind: "ok", Text: web.T(ctx, "districts.saved", "N", strconv.Itoa(len(set.Areas())))})
	return web.Redirect(c, pageDistricts)
}

// fileOf reads the file that was sent; one too large is cut, and the reader of
// its kind says so.
func fileOf(c echo.Context, f *web.Form, field string) []byte {
	head, err := c.FormFile(field)
	if err != nil {
		f.Fail(field, "form.required")
		return nil
	}
	file, err := head.Open()
	if err != nil {
		f.Fail(field, "form.unreadable")
		return nil
	}
	defer func() { _ = file.Close() }() // only read from
	data, err := io.ReadAll(io.LimitReader(file, district.MaxFile+1))
	if err != nil {
		f.Fail(field, "form.unreadable")
	}
	return data
}

// problemWords says what is wrong with a file, and where.
func problemWords(ctx context.Context, p district.Problem) string {
	where := ""
	switch {
	case p.Line > 0:
		where = web.T(ctx, "districts.at_line", "N", strconv.Itoa(p.Line))
	case p.Feature > 0:
		where = web.T(ctx, "districts.at_feature", "N", strconv.Itoa(p.Feature))
	}
	if p.Name != "" {
		if where != "" {
			where += ", "
		}
		where += p.Name
	}
	if where != "" {
		where += ": "
	}
	return where + web.T(ctx, p.Key, "Lon", fmt.Sprintf("%.5f", p.At[0]), "Lat", fmt.Sprintf("%.5f", p.At[1]))
}

func importTitle(ctx context.Context, kind string) string {
	if kind == "outlines" {
		return web.T(ctx, "districts.outlines")
	}
	return web.T(ctx, "districts.list")
}

// importExamples show the form of the files; the words in them are fixed.
var importExamples = map[string]string{
	"outlines": `{"type": "FeatureCollection", "features": [
  {"type": "Feature",
   "properties": {"code": "centar", "name": "Centar"},
   "geometry": {"type": "Polygon", "coordinates": [[
     [19.25, 42.43], [19.27, 42.43], [19.27, 42.45], [19.25, 42.43]]]}}]}`,
	"streets": `ulica;od;do;strana;oblast
Njegoševa;;;;centar
Bulevar revolucije;1;61;neparna;centar
Bulevar revolucije;2;80;parna;zagoric`,
}

func importHint(ctx context.Context, kind string) string {
	if kind == "outlines" {
		return web.T(ctx, "districts.outlines_hint")
	}
	return web.T(ctx, "districts.list_hint")
}
