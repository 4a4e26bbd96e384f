package report

import "time"

// A Figure is one number of a report with all it stands on. What formula it
// follows says Measure.Definition().
type Figure struct {
	Measure     Measure
	Numerator   int64 // of UnitSeconds: the value; of counts: the count
	Denominator int64 // 0 of measures without one; of UnitSeconds how many were measured
	AsOf        time.Time
	// Behind chooses the tickets of the numerator, Of those of the denominator. A
	// Drill without a Set has no list behind it.
	Behind Drill
	Of     Drill
	// Before is the figure of the period compared with, nil when none was asked
	// for or the measure holds only now.
	Before *Figure
	// Approx: read from a histogram, at most 2.5 % off.
	Approx bool
}

// Known reports whether there is a value: nothing is said about no case.
func (f Figure) Known() bool { return f.Denominator > 0 || plain[f.Measure] }

// Value gives a share as 0 to 1, a duration in seconds, a count as it is; 0 when
// not Known.
func (f Figure) Value() float64 {
	switch unit := f.Measure.Definition().Unit; {
	case !f.Known():
		return 0
	case unit == UnitShare || unit == UnitRatio:
		return float64(f.Numerator) / float64(f.Denominator)
	}
	return float64(f.Numerator)
}

// Duration gives the value of a measure in seconds.
func (f Figure) Duration() time.Duration { return time.Duration(f.Numerator) * time.Second }

// Change is the difference to the period before, in the unit of the measure; ok
// is false when one of the two has no value.
func (f Figure) Change() (change float64, ok bool) {
	if f.Before == nil || !f.Known() || !f.Before.Known() {
		return 0, false
	}
	return f.Value() - f.Before.Value(), true
}

// A Dimension is what a table's rows are.
type Dimension string

// The dimensions. Rows are keyed by the department's, category's number, the
// channel, district and language as stored, the closing code, and the Monday.
const (
	ByAll        Dimension = "all"
	ByDepartment Dimension = "department"
	ByCategory   Dimension = "category"
	ByChannel    Dimension = "channel"
	ByDistrict   Dimension = "district"
	ByLanguage   Dimension = "language"
	ByCode       Dimension = "code"
	ByWeek       Dimension = "week"
)

// A Row is one line of a table: a value of the dimension and a figure a column.
type Row struct {
	Key     string // as stored: "" where nothing is
	Period  Period // of ByWeek
	Figures []Figure
}

// A Table is figures by a dimension. Rows are ordered by their weight, weeks by
// time; a table without rows has no data.
type Table struct {
	By      Dimension
	Columns []Measure
	Rows    []Row
}

// A Point is one week of a Series.
type Point struct {
	Period  Period
	Partial bool // not a whole week, or not over yet
	Figure  Figure
}

// A Series is a measure over weeks, oldest first.
type Series struct {
	Measure Measure
	Target  float64 // share to reach; 0 = none
	Points  []Point
}

// Heat counts receipts by weekday and local hour.
type Heat struct {
	Cells [7][24]int64 // Monday first
	Total int64
	Of    Drill // all of them; Cell narrows it
}

// Cell chooses the tickets of one cell: weekday 0 is Monday.
func (h *Heat) Cell(weekday, hour int) Drill {
	d := h.Of
	d.Cell = &Cell{Weekday: weekday, Hour: hour}
	return d
}

// An AgeBucket counts open tickets by age in days, both ends included; To is 0
// for the last, which has no end.
type AgeBucket struct {
	From, To int
	Figure   Figure
}

// Legs says where the time of the tickets closed in the period went, in wall
// seconds; the three add up to their ages.
type Legs struct {
	Us, Citizen, Others int64
	Tickets             int64
	Of                  Drill
}

// Total is the age of the tickets together, in seconds.
func (l Legs) Total() int64 { return l.Us + l.Citizen + l.Others }

// A Sign is a pattern by which figures are made to look better. Not Found signs
// are listed too, so that a reader sees what was looked for.
type Sign struct {
	Kind  SignKind
	Found bool
	Count int64   // cases
	Base  int64   // among so many
	Usual float64 // cases to be expected by chance among them
	// At is when a burst began; zero for signs that are no burst.
	At, Until time.Time
	// From and To are the codes of the categories most cases went between
	// (SignRelabelled).
	From, To string
	Behind   Drill
}

// SignKind names a sign. "report.sign.<kind>" is its name,
// "report.sign.<kind>.why" what it is recognised by.
type SignKind string

// The signs.
const (
	SignLastHourPause SignKind = "pause_last_hour"  // a wait begun in the last hour before due
	SignRelabelled    SignKind = "relabelled"       // moved to a category with a longer promise late in its time
	SignMassClosing   SignKind = "mass_closing"     // many closed at once by hand
	SignOpenedAnew    SignKind = "opened_anew"      // closed and opened again as a new ticket
	SignFalseTwin     SignKind = "false_duplicate"  // closed as repeating a ticket that is another matter
	SignBulkValid     SignKind = "bulk_validation"  // validated late, many at once
	SignShortAnswer   SignKind = "very_short_reply" // answers that say next to nothing
)

// SignKinds lists the signs in the order a report shows them.
func SignKinds() []SignKind {
	return []SignKind{SignLastHourPause, SignRelabelled, SignMassClosing, SignOpenedAnew, SignFalseTwin, SignBulkValid, SignShortAnswer}
}
