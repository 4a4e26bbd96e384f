package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// modulePath is the path every package of this program begins with.
const modulePath = "github.com/sistem48/system48"

// A room is one package of the layout and what its files may import. Own names
// are paths inside the module; a trailing "/..." takes in everything below.
type room struct {
	own       []string // packages of this program
	foreign   []string // modules of others, by prefix
	std       stdRule  // what of the standard library is closed
	testOwn   []string // what its tests may import on top
	testsOnly bool     // the package itself exists for tests: nothing else imports it
}

// A stdRule closes parts of the standard library.
type stdRule uint8

const (
	stdAll     stdRule = iota // everything is open
	stdAdapter                // no log package, no unsafe
	stdPure                   // the core: no network, no files, no database, no output
)

// pureStd are parsers and values that live below the closed trees of the core.
var pureStd = []string{"net/mail", "net/netip", "net/url", "log/slog"}

// core is what every adapter sees of the core.
var core = []string{"ticketing", "ticketing/lang", "ticketing/calendar", "ticketing/number", "ticketing/district", "ticketing/gsm", "ticketing/letters", "ticketing/guide", "ticketing/report"}

// beneathCore are the leaves the core stands on.
var beneathCore = []string{"ticketing/lang", "ticketing/calendar", "ticketing/number", "ticketing/district", "ticketing/gsm"}

var (
	databaseMods = []string{"gorm.io", "github.com/jackc/pgx/v5", "github.com/riverqueue/river", "github.com/pressly/goose/v3", "modernc.org/sqlite", "golang.org/x/sys"}
	mailMods     = []string{"github.com/emersion", "github.com/jhillyerd/enmime/v2", "github.com/inbucket/html2text", "golang.org/x/oauth2", "github.com/gogs/chardet", "golang.org/x/net/html", "golang.org/x/net/idna"}
	webMods      = []string{"github.com/labstack/echo/v4", "github.com/a-h/templ", "golang.org/x/net/html", "golang.org/x/time/rate"}
	programMods  = []string{"github.com/spf13/cobra", "github.com/spf13/pflag", "github.com/goccy/go-yaml", "github.com/prometheus", "golang.org/x/term", "golang.org/x/sys", "golang.org/x/crypto"}
)

