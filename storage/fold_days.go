package storage

import (
	"context"
	"fmt"
	"slices"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
)

var (
	daysToFold     = selectFrom[factDayRow]("order by day, department_id limit ?")
	clocksOfDay    = selectFrom[clockFactRow]("where department_id = ? and day = ?")
	settledOfDay   = selectFrom[clockFactRow]("where department_id = ? and settled_day = ? and settled_day > 0 and day <> settled_day")
	startedOfDay   = selectFrom[ticketFactRow]("where department_id = ? and started_day = ?")
	endedOfDay     = selectFrom[ticketFactRow]("where department_id = ? and ended_day = ? and ended_day > 0 and started_day <> ended_day")
	clockDaysOf    = selectFrom[clockDayRow]("where department_id" + isOneOf + " and dimension" + isOneOf + " and day" + isOneOf)
	ticketDaysOf   = selectFrom[ticketDayRow]("where department_id" + isOneOf + " and dimension" + isOneOf + " and day" + isOneOf)
	dropClockDays  = sqlQuery("delete from clock_days where department_id" + isOneOf + " and dimension" + isOneOf + " and day = ?")
	dropTicketDays = sqlQuery("delete from ticket_days where department_id" + isOneOf + " and dimension" + isOneOf + " and day = ?")
	foldedDay      = sqlQuery("delete from fact_days where department_id = ? and day = ?")
)

// foldedBy are the dimensions days are added up by.
var foldedBy = []report.Dimension{report.ByAll, report.ByCategory, report.ByChannel, report.ByDistrict, report.ByLanguage, report.ByCode}

// foldDays adds up one batch of days from their facts: those that changed, and
// the city's from those of all departments.
func (db *DB) foldDays(ctx context.Context) (n int, err error) {
	err = db.inTurn(ctx, func(int64) (func(t *tx) error, error) {
		var dirty []factDayRow
		if err := db.query(ctx, statement{query: daysToFold, args: []any{foldDays}, read: into(&dirty)}); err != nil {
			return nil, err
		}
		if n = len(dirty); n == 0 {
			return nil, nil
		}
		w, err := db.readDays(ctx, dirty)
		if err != nil {
			return nil, err
		}
		return func(t *tx) error { w.write(t); return nil }, nil
	})
	return n, err
}

// A dayWriter holds days added up anew.
type dayWriter struct {
	db      *DB
	dirty   []factDayRow
	days    []int32
	clocks  []report.ClockDay // of the dirty departments, then of the city
	tickets []report.TicketDay
}

// A dayFacts is what one department's day is added up from.
type dayFacts struct {
	due, settled   []clockFactRow
	started, ended []ticketFactRow
}

// fold adds one department's day up.
func (d *dayFacts) fold(of factDayRow) ([]report.ClockDay, []report.TicketDay) {
	f := report.Fold{Only: func(x ticketing.DepartmentID, day report.Day) bool {
		return int64(x) == of.DepartmentID && int32(day) == of.Day
	}}
	for _, list := range [][]clockFactRow{d.due, d.settled} {
		for i := range list {
			c := list[i].fact()
			f.Clock(&c)
		}
	}
	for _, list := range [][]ticketFactRow{d.started, d.ended} {
		for i := range list {
			t := list[i].fact()
			f.Ticket(&t)
		}
	}
	return f.Days()
}

// readDays adds the days up.
func (db *DB) readDays(ctx context.Context, dirty []factDayRow) (*dayWriter, error) {
	w := &dayWriter{db: db, dirty: dirty}
	facts := make([]dayFacts, len(dirty))
	var queries []statement
	for i, d := range dirty {
		if !slices.Contains(w.days, d.Day) {
			w.days = append(w.days, d.Day)
		}
		args := []any{d.DepartmentID, d.Day}
		queries = append(queries,
			statement{query: clocksOfDay, args: args, read: into(&facts[i].due)},
			statement{query: settledOfDay, args: args, read: into(&facts[i].settled)},
			statement{query: startedOfDay, args: args, read: into(&facts[i].started)},
			statement{query: endedOfDay, args: args, read: into(&facts[i].ended)},
		)
	}
	others, err := db.allDaysOf(ctx, w, &queries)
	if err != nil {
		return nil, err
	}
	for i, d := range dirty {
		c, t := facts[i].fold(d)
		w.clocks, w.tickets = append(w.clocks, c...), append(w.tickets, t...)
	}
	return w, w.addCity(others)
}

// An otherDays holds the days of departments as they are folded.
type otherDays struct {
	clocks  []clockDayRow
	tickets []ticketDayRow
}

