package district

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sistem48/system48/ticketing/lang"
)

func feat(code, kind, coordinates string) string {
	return fmt.Sprintf(`{"type":"Feature","properties":{"code":%q,"name":"Naselje %s"},"geometry":{"type":%q,"coordinates":%s}}`, code, code, kind, coordinates)
}

func collection(features ...string) []byte {
	return []byte(`{"type":"FeatureCollection","features":[` + strings.Join(features, ",") + `]}`)
}

const square = `[[[0,0],[4,0],[4,4],[0,4],[0,0]]]`

func TestReadGeoJSONRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     Problem
	}{
		{"no JSON", `{"type":`, Problem{Key: keyFile, Name: "1:8"}},
		{"a geometry alone", `{"type":"Polygon","coordinates":` + square + `}`, Problem{Key: keyFile, Name: "Polygon"}},
		{"nothing in it", string(collection()), Problem{Key: keyEmpty}},
		{"metres", `{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:31276"}},"features":[` + feat("a", "Polygon", square) + `]}`, Problem{Key: keyCRS}},
		{"a line", string(collection(feat("a", "LineString", `[[0,0],[1,1]]`))), Problem{Feature: 1, Name: "Naselje a", Key: keyShape}},
		{"no geometry", string(collection(`{"type":"Feature","properties":{"code":"a"},"geometry":null}`)), Problem{Feature: 1, Name: "a", Key: keyShape}},
		{"no name", string(collection(`{"type":"Feature","properties":{},"geometry":null}`)), Problem{Feature: 1, Key: keyCode}},
		{"a code twice", string(collection(feat("a", "Polygon", square), feat("a", "Polygon", square))), Problem{Feature: 2, Name: "Naselje a", Key: keyTwice}},
		{"not closed", string(collection(feat("a", "Polygon", `[[[0,0],[4,0],[4,4],[0,4]]]`))), Problem{Feature: 1, Name: "Naselje a", Key: keyOpen}},
		{"three points", string(collection(feat("a", "Polygon", `[[[0,0],[4,0],[0,0]]]`))), Problem{Feature: 1, Name: "Naselje a", Key: keyFew}},
		{"four points that are two", string(collection(feat("a", "Polygon", `[[[0,0],[4,0],[4,0],[0,0]]]`))), Problem{Feature: 1, Name: "Naselje a", Key: keyFew}},
		{"off the globe", string(collection(feat("a", "Polygon", `[[[0,0],[4,0],[4,94],[0,0]]]`))), Problem{Feature: 1, Name: "Naselje a", Key: keyRange, At: Point{4, 94}}},
		{"a bow tie", string(collection(feat("ok", "Polygon", square), feat("a", "Polygon", `[[[0,0],[4,4],[4,0],[0,4],[0,0]]]`))), Problem{Feature: 2, Name: "Naselje a", Key: keyCrossing, At: Point{2, 2}}},
		{"in the second polygon", string(collection(feat("a", "MultiPolygon", `[`+square+`,[[[10,0],[14,4],[14,0],[10,4],[10,0]]]]`))), Problem{Feature: 1, Name: "Naselje a", Key: keyCrossing, At: Point{12, 2}}},
		{"running back", string(collection(feat("a", "Polygon", `[[[0,0],[4,0],[2,0],[2,3],[0,0]]]`))), Problem{Feature: 1, Name: "Naselje a", Key: keyCrossing, At: Point{4, 0}}},
		{"touching itself", string(collection(feat("a", "Polygon", `[[[0,0],[4,0],[4,4],[2,0],[0,4],[0,0]]]`))), Problem{Feature: 1, Name: "Naselje a", Key: keyCrossing, At: Point{2, 0}}},
		{"a hole across the border", string(collection(feat("a", "Polygon", `[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[3,1],[5,1],[5,2],[3,2],[3,1]]]`))), Problem{Feature: 1, Name: "Naselje a", Key: keyCrossing, At: Point{4, 1}}},
		{"one number", string(collection(feat("a", "Polygon", `[[[0],[4],[4],[0]]]`))), Problem{Feature: 1, Name: "Naselje a", Key: keyShape}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			areas, problems := ReadGeoJSON([]byte(tt.in), Surroundings{})
			if len(problems) == 0 || areas != nil {
				t.Fatalf("read as %v", areas)
			}
			got := problems[0]
			if math.Abs(got.At[0]-tt.want.At[0]) < 1e-9 && math.Abs(got.At[1]-tt.want.At[1]) < 1e-9 {
				got.At = tt.want.At
			}
			if got != tt.want {
				t.Errorf("problem = %+v, want %+v", got, tt.want)
			}
		})
	}
}

