package report

import (
	"maps"
	"slices"
	"strconv"

	"github.com/sistem48/system48/ticketing"
)

// A DayKey says what a folded row sums up: one department's day by one value of
// one dimension. Department 0 is the whole city.
type DayKey struct {
	Department ticketing.DepartmentID
	Day        Day
	By         Dimension
	Value      string
}

// A ClockDay sums the promises of one kind that fell due on a day, and those
// that were settled on it.
type ClockDay struct {
	DayKey
	Kind ticketing.ClockKind
	ClockSum
}

// ClockSum counts promises.
type ClockSum struct {
	// By due day.
	Due        int64 // counted by formula D: Met + Late + Open + Ended
	Met        int64
	Late       int64
	Open       int64
	Ended      int64 // counted
	Unanswered int64 // ended without the deed, counted or not
	Excluded   int64
	PausedPast int64
	Waited     int64
	// By day of the deed or the end.
	Done      int64
	DoneMet   int64
	EndedThen int64  // counted
	Spread    Spread // of what was done, in calendar seconds
}

// Add adds another sum.
func (s *ClockSum) Add(o *ClockSum) {
	s.Due += o.Due
	s.Met += o.Met
	s.Late += o.Late
	s.Open += o.Open
	s.Ended += o.Ended
	s.Unanswered += o.Unanswered
	s.Excluded += o.Excluded
	s.PausedPast += o.PausedPast
	s.Waited += o.Waited
	s.Done += o.Done
	s.DoneMet += o.DoneMet
	s.EndedThen += o.EndedThen
	s.Spread = s.Spread.merge(o.Spread)
}

// A TicketDay sums the episodes begun and those ended on a day.
type TicketDay struct {
	DayKey
	TicketSum
}

// TicketSum counts episodes.
type TicketSum struct {
	Received int64     // first episodes
	Hours    [24]int64 // Received by local hour
	// By day of the end.
	Closed   int64
	Resolved int64 // closed as solved
	First    int64
	Reopened int64
	Denied   int64
	Legs     int64
	// Wall seconds of those closed.
	Own, Elsewhere, Citizen, Others int64
}

// Add adds another sum.
func (s *TicketSum) Add(o *TicketSum) {
	s.Received += o.Received
	for i := range s.Hours {
		s.Hours[i] += o.Hours[i]
	}
	s.Closed += o.Closed
	s.Resolved += o.Resolved
	s.First += o.First
	s.Reopened += o.Reopened
	s.Denied += o.Denied
	s.Legs += o.Legs
	s.Own += o.Own
	s.Elsewhere += o.Elsewhere
	s.Citizen += o.Citizen
	s.Others += o.Others
}

// values gives the value of each dimension that days are summed by.
func (t *Traits) values() [5]dimValue {
	return [...]dimValue{
		{ByAll, ""},
		{ByCategory, strconv.FormatInt(int64(t.Category), 10)},
		{ByChannel, string(t.Channel)},
		{ByDistrict, t.District},
		{ByLanguage, t.Language},
	}
}

type dimValue struct {
	by    Dimension
	value string
}

type clockKey struct {
	DayKey
	kind ticketing.ClockKind
}

// A Fold adds facts up. Its zero value is empty.
type Fold struct {
	clocks  map[clockKey]*ClockSum
	tickets map[DayKey]*TicketSum
	// Only, when set, says which days are folded: a fact that touches another
	// adds nothing there.
	Only func(d ticketing.DepartmentID, day Day) bool
	// Without keeps histograms out, where only counts are wanted.
	Without bool
}

func (f *Fold) clock(d ticketing.DepartmentID, day Day, v dimValue, kind ticketing.ClockKind) *ClockSum {
	k := clockKey{DayKey{d, day, v.by, v.value}, kind}
	s := f.clocks[k]
	if s == nil {
		if f.clocks == nil {
			f.clocks = map[clockKey]*ClockSum{}
		}
		s = &ClockSum{}
		f.clocks[k] = s
	}
	return s
}

func (f *Fold) ticket(d ticketing.DepartmentID, day Day, v dimValue) *TicketSum {
	k := DayKey{d, day, v.by, v.value}
	s := f.tickets[k]
	if s == nil {
		if f.tickets == nil {
			f.tickets = map[DayKey]*TicketSum{}
		}
		s = &TicketSum{}
		f.tickets[k] = s
	}
	return s
}

func (f *Fold) folds(d ticketing.DepartmentID, day Day) bool {
	return day != 0 && (f.Only == nil || f.Only(d, day))
}

// Clock adds a promise to the day it fell due and to the day it was settled.
func (f *Fold) Clock(c *ClockFact) {
	if f.folds(c.Department, c.Day) {
		for _, v := range c.values() {
			f.clock(c.Department, c.Day, v, c.Kind).due(c)
		}
		if c.Outcome == OutcomeEnded {
			f.clock(c.Department, c.Day, dimValue{ByCode, string(c.Code)}, c.Kind).due(c)
		}
	}
	if f.folds(c.Department, c.SettledDay) && (c.Done() || c.Counted) {
		for _, v := range c.values() {
			f.clock(c.Department, c.SettledDay, v, c.Kind).settled(c, !f.Without)
		}
	}
}

