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
	icons map[string]string // addresses of the drawings by name: a page has hundreds
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
	return t.url(name)
}

func (t *tree) url(name string) string { return Prefix + t.hash + "/" + name }

// sprite is the file of all drawings.
const sprite = "icons/i.svg"

// Icon gives the address of one drawing of the icon sprite, for <use href>. A
// name the sprite does not have draws nothing; tests of templates look for those.
func Icon(name string) string {
	t := load()
	if address, ok := t.icons[name]; ok {
		return address
	}
	return t.url(sprite) + "#" + name
}

// Icons lists the names of all drawings of the sprite, sorted.
func Icons() []string {
	var names []string
	for name := range load().icons {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// drawings reads the names of the symbols out of a sprite.
func drawings(svg string) []string {
	var names []string
	for _, part := range strings.Split(svg, `<symbol id="`)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		names = append(names, name)
	}
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
	t.icons = map[string]string{}
	for _, name := range drawings(string(t.files[sprite].body)) {
		t.icons[name] = t.url(sprite) + "#" + name
	}
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
