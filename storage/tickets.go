package storage

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// A lineRow is what a list shows of a ticket.
type lineRow struct {
	ID, CategoryID, DepartmentID, AssigneeID, Version, LastInID int64
	CitizenID                                                   optional
	Ref, Subject, Waiting, Code, Channel                        string
	State, Rank                                                 int16
	DueAt, ReceivedAt, AnsweredAt, LastMessageAt, LastInAt      instant
	UpdatedAt                                                   instant

	Label    string
	SeenUpTo int64
	Draft    bool
}

const lineColumns = `id, category_id, department_id, assignee_id, version, last_in_id, citizen_id, ref, subject, waiting, code, channel,
	state, rank, due_at, received_at, answered_at, last_message_at, last_in_at, updated_at`

func (r *lineRow) targets() []any {
	return []any{
		&r.ID, &r.CategoryID, &r.DepartmentID, &r.AssigneeID, &r.Version, &r.LastInID, &r.CitizenID, &r.Ref, &r.Subject, &r.Waiting, &r.Code, &r.Channel,
		&r.State, &r.Rank, &r.DueAt, &r.ReceivedAt, &r.AnsweredAt, &r.LastMessageAt, &r.LastInAt, &r.UpdatedAt,
		&r.Label, &r.SeenUpTo, &r.Draft,
	}
}

func (r *lineRow) line(agent ticketing.AgentID) ticketing.TicketRow {
	return ticketing.TicketRow{
		ID: ticketing.TicketID(r.ID), Ref: ticketing.Reference(r.Ref), Subject: r.Subject, State: ticketing.State(r.State), //nolint:gosec // G115: the column is checked
		Waiting: ticketing.WaitReason(r.Waiting), Code: ticketing.ClosingCode(r.Code), Priority: priorityOf(r.Rank), Channel: ticketing.Channel(r.Channel),
		Category: ticketing.CategoryID(r.CategoryID), Department: ticketing.DepartmentID(r.DepartmentID), Assignee: ticketing.AgentID(r.AssigneeID),
		Citizen: ticketing.CitizenID(r.CitizenID), CitizenName: r.Label, DueAt: r.DueAt.orZero(), ReceivedAt: r.ReceivedAt.orNone(),
		AnsweredAt: r.AnsweredAt.time(), LastMessageAt: r.LastMessageAt.orNone(), LastInAt: r.LastInAt.time(), UpdatedAt: r.UpdatedAt.orNone(),
		Version: r.Version, Unread: agent != 0 && r.LastInID > r.SeenUpTo, Draft: r.Draft,
	}
}

// withPeople puts round a query of lines what comes from other tables: the
// citizen's name and what the asking agent has seen and drafted.
func withPeople(lines, order string) string {
	return "select t.*, coalesce(stayed.label, ''), coalesce(seen.message_id, 0)," +
		" exists (select 1 from drafts d where d.agent_id = ? and d.ticket_id = t.id)" +
		" or exists (select 1 from uploads u where u.agent_id = ? and u.ticket_id = t.id)" +
		" from (" + lines + ") t" +
		" left join citizens c on c.id = t.citizen_id left join citizens stayed on stayed.id = c.stays_id" +
		" left join seen on seen.agent_id = ? and seen.ticket_id = t.id" + order
}

func people(agent ticketing.AgentID) (before, after []any) {
	a := int64(agent)
	return []any{a, a}, []any{a}
}

// A position is where a ticket stands in an order.
type position struct {
	Sort ticketing.Sort
	Desc bool
	Rank int16
	At   int64 // microseconds: due, received or last activity
	ID   int64
}

// A band is a stretch of an order that one range of an index serves. Most
// orders are one band; running backwards over instants of which "never" must
// stay last takes two for each rank.
type band struct {
	where string // and its variables: what all of the band has in common
	args  []any
	begin string // where it begins, unless a cursor says so
	start []any
	order string // columns with their directions
	after string // the condition of lying behind a cursor
	key   func(p position) []any
	holds func(p position) bool
	// falling: due instants fall along the band, so that a cursor bounds them above.
	falling bool
}

