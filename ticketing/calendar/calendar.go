package calendar

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
	_ "time/tzdata" // a bureau in a bare container still knows its zone (F48)
)

// Earliest and Latest bound the instants a calendar works with: from Earliest
// on, before Latest.
var (
	Earliest = time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC)
	Latest   = time.Date(2200, time.January, 1, 0, 0, 0, 0, time.UTC)
)

const (
	secondsPerDay = 24 * 60 * 60
	day           = secondsPerDay * int64(time.Second)
	maxWindows    = 500
	maxDates      = 10_000
)

// A Window is a stretch of one weekday during which the calendar is open.
type Window struct {
	Day  time.Weekday
	From Minute // the first open minute
	To   Minute // the end, not open any more; 24:00 is allowed
}

// A Holiday is a date on which the calendar stays closed.
type Holiday struct {
	Date Date
	Name string // as people call it; shown in explanations
	Key  string // stable code of a shipped holiday, "" for a town's own
}

// An ExtraDay opens a date at hours of its own, in place of those of its
// weekday: a working Saturday, a short Christmas Eve. Several for one date are
// several windows of it.
type ExtraDay struct {
	Date Date
	From Minute
	To   Minute
}

// A Spec is what a calendar is made from. It is plain data for configuration
// files and tables; New checks it.
type Spec struct {
	Name     string
	Version  int    // raised by whoever changes anything; a clock keeps the version it was counted with
	Zone     string // IANA name, such as "Europe/Podgorica"
	Weekly   []Window
	Holidays []Holiday
	Extra    []ExtraDay
}

// A Calendar answers questions of working time. It is immutable and safe for
// concurrent use. A changed calendar is a new Calendar with a higher Version.
type Calendar struct {
	spec Spec
	zone *time.Location

	week       [7]hours // regular hours, Monday first
	weekBefore [8]int64 // regular open time from Monday 00:00 to each day; [7] is the whole week
	special    []special
	segments   []segment
	total      int64 // open time from Earliest to Latest
}

// Name returns the calendar's name.
func (c *Calendar) Name() string { return c.spec.Name }

// Version returns the calendar's version.
func (c *Calendar) Version() int { return c.spec.Version }

// Zone returns the zone whose wall clock the calendar follows.
func (c *Calendar) Zone() *time.Location { return c.zone }

// Spec returns a copy of the data the calendar was made from.
func (c *Calendar) Spec() Spec {
	s := c.spec
	s.Weekly = slices.Clone(s.Weekly)
	s.Holidays = slices.Clone(s.Holidays)
	s.Extra = slices.Clone(s.Extra)
	return s
}

// KeepKeys gives holidays that stand in both, with date and name, the code they
// have in the other: who writes a calendar anew need not know the codes.
func (s *Spec) KeepKeys(of Spec) {
	for i := range s.Holidays {
		h := &s.Holidays[i]
		if n := slices.IndexFunc(of.Holidays, func(o Holiday) bool { return o.Date == h.Date && o.Name == h.Name }); n >= 0 {
			h.Key = of.Holidays[n].Key
		}
	}
}

// New makes a calendar. It refuses, with one [*Error] for each fault joined
// into one error: an unknown zone, windows that overlap or end before they
// begin, dates that do not exist or lie outside the range, a holiday given
// twice, an extra day that is also a holiday, and a calendar without any open
// hours. A night shift is written as two windows, to 24:00 and from 00:00.
func New(s Spec) (*Calendar, error) {
	zone, err := LoadZone(s.Zone)
	if err != nil {
		return nil, errors.Join(err, check(s))
	}
	if err := check(s); err != nil {
		return nil, err
	}
	c := &Calendar{zone: zone, spec: s}
	c.spec = c.Spec() // own the slices
	c.buildWeek()
	c.buildSpecial()
	c.buildSegments()
	return c, nil
}

// AlwaysOpen returns the calendar "24x7", version 1, that counts elapsed time
// in the given zone: open around the clock, without holidays. A nil zone is
// UTC.
func AlwaysOpen(zone *time.Location) *Calendar {
	if zone == nil {
		zone = time.UTC
	}
	s := Spec{Name: "24x7", Version: 1, Zone: zone.String()}
	for d := time.Sunday; d <= time.Saturday; d++ {
		s.Weekly = append(s.Weekly, Window{Day: d, To: EndOfDay})
	}
	c := &Calendar{zone: zone, spec: s}
	c.buildWeek()
	c.buildSpecial()
	c.buildSegments()
	return c
}

// LoadZone returns the zone with the given IANA name. The names "" and
// "Local" are refused: a bureau's zone is never that of the machine.
func LoadZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, &Error{Field: "zone", Code: FaultZone, Reason: "a zone name such as Europe/Podgorica is needed"}
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, &Error{Field: "zone", Code: FaultZone, Reason: fmt.Sprintf("%q is not a known zone; use an IANA name such as Europe/Podgorica", clip(name))}
	}
	return zone, nil
}

