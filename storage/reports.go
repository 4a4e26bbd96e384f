package storage

import (
	"context"
	"fmt"
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

// The columns that add up, in the order of the row structs.
const (
	clockSums  = "sum(due), sum(met), sum(late), sum(open), sum(ended), sum(unanswered), sum(excluded), sum(paused_past), sum(waited), sum(done), sum(done_met), sum(ended_then)"
	ticketSums = "sum(received), sum(closed), sum(resolved), sum(first), sum(reopened), sum(denied), sum(legs), sum(own), sum(elsewhere), sum(citizen), sum(others)"
)

// daysWhere is the condition of a query for folded days; departments are named
// one by one where the city's row will not do.
func (db *DB) daysWhere(ctx context.Context, q report.SumQuery) (string, []any, error) {
	if q.Apart {
		f, err := db.everywhere(ctx, report.Filter{Departments: q.Departments})
		if err != nil {
			return "", nil, err
		}
		q.Departments = f.Departments
	}
	by := q.By
	if len(by) == 0 {
		by = foldedBy
	}
	where := " where dimension" + isOneOf + " and day >= ? and day <= ?"
	args := []any{texts(db.engine, by), int32(q.Period.From), int32(q.Period.To)}
	if len(q.Departments) == 0 {
		return where + " and department_id = 0", args, nil
	}
	of, departments := db.filtered(report.Filter{Departments: q.Departments}, "")
	return where + of, append(args, departments...), nil
}

// ClockDays gives folded promises; see report.Sums.
func (db *DB) ClockDays(ctx context.Context, q report.SumQuery) ([]report.ClockDay, error) {
	where, args, err := db.daysWhere(ctx, q)
	if err != nil {
		return nil, err
	}
	if len(q.Kinds) > 0 {
		where += " and kind" + isOneOf
		args = append(args, texts(db.engine, q.Kinds))
	}
	var out []report.ClockDay
	if !q.Whole {
		var found []clockDayRow
		text := selectText[clockDayRow]()
		if q.Bare {
			text = strings.Replace(text, ", spread", ", cast(null as {pg:bytea}{lite:blob})", 1)
		}
		err = db.query(ctx, statement{query: memo(text + where), args: args, read: into(&found)})
		for i := range found {
			d, derr := found[i].day()
			if derr != nil {
				return nil, fmt.Errorf("days of %d: %w", found[i].DepartmentID, derr)
			}
			out = append(out, d)
		}
		return out, err
	}
	key := apartKey(q)
	err = db.query(ctx, statement{
		query: memo("select " + key + ", dimension, value, kind, " + clockSums + " from clock_days" + where + " group by dimension, value, kind" + groupedBy(q)),
		args:  args, read: func(r rows) error {
			out = nil
			for r.Next() {
				var x clockDayRow
				if err := r.Scan(&x.DepartmentID, &x.Dimension, &x.Value, &x.Kind, &x.Due, &x.Met, &x.Late, &x.Open, &x.Ended, &x.Unanswered, &x.Excluded,
					&x.PausedPast, &x.Waited, &x.Done, &x.DoneMet, &x.EndedThen); err != nil {
					return err
				}
				d, err := x.day()
				if err != nil {
					return err
				}
				out = append(out, d)
			}
			return r.Err()
		},
	})
	return out, err
}

// apartKey is the department of a row added up over days.
func apartKey(q report.SumQuery) string {
	if q.Apart {
		return "department_id"
	}
	return "0"
}

func groupedBy(q report.SumQuery) string {
	if q.Apart {
		return ", department_id"
	}
	return ""
}

// TicketDays gives folded episodes; see report.Sums. Rows added up over days have
// no hours.
func (db *DB) TicketDays(ctx context.Context, q report.SumQuery) ([]report.TicketDay, error) {
	where, args, err := db.daysWhere(ctx, q)
	if err != nil {
		return nil, err
	}
	var out []report.TicketDay
	if !q.Whole {
		var found []ticketDayRow
		err = db.query(ctx, statement{query: memo(selectText[ticketDayRow]() + where), args: args, read: into(&found)})
		for i := range found {
			out = append(out, found[i].day())
		}
		return out, err
	}
	err = db.query(ctx, statement{
		query: memo("select " + apartKey(q) + ", dimension, value, " + ticketSums + " from ticket_days" + where + " group by dimension, value" + groupedBy(q)),
		args:  args, read: func(r rows) error {
			out = nil
			for r.Next() {
				var x ticketDayRow
				if err := r.Scan(&x.DepartmentID, &x.Dimension, &x.Value, &x.Received, &x.Closed, &x.Resolved, &x.First, &x.Reopened, &x.Denied,
					&x.Legs, &x.Own, &x.Elsewhere, &x.Citizen, &x.Others); err != nil {
					return err
				}
				out = append(out, x.day())
			}
			return r.Err()
		},
	})
	return out, err
}

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
