package agent

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/number"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// callTabs are the lists of calls, in the order of the page.
var callTabs = []string{"callbacks", "in", "missed", "no-record", "voicemail", "out"}

// withoutRecord is how long after hanging up an answered call may have no ticket.
const withoutRecord = 15 * time.Minute

// callPeriod is how far back lists of calls go.
const callPeriod = 30 * 24 * time.Hour

// A callsPage is the list of calls and of promises to call back.
type callsPage struct {
	shell  components.StaffPage
	tab    string
	tabs   []callTab
	owed   []callbackView
	over   []callbackView
	recent []callView
	next   string
	first  string
	here   string
	counts ticketing.CallCounts
	files  bool // may look at the files calls come from
	reveal bool
}

type callTab struct {
	name, href string
	count      int
	current    bool
}

// A callView is one call as a line.
type callView struct {
	id        ticketing.CallID
	at        time.Time
	number    string // masked; "" when withheld
	canReveal bool
	direction ticketing.CallDirection
	chip      components.ChipView
	took      string // how long was spoken, or rung
	agent     string
	ref       ticketing.Reference
	open      string // address of the form for a ticket about it; "" when it has one
}

// A callbackView is one promise to call back.
type callbackView struct {
	ref      ticketing.Reference
	href     string
	number   string
	due      components.Due
	missed   int
	first    time.Time
	last     time.Time
	attempts int
	tried    time.Time
	assignee string
	ended    time.Time
	reached  bool
}

// registerCalls mounts the calls. The files they come from hold no citizen's data:
// who may see the ledger may see them.
func (a *Area) registerCalls(area *echo.Group) {
	area.GET("/calls/files", a.callFiles, web.Need(ticketing.RightLedger))
	area.GET("/calls/files/:file", a.callRejects, web.Need(ticketing.RightLedger))
	g := area.Group("/calls", web.Need(ticketing.RightCalls))
	g.GET("", a.calls)
	g.POST("/:call/reveal", a.revealCall, web.Need(ticketing.RightReveal))
	g.POST("/:call/bind", a.bindCall)
	g.POST("/callbacks/:ref/reveal", a.revealCallback, web.Need(ticketing.RightReveal))
	g.POST("/callbacks/:ref/tried", a.triedCallback)
}

func (a *Area) calls(c echo.Context) error {
	p, err := a.callsPage(c)
	if err != nil {
		return err
	}
	if web.WantsFragment(c) {
		return web.Render(c, http.StatusOK, callsBody(p))
	}
	return web.Render(c, http.StatusOK, callsComponent(p))
}

func (a *Area) callsPage(c echo.Context) (*callsPage, error) {
	ctx, by := c.Request().Context(), web.ActorOf(c)
	groups, err := a.Nav.Groups(ctx, by)
	if err != nil {
		return nil, err
	}
	p := &callsPage{
		shell: components.StaffPage{Title: web.T(ctx, "calls.title"), Nav: groups, Current: components.PageCalls, Area: "page page--wide"},
		tab:   c.QueryParam("show"), files: by.May(ticketing.RightLedger), reveal: by.May(ticketing.RightReveal),
	}
	now := a.Bureau.Now()
	if p.counts, err = a.Reads.CallCounts(ctx, now.Add(-callPeriod), now); err != nil {
		return nil, err
	}
	p.tabsOf()
	cursor := c.QueryParam("after")
	if len(cursor) > 500 {
		return nil, &ticketing.Error{Kind: ticketing.Invalid, Field: "after", Key: "queue.cursor"}
	}
	p.here = p.address(cursor)
	if cursor != "" {
		p.first = p.address("")
	}
	dir, err := a.directory(c)
	if err != nil {
		return nil, err
	}
	if p.tab == "callbacks" {
		if err := a.owed(ctx, p, dir, cursor); err != nil {
			return nil, err
		}
		cursor = ""
	}
	page, err := a.Reads.CallPage(ctx, p.filter(now, cursor))
	if err != nil {
		return nil, err
	}
	for i := range page.Items {
		p.recent = append(p.recent, a.callLine(ctx, by, dir, &page.Items[i]))
	}
	if page.Next != "" && p.tab != "callbacks" {
		p.next = p.address(page.Next)
	}
	return p, nil
}

// tabsOf chooses the list; one that is not known is the first.
func (p *callsPage) tabsOf() {
	known := false
	for _, t := range callTabs {
		known = known || t == p.tab
	}
	if !known {
		p.tab = callTabs[0]
	}
	for _, t := range callTabs {
		x := callTab{name: t, href: components.PageCalls + "?show=" + t, current: t == p.tab}
		switch t {
		case "callbacks":
			x.href, x.count = components.PageCalls, p.counts.Callbacks
		case "no-record":
			x.count = p.counts.NoRecord
		}
		p.tabs = append(p.tabs, x)
	}
}

