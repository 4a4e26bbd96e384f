package locale

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// sources gives the text of every file below the folder with one of the endings.
func sources(t *testing.T, dir string, endings ...string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_templ.go") {
			return err
		}
		for _, e := range endings {
			if strings.HasSuffix(name, e) {
				body, err := os.ReadFile(name)
				if err != nil {
					return err
				}
				out[name] = string(body)
			}
		}
		return nil
	})
	if err != nil || len(out) == 0 {
		t.Fatalf("%d files in %s (%v)", len(out), dir, err)
	}
	return out
}

// TestUsedIDsExist finds texts that pages ask for and no catalogue has.
func TestUsedIDsExist(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	call := regexp.MustCompile(`\b(?:T|N)\((?:[a-z.()A-Z]*ctx|c\.Request\(\)\.Context\(\)), "([a-z0-9_]+(?:\.[a-z0-9_]+)+)"[,)]`)
	fail := regexp.MustCompile(`\.Fail\([^,]+, "([a-z0-9_]+(?:\.[a-z0-9_]+)+)"`)
	for name, body := range sources(t, "..", ".templ", ".go") {
		for _, re := range []*regexp.Regexp{call, fail} {
			for _, m := range re.FindAllStringSubmatch(body, -1) {
				if !c.Has(m[1]) {
					t.Errorf("%s asks for %q", name, m[1])
				}
			}
		}
	}
}

// TestErrorsOfTheCoreExist finds messages for people that the core names and no
// catalogue has.
func TestErrorsOfTheCoreExist(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	key := regexp.MustCompile(`(?:Key: +|invalid\("[a-z_]*", )"([a-z0-9_]+(?:\.[a-z0-9_]+)+)"`)
	found := 0
	for _, dir := range []string{"../../ticketing", ".."} {
		for name, body := range sources(t, dir, ".go") {
			if strings.Contains(name, "ticketingtest") || strings.Contains(name, "letters") {
				continue // tests; and what an operator reads in English
			}
			for _, m := range key.FindAllStringSubmatch(body, -1) {
				found++
				if !c.Has(m[1]) {
					t.Errorf("%s names %q", name, m[1])
				}
			}
		}
	}
	if found < 50 {
		t.Errorf("found only %d keys", found)
	}
}
