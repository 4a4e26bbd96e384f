package report

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/report"
	"github.com/sistem48/system48/ticketing/ticketingtest"
	"github.com/sistem48/system48/ui/locale"
)

// TestOneSetOfFigures compares what the core counted with the page, the CSV and
// the XLSX of the same period: the interface for programs compares itself with
// the core in its own package.
func TestOneSetOfFigures(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.fill(t, 9, "Ne radi rasvjeta")
	p := s.period()
	want, err := report.Department(t.Context(), s.Store, ticketing.ActorOf(s.Adam), report.Request{
		Period: p, Now: s.Clock.Now(), Zone: ticketingtest.Zone(), Target: Target,
	})
	if err != nil {
		t.Fatal(err)
	}
	adam := s.as(t, s.Adam, lang.En)
	page := adam.get(t, pathAll+s.query(), http.StatusOK)
	rows := readCSV(t, []byte(adam.get(t, pathAll+"/download/csv"+s.query(), http.StatusOK)))
	book, err := excelize.OpenReader(strings.NewReader(adam.get(t, pathAll+"/download/xlsx"+s.query(), http.StatusOK)))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	sheet, err := book.GetRows("All measures", excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	names := printer(t, lang.En)
	for _, f := range want.Figures {
		def := f.Measure.Definition()
		name := names.T(def.Name)
		inCSV, inXLSX := find(rows, "All measures and how they are computed", name, "Value"), findRow(sheet, name)
		if !f.Known() {
			if inCSV != "" {
				t.Errorf("%s has no value and is %q in the CSV", name, inCSV)
			}
			continue
		}
		exact := f.Value()
		if got := parse(t, inCSV); !near(got, exact) {
			t.Errorf("%s is %v in the CSV, counted %v", name, got, exact)
		}
		x := parse(t, inXLSX)
		if def.Unit == report.UnitSeconds {
			x *= 24 * 60 * 60
		}
		if !near(x, exact) {
			t.Errorf("%s is %v in the XLSX, counted %v", name, x, exact)
		}
		has(t, page, html.EscapeString(cellOf(f).words(names)))
	}
	if f := want.Figure(report.AnswerOnTime); f.Numerator != 3 || f.Denominator != 9 {
		t.Errorf("%d of %d, want 3 of 9: the figures compare nothing", f.Numerator, f.Denominator)
	}
	has(t, page, "33.3", "3 of 9</a> due")
	for i, row := range [][2]string{{"A · only the answered", "0.5000"}, {"D · all that fell due", "0.3333"}} {
		if got := find(rows, "One period, counted in four ways", row[0], "Value"); got != row[1] {
			t.Errorf("formula %d is %q, want %s", i, got, row[1])
		}
	}
}

func near(a, b float64) bool { return a-b < 0.0006+b*1e-6 && b-a < 0.0006+b*1e-6 }

func parse(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Errorf("%q is no number", s)
	}
	return v
}

// find gives the value of a row of the CSV.
func find(rows [][]string, section, row, measure string) string {
	for _, r := range rows {
		if r[0] == section && r[1] == row && r[2] == measure {
			return r[3]
		}
	}
	return "missing"
}

func findRow(sheet [][]string, name string) string {
	for _, r := range sheet {
		if len(r) > 1 && r[0] == name {
			return r[1]
		}
	}
	return "missing"
}

var (
	caseLink = regexp.MustCompile(`href="(/reports/cases\?[^"]+)"[^>]*>(?:<title>[^<]*</title>)?\s*([0-9]+)(?: of ([0-9]+))?\s*</a>`)
	caseRow  = regexp.MustCompile(`<th scope="row"`)
)

// TestEveryFigureLeadsToItsTickets follows every number of the page that is a
// link and counts what it leads to: exactly the number, and of "3 of 9" the nine.
func TestEveryFigureLeadsToItsTickets(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.fill(t, 9, "Ne radi rasvjeta")
	adam := s.as(t, s.Adam, lang.En)
	page := adam.get(t, pathAll+s.query(), http.StatusOK)
	followed := map[string]bool{}
	for _, m := range caseLink.FindAllStringSubmatch(page, -1) {
		href, want := html.UnescapeString(m[1]), m[2]
		if m[3] != "" {
			want = m[3]
		}
		list := adam.get(t, href, http.StatusOK)
		if n := len(caseRow.FindAllString(list, -1)); strconv.Itoa(n) != want {
			t.Errorf("%s leads to %d tickets at %s", want, n, href)
		}
		d, err := url.Parse(href)
		if err != nil {
			t.Fatal(err)
		}
		followed[d.Query().Get("set")] = true
	}
	for _, set := range []report.Set{report.SetDue, report.SetMissed, report.SetReceived, report.SetOpen, report.SetDone, report.SetDoneMet} {
		if !followed[string(set)] {
			t.Errorf("no number led to %s; only %v", set, followed)
		}
	}
}

