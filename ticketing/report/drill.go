package report

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// A Filter narrows a report. Empty lists do not.
type Filter struct {
	Departments []ticketing.DepartmentID // none: all the actor may report on
	Categories  []ticketing.CategoryID
	Channels    []ticketing.Channel
	Districts   []string // "" is a value: no district known
	Languages   []string
}

// Narrow reports whether more than departments is filtered: then a report folds
// facts instead of reading day sums.
func (f Filter) Narrow() bool {
	return len(f.Categories)+len(f.Channels)+len(f.Districts)+len(f.Languages) > 0
}

// with narrows the filter to one value of a dimension.
func (f Filter) with(by Dimension, value string) Filter {
	n, _ := strconv.ParseInt(value, 10, 64)
	switch by {
	case ByDepartment:
		f.Departments = []ticketing.DepartmentID{ticketing.DepartmentID(n)}
	case ByCategory:
		f.Categories = []ticketing.CategoryID{ticketing.CategoryID(n)}
	case ByChannel:
		f.Channels = []ticketing.Channel{ticketing.Channel(value)}
	case ByDistrict:
		f.Districts = []string{value}
	case ByLanguage:
		f.Languages = []string{value}
	case ByAll, ByCode, ByWeek:
	}
	return f
}

// A Set names the tickets behind a figure.
type Set string

// The sets. Those of promises need Drill.Clock; their period is that of the due
// day, but for SetDone … SetSettledOpen that of the day of the deed.
const (
	SetDue        Set = "due"         // counted by formula D
	SetMet        Set = "met"         // of those, kept
	SetMissed     Set = "missed"      // of those, not kept
	SetToCome     Set = "to_come"     // of those, neither due nor done as of AsOf
	SetExcluded   Set = "excluded"    // left out of D
	SetEnded      Set = "ended"       // ended by a closing code without the deed; Code narrows
	SetPausedPast Set = "paused_past" // past the due instant they would have had without waits

	SetDone        Set = "done"         // done in the period
	SetDoneMet     Set = "done_met"     // and in time
	SetSettledLate Set = "settled_late" // B: settled in the period, or open and overdue
	SetSettledOpen Set = "settled_open" // C: settled in the period, or open
	SetOpenLate    Set = "open_late"    // promises open and past due as of AsOf
	SetOpenAll     Set = "open_all"     // promises open

	SetReceived Set = "received"
	SetClosed   Set = "closed"
	SetFirst    Set = "closed_first" // closed by the department first routed to
	SetReopened Set = "reopened"
	SetResolved Set = "closed_resolved" // closed as solved
	SetDenied   Set = "denied"          // of those, denied by the citizen

	SetOpen        Set = "open" // in work; Age narrows
	SetOverdue     Set = "overdue"
	SetDueToday    Set = "due_today"
	SetUnvalidated Set = "unvalidated"

	SetSign Set = "sign" // cases of the sign Drill.Sign
)

// Sets lists all sets.
func Sets() []Set {
	return []Set{
		SetDue, SetMet, SetMissed, SetToCome, SetExcluded, SetEnded, SetPausedPast, SetDone, SetDoneMet, SetSettledLate, SetSettledOpen,
		SetOpenLate, SetOpenAll, SetReceived, SetClosed, SetFirst, SetReopened, SetResolved, SetDenied, SetOpen, SetOverdue, SetDueToday, SetUnvalidated, SetSign,
	}
}

// OfClocks reports whether the set counts promises, of which a ticket may have
// several, rather than tickets.
func (s Set) OfClocks() bool {
	switch s { //nolint:exhaustive // the others count tickets
	case SetDue, SetMet, SetMissed, SetToCome, SetExcluded, SetEnded, SetPausedPast, SetDone, SetDoneMet, SetSettledLate, SetSettledOpen,
		SetOpenLate, SetOpenAll:
		return true
	}
	return false
}

// A Cell narrows receipts to a weekday (0 is Monday) and a local hour.
type Cell struct{ Weekday, Hour int }

// An Age narrows open tickets by their age in days, both ends included; To 0 is
// no end.
type Age struct{ From, To int }

// A Drill chooses exactly the tickets behind a figure. It travels in addresses
// by Values and ParseDrill.
type Drill struct {
	Set    Set
	Clock  ticketing.ClockKind // of sets of promises
	Period Period
	Filter Filter
	Code   ticketing.ClosingCode // of SetEnded; "" = any
	Sign   SignKind              // of SetSign
	Cell   *Cell                 // of SetReceived
	Age    *Age                  // of SetOpen
	// Since and Until bound a burst (SignMassClosing, SignBulkValid), both included.
	Since, Until time.Time
	AsOf         time.Time // the figure's: what "now" means for open, overdue, today
	// Reported asks for the facts as they were known at the end of that day; 0 = now.
	Reported Day
}

