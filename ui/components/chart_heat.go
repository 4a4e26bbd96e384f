package components

import "strconv"

// A HeatView is a table of seven days by hours whose cells are coloured by
// their number.
type HeatView struct {
	Caption string
	Day     string   // heads the column of days, for screen readers
	Days    []string // names of the rows
	From    int      // first hour shown
	To      int      // last hour shown
	Cells   [7][24]int64
	Href    func(day, hour int) string // the tickets behind a cell; nil: no links
}

// heatSteps is how many colours there are above the one for nothing.
const heatSteps = 5

// Step gives the colour of a number, 0 for none to 5 for the most of all cells.
func (v HeatView) Step(n int64) int {
	if n <= 0 {
		return 0
	}
	var most int64
	for _, row := range v.Cells {
		for _, c := range row {
			most = max(most, c)
		}
	}
	return int(1 + (n*heatSteps-1)/most)
}

func (v HeatView) class(n int64) string {
	return "h" + strconv.Itoa(min(v.Step(n), heatSteps))
}

func (v HeatView) hours() []int {
	var out []int
	for h := v.From; h <= v.To; h++ {
		out = append(out, h)
	}
	return out
}

// Hours gives the stretch of hours worth showing: 6 to 21, wider when anything
// happened outside.
func (v *HeatView) Hours() {
	v.From, v.To = 6, 21
	for _, row := range v.Cells {
		for h, n := range row {
			if n > 0 {
				v.From, v.To = min(v.From, h), max(v.To, h)
			}
		}
	}
}

func hour(h int) string {
	if h < 10 {
		return "0" + strconv.Itoa(h)
	}
	return strconv.Itoa(h)
}
