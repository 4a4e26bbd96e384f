package manage

import (
	"context"
	"errors"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/web"
)

// An orderView is what operators asked of a mailbox and what can be asked now.
type orderView struct {
	ticketing.MailboxOrder
	who     string
	Known   bool // in the configuration: something can be asked
	Pending bool // asked, not heeded yet by whoever reads the mailbox
}

// addOrders adds what was asked of each mailbox.
func (a *Area) addOrders(c echo.Context, v *mailView) error {
	ctx := c.Request().Context()
	dir, err := a.directory(c)
	if err != nil {
		return err
	}
	for _, h := range v.Boxes {
		o, err := a.Reads.MailboxOrder(ctx, h.Account)
		if err != nil {
			return err
		}
		_, known := v.Address[h.Account]
		view := orderView{MailboxOrder: o, Known: known, Pending: o.Paused != (h.State == "paused")}
		if g, ok := dir.Agent(o.By); ok {
			view.who = g.Name
		}
		v.Orders[h.Account] = view
	}
	return nil
}

// text says who asked for a pause and when, "" when nobody did.
func (o orderView) text(ctx context.Context) string {
	switch {
	case o.Paused && o.Pending:
		return web.T(ctx, "mail.pausing")
	case o.Paused:
		return web.T(ctx, "mail.paused_by", "Name", o.who, "Ago", web.PrinterOf(ctx).Ago(o.At))
	case o.Pending:
		return web.T(ctx, "mail.resuming")
	}
	return ""
}

// orderMailbox asks the process that reads a mailbox to pause, go on or try now.
func (a *Area) orderMailbox(c echo.Context) error {
	ctx := c.Request().Context()
	if _, err := web.ReadForm(c); err != nil {
		return err
	}
	what := c.Param("order")
	err := a.registry.OrderMailbox(ctx, web.ActorOf(c), c.Param("account"), what)
	switch {
	case errors.Is(err, ticketing.Conflict):
		a.Kit.AddFlash(c, web.Flash{Text: web.T(ctx, "mailbox.paused")})
	case errors.Is(err, ticketing.Invalid):
		return ticketing.NotFound // no such address
	case err != nil:
		return err
	default:
		a.Kit.AddFlash(c, web.Flash{Kind: "ok", Text: web.T(ctx, "mail.asked_"+what)})
	}
	return web.Redirect(c, pageMail)
}
