package email

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/inbucket/html2text"
	"github.com/jhillyerd/enmime/v2"

	"github.com/sistem48/system48/ticketing"
)

// maxHTMLText bounds the HTML that is turned to text, in bytes: what the agent
// reads first. The whole HTML is kept beside it.
const maxHTMLText = 512 << 10

// A mailText is the readable part of a mail.
type mailText struct {
	text    string
	html    string        // all HTML bodies, in UTF-8; "" when there are none
	cut     bool          // text or HTML was longer than may be kept
	damaged bool          // a transfer encoding could not be undone wholly
	guessed bool          // a charset was chosen by its look
	differs bool          // plain text and HTML say different things
	binary  []*leaf       // bodies that turned out to be no text
	images  []pendingFile // images that the pages carried inside themselves
}

// bodyLeaf reports whether a leaf is text to read rather than a file.
func bodyLeaf(l *leaf) bool {
	if l.disposition == "attachment" || l.parent == "multipart/report" && l.media != "text/plain" && l.media != "text/html" && l.media != "" {
		return false
	}
	return readable(l.media) && l.name() == ""
}

// readable reports whether a media type is shown as text: plain text, HTML, any
// kind of text that has no program of its own (RFC 2046 §4.1.4), and what is no
// media type at all.
func readable(media string) bool {
	switch media {
	case "text/calendar", "text/vcard", "text/x-vcard", "text/directory", "text/csv", "text/rtf", "text/css", "text/xml", "text/javascript",
		"text/rfc822-headers", "text/x-amp-html", "text/markdown":
		return false
	}
	if strings.HasPrefix(media, "text/") {
		return true
	}
	kind, sub, ok := strings.Cut(media, "/")
	return !ok || kind == "" || sub == ""
}

func isHTML(l *leaf) bool { return l.media == "text/html" || l.media == "html" }

// chooseBodies splits the leaves into those that are read and those that are
// files. A mail whose only text is a named or attached file is read all the
// same, and the file is kept too.
func chooseBodies(leaves []*leaf) (bodies, files []*leaf) {
	for _, l := range leaves {
		switch {
		case bodyLeaf(l):
			bodies = append(bodies, l)
		case l.media == "text/x-amp-html": // a third version of the text, for one provider
		default:
			files = append(files, l)
		}
	}
	if len(bodies) > 0 {
		return bodies, files
	}
	for _, l := range files {
		if readable(l.media) && l.media != "" && l.disposition != "attachment" && len(l.raw) < 64<<10 {
			return []*leaf{l}, files
		}
	}
	return nil, files
}

// readText makes the text of a mail from its bodies, in their order: of each
// group of alternatives the plain version when it says anything, else the HTML
// one; bodies that are no alternatives follow one another.
func readText(bodies []*leaf) mailText {
	var m mailText
	var texts, htmls []string
	done := map[*enmime.Part]bool{}
	for _, l := range bodies {
		group := l.alternatives()
		if group == nil {
			plain, html := m.read([]*leaf{l})
			texts, htmls = append(texts, m.either(plain, html)), append(htmls, html)
			continue
		}
		if done[group] {
			continue
		}
		done[group] = true
		var same []*leaf
		for _, o := range bodies {
			if o.alternatives() == group {
				same = append(same, o)
			}
		}
		plain, html := m.read(same)
		texts, htmls = append(texts, m.either(plain, html)), append(htmls, html)
	}
	m.text = joinNonEmpty(texts, "\n\n")
	m.html = joinNonEmpty(htmls, "\n<hr>\n")
	if len(m.text) > ticketing.MaxText {
		m.text, m.cut = cutUTF8(m.text, ticketing.MaxText), true
	}
	if len(m.html) > ticketing.MaxHTML {
		m.html, m.cut = cutUTF8(m.html, ticketing.MaxHTML), true
	}
	return m
}

// read decodes bodies of one group to one plain text and one HTML text.
func (m *mailText) read(group []*leaf) (plain, html string) {
	var plains, htmls []string
	for _, l := range group {
		b, whole := l.decode()
		m.damaged = m.damaged || !whole
		bound := 2 * ticketing.MaxText
		if isHTML(l) {
			bound = 8 * ticketing.MaxHTML // before the images inside are taken out
		}
		if len(b) > bound {
			b, m.cut = b[:bound], true
		}
		if binaryBytes(b) && !stateful(l.params.get("charset")) {
			m.binary = append(m.binary, l)
			continue
		}
		if isHTML(l) {
			text, guessed := decodeCharset(b, htmlCharset(l.params.get("charset"), b))
			m.guessed = m.guessed || guessed
			page, images := cutDataImages(strings.ReplaceAll(text, "\x00", ""))
			htmls = append(htmls, page)
			m.images = append(m.images, images...)
			continue
		}
		text, guessed := decodeCharset(b, l.params.get("charset"))
		m.guessed = m.guessed || guessed
		text = cleanText(text)
		if l.params.get("format") == "flowed" {
			text = unflow(text, strings.EqualFold(l.params.get("delsp"), "yes"))
		}
		if len(plains) == 0 || plains[len(plains)-1] != text {
			plains = append(plains, text)
		}
	}
	return joinNonEmpty(plains, "\n\n"), joinNonEmpty(htmls, "\n<hr>\n")
}

