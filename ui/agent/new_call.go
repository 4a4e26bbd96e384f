package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// A callBar is the call that a ticket is opened from, above the form.
type callBar struct {
	id      string
	number  string // masked
	party   string // E.164, for looking up; never shown
	started time.Time
	chip    components.ChipView
	took    string
	ref     ticketing.Reference // of the ticket it belongs to already
}

// callOf gives the call that the form is about; nil when it is about none.
func (a *Area) callOf(c echo.Context, f *web.Form) (*callBar, error) {
	text := f.Value("call")
	if text == "" {
		return nil, nil //nolint:nilnil // no call
	}
	ctx, by := c.Request().Context(), web.ActorOf(c)
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || !by.May(ticketing.RightCalls) {
		return nil, &ticketing.Error{Kind: ticketing.NotFound, Key: "call.unknown"}
	}
	k, err := a.Reads.CallByID(ctx, ticketing.CallID(id))
	if err != nil {
		return nil, err
	}
	b := &callBar{
		id: text, number: maskedNumber(ctx, k.Party()), party: k.Party().E164, started: k.Started, chip: callChip(ctx, &k.Call), ref: k.Ref,
	}
	if k.Talk > 0 {
		b.took = clockOf(k.Talk)
	}
	now := a.Bureau.Now()
	if f.Value("reason") == "" && now.Sub(k.Started) > withoutRecord {
		f.Set("reason", web.T(ctx, "new.call_later"))
	}
	if f.Value("from_call") == "" {
		f.Set("from_call", "1")
		f.Set("received_at", web.PrinterOf(ctx).In(k.Started).Format(timeField+":05"))
	}
	return b, nil
}

// fromCall completes a ticket with the call it is opened from: the number is the
// call's unless another was typed.
func (a *Area) fromCall(ctx context.Context, by ticketing.Actor, f *web.Form, in *ticketing.OpenInput) error {
	if f.Value("call") == "" || !by.May(ticketing.RightCalls) {
		return nil
	}
	id, err := strconv.ParseInt(f.Value("call"), 10, 64)
	if err != nil {
		return &ticketing.Error{Kind: ticketing.NotFound, Key: "call.unknown"}
	}
	k, err := a.Reads.CallByID(ctx, ticketing.CallID(id))
	if err != nil {
		return err
	}
	in.Call = k.ID
	if in.Phone == "" {
		in.Phone = k.Party().E164
	}
	return nil
}

// bindCall adds a call to a ticket that is there already.
func (a *Area) bindCall(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(c.Param("call"), 10, 64)
	if err != nil {
		return &ticketing.Error{Kind: ticketing.NotFound, Key: "call.unknown"}
	}
	ctx, ref := c.Request().Context(), ticketing.Reference(f.Line("ref", 40))
	if err := a.telephone.Bind(ctx, web.ActorOf(c), ticketing.CallID(id), ref); err != nil {
		return err
	}
	a.Kit.AddFlash(c, web.Flash{Kind: "ok", Text: web.T(ctx, "calls.bound")})
	return web.Redirect(c, ticketing.TicketPath(ref))
}

// alike finds tickets in work at the place that is typed: the same hole in the
// same street is one hole.
func (a *Area) alike(ctx context.Context, by ticketing.Actor, p *newPage) error {
	place := strings.TrimSpace(strings.Trim(p.form.Value("address"), "0123456789 .,/-"))
	if len(place) < 4 || len(place) > maxQuery {
		return nil
	}
	page, err := a.Reads.Tickets(ctx, ticketing.TicketFilter{Scope: by.Scope(), Query: place, Sort: ticketing.SortReceived, Desc: true, Limit: 5}, by.Agent)
	p.similar = page.Items
	return err
}

// draftNew is the draft of the form for a ticket opened by hand. An agent has one,
// on whatever machine they sit.
const draftNew ticketing.DraftKind = "new"

