package emailtest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
)

// A Case is one hostile mail. Names say what is wrong with it and are unique.
type Case struct {
	Name string
	Raw  []byte
}

// Hostile gives more than 300 different mails that broken programs and
// attackers send: damaged heads and structures, MIME bombs, false encodings and
// charsets, forged fields, file names and pages made to escape, reports that
// report nothing, and good mails cut or bent at many places. The same call gives
// the same mails. None is larger than 6 MB.
func Hostile() []Case {
	c := &cases{seen: map[string]bool{}}
	c.heads()
	c.senders()
	c.structures()
	c.encodings()
	c.charsets()
	c.fileNames()
	c.pages()
	c.floods()
	c.machines()
	c.forgeries()
	c.broken()
	return c.list
}

type cases struct {
	list []Case
	seen map[string]bool
}

// add takes a mail in. A name used twice is a mistake of this package.
func (c *cases) add(name, raw string) {
	if c.seen[name] {
		panic("two hostile mails are called " + name)
	}
	c.seen[name] = true
	c.list = append(c.list, Case{name, []byte(raw)})
}

// mail joins header lines and a body.
func mail(body string, fields ...string) string {
	return strings.Join(fields, "\r\n") + "\r\n\r\n" + body
}

// usual are the fields of a mail that is ordinary otherwise.
func usual(more ...string) []string {
	return append([]string{
		"From: Pero Peric <pero@ex.example>", "To: sistem48@demo.example", "Subject: Nema vode",
		"Date: Mon, 2 Feb 2026 10:00:00 +0100", "Message-ID: <hostile@ex.example>", "MIME-Version: 1.0",
	}, more...)
}

const plainBody = "Nema vode u Zagoricu vec tri dana.\r\nMolim pomoc.\r\n"

