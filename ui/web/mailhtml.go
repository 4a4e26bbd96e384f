package web

import (
	"bytes"
	"regexp"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Bounds of HTML mail that is shown. What is larger or deeper is not shown as
// HTML: the plain text and the original remain.
const (
	maxMailHTML  = 2 << 20 // bytes
	maxMailNodes = 100_000
)

// SafeMail is the HTML of a mail after sanitising: it runs nothing, loads
// nothing from elsewhere unless a reader asked for its pictures, and is shown in
// a sandboxed frame by [ServeMail].
type SafeMail struct {
	HTML    string
	Remote  int  // pictures that would load from elsewhere and were replaced by placeholders
	Outside bool // a reader asked for pictures from elsewhere: those that may load are in HTML
	Cut     bool // too large or too deep: HTML is empty, show the text
}

// mailPolicy is the list of what may remain; everything else goes.
var mailPolicy = sync.OnceValue(func() *bluemonday.Policy { return newMailPolicy(ownImage) })

// newMailPolicy is the list with the addresses that pictures may have.
func newMailPolicy(pictures *regexp.Regexp) *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "div", "span", "b", "i", "em", "strong", "u", "s", "sub", "sup", "small", "ul", "ol", "li",
		"table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "blockquote", "pre", "code", "center",
		"h1", "h2", "h3", "h4", "h5", "h6", "hr", "font", "dl", "dt", "dd", "figure", "figcaption", "address")
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.AllowRelativeURLs(true) // our own attachment addresses; restricted by the pattern below
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	p.AllowAttrs("href").Matching(regexp.MustCompile(`(?i)^(?:https?:|mailto:|tel:)`)).OnElements("a")
	p.AllowAttrs("src").Matching(pictures).OnElements("img")
	p.AllowAttrs("alt").OnElements("img")
	p.AllowAttrs("width", "height").Matching(regexp.MustCompile(`^[0-9]{1,4}%?$`)).OnElements("img", "td", "th", "table")
	p.AllowAttrs("colspan", "rowspan").Matching(regexp.MustCompile(`^[0-9]{1,3}$`)).OnElements("td", "th")
	p.AllowAttrs("align").Matching(regexp.MustCompile(`(?i)^(?:left|right|center|justify)$`)).OnElements("p", "div", "td", "th", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "table", "img")
	p.AllowAttrs("dir").Matching(regexp.MustCompile(`(?i)^(?:ltr|rtl|auto)$`)).Globally()
	p.AllowAttrs("color", "size").Matching(regexp.MustCompile(`^[#0-9a-zA-Z+-]{1,20}$`)).OnElements("font")
	p.AllowStyles("color", "background-color", "font-weight", "font-style", "text-decoration", "text-align").
		Matching(regexp.MustCompile(`(?i)^(?:[a-z-]{1,25}|#[0-9a-f]{3,8}|rgba?\([0-9., %]{3,30}\)|[1-9]00)$`)).Globally()
	return p
}

// ownImage is the only address a picture has by itself: an attachment of this site.
var ownImage = regexp.MustCompile(`^` + InlineImages + `[A-Za-z0-9_-]{1,64}$`)

// InlineImages is where the agent area serves pictures inside mails: this and
// the id of the attachment.
const InlineImages = "/agent/inline/"

// SanitizeMail makes foreign HTML safe to show (A02–A05, A12–A15). cid gives
// the local address of an inline picture of the same message, "" when the
// message has no such part; every other picture becomes a placeholder with the
// given text. The result is well formed, and sanitising it again changes
// nothing.
func SanitizeMail(body string, cid func(contentID string) string, placeholder string) SafeMail {
	return sanitizeMail(body, mailPolicy(), func(n *html.Node) (string, bool) {
		return localOr(n, cid, func(string) string { return "" })
	}, placeholder)
}

