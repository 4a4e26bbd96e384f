package ticketingtest

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/report"
)

// Histories implements [report.Histories].
func (s *Store) Histories(ctx context.Context, from, to time.Time, kinds []ticketing.EventKind, each func(*report.History) error) error {
	var all []*report.History
	err := s.read(ctx, func(v view) error {
		for _, t := range v.tickets.each(false) {
			if t.ReceivedAt.Before(from) || !t.ReceivedAt.Before(to) || t.Code == ticketing.CodeSpam {
				continue
			}
			h := v.history(t, nil)
			h.Answers, h.Events = nil, nil
			list, _ := v.events.get(v.in, t.ID)
			for _, e := range list {
				if slices.Contains(kinds, e.Kind) {
					h.Events = append(h.Events, readEvent(e))
				}
			}
			all = append(all, h)
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b *report.History) int {
		work := func(h *report.History) int {
			if h.Ticket.State.InWork() {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(work(a), work(b)), a.Ticket.ReceivedAt.Compare(b.Ticket.ReceivedAt), cmp.Compare(a.Ticket.ID, b.Ticket.ID))
	})
	for _, h := range all {
		if err := each(h); err != nil {
			return err
		}
	}
	return nil
}
