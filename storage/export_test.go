package storage

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/sistem48/system48/storage/sqlite"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
)

// FillTickets writes tickets as they are, without events, messages and words:
// the many rows that tests of lists need.
func (db *DB) FillTickets(ctx context.Context, tickets []ticketing.Ticket) error {
	return db.write(ctx, func(t *tx) error {
		for i := range tickets {
			row := ticketRowOf(&tickets[i], 0)
			insertRow(t, &row)
		}
		return nil
	})
}

// Analyze renews the planner's statistics.
func (db *DB) Analyze(ctx context.Context) error {
	if db.engine == sqliteEngine {
		_, err := db.file.Writer.ExecContext(ctx, "analyze")
		return err
	}
	_, err := db.pool.Exec(ctx, "vacuum analyze")
	return err
}

// Exec runs a statement with ? for variables outside of everything.
func (db *DB) Exec(ctx context.Context, text string, args ...any) error {
	return db.write(ctx, func(t *tx) error {
		t.queue(sqlQuery(text), args...)
		return nil
	})
}

// ListPlans explains the queries of a list: the plan of each, in the words of
// the engine. It is for one goroutine.
func (db *DB) ListPlans(ctx context.Context, f ticketing.TicketFilter) ([]string, error) {
	return db.plansOf(ctx, func() error { _, err := db.Tickets(ctx, f, 7); return err })
}

// HeadPlans is ListPlans for what programs read of many tickets.
func (db *DB) HeadPlans(ctx context.Context, s ticketing.Scope, refs []ticketing.Reference) ([]string, error) {
	return db.plansOf(ctx, func() error { _, err := db.TicketHeads(ctx, s, refs); return err })
}

func (db *DB) plansOf(ctx context.Context, run func() error) ([]string, error) {
	var plans []string
	db.explain = func(q query, args []any) error {
		plan, err := db.plan(ctx, q, args)
		plans = append(plans, plan)
		return err
	}
	defer func() { db.explain = nil }()
	err := run()
	return plans, err
}

func (db *DB) plan(ctx context.Context, q query, args []any) (string, error) {
	var plan string
	if db.engine == postgresEngine {
		text := "explain " + q[postgresEngine]
		err := db.readServer(ctx, []statement{{query: query{text, text}, args: args, read: func(r rows) error {
			for r.Next() {
				var line string
				if err := r.Scan(&line); err != nil {
					return err
				}
				plan += line + "\n"
			}
			return r.Err()
		}}})
		return plan, err
	}
	text := "explain query plan " + q[sqliteEngine]
	err := db.readFile(ctx, []statement{{query: query{text, text}, args: args, read: func(r rows) error {
		for r.Next() {
			var id, parent, unused int64
			var line string
			if err := r.Scan(&id, &parent, &unused, &line); err != nil {
				return err
			}
			plan += line + "\n"
		}
		return r.Err()
	}}})
	return plan, err
}

// CountQueries counts the queries outside transactions from now on.
func (db *DB) CountQueries(count *int) {
	db.explain = func(query, []any) error {
		*count++
		return nil
	}
}

// RowColumns gives the columns of each row struct, by table.
func RowColumns() map[string][]string {
	out := map[string][]string{}
	for _, p := range []*plan{
		planOf[ticketRow](), planOf[ticketHeldRow](), planOf[ticketTagRow](), planOf[clockRow](), planOf[messageRow](), planOf[attachmentRow](),
		planOf[deliveryRow](), planOf[eventRow](), planOf[payloadRow](), planOf[sealRow](), planOf[citizenRow](), planOf[citizenWordRow](),
		planOf[contactRow](), planOf[departmentRow](), planOf[categoryRow](), planOf[agentRow](), planOf[sessionRow](), planOf[tokenRow](),
		planOf[passRow](), planOf[mailboxRow](), planOf[mailboxStartRow](), planOf[healthRow](), planOf[ledgerRow](), planOf[seenRow](),
		planOf[readMarkRow](), planOf[draftRow](), planOf[uploadRow](), planOf[onceRow](), planOf[gateRow](), planOf[leaseRow](), planOf[routingRow](), planOf[turnRow](), planOf[absenceRow](),
		planOf[ruleRow](), planOf[noticeRow](), planOf[letterTextRow](), planOf[subscriptionRow](), planOf[mailboxOrderRow](), planOf[providerReportRow](), planOf[smsChoiceRow](), planOf[stampRow](), planOf[clockFactRow](), planOf[clockFactVersionRow](), planOf[ticketFactRow](),
		planOf[ticketFactVersionRow](), planOf[suspectRow](), planOf[clockDayRow](), planOf[ticketDayRow](), planOf[standingRow](),
		planOf[factMarkRow](), planOf[factDayRow](), planOf[factFoldRow](), planOf[legRow](), planOf[bodyRow](), planOf[outsideRow](),
		planOf[savedViewRow](), planOf[templateRow](), planOf[questionRow](), planOf[callRow](), planOf[callbackRow](), planOf[callFileRow](), planOf[callLegRow](), planOf[callRejectRow](),
	} {
		out[p.table] = p.columns
	}
	return out
}

// Handles gives what is under the database.
func (db *DB) Handles() (*pgxpool.Pool, *sqlite.Handles) { return db.pool, db.file }

// FillFacts writes facts as they are and marks the days they touch; FoldFacts
// then adds those up.
func (db *DB) FillFacts(ctx context.Context, clocks []report.ClockFact, tickets []report.TicketFact) error {
	return db.write(ctx, func(t *tx) error {
		w := factWriter{t: t, known: 1, days: map[factDayRow]bool{}}
		for i := range clocks {
			row := clockFactRowOf(&clocks[i])
			row.Known = 1
			clockFactKinds.touch(&w, &row)
			insertRow(t, &row)
		}
		for i := range tickets {
			row := ticketFactRowOf(&tickets[i])
			row.Known = 1
			ticketFactKinds.touch(&w, &row)
			insertRow(t, &row)
		}
		for d := range w.days {
			t.queue(dirtyDay, d.DepartmentID, d.Day)
		}
		return nil
	})
}

// PlansOf explains every query outside transactions that f makes.
func (db *DB) PlansOf(ctx context.Context, f func() error) (plans []string, err error) {
	db.explain = func(q query, args []any) error {
		plan, err := db.plan(ctx, q, args)
		plans = append(plans, plan)
		return err
	}
	defer func() { db.explain = nil }()
	return plans, f()
}