// Everything wrong is told at once, so that a file is mended in one go.
func TestReadGeoJSONTellsAll(t *testing.T) {
	t.Parallel()
	_, problems := ReadGeoJSON(collection(feat("a", "Point", `[0,0]`), feat("b", "Polygon", square), feat("c", "Polygon", `[[[0,0]]]`)), Surroundings{})
	if len(problems) != 2 || problems[0].Feature != 1 || problems[1].Feature != 3 {
		t.Errorf("problems = %v", problems)
	}
}

func TestReadGeoJSONReads(t *testing.T) {
	t.Parallel()
	in := `{"type":"FeatureCollection","crs":null,"features":[
		{"type":"Feature","id":7,"properties":{"naziv":"Stari  Aerodrom","name_en":"Old Airport","population":1},"geometry":{"type":"Polygon","coordinates":[[[0,0,35],[4,0,35],[4,4,35],[4,4,35],[0,4,35],[0,0,35]],[[0,0],[1,1],[1,2],[0,0]]]}}]}`
	areas, problems := ReadGeoJSON([]byte(in), Surroundings{})
	want := []Area{{Code: "7", Names: map[lang.Tag]string{lang.SrLatn: "Stari Aerodrom", lang.En: "Old Airport"}, Polygons: []Polygon{
		{{{0, 0}, {4, 0}, {4, 4}, {0, 4}, {0, 0}}, {{0, 0}, {1, 1}, {1, 2}, {0, 0}}}, // a hole may touch the outline
	}}}
	if diff := cmp.Diff(want, areas); diff != "" || problems != nil {
		t.Errorf("problems %v, areas: %s", problems, diff)
	}
	one, problems := ReadGeoJSON([]byte(feat("Đurđevac Đ1", "Polygon", square)), Surroundings{})
	if problems != nil || one[0].Code != "djurdjevac-dj1" {
		t.Errorf("code of a single feature = %v, %v", one, problems)
	}
}

func finderOf(t *testing.T, features ...string) *Finder {
	t.Helper()
	areas, problems := ReadGeoJSON(collection(features...), Surroundings{})
	if problems != nil {
		t.Fatal(problems)
	}
	return NewFinder(areas)
}

func TestAt(t *testing.T) {
	t.Parallel()
	f := finderOf(t,
		feat("west", "Polygon", `[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[1,1],[2,1],[2,2],[1,2],[1,1]]]`),
		feat("east", "MultiPolygon", `[[[[4,0],[8,0],[8,4],[4,4],[4,0]]],[[[20,0],[24,0],[24,4],[20,4],[20,0]]]]`),
		feat("old town", "Polygon", `[[[5,1],[6,1],[6,2],[5,2],[5,1]]]`),
	)
	tests := []struct {
		name string
		at   Point
		want int
	}{
		{"in the west", Point{0.5, 3}, 0},
		{"in its hole", Point{1.5, 1.5}, -1},
		{"in the east", Point{7, 3}, 1},
		{"in its far part", Point{22, 2}, 1},
		{"within one within another", Point{5.5, 1.5}, 2},
		{"outside", Point{9, 9}, -1},
		{"between the parts", Point{14, 2}, -1},
		{"no number", Point{math.NaN(), 2}, -1},
	}
	for _, tt := range tests {
		got, ok := f.At(tt.at)
		if !ok {
			got = -1
		}
		if got != tt.want {
			t.Errorf("%s: district %d, want %d", tt.name, got, tt.want)
		}
	}
	if _, ok := (*Finder)(nil).At(Point{1, 1}); ok {
		t.Error("no finder found something")
	}
}

