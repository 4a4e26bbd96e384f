package components

// A TrendPoint is one week or month of a line.
type TrendPoint struct {
	Label string // under the axis: "9. 11."; "" leaves it out
	Href  string
	Title string // "9. 11. – 15. 11.: 91,2 % od 57"
	Share float64
	None  bool // nothing fell due: the line has a gap
}

// floorOf gives the lower end of a scale of shares: 50 % while everything is
// above, so that differences can be seen, else 0.
func floorOf(list []TrendPoint) float64 {
	for _, p := range list {
		if !p.None && p.Share < 0.5 {
			return 0
		}
	}
	return 0.5
}

// Trend draws shares over time with the target across; each point is a link.
// axis writes a share: "75 %".
func Trend(name string, list []TrendPoint, t Target, axis func(share float64) string) Drawing {
	const left, right, top, bottom = 52.0, 668.0, 22.0, 190.0
	d := Drawing{Width: 680, Height: 222, Class: "chart chart--wide", Name: name}
	low := floorOf(list)
	y := func(share float64) float64 { return bottom - (bottom-top)*(share-low)/(1-low) }
	x := func(i int) float64 {
		if len(list) < 2 {
			return (left + right) / 2
		}
		return left + 8 + (right-left-16)*float64(i)/float64(len(list)-1)
	}
	var back Piece
	steps := 4
	if low > 0 {
		steps = 5 // of 10 %
	}
	for i := range steps + 1 {
		share := low + (1-low)*float64(i)/float64(steps)
		back.Marks = append(back.Marks, line("grid-line", left, y(share), right, y(share)), words("axis", axis(share), left-8, y(share)+4, "end"))
	}
	back.Marks = append(back.Marks, dates(list, x, bottom+18)...)
	for _, run := range runs(list) {
		var at []Point
		for i := run[0]; i < run[1]; i++ {
			at = append(at, Point{x(i), y(list[i].Share)})
		}
		if len(at) > 1 {
			area := append([]Point{{at[0].X, bottom}}, at...)
			area = append(area, Point{at[len(at)-1].X, bottom})
			back.Marks = append(back.Marks, Mark{Kind: MarkPolygon, Class: "area", Points: area}, Mark{Kind: MarkPolyline, Class: "line", Points: at})
		}
	}
	if t.Share > low {
		back.Marks = append(back.Marks, line("target", left, y(t.Share), right, y(t.Share)), words("axis", t.Label, right, y(t.Share)-5, "end"))
	}
	d.Pieces = append(d.Pieces, back)
	for i, p := range list {
		if !p.None {
			d.Pieces = append(d.Pieces, Piece{Href: p.Href, Title: p.Title, Marks: []Mark{{Kind: MarkDot, Class: "b1", X: x(i), Y: y(p.Share), W: 4.5}}})
		}
	}
	return d
}

// dates writes as many of the points' labels as have room.
func dates(list []TrendPoint, x func(int) float64, y float64) []Mark {
	var out []Mark
	free := -1000.0
	for i, p := range list {
		half := widthOf(p.Label) / 2
		if p.Label == "" || x(i)-half < free {
			continue
		}
		out = append(out, words("axis", p.Label, x(i), y, "middle"))
		free = x(i) + half + 12
	}
	return out
}

// runs gives the stretches without a gap as [from, to).
func runs(list []TrendPoint) [][2]int {
	var out [][2]int
	for i := 0; i < len(list); i++ {
		if list[i].None {
			continue
		}
		from := i
		for i < len(list) && !list[i].None {
			i++
		}
		out = append(out, [2]int{from, i})
	}
	return out
}

// Spark draws the last weeks as a small line without axes, all in the scale of
// 50 to 100 %, so that many can be compared; what is below stays at the floor.
func Spark(list []TrendPoint, target float64) Drawing {
	const width, height, low = 220.0, 40.0, 0.5
	d := Drawing{Width: width, Height: height, Class: "spark"}
	y := func(share float64) float64 { return height - (height-3)*(max(share, low)-low)/(1-low) }
	x := func(i int) float64 {
		if len(list) < 2 {
			return width / 2
		}
		return width * float64(i) / float64(len(list)-1)
	}
	var g Piece
	for _, run := range runs(list) {
		var at []Point
		for i := run[0]; i < run[1]; i++ {
			at = append(at, Point{x(i), y(list[i].Share)})
		}
		if len(at) == 1 {
			g.Marks = append(g.Marks, Mark{Kind: MarkDot, Class: "b1", X: at[0].X, Y: at[0].Y, W: 2})
			continue
		}
		area := append([]Point{{at[0].X, height}}, at...)
		area = append(area, Point{at[len(at)-1].X, height})
		g.Marks = append(g.Marks, Mark{Kind: MarkPolygon, Class: "area", Points: area}, Mark{Kind: MarkPolyline, Class: "line", Points: at})
	}
	if target > low {
		g.Marks = append(g.Marks, line("target", 0, y(target), width, y(target)))
	}
	d.Pieces = []Piece{g}
	return d
}
