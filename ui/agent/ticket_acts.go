package agent

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

type formComponent func(p *ticketPage, f *web.Form) templ.Component

// An act is one change of a ticket as a form asks for it.
type act func(ctx context.Context, by ticketing.Actor, t ticketing.Target, f *web.Form) error

// errTyped says that the form itself is in error.
var errTyped = errors.New("the form has errors")

// do runs an act and answers with what it changed. A refusal goes back into
// the dialog it came from, with what was typed; without a dialog it is shown by itself.
func (a *Area) do(c echo.Context, dialog string, run act) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	err = run(c.Request().Context(), web.ActorOf(c), target(c, f), f)
	if err == nil && f.OK() {
		return a.changed(c, nil)
	}
	if dialog != "" && refusal(f, err) {
		return a.refused(c, dialog, f, err)
	}
	return err
}

// refusal moves what a person can mend into the form.
func refusal(f *web.Form, err error) bool {
	var e *ticketing.Error
	switch {
	case errors.Is(err, errTyped), err == nil, f.Take(err):
		return true
	case errors.As(err, &e) && (e.Kind == ticketing.Stale || e.Kind == ticketing.Conflict):
		f.Fail("", e.Key)
		return true
	}
	return false
}

// refused answers with the form alone, or with the page and the dialog open.
func (a *Area) refused(c echo.Context, dialog string, f *web.Form, cause error) error {
	p, err := a.load(c, ticketing.Reference(c.Param("ref")))
	if err != nil {
		return err
	}
	p.dialog, p.form = dialog, f
	status := http.StatusUnprocessableEntity
	if k := ticketing.KindOf(cause); k == ticketing.Stale || k == ticketing.Conflict {
		status = http.StatusConflict
	}
	if !web.WantsFragment(c) {
		return a.show(c, status, p)
	}
	h := c.Response().Header()
	h.Set("HX-Retarget", "#form-"+dialog)
	h.Set("HX-Reswap", "outerHTML")
	return web.Render(c, status, p.refusedForm(dialog)(p, f))
}

// changed answers after an act: with the parts of the ticket, or by leading
// back to it. withComposer, when not nil, may change the page and asks for the
// composer to be renewed too.
func (a *Area) changed(c echo.Context, withComposer func(p *ticketPage)) error {
	ref := ticketing.Reference(c.Param("ref"))
	if !web.WantsFragment(c) {
		return web.Redirect(c, ticketing.TicketPath(ref))
	}
	p, err := a.load(c, ref)
	if errors.Is(err, ticketing.NotFound) { // it left this person's sight
		return web.Redirect(c, components.ViewMine)
	}
	if err != nil {
		return err
	}
	web.Trigger(c, components.DialogDone())
	p.stand = true
	if withComposer != nil {
		withComposer(p)
		p.composer.OOB = true
	}
	return web.Render(c, http.StatusOK, ticketParts(p, withComposer != nil))
}

// simple is an act without input.
func (a *Area) simple(c echo.Context, run func(context.Context, ticketing.Actor, ticketing.Target) (*ticketing.Ticket, error)) error {
	return a.do(c, "", func(ctx context.Context, by ticketing.Actor, t ticketing.Target, _ *web.Form) error {
		_, err := run(ctx, by, t)
		return err
	})
}

func (a *Area) validate(c echo.Context) error    { return a.simple(c, a.desk.Validate) }
func (a *Area) reject(c echo.Context) error      { return a.simple(c, a.desk.Reject) }
func (a *Area) resume(c echo.Context) error      { return a.simple(c, a.desk.Resume) }
func (a *Area) reopen(c echo.Context) error      { return a.simple(c, a.desk.Reopen) }
func (a *Area) voidEpisode(c echo.Context) error { return a.simple(c, a.desk.VoidEpisode) }
func (a *Area) spam(c echo.Context) error        { return a.simple(c, a.desk.MarkSpam) }
func (a *Area) notSpam(c echo.Context) error     { return a.simple(c, a.desk.MarkNotSpam) }
func (a *Area) revoke(c echo.Context) error      { return a.simple(c, a.desk.RevokeTracking) }

