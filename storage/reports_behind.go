package storage

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
)

// A choice is the condition of a set, over the facts named f.
type choice struct {
	table  factTable
	clocks bool   // clock_facts, else ticket_facts
	day    string // column the set lies in time by, and is listed by
	where  strings.Builder
	args   []any
	signs  bool // narrowed to the suspects named s
	urgent bool // listed by what falls due next, rather than by day
}

func (c *choice) and(condition string, args ...any) {
	c.where.WriteString(" and " + condition)
	c.args = append(c.args, args...)
}

// clockSets are the conditions of sets of promises, and the day they lie in.
var clockSets = map[report.Set]struct{ day, where string }{
	report.SetDue:         {"day", "f.counted = 1"},
	report.SetMet:         {"day", "f.counted = 1 and f.outcome = 'met'"},
	report.SetMissed:      {"day", "f.counted = 1 and f.outcome <> 'met'"},
	report.SetExcluded:    {"day", "f.counted = 0 and f.outcome = 'ended'"},
	report.SetEnded:       {"day", "f.outcome = 'ended'"},
	report.SetPausedPast:  {"day", "f.paused_past = 1"},
	report.SetToCome:      {"day", "f.settled_day = 0 and f.outcome = 'open'"},
	report.SetDone:        {"settled_day", "f.settled_day > 0 and f.outcome in ('met', 'late')"},
	report.SetDoneMet:     {"settled_day", "f.settled_day > 0 and f.outcome = 'met'"},
	report.SetSettledLate: {"", settledInPeriod + " or (f.settled_day = 0 and f.due_at <= ?))"},
	report.SetSettledOpen: {"", settledInPeriod + " or f.settled_day = 0)"},
	report.SetOpenLate:    {"", "f.settled_day = 0 and f.due_at <= ?"},
	report.SetOpenAll:     {"", "f.settled_day = 0"},
}

// settledInPeriod begins the condition of what formulas B and C are over.
const settledInPeriod = "((f.settled_day > 0 and f.settled_day >= ? and f.settled_day <= ? and (f.counted = 1 or f.outcome in ('met', 'late')))"

// ticketSets are the conditions of sets of tickets.
var ticketSets = map[report.Set]struct{ day, where string }{
	report.SetReceived:    {"started_day", "f.episode = 1"},
	report.SetClosed:      {"ended_day", "f.ended_day > 0"},
	report.SetResolved:    {"ended_day", "f.ended_day > 0 and f.code = 'resolved'"},
	report.SetFirst:       {"ended_day", "f.ended_day > 0 and f.first = 1"},
	report.SetReopened:    {"ended_day", "f.ended_day > 0 and f.reopened = 1"},
	report.SetDenied:      {"ended_day", "f.ended_day > 0 and f.denied = 1"},
	report.SetOpen:        {"", "f.ended_day = 0"},
	report.SetOverdue:     {"", "f.ended_day = 0 and f.next_due_at <= ?"},
	report.SetDueToday:    {"", "f.ended_day = 0 and f.next_due_at > ? and f.next_due_at < ?"},
	report.SetUnvalidated: {"", "f.ended_day = 0 and f.unvalidated = 1"},
}

// choose turns a drill-down into a condition.
func (db *DB) choose(d report.Drill, zone *time.Location) (*choice, error) {
	c := &choice{}
	asOf := d.AsOf
	if asOf.IsZero() {
		asOf = db.instant()
	}
	today := report.DayOf(asOf, zone)
	end := (today + 1).Start(zone)
	set, clocks := clockSets[d.Set]
	if clocks {
		c.clocks, c.table = true, tableOf[clockFactRow](d.Reported)
		c.and("f.kind = ?", string(d.Clock))
	} else {
		c.table = tableOf[ticketFactRow](d.Reported)
		set = ticketSets[d.Set]
	}
	c.args = append(slices.Clone(c.table.args), c.args...)
	switch d.Set { //nolint:exhaustive // the others are chosen by the table of sets
	case report.SetSign:
		db.chooseSign(c, d)
		return c, nil
	case report.SetToCome:
		c.and("f.due_at > ?", instant(asOf))
	case report.SetEnded:
		if d.Code != "" {
			c.and("f.code = ?", string(d.Code))
		}
	}
	if set.where == "" {
		return nil, &ticketing.Error{Kind: ticketing.Invalid, Field: "set", Key: "report.drill"}
	}
	var args []any
	switch d.Set { //nolint:exhaustive // the others ask for no instants
	case report.SetSettledLate:
		args = []any{int32(d.Period.From), int32(d.Period.To), instant(asOf)}
	case report.SetSettledOpen:
		args = []any{int32(d.Period.From), int32(d.Period.To)}
	case report.SetOverdue:
		c.urgent = true
		args = []any{instant(asOf)}
	case report.SetOpenLate:
		args = []any{instant(asOf)}
	case report.SetDueToday:
		args = []any{instant(asOf), instant(end)}
	}
	c.and(set.where, args...)
	c.within(set.day, d.Period)
	if c.day = set.day; c.day == "" {
		if c.day = "received_day"; clocks {
			c.day = "day"
		}
	}
	db.chooseMore(c, d, today)
	return c, nil
}

