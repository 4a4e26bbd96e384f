package storage

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// A listPlace is a position in a list ordered by an instant.
type listPlace struct {
	List string
	At   int64 // microseconds
	ID   int64
}

// readListPlace reads where a list goes on; without a cursor at its beginning.
func readListPlace(list, cursor string, at int64) (listPlace, error) {
	if cursor == "" {
		return listPlace{At: at, ID: at}, nil
	}
	var m listPlace
	if err := readCursor(cursor, &m); err != nil || m.List != list {
		return listPlace{}, misfit()
	}
	return m, nil
}

func (m listPlace) instant() instant { return instant(time.UnixMicro(m.At).UTC()) }

// endOfLists is behind every instant of a list.
var endOfLists = endOfTime.UnixMicro()

// CallPage lists calls; see ticketing.CallReads.
func (db *DB) CallPage(ctx context.Context, f ticketing.CallFilter) (ticketing.Page[ticketing.CallView], error) {
	var page ticketing.Page[ticketing.CallView]
	from, err := readListPlace("calls", f.Cursor, endOfLists)
	if err != nil {
		return page, err
	}
	where, args := callsWhere(&f)
	if f.Cursor != "" {
		where += " and (c.started_at, c.id) < (?, ?)"
		args = append(args, from.instant(), from.ID)
	}
	size := pageSize(f.Limit)
	page.Items, err = db.callViews(ctx, where+" order by c.started_at desc, c.id desc limit ?", append(args, size+1)...)
	if err != nil {
		return ticketing.Page[ticketing.CallView]{}, err
	}
	if len(page.Items) > size {
		page.Items = page.Items[:size]
		last := &page.Items[size-1]
		page.Next = makeCursor(listPlace{"calls", last.Started.UnixMicro(), int64(last.ID)})
	}
	for i := range page.Items {
		page.Items[i].Legs = nil
	}
	return page, nil
}

func callsWhere(f *ticketing.CallFilter) (string, []any) {
	var where strings.Builder
	var args []any
	and := func(given bool, condition string, values ...any) {
		if given {
			where.WriteString(" and " + condition)
			args = append(args, values...)
		}
	}
	and(f.NoRecord, "c.ticket_id = 0 and c.result = 'answered' and c.direction = 'in'")
	and(!f.From.IsZero(), "c.started_at >= ?", instant(f.From))
	and(!f.To.IsZero(), "c.started_at < ?", instant(f.To))
	and(f.Direction != "", "c.direction = ?", string(f.Direction))
	and(f.Result != "", "c.result = ?", string(f.Result))
	and(f.Agent != 0, "c.agent_id = ? and c.agent_id <> 0", int64(f.Agent))
	and(f.Number != "", "c.party = ? and c.party <> ''", f.Number)
	and(f.Source != "", "c.source = ?", f.Source)
	and(f.Key != "", "c.call_key = ?", f.Key)
	return where.String(), args
}

// callViews reads calls with the references of their tickets.
func (db *DB) callViews(ctx context.Context, rest string, args ...any) ([]ticketing.CallView, error) {
	p := planOf[callRow]()
	var out []ticketing.CallView
	q := memo("select " + p.as("c") + ", coalesce(t.ref, '') from calls c left join tickets t on t.id = c.ticket_id where 1 = 1" + rest)
	err := db.query(ctx, statement{query: q, args: args, read: func(r rows) error {
		out = nil
		for r.Next() {
			var row callRow
			var ref string
			if err := r.Scan(p.targets(&row, &ref)...); err != nil {
				return err
			}
			out = append(out, ticketing.CallView{Call: row.call(), Ref: ticketing.Reference(ref)})
		}
		return r.Err()
	}})
	return out, err
}

// CallByID gives one call; see ticketing.CallReads.
func (db *DB) CallByID(ctx context.Context, id ticketing.CallID) (ticketing.CallView, error) {
	found, err := db.callViews(ctx, " and c.id = ?", int64(id))
	if err != nil {
		return ticketing.CallView{}, err
	}
	if len(found) == 0 {
		return ticketing.CallView{}, notFound("call")
	}
	return found[0], nil
}

const mostCallsOfTicket = 200

var (
	callsOfTicket = selectFrom[callRow]("where ticket_id = ? and ticket_id <> 0 order by started_at, id limit ?")
	liveCalls     = selectFrom[callRow](`where started_at >= ? and ended_at is null and disposition = 0 and past = false order by started_at desc, id desc limit ?`)
)

func (db *DB) calls(ctx context.Context, q query, args ...any) ([]ticketing.Call, error) {
	var found []callRow
	if err := db.query(ctx, statement{query: q, args: args, read: into(&found)}); err != nil {
		return nil, err
	}
	var out []ticketing.Call
	for i := range found {
		c := found[i].call()
		c.Legs = nil
		out = append(out, c)
	}
	return out, nil
}

// CallsOf lists the calls of a ticket; see ticketing.CallReads.
func (db *DB) CallsOf(ctx context.Context, t ticketing.TicketID) ([]ticketing.Call, error) {
	return db.calls(ctx, callsOfTicket, int64(t), mostCallsOfTicket)
}

// LiveCalls lists calls that last; see ticketing.CallReads.
func (db *DB) LiveCalls(ctx context.Context, since time.Time, n int) ([]ticketing.Call, error) {
	return db.calls(ctx, liveCalls, instant(since), n)
}

