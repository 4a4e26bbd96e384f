package agent

import (
	"context"
	"fmt"
	"html"
	"io"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/web"
)

// file saves an attachment on the reader's machine.
func (a *Area) file(c echo.Context) error { return a.attachment(c, false) }

// inline shows a picture in a page.
func (a *Area) inline(c echo.Context) error { return a.attachment(c, true) }

func (a *Area) attachment(c echo.Context, inline bool) error {
	id, err := strconv.ParseInt(c.Param("file"), 10, 64)
	if err != nil {
		return &ticketing.Error{Kind: ticketing.NotFound, Key: "file.unknown"}
	}
	f, _, err := a.Reads.AttachmentOf(c.Request().Context(), web.ActorOf(c).Scope(), ticketing.AttachmentID(id))
	if err != nil {
		return err
	}
	return web.ServeFile(c, web.File{
		Name: f.Name, Type: f.ContentType, Size: -1, Inline: inline,
		Open: func(ctx context.Context) (io.ReadCloser, error) { return a.Blobs.Open(ctx, f.Key) },
	})
}

// maxMail bounds how much of a mail's HTML is read; what is longer is shown as
// its text.
const maxMail = 2<<20 + 1

// mail answers with a message as it was sent, sanitised, for the sandboxed frame.
func (a *Area) mail(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := messageID(c)
	if err != nil {
		return err
	}
	m, _, err := a.Reads.MessageOf(ctx, web.ActorOf(c).Scope(), id)
	if err != nil {
		return err
	}
	if m.HTMLKey == "" {
		return &ticketing.Error{Kind: ticketing.NotFound, Field: "message", Key: "message.unknown"}
	}
	body, err := a.Blobs.Open(ctx, m.HTMLKey)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }() // only read from
	text, err := io.ReadAll(io.LimitReader(body, maxMail))
	if err != nil {
		return fmt.Errorf("read the HTML of a mail: %w", err)
	}
	safe, bar := a.safeMail(c, string(text), &m)
	if safe.Cut {
		safe.HTML = "<pre>" + html.EscapeString(m.Text) + "</pre>"
	}
	return web.ServeMail(c, safe, bar)
}

// outside is the value of ?pictures= that asks for pictures from elsewhere, for
// this one view: nothing remembers it.
const outside = "outside"

// safeMail sanitises a mail, with or without its pictures from elsewhere, and
// says above it which of the two the reader sees.
func (a *Area) safeMail(c echo.Context, body string, m *ticketing.Message) (web.SafeMail, web.MailBar) {
	ctx := c.Request().Context()
	path, placeholder := "/agent/mail/"+strconv.FormatInt(int64(m.ID), 10), web.T(ctx, "message.blocked_image")
	if c.QueryParam("pictures") == outside && web.InFrame(c) {
		safe := web.SanitizeMailWithPictures(body, inlineOf(m.Files), placeholder, a.Kit.Host())
		return safe, web.MailBar{Text: web.T(ctx, "message.pictures_shown"), Act: web.T(ctx, "message.hide_pictures"), Href: path}
	}
	safe := web.SanitizeMail(body, inlineOf(m.Files), placeholder)
	if safe.Remote == 0 {
		return safe, web.MailBar{}
	}
	bar := web.MailBar{Text: web.N(ctx, "message.pictures_kept", safe.Remote)}
	if web.InFrame(c) {
		bar.Act, bar.Href = web.T(ctx, "message.show_pictures"), path+"?pictures="+outside
	}
	return safe, bar
}

// inlineOf finds the address of a picture by its Content-ID.
func inlineOf(files []ticketing.Attachment) func(string) string {
	return func(cid string) string {
		for _, f := range files {
			if f.ContentID != "" && f.ContentID == cid {
				return web.InlineImages + strconv.FormatInt(int64(f.ID), 10)
			}
		}
		return ""
	}
}

// raw hands out the original bytes of a mail and records who took them.
func (a *Area) raw(c echo.Context) error {
	ctx, by := c.Request().Context(), web.ActorOf(c)
	id, err := messageID(c)
	if err != nil {
		return err
	}
	m, ref, err := a.Reads.MessageOf(ctx, by.Scope(), id)
	if err != nil {
		return err
	}
	if m.RawKey == "" {
		return &ticketing.Error{Kind: ticketing.NotFound, Field: "message", Key: "message.unknown"}
	}
	if _, err := a.Blobs.Size(ctx, m.RawKey); err != nil {
		return err // nothing is recorded for what cannot be read
	}
	what := map[string]any{"message": int64(m.ID)}
	if err := a.desk.Revealed(ctx, by, m.Ticket, ticketing.EventRawRead, what); err != nil {
		return err
	}
	return a.serveRaw(c, m.RawKey, fmt.Sprintf("%s-%d.eml", ref, m.ID))
}

func (a *Area) serveRaw(c echo.Context, key, name string) error {
	return web.ServeFile(c, web.File{
		Name: name, Type: "message/rfc822", Size: -1,
		Open: func(ctx context.Context) (io.ReadCloser, error) { return a.Blobs.Open(ctx, key) },
	})
}
