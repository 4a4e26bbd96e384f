package storage

import (
	"context"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// place is a position in the ledger.
type place struct {
	List string
	ID   int64
}

// Ledger lists the intake ledger; see ticketing.LedgerReads.
func (db *DB) Ledger(ctx context.Context, f ticketing.LedgerFilter) (ticketing.Page[ticketing.LedgerEntry], error) {
	var page ticketing.Page[ticketing.LedgerEntry]
	where, args, err := ledgerWhere(&f)
	if err != nil {
		return page, err
	}
	size := pageSize(f.Limit)
	found, err := db.ledgerEntries(ctx, where+" order by ledger.id desc limit ?", append(args, size+1)...)
	if err != nil {
		return page, err
	}
	if len(found) > size {
		found = found[:size]
		page.Next = makeCursor(place{"ledger", int64(found[size-1].ID)})
	}
	page.Items = found
	return page, nil
}

func ledgerWhere(f *ticketing.LedgerFilter) (string, []any, error) {
	var where strings.Builder
	var args []any
	and := func(condition string, values ...any) {
		where.WriteString(" and ")
		where.WriteString(condition)
		args = append(args, values...)
	}
	if f.Cursor != "" {
		var p place
		if err := readCursor(f.Cursor, &p); err != nil || p.List != "ledger" {
			return "", nil, misfit()
		}
		and("ledger.id < ?", p.ID)
	}
	if f.State != "" {
		code := ledgerCode(f.State)
		if code >= ledgerCode(ticketing.LedgerDuplicate) {
			and("ledger.state >= 3") // names the partial index
		}
		and("ledger.state = ?", code)
	}
	if f.Channel != "" {
		and("ledger.channel = ?", string(f.Channel))
	}
	if f.Account != "" {
		and("ledger.mailbox_id in (select id from mailboxes where account = ?)", f.Account)
	}
	if !f.From.IsZero() {
		and("ledger.stored_at >= ?", instant(f.From))
	}
	if !f.To.IsZero() {
		and("ledger.stored_at < ?", instant(f.To))
	}
	if typed := strings.TrimSpace(f.Query); typed != "" {
		condition, values := ledgerQuery(typed)
		and(condition, values...)
	}
	return where.String(), args, nil
}

// ledgerQuery looks for the beginning of a Message-ID or an address, and for
// the words of a subject.
func ledgerQuery(typed string) (string, []any) {
	key := searchKey(typed)
	last := key + "\U0010FFFF"
	condition := "(ledger.header_key >= ? and ledger.header_key <= ? or ledger.sender_key >= ? and ledger.sender_key <= ?"
	args := []any{key, last, key, last}
	if words := want(typed).words; len(words) > 0 {
		condition += " or (1 = 1"
		for _, w := range words {
			pattern := "% " + w + " %"
			if prefix(w) {
				pattern = "% " + w + "%"
			}
			condition += " and ledger.subject_terms like ?"
			args = append(args, pattern)
		}
		condition += ")"
	}
	return condition + ")", args
}

// ledgerEntries reads rows with what belongs to them.
func (db *DB) ledgerEntries(ctx context.Context, rest string, args ...any) ([]ticketing.LedgerEntry, error) {
	p := planOf[ledgerRow]()
	var found []ledgerRow
	var refs []string
	q := memo("select " + p.as("ledger") + ", coalesce(tickets.ref, '') from ledger left join tickets on tickets.id = ledger.ticket_id where 1 = 1" + rest)
	err := db.query(ctx, statement{query: q, args: args, read: func(r rows) error {
		found, refs = nil, nil
		for r.Next() {
			var row ledgerRow
			var ref string
			if err := r.Scan(p.targets(&row, &ref)...); err != nil {
				return err
			}
			found, refs = append(found, row), append(refs, ref)
		}
		return r.Err()
	}})
	if err != nil {
		return nil, err
	}
	boxes, err := db.mailboxesOf(found, func(s statement) error { return db.query(ctx, s) })
	if err != nil {
		return nil, err
	}
	var out []ticketing.LedgerEntry
	for i := range found {
		e := found[i].entry(boxes[found[i].MailboxID])
		e.TicketRef = ticketing.Reference(refs[i])
		out = append(out, e)
	}
	return out, nil
}

// LedgerItem gives one item; see ticketing.LedgerReads.
func (db *DB) LedgerItem(ctx context.Context, id ticketing.LedgerID) (ticketing.LedgerEntry, error) {
	found, err := db.ledgerEntries(ctx, " and ledger.id = ?", int64(id))
	if err != nil {
		return ticketing.LedgerEntry{}, err
	}
	if len(found) == 0 {
		return ticketing.LedgerEntry{}, notFound("ledger item")
	}
	return found[0], nil
}

// LedgerBalance counts a period; see ticketing.LedgerReads.
func (db *DB) LedgerBalance(ctx context.Context, from, to time.Time) (ticketing.LedgerBalance, error) {
	if to.IsZero() {
		to = endOfTime
	}
	var b ticketing.LedgerBalance
	q := memo("select channel, state, count(*) from ledger where stored_at >= ? and stored_at < ? group by channel, state")
	err := db.query(ctx, statement{query: q, args: []any{never1970(from), instant(to)}, read: func(r rows) error {
		b = ticketing.LedgerBalance{ByChannel: map[ticketing.Channel]int{}}
		for r.Next() {
			var channel string
			var state int16
			var n int
			if err := r.Scan(&channel, &state, &n); err != nil {
				return err
			}
			addBalance(&b, ticketing.Channel(channel), ledgerStates[state], n)
		}
		return r.Err()
	}})
	return b, err
}

func addBalance(b *ticketing.LedgerBalance, c ticketing.Channel, s ticketing.LedgerState, n int) {
	b.Seen += n
	b.ByChannel[c] += n
	switch s {
	case ticketing.LedgerTicketed, ticketing.LedgerJoined, ticketing.LedgerDuplicate:
		b.Stored += n
	case ticketing.LedgerReceived:
		b.Waiting += n
	case ticketing.LedgerQuarantined:
		b.Quarantined += n
	case ticketing.LedgerIgnored:
		b.Ignored += n
	}
}

var allHealth = selectFrom[healthRow]("order by account")

// MailboxHealths lists how the accounts are doing; see ticketing.LedgerReads.
func (db *DB) MailboxHealths(ctx context.Context) ([]ticketing.MailboxHealth, error) {
	var found []healthRow
	if err := db.query(ctx, statement{query: allHealth, read: into(&found)}); err != nil {
		return nil, err
	}
	var out []ticketing.MailboxHealth
	for _, r := range found {
		out = append(out, ticketing.MailboxHealth{
			Account: r.Account, State: r.State, Since: r.Since.time(), Detail: r.Detail, LastSuccess: r.LastSuccessAt.time(),
			Waiting: int(r.Waiting), Idle: r.Idle, UpdatedAt: r.UpdatedAt.orNone(),
		})
	}
	return out, nil
}
