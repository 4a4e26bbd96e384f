package ticketingtest

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// touch raises the stamp of the directory.
func (t *tx) touch() {
	stamp, _ := t.stamps.get(t.in, "")
	t.stamps.put("", stamp+1)
}

// Directory implements [ticketing.Store].
func (s *Store) Directory(ctx context.Context) (*ticketing.Directory, error) {
	var d *ticketing.Directory
	err := s.read(ctx, func(v view) error {
		s.directory.Lock()
		defer s.directory.Unlock()
		stamp, _ := v.stamps.get(v.in, "")
		if s.directory.now == nil || s.directory.now.Stamp != stamp {
			made, err := v.snapshot(stamp, s.zone, s.now())
			if err != nil {
				return err
			}
			s.directory.now = made
		}
		d = s.directory.now
		return nil
	})
	return d, err
}

func (v view) snapshot(stamp int64, zone *time.Location, now time.Time) (_ *ticketing.Directory, err error) {
	d := &ticketing.Directory{Stamp: stamp}
	for _, x := range v.departments.list(v.in, nil, func(a, b *ticketing.Department) int { return cmp.Compare(a.ID, b.ID) }) {
		d.Departments = append(d.Departments, *copyOf(x))
	}
	for _, x := range v.categories.list(v.in, nil, func(a, b *ticketing.Category) int { return cmp.Compare(a.ID, b.ID) }) {
		d.Categories = append(d.Categories, *copyOf(x))
	}
	for _, x := range v.agents.list(v.in, nil, func(a, b *ticketing.Agent) int { return cmp.Compare(a.ID, b.ID) }) {
		a := *copyOf(x)
		a.PasswordHash = ""
		d.Agents = append(d.Agents, a)
	}
	d.Letters = v.newestLetters()
	for _, x := range v.bodies.list(v.in, nil, func(a, b *ticketing.Body) int { return cmp.Compare(a.ID, b.ID) }) {
		d.Bodies = append(d.Bodies, *copyOf(x))
	}
	if r, ok := v.rules.get(v.in, ""); ok {
		book, err := r.Book(zone)
		if err != nil {
			return nil, err
		}
		d.Rules = book.WithLegs(d.Departments)
	}
	for _, x := range v.absences.list(v.in, func(a *ticketing.Absence) bool { return now.Before(a.Until) },
		func(a, b *ticketing.Absence) int { return cmp.Compare(a.ID, b.ID) }) {
		d.Absences = append(d.Absences, *copyOf(x))
	}
	d.Views = v.viewList()
	for _, x := range v.templates.list(v.in, nil, func(a, b *ticketing.Template) int { return ticketing.ByName(*a, *b) }) {
		d.Templates = append(d.Templates, *copyOf(x))
	}
	d.Routes, err = v.routes()
	return d, err
}

// Agent implements [ticketing.Tx].
func (t *tx) Agent(ctx context.Context, id ticketing.AgentID) (*ticketing.Agent, error) {
	return t.agentWhere(ctx, func(a *ticketing.Agent) bool { return a.ID == id })
}

// AgentByEmail implements [ticketing.Tx].
func (t *tx) AgentByEmail(ctx context.Context, email string) (*ticketing.Agent, error) {
	return t.agentWhere(ctx, func(a *ticketing.Agent) bool { return a.Email == email })
}

func (t *tx) agentWhere(ctx context.Context, match func(*ticketing.Agent) bool) (*ticketing.Agent, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	for _, a := range t.agents.each(t.in) {
		if match(a) {
			return copyOf(a), nil
		}
	}
	return nil, fail(ticketing.NotFound, "agent.unknown")
}

// A record is what the directory keeps under a number, a version and a name
// that nobody else may have.
type record[K ~int64] struct {
	id      *K
	version *int64
	name    string
	field   string
}

// save writes a row of the directory by its rules: 0 is new, the name is
// unique, the version must be the stored one.
func save[K ~int64, V any](t *tx, rows *table[K, *V], x *V, of func(*V) record[K]) error {
	r := of(x)
	for id, row := range rows.each(t.in) {
		if id != *r.id && of(row).name == r.name {
			return &ticketing.Error{Kind: ticketing.Conflict, Field: r.field, Key: r.field + ".taken"}
		}
	}
	if *r.id == 0 {
		*r.id, *r.version = K(t.next("directory/"+r.field)), 1
	} else {
		row, ok := rows.get(t.in, *r.id)
		if !ok {
			return fail(ticketing.NotFound, r.field+".unknown")
		}
		if *of(row).version != *r.version {
			return fail(ticketing.Stale, r.field+".changed")
		}
		*r.version++
	}
	rows.put(*r.id, copyOf(x))
	t.touch()
	return nil
}

// SaveAgent implements [ticketing.Tx].
func (t *tx) SaveAgent(ctx context.Context, a *ticketing.Agent) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	return save(t, t.agents, a, func(a *ticketing.Agent) record[ticketing.AgentID] {
		return record[ticketing.AgentID]{&a.ID, &a.Version, a.Email, "email"}
	})
}

// SaveDepartment implements [ticketing.Tx].
func (t *tx) SaveDepartment(ctx context.Context, d *ticketing.Department) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	return save(t, t.departments, d, func(d *ticketing.Department) record[ticketing.DepartmentID] {
		return record[ticketing.DepartmentID]{&d.ID, &d.Version, d.Code, "code"}
	})
}

// SaveBody implements [ticketing.Tx].
func (t *tx) SaveBody(ctx context.Context, b *ticketing.Body) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	return save(t, t.bodies, b, func(b *ticketing.Body) record[ticketing.BodyID] {
		return record[ticketing.BodyID]{&b.ID, &b.Version, b.Code, "body"}
	})
}

// SaveCategory implements [ticketing.Tx].
func (t *tx) SaveCategory(ctx context.Context, c *ticketing.Category) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	return save(t, t.categories, c, func(c *ticketing.Category) record[ticketing.CategoryID] {
		return record[ticketing.CategoryID]{&c.ID, &c.Version, c.Code, "category"}
	})
}

// Rules implements [ticketing.Tx].
func (t *tx) Rules(ctx context.Context) (ticketing.Rules, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	stored, _ := t.rules.get(t.in, "")
	return slices.Clone(stored), nil
}

// AddRules implements [ticketing.Tx].
func (t *tx) AddRules(ctx context.Context, added ticketing.Rules) error {
	stored, err := t.Rules(ctx)
	if err != nil {
		return err
	}
	for _, r := range added {
		if slices.ContainsFunc(stored, func(x ticketing.Rule) bool { return x.Kind == r.Kind && x.Name == r.Name && x.Version == r.Version }) {
			return fail(ticketing.Stale, "rule.changed")
		}
		stored = append(stored, r)
	}
	t.rules.put("", stored)
	t.touch()
	return nil
}