// requester makes another citizen, found by an address, the requester.
func (a *Area) requester(c echo.Context) error {
	return a.do(c, "requester", func(ctx context.Context, by ticketing.Actor, t ticketing.Target, f *web.Form) error {
		q := f.Required("address", ticketing.MaxAddress)
		if !by.May(ticketing.RightCitizens) { // before anything is looked up
			return &ticketing.Error{Kind: ticketing.Forbidden, Key: "access.forbidden"}
		}
		if !f.OK() {
			return errTyped
		}
		found, err := a.Reads.FindCitizens(ctx, q, 2)
		if err != nil {
			return err
		}
		if len(found) != 1 {
			f.Fail("address", "citizen.not_one")
			return errTyped
		}
		_, err = a.desk.SetRequester(ctx, by, t, found[0].ID)
		return err
	})
}

func (a *Area) assign(c echo.Context) error {
	return a.do(c, "assign", func(ctx context.Context, by ticketing.Actor, t ticketing.Target, f *web.Form) error {
		to := f.Int("assignee", 0, 1<<62)
		if !f.OK() {
			return errTyped
		}
		_, err := a.desk.Assign(ctx, by, t, ticketing.AgentID(to))
		return err
	})
}

func (a *Area) move(c echo.Context) error {
	return a.do(c, "move", func(ctx context.Context, by ticketing.Actor, t ticketing.Target, f *web.Form) error {
		to, reason := f.Int("department", 1, 1<<62), f.Text("reason", maxReason)
		if !f.OK() {
			return errTyped
		}
		_, err := a.desk.Move(ctx, by, t, ticketing.DepartmentID(to), reason)
		return err
	})
}

func (a *Area) change(c echo.Context) error {
	return a.do(c, "change", func(ctx context.Context, by ticketing.Actor, t ticketing.Target, f *web.Form) error {
		subject, place := f.Required("subject", ticketing.MaxSubject), f.Line("address", maxPlace)
		tags := tagsOf(f.Line("tags", maxTagsText))
		category := ticketing.Category{ID: ticketing.CategoryID(f.Int("category", 1, 1<<62))}
		priority, known := ticketing.ParsePriority(f.Value("priority"))
		if !known {
			f.Fail("priority", "form.choice")
		}
		if !f.OK() {
			return errTyped
		}
		// Only what differs is changed: a new category starts its promise anew.
		v, err := a.Reads.TicketView(ctx, by.Scope(), t.Ref)
		if err != nil {
			return err
		}
		_, err = a.desk.Change(ctx, by, t, difference(&v.Ticket, subject, tags, place, category, priority))
		return err
	})
}

func difference(t *ticketing.Ticket, subject string, tags []string, place string, category ticketing.Category, priority ticketing.Priority) ticketing.Change {
	ch := ticketing.Change{Tags: &tags}
	if subject != t.Subject {
		ch.Subject = &subject
	}
	if category.ID != t.Category {
		ch.Category = &category
	}
	if priority != t.Priority {
		ch.Priority = &priority
	}
	if place != t.Location.Address {
		l := t.Location
		l.Address = place
		ch.Location = &l
	}
	return ch
}

func (a *Area) wait(c echo.Context) error {
	return a.do(c, "wait", func(ctx context.Context, by ticketing.Actor, t ticketing.Target, f *web.Form) error {
		_, err := a.desk.Wait(ctx, by, t, ticketing.WaitReason(f.Line("reason", 20)))
		return err
	})
}

func (a *Area) resolve(c echo.Context) error {
	return a.do(c, "resolve", func(ctx context.Context, by ticketing.Actor, t ticketing.Target, f *web.Form) error {
		note := f.Line("note", maxNote)
		if !f.OK() {
			return errTyped
		}
		_, err := a.desk.Resolve(ctx, by, t, note)
		return err
	})
}

