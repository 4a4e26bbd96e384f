package report

import (
	"html"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ui/locale"
)

// live lets more happen than mails that are answered: calls, other departments,
// closings of all sorts, waits, a reopening.
func (s *site) live(t *testing.T) {
	t.Helper()
	ctx, ana := t.Context(), ticketing.ActorOf(s.Ana)
	desk := ticketing.Desk{Bureau: s.Core}
	must := func(_ *ticketing.Ticket, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, c := range []ticketing.Category{s.Streetlight, s.Waste, s.Other, s.Streetlight, s.Waste, s.Other} {
		k, err := desk.Open(ctx, ana, ticketing.OpenInput{
			Channel: []ticketing.Channel{ticketing.ChannelPhone, ticketing.ChannelCounter}[i%2], Subject: "Poziv", Text: "Poziv", Category: c.ID, Language: lang.En,
			Name: "Mira", Phone: "+38267000" + strconv.Itoa(100+i), Location: ticketing.Location{Address: "Ulica slobode 7"},
		})
		must(k, err)
		at := ticketing.Target{Ref: k.Ref}
		s.Clock.Advance(5 * time.Hour)
		switch i {
		case 0:
			must(desk.Move(ctx, ana, at, s.Roads.ID, "put"))
		case 1:
			must(desk.Wait(ctx, ana, at, ticketing.WaitMaterial))
		case 2, 3:
			must(desk.Close(ctx, ana, at, ticketing.CloseInput{Code: []ticketing.ClosingCode{ticketing.CodeInsufficient, ticketing.CodeNotCompetent}[i-2], Note: "Vodovod"}))
		case 4:
			_, _, err := desk.Reply(ctx, ana, at, ticketing.ReplyInput{Text: "Gotovo, hvala na pozivu.", ByPhone: true, Resolve: true})
			must(nil, err)
			s.Clock.Advance(time.Hour)
			must(desk.Reopen(ctx, ana, at))
		}
	}
	s.Clock.Advance(30 * time.Hour)
	s.fold(t)
}

var (
	panelsOf = regexp.MustCompile(`(?s)<h2[^>]*>`)
	tagsOf   = regexp.MustCompile(`(?s)<[^>]*>`)
	spaces   = regexp.MustCompile(`\s+`)
)

// panel gives the words of the page from a title to the next.
func panel(page, title string) (words string, found bool) {
	for _, part := range panelsOf.Split(page, -1) {
		text := strings.TrimSpace(spaces.ReplaceAllString(html.UnescapeString(tagsOf.ReplaceAllString(part, " ")), " "))
		if strings.HasPrefix(text, title) {
			words, found = words+" "+text+" ", true
		}
	}
	return words, found
}

// said writes a value of the CSV as the page says it.
func said(t *testing.T, p *locale.Printer, value, unit string) string {
	t.Helper()
	switch unit {
	case "count":
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			t.Errorf("%q is no count", value)
		}
		return p.Number(n)
	case "share":
		return p.Percent(parse(t, value), 1)
	case "ratio":
		return lang.Decimal(p.Tag(), parse(t, value), 2)
	case "seconds":
		return p.Span(time.Duration(parse(t, value)) * time.Second)
	}
	return strings.TrimPrefix(value, "'") // A18
}

// whole are the sections that stand under no title of their own.
var whole = map[string]bool{"Summary": true, "Beside the headline": true}

// TestEveryTableSaysTheSame compares every value of every table of every page of
// reports: in the CSV, in the XLSX with its own type, in the PDF and on the page.
func TestEveryTableSaysTheSame(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.fill(t, 9, "Ne radi rasvjeta")
	s.live(t)
	adam, p := s.as(t, s.Adam, lang.En), printer(t, lang.En)
	for path, least := range map[string]int{pathAll: 120, pathDepartments + s.Bureau.Code: 100, pathCity: 20, pathDepartments + s.Roads.Code: 20} {
		page := adam.get(t, path+s.query(), http.StatusOK)
		rows := readCSV(t, []byte(adam.get(t, path+"/download/csv"+s.query(), http.StatusOK)))
		paper, _ := pages(t, []byte(adam.get(t, path+"/download/pdf"+s.query(), http.StatusOK)))
		book, err := excelize.OpenReader(strings.NewReader(adam.get(t, path+"/download/xlsx"+s.query(), http.StatusOK)))
		if err != nil {
			t.Fatal(err)
		}
		sheets := sheetsOf(t, book)
		compared := 0
		for _, r := range rows[1:] {
			section, row, measure, value, unit := r[0], strings.TrimPrefix(r[1], "'"), r[2], r[3], r[4]
			if value == "" {
				continue
			}
			compared++
			words := said(t, p, value, unit)
			what := strings.Join([]string{path, section, row, measure}, " / ")
			text, found := panel(page, section)
			switch {
			case whole[section] || path == pathCity:
				text = html.UnescapeString(page)
			case !found:
				t.Errorf("%s: the page has no such part", what)
			}
			if unit != "" && !strings.Contains(text, words) {
				t.Errorf("%s: the page does not say %q there", what, words)
			}
			if unit != "" && !strings.Contains(paper, inPDF(printable(words))) {
				t.Errorf("%s: the PDF does not say %q", what, words)
			}
			if measure == "p90" {
				row, measure = row+" – p90", ""
			}
			if got, ok := sheets.find(section, row, measure); !ok || !sameValue(got, value, unit) {
				t.Errorf("%s: %q (%t) in the XLSX, %q in the CSV", what, got, ok, value)
			}
		}
		if compared < least {
			t.Errorf("%s: only %d values compared", path, compared)
		}
		t.Logf("%s: %d values compared", path, compared)
	}
}

type sheetRows map[string][][]string

func sheetsOf(t *testing.T, book *excelize.File) sheetRows {
	t.Helper()
	defer book.Close()
	out := sheetRows{}
	for _, name := range book.GetSheetList() {
		rows, err := book.GetRows(name, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		out[name] = rows
	}
	return out
}

// find gives a value of a workbook: the sheet whose title is the section, the
// column of the measure, the row.
func (s sheetRows) find(section, row, measure string) (string, bool) {
	for name, rows := range s {
		titled := name == section
		column := 1
		for _, r := range rows {
			titled = titled || len(r) > 0 && r[0] == section
			if !titled {
				continue
			}
			for i, head := range r {
				if measure != "" && head == measure && i > 0 {
					column = i
				}
			}
			if len(r) > column && r[0] == row {
				return r[column], true
			}
		}
	}
	return "", false
}

// sameValue compares a cell of a workbook with a value of the CSV: a spreadsheet
// counts time in days.
func sameValue(x, value, unit string) bool {
	if unit == "" {
		return x == strings.TrimPrefix(value, "'")
	}
	a, err := strconv.ParseFloat(x, 64)
	b, bad := strconv.ParseFloat(value, 64)
	if unit == "seconds" {
		a *= 24 * 60 * 60
	}
	return err == nil && bad == nil && math.Abs(a-b) < 0.00006+math.Abs(b)*1e-6
}
