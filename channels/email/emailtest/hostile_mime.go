package emailtest

import (
	"fmt"
	"strings"
)

// structures are mails whose parts do not fit together, and MIME bombs.
func (c *cases) structures() {
	for _, depth := range []int{2, 10, 24, 26, 100, 1000, 5000} {
		c.add(fmt.Sprintf("structure: %d multiparts nested", depth), nest(depth, "mixed"))
	}
	c.add("structure: 20 alternatives nested", nest(20, "alternative"))
	for _, n := range []int{200, 499, 501, 5000, 20_000} {
		c.add(fmt.Sprintf("structure: %d parts", n),
			mail(strings.Repeat("--B\r\nContent-Type: image/png\r\n\r\nx\r\n", n)+"--B--\r\n", usual("Content-Type: multipart/mixed; boundary=B")...))
	}
	deepPhoto := strings.Replace(nest(22, "mixed"), plainBody, plainBody+strings.Repeat(strings.Repeat("A", 76)+"\r\n", 50_000), 1)
	c.add("structure: 4 MB under 22 multiparts", deepPhoto)
	body := "--B\r\nContent-Type: text/plain\r\n\r\n" + plainBody
	ct := func(v string) []string { return usual("Content-Type: " + v) }
	c.add("structure: no boundary", mail(body+"\r\n--B--", ct("multipart/mixed")...))
	c.add("structure: empty boundary", mail(body, ct(`multipart/mixed; boundary=""`)...))
	c.add("structure: another boundary", mail(body+"\r\n--B--", ct("multipart/mixed; boundary=C")...))
	c.add("structure: boundary never comes", mail(plainBody, ct("multipart/mixed; boundary=C")...))
	c.add("structure: not closed", mail(body, ct("multipart/mixed; boundary=B")...))
	c.add("structure: closed before it opens", mail("--B--\r\n"+body, ct("multipart/mixed; boundary=B")...))
	c.add("structure: only boundaries", mail(strings.Repeat("--B\r\n", 100)+"--B--\r\n", ct("multipart/mixed; boundary=B")...))
	c.add("structure: text before and after", mail("Prije.\r\n"+body+"\r\n--B--\r\nPoslije.\r\n", ct("multipart/mixed; boundary=B")...))
	c.add("structure: long text after the end", mail(body+"\r\n--B--\r\n"+strings.Repeat("Vazno. ", 2000), ct("multipart/mixed; boundary=B")...))
	c.add("structure: boundary with blanks", mail(strings.ReplaceAll(body, "--B", "--B   "), ct(`multipart/mixed; boundary="B   "`)...))
	c.add("structure: boundary with quotes", mail("--a\"b\\c\r\n\r\n"+plainBody+"\r\n--a\"b\\c--", ct(`multipart/mixed; boundary="a\"b\\c"`)...))
	c.add("structure: boundary with 8-bit", mail("--\xe8\xe6\r\n\r\n"+plainBody+"\r\n--\xe8\xe6--", ct("multipart/mixed; boundary=\"\xe8\xe6\"")...))
	c.add("structure: boundary of 5,000 characters", mail("--"+strings.Repeat("b", 5000)+"\r\n\r\n"+plainBody, ct("multipart/mixed; boundary="+strings.Repeat("b", 5000))...))
	c.add("structure: boundary is a prefix of the other", mail("--B\r\nContent-Type: multipart/alternative; boundary=BB\r\n\r\n--BB\r\n\r\n"+plainBody+"\r\n--BB--\r\n--B--", ct("multipart/mixed; boundary=B")...))
	c.add("structure: same boundary inside", mail("--B\r\nContent-Type: multipart/alternative; boundary=B\r\n\r\n--B\r\n\r\n"+plainBody+"\r\n--B--\r\n--B--", ct("multipart/mixed; boundary=B")...))
	c.add("structure: text with a boundary", mail(body+"\r\n--B--", ct("text/plain; boundary=B")...))
	c.add("structure: part without a blank line", mail("--B\r\nContent-Type: text/plain\r\n--B--", ct("multipart/mixed; boundary=B")...))
	c.add("structure: part header without end", mail("--B\r\n"+strings.Repeat("X-A: b\r\n", 5000), ct("multipart/mixed; boundary=B")...))
	c.add("structure: part header line of 2 MB", mail("--B\r\nX-A: "+strings.Repeat("b", 2<<20)+"\r\n\r\n"+plainBody+"\r\n--B--", ct("multipart/mixed; boundary=B")...))
	c.add("structure: children never come", mail("--B\r\nContent-Type: multipart/alternative; boundary=N\r\n\r\n"+plainBody+"\r\n--B--", ct("multipart/mixed; boundary=B")...))
	c.add("structure: related without a root", mail("--B\r\nContent-Type: image/png\r\nContent-ID: <1>\r\n\r\nx\r\n--B--", ct("multipart/related; boundary=B")...))
	c.add("structure: lines of hyphens", mail(strings.Repeat("--\r\n---\r\n", 20_000), ct("multipart/mixed; boundary=-")...))
	c.add("structure: partial", mail(plainBody, ct("message/partial; id=1; number=1; total=9")...))
	c.add("structure: external body", attach("Content-Type: message/external-body; access-type=local-file; name=\"/etc/passwd\"\r\n\r\nContent-Type: text/plain\r\n\r\n"))
	inner := mail(plainBody, "From: ana@ex.example", "Subject: unutra/../../x")
	c.add("structure: message in a message", attach("Content-Type: message/rfc822\r\n\r\n"+inner))
	c.add("structure: message in base64", attach("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"+b64(inner)))
	c.add("structure: whole mail is a message", mail(inner, ct("message/rfc822")...))
	c.add("structure: 1,000 messages nested", mail(strings.Repeat("Content-Type: message/rfc822\r\n\r\n", 1000)+plainBody, ct("message/rfc822")...))
	c.add("structure: digest", mail("--B\r\n\r\n"+inner+"\r\n--B\r\n\r\n"+inner+"\r\n--B--", ct("multipart/digest; boundary=B")...))
	for i, v := range []string{
		"text", "/", "text/", "/plain", "image", "TEXT/PLAIN;CHARSET=UTF-8", "text/plain charset=utf-8", "text/plain; charset", "text/plain; =utf-8", "charset=utf-8",
		"text/plain; charset=\"utf-8", "text/plain;;;;charset=utf-8", "text/plain/plain", "text/plain; charset=utf-8; charset=cp1250", "multipart", "multipart/",
		"text/plain; " + strings.Repeat("a=b; ", 5000), "text/plain; charset*0=ut; charset*1=f-8", "text/plain; charset*=us-ascii'en'utf-8", "<text/html>", "text/html\x00",
		"application/octet-stream", "text/richtext", "text/x-unknown", strings.Repeat("x", 3000) + "/y",
	} {
		c.add(fmt.Sprintf("content type: %d", i), mail(plainBody, ct(v)...))
	}
}

