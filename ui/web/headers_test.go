package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
)

// TestHeaders is V3 and A63: what every answer carries, pages and errors alike.
func TestHeaders(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(op *Options) {
		op.PublicURL = "https://48.grad.example"
		op.ImageHosts = []string{"https://tiles.example"}
	})
	o.kit.Public(o.echo, "/open").GET("/panic", func(echo.Context) error { panic("secret detail") })
	b := o.browser(t)
	nonce := regexp.MustCompile(`'nonce-([A-Za-z0-9_-]{22})'`)
	seen := map[string]bool{}
	for _, path := range []string{"/staff", "/nothing/here", "/open/panic", "/sign-in"} {
		res, body := b.do(t, http.MethodGet, path, nil)
		h := res.Header
		for name, want := range map[string]string{
			"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			"Cross-Origin-Opener-Policy": "same-origin", "Strict-Transport-Security": "max-age=31536000",
			"Permissions-Policy": "geolocation=(self), camera=(self), microphone=()",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s = %q, want %q", path, name, got, want)
			}
		}
		csp := h.Get("Content-Security-Policy")
		m := nonce.FindStringSubmatch(csp)
		if m == nil || seen[m[1]] {
			t.Fatalf("%s: no fresh nonce in %q", path, csp)
		}
		seen[m[1]] = true
		want := "default-src 'none'; script-src 'self' 'nonce-" + m[1] + "'; style-src 'self'; img-src 'self' data: blob: https://tiles.example; media-src 'self'; font-src 'self'; connect-src 'self'; " +
			"manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; frame-src 'self'"
		if csp != want {
			t.Errorf("%s: CSP = %q, want %q", path, csp, want)
		}
		if !strings.Contains(h.Get("Vary"), "HX-Request") {
			t.Errorf("%s: Vary = %q", path, h.Get("Vary"))
		}
		if h.Get("Server") != "" || h.Get("X-Powered-By") != "" {
			t.Errorf("%s names its software", path)
		}
		if strings.Contains(body, "secret detail") {
			t.Errorf("%s shows details of a fault", path)
		}
	}
	plain, _ := newOffice(t, nil).browser(t).do(t, http.MethodGet, "/staff", nil)
	if plain.Header.Get("Strict-Transport-Security") != "" {
		t.Error("HSTS over http")
	}
}

// TestCSRF is A58: another site's page changes nothing, and neither does GET.
func TestCSRF(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	changed := 0
	g := o.kit.Public(o.echo, "/form")
	g.GET("", func(c echo.Context) error { return c.String(http.StatusOK, CSRFToken(c.Request().Context())) })
	g.POST("", func(c echo.Context) error { changed++; return c.NoContent(http.StatusNoContent) })
	b := o.browser(t)
	_, token := b.do(t, http.MethodGet, "/form", nil)
	if len(token) < 20 {
		t.Fatalf("token = %q", token)
	}
	for _, tt := range []struct {
		name    string
		form    url.Values
		headers []string
		want    int
	}{
		{"same origin", url.Values{"a": {"1"}}, nil, 204},
		{"cross site", url.Values{"_csrf": {token}}, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"same site, other host", url.Values{"_csrf": {token}}, []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"old browser with token", url.Values{"_csrf": {token}}, []string{"Sec-Fetch-Site", ""}, 204},
		{"old browser with header", url.Values{"a": {"1"}}, []string{"Sec-Fetch-Site", "", "X-CSRF-Token", token}, 204},
		{"old browser without token", url.Values{"a": {"1"}}, []string{"Sec-Fetch-Site", ""}, 403},
		{"old browser with wrong token", url.Values{"_csrf": {token + "x"}}, []string{"Sec-Fetch-Site", ""}, 403},
		{"the placeholder of new browsers", url.Values{"_csrf": {"_echo_csrf_using_sec_fetch_site_"}}, []string{"Sec-Fetch-Site", ""}, 403},
	} {
		before := changed
		res, _ := b.do(t, http.MethodPost, "/form", tt.form, tt.headers...)
		if res.StatusCode != tt.want || (changed > before) != (tt.want == 204) {
			t.Errorf("%s: %d, want %d (changed %d times)", tt.name, res.StatusCode, tt.want, changed-before)
		}
	}
}

