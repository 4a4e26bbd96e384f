package components

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sistem48/system48/ticketing/lang"
)

func plainAxis(share float64) string { return num(share*100) + "%" }

// A long name stands beside its bar in two lines; only what two lines cannot hold
// is shortened, and nothing runs out of its column.
func TestBarNamesAreWhole(t *testing.T) {
	t.Parallel()
	const width = 150.0
	for _, tt := range []struct {
		name string
		want []string
	}{
		{"Putevi", []string{"Putevi"}},
		{"Sekretarijat za planiranje prostora", []string{"Sekretarijat za", "planiranje prostora"}},
		{"Uprava lokalnih javnih prihoda i rashoda grada sa svim službama", []string{"Uprava lokalnih", "javnih prihoda i ras…"}},
		{"Najneuobičajenijenajdužariječnajezika", []string{"Najneuobičajenijenaj…"}},
		{"Najneuobičajenijenajdužariječnajezika još", []string{"Najneuobičajenijenaj…"}},
	} {
		var got []string
		for _, m := range label(tt.name, width, 0, width) {
			if got = append(got, m.Text); widthOf(m.Text) > width {
				t.Errorf("%q is wider than its column", m.Text)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("label(%q) = %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestShareBarsAddUp draws any counts and holds that in time and late together
// fill the scale, and that nothing but figures stands outside it.
func TestShareBarsAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		of := rapid.Int64Range(0, 1_000_000).Draw(t, "of")
		part := rapid.Int64Range(0, of).Draw(t, "part")
		d := ShareBars("n", []ShareBar{{Label: "a", Part: part, Of: of}}, Target{Share: 0.9, Label: "t"}, plainAxis)
		var sum float64
		for _, p := range d.Pieces {
			for _, m := range p.Marks {
				if m.Kind == MarkRect {
					sum += m.W
					if m.X+m.W > d.Width || m.W < 0 {
						t.Fatalf("a bar from %v, %v wide", m.X, m.W)
					}
				}
				if m.Kind == MarkWords && m.Anchor == "" && m.Class == "figure" && m.X < 560 {
					t.Fatalf("the figure stands in the bars, at %v", m.X)
				}
			}
		}
		if want := 400.0; of > 0 && math.Abs(sum-want) > 0.01 || of == 0 && sum != 0 {
			t.Fatalf("%d of %d: the bars are %v wide", part, of, sum)
		}
	})
}

func TestChartsAreReadable(t *testing.T) {
	t.Parallel()
	ctx, _ := contextIn(t, lang.En)
	target := Target{Share: 0.9, Label: "target 90 %"}
	links := render(ctx, t, Chart(ShareBars("By category", []ShareBar{{Label: `<b>"A"</b>`, Href: "/reports/cases?set=due&clock=answer", Title: "A: 3 of 4", Part: 3, Of: 4, Figure: "75 %"}}, target, plainAxis)))
	for _, want := range []string{`role="group"`, `aria-label="By category"`, `href="/reports/cases?set=due&amp;clock=answer"`, "<title>A: 3 of 4</title>", "&lt;b&gt;", `class="target"`} {
		if !strings.Contains(links, want) {
			t.Errorf("%s is missing in %s", want, links)
		}
	}
	image := render(ctx, t, Chart(Portions("Us 60 %", []Portion{{Label: "Us 60 %", Class: "b1", Part: 3}, {Label: "Others", Class: "b3", Part: 2}})))
	if !strings.Contains(image, `role="img"`) || strings.Contains(image, "<a ") {
		t.Errorf("a chart without links is %s", image)
	}
	spark := render(ctx, t, Chart(Spark([]TrendPoint{{Share: 0.2}, {Share: 1}}, 0.9)))
	if !strings.Contains(spark, `aria-hidden="true"`) || strings.Contains(spark, "NaN") {
		t.Errorf("a spark is %s", spark)
	}
}

// TestTrendLeavesGaps checks that weeks in which nothing fell due are no part of
// the line, and that shares below one half move the floor of the scale.
func TestTrendLeavesGaps(t *testing.T) {
	t.Parallel()
	d := Trend("n", []TrendPoint{{Label: "1", Share: 1}, {Label: "2", Share: 0.4}, {Label: "3", None: true}, {Label: "4", Share: 0.5}}, Target{Share: 0.9, Label: "t"}, plainAxis)
	lines, dots := 0, 0
	for _, p := range d.Pieces {
		for _, m := range p.Marks {
			switch m.Kind {
			case MarkPolyline:
				lines++
				if len(m.Points) != 2 {
					t.Errorf("a line of %d weeks", len(m.Points))
				}
			case MarkDot:
				dots++
				if m.Y < 22 || m.Y > 190 {
					t.Errorf("a point at %v", m.Y)
				}
			case MarkRect, MarkLine, MarkPolygon, MarkWords:
			}
		}
	}
	if lines != 1 || dots != 3 {
		t.Errorf("%d lines and %d points", lines, dots)
	}
	for _, list := range [][]TrendPoint{nil, {{None: true}}, {{Share: 1}}} {
		Trend("n", list, Target{}, plainAxis) // does not divide by nothing
		Spark(list, 0)
	}
}

func TestHeatSteps(t *testing.T) {
	t.Parallel()
	v := HeatView{}
	if v.Step(0) != 0 {
		t.Error("nothing has a colour")
	}
	v.Cells[0][8], v.Cells[1][9], v.Cells[6][23] = 1, 16, 8
	v.Hours()
	if v.Step(1) != 1 || v.Step(16) != 5 || v.Step(8) != 3 || v.From != 6 || v.To != 23 {
		t.Errorf("steps %d %d %d, hours %d–%d", v.Step(1), v.Step(16), v.Step(8), v.From, v.To)
	}
}
