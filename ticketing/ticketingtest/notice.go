package ticketingtest

import (
	"cmp"
	"context"
	"time"

	"github.com/sistem48/system48/ticketing"
)

func (t *tx) addNotice(n ticketing.Notice) {
	if n.ID == 0 {
		n.ID = ticketing.NoticeID(t.next(string(ticketing.IDNotice)))
	}
	n.Ref = ""
	t.notices.put(n.ID, n)
}

func (v view) noticesWhere(match func(ticketing.Notice) bool, order func(a, b ticketing.Notice) int, n int) []ticketing.Notice {
	list := v.notices.list(v.in, match, order)
	list = list[:min(n, len(list))]
	for i := range list {
		t, _ := v.tickets.get(v.in, list[i].Ticket)
		list[i].Ref = t.Ref
	}
	return list
}

// DueNotices implements [ticketing.Tx].
func (t *tx) DueNotices(ctx context.Context, now time.Time, n int) ([]ticketing.Notice, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	return t.noticesWhere(func(x ticketing.Notice) bool { return x.ToldAt.IsZero() && !x.SendAfter.After(now) }, func(a, b ticketing.Notice) int {
		return cmp.Or(a.SendAfter.Compare(b.SendAfter), cmp.Compare(a.ID, b.ID))
	}, n), nil
}

// SaveNotices implements [ticketing.Tx].
func (t *tx) SaveNotices(ctx context.Context, list []ticketing.Notice) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	for _, n := range list {
		t.addNotice(n)
	}
	return nil
}

// ToldSince implements [ticketing.Tx].
func (t *tx) ToldSince(ctx context.Context, since time.Time) (map[string]time.Time, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	out := map[string]time.Time{}
	for _, n := range t.notices.list(t.in, func(x ticketing.Notice) bool { return x.ToldAt.After(since) && x.Address != "" }, func(a, b ticketing.Notice) int {
		return cmp.Compare(a.ID, b.ID)
	}) {
		if n.ToldAt.After(out[n.Address]) {
			out[n.Address] = n.ToldAt
		}
	}
	return out, nil
}

// NoticesOf implements [ticketing.NoticeReads].
func (s *Store) NoticesOf(ctx context.Context, a ticketing.AgentID, n int) (list []ticketing.Notice, err error) {
	err = s.read(ctx, func(v view) error {
		list = v.noticesWhere(func(x ticketing.Notice) bool { return x.Agent == a }, func(x, y ticketing.Notice) int { return cmp.Compare(y.ID, x.ID) }, n)
		return nil
	})
	return list, err
}
