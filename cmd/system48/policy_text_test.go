package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	sqlTime    = regexp.MustCompile(`(?i)\b(now|clock_timestamp|statement_timestamp|transaction_timestamp)\s*\(\s*\)|\b(current_timestamp|localtimestamp|current_date|current_time)\b|'now'`)
	sqlComment = regexp.MustCompile(`--[^\n]*`)
)

// checkSQLTime refuses the database's clock: every instant comes from Go.
func checkSQLTime(t *testing.T, tree fs.FS) []string {
	t.Helper()
	var found []string
	for _, name := range filesOf(t, tree, ".sql") {
		for i, line := range linesOf(t, tree, name) {
			if m := sqlTime.FindString(sqlComment.ReplaceAllString(line, "")); m != "" {
				found = append(found, fmt.Sprintf("%s:%d: %s: instants come from the program", name, i+1, m))
			}
		}
	}
	for _, f := range goFiles(t, tree) {
		if f.test || !strings.HasPrefix(f.name, "storage/") {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				if m := sqlTime.FindString(l.Value); m != "" {
					found = append(found, fmt.Sprintf("%s: %s: instants come from the program", f.at(l), m))
				}
			}
			return true
		})
	}
	return found
}

// templateBans are what the content security policy blocks, what would let a
// citizen's markup through, and what htmx 4 no longer knows.
var templateBans = []struct {
	what   *regexp.Regexp
	why    string
	except *regexp.Regexp // files in which it is allowed
}{
	{regexp.MustCompile(`\sstyle\s*=`), "style attributes are blocked by the content security policy: use a class", nil},
	{regexp.MustCompile(`\son[a-z]+\s*=\s*["{]`), "inline event handlers are blocked by the content security policy: use a module", nil},
	{regexp.MustCompile(`(?i)javascript:`), "script addresses are blocked by the content security policy", nil},
	{regexp.MustCompile(`<script(\s+type="module")?\s*>`), "inline scripts are blocked by the content security policy: use a module", nil},
	{regexp.MustCompile(`^script\s+\w+\(|templ\.(JSFuncCall|ComponentScript|JSUnsafeFuncCall)`), "templ scripts are inline scripts", nil},
	{regexp.MustCompile(`templ\.Raw\(`), "unescaped markup belongs to the mail component alone", regexp.MustCompile(`(^|/)mail[a-z_]*\.templ$`)},
	{regexp.MustCompile(`templ\.SafeURL\(`), "templ.SafeURL switches the check of addresses off", nil},
	{regexp.MustCompile(`\shx-on[:\-=]`), "hx-on needs unsafe-eval", nil},
	{regexp.MustCompile(`\shx-(vals|headers)\s*=\s*["'{]+\s*(js|javascript):`), "computed hx-vals need unsafe-eval", nil},
	{regexp.MustCompile(`\shx-trigger\s*=\s*"[^"]*\[`), "trigger filters need unsafe-eval", nil},
	{regexp.MustCompile(`\shx-swap\s*=\s*["']morph:\s*\{`), "morph options need unsafe-eval: set Idiomorph.defaults", nil},
	{regexp.MustCompile(`\shx-ext\s*=\s*"(?:[^"m]|m[^o])`), "the only htmx extension is morph", nil},
	{regexp.MustCompile(`\s(hx-sse|sse-connect|sse-swap|hx-ws|ws-connect)\b`), "signals come by js/, not by an htmx extension", nil},
	{regexp.MustCompile(`\shx-(inherit|disinherit)\b`), "every element carries its own htmx attributes", nil},
}

// checkTemplates greps the templates for what must not be in one.
func checkTemplates(t *testing.T, tree fs.FS) []string {
	t.Helper()
	var found []string
	for _, name := range filesOf(t, tree, ".templ") {
		for i, line := range linesOf(t, tree, name) {
			if strings.HasPrefix(strings.TrimSpace(line), "//") {
				continue
			}
			for _, b := range templateBans {
				if b.what.MatchString(line) && (b.except == nil || !b.except.MatchString(name)) {
					found = append(found, fmt.Sprintf("%s:%d: %s", name, i+1, b.why))
				}
			}
		}
	}
	return found
}

var openEnd = regexp.MustCompile(`\b(` + strings.Join([]string{"TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"}, "|") + `)\b`)

// checkOpenEnds refuses promises to finish something another day.
func checkOpenEnds(t *testing.T, tree fs.FS) []string {
	t.Helper()
	var found []string
	for _, name := range filesOf(t, tree, ".go", ".templ", ".sql", ".css", ".js", ".md", ".yaml", ".yml", ".toml", ".sh", "Makefile") {
		for i, line := range linesOf(t, tree, name) {
			if m := openEnd.FindString(line); m != "" {
				found = append(found, fmt.Sprintf("%s:%d: %s: do it, or open an issue", name, i+1, m))
			}
		}
	}
	return found
}

var (
	invariant     = regexp.MustCompile(`\bI([0-9]{1,2})\b`)
	lastInvariant = 14
)

// checkInvariants lets code and documents speak of the invariants that
// ticketing/doc.go lists, and of no others.
func checkInvariants(t *testing.T, tree fs.FS) []string {
	t.Helper()
	var found []string
	cite := func(where, text string) {
		for _, m := range invariant.FindAllStringSubmatch(text, -1) {
			if n, _ := strconv.Atoi(m[1]); n < 1 || n > lastInvariant {
				found = append(found, fmt.Sprintf("%s: there is no invariant %s", where, m[0]))
			}
		}
	}
	for _, f := range goFiles(t, tree) {
		for _, c := range f.ast.Comments {
			cite(f.at(c), c.Text())
		}
	}
	for _, name := range filesOf(t, tree, ".md") {
		for i, line := range linesOf(t, tree, name) {
			cite(fmt.Sprintf("%s:%d", name, i+1), line)
		}
	}
	return found
}

var markdownLink = regexp.MustCompile(`\]\(([^()\s#]+)`)

// checkLinks wants every relative link of a document to lead to a file.
func checkLinks(t *testing.T, tree fs.FS) []string {
	t.Helper()
	var found []string
	for _, name := range filesOf(t, tree, ".md") {
		for i, line := range linesOf(t, tree, name) {
			for _, m := range markdownLink.FindAllStringSubmatch(line, -1) {
				if strings.Contains(m[1], ":") {
					continue
				}
				if _, err := fs.Stat(tree, path.Join(path.Dir(name), m[1])); err != nil {
					found = append(found, fmt.Sprintf("%s:%d: there is no %s", name, i+1, m[1]))
				}
			}
		}
	}
	return found
}

// checkGoMod pins the language version and refuses replacements.
func checkGoMod(t *testing.T, tree fs.FS) []string {
	t.Helper()
	var found []string
	version := false
	for i, line := range linesOf(t, tree, "go.mod") {
		version = version || line == "go 1.26.0"
		if strings.HasPrefix(line, "replace ") || strings.HasPrefix(line, "toolchain ") {
			found = append(found, fmt.Sprintf("go.mod:%d: no %s lines: everybody builds with what go.sum names", i+1, strings.Fields(line)[0]))
		}
	}
	if !version {
		found = append(found, "go.mod: must say go 1.26.0")
	}
	return found
}

func linesOf(t *testing.T, tree fs.FS, name string) []string {
	t.Helper()
	b, err := fs.ReadFile(tree, name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}
