package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// multiply gives the bureau a longer past: every ticket with its clocks and
// messages again, so many times, each time a year earlier and under another
// reference. Events, deliveries and search words are not copied: what is
// measured with copies is what lists, pages and acts cost, not searching.
func multiply(ctx context.Context, url, engine string, copies int) (err error) {
	db, err := openRaw(url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var tickets int64
	if err := db.QueryRowContext(ctx, "select coalesce(max(id), 0) + 1 from tickets").Scan(&tickets); err != nil {
		return err
	}
	for _, table := range []string{"tickets", "clocks", "messages"} {
		columns, err := columnsOf(ctx, db, table)
		if err != nil {
			return err
		}
		var step int64
		if err := db.QueryRowContext(ctx, "select coalesce(max(id), 0) + 1 from "+table).Scan(&step); err != nil { //nolint:gosec // G202: our own table
			return err
		}
		for k := 1; k <= copies; k++ {
			var names, values []string
			for _, c := range columns {
				names, values = append(names, c.Name()), append(values, earlier(c, table, engine, int64(k), step, tickets))
			}
			//nolint:gosec // G202: names of our own columns
			text := "insert into " + table + " (" + strings.Join(names, ", ") + ") select " + strings.Join(values, ", ") + " from " + table +
				fmt.Sprintf(" where id < %d", step)
			if _, err := db.ExecContext(ctx, text); err != nil {
				return fmt.Errorf("copy %s: %w", table, err)
			}
		}
		if err := raiseCounter(ctx, db, engine, strings.TrimSuffix(table, "s")+"_ids", step*int64(copies+1)); err != nil {
			return fmt.Errorf("count %s on: %w", table, err)
		}
	}
	return nil
}

// raiseCounter lets the identifiers that are handed out go on behind the copies.
func raiseCounter(ctx context.Context, db *sql.DB, engine, name string, next int64) error {
	text := "update counters set next = max(next, $2) where name = $1"
	if engine == "postgres" {
		text = "select setval($1, greatest(nextval($1), $2::bigint))"
	}
	_, err := db.ExecContext(ctx, text, name, next)
	return err
}

func columnsOf(ctx context.Context, db *sql.DB, table string) ([]*sql.ColumnType, error) {
	rows, err := db.QueryContext(ctx, "select * from "+table+" limit 1") //nolint:gosec // G202: our own table
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.ColumnTypes()
	return columns, errors.Join(err, rows.Err())
}

// earlier is the value of a column in the k-th copy.
func earlier(c *sql.ColumnType, table, engine string, k, step, tickets int64) string {
	name, kind := c.Name(), strings.ToLower(c.DatabaseTypeName())
	switch {
	case name == "id":
		return fmt.Sprintf("id + %d", k*step)
	case name == "ticket_id":
		return fmt.Sprintf("ticket_id + %d", k*tickets)
	case table == "tickets" && name == "ref":
		return fmt.Sprintf("'S48-%02d' || substr(ref, 7)", 20-k)
	case slices.Contains([]string{"check_at", "header_hash", "raw_key", "html_key"}, name):
		return "null"
	case kind == "datetime" || kind == "timestamptz":
		shifted := fmt.Sprintf("%s - %d", name, k*365*24*3600*1_000_000)
		never := "200000000000000000" // microseconds of the year 8307: what lies beyond stands for "never"
		if engine == "postgres" {
			shifted, never = fmt.Sprintf("%s - make_interval(days => %d)", name, k*365), "'8307-01-01'"
		}
		return fmt.Sprintf("case when %[1]s > %[3]s then %[1]s else %[2]s end", name, shifted, never)
	}
	return name
}
