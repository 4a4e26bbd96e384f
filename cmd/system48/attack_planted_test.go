package main

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// in gives the bureau for a subtest.
func (b *bureau) in(t *testing.T) *bureau {
	c := *b
	c.T = t
	return &c
}

// A plant is text that becomes a script where somebody forgot to escape it.
const plant = `"'><script>s48xss()</script><img src=x onerror=s48xss()><a href="javascript:s48xss()">`

// plantMail sends a mail with plants in every place a stranger fills in (A01,
// A02, A04–A08, A12–A14).
func (b *bureau) plantMail(subject string) {
	page := `<html><head><style>body{background:url(http://canary.example/s48xss)}</style><base href="http://canary.example/"></head>
<body onload="s48xss()">` + plant + `<svg><style><img src=x onerror=s48xss()></style></svg><math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=s48xss()&gt;">
<form action="http://canary.example/s48xss"><button formaction="javascript:s48xss()">x</button></form><iframe srcdoc="<script>s48xss()</script>"></iframe>
<object data="javascript:s48xss()"></object><img src="http://canary.example/s48xss.gif"><meta http-equiv=refresh content="0;url=javascript:s48xss()">
<a href=" java&#10;script:s48xss()">klik</a><scr<script>ipt>s48xss()</scr</script>ipt><noscript><p title="</noscript><img src=x onerror=s48xss()>"></body></html>`
	svg := base64.StdEncoding.EncodeToString([]byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="s48xss()"><script>s48xss()</script></svg>`))
	b.mail("zli@napad.example",
		`From: "`+strings.ReplaceAll(plant, `"`, `\"`)+`" <zli@napad.example>`, "To: s48@grad.example", "Subject: "+subject+" "+plant,
		"MIME-Version: 1.0", `Content-Type: multipart/mixed; boundary=B`, "",
		"--B", "Content-Type: multipart/alternative; boundary=C", "", "--C", "Content-Type: text/plain; charset=utf-8", "", "Poštovani, "+plant, "--C",
		"Content-Type: text/html; charset=utf-8", "", page, "--C--",
		"--B", `Content-Type: image/svg+xml; name="slika.svg"`, `Content-Disposition: inline; filename="slika.svg"`, "Content-ID: <svg@napad>", "Content-Transfer-Encoding: base64", "", svg,
		"--B", `Content-Type: image/png`, `Content-Disposition: attachment; filename="<img src=x onerror=s48xss()>.png"`, "Content-Transfer-Encoding: base64", "", svg,
		"--B", `Content-Type: text/html; name="../../../../etc/strana.html"`, `Content-Disposition: attachment; filename="../../../../etc/strana.html"`, "", page,
		"--B--")
}

// A crawler visits every page a person can reach by GET.
type crawler struct {
	*visitor
	role    string
	seen    map[string]bool
	queue   []string
	visited int
	planted int // pages that show planted text, as text
}

// crawl visits pages from the starts on and looks at each answer.
func crawl(v *visitor, role string, starts ...string) *crawler {
	c := &crawler{visitor: v, role: role, seen: map[string]bool{}}
	for _, s := range starts {
		c.add("/", s)
	}
	for len(c.queue) > 0 && c.visited < 300 {
		path := c.queue[0]
		c.queue = c.queue[1:]
		c.visit(path)
	}
	return c
}

// add queues an address once; of those that differ only in their query, a few.
func (c *crawler) add(from, ref string) {
	base, err := url.Parse(c.base + from)
	if err != nil {
		return
	}
	u, err := base.Parse(ref)
	if err != nil || u.Scheme+"://"+u.Host != c.base || strings.HasPrefix(u.Path, "/s/") || strings.HasSuffix(u.Path, "/events") {
		return
	}
	path := u.RequestURI()
	kind := u.Path + "?" + strings.Join(slices.Sorted(mapKeys(u.Query())), "&")
	if c.seen[path] || c.seen[kind] && u.RawQuery != "" {
		return
	}
	c.seen[path], c.seen[kind] = true, true
	c.queue = append(c.queue, path)
}

func mapKeys(q url.Values) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range q {
			if !yield(k) {
				return
			}
		}
	}
}

func (c *crawler) visit(path string) {
	a := ask(c.T, c.client, http.MethodGet, c.base+path, "")
	c.visited++
	if a.status >= 500 {
		c.Errorf("%s %s: %d\n%.300s", c.role, path, a.status, a.body)
	}
	if loc := a.header.Get("Location"); loc != "" {
		c.add(path, loc)
	}
	c.headers(path, a)
	kind := a.header.Get("Content-Type")
	if !strings.HasPrefix(kind, "text/html") {
		if media, _, _ := strings.Cut(kind, ";"); strings.HasSuffix(media, "xml") || strings.Contains(media, "javascript") {
			c.Errorf("%s %s: served as %s (A06)", c.role, path, kind)
		}
		return
	}
	if strings.Contains(a.body, "s48xss") {
		c.planted++
	}
	doc, err := html.Parse(strings.NewReader(a.body))
	if err != nil {
		c.Fatal(err)
	}
	c.walk(path, a, doc)
}

// headers holds the policy of every route: A63 and V3.
func (c *crawler) headers(path string, a answer) {
	csp := a.header.Get("Content-Security-Policy")
	for _, bad := range []string{"unsafe-eval", "script-src *", "script-src 'unsafe-inline'", "http://", "https://"} {
		if strings.Contains(csp, bad) {
			c.Errorf("%s %s: the policy has %q", c.role, path, bad)
		}
	}
	if !strings.HasPrefix(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors") {
		c.Errorf("%s %s: Content-Security-Policy %q", c.role, path, csp)
	}
	if got := a.header.Get("X-Content-Type-Options"); got != "nosniff" {
		c.Errorf("%s %s: X-Content-Type-Options %q", c.role, path, got)
	}
	if got := a.header.Get("Cache-Control"); got != "no-store" {
		c.Errorf("%s %s: Cache-Control %q (A63)", c.role, path, got)
	}
	for _, cookie := range a.header.Values("Set-Cookie") {
		if !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") {
			c.Errorf("%s %s: cookie %q", c.role, path, cookie)
		}
	}
}

// walk looks for scripts that are not ours and queues what the page links to.
func (c *crawler) walk(path string, a answer, n *html.Node) {
	if n.Type == html.ElementNode {
		c.element(path, a, n)
	}
	for k := n.FirstChild; k != nil; k = k.NextSibling {
		c.walk(path, a, k)
	}
}

func (c *crawler) element(path string, a answer, n *html.Node) {
	attr := map[string]string{}
	for _, x := range n.Attr {
		attr[x.Key] = x.Val
		if strings.HasPrefix(x.Key, "on") || x.Key == "formaction" || x.Key == "srcdoc" || (x.Key == "style" && !strings.HasPrefix(path, "/agent/mail/")) {
			c.Errorf("%s %s: <%s %s=%q>", c.role, path, n.Data, x.Key, x.Val)
		}
		value := strings.ToLower(strings.Join(strings.Fields(x.Val), ""))
		switch x.Key {
		case "href", "src", "action", "data", "hx-get", "hx-post", "hx-delete", "hx-put", "poster", "background", "xlink:href":
			if strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "data:text") || strings.Contains(value, "canary.example") && n.Data != "a" {
				c.Errorf("%s %s: <%s %s=%q>", c.role, path, n.Data, x.Key, x.Val)
			}
		}
	}
	switch n.Data {
	case "script":
		inline := n.FirstChild != nil
		if inline && strings.Contains(n.FirstChild.Data, "s48xss") || !inline && !strings.HasPrefix(attr["src"], "/s/") ||
			inline && (attr["nonce"] == "" || !strings.Contains(a.header.Get("Content-Security-Policy"), attr["nonce"])) {
			c.Errorf("%s %s: a script that is not ours: %v", c.role, path, attr)
		}
	case "object", "embed", "applet", "base", "frame":
		c.Errorf("%s %s: <%s %v>", c.role, path, n.Data, attr)
	case "iframe":
		if !strings.HasPrefix(attr["src"], "/agent/mail/") && !strings.HasPrefix(attr["data-src"], "/agent/mail/") || strings.Contains(attr["sandbox"], "allow-scripts") || attr["sandbox"] == "" {
			c.Errorf("%s %s: <iframe %v>", c.role, path, attr)
		}
		c.add(path, attr["data-src"])
	case "img":
		if attr["src"] == "x" || attr["src"] == "1" {
			c.Errorf("%s %s: <img %v>", c.role, path, attr)
		}
	}
	for _, k := range []string{"href", "src", "hx-get"} {
		if attr[k] != "" {
			c.add(path, attr[k])
		}
	}
}

// attackPlanted holds A01–A08, A12–A14, A21, A63 over the whole program: what a
// stranger's mail and an own person's names plant comes out of no page as code.
func attackPlanted(b *bureau, admin string) {
	b.plantMail("Podmetnuto")
	var planted ticketSeen
	for began := time.Now(); planted.Ref == "" && time.Since(began) < 15*time.Second; time.Sleep(50 * time.Millisecond) {
		for _, t := range b.tickets(admin, "") {
			if strings.HasPrefix(t.Subject, "Podmetnuto") {
				planted = t
			}
		}
	}
	if planted.Ref == "" {
		b.Fatalf("the planted mail made no ticket\n%s", tail(b.log.String()))
	}
	esc := strings.NewReplacer(`"`, `\"`).Replace(plant)
	for _, step := range []struct{ method, path, body string }{
		{http.MethodPatch, "/tickets/" + planted.Ref, `{"tags":["` + strings.ReplaceAll(esc[:30], ",", "") + `"],"location":{"address":"` + esc + `"}}`},
		{http.MethodPost, "/tickets/" + planted.Ref + "/notes", `{"text":"` + esc + `"}`},
		{http.MethodPost, "/tickets/" + planted.Ref + "/replies", `{"text":"` + esc + `"}`},
	} {
		if a := b.api(admin, step.method, step.path, step.body); a.status >= 300 {
			b.Errorf("%s: %d %s", step.path, a.status, a.body)
		}
	}
	boss := b.visitor("admin")
	boss.post("/manage/departments/new", "/manage/departments/new", "code", "zlo", "name_sr", plant[:60], "name_en", plant[:60], "name_sq", plant[60:])
	boss.post("/manage/users/new", "/manage/users/new", "name", plant, "email", "podmetnut@grad.example", "role", "agent")

	before := b.tickets(admin, "")
	roads := b.open(admin, "Na putu "+plant, plant, "pothole", "marko@posta.example")
	starts := []string{
		"/", "/agent", "/agent/v/all", "/agent/v/spam", "/agent/intake", "/agent/outgoing", "/agent/citizens", "/agent/new", "/agent/search?q=s48xss",
		"/agent/search/options?q=s48xss", "/manage", "/manage/tokens", "/manage/mail", "/profile", "/profile/sessions", "/agent/t/" + planted.Ref, "/agent/t/" + roads.Ref,
		"/agent/new/known?email=zli@napad.example", "/sign-in?next=" + url.QueryEscape(plant), "/agent/v/" + url.PathEscape(plant), "/forgot", "/agent/v/all?q=" + url.QueryEscape(plant),
	}
	for _, m := range b.messages(admin, planted.Ref) {
		starts = append(starts, "/agent/mail/"+itoa(m.ID), "/agent/mail/"+itoa(m.ID)+"/raw")
		for _, f := range m.Attachments {
			starts = append(starts, "/agent/files/"+itoa(f.ID), "/agent/inline/"+itoa(f.ID))
		}
	}
	total, shown := 0, 0
	for _, role := range []string{"admin", "ana", "putar", "sefica", "senka", ""} {
		v := newVisitor(b.T, "http://"+b.web)
		if role != "" {
			v = b.visitor(role)
		}
		c := crawl(v, role, starts...)
		total, shown = total+c.visited, shown+c.planted
		if (role == "ana" || role == "admin") && (c.visited < 40 || c.planted < 15) {
			b.Errorf("the crawl as %s saw %d pages, %d with what was planted: not enough to prove anything", role, c.visited, c.planted)
		}
	}
	b.Logf("%d answers looked at, %d with what was planted", total, shown)
	// A58: looking changes nothing.
	now := map[string]int64{}
	for _, t := range b.tickets(admin, "") {
		now[t.Ref] = t.Version
	}
	for _, t := range before {
		if now[t.Ref] != t.Version {
			b.Errorf("%s was changed by GET: version %d, was %d (A58)", t.Ref, now[t.Ref], t.Version)
		}
	}
}

func TestAttacksPlanted(t *testing.T) {
	t.Parallel()
	b := newBureau(t, bureauStaff...)
	attackPlanted(b, b.token("admin"))
}
