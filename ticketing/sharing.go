package ticketing

import (
	"context"
	"slices"
	"time"
)

// Sharing is how a department's new tickets are shared out among its people.
type Sharing string

// The ways.
const (
	SharingNone   Sharing = ""       // nobody gets them by themselves
	SharingRotate Sharing = "rotate" // each in turn
	SharingLeast  Sharing = "least"  // whoever has the fewest in work
)

// Known reports whether s is one of the ways.
func (s Sharing) Known() bool { return s == SharingNone || s == SharingRotate || s == SharingLeast }

// Members gives the people of the department who take tickets, by number: its
// officers, and agents that belong to it; of the bureau also the agents that
// belong to no department. Heads and admins do not.
func (d *Directory) Members(id DepartmentID) []Agent {
	dept, ok := d.Department(id)
	if !ok {
		return nil
	}
	var out []Agent
	for i := range d.Agents {
		a := &d.Agents[i]
		takes := a.Role == RoleOfficer || a.Role == RoleAgent
		in := a.In(id) || (dept.Intake && a.Role == RoleAgent && len(a.Departments) == 0)
		if takes && in && !a.Disabled {
			out = append(out, *a)
		}
	}
	slices.SortFunc(out, func(x, y Agent) int { return int(x.ID - y.ID) })
	return out
}

// assignment is whom a ticket goes to, and why.
type assignment struct {
	to  AgentID
	why string // "rule", "rotate", "least", "absence"
}

// choose gives the next in turn behind last, or who has the fewest of load;
// among these the next in turn. members are present and sorted by number.
func (s Sharing) choose(members []AgentID, last AgentID, load map[AgentID]int) AgentID {
	if len(members) == 0 {
		return 0
	}
	from := 0
	for from < len(members) && members[from] <= last {
		from++
	}
	best := members[from%len(members)]
	if s != SharingLeast {
		return best
	}
	for i := range members {
		if m := members[(from+i)%len(members)]; load[m] < load[best] {
			best = m
		}
	}
	return best
}

// place gives a ticket nobody has to the person, or to whoever stands in for
// them; without a person as the department shares out. except is never chosen.
// The turn is kept locked, so that of several processes each sees what the one
// before did.
func (b *Bureau) place(ctx context.Context, tx Tx, dir *Directory, t *Ticket, person, except AgentID, by Actor, now time.Time) error {
	a, err := b.whom(ctx, tx, dir, t.Department, person, except, now)
	if err != nil || a.to == 0 {
		return err
	}
	t.give(a, by, now)
	return nil
}

func (b *Bureau) whom(ctx context.Context, tx Tx, dir *Directory, dept DepartmentID, person, except AgentID, now time.Time) (assignment, error) {
	if to := dir.standIn(person, dept, now); to != 0 && to != except {
		why := "rule"
		if to != person || except != 0 {
			why = "absence"
		}
		return assignment{to, why}, nil
	}
	d, ok := dir.Department(dept)
	if !ok || d.Sharing == SharingNone {
		return assignment{}, nil
	}
	var members []AgentID
	for _, m := range dir.Members(dept) {
		if m.ID != except && !dir.Absent(m.ID, now) {
			members = append(members, m.ID)
		}
	}
	if len(members) == 0 {
		return assignment{}, nil
	}
	last, err := tx.Turn(ctx, dept)
	if err != nil {
		return assignment{}, err
	}
	var load map[AgentID]int
	if d.Sharing == SharingLeast {
		if load, err = tx.Workload(ctx, members); err != nil {
			return assignment{}, err
		}
	}
	to := d.Sharing.choose(members, last, load)
	return assignment{to, string(d.Sharing)}, tx.SetTurn(ctx, dept, to)
}

// give assigns the ticket without anybody having taken it up: its state stays.
func (t *Ticket) give(a assignment, by Actor, now time.Time) {
	if t.Assignee == a.to {
		return
	}
	from := t.Assignee
	t.Assignee = a.to
	t.record(by, EventAssigned, now, map[string]any{"from": int64(from), "to": int64(a.to), "why": a.why})
}
