package agent

import (
	"context"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// Reads is what the pages of this area read.
type Reads interface {
	ticketing.TicketReads
	ticketing.DraftStore
	ticketing.LedgerReads
	ticketing.CitizenReads
	ticketing.OutgoingReads
	ticketing.NoticeReads
	ticketing.CallReads
	ticketing.CallFileReads
}

// Deps are what the area works with; all are required.
type Deps struct {
	Kit    *web.Kit
	Hub    *web.Hub
	Nav    *components.Navigator
	Bureau *ticketing.Bureau
	Reads  Reads
	Blobs  ticketing.Blobs
	// Sentence explains a deadline in one sentence.
	Sentence func(tag lang.Tag, x ticketing.Explanation) string
}

// An Area serves the agents' pages.
type Area struct {
	Deps
	desk   *ticketing.Desk
	people *ticketing.People
	views  *ticketing.Views
	// telephone is what is done with calls.
	telephone *ticketing.Calls
	callers   callers
}

// New gives the area; Register mounts it.
func New(d Deps) *Area {
	return &Area{Deps: d, desk: &ticketing.Desk{Bureau: d.Bureau}, people: &ticketing.People{Bureau: d.Bureau}, views: &ticketing.Views{Bureau: d.Bureau}, telephone: &ticketing.Calls{Bureau: d.Bureau}}
}

// Register mounts the routes: the map of this area.
func (a *Area) Register(e *echo.Echo) {
	g := a.Kit.Staff(e, "/agent")
	g.GET("", a.home)
	g.GET("/v/:view", a.queue, web.Need(ticketing.RightRead))
	g.GET("/nav", a.nav)
	a.registerViews(g.Group("/views", web.Need(ticketing.RightRead)))
	g.GET("/notices", a.notices, web.Need(ticketing.RightRead))
	g.GET("/notices/latest", a.latestNotice, web.Need(ticketing.RightRead))
	g.GET("/tickets/rows", a.rows, web.Need(ticketing.RightRead))
	g.GET("/tickets/new-count", a.newCount, web.Need(ticketing.RightRead))
	g.POST("/next", a.next, web.Need(ticketing.RightWrite))
	g.POST("/tickets/bulk", a.bulk, web.Need(ticketing.RightWrite))
	g.POST("/tickets/bulk/undo", a.undoBulk, web.Need(ticketing.RightWrite))

	t := g.Group("/t/:ref", web.Need(ticketing.RightRead))
	a.registerTicket(t)
	up := a.Kit.StaffUploads(e, "/agent/t/:ref")
	up.Use(web.Need(ticketing.RightRead))
	up.POST("/message", a.send)
	up.POST("/uploads/:kind", a.upload)

	g.GET("/files/:file", a.file, web.Need(ticketing.RightRead))
	g.GET("/inline/:file", a.inline, web.Need(ticketing.RightRead))
	g.GET("/mail/:message", a.mail, web.Need(ticketing.RightRead))
	g.GET("/mail/:message/raw", a.raw, web.Need(ticketing.RightRaw))

	a.registerRinging(g)
	g.GET("/search", a.search, web.Need(ticketing.RightRead))
	g.GET("/search/options", a.searchOptions, web.Need(ticketing.RightRead))
	a.registerNew(e, g)
	a.registerCitizens(g.Group("/citizens", web.Need(ticketing.RightCitizens)))
	a.registerRecords(g)
	a.registerCalls(g)

	s := a.Kit.Streams(e, "/agent/events")
	s.GET("", a.Hub.Handler)
}

// registerTicket mounts what is done with one ticket. Each use case checks the
// actor's right by itself; the group only keeps out who may not read at all.
func (a *Area) registerTicket(t *echo.Group) {
	t.GET("", a.ticket)
	t.GET("/live", a.live)
	t.GET("/why/:kind", a.why)
	t.GET("/templates", a.templates)
	t.GET("/templates/:id", a.template)
	t.POST("/messages/:message/take-back", a.takeBack)
	t.POST("/messages/:message/confirm-sender", a.confirmSender)
	t.POST("/deliveries/:delivery/retry", a.retryDelivery)
	t.POST("/assign", a.assign)
	t.POST("/move", a.move)
	t.POST("/consult", a.consult)
	t.POST("/consultations/:n/answer", a.answerConsultation)
	t.POST("/consultations/:n/end", a.endConsultation)
	t.POST("/refer", a.refer)
	t.POST("/referrals/:n/withdraw", a.withdrawReferral)
	t.POST("/referrals/:n/tell", a.tellBody)
	t.POST("/referrals/:n/number", a.numberReferral)
	t.POST("/change", a.change)
	t.POST("/validate", a.validate)
	t.POST("/reject", a.reject)
	t.POST("/wait", a.wait)
	t.POST("/resume", a.resume)
	t.POST("/resolve", a.resolve)
	t.POST("/close", a.closeTicket)
	t.POST("/reopen", a.reopen)
	t.POST("/void-episode", a.voidEpisode)
	t.POST("/spam", a.spam)
	t.POST("/not-spam", a.notSpam)
	t.POST("/requester", a.requester)
	t.POST("/revoke", a.revoke)
	t.POST("/unread", a.unread)
	t.POST("/here", a.here)
	t.POST("/reveal", a.reveal)
	t.PUT("/drafts/:kind", a.saveDraft)
	t.DELETE("/uploads/:upload", a.dropUpload)
}

func (a *Area) registerNew(e *echo.Echo, g *echo.Group) {
	open := web.Need(ticketing.RightOpen)
	g.GET("/new", a.newTicket, open)
	g.GET("/new/known", a.recognised, open)
	g.PUT("/new/draft", a.saveNewDraft, open)
	g.POST("/new/draft/discard", a.discardNewDraft, open)
	up := a.Kit.StaffUploads(e, "/agent/new")
	up.POST("", a.openTicket, open)
}

func (a *Area) registerCitizens(g *echo.Group) {
	g.GET("", a.citizens)
	g.GET("/:id", a.citizen)
	g.POST("/:id", a.citizenSave)
	g.POST("/:id/remove", a.citizenRemove)
	g.POST("/:id/reveal", a.citizenReveal, web.Need(ticketing.RightReveal))
	g.POST("/:id/join", a.citizenJoin)
	g.POST("/:id/separate", a.citizenSeparate)
}

// registerViews mounts what is done with saved views.
func (a *Area) registerViews(g *echo.Group) {
	g.GET("", a.viewsPage)
	g.POST("", a.keepNew)
	g.POST("/:id", a.changeView)
	g.POST("/:id/move", a.moveView)
	g.POST("/:id/delete", a.deleteView)
}

// registerRecords mounts the ledger and the letters that did not get through.
func (a *Area) registerRecords(g *echo.Group) {
	ledger, retry := web.Need(ticketing.RightLedger), web.Need(ticketing.RightRetry)
	g.GET("/intake", a.intake, ledger)
	g.GET("/intake/:item", a.intakeItem, ledger)
	g.GET("/intake/:item/raw", a.intakeRaw, ledger, web.Need(ticketing.RightRaw))
	g.POST("/intake/:item/retry", a.intakeRetry, retry)
	g.GET("/outgoing", a.outgoing, retry)
	g.POST("/outgoing/:delivery/retry", a.outgoingRetry, retry)
	g.POST("/outgoing/held", a.outgoingHeld, web.Need(ticketing.RightOutgoing))
	g.GET("/tickets/:id", a.ticketByID, web.Need(ticketing.RightRead))
}

// MaySignal says whether an actor may learn that something changed (A38): only
// of tickets in the custody of departments they see.
func MaySignal(_ context.Context, by ticketing.Actor, s ticketing.Signal) bool {
	switch s.Type {
	case "ticket":
		return by.Scope().Sees(s.Department)
	case "presence":
		return s.Agent != by.Agent && by.Scope().Sees(s.Department)
	case "ledger", "mailbox":
		return by.May(ticketing.RightLedger)
	case ticketing.SignalCall:
		return by.May(ticketing.RightCalls)
	case ticketing.SignalRing:
		return (s.Agent == 0 || s.Agent == by.Agent) && by.May(ticketing.RightCalls)
	case "outbox":
		return by.May(ticketing.RightReply)
	case "session", "notice":
		return s.Agent == by.Agent
	}
	return false
}

// target gives the ticket that a form is about, with the version it saw.
func target(c echo.Context, f *web.Form) ticketing.Target {
	t := ticketing.Target{Ref: ticketing.Reference(c.Param("ref"))}
	if f != nil && f.Value("version") != "" {
		t.Version = f.Int("version", 0, 1<<62)
	}
	return t
}

// directory gives the snapshot; its absence is Busy and never happens twice.
func (a *Area) directory(c echo.Context) (*ticketing.Directory, error) {
	return a.Bureau.Store.Directory(c.Request().Context())
}