// WeekdaysFrom returns the same window for each weekday from first through
// last, in the order of the week that begins with first.
func WeekdaysFrom(first, last time.Weekday, from, to Minute) []Window {
	var ws []Window
	for d := first; ; d = (d + 1) % 7 {
		ws = append(ws, Window{Day: d, From: from, To: to})
		if d == last || len(ws) == 7 {
			return ws
		}
	}
}

// check returns the joined faults of a spec, its zone apart.
func check(s Spec) error {
	var errs []error
	fault := func(field string, code Fault, reason string) {
		errs = append(errs, &Error{Field: field, Code: code, Reason: reason})
	}
	if len(s.Weekly) > maxWindows {
		return &Error{Field: "weekly", Code: FaultMany, Reason: fmt.Sprintf("more than %d windows", maxWindows)}
	}
	if len(s.Holidays) > maxDates || len(s.Extra) > maxDates {
		return &Error{Field: "holidays", Code: FaultMany, Reason: fmt.Sprintf("more than %d dates", maxDates)}
	}
	if len(s.Weekly) == 0 && len(s.Extra) == 0 {
		fault("weekly", FaultClosed, "no open hours at all")
	}
	checkWeekly(s.Weekly, fault)
	holidays := checkHolidays(s.Holidays, fault)
	checkExtra(s.Extra, holidays, fault)
	return errors.Join(errs...)
}

func checkWeekly(ws []Window, fault func(field string, code Fault, reason string)) {
	for i, w := range ws {
		field := fmt.Sprintf("weekly[%d]", i)
		if w.Day < time.Sunday || w.Day > time.Saturday {
			fault(field, FaultDay, "there is no such weekday")
			continue
		}
		if reason := badHours(w.From, w.To); reason != "" {
			fault(field, FaultHours, reason)
			continue
		}
		for j, v := range ws[:i] {
			if v.Day == w.Day && v.From < w.To && w.From < v.To {
				fault(field, FaultOverlap, fmt.Sprintf("%s %s–%s overlaps weekly[%d] %s–%s", w.Day, w.From, w.To, j, v.From, v.To))
				break
			}
		}
	}
}

func checkHolidays(hs []Holiday, fault func(field string, code Fault, reason string)) map[Date]int {
	seen := make(map[Date]int, len(hs))
	for i, h := range hs {
		field := fmt.Sprintf("holidays[%d]", i)
		if !h.Date.valid() {
			fault(field, FaultDay, fmt.Sprintf("%s is not a date between 1980 and 2199", h.Date))
			continue
		}
		if j, twice := seen[h.Date]; twice {
			fault(field, FaultTwice, fmt.Sprintf("%s is given twice, as %q and as %q", h.Date, clip(hs[j].Name), clip(h.Name)))
			continue
		}
		seen[h.Date] = i
	}
	return seen
}

func checkExtra(xs []ExtraDay, holidays map[Date]int, fault func(field string, code Fault, reason string)) {
	byDate := make(map[Date][]int)
	for i, x := range xs {
		field := fmt.Sprintf("extra[%d]", i)
		if !x.Date.valid() {
			fault(field, FaultDay, fmt.Sprintf("%s is not a date between 1980 and 2199", x.Date))
			continue
		}
		if _, both := holidays[x.Date]; both {
			fault(field, FaultBoth, fmt.Sprintf("%s is also a holiday", x.Date))
			continue
		}
		if reason := badHours(x.From, x.To); reason != "" {
			fault(field, FaultHours, reason)
			continue
		}
		for _, j := range byDate[x.Date] {
			if xs[j].From < x.To && x.From < xs[j].To {
				fault(field, FaultOverlap, fmt.Sprintf("%s %s–%s overlaps extra[%d]", x.Date, x.From, x.To, j))
				break
			}
		}
		byDate[x.Date] = append(byDate[x.Date], i)
	}
}

// badHours says what is wrong with the hours from–to, "" if nothing.
func badHours(from, to Minute) string {
	switch {
	case from < 0 || to > EndOfDay:
		return fmt.Sprintf("%s–%s is not within a day of 00:00–24:00", from, to)
	case to < from:
		return fmt.Sprintf("%s–%s ends before it begins; write a night shift as two windows, to 24:00 and from 00:00", from, to)
	case to == from:
		return fmt.Sprintf("%s–%s is empty", from, to)
	}
	return ""
}

// sortSpecial orders special days by date.
func sortSpecial(s []special) {
	slices.SortFunc(s, func(a, b special) int { return cmp.Compare(a.day, b.day) })
}
