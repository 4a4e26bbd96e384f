package storage

import (
	"encoding/hex"
	"encoding/json"
	"sync"

	"github.com/sistem48/system48/ticketing"
)

// memos keeps queries whose text is put together from parts. There are as many
// as there are combinations of parts, never of values.
var memos sync.Map // string -> query

func memo(text string) query {
	if q, ok := memos.Load(text); ok {
		return q.(query) //nolint:errcheck,forcetypeassert // only queries are stored
	}
	q := sqlQuery(text)
	memos.Store(text, q)
	return q
}

// selectText is "select <columns> from <table>" of a row struct.
func selectText[T any]() string {
	p := planOf[T]()
	return "select " + p.list + " from " + p.table
}

// Conditions that a column is one of many values, as one variable whatever
// their number, so that the text stays the same: an array on PostgreSQL, JSON on
// SQLite. The argument comes from ints, texts or digests.
const (
	isOneOf       = " {pg:= any(?)}{lite:in (select value from json_each(?))}"
	isOneOfDigest = " {pg:= any(?)}{lite:in (select unhex(value) from json_each(?))}"
)

func ints[T ~int64 | ~int | ~uint32](e engine, values []T) any {
	plain := make([]int64, len(values))
	for i, v := range values {
		plain[i] = int64(v)
	}
	return e.many(plain)
}

func texts[T ~string](e engine, values []T) any {
	plain := make([]string, len(values))
	for i, v := range values {
		plain[i] = clean(string(v))
	}
	return e.many(plain)
}

func digests[T ~string](e engine, values []T) any {
	if e == postgresEngine {
		plain := make([][]byte, len(values))
		for i, v := range values {
			plain[i] = digest(v).bytes()
		}
		return plain
	}
	plain := make([]string, len(values))
	for i, v := range values {
		plain[i] = hex.EncodeToString(digest(v).bytes())
	}
	return e.many(plain)
}

func (e engine) many(values any) any {
	if e == postgresEngine {
		return values
	}
	text, err := json.Marshal(values)
	if err != nil {
		return "[]" // numbers and clean strings always marshal
	}
	return string(text)
}

// inCustody is the condition, beginning with " and", that a ticket is in the
// custody of the scope's departments now: what lists show.
func inCustody(e engine, s ticketing.Scope) (string, []any) {
	switch {
	case s.All:
		return "", nil
	case len(s.Departments) == 0:
		return " and 1 = 0", nil
	}
	return " and department_id" + isOneOf, []any{ints(e, s.Departments)}
}

// readable is the condition that the scope's departments have or had custody:
// what may be opened.
func readable(e engine, s ticketing.Scope) (string, []any) {
	where, args := inCustody(e, s)
	if len(args) == 0 {
		return where, args
	}
	return " and (tickets.department_id" + isOneOf + " or exists (select 1 from ticket_held" +
		" where ticket_held.ticket_id = tickets.id and ticket_held.department_id" + isOneOf + "))", append(args, args...)
}