// TestWhoSeesWhat holds rights and scope: heads their own departments, auditors
// no contents, officers nothing (A33, A37).
func TestWhoSeesWhat(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.fill(t, 3, "Ne radi rasvjeta")
	hana, aida, oskar := s.as(t, s.Hana, lang.En), s.as(t, s.Aida, lang.En), s.as(t, s.Oskar, lang.En)
	for _, path := range []string{pathCity, pathAll, pathDepartments + s.Bureau.Code, pathCases + "?set=open", pathCity + "/download/csv"} {
		oskar.get(t, path, http.StatusForbidden)
	}
	bureau := pathDepartments + s.Bureau.Code
	for _, path := range []string{bureau, bureau + "/download/pdf", bureau + "/download/xlsx", bureau + "/download/csv", bureau + "?from=2026-03-02&to=2026-01-01"} {
		if body := hana.get(t, path, http.StatusNotFound); strings.Contains(body, s.Bureau.Names[lang.SrLatn]) {
			t.Errorf("%s names a department of others", path)
		}
	}
	foreign := pathCases + "?set=open&department=" + number(s.Bureau.ID)
	hana.get(t, foreign, http.StatusNotFound)
	hana.get(t, strings.Replace(foreign, "/cases", "/cases/download/csv", 1), http.StatusNotFound)
	hana.get(t, pathCity+s.query(), http.StatusOK)
	if open := s.as(t, s.Adam, lang.En).get(t, pathCases+"?set=open", http.StatusOK); strings.Contains(open, "state.") || !strings.Contains(open, ">Received</td>") {
		t.Errorf("the list of open tickets does not say their state: %.3000s", open[strings.Index(open, "<table"):])
	}
	list := aida.get(t, pathCases+"?set=received&from="+s.period().From.String()+"&to="+s.period().To.String(), http.StatusOK)
	has(t, list, "S48-", "not what the tickets say")
	if strings.Contains(list, "rasvjeta") || strings.Contains(list, "/agent/t/") {
		t.Error("the auditor reads contents")
	}
	has(t, aida.get(t, bureau+s.query(), http.StatusOK), "D: kept by the due time", "33.3")
}

// TestRefusedPeriods holds that a period which ends before it begins, and other
// choices that mean nothing, are refused with the field and the reason, and that
// what was typed stays.
func TestRefusedPeriods(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	adam := s.as(t, s.Adam, lang.En)
	for query, want := range map[string][]string{
		"?from=2026-03-20&to=2026-03-01":                {`href="#to"`, "ends before it begins", `value="2026-03-20"`, `aria-invalid="true"`},
		"?from=2026-03-20":                              {`href="#to"`},
		"?from=yesterday&to=2026-03-01":                 {`href="#from"`},
		"?period=fortnight":                             {`href="#period"`},
		"?from=1990-01-01&to=2026-01-01":                {`href="#to"`},
		"?from=2026-03-01&to=2026-03-02&channel=pigeon": {`href="#channel"`},
		"?reported=2126-03-01":                          {`href="#reported"`, "still to come"},
	} {
		for _, path := range []string{pathAll, pathCity} {
			body := adam.get(t, path+query, http.StatusUnprocessableEntity)
			has(t, body, "There is no report for this choice")
			if path == pathAll {
				has(t, body, want...)
			}
			if strings.Contains(body, "kpi--main") {
				t.Errorf("%s%s shows figures of something else", path, query)
			}
			adam.get(t, path+"/download/csv"+query, http.StatusUnprocessableEntity)
		}
	}
	for _, path := range []string{pathCases, pathCases + "?set=nope", pathCases + "?set=due&clock=answer&from=2026-03-20&to=2026-03-01"} {
		adam.get(t, path, http.StatusUnprocessableEntity)
	}
	adam.get(t, pathDepartments+"nobody", http.StatusNotFound)
	adam.get(t, pathAll+"/download/doc", http.StatusNotFound)
}

// TestNoTickets shows what a report says when nothing happened.
func TestNoTickets(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	adam := s.as(t, s.Adam, lang.En)
	has(t, adam.get(t, pathAll, http.StatusOK), "No tickets in this period", "period=year")
	has(t, adam.get(t, pathCity, http.StatusOK), "No tickets in this period")
	has(t, adam.get(t, pathCases+"?set=open", http.StatusOK), "There is no ticket behind this figure")
	for _, format := range []string{"pdf", "xlsx", "csv"} {
		if adam.get(t, pathAll+"/download/"+format, http.StatusOK) == "" {
			t.Errorf("the %s is empty", format)
		}
	}
}

