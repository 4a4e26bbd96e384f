package agent

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// ready gives where the ticket's ready-made answers are, and their names.
func (p *ticketPage) ready() (address string, names []components.Option) {
	if len(p.templates) == 0 {
		return "", nil
	}
	for i := range p.templates {
		names = append(names, components.Option{Value: strconv.FormatInt(int64(p.templates[i].ID), 10), Text: p.templates[i].Name})
	}
	return p.path + "/templates", names
}

// A readyView is a ready-made answer as the composer's list shows it.
type readyView struct {
	id   string
	name string
	head string // its first words, in the language it would be laid in
	tag  string // that language, when it is not the citizen's
}

// firstWords bounds what the list shows of an answer, in characters.
const firstWords = 90

// templates lists the ready-made answers for the ticket.
func (a *Area) templates(c echo.Context) error {
	ctx, by := c.Request().Context(), web.ActorOf(c)
	v, err := a.Reads.TicketView(ctx, by.Scope(), ticketing.Reference(c.Param("ref")))
	if err != nil {
		return err
	}
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	var list []readyView
	for _, x := range dir.TemplatesFor(v.Ticket.Department) {
		text, err := a.desk.Fill(by, dir, v, x.ID)
		if err != nil {
			return err
		}
		head := []rune(strings.Join(strings.Fields(text), " "))
		if len(head) > firstWords {
			head = append(head[:firstWords-1], '…')
		}
		r := readyView{id: strconv.FormatInt(int64(x.ID), 10), name: x.Name, head: string(head)}
		reader := v.Ticket.Language
		if _, in := x.TextIn(reader); reader != "" && in != reader && (in != lang.SrLatn || reader != lang.SrCyrl) {
			r.tag = in.Name()
		}
		list = append(list, r)
	}
	return web.Render(c, http.StatusOK, readyList(list))
}

// template gives one ready-made answer, filled in: plain text to be laid into
// what is being written.
func (a *Area) template(c echo.Context) error {
	ctx, by := c.Request().Context(), web.ActorOf(c)
	v, err := a.Reads.TicketView(ctx, by.Scope(), ticketing.Reference(c.Param("ref")))
	if err != nil {
		return err
	}
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	n, _ := strconv.ParseInt(c.Param("id"), 10, 64)
	text, err := a.desk.Fill(by, dir, v, ticketing.TemplateID(n))
	if err != nil {
		return err
	}
	return c.String(http.StatusOK, text)
}

// layIn puts a ready-made answer behind what was typed, for a browser without
// scripts; what was typed stays in the draft.
func (a *Area) layIn(c echo.Context, f *web.Form, id ticketing.TicketID, kind ticketing.DraftKind) error {
	if kind != ticketing.DraftNote {
		kind = ticketing.DraftReply
	}
	ctx, by, ref := c.Request().Context(), web.ActorOf(c), ticketing.Reference(c.Param("ref"))
	v, err := a.Reads.TicketView(ctx, by.Scope(), ref)
	if err != nil {
		return err
	}
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	text, err := a.desk.Fill(by, dir, v, ticketing.TemplateID(f.Int("template_"+string(kind), 1, 1<<62)))
	if err != nil {
		return err
	}
	m := typedMessage{draft: kind}
	if err := a.takeFiles(c, f, id, &m); err != nil { // kept with the draft
		return err
	}
	if typed := f.Text("text_"+string(kind), maxTyped); typed != "" {
		text = typed + "\n\n" + text
	}
	if err := a.Reads.SaveDraft(ctx, ticketing.Draft{Agent: by.Agent, Ticket: id, Kind: kind, Text: text, SavedAt: a.Bureau.Now()}); err != nil {
		return err
	}
	return web.Redirect(c, ticketing.TicketPath(ref)+"#text-"+string(kind))
}