// heads are mails whose header is damaged.
func (c *cases) heads() {
	good := mail(plainBody, usual()...)
	c.add("head: nothing at all", "")
	c.add("head: one blank line", "\r\n")
	c.add("head: blanks only", strings.Repeat(" \r\n", 50))
	c.add("head: body only", plainBody)
	c.add("head: body after blank lines", "\r\n\r\n\r\n"+plainBody)
	c.add("head: blank lines before the header", "\r\n\r\n"+good)
	c.add("head: byte order mark", "\xef\xbb\xbf"+good)
	c.add("head: mbox line", "From pero@ex.example Mon Feb  2 10:00:00 2026\r\n"+good)
	c.add("head: quoted mbox line", ">From pero@ex.example Mon Feb  2 10:00:00 2026\r\n"+good)
	c.add("head: mbox line in the middle", mail(plainBody, "From: a@b.example", "From pero Mon Feb 2", "Subject: x"))
	c.add("head: line feeds", strings.ReplaceAll(good, "\r\n", "\n"))
	c.add("head: carriage returns", strings.ReplaceAll(good, "\r\n", "\r"))
	c.add("head: two carriage returns", strings.ReplaceAll(good, "\r\n", "\r\r\n"))
	c.add("head: line feed carriage return", strings.ReplaceAll(good, "\r\n", "\n\r"))
	c.add("head: no blank line", strings.Replace(good, "\r\n\r\n", "\r\n", 1))
	c.add("head: no line end at the end", "Subject: kraj")
	c.add("head: only a header", strings.Join(usual(), "\r\n")+"\r\n")
	c.add("head: junk between the fields", mail(plainBody, "From: a@b.example", "this is no field", "Subject: x"))
	c.add("head: line that begins with a colon", mail(plainBody, ": nothing", "From: a@b.example", "Subject: x"))
	c.add("head: blank before the colon", mail(plainBody, "From : a@b.example", "Subject\t: x"))
	c.add("head: begins folded", "  folded\r\n"+good)
	c.add("head: fold of blanks", mail(plainBody, "Subject: a", "   ", " b", "From: a@b.example"))
	c.add("head: 8-bit field name", mail(plainBody, "Predm\xe8t: x", "From: a@b.example", "Subject: y"))
	c.add("head: NUL in the fields", mail(plainBody, "From: a\x00@b.example", "Subject: x\x00y", "To: \x00"))
	c.add("head: escape sequences", mail(plainBody, "From: a@b.example", "Subject: \x1b[2J\x1b]0;title\x07"))
	c.add("head: raw cp1250", mail("\x8aaht\r\n", "From: Pero Peri\xe6 <pero@ex.example>", "Subject: \x8aaht bez poklopca"))
	c.add("head: raw utf-8", mail("Šaht\r\n", "From: Pero Perić <pero@ex.example>", "Subject: Šaht bez poklopca"))
	c.add("head: two subjects", mail(plainBody, "Subject: prvi", "Subject: drugi", "From: a@b.example"))
	c.add("head: two content types", mail(plainBody, usual("Content-Type: text/plain", "Content-Type: multipart/mixed; boundary=x")...))
	c.add("head: 2,500 fields", mail(plainBody, strings.TrimSuffix(strings.Repeat("X-A: b\r\n", 2500), "\r\n"), "From: a@b.example"))
	c.add("head: 100,000 fields", mail(plainBody, strings.TrimSuffix(strings.Repeat("X-A: b\r\n", 100_000), "\r\n"), "From: a@b.example"))
	c.add("head: 3 MB in one field", mail(plainBody, "From: a@b.example", "Subject: "+strings.Repeat("x", 3<<20)))
	c.add("head: 1,900 folds", mail(plainBody, "From: a@b.example", "Subject: a"+strings.Repeat("\r\n "+strings.Repeat("b", 400), 1900)))
	c.add("head: field name of 1 MB", mail(plainBody, "From: a@b.example", strings.Repeat("N", 1<<20)+": x"))
	c.add("head: http request", "GET / HTTP/1.1\r\nHost: demo.example\r\n\r\n")
	c.add("head: binary", string(Photo(3, 4096)))
	c.add("head: zeros", strings.Repeat("\x00", 5000))
	for i, d := range []string{
		"", "0", "yesterday", "Mon, 2 Feb 2050 10:00:00 +0100", "Thu, 1 Jan 1970 00:00:00 +0000", "Mon, 32 Feb 2026 99:99:99 +9999",
		"Mon, 2 Feb 20260 10:00:00 +0100", "2026-02-02T10:00:00Z", "Mon, 2 Feb 2026 10:00:00 (CET (nested (deep)))",
		"Tue, 31 Dec 9999 23:59:59 -1200", strings.Repeat("9", 5000), "Пон, 2 Феб 2026 10:00:00 +0100",
	} {
		c.add(fmt.Sprintf("date: %d", i), mail(plainBody, "From: a@b.example", "Subject: datum", "Date: "+d))
	}
}

