package ticketingtest

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/sistem48/system48/ticketing"
)

type routingKey struct {
	kind    ticketing.RoutingKind
	version int64
}

func (v view) newestRouting(kind ticketing.RoutingKind) int64 {
	newest := int64(0)
	for k := range v.routings.each(v.in) {
		if k.kind == kind {
			newest = max(newest, k.version)
		}
	}
	return newest
}

func (v view) routes() (*ticketing.Routes, error) {
	rules, someRules := v.routings.get(v.in, routingKey{ticketing.RoutingOfRules, v.newestRouting(ticketing.RoutingOfRules)})
	districts, some := v.routings.get(v.in, routingKey{ticketing.RoutingOfDistricts, v.newestRouting(ticketing.RoutingOfDistricts)})
	var a, b string
	if someRules {
		a = rules.Body
	}
	if some {
		b = districts.Body
	}
	if !some && !someRules {
		return nil, nil //nolint:nilnil // no routing
	}
	return ticketing.ParseRoutes(a, b)
}

// SaveRouting implements [ticketing.Tx].
func (t *tx) SaveRouting(ctx context.Context, v *ticketing.RoutingVersion) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	if v.Version != t.newestRouting(v.Kind)+1 {
		return fail(ticketing.Stale, "routing.changed")
	}
	t.routings.put(routingKey{v.Kind, v.Version}, copyOf(v))
	t.touch()
	return nil
}

// Turn implements [ticketing.Tx].
func (t *tx) Turn(ctx context.Context, d ticketing.DepartmentID) (ticketing.AgentID, error) {
	if err := t.use(ctx); err != nil {
		return 0, err
	}
	a, _ := t.turns.get(t.in, d)
	return a, nil
}

// SetTurn implements [ticketing.Tx].
func (t *tx) SetTurn(ctx context.Context, d ticketing.DepartmentID, a ticketing.AgentID) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	t.turns.put(d, a)
	return nil
}

// Workload implements [ticketing.Tx].
func (t *tx) Workload(ctx context.Context, agents []ticketing.AgentID) (map[ticketing.AgentID]int, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	out := map[ticketing.AgentID]int{}
	for _, x := range t.tickets.each(t.in) {
		if x.State.InWork() && slices.Contains(agents, x.Assignee) {
			out[x.Assignee]++
		}
	}
	return out, nil
}

// Absence implements [ticketing.Tx].
func (t *tx) Absence(ctx context.Context, id ticketing.AbsenceID) (*ticketing.Absence, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	if a, ok := t.absences.get(t.in, id); ok {
		return copyOf(a), nil
	}
	return nil, fail(ticketing.NotFound, "absence.unknown")
}

// SaveAbsence implements [ticketing.Tx].
func (t *tx) SaveAbsence(ctx context.Context, a *ticketing.Absence) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	if a.ID == 0 {
		a.ID, a.Version = ticketing.AbsenceID(t.next("directory/absence")), 1
	} else {
		stored, ok := t.absences.get(t.in, a.ID)
		if !ok {
			return fail(ticketing.NotFound, "absence.unknown")
		}
		if stored.Version != a.Version {
			return fail(ticketing.Stale, "absence.changed")
		}
		a.Version++
	}
	t.absences.put(a.ID, copyOf(a))
	t.touch()
	return nil
}

// AbsencesToBegin implements [ticketing.AbsenceDuties].
func (s *Store) AbsencesToBegin(ctx context.Context, now time.Time, n int) (out []ticketing.Absence, err error) {
	err = s.read(ctx, func(v view) error {
		list := v.absences.list(v.in, func(a *ticketing.Absence) bool { return a.HandOver && a.BegunAt.IsZero() && a.Lasts(now) },
			func(a, b *ticketing.Absence) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.ID, b.ID)) })
		for _, a := range limit(list, n) {
			out = append(out, *copyOf(a))
		}
		return nil
	})
	return out, err
}

// AssignedTo implements [ticketing.AbsenceDuties].
func (s *Store) AssignedTo(ctx context.Context, a ticketing.AgentID, n int) ([]ticketing.TicketID, error) {
	return s.ticketIDs(ctx, n, func(t *ticketing.Ticket) bool { return t.State.InWork() && t.Assignee == a },
		func(a, b *ticketing.Ticket) int { return cmp.Compare(a.ID, b.ID) })
}

// RoutingVersions implements [ticketing.RoutingReads].
func (s *Store) RoutingVersions(ctx context.Context, kind ticketing.RoutingKind, before int64, n int) (out []ticketing.RoutingVersion, err error) {
	err = s.read(ctx, func(v view) error {
		list := v.routings.list(v.in, func(x *ticketing.RoutingVersion) bool { return x.Kind == kind && (before <= 0 || x.Version < before) },
			func(a, b *ticketing.RoutingVersion) int { return cmp.Compare(b.Version, a.Version) })
		for _, x := range limit(list, n) {
			one := *copyOf(x)
			one.Body = ""
			out = append(out, one)
		}
		return nil
	})
	return out, err
}

// RoutingVersion implements [ticketing.RoutingReads].
func (s *Store) RoutingVersion(ctx context.Context, kind ticketing.RoutingKind, version int64) (out ticketing.RoutingVersion, err error) {
	err = s.read(ctx, func(v view) error {
		x, ok := v.routings.get(v.in, routingKey{kind, version})
		if !ok {
			return fail(ticketing.NotFound, "routing.unknown")
		}
		out = *copyOf(x)
		return nil
	})
	return out, err
}

// PastTickets implements [ticketing.RoutingReads].
func (s *Store) PastTickets(ctx context.Context, before ticketing.TicketID, n int) (out []ticketing.PastTicket, err error) {
	err = s.read(ctx, func(v view) error {
		list := v.tickets.list(v.in, func(t *ticketing.Ticket) bool { return !isSpam(t) && (before <= 0 || t.ID < before) },
			func(a, b *ticketing.Ticket) int { return cmp.Compare(b.ID, a.ID) })
		for _, t := range limit(list, n) {
			out = append(out, v.past(t))
		}
		return nil
	})
	return out, err
}

func (v view) past(t *ticketing.Ticket) ticketing.PastTicket {
	p := ticketing.PastTicket{ID: t.ID, Ref: t.Ref, Department: t.Department, ByHand: true, Case: ticketing.RoutingCase{
		Channel: t.Channel, Account: t.Account, Language: t.Language, Subject: t.Subject, Location: t.Location, Category: t.Category,
	}}
	ids, _ := v.messagesOf.get(v.in, t.ID)
	for _, id := range slices.Sorted(slices.Values(ids)) {
		m, _ := v.messages.get(v.in, id)
		if m.Direction != ticketing.In {
			continue
		}
		p.ByHand = m.By != ticketing.SystemActor("intake").ID()
		p.Case.Text = m.Text[:min(m.FoldAt, len(m.Text))]
		if m.Auth != ticketing.AuthFail && !slices.Contains(m.Notes, "two_from") {
			p.Case.Sender = m.Author.Address
		}
		break
	}
	return p
}