// binaryBytes reports whether bytes under a text label are none.
func binaryBytes(b []byte) bool {
	if bytes.HasPrefix(b, []byte{0xff, 0xfe}) || bytes.HasPrefix(b, []byte{0xfe, 0xff}) {
		return false // UTF-16
	}
	b = b[:min(len(b), 4096)]
	bad := 0
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != 0x1b && c != 0x1a {
			bad++
		}
	}
	return bad*20 > len(b)
}

// either gives the text of a group: the plain one unless it is blank. When both
// say something they are compared, because a machine may have read the other
// one than the agent (A16).
func (m *mailText) either(plain, html string) string {
	if html == "" {
		return plain
	}
	if plain == "" {
		text, cut := htmlText(html)
		m.cut = m.cut || cut
		return text
	}
	text := ""
	if len(html) <= maxHTMLText && versionsDiffer(plain, html, func() string { text, _ = htmlText(html); return text }) {
		m.differs = true
		if nearlyNothing(plain) {
			return text
		}
	}
	return plain
}

// nearlyNothing reports whether a plain text is only the excuse of a program
// that writes HTML ("This message needs an HTML viewer").
func nearlyNothing(plain string) bool {
	return len(plain) < 160 && strings.Contains(strings.ToLower(plain), "html")
}

// htmlCharset gives the declared charset, or what the document itself says.
func htmlCharset(declared string, b []byte) string {
	if declared != "" {
		return declared
	}
	head := bytes.ToLower(b[:min(len(b), 2048)])
	i := bytes.Index(head, []byte("charset="))
	if i < 0 {
		return ""
	}
	v := bytes.TrimLeft(head[i+len("charset="):], "\"' ")
	if end := bytes.IndexAny(v, "\"'>;/ \t\r\n"); end >= 0 {
		v = v[:end]
	}
	if label := string(v[:min(len(v), 60)]); !stateful(label) { // a page that can be searched is no UTF-16
		return label
	}
	return ""
}

// htmlText gives the readable text of an HTML body.
func htmlText(html string) (text string, cut bool) {
	if len(html) > maxHTMLText {
		html, cut = cutUTF8(html, maxHTMLText), true
	}
	text, err := html2text.FromString(html)
	if err != nil {
		return cleanText(stripTags(html)), cut
	}
	return cleanText(strings.ReplaceAll(text, "\u00a0", " ")), cut
}

// stripTags is what remains when a document cannot be parsed at all.
func stripTags(s string) string {
	var b strings.Builder
	for s != "" {
		text, rest, _ := strings.Cut(s, "<")
		b.WriteString(text)
		b.WriteByte(' ')
		_, s, _ = strings.Cut(rest, ">")
	}
	return b.String()
}

// cleanText makes foreign text storable and harmless: line ends become line
// feeds, control characters and those that turn the direction of writing go,
// white space around it is trimmed.
func cleanText(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\ufffd")
	}
	if strings.IndexFunc(s, unwantedInText) < 0 {
		return strings.Trim(s, " \t\n")
	}
	var b strings.Builder
	b.Grow(len(s))
	for i, r := range s {
		switch {
		case r == '\r':
			if i+1 >= len(s) || s[i+1] != '\n' {
				b.WriteByte('\n')
			}
		case r == '\u2028', r == '\u2029', r == '\v', r == '\f', r == '\u0085':
			b.WriteByte('\n')
		case !unwantedInText(r):
			b.WriteRune(r)
		}
	}
	return strings.Trim(b.String(), " \t\n")
}

func unwantedInText(r rune) bool {
	switch {
	case r == '\n', r == '\t':
		return false
	case r < 0x20, r >= 0x7f && r < 0xa0, r == 0x2028, r == 0x2029:
		return true
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0xfeff, r >= 0xe0000 && r <= 0xe007f:
		return true
	}
	return false
}

// unflow joins the lines that a sender of format=flowed broke (RFC 3676 §4).
func unflow(s string, delsp bool) string {
	var b strings.Builder
	b.Grow(len(s))
	depth, open := -1, false
	for line := range strings.SplitSeq(s, "\n") {
		d := 0
		for d < len(line) && line[d] == '>' {
			d++
		}
		text := strings.TrimPrefix(line[d:], " ")
		if open && d == depth && line != "-- " {
			b.WriteString(text)
		} else {
			if depth >= 0 {
				b.WriteByte('\n')
			}
			b.WriteString(line[:d])
			if d > 0 && text != "" {
				b.WriteByte(' ')
			}
			b.WriteString(text)
		}
		depth, open = d, strings.HasSuffix(line, " ") && line != "-- " && text != ""
		if open && delsp {
			t := b.String()
			b.Reset()
			b.WriteString(strings.TrimSuffix(t, " "))
		}
	}
	return b.String()
}

func joinNonEmpty(parts []string, sep string) string {
	kept := parts[:0:0]
	for _, p := range parts {
		if strings.TrimSpace(p) != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, sep)
}
