package storage

import (
	"context"
	"slices"
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

	Referrals list[ticketing.Referral]

	Label    string
	SeenUpTo int64
	Draft    bool
}

const lineColumns = `id, category_id, department_id, assignee_id, version, last_in_id, citizen_id, ref, subject, waiting, code, channel,
	state, rank, due_at, received_at, answered_at, last_message_at, last_in_at, updated_at, referrals`

func (r *lineRow) targets() []any {
	return []any{
		&r.ID, &r.CategoryID, &r.DepartmentID, &r.AssigneeID, &r.Version, &r.LastInID, &r.CitizenID, &r.Ref, &r.Subject, &r.Waiting, &r.Code, &r.Channel,
		&r.State, &r.Rank, &r.DueAt, &r.ReceivedAt, &r.AnsweredAt, &r.LastMessageAt, &r.LastInAt, &r.UpdatedAt, &r.Referrals,
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
		Outside: ticketing.OutsideOf(ticketing.State(r.State), r.Referrals), //nolint:gosec // G115: the column is checked
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
	page.Cut = l.cut
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
	if len(refs) == 1 { // as after every act: PostgreSQL keeps its plan, which it does not for an array
		lines = "select " + lineColumns + " from tickets where ref = ?" + custody
		all[len(before)] = string(refs[0])
	}
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