func (p *callsPage) address(cursor string) string {
	q := url.Values{}
	if p.tab != "callbacks" {
		q.Set("show", p.tab)
	}
	if cursor != "" {
		q.Set("after", cursor)
	}
	if len(q) == 0 {
		return components.PageCalls
	}
	return components.PageCalls + "?" + q.Encode()
}

// filter is which calls the list shows. Beside the promises stand the latest.
func (p *callsPage) filter(now time.Time, cursor string) ticketing.CallFilter {
	f := ticketing.CallFilter{Limit: 50, Cursor: cursor}
	switch p.tab {
	case "callbacks":
		f.Limit = 12
	case "in":
		f.Direction = ticketing.CallIn
	case "out":
		f.Direction = ticketing.CallOut
	case "missed":
		f.Direction, f.Result = ticketing.CallIn, ticketing.CallMissed
	case "voicemail":
		f.Result = ticketing.CallVoicemail
	case "no-record":
		f.NoRecord, f.From, f.To = true, now.Add(-callPeriod), now.Add(-withoutRecord)
	}
	return f
}

// owed reads the promises to call back, the soonest due first, and the latest
// that are over.
func (a *Area) owed(ctx context.Context, p *callsPage, dir *ticketing.Directory, cursor string) error {
	page, err := a.Reads.Callbacks(ctx, ticketing.CallbackFilter{Limit: 50, Cursor: cursor})
	if err != nil {
		return err
	}
	for i := range page.Items {
		p.owed = append(p.owed, callbackLine(dir, &page.Items[i]))
	}
	if page.Next != "" {
		p.next = p.address(page.Next)
	}
	over, err := a.Reads.Callbacks(ctx, ticketing.CallbackFilter{Over: true, Limit: 5})
	if err != nil {
		return err
	}
	for i := range over.Items {
		p.over = append(p.over, callbackLine(dir, &over.Items[i]))
	}
	return nil
}

func callbackLine(dir *ticketing.Directory, b *ticketing.CallbackView) callbackView {
	v := callbackView{
		ref: b.Ref, href: ticketing.TicketPath(b.Ref), number: number.Mask(b.Number, homeRegion), due: components.Due{At: b.Due},
		missed: b.Missed, first: b.FirstAt, last: b.LastAt, attempts: b.Attempts, tried: b.TriedAt, ended: b.EndedAt,
		reached: b.State == ticketing.CallbackReached,
	}
	if x, ok := dir.Agent(b.Assignee); ok {
		v.assignee = x.Name
	}
	return v
}

func (a *Area) callLine(ctx context.Context, by ticketing.Actor, dir *ticketing.Directory, k *ticketing.CallView) callView {
	party := k.Party()
	v := callView{
		id: k.ID, at: k.Started, direction: k.Direction, chip: callChip(ctx, &k.Call), ref: k.Ref, took: "–",
		number: maskedNumber(ctx, party), canReveal: party.E164 != "" && by.May(ticketing.RightReveal),
	}
	if k.Talk > 0 {
		v.took = clockOf(k.Talk)
	} else if k.Wait > 0 {
		v.took = web.T(ctx, "calls.rang", "Span", clockOf(k.Wait))
	}
	if x, ok := dir.Agent(k.Agent); ok {
		v.agent = x.Name
	} else {
		v.agent = plain(k.Extension)
	}
	if k.Ref == "" && by.May(ticketing.RightOpen) {
		v.open = "/agent/new?call=" + strconv.FormatInt(int64(k.ID), 10)
	}
	return v
}

// maskedNumber is the citizen's number as lists show it.
func maskedNumber(ctx context.Context, n ticketing.CallNumber) string {
	switch {
	case n.Withheld:
		return web.T(ctx, "calls.withheld")
	case n.E164 != "":
		return number.Mask(n.E164, homeRegion)
	case len(n.Raw) <= 6:
		return plain(n.Raw) // an extension, a service
	}
	return "•••"
}

// clockOf writes a length as a telephone shows it: 3:07, 1:02:09.
func clockOf(d time.Duration) string {
	s := int64(d / time.Second)
	two := func(n int64) string {
		if n < 10 {
			return "0" + strconv.FormatInt(n, 10)
		}
		return strconv.FormatInt(n, 10)
	}
	if s >= 3600 {
		return strconv.FormatInt(s/3600, 10) + ":" + two(s/60%60) + ":" + two(s%60)
	}
	return strconv.FormatInt(s/60, 10) + ":" + two(s%60)
}

