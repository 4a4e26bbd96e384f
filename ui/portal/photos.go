package portal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/web"
)

// Bounds on the photos of the public (A93). The request as a whole is bounded by
// [web.Kit.PublicUploads].
const (
	maxPhotos         = 5  // of one message
	maxPhotosOfTicket = 40 // sent by the status page; letters have bounds of their own
)

// flood slows who writes a lot, before anything of what they send is read.
func (a *Area) flood(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := a.Kit.Limit(c, "citizen-writes", messages, messageWindow); err != nil {
			return err
		}
		return next(c)
	}
}

// photosOf gives the photos of a form after a look at every one of them: a bad
// one refuses all, so that none is kept for nothing (A11, A93). What is wrong is
// said at the field.
func photosOf(c echo.Context, f *web.Form, v *ticketing.TicketView) ([]*multipart.FileHeader, error) {
	list := sent(c, "photo")
	if len(list) > maxPhotos {
		f.Fail("photo", "photo.too_many", "Max", maxPhotos)
		return nil, nil
	}
	if len(list) > 0 && sentBefore(v)+len(list) > maxPhotosOfTicket {
		f.Fail("photo", "photo.enough", "Max", maxPhotosOfTicket)
		return nil, nil
	}
	for _, h := range list {
		if h.Size > web.MaxPhoto {
			f.Fail("photo", "photo.too_large", "Name", web.FileLabel(h.Filename), "MB", web.MaxPhoto>>20)
			return nil, nil
		}
		_, err := cleaned(h, io.Discard)
		if errors.Is(err, web.ErrNoPhoto) {
			f.Fail("photo", "photo.no_photo", "Name", web.FileLabel(h.Filename))
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// sent gives the files of a field of the form.
func sent(c echo.Context, field string) (list []*multipart.FileHeader) {
	form := c.Request().MultipartForm
	if form == nil {
		return nil
	}
	for _, h := range form.File[field] {
		if h.Filename != "" || h.Size > 0 { // browsers send an empty part for a field without a file
			list = append(list, h)
		}
	}
	return list
}

// sentBefore counts what the status page already brought to the ticket.
func sentBefore(v *ticketing.TicketView) int {
	n := 0
	for i := range v.Messages {
		if m := &v.Messages[i]; m.Channel == ticketing.ChannelPortal && m.Direction == ticketing.In {
			n += len(m.Files)
		}
	}
	return n
}

// keep stores photos without what they say about place, time and device.
func (a *Area) keep(ctx context.Context, list []*multipart.FileHeader) ([]ticketing.Attachment, error) {
	out := make([]ticketing.Attachment, 0, len(list))
	for _, h := range list {
		in, into := io.Pipe()
		kind := make(chan string, 1)
		go func() {
			k, err := cleaned(h, into)
			kind <- k
			into.CloseWithError(err)
		}()
		key, size, err := a.Blobs.Put(ctx, in, false)
		_ = in.Close() // lets the writer go when Put did not read to the end
		k := <-kind
		if err != nil {
			return nil, err
		}
		out = append(out, ticketing.Attachment{Key: key, Name: web.FileLabel(h.Filename), ContentType: k, Size: size})
	}
	return out, nil
}

func cleaned(h *multipart.FileHeader, w io.Writer) (string, error) {
	src, err := h.Open()
	if err != nil {
		return "", fmt.Errorf("open a photo: %w", err)
	}
	defer func() { _ = src.Close() }() // only read from
	return web.CleanPhoto(w, src)
}
