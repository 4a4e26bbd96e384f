package email

import (
	"html"
	"strings"
)

// letterHTML makes the HTML version of an outgoing text. Everything is escaped;
// of markup it knows what agents type anyway: blank lines between paragraphs,
// lists ("- " and "1. "), **bold**, > quotations, addresses of pages and
// [words](address) as links. Only http, https, mailto and tel become links.
func letterHTML(text, language string) string {
	w := letterWriter{}
	w.b.WriteString(`<!DOCTYPE html><html lang="`)
	w.b.WriteString(html.EscapeString(language))
	w.b.WriteString(`"><head><meta charset="utf-8"></head><body style="font-family:sans-serif;font-size:15px;line-height:1.45">` + "\n")
	for line := range strings.SplitSeq(text, "\n") {
		w.line(strings.TrimRight(line, " \t"))
	}
	w.enter("")
	w.b.WriteString("</body></html>\n")
	return w.b.String()
}

// A letterWriter writes blocks of lines: paragraphs, lists, quotations.
type letterWriter struct {
	b     strings.Builder
	block string // the open element: "p", "ul", "ol", "blockquote" or ""
	first bool   // nothing stands in it yet
}

// line writes one line into the block it belongs to.
func (w *letterWriter) line(s string) {
	kind, text := letterBlock(s)
	if kind == "" {
		w.enter("")
		return
	}
	w.enter(kind)
	switch kind {
	case "ul", "ol":
		w.b.WriteString("<li>" + letterSpans(text) + "</li>\n")
	default:
		if !w.first {
			w.b.WriteString("<br>\n")
		}
		w.b.WriteString(letterSpans(text))
	}
	w.first = false
}

// enter closes the open block and opens another, unless it is open already.
func (w *letterWriter) enter(kind string) {
	if w.block == kind {
		return
	}
	if w.block != "" {
		w.b.WriteString("</" + w.block + ">\n")
	}
	if kind != "" {
		w.b.WriteString("<" + kind + ">")
	}
	w.block, w.first = kind, true
}

// letterBlock tells which block a line belongs to, and its text without the
// mark. kind "" is a blank line.
func letterBlock(s string) (kind, text string) {
	switch {
	case s == "":
		return "", ""
	case strings.HasPrefix(s, "- "), strings.HasPrefix(s, "* "), strings.HasPrefix(s, "• "):
		_, text, _ = strings.Cut(s, " ")
		return "ul", text
	case s[0] == '>':
		return "blockquote", strings.TrimPrefix(strings.TrimLeft(s, ">"), " ")
	}
	if digits := len(s) - len(strings.TrimLeft(s, "0123456789")); digits > 0 && digits <= 2 && strings.HasPrefix(s[digits:], ". ") {
		return "ol", s[digits+2:]
	}
	return "p", s
}

// letterSpans writes the text of a line with bold words and links.
func letterSpans(s string) string {
	var b strings.Builder
	for s != "" {
		i := strings.IndexAny(s, "*[h")
		if i < 0 {
			break
		}
		span, n := letterSpan(s[i:])
		if n == 0 {
			n, span = 1, html.EscapeString(s[i:i+1])
		}
		b.WriteString(html.EscapeString(s[:i]))
		b.WriteString(span)
		s = s[i+n:]
	}
	b.WriteString(html.EscapeString(s))
	return b.String()
}

// letterSpan reads one bold word or link at the beginning of s and gives its
// length, 0 when there is none.
func letterSpan(s string) (out string, n int) {
	switch s[0] {
	case '*':
		inner, _, ok := strings.Cut(strings.TrimPrefix(s, "**"), "**")
		if strings.HasPrefix(s, "**") && ok && strings.TrimSpace(inner) != "" && len(inner) < 500 {
			return "<strong>" + html.EscapeString(inner) + "</strong>", len(inner) + 4
		}
	case '[':
		words, rest, ok := strings.Cut(clip(s, 2500)[1:], "](")
		address, _, closed := strings.Cut(rest, ")")
		if ok && closed && words != "" && !strings.ContainsAny(words, "[]") && linkable(address) {
			return link(address, words), len(words) + len(address) + 4
		}
	case 'h':
		if !strings.HasPrefix(s, "https://") && !strings.HasPrefix(s, "http://") {
			return "", 0
		}
		address, _, _ := strings.Cut(s, " ")
		if i := strings.IndexAny(address, "<>\"\t)]"); i >= 0 {
			address = address[:i]
		}
		address = strings.TrimRight(address, ".,;:!?'*")
		if linkable(address) {
			return link(address, address), len(address)
		}
	}
	return "", 0
}

// linkable reports whether an address may become a link: one of the harmless
// schemes, something behind it, no blanks and no quotes.
func linkable(address string) bool {
	if strings.ContainsAny(address, " \t\"'<>`\\") || len(address) > 2000 {
		return false
	}
	low := strings.ToLower(address)
	for _, scheme := range []string{"https://", "http://", "mailto:", "tel:"} {
		if strings.HasPrefix(low, scheme) && len(address) > len(scheme) {
			return true
		}
	}
	return false
}

func link(address, words string) string {
	return `<a href="` + html.EscapeString(address) + `">` + html.EscapeString(words) + "</a>"
}

// letterPlain is the text as it stands beside the HTML version: the marks of
// bold words are for programs, not for readers.
func letterPlain(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		var b strings.Builder
		for {
			before, rest, found := strings.Cut(line, "**")
			inner, after, closed := strings.Cut(rest, "**")
			if !found || !closed || strings.TrimSpace(inner) == "" || len(inner) >= 500 {
				break
			}
			b.WriteString(before + inner)
			line = after
		}
		lines[i] = b.String() + line
	}
	return strings.Join(lines, "\n")
}