// rooms is the layout of the program, docs/architecture.md in code. A package
// that is not in it fails the test: give it a room on purpose, or none.
var rooms = map[string]room{
	"cmd/system48": {own: []string{"..."}, foreign: programMods, testOwn: []string{"..."}},

	"ticketing/lang":          {std: stdPure},
	"ticketing/calendar":      {std: stdPure},
	"ticketing/number":        {std: stdPure, foreign: []string{"github.com/nyaruka/phonenumbers"}},
	"ticketing/gsm":           {std: stdPure, own: []string{"ticketing/lang"}},
	"ticketing/district":      {std: stdPure, own: []string{"ticketing/lang"}},
	"ticketing":               {std: stdPure, own: beneathCore, testOwn: []string{"ticketing/letters", "ticketing/ticketingtest"}},
	"ticketing/letters":       {std: stdPure, own: append([]string{"ticketing"}, beneathCore...)},
	"ticketing/guide":         {std: stdPure, own: append([]string{"ticketing"}, beneathCore...)},
	"ticketing/report":        {std: stdPure, own: append([]string{"ticketing"}, beneathCore...)},
	"ticketing/ticketingtest": {own: core, testsOnly: true},

	"channels":                   {std: stdAdapter, own: core},
	"channels/email":             {std: stdAdapter, own: append([]string{"channels"}, core...), foreign: mailMods, testOwn: []string{"channels/email/postoffice", "channels/email/emailtest"}},
	"channels/email/postoffice":  {std: stdAdapter, own: append([]string{"channels", "channels/email"}, core...), foreign: mailMods},
	"channels/email/emailtest":   {std: stdAdapter},
	"channels/email/dovecottest": {own: append([]string{"channels", "channels/email"}, core...), foreign: mailMods, testsOnly: true},
	"channels/twilio":            {std: stdAdapter},
	"channels/sms":               {std: stdAdapter, own: append([]string{"channels", "channels/twilio"}, core...), foreign: []string{"github.com/twilio/twilio-go"}, testOwn: []string{"channels/sms/exchange", "ticketing/ticketingtest"}},
	"channels/sms/exchange":      {std: stdAdapter, own: append([]string{"channels/twilio"}, core...)},
	"channels/phone":             {std: stdAdapter, own: append([]string{"channels", "channels/twilio"}, core...), foreign: []string{"github.com/twilio/twilio-go"}},
	"channels/phone/calllog":     {std: stdAdapter, own: append([]string{"channels"}, core...)},
	"channels/partner":           {std: stdAdapter, own: append([]string{"channels"}, core...)},

	"storage":             {std: stdAdapter, own: append([]string{"storage/sqlite", "storage/migrations", "storage/jobs"}, core...), foreign: databaseMods, testOwn: []string{"storage/blob"}},
	"storage/sqlite":      {std: stdAdapter, foreign: databaseMods},
	"storage/migrations":  {std: stdAdapter, own: []string{"storage/sqlite"}, foreign: databaseMods},
	"storage/jobs":        {std: stdAdapter, own: append([]string{"storage/sqlite"}, core...), foreign: databaseMods, testOwn: []string{"storage/migrations"}},
	"storage/blob":        {std: stdAdapter, own: core, foreign: []string{"github.com/minio/minio-go/v7", "github.com/klauspost/compress"}},
	"storage/storagetest": {own: append([]string{"storage", "storage/sqlite", "storage/migrations", "ticketing/ticketingtest"}, core...), foreign: databaseMods, testsOnly: true},

	"ui":             {std: stdAdapter, own: append([]string{"ui/..."}, core...), foreign: append([]string{"github.com/danielgtaylor/huma/v2"}, webMods...)},
	"ui/web":         {std: stdAdapter, own: append([]string{"ui/locale", "ui/static"}, core...), foreign: append([]string{"github.com/alexedwards/scs/v2", "github.com/microcosm-cc/bluemonday", "github.com/nicksnyder/go-i18n/v2", "golang.org/x/crypto"}, webMods...)},
	"ui/web/webtest": {own: append([]string{"ui/web", "ui/components", "ticketing/ticketingtest"}, core...), foreign: webMods, testsOnly: true},
	"ui/components":  {std: stdAdapter, own: append([]string{"ui/web", "ui/locale", "ui/static"}, core...), foreign: webMods},
	"ui/agent":       {std: stdAdapter, own: append([]string{"ui/web", "ui/components", "ui/locale", "ui/static"}, core...), foreign: webMods},
	"ui/report":      {std: stdAdapter, own: append([]string{"ui/web", "ui/components", "ui/locale", "ui/static"}, core...), foreign: append([]string{"github.com/xuri/excelize/v2", "codeberg.org/go-pdf/fpdf"}, webMods...)},
	"ui/manage":      {std: stdAdapter, own: append([]string{"ui/web", "ui/components", "ui/locale", "ui/static"}, core...), foreign: webMods},
	"ui/portal":      {std: stdAdapter, own: append([]string{"ui/web", "ui/components", "ui/locale", "ui/static"}, core...), foreign: webMods},
	"ui/demo":        {std: stdAdapter, own: append([]string{"ui/web", "ui/components", "ui/locale", "ui/static"}, core...), foreign: webMods},
	"ui/api":         {std: stdAdapter, own: append([]string{"ui/web"}, core...), foreign: append([]string{"github.com/danielgtaylor/huma/v2"}, webMods...)},
	"ui/open311":     {std: stdAdapter, own: append([]string{"ui/web"}, core...), foreign: webMods},
	"ui/static":      {std: stdAdapter},
	"ui/locale":      {std: stdAdapter, own: []string{"ticketing/lang"}, foreign: []string{"github.com/nicksnyder/go-i18n/v2", "github.com/BurntSushi/toml"}},
}