func (a *Area) closeTicket(c echo.Context) error {
	return a.do(c, "close", func(ctx context.Context, by ticketing.Actor, t ticketing.Target, f *web.Form) error {
		in := ticketing.CloseInput{
			Code: ticketing.ClosingCode(f.Line("code", 40)), Note: f.Line("note", maxNote), Silent: f.Checked("silent"),
			Duplicate: ticketing.Reference(f.Line("duplicate", 40)),
		}
		if in.Duplicate != "" {
			ref, err := ticketing.ParseReference(a.Bureau.Settings.Prefix, string(in.Duplicate))
			if err != nil {
				f.Fail("duplicate", "reference.malformed")
			}
			in.Duplicate = ref
		}
		if !f.OK() {
			return errTyped
		}
		_, err := a.desk.Close(ctx, by, t, in)
		return err
	})
}

func (a *Area) confirmSender(c echo.Context) error {
	return a.do(c, "", func(ctx context.Context, by ticketing.Actor, t ticketing.Target, _ *web.Form) error {
		id, err := messageID(c)
		if err != nil {
			return err
		}
		_, err = a.desk.ConfirmSender(ctx, by, t, id)
		return err
	})
}

func (a *Area) retryDelivery(c echo.Context) error {
	return a.do(c, "", func(ctx context.Context, by ticketing.Actor, t ticketing.Target, _ *web.Form) error {
		id, err := strconv.ParseInt(c.Param("delivery"), 10, 64)
		if err != nil {
			return &ticketing.Error{Kind: ticketing.NotFound, Field: "delivery", Key: "delivery.unknown"}
		}
		_, err = a.desk.RetryDelivery(ctx, by, t, ticketing.DeliveryID(id))
		return err
	})
}

// unread makes the ticket new again for this person and leaves it.
func (a *Area) unread(c echo.Context) error {
	by := web.ActorOf(c)
	row, err := a.row(c)
	if err != nil {
		return err
	}
	if err := a.Reads.MarkSeen(c.Request().Context(), by.Agent, row.ID, 0); err != nil {
		return err
	}
	return web.Redirect(c, components.ViewMine)
}

// reveal shows a telephone number whole, once, and records who asked.
func (a *Area) reveal(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	p, err := a.load(c, ticketing.Reference(c.Param("ref")))
	if err != nil {
		return err
	}
	for _, k := range p.phones {
		if strconv.FormatInt(int64(k.id), 10) != f.Value("contact") {
			continue
		}
		what := map[string]any{"contact": int64(k.id)}
		if err := a.desk.Revealed(c.Request().Context(), web.ActorOf(c), p.t.ID, ticketing.EventRevealed, what); err != nil {
			return err
		}
		if web.WantsFragment(c) {
			return web.Render(c, http.StatusOK, wholePhone(k))
		}
		p.revealed = k.id
		return a.show(c, http.StatusOK, p)
	}
	return &ticketing.Error{Kind: ticketing.NotFound, Field: "contact", Key: "citizen.unknown_contact"}
}

// row gives the ticket's line, which says that it is in the actor's scope.
func (a *Area) row(c echo.Context) (ticketing.TicketRow, error) {
	by := web.ActorOf(c)
	rows, err := a.Reads.TicketRows(c.Request().Context(), by.Scope(), []ticketing.Reference{ticketing.Reference(c.Param("ref"))}, by.Agent)
	if err != nil {
		return ticketing.TicketRow{}, err
	}
	if len(rows) != 1 {
		return ticketing.TicketRow{}, &ticketing.Error{Kind: ticketing.NotFound, Key: "ticket.unknown"}
	}
	return rows[0], nil
}

func messageID(c echo.Context) (ticketing.MessageID, error) {
	id, err := strconv.ParseInt(c.Param("message"), 10, 64)
	if err != nil || id <= 0 {
		return 0, &ticketing.Error{Kind: ticketing.NotFound, Field: "message", Key: "message.unknown"}
	}
	return ticketing.MessageID(id), nil
}
