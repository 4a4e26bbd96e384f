package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// byteOrderMark tells spreadsheet programs that the text is UTF-8.
const byteOrderMark = "\ufeff"

// writeCSV writes every figure of the document as a row (RFC 4180): section,
// row, measure, value, unit, numerator, denominator.
func writeCSV(w io.Writer, d document) error {
	rows := [][]string{{d.section, d.row, d.measure, d.value, d.unit, d.part, d.whole}}
	for _, f := range d.figures {
		row := []string{d.overview, f.name, "", f.value.plain(d.print), d.units[f.value.kind], "", ""}
		if f.whole > 0 {
			row[5], row[6] = strconv.FormatInt(f.part, 10), strconv.FormatInt(f.whole, 10)
		}
		rows = append(rows, row)
		if f.second.kind != cellNone {
			rows = append(rows, []string{d.overview, f.name, "p90", f.second.plain(d.print), d.units[f.second.kind], "", ""})
		}
	}
	for _, p := range d.parts {
		for _, r := range p.table.rows {
			for i, c := range r[1:] {
				rows = append(rows, []string{p.title, r[0].plain(d.print), p.table.columns[i+1], c.plain(d.print), d.units[c.kind], "", ""})
			}
		}
	}
	return writeRows(w, rows)
}

// writeListCSV writes a table as it stands: tickets behind a figure.
func writeListCSV(w io.Writer, d document, t table) error {
	rows := [][]string{t.columns}
	for _, r := range t.rows {
		row := make([]string, len(r))
		for i, c := range r {
			row[i] = c.plain(d.print)
		}
		rows = append(rows, row)
	}
	return writeRows(w, rows)
}

func writeRows(w io.Writer, rows [][]string) error {
	if _, err := io.WriteString(w, byteOrderMark); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	for _, r := range rows {
		for i := range r {
			r[i] = harmless(r[i])
		}
		if err := out.Write(r); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// formulaStarts are the characters with which a spreadsheet takes a text for a
// formula, with those that programs fold into them.
const formulaStarts = "=+-@\t\r\n＝＋－＠"

// harmless puts an apostrophe before a text that a spreadsheet would compute
// (A18); a telephone number keeps its digits: '+382 67 000 111. Numbers that this
// program wrote are numbers. Programs that separate lists with a semicolon or a
// tab split a file there when it is double-clicked, and no quotes keep them from
// it within a line: each part that they may make a cell of gets its own.
func harmless(s string) string {
	bare := strings.TrimLeftFunc(s, invisible)
	if bare == "" {
		return s
	}
	first := firstRune(bare)
	if _, err := strconv.ParseFloat(s, 64); err == nil && first == '-' {
		return s
	}
	var b strings.Builder
	if strings.ContainsRune(formulaStarts, first) || strings.ContainsRune(formulaStarts, firstRune(s)) {
		b.WriteByte('\'')
	}
	for {
		at := strings.IndexAny(s, ";\t\r\n") + 1
		b.WriteString(s[:at])
		if s = s[at:]; at == 0 {
			break
		}
		cell := firstRune(strings.TrimLeftFunc(s, func(r rune) bool { return r == '"' || invisible(r) }))
		if strings.ContainsRune(formulaStarts, cell) {
			b.WriteByte('\'')
		}
	}
	b.WriteString(s)
	return b.String()
}

// invisible characters are passed over by programs that look for a formula.
func invisible(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}
