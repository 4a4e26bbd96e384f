package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/calendar"
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
	book, err := rulebook(rules, db.zone)
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

// Kinds of rules.
const (
	ruleProfile  = "profile"
	ruleCalendar = "calendar"
	ruleDefault  = "default"
)

// ruleSet is every version of what the rules table holds.
type ruleSet struct {
	profiles  []ticketing.Profile
	calendars []calendar.Spec
	byDefault string
}

func readRules(rows []ruleRow) (ruleSet, error) {
	var s ruleSet
	for i := range rows {
		var err error
		switch r := &rows[i]; r.Kind {
		case ruleProfile:
			var p ticketing.Profile
			err = json.Unmarshal([]byte(r.Body), &p)
			s.profiles = append(s.profiles, p)
		case ruleCalendar:
			var c calendar.Spec
			err = json.Unmarshal([]byte(r.Body), &c)
			s.calendars = append(s.calendars, c)
		case ruleDefault:
			s.byDefault = r.Body
		}
		if err != nil {
			return s, fmt.Errorf("stored rule %s %s: %w", rows[i].Kind, rows[i].Name, err)
		}
	}
	return s, nil
}

// rulebook makes the rules of the stored rows; nil when there are none yet.
func rulebook(rows []ruleRow, zone *time.Location) (*ticketing.Rulebook, error) {
	s, err := readRules(rows)
	if err != nil || s.byDefault == "" {
		return nil, err
	}
	var made []*calendar.Calendar
	for _, spec := range s.calendars {
		c, err := calendar.New(spec)
		if err != nil {
			return nil, errors.Join(&ticketing.Error{Kind: ticketing.Invalid, Field: "calendars." + spec.Name, Key: "calendar.malformed"}, err)
		}
		made = append(made, c)
	}
	if zone == nil {
		zone = time.UTC
		if len(made) > 0 {
			zone = made[0].Zone()
		}
	}
	return ticketing.NewRulebook(zone, s.profiles, made, s.byDefault)
}

var (
	lockedRules = selectFrom[ruleRow]("order by kind, name, version {pg:for update}")
	lockStamp   = sqlQuery("select n from stamps where name = 'directory' {lock}")
	addRule     = sqlQuery("insert into rules (kind, name, version, body) values (?, ?, ?, ?)")
	setRule     = sqlQuery(`insert into rules (kind, name, version, body) values (?, ?, ?, ?)
		on conflict (kind, name, version) do update set body = excluded.body`)
)

// SaveRules enters new versions of what changed; see ticketing.Tx.
func (t *tx) SaveRules(_ context.Context, profiles []ticketing.Profile, calendars []calendar.Spec, byDefault string) error {
	var stamp int64
	var found bool
	var stored []ruleRow
	err := t.readAll(
		statement{query: lockStamp, read: one(&found, &stamp)}, // two processes start with the same configuration
		statement{query: lockedRules, read: into(&stored)},
	)
	if err != nil {
		return err
	}
	old, err := readRules(stored)
	if err != nil {
		return err
	}
	added, err := newVersions(old, profiles, calendars)
	if err != nil {
		return err
	}
	if len(added) == 0 && old.byDefault == byDefault {
		return nil
	}
	all := append(slices.Clone(stored), added...)
	all = append(all, ruleRow{Kind: ruleDefault, Body: byDefault})
	if _, err := rulebook(all, t.db.zone); err != nil {
		return err
	}
	for _, r := range added {
		t.queue(addRule, r.Kind, r.Name, r.Version, r.Body)
	}
	t.queue(setRule, ruleDefault, "", int64(0), byDefault)
	return t.touchDirectory()
}

// newVersions gives the rows of the rules that differ from their newest
// stored version.
func newVersions(old ruleSet, profiles []ticketing.Profile, calendars []calendar.Spec) ([]ruleRow, error) {
	var added []ruleRow
	add := func(kind, name string, version int, x any) error {
		body, err := json.Marshal(x)
		added = append(added, ruleRow{Kind: kind, Name: clean(name), Version: int64(version), Body: clean(string(body))})
		return err
	}
	for _, p := range profiles {
		newest, ok := newestOf(old.profiles, func(x ticketing.Profile) (string, int) { return x.Name, x.Version }, p.Name)
		if p.Version = newest.Version; ok && equalAsStored(newest, p) {
			continue
		}
		p.Version++
		if err := add(ruleProfile, p.Name, p.Version, p); err != nil {
			return nil, err
		}
	}
	for _, c := range calendars {
		newest, ok := newestOf(old.calendars, func(x calendar.Spec) (string, int) { return x.Name, x.Version }, c.Name)
		if c.Version = newest.Version; ok && equalAsStored(newest, c) {
			continue
		}
		c.Version++
		if err := add(ruleCalendar, c.Name, c.Version, c); err != nil {
			return nil, err
		}
	}
	return added, nil
}

func newestOf[T any](list []T, key func(T) (string, int), name string) (newest T, ok bool) {
	best := 0
	for _, x := range list {
		if n, version := key(x); n == name && (!ok || version > best) {
			newest, best, ok = x, version, true
		}
	}
	return newest, ok
}

// equalAsStored compares what two values become when they are stored, in which
// an empty list and none are alike.
func equalAsStored[T any](a, b T) bool {
	if reflect.DeepEqual(a, b) {
		return true
	}
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}