// Callbacks lists promised calls; see ticketing.CallReads.
func (db *DB) Callbacks(ctx context.Context, f ticketing.CallbackFilter) (ticketing.Page[ticketing.CallbackView], error) {
	var page ticketing.Page[ticketing.CallbackView]
	list, where, order, begin := "callbacks", " and b.state = 'open' and (b.due_at, b.ticket_id) > (?, ?)", " order by b.due_at, b.ticket_id limit ?", int64(0)
	if f.Over {
		list, where, order = "callbacks over", " and b.state <> 'open' and (b.ended_at, b.ticket_id) < (?, ?)", " order by b.ended_at desc, b.ticket_id desc limit ?"
		begin = endOfLists
	}
	from, err := readListPlace(list, f.Cursor, begin)
	if err != nil {
		return page, err
	}
	args := []any{from.instant(), from.ID}
	if f.Number != "" {
		where += " and b.number = ?"
		args = append(args, f.Number)
	}
	size := pageSize(f.Limit)
	if page.Items, err = db.callbackViews(ctx, where+order, append(args, size+1)...); err != nil {
		return ticketing.Page[ticketing.CallbackView]{}, err
	}
	if len(page.Items) > size {
		page.Items = page.Items[:size]
		last := &page.Items[size-1]
		at := last.Due
		if f.Over {
			at = last.EndedAt
		}
		page.Next = makeCursor(listPlace{list, at.UnixMicro(), int64(last.Ticket)})
	}
	return page, nil
}

func (db *DB) callbackViews(ctx context.Context, rest string, args ...any) ([]ticketing.CallbackView, error) {
	p := planOf[callbackRow]()
	var out []ticketing.CallbackView
	q := memo("select " + p.as("b") + ", t.ref, t.subject, t.assignee_id, t.state from callbacks b join tickets t on t.id = b.ticket_id where 1 = 1" + rest)
	err := db.query(ctx, statement{query: q, args: args, read: func(r rows) error {
		out = nil
		for r.Next() {
			var row callbackRow
			var v ticketing.CallbackView
			var assignee int64
			var state int16
			if err := r.Scan(p.targets(&row, &v.Ref, &v.Subject, &assignee, &state)...); err != nil {
				return err
			}
			v.Callback, v.Assignee, v.Stands = row.callback(), ticketing.AgentID(assignee), ticketing.State(state) //nolint:gosec // G115: the column is checked
			out = append(out, v)
		}
		return r.Err()
	}})
	return out, err
}

var callbackOfTicket = selectFrom[callbackRow]("where ticket_id = ?")

// CallbackOf gives the promised call of a ticket; see ticketing.CallReads.
func (db *DB) CallbackOf(ctx context.Context, t ticketing.TicketID) (ticketing.Callback, error) {
	var found []callbackRow
	if err := db.query(ctx, statement{query: callbackOfTicket, args: []any{int64(t)}, read: into(&found)}); err != nil {
		return ticketing.Callback{}, err
	}
	if len(found) == 0 {
		return ticketing.Callback{}, notFound("callback")
	}
	return found[0].callback(), nil
}

// How many a count of what waits goes up to, and how long after a call its
// record may be missing.
const (
	mostCounted   = 1000
	recordWritten = 15 * time.Minute
)

var (
	countCallbacks = sqlQuery("select count(*) from (select 1 from callbacks where state = 'open' and due_at <= ? limit ?) found")
	countNoRecord  = sqlQuery(`select count(*) from (select 1 from calls where ticket_id = 0 and result = 'answered' and direction = 'in' and past = false
		and started_at >= ? and started_at < ? and ended_at <= ? limit ?) found`)
)

// CallCounts counts what waits; see ticketing.CallReads.
func (db *DB) CallCounts(ctx context.Context, since, now time.Time) (ticketing.CallCounts, error) {
	var found bool
	var n ticketing.CallCounts
	err := db.query(ctx,
		statement{query: countCallbacks, args: []any{instant(endOfTime), mostCounted}, read: one(&found, &n.Callbacks)},
		statement{query: countCallbacks, args: []any{instant(now), mostCounted}, read: one(&found, &n.Overdue)},
		statement{query: countNoRecord, args: []any{instant(since), instant(now), instant(now.Add(-recordWritten)), mostCounted}, read: one(&found, &n.NoRecord)},
	)
	return n, err
}

var (
	callsToDecide = sqlQuery("select id from calls where decide_at is not null and decide_at <= ? order by decide_at, id limit ?")
	callsToFetch  = sqlQuery("select id from calls where fetch_at is not null and fetch_at <= ? order by fetch_at, id limit ?")
)

func (db *DB) callIDs(ctx context.Context, q query, now time.Time, n int) ([]ticketing.CallID, error) {
	var ids []int64
	if err := db.query(ctx, statement{query: q, args: []any{instant(now), min(n, math.MaxInt32)}, read: intoIDs(&ids)}); err != nil {
		return nil, err
	}
	var out []ticketing.CallID
	for _, id := range ids {
		out = append(out, ticketing.CallID(id))
	}
	return out, nil
}

// CallsToDecide gives calls to decide about; see ticketing.Duties.
func (db *DB) CallsToDecide(ctx context.Context, now time.Time, n int) ([]ticketing.CallID, error) {
	return db.callIDs(ctx, callsToDecide, now, n)
}

var callbacksOver = sqlQuery("select b.ticket_id from callbacks b join tickets t on t.id = b.ticket_id where b.state = 'open' and t.state >= 3 limit ?")

// CallbacksOver gives promises of finished tickets; see ticketing.Duties.
func (db *DB) CallbacksOver(ctx context.Context, n int) ([]ticketing.TicketID, error) {
	return db.ticketIDs(ctx, callbacksOver, n)
}

// CallsToFetch gives calls whose recording is to be fetched; see ticketing.Duties.
func (db *DB) CallsToFetch(ctx context.Context, now time.Time, n int) ([]ticketing.CallID, error) {
	return db.callIDs(ctx, callsToFetch, now, n)
}