// onlyFinished reports whether a filter lists finished tickets alone.
func onlyFinished(f *ticketing.TicketFilter) bool {
	return len(f.States) > 0 && !f.All && !f.Spam && !slices.ContainsFunc(f.States, ticketing.State.InWork)
}

// bandsOf gives the bands of a sort, in order; finished says that only finished
// tickets are listed, nearly all of which fall due never.
func bandsOf(sort ticketing.Sort, desc, finished bool) ([]band, error) {
	everything := func(position) bool { return true }
	at := func(p position) []any { return []any{instant(time.UnixMicro(p.At)), p.ID} }
	plain := func(column string) []band {
		if desc {
			return []band{{order: column + " desc, id desc", after: "(" + column + ", id) < (?, ?)", key: at, holds: everything}}
		}
		return []band{{order: column + ", id", after: "(" + column + ", id) > (?, ?)", key: at, holds: everything}}
	}
	switch sort {
	case ticketing.SortReceived:
		return plain("received_at"), nil
	case ticketing.SortActivity:
		return plain("last_message_at"), nil
	case ticketing.SortDue:
		if !desc && !finished {
			return plain("due_at"), nil
		}
		if !desc {
			return forwardsByDue("", nil, everything), nil
		}
		return backwardsByDue("", nil, everything), nil
	case ticketing.SortPriority:
		if !desc && !finished {
			return []band{{
				order: "rank, due_at, id", after: "(rank, due_at, id) > (?, ?, ?)", holds: everything,
				key: func(p position) []any { return append([]any{p.Rank}, at(p)...) },
			}}, nil
		}
		if !desc {
			var all []band
			for rank := int16(0); rank <= leastUrgent; rank++ {
				all = append(all, forwardsByDue(" and rank = ?", []any{rank}, func(p position) bool { return p.Rank == rank })...)
			}
			return all, nil
		}
		var all []band
		for rank := leastUrgent; rank >= 0; rank-- {
			all = append(all, backwardsByDue(" and rank = ?", []any{rank}, func(p position) bool { return p.Rank == rank })...)
		}
		return all, nil
	}
	return nil, &ticketing.Error{Kind: ticketing.Invalid, Field: "sort", Key: "sort.unknown"}
}

// forwardsByDue gives the two bands of running forwards: what falls due, then
// "never". The embedded database seeks a pair by its first column alone, and
// finished tickets, which all fall due never, would be walked up to the cursor.
func forwardsByDue(where string, args []any, holds func(position) bool) []band {
	isNever := func(p position) bool { return p.At == endOfTime.UnixMicro() }
	never := append(slices.Clip(args), any(instant(endOfTime)))
	return []band{
		{
			where: where + " and due_at < ?", args: never, order: "due_at, id", after: "(due_at, id) > (?, ?)",
			key:   func(p position) []any { return []any{instant(time.UnixMicro(p.At)), p.ID} },
			holds: func(p position) bool { return holds(p) && !isNever(p) },
		},
		{
			where: where + " and due_at = ?", args: never, order: "due_at, id", after: "id > ?",
			key:   func(p position) []any { return []any{p.ID} },
			holds: func(p position) bool { return holds(p) && isNever(p) },
		},
	}
}

// backwardsByDue gives the two bands of running backwards with "never" last.
// A range of an index has one upper end: the beginning or the cursor, not both.
func backwardsByDue(where string, args []any, holds func(position) bool) []band {
	isNever := func(p position) bool { return p.At == endOfTime.UnixMicro() }
	never := []any{instant(endOfTime)}
	return []band{
		{
			where: where, args: args, begin: "due_at < ?", start: never, order: "due_at desc, id desc",
			after: "(due_at, id) < (?, ?)", key: func(p position) []any { return []any{instant(time.UnixMicro(p.At)), p.ID} },
			holds: func(p position) bool { return holds(p) && !isNever(p) }, falling: true,
		},
		{
			where: where + " and due_at = ?", args: append(slices.Clip(args), never...), order: "due_at desc, id desc",
			after: "id < ?", key: func(p position) []any { return []any{p.ID} },
			holds: func(p position) bool { return holds(p) && isNever(p) },
		},
	}
}

