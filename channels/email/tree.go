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
	if !prescan(s.body, boundary) {
		return nil, errTooComplex
	}
	head := "Content-Type: " + t.media + `; boundary="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(boundary) + "\"\r\n\r\n"
	root, err := newPartReader().ReadParts(io.MultiReader(strings.NewReader(head), bytes.NewReader(s.body)))
	if err != nil {
		return nil, fmt.Errorf("read parts: %w", err)
	}
	t.root = root
	t.walk(root, nil)
	t.conserve(root, s.body)
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
		l := &leaf{raw: p.Content, part: p}
		l.media, l.params = parseMedia(p.Header.Get("Content-Type"))
		l.disposition, l.dispParams = parseMedia(p.Header.Get("Content-Disposition"))
		l.encoding = p.Header.Get("Content-Transfer-Encoding")
		l.contentID = cleanLine(rawHeaderText(strings.Trim(p.Header.Get("Content-Id"), "<> ")), 200)
		if parent != nil {
			l.parent = parent.ContentType
		}
		t.leaves = append(t.leaves, l)
	}
	if parent == nil && len(t.leaves) > 0 {
		t.leaves[len(t.leaves)-1].last = true
	}
}

// conserve compares what the leaves hold with what the body held: a mail whose
// boundaries do not match loses its text without any error.
func (t *mimeTree) conserve(root *enmime.Part, body []byte) {
	if root.FirstChild == nil && len(bytes.TrimSpace(body)) > 0 {
		t.partial = true
	}
	kept := 0
	for _, l := range t.leaves {
		kept += len(l.raw)
	}
	t.partial = 2*kept < len(body) && len(body)-kept > 512+200*len(t.leaves)
	if len(bytes.TrimSpace(root.Epilogue)) > 2048 {
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
