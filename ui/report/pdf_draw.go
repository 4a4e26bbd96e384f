package report

import (
	"strconv"

	"codeberg.org/go-pdf/fpdf"

	"github.com/sistem48/system48/ui/components"
)

// A colour is that of ink on paper: the light theme's.
type colour struct{ r, g, b int }

var (
	inkText  = colour{0x1a, 0x1d, 0x23}
	inkQuiet = colour{0x52, 0x5a, 0x66}
	inkLine  = colour{0xd0, 0xd5, 0xdb}
	inkData1 = colour{0x0f, 0x5d, 0x9c}
	inkMute  = colour{0xec, 0xee, 0xf1}
	inkWhite = colour{0xff, 0xff, 0xff}
)

// A look is how the shapes of a class are drawn.
type look struct {
	ink   colour
	width float64 // of lines, in units of the drawing
	dash  []float64
	alpha float64 // 0 is opaque
	bold  bool    // of words
}

// looks says of every class of ui/static/css/components/chart.css how it is
// printed.
var looks = map[string]look{
	"grid-line": {ink: inkLine, width: 0.8},
	"axis":      {ink: inkQuiet},
	"label":     {ink: inkText},
	"figure":    {ink: inkText, bold: true},
	"b1":        {ink: inkData1},
	"b2":        {ink: colour{0xc2, 0x41, 0x0c}},
	"b3":        {ink: colour{0x8a, 0x94, 0xa3}},
	"b4":        {ink: colour{0x5b, 0x8f, 0x3a}},
	"ba":        {ink: colour{0xc9, 0x85, 0x00}},
	"skipped":   {ink: inkMute},
	"target":    {ink: inkText, width: 1.5, dash: []float64{5, 4}},
	"line":      {ink: inkData1, width: 2.5},
	"area":      {ink: inkData1, alpha: 0.12},
}

// drawing draws a chart where the pen stands.
func (p *paperPDF) drawing(d components.Drawing) {
	x0, y0 := margin, p.GetY()
	for _, piece := range d.Pieces {
		for _, m := range piece.Marks {
			p.mark(m, x0, y0)
		}
	}
	p.SetDashPattern(nil, 0)
	p.SetY(y0 + d.Height*perUnit + 1)
}

func (p *paperPDF) mark(m components.Mark, x0, y0 float64) {
	l := looks[m.Class]
	x, y := func(v float64) float64 { return x0 + v*perUnit }, func(v float64) float64 { return y0 + v*perUnit }
	p.SetFillColor(l.ink.r, l.ink.g, l.ink.b)
	p.SetDrawColor(l.ink.r, l.ink.g, l.ink.b)
	p.SetLineWidth(max(l.width, 0.5) * perUnit)
	dash := make([]float64, len(l.dash))
	for i, v := range l.dash {
		dash[i] = v * perUnit
	}
	p.SetDashPattern(dash, 0)
	if l.alpha > 0 {
		p.SetAlpha(l.alpha, "Normal")
		defer p.SetAlpha(1, "Normal")
	}
	corners := make([]fpdf.PointType, len(m.Points))
	for i, c := range m.Points {
		corners[i] = fpdf.PointType{X: x(c.X), Y: y(c.Y)}
	}
	switch m.Kind {
	case components.MarkRect:
		p.Rect(x(m.X), y(m.Y), m.W*perUnit, m.H*perUnit, "F")
	case components.MarkLine:
		p.Line(x(m.X), y(m.Y), x(m.W), y(m.H))
	case components.MarkPolyline:
		for i := 1; i < len(corners); i++ {
			p.Line(corners[i-1].X, corners[i-1].Y, corners[i].X, corners[i].Y)
		}
	case components.MarkPolygon:
		p.Polygon(corners, "F")
	case components.MarkDot:
		p.Circle(x(m.X), y(m.Y), m.W*perUnit, "F")
	case components.MarkWords:
		p.words(m, l, x(m.X), y(m.Y))
	}
}

// words writes a mark of text on its base line.
func (p *paperPDF) words(m components.Mark, l look, x, y float64) {
	face := ""
	if l.bold {
		face = "B"
	}
	p.style(face, 8, l.ink)
	text := printable(m.Text)
	switch m.Anchor {
	case "middle":
		x -= p.GetStringWidth(text) / 2
	case "end":
		x -= p.GetStringWidth(text)
	}
	p.Text(x, y, text)
}

var heatInk = []colour{
	{0xf5, 0xf6, 0xf8}, {0xdb, 0xe9, 0xf5}, {0xb3, 0xd2, 0xea}, {0x7d, 0xb3, 0xda}, {0x1f, 0x74, 0xb5}, {0x0b, 0x4a, 0x7e},
}

// heat draws the table of days by hours.
func (p *paperPDF) heat(v components.HeatView) {
	const left, height = 12.0, 5.0
	p.room(height * 8)
	width := (inner - left) / float64(v.To-v.From+1)
	y := p.GetY() + 1
	p.style("", 7, inkQuiet)
	for h := v.From; h <= v.To; h++ {
		p.write(margin+left+width*float64(h-v.From), y+height/2, width, twoDigits(h), "C")
	}
	for day, name := range v.Days {
		y += height
		p.style("", 7.5, inkQuiet)
		p.write(margin, y+height/2, left, name, "L")
		for h := v.From; h <= v.To; h++ {
			n := v.Cells[day][h]
			step := min(v.Step(n), len(heatInk)-1)
			c, ink := heatInk[step], inkText
			if step > 3 {
				ink = inkWhite
			}
			x := margin + left + width*float64(h-v.From)
			p.SetFillColor(c.r, c.g, c.b)
			p.Rect(x+0.2, y+0.2, width-0.4, height-0.4, "F")
			p.style("", 7, ink)
			p.write(x, y+height/2, width, p.d.print.Number(n), "C")
		}
	}
	p.SetY(y + height + 2)
}

func twoDigits(h int) string {
	if h < 10 {
		return "0" + strconv.Itoa(h)
	}
	return strconv.Itoa(h)
}
