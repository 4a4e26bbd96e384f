package storage

import (
	"context"
	"sync"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// How old the numbers beside the views may be. Between the two ages the old
// ones are given while new ones are made.
const (
	countsAge   = 3 * time.Second
	countsLimit = 15 * time.Second
)

// countsCache keeps the sums over all departments, which are the same for
// everybody; what an agent sees of them is added up from it.
type countsCache struct {
	mu     sync.Mutex
	at     time.Time // when the sums were made
	dayEnd time.Time // for which day
	sums   *countSums
	making bool
}

// countSums is never changed once made.
type countSums struct {
	groups      []countGroup
	spam        map[ticketing.DepartmentID]int
	quarantined int
	questions   map[ticketing.DepartmentID]int
}

// many reports whether so many tickets in work are as described that they are
// found sooner along an order of all than by sorting them.
func (c *countsCache) many(is func(countGroup) bool) bool {
	c.mu.Lock()
	sums := c.sums
	c.mu.Unlock()
	if sums == nil {
		return false
	}
	n, all := 0, 0
	for _, g := range sums.groups {
		all += g.n
		if is(g) {
			n += g.n
		}
	}
	const page = 50
	return n > 0 && page*all/n < n
}

// A countGroup is the tickets in work of one department, state and somebody or
// nobody.
type countGroup struct {
	department     int64
	state          int16
	assigned       bool
	n              int
	overdue, today int
}

var (
	countWork = sqlQuery(`select department_id, state, assignee_id <> 0, count(*),
		sum(case when due_at < ? then 1 else 0 end), sum(case when due_at >= ? and due_at < ? then 1 else 0 end)
		from tickets {lite:indexed by tickets_work_department_due} where state < 3 group by department_id, state, assignee_id <> 0`)
	countSpam        = sqlQuery("select department_id, count(*) from tickets where spam = 1 group by department_id")
	countQuestions   = sqlQuery("select q.department_id, count(*) from questions q join tickets t on t.id = q.ticket_id where t.state < 3 group by q.department_id")
	countQuarantined = sqlQuery("select count(*) from ledger where state >= 3 and state = 4")
)

// TicketCounts counts for the navigation; see ticketing.TicketReads.
func (db *DB) TicketCounts(ctx context.Context, s ticketing.Scope, agent ticketing.AgentID, now, dayEnd time.Time) (ticketing.Counts, error) {
	c := ticketing.Counts{ByDepartment: map[ticketing.DepartmentID]int{}, Questions: map[ticketing.DepartmentID]int{}}
	sums, err := db.sums(ctx, now, dayEnd)
	if err != nil {
		return c, err
	}
	for _, g := range sums.groups {
		if !s.Sees(ticketing.DepartmentID(g.department)) {
			continue
		}
		c.Open += g.n
		c.ByDepartment[ticketing.DepartmentID(g.department)] += g.n
		c.Overdue += g.overdue
		c.DueToday += g.today
		if !g.assigned {
			c.Unassigned += g.n
		}
		if g.state == int16(ticketing.StateWaiting) {
			c.Waiting += g.n
		}
	}
	for d, n := range sums.spam {
		if s.Sees(d) {
			c.Spam += n
		}
	}
	for d, n := range sums.questions {
		if s.Sees(d) {
			c.Questions[d] = n
		}
	}
	if s.All {
		c.Quarantined = sums.quarantined
	}
	if agent == 0 {
		return c, nil
	}
	custody, scope := inCustody(db.engine, s)
	args := append([]any{int64(agent)}, scope...)
	var found bool
	err = db.query(ctx, statement{
		query: memo("select count(*) from (select 1 from tickets where state < 3 and assignee_id = ?" + custody + " limit ?) mine"),
		args:  append(args, ticketing.MostMine), read: one(&found, &c.Mine),
	})
	return c, err
}

// sums gives the cached sums. When they are too old, whoever asks first makes
// them anew; the others wait, or take the old ones while these will do.
func (db *DB) sums(ctx context.Context, now, dayEnd time.Time) (*countSums, error) {
	c := &db.counts
	c.mu.Lock()
	defer c.mu.Unlock()
	at := db.now()
	age := at.Sub(c.at)
	usable := c.sums != nil && c.dayEnd.Equal(dayEnd) && age >= 0
	if usable && age < countsAge {
		return c.sums, nil
	}
	if usable && age < countsLimit {
		if !c.making {
			c.making = true
			db.background.Go(func() { db.renewSums(ctx, now, dayEnd, at) })
		}
		return c.sums, nil
	}
	fresh, err := db.sumUp(ctx, now, dayEnd)
	if err == nil {
		c.sums, c.at, c.dayEnd = fresh, at, dayEnd
	}
	return fresh, err
}

// renewSums makes the sums while the old ones are in use. A failure leaves
// them, until they are too old and somebody is told.
func (db *DB) renewSums(ctx context.Context, now, dayEnd, at time.Time) {
	ctx, cancel := detach(ctx)
	defer cancel()
	fresh, err := db.sumUp(ctx, now, dayEnd)
	c := &db.counts
	c.mu.Lock()
	defer c.mu.Unlock()
	c.making = false
	if err == nil {
		c.sums, c.at, c.dayEnd = fresh, at, dayEnd
	}
}

func (db *DB) sumUp(ctx context.Context, now, dayEnd time.Time) (*countSums, error) {
	s := &countSums{spam: map[ticketing.DepartmentID]int{}, questions: map[ticketing.DepartmentID]int{}}
	var found bool
	n := instant(now)
	err := db.query(ctx,
		statement{query: countWork, args: []any{n, n, instant(dayEnd)}, read: func(r rows) error {
			s.groups = nil
			for r.Next() {
				var g countGroup
				if err := r.Scan(&g.department, &g.state, &g.assigned, &g.n, &g.overdue, &g.today); err != nil {
					return err
				}
				s.groups = append(s.groups, g)
			}
			return r.Err()
		}},
		statement{query: countSpam, read: byDepartment(s.spam)},
		statement{query: countQuestions, read: byDepartment(s.questions)},
		statement{query: countQuarantined, read: one(&found, &s.quarantined)},
	)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// byDepartment reads numbers by department.
func byDepartment(of map[ticketing.DepartmentID]int) func(rows) error {
	return func(r rows) error {
		clear(of)
		for r.Next() {
			var d int64
			var n int
			if err := r.Scan(&d, &n); err != nil {
				return err
			}
			of[ticketing.DepartmentID(d)] = n
		}
		return r.Err()
	}
}