// Modules any room may import, and those that any test may import on top.
var (
	sharedForeign = []string{"golang.org/x/text", "golang.org/x/sync"}
	testForeign   = []string{"github.com/google/go-cmp", "pgregory.net/rapid", "golang.org/x/tools/txtar", "github.com/chromedp", "golang.org/x/net/html"}
	// A room whose tests need a stand-in of the outside world names its module here.
	testForeignOf = map[string][]string{
		"storage/blob":    {"github.com/johannesboyne/gofakes3"},
		"channels/twilio": {"github.com/twilio/twilio-go"},
		"ui/static":       {"github.com/BurntSushi/toml"},
		"cmd/system48":    {"github.com/johannesboyne/gofakes3", "github.com/emersion", "github.com/jackc/pgx/v5"},
	}
)

// TestImports holds every file of the module against the layout.
func TestImports(t *testing.T) {
	t.Parallel()
	for _, v := range checkImports(t, os.DirFS("../..")) {
		t.Error(v)
	}
}

// TestImportsFindsPlantedViolations shows that the check is awake.
func TestImportsFindsPlantedViolations(t *testing.T) {
	t.Parallel()
	file := func(imports ...string) *fstest.MapFile {
		var b strings.Builder
		b.WriteString("package p\n")
		for _, i := range imports {
			fmt.Fprintf(&b, "import _ %q\n", i)
		}
		return &fstest.MapFile{Data: []byte(b.String())}
	}
	own := func(p string) string { return modulePath + "/" + p }
	tree := fstest.MapFS{
		"ticketing/ok.go":               file("time", "net/mail", "golang.org/x/text/language", own("ticketing/lang")),
		"ticketing/net.go":              file("net/http", "os/exec", "database/sql/driver", "log"),
		"ticketing/up.go":               file(own("channels")),
		"ticketing/lang/leaf.go":        file(own("ticketing")),
		"channels/email/sideways.go":    file(own("storage"), "github.com/emersion/go-imap/v2"),
		"channels/sms/owner.go":         file("github.com/emersion/go-smtp"),
		"storage/standin.go":            file(own("ticketing/ticketingtest")),
		"storage/fine_test.go":          file(own("ticketing/ticketingtest"), own("storage/storagetest"), "github.com/google/go-cmp/cmp"),
		"ui/agent/area.go":              file(own("ui/manage"), "github.com/a-h/templ"),
		"ui/agent/testing.go":           file("github.com/google/go-cmp/cmp"),
		"ui/agent/page_templ.go":        file("gorm.io/gorm"),
		"util/helpers.go":               file("strings"),
		"cmd/system48/main.go":          file(own("channels/email/postoffice"), own("ui"), "github.com/labstack/echo/v4"),
		"storage/testdata/x/ignored.go": file("gorm.io/gorm", own("ui")),
		"storage/unsafe.go":             file("unsafe"),
		"go.mod":                        {Data: []byte("module " + modulePath)},
	}
	want := []string{
		"channels/email/sideways.go imports storage: not a package that channels/email may know",
		"channels/sms/owner.go imports github.com/emersion/go-smtp: channels/sms does not own that module",
		"cmd/system48/main.go imports github.com/labstack/echo/v4: cmd/system48 does not own that module",
		"storage/standin.go imports ticketing/ticketingtest: that package is for tests only",
		"storage/unsafe.go imports unsafe: closed to storage",
		"ticketing/lang/leaf.go imports ticketing: not a package that ticketing/lang may know",
		"ticketing/net.go imports database/sql/driver: closed to ticketing",
		"ticketing/net.go imports log: closed to ticketing",
		"ticketing/net.go imports net/http: closed to ticketing",
		"ticketing/net.go imports os/exec: closed to ticketing",
		"ticketing/up.go imports channels: not a package that ticketing may know",
		"ui/agent/area.go imports ui/manage: not a package that ui/agent may know",
		"ui/agent/page_templ.go imports gorm.io/gorm: ui/agent does not own that module",
		"ui/agent/testing.go imports github.com/google/go-cmp/cmp: ui/agent does not own that module",
		"util: unknown package; the layout in arch_test.go has no room for it",
	}
	if diff := cmp.Diff(want, checkImports(t, tree)); diff != "" {
		t.Errorf("checkImports() (-want +got):\n%s", diff)
	}
}

