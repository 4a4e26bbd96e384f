package web

import (
	"bytes"
	"context"
	"io"
	"mime"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
)

var (
	pngBytes = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
	svgBytes = []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`)
)

// TestSafeType is A07: the bytes and a list decide, not the claim.
func TestSafeType(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, claimed, body, want string }{
		{"picture", "image/png", string(pngBytes), "image/png"},
		{"picture called a page", "text/html", string(pngBytes), "image/png"},
		{"page called a picture", "image/png", "<html><script>alert(1)</script>", opaque},
		{"svg", "image/svg+xml", string(svgBytes), opaque},
		{"svg called png", "image/png", string(svgBytes), opaque},
		{"svg behind a comment", "image/svg+xml", "<!-- x -->" + string(svgBytes), opaque},
		{"svg with a declaration", "image/svg+xml", "<?xml version=\"1.0\"?>" + string(svgBytes), opaque},
		{"text", "text/plain", "Dobar dan", "text/plain; charset=utf-8"},
		{"text called a page", "text/html", "Dobar dan", opaque},
		{"csv", "text/csv", "a;b\n1;2", "text/plain; charset=utf-8"},
		{"pdf", "application/octet-stream", "%PDF-1.7", "application/pdf"},
		{"word", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "PK\x03\x04xx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
		{"zip called a program", "application/x-msdownload", "PK\x03\x04xx", "application/zip"},
		{"program", "application/pdf", "MZ\x90\x00", opaque},
		{"header in the claim", "image/png\r\nX-Evil: 1", string(pngBytes), "image/png"},
		{"nothing", "", "", opaque},
	} {
		if got := SafeType(tt.claimed, []byte(tt.body)); got != tt.want {
			t.Errorf("%s: SafeType(%q) = %q, want %q", tt.name, tt.claimed, got, tt.want)
		}
	}
}

// TestServeFile is A06, A08 and A10.
func TestServeFile(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	file := File{}
	o.kit.Public(o.echo, "/file").GET("", func(c echo.Context) error { return ServeFile(c, file) })
	b := o.browser(t)
	long := append(bytes.Clone(pngBytes), bytes.Repeat([]byte{1}, 10_000)...)
	for _, tt := range []struct {
		name     string
		file     File
		body     []byte
		how      string
		filename string
	}{
		{"picture to save", File{Name: "rupa č.png", Type: "image/png"}, long, "attachment", "rupa č.png"},
		{"picture in a page", File{Name: "rupa.png", Type: "image/png", Inline: true}, long, "inline", "rupa.png"},
		{"svg asked inline", File{Name: "x.svg", Type: "image/svg+xml", Inline: true}, svgBytes, "attachment", "x.svg"},
		{"page asked inline", File{Name: "x.html", Type: "text/html", Inline: true}, []byte("<html><script>"), "attachment", "x.html"},
		{"path and quotes", File{Name: `..\..\a/b"; filename="evil.exe`}, []byte("x"), "attachment", `b_; filename=_evil.exe`},
		{"bidi and newline", File{Name: "ugovor\u202efdp.exe\r\nX-Evil: 1"}, []byte("x"), "attachment", "ugovorfdp.exeX-Evil_ 1"},
		{"empty", File{Name: ""}, nil, "attachment", "file"},
	} {
		file = tt.file
		file.Size = int64(len(tt.body))
		file.Open = func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(tt.body)), nil }
		res, body := b.do(t, http.MethodGet, "/file", nil)
		h := res.Header
		how, params, err := mime.ParseMediaType(h.Get("Content-Disposition"))
		if err != nil || how != tt.how || params["filename"] != tt.filename {
			t.Errorf("%s: disposition %q: %s %v %v", tt.name, h.Get("Content-Disposition"), how, params, err)
		}
		if body != string(tt.body) || res.ContentLength != int64(len(tt.body)) {
			t.Errorf("%s: %d bytes of %d", tt.name, len(body), len(tt.body))
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || h.Get("X-Evil") != "" {
			t.Errorf("%s: headers %v", tt.name, h)
		}
	}
}

func FuzzFileLabel(f *testing.F) {
	for _, s := range []string{"a.png", "../../etc/passwd", "a\r\nb", "x\u202egnp.exe", strings.Repeat("č", 300) + ".jpeg", `a"b`, "\xff", ". ."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := FileLabel(s)
		if got == "" || !utf8.ValidString(got) || utf8.RuneCountInString(got) > maxFileName || strings.ContainsAny(got, "/\\\r\n\x00\"<>\u202e") {
			t.Errorf("FileLabel(%q) = %q", s, got)
		}
		_, params, err := mime.ParseMediaType(disposition("attachment", s))
		if err != nil || params["filename"] != got {
			t.Errorf("disposition(%q) reads back as %q, want %q (%v)", s, params["filename"], got, err)
		}
	})
}
