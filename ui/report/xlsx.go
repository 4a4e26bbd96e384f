package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/sistem48/system48/ui/locale"
)

// maxCell is the longest text a spreadsheet cell holds, in characters.
const maxCell = 32_767

// A workbook writes sheets one after another; texts are always typed as texts,
// so nothing in them is computed (A18).
type workbook struct {
	file   *excelize.File
	d      document
	styles map[cellKind]int
	head   int
	names  map[string]bool
}

// writeXLSX writes the document: the figures on the first sheet, each table on
// one of its own.
func writeXLSX(w io.Writer, d document) error {
	b, err := newWorkbook(d)
	if err != nil {
		return err
	}
	defer func() { _ = b.file.Close() }()
	sheet := table{columns: []string{d.measure, d.value, d.part, d.whole, d.formula}}
	for _, f := range d.figures {
		row := []cell{textCell(f.name), f.value, {}, {}, textCell(f.formula)}
		if f.whole > 0 {
			row[2], row[3] = countCell(f.part), countCell(f.whole)
		}
		sheet.rows = append(sheet.rows, row)
		if f.second.kind != cellNone {
			sheet.rows = append(sheet.rows, []cell{textCell(f.name + " – p90"), f.second, {}, {}, textCell(f.formula)})
		}
	}
	if err := b.add(d.overview, []string{d.title, d.period, d.asOf}, sheet); err != nil {
		return err
	}
	for _, p := range d.parts {
		if err := b.add(p.sheet(d.print), []string{p.title, p.note}, p.table); err != nil {
			return err
		}
	}
	return b.write(w)
}

// writeListXLSX writes one table: tickets behind a figure.
func writeListXLSX(w io.Writer, d document, t table) error {
	b, err := newWorkbook(d)
	if err != nil {
		return err
	}
	defer func() { _ = b.file.Close() }()
	if err := b.add(d.overview, []string{d.title, d.period, d.asOf}, t); err != nil {
		return err
	}
	return b.write(w)
}

func newWorkbook(d document) (*workbook, error) {
	b := &workbook{file: excelize.NewFile(), d: d, styles: map[cellKind]int{}, names: map[string]bool{}}
	formats := map[cellKind]string{cellShare: "0.0%", cellRatio: "0.00", cellSpan: "[h]:mm", cellInstant: "dd.mm.yyyy hh:mm", cellCount: "#,##0"}
	for kind, format := range formats {
		id, err := b.file.NewStyle(&excelize.Style{CustomNumFmt: &format})
		if err != nil {
			return nil, fmt.Errorf("style of a sheet: %w", err)
		}
		b.styles[kind] = id
	}
	var err error
	b.head, err = b.file.NewStyle(&excelize.Style{
		Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{Vertical: "top", WrapText: true},
		Border: []excelize.Border{{Type: "bottom", Color: "868e99", Style: 1}},
	})
	return b, err
}

// add writes lines of words above a table on a new sheet.
func (b *workbook) add(name string, lines []string, t table) error {
	name = b.sheetName(name)
	if len(b.names) == 1 {
		if err := b.file.SetSheetName("Sheet1", name); err != nil {
			return fmt.Errorf("name a sheet: %w", err)
		}
	} else if _, err := b.file.NewSheet(name); err != nil {
		return fmt.Errorf("add a sheet: %w", err)
	}
	out, err := b.file.NewStreamWriter(name)
	if err != nil {
		return fmt.Errorf("write a sheet: %w", err)
	}
	widths(out, t)
	n := 1
	put := func(row []any) {
		if err == nil {
			err = out.SetRow("A"+strconv.Itoa(n), row)
		}
		n++
	}
	for _, l := range lines {
		if l != "" {
			put([]any{bounded(l)})
		}
	}
	put(nil)
	head := make([]any, len(t.columns))
	for i, c := range t.columns {
		head[i] = excelize.Cell{StyleID: b.head, Value: bounded(c)}
	}
	put(head)
	for _, r := range t.rows {
		put(b.row(r))
	}
	if t.foot != nil {
		put(b.row(t.foot))
	}
	if err != nil {
		return fmt.Errorf("write a sheet: %w", err)
	}
	return out.Flush()
}

func (b *workbook) row(cells []cell) []any {
	row := make([]any, len(cells))
	for i, c := range cells {
		switch c.kind {
		case cellNone:
		case cellText:
			row[i] = bounded(c.text)
		case cellCount:
			row[i] = excelize.Cell{StyleID: b.styles[cellCount], Value: c.count}
		case cellShare:
			row[i] = excelize.Cell{StyleID: b.styles[cellShare], Value: c.share}
		case cellRatio:
			row[i] = excelize.Cell{StyleID: b.styles[cellRatio], Value: c.share}
		case cellSpan:
			row[i] = excelize.Cell{StyleID: b.styles[cellSpan], Value: c.span.Hours() / 24}
		case cellInstant:
			local := b.d.print.In(c.at)
			y, m, d := local.Date()
			h, mi, s := local.Clock()
			row[i] = excelize.Cell{StyleID: b.styles[cellInstant], Value: time.Date(y, m, d, h, mi, s, 0, time.UTC)}
		}
	}
	return row
}

func (b *workbook) write(w io.Writer) error {
	if err := b.file.SetDocProps(&excelize.DocProperties{Title: bounded(b.d.title), Creator: "System 48", Language: string(b.d.print.Tag())}); err != nil {
		return fmt.Errorf("describe the workbook: %w", err)
	}
	return b.file.Write(w)
}

// widths makes columns as wide as their words, within reason.
func widths(out *excelize.StreamWriter, t table) {
	for i, c := range t.columns {
		most := len([]rune(c))
		for _, r := range t.rows {
			if i < len(r) && r[i].kind == cellText {
				most = max(most, len([]rune(r[i].text)))
			}
		}
		_ = out.SetColWidth(i+1, i+1, float64(min(max(most+2, 12), 60))) //nolint:errcheck // a width changes no figure
	}
}

// longTitles are the parts whose titles are too long for the tab of a sheet.
var longTitles = []string{partVariants, partResolve, partCategory, partDepartment, partCodes, partAll}

// sheet gives the words on the tab of the part.
func (p *part) sheet(pr *locale.Printer) string {
	if slices.Contains(longTitles, p.key) {
		return pr.T("report.tab." + p.key)
	}
	return p.title
}

// cutWords keeps the whole words that fit, or the beginning of one too long.
func cutWords(s []rune, most int) string {
	if len(s) <= most {
		return string(s)
	}
	if i := slices.Index(s[:most+1], ' '); i > 0 {
		for s[most] != ' ' {
			most--
		}
	}
	return strings.TrimRight(string(s[:most]), " ,:–")
}

// sheetName gives a name that spreadsheets take: short, unique, without the
// characters of addresses.
func (b *workbook) sheetName(s string) string {
	s = strings.Trim(strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`:\/?*[]`, r) {
			return ' '
		}
		return r
	}, s), "' ")
	if s == "" {
		s = "-"
	}
	base := []rune(s)
	for n := 1; ; n++ {
		end := ""
		if n > 1 {
			end = " " + strconv.Itoa(n)
		}
		name := cutWords(base, 31-len(end)) + end
		if key := strings.ToLower(name); !b.names[key] {
			b.names[key] = true
			return name
		}
	}
}

// bounded drops what XML cannot hold and cuts a text to what a cell can.
func bounded(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0xfffe || r == 0xffff {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
	if r := []rune(s); len(r) > maxCell {
		return string(r[:maxCell])
	}
	return s
}
