package storage

import "slices"

// A factWriter writes the differences between facts as they were and as they are.
type factWriter struct {
	t     *tx
	known int32
	days  map[factDayRow]bool // touched
}

func (w *factWriter) touch(department int64, days ...int32) {
	for _, d := range days {
		if d != 0 {
			w.days[factDayRow{department, d}] = true
		}
	}
}

// factKinds is what replacing facts needs to know of a row.
type factKinds[T any] struct {
	key    func(r *T) [2]int64
	known  func(r *T) *int32
	touch  func(w *factWriter, r *T)
	keep   func(w *factWriter, r *T) // as a version until today
	change func(w *factWriter, r *T) // insert
}

var clockFactKinds = factKinds[clockFactRow]{
	key:   func(r *clockFactRow) [2]int64 { return [2]int64{r.TicketID, r.ClockID} },
	known: func(r *clockFactRow) *int32 { return &r.Known },
	touch: func(w *factWriter, r *clockFactRow) { w.touch(r.DepartmentID, r.Day, r.SettledDay) },
	keep: func(w *factWriter, r *clockFactRow) {
		insertRow(w.t, &clockFactVersionRow{Fact: *r, Until: w.known})
	},
	change: func(w *factWriter, r *clockFactRow) { insertRow(w.t, r) },
}

var ticketFactKinds = factKinds[ticketFactRow]{
	key:   func(r *ticketFactRow) [2]int64 { return [2]int64{r.TicketID, int64(r.Episode)} },
	known: func(r *ticketFactRow) *int32 { return &r.Known },
	touch: func(w *factWriter, r *ticketFactRow) { w.touch(r.DepartmentID, r.StartedDay, r.EndedDay) },
	keep: func(w *factWriter, r *ticketFactRow) {
		insertRow(w.t, &ticketFactVersionRow{Fact: *r, Until: w.known})
	},
	change: func(w *factWriter, r *ticketFactRow) { insertRow(w.t, r) },
}

// replaceFacts writes what differs. What stood since an earlier day is kept as a
// version, so that a report can be made as it was.
func replaceFacts[T any](w *factWriter, before, after []T, drop query, k factKinds[T]) {
	old := map[[2]int64]*T{}
	for i := range before {
		old[k.key(&before[i])] = &before[i]
	}
	for i := range after {
		now := after[i]
		key := k.key(&now)
		was := old[key]
		delete(old, key)
		if was == nil {
			*k.known(&now) = w.known
			k.touch(w, &now)
			k.change(w, &now)
			continue
		}
		*k.known(&now) = *k.known(was)
		if sameFact(*was, now) {
			continue
		}
		w.leave(*k.known(was), func() { k.keep(w, was) })
		k.touch(w, was)
		*k.known(&now) = w.known
		k.touch(w, &now)
		w.t.queue(drop, key[0], key[1])
		k.change(w, &now)
	}
	for key, was := range old {
		w.leave(*k.known(was), func() { k.keep(w, was) })
		k.touch(w, was)
		w.t.queue(drop, key[0], key[1])
	}
}

// leave keeps a version of what stood since an earlier day.
func (w *factWriter) leave(since int32, keep func()) {
	if since < w.known {
		keep()
	}
}

// sameFact compares rows by their columns.
func sameFact[T any](a, b T) bool {
	_, _, differs := planOf[T]().change(&a, &b)
	return !differs
}

// suspects replaces a ticket's suspects when they are others.
func (w *factWriter) suspects(before, after []suspectRow, ticket int64) {
	if len(before) == 0 && len(after) == 0 {
		return
	}
	if len(before) == len(after) {
		same := true
		for i := range after {
			same = same && slices.ContainsFunc(before, func(b suspectRow) bool { return b.N == after[i].N && sameFact(b, after[i]) })
		}
		if same {
			return
		}
	}
	w.t.queue(dropSuspects, ticket)
	for i := range after {
		insertRow(w.t, &after[i])
	}
}