// allDaysOf runs the queries and one more, of all departments' folded days.
func (db *DB) allDaysOf(ctx context.Context, w *dayWriter, queries *[]statement) (*otherDays, error) {
	dir, err := db.Directory(ctx)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, d := range dir.Departments {
		ids = append(ids, int64(d.ID))
	}
	var o otherDays
	args := []any{ints(db.engine, ids), texts(db.engine, foldedBy), days(db.engine, w.days)}
	*queries = append(*queries, statement{query: clockDaysOf, args: args, read: into(&o.clocks)}, statement{query: ticketDaysOf, args: slices.Clone(args), read: into(&o.tickets)})
	return &o, db.query(ctx, *queries...)
}

// days gives local days as one argument.
func days(e engine, list []int32) any {
	wide := make([]int64, len(list))
	for i, d := range list {
		wide[i] = int64(d)
	}
	return ints(e, wide)
}

// addCity adds up the city's days: from those just folded and the others' as stored.
func (w *dayWriter) addCity(o *otherDays) error {
	fresh := map[factDayRow]bool{}
	for _, d := range w.dirty {
		fresh[d] = true
	}
	clocks, tickets := slices.Clone(w.clocks), slices.Clone(w.tickets)
	for i := range o.clocks {
		if r := &o.clocks[i]; !fresh[factDayRow{r.DepartmentID, r.Day}] {
			d, err := r.day()
			if err != nil {
				return err
			}
			clocks = append(clocks, d)
		}
	}
	for i := range o.tickets {
		if r := &o.tickets[i]; !fresh[factDayRow{r.DepartmentID, r.Day}] {
			tickets = append(tickets, r.day())
		}
	}
	c, t := report.City(clocks, tickets)
	w.clocks, w.tickets = append(w.clocks, c...), append(w.tickets, t...)
	return nil
}

// write replaces the days.
func (w *dayWriter) write(t *tx) {
	byDay := map[int32][]int64{}
	for _, d := range w.dirty {
		byDay[d.Day] = append(byDay[d.Day], d.DepartmentID)
		t.queue(foldedDay, d.DepartmentID, d.Day)
	}
	e := w.db.engine
	for day, departments := range byDay {
		departments = append(departments, 0)
		for _, q := range []query{dropClockDays, dropTicketDays} {
			t.queue(q, ints(e, departments), texts(e, foldedBy), day)
		}
	}
	for i := range w.clocks {
		row := clockDayRowOf(&w.clocks[i])
		insertRow(t, &row)
	}
	for i := range w.tickets {
		row := ticketDayRowOf(&w.tickets[i])
		insertRow(t, &row)
	}
}

// CheckFacts adds every day of a period up anew; see report.Folder.
func (db *DB) CheckFacts(ctx context.Context, p report.Period) (wrong int, err error) {
	dir, err := db.Directory(ctx)
	if err != nil {
		return 0, err
	}
	for day := p.From; day <= p.To; day++ {
		var pairs []factDayRow
		for _, d := range dir.Departments {
			pairs = append(pairs, factDayRow{int64(d.ID), int32(day)})
		}
		n, err := db.checkDay(ctx, pairs)
		if wrong += n; err != nil {
			return wrong, err
		}
	}
	return wrong, nil
}

// checkDay compares one day of all departments with what is stored, and adds up
// anew those that differ.
func (db *DB) checkDay(ctx context.Context, pairs []factDayRow) (wrong int, err error) {
	err = db.inTurn(ctx, func(int64) (func(t *tx) error, error) {
		var none []statement
		stored, err := db.allDaysOf(ctx, &dayWriter{days: []int32{pairs[0].Day}}, &none)
		if err != nil {
			return nil, err
		}
		w, err := db.readDays(ctx, pairs)
		if err != nil {
			return nil, err
		}
		differ := w.differences(stored)
		if wrong = len(differ); wrong == 0 {
			return nil, nil
		}
		if w, err = db.readDays(ctx, differ); err != nil {
			return nil, err
		}
		return func(t *tx) error { w.write(t); return nil }, nil
	})
	return wrong, err
}

// differences gives the departments' days that are not stored as they should be.
func (w *dayWriter) differences(stored *otherDays) []factDayRow {
	want, have := map[factDayRow][]string{}, map[factDayRow][]string{}
	put := func(m map[factDayRow][]string, department int64, day int32, row any) {
		if department != 0 {
			k := factDayRow{department, day}
			m[k] = append(m[k], fmt.Sprintf("%T%+v", row, row))
		}
	}
	for i := range w.clocks {
		r := clockDayRowOf(&w.clocks[i])
		put(want, r.DepartmentID, r.Day, r)
	}
	for i := range w.tickets {
		r := ticketDayRowOf(&w.tickets[i])
		put(want, r.DepartmentID, r.Day, r)
	}
	for _, r := range stored.clocks {
		put(have, r.DepartmentID, r.Day, r)
	}
	for _, r := range stored.tickets {
		put(have, r.DepartmentID, r.Day, r)
	}
	var out []factDayRow
	for _, d := range w.dirty {
		slices.Sort(want[d])
		slices.Sort(have[d])
		if !slices.Equal(want[d], have[d]) {
			out = append(out, d)
		}
	}
	return out
}