func (c *choice) within(day string, p report.Period) {
	if day != "" {
		c.and("f."+day+" >= ? and f."+day+" <= ?", int32(p.From), int32(p.To))
	}
}

// chooseMore adds what narrows any set.
func (db *DB) chooseMore(c *choice, d report.Drill, today report.Day) {
	where, args := db.filtered(d.Filter, "f.")
	c.where.WriteString(where)
	c.args = append(c.args, args...)
	if a := d.Age; a != nil {
		c.and("f.received_day <= ?", int32(today)-int32(min(a.From, 1<<20))) //nolint:gosec // G115: bounded
		if a.To > 0 {
			c.and("f.received_day >= ?", int32(today)-int32(min(a.To, 1<<20))) //nolint:gosec // G115: bounded
		}
	}
	if x := d.Cell; x != nil {
		// 1 January 1970 was a Thursday.
		c.and("f.hour = ? and (f.started_day + 3) % 7 = ?", x.Hour, x.Weekday)
	}
}

// chooseSign chooses the cases of a sign: its suspects, or the closings of a burst.
func (db *DB) chooseSign(c *choice, d report.Drill) {
	if d.Sign == report.SignMassClosing {
		c.day = "ended_day"
		c.and("f.ended_day > 0 and f.by_hand = 1")
		c.within("ended_day", d.Period)
		c.and("f.ended_at >= ? and f.ended_at <= ?", instant(d.Since), instant(d.Until))
		db.chooseMore(c, report.Drill{Filter: d.Filter}, 0)
		return
	}
	c.signs, c.day = true, "day"
	c.and("f.sign = ?", string(d.Sign))
	c.within("day", d.Period)
	if !d.Since.IsZero() {
		c.and("f.at >= ? and f.at <= ?", instant(d.Since), instant(d.Until))
	}
	where, args := db.filtered(report.Filter{Departments: d.Filter.Departments}, "f.")
	c.where.WriteString(where)
	c.args = append(c.args, args...)
	c.table = factTable{from: "suspects"}
}

// from names the facts f.
func (c *choice) from() string {
	if c.table.from == "suspects" {
		return "suspects f"
	}
	if strings.HasPrefix(c.table.from, "(") {
		return c.table.from[:strings.LastIndex(c.table.from, ")")+1] + " f"
	}
	return c.table.from + " f"
}

// Counts counts sets; see report.Behind.
func (db *DB) Counts(ctx context.Context, drills []report.Drill) ([]int64, error) {
	dir, err := db.Directory(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]int64, len(drills))
	found := make([]bool, len(drills))
	queries := make([]statement, 0, len(drills))
	for i, d := range drills {
		if d.Filter, err = db.everywhere(ctx, d.Filter); err != nil {
			return nil, err
		}
		c, err := db.choose(d, dir.Rules.Zone())
		if err != nil {
			return nil, err
		}
		queries = append(queries, statement{
			query: memo("select count(*) from " + c.from() + " where 1 = 1" + c.where.String()), args: c.args, read: one(&found[i], &out[i]),
		})
	}
	if len(queries) == 0 {
		return out, nil
	}
	return out, db.query(ctx, queries...)
}

// noInstant is a column of time without one.
const noInstant = "cast(null as {pg:timestamptz}{lite:integer})"

