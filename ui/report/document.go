package report

import (
	"github.com/sistem48/system48/ticketing/report"
	"github.com/sistem48/system48/ui/components"
	"github.com/sistem48/system48/ui/locale"
)

// A document is a report written down in one language. The PDF, the XLSX and
// the CSV are made of it; the page shows the same figures.
type document struct {
	print    *locale.Printer
	file     string // name of the download without its ending
	title    string
	period   string // "1–23. novembar 2026."
	asOf     string // when the figures were taken, what they are compared with
	figures  []figure
	parts    []part
	foot     string // who made it and when
	page     string // "strana {{.N}} od {{.All}}" with {n} and {all} to fill in
	measure  string // heads of the columns of the CSV and of the first sheet
	value    string
	part     string
	whole    string
	formula  string
	section  string
	row      string
	unit     string
	units    map[cellKind]string // what values are counted in, as the CSV says it
	overview string              // name of the first sheet
}

// A figure is a number with what it is a part of and how it is computed.
type figure struct {
	measure report.Measure
	name    string
	value   cell
	second  cell   // the 90th percentile beside the median; else nothing
	part    int64  // numerator, when the value is a share
	whole   int64  // denominator
	of      string // "203 od 224"
	ofWhat  string // "dospjelih"
	ofTo    string // the tickets of the denominator
	formula string
	trend   trend
	href    string // the tickets of the numerator
	late    string // words of a second link; "" none
	lateTo  string
	show    bool // the page offers the tickets by a link of its own
	main    bool
}

// A trend is the change against the period before.
type trend struct {
	text string // "+2,1"; "" when there is nothing to compare
	good int    // 1 better, −1 worse, 0 neither
	up   bool
}

// A part is a chart, its table, or both, under a title.
type part struct {
	key     string // what the page finds it by
	title   string
	note    string
	drawing *components.Drawing
	rest    string // "i još 2 u tabeli": rows that the drawing leaves out
	heat    *components.HeatView
	table   table
}
