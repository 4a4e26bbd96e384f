package manage

import (
	"context"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// Reads is what the settings pages read beside the directory.
type Reads interface {
	MailboxHealths(ctx context.Context) ([]ticketing.MailboxHealth, error)
	MailboxOrder(ctx context.Context, account string) (ticketing.MailboxOrder, error)
	LedgerBalance(ctx context.Context, from, to time.Time) (ticketing.LedgerBalance, error)
	ticketing.OutgoingReads
	ticketing.LetterReads
	ticketing.RoutingReads
}

// Deps are what the area works with; all but Mailboxes, Letters and Sentence are required.
type Deps struct {
	Kit    *web.Kit
	Nav    *components.Navigator
	Bureau *ticketing.Bureau
	Reads  Reads
	Tokens ticketing.TokenStore
	// Mailboxes are the configured accounts: each is shown, heard of or not.
	Mailboxes []ticketing.Account
	Letters   LetterBook // nil: letters are not edited here
	// Sentence explains a deadline in one sentence.
	Sentence func(tag lang.Tag, x ticketing.Explanation) string
}

// An Area serves sign-in, own account and settings.
type Area struct {
	Deps
	registry *ticketing.Registry
	router   *ticketing.Router
}

// New gives the area; Register mounts it.
func New(d Deps) *Area {
	return &Area{Deps: d, registry: &ticketing.Registry{Bureau: d.Bureau}, router: &ticketing.Router{Bureau: d.Bureau, Reads: d.Reads}}
}

// Register mounts the routes: the map of this area.
func (a *Area) Register(e *echo.Echo) {
	a.registerOwn(e)
	m := a.Kit.Staff(e, "/manage")
	m.Use(web.Need(ticketing.RightManage))
	m.GET("", a.home)
	m.GET("/users", a.usersPage)
	m.GET("/users/new", a.newUserPage)
	m.POST("/users/new", a.saveUser)
	m.GET("/users/:id", a.userPage)
	m.POST("/users/:id", a.saveUser)
	m.POST("/users/:id/invite", a.invite)
	m.GET("/departments", a.departmentsPage)
	m.GET("/departments/new", a.departmentPage)
	m.POST("/departments/new", a.saveDepartment)
	m.GET("/departments/:id", a.departmentPage)
	m.POST("/departments/:id", a.saveDepartment)
	m.GET("/bodies", a.bodiesPage)
	m.GET("/bodies/new", a.bodyPage)
	m.POST("/bodies/new", a.saveBody)
	m.GET("/bodies/:id", a.bodyPage)
	m.POST("/bodies/:id", a.saveBody)
	m.GET("/categories", a.categoriesPage)
	m.GET("/categories/new", a.categoryPage)
	m.POST("/categories/new", a.saveCategory)
	m.GET("/categories/:id", a.categoryPage)
	m.POST("/categories/:id", a.saveCategory)
	a.registerPromises(m)
	m.GET("/mail", a.mailPage)
	m.POST("/mail/boxes/:account/:order", a.orderMailbox)
	m.POST("/mail/held", a.releaseHeld, web.Need(ticketing.RightOutgoing))
	if a.Letters != nil {
		m.GET("/letters", a.lettersPage)
		m.GET("/letters/:name/:language", a.letterPage)
		m.POST("/letters/:name/:language", a.saveLetter)
		m.GET("/templates", a.templatesPage)
		m.GET("/templates/new", a.templatePage)
		m.POST("/templates/new", a.saveTemplate)
		m.GET("/templates/:id", a.templatePage)
		m.POST("/templates/:id", a.saveTemplate)
	}
	a.registerRouting(e, m)
	m.GET("/tokens", a.tokensPage)
	m.POST("/tokens", a.issueToken)
	m.POST("/tokens/:id/revoke", a.revokeToken)
}

// registerOwn mounts signing in, and one's own account.
func (a *Area) registerOwn(e *echo.Echo) {
	p := a.Kit.Public(e, "")
	p.GET("/sign-in", a.signInPage)
	p.POST("/sign-in", a.signIn)
	p.POST("/language", a.chooseLanguage)
	p.GET("/forgot", a.forgotPage)
	p.POST("/forgot", a.forgot)
	p.GET("/welcome/:secret", a.welcomePage)
	p.POST("/welcome/:secret", a.welcome)
	p.POST("/sign-out", a.signOut)

	own := a.Kit.Staff(e, "/profile")
	own.GET("", a.profilePage)
	own.POST("", a.saveProfile)
	own.POST("/password", a.savePassword)
	own.GET("/sessions", a.sessionsPage)
	own.POST("/sessions/end", a.endSession)
	own.POST("/sessions/end-others", a.endOtherSessions)
}

// registerRouting mounts what new tickets find their way by, and who is away.
func (a *Area) registerRouting(e *echo.Echo, m *echo.Group) {
	m.GET("/routing", a.routingPage)
	m.POST("/routing", a.changeRouting)
	m.GET("/routing/new", a.rulePage)
	m.POST("/routing/new", a.saveRule)
	m.GET("/routing/rules/:id", a.rulePage)
	m.POST("/routing/rules/:id", a.saveRule)
	m.GET("/routing/versions/:version", a.oldRoutingPage)
	m.GET("/routing/try", a.tryPage)
	m.POST("/routing/try", a.tryRules)
	m.GET("/routing/districts", a.districtsPage)
	up := a.Kit.StaffUploads(e, pageDistricts)
	up.POST("", a.importDistricts, web.Need(ticketing.RightManage))

	away := a.Kit.Staff(e, pageAbsences)
	away.GET("", a.absencesPage)
	away.POST("", a.saveAbsence)
	away.POST("/:id/end", a.endAbsence)
}

// directory gives the snapshot of departments, categories and staff.
func (a *Area) directory(c echo.Context) (*ticketing.Directory, error) {
	return a.Bureau.Store.Directory(c.Request().Context())
}

// shell gives the surroundings of a page.
func (a *Area) shell(c echo.Context, title, current string) (components.StaffPage, error) {
	groups, err := a.Nav.Groups(c.Request().Context(), web.ActorOf(c))
	return components.StaffPage{Title: title, Nav: groups, Current: current, Area: "page page--wide"}, err
}
