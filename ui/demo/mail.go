package demo

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// A Letter is a mail as its reader sees it.
type Letter struct {
	From, To, Subject, Text string
	MessageID               string // for answering
	ReplyTo                 string
	At                      time.Time
}

// A File is attached to a mail that is sent.
type File struct {
	Name string
	Data []byte
}

// A Draft is a mail to be sent.
type Draft struct {
	From, To, Subject, Text string
	InReplyTo               string // Message-ID of the mail answered, "" for a new one
	Files                   []File
}

// Office is the demo's mail servers, as a mail program uses them.
type Office interface {
	// Citizens gives the addresses one may write as: of citizens, then of the
	// outside bodies that tickets are referred to.
	Citizens() []string
	// Bureau is the address to write to.
	Bureau() string
	// Read gives the newest mails of the citizen's mailbox, through IMAP.
	Read(ctx context.Context, citizen string) ([]Letter, error)
	// Send hands a mail over, through SMTP.
	Send(ctx context.Context, d Draft) error
}

// Mount serves the page at /demo/mail.
func Mount(office Office) web.Mount {
	return func(kit *web.Kit, e *echo.Echo) {
		h := &handlers{office}
		g := kit.PublicUploads(e, "/demo/mail")
		g.GET("", h.show)
		g.POST("", h.send)
	}
}

type handlers struct{ office Office }

type mailPage struct {
	as       string
	citizens []string
	bureau   string
	letters  []Letter
	form     *web.Form
	answer   *Letter // the mail that is being answered; nil for a new one
	sent     bool
}

func (h *handlers) page(c echo.Context) (mailPage, error) {
	p := mailPage{citizens: h.office.Citizens(), bureau: h.office.Bureau(), as: c.QueryParam("as"), sent: c.QueryParam("sent") != ""}
	if len(p.citizens) == 0 {
		return p, &ticketing.Error{Kind: ticketing.NotFound, Key: "demo.no_citizens"}
	}
	if !slices.Contains(p.citizens, p.as) {
		p.as = p.citizens[0]
	}
	var err error
	if p.letters, err = h.office.Read(c.Request().Context(), p.as); err != nil {
		return p, err
	}
	p.form = web.NewForm("to", p.bureau)
	for i := range p.letters {
		if id := c.QueryParam("answer"); id != "" && p.letters[i].MessageID == id {
			l := p.letters[i]
			p.answer = &l
			p.form = web.NewForm("to", replyTo(l), "subject", "Re: "+l.Subject, "answer", l.MessageID)
		}
	}
	return p, nil
}

func replyTo(l Letter) string {
	if l.ReplyTo != "" {
		return l.ReplyTo
	}
	return l.From
}

func (h *handlers) show(c echo.Context) error {
	p, err := h.page(c)
	if err != nil {
		return err
	}
	return web.Render(c, 200, mailComponent(p))
}

// maxFile bounds one attached file.
const maxFile = 10 << 20

func (h *handlers) send(c echo.Context) error {
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	p, err := h.page(c)
	if err != nil {
		return err
	}
	d := Draft{
		From: p.as, To: f.Required("to", 254), Subject: f.Line("subject", 300), Text: f.Text("text", 50_000), InReplyTo: f.Line("answer", 300),
	}
	if d.Text == "" {
		f.Fail("text", "form.required")
	}
	if d.Files, err = files(c); err != nil {
		return err
	}
	p.form = f
	if !f.OK() {
		return web.Render(c, 422, mailComponent(p))
	}
	if err := h.office.Send(c.Request().Context(), d); err != nil {
		f.Fail("", "demo.refused")
		return web.Render(c, 422, mailComponent(p))
	}
	return web.Redirect(c, "/demo/mail?sent=1&as="+p.as)
}

func files(c echo.Context) ([]File, error) {
	form := c.Request().MultipartForm
	if form == nil {
		return nil, nil
	}
	var out []File
	for _, head := range form.File["files"] {
		if head.Size == 0 || len(out) == 5 {
			continue
		}
		if head.Size > maxFile {
			return nil, &ticketing.Error{Kind: ticketing.TooLarge, Field: "files", Key: "form.file_too_large"}
		}
		f, err := head.Open()
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(io.LimitReader(f, maxFile))
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			return nil, err
		}
		out = append(out, File{Name: web.FileLabel(head.Filename), Data: data})
	}
	return out, nil
}

func shell() components.PortalPage {
	return components.PortalPage{Title: "Demo", Home: "/", Current: "/demo/mail"}
}
