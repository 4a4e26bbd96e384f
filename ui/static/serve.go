package static

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// mimeTypes are the only types this package serves; the table of the machine
// (/etc/mime.types) is not asked, so that every installation answers the same.
var mimeTypes = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".woff2": "font/woff2",
}

// A file is one served file. Its compressed form is made on first use.
type file struct {
	body     []byte
	mimeType string
	zipped   func() []byte // nil when compressing does not pay
}

func newFile(name string, body []byte) *file {
	f := &file{body: body, mimeType: mimeTypes[path.Ext(name)]}
	if path.Ext(name) != ".woff2" { // already compressed
		f.zipped = sync.OnceValue(func() []byte { return compress(body) })
	}
	return f
}

func compress(body []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is valid
	_, _ = w.Write(body)                                  // a bytes.Buffer does not fail
	_ = w.Close()
	return b.Bytes()
}

// Handler serves the files below [Prefix]. An address with the hash of another
// version is answered 404 and never redirected: a page of that version belongs
// to another process, which has those bytes. Directories are not listed, and
// only names that are in the embedded tree are looked up, so no path can leave
// it.
func Handler() http.Handler { return http.HandlerFunc(load().serve) }

// Favicon serves the site's icon for browsers that ask for /favicon.ico
// whatever the page says.
func Favicon() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=86400")
		load().files["favicon.svg"].write(w, r)
	})
}

func (t *tree) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	name, ok := strings.CutPrefix(r.URL.Path, Prefix+t.hash+"/")
	f := t.files[name]
	if !ok || f == nil {
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	f.write(w, r)
}

func (f *file) write(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.mimeType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	body := f.body
	if f.zipped != nil {
		h.Add("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Get("Accept-Encoding")) {
			body = f.zipped()
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body) // the client went away: nobody is left to tell
}

// acceptsGzip reads an Accept-Encoding header (RFC 9110 §12.5.3); q=0 refuses.
func acceptsGzip(header string) bool {
	for _, part := range strings.Split(header, ",") {
		coding, params, _ := strings.Cut(part, ";")
		coding = strings.TrimSpace(coding)
		if !strings.EqualFold(coding, "gzip") && coding != "*" {
			continue
		}
		q := strings.TrimPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		weight, err := strconv.ParseFloat(q, 64)
		return params == "" || err != nil || weight > 0
	}
	return false
}
