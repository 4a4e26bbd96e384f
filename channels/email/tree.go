package email

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jhillyerd/enmime/v2"
)

// A leaf is a part of a mail that holds content: undecoded bytes and what its
// header says of them.
type leaf struct {
	media       string
	params      mediaParams
	disposition string // "attachment", "inline" or ""
	dispParams  mediaParams
	encoding    string
	contentID   string
	raw         []byte
	parent      string // media type of the multipart around it; "" at the top
	last        bool   // ends where the read bytes end
	part        *enmime.Part
}

// decode undoes the transfer encoding.
func (l *leaf) decode() (b []byte, whole bool) { return decodeTransfer(l.raw, l.encoding) }

// name gives the cleaned file name of the part, "" when it has none.
func (l *leaf) name() string { return partFileName(l.dispParams, l.params) }

// errTooComplex says that a mail's structure is beyond the bounds.
var errTooComplex = errors.New("structure beyond bounds")

// A mimeTree is a mail taken apart.
type mimeTree struct {
	leaves  []*leaf
	root    *enmime.Part
	media   string // of the whole mail
	params  mediaParams
	partial bool // parts of the body are in no leaf
	open    bool // the last boundary is missing: cut on its way, or never written
}

// newPartReader gives the part reader. It is told to read on whatever it meets,
// to decode nothing, and to read media types the way this package does.
func newPartReader() *enmime.Parser {
	return enmime.NewParser(
		enmime.RawContent(true),
		enmime.SkipMalformedParts(true),
		enmime.MultipartWOBoundaryAsSinglePart(true),
		enmime.SetReadPartErrorPolicy(func(*enmime.Part, error) bool { return true }),
		enmime.DisableTextConversion(true),
		enmime.DisableCharacterDetection(true),
		enmime.MaxStoredPartErrors(50),
		enmime.SetCustomParseMediaType(mediaForReader),
	)
}

// mediaForReader gives the part reader a media type in the form it wants. Only
// the boundary matters to it.
func mediaForReader(v string) (media string, params map[string]string, invalid []string, err error) {
	media, ps := parseMedia(v)
	params = map[string]string{}
	if b := boundaryOf(media, ps); b != "" {
		params["boundary"] = b
	}
	return media, params, nil, nil
}

// readTree takes a scrubbed mail apart. The error is errTooComplex or what the
// part reader could not read at all.
func readTree(s scrubbed) (*mimeTree, error) {
	t := &mimeTree{}
	t.media, t.params = parseMedia(s.head.get("content-type"))
	boundary := boundaryOf(t.media, t.params)
	if boundary == "" || !usesBoundary(s.body, boundary) {
		if found := findBoundary(s.body); found != "" && (boundary != "" || t.media == "" || strings.HasPrefix(t.media, "multipart")) {
			boundary = found
			if !strings.HasPrefix(t.media, "multipart") {
				t.media = "multipart/mixed"
			}
		} else {
			boundary = ""
		}
	}
	if boundary == "" {
		t.single(s)
		return t, nil
	}
	sk, ok := prescan(s.body, boundary)
	if !ok {
		return nil, errTooComplex
	}
	head := "Content-Type: " + t.media + `; boundary="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(boundary) + "\"\r\n\r\n"
	root, err := newPartReader().ReadParts(io.MultiReader(strings.NewReader(head), bytes.NewReader(sk.text)))
	if err != nil {
		return nil, fmt.Errorf("read parts: %w", err)
	}
	t.root = root
	t.walk(root, nil)
	t.fill(sk, s.body)
	t.open = sk.open
	return t, nil
}

// single makes the one leaf of a mail that is not multipart.
func (t *mimeTree) single(s scrubbed) {
	l := &leaf{media: t.media, params: t.params, encoding: s.head.get("content-transfer-encoding"), raw: s.body, last: true}
	if strings.HasPrefix(l.media, "multipart") {
		l.media = "text/plain" // a multipart without parts: read what is there
		l.encoding = ""
	}
	l.disposition, l.dispParams = parseMedia(s.head.get("content-disposition"))
	l.contentID = strings.Trim(s.head.get("content-id"), "<> ")
	t.leaves = append(t.leaves, l)
}

// walk gathers the leaves below p in the order of the mail.
func (t *mimeTree) walk(p, parent *enmime.Part) {
	for ; p != nil; p = p.NextSibling {
		if p.FirstChild != nil || p.Boundary != "" && len(p.Content) == 0 {
			// A multipart without parts: its boundary never came, and the part
			// reader drops what stood before it.
			t.partial = t.partial || p.FirstChild == nil
			t.walk(p.FirstChild, p)
			continue
		}
		l := &leaf{part: p}
		l.media, l.params = parseMedia(p.Header.Get("Content-Type"))
		l.disposition, l.dispParams = parseMedia(p.Header.Get("Content-Disposition"))
		l.encoding = p.Header.Get("Content-Transfer-Encoding")
		l.contentID = cleanLine(rawHeaderText(strings.Trim(p.Header.Get("Content-Id"), "<> ")), 200)
		if parent != nil {
			l.parent = parent.ContentType
		}
		if l.media == "" && l.parent == "multipart/digest" {
			l.media = "message/rfc822" // RFC 2046 §5.1.5
		}
		t.leaves = append(t.leaves, l)
	}
}

// fill gives the leaves their contents and checks that nothing went missing: a
// mail whose boundaries do not match, or with a part that the part reader gave
// up, loses its text without any error.
func (t *mimeTree) fill(sk skeleton, body []byte) {
	const usualLoss = 1024 // "This is a multi-part message in MIME format.", a list's footer
	kept := len(sk.text)
	used := make([]bool, len(sk.contents))
	for _, l := range t.leaves {
		marks, whole := sk.marks(l.part.Content)
		t.partial = t.partial || !whole
		for i, n := range marks {
			used[n] = true
			at := sk.contents[n]
			l.last = at[1] == len(body)
			kept += at[1] - at[0]
			if i == 0 {
				l.raw = body[at[0]:at[1]:at[1]]
			} else { // the part reader saw one part where the scan saw several
				l.raw = append(append(l.raw, "\r\n"...), body[at[0]:at[1]]...)
			}
		}
	}
	for n, at := range sk.contents {
		if !used[n] && len(bytes.TrimSpace(body[at[0]:at[1]])) > 0 {
			t.partial = true
		}
	}
	if len(body)-kept > usualLoss || len(t.leaves) == 0 && len(bytes.TrimSpace(body)) > 0 {
		t.partial = true
	}
}

// alternatives gives the innermost multipart/alternative around a leaf: of
// what lies below it, one version is the text. nil when there is none.
func (l *leaf) alternatives() *enmime.Part {
	if l.part == nil {
		return nil
	}
	for p := l.part.Parent; p != nil; p = p.Parent {
		if p.ContentType == "multipart/alternative" {
			return p
		}
	}
	return nil
}
