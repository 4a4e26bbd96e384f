package storage

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// A lister puts a list's query together.
type lister struct {
	db          *DB
	f           *ticketing.TicketFilter
	agent       ticketing.AgentID
	sets        []set
	departments []int64 // each read by its own index, then merged; none: all at once
	where       strings.Builder
	args        []any
	narrow      bool // a condition picks out few tickets: the planner finds the way
	nothing     bool // the filter can match no ticket
	cut         bool // of what was searched for only the newest is listed
	dueBefore   time.Time
}

// A set is a part of the table that partial indexes cover. Its condition stands
// in the text of queries with numbers, because a variable matches no partial index.
type set struct {
	name  string // of its indexes: tickets_<name>_<order>
	where string
}

var (
	setWork     = set{"work", "state < 3"}
	setFinished = set{"done", "state >= 3 and spam = 0"}
	setSpam     = set{"spam", "spam = 1"}
)

// mergedDepartments is how many departments are read one by one; a scope of
// more is a good part of the table anyhow.
const mergedDepartments = 8

func (l *lister) and(condition string, args ...any) {
	l.where.WriteString(" and ")
	l.where.WriteString(condition)
	l.args = append(l.args, args...)
}

// prepare turns the filter into conditions.
func (l *lister) prepare(ctx context.Context) error {
	l.chooseSets()
	l.chooseDepartments()
	f := l.f
	if f.Assignee != 0 {
		l.pick("assignee_id = ?", int64(f.Assignee))
	}
	if f.Unassigned {
		l.and("assignee_id = 0")
		l.narrow = l.narrow || !l.db.counts.many(func(g countGroup) bool { return !g.assigned })
	}
	if f.Category != 0 {
		l.pick("category_id = ?", int64(f.Category))
	}
	if f.District != 0 {
		l.pick("district_id = ?", int64(f.District))
	}
	if f.Channel != "" {
		l.and("channel = ?", string(f.Channel))
	}
	if f.Priority != nil {
		l.and("rank = ?", rankOf(*f.Priority))
	}
	if f.Waiting != "" {
		l.and("waiting = ?", string(f.Waiting))
	}
	if f.Tag != "" {
		l.pick("id in (select ticket_id from ticket_tags where tag = ?)", clean(f.Tag))
	}
	if f.Citizen != 0 {
		l.pick("citizen_id in (select id from citizens where stays_id = (select stays_id from citizens where id = ?))", int64(f.Citizen))
	}
	l.boundDue()
	if strings.TrimSpace(f.Query) == "" {
		return nil
	}
	l.narrow = true
	return l.search(ctx)
}

// pick adds a condition that few tickets meet.
func (l *lister) pick(condition string, args ...any) {
	l.narrow = true
	l.and(condition, args...)
}

// chooseDepartments says which departments may and shall be seen.
func (l *lister) chooseDepartments() {
	f := l.f
	switch {
	case f.Asked:
		l.asked()
	case f.Department != 0:
		l.departments = []int64{int64(f.Department)}
		l.nothing = l.nothing || !f.Scope.Sees(f.Department)
	case f.Scope.All:
	case len(f.Scope.Departments) <= mergedDepartments:
		for _, d := range f.Scope.Departments {
			if !slices.Contains(l.departments, int64(d)) {
				l.departments = append(l.departments, int64(d))
			}
		}
		l.nothing = l.nothing || len(l.departments) == 0
	default:
		custody, args := inCustody(l.db.engine, f.Scope)
		l.where.WriteString(custody)
		l.args = append(l.args, args...)
	}
}

// asked narrows to tickets with an open question to the departments, whoever has
// them. They are few: the planner begins with them.
func (l *lister) asked() {
	var who []ticketing.DepartmentID
	for _, d := range l.f.Questions {
		if l.f.Scope.Sees(d) {
			who = append(who, d)
		}
	}
	l.nothing = l.nothing || len(who) == 0
	l.pick("id in (select ticket_id from questions where department_id"+isOneOf+")", ints(l.db.engine, who))
	if l.f.Department != 0 {
		l.and("department_id = ?", int64(l.f.Department))
	}
}

// boundDue keeps the bounds on due instants: the lowest of the upper ones alone.
func (l *lister) boundDue() {
	f := l.f
	if f.Overdue.IsZero() && f.DueFrom.IsZero() && f.DueBefore.IsZero() {
		return
	}
	l.dueBefore = endOfTime // what never falls due is in no stretch of time
	for _, at := range []time.Time{f.Overdue, f.DueBefore} {
		if !at.IsZero() && at.Before(l.dueBefore) {
			l.dueBefore = at
		}
	}
	if !f.DueFrom.IsZero() {
		l.and("due_at >= ?", instant(f.DueFrom))
	}
}

