package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
)

// How much one turn of folding takes.
const (
	foldTickets = 250
	foldDays    = 100
)

// markFacts is what saving a ticket adds for reports: its facts are derived later.
var markFacts = sqlQuery("insert into fact_marks (ticket_id, version) values (?, ?) on conflict do nothing")

// markFacts marks the ticket, once a transaction, when something changed that its
// facts are derived from.
func (t *tx) markFacts(before, after *loadedTicket) {
	if after.marked || (before != nil && !factsDiffer(before, after)) {
		return
	}
	after.marked = true
	t.queue(markFacts, after.row.ID, after.row.Version)
}

// factsDiffer reports whether two versions of a ticket have other facts. What
// only events tell comes with a change of these.
func factsDiffer(before, after *loadedTicket) bool {
	b, a := &before.row, &after.row
	if b.State != a.State || b.Code != a.Code || b.DuplicateOf != a.DuplicateOf || b.Channel != a.Channel || b.CategoryID != a.CategoryID ||
		b.DepartmentID != a.DepartmentID || b.CitizenID != a.CitizenID || b.Language != a.Language || b.Episode != a.Episode ||
		b.Address != a.Address || b.Lat != a.Lat || b.Lon != a.Lon || b.DistrictID != a.DistrictID || len(b.Endings) != len(a.Endings) || len(before.clocks) != len(after.clocks) {
		return true
	}
	for _, pair := range [][2]instant{{b.ReceivedAt, a.ReceivedAt}, {b.ValidatedAt, a.ValidatedAt}, {b.ResolvedAt, a.ResolvedAt}, {b.ClosedAt, a.ClosedAt}, {b.DueAt, a.DueAt}} {
		if !pair[0].time().Equal(pair[1].time()) {
			return true
		}
	}
	return !same(b.Pauses, a.Pauses) || slices.ContainsFunc(after.clocks, func(c clockRow) bool {
		return !slices.ContainsFunc(before.clocks, func(o clockRow) bool {
			return o.ID == c.ID && o.State == c.State && o.DueAt.time().Equal(c.DueAt.time()) && o.MetAt.time().Equal(c.MetAt.time()) &&
				o.EndedAt.time().Equal(c.EndedAt.time()) && o.ChargedID == c.ChargedID && o.AnswerID == c.AnswerID
		})
	})
}

// FoldFacts derives facts and adds up days until nothing is left to do; see
// report.Folder. Readers see each batch whole.
func (db *DB) FoldFacts(ctx context.Context) (int, error) {
	total := 0
	for {
		at := db.instant()
		n, err := db.foldTickets(ctx)
		if err != nil {
			return total, err
		}
		if total += n; n > 0 {
			continue
		}
		for n := 1; n > 0; {
			if n, err = db.foldDays(ctx); err != nil {
				return total, err
			}
		}
		return total, db.foldStandings(ctx, at)
	}
}

var errTurn = errors.New("another fold was faster")

var (
	foldTurn = sqlQuery("select turn from fact_folds where id = 1")
	takeTurn = sqlQuery("update fact_folds set turn = turn + 1 where id = 1 and turn = ?")
)

// inTurn reads by f what a fold needs, and writes what it gives, unless somebody
// else folded meanwhile: then it is done again.
func (db *DB) inTurn(ctx context.Context, f func(turn int64) (func(t *tx) error, error)) error {
	for range conflictRuns {
		var found bool
		var turn int64
		if err := db.query(ctx, statement{query: foldTurn, read: one(&found, &turn)}); err != nil {
			return err
		}
		write, err := f(turn)
		if err != nil || write == nil {
			return err
		}
		err = db.write(ctx, func(t *tx) error {
			t.queueOne(func(*tx) error { return errTurn }, takeTurn, turn)
			return write(t)
		})
		if !errors.Is(err, errTurn) {
			return err
		}
	}
	return busy("facts are folded elsewhere")
}

// A foldBatch is what one turn derives facts from.
type foldBatch struct {
	dir       *ticketing.Directory
	marks     []factMarkRow
	tickets   []ticketRow
	clocks    []clockRow
	events    []eventRow
	answers   map[ticketing.MessageID]int
	originals map[int64]report.Neighbour // by identifier
	earlier   map[int64][]report.Neighbour
	oldClocks []clockFactRow
	oldFacts  []ticketFactRow
	oldCases  []suspectRow
}

