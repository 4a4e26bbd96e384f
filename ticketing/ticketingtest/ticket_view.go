package ticketingtest

import (
	"cmp"
	"context"
	"errors"

	"github.com/sistem48/system48/ticketing"
)

// TicketView implements [ticketing.TicketReads].
func (s *Store) TicketView(ctx context.Context, scope ticketing.Scope, ref ticketing.Reference) (out *ticketing.TicketView, err error) {
	err = s.read(ctx, func(v view) error {
		t, err := v.ticketIn(scope, ref)
		if err != nil {
			return err
		}
		out = v.wholeView(t, scope)
		return nil
	})
	return out, err
}

// TicketHeads implements [ticketing.TicketReads].
func (s *Store) TicketHeads(ctx context.Context, scope ticketing.Scope, refs []ticketing.Reference) (out []ticketing.TicketView, err error) {
	err = s.read(ctx, func(v view) error {
		for _, ref := range refs {
			t, err := v.ticketIn(scope, ref)
			if errors.Is(err, ticketing.NotFound) {
				continue
			}
			if err != nil {
				return err
			}
			head := ticketing.TicketView{Ticket: *t}
			if c, err := v.whole(t.Citizen); err == nil {
				head.Citizen = c
			}
			out = append(out, head)
		}
		return nil
	})
	return out, err
}

// TicketForCitizen implements [ticketing.TicketReads].
func (s *Store) TicketForCitizen(ctx context.Context, ref ticketing.Reference) (*ticketing.TicketView, error) {
	return s.TicketView(ctx, ticketing.Scope{All: true}, ref)
}

// mostOthers is how many further tickets of a citizen a view shows.
const mostOthers = 10

func (v view) wholeView(t *ticketing.Ticket, scope ticketing.Scope) *ticketing.TicketView {
	out := &ticketing.TicketView{Ticket: *t, Messages: v.messagesIn(t.ID)}
	chain, _ := v.events.get(v.in, t.ID)
	for _, e := range chain {
		if e.Kind != ticketing.EventRead {
			out.Events = append(out.Events, readEvent(e))
		}
	}
	ended, _ := v.legs.get(v.in, t.ID)
	out.Legs = copyOf(ended)
	if l, ok := t.Present(); ok && t.InCustody() {
		out.Legs = append(out.Legs, l)
	}
	out.Deliveries = v.deliveriesWhere(func(d *ticketing.Delivery) bool { return d.Ticket == t.ID })
	for i := range out.Deliveries {
		out.Deliveries[i].Text = ""
	}
	c, err := v.whole(t.Citizen)
	if err != nil {
		return out
	}
	out.Citizen = c
	matches := v.matcher(ticketing.TicketFilter{Scope: scope, All: true, Citizen: c.ID})
	others := v.tickets.list(v.in, func(o *ticketing.Ticket) bool { return o.ID != t.ID && matches(o) },
		func(a, b *ticketing.Ticket) int {
			return cmp.Or(b.ReceivedAt.Compare(a.ReceivedAt), cmp.Compare(b.ID, a.ID))
		})
	for _, o := range limit(others, mostOthers) {
		out.Others = append(out.Others, v.row(o, 0))
	}
	return out
}

// TicketEvents implements [ticketing.TicketReads].
func (s *Store) TicketEvents(ctx context.Context, scope ticketing.Scope, ref ticketing.Reference) (out []ticketing.Event, err error) {
	err = s.read(ctx, func(v view) error {
		t, err := v.ticketIn(scope, ref)
		if err != nil {
			return err
		}
		chain, _ := v.events.get(v.in, t.ID)
		for _, e := range chain {
			out = append(out, readEvent(e))
		}
		return nil
	})
	return out, err
}

// AttachmentOf implements [ticketing.TicketReads].
func (s *Store) AttachmentOf(ctx context.Context, scope ticketing.Scope, id ticketing.AttachmentID) (a ticketing.Attachment, m ticketing.Message, err error) {
	err = s.read(ctx, func(v view) error {
		of, ok := v.files.get(v.in, id)
		if !ok {
			return fail(ticketing.NotFound, "attachment.unknown")
		}
		row, _ := v.messages.get(v.in, of)
		if !v.readable(scope, row.Ticket) {
			return fail(ticketing.NotFound, "attachment.unknown")
		}
		m = *copyOf(row)
		for _, f := range m.Files {
			if f.ID == id {
				a = f
			}
		}
		return nil
	})
	return a, m, err
}

// MessageOf implements [ticketing.TicketReads].
func (s *Store) MessageOf(ctx context.Context, scope ticketing.Scope, id ticketing.MessageID) (m ticketing.Message, ref ticketing.Reference, err error) {
	err = s.read(ctx, func(v view) error {
		row, ok := v.messages.get(v.in, id)
		if !ok || !v.readable(scope, row.Ticket) {
			return fail(ticketing.NotFound, "message.unknown")
		}
		t, _ := v.tickets.get(v.in, row.Ticket)
		m, ref = *copyOf(row), t.Ref
		return nil
	})
	return m, ref, err
}

// MessagesBy implements [ticketing.TicketReads].
func (s *Store) MessagesBy(ctx context.Context, scope ticketing.Scope, messageID, rawSHA256 string) (out []ticketing.Message, refs []ticketing.Reference, err error) {
	err = s.read(ctx, func(v view) error {
		rows := v.messages.list(v.in, func(m *ticketing.Message) bool {
			return (messageID != "" && m.MessageIDHeader == messageID || rawSHA256 != "" && m.RawSHA256 == rawSHA256) && v.readable(scope, m.Ticket)
		}, func(a, b *ticketing.Message) int { return cmp.Compare(a.ID, b.ID) })
		for _, m := range rows {
			t, _ := v.tickets.get(v.in, m.Ticket)
			out, refs = append(out, *copyOf(m)), append(refs, t.Ref)
		}
		return nil
	})
	return out, refs, err
}

// MessagesOfProvider implements [ticketing.TicketReads].
func (s *Store) MessagesOfProvider(ctx context.Context, scope ticketing.Scope, providerID string) (out []ticketing.Message, refs []ticketing.Reference, err error) {
	err = s.read(ctx, func(v view) error {
		for _, d := range v.deliveriesWhere(func(d *ticketing.Delivery) bool { return d.ProviderID == providerID && providerID != "" }) {
			m, ok := v.messages.get(v.in, d.Message)
			if !ok || !v.readable(scope, m.Ticket) {
				continue
			}
			t, _ := v.tickets.get(v.in, m.Ticket)
			out, refs = append(out, *copyOf(m)), append(refs, t.Ref)
		}
		return nil
	})
	return out, refs, err
}

// MarkSeen implements [ticketing.TicketReads].
func (s *Store) MarkSeen(ctx context.Context, a ticketing.AgentID, id ticketing.TicketID, m ticketing.MessageID) error {
	return s.write(ctx, func(t *tx) error {
		if _, ok := t.tickets.get(t.in, id); !ok {
			return fail(ticketing.NotFound, "ticket.unknown")
		}
		t.seen.put(readKey{a, id}, m)
		return nil
	})
}
