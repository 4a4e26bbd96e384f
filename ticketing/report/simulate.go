package report

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// Histories gives tickets with what their facts are derived from; storage
// implements it.
type Histories interface {
	// Histories walks the tickets received from the one instant until before the
	// other, spam left out, with their events of the kinds: those still in work
	// behind the others, each group by receipt. Answers and Earlier are left empty.
	Histories(ctx context.Context, from, to time.Time, kinds []ticketing.EventKind, each func(*History) error) error
}

// simulatedBack is how long before its period a simulation reads receipts: what
// was received earlier and falls due in the period was reopened.
const simulatedBack = 400

// OnTime is formula D in two numbers.
type OnTime struct {
	Met int64 `json:"met"` // by their due instant
	Due int64 `json:"due"` // of the promises due in the period
}

// Share is the part that was met; ok is false when nothing was due.
func (o OnTime) Share() (share float64, ok bool) {
	if o.Due == 0 {
		return 0, false
	}
	return float64(o.Met) / float64(o.Due), true
}

func (o *OnTime) add(p OnTime) { o.Met, o.Due = o.Met+p.Met, o.Due+p.Due }

// A Simulated is what a simulation found for a department, or for all.
type Simulated struct {
	Department   ticketing.DepartmentID // 0: all
	Today, Under OnTime
}

// Change is how the share would change, in parts of one; ok is false when one of
// the two has no denominator.
func (s Simulated) Change() (change float64, ok bool) {
	today, a := s.Today.Share()
	under, b := s.Under.Share()
	return under - today, a && b
}

// A Simulation replays past promises to answer under another profile: what
// would have fallen due in the period, and what of it was answered by then. Add
// every history of its window, in any order; the result does not depend on it.
type Simulation struct {
	Profile ticketing.Profile
	Period  Period
	AsOf    time.Time // the end of the period, or now when that is earlier

	Tickets int // that were looked at
	Assumed int // counted from the first act of a person, for want of a validation
	Waiting int // that nobody has validated or touched: their promise has not begun

	town       Town
	zone       *time.Location
	categories map[ticketing.CategoryID]ticketing.Category
	sums       map[ticketing.DepartmentID]*Simulated
}

// NewSimulation prepares the replay under the newest version of the profile.
// NotFound for an unknown profile, Invalid for a bad period.
func NewSimulation(dir *ticketing.Directory, profile string, p Period, now time.Time) (*Simulation, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	under, ok := dir.Rules.Profile(profile, 0)
	if !ok {
		return nil, &ticketing.Error{Kind: ticketing.NotFound, Field: "profile", Key: "profile.unknown", Args: map[string]any{"Name": profile}}
	}
	s := &Simulation{
		Profile: under, Period: p, town: TownOf(dir), zone: dir.Rules.Zone(), categories: map[ticketing.CategoryID]ticketing.Category{},
		sums: map[ticketing.DepartmentID]*Simulated{},
	}
	if s.AsOf = (p.To + 1).Start(s.zone).UTC(); now.Before(s.AsOf) {
		s.AsOf = now.UTC()
	}
	for _, c := range dir.Categories {
		s.categories[c.ID] = c
	}
	return s, nil
}

// Window is the receipts that the simulation looks at: from, and until before to.
func (s *Simulation) Window() (from, to time.Time) {
	return (s.Period.From - simulatedBack).Start(s.zone), (s.Period.To + 1).Start(s.zone)
}

// acts are what a person does to a ticket that shows it was read.
var acts = []ticketing.EventKind{ticketing.EventAssigned, ticketing.EventReplied, ticketing.EventNoted, ticketing.EventWaiting}

// EventsReplayed are the kinds of events a simulation is told.
func EventsReplayed() []ticketing.EventKind { return append(EventsRead(), acts...) }

// Add replays a ticket.
func (s *Simulation) Add(h *History) {
	s.Tickets++
	s.count(h, func(sum *Simulated) *OnTime { return &sum.Today }, nil)
	under := *h
	category := s.categories[h.Ticket.Category]
	validated := h.Ticket.ValidatedAt
	if s.Profile.Start == ticketing.FromValidation && !category.OnCall && validated.IsZero() {
		switch validated = firstAct(h); {
		case validated.IsZero():
			s.Waiting++
		default:
			s.Assumed++
		}
	}
	under.Ticket = s.town.Rules.Under(h.Ticket, s.Profile, category, validated, s.AsOf)
	s.count(&under, func(sum *Simulated) *OnTime { return &sum.Under }, func(d *deriver, c *ticketing.Clock) ticketing.DepartmentID {
		at := c.Due
		for _, deed := range []time.Time{c.MetAt, c.EndedAt} {
			if !deed.IsZero() && (at.IsZero() || deed.Before(at)) {
				at = deed
			}
		}
		return d.custodian(at)
	})
}

// firstAct is when a person first did something, zero when nobody has.
func firstAct(h *History) time.Time {
	for i := range h.Events {
		if _, person := ticketing.AgentOf(h.Events[i].Actor); person && h.Events[i].Kind != ticketing.EventOpened {
			return h.Events[i].At
		}
	}
	return time.Time{}
}

// count adds the promises of the ticket that were due in the period.
func (s *Simulation) count(h *History, of func(*Simulated) *OnTime, charged func(*deriver, *ticketing.Clock) ticketing.DepartmentID) {
	d := deriver{h: h, Town: s.town, zone: s.zone}
	d.readEvents()
	for i := range h.Ticket.Clocks {
		c := &h.Ticket.Clocks[i]
		if c.Kind != ticketing.ClockAnswer {
			continue
		}
		f, ok := d.clock(c)
		if !ok || !f.Counted || f.Due.After(s.AsOf) || !s.Period.Contains(DayOf(f.Due, s.zone)) {
			continue
		}
		dept := f.Department
		if charged != nil {
			dept = charged(&d, c)
		}
		if s.sums[dept] == nil {
			s.sums[dept] = &Simulated{Department: dept}
		}
		sum := of(s.sums[dept])
		sum.Due++
		if f.Outcome == OutcomeMet {
			sum.Met++
		}
	}
}

// Result gives what was found, by department, and of all.
func (s *Simulation) Result() (departments []Simulated, all Simulated) {
	for _, sum := range s.sums {
		departments = append(departments, *sum)
		all.Today.add(sum.Today)
		all.Under.add(sum.Under)
	}
	slices.SortFunc(departments, func(a, b Simulated) int { return cmp.Compare(a.Department, b.Department) })
	return departments, all
}