var (
	marksToFold   = selectFrom[factMarkRow]("order by ticket_id, version limit ?")
	ticketsToFold = selectFrom[ticketRow]("where id" + isOneOf)
	clocksToFold  = selectFrom[clockRow]("where ticket_id" + isOneOf + " order by ticket_id, id")
	eventsToFold  = selectFrom[eventRow]("where ticket_id" + isOneOf + " and kind" + isOneOf + " order by ticket_id, seq")
	answersToFold = sqlQuery("select id, body, fold_at from messages where id in (select answer_id from clocks where ticket_id" + isOneOf +
		" and answer_id <> 0 and met_at is not null)")
	neighbourColumns = "o.id, o.category_id, o.subject, o.lat, o.lon, o.state, o.received_at, o.resolved_at, o.closed_at, o.code"
	originalsToFold  = sqlQuery("select 0, " + neighbourColumns + " from tickets o where o.id in (select duplicate_of from tickets where id" + isOneOf +
		" and duplicate_of is not null)")
	earlierToFold = sqlQuery("select t.id, " + neighbourColumns + ` from tickets t join events e on e.ticket_id = t.id and e.seq = 1
		join tickets o on o.citizen_id = t.citizen_id and o.id <> t.id and o.category_id = t.category_id
		where t.id` + isOneOf + ` and e.actor like 'agent:%' and coalesce(o.resolved_at, o.closed_at)
		between t.created_at {pg:- interval '49 hours'}{lite:- 176400000000} and t.created_at {pg:+ interval '2 hours'}{lite:+ 7200000000}`)
	clockFactsOf  = selectFrom[clockFactRow]("where ticket_id" + isOneOf)
	ticketFactsOf = selectFrom[ticketFactRow]("where ticket_id" + isOneOf)
	suspectsOf    = selectFrom[suspectRow]("where ticket_id" + isOneOf)
)

// foldTickets derives the facts of one batch of marked tickets.
func (db *DB) foldTickets(ctx context.Context) (n int, err error) {
	dir, err := db.Directory(ctx)
	if err != nil {
		return 0, err
	}
	town := report.TownOf(dir)
	err = db.inTurn(ctx, func(int64) (func(t *tx) error, error) {
		b := foldBatch{dir: dir}
		if err := db.query(ctx, statement{query: marksToFold, args: []any{foldTickets}, read: into(&b.marks)}); err != nil {
			return nil, err
		}
		if n = len(b.marks); n == 0 {
			return nil, nil
		}
		if err := db.readBatch(ctx, &b); err != nil {
			return nil, err
		}
		known := int32(report.DayOf(db.now(), town.Rules.Zone()))
		return func(t *tx) error { return b.write(t, town, known) }, nil
	})
	return n, err
}

func (db *DB) readBatch(ctx context.Context, b *foldBatch) error {
	var ids []int64
	for _, m := range b.marks {
		if len(ids) == 0 || ids[len(ids)-1] != m.TicketID {
			ids = append(ids, m.TicketID)
		}
	}
	some := []any{ints(db.engine, ids)}
	return db.query(ctx,
		statement{query: ticketsToFold, args: some, read: into(&b.tickets)},
		statement{query: clocksToFold, args: some, read: into(&b.clocks)},
		statement{query: eventsToFold, args: []any{some[0], texts(db.engine, report.EventsRead())}, read: into(&b.events)},
		statement{query: answersToFold, args: some, read: b.readAnswers},
		statement{query: originalsToFold, args: some, read: b.readOriginals},
		statement{query: earlierToFold, args: some, read: b.readEarlier},
		statement{query: clockFactsOf, args: some, read: into(&b.oldClocks)},
		statement{query: ticketFactsOf, args: some, read: into(&b.oldFacts)},
		statement{query: suspectsOf, args: some, read: into(&b.oldCases)},
	)
}

func (b *foldBatch) readAnswers(r rows) error {
	b.answers = map[ticketing.MessageID]int{}
	for r.Next() {
		var id, foldAt int64
		var body packed
		if err := r.Scan(&id, &body, &foldAt); err != nil {
			return err
		}
		text := string(body)
		if foldAt > 0 && foldAt < int64(len(text)) {
			text = text[:foldAt]
		}
		b.answers[ticketing.MessageID(id)] = utf8.RuneCountInString(strings.TrimSpace(text))
	}
	return r.Err()
}

func scanNeighbour(r rows) (of int64, n report.Neighbour, err error) {
	var id, category int64
	var state int16
	var code string
	var received, resolved, closed instant
	err = r.Scan(&of, &id, &category, &n.Subject, &n.Lat, &n.Lon, &state, &received, &resolved, &closed, &code)
	n.ID, n.Category, n.Code = ticketing.TicketID(id), ticketing.CategoryID(category), ticketing.ClosingCode(code)
	n.State = ticketing.State(state) //nolint:gosec // G115: the column is checked
	n.ReceivedAt, n.ResolvedAt, n.ClosedAt = received.orNone(), resolved.time(), closed.time()
	return of, n, err
}

func (b *foldBatch) readOriginals(r rows) error {
	b.originals = map[int64]report.Neighbour{}
	for r.Next() {
		_, n, err := scanNeighbour(r)
		if err != nil {
			return err
		}
		b.originals[int64(n.ID)] = n
	}
	return r.Err()
}

func (b *foldBatch) readEarlier(r rows) error {
	b.earlier = map[int64][]report.Neighbour{}
	for r.Next() {
		of, n, err := scanNeighbour(r)
		if err != nil {
			return err
		}
		b.earlier[of] = append(b.earlier[of], n)
	}
	return r.Err()
}

