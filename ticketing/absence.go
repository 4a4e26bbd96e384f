package ticketing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// AbsenceID numbers an absence.
type AbsenceID int64

// An Absence is a time in which a member of staff is away. New tickets pass
// them by; those they have are handed over when it begins, if that is wanted.
type Absence struct {
	ID         AbsenceID
	Agent      AgentID
	From       time.Time
	Until      time.Time // the first instant they are back
	Substitute AgentID   // 0: whoever the department's sharing finds
	HandOver   bool      // the tickets they have go over too, not only new ones
	BegunAt    time.Time // when all had been handed over; zero before
	Version    int64
}

// Lasts reports whether the absence covers the instant.
func (a *Absence) Lasts(at time.Time) bool { return !at.Before(a.From) && at.Before(a.Until) }

// maxAbsence bounds how long one absence may last.
const maxAbsence = 2 * 366 * 24 * time.Hour

// Absent reports whether the agent is away.
func (d *Directory) Absent(id AgentID, at time.Time) bool {
	_, away := d.AbsenceOf(id, at)
	return away
}

// AbsenceOf gives the absence that lasts.
func (d *Directory) AbsenceOf(id AgentID, at time.Time) (Absence, bool) {
	return find(d.Absences, func(a *Absence) bool { return a.Agent == id && a.Lasts(at) })
}

