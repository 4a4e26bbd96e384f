package ticketingtest

import (
	"cmp"
	"context"

	"github.com/sistem48/system48/ticketing"
)

// SavedViews implements [ticketing.Tx].
func (t *tx) SavedViews(ctx context.Context, owner ticketing.AgentID) ([]ticketing.SavedView, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	var out []ticketing.SavedView
	for _, x := range t.viewList() {
		if x.Shared || x.Owner == owner {
			out = append(out, x)
		}
	}
	return out, nil
}

// viewList gives all saved views.
func (v view) viewList() []ticketing.SavedView {
	var out []ticketing.SavedView
	for _, x := range v.savedViews.list(v.in, nil, func(a, b *ticketing.SavedView) int { return cmp.Compare(a.ID, b.ID) }) {
		out = append(out, *copyOf(x))
	}
	return out
}

// SaveView implements [ticketing.Tx].
func (t *tx) SaveView(ctx context.Context, x *ticketing.SavedView) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	if x.ID == 0 {
		x.ID, x.Version = ticketing.ViewID(t.next("directory/view")), 1
	} else {
		stored, ok := t.savedViews.get(t.in, x.ID)
		if !ok {
			return fail(ticketing.NotFound, "view.unknown")
		}
		if stored.Version != x.Version {
			return fail(ticketing.Stale, "view.changed")
		}
		x.Version++
	}
	t.savedViews.put(x.ID, copyOf(x))
	t.touch()
	return nil
}

// DropView implements [ticketing.Tx].
func (t *tx) DropView(ctx context.Context, id ticketing.ViewID) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	if _, ok := t.savedViews.get(t.in, id); !ok {
		return fail(ticketing.NotFound, "view.unknown")
	}
	t.savedViews.drop(id)
	t.touch()
	return nil
}

// SaveTemplate implements [ticketing.Tx].
func (t *tx) SaveTemplate(ctx context.Context, x *ticketing.Template) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	return save(t, t.templates, x, func(x *ticketing.Template) record[ticketing.TemplateID] {
		return record[ticketing.TemplateID]{&x.ID, &x.Version, x.Name, "template"}
	})
}

// CountTickets implements [ticketing.TicketReads].
func (s *Store) CountTickets(ctx context.Context, filters []ticketing.TicketFilter, most int) (out []int, err error) {
	err = s.read(ctx, func(v view) error {
		out = nil
		for _, f := range filters {
			matches, n := v.matcher(f), 0
			for _, t := range v.tickets.each(v.in) {
				if matches(t) {
					n++
				}
			}
			out = append(out, min(n, most))
		}
		return nil
	})
	return out, err
}