// encodings are bodies under transfer encodings that are not theirs.
func (c *cases) encodings() {
	text := "Ne gori svjetlo u ulici \xc5\xa0ekularac ve\xc4\x87 dugo, molim pomo\xc4\x87."
	for i, e := range []struct{ encoding, body string }{
		{"base64", text},
		{"base64", b64(text)[:50]},
		{"base64", b64(text) + "!!!???" + b64(text)},
		{"base64", strings.ReplaceAll(b64(text), "=", "") + "=="},
		{"base64", strings.Repeat("=", 5000)},
		{"base64", strings.Repeat("A=", 50_000)},
		{"base64", b64(text) + "\r\n\r\n_______________\r\nlist footer in clear"},
		{"base64", "\x00\x01" + b64(text)},
		{"BASE64 ", b64(text)},
		{"base-64", b64(text)},
		{"\"base64\"", b64(text)},
		{"base64; x=y", b64(text)},
		{"quoted-printable", "=C5=A0ekularac =\r\nulica =G1 = =4 =\r"},
		{"quoted-printable", strings.Repeat("=", 200_000)},
		{"quoted-printable", strings.Repeat("=\r\n", 100_000)},
		{"quoted-printable", strings.Repeat("=0", 100_000)},
		{"quoted-printable", "=00=01=02=1B=0D=0A=E2=80=AE"},
		{"QUOTED-PRINTABLE", "=c5=a0"},
		{"7bit", text},
		{"8bit", text + "\x00\x00"},
		{"binary", string(Photo(9, 20_000))},
		{"x-uuencode", "begin 644 a.txt\r\n#0V%T\r\n`\r\nend\r\n"},
		{"7bit", "Evo:\r\nbegin 644 ../../a.txt\r\n#0V%T\r\n`\r\nend\r\nkraj"},
		{"7bit", "begin 644 a\r\n" + strings.Repeat("M"+strings.Repeat("A", 60)+"\r\n", 2000)},
		{"7bit", strings.Repeat("begin 644 a\r\n", 20_000)},
		{"x-unknown", text},
		{"gzip", "\x1f\x8b\x08\x00"},
		{"", text},
		{strings.Repeat("base64 ", 2000), b64(text)},
	} {
		c.add(fmt.Sprintf("encoding: %d", i), mail(e.body, usual("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: "+e.encoding)...))
	}
	c.add("encoding: multipart in base64", mail(b64("--B\r\n\r\n"+plainBody+"\r\n--B--"), usual("Content-Type: multipart/mixed; boundary=B", "Content-Transfer-Encoding: base64")...))
	c.add("encoding: photo cut", attach("Content-Type: image/jpeg; name=a.jpg\r\nContent-Transfer-Encoding: base64\r\n\r\n"+b64(string(Photo(1, 5000)))[:4001]))
}

