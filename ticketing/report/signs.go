package report

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// The thresholds of the signs, all in one place. A sign is found when there are
// at least so many cases and more of them than chance would bring.
const (
	// ShortlyBefore is how shortly before its due instant a wait must begin.
	ShortlyBefore = time.Hour
	// LateShare is the part of a promise's time after which a category with a
	// longer one is suspicious.
	LateShare = 0.75
	// ShortAnswer is the number of characters below which an answer says next to
	// nothing.
	ShortAnswer = 40
	// OpenedAnewWithin is how soon after the closing a new ticket of the same
	// citizen and category is opened by staff.
	OpenedAnewWithin = 48 * time.Hour
	// burst is the time within which many closings or validations are one act.
	burst = 30 * time.Minute
	// leastClosings and leastValidations make a burst.
	leastClosings    = 10
	leastValidations = 5
	// busyFactor: a day on which so many times the usual number is closed is
	// looked into.
	busyFactor = 3
	// busyDays bounds how many days are looked into.
	busyDays = 5
	// chance is how improbable a number of cases must be.
	chance = 1e-4
)

// usual gives for each sign the least number of cases, and the share of its base
// that honest work shows.
var usual = map[SignKind]struct {
	least int64
	share float64
}{
	SignLastHourPause: {4, 0.03},  // of the answers that some wait stopped
	SignRelabelled:    {3, 0.002}, // of the tickets received
	SignOpenedAnew:    {3, 0.002}, // of the tickets received
	SignFalseTwin:     {3, 0.001}, // of the tickets closed
	SignShortAnswer:   {5, 0.01},  // of the answers
}

// SignBase is what cases are compared with.
type SignBase struct {
	Waited, Received, Closed, Answers int64
}

func (b SignBase) of(k SignKind) int64 {
	switch k {
	case SignLastHourPause:
		return b.Waited
	case SignFalseTwin, SignMassClosing:
		return b.Closed
	case SignShortAnswer:
		return b.Answers
	case SignRelabelled, SignOpenedAnew, SignBulkValid:
	}
	return b.Received
}

// Signs judges suspects and closings, each department by itself, with what its
// cases are compared with: all kinds in their order, found or not. Where several
// departments show a sign, the one in which chance explains it least is named.
// closings are episodes ended by hand on days on which unusually many were.
func Signs(suspects []Suspect, closings []TicketFact, bases map[ticketing.DepartmentID]SignBase) []Sign {
	cases := map[SignKind][]Suspect{}
	for _, s := range suspects {
		cases[s.Kind] = append(cases[s.Kind], s)
	}
	for i := range closings {
		c := &closings[i]
		cases[SignMassClosing] = append(cases[SignMassClosing], Suspect{Kind: SignMassClosing, Ticket: c.Ticket, Department: c.Department, Day: c.EndedDay, At: c.Ended})
	}
	var out []Sign
	for _, k := range SignKinds() {
		s := Sign{Kind: k}
		switch k {
		case SignMassClosing:
			s.densest(cases[k], leastClosings, bases)
		case SignBulkValid:
			s.densest(cases[k], leastValidations, bases)
		case SignLastHourPause, SignRelabelled, SignOpenedAnew, SignFalseTwin, SignShortAnswer:
			s.rarest(cases[k], bases)
		}
		out = append(out, s)
	}
	return out
}

// rarest finds the department whose number of cases chance explains least.
func (s *Sign) rarest(cases []Suspect, bases map[ticketing.DepartmentID]SignBase) {
	by := map[ticketing.DepartmentID][]Suspect{}
	for _, c := range cases {
		by[c.Department] = append(by[c.Department], c)
	}
	rare := 1.0
	for _, d := range slices.Sorted(maps.Keys(by)) {
		n, base := int64(len(by[d])), bases[d].of(s.Kind)
		mean := usual[s.Kind].share * float64(base)
		p := tail(n, mean)
		if n < usual[s.Kind].least || p >= chance || p >= rare {
			continue
		}
		rare = p
		s.Found, s.Count, s.Base, s.Usual = true, n, base, mean
		s.Behind.Filter.Departments = []ticketing.DepartmentID{d}
		if s.Kind == SignRelabelled {
			s.From, s.To = mostBetween(by[d])
		}
	}
	if s.Found {
		return
	}
	s.Count = int64(len(cases))
	for _, b := range bases {
		s.Base += b.of(s.Kind)
	}
	s.Usual = usual[s.Kind].share * float64(s.Base)
}

// densest finds the largest burst of one department: Count is its size, At and
// Until its ends.
func (s *Sign) densest(cases []Suspect, least int64, bases map[ticketing.DepartmentID]SignBase) {
	cases = slices.Clone(cases)
	slices.SortFunc(cases, func(a, b Suspect) int {
		return cmp.Or(cmp.Compare(a.Department, b.Department), a.At.Compare(b.At))
	})
	first := 0
	for i := range cases {
		for cases[first].Department != cases[i].Department || cases[i].At.Sub(cases[first].At) > burst {
			first++
		}
		if n := int64(i - first + 1); n > s.Count {
			s.Count, s.At, s.Until = n, cases[first].At, cases[i].At
			s.Behind.Filter.Departments = []ticketing.DepartmentID{cases[i].Department}
		}
	}
	if s.Found = s.Count >= least; !s.Found {
		s.Count, s.At, s.Until, s.Behind = 0, time.Time{}, time.Time{}, Drill{}
	}
	for d, b := range bases {
		if !s.Found || d == s.Behind.Filter.Departments[0] {
			s.Base += b.of(s.Kind)
		}
	}
}

