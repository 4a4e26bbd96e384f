package district

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/sistem48/system48/ticketing/lang"
)

// What may be wrong with a line of a street list.
const (
	keyHeader  = "district.header"
	keyFields  = "district.fields"
	keyStreet  = "district.street_empty"
	keyNumber  = "district.number"
	keyOrder   = "district.order"
	keySide    = "district.side"
	keyUnknown = "district.unknown"
	keyOverlap = "district.overlap"
)

// A Listing is one line of a street list: a stretch of a street and the
// district it lies in, by code or name as the file spells it.
type Listing struct {
	Line     int
	Street   Street
	District string
}

// columns are the names a head line may give the columns.
var columns = map[string]string{
	"street": "street", "ulica": "street", "rruga": "street",
	"from": "from", "od": "from", "nga": "from",
	"to": "to", "do": "to", "deri": "to",
	"side": "side", "strana": "side", "ana": "side",
	"district": "district", "oblast": "district", "naselje": "district", "lagjja": "district",
}

// sides are the words for the sides of a street.
var sides = map[string]Side{
	"": Both, "both": Both, "all": Both, "obje": Both, "sve": Both, "te dyja": Both,
	"odd": Odd, "neparni": Odd, "neparna": Odd, "tek": Odd,
	"even": Even, "parni": Even, "parna": Even, "cift": Even,
}

// ReadStreets reads a list of streets: a head line that names the columns
// street, from, to, side and district in any order, then a line a stretch,
// separated by commas, semicolons or tabs. Whatever is wrong is told with its line.
func ReadStreets(data []byte) ([]Listing, []Problem) {
	if len(data) > MaxFile {
		return nil, []Problem{{Key: keyMany}}
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	l := lineReader{csv: csv.NewReader(bytes.NewReader(data))}
	l.csv.Comma, l.csv.FieldsPerRecord, l.csv.TrimLeadingSpace = separator(data), -1, true
	if !l.head() {
		return nil, l.problems
	}
	for l.next() {
		if len(l.out) > MaxStreets {
			return nil, []Problem{{Line: l.line, Key: keyMany}}
		}
	}
	if len(l.out) == 0 && len(l.problems) == 0 {
		l.wrong(keyEmpty, "")
	}
	if len(l.problems) > 0 {
		return nil, l.problems
	}
	return l.out, nil
}

// separator looks at the head line for what parts its columns.
func separator(data []byte) rune {
	head, _, _ := bytes.Cut(data, []byte("\n"))
	best, most := ',', 0
	for _, c := range []rune{',', ';', '\t'} {
		if n := bytes.Count(head, []byte(string(c))); n > most {
			best, most = c, n
		}
	}
	return best
}

type lineReader struct {
	csv      *csv.Reader
	at       map[string]int
	line     int
	width    int
	out      []Listing
	problems []Problem
}

func (l *lineReader) wrong(key, name string) {
	if len(l.problems) < maxProblems {
		l.problems = append(l.problems, Problem{Line: max(l.line, 1), Name: short(name), Key: key})
	}
}

func (l *lineReader) head() bool {
	names, err := l.csv.Read()
	if err != nil {
		l.wrong(keyHeader, "")
		return false
	}
	l.at, l.width = map[string]int{}, len(names)
	for i, n := range names {
		if c, ok := columns[lang.Fold(n)]; ok {
			l.at[c] = i
		}
	}
	if _, ok := l.at["street"]; !ok {
		l.wrong(keyHeader, "street")
		return false
	}
	if _, ok := l.at["district"]; !ok {
		l.wrong(keyHeader, "district")
		return false
	}
	return true
}

// next reads one line; false at the end.
func (l *lineReader) next() bool {
	fields, err := l.csv.Read()
	if errors.Is(err, io.EOF) {
		return false
	}
	if err != nil {
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			l.line = broken.Line
		}
		l.wrong(keyFields, "")
		return len(l.problems) < maxProblems
	}
	l.line, _ = l.csv.FieldPos(0)
	if len(fields) > l.width {
		l.wrong(keyFields, "")
		return true
	}
	get := func(column string) string {
		if i, ok := l.at[column]; ok && i < len(fields) {
			return strings.TrimSpace(fields[i])
		}
		return ""
	}
	if strings.Join(fields, "") == "" {
		return true
	}
	x := Listing{Line: l.line, District: short(get("district")), Street: Street{Name: short(get("street"))}}
	if len(streetStems(strings.Fields(lang.Fold(x.Street.Name)))) == 0 {
		l.wrong(keyStreet, "")
		return true
	}
	if x.District == "" {
		l.wrong(keyUnknown, "")
		return true
	}
	return l.numbers(&x, get)
}

