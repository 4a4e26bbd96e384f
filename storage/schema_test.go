package storage_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/sistem48/system48/storage"
	"github.com/sistem48/system48/storage/sqlite"
	"github.com/sistem48/system48/storage/storagetest"
)

// ofOneEngine are tables that one engine needs for what the other has built in.
var ofOneEngine = []string{"counters", "search_docs", "search_words", "goose_db_version"}

func skipped(table string) bool {
	if strings.HasPrefix(table, "river_") || strings.HasPrefix(table, "sqlite_") || strings.HasPrefix(table, "search_words") {
		return true
	}
	return slices.Contains(ofOneEngine, table)
}

// class maps the engines' types to what they hold.
func class(typ string) string {
	switch strings.ToLower(typ) {
	case "bigint", "smallint", "integer":
		return "int"
	case "timestamp with time zone", "datetime":
		return "time"
	case "double precision", "real":
		return "real"
	case "bytea", "blob":
		return "bytes"
	}
	return strings.ToLower(typ)
}

// The two dialects describe the same tables, keys, indexes and references.
func TestSchemasAreEquivalent(t *testing.T) {
	t.Parallel()
	server := open(t, storagetest.Postgres(t), time.Now)
	file := open(t, engines()["sqlite"](t), time.Now)
	pool, _ := server.Handles()
	_, handles := file.Handles()
	want, got := describePostgres(t, pool), describeSQLite(t, handles)
	if len(want) < 300 {
		t.Fatalf("only %d lines describe the schema", len(want))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("schemas differ (-postgres +sqlite):\n%s", diff)
	}
}

func describePostgres(t *testing.T, pool *pgxpool.Pool) []string {
	t.Helper()
	var out []string
	scan := func(query string, line func(v []any) string) {
		rows, err := pool.Query(context.Background(), query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			v, err := rows.Values()
			if err != nil {
				t.Fatal(err)
			}
			if !skipped(fmt.Sprint(v[0])) {
				out = append(out, line(v))
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	scan(`select table_name::text, column_name::text, data_type::text, is_nullable = 'YES' from information_schema.columns
		where table_schema = 'public'`, func(v []any) string {
		return fmt.Sprintf("column %v.%v %s null=%v", v[0], v[1], class(fmt.Sprint(v[2])), v[3])
	})
	scan(`select c.relname::text, i.indisunique, i.indisprimary, i.indpred is not null,
		array_to_string(array(select a.attname from unnest(i.indkey) with ordinality k(n, o) join pg_attribute a on a.attrelid = c.oid and a.attnum = k.n order by o), ','),
		coalesce(pg_get_expr(i.indpred, i.indrelid), '')
		from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public'`, func(v []any) string {
		return fmt.Sprintf("index %v(%v) unique=%v primary=%v partial=%v", v[0], v[4], v[1], v[2], v[3])
	})
	scan(`select c.conrelid::regclass::text, a.attname::text, c.confrelid::regclass::text from pg_constraint c
		join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1] where c.contype = 'f'`, func(v []any) string {
		return fmt.Sprintf("reference %v.%v -> %v", v[0], v[1], v[2])
	})
	slices.Sort(out)
	return out
}

func describeSQLite(t *testing.T, h *sqlite.Handles) []string {
	t.Helper()
	var out []string
	for _, table := range strings1(t, h, "select name from sqlite_master where type = 'table'") {
		if skipped(table) {
			continue
		}
		var primary []string
		rowid := ""
		each(t, h, "select name, type, \"notnull\", pk from pragma_table_info(?) order by pk", table, 4, func(v []string) {
			out = append(out, fmt.Sprintf("column %s.%s %s null=%v", table, v[0], class(v[1]), v[2] == "0" && v[3] == "0"))
			if v[3] != "0" {
				primary = append(primary, v[0])
				if class(v[1]) == "int" {
					rowid = v[0]
				}
			}
		})
		if len(primary) == 1 && rowid != "" && table != "events" { // the table itself is the index; PostgreSQL finds events by chain or instant
			out = append(out, fmt.Sprintf("index %s(%s) unique=true primary=true partial=false", table, rowid))
		}
		each(t, h, `select name, "unique", origin, partial from pragma_index_list(?)`, table, 4, func(v []string) {
			columns := strings1(t, h, "select name from pragma_index_info('"+v[0]+"') order by seqno")
			out = append(out, fmt.Sprintf("index %s(%s) unique=%v primary=%v partial=%v", table, strings.Join(columns, ","), v[1] == "1", v[2] == "pk", v[3] == "1"))
		})
		each(t, h, `select "from", "table" from pragma_foreign_key_list(?)`, table, 2, func(v []string) {
			out = append(out, fmt.Sprintf("reference %s.%s -> %s", table, v[0], v[1]))
		})
	}
	slices.Sort(out)
	return out
}

func each(t *testing.T, h *sqlite.Handles, query, table string, n int, line func([]string)) {
	t.Helper()
	rows, err := h.Reader.QueryContext(context.Background(), query, table)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		v, dest := make([]string, n), make([]any, n)
		for i := range v {
			dest[i] = &v[i]
		}
		if err := rows.Scan(dest...); err != nil {
			t.Fatal(err)
		}
		line(v)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

func strings1(t *testing.T, h *sqlite.Handles, query string) []string {
	t.Helper()
	var out []string
	rows, err := h.Reader.QueryContext(context.Background(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// Every row struct has the columns of its table, all of them.
func TestRowsHaveTheColumns(t *testing.T) {
	t.Parallel()
	db := open(t, engines()["sqlite"](t), time.Now)
	_, h := db.Handles()
	rows := storage.RowColumns()
	for _, table := range strings1(t, h, "select name from sqlite_master where type = 'table'") {
		if skipped(table) {
			continue
		}
		want := strings1(t, h, "select name from pragma_table_info('"+table+"')")
		got, ok := rows[table]
		if !ok {
			t.Errorf("no row struct for the table %s", table)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("columns of %s (-table +struct):\n%s", table, diff)
		}
	}
}

// Times are integers in the file, whatever wrote them, so that they compare.
func TestTimesInTheFileAreIntegers(t *testing.T) {
	t.Parallel()
	db := open(t, engines()["sqlite"](t), time.Now)
	fill(t, db, 50)
	_, h := db.Handles()
	bad := strings1(t, h, `select id from tickets where typeof(due_at) <> 'integer' or typeof(received_at) <> 'integer' or typeof(check_at) = 'text'`)
	if len(bad) > 0 {
		t.Errorf("%d tickets hold times that are no integers", len(bad))
	}
}
