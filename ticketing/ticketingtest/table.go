package ticketingtest

import (
	"iter"
	"slices"
)

// A table holds committed rows and, beside them, what the one open transaction
// changed. Rows are never changed in place: put replaces them.
type table[K comparable, V any] struct {
	rows    map[K]V
	changed map[K]*V // nil: dropped
}

func newTable[K comparable, V any](s *Store) *table[K, V] {
	t := &table[K, V]{rows: map[K]V{}, changed: map[K]*V{}}
	s.tables = append(s.tables, t)
	return t
}

// get gives the row as the open transaction (in) or everybody else sees it.
func (t *table[K, V]) get(in bool, k K) (V, bool) {
	if in {
		if p, ok := t.changed[k]; ok {
			if p == nil {
				var none V
				return none, false
			}
			return *p, true
		}
	}
	v, ok := t.rows[k]
	return v, ok
}

func (t *table[K, V]) put(k K, v V) { t.changed[k] = &v }

func (t *table[K, V]) drop(k K) { t.changed[k] = nil }

// each gives all rows, in no order.
func (t *table[K, V]) each(in bool) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for k, v := range t.rows {
			if in {
				if _, over := t.changed[k]; over {
					continue
				}
			}
			if !yield(k, v) {
				return
			}
		}
		if !in {
			return
		}
		for k, p := range t.changed {
			if p != nil && !yield(k, *p) {
				return
			}
		}
	}
}

// list gives the rows that match, in the order of less.
func (t *table[K, V]) list(in bool, match func(V) bool, order func(a, b V) int) []V {
	var out []V
	for _, v := range t.each(in) {
		if match == nil || match(v) {
			out = append(out, v)
		}
	}
	slices.SortFunc(out, order)
	return out
}

func (t *table[K, V]) commit() {
	for k, p := range t.changed {
		if p == nil {
			delete(t.rows, k)
		} else {
			t.rows[k] = *p
		}
	}
	clear(t.changed)
}

func (t *table[K, V]) rollback() { clear(t.changed) }

// limit cuts a list to its first n rows.
func limit[T any](list []T, n int) []T {
	if n >= 0 && len(list) > n {
		return list[:n]
	}
	return list
}
