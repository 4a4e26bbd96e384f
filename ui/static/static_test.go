package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/hex"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

type versions struct {
	Package []struct {
		Name, Version, Licence, Home, Integrity string
		File                                    []struct{ Path, From, SHA512 string }
	}
}

// TestVersions holds each foreign file to the sum VERSIONS.toml gives, and
// each file that is not ours to an entry in VERSIONS.toml.
func TestVersions(t *testing.T) {
	t.Parallel()
	var v versions
	if _, err := toml.DecodeFile("VERSIONS.toml", &v); err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, p := range v.Package {
		if p.Version == "" || p.Licence == "" || p.Home == "" || !strings.HasPrefix(p.Integrity, "sha512-") {
			t.Errorf("package %s: version, licence, home or integrity is missing", p.Name)
		}
		for _, f := range p.File {
			listed[f.Path] = true
			body, err := os.ReadFile(f.Path)
			if err != nil {
				t.Error(err)
				continue
			}
			if sum := sha512.Sum512(body); hex.EncodeToString(sum[:]) != f.SHA512 {
				t.Errorf("%s is not the file of %s %s", f.Path, p.Name, p.Version)
			}
		}
	}
	for _, dir := range []string{"thirdparty", "fonts", "icons"} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if name := path.Join(dir, e.Name()); !listed[name] {
				t.Errorf("%s is not in VERSIONS.toml", name)
			}
		}
	}
}

// TestTree builds the tree and finds every address a style sheet or a module refers to.
func TestTree(t *testing.T) {
	t.Parallel()
	tr, err := build(source)
	if err != nil {
		t.Fatal(err)
	}
	refs := map[string]*regexp.Regexp{
		".css": regexp.MustCompile(`url\(([^)]+)\)`),
		".js":  regexp.MustCompile(`(?:from|import) ["'](\.[^"']+)["']`),
	}
	for name, f := range tr.files {
		if f.mimeType == "" {
			t.Errorf("%s has no type", name)
		}
		re := refs[path.Ext(name)]
		if re == nil || strings.HasPrefix(name, "thirdparty/") {
			continue
		}
		for _, m := range re.FindAllSubmatch(f.body, -1) {
			if target := path.Join(path.Dir(name), string(m[1])); tr.files[target] == nil {
				t.Errorf("%s refers to %s, which is not served", name, target)
			}
		}
	}
}

// TestStylesheetsAreWhole finds style files that no area uses.
func TestStylesheetsAreWhole(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, parts := range stylesheets {
		for _, p := range parts {
			used["css/"+p+".css"] = true
		}
	}
	err := fs.WalkDir(source, "css", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !used[name] {
			t.Errorf("%s is in no style sheet", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestOldBrowsers holds the fallback colours to the light half of the tokens.
func TestOldBrowsers(t *testing.T) {
	t.Parallel()
	half := regexp.MustCompile(`light-dark\(([^,()]+), *[^,()]+\)`)
	rule := regexp.MustCompile(`(?m)^ *(--[\w-]+): (.+);$`)
	read := func(name string) map[string]string {
		body, err := fs.ReadFile(source, name)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, m := range rule.FindAllStringSubmatch(string(body), -1) {
			if name == "css/tokens-light.css" || strings.Contains(m[2], "light-dark(") {
				got[m[1]] = half.ReplaceAllString(m[2], "$1")
			}
		}
		return got
	}
	want, got := read("css/tokens.css"), read("css/tokens-light.css")
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s falls back to %q, want %q", name, got[name], value)
		}
	}
	if len(got) != len(want) || len(want) < 40 {
		t.Errorf("%d fallbacks for %d tokens", len(got), len(want))
	}
}

func TestHandler(t *testing.T) {
	t.Parallel()
	get := func(method, target, encoding string) *http.Response {
		r := httptest.NewRequest(method, target, nil)
		r.Header.Set("Accept-Encoding", encoding)
		w := httptest.NewRecorder()
		Handler().ServeHTTP(w, r)
		return w.Result()
	}
	read := func(t *testing.T, res *http.Response) []byte {
		t.Helper()
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	t.Run("immutable and compressed", func(t *testing.T) {
		t.Parallel()
		plain := get(http.MethodGet, URL("css/staff.css"), "identity")
		zipped := get(http.MethodGet, URL("css/staff.css"), "br, gzip;q=0.8")
		if got := zipped.Header.Get("Content-Encoding"); got != "gzip" {
			t.Errorf("Content-Encoding = %q, want gzip", got)
		}
		if got := plain.Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
			t.Errorf("Cache-Control = %q, want immutable", got)
		}
		body := read(t, zipped)
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		unzipped, err := io.ReadAll(z)
		if err != nil || !bytes.Equal(unzipped, read(t, plain)) {
			t.Errorf("compressed and plain bodies differ (%v)", err)
		}
		if len(body) > 20_000 {
			t.Errorf("staff.css is %d bytes compressed", len(body))
		}
	})
	t.Run("refused encoding", func(t *testing.T) {
		t.Parallel()
		if got := get(http.MethodGet, URL("js/staff.js"), "gzip;q=0").Header.Get("Content-Encoding"); got != "" {
			t.Errorf("Content-Encoding = %q, want none", got)
		}
	})
	t.Run("only reads", func(t *testing.T) {
		t.Parallel()
		if got := get(http.MethodPost, URL("js/staff.js"), "").StatusCode; got != http.StatusMethodNotAllowed {
			t.Errorf("POST = %d", got)
		}
	})
}

// TestTraversal is A95: no path leaves the tree, no directory is listed, another hash is unknown.
func TestTraversal(t *testing.T) {
	t.Parallel()
	hash := load().hash
	for _, target := range []string{
		"/s/", "/s/" + hash, "/s/" + hash + "/", "/s/" + hash + "/css/", "/s/" + hash + "/css/base.css",
		"/s/" + hash + "/../static.go", "/s/" + hash + "/%2e%2e/static.go", "/s/" + hash + "/js/../../go.mod",
		"/s/" + hash + "//etc/passwd", "/s/" + hash + "/js/..%5c..%5cgo.mod", "/s/0123456789abcdef/js/staff.js",
		"/s/" + hash + "/VERSIONS.toml", "/s/" + hash + "/fonts/LICENSE.inter.txt", "/s/" + hash + "/js/staff.js%00.css",
	} {
		w := httptest.NewRecorder()
		Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
		if w.Code != http.StatusNotFound {
			t.Errorf("GET %s = %d, want 404", target, w.Code)
		}
	}
}

func TestIcons(t *testing.T) {
	t.Parallel()
	icons := Icons()
	if len(icons) < 150 {
		t.Fatalf("%d icons", len(icons))
	}
	body := string(load().files["icons/i.svg"].body)
	for _, name := range icons {
		if strings.Count(body, `id="`+name+`"`) != 1 {
			t.Errorf("icon %s is not there once", name)
		}
	}
}
