package email

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"strings"
	"time"

	"github.com/emersion/go-message"

	"github.com/sistem48/system48/ticketing"
)

const (
	// DefaultMaxOutgoing is the size in bytes up to which a mail is composed
	// when ComposeOptions says nothing else. Most servers take 25 MB, counted
	// after base64.
	DefaultMaxOutgoing = 25 << 20
	// maxOutReferences is how many ids of a thread are repeated in an answer.
	maxOutReferences = 20
	// maxOutID bounds an id that is repeated: longer ones would be broken by
	// folding.
	maxOutID = 250
)

// ComposeOptions is what a mail says of the bureau.
type ComposeOptions struct {
	From     ticketing.Party // shown sender; its address must be one the server may send as
	Loop     string          // this installation's mark, put into automatic mails as X-S48-Loop
	Location *time.Location  // of the Date field; nil = UTC
	MaxBytes int64           // of the composed mail; 0 = DefaultMaxOutgoing
}

// Compose gives the bytes of a delivery as every attempt sends them. The same
// delivery and options always give the same bytes: the date is the delivery's
// own, boundaries follow from the Message-ID. The text goes out as it is and as
// simple HTML (see letterHTML); files are read through open and closed again.
//
// The error wraps ticketing.Invalid when sender, recipients, Message-ID or the
// answering address cannot stand in a header, ticketing.TooLarge when the mail
// would be larger than allowed, and whatever open or reading gives. Nothing that
// comes from outside can add a field, a recipient or a part (A76).
func Compose(d ticketing.Delivery, opt ComposeOptions, open func(key string) (io.ReadCloser, error)) ([]byte, error) {
	if opt.MaxBytes <= 0 {
		opt.MaxBytes = DefaultMaxOutgoing
	}
	h, err := composeHeader(d, opt)
	if err != nil {
		return nil, fmt.Errorf("compose delivery %d: %w", d.ID, err)
	}
	out := boundedBuffer{left: opt.MaxBytes}
	if err := writeMail(&out, h, d, open); err != nil {
		if out.full {
			err = ticketing.TooLarge
		}
		return nil, fmt.Errorf("compose delivery %d: %w", d.ID, err)
	}
	return out.Bytes(), nil
}

// boundedBuffer is a buffer that refuses more bytes than it may hold.
type boundedBuffer struct {
	bytes.Buffer
	left int64
	full bool
}

// Write takes p or refuses all of it.
func (b *boundedBuffer) Write(p []byte) (int, error) {
	if int64(len(p)) > b.left {
		b.full = true
		return 0, io.ErrShortBuffer
	}
	b.left -= int64(len(p))
	return b.Buffer.Write(p)
}

// composeHeader makes the header of the whole mail.
func composeHeader(d ticketing.Delivery, opt ComposeOptions) (message.Header, error) {
	var h message.Header
	from, ok := addressField([]ticketing.Party{opt.From})
	if !ok {
		return h, invalidField("from")
	}
	shown := d.HeaderTo
	if len(shown) == 0 {
		shown = []ticketing.Party{d.To}
	}
	to, ok := addressField(shown)
	if !ok {
		return h, invalidField("to")
	}
	cc, ok := addressField(d.HeaderCc)
	if !ok && len(d.HeaderCc) > 0 {
		return h, invalidField("cc")
	}
	if !outgoingID(d.MessageIDHeader) {
		return h, invalidField("message_id")
	}
	replyTo := ""
	if d.ReplyTo != "" {
		if replyTo, ok = addressField([]ticketing.Party{{Address: d.ReplyTo}}); !ok {
			return h, invalidField("reply_to")
		}
	}
	date := d.CreatedAt.UTC()
	if opt.Location != nil {
		date = date.In(opt.Location)
	}
	inReplyTo, references := threadFields(d.References)
	fields := [][2]string{
		{"From", from},
		{"To", to},
		{"Cc", cc},
		{"Reply-To", replyTo},
		{"Subject", mime.QEncoding.Encode("utf-8", cleanLine(d.Subject, ticketing.MaxSubject))},
		{"Date", date.Format("Mon, 02 Jan 2006 15:04:05 -0700")},
		{"Message-ID", "<" + d.MessageIDHeader + ">"},
		{"In-Reply-To", inReplyTo},
		{"References", references},
		{"Auto-Submitted", autoSubmitted(d.Purpose)},
	}
	if d.Purpose.Automatic() {
		fields = append(fields, [2]string{"X-Auto-Response-Suppress", "All"}, [2]string{"X-S48-Loop", cleanLine(opt.Loop, 100)})
	}
	if d.Language.Valid() {
		fields = append(fields, [2]string{"Content-Language", string(d.Language)})
	}
	fields = append(fields, [2]string{"MIME-Version", "1.0"})
	setFields(&h, fields)
	return h, nil
}

func invalidField(name string) error {
	return &ticketing.Error{Kind: ticketing.Invalid, Field: name, Key: "mail." + name + ".invalid"}
}

// setFields sets the non-empty fields so that they are written in this order:
// the library writes the field set last first.
func setFields(h *message.Header, fields [][2]string) {
	for i := len(fields) - 1; i >= 0; i-- {
		if fields[i][1] != "" {
			h.Set(fields[i][0], fields[i][1])
		}
	}
}

