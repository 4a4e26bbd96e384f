package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
	"golang.org/x/net/html"
)

// TestOutsidePicture says what may be asked of the world when a reader wants the
// pictures of a mail (A13): never this site, never the network the reader sits in.
func TestOutsidePicture(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://news.example/a.png":                              "https://news.example/a.png",
		"http://news.example/a.png?x=1&y=2#f":                     "https://news.example/a.png?x=1&y=2",
		" //cdn.example/a.png ":                                   "https://cdn.example/a.png",
		"https://bureau.example/agent/mail/1":                     "",
		"https://BUREAU.example./sign-out":                        "",
		"https://127.0.0.1/a.png":                                 "",
		"https://127.1/a.png":                                     "",
		"https://0x7f.0.0.1/a.png":                                "",
		"https://2130706433/a.png":                                "",
		"https://192.168.1.1/reboot":                              "",
		"https://[::1]/a.png":                                     "",
		"https://router/reboot":                                   "",
		"https://printer.local/a.png":                             "",
		"https://vault.internal/a.png":                            "",
		"https://news.example:8443/a.png":                         "",
		"https://ana:pw@news.example/a.png":                       "",
		"ftp://news.example/a.png":                                "",
		"javascript:alert(1)":                                     "",
		"a.png":                                                   "",
		"/agent/inline/7":                                         "",
		"https://news.example/" + strings.Repeat("a", maxAddress): "",
		"https://%zz/":                                            "",
	} {
		if got := outsidePicture(in, "bureau.example"); got != want {
			t.Errorf("outsidePicture(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestSanitizeMailWithPictures keeps the pictures that may load, and only as
// pictures: the attacks on the ordinary way (A02–A05, A12–A15) find no more here.
func TestSanitizeMailWithPictures(t *testing.T) {
	t.Parallel()
	with := func(body string) SafeMail {
		return SanitizeMailWithPictures(body, func(id string) string {
			if id == "own" {
				return InlineImages + "3"
			}
			return ""
		}, "slika", "bureau.example")
	}
	got := with(`<img src="http://news.example/a.png" srcset="https://spy.example/b.png 2x" width="40" onerror=x alt="Logo"><img src="cid:own"><img src="https://10.0.0.1/x.png"><div style="background:url(https://spy.example/c)">t</div>`)
	if want := `<img src="https://news.example/a.png" alt="Logo" width="40"/><img src="/agent/inline/3" alt=""/>[slika]<div>t</div>`; got.HTML != want || got.Remote != 1 || !got.Outside {
		t.Errorf("got %+v, want %s", got, want)
	}
	for _, attack := range attacks(t) {
		got := with(attack)
		bad := slices.DeleteFunc(hostile(t, got.HTML), func(s string) bool { return strings.HasPrefix(s, "src=https://") })
		if len(bad) > 0 {
			t.Errorf("%q leaves %v in %q", attack, bad, got.HTML)
		}
		if again := with(got.HTML); again.HTML != got.HTML {
			t.Errorf("%q is not stable: %q, %q", attack, got.HTML, again.HTML)
		}
		if strings.Contains(got.HTML, "https://") && !onlyPicturesLoad(t, got.HTML) {
			t.Errorf("%q loads more than pictures: %q", attack, got.HTML)
		}
	}
}

// onlyPicturesLoad reports whether src stands on pictures alone.
func onlyPicturesLoad(t *testing.T, body string) bool {
	t.Helper()
	root, ok := parseBody(body)
	if !ok {
		t.Fatalf("%q cannot be parsed", body)
	}
	only := true
	walk(root, func(n *html.Node) { only = only && (attribute(n, "src") == "" || n.Data == "img") })
	return only
}

// TestPicturesAreAskedFor holds the policy of the two responses (A13): nothing
// from elsewhere by itself; when asked for, pictures over https that learn no
// address, and still no script.
func TestPicturesAreAskedFor(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	g := o.kit.Public(o.echo, "/mail")
	body := `<img src="https://news.example/a.png">`
	g.GET("/plain", func(c echo.Context) error {
		return ServeMail(c, SanitizeMail(body, noCID, "slika"), MailBar{Text: `1 "slika"`, Act: "Prikaži", Href: "/mail/with?a=1&b"})
	})
	g.GET("/with", func(c echo.Context) error {
		if !InFrame(c) {
			return c.NoContent(http.StatusNoContent)
		}
		return ServeMail(c, SanitizeMailWithPictures(body, noCID, "slika", "bureau.example"), MailBar{})
	})
	br := o.browser(t)
	res, page := br.do(t, http.MethodGet, "/mail/plain", nil)
	if csp := res.Header.Get("Content-Security-Policy"); strings.Contains(csp, "https:") || strings.Contains(page, "news.example") {
		t.Errorf("loads by itself: %q, %q", csp, page)
	}
	if !strings.Contains(page, `<p class="bar"><span>1 &#34;slika&#34;</span><a href="/mail/with?a=1&amp;b">Prikaži</a></p>`) {
		t.Errorf("no bar in %q", page)
	}
	res, page = br.do(t, http.MethodGet, "/mail/with", nil, "Sec-Fetch-Dest", "iframe", "Sec-Fetch-Site", "same-origin")
	csp := res.Header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "img-src 'self' https:;") || strings.Contains(csp, "allow-scripts") || !strings.Contains(csp, "default-src 'none'") || !strings.Contains(page, `src="https://news.example/a.png"`) {
		t.Errorf("asked for: %q, %q", csp, page)
	}
	if got := res.Header.Get("Referrer-Policy"); got != "no-referrer" {
		t.Errorf("Referrer-Policy = %q", got)
	}
	for dest, site := range map[string]string{"document": "same-origin", "iframe": "cross-site", "": ""} {
		res, _ := br.do(t, http.MethodGet, "/mail/with", nil, "Sec-Fetch-Dest", dest, "Sec-Fetch-Site", site)
		if res.StatusCode != http.StatusNoContent {
			t.Errorf("%s from %s may ask for pictures", dest, site)
		}
	}
}
