package email

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

func testDelivery() ticketing.Delivery {
	return ticketing.Delivery{
		ID: 5, Ticket: 123, Purpose: ticketing.PurposeAnswer, Channel: ticketing.ChannelEmail,
		To: ticketing.Party{Name: "Pero Perić", Address: "pero@ex.me"}, Language: lang.SrLatn,
		Subject: "Odgovor na S48-26-000123-4: šaht", Text: "Poštovani,\n\nšaht je zatvoren.\n\n- prvo\n- drugo\n\nVidite https://pg.me/s?a=1&b=2.",
		MessageIDHeader: "s48.5.bbbbbbbbbbbbbbbb@pg.me", ReplyTo: "sistem48+t123.aaaaaaaaaaaaaaaa@pg.me",
		References: []string{"m0@ex.me", "m1@ex.me"}, CreatedAt: time.Date(2026, 2, 2, 9, 0, 0, 123, time.UTC),
	}
}

var testOptions = ComposeOptions{From: ticketing.Party{Name: "Sistem 48 – Podgorica", Address: "sistem48@pg.me"}, Loop: "pg-1", Location: time.FixedZone("CET", 3600)}

func noFiles(key string) (io.ReadCloser, error) { return nil, fmt.Errorf("no file %s", key) }

func compose(t testing.TB, d ticketing.Delivery) (raw []byte, m *mail.Message) {
	t.Helper()
	raw, err := Compose(d, testOptions, func(key string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("file " + key)), nil
	})
	if err != nil {
		t.Fatalf("Compose: %v", err)
	}
	m, err = mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("composed mail: %v", err)
	}
	return raw, m
}

func TestComposeHeader(t *testing.T) {
	t.Parallel()
	d := testDelivery()
	d.HeaderTo = []ticketing.Party{d.To, {Address: "ana@ex.me"}, {Address: "ANA@ex.me"}}
	d.HeaderCc = []ticketing.Party{{Name: "Vodovod, JP", Address: "info@vodovod.me"}}
	_, m := compose(t, d)
	want := map[string]string{
		"From": "=?utf-8?q?Sistem_48_=E2=80=93_Podgorica?= <sistem48@pg.me>", "To": "=?utf-8?q?Pero_Peri=C4=87?= <pero@ex.me>, <ana@ex.me>",
		"Cc": `"Vodovod, JP" <info@vodovod.me>`, "Reply-To": "<sistem48+t123.aaaaaaaaaaaaaaaa@pg.me>", "Date": "Mon, 02 Feb 2026 10:00:00 +0100",
		"Message-Id": "<s48.5.bbbbbbbbbbbbbbbb@pg.me>", "In-Reply-To": "<m1@ex.me>", "References": "<m0@ex.me> <m1@ex.me>", "Mime-Version": "1.0", "Content-Language": "sr-Latn-ME",
	}
	for k, v := range want {
		if got := m.Header[k]; len(got) != 1 || got[0] != v {
			t.Errorf("%s = %q, want one %q", k, got, v)
		}
	}
	if got, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil || got != d.Subject {
		t.Errorf("Subject = %q, %v", got, err)
	}
	for _, k := range []string{"Auto-Submitted", "X-Auto-Response-Suppress", "X-S48-Loop", "Bcc", "Precedence"} {
		if m.Header.Get(k) != "" {
			t.Errorf("an agent's mail has %s: %q", k, m.Header.Get(k))
		}
	}
}

