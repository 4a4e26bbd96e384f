package emailtest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"iter"
	"math/rand/v2"
	"mime"
	"mime/quotedprintable"
	"strings"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// Senders is how many different people a large corpus comes from.
const Senders = 6000

// photoBytes is the size of a photo before base64.
const photoBytes = 200 << 10

// A Mail is one generated mail and what is true of it.
type Mail struct {
	Raw       []byte
	From      string // address, lower case
	Name      string
	Subject   string
	Words     string // a phrase of the body that a right reading contains
	Script    string // "latin", "cyrillic", "albanian", "english"
	Photo     bool   // a photo of 200 kB is attached
	MessageID string // without angle brackets
}

// Corpus gives n mails as a city gets them: 8 kB in the mean without photos,
// one in ten with a photo of 200 kB, from up to 6,000 senders, in Montenegrin
// (both scripts), Albanian and English, in the charsets and transfer encodings
// of real programs, some of them undeclared or declared wrongly. The same seed
// gives the same bytes; every mail is different from every other.
func Corpus(seed uint64, n int) iter.Seq[Mail] {
	return func(yield func(Mail) bool) {
		for i := range n {
			if !yield(corpusMail(seed, i)) {
				return
			}
		}
	}
}

// corpusMail makes the i-th mail.
func corpusMail(seed uint64, i int) Mail {
	r := rand.New(rand.NewPCG(seed, uint64(i)+1))
	m := Mail{Script: pickScript(r), Photo: i%10 == 7}
	w := writerOf(m.Script)
	m.Name, m.From = person(i*7919%Senders, w)
	m.MessageID = fmt.Sprintf("%08x.%d.%d@%s", r.Uint32(), seed, i, m.From[strings.IndexByte(m.From, '@')+1:])
	topic := w.topics[r.IntN(len(w.topics))]
	m.Subject = topic
	if r.IntN(8) == 0 {
		m.Subject = "Re: " + topic
	}
	m.Words = fmt.Sprintf("%s %d", w.streets[r.IntN(len(w.streets))], 1+r.IntN(180))
	body := w.letter(r, topic, m.Words, m.Name)

	cs := pickCharset(r, m.Script)
	var b bytes.Buffer
	trace(&b, r, m, i)
	fmt.Fprintf(&b, "From: %s <%s>\r\n", cs.word(m.Name), m.From)
	fmt.Fprintf(&b, "To: Sistem 48 <sistem48@demo.example>\r\nSubject: %s\r\n", cs.word(m.Subject))
	fmt.Fprintf(&b, "Date: %s\r\nMessage-ID: <%s>\r\nMIME-Version: 1.0\r\n", sentTime(i).Format(time.RFC1123Z), m.MessageID)
	writeBody(&b, r, cs, body, m.Photo)
	m.Raw = b.Bytes()
	return m
}

func sentTime(i int) time.Time {
	return time.Date(2026, 2, 2, 7, 0, 0, 0, time.FixedZone("CET", 3600)).Add(time.Duration(i) * 17 * time.Second)
}

// trace writes the fields that servers put before a mail.
func trace(b *bytes.Buffer, r *rand.Rand, m Mail, i int) {
	domain := m.From[strings.IndexByte(m.From, '@')+1:]
	at := sentTime(i).Format(time.RFC1123Z)
	fmt.Fprintf(b, "Return-Path: <%s>\r\nDelivered-To: sistem48@demo.example\r\n", m.From)
	fmt.Fprintf(b, "Received: from mx.demo.example by mail.demo.example with LMTP id %x\r\n\t(envelope-from <%s>)\r\n\tfor <sistem48@demo.example>; %s\r\n", r.Uint64(), m.From, at)
	fmt.Fprintf(b, "Received: from out%d.%s (out.%s [192.0.2.%d])\r\n\tby mx.demo.example (Postfix) with ESMTPS id %X\r\n\tfor <sistem48@demo.example>; %s\r\n", r.IntN(9), domain, domain, r.IntN(250), r.Uint32(), at)
	fmt.Fprintf(b, "Authentication-Results: mx.demo.example; dmarc=pass (p=none dis=none) header.from=%s;\r\n\tspf=pass smtp.mailfrom=%s; dkim=pass header.d=%s header.s=s1\r\n", domain, domain, domain)
	sig := make([]byte, 256)
	for k := range sig {
		sig[k] = byte(r.Uint32())
	}
	fmt.Fprintf(b, "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=%s; s=s1;\r\n\th=from:to:subject:date:message-id; bh=%s;\r\n\tb=%s\r\n",
		domain, base64.StdEncoding.EncodeToString(sig[:32]), base64.StdEncoding.EncodeToString(sig))
	fmt.Fprintf(b, "X-Mailer: %s\r\n", []string{"Apple Mail (2.3654)", "Microsoft Outlook 16.0", "Thunderbird", "Roundcube Webmail"}[r.IntN(4)])
}

// A corpusCharset is how one sender's program writes letters.
type corpusCharset struct {
	label  string // declared; "" = no declaration
	enc    encoding.Encoding
	utf8   bool
	binary string // transfer encoding
}

func pickScript(r *rand.Rand) string {
	switch n := r.IntN(100); {
	case n < 50:
		return "latin"
	case n < 75:
		return "cyrillic"
	case n < 90:
		return "albanian"
	}
	return "english"
}

