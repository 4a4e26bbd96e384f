package ticketingtest

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// A listPlace is a position in a list ordered by an instant.
type listPlace struct {
	List string
	At   int64
	ID   int64
}

// behind reads a cursor as a test of what comes after it; desc says that later comes first.
func behind(list, cursor string, desc bool) (func(at time.Time, id int64) bool, error) {
	if cursor == "" {
		return func(time.Time, int64) bool { return true }, nil
	}
	var m listPlace
	if err := readCursor(cursor, &m); err != nil || m.List != list {
		return nil, misfit()
	}
	return func(at time.Time, id int64) bool {
		order := cmp.Or(cmp.Compare(at.UnixMicro(), m.At), cmp.Compare(id, m.ID))
		return order != 0 && (order < 0) == desc
	}, nil
}

func fits(f *ticketing.CallFilter, c *ticketing.Call) bool {
	return within(c.Started, f.From, f.To) && (f.Direction == "" || f.Direction == c.Direction) && (f.Result == "" || f.Result == c.Result) &&
		(f.Agent == 0 || f.Agent == c.Agent) && (f.Number == "" || f.Number == c.Party().E164) && (f.Source == "" || f.Source == c.Source) &&
		(f.Key == "" || f.Key == c.Key) && (!f.NoRecord || c.Ticket == 0 && c.Result == ticketing.CallAnswered && c.Direction == ticketing.CallIn)
}

func (v view) callView(c *ticketing.Call) ticketing.CallView {
	k, _ := v.tickets.get(v.in, c.Ticket)
	out := ticketing.CallView{Call: *copyOf(c)}
	if k != nil {
		out.Ref = k.Ref
	}
	return out
}

// CallPage implements [ticketing.CallReads].
func (s *Store) CallPage(ctx context.Context, f ticketing.CallFilter) (page ticketing.Page[ticketing.CallView], err error) {
	after, err := behind("calls", f.Cursor, true)
	if err != nil {
		return page, err
	}
	err = s.read(ctx, func(v view) error {
		found := v.calls.calls.list(v.in, func(c *ticketing.Call) bool { return fits(&f, c) && after(c.Started, int64(c.ID)) }, byStart)
		slices.Reverse(found)
		size := pageSize(f.Limit)
		for _, c := range limit(found, size) {
			item := v.callView(c)
			item.Legs = nil
			page.Items = append(page.Items, item)
		}
		if len(found) > size {
			last := &page.Items[size-1]
			page.Next = makeCursor(listPlace{"calls", last.Started.UnixMicro(), int64(last.ID)})
		}
		return nil
	})
	return page, err
}

// CallByID implements [ticketing.CallReads].
func (s *Store) CallByID(ctx context.Context, id ticketing.CallID) (out ticketing.CallView, err error) {
	err = s.read(ctx, func(v view) error {
		c, ok := v.calls.calls.get(v.in, id)
		if !ok {
			return fail(ticketing.NotFound, "call.unknown")
		}
		out = v.callView(c)
		return nil
	})
	return out, err
}

func (s *Store) callsWhere(ctx context.Context, match func(*ticketing.Call) bool, latestFirst bool, n int) (out []ticketing.Call, err error) {
	err = s.read(ctx, func(v view) error {
		found := v.calls.calls.list(v.in, match, byStart)
		if latestFirst {
			slices.Reverse(found)
		}
		for _, c := range limit(found, n) {
			one := copyOf(c)
			one.Legs = nil
			out = append(out, *one)
		}
		return nil
	})
	return out, err
}

// CallsOf implements [ticketing.CallReads].
func (s *Store) CallsOf(ctx context.Context, t ticketing.TicketID) ([]ticketing.Call, error) {
	return s.callsWhere(ctx, func(c *ticketing.Call) bool { return t != 0 && c.Ticket == t }, false, 200)
}

// LiveCalls implements [ticketing.CallReads].
func (s *Store) LiveCalls(ctx context.Context, since time.Time, n int) ([]ticketing.Call, error) {
	return s.callsWhere(ctx, func(c *ticketing.Call) bool {
		return !c.Started.Before(since) && c.Ended.IsZero() && c.Disposition == ticketing.LedgerReceived && !c.Past
	}, true, n)
}

