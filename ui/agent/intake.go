package agent

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// An intakePage is the ledger: every contact with its one disposition.
type intakePage struct {
	shell    components.StaffPage
	balance  ticketing.LedgerBalance
	agrees   bool
	channels string
	links    []sortLink
	query    string
	state    string
	period   string
	rows     []ledgerRow
	first    string
	next     string
	item     *itemView
	here     string // the page's own address
	outgoing bool   // may see letters that did not get through
}

// A ledgerRow is one line of the ledger.
type ledgerRow struct {
	href    string
	at      time.Time
	channel ticketing.Channel
	from    string
	subject string
	chip    components.ChipView
	ref     ticketing.Reference // "" when there is none, or not for this reader
	took    string
	current bool
}

// An itemView is the chosen item with what can be done about it.
type itemView struct {
	id      ticketing.LedgerID
	chip    components.ChipView
	facts   []components.FactView
	head    string // of the original; "" when it cannot be shown
	raw     string // address of the original; "" without the right
	retry   string // address; "" when there is nothing to retry
	byHand  string // address of the form for opening a ticket with what is known
	close   string // address of the page without the item
	warning bool   // the citizen has not been answered
}

// ledgerStates are the dispositions the page filters by.
var ledgerStates = []ticketing.LedgerState{
	ticketing.LedgerReceived, ticketing.LedgerQuarantined, ticketing.LedgerIgnored, ticketing.LedgerTicketed, ticketing.LedgerJoined, ticketing.LedgerDuplicate,
}

// periods are the stretches of time the page shows, by days.
var periods = map[string]int{"today": 0, "week": 6, "month": 29}

func (a *Area) intake(c echo.Context) error {
	p, err := a.intakePage(c)
	if err != nil {
		return err
	}
	if web.WantsFragment(c) {
		return web.Render(c, http.StatusOK, intakeRows(p))
	}
	return web.Render(c, http.StatusOK, intakeComponent(p))
}

// intakeItem shows the ledger with one item beside it.
func (a *Area) intakeItem(c echo.Context) error {
	e, err := a.ledgerItem(c)
	if err != nil {
		return err
	}
	p, err := a.intakePage(c)
	if err != nil {
		return err
	}
	p.item = a.itemOf(c, e)
	for i := range p.rows {
		p.rows[i].current = p.rows[i].href == c.Request().URL.RequestURI()
	}
	return web.Render(c, http.StatusOK, intakeComponent(p))
}

func (a *Area) intakePage(c echo.Context) (*intakePage, error) {
	ctx, by := c.Request().Context(), web.ActorOf(c)
	groups, err := a.Nav.Groups(ctx, by)
	if err != nil {
		return nil, err
	}
	p := &intakePage{
		shell:  components.StaffPage{Title: web.T(ctx, "nav.intake"), Nav: groups, Current: components.PageIntake, Area: "page page--wide"},
		period: c.QueryParam("period"), state: c.QueryParam("state"), outgoing: by.May(ticketing.RightRetry),
	}
	days, known := periods[p.period]
	if !known {
		p.period, days = "today", 0
	}
	now := web.PrinterOf(ctx).Now()
	y, m, d := now.Date()
	f := ticketing.LedgerFilter{From: time.Date(y, m, d-days, 0, 0, 0, 0, now.Location()), Limit: 50, Cursor: c.QueryParam("after"), Query: c.QueryParam("q")}
	if len(f.Query) > maxQuery || len(f.Cursor) > 500 {
		return nil, &ticketing.Error{Kind: ticketing.Invalid, Field: "q", Key: "queue.cursor"}
	}
	for _, s := range ledgerStates {
		if string(s) == p.state {
			f.State = s
		}
	}
	p.query, p.state = f.Query, string(f.State)
	p.here = p.address("", "after", f.Cursor)
	if p.balance, err = a.Reads.LedgerBalance(ctx, f.From, time.Time{}); err != nil {
		return nil, err
	}
	page, err := a.Reads.Ledger(ctx, f)
	if err != nil {
		return nil, err
	}
	p.fill(c, page)
	return p, nil
}

// maxQuery bounds what is searched for, in bytes.
const maxQuery = 200

func (p *intakePage) fill(c echo.Context, page ticketing.Page[ticketing.LedgerEntry]) {
	ctx, by := c.Request().Context(), web.ActorOf(c)
	b := p.balance
	p.agrees = b.Seen == b.Stored+b.Waiting+b.Quarantined+b.Ignored
	var parts []string
	for _, ch := range ticketing.Channels() {
		if n := b.ByChannel[ch]; n > 0 {
			parts = append(parts, web.T(ctx, "channel."+string(ch))+" "+web.PrinterOf(ctx).Number(int64(n)))
		}
	}
	p.channels = strings.Join(parts, " · ")
	for _, name := range []string{"today", "week", "month"} {
		p.links = append(p.links, sortLink{label: web.T(ctx, "intake.period_"+name), href: p.address("", "period", name), current: p.period == name})
	}
	for _, s := range ledgerStates {
		label, value := web.T(ctx, "ledger_state."+string(s)), string(s)
		if p.state == value {
			value = "" // pressing it again lets it go
		}
		p.links = append(p.links, sortLink{label: label, href: p.address("", "state", value), current: p.state == string(s)})
	}
	for _, e := range page.Items {
		p.rows = append(p.rows, p.row(ctx, by, e))
	}
	if c.QueryParam("after") != "" {
		p.first = p.address("", "", "")
	}
	if page.Next != "" {
		p.next = p.address("", "after", page.Next)
	}
}