// sanitizeMail is both kinds. address says where a picture may load from and,
// when nowhere, whether it was one from elsewhere.
func sanitizeMail(body string, policy *bluemonday.Policy, address func(*html.Node) (string, bool), placeholder string) SafeMail {
	if len(body) > maxMailHTML {
		return SafeMail{Cut: true}
	}
	rewritten, remote, ok := rewriteImages(body, address, placeholder)
	if !ok {
		return SafeMail{Cut: true}
	}
	// The policy works on tokens and leaves its output unbalanced. Parsing and
	// writing it once more gives the tree a browser will see, and the policy has
	// the last word over what that parsing may have moved (A04).
	safe := policy.Sanitize(rewritten)
	for range 3 {
		tree, ok := balanced(safe)
		if !ok {
			return SafeMail{Cut: true}
		}
		again := policy.Sanitize(tree)
		if again == safe {
			break
		}
		safe = again
	}
	return SafeMail{HTML: safe, Remote: remote}
}

// localOr gives the address of a picture of the message itself, else what
// outside makes of an address elsewhere; and whether it is one elsewhere.
func localOr(n *html.Node, cid, outside func(string) string) (string, bool) {
	src := strings.TrimSpace(attribute(n, "src"))
	if id, isCID := cutPrefixFold(src, "cid:"); isCID {
		return cid(strings.Trim(id, "<>")), false
	}
	if src == "" || strings.HasPrefix(strings.ToLower(src), "data:") {
		return "", false
	}
	return outside(src), true
}

// rewriteImages gives pictures the addresses they may have and puts words where
// one has none; it counts those from elsewhere among the latter. ok is false
// when the mail is too deep or has too many parts.
func rewriteImages(body string, address func(*html.Node) (string, bool), placeholder string) (string, int, bool) {
	root, ok := parseBody(body)
	if !ok {
		return "", 0, false
	}
	remote := 0
	walk(root, func(n *html.Node) {
		if n.Type != html.ElementNode || n.DataAtom != atom.Img {
			return
		}
		src, elsewhere := address(n)
		if src != "" {
			n.Attr = picture(n, src)
			return
		}
		if elsewhere {
			remote++
		}
		text := placeholder
		if alt := strings.TrimSpace(attribute(n, "alt")); alt != "" {
			text += " " + alt
		}
		*n = html.Node{
			Type: html.TextNode, Data: "[" + text + "]",
			Parent: n.Parent, PrevSibling: n.PrevSibling, NextSibling: n.NextSibling,
		}
	})
	return renderChildren(root), remote, true
}

// picture gives the attributes a picture keeps: another address than its own
// (srcset) would be loaded beside it.
func picture(n *html.Node, src string) []html.Attribute {
	out := []html.Attribute{{Key: "src", Val: src}, {Key: "alt", Val: attribute(n, "alt")}}
	for _, key := range []string{"width", "height"} {
		if v := attribute(n, key); v != "" {
			out = append(out, html.Attribute{Key: key, Val: v})
		}
	}
	return out
}

// balanced parses and writes HTML as a browser would read it.
func balanced(s string) (string, bool) {
	root, ok := parseBody(s)
	if !ok {
		return "", false
	}
	return renderChildren(root), true
}

// parseBody parses as the content of a <body> and reports false beyond the
// bounds: on the number of nodes ours, on nesting (512) the parser's own.
func parseBody(s string) (*html.Node, bool) {
	root := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragment(strings.NewReader(s), root)
	if err != nil {
		return nil, false
	}
	for _, n := range nodes {
		root.AppendChild(n)
	}
	count := 0
	walk(root, func(*html.Node) { count++ })
	return root, count <= maxMailNodes
}

// walk visits the tree in document order without recursion.
func walk(root *html.Node, visit func(*html.Node)) {
	for n := root.FirstChild; n != nil; n = following(n, root) {
		visit(n)
	}
}

func following(n, root *html.Node) *html.Node {
	if n.FirstChild != nil {
		return n.FirstChild
	}
	for ; n != nil && n != root; n = n.Parent {
		if n.NextSibling != nil {
			return n.NextSibling
		}
	}
	return nil
}

func renderChildren(root *html.Node) string {
	var b bytes.Buffer
	for n := root.FirstChild; n != nil; n = n.NextSibling {
		_ = html.Render(&b, n) // a bytes.Buffer does not fail
	}
	return b.String()
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key && a.Namespace == "" {
			return a.Val
		}
	}
	return ""
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}
