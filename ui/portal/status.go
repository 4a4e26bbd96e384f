package portal

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// A statusView is what the requester sees of their ticket.
type statusView struct {
	Page     components.PortalPage
	Code     string
	Ref      ticketing.Reference
	Subject  string
	Promise  promiseView
	Steps    []stepView
	Story    []entryView
	CanWrite bool
	CanDeny  bool
	Closed   bool
	Told     string // masked address that news go to; "" = none
	Message  *web.Form
	Deny     *web.Form
	Done     string // what was just done, in words
}

// A promiseView is the box with the deadline.
type promiseView struct {
	Chip  components.ChipView
	Label string // "you get an answer by"
	When  string // the biggest text of the page
	Note  string
	Why   string
}

// A stepView is one step of the way of a request.
type stepView struct {
	Name string
	When string
	Done bool
	Now  bool
}

// An entryView is one line of what happened so far, newest first.
type entryView struct {
	At    time.Time
	Who   string
	Text  string
	Note  string
	Files []components.FileView
}

func (a *Area) statusPage(c echo.Context) error {
	v, err := a.find(c, c.Param("ref"), c.QueryParam("k"))
	if ticketing.KindOf(err) == ticketing.NotFound {
		f := web.NewForm("reference", c.Param("ref"))
		f.Fail("reference", "status.unknown")
		return a.showLookUp(c, http.StatusNotFound, f)
	}
	if err != nil {
		return err
	}
	done := ""
	if d := c.QueryParam("done"); d == "message" || d == "reopen" {
		done = web.T(c.Request().Context(), "status.done_"+d)
	}
	return a.showStatus(c, http.StatusOK, v, c.QueryParam("k"), statusForms{done: done})
}

// statusForms are the forms of the page when it is shown again.
type statusForms struct {
	message, deny *web.Form
	done          string
}

func (a *Area) showStatus(c echo.Context, status int, v *ticketing.TicketView, code string, forms statusForms) error {
	ctx := c.Request().Context()
	dir, err := a.Bureau.Store.Directory(ctx)
	if err != nil {
		return err
	}
	t := &v.Ticket
	now := web.PrinterOf(ctx).Now()
	href := func(tag lang.Tag) string { return statusLink(tag, t.Ref, code) }
	p := statusView{
		Page: a.shell(ctx, t.Subject, ticketing.StatusPath(web.Language(ctx), ""), href),
		Code: code, Ref: t.Ref, Subject: t.Subject, Promise: a.promise(ctx, t, dir), Steps: steps(ctx, t, dir),
		Story: story(ctx, v, dir, code), CanWrite: t.IsOpenFor(now), CanDeny: !t.State.InWork() && t.IsOpenFor(now),
		Closed: !t.State.InWork(), Told: maskAddress(t.ReplyTo.Address), Message: forms.message, Deny: forms.deny, Done: forms.done,
	}
	if p.Message == nil {
		p.Message = web.NewForm()
	}
	if p.Deny == nil {
		p.Deny = web.NewForm()
	}
	return web.Render(c, status, statusPage(p))
}

