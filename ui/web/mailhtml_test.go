package web

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/net/html"
)

func noCID(string) string { return "" }

// hostile finds what must never be in shown mail, by walking the tree a
// browser would build.
func hostile(t *testing.T, safe string) []string {
	t.Helper()
	root, err := html.Parse(strings.NewReader("<!doctype html><body>" + safe))
	if err != nil {
		t.Fatal(err)
	}
	var bad []string
	banned := map[string]bool{
		"script": true, "iframe": true, "frame": true, "object": true, "embed": true, "svg": true, "math": true, "form": true, "input": true, "button": true,
		"style": true, "link": true, "meta": true, "base": true, "template": true, "noscript": true, "audio": true, "video": true, "textarea": true, "select": true,
	}
	var visit func(*html.Node)
	visit = func(n *html.Node) {
		if n.Type == html.ElementNode {
			if banned[n.Data] || n.Namespace != "" {
				bad = append(bad, "<"+n.Data+">")
			}
			for _, a := range n.Attr {
				key, value := strings.ToLower(a.Key), strings.ToLower(strings.Join(strings.Fields(a.Val), ""))
				switch {
				case strings.HasPrefix(key, "on"), key == "formaction", key == "srcdoc", key == "srcset", key == "background", key == "ping", key == "id", key == "name", key == "class":
					bad = append(bad, n.Data+" "+key)
				case key == "href" && !strings.HasPrefix(value, "http:") && !strings.HasPrefix(value, "https:") && !strings.HasPrefix(value, "mailto:") && !strings.HasPrefix(value, "tel:"):
					bad = append(bad, "href="+a.Val)
				case key == "src" && !ownImage.MatchString(a.Val):
					bad = append(bad, "src="+a.Val)
				case key == "style" && (strings.Contains(value, "url") || strings.Contains(value, "position") || strings.Contains(value, "expression(") || strings.Contains(value, "@") || strings.Contains(value, "\\")):
					bad = append(bad, "style="+a.Val)
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			visit(c)
		}
	}
	// The head and body are ours.
	for c := root.FirstChild; c != nil; c = c.NextSibling {
		visit(c)
	}
	return bad
}

// attacks reads the bodies of A02–A05, A12 and A13 and what peers fell to, one
// a line.
func attacks(t testing.TB) []string {
	t.Helper()
	body, err := os.ReadFile("testdata/attacks.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(body)), "\n")
	if len(lines) < 50 {
		t.Fatalf("%d attacks", len(lines))
	}
	return lines
}

func TestSanitizeMailAttacks(t *testing.T) {
	t.Parallel()
	for _, attack := range attacks(t) {
		got := SanitizeMail(attack, noCID, "picture")
		if bad := hostile(t, got.HTML); len(bad) > 0 {
			t.Errorf("%q becomes %q with %v", attack, got.HTML, bad)
		}
		if again := SanitizeMail(got.HTML, noCID, "picture"); again.HTML != got.HTML {
			t.Errorf("sanitising %q twice: %q, then %q (A03)", attack, got.HTML, again.HTML)
		}
	}
}

func TestSanitizeMailKeeps(t *testing.T) {
	t.Parallel()
	cid := func(id string) string {
		if id == "photo1@mail" {
			return InlineImages + "77"
		}
		return ""
	}
	for _, tt := range []struct{ name, in, want string }{
		{"text", `<p>Добар дан <b>svima</b></p>`, `<p>Добар дан <b>svima</b></p>`},
		{"link", `<a href="https://grad.example/x?a=1&amp;b=2">x</a>`, `<a href="https://grad.example/x?a=1&amp;b=2" rel="nofollow noreferrer noopener" target="_blank">x</a>`},
		{"mail link", `<a href="mailto:a@b.example">x</a>`, `<a href="mailto:a@b.example" rel="nofollow noreferrer">x</a>`},
		{"colours", `<span style="color: #ff0000; font-weight:bold; position:fixed">x</span>`, `<span style="color: #ff0000; font-weight: bold">x</span>`},
		{"own picture", `<img src="cid:photo1@mail" width="5000000" alt="rupa">`, `<img src="/agent/inline/77" alt="rupa"/>`},
		{"angle brackets", `<img src="CID:&lt;photo1@mail&gt;">`, `<img src="/agent/inline/77" alt=""/>`},
		{"foreign picture", `<img src="https://x.example/a.png" alt="logo">`, `[slika logo]`},
		{"unclosed", `<p>a<p>b<table><tr><td>c`, `<p>a</p><p>b</p><table><tbody><tr><td>c</td></tr></tbody></table>`},
	} {
		got := SanitizeMail(tt.in, cid, "slika")
		if got.HTML != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got.HTML, tt.want)
		}
	}
	if got := SanitizeMail(`<img src="https://a/1"><img src="http://b/2"><img src="cid:x"><img src="data:image/png;base64,AA">`, cid, "slika"); got.Remote != 2 {
		t.Errorf("remote pictures = %d, want 2", got.Remote)
	}
}

// TestSanitizeMailBounds is A83 and A80 for the page: big and deep mail takes
// little time and falls back to text.
func TestSanitizeMailBounds(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"large": strings.Repeat("<p>x</p>", 300_000), "deep": strings.Repeat("<div>", 20_000), "deep and closed": strings.Repeat("<div>", 20_000) + strings.Repeat("</div>", 20_000),
		"misnested": strings.Repeat("<b><div></b>", 60_000), "many": strings.Repeat("<br>", 200_000), "formatting": strings.Repeat("<a><b><i>", 30_000) + "x",
	} {
		start := time.Now()
		got := SanitizeMail(in, noCID, "x")
		if took := time.Since(start); took > slower*2*time.Second {
			t.Errorf("%s took %s", name, took)
		}
		if !got.Cut || got.HTML != "" {
			t.Errorf("%s is shown as HTML of %d bytes", name, len(got.HTML))
		}
	}
	if got := SanitizeMail(strings.Repeat("<blockquote>", 100)+"x", noCID, "x"); got.Cut {
		t.Error("a hundred quotations are not shown")
	}
}

