package storage

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// An engine is one of the two databases.
type engine uint8

const (
	postgresEngine engine = iota
	sqliteEngine
)

// String gives the name as configuration and metrics use it.
func (e engine) String() string {
	if e == postgresEngine {
		return "postgres"
	}
	return "sqlite"
}

// A query is the text of a statement for both engines.
type query [2]string

// sqlQuery makes a query of a text with ? for variables and these words in
// braces: {lock} locks the rows read against other writers, {skip} does so
// passing over rows that are locked; the embedded database, which has one
// writer, needs neither. {pg:…} and {lite:…} hold what is for one engine only.
func sqlQuery(text string) query {
	pg := expand(text, "pg")
	pg = strings.NewReplacer("{lock}", "for no key update", "{skip}", "for no key update skip locked").Replace(pg)
	lite := strings.NewReplacer("{lock}", "", "{skip}", "").Replace(expand(text, "lite"))
	return query{postgresEngine: numbered(pg), sqliteEngine: lite}
}

// writes reports whether a query that gives rows also changes some.
func (q query) writes() bool {
	text := strings.TrimSpace(q[sqliteEngine])
	return !strings.HasPrefix(text, "select") && !strings.HasPrefix(text, "with")
}

// expand keeps what stands in braces for the engine and drops the other's.
func expand(text, engine string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '{')
		if i < 0 {
			break
		}
		name, _, found := strings.Cut(text[i+1:], ":")
		end := strings.IndexByte(text[i:], '}')
		if !found || end < 0 || (name != "pg" && name != "lite") {
			b.WriteString(text[:i+1])
			text = text[i+1:]
			continue
		}
		b.WriteString(text[:i])
		if name == engine {
			b.WriteString(text[i+len(name)+2 : i+end])
		}
		text = text[i+end+1:]
	}
	return b.String() + text
}

// numbered writes $1, $2 … for the question marks outside quotes.
func numbered(text string) string {
	var b strings.Builder
	n, quoted := 0, false
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\'':
			quoted = !quoted
			b.WriteByte(c)
		case c == '?' && !quoted:
			n++
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// rows is what both drivers' results have in common.
type rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
}

// A statement is one thing to do in a transaction or on a reader.
type statement struct {
	query query
	args  []any
	// replan lets PostgreSQL plan a query, asked alone, for the very values: where
	// a word is rare or in everything, no one plan is right.
	replan bool
	// read takes the result of a query; nil for a write.
	read func(rows) error
	// wrote is told how many rows a write touched; nil when it does not matter.
	wrote func(n int64) error
	// failed may replace the error of the statement; nil when it is to stay.
	failed func(err error) error
}

// clean makes foreign text storable: PostgreSQL refuses NUL and bytes that are
// no UTF-8, and no citizen's bytes may ever fail a transaction.
func clean(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return s
}

func cleanArgs(args []any) {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = clean(s)
		}
	}
}

// one reads exactly one row into the destinations; found tells whether there was one.
func one(found *bool, dest ...any) func(rows) error {
	return func(r rows) error {
		*found = r.Next()
		if !*found {
			return r.Err()
		}
		return r.Scan(dest...)
	}
}