// TestClientAddress is A22: a header moves the address only through trusted
// proxies, and only to an address.
func TestClientAddress(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ peer, header, want string }{
		{"203.0.113.9:1", "1.2.3.4", "203.0.113.9"},
		{"10.1.0.5:1", "1.2.3.4", "1.2.3.4"},
		{"10.1.0.5:1", "6.6.6.6, 1.2.3.4, 10.1.2.3", "1.2.3.4"},
		{"127.0.0.1:1", "1.2.3.4", "127.0.0.1"},
		{"192.168.0.1:1", "1.2.3.4", "192.168.0.1"},
		{"10.1.0.5:1", "<script>alert(1)</script>", "10.1.0.5"},
		{"[2001:db8::1]:1", "1.2.3.4", "2001:db8::1"},
		{"10.1.0.5:1", "", "10.1.0.5"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = tt.peer
		if tt.header != "" {
			r.Header.Set("X-Forwarded-For", tt.header)
		}
		r.Header.Set("X-Real-IP", "9.9.9.9")
		if got := ipExtractor([]netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")})(r); got != tt.want {
			t.Errorf("peer %s, header %q: %q, want %q", tt.peer, tt.header, got, tt.want)
		}
		if got := ipExtractor(nil)(r); got != strings.Trim(tt.peer[:strings.LastIndex(tt.peer, ":")], "[]") {
			t.Errorf("without proxies: %q", got)
		}
	}
	for ip, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1", "2001:db8:1:2:3::4": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64", "x": "unknown",
	} {
		if got := clientNetwork(ip); got != want {
			t.Errorf("clientNetwork(%q) = %q, want %q", ip, got, want)
		}
	}
}

// TestNext is A59.
func TestNext(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"/agent/v/mine?due=1#x": "/agent/v/mine?due=1#x",
		"/":                     "/",
		"":                      "/f", "agent": "/f", "https://evil.example/": "/f", "//evil.example": "/f", "///evil.example": "/f",
		`/\evil.example`: "/f", `\\evil.example`: "/f", "/\t/evil.example": "/f", "/\n/evil.example": "/f", "javascript:alert(1)": "/f",
		"/%2fevil.example": "/f", "/.//evil.example": "/.//evil.example", " //evil.example": "/f", "/a\x00b": "/f", "/" + strings.Repeat("a", 3000): "/f",
		"/%5cevil.example": "/%5cevil.example",
	} {
		if got := Next(raw, "/f"); got != want {
			t.Errorf("Next(%q) = %q, want %q", raw, got, want)
		}
	}
}

func FuzzNext(f *testing.F) {
	for _, s := range []string{"/a", "//x", "/\\x", "/%2f%2fx", "https:x", "/a?b=//c"} {
		f.Add(s)
	}
	base, err := url.Parse("https://48.grad.example/sign-in")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got := Next(raw, "/")
		u, err := base.Parse(got)
		if err != nil || u.Scheme != "https" || u.Host != "48.grad.example" {
			t.Errorf("Next(%q) = %q leads to %v (%v)", raw, got, u, err)
		}
	})
}

