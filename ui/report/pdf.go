package report

import (
	_ "embed" // the two faces
	"io"
	"strings"
	"time"
	"unicode"

	"codeberg.org/go-pdf/fpdf"
)

// The face of the pages, as its designers drew it for screens and print; cut to
// the scripts of the city's languages (fonts/LICENSE.inter.txt).
var (
	//go:embed fonts/inter-regular.ttf
	faceRegular []byte
	//go:embed fonts/inter-semibold.ttf
	faceBold []byte
)

// Measures of the paper, in millimetres.
const (
	margin  = 14.0
	paper   = 210.0
	inner   = paper - 2*margin
	lastY   = 297.0 - 18
	perUnit = 0.26 // of a drawing's units
)

// A paperPDF is the PDF while it is written.
type paperPDF struct {
	*fpdf.Fpdf
	d document
}

// writePDF writes the document on A4 paper: figures with formula and
// denominator, charts as lines and areas, tables.
func writePDF(w io.Writer, d document, now time.Time) error {
	p := &paperPDF{Fpdf: fpdf.New("P", "mm", "A4", ""), d: d}
	p.AddUTF8FontFromBytes("inter", "", faceRegular)
	p.AddUTF8FontFromBytes("inter", "B", faceBold)
	p.SetMargins(margin, margin, margin)
	p.SetAutoPageBreak(false, 0)
	p.SetCellMargin(0)
	p.SetCatalogSort(true)
	p.SetCreationDate(now)
	p.SetModificationDate(now)
	p.SetTitle(printable(d.title), true)
	p.SetSubject(printable(d.period), true)
	p.SetCreator("System 48", true)
	p.SetLang(string(d.print.Tag()))
	p.AliasNbPages("{all}")
	p.SetFooterFunc(p.footer)
	p.AddPage()
	p.heading()
	p.figures()
	for _, part := range d.parts {
		p.part(part)
	}
	return p.Output(w)
}

// style sets face, size in points and colour.
func (p *paperPDF) style(face string, size float64, c colour) {
	p.SetFont("inter", face, size)
	p.SetTextColor(c.r, c.g, c.b)
}

// write puts words on one line at x, y, shortened to the width; align is "L",
// "C" or "R".
func (p *paperPDF) write(x, y, width float64, text, align string) {
	p.SetXY(x, y)
	p.CellFormat(width, 0, p.cut(printable(text), width), "", 0, align+"M", false, 0, "")
}

// lines gives the words broken to the width, at most limit lines.
func (p *paperPDF) lines(text string, width float64, limit int) []string {
	list := p.SplitText(printable(text), width)
	if len(list) > limit {
		list = list[:limit]
		list[limit-1] = p.cut(list[limit-1]+"…", width)
	}
	return list
}

func (p *paperPDF) cut(text string, width float64) string {
	if p.GetStringWidth(text) <= width {
		return text
	}
	r := []rune(text)
	for len(r) > 1 && p.GetStringWidth(string(r)+"…") > width {
		r = r[:len(r)-1]
	}
	return strings.TrimRight(string(r), " …") + "…"
}

// room begins a new page unless that much is left on this one.
func (p *paperPDF) room(height float64) {
	if p.GetY()+height > lastY {
		p.AddPage()
		p.SetY(margin)
	}
}

func (p *paperPDF) heading() {
	p.style("B", 17, inkText)
	for _, l := range p.lines(p.d.title, inner, 2) {
		p.write(margin, p.GetY()+4, inner, l, "L")
		p.SetY(p.GetY() + 4)
	}
	p.style("", 9, inkQuiet)
	y := p.GetY() + 5
	for _, l := range append([]string{p.d.period}, p.lines(p.d.asOf, inner, 3)...) {
		p.write(margin, y, inner, l, "L")
		y += 4.4
	}
	p.SetY(y + 1)
}

func (p *paperPDF) footer() {
	p.style("", 7.5, inkQuiet)
	p.write(margin, 297-10, inner-40, p.d.foot, "L")
	page := strings.NewReplacer("{n}", p.d.print.Number(int64(p.PageNo()))).Replace(p.d.page)
	p.SetXY(paper-margin-40, 297-10)
	p.CellFormat(40, 0, printable(page), "", 0, "RM", false, 0, "")
}

// figures draws the numbers as a grid of three a row, each with what it is a
// part of and its formula.
func (p *paperPDF) figures() {
	const width, height, gap = (inner - 8) / 3, 30.0, 4.0
	for i, f := range p.d.figures {
		if i%3 == 0 {
			p.room(height + gap)
		}
		x, y := margin+float64(i%3)*(width+gap), p.GetY()
		p.figure(f, x, y, width, height)
		if i%3 == 2 || i == len(p.d.figures)-1 {
			p.SetY(y + height + gap)
		} else {
			p.SetY(y)
		}
	}
}

