package storage

import (
	"context"
	"sync"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// countsAge is how old the numbers beside the views may be.
const countsAge = 3 * time.Second

// countsCache keeps the sums over all departments, which are the same for
// everybody; what an agent sees of them is added up from it.
type countsCache struct {
	mu      sync.Mutex
	at      time.Time
	now     time.Time // the instants the sums were made for
	dayEnd  time.Time
	groups  []countGroup
	spam    map[int64]int
	waiting int // quarantined items
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
		from tickets where state < 3 group by department_id, state, assignee_id <> 0`)
	countSpam        = sqlQuery("select department_id, count(*) from tickets where spam = 1 group by department_id")
	countQuarantined = sqlQuery("select count(*) from ledger where state >= 3 and state = 4")
)

// TicketCounts counts for the navigation; see ticketing.TicketReads.
func (db *DB) TicketCounts(ctx context.Context, s ticketing.Scope, agent ticketing.AgentID, now, dayEnd time.Time) (ticketing.Counts, error) {
	c := ticketing.Counts{ByDepartment: map[ticketing.DepartmentID]int{}}
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
		if s.Sees(ticketing.DepartmentID(d)) {
			c.Spam += n
		}
	}
	if s.All {
		c.Quarantined = sums.waiting
	}
	if agent == 0 {
		return c, nil
	}
	custody, args := inCustody(db.engine, s)
	var found bool
	err = db.query(ctx, statement{
		query: memo("select count(*) from tickets where state < 3 and assignee_id = ?" + custody),
		args:  append([]any{int64(agent)}, args...), read: one(&found, &c.Mine),
	})
	return c, err
}

// sums gives the cached sums, made anew when they are too old. Askers wait for
// the one who makes them, so that the table is read once for all.
func (db *DB) sums(ctx context.Context, now, dayEnd time.Time) (countSums, error) {
	c := &db.counts
	c.mu.Lock()
	defer c.mu.Unlock()
	at := db.now()
	if age := at.Sub(c.at); c.groups == nil || age < 0 || age >= countsAge || !c.dayEnd.Equal(dayEnd) {
		if err := db.sumUp(ctx, now, dayEnd); err != nil {
			return countSums{}, err
		}
		c.at, c.now, c.dayEnd = at, now, dayEnd
	}
	return countSums{c.groups, c.spam, c.waiting}, nil
}

// countSums is what the cache holds, to be read without its lock.
type countSums struct {
	groups  []countGroup
	spam    map[int64]int
	waiting int
}

func (db *DB) sumUp(ctx context.Context, now, dayEnd time.Time) error {
	groups := []countGroup{}
	spam := map[int64]int{}
	var found bool
	var quarantined int
	n := instant(now)
	err := db.query(ctx,
		statement{query: countWork, args: []any{n, n, instant(dayEnd)}, read: func(r rows) error {
			groups = groups[:0]
			for r.Next() {
				var g countGroup
				if err := r.Scan(&g.department, &g.state, &g.assigned, &g.n, &g.overdue, &g.today); err != nil {
					return err
				}
				groups = append(groups, g)
			}
			return r.Err()
		}},
		statement{query: countSpam, read: func(r rows) error {
			clear(spam)
			for r.Next() {
				var d int64
				var n int
				if err := r.Scan(&d, &n); err != nil {
					return err
				}
				spam[d] = n
			}
			return r.Err()
		}},
		statement{query: countQuarantined, read: one(&found, &quarantined)},
	)
	if err != nil {
		return err
	}
	db.counts.groups, db.counts.spam, db.counts.waiting = groups, spam, quarantined
	return nil
}