// address gives the page's address, or that of an item within it, with one parameter changed.
func (p *intakePage) address(part, key, value string) string {
	q := url.Values{}
	for k, v := range map[string]string{"period": p.period, "state": p.state, "q": p.query, key: value} {
		if v != "" && k != "" {
			q.Set(k, v)
		}
	}
	if q.Get("period") == "today" {
		q.Del("period")
	}
	if key != "" && value == "" {
		q.Del(key)
	}
	if len(q) == 0 {
		return components.PageIntake + part
	}
	return components.PageIntake + part + "?" + q.Encode()
}

func (p *intakePage) row(ctx context.Context, by ticketing.Actor, e ticketing.LedgerEntry) ledgerRow {
	r := ledgerRow{
		href: p.address("/"+strconv.FormatInt(int64(e.ID), 10), "", ""), at: e.Arrival.ReceivedAt, channel: e.Arrival.Channel,
		from: plain(e.Arrival.From), subject: plain(e.Arrival.Subject), chip: ledgerChip(ctx, e), took: "–",
	}
	if !e.SettledAt.IsZero() {
		r.took = web.PrinterOf(ctx).Number(int64((e.SettledAt.Sub(e.StoredAt)+time.Second-1)/time.Second)) + "\u00a0s"
	}
	if by.May(ticketing.RightRead) {
		r.ref = e.TicketRef
	} else {
		r.from, r.subject = maskAddress(r.from), "•••" // an auditor sees that it is there, not what it says
	}
	return r
}

// plain drops what would turn the direction of the text around: the ledger
// shows what came before anybody read it (A08).
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if (unicode.IsControl(r) && r != '\t') || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, s)
}

// maskAddress leaves the first letter and the domain of a mail address.
func maskAddress(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 1 {
		return "•••"
	}
	for _, r := range address {
		return string(r) + "•••" + address[at:]
	}
	return "•••"
}

func ledgerChip(ctx context.Context, e ticketing.LedgerEntry) components.ChipView {
	v := components.ChipView{Text: web.T(ctx, "ledger_state."+string(e.State))}
	switch e.State {
	case ticketing.LedgerTicketed:
		v.Kind, v.Icon = "ok", "plus"
	case ticketing.LedgerJoined:
		v.Kind, v.Icon = "ok", "link"
	case ticketing.LedgerDuplicate:
		v.Icon = "copy"
	case ticketing.LedgerQuarantined:
		v.Kind, v.Icon = "bad", "alert-triangle"
	case ticketing.LedgerIgnored:
		v.Icon = "ban"
	case ticketing.LedgerReceived:
		v.Kind, v.Icon = "info", "hourglass"
	}
	if e.Reason != "" {
		v.Text += ": " + reasonText(ctx, e.Reason)
	}
	return v
}

func reasonText(ctx context.Context, reason string) string {
	switch reason {
	case ticketing.ReasonBeforeStart, ticketing.ReasonBounce, ticketing.ReasonLoop, ticketing.ReasonOversize, ticketing.ReasonPoison,
		ticketing.ReasonUnreadable, ticketing.ReasonByAgent, ticketing.ReasonCommand, ticketing.ReasonChoice:
		return web.T(ctx, "ledger_reason."+reason)
	}
	return reason
}

func (a *Area) ledgerItem(c echo.Context) (ticketing.LedgerEntry, error) {
	id, err := strconv.ParseInt(c.Param("item"), 10, 64)
	if err != nil {
		return ticketing.LedgerEntry{}, &ticketing.Error{Kind: ticketing.NotFound, Key: "intake.unknown"}
	}
	return a.Reads.LedgerItem(c.Request().Context(), ticketing.LedgerID(id))
}