func (l *lineReader) numbers(x *Listing, get func(string) string) bool {
	for _, n := range []struct {
		column string
		into   *int
	}{{"from", &x.Street.From}, {"to", &x.Street.To}} {
		s := get(n.column)
		if s == "" || s == "-" || s == "*" {
			continue
		}
		v, err := strconv.Atoi(s)
		if err != nil || v < 0 || v > 9999 {
			l.wrong(keyNumber, s)
			return true
		}
		*n.into = v
	}
	if x.Street.To != 0 && x.Street.To < x.Street.From {
		l.wrong(keyOrder, x.Street.Name)
		return true
	}
	side, ok := sides[lang.Fold(get("side"))]
	if !ok {
		l.wrong(keySide, get("side"))
		return true
	}
	x.Street.Side = side
	l.out = append(l.out, *x)
	return true
}

// Assign puts the streets of a list into the districts it names, in place of
// those they had. A district is named by code or by any of its names, whatever
// the script. With add, districts that are not known are made; else they are
// problems, as is a house number that two districts claim.
func Assign(areas []Area, list []Listing, add bool) ([]Area, []Problem) {
	out := make([]Area, len(areas))
	by := map[string]int{}
	for i, a := range areas {
		out[i] = a
		out[i].Streets = nil
		by[lang.Fold(a.Code)] = i
		for _, n := range a.Names {
			by[lang.Fold(n)] = i
		}
	}
	var problems []Problem
	claims := map[string][]claim{}
	for _, x := range list {
		i, known := by[lang.Fold(x.District)]
		if !known && add && Code(x.District) != "" && len(out) < MaxAreas {
			i, known = len(out), true
			out = append(out, Area{Code: Code(x.District), Names: map[lang.Tag]string{lang.SrLatn: x.District}})
			by[lang.Fold(x.District)], by[lang.Fold(Code(x.District))] = i, i
		}
		key := keyUnknown
		if known {
			key = put(claims, claim{i, x.Street})
		}
		if key != "" {
			name := x.Street.Name
			if key == keyUnknown {
				name = x.District
			}
			if problems = append(problems, Problem{Line: x.Line, Name: name, Key: key}); len(problems) >= maxProblems {
				break
			}
			continue
		}
		out[i].Streets = append(out[i].Streets, x.Street)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return out, nil
}

// put notes whose a stretch is, or says what is wrong with that.
func put(claims map[string][]claim, c claim) (key string) {
	name := strings.Join(streetStems(strings.Fields(lang.Fold(c.street.Name))), " ")
	if len(claims[name]) >= maxStretches {
		return keyMany
	}
	for _, o := range claims[name] {
		if o.area != c.area && o.street.overlaps(c.street) {
			return keyOverlap
		}
	}
	claims[name] = append(claims[name], c)
	return ""
}

// maxStretches bounds the entries of one street.
const maxStretches = 1000

type claim struct {
	area   int
	street Street
}

// overlaps reports whether a house number may be of both stretches.
func (s Street) overlaps(o Street) bool {
	if s.Side != o.Side && s.Side != Both && o.Side != Both {
		return false
	}
	return (s.To == 0 || o.From <= s.To) && (o.To == 0 || s.From <= o.To)
}