// histories puts each ticket together with what belongs to it.
func (b *foldBatch) histories() (map[int64]*report.History, error) {
	all := map[int64]*report.History{}
	for i := range b.tickets {
		r := &b.tickets[i]
		k := r.ticket()
		h := &report.History{Ticket: &k, Answers: b.answers, Earlier: b.earlier[r.ID], District: b.districtOf(r)}
		if o, ok := b.originals[int64(r.DuplicateOf)]; ok {
			h.Original = &o
		}
		all[r.ID] = h
	}
	for i := range b.clocks {
		if h := all[b.clocks[i].TicketID]; h != nil {
			h.Ticket.Clocks = append(h.Ticket.Clocks, b.clocks[i].clock())
		}
	}
	for i := range b.events {
		r := &b.events[i]
		h := all[r.TicketID]
		if h == nil {
			continue
		}
		e := ticketing.Event{ID: ticketing.EventID(r.ID), Ticket: ticketing.TicketID(r.TicketID), Seq: r.Seq, At: r.At.time(), Actor: r.Actor, Kind: ticketing.EventKind(r.Kind)}
		if err := json.Unmarshal([]byte(r.Data), &e.Data); err != nil {
			return nil, fmt.Errorf("event %d: %w", r.ID, err)
		}
		h.Events = append(h.Events, e)
	}
	return all, nil
}

// districtOf is the code of a ticket's district.
func (b *foldBatch) districtOf(r *ticketRow) string {
	d, _ := b.dir.District(ticketing.DistrictID(r.DistrictID))
	return d.Code
}

var (
	dropMark       = sqlQuery("delete from fact_marks where ticket_id = ? and version = ?")
	dropClockFact  = sqlQuery("delete from clock_facts where ticket_id = ? and clock_id = ?")
	dropTicketFact = sqlQuery("delete from ticket_facts where ticket_id = ? and episode = ?")
	dropSuspects   = sqlQuery("delete from suspects where ticket_id = ?")
	dirtyDay       = sqlQuery("insert into fact_days (department_id, day) values (?, ?) on conflict do nothing")
)

// write replaces the facts of the batch, keeping those that were known on earlier
// days, and marks the days they touch.
func (b *foldBatch) write(t *tx, town report.Town, known int32) error {
	all, err := b.histories()
	if err != nil {
		return err
	}
	var clocks []clockFactRow
	var facts []ticketFactRow
	cases := map[int64][]suspectRow{}
	for id, h := range all {
		f := report.FactsOf(h, town)
		for i := range f.Clocks {
			clocks = append(clocks, clockFactRowOf(&f.Clocks[i]))
		}
		for i := range f.Tickets {
			facts = append(facts, ticketFactRowOf(&f.Tickets[i]))
		}
		for i := range f.Suspects {
			cases[id] = append(cases[id], suspectRowOf(&f.Suspects[i], i))
		}
	}
	w := factWriter{t: t, known: known, days: map[factDayRow]bool{}}
	replaceFacts(&w, b.oldClocks, clocks, dropClockFact, clockFactKinds)
	replaceFacts(&w, b.oldFacts, facts, dropTicketFact, ticketFactKinds)
	for id := range all {
		w.suspects(b.casesOf(id), cases[id], id)
	}
	for d := range w.days {
		t.queue(dirtyDay, d.DepartmentID, d.Day)
	}
	for _, m := range b.marks {
		t.queue(dropMark, m.TicketID, m.Version)
	}
	return nil
}

func (b *foldBatch) casesOf(id int64) []suspectRow {
	var out []suspectRow
	for i := range b.oldCases {
		if b.oldCases[i].TicketID == id {
			out = append(out, b.oldCases[i])
		}
	}
	return out
}

var (
	dropStandings = sqlQuery("delete from standings")
	addStandings  = sqlQuery(`insert into standings (department_id, open, overdue, due_today, unvalidated, oldest_day)
		select department_id, count(*), sum(case when next_due_at <= ? then 1 else 0 end),
			sum(case when next_due_at > ? and next_due_at < ? then 1 else 0 end), sum(unvalidated),
			coalesce(min(case when unvalidated = 1 then received_day end), 0)
		from ticket_facts where ended_day = 0 group by department_id`)
	foldedNow = sqlQuery("update fact_folds set folded_at = ? where id = 1")
)

// foldStandings counts what is open, and says until when facts are folded.
func (db *DB) foldStandings(ctx context.Context, at time.Time) error {
	dir, err := db.Directory(ctx)
	if err != nil {
		return err
	}
	zone := dir.Rules.Zone()
	end := (report.DayOf(at, zone) + 1).Start(zone)
	return db.write(ctx, func(t *tx) error {
		t.queue(foldedNow, instant(at)) // first: whoever folds at the same time waits here
		t.queue(dropStandings)
		t.queue(addStandings, instant(at), instant(at), instant(end))
		return nil
	})
}

var markAll = sqlQuery("insert into fact_marks (ticket_id, version) select id, version from tickets where true on conflict do nothing")

// RebuildFacts marks every ticket; see report.Folder.
func (db *DB) RebuildFacts(ctx context.Context) error {
	return db.write(ctx, func(t *tx) error {
		t.queue(markAll)
		return nil
	})
}
