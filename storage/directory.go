package storage

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"gorm.io/gorm"

	"github.com/sistem48/system48/ticketing"
)

// directoryAge is how old the directory a process works with may be.
const directoryAge = time.Second

// directoryCache keeps the directory until its stamp moves.
type directoryCache struct {
	mu      sync.Mutex
	now     *ticketing.Directory
	checked time.Time
	expired bool
}

// expire makes the next asker look at the stamp.
func (c *directoryCache) expire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expired = true
}

var stampQuery = sqlQuery("select n from stamps where name = 'directory'")

// Directory gives the current snapshot; see ticketing.Store.
func (db *DB) Directory(ctx context.Context) (*ticketing.Directory, error) {
	c := &db.directory
	c.mu.Lock()
	defer c.mu.Unlock()
	now := db.now()
	if age := now.Sub(c.checked); c.now != nil && !c.expired && age >= 0 && age < directoryAge {
		return c.now, nil
	}
	var found bool
	var stamp int64
	if err := db.query(ctx, statement{query: stampQuery, read: one(&found, &stamp)}); err != nil {
		return nil, err
	}
	if c.now == nil || c.now.Stamp != stamp {
		d, err := db.loadDirectory(ctx, c.now)
		if err != nil {
			return nil, err
		}
		c.now = d
	}
	c.checked, c.expired = now, false
	return c.now, nil
}

var (
	allDepartments = selectFrom[departmentRow]("order by id")
	allCategories  = selectFrom[categoryRow]("order by id")
	allAgents      = selectFrom[agentRow]("order by id")
	allRules       = selectFrom[ruleRow]("order by kind, name, version")
	newestLetters  = selectFrom[letterTextRow](`where not exists (select 1 from letter_texts n
		where n.language = letter_texts.language and n.name = letter_texts.name and n.version > letter_texts.version) order by language, name`)
)

func (db *DB) loadDirectory(ctx context.Context, before *ticketing.Directory) (*ticketing.Directory, error) {
	var found bool
	d := &ticketing.Directory{}
	var departments []departmentRow
	var categories []categoryRow
	var agents []agentRow
	var bodies []bodyRow
	var rules []ruleRow
	var letters []letterTextRow
	var heads []routingHead
	var absences []absenceRow
	var views []savedViewRow
	var templates []templateRow
	err := db.query(ctx,
		statement{query: stampQuery, read: one(&found, &d.Stamp)},
		statement{query: allDepartments, read: into(&departments)},
		statement{query: allCategories, read: into(&categories)},
		statement{query: allBodies, read: into(&bodies)},
		statement{query: allAgents, read: into(&agents)},
		statement{query: allRules, read: into(&rules)},
		statement{query: newestLetters, read: into(&letters)},
		statement{query: newestRoutings, read: intoHeads(&heads)},
		statement{query: laterAbsences, args: []any{instant(db.instant())}, read: into(&absences)},
		statement{query: allViews, read: into(&views)},
		statement{query: allTemplates, read: into(&templates)},
	)
	if err != nil {
		return nil, err
	}
	for i := range departments {
		d.Departments = append(d.Departments, departments[i].department())
	}
	for i := range categories {
		d.Categories = append(d.Categories, categories[i].category())
	}
	for i := range bodies {
		d.Bodies = append(d.Bodies, bodies[i].body())
	}
	for i := range agents {
		a := agents[i].agent()
		a.PasswordHash = ""
		d.Agents = append(d.Agents, a)
	}
	for i := range letters {
		d.Letters = append(d.Letters, letters[i].letterText())
	}
	for i := range absences {
		d.Absences = append(d.Absences, absences[i].absence())
	}
	d.Views = viewsIn(views)
	for i := range templates {
		d.Templates = append(d.Templates, templates[i].template())
	}
	slices.SortFunc(d.Templates, ticketing.ByName)
	book, err := rulesOf(rules).Book(db.zone)
	if err != nil {
		return nil, err
	}
	d.Rules = book.WithLegs(d.Departments)
	var routes *ticketing.Routes
	if before != nil {
		routes = before.Routes
	}
	d.Routes, err = db.routes(ctx, heads, routes)
	return d, err
}

func (r *departmentRow) department() ticketing.Department {
	return ticketing.Department{
		ID: ticketing.DepartmentID(r.ID), Code: r.Code, Names: r.Names, Email: r.Email, Digest: r.Digest, Intake: r.Intake, LegHours: int(r.LegHours), Sharing: ticketing.Sharing(r.Sharing),
		Disabled: r.Disabled, Version: r.Version,
	}
}

func (r *categoryRow) category() ticketing.Category {
	return ticketing.Category{
		ID: ticketing.CategoryID(r.ID), Code: r.Code, Names: r.Names, Department: ticketing.DepartmentID(r.DepartmentID), OnCall: r.OnCall,
		Profile: r.Profile, ResolveDays: int(r.ResolveDays), Proof: ticketing.Proof(r.Proof), Passes: r.Passes, Default: r.ByDefault, Disabled: r.Disabled,
		Version: r.Version,
	}
}

var (
	lockStamp   = sqlQuery("select n from stamps where name = 'directory' {lock}")
	lockedRules = selectFrom[ruleRow]("order by kind, name, version {pg:for update}")
)

// Rules gives every version and locks the directory's stamp: two processes
// start with the same configuration. See ticketing.Tx.
func (t *tx) Rules(context.Context) (ticketing.Rules, error) {
	var stamp int64
	var found bool
	var stored []ruleRow
	err := t.readAll(
		statement{query: lockStamp, read: one(&found, &stamp)},
		statement{query: lockedRules, read: into(&stored)},
	)
	return rulesOf(stored), err
}

func rulesOf(rows []ruleRow) ticketing.Rules {
	var out ticketing.Rules
	for i := range rows {
		r := &rows[i]
		out = append(out, ticketing.Rule{
			Kind: ticketing.RuleKind(r.Kind), Name: r.Name, Version: int(r.Version), Body: r.Body, By: r.Actor, At: r.At.time(),
		})
	}
	return out
}

// AddRules adds versions; see ticketing.Tx.
func (t *tx) AddRules(_ context.Context, added ticketing.Rules) error {
	err := t.withORM(func(g *gorm.DB) error {
		for _, r := range added {
			row := ruleRow{
				Kind: clean(string(r.Kind)), Name: clean(r.Name), Version: int64(r.Version), Body: clean(r.Body), Actor: clean(r.By), At: never1970(r.At),
			}
			if err := g.Create(&row).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, errDuplicate) {
		return &failure{ticketing.Stale, never, &ticketing.Error{Kind: ticketing.Stale, Key: "rule.changed"}}
	}
	if err != nil {
		return err
	}
	return t.touchDirectory()
}
