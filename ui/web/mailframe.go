package web

import (
	"html"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// The frame surrounds sanitised mail. Mails are made for white paper, so it is
// light whatever the page is. Mail has no classes (the policy drops them), so the
// rules for the bar reach nothing of a mail, and the bar always stands first.
const (
	mailHead = `<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title></title><style>` +
		`:root{color-scheme:light}body{margin:0;padding:2px;background:#fff;color:#1a1d23;font:14px/1.55 system-ui,sans-serif;overflow-wrap:anywhere}` +
		`img{max-width:100%;height:auto}table{max-width:100%}blockquote{margin:0 0 0 8px;padding-left:10px;border-left:3px solid #cfd5dc}pre{white-space:pre-wrap}` +
		`.bar{display:flex;flex-wrap:wrap;gap:4px 12px;align-items:baseline;margin:0 0 10px;padding:8px 12px;border-radius:6px;background:#eceef1;color:#4b535f;font-size:13px}` +
		`.bar a{color:#0b4a7e;font-weight:600;padding:2px 0}.bar a:focus-visible{outline:3px solid #000;outline-offset:2px}` +
		`</style></head><body>`
	mailTail = `</body></html>`
	// mailPolicyStart lets pictures of the same message load and nothing else
	// happen. allow-same-origin lets those pictures carry the session and the page
	// measure the height; without allow-scripts nothing inside can use it.
	mailPolicyStart = "default-src 'none'; img-src 'self'"
	mailPolicyEnd   = "; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; " +
		"sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)

// MailSandbox is the sandbox attribute of frames around [ServeMail].
const MailSandbox = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"

// A MailBar is the line above a mail that says what was held back, and the one
// thing to do about it, if any. The zero value draws nothing.
type MailBar struct {
	Text, Act, Href string
}

// ServeMail answers with a sanitised mail as a document for a sandboxed frame.
// Pictures from elsewhere load in this one response only if the mail was
// sanitised with them, over https, and they are not told where they are shown
// (ADR 0019).
func ServeMail(c echo.Context, m SafeMail, bar MailBar) error {
	h, policy := c.Response().Header(), mailPolicyStart
	if m.Outside {
		policy += " https:"
		h.Set("Referrer-Policy", "no-referrer")
	}
	h.Set("Content-Security-Policy", policy+mailPolicyEnd)
	var b strings.Builder
	b.WriteString(mailHead)
	if bar.Text != "" {
		b.WriteString(`<p class="bar"><span>` + html.EscapeString(bar.Text) + `</span>`)
		if bar.Act != "" {
			b.WriteString(`<a href="` + html.EscapeString(bar.Href) + `">` + html.EscapeString(bar.Act) + `</a>`)
		}
		b.WriteString(`</p>`)
	}
	b.WriteString(m.HTML)
	b.WriteString(mailTail)
	return c.HTML(http.StatusOK, b.String())
}

// InFrame reports whether the browser says that it asks for a page to show it in
// a frame of a page of this site. A link in a mail or on another site never does,
// so that it cannot ask for what only the bar of the frame may ask for. Browsers
// say nothing over plain http to another machine: then it is false.
func InFrame(c echo.Context) bool {
	h := c.Request().Header
	return h.Get("Sec-Fetch-Dest") == "iframe" && h.Get("Sec-Fetch-Site") == "same-origin"
}