// Property: districts that share borders leave no gap and never overlap, also
// on the borders and corners themselves.
func TestEveryPointIsInOneDistrict(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 48))
	const n = 5
	corner := [n + 1][n + 1]Point{}
	for x := range corner {
		for y := range corner[x] {
			corner[x][y] = Point{float64(x), float64(y)}
			if x > 0 && x < n && y > 0 && y < n { // bent borders
				corner[x][y][0] += r.Float64()*0.6 - 0.3
				corner[x][y][1] += r.Float64()*0.6 - 0.3
			}
		}
	}
	var areas []Area
	for x := range n {
		for y := range n {
			a, b, c, d := corner[x][y], corner[x+1][y], corner[x+1][y+1], corner[x][y+1]
			ring := Ring{a, b, c, d, a}
			if r.IntN(2) == 0 {
				ring = Ring{a, d, c, b, a} // either way round
			}
			areas = append(areas, Area{Polygons: []Polygon{{ring}}})
		}
	}
	hits := func(p Point) (k int) {
		for _, a := range areas {
			if a.Polygons[0].Holds(p) {
				k++
			}
		}
		return k
	}
	for range 20_000 {
		if p := (Point{r.Float64() * n, r.Float64() * n}); hits(p) != 1 {
			t.Fatalf("%v is in %d districts", p, hits(p))
		}
	}
	for x := 1; x < n; x++ {
		for y := 1; y < n; y++ {
			if k := hits(corner[x][y]); k != 1 {
				t.Errorf("the corner %v is in %d districts", corner[x][y], k)
			}
		}
	}
}

// TestOutlinesAreBounded holds that no outline takes time that grows with the square
// of a whole file: rings, and the rings of one polygon together, are bounded.
func TestOutlinesAreBounded(t *testing.T) {
	t.Parallel()
	holed := func(holes int) string {
		rings := []string{"[[0,0],[100,0],[100,80],[0,80],[0,0]]"}
		for i := range holes {
			x, y := float64(i%100)+0.2, float64(i/100)+0.2
			rings = append(rings, fmt.Sprintf("[[%g,%g],[%g,%g],[%g,%g],[%g,%g]]", x, y, x+0.5, y, x, y+0.5, x, y))
		}
		return "[" + strings.Join(rings, ",") + "]"
	}
	most := (maxPolygon - 5) / 4
	if areas, problems := ReadGeoJSON(collection(feat("a", "Polygon", holed(most))), Surroundings{}); len(areas) != 1 {
		t.Errorf("an outline with %d holes: %v", most, problems)
	}
	long := "[0,0]," + strings.Repeat("[1,1],[2,1],", maxRing/2) + "[0,0]"
	for name, shape := range map[string]string{"holes": holed(most + 1), "ring": "[[" + long + "]]"} {
		_, problems := ReadGeoJSON(collection(feat("a", "Polygon", shape)), Surroundings{})
		if want := (Problem{Feature: 1, Name: "Naselje a", Key: keyDetail}); len(problems) != 1 || problems[0] != want {
			t.Errorf("%s: %v, want %v", name, problems, want)
		}
	}
}

