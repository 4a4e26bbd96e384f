package report

import (
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ui/locale"
)

// Tabs of sheets hold 31 characters: no name is cut within a word.
func TestSheetNames(t *testing.T) {
	t.Parallel()
	texts, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range []lang.Tag{lang.SrLatn, lang.SrCyrl, lang.En, lang.Sq} {
		p := texts.Printer(tag, time.UTC, time.Now)
		for _, key := range []string{
			partVariants, partResolve, partBeside, partCategory, partWeeks, partAging, partLegs, partHeat, partSigns, partChannel, partDistrict, partLanguage,
			partDepartment, partCodes, partAll,
		} {
			x := part{key: key, title: p.T("report.part." + key)}
			if name := x.sheet(p); len([]rune(name)) > 31 || strings.HasPrefix(name, "report.") {
				t.Errorf("%s: the tab of %s is %q", tag, key, name)
			}
		}
	}
	for given, want := range map[string]string{
		"Odgovoreno u roku po odjeljenjima":   "Odgovoreno u roku po",
		"Odgovoreno u roku po odjeljenju":     "Odgovoreno u roku po odjeljenju",
		"Odgovoreno u roku po odjeljenjuovom": "Odgovoreno u roku po",
		strings.Repeat("a", 40):               strings.Repeat("a", 31),
	} {
		if got := cutWords([]rune(given), 31); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
