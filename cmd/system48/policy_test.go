package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A policy gives one line for each place in a tree that breaks it.
type policy struct {
	name  string
	check func(*testing.T, fs.FS) []string
}

// The house rules that no compiler and no linter of ours looks at. They
// read any tree of files, so that a test can show each one a violation.
var policies = []policy{
	{"package comments", checkPackageComments},
	{"folder names", checkFolderNames},
	{"exported names are documented", checkDocumented},
	{"clock and logger are handed in", checkCalls},
	{"no time from the database", checkSQLTime},
	{"templates", checkTemplates},
	{"open ends", checkOpenEnds},
	{"invariants", checkInvariants},
	{"links", checkLinks},
	{"go.mod", checkGoMod},
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	for _, p := range policies {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			for _, v := range p.check(t, os.DirFS("../..")) {
				t.Error(v)
			}
		})
	}
}

// A goFile is one parsed source file.
type goFile struct {
	name      string
	ast       *ast.File
	fset      *token.FileSet
	test      bool // in a _test.go file, or in a package that exists for tests
	generated bool
}

func (f goFile) at(n ast.Node) string {
	return fmt.Sprintf("%s:%d", f.name, f.fset.Position(n.Pos()).Line)
}

func goFiles(t *testing.T, tree fs.FS) []goFile {
	t.Helper()
	var files []goFile
	for _, name := range filesOf(t, tree, ".go") {
		src, err := fs.ReadFile(tree, name)
		if err != nil {
			t.Fatal(err)
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatalf("parse: %v", err)
		}
		files = append(files, goFile{
			name: name, ast: f, fset: fset, generated: ast.IsGenerated(f),
			test: strings.HasSuffix(name, "_test.go") || rooms[path.Dir(name)].testsOnly,
		})
	}
	return files
}

// checkPackageComments wants one package comment per package, in doc.go.
func checkPackageComments(t *testing.T, tree fs.FS) []string {
	t.Helper()
	comments := map[string][]string{}
	for _, f := range goFiles(t, tree) {
		if strings.HasSuffix(f.name, "_test.go") || f.generated {
			continue
		}
		dir := path.Dir(f.name)
		if comments[dir] == nil {
			comments[dir] = []string{}
		}
		if f.ast.Doc != nil {
			comments[dir] = append(comments[dir], path.Base(f.name))
		}
	}
	var found []string
	for dir, names := range comments {
		if !slices.Equal(names, []string{"doc.go"}) {
			found = append(found, fmt.Sprintf("%s: the package comment belongs in doc.go and there alone, it is in %v", dir, names))
		}
	}
	slices.Sort(found)
	return found
}

// checkFolderNames refuses names that say nothing about what lies within.
func checkFolderNames(t *testing.T, tree fs.FS) []string {
	t.Helper()
	refused := strings.Fields("util utils common helper helpers base misc shared model models type types manager managers internal pkg lib libs src core")
	var found []string
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := path.Base(name)
		if d.IsDir() && name != "." && (strings.HasPrefix(base, ".") || base == "testdata" || base == "vendor") {
			return fs.SkipDir
		}
		if d.IsDir() && slices.Contains(refused, base) {
			found = append(found, name+": a folder is named after the thing it holds")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// checkDocumented wants a comment on every exported name outside tests.
func checkDocumented(t *testing.T, tree fs.FS) []string {
	t.Helper()
	var found []string
	for _, f := range goFiles(t, tree) {
		if strings.HasSuffix(f.name, "_test.go") || f.generated {
			continue
		}
		for _, d := range f.ast.Decls {
			for _, n := range undocumented(d) {
				found = append(found, f.at(n)+": exported "+n.Name+" has no comment")
			}
		}
	}
	return found
}

func undocumented(d ast.Decl) []*ast.Ident {
	var names []*ast.Ident
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Doc == nil && d.Name.IsExported() && exportedReceiver(d) {
			names = append(names, d.Name)
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				if s.Doc == nil && s.Comment == nil && d.Doc == nil {
					names = append(names, s.Name)
				}
			case *ast.ValueSpec:
				if s.Doc == nil && s.Comment == nil && d.Doc == nil {
					names = append(names, s.Names...)
				}
			}
		}
	}
	return slices.DeleteFunc(names, func(n *ast.Ident) bool { return !n.IsExported() })
}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	name := ""
	ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && name == "" {
			name = id.Name
		}
		return name == ""
	})
	return ast.IsExported(name)
}

// checkCalls keeps the clock, the global logger and standard output in cmd.
func checkCalls(t *testing.T, tree fs.FS) []string {
	t.Helper()
	refused := map[string]map[string]string{
		"time": {
			"Now": "the clock is handed in", "Since": "the clock is handed in", "Until": "the clock is handed in",
		},
		"log/slog": {
			"Default": "the logger is handed in", "SetDefault": "the logger is handed in",
			"Debug": "the logger is handed in", "DebugContext": "the logger is handed in",
			"Info": "the logger is handed in", "InfoContext": "the logger is handed in",
			"Warn": "the logger is handed in", "WarnContext": "the logger is handed in",
			"Error": "the logger is handed in", "ErrorContext": "the logger is handed in",
			"Log": "the logger is handed in", "LogAttrs": "the logger is handed in", "With": "the logger is handed in",
		},
		"fmt": {
			"Print": "output belongs to cmd", "Printf": "output belongs to cmd", "Println": "output belongs to cmd",
		},
		"os": {"Exit": "only cmd ends the process", "Stdout": "output belongs to cmd", "Stderr": "output belongs to cmd"},
	}
	var found []string
	for _, f := range goFiles(t, tree) {
		if f.test || f.generated || strings.HasPrefix(f.name, "cmd/") {
			continue
		}
		packages := map[string]string{}
		for _, i := range f.ast.Imports {
			p, _ := strconv.Unquote(i.Path.Value)
			local := path.Base(p)
			if i.Name != nil {
				local = i.Name.Name
			}
			packages[local] = p
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := s.X.(*ast.Ident); ok {
				if why := refused[packages[x.Name]][s.Sel.Name]; why != "" {
					found = append(found, fmt.Sprintf("%s: %s.%s: %s", f.at(s), x.Name, s.Sel.Name, why))
				}
			}
			return true
		})
	}
	return found
}
