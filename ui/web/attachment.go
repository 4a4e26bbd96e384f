package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
)

// A File is foreign bytes to be handed to a browser.
type File struct {
	Name   string // as the sender called it; only ever a label
	Type   string // as the sender claims
	Size   int64  // bytes; -1 when not known
	Inline bool   // a picture to be shown in a page rather than saved
	Open   func(ctx context.Context) (io.ReadCloser, error)
}

// pictures may be shown in a page; documents only get a truthful type. SVG and
// HTML are neither: they can hold scripts (A06, A10).
var (
	pictures  = map[string]bool{"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true}
	documents = map[string]bool{
		"application/pdf": true, "text/plain": true, "audio/mpeg": true, "audio/wav": true, "audio/wave": true, "application/ogg": true, "video/mp4": true, "video/webm": true,
		"application/zip": true,
	}
	// officeTypes are all zip archives inside, so their claimed type stands.
	officeTypes = map[string]bool{
		"application/vnd.openxmlformats-officedocument.wordprocessingml.document": true,
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":       true,
		"application/vnd.oasis.opendocument.text":                                 true,
		"application/vnd.oasis.opendocument.spreadsheet":                          true,
	}
)

const opaque = "application/octet-stream"

// SafeType gives the type under which bytes that begin with head are served:
// what they look like, if that is on the list, and never what was claimed
// alone (A07).
func SafeType(claimed string, head []byte) string {
	seen, _, err := mime.ParseMediaType(http.DetectContentType(head))
	if err != nil {
		return opaque
	}
	wanted, _, err := mime.ParseMediaType(claimed)
	if err != nil {
		wanted = ""
	}
	switch {
	case seen == "application/zip" && officeTypes[wanted]:
		return wanted
	case seen == "text/plain" && (wanted == "text/plain" || wanted == "text/csv"):
		return "text/plain; charset=utf-8"
	case seen == "text/plain":
		return opaque // HTML, SVG and the like that begin like text
	case pictures[seen] || documents[seen]:
		return seen
	}
	return opaque
}

// Known reports whether the type is that of a picture or a document, and not of
// bytes that are only ever saved.
func Known(safeType string) bool { return safeType != opaque }

// ShownInline reports whether a file of the type may be shown in a page.
func ShownInline(safeType string) bool { return pictures[safeType] }

// ServeFile answers with the file: typed by what it is, never sniffed by the
// browser, in a sandbox, and saved rather than shown unless it is a picture
// that the page asked for inline (A06–A08).
func ServeFile(c echo.Context, f File) error {
	body, err := f.Open(c.Request().Context())
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }() // only read from
	head := make([]byte, 512)
	n, err := io.ReadFull(body, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	head = head[:n]
	safe := SafeType(f.Type, head)
	how := "attachment"
	if f.Inline && ShownInline(safe) {
		how = "inline"
	}
	h := c.Response().Header()
	h.Set("Content-Type", safe)
	h.Set("Content-Disposition", disposition(how, f.Name))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	if f.Size >= 0 {
		h.Set("Content-Length", strconv.FormatInt(f.Size, 10))
	}
	c.Response().WriteHeader(http.StatusOK)
	if c.Request().Method == http.MethodHead {
		return nil
	}
	_, err = io.Copy(c.Response(), io.MultiReader(bytes.NewReader(head), body))
	return err
}

// maxFileName bounds a label, in characters.
const maxFileName = 150

// FileLabel makes a foreign file name fit to be shown and saved: the last part
// of a path, without control and bidi characters, at most 150 characters, its
// extension kept (A08, A09).
func FileLabel(name string) string {
	name = strings.ToValidUTF8(name, "\ufffd")
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || isBidiControl(r) || r == '\u200e' || r == '\u200f' || r == '\u061c' {
			return -1
		}
		if strings.ContainsRune(`<>:"|?*`, r) {
			return '_'
		}
		return r
	}, name)
	name = strings.Trim(name, " .")
	if name == "" {
		return "file"
	}
	if n := utf8.RuneCountInString(name); n > maxFileName {
		runes := []rune(name)
		tail := ""
		if dot := strings.LastIndexByte(name, '.'); dot > 0 && len(name)-dot <= 12 {
			tail = name[dot:]
		}
		name = string(runes[:maxFileName-utf8.RuneCountInString(tail)]) + tail
	}
	return name
}

// disposition writes the header of RFC 6266: an ASCII name for everybody and
// the true one for those who read RFC 8187.
func disposition(how, name string) string {
	name = FileLabel(name)
	ascii := strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || r == '"' || r == '\\' || r == '%' || r == ';' {
			return '_'
		}
		return r
	}, name)
	var b strings.Builder
	b.WriteString(how + `; filename="` + ascii + `"; filename*=UTF-8''`)
	for _, c := range []byte(name) {
		if c < 0x80 && (c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0) {
			b.WriteByte(c)
			continue
		}
		const hexDigits = "0123456789ABCDEF"
		b.Write([]byte{'%', hexDigits[c>>4], hexDigits[c&15]})
	}
	return b.String()
}