// A78: mails that no person wrote say so in every way that stops answers.
func TestA78AutomaticMailSaysSo(t *testing.T) {
	t.Parallel()
	for p, want := range map[ticketing.Purpose]string{
		ticketing.PurposeReceipt: "auto-replied", ticketing.PurposeReceipts: "auto-replied", ticketing.PurposeOversize: "auto-replied",
		ticketing.PurposeHandover: "auto-generated", ticketing.PurposeReset: "auto-generated", ticketing.PurposeClosing: "auto-generated",
	} {
		d := testDelivery()
		d.Purpose = p
		raw, m := compose(t, d)
		if m.Header.Get("Auto-Submitted") != want || m.Header.Get("X-Auto-Response-Suppress") != "All" || m.Header.Get("X-S48-Loop") != "pg-1" {
			t.Errorf("%s: Auto-Submitted %q, suppress %q, loop %q", p, m.Header.Get("Auto-Submitted"), m.Header.Get("X-Auto-Response-Suppress"), m.Header.Get("X-S48-Loop"))
		}
		blobs := newMemBlobs()
		parser := newTestParser(blobs)
		parser.cfg.Loop = "pg-1"
		if in := parseMail(t, blobs, parser, string(raw)); in.Machine != ticketing.MachineLoop {
			t.Errorf("%s: coming back it is %q", p, in.Machine)
		}
	}
}

// I8: composed twice, a delivery has the same bytes.
func TestComposeIsRepeatable(t *testing.T) {
	t.Parallel()
	d := testDelivery()
	d.Files = []ticketing.Attachment{{Key: "k", Name: "šema.pdf", ContentType: "application/pdf"}}
	first, _ := compose(t, d)
	second, _ := compose(t, d)
	if !bytes.Equal(first, second) {
		t.Error("two compositions differ")
	}
	d.MessageIDHeader = "s48.6.bbbbbbbbbbbbbbbb@pg.me"
	third, _ := compose(t, d)
	if bytes.Contains(third, []byte(boundary("mixed", "s48.5.bbbbbbbbbbbbbbbb@pg.me"))) {
		t.Error("another mail has the same boundary")
	}
}

// What is composed is read back as it was meant, text and files, by our own
// parser; lines keep to RFC 5322 §2.1.1.
func TestComposeReadsBack(t *testing.T) {
	t.Parallel()
	d := testDelivery()
	d.Text = "Поштовани,\n\nшахт је затворен. " + strings.Repeat("Дуга реченица без краја. ", 80) + "\n.\nFrom x\n--" + boundary("alternative", d.MessageIDHeader) + "x\nkraj"
	d.Files = []ticketing.Attachment{
		{Key: "k1", Name: "šema puta (1).pdf", ContentType: "application/pdf"},
		{Key: "k2", Name: "../../a\r\nX: y.txt", ContentType: "text/plain"},
		{Key: "k3", Name: "", ContentType: "image/jpeg\r\nX-Evil: 1"},
		{Key: "k4", Name: "original.eml", ContentType: "message/rfc822"},
		{Key: "k5", Name: strings.Repeat("ž", 74) + ".jpg", ContentType: "image/jpeg"},
	}
	raw, _ := compose(t, d)
	for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
		if len(line) > 998 || bytes.ContainsAny(line, "\r\n") {
			t.Errorf("line of %d bytes: %.60q", len(line), line)
		}
		for _, c := range line {
			if c >= 0x80 {
				t.Fatalf("8-bit byte in %q", line)
			}
		}
	}
	blobs := newMemBlobs()
	in := parseMail(t, blobs, newTestParser(blobs), string(raw))
	if in.Text != d.Text || in.Subject != d.Subject || in.From.Name != testOptions.From.Name || in.Partial || len(in.Notes) != 0 {
		t.Errorf("Text %q\nSubject %q, From %+v, notes %v", in.Text, in.Subject, in.From, in.Notes)
	}
	var names []string
	for i, f := range in.Files {
		names = append(names, f.Name)
		if want := "file " + d.Files[i].Key; blobs.text(f.Key) != want {
			t.Errorf("file %d holds %q, want %q", i, blobs.text(f.Key), want)
		}
	}
	if diff := cmp.Diff([]string{"šema puta (1).pdf", "a X_ y.txt", "attachment.bin", "original.eml", strings.Repeat("ž", 73) + ".jpg"}, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if !bytes.Contains(raw, []byte("filename*=utf-8''%C5%A1ema%20puta%20%281%29.pdf")) {
		t.Error("file name is not written as RFC 2231 says")
	}
}

