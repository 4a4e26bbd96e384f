package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const benchLimitRows = 100_000

// limits measures what the engine does on this machine without a program
// around it: one row a transaction, and fifty rows along an index.
func (b *bench) limits(ctx context.Context, engine string) (err error) {
	url, drop, err := b.database(ctx, engine, "limits")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, drop()) }()
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
	}
	db, err := openRaw(url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := fillLimits(ctx, db, engine); err != nil {
		return err
	}
	if err := b.rawTransactions(ctx, db, engine); err != nil {
		return err
	}
	return b.rawPages(ctx, db, engine)
}

func fillLimits(ctx context.Context, db *sql.DB, engine string) error {
	numbers := "with recursive n(i) as (select 1 union all select i + 1 from n where i < %d) select i from n"
	if engine == "postgres" {
		numbers = "select i from generate_series(1, %d) n(i)"
	}
	for _, text := range []string{
		"create table singles (id integer primary key, at bigint not null, note text not null)",
		"create table pages (id integer primary key, department integer not null, state integer not null, due bigint not null, subject text not null)",
		"insert into pages select i, i % 12, i % 20, i * 7919 % 1000003, 'Predmet broj ' || i from (" + fmt.Sprintf(numbers, benchLimitRows) + ") all_of_them",
		"create index pages_queue on pages (department, due, id) where state < 3",
		"analyze",
	} {
		if _, err := db.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// rawTransactions inserts one row a transaction, durably.
func (b *bench) rawTransactions(ctx context.Context, db *sql.DB, engine string) error {
	insert := "insert into singles values (?, ?, ?)"
	if engine == "postgres" {
		insert = "insert into singles values ($1, $2, $3)"
	}
	id := 0
	for _, clients := range []int{1, benchClients} {
		base := id
		if engine == "sqlite" {
			db.SetMaxOpenConns(1) // one writer, as the file has
		} else {
			db.SetMaxOpenConns(clients)
			db.SetMaxIdleConns(clients)
		}
		count := benchActs
		all, total, err := load(clients, count, func(_, i int) (time.Duration, error) {
			began := time.Now()
			_, err := db.ExecContext(ctx, insert, base+i, began.UnixMicro(), "Predmet")
			return time.Since(began), err
		})
		if err != nil {
			return err
		}
		id += count
		rate := float64(len(all)) / total.Seconds()
		b.limit[fmt.Sprintf("%s tx %d", engine, clients)] = rate
		b.add(benchRow{measure: fmt.Sprintf("limit: one row a transaction, %d clients", clients), engine: engine, p50: all.at(.5), p99: all.at(.99), rate: rate})
	}
	return nil
}

// rawPages reads fifty rows along an index.
func (b *bench) rawPages(ctx context.Context, db *sql.DB, engine string) error {
	text := "select id, department, state, due, subject from pages where state < 3 and department = ? and (due, id) > (?, 0) order by due, id limit 50"
	if engine == "postgres" {
		text = strings.Replace(strings.Replace(text, "?", "$1", 1), "?", "$2", 1)
	}
	stmt, err := db.PrepareContext(ctx, text)
	if err != nil {
		return err
	}
	defer stmt.Close()
	all, total, err := load(1, benchActs, func(_, i int) (time.Duration, error) {
		began := time.Now()
		rows, err := stmt.QueryContext(ctx, i%12, i%1000*100)
		if err != nil {
			return 0, err
		}
		defer rows.Close()
		for rows.Next() {
			var id, department, state, due int64
			var subject string
			if err := rows.Scan(&id, &department, &state, &due, &subject); err != nil {
				return 0, err
			}
		}
		return time.Since(began), rows.Err()
	})
	if err != nil {
		return err
	}
	rate := float64(len(all)) / total.Seconds()
	b.limit[engine+" page"] = rate
	b.add(benchRow{measure: "limit: fifty rows along an index", engine: engine, p50: all.at(.5), p99: all.at(.99), rate: rate})
	return nil
}