// promise says where the ticket stands, honestly: what is due, what is late,
// what was done.
func (a *Area) promise(ctx context.Context, t *ticketing.Ticket, dir *ticketing.Directory) promiseView {
	p := web.PrinterOf(ctx)
	v := promiseView{Chip: components.StateChip(ctx, t.State)}
	v.Chip.Text = web.T(ctx, "status.state_"+t.State.String())
	if v.Chip.Icon == "" {
		v.Chip.Icon = "clock"
	}
	switch t.State {
	case ticketing.StateResolved:
		v.Label, v.When, v.Note = web.T(ctx, "status.event_resolved"), p.LongDay(t.ResolvedAt), t.ClosingNote
		return v
	case ticketing.StateClosed:
		v.Label, v.When, v.Note = web.T(ctx, "code."+string(t.Code)), p.LongDay(t.ClosedAt), t.ClosingNote
		return v
	case ticketing.StateReceived, ticketing.StateOpen, ticketing.StateWaiting:
	}
	k, ok := answerClock(t)
	switch {
	case !ok:
		v.Label = web.T(ctx, "status.in_hand")
	case k.State == ticketing.ClockPending:
		v.Label, v.When = web.T(ctx, "status.after_validation"), web.T(ctx, "status.within", "Span", p.Span(k.Target))
	case !k.MetAt.IsZero():
		v.Label, v.When = web.T(ctx, "status.answered"), p.LongDay(k.MetAt)
	case k.Late(p.Now()):
		v.Label, v.When, v.Note = web.T(ctx, "status.late"), p.Deadline(k.Due), web.T(ctx, "status.late_text")
	default:
		v.Label, v.When = web.T(ctx, "status.by"), p.Deadline(k.Due)
	}
	if ok && !k.StartedAt.IsZero() && k.MetAt.IsZero() {
		if x, err := dir.Rules.Explain(k, t.Pauses, p.Now()); err == nil {
			v.Why = a.Sentence(web.Language(ctx), x)
		}
	}
	if t.State == ticketing.StateWaiting && t.Waiting == ticketing.WaitCitizen {
		v.Note = web.T(ctx, "status.waits_for_you")
	}
	return v
}

// answerClock gives the promise that matters now: the next unanswered message's
// if there is one, else that of the episode's first answer.
func answerClock(t *ticketing.Ticket) (ticketing.Clock, bool) {
	var found ticketing.Clock
	ok := false
	for _, k := range t.Clocks {
		if k.Episode != t.Episode {
			continue
		}
		switch k.Kind {
		case ticketing.ClockAnswer:
			if !ok {
				found, ok = k, true
			}
		case ticketing.ClockNextAnswer:
			found, ok = k, true
		case ticketing.ClockValidation, ticketing.ClockResolve, ticketing.ClockLeg, ticketing.ClockCallback:
		}
	}
	return found, ok
}

// steps are received, validated, with whom, solved.
func steps(ctx context.Context, t *ticketing.Ticket, dir *ticketing.Directory) []stepView {
	p := web.PrinterOf(ctx)
	day := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return p.Day(at)
	}
	finished := !t.State.InWork()
	list := []stepView{{Name: web.T(ctx, "status.step_received"), When: day(t.ReceivedAt), Done: true}}
	validation := slices.ContainsFunc(t.Clocks, func(k ticketing.Clock) bool { return k.Kind == ticketing.ClockValidation })
	if validation {
		list = append(list, stepView{Name: web.T(ctx, "status.step_validated"), When: day(t.ValidatedAt), Done: finished || !t.ValidatedAt.IsZero(), Now: !finished && t.ValidatedAt.IsZero()})
	}
	if b, ok := dir.Body(t.Body); ok && !finished {
		list = append(list, stepView{
			Name: web.T(ctx, "status.step_with", "Department", ticketing.NameIn(b.Names, web.Language(ctx))), When: day(t.CustodyAt), Now: true,
		})
	} else if d, ok := dir.Department(t.Department); ok {
		waiting := validation && t.ValidatedAt.IsZero()
		list = append(list, stepView{
			Name: web.T(ctx, "status.step_with", "Department", ticketing.NameIn(d.Names, web.Language(ctx))),
			When: day(t.CustodyAt), Done: finished, Now: !finished && !waiting,
		})
	}
	last := stepView{Name: web.T(ctx, "status.step_solved"), Done: finished}
	if finished {
		last.Name = web.T(ctx, "status.state_"+t.State.String())
		last.When = day(latest(t.ResolvedAt, t.ClosedAt))
	}
	return append(list, last)
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// story tells what happened so far, newest first: the requester's own words,
// the bureau's, and where the ticket went. Of the same instant, what was done
// comes after what was said.
func story(ctx context.Context, v *ticketing.TicketView, dir *ticketing.Directory, code string) []entryView {
	var out []entryView
	for _, e := range v.Events {
		if line, ok := eventEntry(ctx, e, dir); ok {
			out = append(out, line)
		}
	}
	for i := range v.Messages {
		m := &v.Messages[i]
		if !shown(v, m) {
			continue
		}
		e := entryView{At: m.ReceivedAt, Who: web.T(ctx, "status.bureau"), Text: m.Text, Files: files(ctx, v.Ticket.Ref, m, code)}
		if m.Direction == ticketing.In {
			e.Who, e.Text = web.T(ctx, "status.you"), m.Text[:min(max(m.FoldAt, 0), len(m.Text))]
		} else if strings.HasPrefix(m.By, "body:") {
			e.Who = m.Author.Name
		}
		out = append(out, e)
	}
	slices.SortStableFunc(out, func(x, y entryView) int { return y.At.Compare(x.At) })
	return out
}