// chooseSets says which parts of the table the states asked for lie in.
func (l *lister) chooseSets() {
	f := l.f
	switch {
	case f.Spam:
		l.sets = []set{setSpam}
	case f.All:
		l.sets = []set{setWork, setFinished}
	case len(f.States) == 0:
		l.sets = []set{setWork}
	default:
		var in, out []string
		for s := ticketing.StateReceived; s <= ticketing.StateClosed; s++ {
			if !slices.Contains(f.States, s) {
				continue
			}
			if s.InWork() {
				in = append(in, fmt.Sprint(uint8(s)))
			} else {
				out = append(out, fmt.Sprint(uint8(s)))
			}
		}
		l.narrowed(setWork, in, int(ticketing.StateResolved))
		l.narrowed(setFinished, out, 2)
		l.nothing = len(l.sets) == 0
	}
}

// narrowed adds a set cut down to some of its states.
func (l *lister) narrowed(s set, states []string, all int) {
	switch len(states) {
	case 0:
		return
	case all:
	case 1:
		s.where += " and state = " + states[0]
		l.narrow = l.narrow || s.name != setWork.name || !l.db.counts.many(func(g countGroup) bool { return fmt.Sprint(g.state) == states[0] })
	default:
		s.where += " and state in (" + strings.Join(states, ", ") + ")"
	}
	l.sets = append(l.sets, s)
}

// hint names the index that gives a set in the order of a sort, for the
// embedded database, whose planner knows too little of how values are spread.
// PostgreSQL, and a filter that picks out few tickets, need none.
func (l *lister) hint(s set, department bool) string {
	if l.db.engine == postgresEngine || l.narrow || s.name == setSpam.name {
		return ""
	}
	order := map[ticketing.Sort]string{
		ticketing.SortDue: "due", ticketing.SortReceived: "received", ticketing.SortActivity: "activity", ticketing.SortPriority: "rank",
	}[l.f.Sort]
	if department {
		return " indexed by tickets_" + s.name + "_department_" + order
	}
	return " indexed by tickets_" + s.name + "_" + order
}

// list reads up to n lines from the bands, behind the cursor.
func (l *lister) list(ctx context.Context, bands []band, from *position, n int) ([]lineRow, error) {
	var all []lineRow
	for i := range bands {
		b := &bands[i]
		if from != nil && !b.holds(*from) {
			continue
		}
		found, err := l.listBand(ctx, b, from, n-len(all))
		if err != nil {
			return nil, err
		}
		from = nil // the bands that follow are taken from their beginning
		if all = append(all, found...); len(all) >= n {
			break
		}
	}
	return all, nil
}

// stretch gives the conditions of a band behind the cursor.
func (l *lister) stretch(b *band, from *position) (where string, args []any) {
	where, args = l.where.String()+b.where, append(slices.Clone(l.args), b.args...)
	upper := l.dueBefore
	switch {
	case from != nil:
		where, args = where+" and "+b.after, append(args, b.key(*from)...)
		if b.falling {
			upper = time.Time{} // the cursor lies below
		}
	case b.falling && upper.IsZero():
		where, args = where+" and "+b.begin, append(args, b.start...)
	}
	if !upper.IsZero() {
		where, args = where+" and due_at < ?", append(args, instant(upper))
	}
	return where, args
}

func (l *lister) listBand(ctx context.Context, b *band, from *position, n int) ([]lineRow, error) {
	where, args := l.stretch(b, from)
	limit := atMost(n)
	before, after := people(l.agent)
	all := before
	var parts []string
	part := func(s set, more string, values ...any) {
		parts = append(parts, "select "+lineColumns+" from tickets"+l.hint(s, more != "")+" where "+s.where+more+where+" order by "+b.order+limit)
		all = append(append(all, values...), args...)
	}
	for _, s := range l.sets {
		for _, d := range l.departments {
			part(s, " and department_id = ?", d)
		}
		if len(l.departments) == 0 {
			part(s, "")
		}
	}
	lines := parts[0]
	if len(parts) > 1 {
		for i := range parts {
			parts[i] = fmt.Sprintf("select * from (%s) part%d", parts[i], i)
		}
		lines = "select * from (" + strings.Join(parts, " union all ") + ") parts order by " + b.order + limit
	}
	all = append(all, after...)
	var found []lineRow
	err := l.db.query(ctx, statement{query: memo(withPeople(lines, " order by "+ofLine(b.order))), args: all, read: intoLines(&found)})
	return found[:min(n, len(found))], err
}

// atMost limits a query to n rows, or to some more: a limit that stands in the
// text is known to the planner of PostgreSQL, which then keeps one plan for all
// variables; one that is a variable made it plan a page anew each time, a third
// of what the page cost. Few sizes, so that there are few texts.
func atMost(n int) string {
	size := 51 // a page and whether there is another
	for size < n {
		size *= 2
	}
	return " limit " + strconv.Itoa(size)
}

// ofLine puts the alias of the lines before the columns of an order.
func ofLine(order string) string {
	columns := strings.Split(order, ", ")
	for i := range columns {
		columns[i] = "t." + columns[i]
	}
	return strings.Join(columns, ", ")
}
