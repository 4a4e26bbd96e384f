package ui_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"html"
	"io"
	"math"
	"net/http"
	"path"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/report"
	"github.com/sistem48/system48/ui/locale"
)

// ask gets an address of the site as the session or as the token.
func (s *site) ask(t *testing.T, address string, session *http.Cookie, token string) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.base+address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if session != nil {
		r.AddCookie(session)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s = %d (%v): %.300s", address, res.StatusCode, err, body)
	}
	return body
}

// workbookValues gives the first two cells of every row of every sheet, read with
// nothing but the format's own rules: the name, and the value a program computes with.
func workbookValues(t *testing.T, body []byte) map[string]string {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range archive.File {
		if ok, _ := path.Match("xl/worksheets/*.xml", f.Name); !ok {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var sheet struct {
			Rows []struct {
				Cells []struct {
					At    string `xml:"r,attr"`
					Value string `xml:"v"`
					Text  string `xml:"is>t"`
				} `xml:"c"`
			} `xml:"sheetData>row"`
		}
		if err := xml.NewDecoder(r).Decode(&sheet); err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		_ = r.Close()
		for _, row := range sheet.Rows {
			if len(row.Cells) > 1 && strings.HasPrefix(row.Cells[1].At, "B") {
				out[row.Cells[0].Text] = row.Cells[1].Value
			}
		}
	}
	return out
}

// TestB22FiguresAgree asks the same server for the same period in four ways: what
// the page shows, the CSV and the XLSX hold is what programs are given.
func TestB22FiguresAgree(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Clock.Advance(6 * 24 * time.Hour)
	if _, err := s.Store.FoldFacts(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.speak(t, lang.En)
	session := s.signIn(t, s.Adam.Email)
	registry := ticketing.Registry{Bureau: s.Core}
	token, err := registry.IssueToken(t.Context(), ticketing.ActorOf(s.Adam), s.Store, &ticketing.Token{Agent: s.Adam.ID, Name: "reports", Rights: []ticketing.Right{ticketing.RightReports}})
	if err != nil {
		t.Fatal(err)
	}
	query := "?from=" + s.since() + "&to=" + s.today()
	var api struct {
		Figures []struct {
			Measure, Unit          string
			Value                  *float64
			Numerator, Denominator int64
		}
	}
	if err := json.Unmarshal(s.ask(t, "/api/v1/reports/department"+query, nil, token), &api); err != nil {
		t.Fatal(err)
	}
	page := html.UnescapeString(string(s.ask(t, "/reports/all"+query, session, "")))
	book := workbookValues(t, s.ask(t, "/reports/all/download/xlsx"+query, session, ""))
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(s.ask(t, "/reports/all/download/csv"+query, session, ""), []byte("\ufeff")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	words, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	say := words.Printer(lang.En, time.UTC, s.Clock.Now)
	known := 0
	for _, f := range api.Figures {
		name := say.T(report.Measure(f.Measure).Definition().Name)
		var inCSV string
		for _, r := range rows {
			if r[0] == say.T("report.part.all") && r[1] == name && r[2] == say.T("report.csv.value") {
				inCSV = r[3]
			}
		}
		if f.Value == nil {
			if inCSV != "" || book[name] != "" {
				t.Errorf("%s has no value for programs; the CSV says %q, the XLSX %q", name, inCSV, book[name])
			}
			continue
		}
		known++
		scale := 1.0
		if f.Unit == string(report.UnitSeconds) {
			scale = 24 * 60 * 60
		}
		for where, got := range map[string]struct {
			text  string
			times float64
		}{"CSV": {inCSV, 1}, "XLSX": {book[name], scale}} {
			v, err := strconv.ParseFloat(got.text, 64)
			if err != nil || math.Abs(v*got.times-*f.Value) > 0.0006+math.Abs(*f.Value)*1e-6 {
				t.Errorf("%s is %q in the %s, %v for programs", name, got.text, where, *f.Value)
			}
		}
		if shown := screenValue(say, f.Unit, *f.Value); !strings.Contains(page, ">"+shown+"<") && !strings.Contains(page, " "+shown+" ") {
			t.Errorf("%s: %s is not on the page", name, shown)
		}
	}
	if known < 10 || !strings.Contains(page, " of "+strconv.FormatInt(api.Figures[0].Denominator, 10)) || api.Figures[0].Denominator == 0 {
		t.Errorf("%d figures have a value, the headline is of %d: little is compared", known, api.Figures[0].Denominator)
	}
}

// screenValue is how a value is shown to people.
func screenValue(p *locale.Printer, unit string, v float64) string {
	switch report.Unit(unit) {
	case report.UnitShare:
		return p.Percent(v, 1)
	case report.UnitSeconds:
		return p.Span(time.Duration(v) * time.Second)
	case report.UnitRatio:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case report.UnitCount:
	}
	return p.Number(int64(v))
}
