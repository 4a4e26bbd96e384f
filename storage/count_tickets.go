package storage

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// Bounds of the numbers beside saved views that are kept.
const (
	viewCountAge   = 5 * time.Second
	viewCountsKept = 2000
)

// viewCounts keeps how many tickets filters found a moment ago: an open page asks
// again whenever a ticket changes, and many pages ask the same.
type viewCounts struct {
	mu   sync.Mutex
	kept map[string]viewCount
}

type viewCount struct {
	n  int
	at time.Time
}

func (c *viewCounts) get(key string, now time.Time) (int, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.kept[key]
	age := now.Sub(k.at)
	return k.n, ok && age >= 0 && age < viewCountAge
}

func (c *viewCounts) put(key string, n int, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil || len(c.kept) >= viewCountsKept {
		c.kept = map[string]viewCount{}
	}
	c.kept[key] = viewCount{n, now}
}

// CountTickets counts for each filter as far as most; see ticketing.TicketReads.
func (db *DB) CountTickets(ctx context.Context, filters []ticketing.TicketFilter, most int) ([]int, error) {
	out, now := make([]int, len(filters)), db.now()
	var asked []statement
	var fresh []func()
	for i := range filters {
		f := filters[i]
		f.Sort, f.Desc = ticketing.SortDue, false
		l := lister{db: db, f: &f}
		if err := l.prepare(ctx); err != nil {
			return nil, err
		}
		if l.nothing {
			continue
		}
		s, key := l.count(most)
		if n, ok := db.viewCounts.get(key, now); ok {
			out[i] = n
			continue
		}
		var found bool
		s.read = one(&found, &out[i])
		asked = append(asked, s)
		fresh = append(fresh, func() { db.viewCounts.put(key, out[i], now) })
	}
	if len(asked) == 0 {
		return out, nil
	}
	if err := db.query(ctx, asked...); err != nil {
		return nil, err
	}
	for _, keep := range fresh {
		keep()
	}
	return out, nil
}

// count is the statement that counts what the list would show, as far as most,
// and the key under which its result is kept. An instant of the present in it is
// cut to the minute, so that the key lasts.
func (l *lister) count(most int) (statement, string) {
	where, values := l.where.String(), l.args
	if !l.dueBefore.IsZero() {
		where, values = where+" and due_at < ?", append(values[:len(values):len(values)], instant(l.dueBefore))
	}
	var parts []string
	var all []any
	part := func(s set, more string, first ...any) {
		parts = append(parts, "select * from (select 1 as one from tickets"+l.hint(s, more != "")+" where "+s.where+more+where+" limit ?) p"+fmt.Sprint(len(parts)))
		all = append(append(append(all, first...), values...), most)
	}
	for _, s := range l.sets {
		for _, d := range l.departments {
			part(s, " and department_id = ?", d)
		}
		if len(l.departments) == 0 {
			part(s, "")
		}
	}
	text := "select count(*) from (select * from (" + strings.Join(parts, " union all ") + ") parts limit ?) counted"
	all = append(all, most)
	key := text
	for _, v := range all {
		if at, ok := v.(instant); ok {
			v = at.time().Truncate(time.Minute).Unix()
		}
		key += fmt.Sprintf("\x00%v", v)
	}
	return statement{query: memo(text), args: all}, key
}
