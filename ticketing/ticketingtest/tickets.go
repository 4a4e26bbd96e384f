package ticketingtest

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// Tickets implements [ticketing.TicketReads].
func (s *Store) Tickets(ctx context.Context, f ticketing.TicketFilter, agent ticketing.AgentID) (page ticketing.Page[ticketing.TicketRow], err error) {
	if f.Sort == "" {
		f.Sort = ticketing.SortDue
	}
	order, err := orderOf(f.Sort, f.Desc)
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
	err = s.read(ctx, func(v view) error {
		matches := v.matcher(f)
		rows := v.tickets.list(v.in, func(t *ticketing.Ticket) bool {
			return (from == nil || order(positionOf(f, t), *from) > 0) && matches(t)
		}, func(a, b *ticketing.Ticket) int { return order(positionOf(f, a), positionOf(f, b)) })
		size := pageSize(f.Limit)
		for _, t := range limit(rows, size) {
			page.Items = append(page.Items, v.row(t, agent))
		}
		if len(rows) > size {
			page.Next = makeCursor(positionOf(f, rows[size-1]))
		}
		return nil
	})
	return page, err
}

// A position is where a ticket stands in an order.
type position struct {
	Sort     ticketing.Sort
	Desc     bool
	Due      time.Time
	At       time.Time
	Priority ticketing.Priority
	ID       ticketing.TicketID
}

func positionOf(f ticketing.TicketFilter, t *ticketing.Ticket) position {
	p := position{Sort: f.Sort, Desc: f.Desc, ID: t.ID}
	switch f.Sort {
	case ticketing.SortDue:
		p.Due = t.DueAt
	case ticketing.SortReceived:
		p.At = t.ReceivedAt
	case ticketing.SortActivity:
		p.At = t.LastMessageAt
	case ticketing.SortPriority:
		p.Priority, p.Due = t.Priority, t.DueAt
	}
	return p
}

// orderOf gives the order of a sort: without due last, both ways; what is
// equal by identifier.
func orderOf(sort ticketing.Sort, desc bool) (func(a, b position) int, error) {
	sign := 1
	if desc {
		sign = -1
	}
	byDue := func(a, b position) int {
		if a.Due.IsZero() != b.Due.IsZero() {
			if a.Due.IsZero() {
				return 1
			}
			return -1
		}
		return sign * a.Due.Compare(b.Due)
	}
	switch sort {
	case ticketing.SortDue:
		return func(a, b position) int { return cmp.Or(byDue(a, b), sign*cmp.Compare(a.ID, b.ID)) }, nil
	case ticketing.SortReceived, ticketing.SortActivity:
		return func(a, b position) int { return sign * cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) }, nil
	case ticketing.SortPriority:
		return func(a, b position) int {
			return cmp.Or(sign*cmp.Compare(b.Priority, a.Priority), byDue(a, b), sign*cmp.Compare(a.ID, b.ID))
		}, nil
	}
	return nil, &ticketing.Error{Kind: ticketing.Invalid, Field: "sort", Key: "sort.unknown"}
}

// matcher tells which tickets the filter lets through.
func (v view) matcher(f ticketing.TicketFilter) func(*ticketing.Ticket) bool {
	q := parseQuery(f.Query)
	var citizens []ticketing.CitizenID
	if f.Citizen != 0 {
		citizens = v.family(v.stayer(f.Citizen))
	}
	return func(t *ticketing.Ticket) bool {
		return (f.Scope.Sees(t.Department) || f.Asked) && (!f.Asked || isAsked(f, t)) && inView(f, t) && hasFields(f, t) && inTime(f, t.DueAt) &&
			(f.Citizen == 0 || slices.Contains(citizens, t.Citizen)) &&
			(q.empty || q.matches(v.ticketWords(t), v.contactsOf(t)))
	}
}

func (v view) contactsOf(t *ticketing.Ticket) []ticketing.Contact {
	if c, err := v.whole(t.Citizen); err == nil {
		return c.Contacts
	}
	return nil
}

// inView reports whether the ticket is of the states asked for. Spam is seen
// in its own view alone.
func inView(f ticketing.TicketFilter, t *ticketing.Ticket) bool {
	switch {
	case f.Spam || isSpam(t):
		return f.Spam && isSpam(t)
	case f.All:
		return true
	case len(f.States) > 0:
		return slices.Contains(f.States, t.State)
	}
	return t.State.InWork()
}

// isAsked reports whether a department of the filter owes the ticket an answer.
func isAsked(f ticketing.TicketFilter, t *ticketing.Ticket) bool {
	return slices.ContainsFunc(t.Consultations, func(c ticketing.Consultation) bool {
		return c.Open() && slices.Contains(f.Questions, c.Department) && f.Scope.Sees(c.Department)
	})
}

func isSpam(t *ticketing.Ticket) bool {
	return t.State == ticketing.StateClosed && t.Code == ticketing.CodeSpam
}

