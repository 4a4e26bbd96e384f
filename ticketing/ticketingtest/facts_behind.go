package ticketingtest

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
)

// A listed is a case with its place in the list.
type listed struct {
	Day  report.Day
	ID   int64
	Part int64
	Due  time.Time // of lists by it; else none
	line report.Case
}

// Counts implements [report.Behind].
func (s *Store) Counts(ctx context.Context, drills []report.Drill) ([]int64, error) {
	out := make([]int64, len(drills))
	for i, d := range drills {
		list, err := s.cases(ctx, d)
		if err != nil {
			return nil, err
		}
		out[i] = int64(len(list))
	}
	return out, nil
}

// Behind implements [report.Behind].
func (s *Store) Behind(ctx context.Context, d report.Drill, cursor string, limit int) (ticketing.Page[report.Case], error) {
	var page ticketing.Page[report.Case]
	list, err := s.cases(ctx, d)
	if err != nil {
		return page, err
	}
	if cursor != "" {
		var from listed
		if err := readCursor(cursor, &from); err != nil {
			return page, err
		}
		list = slices.DeleteFunc(list, func(x listed) bool { return compareListed(x, from) <= 0 })
	}
	if limit <= 0 {
		limit = 50
	}
	limit = min(limit, 200)
	if len(list) > limit {
		list = list[:limit]
		page.Next = makeCursor(list[limit-1])
	}
	for i := range list {
		page.Items = append(page.Items, list[i].line)
	}
	return page, nil
}

func compareListed(a, b listed) int {
	if !a.Due.IsZero() {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Part, b.Part))
	}
	return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Part, b.Part))
}

// cases gives the members of a set in their order.
func (s *Store) cases(ctx context.Context, d report.Drill) (list []listed, err error) {
	asOf := d.AsOf
	if asOf.IsZero() {
		asOf = s.instant()
	}
	s.facts.RLock()
	switch {
	case d.Set == report.SetSign && d.Sign != report.SignMassClosing:
		for i, x := range s.facts.suspects {
			if x.Kind == d.Sign && d.Period.Contains(x.Day) && in(d.Filter.Departments, x.Department) && (d.Since.IsZero() || !x.At.Before(d.Since) && !x.At.After(d.Until)) {
				list = append(list, listed{x.Day, int64(x.Ticket), int64(i), time.Time{}, report.Case{Ticket: x.Ticket, Department: x.Department, At: x.At}})
			}
		}
	case d.Set.OfClocks():
		for _, f := range standing(s.facts.clocks, d.Reported) {
			if day, ok := clockIn(&f, d, asOf); ok && f.Kind == d.Clock && passes(d.Filter, f.Traits) {
				list = append(list, listed{day, int64(f.Clock), 0, time.Time{}, report.Case{
					Ticket: f.Ticket, Department: f.Department, Clock: f.Clock, Kind: f.Kind, Outcome: f.Outcome, Code: f.Code, Due: f.Due, Settled: f.Settled, Took: f.Took,
				}})
			}
		}
	default:
		for _, f := range standing(s.facts.tickets, d.Reported) {
			if day, ok := ticketIn(&f, d, asOf, s.zone); ok && passes(d.Filter, f.Traits) {
				var due time.Time
				if d.Set == report.SetOverdue { // the latest first
					due = f.NextDue
				}
				list = append(list, listed{day, int64(f.Ticket), int64(f.Episode), due, report.Case{Ticket: f.Ticket, Department: f.Department, Code: f.Code, Due: f.NextDue, Ended: f.Ended}})
			}
		}
	}
	s.facts.RUnlock()
	slices.SortFunc(list, compareListed)
	err = s.read(ctx, func(v view) error {
		for i := range list {
			c := &list[i].line
			t, _ := v.tickets.get(false, c.Ticket)
			c.Ref, c.Subject, c.State, c.Category, c.Channel, c.ReceivedAt, c.Assignee = t.Ref, t.Subject, t.State, t.Category, t.Channel, t.ReceivedAt, t.Assignee
		}
		return nil
	})
	return list, err
}

// clockIn reports whether a promise is in the set, and by which day it is listed.
func clockIn(f *report.ClockFact, d report.Drill, asOf time.Time) (report.Day, bool) {
	due, then := d.Period.Contains(f.Day), f.SettledDay != 0 && d.Period.Contains(f.SettledDay)
	open := f.SettledDay == 0
	late := open && !f.Due.IsZero() && !f.Due.After(asOf)
	settled := then && (f.Done() || f.Counted)
	switch d.Set { //nolint:exhaustive // the others are of tickets
	case report.SetDue:
		return f.Day, due && f.Counted
	case report.SetMet:
		return f.Day, due && f.Counted && f.Outcome == report.OutcomeMet
	case report.SetMissed:
		return f.Day, due && f.Counted && f.Outcome != report.OutcomeMet
	case report.SetExcluded:
		return f.Day, due && !f.Counted && f.Outcome == report.OutcomeEnded
	case report.SetEnded:
		return f.Day, due && f.Outcome == report.OutcomeEnded && (d.Code == "" || d.Code == f.Code)
	case report.SetPausedPast:
		return f.Day, due && f.PausedPast
	case report.SetToCome:
		return f.Day, due && open && f.Outcome == report.OutcomeOpen && f.Due.After(asOf)
	case report.SetDone:
		return f.SettledDay, then && f.Done()
	case report.SetDoneMet:
		return f.SettledDay, then && f.Outcome == report.OutcomeMet
	case report.SetSettledLate:
		return f.Day, settled || late
	case report.SetSettledOpen:
		return f.Day, settled || open
	case report.SetOpenLate:
		return f.Day, late
	case report.SetOpenAll:
		return f.Day, open
	}
	return 0, false
}

// ticketIn is clockIn of episodes.
func ticketIn(f *report.TicketFact, d report.Drill, asOf time.Time, zone *time.Location) (report.Day, bool) {
	today := report.DayOf(asOf, zone)
	open, ended := f.EndedDay == 0, f.EndedDay != 0 && d.Period.Contains(f.EndedDay)
	if a := d.Age; a != nil {
		age := int(today - f.ReceivedDay)
		if age < a.From || (a.To > 0 && age > a.To) {
			return 0, false
		}
	}
	switch d.Set { //nolint:exhaustive // the others are of promises
	case report.SetReceived:
		in := d.Period.Contains(f.StartedDay) && f.Episode == 1
		if c := d.Cell; c != nil {
			in = in && f.Hour == c.Hour && (int(f.StartedDay.Weekday())+6)%7 == c.Weekday
		}
		return f.StartedDay, in
	case report.SetClosed:
		return f.EndedDay, ended
	case report.SetResolved:
		return f.EndedDay, ended && f.Code == ticketing.CodeResolved
	case report.SetFirst:
		return f.EndedDay, ended && f.First
	case report.SetReopened:
		return f.EndedDay, ended && f.Reopened
	case report.SetDenied:
		return f.EndedDay, ended && f.Denied
	case report.SetOpen:
		return f.ReceivedDay, open
	case report.SetOverdue:
		return f.ReceivedDay, open && !f.NextDue.IsZero() && !f.NextDue.After(asOf)
	case report.SetDueToday:
		return f.ReceivedDay, open && f.NextDue.After(asOf) && f.NextDue.Before((today + 1).Start(zone))
	case report.SetUnvalidated:
		return f.ReceivedDay, open && f.Unvalidated
	case report.SetSign:
		return f.EndedDay, ended && f.ByHand && !f.Ended.Before(d.Since) && !f.Ended.After(d.Until)
	}
	return 0, false
}
