package ticketingtest

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// Ticket implements [ticketing.Tx].
func (t *tx) Ticket(ctx context.Context, s ticketing.Scope, ref ticketing.Reference) (*ticketing.Ticket, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	return t.ticketIn(s, ref)
}

// TicketByID implements [ticketing.Tx].
func (t *tx) TicketByID(ctx context.Context, id ticketing.TicketID) (*ticketing.Ticket, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	row, ok := t.tickets.get(t.in, id)
	if !ok {
		return nil, fail(ticketing.NotFound, "ticket.unknown")
	}
	return copyOf(row), nil
}

// ticketIn gives a copy of the ticket when the scope covers it.
func (v view) ticketIn(s ticketing.Scope, ref ticketing.Reference) (*ticketing.Ticket, error) {
	id, ok := v.refs.get(v.in, ref)
	if !ok {
		return nil, fail(ticketing.NotFound, "ticket.unknown")
	}
	if !v.readable(s, id) {
		return nil, fail(ticketing.NotFound, "ticket.unknown")
	}
	row, _ := v.tickets.get(v.in, id)
	return copyOf(row), nil
}

// readable reports whether the scope covers a department that has or had
// custody of the ticket, or was asked about it. Lists show only what is in
// custody now.
func (v view) readable(s ticketing.Scope, id ticketing.TicketID) bool {
	held, ok := v.custody.get(v.in, id)
	if !ok || slices.ContainsFunc(held, s.Sees) {
		return ok
	}
	k, ok := v.tickets.get(v.in, id)
	return ok && slices.ContainsFunc(k.Consultations, func(c ticketing.Consultation) bool { return c.Reads() && s.Sees(c.Department) })
}

// SaveTicket implements [ticketing.Tx].
func (t *tx) SaveTicket(ctx context.Context, k *ticketing.Ticket) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	if err := t.admit(k); err != nil {
		return err
	}
	if row, ok := t.tickets.get(t.in, k.ID); ok {
		k.EventSeq, k.EventHash = row.EventSeq, row.EventHash // readings may have been chained since k was loaded
	}
	if err := k.SealEvents(); err != nil {
		return err
	}
	k.Version++
	for i := range k.Clocks {
		if c := &k.Clocks[i]; c.ID == 0 {
			c.ID = ticketing.ClockID(t.next(string(ticketing.IDClock)))
		}
		k.Clocks[i].Ticket = k.ID
	}
	t.addEvents(k.ID, k.Pending.Events)
	if err := t.addMessages(k.ID, k.Pending.Messages); err != nil {
		return err
	}
	for i := range k.Pending.Deliveries {
		k.Pending.Deliveries[i].Ticket = k.ID
		if err := t.addDelivery(&k.Pending.Deliveries[i]); err != nil {
			return err
		}
	}
	for i := range k.Pending.Changed {
		if err := t.changeDelivery(&k.Pending.Changed[i]); err != nil {
			return err
		}
	}
	if n := len(k.Pending.Legs); n > 0 {
		old, _ := t.legs.get(t.in, k.ID)
		t.legs.put(k.ID, append(slices.Clip(old), copyOf(k.Pending.Legs)...))
	}
	for _, n := range k.Pending.Notices {
		n.Ticket = k.ID
		t.addNotice(n)
	}
	t.addText(k.ID, k.Pending.Text)
	k.Pending = ticketing.Pending{}
	t.tickets.put(k.ID, copyOf(k))
	t.refs.put(k.Ref, k.ID)
	if held, _ := t.custody.get(t.in, k.ID); !slices.Contains(held, k.Department) {
		t.custody.put(k.ID, append(slices.Clip(held), k.Department))
	}
	return nil
}

// TicketByOutside implements [ticketing.Tx].
func (t *tx) TicketByOutside(ctx context.Context, b ticketing.BodyID, number string) (*ticketing.Ticket, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	known := func(k *ticketing.Ticket) bool {
		return number != "" && slices.ContainsFunc(k.Referrals, func(r ticketing.Referral) bool { return r.Body == b && r.Outside == number })
	}
	found := t.tickets.list(t.in, known, func(x, y *ticketing.Ticket) int { return cmp.Compare(y.ID, x.ID) })
	if len(found) == 0 {
		return nil, fail(ticketing.NotFound, "ticket.unknown")
	}
	return copyOf(found[0]), nil
}