// autoSubmitted is what RFC 3834 §5 wants said of a mail that no person wrote.
func autoSubmitted(p ticketing.Purpose) string {
	switch p {
	case ticketing.PurposeAnswer:
		return ""
	case ticketing.PurposeReceipt, ticketing.PurposeReceipts, ticketing.PurposeOversize:
		return "auto-replied"
	default:
		return "auto-generated"
	}
}

// addressField writes the parties as one address field; those without a usable
// address are left out, and ok is false when none remains.
func addressField(parties []ticketing.Party) (field string, ok bool) {
	var out []string
	seen := map[string]bool{}
	for _, p := range parties {
		a, good := cleanAddress(p.Address)
		if !good || seen[a] {
			continue
		}
		seen[a] = true
		out = append(out, (&mail.Address{Name: cleanLine(p.Name, ticketing.MaxName), Address: a}).String())
	}
	return strings.Join(out, ", "), len(out) > 0
}

// threadFields gives In-Reply-To, the id of the mail answered, and References,
// the last ids of its thread. Foreign ids that would not survive folding or
// could end a field are left out.
func threadFields(ids []string) (inReplyTo, references string) {
	var out []string
	for _, id := range ids {
		if outgoingID(id) {
			out = append(out, "<"+id+">")
		}
	}
	if len(out) == 0 {
		return "", ""
	}
	return out[len(out)-1], strings.Join(out[max(0, len(out)-maxOutReferences):], " ")
}

// outgoingID reports whether an id can stand in angle brackets in a header.
func outgoingID(id string) bool {
	if id == "" || len(id) > maxOutID {
		return false
	}
	for i := range len(id) {
		if c := id[i]; c <= ' ' || c >= 0x7f || c == '<' || c == '>' {
			return false
		}
	}
	return true
}

// boundary gives a boundary that follows from the Message-ID.
func boundary(kind, messageID string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + messageID))
	return "s48." + kind + "." + hex.EncodeToString(sum[:12])
}

// writeMail writes header, text and files.
func writeMail(out io.Writer, h message.Header, d ticketing.Delivery, open func(string) (io.ReadCloser, error)) error {
	kind := "alternative"
	if len(d.Files) > 0 {
		kind = "mixed"
	}
	h.Set("Content-Type", fmt.Sprintf("multipart/%s; boundary=%q", kind, boundary(kind, d.MessageIDHeader)))
	w, err := message.CreateWriter(out, h)
	if err != nil {
		return err
	}
	if kind == "alternative" {
		if err := writeVersions(w, d); err != nil {
			return err
		}
		return w.Close()
	}
	var ah message.Header
	ah.Set("Content-Type", fmt.Sprintf("multipart/alternative; boundary=%q", boundary("alternative", d.MessageIDHeader)))
	aw, err := w.CreatePart(ah)
	if err != nil {
		return err
	}
	if err := writeVersions(aw, d); err != nil {
		return err
	}
	if err := aw.Close(); err != nil {
		return err
	}
	for _, f := range d.Files {
		if err := writeFile(w, f, open); err != nil {
			return err
		}
	}
	return w.Close()
}

// writeVersions writes the text as plain text and as HTML.
func writeVersions(w *message.Writer, d ticketing.Delivery) error {
	text := cleanText(d.Text) + "\n"
	for _, v := range []struct{ media, text string }{
		{"text/plain; charset=utf-8", letterPlain(text)},
		{"text/html; charset=utf-8", letterHTML(text, string(d.Language))},
	} {
		var h message.Header
		setFields(&h, [][2]string{{"Content-Type", v.media}, {"Content-Transfer-Encoding", "quoted-printable"}})
		pw, err := w.CreatePart(h)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(pw, strings.ReplaceAll(v.text, "\n", "\r\n")); err != nil {
			return err
		}
		if err := pw.Close(); err != nil {
			return err
		}
	}
	return nil
}

// writeFile writes one attachment. Its name is written as RFC 2231 says, which
// the composing library does not.
func writeFile(w *message.Writer, f ticketing.Attachment, open func(string) (io.ReadCloser, error)) error {
	name := cleanFileName(f.Name)
	if name == "" {
		name = "attachment" + extensionOf(f.ContentType)
	}
	var h message.Header
	setFields(&h, [][2]string{
		{"Content-Type", outgoingType(f.ContentType)},
		{"Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name})},
		{"Content-Transfer-Encoding", "base64"},
	})
	pw, err := w.CreatePart(h)
	if err != nil {
		return err
	}
	rc, err := open(f.Key)
	if err != nil {
		return fmt.Errorf("open attachment %d: %w", f.ID, err)
	}
	_, err = io.Copy(pw, rc)
	if cerr := rc.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("read attachment %d: %w", f.ID, err)
	}
	return pw.Close()
}

// outgoingType gives the type under which a file is sent: the stored one when
// it is one, without parameters. Messages go as octets, because RFC 2046 §5.2.1
// forbids base64 for them.
func outgoingType(contentType string) string {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil || !strings.Contains(media, "/") || strings.HasPrefix(media, "message/") || strings.HasPrefix(media, "multipart/") {
		return octetStream
	}
	return media
}