// draftFields are what is kept of the form: what was typed of the conversation.
var draftFields = []string{"channel", "name", "email", "phone", "subject", "category", "address", "text", "priority", "language", "receipt", "call", "from_call", "received_at", "reason"}

// takeDraft fills the form with what was kept, and gives when it was. A form for
// another call begins empty.
func (a *Area) takeDraft(ctx context.Context, by ticketing.Actor, f *web.Form, call string) (time.Time, error) {
	d, err := a.Reads.Draft(ctx, by.Agent, 0, draftNew)
	if err != nil {
		if errors.Is(err, ticketing.NotFound) {
			err = nil
		}
		return time.Time{}, err
	}
	var kept map[string]string
	if err := json.Unmarshal([]byte(d.Text), &kept); err != nil {
		return time.Time{}, fmt.Errorf("read draft: %w", err)
	}
	if call != "" && kept["call"] != call {
		return time.Time{}, nil
	}
	for _, name := range draftFields {
		if v, ok := kept[name]; ok {
			f.Set(name, v)
		}
	}
	return d.SavedAt, nil
}

// saveNewDraft keeps what is being typed; a form without words is forgotten.
func (a *Area) saveNewDraft(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	kept, worth := map[string]string{}, false
	for _, name := range draftFields {
		v := f.Value(name)
		if len(v) > maxTyped {
			return &ticketing.Error{Kind: ticketing.TooLarge, Field: name, Key: "reply.too_long"}
		}
		kept[name] = v
		switch name {
		case "name", "email", "phone", "subject", "address", "text":
			worth = worth || strings.TrimSpace(v) != ""
		}
	}
	d := ticketing.Draft{Agent: web.ActorOf(c).Agent, Kind: draftNew, SavedAt: a.Bureau.Now()}
	if worth {
		text, err := json.Marshal(kept)
		if err != nil {
			return err
		}
		d.Text = string(text)
	}
	if err := a.Reads.SaveDraft(c.Request().Context(), d); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// discardNewDraft forgets the draft and begins anew.
func (a *Area) discardNewDraft(c echo.Context) error {
	if _, err := web.ReadForm(c); err != nil {
		return err
	}
	a.dropNewDraft(c.Request().Context(), web.ActorOf(c))
	return web.Redirect(c, "/agent/new")
}

// dropNewDraft forgets the draft of what was saved. That it stays is no reason to
// refuse anything: it is offered once more, that is all.
func (a *Area) dropNewDraft(ctx context.Context, by ticketing.Actor) {
	_ = a.Reads.SaveDraft(ctx, ticketing.Draft{Agent: by.Agent, Kind: draftNew, SavedAt: a.Bureau.Now()})
}

// solvedOnCall answers the ticket by what was said and resolves it. Where the
// category demands more, the ticket stays open and the agent is told why.
func (a *Area) solvedOnCall(c echo.Context, f *web.Form, t *ticketing.Ticket) error {
	ctx, by := c.Request().Context(), web.ActorOf(c)
	text := web.T(a.Kit.Context(ctx, t.Language), "new.solved_text")
	in := ticketing.ReplyInput{
		Text: text, ByPhone: true, Resolve: true, Once: ticketing.Once{Caller: by.ID(), Key: "ui:solved:" + f.Line("once", 64), Hash: string(t.Ref)},
	}
	if _, _, err := a.desk.Reply(ctx, by, ticketing.Target{Ref: t.Ref}, in); err != nil {
		var told *ticketing.Error
		if !errors.As(err, &told) || told.Kind == ticketing.Internal {
			return err
		}
		a.Kit.AddFlash(c, web.Flash{Kind: "bad", Text: web.T(ctx, "new.not_solved")})
		return web.Redirect(c, ticketing.TicketPath(t.Ref))
	}
	a.Kit.AddFlash(c, web.Flash{Kind: "ok", Text: web.T(ctx, "new.solved_done", "Ref", string(t.Ref))})
	return web.Redirect(c, "/agent/new")
}
