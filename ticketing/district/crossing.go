package district

import (
	"cmp"
	"slices"
)

// An edge is a side of a ring.
type edge struct {
	a, b       Point
	index      int // in the ring, from 0
	ring       int
	minX, maxX float64
}

// crossing finds a place where a ring of a polygon crosses or touches itself, or
// crosses another; ok is false when there is none. Two neighbouring edges share
// their common point and no more; a hole may touch the outer ring (OGC 06-103r4
// §6.1.11).
func (g Polygon) crossing() (at Point, ok bool) {
	var edges []edge
	for k, r := range g {
		for i := 1; i < len(r); i++ {
			a, b := r[i-1], r[i]
			edges = append(edges, edge{a: a, b: b, index: i - 1, ring: k, minX: min(a[0], b[0]), maxX: max(a[0], b[0])})
		}
	}
	slices.SortFunc(edges, func(x, y edge) int { return cmp.Compare(x.minX, y.minX) })
	var near []edge // those that may still meet what comes
	for _, e := range edges {
		kept := near[:0]
		for _, o := range near {
			if o.maxX < e.minX {
				continue
			}
			kept = append(kept, o)
			if at, meet := e.meets(o, len(g[e.ring])-1); meet {
				return at, true
			}
		}
		near = append(kept, e)
	}
	return Point{}, false
}

// meets reports whether two edges have a point in common that they should not
// have; edges is how many the ring of e has.
func (e edge) meets(o edge, edges int) (Point, bool) {
	if max(e.a[1], e.b[1]) < min(o.a[1], o.b[1]) || max(o.a[1], o.b[1]) < min(e.a[1], e.b[1]) {
		return Point{}, false
	}
	if e.ring == o.ring {
		switch (e.index - o.index + edges) % edges {
		case 1:
			return e.folds(o)
		case edges - 1:
			return o.folds(e)
		}
	}
	if turn(o.a, o.b, e.a)*turn(o.a, o.b, e.b) < 0 && turn(e.a, e.b, o.a)*turn(e.a, e.b, o.b) < 0 {
		return e.point(o), true
	}
	if e.ring != o.ring {
		return Point{}, false // a hole may touch the outline
	}
	for _, p := range []Point{e.a, e.b} {
		if turn(o.a, o.b, p) == 0 && o.spans(p) {
			return p, true
		}
	}
	for _, p := range []Point{o.a, o.b} {
		if turn(e.a, e.b, p) == 0 && e.spans(p) {
			return p, true
		}
	}
	return Point{}, false
}

// folds reports whether the edge runs back over the one before it.
func (e edge) folds(before edge) (Point, bool) {
	if turn(before.a, before.b, e.b) != 0 {
		return Point{}, false
	}
	back := (before.a[0]-e.a[0])*(e.b[0]-e.a[0]) + (before.a[1]-e.a[1])*(e.b[1]-e.a[1])
	return e.a, back > 0
}

// turn tells on which side of the line a–b the point lies: 1, 0 on it, -1.
func turn(a, b, p Point) int {
	return cmp.Compare((b[0]-a[0])*(p[1]-a[1]), (b[1]-a[1])*(p[0]-a[0]))
}

func (e edge) spans(p Point) bool {
	return p[0] >= e.minX && p[0] <= e.maxX && p[1] >= min(e.a[1], e.b[1]) && p[1] <= max(e.a[1], e.b[1])
}

// point is where the lines of two edges cut each other, for telling.
func (e edge) point(o edge) Point {
	dx, dy := e.b[0]-e.a[0], e.b[1]-e.a[1]
	ox, oy := o.b[0]-o.a[0], o.b[1]-o.a[1]
	d := dx*oy - dy*ox
	if d == 0 {
		return e.a
	}
	t := ((o.a[0]-e.a[0])*oy - (o.a[1]-e.a[1])*ox) / d
	return Point{e.a[0] + t*dx, e.a[1] + t*dy}
}
