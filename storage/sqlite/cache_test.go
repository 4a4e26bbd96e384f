package sqlite_test

import (
	"fmt"
	"testing"
)

// A statement whose rows are still being read must not be started a second
// time, or both readers lose rows.
func TestStatementReadTwiceAtOnce(t *testing.T) {
	t.Parallel()
	h, _ := open(t)
	for i := range 5 {
		if _, err := h.Writer.ExecContext(t.Context(), "insert into items(name) values (?)", fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	tx, err := h.Writer.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	const query = "select name from items order by id"
	outer, err := tx.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = outer.Close() }()
	var seen string
	for outer.Next() {
		var o string
		if err := outer.Scan(&o); err != nil {
			t.Fatal(err)
		}
		var first string
		if err := tx.QueryRowContext(t.Context(), query).Scan(&first); err != nil {
			t.Fatal(err)
		}
		seen += o + first + " "
	}
	if err := outer.Err(); err != nil {
		t.Fatal(err)
	}
	if want := "00 10 20 30 40 "; seen != want {
		t.Errorf("read %q, want %q", seen, want)
	}
}

// More texts than the cache holds, a changed table, and a failed statement must
// each leave the connection in working order.
func TestStatementCacheSurvives(t *testing.T) {
	t.Parallel()
	h, _ := open(t)
	ctx := t.Context()
	for round := range 2 {
		for i := range 600 {
			var got int
			if err := h.Writer.QueryRowContext(ctx, fmt.Sprintf("select %d + ?", i), round).Scan(&got); err != nil || got != i+round {
				t.Fatalf("query %d = %d, %v", i, got, err)
			}
		}
	}
	const insert = "insert into items(name) values (?)"
	for i, want := range []bool{true, false, false} {
		if _, err := h.Writer.ExecContext(ctx, insert, "same"); (err == nil) != want {
			t.Errorf("insert %d: error %v", i, err)
		}
	}
	const all = "select * from items"
	columns := func() int {
		rows, err := h.Writer.QueryContext(ctx, all)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		names, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			continue
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return len(names)
	}
	before := columns()
	if _, err := h.Writer.ExecContext(ctx, "alter table items add column extra text"); err != nil {
		t.Fatal(err)
	}
	if after := columns(); after != before+1 {
		t.Errorf("columns after ALTER TABLE = %d, want %d", after, before+1)
	}
}