// shown reports whether a message is the requester's own or the bureau's to
// them. Notes, machines, third parties and other participants are not (A72).
func shown(v *ticketing.TicketView, m *ticketing.Message) bool {
	switch m.Direction {
	case ticketing.Out:
		return m.TakenBackAt.IsZero()
	case ticketing.In:
		return m.FromCitizen() && m.Machine == ticketing.MachineNone && isRequester(v, m.Author.Address)
	case ticketing.Note:
	}
	return false
}

// isRequester reports whether the address is the requester's; what agents and
// the portal enter has none.
func isRequester(v *ticketing.TicketView, address string) bool {
	if address == "" || strings.EqualFold(address, v.Ticket.ReplyTo.Address) {
		return true
	}
	return v.Citizen != nil && slices.ContainsFunc(v.Citizen.Contacts, func(k ticketing.Contact) bool { return strings.EqualFold(k.Address, address) })
}

// files lists the attachments of a shown message; what cannot be shown safely
// is saved by its name.
func files(ctx context.Context, ref ticketing.Reference, m *ticketing.Message, code string) []components.FileView {
	var out []components.FileView
	for _, f := range m.Files {
		href := ticketing.StatusPath(web.Language(ctx), ref) + "/files/" + strconv.FormatInt(int64(f.ID), 10) + "?k=" + code
		v := components.FileView{Name: web.FileLabel(f.Name), Size: f.Size, Href: href}
		if web.ShownInline(f.ContentType) {
			v.Thumb = href + "&inline=1"
			v.Href = v.Thumb // opened rather than saved
		}
		out = append(out, v)
	}
	return out
}

// eventEntry gives the few events that concern the requester.
func eventEntry(ctx context.Context, e ticketing.Event, dir *ticketing.Directory) (entryView, bool) {
	switch e.Kind {
	case ticketing.EventMoved:
		d, ok := movedTo(e, dir)
		if !ok {
			return entryView{}, false
		}
		name := ticketing.NameIn(d.Names, web.Language(ctx))
		return entryView{At: e.At, Who: web.T(ctx, "status.moved", "Department", name), Text: web.T(ctx, "status.moved_text")}, true
	case ticketing.EventReferred, ticketing.EventAccepted, ticketing.EventRefused:
		return referralEntry(ctx, e, dir)
	case ticketing.EventResolved:
		return entryView{At: e.At, Who: web.T(ctx, "status.event_resolved")}, true
	case ticketing.EventClosed:
		return entryView{At: e.At, Who: web.T(ctx, "status.event_closed")}, true
	case ticketing.EventReopened:
		return entryView{At: e.At, Who: web.T(ctx, "status.event_reopened"), Text: web.T(ctx, "status.event_reopened_text")}, true
	default:
		return entryView{}, false
	}
}

// maskAddress shows enough of an address to recognise it: "marko.dj@…".
func maskAddress(address string) string {
	local, _, ok := strings.Cut(address, "@")
	if !ok || local == "" {
		return ""
	}
	return local + "@…"
}

func containsFold(s, part string) bool { return strings.Contains(strings.ToLower(s), part) }
