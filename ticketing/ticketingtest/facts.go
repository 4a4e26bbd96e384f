package ticketingtest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
)

// factTables are the facts as of the last fold, each with the days between which
// it was known: until is 0 for what stands.
type factTables struct {
	sync.RWMutex
	folded   time.Time
	clocks   []known[report.ClockFact]
	tickets  []known[report.TicketFact]
	suspects []report.Suspect
	clockDay []report.ClockDay
	dayOf    []report.TicketDay
}

type known[T any] struct {
	fact         T
	since, until report.Day
}

// FoldFacts derives the facts of all tickets anew; see [report.Folder].
func (s *Store) FoldFacts(ctx context.Context) (int, error) {
	dir, err := s.Directory(ctx)
	if err != nil {
		return 0, err
	}
	town := report.TownOf(dir)
	today := report.DayOf(s.now(), s.zone)
	var all report.Facts
	err = s.read(ctx, func(v view) error {
		of := map[ticketing.CitizenID][]*ticketing.Ticket{}
		for _, t := range v.tickets.each(false) {
			of[t.Citizen] = append(of[t.Citizen], t)
		}
		for _, t := range v.tickets.each(false) {
			f := report.FactsOf(v.history(t, of[t.Citizen]), town)
			all.Clocks, all.Tickets, all.Suspects = append(all.Clocks, f.Clocks...), append(all.Tickets, f.Tickets...), append(all.Suspects, f.Suspects...)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	f := &s.facts
	f.Lock()
	defer f.Unlock()
	n := 0
	f.folded, f.suspects = s.instant(), all.Suspects
	f.clocks = renew(f.clocks, all.Clocks, today, &n, func(c *report.ClockFact) [2]int64 { return [2]int64{int64(c.Ticket), int64(c.Clock)} })
	f.tickets = renew(f.tickets, all.Tickets, today, &n, func(t *report.TicketFact) [2]int64 { return [2]int64{int64(t.Ticket), int64(t.Episode)} })
	var fold report.Fold
	for i := range all.Clocks {
		fold.Clock(&all.Clocks[i])
	}
	for i := range all.Tickets {
		fold.Ticket(&all.Tickets[i])
	}
	f.clockDay, f.dayOf = fold.Days()
	return n, nil
}

// renew closes what is no longer so and adds what is new, counting changes.
func renew[T comparable](list []known[T], now []T, today report.Day, n *int, key func(*T) [2]int64) []known[T] {
	fresh := map[[2]int64]T{}
	for i := range now {
		fresh[key(&now[i])] = now[i]
	}
	var out []known[T]
	for _, k := range list {
		id := key(&k.fact)
		f, stands := fresh[id]
		switch {
		case k.until != 0:
		case stands && f == k.fact:
			delete(fresh, id)
		case k.since < today:
			k.until = today
			*n++
		default:
			*n++
			continue // never outlived its day
		}
		out = append(out, k)
	}
	for i := range now {
		if f, ok := fresh[key(&now[i])]; ok {
			out = append(out, known[T]{f, today, 0})
			*n++
		}
	}
	return out
}

// history gathers what a ticket's facts are derived from.
func (v view) history(t *ticketing.Ticket, others []*ticketing.Ticket) *report.History {
	h := &report.History{Ticket: copyOf(t), Answers: map[ticketing.MessageID]int{}}
	if routes, err := v.routes(); err == nil {
		d, _ := (&ticketing.Directory{Routes: routes}).District(t.District)
		h.District = d.Code
	}
	list, _ := v.events.get(v.in, t.ID)
	for _, e := range list {
		if slices.Contains(report.EventsRead(), e.Kind) {
			h.Events = append(h.Events, readEvent(e))
		}
	}
	for _, c := range t.Clocks {
		if m, ok := v.messages.get(v.in, c.Answer); ok && !c.MetAt.IsZero() {
			text := m.Text
			if m.FoldAt > 0 && m.FoldAt < len(text) {
				text = text[:m.FoldAt]
			}
			h.Answers[c.Answer] = utf8.RuneCountInString(strings.TrimSpace(text))
		}
	}
	if o, ok := v.tickets.get(v.in, t.DuplicateOf); ok {
		n := neighbour(o)
		h.Original = &n
	}
	for _, o := range others {
		if o.ID != t.ID && t.Citizen != 0 {
			h.Earlier = append(h.Earlier, neighbour(o))
		}
	}
	return h
}

func neighbour(o *ticketing.Ticket) report.Neighbour {
	return report.Neighbour{
		ID: o.ID, Category: o.Category, Subject: o.Subject, Lat: o.Location.Lat, Lon: o.Location.Lon, State: o.State,
		ReceivedAt: o.ReceivedAt, ResolvedAt: o.ResolvedAt, ClosedAt: o.ClosedAt, Code: o.Code,
	}
}

// CheckFacts finds nothing wrong: nothing is kept apart; see [report.Folder].
func (s *Store) CheckFacts(context.Context, report.Period) (int, error) { return 0, nil }

// RebuildFacts has nothing to mark; see [report.Folder].
func (s *Store) RebuildFacts(context.Context) error { return nil }

// ClockDays implements [report.Sums].
func (s *Store) ClockDays(_ context.Context, q report.SumQuery) ([]report.ClockDay, error) {
	s.facts.RLock()
	defer s.facts.RUnlock()
	out, _ := report.Select(s.facts.clockDay, nil, q)
	return out, nil
}

// TicketDays implements [report.Sums].
func (s *Store) TicketDays(_ context.Context, q report.SumQuery) ([]report.TicketDay, error) {
	s.facts.RLock()
	defer s.facts.RUnlock()
	_, out := report.Select(nil, s.facts.dayOf, q)
	return out, nil
}

// Standings implements [report.Sums].
func (s *Store) Standings(context.Context) ([]report.Standing, time.Time, error) {
	s.facts.RLock()
	defer s.facts.RUnlock()
	at := s.facts.folded
	end := (report.DayOf(at, s.zone) + 1).Start(s.zone)
	by := map[ticketing.DepartmentID]*report.Standing{}
	for _, k := range s.facts.tickets {
		f := &k.fact
		if k.until != 0 || f.EndedDay != 0 {
			continue
		}
		x := by[f.Department]
		if x == nil {
			x = &report.Standing{Department: f.Department}
			by[f.Department] = x
		}
		x.Open++
		if !f.NextDue.IsZero() && !f.NextDue.After(at) {
			x.Overdue++
		}
		if f.NextDue.After(at) && f.NextDue.Before(end) {
			x.DueToday++
		}
		if f.Unvalidated {
			x.Unvalidated++
			if day := f.ReceivedDay.Start(s.zone).UTC(); x.Oldest.IsZero() || day.Before(x.Oldest) {
				x.Oldest = day
			}
		}
	}
	var out []report.Standing
	for _, x := range by {
		out = append(out, *x)
	}
	slices.SortFunc(out, func(a, b report.Standing) int { return int(a.Department - b.Department) })
	return out, at, nil
}

// standing gives the facts as they stand, or stood at the end of a day.
func standing[T any](list []known[T], reported report.Day) []T {
	var out []T
	for _, k := range list {
		if (reported == 0 && k.until == 0) || (reported != 0 && k.since <= reported && (k.until == 0 || k.until > reported)) {
			out = append(out, k.fact)
		}
	}
	return out
}

// passes reports whether traits pass a filter.
func passes(f report.Filter, t report.Traits) bool {
	return in(f.Departments, t.Department) && in(f.Categories, t.Category) && in(f.Channels, t.Channel) && in(f.Districts, t.District) && in(f.Languages, t.Language)
}

func in[T comparable](list []T, x T) bool { return len(list) == 0 || slices.Contains(list, x) }

// ClockFacts implements [report.FactReads].
func (s *Store) ClockFacts(_ context.Context, q report.FactQuery, each func(*report.ClockFact) error) error {
	s.facts.RLock()
	defer s.facts.RUnlock()
	for _, f := range standing(s.facts.clocks, q.Reported) {
		if passes(q.Filter, f.Traits) && (q.Period.Contains(f.Day) || (f.SettledDay != 0 && q.Period.Contains(f.SettledDay))) {
			if err := each(&f); err != nil {
				return err
			}
		}
	}
	return nil
}

// TicketFacts implements [report.FactReads].
func (s *Store) TicketFacts(_ context.Context, q report.FactQuery, each func(*report.TicketFact) error) error {
	s.facts.RLock()
	defer s.facts.RUnlock()
	for _, f := range standing(s.facts.tickets, q.Reported) {
		if passes(q.Filter, f.Traits) && (q.Period.Contains(f.StartedDay) || (f.EndedDay != 0 && q.Period.Contains(f.EndedDay))) {
			if err := each(&f); err != nil {
				return err
			}
		}
	}
	return nil
}

// Suspects implements [report.FactReads].
func (s *Store) Suspects(_ context.Context, departments []ticketing.DepartmentID, p report.Period) ([]report.Suspect, error) {
	s.facts.RLock()
	defer s.facts.RUnlock()
	var out []report.Suspect
	for _, x := range s.facts.suspects {
		if p.Contains(x.Day) && in(departments, x.Department) {
			out = append(out, x)
		}
	}
	return out, nil
}
