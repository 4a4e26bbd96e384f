package components

import (
	"bytes"
	"go/format"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ/generator"
	"github.com/a-h/templ/parser/v2"

	"github.com/sistem48/system48/ui/static"
)

// templates gives every template of the areas.
func templates(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../*/*.templ")
	if err != nil || len(files) < 10 {
		t.Fatalf("found %d templates (%v)", len(files), err)
	}
	return files
}

// TestGenerated generates every template anew and compares with what is
// committed, so that building never needs the tool. To renew: go generate ./ui/...
func TestGenerated(t *testing.T) {
	t.Parallel()
	version := regexp.MustCompile(`(?m)^// templ: version: .*$`)
	fileName := regexp.MustCompile("FileName: `[^`]*`")
	plain := func(b []byte) string {
		return fileName.ReplaceAllString(version.ReplaceAllString(string(b), ""), "")
	}
	for _, name := range templates(t) {
		file, err := parser.Parse(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var b bytes.Buffer
		if _, err := generator.Generate(file, &b, generator.WithVersion("v0"), generator.WithFileName(filepath.Base(name))); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want, err := format.Source(b.Bytes())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := os.ReadFile(strings.TrimSuffix(name, ".templ") + "_templ.go")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if plain(got) != plain(want) {
			t.Errorf("%s was changed and not generated anew", name)
		}
	}
}

// TestBannedInTemplates finds what the content security policy would block,
// what htmx would evaluate, and what its next version no longer inherits
// (A21, ui.md §1 and §2).
func TestBannedInTemplates(t *testing.T) {
	t.Parallel()
	banned := map[string]*regexp.Regexp{
		"a style attribute":              regexp.MustCompile(`\sstyle=`),
		"an event attribute":             regexp.MustCompile(`\son[a-z]+=`),
		"an htmx event attribute":        regexp.MustCompile(`\shx-on`),
		"evaluated values":               regexp.MustCompile(`hx-(vals|headers)=["'{ ]*js:`),
		"a trigger filter":               regexp.MustCompile(`hx-trigger="[^"]*\[`),
		"an extension below the body":    regexp.MustCompile(`hx-ext="[^"]*(sse|ws)`),
		"inherited htmx attributes":      regexp.MustCompile(`\shx-(inherit|disinherit|boost)`),
		"unescaped HTML":                 regexp.MustCompile(`templ\.Raw\(`),
		"an address that is not checked": regexp.MustCompile(`templ\.SafeURL\(`),
		"a script written here":          regexp.MustCompile(`<script[^>]*>\s*[^<\s]`),
		"a JavaScript call":              regexp.MustCompile(`templ\.(JSFuncCall|JSUnsafeFuncCall|ComponentScript)`),
		"a script template":              regexp.MustCompile(`(?m)^script `),
	}
	for _, name := range templates(t) {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for what, re := range banned {
			if at := re.FindIndex(body); at != nil {
				t.Errorf("%s:%d has %s", name, 1+bytes.Count(body[:at[0]], []byte("\n")), what)
			}
		}
	}
}

// TestIconsOfTemplates finds drawings by name that the sprite does not have.
func TestIconsOfTemplates(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, name := range static.Icons() {
		known[name] = true
	}
	named := regexp.MustCompile(`\b(?:Icon|Empty)\("([a-z0-9-]+)"|\bIcon: +"([a-z0-9-]+)"`)
	files, err := filepath.Glob("../*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(templates(t), files...) {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllSubmatch(body, -1) {
			if icon := string(m[1]) + string(m[2]); !known[icon] {
				t.Errorf("%s draws %q", name, icon)
			}
		}
	}
}

// TestFormsAreProtected finds forms that change something without the token.
func TestFormsAreProtected(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`(?s)<form\b.*?</form>`)
	post := regexp.MustCompile(`(method="post"|hx-(post|put|patch|delete)=)`)
	for _, name := range templates(t) {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range form.FindAll(body, -1) {
			if post.Match(f) && !protects(t, f, filepath.Dir(name)) {
				t.Errorf("%s: a form without CSRF(): %.80s…", name, f)
			}
		}
	}
}

// protects reports whether the text has the token, or calls a template of its
// package that has.
func protects(t *testing.T, text []byte, dir string) bool {
	t.Helper()
	if bytes.Contains(text, []byte("CSRF()")) {
		return true
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.templ"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, def := range regexp.MustCompile(`(?ms)^templ (\w+)\(.*?^}`).FindAllSubmatch(body, -1) {
			if bytes.Contains(def[0], []byte("CSRF()")) && bytes.Contains(text, append([]byte("@"), append(def[1], '(')...)) {
				return true
			}
		}
	}
	return false
}

// TestBannedFindsPlants shows that the patterns are awake.
func TestBannedFindsPlants(t *testing.T) {
	t.Parallel()
	for plant, re := range map[string]string{
		`<p style="x">`: `\sstyle=`, `<a onclick="x">`: `\son[a-z]+=`, `<b hx-trigger="click[ctrlKey]">`: `hx-trigger="[^"]*\[`,
		`<script nonce="x">alert(1)</script>`: `<script[^>]*>\s*[^<\s]`,
	} {
		if !regexp.MustCompile(re).MatchString(plant) {
			t.Errorf("%s is not found in %q", re, plant)
		}
	}
}