// callChip says what became of a call.
func callChip(ctx context.Context, k *ticketing.Call) components.ChipView {
	if k.Lasts() {
		return components.ChipView{Kind: "info", Icon: "phone-call", Text: web.T(ctx, "calls.lasts")}
	}
	v := components.ChipView{Text: web.T(ctx, "calls.result_unknown")}
	switch k.Result {
	case ticketing.CallAnswered:
		v = components.ChipView{Kind: "ok", Icon: "check", Text: web.T(ctx, "calls.result_answered")}
	case ticketing.CallVoicemail:
		v = components.ChipView{Kind: "warn", Icon: "microphone", Text: web.T(ctx, "calls.result_voicemail")}
	case ticketing.CallBusy:
		v = components.ChipView{Icon: "phone-x", Text: web.T(ctx, "calls.result_busy")}
	case ticketing.CallFailed:
		v = components.ChipView{Icon: "phone-off", Text: web.T(ctx, "calls.result_failed")}
	case ticketing.CallMissed:
		v = components.ChipView{Kind: "bad", Icon: "phone-x", Text: web.T(ctx, "calls.result_missed")}
		if k.Direction == ticketing.CallOut {
			v.Kind, v.Text = "", web.T(ctx, "calls.result_not_taken")
		}
	}
	return v
}

// revealCall shows the whole number of a call to who asked, and records it.
func (a *Area) revealCall(c echo.Context) error {
	if _, err := web.ReadForm(c); err != nil {
		return err
	}
	id, err := strconv.ParseInt(c.Param("call"), 10, 64)
	if err != nil {
		return &ticketing.Error{Kind: ticketing.NotFound, Key: "call.unknown"}
	}
	k, err := a.telephone.Reveal(c.Request().Context(), web.ActorOf(c), ticketing.CallID(id))
	if err != nil {
		return err
	}
	return a.showNumber(c, k.Party().E164)
}

// revealCallback shows the whole number that is to be called back.
func (a *Area) revealCallback(c echo.Context) error {
	if _, err := web.ReadForm(c); err != nil {
		return err
	}
	ctx, by := c.Request().Context(), web.ActorOf(c)
	row, err := a.row(c)
	if err != nil {
		return err
	}
	b, err := a.Reads.CallbackOf(ctx, row.ID)
	if err != nil {
		return err
	}
	if err := a.desk.Revealed(ctx, by, row.ID, ticketing.EventRevealed, map[string]any{"callback": true}); err != nil {
		return err
	}
	return a.showNumber(c, b.Number)
}

// showNumber gives a number to be called by a click: in place, or told on the
// page where the browser runs no scripts.
func (a *Area) showNumber(c echo.Context, e164 string) error {
	if e164 == "" {
		return &ticketing.Error{Kind: ticketing.NotFound, Key: "call.unknown"}
	}
	v := phoneView{whole: number.Format(e164, homeRegion)}
	if web.WantsFragment(c) {
		return web.Render(c, http.StatusOK, wholePhone(v))
	}
	ctx := c.Request().Context()
	a.Kit.AddFlash(c, web.Flash{Kind: "ok", Text: web.T(ctx, "calls.number_is", "Number", v.whole)})
	return web.Redirect(c, components.PageCalls)
}

// triedCallback records a call back that reached nobody.
func (a *Area) triedCallback(c echo.Context) error {
	if _, err := web.ReadForm(c); err != nil {
		return err
	}
	ctx := c.Request().Context()
	if err := a.telephone.Tried(ctx, web.ActorOf(c), ticketing.Reference(c.Param("ref"))); err != nil {
		return err
	}
	a.Kit.AddFlash(c, web.Flash{Kind: "ok", Text: web.T(ctx, "calls.tried_saved")})
	return web.Redirect(c, components.PageCalls)
}

func tabKey(name string) string {
	if name == "no-record" {
		return "no_record"
	}
	return name
}

func callbackPath(ref ticketing.Reference, do string) string {
	return components.PageCalls + "/callbacks/" + string(ref) + "/" + do
}

func revealPath(id ticketing.CallID) string {
	return components.PageCalls + "/" + strconv.FormatInt(int64(id), 10) + "/reveal"
}

func directionIcon(d ticketing.CallDirection) string {
	if d == ticketing.CallOut {
		return "phone-outgoing"
	}
	return "phone-incoming"
}

// navAttributes lets a list be walked by keys.
func navAttributes(on bool) templ.Attributes {
	if !on {
		return nil
	}
	return templ.Attributes{"data-list-nav": "page"}
}