// An outline elsewhere is another city's, and one whose numbers are exchanged
// would find nothing ever: both are refused at the point, with a reason of their own.
func TestOutlinesLieAboutTheCity(t *testing.T) {
	t.Parallel()
	podgorica := Surroundings{Center: Point{19.26, 42.44}, Radius: 150}
	square := func(x, y float64) string {
		return fmt.Sprintf("[[[%g,%g],[%g,%g],[%g,%g],[%g,%g]]]", x, y, x+0.01, y, x+0.01, y+0.01, x, y)
	}
	for name, tt := range map[string]struct {
		city Surroundings
		x, y float64
		want string
	}{
		"here":                    {podgorica, 19.25, 42.43, ""},
		"Pljevlja, at the border": {podgorica, 19.35, 43.35, ""},
		"exchanged":               {podgorica, 42.43, 19.25, keySwapped},
		"Belgrade":                {podgorica, 20.46, 44.81, keyFar},
		"metres":                  {podgorica, 6600000, 4700000, keyRange},
		"exchanged off the earth": {Surroundings{Center: Point{174, -41}, Radius: 100}, -41.01, 174, keySwapped},
		"over the date line":      {Surroundings{Center: Point{179.9, -17}, Radius: 100}, -179.9, -17, ""},
		"anywhere":                {Surroundings{}, 42.43, 19.25, ""},
	} {
		areas, problems := ReadGeoJSON(collection(feat("a", "Polygon", square(tt.x, tt.y))), tt.city)
		switch {
		case tt.want == "" && (len(areas) != 1 || problems != nil):
			t.Errorf("%s: %v", name, problems)
		case tt.want != "" && (len(problems) != 1 || problems[0].Key != tt.want || problems[0].Feature != 1 || problems[0].At == Point{}):
			t.Errorf("%s: %v, want %s", name, problems, tt.want)
		}
	}
}

// Property: the quick search for crossings agrees with looking at every pair.
func TestCrossingAgreesWithAllPairs(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 48))
	found := 0
	for range 3000 {
		n := 4 + r.IntN(6)
		var ring Ring
		for range n {
			ring = append(ring, Point{float64(r.IntN(12)), float64(r.IntN(12))})
		}
		ring = plain(append(ring, ring[0]))
		if len(ring) < 4 {
			continue
		}
		g := Polygon{ring}
		_, got := g.crossing()
		if want := crossesSlowly(ring); got != want {
			t.Fatalf("crossing(%v) = %v, want %v", ring, got, want)
		} else if want {
			found++
		}
	}
	if found < 100 {
		t.Errorf("only %d rings crossed themselves", found)
	}
}

// crossesSlowly compares every pair of edges by sampling nothing and sharing
// no code with the sweep but the sign of a turn.
func crossesSlowly(r Ring) bool {
	on := func(a, b, p Point) bool {
		return turn(a, b, p) == 0 && p[0] >= min(a[0], b[0]) && p[0] <= max(a[0], b[0]) && p[1] >= min(a[1], b[1]) && p[1] <= max(a[1], b[1])
	}
	m := len(r) - 1
	for i := range m {
		for j := i + 1; j < m; j++ {
			a, b, c, d := r[i], r[i+1], r[j], r[j+1]
			switch {
			case j == i+1 || (i == 0 && j == m-1):
				if j != i+1 {
					a, b, c, d = c, d, a, b
				}
				if on(a, b, d) || on(c, d, a) { // beyond the common point b = c
					return true
				}
			case on(a, b, c), on(a, b, d), on(c, d, a), on(c, d, b):
				return true
			case turn(a, b, c) != turn(a, b, d) && turn(c, d, a) != turn(c, d, b):
				return true
			}
		}
	}
	return false
}

func FuzzReadGeoJSON(f *testing.F) {
	f.Add(collection(feat("a", "Polygon", square)))
	f.Add(collection(feat("a", "MultiPolygon", `[`+square+`]`), feat("b", "Polygon", `[[[0,0],[4,4],[4,0],[0,4],[0,0]]]`)))
	f.Add([]byte(`{"type":"Feature","properties":{"name":["a"]},"geometry":{"type":"Polygon","coordinates":[[[1e308,-1e308],[0,0],[1e-320,1],[1e308,-1e308]]]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		areas, problems := ReadGeoJSON(data, Surroundings{})
		if (len(areas) > 0) == (len(problems) > 0) {
			t.Fatalf("%d districts and %d problems", len(areas), len(problems))
		}
		if len(problems) > maxProblems {
			t.Fatalf("%d problems", len(problems))
		}
		for _, a := range areas {
			if a.Code == "" || Code(a.Code) != a.Code {
				t.Errorf("code %q", a.Code)
			}
		}
		body, err := json.Marshal(areas)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		var back []Area
		if err := json.Unmarshal(body, &back); err != nil {
			t.Fatal(err)
		}
		NewFinder(areas).At(Point{1, 1})
	})
}