func (s *ClockSum) due(c *ClockFact) {
	if c.Counted {
		s.Due++
		switch c.Outcome {
		case OutcomeMet:
			s.Met++
		case OutcomeLate:
			s.Late++
		case OutcomeOpen:
			s.Open++
		case OutcomeEnded:
			s.Ended++
		case OutcomePaused:
		}
	} else if c.Outcome == OutcomeEnded {
		s.Excluded++
	}
	if c.Outcome == OutcomeEnded {
		s.Unanswered++
	}
	if c.PausedPast {
		s.PausedPast++
	}
	if c.Waited {
		s.Waited++
	}
}

func (s *ClockSum) settled(c *ClockFact, spread bool) {
	if !c.Done() {
		s.EndedThen++
		return
	}
	s.Done++
	if c.Outcome == OutcomeMet {
		s.DoneMet++
	}
	if spread {
		s.Spread.add(c.Took)
	}
}

// Ticket adds an episode to the day it began and to the day it ended.
func (f *Fold) Ticket(t *TicketFact) {
	if t.Episode == 1 && f.folds(t.Department, t.StartedDay) {
		for _, v := range t.values() {
			s := f.ticket(t.Department, t.StartedDay, v)
			s.Received++
			s.Hours[t.Hour]++
		}
	}
	if f.folds(t.Department, t.EndedDay) {
		for _, v := range t.values() {
			f.ticket(t.Department, t.EndedDay, v).ended(t)
		}
	}
}

func (s *TicketSum) ended(t *TicketFact) {
	s.Closed++
	if t.Code == ticketing.CodeResolved {
		s.Resolved++
	}
	for counter, is := range map[*int64]bool{&s.First: t.First, &s.Reopened: t.Reopened, &s.Denied: t.Denied} {
		if is {
			*counter++
		}
	}
	s.Legs += int64(t.Legs)
	s.Own += t.Own
	s.Elsewhere += t.Elsewhere
	s.Citizen += t.Citizen
	s.Others += t.Others
}

// Days gives the folded rows, those of promises and those of episodes.
func (f *Fold) Days() ([]ClockDay, []TicketDay) {
	clocks := make([]ClockDay, 0, len(f.clocks))
	for k, s := range f.clocks {
		clocks = append(clocks, ClockDay{k.DayKey, k.kind, *s})
	}
	tickets := make([]TicketDay, 0, len(f.tickets))
	for k, s := range f.tickets {
		tickets = append(tickets, TicketDay{k, *s})
	}
	return clocks, tickets
}

// City adds the departments' rows up to those of the whole city, department 0.
func City(clocks []ClockDay, tickets []TicketDay) ([]ClockDay, []TicketDay) {
	var f Fold
	for i := range clocks {
		c := &clocks[i]
		f.clock(0, c.Day, dimValue{c.By, c.Value}, c.Kind).Add(&c.ClockSum)
	}
	for i := range tickets {
		t := &tickets[i]
		f.ticket(0, t.Day, dimValue{t.By, t.Value}).Add(&t.TicketSum)
	}
	return f.Days()
}

// has reports whether the dimension is asked for.
func (q *SumQuery) has(by Dimension) bool { return len(q.By) == 0 || slices.Contains(q.By, by) }

// Select gives of folded rows of departments what a query asks for: how a Source
// that keeps rows in memory answers, and how facts folded for one report are
// read.
func Select(clocks []ClockDay, tickets []TicketDay, q SumQuery) ([]ClockDay, []TicketDay) {
	var f Fold
	key := func(k DayKey) (DayKey, bool) {
		if k.Department == 0 || !q.Period.Contains(k.Day) || !q.has(k.By) || (len(q.Departments) > 0 && !slices.Contains(q.Departments, k.Department)) {
			return k, false
		}
		switch {
		case q.Whole:
			k.Day = 0
		case q.Weekly:
			k.Day = k.Day.Monday()
		}
		if !q.Apart && (q.Whole || len(q.Departments) == 0) {
			k.Department = 0
		}
		return k, true
	}
	for i := range clocks {
		if k, ok := key(clocks[i].DayKey); ok && (len(q.Kinds) == 0 || slices.Contains(q.Kinds, clocks[i].Kind)) {
			sum := clocks[i].ClockSum
			if q.Whole || q.Weekly {
				sum.Spread = nil
			}
			if q.Brief {
				sum = ClockSum{Due: sum.Due, Met: sum.Met, Waited: sum.Waited, Done: sum.Done}
			}
			f.clock(k.Department, k.Day, dimValue{k.By, k.Value}, clocks[i].Kind).Add(&sum)
		}
	}
	for i := range tickets {
		if k, ok := key(tickets[i].DayKey); ok {
			sum := tickets[i].TicketSum
			if q.Whole || q.Weekly {
				sum.Hours = [24]int64{}
			}
			if q.Brief {
				sum = TicketSum{Received: sum.Received, Closed: sum.Closed}
			}
			f.ticket(k.Department, k.Day, dimValue{k.By, k.Value}).Add(&sum)
		}
	}
	return f.Days()
}

// valuesOf gives the values of a dimension among rows, in order.
func valuesOf[T any](rows map[string]T) []string { return slices.Sorted(maps.Keys(rows)) }
