package report

import (
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// Target is the share of promises a department is to keep; it stands beside
// every rate.
const Target = 0.9

// Addresses of the area.
const (
	pathCity        = components.PageReports
	pathAll         = components.PageReports + "/all"
	pathDepartments = components.PageReports + "/departments/"
	pathCases       = components.PageReports + "/cases"
)

// Deps are what the area works with; all are required.
type Deps struct {
	Kit    *web.Kit
	Nav    *components.Navigator
	Bureau *ticketing.Bureau
	Reads  report.Source
	Line   ticketing.CallFactReads
}

// An Area serves the reports.
type Area struct{ Deps }

// New gives the area; Register mounts it.
func New(d Deps) *Area { return &Area{Deps: d} }

// Register mounts the routes: the map of this area.
func (a *Area) Register(e *echo.Echo) {
	g := a.Kit.Staff(e, components.PageReports)
	g.Use(web.Need(ticketing.RightReports))
	g.GET("", a.city)
	g.GET("/download/:format", a.cityDownload)
	g.GET("/all", a.department)
	g.GET("/all/download/:format", a.departmentDownload)
	g.GET("/departments/:code", a.department)
	g.GET("/departments/:code/download/:format", a.departmentDownload)
	g.POST("/subscription/:department", a.subscribe)
	g.GET("/cases", a.cases)
	g.GET("/calls", a.line)
	g.GET("/cases/download/:format", a.casesDownload)
}

// shell gives the surroundings of a page.
func (a *Area) shell(c echo.Context, title string) (components.StaffPage, error) {
	groups, err := a.Nav.Groups(c.Request().Context(), web.ActorOf(c))
	return components.StaffPage{Title: title, Nav: groups, Current: components.PageReports, Area: "page page--wide"}, err
}

func number[T ~int64](id T) string { return strconv.FormatInt(int64(id), 10) }
