package district

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sistem48/system48/ticketing/lang"
)

const sampleList = "ulica;od;do;strana;oblast\n" +
	"Ulica slobode;;;;Centar\n" +
	"Moskovska;1;99;neparni;Preko Morače\n" +
	"Moskovska;2;98;parni;Centar\n" +
	"Bulevar Svetog Petra Cetinjskog;;;;preko-morace\n" +
	"\n" +
	"Njegoševa;;;;Centar\n" +
	"Gorica;;;;Centar\n" +
	"Rruga Skënderbeu;1;;;Tuzi\n"

func streetFinder(t *testing.T) (*Finder, []Area) {
	t.Helper()
	list, problems := ReadStreets([]byte(sampleList))
	if problems != nil {
		t.Fatal(problems)
	}
	areas, problems := Assign([]Area{{Code: "centar", Names: map[lang.Tag]string{lang.SrLatn: "Centar"}}}, list, true)
	if problems != nil {
		t.Fatal(problems)
	}
	return NewFinder(areas), areas
}

func TestReadStreets(t *testing.T) {
	t.Parallel()
	_, areas := streetFinder(t)
	want := []Area{
		{Code: "centar", Names: map[lang.Tag]string{lang.SrLatn: "Centar"}, Streets: []Street{
			{Name: "Ulica slobode"}, {Name: "Moskovska", From: 2, To: 98, Side: Even}, {Name: "Njegoševa"}, {Name: "Gorica"},
		}},
		{Code: "preko-morace", Names: map[lang.Tag]string{lang.SrLatn: "Preko Morače"}, Streets: []Street{
			{Name: "Moskovska", From: 1, To: 99, Side: Odd}, {Name: "Bulevar Svetog Petra Cetinjskog"},
		}},
		{Code: "tuzi", Names: map[lang.Tag]string{lang.SrLatn: "Tuzi"}, Streets: []Street{{Name: "Rruga Skënderbeu", From: 1}}},
	}
	if diff := cmp.Diff(want, areas); diff != "" {
		t.Error(diff)
	}
}

func TestReadStreetsRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     []Problem
	}{
		{"empty", "", []Problem{{Line: 1, Key: keyHeader}}},
		{"no column of districts", "street,from\nA,1\n", []Problem{{Line: 1, Key: keyHeader, Name: "district"}}},
		{"no line", "street,district\n", []Problem{{Line: 1, Key: keyEmpty}}},
		{"each line tells its own", "\ufeffstreet,from,to,side,district\n,,,,A\nB,x,,,A\nB,9,1,,A\nB,,,left,A\nB,,,,\nB,1,2,odd,A,,\nB,\"1\n", []Problem{
			{Line: 2, Key: keyStreet},
			{Line: 3, Key: keyNumber, Name: "x"},
			{Line: 4, Key: keyOrder, Name: "B"},
			{Line: 5, Key: keySide, Name: "left"},
			{Line: 6, Key: keyUnknown},
			{Line: 7, Key: keyFields},
			{Line: 8, Key: keyFields},
		}},
	}
	for _, tt := range tests {
		list, got := ReadStreets([]byte(tt.in))
		if diff := cmp.Diff(tt.want, got); diff != "" || list != nil {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

func TestAssignRefuses(t *testing.T) {
	t.Parallel()
	list, _ := ReadStreets([]byte("street,from,to,side,district\nMoskovska,1,20,,A\nMoskovska,20,40,even,B\nМосковска,21,39,odd,A\nDuga,,,,C\n"))
	areas := []Area{{Code: "a"}, {Code: "b"}}
	_, problems := Assign(areas, list, false)
	want := []Problem{{Line: 3, Name: "Moskovska", Key: keyOverlap}, {Line: 5, Name: "C", Key: keyUnknown}}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Error(diff)
	}
}

// In four languages and two scripts, in whatever case the street stands.
func TestStreetsInText(t *testing.T) {
	t.Parallel()
	f, _ := streetFinder(t)
	tests := []struct {
		text    string
		address int // district of it as an address; -1 none
		running int // district of it as running text
	}{
		{"Ulica slobode 12", 0, 0},
		{"Улица слободе", 0, 0},
		{"u Ulici slobode ne radi svjetlo", 0, 0},
		{"sloboda govora", 0, -1},
		{"Sloboda 5", 0, 0},
		{"Njegoševoj ulici", 0, 0},
		{"rupa u Njegoševoj br. 7", 0, 0},
		{"Njegoš je napisao Gorski vijenac", -1, -1},
		{"Moskovska 15", 1, 1},
		{"Moskovska br 16a", 0, 0},
		{"u Moskovskoj ulici 15", 1, 1},
		{"u Moskovskoj ulici", -1, -1},
		{"Moskovska 115", -1, -1},
		{"na Bulevaru Svetog Petra Cetinjskog pukla cijev", 1, 1},
		{"на Булевару Светог Петра Цетињског", 1, 1},
		{"Bulevar Svetog Petra", -1, -1},
		{"Goričani bez vode", -1, -1},
		{"në rrugën Skënderbeu", 2, 2},
		{"rruga Skenderbeu nr. 4", 2, 2},
		{"Skënderbeu ishte hero", 2, -1},
		{"the lamp at Njegoševa street 3", 0, 0},
		{"Njegoševa 2026", 0, -1},
	}
	for _, tt := range tests {
		words := strings.Fields(lang.Fold(tt.text))
		for _, c := range []struct {
			how  string
			find func([]string) (int, bool)
			want int
		}{{"address", f.InAddress, tt.address}, {"text", f.InText, tt.running}} {
			got, ok := c.find(words)
			if !ok {
				got = -1
			}
			if got != c.want {
				t.Errorf("%s %q: district %d, want %d", c.how, tt.text, got, c.want)
			}
		}
	}
}

func FuzzReadStreets(f *testing.F) {
	f.Add([]byte(sampleList), "u Moskovskoj ulici 15")
	f.Add([]byte("street,from,to,side,district\n\"A\nB\",1,2,odd,\xff\n"), "\xff 1")
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		list, problems := ReadStreets(data)
		if (len(list) > 0) == (len(problems) > 0) {
			t.Fatalf("%d streets and %d problems", len(list), len(problems))
		}
		areas, problems := Assign(nil, list, true)
		if len(problems) > maxProblems || len(areas) > MaxAreas {
			t.Fatalf("%d districts, %d problems", len(areas), len(problems))
		}
		f := NewFinder(areas)
		words := strings.Fields(lang.Fold(text))
		if i, ok := f.InText(words); ok && i >= len(areas) {
			t.Errorf("district %d of %d", i, len(areas))
		}
		f.InAddress(words)
	})
}
