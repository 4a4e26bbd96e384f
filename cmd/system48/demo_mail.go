package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"

	"github.com/sistem48/system48/channels/email/postoffice"
	"github.com/sistem48/system48/ui/demo"
)

// A demoMail lets the page "write as a citizen" use the demo's mail servers as
// any mail program does.
type demoMail struct {
	office  *postoffice.Office
	account string // of the bureau
}

var _ demo.Office = (*demoMail)(nil)

// demoCitizens are the mailboxes one may write as, besides those of outside bodies.
var demoCitizens = []string{"marko", "ana", "fatmir", "jelena"}

// Citizens implements demo.Office.
func (d *demoMail) Citizens() []string {
	var out []string
	for _, name := range demoCitizens {
		out = append(out, name+"@"+sampleMailDomain)
	}
	for _, b := range sampleBodies() {
		out = append(out, b.Email)
	}
	return out
}

// Bureau implements demo.Office.
func (d *demoMail) Bureau() string { return d.account }

// Read implements demo.Office.
func (d *demoMail) Read(ctx context.Context, citizen string) ([]demo.Letter, error) {
	list, err := d.office.Messages(ctx, citizen, "INBOX", 20)
	if err != nil {
		return nil, err
	}
	var out []demo.Letter
	for _, m := range list {
		parsed, err := mail.ReadMessage(bytes.NewReader(m.Raw))
		if err != nil {
			continue // not one of ours
		}
		h := parsed.Header
		out = append(out, demo.Letter{
			From: addressOf(h.Get("From")), To: addressOf(h.Get("To")), Subject: decodeWords(h.Get("Subject")), At: m.ReceivedAt,
			MessageID: strings.Trim(h.Get("Message-Id"), "<> "), ReplyTo: addressOf(h.Get("Reply-To")),
			Text: plainText(textproto.MIMEHeader(h), parsed.Body),
		})
	}
	return out, nil
}

func addressOf(header string) string {
	a, err := mail.ParseAddress(header)
	if err != nil {
		return ""
	}
	return a.Address
}

func decodeWords(s string) string {
	out, err := new(mime.WordDecoder).DecodeHeader(s)
	if err != nil {
		return s
	}
	return out
}

// maxDemoText bounds what is shown of a mail.
const maxDemoText = 64 << 10

// plainText finds the plain text of a mail.
func plainText(h textproto.MIMEHeader, body io.Reader) string {
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") {
		r := multipart.NewReader(body, params["boundary"])
		for {
			part, err := r.NextPart()
			if err != nil {
				return ""
			}
			if text := plainText(part.Header, part); text != "" {
				return text
			}
		}
	}
	if kind != "text/plain" {
		return ""
	}
	switch strings.ToLower(h.Get("Content-Transfer-Encoding")) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, _ := io.ReadAll(io.LimitReader(body, maxDemoText))
	return string(text)
}

// Send implements demo.Office.
func (d *demoMail) Send(_ context.Context, draft demo.Draft) error {
	raw, err := composeDraft(draft, time.Now())
	if err != nil {
		return err
	}
	host, _, err := net.SplitHostPort(d.office.SMTPAddr())
	if err != nil {
		return err
	}
	auth := smtp.PlainAuth("", draft.From, demoPassword, host)
	return smtp.SendMail(d.office.SMTPAddr(), auth, draft.From, []string{draft.To}, raw)
}

// composeDraft writes the mail a simple mail program would.
func composeDraft(d demo.Draft, now time.Time) ([]byte, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	head := func(name, value string) {
		fmt.Fprintf(&b, "%s: %s\r\n", name, strings.NewReplacer("\r", " ", "\n", " ").Replace(value))
	}
	head("From", d.From)
	head("To", d.To)
	head("Subject", mime.QEncoding.Encode("utf-8", d.Subject))
	head("Date", now.Format(time.RFC1123Z))
	head("Message-ID", fmt.Sprintf("<%d@%s>", now.UnixNano(), sampleMailDomain))
	if d.InReplyTo != "" {
		head("In-Reply-To", "<"+d.InReplyTo+">")
	}
	head("MIME-Version", "1.0")
	head("Content-Type", "multipart/mixed; boundary="+w.Boundary())
	b.WriteString("\r\n")
	text, err := w.CreatePart(textproto.MIMEHeader{"Content-Type": {"text/plain; charset=utf-8"}, "Content-Transfer-Encoding": {"base64"}})
	if err != nil {
		return nil, err
	}
	if err := writeBase64(text, []byte(d.Text)); err != nil {
		return nil, err
	}
	for _, f := range d.Files {
		part, err := w.CreatePart(textproto.MIMEHeader{
			"Content-Type": {"application/octet-stream"}, "Content-Transfer-Encoding": {"base64"},
			"Content-Disposition": {mime.FormatMediaType("attachment", map[string]string{"filename": f.Name})},
		})
		if err != nil {
			return nil, err
		}
		if err := writeBase64(part, f.Data); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), w.Close()
}

// writeBase64 writes lines of 76 characters (RFC 2045 §6.8).
func writeBase64(w io.Writer, data []byte) error {
	s := base64.StdEncoding.EncodeToString(data)
	for len(s) > 0 {
		n := min(76, len(s))
		if _, err := io.WriteString(w, s[:n]+"\r\n"); err != nil {
			return err
		}
		s = s[n:]
	}
	return nil
}
