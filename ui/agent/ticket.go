package agent

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/number"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// A ticketPage is everything a ticket's page shows.
type ticketPage struct {
	shell     components.StaffPage
	pane      bool // beside a list rather than on a page of its own
	stand     bool // parts are sent by themselves, each to its place (out of band)
	path      string
	t         ticketing.Ticket
	citizen   *ticketing.Citizen
	now       time.Time
	tag       lang.Tag
	state     components.ChipView
	due       components.Due
	where     string
	category  string
	district  string // "" when it is not known
	assignee  *components.Person
	entries   []entry
	clocks    []components.ClockView
	facts     []components.FactView
	custody   custodyView
	referrals []bodyView
	consults  []consultView
	bodies    []components.Option
	outside   *components.ChipView     // how an outside body stands to it
	newest    ticketing.MessageID      // of all messages, notes too: up to here it is read
	sees      string                   // what an outside body would be shown of it; "" = nothing
	present   []components.PresentView // who else has it open
	composer  components.ComposerView
	others    []ticketing.TicketRow
	phones    []phoneView
	revealed  ticketing.ContactID // whose number is shown whole, this once
	may       may
	people    []components.Option
	places    []components.Option
	kinds     []components.Option // categories
	templates []ticketing.Template
	proof     ticketing.Proof
	dialog    string              // name of the dialog that stands open: asked for by address, or refused
	form      *web.Form           // what was typed into it; nil when nothing was
	undo      *undoView           // the message that can still be taken back
	undone    ticketing.MessageID // the message that was: its offer goes
	why       *whyView
}

// may says which controls the page shows; what they do is checked again where
// it is done.
type may struct {
	write, reply, validate, spam, reveal, requester    bool
	inWork, resolved, closed, isSpam, awaits, voidable bool
}

type phoneView struct {
	id     ticketing.ContactID
	masked string
	whole  string // for the one who asked and was recorded
}

// An entry is one line of the timeline: a day, a message or an event.
type entry struct {
	call    *callEntry
	day     time.Time
	message *messageView
	icon    string
	text    string
	at      time.Time
}

// A messageView is a message with what an agent may do about it.
type messageView struct {
	components.MessageView
	takeBack string   // address; "" when it left or is not theirs
	confirm  string   // address that accepts a held sender
	retries  []string // addresses, one per failed delivery
	raw      string
	subject  string // when it differs from the ticket's
}

// load reads the ticket and prepares its page.
func (a *Area) load(c echo.Context, ref ticketing.Reference) (*ticketPage, error) {
	ctx, by := c.Request().Context(), web.ActorOf(c)
	v, err := a.Reads.TicketView(ctx, by.Scope(), ref)
	if err != nil {
		return nil, err
	}
	dir, err := a.directory(c)
	if err != nil {
		return nil, err
	}
	p := &ticketPage{
		pane: inPane(c), path: ticketing.TicketPath(v.Ticket.Ref), t: v.Ticket, citizen: v.Citizen, others: v.Others,
		now: web.PrinterOf(ctx).Now(), tag: web.Language(ctx),
	}
	p.state = components.StateChip(ctx, p.t.State)
	if k, ok := dir.Category(p.t.Category); ok {
		p.category, p.proof, p.sees = ticketing.NameIn(k.Names, p.tag), k.Proof, passes(ctx, k)
	}
	if d, ok := dir.District(p.t.District); ok {
		p.district = d.Name(p.tag)
	}
	if d, ok := dir.Department(p.t.Department); ok {
		p.where = ticketing.NameIn(d.Names, p.tag)
	}
	if g, ok := dir.Agent(p.t.Assignee); ok {
		p.assignee = &components.Person{ID: g.ID, Name: g.Name}
	}
	p.may = rights(by, &p.t)
	p.clocks, p.due = clocks(ctx, dir.Rules, p)
	called, err := a.Reads.CallsOf(ctx, v.Ticket.ID)
	if err != nil {
		return nil, err
	}
	p.entries = timeline(ctx, by, dir, v, p.path, callEntries(ctx, by, dir, called))
	p.facts = p.factList(ctx)
	p.custody, p.referrals, p.bodies = custody(ctx, dir, v, p), referralViews(ctx, dir, p), bodyOptions(ctx, dir)
	p.consults = consultViews(ctx, by, dir, p)
	p.outside = outsideChip(ctx, dir, ticketing.OutsideOf(p.t.State, p.t.Referrals))
	if n := len(v.Messages); n > 0 {
		p.newest = v.Messages[n-1].ID
	}
	p.present = a.present(dir, p.t.ID, by)
	p.people, p.places, p.kinds = people(dir, by, p.t.Department), places(c, dir), categories(ctx, dir)
	for _, k := range contacts(p.citizen, ticketing.ContactPhone) {
		p.phones = append(p.phones, phoneView{k.ID, number.Mask(k.Address, homeRegion), number.Format(k.Address, homeRegion)})
	}
	p.templates = dir.TemplatesFor(p.t.Department)
	if p.composer, err = a.composer(c, p); err != nil {
		return nil, err
	}
	return p, nil
}

// inPane reports whether the ticket is shown beside a list: htmx says which
// element it asks for, and every form of the pane says so again.
func inPane(c echo.Context) bool {
	if !web.WantsFragment(c) {
		return false
	}
	return c.Request().Header.Get("HX-Target") == "ticket" || c.FormValue("pane") == "1"
}

