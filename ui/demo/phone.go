package demo

import (
	"context"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// A Text is a text message on a citizen's telephone.
type Text struct {
	Body   string
	Mine   bool   // written on this telephone
	State  string // "queued", "delivered", "undelivered", "received"
	Photos int
	At     time.Time
}

// Phones are the telephones of the demo's citizens.
type Phones interface {
	// Numbers gives the telephones one may write from.
	Numbers() []string
	// Bureau is the number to write to.
	Bureau() string
	// Texts gives what the telephone has, the newest last.
	Texts(number string) []Text
	// Call rings the bureau, by the events of a telephone system: "call" is taken
	// after a while, "missed" by nobody, "voicemail" by the mailbox.
	Call(ctx context.Context, number, how string) error
	// Send writes to the bureau, by the provider's signed webhook.
	Send(ctx context.Context, number, body string, photos [][]byte) error
}

// MountPhone serves the page at /demo/phone.
func MountPhone(phones Phones) web.Mount {
	return func(kit *web.Kit, e *echo.Echo) {
		h := &phoneHandlers{phones}
		g := kit.PublicUploads(e, "/demo/phone")
		g.GET("", h.show)
		g.POST("", h.send)
		g.POST("/call", h.call)
	}
}

type phoneHandlers struct{ phones Phones }

type phonePage struct {
	as      string
	numbers []string
	bureau  string
	texts   []Text
	rang    bool
	form    *web.Form
}

func (h *phoneHandlers) page(c echo.Context) (phonePage, error) {
	p := phonePage{numbers: h.phones.Numbers(), bureau: h.phones.Bureau(), as: c.QueryParam("as"), form: web.NewForm(), rang: c.QueryParam("rang") != ""}
	if len(p.numbers) == 0 {
		return p, &ticketing.Error{Kind: ticketing.NotFound, Key: "demo.no_citizens"}
	}
	if !slices.Contains(p.numbers, p.as) {
		p.as = p.numbers[0]
	}
	p.texts = h.phones.Texts(p.as)
	return p, nil
}

func (h *phoneHandlers) show(c echo.Context) error {
	p, err := h.page(c)
	if err != nil {
		return err
	}
	return web.Render(c, 200, phoneComponent(p))
}

// maxText is what a telephone lets its owner write.
const maxText = 1600

func (h *phoneHandlers) send(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	p, err := h.page(c)
	if err != nil {
		return err
	}
	body := f.Text("body", maxText)
	attached, err := files(c)
	if err != nil {
		return err
	}
	if body == "" && len(attached) == 0 {
		f.Fail("body", "form.required")
	}
	if p.form = f; !f.OK() {
		return web.Render(c, 422, phoneComponent(p))
	}
	var photos [][]byte
	for _, a := range attached {
		photos = append(photos, a.Data)
	}
	if err := h.phones.Send(c.Request().Context(), p.as, body, photos); err != nil {
		f.Fail("", "demo.phone_refused")
		return web.Render(c, 422, phoneComponent(p))
	}
	return web.Redirect(c, "/demo/phone?as="+escapePlus(p.as)+"#last")
}

// call rings the bureau from the telephone.
func (h *phoneHandlers) call(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	p, err := h.page(c)
	if err != nil {
		return err
	}
	if how := f.Choice("how", "call", "missed", "voicemail"); f.OK() {
		if err := h.phones.Call(c.Request().Context(), p.as, how); err != nil {
			f.Fail("", "demo.phone_refused")
		}
	}
	if p.form = f; !f.OK() {
		return web.Render(c, 422, phoneComponent(p))
	}
	return web.Redirect(c, "/demo/phone?as="+escapePlus(p.as)+"&rang=1")
}

// escapePlus writes the plus of a number in a query.
func escapePlus(number string) string {
	if number != "" && number[0] == '+' {
		return "%2B" + number[1:]
	}
	return number
}

func phoneShell() components.PortalPage {
	return components.PortalPage{Title: "Demo", Home: "/", Current: "/demo/phone"}
}