func hasFields(f ticketing.TicketFilter, t *ticketing.Ticket) bool {
	return (f.Department == 0 || f.Department == t.Department) &&
		(f.Assignee == 0 || f.Assignee == t.Assignee) &&
		(!f.Unassigned || t.Assignee == 0) &&
		(f.Category == 0 || f.Category == t.Category) &&
		(f.District == 0 || f.District == t.District) &&
		(f.Channel == "" || f.Channel == t.Channel) &&
		(f.Priority == nil || *f.Priority == t.Priority) &&
		(f.Waiting == "" || f.Waiting == t.Waiting) &&
		(f.Tag == "" || t.HasTag(f.Tag))
}

func inTime(f ticketing.TicketFilter, due time.Time) bool {
	if f.Overdue.IsZero() && f.DueFrom.IsZero() && f.DueBefore.IsZero() {
		return true
	}
	return !due.IsZero() && within(due, f.DueFrom, f.DueBefore) && (f.Overdue.IsZero() || due.Before(f.Overdue))
}

// row is the ticket as a line of a list for the agent.
func (v view) row(t *ticketing.Ticket, agent ticketing.AgentID) ticketing.TicketRow {
	r := ticketing.TicketRow{
		ID: t.ID, Ref: t.Ref, Subject: t.Subject, State: t.State, Waiting: t.Waiting, Code: t.Code, Priority: t.Priority,
		Channel: t.Channel, Category: t.Category, Department: t.Department, Assignee: t.Assignee, Citizen: t.Citizen,
		DueAt: t.DueAt, ReceivedAt: t.ReceivedAt, AnsweredAt: t.AnsweredAt, LastMessageAt: t.LastMessageAt, LastInAt: t.LastInAt,
		UpdatedAt: t.UpdatedAt, Version: t.Version, Outside: ticketing.OutsideOf(t.State, t.Referrals),
	}
	if c, err := v.whole(t.Citizen); err == nil {
		r.CitizenName = c.DisplayName()
	}
	if agent == 0 {
		return r
	}
	upTo, _ := v.seen.get(v.in, readKey{agent, t.ID})
	ids, _ := v.messagesOf.get(v.in, t.ID)
	r.Unread = slices.ContainsFunc(ids, func(id ticketing.MessageID) bool {
		m, _ := v.messages.get(v.in, id)
		return id > upTo && m.Rouses()
	})
	for _, kind := range []ticketing.DraftKind{ticketing.DraftReply, ticketing.DraftNote} {
		_, err := v.draft(draftKey{agent, t.ID, kind})
		r.Draft = r.Draft || err == nil
	}
	return r
}

// TicketRows implements [ticketing.TicketReads].
func (s *Store) TicketRows(ctx context.Context, scope ticketing.Scope, refs []ticketing.Reference, agent ticketing.AgentID) (out []ticketing.TicketRow, err error) {
	err = s.read(ctx, func(v view) error {
		for _, ref := range refs {
			id, _ := v.refs.get(v.in, ref)
			if t, ok := v.tickets.get(v.in, id); ok && scope.Sees(t.Department) {
				out = append(out, v.row(t, agent))
			}
		}
		return nil
	})
	return out, err
}

// TicketCounts implements [ticketing.TicketReads].
func (s *Store) TicketCounts(ctx context.Context, scope ticketing.Scope, agent ticketing.AgentID, now, dayEnd time.Time) (c ticketing.Counts, err error) {
	c.ByDepartment, c.Questions = map[ticketing.DepartmentID]int{}, map[ticketing.DepartmentID]int{}
	err = s.read(ctx, func(v view) error {
		for _, t := range v.tickets.each(v.in) {
			if scope.Sees(t.Department) {
				count(&c, t, agent, now, dayEnd)
			}
			for _, d := range askedDepartments(t) {
				if scope.Sees(d) && t.State.InWork() {
					c.Questions[d]++
				}
			}
		}
		for _, r := range v.ledger.each(v.in) {
			if scope.All && r.entry.State == ticketing.LedgerQuarantined {
				c.Quarantined++
			}
		}
		return nil
	})
	return c, err
}

func count(c *ticketing.Counts, t *ticketing.Ticket, agent ticketing.AgentID, now, dayEnd time.Time) {
	if isSpam(t) {
		c.Spam++
	}
	if !t.State.InWork() {
		return
	}
	add := func(n *int, yes bool) {
		if yes {
			*n++
		}
	}
	c.Open++
	c.ByDepartment[t.Department]++
	add(&c.Mine, agent != 0 && t.Assignee == agent && c.Mine < ticketing.MostMine)
	add(&c.Unassigned, t.Assignee == 0)
	add(&c.Waiting, t.State == ticketing.StateWaiting)
	add(&c.Overdue, !t.DueAt.IsZero() && t.DueAt.Before(now))
	add(&c.DueToday, !t.DueAt.IsZero() && !t.DueAt.Before(now) && t.DueAt.Before(dayEnd))
}

// askedDepartments gives the departments that owe the ticket an answer.
func askedDepartments(t *ticketing.Ticket) []ticketing.DepartmentID {
	var out []ticketing.DepartmentID
	for i := range t.Consultations {
		if c := &t.Consultations[i]; c.Open() && !slices.Contains(out, c.Department) {
			out = append(out, c.Department)
		}
	}
	return out
}