func rights(by ticketing.Actor, t *ticketing.Ticket) may {
	here := by.Scope().Sees(t.Department)
	m := may{
		write: here && by.May(ticketing.RightWrite), reply: here && by.May(ticketing.RightReply),
		validate: here && by.May(ticketing.RightValidate), spam: here && by.May(ticketing.RightSpam),
		reveal: by.May(ticketing.RightReveal), requester: by.May(ticketing.RightCitizens),
		inWork: t.State.InWork(), resolved: t.State == ticketing.StateResolved, closed: t.State == ticketing.StateClosed,
		isSpam: t.Code == ticketing.CodeSpam, awaits: t.Awaits(),
	}
	m.voidable = t.Episode > 1 && t.AnsweredAt.IsZero() && t.State == ticketing.StateOpen
	return m
}

func categories(ctx context.Context, dir *ticketing.Directory) []components.Option {
	var out []components.Option
	for _, k := range dir.Categories {
		if !k.Disabled {
			out = append(out, components.Option{Value: strconv.FormatInt(int64(k.ID), 10), Text: ticketing.NameIn(k.Names, web.Language(ctx))})
		}
	}
	return out
}

func contacts(c *ticketing.Citizen, kind ticketing.ContactKind) []ticketing.Contact {
	if c == nil {
		return nil
	}
	var out []ticketing.Contact
	for _, k := range c.Contacts {
		if k.Kind == kind {
			out = append(out, k)
		}
	}
	return out
}

// ticket shows a ticket: as a page, or beside the list it was opened from.
func (a *Area) ticket(c echo.Context) error {
	p, err := a.load(c, ticketing.Reference(c.Param("ref")))
	if err != nil {
		return err
	}
	p.dialog = c.QueryParam("open")
	return a.show(c, http.StatusOK, p)
}

// live renews what others may have changed: everything but the composer, in
// which somebody is writing.
func (a *Area) live(c echo.Context) error {
	p, err := a.load(c, ticketing.Reference(c.Param("ref")))
	if err != nil {
		return err
	}
	if err := a.recordRead(c, p); err != nil {
		return err
	}
	p.stand = true
	return web.Render(c, http.StatusOK, ticketParts(p, false))
}

// recordRead records that the ticket was looked at, and up to where.
func (a *Area) recordRead(c echo.Context, p *ticketPage) error {
	ctx, by := c.Request().Context(), web.ActorOf(c)
	if err := a.desk.Opened(ctx, by, p.t.ID); err != nil {
		return err
	}
	rows, err := a.Reads.TicketRows(ctx, by.Scope(), []ticketing.Reference{p.t.Ref}, by.Agent)
	if err != nil || len(rows) > 0 && !rows[0].Unread {
		return err // a page that was seen already costs no commit
	}
	return a.Reads.MarkSeen(ctx, by.Agent, p.t.ID, p.newest)
}

// show answers with the ticket, and records that it was read.
func (a *Area) show(c echo.Context, status int, p *ticketPage) error {
	if err := a.recordRead(c, p); err != nil {
		return err
	}
	if web.WantsFragment(c) {
		return web.Render(c, status, ticketFragment(p))
	}
	ctx := c.Request().Context()
	groups, err := a.Nav.Groups(ctx, web.ActorOf(c))
	if err != nil {
		return err
	}
	p.shell = components.StaffPage{Title: p.t.Subject, Layout: "ticket", Nav: groups}
	return web.Render(c, status, ticketPageComponent(p))
}

// factList is the properties pane.
func (p *ticketPage) factList(ctx context.Context) []components.FactView {
	pr := web.PrinterOf(ctx)
	list := []components.FactView{
		{Label: web.T(ctx, "ticket.department"), Value: p.where},
		{Label: web.T(ctx, "ticket.category"), Value: p.category},
		{Label: web.T(ctx, "ticket.priority"), Value: web.T(ctx, "priority."+p.t.Priority.String())},
		{Label: web.T(ctx, "ticket.received"), Value: pr.DateTime(p.t.ReceivedAt)},
	}
	who := web.T(ctx, "ticket.nobody")
	if p.assignee != nil {
		who = p.assignee.Name
	}
	list = append(list[:1], append([]components.FactView{{Label: web.T(ctx, "ticket.assignee"), Value: who}}, list[1:]...)...)
	if p.t.Location.Address != "" {
		list = append(list, components.FactView{Label: web.T(ctx, "ticket.location"), Value: p.t.Location.Address})
	}
	if p.district != "" {
		list = append(list, components.FactView{Label: web.T(ctx, "routing.district"), Value: p.district})
	}
	if p.t.Episode > 1 {
		list = append(list, components.FactView{Label: web.T(ctx, "ticket.episode"), Value: strconv.Itoa(p.t.Episode)})
	}
	if p.t.Code != "" {
		list = append(list, components.FactView{Label: web.T(ctx, "ticket.code"), Value: web.T(ctx, "code."+string(p.t.Code))})
	}
	if p.t.ClosingNote != "" {
		list = append(list, components.FactView{Label: web.T(ctx, "ticket.closing_note"), Value: p.t.ClosingNote})
	}
	return list
}
