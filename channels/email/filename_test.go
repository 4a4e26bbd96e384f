package email

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// Names in all the forms in which programs write them.
func TestFileNames(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, disposition, contentType, want string }{
		{"quoted", `attachment; filename="plain.jpg"`, "", "plain.jpg"},
		{"encoded word in quotes", `attachment; filename="=?utf-8?B?xaFhaHQuanBn?="`, "", "šaht.jpg"},
		{"encoded word in cp1250", `attachment; filename="=?windows-1250?Q?=9Aaht.jpg?="`, "", "šaht.jpg"},
		{"encoded word without quotes", `attachment; filename==?utf-8?Q?=C5=A1aht_1.jpg?=`, "", "šaht 1.jpg"},
		{"two encoded words", `attachment; filename="=?utf-8?Q?dugo-?= =?utf-8?Q?ime.jpg?="`, "", "dugo-ime.jpg"},
		{"RFC 2231", `attachment; filename*=utf-8'sr'%C5%A1aht.jpg`, "", "šaht.jpg"},
		{"RFC 2231 in cp1250", `attachment; filename*=windows-1250''%9Aaht.jpg`, "", "šaht.jpg"},
		{"RFC 2231 pieces", `attachment; filename*0="dugo-"; filename*1="ime.jpg"`, "", "dugo-ime.jpg"},
		{"RFC 2231 pieces encoded", `attachment; filename*0*=utf-8''%C5; filename*1*=%A1aht; filename*2=".jpg"`, "", "šaht.jpg"},
		{"RFC 2231 eleven pieces", `attachment; filename*0=0;filename*10=a;filename*9=9;filename*1=1;filename*2=2;filename*3=3;filename*4=4;filename*5=5;filename*6=6;filename*7=7;filename*8=8`, "", "0123456789a"},
		{"raw cp1250", "attachment; filename=\"\x9aaht.jpg\"", "", "šaht.jpg"},
		{"raw UTF-8", `attachment; filename="šaht.jpg"`, "", "šaht.jpg"},
		{"without quotes", `attachment; filename=slika sa mora.jpg`, "", "slika sa mora.jpg"},
		{"only in the type", "attachment", `application/pdf; name="racun.pdf"`, "racun.pdf"},
		{"twice", `attachment; filename="a.jpg"; filename="b.exe"`, "", "a.jpg"},
		{"first is empty", `attachment; filename=""; filename="b.jpg"`, "", "b.jpg"},
		{"quote never closed", `attachment; filename="a.jpg`, "", "a.jpg"},
		{"no semicolon before it", `attachment filename="a.jpg"`, "", "a.jpg"},
		{"semicolon in quotes", `attachment; filename="a;b.jpg"`, "", "a;b.jpg"},
		{"Apple writes accents apart", "attachment; filename*=utf-8''s%CC%8Caht.jpg", "", "šaht.jpg"},
		{"none", "inline", "text/plain", ""},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, disposition := parseMedia(tc.disposition)
			_, contentType := parseMedia(tc.contentType)
			if got := partFileName(disposition, contentType); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// A08, A09: a name is a label: no path, no control or direction characters.
func TestA09FileNameIsALabel(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"../../etc/passwd": "passwd", `..\..\win.ini`: "win.ini", `C:\dir\slika.jpg`: "slika.jpg", "C:slika.jpg": "slika.jpg", "/": "", "..": "", ".": "", "": "", "   ": "",
		"a\x00b\r\n.jpg": "ab .jpg", "slika\u202egpj.exe": "slikagpj.exe", "a\u200b\u2066.jpg": "a.jpg", "a\u2028b": "a b", "<b>x</b>.jpg": "b_.jpg", `a"b.jpg`: "a_b.jpg",
		"file:///etc/passwd": "passwd", "...": "", "a.": "a", strings.Repeat("a", 400) + ".jpg": strings.Repeat("a", 146) + ".jpg", "\xff\xfe": "",
	} {
		if got := cleanFileName(s); got != want {
			t.Errorf("cleanFileName(%q) = %q, want %q", s, got, want)
		}
	}
}

// A07: the bytes decide the type; what a browser could run is octets.
func TestA07FileType(t *testing.T) {
	t.Parallel()
	jpeg, png := "\xff\xd8\xff\xe0\x00\x10JFIF", "\x89PNG\r\n\x1a\n"
	tests := []struct{ head, declared, name, want string }{
		{jpeg, "image/png", "a.png", "image/jpeg"},
		{png, "text/html", "a.html", "image/png"},
		{"<html><script>", "image/jpeg", "a.jpg", octetStream},
		{"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>", "image/svg+xml", "a.svg", octetStream},
		{"<?xml version='1.0'?><svg/>", "image/svg+xml", "a.svg", octetStream},
		{"alert(1)", "text/javascript", "a.js", octetStream},
		{"alert(1)", "application/xhtml+xml", "", octetStream},
		{"zdravo", "text/plain", "", "text/plain"},
		{"a;b", "application/vnd.ms-excel", "a.csv", "text/csv"},
		{"zdravo", "text/plain\r\nX-Evil: 1", "a", octetStream},
		{"BEGIN:VCALENDAR", "text/calendar", "", "text/calendar"},
		{"%PDF-1.7", "image/jpeg", "a", "application/pdf"},
		{"PK\x03\x04xx", "application/octet-stream", "molba.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
		{"PK\x03\x04xx", "application/zip", "a.zip", "application/zip"},
		{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1xx", "application/msword", "molba.doc", "application/msword"},
		{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1xx", "application/msword", "molba.exe", octetStream},
		{"\x00\x00\x00\x18ftypheic\x00", "image/jpeg", "IMG.HEIC", "image/heic"},
		{"\x00\x00\x00\x18ftypqt  \x00", "x/y", "IMG.MOV", "video/quicktime"},
		{"MZ\x90\x00", "image/jpeg", "a.jpg", octetStream},
		{"", "image/jpeg", "a.jpg", octetStream},
	}
	for _, tc := range tests {
		if got := fileType([]byte(tc.head), tc.declared, tc.name); got != tc.want {
			t.Errorf("fileType(%q, %q, %q) = %q, want %q", tc.head, tc.declared, tc.name, got, tc.want)
		}
	}
}

func FuzzFilename(f *testing.F) {
	for _, s := range []string{`attachment; filename="a.jpg"`, "x; filename*0*=utf-8''%C5; filename*1*=%A1", "a; filename==?utf-8?Q?=2E=2E=2F?=", `a; filename="..\..\x"`, "inline; filename=a b.jpg; x=\"y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_, params := parseMedia(s)
		name := partFileName(params, params)
		if len(name) > maxFileName || !utf8.ValidString(name) || !plainLine(name) || strings.ContainsAny(name, "/\\<>\"") || name == "." || name == ".." {
			t.Errorf("name %q of %q", name, s)
		}
		if again := cleanFileName(name); again != name {
			t.Errorf("name %q is cleaned to %q again", name, again)
		}
	})
}