// ticketFields are the columns of a case that is a ticket.
const ticketFields = "f.department_id, '', '', f.code, f.next_due_at, " + noInstant + ", f.ended_at, " + noInstant + ", 0"

// A casePosition is where a case stands in a list.
type casePosition struct {
	Day  int32
	ID   int64
	Part int64 // episode, or number of the case in its ticket
	Due  int64 // of lists by it: microseconds since 1970
}

// A caseRow is a line of a list behind a figure.
type caseRow struct {
	day                          int32
	id, part                     int64
	ticket, department, category int64
	ref, subject, channel        string
	state                        int16
	received                     instant
	kind, outcome, code          string
	due, settled, ended, at      instant
	took, assignee               int64
}

// listed says how the cases are listed: the columns of their keys and of what is
// told of them, their order, and the condition of those after a position.
func (c *choice) listed() (key, fields, order, after string) {
	key = "f.clock_id, 0"
	fields = "f.department_id, f.kind, f.outcome, f.code, f.due_at, f.settled_at, " + noInstant + ", " + noInstant + ", f.took"
	order = "f." + c.day + ", f.clock_id"
	after = "(f." + c.day + ", f.clock_id) > (?, ?)"
	switch {
	case c.signs:
		key, fields = "f.ticket_id, f.n", "f.department_id, '', '', '', "+noInstant+", "+noInstant+", "+noInstant+", f.at, 0"
		order, after = "f.day, f.ticket_id, f.n", "(f.day, f.ticket_id, f.n) > (?, ?, ?)"
	case c.urgent:
		key, fields = "f.ticket_id, f.episode", ticketFields
		order, after = "f.next_due_at, f.ticket_id, f.episode", "(f.next_due_at, f.ticket_id, f.episode) > (?, ?, ?)"
	case !c.clocks:
		key, fields = "f.ticket_id, f.episode", ticketFields
		order, after = "f."+c.day+", f.ticket_id, f.episode", "(f."+c.day+", f.ticket_id, f.episode) > (?, ?, ?)"
	}
	return key, fields, order, after
}

// Behind lists the cases of a set, oldest day first, those overdue the latest
// first; see report.Behind.
func (db *DB) Behind(ctx context.Context, d report.Drill, cursor string, limit int) (ticketing.Page[report.Case], error) {
	var page ticketing.Page[report.Case]
	dir, err := db.Directory(ctx)
	if err != nil {
		return page, err
	}
	if d.Filter, err = db.everywhere(ctx, d.Filter); err != nil {
		return page, err
	}
	c, err := db.choose(d, dir.Rules.Zone())
	if err != nil {
		return page, err
	}
	key, fields, order, after := c.listed()
	if cursor != "" {
		var p casePosition
		if err := readCursor(cursor, &p); err != nil {
			return page, err
		}
		args := []any{p.Day, p.ID, p.Part}
		switch {
		case c.urgent:
			args[0] = instant(time.UnixMicro(p.Due))
		case c.clocks:
			args = args[:2]
		}
		c.and(after, args...)
	}
	size := pageSize(limit)
	var list []caseRow
	text := "select x.*, t.ref, t.subject, t.state, t.category_id, t.channel, t.received_at, t.assignee_id from (select f." + c.day + " as place, " + key + ", f.ticket_id as of, " + fields +
		" from " + c.from() + " where 1 = 1" + c.where.String() + " order by " + order + " limit ?) x join tickets t on t.id = x.of"
	err = db.query(ctx, statement{query: memo(text), args: append(c.args, size+1), read: readCases(&list)})
	slices.SortFunc(list, func(a, b caseRow) int { // joining may have mixed them
		if c.urgent {
			return cmp.Or(a.due.time().Compare(b.due.time()), cmp.Compare(a.id, b.id), cmp.Compare(a.part, b.part))
		}
		return compareCases(&a, &b)
	})
	if len(list) > size {
		list = list[:size]
		last := &list[size-1]
		page.Next = makeCursor(casePosition{last.day, last.id, last.part, last.due.time().UnixMicro()})
	}
	for i := range list {
		page.Items = append(page.Items, list[i].toCase(c.clocks))
	}
	return page, err
}