func pickCharset(r *rand.Rand, script string) corpusCharset {
	transfer := []string{"8bit", "quoted-printable", "base64"}[r.IntN(3)]
	c := corpusCharset{label: "utf-8", utf8: true, binary: transfer}
	n := r.IntN(100)
	switch {
	case n < 60:
	case n < 65:
		c.label = "" // UTF-8 that says nothing
		c.binary = "8bit"
	case n < 70:
		c.label = "iso-8859-1" // UTF-8 under a false label
	case script == "cyrillic" && n < 90:
		c = corpusCharset{label: "windows-1251", enc: charmap.Windows1251, binary: transfer}
	case script == "cyrillic":
		c = corpusCharset{enc: charmap.Windows1251, binary: "8bit"}
	case n < 82:
		c = corpusCharset{label: "windows-1250", enc: charmap.Windows1250, binary: transfer}
	case n < 90:
		c = corpusCharset{label: "iso-8859-2", enc: charmap.ISO8859_2, binary: transfer}
	default:
		c = corpusCharset{label: "us-ascii", enc: charmap.Windows1250, binary: "8bit"}
	}
	return c
}

// bytes writes a text in the charset; what it cannot write becomes a question
// mark, as programs do.
func (c corpusCharset) bytes(s string) []byte {
	if c.utf8 {
		return []byte(s)
	}
	out, err := encoding.ReplaceUnsupported(c.enc.NewEncoder()).String(s)
	if err != nil {
		return []byte(s)
	}
	return []byte(strings.ReplaceAll(out, "\x1a", "?"))
}

// word writes a header text: encoded when the program declares a charset, raw
// when it does not.
func (c corpusCharset) word(s string) string {
	if c.label == "" || c.label == "us-ascii" {
		return string(c.bytes(s))
	}
	label := c.label
	if c.utf8 {
		label = "utf-8"
	}
	if mime.QEncoding.Encode("utf-8", s) == s {
		return s
	}
	var words []string
	for _, part := range splitRunes(s, 20) {
		words = append(words, "=?"+label+"?B?"+base64.StdEncoding.EncodeToString(c.bytes(part))+"?=")
	}
	return strings.Join(words, "\r\n ")
}

func splitRunes(s string, n int) []string {
	var parts []string
	for rs := []rune(s); len(rs) > 0; {
		k := min(n, len(rs))
		parts = append(parts, string(rs[:k]))
		rs = rs[k:]
	}
	return parts
}

// writeBody writes one of the forms in which programs send a text, with or
// without a photo.
func writeBody(b *bytes.Buffer, r *rand.Rand, cs corpusCharset, body string, photo bool) {
	html := r.IntN(3) > 0
	mixed, alt := fmt.Sprintf("=_m%x", r.Uint64()), fmt.Sprintf("=_a%x", r.Uint64())
	if photo {
		fmt.Fprintf(b, "Content-Type: multipart/mixed; boundary=\"%s\"\r\n\r\nThis is a multi-part message.\r\n--%s\r\n", mixed, mixed)
	}
	if html {
		fmt.Fprintf(b, "Content-Type: multipart/alternative;\r\n boundary=\"%s\"\r\n\r\n--%s\r\n", alt, alt)
		textPart(b, cs, "plain", body)
		fmt.Fprintf(b, "\r\n--%s\r\n", alt)
		textPart(b, cs, "html", htmlOf(body))
		fmt.Fprintf(b, "\r\n--%s--\r\n", alt)
	} else {
		textPart(b, cs, "plain", body)
	}
	if photo {
		name := fmt.Sprintf("IMG_%04d.jpg", r.IntN(10000))
		fmt.Fprintf(b, "\r\n--%s\r\nContent-Type: image/jpeg; name=\"%s\"\r\nContent-Disposition: attachment; filename=\"%s\"\r\nContent-Transfer-Encoding: base64\r\n\r\n", mixed, name, name)
		writeBase64(b, Photo(r.Uint64(), photoBytes))
		fmt.Fprintf(b, "\r\n--%s--\r\n", mixed)
	}
}

func textPart(b *bytes.Buffer, cs corpusCharset, kind, body string) {
	if cs.label == "" {
		fmt.Fprintf(b, "Content-Type: text/%s\r\n", kind)
	} else {
		fmt.Fprintf(b, "Content-Type: text/%s; charset=%s\r\n", kind, cs.label)
	}
	fmt.Fprintf(b, "Content-Transfer-Encoding: %s\r\n\r\n", cs.binary)
	raw := bytes.ReplaceAll(cs.bytes(body), []byte("\n"), []byte("\r\n"))
	switch cs.binary {
	case "base64":
		writeBase64(b, raw)
	case "quoted-printable":
		w := quotedprintable.NewWriter(b)
		_, _ = w.Write(raw)
		_ = w.Close()
	default:
		b.Write(raw)
	}
}

func writeBase64(b *bytes.Buffer, raw []byte) {
	enc := base64.StdEncoding.EncodeToString(raw)
	for len(enc) > 0 {
		n := min(76, len(enc))
		b.WriteString(enc[:n])
		b.WriteString("\r\n")
		enc = enc[n:]
	}
}

// Photo gives size bytes that begin like a JPEG file and cannot be compressed.
func Photo(seed uint64, size int) []byte {
	r := rand.New(rand.NewPCG(seed, 48))
	p := make([]byte, size)
	for i := 0; i+8 <= size; i += 8 {
		v := r.Uint64()
		for k := range 8 {
			p[i+k] = byte(v >> (8 * k))
		}
	}
	copy(p, "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
	return p
}
