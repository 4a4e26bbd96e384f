package storage

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
)

var _ interface {
	report.Source
	report.Folder
	report.Histories
} = (*DB)(nil)

var (
	allStandings = selectFrom[standingRow]("order by department_id")
	foldedAt     = sqlQuery("select folded_at from fact_folds where id = 1")
)

// Standings gives what is open in each department; see report.Sums.
func (db *DB) Standings(ctx context.Context) ([]report.Standing, time.Time, error) {
	dir, err := db.Directory(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	var list []standingRow
	var found bool
	var at instant
	err = db.query(ctx, statement{query: allStandings, read: into(&list)}, statement{query: foldedAt, read: one(&found, &at)})
	var out []report.Standing
	for i := range list {
		out = append(out, list[i].standing(dir.Rules.Zone()))
	}
	return out, at.time(), err
}

// A factTable is where facts are read from: as they stand, or as they were known
// at the end of a day.
type factTable struct {
	from string
	args []any
}

// tableOf gives the facts of a row struct's table. Columns are named, because the
// two tables have them in another order.
func tableOf[T any](reported report.Day) factTable {
	p := planOf[T]()
	if reported == 0 {
		return factTable{from: p.table}
	}
	versions := strings.TrimSuffix(p.table, "s") + "_versions"
	return factTable{
		from: "(select " + p.list + " from " + p.table + " where known <= ? union all select " + p.list + " from " + versions +
			" where known <= ? and until > ?) " + p.table,
		args: []any{int32(reported), int32(reported), int32(reported)},
	}
}

// filtered is the condition of a filter.
func (db *DB) filtered(f report.Filter, alias string) (where string, args []any) {
	add := func(column string, value any) {
		where += " and " + alias + column + isOneOf
		args = append(args, value)
	}
	if n := len(f.Departments); n > 0 { // one by one: planners then see that an index narrows
		where += " and " + alias + "department_id in (" + strings.TrimSuffix(strings.Repeat("?, ", n), ", ") + ")"
		for _, d := range f.Departments {
			args = append(args, int64(d))
		}
	}
	if len(f.Categories) > 0 {
		add("category_id", ints(db.engine, f.Categories))
	}
	if len(f.Channels) > 0 {
		add("channel", texts(db.engine, f.Channels))
	}
	if len(f.Districts) > 0 {
		add("district", texts(db.engine, f.Districts))
	}
	if len(f.Languages) > 0 {
		add("language", texts(db.engine, f.Languages))
	}
	return where, args
}

// everywhere names all departments in a filter that names none, because the
// indexes of facts begin with the department.
func (db *DB) everywhere(ctx context.Context, f report.Filter) (report.Filter, error) {
	if len(f.Departments) > 0 {
		return f, nil
	}
	dir, err := db.Directory(ctx)
	if err != nil {
		return f, err
	}
	for i := range dir.Departments {
		f.Departments = append(f.Departments, dir.Departments[i].ID)
	}
	return f, nil
}

// factsIn reads the facts of which one of two days lies in a period: first those
// by the one, then by the other what the first has not. One condition for both
// would have the embedded database read the whole table.
func factsIn[T any](ctx context.Context, db *DB, q report.FactQuery, day, other string) ([]T, error) {
	table := tableOf[T](q.Reported)
	f, err := db.everywhere(ctx, q.Filter)
	if err != nil {
		return nil, err
	}
	where, args := db.filtered(f, "")
	args = append(slices.Clone(table.args), args...)
	from, to := int32(q.Period.From), int32(q.Period.To)
	text := "select " + planOf[T]().list + " from " + table.from + " where 1 = 1" + where
	var first, second []T
	err = db.query(ctx,
		statement{query: memo(text + " and " + day + " >= ? and " + day + " <= ?"), args: append(slices.Clone(args), from, to), read: into(&first)},
		statement{
			query: memo(text + " and " + other + " > 0 and " + other + " >= ? and " + other + " <= ? and (" + day + " < ? or " + day + " > ?)"),
			args:  append(slices.Clone(args), from, to, from, to), read: into(&second),
		},
	)
	return append(first, second...), err
}

// ClockFacts walks promises; see report.FactReads.
func (db *DB) ClockFacts(ctx context.Context, q report.FactQuery, each func(*report.ClockFact) error) error {
	found, err := factsIn[clockFactRow](ctx, db, q, "day", "settled_day")
	for i := range found {
		if err != nil {
			break
		}
		f := found[i].fact()
		err = each(&f)
	}
	return err
}

// TicketFacts walks episodes; see report.FactReads.
func (db *DB) TicketFacts(ctx context.Context, q report.FactQuery, each func(*report.TicketFact) error) error {
	found, err := factsIn[ticketFactRow](ctx, db, q, "started_day", "ended_day")
	for i := range found {
		if err != nil {
			break
		}
		f := found[i].fact()
		err = each(&f)
	}
	return err
}

// Suspects gives the suspects of a period; see report.FactReads.
func (db *DB) Suspects(ctx context.Context, departments []ticketing.DepartmentID, p report.Period) ([]report.Suspect, error) {
	f, err := db.everywhere(ctx, report.Filter{Departments: departments})
	if err != nil {
		return nil, err
	}
	where, args := db.filtered(f, "")
	var found []suspectRow
	err = db.query(ctx, statement{
		query: memo(selectText[suspectRow]() + " where day >= ? and day <= ?" + where), args: append([]any{int32(p.From), int32(p.To)}, args...), read: into(&found),
	})
	var out []report.Suspect
	for i := range found {
		out = append(out, found[i].suspect())
	}
	return out, err
}