// senders are mails of which it is hard to say who wrote them.
func (c *cases) senders() {
	for i, f := range []string{
		"", " ", "<>", "@", "<@>", "a@", "@b", "Pero", "Pero Peric pero@ex.example", "Pero Peric <pero@ex.example", "pero@ex.example>",
		"\"Pero <pero@ex.example>", "Pero \"Peric <pero@ex.example>", "<pero@ex.example> Pero", "<<pero@ex.example>>", "Pero <<pero@ex.example>>",
		"pero@ex.example, ana@ex.example", "pero@ex.example; ana@ex.example", "Pero <pero@ex.example> <ana@ex.example>", "\"ana@ex.example\" <pero@ex.example>",
		"pero(kom(entar))@ex.example", "(ana@ex.example) pero@ex.example", "pero@ex.example (Pero (Peric)", "undisclosed-recipients:;", "Grupa: pero@ex.example, ana@ex.example;",
		"Grupa: ;", "@relay.example,@drugi.example:pero@ex.example", "<@relay.example:pero@ex.example>", "\"pero peric\"@ex.example", "pero..peric@ex.example", ".pero@ex.example",
		"pero@ex..example", "pero@[192.0.2.1]", "pero@[IPv6:2001:db8::1]", "pero@-ex.example", "pero@ex.example.", "pero@EX.EXAMPLE", "=?utf-8?q?Pero_=3Cpero=40ex.example=3E?=",
		"=?utf-8?b?UGVybyA8cGVyb0BleC5leGFtcGxlPg==?=", "=?utf-8?q?pero?=@ex.example", "=?bad?x?y?= <pero@ex.example>", "Перо <перо@примјер.example>", "pero@ex.example\x00@evil.example",
		"pero@ex.example\r\n Bcc: x@evil.example", "mailto:pero@ex.example", "<mailto:pero@ex.example>", "pero at ex.example", "pero@ex@ample.example",
		strings.Repeat("a", 300) + "@ex.example", "a@" + strings.Repeat("b.", 200) + "example", strings.Repeat("(", 20_000) + "a@b.example",
		strings.Repeat("\"", 9_999) + "a@b.example", strings.Repeat("<", 20_000) + "a@b.example", strings.Repeat("a@b.example, ", 20_000),
		"sistem48@demo.example", "Sistem 48 <sistem48+t1.aaaaaaaaaaaaaaaa@demo.example>", "MAILER-DAEMON", "\u202eoreP <pero@ex.example>", "Pero\u200b <pero@ex.example>",
	} {
		c.add(fmt.Sprintf("from: %d", i), mail(plainBody, "From: "+f, "Subject: posiljalac"))
	}
	c.add("from: two fields", mail(plainBody, "From: pero@ex.example", "From: ana@ex.example", "Subject: x"))
	c.add("from: fifty fields", mail(plainBody, strings.TrimSuffix(strings.Repeat("From: a@b.example\r\n", 50), "\r\n"), "From: ana@ex.example", "Subject: x"))
	c.add("from: only Sender", mail(plainBody, "Sender: pero@ex.example", "Subject: x"))
	c.add("from: only Reply-To", mail(plainBody, "From: undisclosed:;", "Reply-To: pero@ex.example", "Subject: x"))
	c.add("from: only Return-Path", mail(plainBody, "Return-Path: <pero@ex.example>", "Subject: x"))
	c.add("from: answers to ourselves", mail(plainBody, usual("Reply-To: sistem48@demo.example")...))
}

// attach builds a mixed mail of a text and one more part.
func attach(part string) string {
	return mail("--B\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"+plainBody+"\r\n--B\r\n"+part+"\r\n--B--\r\n", usual("Content-Type: multipart/mixed; boundary=B")...)
}

// nest builds depth multiparts, one in the other, around a text.
func nest(depth int, subtype string) string {
	var b bytes.Buffer
	for i := range depth {
		fmt.Fprintf(&b, "Content-Type: multipart/%s; boundary=\"b%d\"\r\n\r\n--b%d\r\n", subtype, i, i)
	}
	b.WriteString("Content-Type: text/plain\r\n\r\n" + plainBody)
	for i := depth - 1; i >= 0; i-- {
		fmt.Fprintf(&b, "\r\n--b%d--\r\n", i)
	}
	return strings.Join(usual(), "\r\n") + "\r\n" + b.String()
}

// broken are good mails cut off or bent at many places.
func (c *cases) broken() {
	var good []byte
	for m := range Corpus(48, 40) {
		if !m.Photo && bytes.Contains(m.Raw, []byte("multipart/alternative")) && bytes.Contains(m.Raw, []byte("base64")) {
			good = m.Raw
			break
		}
	}
	for i := 1; i <= 40; i++ {
		c.add(fmt.Sprintf("cut at %d of 41", i), string(good[:len(good)*i/41]))
	}
	r := rand.New(rand.NewPCG(48, 48))
	for i := range 40 {
		bent := bytes.Clone(good)
		for range 1 + r.IntN(40) {
			bent[r.IntN(len(bent))] = byte(r.Uint32())
		}
		c.add(fmt.Sprintf("bent %d", i), string(bent))
	}
	for i := range 20 {
		lines := bytes.SplitAfter(good, []byte("\n"))
		r.Shuffle(len(lines), func(a, b int) { lines[a], lines[b] = lines[b], lines[a] })
		c.add(fmt.Sprintf("shuffled %d", i), string(bytes.Join(lines, nil)))
	}
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
