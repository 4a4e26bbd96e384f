package ticketingtest

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// AppendTicketEvent implements [ticketing.Tx].
func (t *tx) AppendTicketEvent(ctx context.Context, id ticketing.TicketID, e *ticketing.Event) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	row, ok := t.tickets.get(t.in, id)
	if !ok {
		return fail(ticketing.NotFound, "ticket.unknown")
	}
	head := &ticketing.Ticket{ID: id, EventSeq: row.EventSeq, EventHash: row.EventHash}
	if err := t.chain(head, e); err != nil {
		return err
	}
	k := copyOf(row)
	k.EventSeq, k.EventHash = head.EventSeq, head.EventHash
	t.tickets.put(id, k)
	return nil
}

// AppendEvent implements [ticketing.Tx].
func (t *tx) AppendEvent(ctx context.Context, e *ticketing.Event) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	head := &ticketing.Ticket{}
	if list, _ := t.events.get(t.in, 0); len(list) > 0 {
		last := list[len(list)-1]
		head.EventSeq, head.EventHash = last.Seq, last.Hash
	}
	return t.chain(head, e)
}

// chain seals the event behind the head and keeps it.
func (t *tx) chain(head *ticketing.Ticket, e *ticketing.Event) error {
	head.Pending.Events = []ticketing.Event{*e}
	if err := head.SealEvents(); err != nil {
		return err
	}
	t.addEvents(head.ID, head.Pending.Events)
	*e = head.Pending.Events[0]
	return nil
}

// TouchRead implements [ticketing.Tx].
func (t *tx) TouchRead(ctx context.Context, a ticketing.AgentID, id ticketing.TicketID, at time.Time, within time.Duration) (bool, error) {
	if err := t.use(ctx); err != nil {
		return false, err
	}
	if last, ok := t.reads.get(t.in, readKey{a, id}); ok && at.Sub(last) < within {
		return false, nil
	}
	t.reads.put(readKey{a, id}, copyOf(at))
	return true, nil
}

// Once implements [ticketing.Tx].
func (t *tx) Once(ctx context.Context, k ticketing.Once) (string, bool, error) {
	if err := t.use(ctx); err != nil {
		return "", false, err
	}
	row, ok := t.once.get(t.in, onceKey{k.Caller, k.Key})
	switch {
	case !ok || k.Key == "":
		return "", false, nil
	case row.hash != k.Hash:
		return "", false, fail(ticketing.Conflict, "once.differs")
	}
	return row.result, true, nil
}

// SetOnce implements [ticketing.Tx].
func (t *tx) SetOnce(ctx context.Context, k ticketing.Once, result string, at time.Time) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	if k.Key == "" {
		return nil
	}
	if _, taken := t.once.get(t.in, onceKey{k.Caller, k.Key}); taken {
		return fail(ticketing.Conflict, "once.taken")
	}
	t.once.put(onceKey{k.Caller, k.Key}, onceRow{k.Hash, result, copyOf(at)})
	return nil
}

// allEvents gives the events of every chain that match, in order of (At, ID).
func (v view) allEvents(match func(*ticketing.Event) bool) []*ticketing.Event {
	var out []*ticketing.Event
	for _, chain := range v.events.each(v.in) {
		for _, e := range chain {
			if match(e) {
				out = append(out, e)
			}
		}
	}
	slices.SortFunc(out, func(a, b *ticketing.Event) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return out
}

// Events implements [ticketing.AuditReads].
func (s *Store) Events(ctx context.Context, kind ticketing.EventKind, actor string, from, to time.Time, cursor string, n int) (page ticketing.Page[ticketing.Event], err error) {
	err = s.read(ctx, func(v view) error {
		var after *moment
		if cursor != "" {
			after = &moment{}
			if err := readCursor(cursor, after); err != nil || after.List != "events" {
				return misfit()
			}
		}
		rows := v.allEvents(func(e *ticketing.Event) bool {
			return (kind == "" || e.Kind == kind) && (actor == "" || e.Actor == actor) && within(e.At, from, to) &&
				(after == nil || cmp.Or(e.At.Compare(after.At), cmp.Compare(e.ID, after.ID)) < 0)
		})
		slices.Reverse(rows)
		size := pageSize(n)
		for _, e := range limit(rows, size) {
			page.Items = append(page.Items, readEvent(e))
		}
		if len(rows) > size {
			last := rows[size-1]
			page.Next = makeCursor(moment{"events", last.At, last.ID})
		}
		return nil
	})
	return page, err
}

// moment is a position in a list of events.
type moment struct {
	List string
	At   time.Time
	ID   ticketing.EventID
}

// WalkEvents implements [ticketing.AuditReads].
func (s *Store) WalkEvents(ctx context.Context, f func(ticket ticketing.TicketID, events []ticketing.Event) error) error {
	chains := map[ticketing.TicketID][]ticketing.Event{}
	var order []ticketing.TicketID
	err := s.read(ctx, func(v view) error {
		for id, chain := range v.events.each(v.in) {
			for _, e := range chain {
				chains[id] = append(chains[id], readEvent(e))
			}
			order = append(order, id)
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.Sort(order)
	for _, id := range order {
		if err := f(id, chains[id]); err != nil {
			return err
		}
	}
	return nil
}

// Seals implements [ticketing.AuditReads].
func (s *Store) Seals(ctx context.Context, fromSeq int64, n int) (out []ticketing.Seal, err error) {
	err = s.read(ctx, func(v view) error {
		rows := v.seals.list(v.in, func(x *ticketing.Seal) bool { return x.Seq >= fromSeq }, func(a, b *ticketing.Seal) int { return cmp.Compare(a.Seq, b.Seq) })
		for _, x := range limit(rows, n) {
			out = append(out, *x)
		}
		return nil
	})
	return out, err
}