// mostBetween gives the pair of categories most cases went between.
func mostBetween(cases []Suspect) (from, to string) {
	n := map[[2]string]int{}
	best := 0
	for _, c := range cases {
		k := [2]string{c.From, c.To}
		if n[k]++; n[k] > best {
			best, from, to = n[k], c.From, c.To
		}
	}
	return from, to
}

// tail is the probability of n or more events where mean are expected, by
// Poisson's law.
func tail(n int64, mean float64) float64 {
	if n <= 0 {
		return 1
	}
	if mean <= 0 {
		return 0
	}
	below := 0.0
	logTerm := -mean
	for i := range n {
		if i > 0 {
			logTerm += math.Log(mean) - math.Log(float64(i))
		}
		below += math.Exp(logTerm)
	}
	return max(1-below, 0)
}

// signs judges the report's departments.
func (b *builder) signs(ctx context.Context) ([]Sign, error) {
	suspects, err := b.src.Suspects(ctx, b.req.Filter.Departments, b.req.Period)
	if err != nil {
		return nil, err
	}
	depts := b.req.Filter.Departments
	bases := map[ticketing.DepartmentID]SignBase{}
	if len(depts) == 1 {
		bases[depts[0]] = baseOf(b.byDay, b.byDayT)
	} else {
		for value := range b.departmentRows() {
			d, clocks, tickets := b.departmentOf(value)
			bases[d] = baseOf(clocks, tickets)
		}
	}
	return b.signsOf(ctx, depts, suspects, b.byDayT, bases)
}

// departmentRows gives the keys of the rows by department.
func (b *builder) departmentRows() map[string]bool {
	out := map[string]bool{}
	for i := range b.apart {
		if b.apart[i].By == ByDepartment {
			out[b.apart[i].Value] = true
		}
	}
	for i := range b.apartT {
		if b.apartT[i].By == ByDepartment {
			out[b.apartT[i].Value] = true
		}
	}
	return out
}

// departmentOf gives the rows of one department, added up over the period.
func (b *builder) departmentOf(value string) (d ticketing.DepartmentID, clocks []ClockDay, tickets []TicketDay) {
	for i := range b.apart {
		if x := &b.apart[i]; x.By == ByDepartment && x.Value == value {
			d, clocks = x.Department, append(clocks, *x)
		}
	}
	for i := range b.apartT {
		if x := &b.apartT[i]; x.By == ByDepartment && x.Value == value {
			d, tickets = x.Department, append(tickets, *x)
		}
	}
	return d, clocks, tickets
}

// baseOf is what cases are compared with, from folded rows.
func baseOf(clocks []ClockDay, tickets []TicketDay) SignBase {
	sums, t := totals(clocks, tickets)
	base := SignBase{Received: t.Received, Closed: t.Closed, Waited: sums[ticketing.ClockAnswer].Waited}
	for _, k := range []ticketing.ClockKind{ticketing.ClockAnswer, ticketing.ClockNextAnswer} {
		base.Answers += sums[k].Done
	}
	return base
}

// signsOf judges the signs of departments from their daily rows.
func (b *builder) signsOf(ctx context.Context, depts []ticketing.DepartmentID, suspects []Suspect, tickets []TicketDay, bases map[ticketing.DepartmentID]SignBase) ([]Sign, error) {
	suspects = slices.DeleteFunc(slices.Clone(suspects), func(s Suspect) bool { return len(depts) > 0 && !slices.Contains(depts, s.Department) })
	closings, err := b.closings(ctx, depts, tickets)
	if err != nil {
		return nil, err
	}
	signs := Signs(suspects, closings, bases)
	for i := range signs {
		s := &signs[i]
		d := b.drill(SetSign, "")
		d.Sign, d.Since, d.Until = s.Kind, s.At, s.Until
		if d.Filter.Departments = s.Behind.Filter.Departments; d.Filter.Departments == nil {
			d.Filter.Departments = depts
		}
		s.Behind = d
	}
	return signs, nil
}

// closings reads what was closed by hand on the days on which unusually much was.
func (b *builder) closings(ctx context.Context, depts []ticketing.DepartmentID, tickets []TicketDay) ([]TicketFact, error) {
	var out []TicketFact
	for _, day := range busy(tickets) {
		q := FactQuery{Filter: Filter{Departments: depts}, Period: Period{day, day}}
		err := b.src.TicketFacts(ctx, q, func(t *TicketFact) error {
			if t.EndedDay == day && t.ByHand {
				out = append(out, *t)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// busy gives the days on which far more was closed than on most days with
// closings, busiest first.
func busy(tickets []TicketDay) []Day {
	closed := map[Day]int64{}
	for i := range tickets {
		if n := tickets[i].Closed; n > 0 {
			closed[tickets[i].Day] += n
		}
	}
	var counts []int64
	var days []Day
	for d, n := range closed {
		counts, days = append(counts, n), append(days, d)
	}
	if len(counts) == 0 {
		return nil
	}
	slices.Sort(counts)
	limit := max(leastClosings, busyFactor*counts[len(counts)/2])
	days = slices.DeleteFunc(days, func(d Day) bool { return closed[d] < limit })
	slices.SortFunc(days, func(x, y Day) int { return cmp.Or(cmp.Compare(closed[y], closed[x]), cmp.Compare(x, y)) })
	return days[:min(len(days), busyDays)]
}