// TestBodies is A93: too large is 413 whether or not the length is announced.
func TestBodies(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	read := func(c echo.Context) error {
		if _, err := io.Copy(io.Discard, c.Request().Body); err != nil {
			return fmt.Errorf("read the body: %w", err)
		}
		return c.NoContent(http.StatusNoContent)
	}
	o.kit.Public(o.echo, "/small").POST("", read)
	o.kit.PublicUploads(o.echo, "/large").POST("", read)
	b := o.browser(t)
	for _, tt := range []struct {
		path      string
		size      int
		announced bool
		want      int
	}{
		{"/small", 1 << 20, true, 204},
		{"/small", 1<<20 + 1, true, 413},
		{"/small", 1<<20 + 1, false, 413},
		{"/large", 2 << 20, true, 204},
		{"/large", 31 << 20, true, 413},
	} {
		var body io.Reader = bytes.NewReader(make([]byte, tt.size))
		if !tt.announced {
			body = io.MultiReader(body) // hides the length
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.base+tt.path, body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		res, err := b.Do(r)
		if err != nil {
			if tt.want == 413 && !tt.announced {
				continue // cut off while still sending
			}
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != tt.want {
			t.Errorf("%d bytes to %s: %d, want %d", tt.size, tt.path, res.StatusCode, tt.want)
		}
	}
}

// TestSlowHeaders is A94: the server's limits are set.
func TestSlowHeaders(t *testing.T) {
	t.Parallel()
	srv := Server("127.0.0.1:0", http.NotFoundHandler())
	if srv.ReadHeaderTimeout != 5*time.Second || srv.ReadTimeout == 0 || srv.WriteTimeout == 0 || srv.IdleTimeout == 0 || srv.MaxHeaderBytes != 32<<10 {
		t.Errorf("limits: %+v", srv)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", srv.Addr)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = srv.Serve(listener) }()
	t.Cleanup(func() { _ = srv.Close() })
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String()+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Big", strings.Repeat("a", 64<<10))
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("64 kB of headers = %d, want 431", res.StatusCode)
	}
}

// TestErrors holds the map of kinds: every kind has a status, a page and words,
// and only faults of ours are logged with their text.
func TestErrors(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	g := o.kit.Public(o.echo, "/fail")
	var fail error
	g.GET("", func(echo.Context) error { return fail })
	b := o.browser(t)
	for kind, want := range map[ticketing.Kind]int{
		ticketing.Internal: 500, ticketing.Invalid: 422, ticketing.NotFound: 404, ticketing.Forbidden: 403, ticketing.Conflict: 409,
		ticketing.Stale: 409, ticketing.Busy: 503, ticketing.Throttled: 429, ticketing.TooLarge: 413, ticketing.Gone: 410, ticketing.Unauthenticated: 401,
	} {
		fail = fmt.Errorf("do a thing for marker %d: %w", uint8(kind), kind)
		o.log.Reset()
		res, body := b.do(t, http.MethodGet, "/fail", nil)
		if res.StatusCode != want || Status(kind) != want {
			t.Errorf("%s = %d, want %d", kind, res.StatusCode, want)
		}
		if strings.Contains(body, "marker") || strings.Contains(body, "problem.") {
			t.Errorf("%s shows %q", kind, body)
		}
		if logged := strings.Contains(o.log.String(), "marker"); logged != (want >= 500) {
			t.Errorf("%s is logged with its text: %v", kind, logged)
		}
		if (want == 503 || want == 429) != (res.Header.Get("Retry-After") != "") {
			t.Errorf("%s: Retry-After = %q", kind, res.Header.Get("Retry-After"))
		}
		part, _ := b.do(t, http.MethodGet, "/fail", nil, "HX-Request", "true")
		if part.Header.Get("HX-Retarget") != "#toasts" || part.Header.Get("HX-Reswap") != "beforeend" {
			t.Errorf("%s as a fragment goes to %q", kind, part.Header.Get("HX-Retarget"))
		}
		if whole, _ := b.do(t, http.MethodGet, "/fail", nil, "HX-Request", "true", "HX-History-Restore-Request", "true"); whole.Header.Get("HX-Retarget") != "" {
			t.Errorf("%s from history is a fragment", kind)
		}
	}
	fail = errors.Join(
		&ticketing.Error{Kind: ticketing.Invalid, Field: "email", Key: "email.malformed"},
		&ticketing.Error{Kind: ticketing.Invalid, Field: "name", Key: "name.empty"},
	)
	if _, body := b.do(t, http.MethodGet, "/fail", nil, "Accept-Language", "en"); !strings.Contains(body, "This is not a valid e-mail address. Type a name.") {
		t.Errorf("joined errors show %q", body)
	}
	fail = echo.NewHTTPError(http.StatusTeapot, "inner words")
	if res, body := b.do(t, http.MethodGet, "/fail", nil); res.StatusCode != http.StatusTeapot || strings.Contains(body, "inner words") {
		t.Errorf("a foreign HTTP error = %d %q", res.StatusCode, body)
	}
}

// TestAccessLog is I10: one line a request with the route's pattern, and
// nothing a citizen or an attacker wrote.
func TestAccessLog(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.kit.Public(o.echo, "/predmet").GET("/:ref", func(c echo.Context) error { return c.NoContent(http.StatusNoContent) })
	res, _ := o.browser(t).do(t, http.MethodGet, "/predmet/S48-26-004812-6?k=K7QM2XTD9FAB", nil, "User-Agent", "marko.dj@example", "X-Forwarded-For", "1.2.3.4<b>")
	var line map[string]any
	if err := json.Unmarshal(bytes.TrimSpace(o.log.Bytes()), &line); err != nil {
		t.Fatalf("log is not one line of JSON: %v\n%s", err, o.log)
	}
	if line["route"] != "/predmet/:ref" || line["status"] != float64(204) || line["request"] != res.Header.Get("X-Request-Id") || line["request"] == "" {
		t.Errorf("log line = %v", line)
	}
	for _, secret := range []string{"K7QM2XTD9FAB", "004812", "marko", "1.2.3.4"} {
		if strings.Contains(o.log.String(), secret) {
			t.Errorf("the log holds %q: %s", secret, o.log)
		}
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	good := o.kit.Options
	for name, change := range map[string]func(*Options){
		"no log": func(op *Options) { op.Log = nil }, "no store": func(op *Options) { op.Store = nil },
		"public_url without scheme": func(op *Options) { op.PublicURL = "48.grad.example" },
		"public_url with a path":    func(op *Options) { op.PublicURL = "https://grad.example/48" },
		"public_url of mail":        func(op *Options) { op.PublicURL = "mailto:a@b" },
	} {
		bad := good
		change(&bad)
		if _, err := New(bad); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for public, insecure := range map[string]bool{
		"https://48.grad.example": false, "http://localhost:4848": false, "http://127.0.0.1:4848": false, "http://[::1]:4848": false,
		"http://192.168.1.5:4848": true, "http://48.grad.example": true,
	} {
		op := good
		op.PublicURL = public
		k, err := New(op)
		if err != nil {
			t.Fatal(err)
		}
		if k.InsecureHTTP() != insecure {
			t.Errorf("%s: insecure = %v", public, k.InsecureHTTP())
		}
		if got := k.Link("/pass/x"); got != public+"/pass/x" {
			t.Errorf("Link() = %q (A54)", got)
		}
	}
}

func TestRequestLanguage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ cookie, accept, want string }{
		{"", "", "sr-Latn-ME"},
		{"", "*", "sr-Latn-ME"},
		{"", "de-DE,de;q=0.9", "en"},
		{"", "sq-AL", "sq"},
		{"", "sr-RS", "sr-Cyrl-ME"},
		{"en", "sq", "en"},
		{"xx", "sq", "sq"},
		{"sr-Cyrl-ME", "", "sr-Cyrl-ME"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept-Language", tt.accept)
		if tt.cookie != "" {
			r.AddCookie(&http.Cookie{Name: languageCookie, Value: tt.cookie})
		}
		if got := requestLanguage(r); string(got) != tt.want {
			t.Errorf("cookie %q, header %q: %s, want %s", tt.cookie, tt.accept, got, tt.want)
		}
	}
}