func (a *Area) itemOf(c echo.Context, e ticketing.LedgerEntry) *itemView {
	ctx, by, pr := c.Request().Context(), web.ActorOf(c), web.PrinterOf(c.Request().Context())
	base := components.PageIntake + "/" + strconv.FormatInt(int64(e.ID), 10)
	v := &itemView{id: e.ID, chip: ledgerChip(ctx, e), close: components.PageIntake, warning: e.State == ticketing.LedgerQuarantined || e.State == ticketing.LedgerReceived}
	add := func(key, value string) {
		if value != "" {
			v.facts = append(v.facts, components.FactView{Label: web.T(ctx, key), Value: value})
		}
	}
	if e.Arrival.Box.Account != "" {
		add("intake.source", fmt.Sprintf("%s · %s · UID %d", e.Arrival.Box.Account, e.Arrival.Box.Folder, e.Arrival.UID))
	}
	add("ticket.received", pr.Exact(e.Arrival.ReceivedAt))
	add("intake.stored", pr.Exact(e.StoredAt))
	add("intake.digest", shortDigest(e.Arrival.RawSHA256)+" · "+pr.Size(e.Arrival.RawSize))
	if e.Reason != "" {
		add("ticket.reason", reasonText(ctx, e.Reason))
	}
	add("intake.attempts", pr.Number(int64(e.Attempts)))
	add("intake.last_error", e.LastError)
	if e.DuplicateOf != 0 {
		add("intake.duplicate_of", strconv.FormatInt(int64(e.DuplicateOf), 10))
	}
	if by.May(ticketing.RightRead) {
		add("intake.message_id", plain(e.Arrival.MessageID))
	}
	if by.May(ticketing.RightRaw) && e.Arrival.RawKey != "" {
		v.raw = base + "/raw"
		v.head = a.rawHead(ctx, e.Arrival.RawKey)
	}
	settled := e.State == ticketing.LedgerTicketed || e.State == ticketing.LedgerJoined || e.State == ticketing.LedgerDuplicate
	if by.May(ticketing.RightRetry) && !settled {
		v.retry = base + "/retry"
	}
	if by.May(ticketing.RightOpen) && !settled {
		v.byHand = "/agent/new?" + url.Values{
			"channel": {string(ticketing.ChannelLetter)}, "email": {e.Arrival.From}, "subject": {e.Arrival.Subject},
			"received_at": {pr.In(e.Arrival.ReceivedAt).Format(timeField)}, "reason": {web.T(ctx, "intake.by_hand_reason", "ID", strconv.FormatInt(int64(e.ID), 10))},
		}.Encode()
	}
	return v
}

func shortDigest(sha string) string {
	if len(sha) < 12 {
		return sha
	}
	return sha[:6] + "…" + sha[len(sha)-4:]
}

// maxHead bounds how much of an original's header is shown, in bytes.
const maxHead = 16 << 10

// rawHead gives the header lines of an original, "" when it cannot be read:
// the page then still offers the whole.
func (a *Area) rawHead(ctx context.Context, key string) string {
	body, err := a.Blobs.Open(ctx, key)
	if err != nil {
		return ""
	}
	defer func() { _ = body.Close() }() // only read from
	var b strings.Builder
	lines := bufio.NewScanner(io.LimitReader(body, maxHead))
	lines.Buffer(nil, maxHead)
	for lines.Scan() {
		line := strings.ToValidUTF8(strings.TrimRight(lines.Text(), "\r"), "\ufffd")
		if line == "" {
			break
		}
		b.WriteString(plain(line) + "\n")
	}
	return b.String()
}

// intakeRaw hands out the original of an item and records who took it.
func (a *Area) intakeRaw(c echo.Context) error {
	ctx, by := c.Request().Context(), web.ActorOf(c)
	e, err := a.ledgerItem(c)
	if err != nil {
		return err
	}
	if e.Arrival.RawKey == "" {
		return &ticketing.Error{Kind: ticketing.NotFound, Key: "intake.unknown"}
	}
	if _, err := a.Blobs.Size(ctx, e.Arrival.RawKey); err != nil {
		return err
	}
	what := map[string]any{"ledger": int64(e.ID)}
	if e.Ticket != 0 {
		err = a.desk.Revealed(ctx, by, e.Ticket, ticketing.EventRawRead, what)
	} else {
		err = a.record(ctx, by, ticketing.EventRawRead, what)
	}
	if err != nil {
		return err
	}
	return a.serveRaw(c, e.Arrival.RawKey, fmt.Sprintf("intake-%d.eml", e.ID))
}

// record appends an event to the chain of the installation.
func (a *Area) record(ctx context.Context, by ticketing.Actor, kind ticketing.EventKind, what map[string]any) error {
	at := a.Bureau.Now().UTC().Truncate(time.Microsecond)
	return a.Bureau.Store.InTx(ctx, func(tx ticketing.Tx) error {
		return tx.AppendEvent(ctx, &ticketing.Event{At: at, Actor: by.ID(), Kind: kind, Data: what})
	})
}

// intakeRetry puts an item back to be tried at once.
func (a *Area) intakeRetry(c echo.Context) error {
	e, err := a.ledgerItem(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	if err := a.Reads.RetryLedger(ctx, e.ID); err != nil {
		return err
	}
	a.Kit.AddFlash(c, web.Flash{Kind: "ok", Text: web.T(ctx, "intake.retried")})
	return web.Redirect(c, components.PageIntake+"/"+strconv.FormatInt(int64(e.ID), 10))
}
