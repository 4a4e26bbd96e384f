package district

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sistem48/system48/ticketing/lang"
)

// A Finder finds the district of a place. It is made once of all districts,
// never changes, and may be used by many at a time.
type Finder struct {
	outlines []outline
	streets  map[string][]way // by the stem of the name's first word
}

type outline struct {
	box     box
	polygon Polygon
	size    float64
	area    int
}

// A way is the entry of one name in a street list.
type way struct {
	stems    []string
	stretch  Street
	area     int
	sentence bool // the name alone is enough in running text
}

// NewFinder makes a finder of the districts; what it finds are their indices.
func NewFinder(areas []Area) *Finder {
	f := &Finder{streets: map[string][]way{}}
	for i, a := range areas {
		for _, g := range a.Polygons {
			if len(g) > 0 {
				f.outlines = append(f.outlines, outline{boxOf(g[0]), g, g.size(), i})
			}
		}
		for _, s := range a.Streets {
			stems := streetStems(strings.Fields(lang.Fold(s.Name)))
			if len(stems) > 0 {
				f.streets[stems[0]] = append(f.streets[stems[0]], way{stems, s, i, len(stems) > 1})
			}
		}
	}
	// Of districts within each other the smaller one is meant.
	slices.SortStableFunc(f.outlines, func(x, y outline) int { return cmp.Compare(x.size, y.size) })
	for _, list := range f.streets {
		slices.SortStableFunc(list, func(x, y way) int { return cmp.Compare(len(y.stems), len(x.stems)) })
	}
	return f
}

// Outlined and Listed report whether any district has an outline, or streets.
func (f *Finder) Outlined() bool { return f != nil && len(f.outlines) > 0 }

// Listed reports whether any district has streets.
func (f *Finder) Listed() bool { return f != nil && len(f.streets) > 0 }

// At gives the district in whose outline the point lies; ok false when in none.
func (f *Finder) At(p Point) (area int, ok bool) {
	if f == nil {
		return 0, false
	}
	for i := range f.outlines {
		if o := &f.outlines[i]; o.box.holds(p) && o.polygon.Holds(p) {
			return o.area, true
		}
	}
	return 0, false
}

// InAddress gives the district of an address, folded and cut into words: "bulevar
// svetog petra cetinjskog 12". A street that lies in several districts needs its number.
func (f *Finder) InAddress(words []string) (area int, ok bool) { return f.find(words, false) }

// InText gives the district of the first street that a text names, folded and
// cut into words. Because many a street is called like a thing, one word alone
// is a street only beside a number or a word such as "ulica".
func (f *Finder) InText(words []string) (area int, ok bool) { return f.find(words, true) }

func (f *Finder) find(words []string, running bool) (int, bool) {
	if f == nil || len(f.streets) == 0 {
		return 0, false
	}
	for i, w := range words {
		list, tried := f.streets[stem(w)], 0
		for k := range list {
			n := len(list[k].stems)
			if n == tried || !list[k].named(words[i:]) {
				continue
			}
			tried = n // choose looks at all entries of the name
			number, numbered := houseNumber(words[i+n:])
			if running && !list[k].sentence && !numbered && !beside(words, i, i+n) {
				continue
			}
			if area, ok := choose(list[k:], words[i:], n, number, numbered); ok {
				return area, true
			}
		}
	}
	return 0, false
}

// named reports whether the words begin with the street's name, whatever case
// each word stands in.
func (w *way) named(words []string) bool {
	if len(words) < len(w.stems) {
		return false
	}
	for i, s := range w.stems {
		if stem(words[i]) != s {
			return false
		}
	}
	return true
}

// choose gives the district among the entries of one street, which have the
// same name of n words: the one that holds the number; without a number the
// only one.
func choose(list []way, words []string, n, number int, numbered bool) (int, bool) {
	area, found := 0, false
	for i := range list {
		w := &list[i]
		if len(w.stems) != n {
			break
		}
		if !w.named(words) {
			continue
		}
		if numbered {
			if w.stretch.holds(number) {
				return w.area, true
			}
			continue
		}
		if w.stretch.whole() {
			return w.area, true
		}
		if found && area != w.area {
			return 0, false
		}
		area, found = w.area, true
	}
	return area, found
}

// streetWords say that a name beside them is one of a street; they are no part
// of it.
var streetWords = map[string]bool{
	"ulica": true, "ulici": true, "ulicu": true, "ulice": true, "ulicom": true, "ul": true,
	"rruga": true, "rruge": true, "rrugen": true, "rruges": true, "rr": true, "street": true, "str": true,
}

func beside(words []string, from, to int) bool {
	return (from > 0 && streetWords[words[from-1]]) || (to < len(words) && streetWords[words[to]])
}

// streetStems gives the stems of a name without words like "ulica" at its ends.
func streetStems(words []string) []string {
	for len(words) > 1 && streetWords[words[0]] {
		words = words[1:]
	}
	for len(words) > 1 && streetWords[words[len(words)-1]] {
		words = words[:len(words)-1]
	}
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = stem(w)
	}
	return out
}

// numberWords may stand before a house number: "br. 12", "nr. 12", "no. 12".
var numberWords = map[string]bool{"br": true, "broj": true, "broju": true, "b": true, "nr": true, "numri": true, "no": true, "number": true, "kod": true}

// houseNumber reads the number that follows a street's name: "12", "12a", "br 12".
func houseNumber(words []string) (int, bool) {
	for len(words) > 0 && (streetWords[words[0]] || numberWords[words[0]]) {
		words = words[1:]
	}
	if len(words) == 0 {
		return 0, false
	}
	n, digits := 0, 0
	for _, c := range []byte(words[0]) {
		if c < '0' || c > '9' {
			break
		}
		n, digits = n*10+int(c-'0'), digits+1
		if digits > 3 {
			return 0, false // a year or a postal code
		}
	}
	if digits == 0 || len(words[0])-digits > 1 {
		return 0, false
	}
	return n, n > 0
}

// endings are those of cases and genders, longest first: Njegoševa, Njegoševoj,
// bulevaru, rrugën.
var endings = []string{"ama", "ima", "oj", "om", "og", "em", "im", "ih", "en", "ve", "a", "e", "i", "o", "u"}

// stem cuts the ending off a folded word that stays long enough.
func stem(w string) string {
	const keep = 4
	for _, e := range endings {
		if len(w)-len(e) >= keep && strings.HasSuffix(w, e) {
			return w[:len(w)-len(e)]
		}
	}
	return w
}