func positionOf(f *ticketing.TicketFilter, r *lineRow) position {
	p := position{Sort: f.Sort, Desc: f.Desc, Rank: r.Rank, ID: r.ID}
	switch f.Sort {
	case ticketing.SortDue, ticketing.SortPriority:
		p.At = r.DueAt.time().UnixMicro()
	case ticketing.SortReceived:
		p.At = r.ReceivedAt.time().UnixMicro()
	case ticketing.SortActivity:
		p.At = r.LastMessageAt.time().UnixMicro()
	}
	return p
}

// Tickets lists tickets; see ticketing.TicketReads.
func (db *DB) Tickets(ctx context.Context, f ticketing.TicketFilter, agent ticketing.AgentID) (ticketing.Page[ticketing.TicketRow], error) {
	var page ticketing.Page[ticketing.TicketRow]
	if f.Sort == "" {
		f.Sort = ticketing.SortDue
	}
	bands, err := bandsOf(f.Sort, f.Desc, onlyFinished(&f))
	if err != nil {
		return page, err
	}
	var from *position
	if f.Cursor != "" {
		from = &position{}
		if err := readCursor(f.Cursor, from); err != nil {
			return page, err
		}
		if from.Sort != f.Sort || from.Desc != f.Desc {
			return page, misfit()
		}
	}
	l := lister{db: db, f: &f, agent: agent}
	if err := l.prepare(ctx); err != nil || l.nothing {
		return page, err
	}
	size := pageSize(f.Limit)
	found, err := l.list(ctx, bands, from, size+1)
	if err != nil {
		return page, err
	}
	if len(found) > size {
		found = found[:size]
		page.Next = makeCursor(positionOf(&f, &found[size-1]))
	}
	for i := range found {
		page.Items = append(page.Items, found[i].line(agent))
	}
	return page, nil
}

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
	args = append(args, n)
	before, after := people(l.agent)
	all := before
	var parts []string
	part := func(s set, more string, values ...any) {
		parts = append(parts, "select "+lineColumns+" from tickets"+l.hint(s, more != "")+" where "+s.where+more+where+" order by "+b.order+" limit ?")
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
		lines = "select * from (" + strings.Join(parts, " union all ") + ") parts order by " + b.order + " limit ?"
		all = append(all, n)
	}
	all = append(all, after...)
	var found []lineRow
	err := l.db.query(ctx, statement{query: memo(withPeople(lines, " order by "+ofLine(b.order))), args: all, read: intoLines(&found)})
	return found, err
}

// ofLine puts the alias of the lines before the columns of an order.
func ofLine(order string) string {
	columns := strings.Split(order, ", ")
	for i := range columns {
		columns[i] = "t." + columns[i]
	}
	return strings.Join(columns, ", ")
}

func intoLines(found *[]lineRow) func(rows) error {
	return func(r rows) error {
		*found = nil
		for r.Next() {
			var line lineRow
			if err := r.Scan(line.targets()...); err != nil {
				return err
			}
			*found = append(*found, line)
		}
		return r.Err()
	}
}

// TicketRows gives single lines; see ticketing.TicketReads.
func (db *DB) TicketRows(ctx context.Context, s ticketing.Scope, refs []ticketing.Reference, agent ticketing.AgentID) ([]ticketing.TicketRow, error) {
	if len(refs) == 0 {
		return nil, nil
	}
	custody, args := inCustody(db.engine, s)
	before, after := people(agent)
	all := append(append(before, texts(db.engine, refs)), append(args, after...)...)
	var found []lineRow
	lines := "select " + lineColumns + " from tickets where ref" + isOneOf + custody
	if err := db.query(ctx, statement{query: memo(withPeople(lines, "")), args: all, read: intoLines(&found)}); err != nil {
		return nil, err
	}
	byRef := map[ticketing.Reference]*lineRow{}
	for i := range found {
		byRef[ticketing.Reference(found[i].Ref)] = &found[i]
	}
	var out []ticketing.TicketRow
	for _, ref := range refs {
		if line, ok := byRef[ref]; ok {
			out = append(out, line.line(agent))
		}
	}
	return out, nil
}
