package web

import (
	"bytes"
	"net/http"
	"sync"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxPooled keeps one giant page from staying in memory for ever.
const maxPooled = 1 << 20

// Render answers with the component. It is rendered whole before the first
// byte leaves, so a fault in the middle becomes an error page and not half a page.
func Render(c echo.Context, status int, comp templ.Component) error {
	buf, _ := buffers.Get().(*bytes.Buffer)
	buf.Reset()
	defer func() {
		if buf.Cap() <= maxPooled {
			buffers.Put(buf)
		}
	}()
	if err := comp.Render(c.Request().Context(), buf); err != nil {
		return err
	}
	return c.HTMLBlob(status, buf.Bytes())
}

// Page answers 200 with the fragment when the request asks for a part of a
// page ([WantsFragment]), with the full page otherwise.
func Page(c echo.Context, full, fragment templ.Component) error {
	if WantsFragment(c) {
		return Render(c, http.StatusOK, fragment)
	}
	return Render(c, http.StatusOK, full)
}

// WantsFragment reports whether htmx asks for a part of a page. When it
// restores a page from history it needs the whole one.
func WantsFragment(c echo.Context) bool {
	h := c.Request().Header
	return h.Get("HX-Request") == "true" && h.Get("HX-History-Restore-Request") != "true"
}

// Redirect sends the browser to a path of this site after a change (303), for
// htmx as a client-side redirect. A path that leaves the site becomes "/".
func Redirect(c echo.Context, path string) error {
	path = localPath(path, "/")
	if WantsFragment(c) {
		c.Response().Header().Set("HX-Redirect", path)
		return c.NoContent(http.StatusNoContent)
	}
	return c.Redirect(http.StatusSeeOther, path)
}

// Trigger makes htmx raise events in the page when the answer arrives; json is
// a name or an object of names and details.
func Trigger(c echo.Context, json string) { c.Response().Header().Set("HX-Trigger", json) }
