package components

import (
	"strconv"
	"strings"
)

// A Drawing is a chart laid out: rectangles, lines and words with coordinates
// in units of its own. Pages draw it as SVG, coloured by the style sheet's
// classes; the PDF draws the same shapes in the same colours. What a class
// looks like is said in ui/static/css/components/chart.css.
type Drawing struct {
	Width, Height float64
	Class         string // of the svg element: "chart", "chart chart--wide", "spark"
	Name          string // what a screen reader is told
	Pieces        []Piece
}

// A Piece is a part of a drawing; with Href it is a link to the tickets behind it.
type Piece struct {
	Href  string
	Title string // shown while pointed at
	Marks []Mark
}

// A MarkKind is one of the few shapes charts are made of.
type MarkKind uint8

// The shapes.
const (
	MarkRect     MarkKind = iota // X, Y, W, H
	MarkLine                     // from X, Y to W, H
	MarkPolyline                 // Points
	MarkPolygon                  // Points
	MarkDot                      // centre X, Y, radius W
	MarkWords                    // Text at X, Y (its base line)
)

// A Mark is one shape.
type Mark struct {
	Kind       MarkKind
	Class      string
	X, Y, W, H float64
	Points     []Point
	Text       string
	Anchor     string // of words: "" start, "middle" or "end"
}

// A Point is a corner of a polyline.
type Point struct{ X, Y float64 }

// linked reports whether any part of the drawing is a link: then it is a group
// of links, else one image.
func (d Drawing) linked() bool {
	for _, g := range d.Pieces {
		if g.Href != "" {
			return true
		}
	}
	return false
}

func (d Drawing) role() string {
	if d.linked() {
		return "group"
	}
	return "img"
}

func (d Drawing) viewBox() string { return "0 0 " + num(d.Width) + " " + num(d.Height) }

// num writes a coordinate with at most one decimal.
func num(v float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

func points(list []Point) string {
	var b strings.Builder
	for i, p := range list {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(num(p.X) + "," + num(p.Y))
	}
	return b.String()
}

// words is a mark of text.
func words(class, text string, x, y float64, anchor string) Mark {
	return Mark{Kind: MarkWords, Class: class, Text: text, X: x, Y: y, Anchor: anchor}
}

func rect(class string, x, y, w, h float64) Mark {
	return Mark{Kind: MarkRect, Class: class, X: x, Y: y, W: max(w, 0), H: h}
}

func line(class string, x1, y1, x2, y2 float64) Mark {
	return Mark{Kind: MarkLine, Class: class, X: x1, Y: y1, W: x2, H: y2}
}

// letter is the mean width of a letter at the size charts are written in.
const letter = 6.9

// widthOf estimates how wide a text is drawn.
func widthOf(s string) float64 { return letter * float64(len([]rune(s))) }

// label writes the name of a bar whose text stands on y+16: in one line, or broken
// into two where it is too long for one, and shortened where it is for two.
func label(s string, x, y, width float64) []Mark {
	if widthOf(s) <= width {
		return []Mark{words("label", s, x, y+16, "end")}
	}
	first, rest := s, ""
	for at := strings.LastIndexByte(s, ' '); at > 0; at = strings.LastIndexByte(s[:at], ' ') {
		if first, rest = s[:at], s[at+1:]; widthOf(first) <= width {
			break
		}
	}
	if rest == "" || widthOf(first) > width { // one word that is longer than a line
		return []Mark{words("label", fit(s, width), x, y+16, "end")}
	}
	return []Mark{words("label", first, x, y+9, "end"), words("label", fit(rest, width), x, y+23, "end")}
}

// fit shortens a text to the width; the whole one belongs into a title.
func fit(s string, width float64) string {
	r := []rune(s)
	if limit := int(width / letter); len(r) > limit && limit > 1 {
		return strings.TrimRight(string(r[:limit-1]), " ,.–-") + "…"
	}
	return s
}
