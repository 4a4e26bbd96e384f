package storage

import (
	"fmt"
	"reflect"
	"strings"
	"sync"

	"gorm.io/gorm/schema"
)

// A plan is what the package needs to know of a row struct to read and write
// its table quickly. It comes from GORM's reading of the struct, which so
// remains the one description of the table.
type plan struct {
	table   string
	columns []string
	fields  [][]int // index paths, parallel to columns
	list    string  // the columns, comma-separated
	insert  query
	updates sync.Map // bitmap of columns -> query
}

var (
	plans  sync.Map // reflect.Type -> *plan
	models sync.Map // GORM's own cache
)

// planOf gives the plan of a row struct. It panics for a struct that GORM
// cannot read, which a test of all rows excludes.
func planOf[T any]() *plan {
	var zero T
	rt := reflect.TypeOf(zero)
	if p, ok := plans.Load(rt); ok {
		return p.(*plan) //nolint:errcheck,forcetypeassert // only plans are stored
	}
	s, err := schema.Parse(&zero, &models, schema.NamingStrategy{})
	if err != nil {
		panic(fmt.Sprintf("row %v: %v", rt, err))
	}
	p := &plan{table: s.Table}
	for _, name := range s.DBNames {
		p.columns = append(p.columns, name)
		p.fields = append(p.fields, s.FieldsByDBName[name].StructField.Index)
	}
	p.list = strings.Join(p.columns, ", ")
	p.insert = sqlQuery(fmt.Sprintf("insert into %s (%s) values (%s)", p.table, p.list,
		strings.TrimSuffix(strings.Repeat("?, ", len(p.columns)), ", ")))
	got, _ := plans.LoadOrStore(rt, p)
	return got.(*plan) //nolint:errcheck,forcetypeassert // only plans are stored
}

// as gives the column list with the table's alias before each name.
func (p *plan) as(alias string) string {
	return alias + "." + strings.Join(p.columns, ", "+alias+".")
}

// values gives the row's columns as arguments.
func (p *plan) values(row any) []any {
	v := reflect.ValueOf(row).Elem()
	args := make([]any, len(p.fields))
	for i, f := range p.fields {
		args[i] = v.FieldByIndex(f).Interface()
	}
	return args
}

// targets gives pointers to the row's columns, followed by more.
func (p *plan) targets(row any, more ...any) []any {
	v := reflect.ValueOf(row).Elem()
	dest := make([]any, len(p.fields), len(p.fields)+len(more))
	for i, f := range p.fields {
		dest[i] = v.FieldByIndex(f).Addr().Interface()
	}
	return append(dest, more...)
}

// change gives the statement and arguments that turn the row before into the
// row after, found by its first column, and false when nothing differs.
func (p *plan) change(before, after any) (q query, args []any, differs bool) {
	b, a := reflect.ValueOf(before).Elem(), reflect.ValueOf(after).Elem()
	var key strings.Builder
	var set []string
	for i, f := range p.fields {
		was, is := b.FieldByIndex(f).Interface(), a.FieldByIndex(f).Interface()
		if same(was, is) {
			continue
		}
		fmt.Fprintf(&key, "%d,", i)
		set = append(set, p.columns[i]+" = ?")
		args = append(args, is)
	}
	if len(set) == 0 {
		return query{}, nil, false
	}
	args = append(args, a.FieldByIndex(p.fields[0]).Interface())
	if q, ok := p.updates.Load(key.String()); ok {
		return q.(query), args, true //nolint:errcheck,forcetypeassert // only queries are stored
	}
	q = sqlQuery(fmt.Sprintf("update %s set %s where %s = ?", p.table, strings.Join(set, ", "), p.columns[0]))
	p.updates.Store(key.String(), q)
	return q, args, true
}

func same(a, b any) bool {
	if x, ok := a.(instant); ok {
		y, _ := b.(instant)
		return x.time().Equal(y.time())
	}
	if x := reflect.ValueOf(a); x.Kind() == reflect.Slice && x.Len() == 0 {
		return reflect.ValueOf(b).Len() == 0 // an empty list is stored as none
	}
	return reflect.DeepEqual(a, b)
}

// into reads all rows of a result into the list.
func into[T any](all *[]T) func(rows) error {
	p := planOf[T]()
	return func(r rows) error {
		*all = nil // a query may be run again
		for r.Next() {
			var row T
			if err := r.Scan(p.targets(&row)...); err != nil {
				return err
			}
			*all = append(*all, row)
		}
		return r.Err()
	}
}

// selectFrom makes the query of all columns of a row struct's table, with the
// text that follows the table's name.
func selectFrom[T any](rest string) query {
	p := planOf[T]()
	return sqlQuery("select " + p.list + " from " + p.table + " " + rest)
}

// insertRow queues the row.
func insertRow[T any](t *tx, row *T) {
	p := planOf[T]()
	t.queue(p.insert, p.values(row)...)
}

// updateRow queues what differs between two versions of a row.
func updateRow[T any](t *tx, before, after *T) {
	if q, args, differs := planOf[T]().change(before, after); differs {
		t.queue(q, args...)
	}
}
