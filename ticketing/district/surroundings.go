package district

import "math"

// Surroundings say where a city lies, and how far from there its districts may.
// The zero value is the whole earth.
type Surroundings struct {
	Center Point
	Radius float64 // km
}

// misplaced says what is wrong with the place of a point: nothing, that it would
// be right with its numbers exchanged, that it is too far, or none on the earth.
func (s Surroundings) misplaced(p Point) string {
	switch {
	case s.hold(p):
		return ""
	case s.Radius > 0 && s.hold(Point{p[1], p[0]}):
		return keySwapped
	case !onEarth(p):
		return keyRange
	}
	return keyFar
}

func (s Surroundings) hold(p Point) bool {
	return onEarth(p) && (s.Radius <= 0 || s.Center.distance(p) <= s.Radius)
}

// onEarth reports whether the numbers are degrees; false for what is no number.
func onEarth(p Point) bool { return math.Abs(p[0]) <= 180 && math.Abs(p[1]) <= 90 }

// earthRadius is the mean radius of the earth, in km.
const earthRadius = 6371

// distance gives how far two points lie apart, in km along a great circle.
func (p Point) distance(q Point) float64 {
	const degree = math.Pi / 180
	x, y := math.Sin((q[1]-p[1])*degree/2), math.Sin((q[0]-p[0])*degree/2)
	h := x*x + math.Cos(p[1]*degree)*math.Cos(q[1]*degree)*y*y
	return 2 * earthRadius * math.Asin(math.Sqrt(min(h, 1)))
}
