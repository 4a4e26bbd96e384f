package agent

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/number"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// timeField is how browsers write an input of type datetime-local.
const timeField = "2006-01-02T15:04"

// byHand are the channels a ticket is typed in from.
var byHand = []ticketing.Channel{ticketing.ChannelPhone, ticketing.ChannelCounter, ticketing.ChannelLetter}

// A newPage is the form for a ticket opened by hand, in the order of the
// conversation.
type newPage struct {
	shell      components.StaffPage
	form       *web.Form
	channels   []components.Option
	categories []components.Option
	priorities []components.Option
	langs      []components.Option
	known      []citizenRow          // whose address or number it may be
	earlier    []ticketing.TicketRow // their tickets
	similar    []ticketing.TicketRow // in work at the same place
	call       *callBar              // that the ticket is opened from
	draftAt    time.Time             // when what is shown was kept; zero: it was not
	said       *saidView             // what to read to the citizen of the one just saved
}

// A saidView is what the agent reads out after a ticket was saved.
type saidView struct {
	path   string
	digits string // the reference in twos, for dictation
	number string // "The number of your ticket is"
	lang   string // of all of it
	text   string
	why    string
}

func (a *Area) newTicket(c echo.Context) error {
	ctx := c.Request().Context()
	f := web.NewForm("channel", string(ticketing.ChannelPhone), "priority", ticketing.PriorityNormal.String(),
		"language", string(a.Bureau.Settings.Language), "receipt", "1", "once", randomKey(),
		"received_at", web.PrinterOf(ctx).Now().Format(timeField))
	draftAt, err := a.takeDraft(ctx, web.ActorOf(c), f, c.QueryParam("call"))
	if err != nil {
		return err
	}
	for _, name := range []string{"channel", "name", "email", "phone", "subject", "received_at", "reason", "call"} {
		if v := c.QueryParam(name); v != "" && len(v) <= ticketing.MaxSubject {
			f.Set(name, v)
		}
	}
	p, err := a.newPage(c, f)
	if err != nil {
		return err
	}
	p.draftAt = draftAt
	if done := c.QueryParam("done"); done != "" {
		if p.said, err = a.said(ctx, web.ActorOf(c), ticketing.Reference(done)); err != nil {
			return err
		}
	}
	return web.Render(c, http.StatusOK, newComponent(p))
}

func (a *Area) newPage(c echo.Context, f *web.Form) (*newPage, error) {
	ctx, by := c.Request().Context(), web.ActorOf(c)
	groups, err := a.Nav.Groups(ctx, by)
	if err != nil {
		return nil, err
	}
	dir, err := a.directory(c)
	if err != nil {
		return nil, err
	}
	p := &newPage{
		shell: components.StaffPage{Title: web.T(ctx, "shell.new"), Nav: groups, Current: "/agent/new", Area: "page"}, form: f,
		priorities: priorityOptions(ctx),
	}
	for _, ch := range byHand {
		p.channels = append(p.channels, components.Option{Value: string(ch), Text: web.T(ctx, "channel."+string(ch))})
	}
	p.categories = append([]components.Option{{Value: "0", Text: web.T(ctx, "new.no_category")}}, categories(ctx, dir)...)
	for _, t := range lang.Tags() {
		p.langs = append(p.langs, components.Option{Value: string(t), Text: t.Name()})
	}
	if p.call, err = a.callOf(c, f); err != nil {
		return nil, err
	}
	return p, a.recognise(ctx, by, p)
}

// recognise looks up who it may be by the address or number that was typed,
// and what they have already. A number proves nobody: they are shown, not taken.
func (a *Area) recognise(ctx context.Context, by ticketing.Actor, p *newPage) error {
	if !by.May(ticketing.RightCitizens) {
		return nil
	}
	if err := a.alike(ctx, by, p); err != nil {
		return err
	}
	asked := []string{p.form.Value("phone"), p.form.Value("email")}
	if p.call != nil {
		asked[0] = cmp.Or(asked[0], p.call.party)
	}
	for _, q := range asked {
		if len(q) < 5 || len(q) > maxQuery {
			continue
		}
		found, err := a.Reads.FindCitizens(ctx, q, 3)
		if err != nil {
			return err
		}
		p.known = append(p.known, citizenRows(found)...)
		for i := range found {
			page, err := a.Reads.Tickets(ctx, ticketing.TicketFilter{
				Scope: by.Scope(), All: true, Citizen: found[i].ID, Sort: ticketing.SortReceived, Desc: true, Limit: 5,
			}, by.Agent)
			if err != nil {
				return err
			}
			p.earlier = append(p.earlier, page.Items...)
		}
	}
	return nil
}

// openTicket opens the ticket and leads to it, or to the next form with what
// to say about this one.
func (a *Area) openTicket(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	ctx, by := c.Request().Context(), web.ActorOf(c)
	if f.Value("do") == "look" { // a browser without scripts asks who it may be
		return a.newAgain(c, f, http.StatusOK)
	}
	in := a.openInput(ctx, f, by)
	if err := a.openFiles(c, f, &in); err != nil {
		return err
	}
	if !f.OK() {
		return a.newAgain(c, f, http.StatusUnprocessableEntity)
	}
	if err := a.fromCall(ctx, by, f, &in); err != nil {
		return err
	}
	t, err := a.desk.Open(ctx, by, in)
	if err != nil {
		if !refusal(f, err) {
			return err
		}
		return a.newAgain(c, f, http.StatusUnprocessableEntity)
	}
	a.dropNewDraft(ctx, by)
	if f.Value("do") == "solved" {
		return a.solvedOnCall(c, f, t)
	}
	if f.Value("do") == "next" {
		return web.Redirect(c, "/agent/new?"+url.Values{"done": {string(t.Ref)}, "channel": {string(in.Channel)}}.Encode())
	}
	return web.Redirect(c, ticketing.TicketPath(t.Ref))
}