// AbsencesOf gives the agent's absences that last or are to come, first ones first.
func (d *Directory) AbsencesOf(id AgentID, at time.Time) []Absence {
	var out []Absence
	for _, a := range d.Absences {
		if a.Agent == id && at.Before(a.Until) {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(x, y Absence) int { return x.From.Compare(y.From) })
	return out
}

// standIn gives the person, or, while they are away, their substitute, and so
// on; 0 when nobody is there or may see the department's tickets.
func (d *Directory) standIn(id AgentID, dept DepartmentID, at time.Time) AgentID {
	for seen := map[AgentID]bool{}; id != 0 && !seen[id]; {
		seen[id] = true
		a, ok := d.Agent(id)
		if away, is := d.AbsenceOf(id, at); is {
			id = away.Substitute
			continue
		}
		if !ok || a.Disabled || !ActorOf(a).Scope().Sees(dept) {
			return 0
		}
		return id
	}
	return 0
}

// MayPlan reports whether the actor enters absences of the agent: one's own,
// those of a head's departments, and anybody's with RightManage.
func (d *Directory) MayPlan(by Actor, agent AgentID) bool {
	switch {
	case by.Agent != 0 && by.Agent == agent, by.May(RightManage):
		return true
	case by.Role != RoleHead:
		return false
	}
	a, ok := d.Agent(agent)
	return ok && slices.ContainsFunc(a.Departments, func(id DepartmentID) bool { return slices.Contains(by.Departments, id) })
}

// SaveAbsence adds (ID 0) or changes an absence of whom the actor may plan for
// (see [Directory.MayPlan]), else Forbidden. Field errors are Invalid, a change made meanwhile Stale; one that
// overlaps another of the same agent is Conflict.
func (r *Registry) SaveAbsence(ctx context.Context, by Actor, a *Absence) error {
	return r.absence(ctx, by, a.Agent, func(tx Tx, dir *Directory, now time.Time) (map[string]any, error) {
		saved := *a // the function may run again
		if saved.ID != 0 {
			stored, err := tx.Absence(ctx, saved.ID)
			if err != nil {
				return nil, err
			}
			if stored.Agent != saved.Agent {
				return nil, NotFound
			}
			saved.BegunAt = stored.BegunAt
		}
		if err := saved.check(dir, now); err != nil {
			return nil, err
		}
		if err := tx.SaveAbsence(ctx, &saved); err != nil {
			return nil, err
		}
		*a = saved
		return map[string]any{
			"agent": int64(saved.Agent), "absence": int64(saved.ID), "from": stamp(saved.From), "until": stamp(saved.Until),
			"substitute": int64(saved.Substitute), "hand_over": saved.HandOver,
		}, nil
	})
}

// EndAbsence takes an absence back: one that has begun ends now, one to come
// is forgotten.
func (r *Registry) EndAbsence(ctx context.Context, by Actor, agent AgentID, id AbsenceID) error {
	return r.absence(ctx, by, agent, func(tx Tx, _ *Directory, now time.Time) (map[string]any, error) {
		a, err := tx.Absence(ctx, id)
		if err != nil {
			return nil, err
		}
		if a.Agent != agent {
			return nil, NotFound
		}
		data := map[string]any{"agent": int64(agent), "absence": int64(id), "ended": true}
		if !a.Until.After(now) {
			return nil, &Error{Kind: Conflict, Field: "absence", Key: "absence.over"}
		}
		if a.Until = now; a.From.After(now) {
			a.From = now
		}
		return data, tx.SaveAbsence(ctx, a)
	})
}

func (r *Registry) absence(ctx context.Context, by Actor, agent AgentID, f func(Tx, *Directory, time.Time) (map[string]any, error)) error {
	dir, err := r.Store.Directory(ctx)
	if err != nil {
		return err
	}
	if !dir.MayPlan(by, agent) {
		return &Error{Kind: Forbidden, Key: "access.forbidden"}
	}
	now := r.now()
	return r.Store.InTx(ctx, func(tx Tx) error {
		if _, err := tx.Agent(ctx, agent); err != nil {
			return err
		}
		data, err := f(tx, dir, now)
		if err != nil {
			return err
		}
		tx.Notify(Signal{Type: "directory"})
		return tx.AppendEvent(ctx, &Event{At: now, Actor: by.ID(), Kind: EventAdmin, Data: data})
	})
}

func (a *Absence) check(dir *Directory, now time.Time) error {
	a.From, a.Until = a.From.UTC().Truncate(time.Microsecond), a.Until.UTC().Truncate(time.Microsecond)
	switch {
	case a.From.IsZero():
		return invalid("from", "absence.from")
	case !a.Until.After(a.From):
		return invalid("until", "absence.order")
	case !a.Until.After(now):
		return invalid("until", "absence.past")
	case a.Until.Sub(a.From) > maxAbsence:
		return invalid("until", "absence.long")
	case a.Substitute == a.Agent && a.Agent != 0:
		return invalid("substitute", "absence.self")
	}
	if s, ok := dir.Agent(a.Substitute); a.Substitute != 0 && (!ok || s.Disabled || s.Role == RoleAuditor) {
		return invalid("substitute", "absence.substitute")
	}
	if a.circular(dir) {
		return invalid("substitute", "absence.mutual")
	}
	for _, o := range dir.Absences {
		if o.Agent == a.Agent && o.ID != a.ID && o.From.Before(a.Until) && a.From.Before(o.Until) {
			return &Error{Kind: Conflict, Field: "from", Key: "absence.overlap"}
		}
	}
	return nil
}

// circular reports whether the deputy, or whoever stands in for them and so on, is
// away at the same time and handed over to the one who is away: nobody would be there.
func (a *Absence) circular(dir *Directory) bool {
	who, from, until := a.Substitute, a.From, a.Until
	for range len(dir.Absences) {
		o, away := find(dir.Absences, func(o *Absence) bool {
			return o.Agent == who && o.ID != a.ID && o.Substitute != 0 && o.From.Before(until) && from.Before(o.Until)
		})
		if !away {
			return false
		}
		if o.From.After(from) {
			from = o.From
		}
		if o.Until.Before(until) {
			until = o.Until
		}
		if who = o.Substitute; who == a.Agent {
			return true
		}
	}
	return false
}

// AbsenceDuties is what handing over asks for.
type AbsenceDuties interface {
	// AbsencesToBegin gives absences that last, are to hand over and have not.
	AbsencesToBegin(ctx context.Context, now time.Time, n int) ([]Absence, error)
	// AssignedTo gives tickets in work that the agent has.
	AssignedTo(ctx context.Context, a AgentID, n int) ([]TicketID, error)
}

// Substitution hands tickets over when absences begin.
type Substitution struct {
	*Bureau
	Duties AbsenceDuties
}

var substitutionActor = SystemActor("absence")

// Run hands over the tickets of who went away: to the substitute, else as the
// department shares out, else to nobody, so that they are seen to wait. It
// returns how many it looked at; may run on several processes at once.
func (s *Substitution) Run(ctx context.Context) (int, error) {
	now := s.now()
	due, err := s.Duties.AbsencesToBegin(ctx, now, upkeepBatch)
	if err != nil {
		return 0, err
	}
	did := 0
	var errs []error
	for _, a := range due {
		n, err := s.handOver(ctx, a, now)
		if did += n; err != nil {
			errs = append(errs, err)
			if errors.Is(err, Busy) || ctx.Err() != nil {
				break
			}
		}
	}
	return did, errors.Join(errs...)
}

func (s *Substitution) handOver(ctx context.Context, a Absence, now time.Time) (int, error) {
	ids, err := s.Duties.AssignedTo(ctx, a.Agent, upkeepBatch)
	if err != nil {
		return 0, err
	}
	dir, err := s.Store.Directory(ctx)
	if err != nil {
		return 0, err
	}
	n, err := eachTicket(ctx, ids, "hand over ticket %d: %w", func(id TicketID) error {
		return s.Store.InTx(ctx, func(tx Tx) error {
			t, err := tx.TicketByID(ctx, id)
			if err != nil {
				return err
			}
			if t.Assignee != a.Agent || !t.State.InWork() {
				return nil
			}
			to, err := s.whom(ctx, tx, dir, t.Department, a.Substitute, a.Agent, now)
			if err != nil {
				return err
			}
			t.give(assignment{to.to, "absence"}, substitutionActor, now)
			return saveTicket(ctx, tx, t)
		})
	})
	if err != nil || len(ids) == upkeepBatch {
		return n, err
	}
	err = s.Store.InTx(ctx, func(tx Tx) error {
		stored, err := tx.Absence(ctx, a.ID)
		if err != nil {
			return err
		}
		if !stored.BegunAt.IsZero() {
			return nil
		}
		stored.BegunAt = now
		return tx.SaveAbsence(ctx, stored)
	})
	if err != nil {
		return n, fmt.Errorf("begin absence %d: %w", a.ID, err)
	}
	return n, nil
}
