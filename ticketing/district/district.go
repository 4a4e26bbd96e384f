package district

import (
	"math"

	"github.com/sistem48/system48/ticketing/lang"
)

// An Area is one district: its outline, its streets, or both.
type Area struct {
	Code     string              `json:"code"` // short and stable: [a-z0-9-]
	Names    map[lang.Tag]string `json:"names"`
	Polygons []Polygon           `json:"polygons,omitempty"`
	Streets  []Street            `json:"streets,omitempty"`
}

// A Point is longitude and latitude in degrees of WGS 84, in the order of RFC 7946.
type Point [2]float64

// A Ring is closed: its last point is its first.
type Ring []Point

// A Polygon is an outer ring, and the rings of what is cut out of it.
type Polygon []Ring

// A Side is the side of a street whose numbers are meant.
type Side string

// The sides.
const (
	Both Side = ""
	Odd  Side = "odd"
	Even Side = "even"
)

// A Street is a street, or the stretch of it, that lies in a district.
type Street struct {
	Name string `json:"name"`
	From int    `json:"from,omitempty"` // first house number; 0 = from the beginning
	To   int    `json:"to,omitempty"`   // last house number; 0 = to the end
	Side Side   `json:"side,omitempty"`
}

// whole reports whether every number of the street is meant.
func (s Street) whole() bool { return s.From == 0 && s.To == 0 && s.Side == Both }

// holds reports whether the house number is of the stretch.
func (s Street) holds(number int) bool {
	switch {
	case number < s.From, s.To != 0 && number > s.To:
		return false
	case s.Side == Odd:
		return number%2 == 1
	case s.Side == Even:
		return number%2 == 0
	}
	return true
}

// A box bounds a polygon, so that most points need not be looked at closely.
type box struct{ minX, minY, maxX, maxY float64 }

func boxOf(points Ring) box {
	b := box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, p := range points {
		b.minX, b.maxX = min(b.minX, p[0]), max(b.maxX, p[0])
		b.minY, b.maxY = min(b.minY, p[1]), max(b.maxY, p[1])
	}
	return b
}

func (b box) holds(p Point) bool {
	return p[0] >= b.minX && p[0] <= b.maxX && p[1] >= b.minY && p[1] <= b.maxY
}

// inside reports whether the point lies within the ring: the number of edges
// that a ray to the east crosses is odd. Each edge takes in its lower end and
// not its upper, so that a point on a border of two districts is in one.
func (r Ring) inside(p Point) bool {
	in := false
	for i := 1; i < len(r); i++ {
		a, b := r[i-1], r[i]
		if (a[1] > p[1]) == (b[1] > p[1]) {
			continue
		}
		if p[0] < a[0]+(p[1]-a[1])/(b[1]-a[1])*(b[0]-a[0]) {
			in = !in
		}
	}
	return in
}

// Holds reports whether the point lies within the polygon and not in a hole of it.
func (g Polygon) Holds(p Point) bool {
	if len(g) == 0 || !g[0].inside(p) {
		return false
	}
	for _, hole := range g[1:] {
		if hole.inside(p) {
			return false
		}
	}
	return true
}

// size is the area within the outer ring, in square degrees: for comparing.
func (g Polygon) size() float64 {
	if len(g) == 0 {
		return 0
	}
	sum := 0.0
	for i := 1; i < len(g[0]); i++ {
		a, b := g[0][i-1], g[0][i]
		sum += a[0]*b[1] - b[0]*a[1]
	}
	return math.Abs(sum) / 2
}