// A76: nothing from outside adds a field or a recipient.
func TestA76HeaderInjection(t *testing.T) {
	t.Parallel()
	const evil = "x\r\nBcc: victim@ex.me\r\nX-Evil: 1\r\n\r\nbody"
	d := testDelivery()
	d.Subject = evil
	d.To.Name = evil
	d.HeaderTo = []ticketing.Party{{Name: evil, Address: "pero@ex.me"}, {Address: "a@b.me\r\nBcc: victim@ex.me"}, {Address: "a@b.me, victim@ex.me"}}
	d.HeaderCc = []ticketing.Party{{Name: "=?utf-8?q?=0D=0ABcc:_victim@ex.me?=", Address: "ana@ex.me"}}
	d.References = []string{evil, "<a@b>\r\nBcc: victim@ex.me", "ok@ex.me", strings.Repeat("a", 2000) + "@x", "č@ex.me"}
	d.Files = []ticketing.Attachment{{Key: "k", Name: "a\"\r\nX-Evil: 1", ContentType: "text/plain; a=b\r\nX-Evil: 1"}}
	d.Purpose = ticketing.PurposeReceipt
	opt := testOptions
	opt.Loop = "l\r\nX-Evil: 1"
	raw, err := Compose(d, opt, func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("x")), nil })
	if err != nil {
		t.Fatal(err)
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if m.Header.Get("Bcc") != "" || m.Header.Get("X-Evil") != "" || bytes.Contains(raw, []byte("\nX-Evil")) || bytes.Contains(raw, []byte("\nBcc")) {
		t.Errorf("a field was added:\n%s", raw)
	}
	to, err := mail.ParseAddressList(m.Header.Get("To"))
	if err != nil || len(to) != 1 || to[0].Address != "pero@ex.me" {
		t.Errorf("To = %v, %v", to, err)
	}
	cc, err := mail.ParseAddressList(m.Header.Get("Cc"))
	if err != nil || len(cc) != 1 || cc[0].Address != "ana@ex.me" {
		t.Errorf("Cc = %v, %v", cc, err)
	}
	if m.Header.Get("References") != "<ok@ex.me>" || m.Header.Get("In-Reply-To") != "<ok@ex.me>" {
		t.Errorf("References = %q, In-Reply-To = %q", m.Header.Get("References"), m.Header.Get("In-Reply-To"))
	}
}

func TestComposeRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*ticketing.Delivery, *ComposeOptions){
		"no recipient":      func(d *ticketing.Delivery, _ *ComposeOptions) { d.To.Address = "pero" },
		"no sender":         func(_ *ticketing.Delivery, o *ComposeOptions) { o.From.Address = "" },
		"no Message-ID":     func(d *ticketing.Delivery, _ *ComposeOptions) { d.MessageIDHeader = "" },
		"broken Message-ID": func(d *ticketing.Delivery, _ *ComposeOptions) { d.MessageIDHeader = "a@b>\r\nX: y" },
		"broken Reply-To":   func(d *ticketing.Delivery, _ *ComposeOptions) { d.ReplyTo = "a b" },
	}
	for name, spoil := range tests {
		d, o := testDelivery(), testOptions
		spoil(&d, &o)
		if _, err := Compose(d, o, noFiles); !errors.Is(err, ticketing.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	d, o := testDelivery(), testOptions
	d.Files = []ticketing.Attachment{{Key: "k", Name: "a.bin"}}
	if _, err := Compose(d, o, func(string) (io.ReadCloser, error) { return nil, ticketing.NotFound }); !errors.Is(err, ticketing.NotFound) {
		t.Errorf("missing file: %v", err)
	}
	o.MaxBytes = 100_000
	if _, err := Compose(d, o, func(string) (io.ReadCloser, error) { return io.NopCloser(lines{}), nil }); !errors.Is(err, ticketing.TooLarge) {
		t.Errorf("endless file: %v", err)
	}
}

// The thread's last twenty ids go along, the answered one last.
func TestComposeReferences(t *testing.T) {
	t.Parallel()
	d := testDelivery()
	d.References = nil
	for i := range 50 {
		d.References = append(d.References, fmt.Sprintf("m%d@ex.me", i))
	}
	_, m := compose(t, d)
	ids := strings.Fields(m.Header.Get("References"))
	if len(ids) != 20 || ids[0] != "<m30@ex.me>" || ids[19] != "<m49@ex.me>" || m.Header.Get("In-Reply-To") != "<m49@ex.me>" {
		t.Errorf("References %v, In-Reply-To %q", ids, m.Header.Get("In-Reply-To"))
	}
}

func TestLetterHTML(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"paragraphs", "a\nb\n\nc", "<p>a<br>\nb</p>\n<p>c</p>\n"},
		{"escaped", "<script>alert(1)</script> & \"x\"", "<p>&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#34;x&#34;</p>\n"},
		{"bold", "vrlo **važno** i ** ne ** i **", "<p>vrlo <strong>važno</strong> i <strong> ne </strong> i **</p>\n"},
		{"list", "Ovo:\n- prvo\n- drugo\nkraj", "<p>Ovo:</p>\n<ul><li>prvo</li>\n<li>drugo</li>\n</ul>\n<p>kraj</p>\n"},
		{"numbers", "1. prvo\n2. drugo\n2026. godine", "<ol><li>prvo</li>\n<li>drugo</li>\n</ol>\n<p>2026. godine</p>\n"},
		{"quotation", "> staro\n> isto\nnovo", "<blockquote>staro<br>\nisto</blockquote>\n<p>novo</p>\n"},
		{"address", "vidi https://pg.me/a?b=1&c=2.", "<p>vidi <a href=\"https://pg.me/a?b=1&amp;c=2\">https://pg.me/a?b=1&amp;c=2</a>.</p>\n"},
		{"words as link", "vidi [ovdje](https://pg.me) i [x](javascript:alert(1)) i [y]", "<p>vidi <a href=\"https://pg.me\">ovdje</a> i [x](javascript:alert(1)) i [y]</p>\n"},
		{"quote in an address", "https://pg.me/\"onclick=\"x", "<p><a href=\"https://pg.me/\">https://pg.me/</a>&#34;onclick=&#34;x</p>\n"},
		{"not an address", "http i https:// i h", "<p>http i https:// i h</p>\n"},
		{"telephone", "[zovite](tel:+38280019801)", "<p><a href=\"tel:+38280019801\">zovite</a></p>\n"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := letterHTML(tc.text, "en")
			_, got, _ = strings.Cut(got, "1.45\">\n")
			if got = strings.TrimSuffix(got, "</body></html>\n"); got != tc.want {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
	start := time.Now()
	letterHTML(strings.Repeat("**[[h[", 200_000), "en")
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
}

func FuzzCompose(f *testing.F) {
	f.Add("Naslov", "Tekst\n- a\n**b** https://x.me", "Pero", "a.jpg", "m@x")
	f.Add("x\r\nBcc: y", "[a](http://b) <c>", "\"", "..", "<>")
	f.Fuzz(func(t *testing.T, subject, text, name, file, id string) {
		d := testDelivery()
		d.Subject, d.Text, d.To.Name, d.References = subject, text, name, []string{id}
		d.Files = []ticketing.Attachment{{Key: "k", Name: file, ContentType: name}}
		raw, m := compose(t, d)
		for k := range m.Header {
			switch k {
			case "From", "To", "Reply-To", "Subject", "Date", "Message-Id", "In-Reply-To", "References", "Content-Language", "Mime-Version", "Content-Type":
			default:
				t.Errorf("field %q in\n%s", k, raw)
			}
		}
		in, _ := parse(t, string(raw))
		if len(in.Files) != 1 || in.Partial {
			t.Errorf("%d files, notes %v", len(in.Files), in.Notes)
		}
	})
}
