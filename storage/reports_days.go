package storage

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sistem48/system48/ticketing/report"
)

// The columns that add up, and those a brief query gives.
var (
	clockSums   = []string{"due", "met", "late", "open", "ended", "unanswered", "excluded", "paused_past", "waited", "done", "done_met", "ended_then"}
	clockBrief  = []string{"due", "met", "waited", "done"}
	ticketSums  = []string{"received", "closed", "resolved", "first", "reopened", "denied", "legs", "own", "elsewhere", "citizen", "others"}
	ticketBrief = []string{"received", "closed"}
)

// monday is the Monday of a row's day. Day 4 was one, and days are positive.
const monday = "(day + 3) / 7 * 7 - 3"

// A daysQuery is a query for folded days in the making.
type daysQuery struct {
	report.SumQuery
	table string
	keys  []string // of the rows, in the order they are read
	sums  []string
	where string
	args  []any
}

// daysOf begins a query of a table with further keys; departments are named one
// by one where the city's row will not do.
func (db *DB) daysOf(ctx context.Context, q report.SumQuery, table string, keys, sums, brief []string) (*daysQuery, error) {
	if q.Apart {
		f, err := db.everywhere(ctx, report.Filter{Departments: q.Departments})
		if err != nil {
			return nil, err
		}
		q.Departments = f.Departments
	}
	d := &daysQuery{SumQuery: q, table: table, sums: sums}
	if q.Brief {
		d.sums = brief
	}
	switch {
	case q.Weekly:
		d.keys = []string{"department_id", monday}
	case !q.Whole:
		d.keys = []string{"department_id", "day"}
	case q.Apart:
		d.keys = []string{"department_id", "0"}
	default:
		d.keys = []string{"0", "0"}
	}
	if slices.Equal(q.By, []report.Dimension{report.ByAll}) { // as it stands in the condition of the index
		d.keys = append(d.keys, "'all'", "''")
		d.where = " where dimension = 'all'"
	} else {
		by := q.By
		if len(by) == 0 {
			by = foldedBy
		}
		d.keys = append(d.keys, "dimension", "value")
		d.where, d.args = " where dimension"+isOneOf, []any{texts(db.engine, by)}
	}
	d.keys = append(d.keys, keys...)
	d.where += " and day >= ? and day <= ?"
	d.args = append(d.args, int32(q.Period.From), int32(q.Period.To))
	if len(q.Departments) == 0 {
		d.where += " and department_id = 0"
		return d, nil
	}
	of, departments := db.filtered(report.Filter{Departments: q.Departments}, "")
	d.where, d.args = d.where+of, append(d.args, departments...)
	return d, nil
}

// query puts the query together: more is a column that is not added up.
func (d *daysQuery) query(more string) query {
	added := d.Whole || d.Weekly
	columns := slices.Clone(d.keys)
	for _, sum := range d.sums {
		if added {
			sum = "sum(" + sum + ")"
		}
		columns = append(columns, sum)
	}
	text := strings.Join(columns, ", ")
	if !added && !d.Brief {
		text += ", " + more
	}
	text = "select " + text + " from " + d.table + d.where
	if added {
		grouped := slices.DeleteFunc(slices.Clone(d.keys), func(key string) bool { return strings.HasPrefix(key, "'") || key == "0" })
		if len(grouped) > 0 {
			text += " group by " + strings.Join(grouped, ", ")
		} else {
			text += " having count(*) > 0"
		}
	}
	return memo(text)
}

// fields gives where the sums of a row are read into.
func (d *daysQuery) fields(of map[string]any) []any {
	out := make([]any, 0, len(d.sums)+1)
	for _, sum := range d.sums {
		out = append(out, of[sum])
	}
	return out
}

// ClockDays gives folded promises; see report.Sums.
func (db *DB) ClockDays(ctx context.Context, q report.SumQuery) ([]report.ClockDay, error) {
	d, err := db.daysOf(ctx, q, "clock_days", []string{"kind"}, clockSums, clockBrief)
	if err != nil {
		return nil, err
	}
	if len(q.Kinds) > 0 {
		d.where += " and kind" + isOneOf
		d.args = append(d.args, texts(db.engine, q.Kinds))
	}
	var x clockDayRow
	targets := append([]any{&x.DepartmentID, &x.Day, &x.Dimension, &x.Value, &x.Kind}, d.fields(map[string]any{
		"due": &x.Due, "met": &x.Met, "late": &x.Late, "open": &x.Open, "ended": &x.Ended, "unanswered": &x.Unanswered, "excluded": &x.Excluded,
		"paused_past": &x.PausedPast, "waited": &x.Waited, "done": &x.Done, "done_met": &x.DoneMet, "ended_then": &x.EndedThen,
	})...)
	if !q.Whole && !q.Weekly && !q.Brief {
		targets = append(targets, &x.Spread)
	}
	var out []report.ClockDay
	err = db.query(ctx, statement{query: d.query("spread"), args: d.args, read: func(r rows) error {
		out = nil // a query may be run again
		for r.Next() {
			if err := r.Scan(targets...); err != nil {
				return err
			}
			day, err := x.day()
			if err != nil {
				return fmt.Errorf("days of %d: %w", x.DepartmentID, err)
			}
			out = append(out, day)
		}
		return r.Err()
	}})
	return out, err
}

// TicketDays gives folded episodes; see report.Sums.
func (db *DB) TicketDays(ctx context.Context, q report.SumQuery) ([]report.TicketDay, error) {
	d, err := db.daysOf(ctx, q, "ticket_days", nil, ticketSums, ticketBrief)
	if err != nil {
		return nil, err
	}
	var x ticketDayRow
	targets := append([]any{&x.DepartmentID, &x.Day, &x.Dimension, &x.Value}, d.fields(map[string]any{
		"received": &x.Received, "closed": &x.Closed, "resolved": &x.Resolved, "first": &x.First, "reopened": &x.Reopened, "denied": &x.Denied,
		"legs": &x.Legs, "own": &x.Own, "elsewhere": &x.Elsewhere, "citizen": &x.Citizen, "others": &x.Others,
	})...)
	if !q.Whole && !q.Weekly && !q.Brief {
		targets = append(targets, &x.Hours)
	}
	var out []report.TicketDay
	err = db.query(ctx, statement{query: d.query("hours"), args: d.args, read: func(r rows) error {
		out = nil // a query may be run again
		for r.Next() {
			if err := r.Scan(targets...); err != nil {
				return err
			}
			out = append(out, x.day())
		}
		return r.Err()
	}})
	return out, err
}