// TestPresets names the stretch of every period that can be picked.
func TestPresets(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"month": "2026-11-01 2026-11-23", "last-month": "2026-10-01 2026-10-31", "week": "2026-11-23 2026-11-23", "last-week": "2026-11-16 2026-11-22",
		"quarter": "2026-10-01 2026-11-23", "year": "2026-01-01 2026-11-23",
	} {
		p, ok := presetPeriod(name, sampleNow, ticketingtest.Zone())
		if got := p.From.String() + " " + p.To.String(); !ok || got != want {
			t.Errorf("%s = %s, want %s", name, got, want)
		}
	}
}

// TestListsComputeNothing holds A18 and A23 along the whole way: a subject that is
// a formula and a script is a text in the page, the CSV and the XLSX.
func TestListsComputeNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	evil := `=HYPERLINK("http://evil.example","<img src=x onerror=alert(1)>")`
	s.fill(t, 3, evil)
	adam := s.as(t, s.Adam, lang.En)
	set := "?set=received&from=" + s.period().From.String() + "&to=" + s.period().To.String()
	for _, body := range []string{adam.get(t, pathCases+set, http.StatusOK), adam.get(t, pathAll+s.query(), http.StatusOK)} {
		if strings.Contains(body, "<img src=x") {
			t.Error("the page has the script of a subject")
		}
	}
	csv, header := adam.do(t, http.MethodGet, pathCases+"/download/csv"+set, http.StatusOK, nil)
	if d := header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment;") || header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the file is served as %q", d)
	}
	rows := readCSV(t, []byte(csv))
	if len(rows) != 4 || rows[1][1] != "'"+evil {
		t.Errorf("the CSV says %q", rows)
	}
	book, err := excelize.OpenReader(strings.NewReader(adam.get(t, pathCases+"/download/xlsx"+set, http.StatusOK)))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	cells, err := book.SearchSheet(book.GetSheetName(0), evil)
	if err != nil || len(cells) != 3 {
		t.Fatalf("the subject is in %v (%v)", cells, err)
	}
	for _, c := range cells {
		if f, err := book.GetCellFormula(book.GetSheetName(0), c); f != "" || err != nil {
			t.Errorf("%s computes %q (%v)", c, f, err)
		}
	}
}

// TestNarrowed follows a row of a table to the report of it alone, and the chip
// that takes the choice away.
func TestNarrowed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.fill(t, 3, "Ne radi rasvjeta")
	adam := s.as(t, s.Adam, lang.En)
	has(t, adam.get(t, pathAll+s.query(), http.StatusOK), `channel=email`)
	body := adam.get(t, pathAll+s.query()+"&channel=email", http.StatusOK)
	has(t, body, "1 of 3</a> due", "Signs are not looked for", "Remove this choice")
	has(t, adam.get(t, pathAll+s.query()+"&channel=sms", http.StatusOK), "No tickets in this period")
	yesterday := report.DayOf(s.Clock.Now(), ticketingtest.Zone()) - 1
	has(t, adam.get(t, pathAll+s.query()+"&reported="+yesterday.String(), http.StatusOK), "As it was known at the end of")
}

// TestTextsOfMeasures finds measures, sets and signs that have no words.
func TestTextsOfMeasures(t *testing.T) {
	t.Parallel()
	c, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, d := range report.Definitions() {
		ids = append(ids, d.Name, d.Formula, d.Name+".short")
		if d.Of != "" {
			ids = append(ids, d.Of)
		}
		if d.Clock != "" {
			ids = append(ids, "report.clock."+string(d.Clock))
		}
	}
	for _, k := range report.SignKinds() {
		ids = append(ids, "report.sign."+string(k), "report.sign."+string(k)+".why")
		if signIcons[k] == "" {
			t.Errorf("%s has no drawing", k)
		}
	}
	for _, x := range report.Sets() {
		if x != report.SetSign {
			ids = append(ids, "report.set."+string(x))
		}
	}
	for _, p := range presets {
		ids = append(ids, "report.preset."+p)
	}
	for _, k := range []string{
		partVariants, partResolve, partBeside, partCategory, partWeeks, partAging, partLegs, partHeat, partSigns, partChannel, partDistrict, partLanguage,
		partDepartment, partCodes, partAll,
	} {
		ids = append(ids, "report.part."+k)
	}
	for _, by := range []report.Dimension{report.ByDepartment, report.ByCategory, report.ByChannel, report.ByDistrict, report.ByLanguage, report.ByCode, report.ByWeek} {
		ids = append(ids, "report.by."+string(by))
	}
	for _, id := range ids {
		if !c.Has(id) {
			t.Errorf("%s has no words", id)
		}
	}
}
