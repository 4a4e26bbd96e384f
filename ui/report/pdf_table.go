package report

import "strings"

// table draws a table, its head again on every page it runs over to.
func (p *paperPDF) table(t table) {
	const height = 5.2
	p.SetDashPattern(nil, 0)
	widths := p.columns(t)
	p.room(height * 3)
	p.tableHead(t, widths)
	for _, r := range t.rows {
		p.style("", 8, inkText)
		tall := p.height(r, widths, height)
		if p.GetY()+tall > lastY {
			p.AddPage()
			p.SetY(margin)
			p.tableHead(t, widths)
			p.style("", 8, inkText)
		}
		p.row(r, widths, tall)
	}
	if t.foot != nil {
		p.room(height)
		p.style("B", 8, inkText)
		p.row(t.foot, widths, height)
	}
	p.SetY(p.GetY() + 2)
}

// mostLines bounds a text within a row, lineHeight is that of one of them.
const (
	mostLines  = 3
	lineHeight = 3.4
)

// height gives that of a row whose longer texts are broken.
func (p *paperPDF) height(cells []cell, widths []float64, least float64) float64 {
	most := 1
	for i, c := range cells {
		if !c.end() {
			most = max(most, len(p.lines(c.words(p.d.print), widths[i]-2, mostLines)))
		}
	}
	return max(least, lineHeight*float64(most)+least-lineHeight)
}

// columns shares the width out: the first column takes what the others leave,
// or the last one when it explains the row.
func (p *paperPDF) columns(t table) []float64 {
	widths := make([]float64, len(t.columns))
	rest := inner
	for i := 1; i < len(t.columns); i++ {
		p.style("B", 7.5, inkText)
		w := p.word(t.columns[i])
		for _, r := range t.rows {
			p.style("", 8, inkText)
			if i < len(r) {
				w = max(w, p.GetStringWidth(printable(r[i].words(p.d.print))))
			}
		}
		widths[i] = min(w+4, inner*0.7/float64(max(len(t.columns)-1, 1)))
		rest -= widths[i]
	}
	if len(widths) > 0 {
		widths[0] = rest
	}
	if last := len(widths) - 1; last > 0 && align(last, t) == "L" {
		p.style("", 8, inkText)
		var name float64
		for _, r := range t.rows {
			name = max(name, p.GetStringWidth(printable(r[0].words(p.d.print))))
		}
		if name += 4; name < rest {
			widths[0], widths[last] = name, widths[last]+rest-name
		}
	}
	return widths
}

// word gives the width of the longest word of a head, which may be broken
// between words only.
func (p *paperPDF) word(head string) float64 {
	var most float64
	for _, w := range strings.Fields(printable(head)) {
		most = max(most, p.GetStringWidth(w))
	}
	return most
}

func (p *paperPDF) tableHead(t table, widths []float64) {
	y := p.GetY() + 1
	p.style("B", 7.5, inkQuiet)
	x, height := margin, 4.0
	for i, c := range t.columns {
		list := p.lines(c, widths[i]-2, 2)
		height = max(height, 3.2*float64(len(list))+1.2)
		for n, l := range list {
			p.write(x+1, y+2+3.2*float64(n), widths[i]-2, l, align(i, t))
		}
		x += widths[i]
	}
	y += height
	p.SetDrawColor(0x86, 0x8e, 0x99)
	p.SetLineWidth(0.25)
	p.Line(margin, y, margin+inner, y)
	p.SetY(y)
}

// align is right for columns of numbers.
func align(column int, t table) string {
	for _, r := range t.rows {
		if column < len(r) && r[column].kind != cellNone {
			if r[column].end() {
				return "R"
			}
			return "L"
		}
	}
	if column == 0 {
		return "L"
	}
	return "R"
}

func (p *paperPDF) row(cells []cell, widths []float64, height float64) {
	y := p.GetY()
	x := margin
	for i, c := range cells {
		side := "L"
		if i > 0 && c.end() {
			side = "R"
		}
		list := []string{c.words(p.d.print)}
		if !c.end() {
			list = p.lines(list[0], widths[i]-2, mostLines)
		}
		for n, l := range list {
			p.write(x+1, y+(height-lineHeight*float64(len(list)-1))/2+lineHeight*float64(n), widths[i]-2, l, side)
		}
		x += widths[i]
	}
	y += height
	p.SetDrawColor(inkLine.r, inkLine.g, inkLine.b)
	p.SetLineWidth(0.15)
	p.Line(margin, y, margin+inner, y)
	p.SetY(y)
}