// charsets are texts under labels that are false, unknown or dangerous.
func (c *cases) charsets() {
	labels := []string{
		"", "us-ascii", "iso-8859-1", "utf-8", "utf-7", "utf-16", "utf-16le", "utf-32", "iso-2022-jp", "iso-2022-kr", "hz-gb-2312", "gb18030", "big5", "x-user-defined",
		"x-mac-croatian", "cp852", "unknown-8bit", "replacement", "\"", "utf-8\"; x=\"", "../../etc/passwd", strings.Repeat("a", 2000), "charset=utf-8", "windows-1250*sr", "x-sjis", "tis-620", "none",
	}
	bodies := []string{"\x8aaht \xe8\xe6\x9a\x9e\xf0", "\xd8\xe0\xf5\xf2", "\xc5\xa0aht \xc4", "+AWA-aht +!!! ~{ \x1b$B\x1b(B\x1b$)C\x0e\x0f"}
	for i, l := range labels {
		c.add(fmt.Sprintf("charset: %d", i), mail(bodies[i%len(bodies)], usual("Content-Type: text/plain; charset="+l, "Content-Transfer-Encoding: 8bit")...))
	}
	c.add("charset: utf-16 without saying so", mail("\xff\xfeN\x00e\x00m\x00a\x00 \x00v\x00o\x00d\x00e\x00", usual()...))
	c.add("charset: escapes without end", mail(strings.Repeat("\x1b$B", 100_000), usual("Content-Type: text/plain; charset=iso-2022-jp")...))
	c.add("charset: overlong utf-8", mail(strings.Repeat("\xc0\x80\xf8\x88\x80\x80\x80", 10_000), usual("Content-Type: text/plain; charset=utf-8")...))
	c.add("charset: surrogates", mail(strings.Repeat("\xed\xa0\x80", 10_000), usual("Content-Type: text/plain; charset=utf-8")...))
	c.add("charset: 3 MB of bad bytes", mail(strings.Repeat("\xff\x81\x90", 1<<20), usual("Content-Type: text/plain; charset=utf-8")...))
	c.add("charset: html says another", mail("<meta charset=windows-1251><p>\xc2\xee\xe4\xe0", usual("Content-Type: text/html")...))
	c.add("charset: html lies", mail("<meta charset=utf-16><p>Voda", usual("Content-Type: text/html")...))
}

// fileNames are names made to go where they should not.
func (c *cases) fileNames() {
	for i, n := range []string{
		`"../../etc/passwd"`, `"/etc/passwd"`, `"C:\Windows\win.ini"`, `"..\..\x.exe"`, `"."`, `".."`, `"/"`, `""`, `"   "`, `"a/b/c.jpg"`, `"....//x"`,
		"\"a\x00.jpg\"", "\"a\r\n b.jpg\"", "\"slika\u202egpj.exe\"", "\"a\u200b\u200d.jpg\"", `"<script>alert(1)</script>.jpg"`, `"a\"onload=x\".jpg"`, "\"\x9a\xe8\xe6.jpg\"", "\"šćč.jpg\"",
		`"=?utf-8?B?xaHEh8SNLmpwZw==?="`, `=?utf-8?Q?a_b.jpg?=`, `slika sa mora.jpg`, `"CON"`, `"a;b.jpg"`, `"` + strings.Repeat("a", 5000) + `.jpg"`, `"` + strings.Repeat("š", 300) + `.jpg"`,
		`"file://x/y.jpg"`, `"a.jpg`, `'a.jpg'`, `"=?utf-8?Q?=2E=2E=2F=2E=2E=2Fx?="`, `"winmail.dat"`, `"a.jpg"; filename="b.exe"`, `"x.svg"`, `"x.html"`, `"x.eml"`,
	} {
		c.add(fmt.Sprintf("file name: %d", i), attach("Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="+n+"\r\n\r\nx"))
	}
	for i, p := range []string{
		"filename*=utf-8''%2e%2e%2f%2e%2e%2fx", "filename*=windows-1250''%9aaht.jpg", "filename*=''%c5%a1.jpg", "filename*=utf-8'%ff", "filename*0=a; filename*2=c; filename*1=b.jpg",
		"filename*0*=utf-8''%c5; filename*1*=%a1.jpg", "filename*99999999999999999999=a", "filename*-1=a.jpg", "filename*0=\"../\"; filename*1=\"../x\"", "filename*=%00%0d%0a.jpg",
	} {
		c.add(fmt.Sprintf("file name by RFC 2231: %d", i), attach("Content-Type: image/png\r\nContent-Disposition: attachment; "+p+"\r\n\r\nx"))
	}
	var many strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&many, "; filename*%d=\"abcdefgh\"", i)
	}
	c.add("file name: 3,000 pieces", attach("Content-Type: image/png\r\nContent-Disposition: attachment"+many.String()+"\r\n\r\nx"))
	c.add("file: type with a field inside", attach("Content-Type: text/html\r\n\tX: y\r\nContent-Disposition: attachment; filename=a.jpg\r\n\r\n<script>alert(1)</script>"))
	c.add("file: svg called jpeg", attach("Content-Type: image/jpeg; name=a.jpg\r\n\r\n<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>"))
	c.add("file: html hidden in a picture", attach("Content-Type: image/gif; name=a.gif\r\n\r\nGIF89a<script>alert(1)</script>"))
}
