package portal

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/web"
)

// maxMessage is how long a message of the status page may be, in characters.
const maxMessage = 10_000

// write adds a message of the requester, with photos, to their ticket.
func (a *Area) write(c echo.Context) error {
	return a.act(c, "message", func(ctx context.Context, f *web.Form, v *ticketing.TicketView) error {
		text := f.Text("text", maxMessage)
		photos, err := photosOf(c, f, v)
		if err != nil {
			return err
		}
		if text == "" && len(photos) == 0 {
			f.Fail("text", "reply.empty")
		}
		if !f.OK() {
			return nil
		}
		files, err := a.keep(ctx, photos)
		if err != nil {
			return err
		}
		return a.counter.Write(ctx, v.Ticket.Ref, text, files)
	})
}

// deny says that it is not solved, with photos of what is left to do: the ticket
// is opened again.
func (a *Area) deny(c echo.Context) error {
	return a.act(c, "reopen", func(ctx context.Context, f *web.Form, v *ticketing.TicketView) error {
		text := f.Text("why", maxMessage)
		photos, err := photosOf(c, f, v)
		if err != nil || !f.OK() {
			return err
		}
		files, err := a.keep(ctx, photos)
		if err != nil {
			return err
		}
		return a.counter.Deny(ctx, v.Ticket.Ref, text, files)
	})
}

// act checks the code, does the thing and goes back to the status page; what
// was typed comes back with what is wrong about it.
func (a *Area) act(c echo.Context, what string, do func(ctx context.Context, f *web.Form, v *ticketing.TicketView) error) error {
	ctx := c.Request().Context()
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	code := f.Line("k", 40)
	v, err := a.find(c, c.Param("ref"), code)
	if err != nil {
		return err
	}
	err = do(ctx, f, v)
	if err != nil && (ticketing.KindOf(err) != ticketing.Invalid || !f.Take(err)) {
		return err
	}
	if !f.OK() {
		forms := statusForms{message: f}
		if what == "reopen" {
			forms = statusForms{deny: f}
		}
		return a.showStatus(c, http.StatusUnprocessableEntity, v, code, forms)
	}
	return web.Redirect(c, statusLink(web.Language(ctx), v.Ticket.Ref, code)+"&done="+what)
}

// file gives an attachment of a message that the requester may see; any other
// is NotFound like a ticket that does not exist (A34, A35).
func (a *Area) file(c echo.Context) error {
	if err := a.Kit.Limit(c, "status-files", fileVisits, guessWindow); err != nil {
		return err
	}
	v, err := a.prove(c, c.Param("ref"), c.QueryParam("k"))
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(c.Param("file"), 10, 64)
	if err != nil {
		return ticketing.NotFound
	}
	for i := range v.Messages {
		m := &v.Messages[i]
		for _, f := range m.Files {
			if f.ID == ticketing.AttachmentID(n) && shown(v, m) {
				return web.ServeFile(c, web.File{
					Name: f.Name, Type: f.ContentType, Size: f.Size, Inline: c.QueryParam("inline") == "1",
					Open: func(ctx context.Context) (io.ReadCloser, error) { return a.Blobs.Open(ctx, f.Key) },
				})
			}
		}
	}
	return ticketing.NotFound
}

// movedTo reads the department out of the event of a move. Numbers come back
// from a store as JSON wrote them.
func movedTo(e ticketing.Event, dir *ticketing.Directory) (ticketing.Department, bool) {
	return dir.Department(ticketing.DepartmentID(whole(e.Data["to"])))
}

// referralEntry tells of an outside body; of an opinion the requester is told
// nothing, since the ticket stays.
func referralEntry(ctx context.Context, e ticketing.Event, dir *ticketing.Directory) (entryView, bool) {
	b, ok := dir.Body(ticketing.BodyID(whole(e.Data["body"])))
	if opinion, _ := e.Data["opinion"].(bool); !ok || opinion {
		return entryView{}, false
	}
	if custody, _ := e.Data["custody"].(bool); e.Kind == ticketing.EventAccepted && !custody {
		return entryView{}, false
	}
	id := map[ticketing.EventKind]string{
		ticketing.EventReferred: "status.referred", ticketing.EventAccepted: "status.accepted", ticketing.EventRefused: "status.refused",
	}[e.Kind]
	v := entryView{At: e.At, Who: web.T(ctx, id, "Body", ticketing.NameIn(b.Names, web.Language(ctx)))}
	if public, _ := e.Data["public"].(bool); public {
		v.Note = e.Payload
	}
	return v, true
}

// whole reads a number of an event.
func whole(v any) (id int64) {
	switch n := v.(type) {
	case int64:
		id = n
	case float64:
		id = int64(n)
	case json.Number:
		id, _ = n.Int64() // what is no number names no department
	}
	return id
}