// admit checks that the ticket may be written: new under a reference and an
// identifier that nobody has, or as read.
func (t *tx) admit(k *ticketing.Ticket) error {
	if k.Ref == "" {
		return fail(ticketing.Invalid, "reference.malformed")
	}
	holder, taken := t.refs.get(t.in, k.Ref)
	if k.Pending.New {
		if k.ID == 0 {
			k.ID = ticketing.TicketID(t.next(string(ticketing.IDTicket)))
		}
		if _, exists := t.tickets.get(t.in, k.ID); exists || taken {
			return fail(ticketing.Conflict, "ticket.exists")
		}
		return nil
	}
	row, ok := t.tickets.get(t.in, k.ID)
	switch {
	case !ok:
		return fail(ticketing.NotFound, "ticket.unknown")
	case row.Version != k.Version:
		return fail(ticketing.Stale, "ticket.changed")
	case taken && holder != k.ID, row.Ref != k.Ref:
		return fail(ticketing.Conflict, "reference.taken")
	}
	return nil
}

func (t *tx) addEvents(chain ticketing.TicketID, pending []ticketing.Event) {
	if len(pending) == 0 {
		return
	}
	list, _ := t.events.get(t.in, chain)
	list = slices.Clip(list)
	for i := range pending {
		pending[i].ID = ticketing.EventID(t.next(string(ticketing.IDEvent)))
		list = append(list, copyOf(&pending[i]))
	}
	t.events.put(chain, list)
}

// readEvent gives an event as read back: its data comes from what was hashed.
func readEvent(e *ticketing.Event) ticketing.Event {
	out := copyOf(*e)
	out.Data = map[string]any{}
	_ = json.Unmarshal([]byte(e.DataJSON), &out.Data) // sealing marshalled it
	return out
}

func (t *tx) addMessages(id ticketing.TicketID, pending []ticketing.Message) error {
	list, _ := t.messagesOf.get(t.in, id)
	list = slices.Clip(list)
	for i := range pending {
		m := &pending[i]
		m.Ticket = id
		if m.ID == 0 {
			m.ID = ticketing.MessageID(t.next(string(ticketing.IDMessage)))
		}
		if _, exists := t.messages.get(t.in, m.ID); exists {
			return fail(ticketing.Conflict, "message.exists")
		}
		for n := range m.Files {
			if m.Files[n].ID == 0 {
				m.Files[n].ID = ticketing.AttachmentID(t.next(string(ticketing.IDAttachment)))
			}
			t.files.put(m.Files[n].ID, m.ID)
		}
		t.messages.put(m.ID, copyOf(m))
		list = append(list, m.ID)
	}
	t.messagesOf.put(id, list)
	return nil
}

func (t *tx) addText(id ticketing.TicketID, words []string) {
	list, _ := t.texts.get(t.in, id)
	list = slices.Clip(list)
	for _, w := range words {
		list = append(list, lang.Terms(w)...)
	}
	t.texts.put(id, list)
}

// Message implements [ticketing.Tx].
func (t *tx) Message(ctx context.Context, id ticketing.MessageID) (*ticketing.Message, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	m, ok := t.messages.get(t.in, id)
	if !ok {
		return nil, fail(ticketing.NotFound, "message.unknown")
	}
	return copyOf(m), nil
}

// HasPhoto implements [ticketing.Tx].
func (t *tx) HasPhoto(ctx context.Context, id ticketing.TicketID, episode int) (bool, error) {
	if err := t.use(ctx); err != nil {
		return false, err
	}
	return slices.ContainsFunc(t.messagesIn(id), func(m ticketing.Message) bool {
		return m.Episode == episode && m.Direction != ticketing.In && slices.ContainsFunc(m.Files, func(f ticketing.Attachment) bool {
			return strings.HasPrefix(f.ContentType, "image/")
		})
	}), nil
}

// MarkMessage implements [ticketing.Tx].
func (t *tx) MarkMessage(ctx context.Context, m *ticketing.Message) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	row, ok := t.messages.get(t.in, m.ID)
	if !ok {
		return fail(ticketing.NotFound, "message.unknown")
	}
	changed := copyOf(row)
	changed.Mark, changed.TakenBackAt = m.Mark, m.TakenBackAt
	t.messages.put(m.ID, copyOf(changed))
	return nil
}

// messagesIn gives copies of a ticket's messages, oldest first.
func (v view) messagesIn(id ticketing.TicketID) []ticketing.Message {
	list, _ := v.messagesOf.get(v.in, id)
	out := make([]ticketing.Message, 0, len(list))
	for _, m := range list {
		row, _ := v.messages.get(v.in, m)
		out = append(out, copyOf(*row))
	}
	slices.SortFunc(out, func(a, b ticketing.Message) int { return cmp.Compare(a.ID, b.ID) })
	return out
}
