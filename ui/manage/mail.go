package manage

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/web"
)

// A mailView is the state of e-mail: the mailboxes, the outbox and the ledger.
type mailView struct {
	Page    settingsPage
	Boxes   []ticketing.MailboxHealth
	Address map[string]string // of each account
	Orders  map[string]orderView
	Out     outView
	Ledger  ticketing.LedgerBalance
	MayFree bool
}

// An outView sums the outbox up.
type outView struct {
	Counts    map[ticketing.DeliveryState]int
	Waiting   int
	OldestFor time.Duration // how long the oldest one waits
	Failed    int
	Held      int
}

// addConfigured adds the accounts nobody has reported on yet.
func (v *mailView) addConfigured(accounts []ticketing.Account) {
	for _, acc := range accounts {
		if acc.Channel != ticketing.ChannelEmail {
			continue
		}
		v.Address[acc.Name] = acc.Address
		if !slices.ContainsFunc(v.Boxes, func(h ticketing.MailboxHealth) bool { return h.Account == acc.Name }) {
			v.Boxes = append(v.Boxes, ticketing.MailboxHealth{Account: acc.Name, State: "connecting"})
		}
	}
}

// bad counts mailboxes that want attention.
func (v mailView) bad() int {
	n := 0
	for _, h := range v.Boxes {
		if healthKind(h.State) == "bad" {
			n++
		}
	}
	return n
}

// balanced reports whether everything that was seen has its disposition (I13).
func (v mailView) balanced() bool {
	l := v.Ledger
	return l.Seen == l.Stored+l.Waiting+l.Quarantined+l.Ignored
}

// lateAfter is how long an outgoing letter may wait before the page says so.
const lateAfter = 15 * time.Minute

func (v outView) kind() string {
	switch {
	case v.Failed > 0, v.OldestFor > time.Hour:
		return "broken"
	case v.OldestFor > lateAfter, v.Held > 0:
		return "poor"
	}
	return "good"
}

func healthIcon(kind string) string {
	switch kind {
	case "good":
		return "circle-check"
	case "poor":
		return "alert-triangle"
	}
	return "circle-x"
}

// stateText says what a mailbox's state means and what to press.
func stateText(ctx context.Context, h ticketing.MailboxHealth) string {
	if slices.Contains([]string{"ok", "connecting", "auth_failed", "folder_missing", "unreachable", "tls", "standby", "paused"}, h.State) {
		return web.T(ctx, "mail.state_"+h.State)
	}
	return web.T(ctx, "mail.state_error")
}

func remedyText(ctx context.Context, h ticketing.MailboxHealth) string {
	if slices.Contains([]string{"auth_failed", "folder_missing", "unreachable", "tls"}, h.State) {
		return web.T(ctx, "mail.remedy_"+h.State)
	}
	return web.T(ctx, "mail.remedy_error")
}

func (a *Area) mailPage(c echo.Context) error {
	ctx := c.Request().Context()
	page, err := a.settings(c, "mail.title", pageMail)
	if err != nil {
		return err
	}
	v := mailView{Page: page, Address: map[string]string{}, Orders: map[string]orderView{}, MayFree: web.ActorOf(c).May(ticketing.RightOutgoing)}
	if v.Boxes, err = a.Reads.MailboxHealths(ctx); err != nil {
		return err
	}
	v.addConfigured(a.Mailboxes)
	if err := a.addOrders(c, &v); err != nil {
		return err
	}
	if v.Out, err = a.outbox(ctx); err != nil {
		return err
	}
	now := web.PrinterOf(ctx).Now()
	if v.Ledger, err = a.Reads.LedgerBalance(ctx, now.AddDate(0, 0, -30), now); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, mailPageView(v))
}

func (a *Area) outbox(ctx context.Context) (outView, error) {
	counts, oldest, err := a.Reads.DeliveryCounts(ctx)
	if err != nil {
		return outView{}, err
	}
	v := outView{Counts: counts, Failed: counts[ticketing.DeliveryFailed] + counts[ticketing.DeliveryBounced], Held: counts[ticketing.DeliveryHeld]}
	v.Waiting = counts[ticketing.DeliveryPending] + counts[ticketing.DeliverySending] + counts[ticketing.DeliveryRetry]
	if v.Waiting > 0 && !oldest.IsZero() {
		v.OldestFor = max(0, web.PrinterOf(ctx).Now().Sub(oldest))
	}
	return v, nil
}

// heldAtOnce bounds how many held letters one press settles.
const heldAtOnce = 500

// releaseHeld lets letters go that a restore from a backup holds back, or takes
// them back.
func (a *Area) releaseHeld(c echo.Context) error {
	ctx := c.Request().Context()
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	send := f.Choice("do", "send", "drop") == "send"
	if !f.OK() {
		return &ticketing.Error{Kind: ticketing.Invalid, Field: "do", Key: "form.choice"}
	}
	held, err := a.Reads.DeliveriesIn(ctx, ticketing.DeliveryHeld, heldAtOnce)
	if err != nil {
		return err
	}
	ids := make([]ticketing.DeliveryID, 0, len(held))
	for _, d := range held {
		ids = append(ids, d.ID)
	}
	n, err := a.Reads.ReleaseHeld(ctx, ids, send)
	if err != nil {
		return err
	}
	event := ticketing.Event{
		At: a.Kit.Now().UTC().Truncate(time.Microsecond), Actor: web.ActorOf(c).ID(), Kind: ticketing.EventAdmin,
		Data: map[string]any{"held": strconv.Itoa(n), "sent": send},
	}
	err = a.Bureau.Store.InTx(ctx, func(tx ticketing.Tx) error {
		e := event // a transaction may run twice
		return tx.AppendEvent(ctx, &e)
	})
	if err != nil {
		return err
	}
	a.Kit.AddFlash(c, web.Flash{Kind: "ok", Text: web.N(ctx, "mail.released", n)})
	return web.Redirect(c, pageMail)
}
