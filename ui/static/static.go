package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"sort"
	"strings"
	"sync"
)

//go:embed css js fonts icons thirdparty favicon.svg
var source embed.FS

// Prefix is the first part of every address this package hands out.
const Prefix = "/s/"

// A tree is the set of served files and the hash of them all.
type tree struct {
	hash  string
	files map[string]*file
}

var load = sync.OnceValue(func() *tree {
	t, err := build(source)
	if err != nil {
		panic(err) // embedded at build time; TestTree builds it
	}
	return t
})

// URL gives the address of a file such as "js/staff.js" or "icons/i.svg". The
// content hash of the whole tree is part of it, so relative imports between
// files stay valid. It panics when there is no such file: names are constants,
// and rendering any page in a test finds a wrong one.
func URL(name string) string {
	t := load()
	if _, ok := t.files[name]; !ok {
		panic("static: no file " + name)
	}
	return Prefix + t.hash + "/" + name
}

// Icon gives the address of one drawing of the icon sprite, for <use href>.
func Icon(name string) string { return URL("icons/i.svg") + "#" + name }

// Icons lists the names of all drawings of the sprite, sorted.
func Icons() []string {
	var names []string
	for _, part := range strings.Split(string(load().files["icons/i.svg"].body), `<symbol id="`)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func build(src fs.FS) (*tree, error) {
	t := &tree{files: map[string]*file{}}
	err := fs.WalkDir(src, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, ".txt") || strings.HasPrefix(name, "css/") {
			return err
		}
		body, err := fs.ReadFile(src, name)
		if err != nil {
			return err
		}
		t.files[name] = newFile(name, body)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read static files: %w", err)
	}
	for area, parts := range stylesheets {
		body, err := join(src, parts)
		if err != nil {
			return nil, fmt.Errorf("put together %s: %w", area, err)
		}
		t.files[area] = newFile(area, body)
	}
	t.hash = t.sum()
	return t, nil
}

// sum is the SHA-256 over names and bytes in name order, cut to 64 bits: it
// tells versions apart, it protects nothing.
func (t *tree) sum() string {
	names := make([]string, 0, len(t.files))
	for name := range t.files {
		names = append(names, name)
	}
	sort.Strings(names)
	h := sha256.New()
	for _, name := range names {
		fmt.Fprintf(h, "%s\x00%d\x00", name, len(t.files[name].body))
		h.Write(t.files[name].body)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