// Values writes the drill as parameters of an address.
func (d Drill) Values() url.Values {
	v := url.Values{"set": {string(d.Set)}}
	put := func(key, value string) {
		if value != "" {
			v.Set(key, value)
		}
	}
	put("clock", string(d.Clock))
	put("from", d.Period.From.String())
	put("to", d.Period.To.String())
	put("code", string(d.Code))
	put("sign", string(d.Sign))
	put("reported", d.Reported.String())
	for key, at := range map[string]time.Time{"asof": d.AsOf, "since": d.Since, "until": d.Until} {
		if !at.IsZero() {
			put(key, at.UTC().Format(time.RFC3339Nano))
		}
	}
	if d.Cell != nil {
		put("cell", strconv.Itoa(d.Cell.Weekday)+"-"+strconv.Itoa(d.Cell.Hour))
	}
	if d.Age != nil {
		put("age", strconv.Itoa(d.Age.From)+"-"+strconv.Itoa(d.Age.To))
	}
	for _, x := range d.Filter.Departments {
		v.Add("department", strconv.FormatInt(int64(x), 10))
	}
	for _, x := range d.Filter.Categories {
		v.Add("category", strconv.FormatInt(int64(x), 10))
	}
	for _, x := range d.Filter.Channels {
		v.Add("channel", string(x))
	}
	v["district"], v["language"] = d.Filter.Districts, d.Filter.Languages
	for _, key := range []string{"district", "language"} {
		if len(v[key]) == 0 {
			v.Del(key)
		}
	}
	return v
}

// ParseDrill reads what Values wrote; anything else is Invalid and names the
// parameter.
func ParseDrill(v url.Values) (Drill, error) {
	p := drillParser{v: v}
	d := Drill{
		Set: Set(v.Get("set")), Clock: ticketing.ClockKind(v.Get("clock")), Code: ticketing.ClosingCode(v.Get("code")), Sign: SignKind(v.Get("sign")),
		Period: Period{p.day("from"), p.day("to")}, Reported: p.day("reported"), AsOf: p.instant("asof"), Since: p.instant("since"), Until: p.instant("until"),
	}
	if from, to, ok := p.pair("cell"); ok {
		d.Cell = &Cell{from, to}
	}
	if from, to, ok := p.pair("age"); ok {
		d.Age = &Age{from, to}
	}
	d.Filter = Filter{Districts: v["district"], Languages: v["language"]}
	for _, n := range p.numbers("department") {
		d.Filter.Departments = append(d.Filter.Departments, ticketing.DepartmentID(n))
	}
	for _, n := range p.numbers("category") {
		d.Filter.Categories = append(d.Filter.Categories, ticketing.CategoryID(n))
	}
	for _, c := range v["channel"] {
		d.Filter.Channels = append(d.Filter.Channels, ticketing.Channel(c))
	}
	if p.err == nil {
		p.err = d.check()
	}
	return d, p.err
}

// check refuses a drill that chooses nothing definite.
func (d Drill) check() error {
	switch {
	case !slices.Contains(Sets(), d.Set):
		return misfit("set")
	case d.Set.OfClocks() && d.Clock == "":
		return misfit("clock")
	case d.Set == SetSign && !slices.Contains(SignKinds(), d.Sign):
		return misfit("sign")
	case d.needsPeriod():
		return d.Period.Check()
	}
	return nil
}

// needsPeriod reports whether the set lies in a period rather than now.
func (d Drill) needsPeriod() bool {
	return !slices.Contains([]Set{SetOpenLate, SetOpenAll, SetOpen, SetOverdue, SetDueToday, SetUnvalidated}, d.Set)
}

func misfit(field string) error {
	return &ticketing.Error{Kind: ticketing.Invalid, Field: field, Key: "report.drill"}
}

// A drillParser reads parameters and keeps the first fault.
type drillParser struct {
	v   url.Values
	err error
}

func (p *drillParser) fault(key string) {
	if p.err == nil {
		p.err = misfit(key)
	}
}

func (p *drillParser) day(key string) Day {
	s := p.v.Get(key)
	if s == "" {
		return 0
	}
	d, err := ParseDay(s)
	if err != nil {
		p.fault(key)
	}
	return d
}

func (p *drillParser) instant(key string) time.Time {
	s := p.v.Get(key)
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		p.fault(key)
	}
	return t.UTC()
}

func (p *drillParser) pair(key string) (a, b int, ok bool) {
	s := p.v.Get(key)
	if s == "" {
		return 0, 0, false
	}
	left, right, _ := strings.Cut(s, "-")
	a, errA := strconv.Atoi(left)
	b, errB := strconv.Atoi(right)
	if errA != nil || errB != nil {
		p.fault(key)
	}
	return a, b, true
}

// mostValues bounds how many values a filter may name.
const mostValues = 200

func (p *drillParser) numbers(key string) []int64 {
	var out []int64
	for _, s := range p.v[key] {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || len(out) >= mostValues {
			p.fault(key)
			continue
		}
		out = append(out, n)
	}
	return out
}