// Callbacks implements [ticketing.CallReads].
func (s *Store) Callbacks(ctx context.Context, f ticketing.CallbackFilter) (page ticketing.Page[ticketing.CallbackView], err error) {
	list, at := "callbacks", func(b *ticketing.Callback) time.Time { return b.Due }
	if f.Over {
		list, at = "callbacks over", func(b *ticketing.Callback) time.Time { return b.EndedAt }
	}
	after, err := behind(list, f.Cursor, f.Over)
	if err != nil {
		return page, err
	}
	err = s.read(ctx, func(v view) error {
		found := v.calls.callbacks.list(v.in, func(b *ticketing.Callback) bool {
			return f.Over == (b.State != ticketing.CallbackOpen) && (f.Number == "" || f.Number == b.Number) && after(at(b), int64(b.Ticket))
		}, func(a, b *ticketing.Callback) int {
			return cmp.Or(at(a).Compare(at(b)), cmp.Compare(a.Ticket, b.Ticket))
		})
		if f.Over {
			slices.Reverse(found)
		}
		size := pageSize(f.Limit)
		for _, b := range limit(found, size) {
			k, _ := v.tickets.get(v.in, b.Ticket)
			page.Items = append(page.Items, ticketing.CallbackView{Callback: *b, Ref: k.Ref, Subject: k.Subject, Assignee: k.Assignee, Stands: k.State})
		}
		if len(found) > size {
			last := &page.Items[size-1].Callback
			page.Next = makeCursor(listPlace{list, at(last).UnixMicro(), int64(last.Ticket)})
		}
		return nil
	})
	return page, err
}

// CallbackOf implements [ticketing.CallReads].
func (s *Store) CallbackOf(ctx context.Context, t ticketing.TicketID) (out ticketing.Callback, err error) {
	err = s.read(ctx, func(v view) error {
		b, err := v.callbackOf(t)
		if err == nil {
			out = *b
		}
		return err
	})
	return out, err
}

// CallCounts implements [ticketing.CallReads].
func (s *Store) CallCounts(ctx context.Context, since, now time.Time) (n ticketing.CallCounts, err error) {
	err = s.read(ctx, func(v view) error {
		for _, b := range v.calls.callbacks.each(v.in) {
			if b.State == ticketing.CallbackOpen {
				n.Callbacks++
				if !b.Due.After(now) {
					n.Overdue++
				}
			}
		}
		f := ticketing.CallFilter{NoRecord: true, From: since, To: now}
		for _, c := range v.calls.calls.each(v.in) {
			if fits(&f, c) && !c.Past && !c.Ended.IsZero() && !c.Ended.After(now.Add(-15*time.Minute)) {
				n.NoRecord++
			}
		}
		return nil
	})
	return n, err
}

// CallsToDecide implements [ticketing.Duties].
func (s *Store) CallsToDecide(ctx context.Context, now time.Time, n int) ([]ticketing.CallID, error) {
	return s.callsDue(ctx, func(c *ticketing.Call) time.Time { return c.DecideAt }, now, n)
}

// CallbacksOver implements [ticketing.Duties].
func (s *Store) CallbacksOver(ctx context.Context, n int) (out []ticketing.TicketID, err error) {
	err = s.read(ctx, func(v view) error {
		for id, b := range v.calls.callbacks.each(v.in) {
			if k, _ := v.tickets.get(v.in, id); b.State == ticketing.CallbackOpen && !k.State.InWork() && len(out) < n {
				out = append(out, id)
			}
		}
		return nil
	})
	return out, err
}

// CallsToFetch implements [ticketing.Duties].
func (s *Store) CallsToFetch(ctx context.Context, now time.Time, n int) ([]ticketing.CallID, error) {
	return s.callsDue(ctx, func(c *ticketing.Call) time.Time { return c.FetchAt }, now, n)
}

func (s *Store) callsDue(ctx context.Context, at func(*ticketing.Call) time.Time, now time.Time, n int) (out []ticketing.CallID, err error) {
	err = s.read(ctx, func(v view) error {
		for _, c := range limit(v.calls.calls.list(v.in, func(c *ticketing.Call) bool { return !at(c).IsZero() && !at(c).After(now) },
			func(a, b *ticketing.Call) int { return cmp.Or(at(a).Compare(at(b)), cmp.Compare(a.ID, b.ID)) }), n) {
			out = append(out, c.ID)
		}
		return nil
	})
	return out, err
}
