package email

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/sistem48/system48/ticketing"
)

// originalName is the name of the file that shows a mail as it came.
const originalName = "original.eml"

// A pendingFile is a file of a mail that is not stored yet.
type pendingFile struct {
	leaf      *leaf
	data      []byte // instead of the leaf's bytes: a file found inside a text
	name      string
	contentID string
}

// readBody takes the body apart and fills in text, HTML and files. It gives nil
// when the body could not be taken apart; the header still stands then.
func (r *reading) readBody(s scrubbed, oversize bool) *mimeTree {
	in := &r.in
	if s.overHead {
		in.Partial = true
		addNote(in, noteTooComplex)
		return nil
	}
	t, err := readTree(s)
	if err != nil {
		in.Partial = true
		if errors.Is(err, errTooComplex) {
			addNote(in, noteTooComplex)
		} else {
			addNote(in, noteStructure)
			in.Text = salvage(s.body)
		}
		return nil
	}
	if t.partial {
		in.Partial = true
		addNote(in, noteStructure)
	}
	if t.open && !oversize {
		addNote(in, noteUnclosed)
	}
	bodies, files := chooseBodies(t.leaves)
	m := readText(bodies)
	r.html = m.html
	in.Text = m.text
	r.textNotes(m)
	files = append(files, m.binary...)
	if t.partial && in.Text == "" {
		in.Text = salvage(s.body)
	}
	for _, l := range files {
		if oversize && l.last {
			continue // cut in the middle: the original has it whole
		}
		r.addFile(pendingFile{leaf: l, name: l.name(), contentID: l.contentID})
	}
	for _, f := range m.images {
		r.addFile(f)
	}
	r.inlineFiles()
	return t
}

// textNotes records what was odd about the text.
func (r *reading) textNotes(m mailText) {
	in := &r.in
	if m.cut {
		in.Partial = true
		addNote(in, noteTextCut)
	}
	if m.damaged {
		in.Partial = true
		addNote(in, noteEncoding)
	}
	if m.guessed {
		addNote(in, noteCharset)
	}
	if m.differs {
		addNote(in, noteDiffers)
	}
}

// addFile takes a file in, up to the bound that leaves room for the original.
func (r *reading) addFile(f pendingFile) {
	if len(r.files) >= ticketing.MaxAttachments-1 {
		r.in.Partial = true
		addNote(&r.in, noteFilesCut)
		return
	}
	if f.leaf != nil {
		if f.name == "" && len(bytes.TrimSpace(f.leaf.raw)) == 0 {
			return
		}
		switch f.leaf.media {
		case "application/ms-tnef", "application/vnd.ms-tnef":
			addNote(&r.in, noteTNEF)
		case "multipart/encrypted", "application/pgp-encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime":
			addNote(&r.in, noteEncrypted)
		}
		if strings.EqualFold(f.name, "winmail.dat") {
			addNote(&r.in, noteTNEF)
		}
	}
	r.files = append(r.files, f)
}

// inlineFiles takes uuencoded files out of the text: programs of the nineties
// still send them.
func (r *reading) inlineFiles() {
	const most = 20
	for n := 0; n < most && strings.Contains(r.in.Text, "begin "); n++ {
		data, name, span, ok := cutUU([]byte(r.in.Text))
		if !ok {
			return
		}
		r.addFile(pendingFile{data: data, name: cleanFileName(decodeWords(name))})
		r.in.Text = strings.Trim(r.in.Text[:span[0]]+r.in.Text[span[1]:], " \t\n")
	}
}

// salvage gives what people can read of a body that could not be taken apart:
// no boundaries, part headers or encoded lines.
func salvage(body []byte) string {
	const enough = 64 << 10
	var out bytes.Buffer
	body = body[:min(len(body), 4*enough)]
	for len(body) > 0 && out.Len() < enough {
		line, rest := cutLine(body)
		body = rest
		if bytes.HasPrefix(line, []byte("--")) || bytes.HasPrefix(bytes.ToLower(line), []byte("content-")) ||
			len(line) > 40 && bytes.IndexByte(line, ' ') < 0 {
			continue
		}
		out.Write(line)
		out.WriteByte('\n')
	}
	text, _ := decodeCharset(decodeQuotedPrintable(out.Bytes()), "")
	return cleanText(text)
}

// keep stores HTML and files and gives the finished Inbound. What cannot be
// read whole carries its original as the last file.
func (p *Parser) keep(ctx context.Context, r *reading) (ticketing.Inbound, error) {
	in := r.in
	if strings.TrimSpace(r.html) != "" {
		key, _, err := p.blobs.Put(ctx, strings.NewReader(r.html), true)
		if err != nil {
			return in, err
		}
		in.HTMLKey = key
	}
	for i, f := range r.files {
		a, whole, err := p.keepFile(ctx, f, i+1, r.html)
		if err != nil {
			return in, err
		}
		if !whole {
			in.Partial = true
			addNote(&in, noteEncoding)
		}
		in.Files = append(in.Files, a)
	}
	if in.Partial || in.Unreadable || in.Oversize {
		size, err := p.blobs.Size(ctx, in.RawKey)
		if err != nil {
			return in, err
		}
		in.Files = append(in.Files, ticketing.Attachment{Key: in.RawKey, Name: originalName, ContentType: "message/rfc822", Size: size})
	}
	return in, nil
}

// keepFile stores the n-th file.
func (p *Parser) keepFile(ctx context.Context, f pendingFile, n int, html string) (a ticketing.Attachment, whole bool, err error) {
	data, whole, declared := f.data, true, ""
	if f.leaf != nil {
		data, whole = f.leaf.decode()
		declared = f.leaf.media
	}
	a.ContentID = cutUTF8(f.contentID, ticketing.MaxName)
	a.Inline = refersTo(html, a.ContentID)
	a.ContentType = fileType(data, declared, f.name)
	if f.leaf != nil && isMessage(declared) {
		a.ContentType = "message/rfc822"
		if f.name == "" {
			f.name = messageName(data)
		}
	}
	a.Name = f.name
	if a.Name == "" {
		a.Name = fmt.Sprintf("attachment-%d%s", n, extensionOf(a.ContentType))
	}
	a.Key, a.Size, err = p.blobs.Put(ctx, bytes.NewReader(data), strings.HasPrefix(a.ContentType, "text/") || a.ContentType == "message/rfc822")
	return a, whole, err
}

// refersTo reports whether a page shows the part with a content id (RFC 2392,
// which lets the @ be written as %40).
func refersTo(page, contentID string) bool {
	return contentID != "" && (strings.Contains(page, "cid:"+contentID) || strings.Contains(page, "cid:"+strings.ReplaceAll(contentID, "@", "%40")))
}

func isMessage(media string) bool { return media == "message/rfc822" || media == "message/global" }

// messageName names an attached mail by its subject.
func messageName(data []byte) string {
	s := scrub(data[:min(len(data), 64<<10)])
	subject := cleanFileName(strings.ReplaceAll(cleanLine(decodeWords(clip(s.head.get("subject"), maxHeadValue)), 100), "/", "-"))
	if subject == "" {
		return ""
	}
	return cutName(subject+".eml", maxFileName)
}
