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

// Bounds on what an outside body attaches to one deed (A93): together they fit
// into a mail to the citizen.
const (
	maxBodyFiles = 5
	maxBodyBytes = 15 << 20 // of all of them
)

// archive holds what nobody looks into before opening it (A82).
const archive = "application/zip"

// A bodyFile is a file of the form, looked at.
type bodyFile struct {
	head *multipart.FileHeader
	kind string
}

// bodyFiles gives the files of a body's form after a look at every one: pictures
// and documents by what they are, never by what they claim (A07). One that is
// neither refuses all, so that none is kept for nothing; it is said at the field.
func bodyFiles(c echo.Context, f *web.Form) ([]bodyFile, error) {
	heads := sent(c, "file")
	sum := int64(0)
	for _, h := range heads {
		sum += h.Size
	}
	switch {
	case len(heads) > maxBodyFiles:
		f.Fail("file", "body_file.too_many", "Max", maxBodyFiles)
		return nil, nil
	case sum > maxBodyBytes:
		f.Fail("file", "body_file.too_large", "MB", maxBodyBytes>>20)
		return nil, nil
	}
	var list []bodyFile
	for _, h := range heads {
		kind, err := kindOf(h)
		if err != nil {
			return nil, err
		}
		if kind == "" {
			f.Fail("file", "body_file.kind", "Name", web.FileLabel(h.Filename))
			return nil, nil
		}
		list = append(list, bodyFile{h, kind})
	}
	return list, nil
}

// kindOf gives the type under which the file will be served; "" for one that is
// not taken.
func kindOf(h *multipart.FileHeader) (string, error) {
	src, err := h.Open()
	if err != nil {
		return "", fmt.Errorf("open a file of a body: %w", err)
	}
	defer func() { _ = src.Close() }() // only read from
	head := make([]byte, 512)
	n, err := io.ReadFull(src, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", fmt.Errorf("read a file of a body: %w", err)
	}
	kind := web.SafeType(h.Header.Get("Content-Type"), head[:n])
	if !web.Known(kind) || kind == archive {
		return "", nil
	}
	return kind, nil
}

// keepFiles stores the files as they are, streamed: what a body sends may be a
// proof.
func (a *Area) keepFiles(ctx context.Context, list []bodyFile) ([]ticketing.Attachment, error) {
	out := make([]ticketing.Attachment, 0, len(list))
	for _, f := range list {
		key, size, err := a.put(ctx, f.head)
		if err != nil {
			return nil, err
		}
		out = append(out, ticketing.Attachment{Key: key, Name: web.FileLabel(f.head.Filename), ContentType: f.kind, Size: size})
	}
	return out, nil
}

func (a *Area) put(ctx context.Context, h *multipart.FileHeader) (string, int64, error) {
	src, err := h.Open()
	if err != nil {
		return "", 0, fmt.Errorf("open a file of a body: %w", err)
	}
	defer func() { _ = src.Close() }() // only read from
	return a.Blobs.Put(ctx, src, false)
}
