package calllog

import "time"

// A record is one line cut into columns that have names.
type record struct {
	f      *Format
	memo   *Memo
	now    time.Time
	names  map[string]int
	fields []string
}

// get gives a column by name; "" when the file has none of that name.
func (r *record) get(column string) string {
	if i, ok := r.names[column]; ok && i < len(r.fields) {
		return r.fields[i]
	}
	return ""
}

// has reports whether the file has the column.
func (r *record) has(column string) bool {
	_, ok := r.names[column]
	return ok
}

// first gives the first of the columns that says anything.
func (r *record) first(columns ...string) string {
	for _, c := range columns {
		if v := r.get(c); v != "" {
			return v
		}
	}
	return ""
}

// times reads when the leg began, was answered and ended. born is the instant
// in its identifier, 0 when it holds none; length the column of how long all of
// it took.
func (r *record) times(start, answer, end, length string, born time.Duration) (span, *Fault) {
	var at [3]moment
	for i, c := range []string{start, answer, end} {
		m, f := r.f.moment(c, r.get(c))
		if f != nil {
			return span{}, f
		}
		if m.first.After(r.now.Add(skew)) {
			return span{}, faultText(FaultFuture, c, r.get(c))
		}
		at[i] = m
	}
	if !at[0].set {
		return span{}, fault(FaultTime, start)
	}
	d, f := seconds(length, r.get(length))
	if f != nil {
		return span{}, f
	}
	if !at[2].set && d < 0 {
		return span{}, fault(FaultTime, end)
	}
	s, ok := settle(at[0], at[1], at[2], d, born, r.memo.LastEnd)
	if !ok {
		return s, faultText(FaultOrder, end, r.get(end))
	}
	return s, nil
}