func FuzzSanitizeMail(f *testing.F) {
	for _, a := range attacks(f) {
		f.Add(a)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got := SanitizeMail(in, noCID, "x")
		if bad := hostile(t, got.HTML); len(bad) > 0 {
			t.Errorf("%q becomes %q with %v", in, got.HTML, bad)
		}
	})
}

func TestServeMail(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.kit.Public(o.echo, "/mail").GET("", func(c echo.Context) error {
		return ServeMail(c, SanitizeMail(`<p onclick=x>Zdravo</p>`, noCID, "slika"), MailBar{})
	})
	res, body := o.browser(t).do(t, http.MethodGet, "/mail", nil)
	csp := res.Header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "sandbox ", "frame-ancestors 'self'", "form-action 'none'"} {
		if !strings.Contains(csp, part) {
			t.Errorf("CSP %q lacks %q", csp, part)
		}
	}
	if strings.Contains(csp, "allow-scripts") || strings.Contains(MailSandbox, "allow-scripts") || !strings.Contains(body, "<p>Zdravo</p>") {
		t.Errorf("CSP %q, body %q", csp, body)
	}
}

// TestSanitizeCorpus runs over saved mails of the wild, if there are any.
func TestSanitizeCorpus(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/mail/*.html")
	if err != nil || len(files) == 0 {
		t.Fatalf("no mails in testdata/mail (%v)", err)
	}
	for _, name := range files {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got := SanitizeMail(string(body), noCID, "slika")
		if bad := hostile(t, got.HTML); len(bad) > 0 || got.Cut {
			t.Errorf("%s: %v, cut %v", name, bad, got.Cut)
		}
		if again := SanitizeMail(got.HTML, noCID, "slika"); again.HTML != got.HTML {
			t.Errorf("%s is not stable", name)
		}
		if !strings.Contains(got.HTML, "Njegoševa") {
			t.Errorf("%s lost its text: %s", name, got.HTML)
		}
	}
}
