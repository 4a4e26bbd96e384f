package storage

import (
	"context"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// moment is a position in the list of all events.
type moment struct {
	List string
	At   int64 // microseconds
	ID   int64
}

// Events lists events of all chains, newest first; see ticketing.AuditReads.
func (db *DB) Events(ctx context.Context, kind ticketing.EventKind, actor string, from, to time.Time, cursor string, limit int) (ticketing.Page[ticketing.Event], error) {
	var page ticketing.Page[ticketing.Event]
	var where strings.Builder
	var args []any
	and := func(condition string, values ...any) {
		where.WriteString(" and ")
		where.WriteString(condition)
		args = append(args, values...)
	}
	if cursor != "" {
		var after moment
		if err := readCursor(cursor, &after); err != nil || after.List != "events" {
			return page, misfit()
		}
		and("(e.at, e.id) < (?, ?)", instant(time.UnixMicro(after.At)), after.ID)
	}
	if kind != "" {
		and("e.kind = ?", string(kind))
	}
	if actor != "" {
		and("e.actor = ?", actor)
	}
	if !from.IsZero() {
		and("e.at >= ?", instant(from))
	}
	if !to.IsZero() {
		and("e.at < ?", instant(to))
	}
	size := pageSize(limit)
	q := memo("select " + eventColumns + ", b.hash from events e left join event_payloads p on p.event_id = e.id" +
		" left join events b on b.ticket_id = e.ticket_id and b.seq = e.seq - 1 where 1 = 1" + where.String() +
		" order by e.at desc, e.id desc limit ?")
	err := db.query(ctx, statement{query: q, args: append(args, size+1), read: func(r rows) error {
		page.Items = nil
		for r.Next() {
			var prev digest
			e, err := scanEvent(r, &prev)
			if err != nil {
				return err
			}
			e.Prev = string(prev)
			page.Items = append(page.Items, e)
		}
		return r.Err()
	}})
	if err != nil {
		return ticketing.Page[ticketing.Event]{}, err
	}
	if len(page.Items) > size {
		page.Items = page.Items[:size]
		last := &page.Items[size-1]
		page.Next = makeCursor(moment{"events", last.At.UnixMicro(), int64(last.ID)})
	}
	return page, nil
}

// walkChains is how many tickets' chains WalkEvents reads at once.
const walkChains = 500

var (
	chainsAfter = sqlQuery("select distinct ticket_id from events where ticket_id > ? order by ticket_id limit ?")
	eventsOf    = sqlQuery("select " + eventColumns + " from events e left join event_payloads p on p.event_id = e.id" +
		" where e.ticket_id >= ? and e.ticket_id <= ? order by e.ticket_id, e.seq")
)

// WalkEvents calls f for each chain; see ticketing.AuditReads. Chains come in
// order of their tickets, each as it is when its turn comes.
func (db *DB) WalkEvents(ctx context.Context, f func(ticket ticketing.TicketID, events []ticketing.Event) error) error {
	for after := int64(-1); ; {
		var ids []int64
		if err := db.query(ctx, statement{query: chainsAfter, args: []any{after, walkChains}, read: intoIDs(&ids)}); err != nil {
			return err
		}
		if len(ids) == 0 {
			return nil
		}
		first, last := ids[0], ids[len(ids)-1]
		if first == 0 { // the installation's chain may be long: alone
			last = 0
		}
		var events []ticketing.Event
		if err := db.query(ctx, statement{query: eventsOf, args: []any{first, last}, read: intoChain(&events)}); err != nil {
			return err
		}
		for start := 0; start < len(events); {
			end := start
			for end < len(events) && events[end].Ticket == events[start].Ticket {
				end++
			}
			if err := f(events[start].Ticket, events[start:end:end]); err != nil {
				return err
			}
			start = end
		}
		after = last
	}
}
