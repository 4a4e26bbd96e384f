package district

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/sistem48/system48/ticketing/lang"
)

// Bounds on what is read.
const (
	MaxFile     = 8 << 20 // bytes of a file
	MaxAreas    = 500
	MaxPoints   = 100_000 // of all outlines together
	maxRing     = 10_000  // points of one ring
	maxPolygon  = 20_000  // points of all rings of a polygon: each may have to be looked at with each
	MaxStreets  = 50_000
	maxName     = 100 // characters
	maxProblems = 50  // told at once
)

// A Problem is one thing that is wrong with a file, and where.
type Problem struct {
	Line    int    // of a street list, from 1; 0 for GeoJSON
	Feature int    // of GeoJSON, from 1; 0 for the file as a whole
	Name    string // of the feature, or what the line says
	Key     string // message id: "district.crossing"
	At      Point  // of a crossing, and of what lies elsewhere
}

// Error says it in English, for logs and programs.
func (p Problem) Error() string {
	where := "file"
	switch {
	case p.Line > 0:
		where = fmt.Sprintf("line %d", p.Line)
	case p.Feature > 0:
		where = fmt.Sprintf("feature %d", p.Feature)
	}
	s := where + ": " + p.Key
	if p.Name != "" {
		s += fmt.Sprintf(" (%q)", p.Name)
	}
	if p.At != (Point{}) {
		s += fmt.Sprintf(" at %.6f, %.6f", p.At[0], p.At[1])
	}
	return s
}

// What may be wrong with GeoJSON.
const (
	keyCrossing = "district.crossing"
	keyShape    = "district.shape"
	keyOpen     = "district.open"
	keyFew      = "district.few_points"
	keyRange    = "district.range"
	keySwapped  = "district.swapped"
	keyFar      = "district.far"
	keyCode     = "district.code"
	keyTwice    = "district.twice"
	keyMany     = "district.too_many"
	keyDetail   = "district.too_detailed"
	keyFile     = "district.file"
	keyCRS      = "district.crs"
	keyEmpty    = "district.empty"
)

type featureCollection struct {
	Type     string          `json:"type"`
	CRS      json.RawMessage `json:"crs"`
	Features []feature       `json:"features"`
	// of a single feature
	feature
}

type feature struct {
	ID         any            `json:"id"`
	Properties map[string]any `json:"properties"`
	Geometry   *geometry      `json:"geometry"`
}

type geometry struct {
	Type        string          `json:"type"`
	Coordinates json.RawMessage `json:"coordinates"`
}

// ReadGeoJSON reads districts out of a FeatureCollection or a Feature with
// Polygon and MultiPolygon geometries. A feature's code is its property code or
// id, else made of the name; its names are the properties name, name_sr,
// name_en, name_sq. An outline that does not lie about the city is refused: it
// belongs to another one, or its latitudes stand before its longitudes (RFC 7946
// §3.1.1). Whatever is wrong is told with its feature, and nothing read then.
func ReadGeoJSON(data []byte, city Surroundings) ([]Area, []Problem) {
	r := geoReader{seen: map[string]bool{}, city: city}
	if len(data) > MaxFile {
		return nil, []Problem{{Key: keyMany}}
	}
	var c featureCollection
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, []Problem{{Key: keyFile, Name: place(data, err)}}
	}
	switch c.Type {
	case "FeatureCollection":
	case "Feature":
		c.Features = []feature{c.feature}
	default:
		return nil, []Problem{{Key: keyFile, Name: short(c.Type)}}
	}
	if len(c.CRS) > 0 && !geographic.Match(c.CRS) {
		r.problem(Problem{Key: keyCRS})
	}
	if len(c.Features) > MaxAreas {
		return nil, []Problem{{Key: keyMany}}
	}
	for i := range c.Features {
		r.feature = i + 1
		r.read(&c.Features[i])
	}
	if len(r.areas) == 0 && len(r.problems) == 0 {
		r.problem(Problem{Key: keyEmpty})
	}
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	return r.areas, nil
}

// geographic matches the old ways of saying WGS 84, and no crs at all.
var geographic = regexp.MustCompile(`CRS84|EPSG:+4326|^null$`)

// place says where JSON is broken, without words: "3:17" is line and byte in it.
func place(data []byte, err error) string {
	if s, ok := err.(*json.SyntaxError); ok { //nolint:errorlint // Unmarshal gives it unwrapped
		read := data[:max(0, min(s.Offset, int64(len(data))))]
		return fmt.Sprintf("%d:%d", bytes.Count(read, []byte("\n"))+1, len(read)-bytes.LastIndexByte(read, '\n')-1)
	}
	return ""
}

type geoReader struct {
	areas    []Area
	problems []Problem
	seen     map[string]bool
	city     Surroundings
	feature  int
	name     string
	points   int
}

func (r *geoReader) problem(p Problem) {
	if len(r.problems) < maxProblems {
		r.problems = append(r.problems, p)
	}
}

func (r *geoReader) wrong(key string) { r.problem(Problem{Feature: r.feature, Name: r.name, Key: key}) }

