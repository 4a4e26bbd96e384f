package components

// A ShareBar is one bar of [ShareBars]: how many of a number were in time.
type ShareBar struct {
	Label  string
	Href   string
	Title  string // the whole sentence: "Udarne rupe: 95 od 105 u roku"
	Figure string // right of the bar: "91 % od 105"
	Part   int64
	Of     int64 // 0: nothing to show, no bar
}

// A Target is a line that bars and curves are held against.
type Target struct {
	Share float64 // of 1; 0 = none
	Label string  // "cilj 90 %"
}

// Measures of bar charts, in units of the drawing.
const (
	barHeight = 22.0
	barStep   = 31.0
	barTop    = 22.0
)

// ShareBars draws shares of 1 as stacked bars in one scale, in time before
// late, with the target across. axis writes a share: "25 %".
func ShareBars(name string, bars []ShareBar, t Target, axis func(share float64) string) Drawing {
	const left, width = 160.0, 400.0
	bottom := barTop + barStep*float64(len(bars)) - (barStep - barHeight) + 6
	d := Drawing{Width: 680, Height: bottom + 24, Class: "chart chart--wide", Name: name}
	var back Piece
	for _, share := range []float64{0, 0.25, 0.5, 0.75, 1} {
		x := left + width*share
		back.Marks = append(back.Marks, line("grid-line", x, barTop-4, x, bottom), words("axis", axis(share), x, bottom+18, "middle"))
	}
	d.Pieces = append(d.Pieces, back)
	for i, b := range bars {
		y := barTop + barStep*float64(i)
		g := Piece{Href: b.Href, Title: b.Title, Marks: label(b.Label, left-10, y, left-10)}
		if b.Of > 0 {
			met := width * float64(b.Part) / float64(b.Of)
			g.Marks = append(g.Marks, rect("b1", left, y, met, barHeight))
			if b.Part < b.Of {
				g.Marks = append(g.Marks, rect("b2", left+met, y, width-met, barHeight))
			}
		}
		g.Marks = append(g.Marks, words("figure", b.Figure, left+width+10, y+16, ""))
		d.Pieces = append(d.Pieces, g)
	}
	if t.Share > 0 {
		x := left + width*t.Share
		d.Pieces = append(d.Pieces, Piece{Marks: []Mark{line("target", x, barTop-8, x, bottom), words("axis", t.Label, x, barTop-12, "middle")}})
	}
	return d
}

// A CountBar is one bar of [CountBars].
type CountBar struct {
	Label string
	Href  string
	Title string
	Class string // "b1", "ba" amber, "b2"
	Count int64
	Text  string // the number as it is written
}

// CountBars draws numbers as bars beside each other's, the longest filling the
// width; forty units stay free for its number.
func CountBars(name string, bars []CountBar) Drawing {
	const left, width = 90.0, 272.0
	d := Drawing{Width: 420, Height: barStep*float64(len(bars)) + 4, Class: "chart", Name: name}
	var most int64 = 1
	for _, b := range bars {
		most = max(most, b.Count)
	}
	for i, b := range bars {
		y := 4 + barStep*float64(i)
		w := width * float64(b.Count) / float64(most)
		if b.Count > 0 {
			w = max(w, 2)
		}
		d.Pieces = append(d.Pieces, Piece{Href: b.Href, Title: b.Title, Marks: append(label(b.Label, left-10, y, left-10),
			rect(b.Class, left, y, w, barHeight), words("figure", b.Text, left+w+8, y+16, ""))})
	}
	return d
}

// A Portion is one piece of [Portions].
type Portion struct {
	Label string // "Mi 46 %"
	Note  string // "1 d 4 h"
	Class string
	Part  float64 // any unit; the pieces are compared
}

// Portions draws one bar cut into pieces, each named beneath: under its piece
// where there is room, else in columns of one width.
func Portions(name string, list []Portion) Drawing {
	const width = 420.0
	d := Drawing{Width: width, Height: 84, Class: "chart", Name: name}
	var sum float64
	for _, p := range list {
		sum += p.Part
	}
	var g Piece
	if sum <= 0 {
		g.Marks = append(g.Marks, rect("skipped", 0, 6, width, 34))
		sum = 1
	}
	x, names := 0.0, make([]float64, len(list))
	for i, p := range list {
		w := width * p.Part / sum
		if w > 0 {
			g.Marks = append(g.Marks, rect(p.Class, x, 6, max(w-1, 0.5), 34))
		}
		names[i], x = x, x+w
	}
	spread(list, names, width)
	for i, p := range list {
		g.Marks = append(g.Marks, rect(p.Class, names[i], 51, 9, 9), words("figure", p.Label, names[i]+14, 60, ""), words("axis", p.Note, names[i]+14, 77, ""))
	}
	d.Pieces = []Piece{g}
	return d
}

// spread moves the names of pieces apart when they would run into each other.
func spread(list []Portion, at []float64, width float64) {
	for i, p := range list {
		end := width
		if i+1 < len(at) {
			end = at[i+1]
		}
		if at[i]+14+max(widthOf(p.Label), widthOf(p.Note)) > end {
			for k := range at {
				at[k] = width * float64(k) / float64(len(at))
			}
			return
		}
	}
}