func (p *paperPDF) figure(f figure, x, y, width, height float64) {
	edge, thick := inkLine, 0.2
	if f.main {
		edge, thick = inkData1, 0.6
	}
	p.SetDrawColor(edge.r, edge.g, edge.b)
	p.SetLineWidth(thick)
	p.RoundedRect(x, y, width, height, 1.5, "1234", "D")
	in := width - 6
	p.style("B", 8, inkQuiet)
	p.write(x+3, y+4, in, f.name, "L")
	p.style("B", 15, inkText)
	value := f.value.words(p.d.print)
	if f.second.kind != cellNone {
		value += " · " + f.second.words(p.d.print)
	}
	for size := 14.0; size > 9 && p.GetStringWidth(printable(value)) > in; size-- {
		p.style("B", size, inkText)
	}
	p.write(x+3, y+10, in, value, "L")
	p.style("", 8, inkText)
	of := strings.TrimSpace(f.of + " " + f.ofWhat)
	if of != "" && f.late != "" {
		of += " · "
	}
	of += f.late
	if f.trend.text != "" {
		of += "  (" + f.trend.text + ")"
	}
	p.write(x+3, y+16, in, of, "L")
	p.style("", 7, inkQuiet)
	for i, l := range p.lines(f.formula, in, 3) {
		p.write(x+3, y+20.5+3.2*float64(i), in, l, "L")
	}
}

// part draws a chart with its table under a title.
func (p *paperPDF) part(part part) {
	height := 12.0
	switch {
	case part.drawing != nil:
		height += part.drawing.Height * perUnit
	case part.heat != nil:
		height += 46
	default:
		height += 16
	}
	p.room(height)
	y := p.GetY() + 4
	p.style("B", 11, inkText)
	p.write(margin, y, inner, part.title, "L")
	y += 5
	if part.note != "" {
		p.style("", 8, inkQuiet)
		for _, l := range p.lines(part.note, inner, 4) {
			p.write(margin, y, inner, l, "L")
			y += 3.8
		}
	}
	p.SetY(y)
	if part.drawing != nil {
		p.drawing(*part.drawing)
		if part.rest != "" {
			p.style("", 8, inkQuiet)
			p.write(margin, p.GetY(), inner, part.rest, "L")
			p.SetY(p.GetY() + 4)
		}
	}
	if part.heat != nil {
		p.heat(*part.heat)
	}
	if part.heat == nil && len(part.table.columns) > 0 {
		p.table(part.table)
	}
	p.SetY(p.GetY() + 3)
}

// printable gives a text as the faces can write it: one line, without control
// and direction characters; what they have no letter for becomes a box (A23).
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Mn, r) && (r < 0x300 || r > 0x30f):
			return -1
		case hasLetter(r):
			return r
		case unicode.IsSpace(r):
			return ' '
		}
		return '□'
	}, strings.ToValidUTF8(s, "□"))
}

// written are the stretches of Unicode that the faces were cut to.
var written = &unicode.RangeTable{R16: []unicode.Range16{
	{0x20, 0x7e, 1},
	{0xa0, 0xac, 1},
	{0xae, 0x17f, 1},
	{0x192, 0x192, 1},
	{0x218, 0x21b, 1},
	{0x300, 0x304, 1},
	{0x391, 0x3a1, 1},
	{0x3a3, 0x3a9, 1},
	{0x3b1, 0x3c9, 1},
	{0x400, 0x45f, 1},
	{0x490, 0x491, 1},
	{0x2010, 0x2015, 1},
	{0x2018, 0x201e, 1},
	{0x2020, 0x2022, 1},
	{0x2026, 0x2026, 1},
	{0x2030, 0x2030, 1},
	{0x2032, 0x2033, 1},
	{0x2039, 0x203a, 1},
	{0x20ac, 0x20ac, 1},
	{0x2116, 0x2116, 1},
	{0x2122, 0x2122, 1},
	{0x2190, 0x2194, 1},
	{0x2196, 0x2199, 1},
	{0x2212, 0x2212, 1},
	{0x2248, 0x2248, 1},
	{0x2260, 0x2260, 1},
	{0x2264, 0x2265, 1},
	{0x25a1, 0x25a1, 1},
}}

func hasLetter(r rune) bool { return unicode.Is(written, r) }