// checkImports gives one sorted line for each import the layout does not allow.
func checkImports(t *testing.T, tree fs.FS) []string {
	t.Helper()
	var found []string
	unknown := map[string]bool{}
	for _, name := range filesOf(t, tree, ".go") {
		dir := path.Dir(name)
		r, ok := rooms[dir]
		if !ok {
			if !unknown[dir] {
				unknown[dir] = true
				found = append(found, dir+": unknown package; the layout in arch_test.go has no room for it")
			}
			continue
		}
		for _, p := range importsOf(t, tree, name) {
			if why := r.refuses(dir, p, strings.HasSuffix(name, "_test.go")); why != "" {
				found = append(found, fmt.Sprintf("%s imports %s: %s", name, strings.TrimPrefix(p, modulePath+"/"), why))
			}
		}
	}
	slices.Sort(found)
	return found
}

// refuses says why a file of the room dir may not import p, "" when it may.
func (r room) refuses(dir, p string, test bool) string {
	switch {
	case p == modulePath || strings.HasPrefix(p, modulePath+"/"):
		return r.refusesOwn(dir, strings.TrimPrefix(strings.TrimPrefix(p, modulePath), "/"), test)
	case !strings.Contains(strings.SplitN(p, "/", 2)[0], "."):
		return r.refusesStd(dir, p, test)
	}
	allowed := slices.Concat(r.foreign, sharedForeign)
	if test || r.testsOnly {
		allowed = slices.Concat(allowed, testForeign, testForeignOf[dir])
	}
	if within(p, allowed) {
		return ""
	}
	return dir + " does not own that module"
}

func (r room) refusesOwn(dir, p string, test bool) string {
	if p == dir {
		return "" // an external test package
	}
	if rooms[p].testsOnly {
		if test || r.testsOnly {
			return ""
		}
		return "that package is for tests only"
	}
	allowed := r.own
	if test {
		allowed = slices.Concat(allowed, r.testOwn)
	}
	for _, a := range allowed {
		if tree, whole := strings.CutSuffix(a, "..."); p == a || whole && strings.HasPrefix(p, tree) {
			return ""
		}
	}
	return "not a package that " + dir + " may know"
}

func (r room) refusesStd(dir, p string, test bool) string {
	closed := []string{}
	switch r.std {
	case stdAll:
		return ""
	case stdAdapter:
		closed = []string{"log", "unsafe"}
	case stdPure:
		closed = []string{"log", "unsafe", "net", "os", "database/sql", "syscall", "plugin"}
	}
	if test || slices.Contains(pureStd, p) || p == "log/slog" || !within(p, closed) {
		return ""
	}
	return "closed to " + dir
}

// within says whether p is one of the trees or lies below one.
func within(p string, trees []string) bool {
	return slices.ContainsFunc(trees, func(t string) bool { return p == t || strings.HasPrefix(p, t+"/") })
}

// importsOf gives the imports of one file, whatever its build tags.
func importsOf(t *testing.T, tree fs.FS, name string) []string {
	t.Helper()
	src, err := fs.ReadFile(tree, name)
	if err != nil {
		t.Fatal(err)
	}
	f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly)
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	var paths []string
	for _, i := range f.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			t.Fatalf("%s: import %s: %v", name, i.Path.Value, err)
		}
		paths = append(paths, p)
	}
	return paths
}

// filesOf gives the project's own files whose names end in one of the endings:
// not what lies in testdata, in hidden folders, or comes from others.
func filesOf(t *testing.T, tree fs.FS, endings ...string) []string {
	t.Helper()
	skip := []string{"testdata", "node_modules", "vendor", "thirdparty", "bin"}
	var names []string
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := path.Base(name)
		if d.IsDir() {
			if name != "." && (strings.HasPrefix(base, ".") && base != ".ci" || strings.HasPrefix(base, "_") || slices.Contains(skip, base)) {
				return fs.SkipDir
			}
			return nil
		}
		if slices.ContainsFunc(endings, func(e string) bool { return strings.HasSuffix(base, e) }) {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
