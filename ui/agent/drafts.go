package agent

import (
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/web"
)

// maxFilesAtOnce bounds the files of one form.
const maxFilesAtOnce = 20

func draftKind(c echo.Context) (ticketing.DraftKind, error) {
	switch k := ticketing.DraftKind(c.Param("kind")); k {
	case ticketing.DraftReply, ticketing.DraftNote:
		return k, nil
	}
	return "", &ticketing.Error{Kind: ticketing.NotFound, Field: "kind", Key: "draft.unknown"}
}

// saveDraft keeps what is being typed; an empty text forgets it.
func (a *Area) saveDraft(c echo.Context) error {
	kind, err := draftKind(c)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(c)
	if err != nil {
		return err
	}
	row, err := a.row(c)
	if err != nil {
		return err
	}
	text := f.Text("text", maxTyped)
	if !f.OK() {
		return &ticketing.Error{Kind: ticketing.TooLarge, Field: "text", Key: "reply.too_long"}
	}
	d := ticketing.Draft{Agent: web.ActorOf(c).Agent, Ticket: row.ID, Kind: kind, Text: text, SavedAt: a.Bureau.Now()}
	if err := a.Reads.SaveDraft(c.Request().Context(), d); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// upload keeps a file for a draft: the blob first, then its row. The answer is
// the chip that stands for it in the composer.
func (a *Area) upload(c echo.Context) error {
	kind, err := draftKind(c)
	if err != nil {
		return err
	}
	row, err := a.row(c)
	if err != nil {
		return err
	}
	if _, err := web.ReadForm(c); err != nil {
		return err
	}
	h, err := c.FormFile("file")
	if err != nil {
		return &ticketing.Error{Kind: ticketing.Invalid, Field: "file", Key: "form.unreadable"}
	}
	u, err := a.keepUpload(c.Request().Context(), web.ActorOf(c), row.ID, kind, h)
	if err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, components.UploadChip(uploadView(ticketing.TicketPath(row.Ref), u)))
}

// goodFiles checks all files of a form before the first is kept: a bad one
// behind a good one refuses both (A11). Browsers send an empty part for a
// field without a file.
func goodFiles(f *web.Form, files []*multipart.FileHeader) bool {
	if len(files) == 1 && files[0].Filename == "" {
		return false
	}
	if len(files) > maxFilesAtOnce {
		f.Fail("file", "reply.too_many_files", "Max", maxFilesAtOnce)
		return false
	}
	for _, h := range files {
		if h.Size == 0 {
			f.Fail("file", "reply.empty_file")
			return false
		}
	}
	return true
}

// keepUpload stores a file. Its type is what its first bytes look like: a
// picture counts as proof only when it is one.
func (a *Area) keepUpload(ctx context.Context, by ticketing.Actor, id ticketing.TicketID, kind ticketing.DraftKind, h *multipart.FileHeader) (ticketing.Upload, error) {
	src, err := h.Open()
	if err != nil {
		return ticketing.Upload{}, fmt.Errorf("open an upload: %w", err)
	}
	defer func() { _ = src.Close() }() // only read from
	head := make([]byte, 512)
	n, err := io.ReadFull(src, head)
	if err != nil && n == 0 {
		return ticketing.Upload{}, &ticketing.Error{Kind: ticketing.Invalid, Field: "file", Key: "reply.empty_file"}
	}
	if _, err := src.Seek(0, io.SeekStart); err != nil {
		return ticketing.Upload{}, fmt.Errorf("read an upload: %w", err)
	}
	key, size, err := a.Blobs.Put(ctx, src, false)
	if err != nil {
		return ticketing.Upload{}, err
	}
	u := ticketing.Upload{
		ID: randomKey(), Agent: by.Agent, Ticket: id, Kind: kind, At: a.Bureau.Now(),
		File: ticketing.Attachment{Key: key, Name: web.FileLabel(h.Filename), ContentType: web.SafeType(h.Header.Get("Content-Type"), head[:n]), Size: size},
	}
	return u, a.Reads.AddUpload(ctx, u)
}

// dropUpload forgets a file that was not sent.
func (a *Area) dropUpload(c echo.Context) error {
	ctx, by := c.Request().Context(), web.ActorOf(c)
	row, err := a.row(c)
	if err != nil {
		return err
	}
	u, err := a.Reads.UploadOf(ctx, by.Agent, c.Param("upload"))
	if err != nil {
		return err
	}
	if u.Ticket != row.ID {
		return &ticketing.Error{Kind: ticketing.NotFound, Field: "upload", Key: "reply.upload_gone"}
	}
	if err := a.Reads.DropUpload(ctx, by.Agent, u.ID); err != nil {
		return err
	}
	return c.NoContent(http.StatusOK) // htmx swaps (deletes the chip) on 200, not on 204
}