func (a *Area) newAgain(c echo.Context, f *web.Form, status int) error {
	p, err := a.newPage(c, f)
	if err != nil {
		return err
	}
	return web.Render(c, status, newComponent(p))
}

func (a *Area) openInput(ctx context.Context, f *web.Form, by ticketing.Actor) ticketing.OpenInput {
	in := ticketing.OpenInput{
		Channel: ticketing.Channel(f.Line("channel", 20)), Subject: f.Line("subject", ticketing.MaxSubject), Text: f.Text("text", maxTyped),
		Category: ticketing.CategoryID(f.Int("category", 0, 1<<62)), Location: ticketing.Location{Address: f.Line("address", maxPlace)},
		Language: lang.Tag(f.Line("language", 20)), Name: f.Line("name", ticketing.MaxName), Email: f.Line("email", ticketing.MaxAddress),
		Phone: phoneOf(f, "phone"), Reason: f.Line("reason", maxNote), Receipt: f.Checked("receipt"),
	}
	if !slices.Contains(byHand, in.Channel) {
		f.Fail("channel", "form.choice")
	}
	if in.Language != "" && !in.Language.Valid() {
		f.Fail("language", "form.choice")
	}
	var known bool
	if in.Priority, known = ticketing.ParsePriority(f.Value("priority")); !known {
		f.Fail("priority", "form.choice")
	}
	if at := f.Line("received_at", 30); at != "" {
		zone := web.PrinterOf(ctx).Now().Location()
		t, err := time.ParseInLocation(timeField, at, zone)
		if err != nil {
			t, err = time.ParseInLocation(timeField+":05", at, zone)
		}
		if err != nil {
			f.Fail("received_at", "new.bad_time")
		}
		in.ReceivedAt = t
	}
	if key := f.Line("once", 64); key != "" {
		sum := sha256.Sum256([]byte(in.Subject + "\x00" + in.Text + "\x00" + in.Email + "\x00" + in.Phone))
		in.Once = ticketing.Once{Caller: by.ID(), Key: "ui:" + key, Hash: hex.EncodeToString(sum[:])}
	}
	return in
}

// openFiles keeps files that came with the form. They belong to no ticket yet.
func (a *Area) openFiles(c echo.Context, f *web.Form, in *ticketing.OpenInput) error {
	form := c.Request().MultipartForm
	if form == nil || !f.OK() {
		return nil
	}
	if !goodFiles(f, form.File["file"]) {
		return nil
	}
	for _, h := range form.File["file"] {
		u, err := a.keepUpload(c.Request().Context(), web.ActorOf(c), 0, ticketing.DraftReply, h)
		if err != nil {
			return err
		}
		in.Uploads = append(in.Uploads, u.ID)
	}
	return nil
}

// said is what the citizen is told about the ticket: its number and until when.
func (a *Area) said(ctx context.Context, by ticketing.Actor, ref ticketing.Reference) (*saidView, error) {
	v, err := a.Reads.TicketView(ctx, by.Scope(), ref)
	if err != nil {
		return nil, err
	}
	dir, err := a.Bureau.Store.Directory(ctx)
	if err != nil {
		return nil, err
	}
	// What is read out is in the caller's language, whatever the agent's pages speak.
	if tag := v.Ticket.Language; tag.Valid() {
		ctx = a.Kit.Context(ctx, tag)
	}
	s := &saidView{path: ticketing.TicketPath(v.Ticket.Ref), digits: dictated(v.Ticket.Ref), number: web.T(ctx, "new.say_number"), text: web.T(ctx, "new.say_validation"), lang: string(web.Language(ctx))}
	for _, k := range v.Ticket.Clocks {
		if k.Kind != ticketing.ClockAnswer || k.Due.IsZero() {
			continue
		}
		s.text = web.T(ctx, "new.say_due", "Due", web.PrinterOf(ctx).Deadline(k.Due))
		if x, err := dir.Rules.Explain(k, v.Ticket.Pauses, a.Bureau.Now()); err == nil {
			s.why = a.Sentence(web.Language(ctx), x)
		}
	}
	return s, nil
}

// dictated writes a reference in groups that are easy to say: digits by twos.
func dictated(ref ticketing.Reference) string {
	parts := strings.Split(string(ref), "-")
	for i, p := range parts {
		if _, err := strconv.Atoi(p); err != nil || len(p) < 3 {
			continue
		}
		var groups []string
		for len(p) > 0 {
			n := 2 - len(p)%2
			groups = append(groups, p[:n])
			p = p[n:]
		}
		parts[i] = strings.Join(groups, "\u202f")
	}
	return strings.Join(parts, " – ")
}

// recognised renews who it may be while the agent types.
func (a *Area) recognised(c echo.Context) error {
	p := &newPage{form: web.NewForm("phone", c.QueryParam("phone"), "email", c.QueryParam("email"), "address", c.QueryParam("address"), "call", c.QueryParam("call"))}
	call, err := a.callOf(c, p.form)
	if err != nil {
		return err
	}
	p.call = call
	if n := number.Parse(p.form.Value("phone"), homeRegion); n.E164 != "" {
		p.form.Set("phone", n.E164)
	}
	if err := a.recognise(c.Request().Context(), web.ActorOf(c), p); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, newSide(p))
}
