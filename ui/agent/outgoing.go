package agent

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// An outgoingPage lists letters that did not get through.
type outgoingPage struct {
	shell  components.StaffPage
	groups []outgoingGroup
	free   bool // may release what is held
}

type outgoingGroup struct {
	state ticketing.DeliveryState
	list  []ticketing.Delivery
	total int
}

// outgoingStates are those somebody must look at.
var outgoingStates = []ticketing.DeliveryState{
	ticketing.DeliveryHeld, ticketing.DeliveryFailed, ticketing.DeliveryBounced, ticketing.DeliveryUnknown, ticketing.DeliveryRetry,
}

const pageOutgoing = "/agent/outgoing"

func (a *Area) outgoing(c echo.Context) error {
	ctx, by := c.Request().Context(), web.ActorOf(c)
	groups, err := a.Nav.Groups(ctx, by)
	if err != nil {
		return err
	}
	p := outgoingPage{
		shell: components.StaffPage{Title: web.T(ctx, "outgoing.title"), Nav: groups, Current: components.PageIntake, Area: "page page--wide"},
		free:  by.May(ticketing.RightOutgoing),
	}
	counts, _, err := a.Reads.DeliveryCounts(ctx)
	if err != nil {
		return err
	}
	for _, s := range outgoingStates {
		if counts[s] == 0 {
			continue
		}
		list, err := a.Reads.DeliveriesIn(ctx, s, 100)
		if err != nil {
			return err
		}
		p.groups = append(p.groups, outgoingGroup{state: s, list: list, total: counts[s]})
	}
	return web.Render(c, http.StatusOK, outgoingComponent(p))
}

// outgoingRetry tries one letter again, whatever ticket it belongs to.
func (a *Area) outgoingRetry(c echo.Context) error {
	ctx, by := c.Request().Context(), web.ActorOf(c)
	id, err := strconv.ParseInt(c.Param("delivery"), 10, 64)
	if err != nil {
		return &ticketing.Error{Kind: ticketing.NotFound, Field: "delivery", Key: "delivery.unknown"}
	}
	var ref ticketing.Reference
	err = a.Bureau.Store.InTx(ctx, func(tx ticketing.Tx) error {
		ref = ""
		d, err := tx.Delivery(ctx, ticketing.DeliveryID(id))
		if err != nil {
			return err
		}
		t, err := tx.TicketByID(ctx, d.Ticket)
		if err != nil {
			return err
		}
		ref = t.Ref
		return nil
	})
	if err != nil {
		return err
	}
	if _, err := a.desk.RetryDelivery(ctx, by, ticketing.Target{Ref: ref}, ticketing.DeliveryID(id)); err != nil {
		return err
	}
	a.Kit.AddFlash(c, web.Flash{Kind: "ok", Text: web.T(ctx, "outgoing.retried")})
	return web.Redirect(c, pageOutgoing)
}

// outgoingHeld lets chosen letters go that a restore holds back, or takes them
// back.
func (a *Area) outgoingHeld(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	send := f.Choice("do", "send", "drop") == "send"
	var ids []ticketing.DeliveryID
	for _, s := range f.All("delivery") {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			ids = append(ids, ticketing.DeliveryID(n))
		}
	}
	if !f.OK() || len(ids) == 0 {
		return &ticketing.Error{Kind: ticketing.Invalid, Field: "delivery", Key: "outgoing.nothing"}
	}
	ctx := c.Request().Context()
	n, err := a.Reads.ReleaseHeld(ctx, ids, send)
	if err != nil {
		return err
	}
	a.Kit.AddFlash(c, web.Flash{Kind: "ok", Text: web.N(ctx, "outgoing.released", n)})
	return web.Redirect(c, pageOutgoing)
}

// ticketByID leads from an identifier, as rows of other lists have it, to the
// ticket's page.
func (a *Area) ticketByID(c echo.Context) error {
	ctx, by := c.Request().Context(), web.ActorOf(c)
	unknown := &ticketing.Error{Kind: ticketing.NotFound, Key: "ticket.unknown"}
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return unknown
	}
	var ref ticketing.Reference
	err = a.Bureau.Store.InTx(ctx, func(tx ticketing.Tx) error {
		ref = ""
		t, err := tx.TicketByID(ctx, ticketing.TicketID(id))
		if err != nil {
			return err
		}
		_, err = tx.Ticket(ctx, by.Scope(), t.Ref)
		ref = t.Ref
		return err
	})
	if errors.Is(err, ticketing.NotFound) {
		return unknown
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, ticketing.TicketPath(ref))
}