func (r *geoReader) read(f *feature) {
	a := Area{Names: namesOf(f.Properties)}
	r.name = a.Names[lang.SrLatn]
	a.Code = Code(firstText(f.Properties["code"], f.Properties["kod"], f.Properties["id"], f.ID, a.Names[lang.SrLatn]))
	if a.Code == "" {
		r.wrong(keyCode)
		return
	}
	if r.name == "" {
		r.name = a.Code
		a.Names[lang.SrLatn] = a.Code
	}
	if r.seen[a.Code] {
		r.wrong(keyTwice)
		return
	}
	r.seen[a.Code] = true
	if f.Geometry == nil {
		r.wrong(keyShape)
		return
	}
	var err error
	switch f.Geometry.Type {
	case "Polygon":
		var g Polygon
		err = json.Unmarshal(f.Geometry.Coordinates, (*wide)(&g))
		a.Polygons = []Polygon{g}
	case "MultiPolygon":
		var list []wide
		err = json.Unmarshal(f.Geometry.Coordinates, &list)
		for _, g := range list {
			a.Polygons = append(a.Polygons, Polygon(g))
		}
	default:
		r.wrong(keyShape)
		return
	}
	if err != nil || len(a.Polygons) == 0 {
		r.wrong(keyShape)
		return
	}
	for _, g := range a.Polygons {
		if !r.check(g) {
			return
		}
	}
	r.areas = append(r.areas, a)
}

// wide reads positions of two or more numbers, of which the height is dropped
// (RFC 7946 §3.1.1).
type wide Polygon

// UnmarshalJSON implements [json.Unmarshaler].
func (w *wide) UnmarshalJSON(data []byte) error {
	var rings [][][]float64
	if err := json.Unmarshal(data, &rings); err != nil {
		return err
	}
	*w = nil
	for _, ring := range rings {
		out := make(Ring, 0, len(ring))
		for _, p := range ring {
			if len(p) < 2 {
				return fmt.Errorf("position of %d numbers", len(p))
			}
			out = append(out, Point{p[0], p[1]})
		}
		*w = append(*w, out)
	}
	return nil
}

// check tells the first thing wrong with an outline.
func (r *geoReader) check(g Polygon) bool {
	if len(g) == 0 {
		r.wrong(keyShape)
		return false
	}
	points := 0
	for i, ring := range g {
		r.points += len(ring)
		points += len(ring)
		switch {
		case r.points > MaxPoints:
			r.wrong(keyMany)
			return false
		case len(ring) > maxRing || points > maxPolygon:
			r.wrong(keyDetail)
			return false
		case len(ring) < 4:
			r.wrong(keyFew)
			return false
		case ring[0] != ring[len(ring)-1]:
			r.wrong(keyOpen)
			return false
		}
		for _, p := range ring {
			if key := r.city.misplaced(p); key != "" {
				r.problem(Problem{Feature: r.feature, Name: r.name, Key: key, At: p})
				return false
			}
		}
		g[i] = plain(ring)
		if len(g[i]) < 4 {
			r.wrong(keyFew)
			return false
		}
	}
	if at, crosses := g.crossing(); crosses {
		r.problem(Problem{Feature: r.feature, Name: r.name, Key: keyCrossing, At: at})
		return false
	}
	return true
}

// plain drops points that repeat the one before, which files often have.
func plain(r Ring) Ring {
	out := r[:1]
	for _, p := range r[1:] {
		if p != out[len(out)-1] {
			out = append(out, p)
		}
	}
	return out
}

// namesOf reads the names out of a feature's properties.
func namesOf(p map[string]any) map[lang.Tag]string {
	names := map[lang.Tag]string{}
	for tag, keys := range map[lang.Tag][]string{
		lang.SrLatn: {"name_sr", "name", "naziv", "ime"}, lang.En: {"name_en"}, lang.Sq: {"name_sq"}, lang.SrCyrl: {"name_cyr"},
	} {
		for _, k := range keys {
			if s := short(firstText(p[k])); s != "" && names[tag] == "" {
				names[tag] = s
			}
		}
	}
	return names
}

// firstText gives the first value that is a text or a number.
func firstText(values ...any) string {
	for _, v := range values {
		switch x := v.(type) {
		case string:
			if s := strings.TrimSpace(x); s != "" {
				return s
			}
		case float64:
			return fmt.Sprintf("%.0f", x)
		}
	}
	return ""
}

// short bounds a name and makes one line of it.
func short(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "\uFFFD")), " ")
	if r := []rune(s); len(r) > maxName {
		s = string(r[:maxName])
	}
	return s
}

// Code makes a code of a name: "Stari Aerodrom" gives stari-aerodrom.
func Code(name string) string {
	var b strings.Builder
	for _, w := range strings.Fields(lang.Fold(name)) {
		if b.Len() > 0 {
			b.WriteByte('-')
		}
		for _, c := range w {
			if c < 0x80 {
				b.WriteRune(c)
			}
		}
	}
	code := strings.Trim(b.String(), "-")
	return strings.TrimRight(code[:min(len(code), 40)], "-")
}
