package web

import (
	"slices"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// presentFor is how long somebody is shown to be at a ticket after the last sign
// of it; a page that is open gives one every seven seconds.
const presentFor = 16 * time.Second

// A Presence is a member of staff who has a ticket open.
type Presence struct {
	Agent   ticketing.AgentID
	Writing bool
}

// A seat is where somebody is, until it is not renewed.
type seat struct {
	department ticketing.DepartmentID
	writing    bool
	until      time.Time
}

// seats are who is where, as this process has heard. Nothing of it is stored.
type seats map[ticketing.TicketID]map[ticketing.AgentID]seat

// Here tells every process that somebody is at a ticket: how is one of
// [ticketing.SignalLooks], [ticketing.SignalWrites] and [ticketing.SignalLeft].
// The caller has checked that they may see it.
func (h *Hub) Here(by ticketing.Actor, t ticketing.TicketID, d ticketing.DepartmentID, how string) {
	s := ticketing.Signal{Type: how, Ticket: t, Department: d, Agent: by.Agent}
	h.seat(s)
	h.mu.Lock()
	source := h.source
	h.mu.Unlock()
	if source != nil {
		source.Announce(s)
	}
}

// Present gives who is at a ticket beside the one who asks, who writes first.
func (h *Hub) Present(t ticketing.TicketID, but ticketing.AgentID) []Presence {
	now := h.kit.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []Presence
	for a, s := range h.seats[t] {
		if a != but && now.Before(s.until) {
			out = append(out, Presence{a, s.writing})
		}
	}
	slices.SortFunc(out, func(x, y Presence) int {
		if x.Writing != y.Writing {
			if x.Writing {
				return -1
			}
			return 1
		}
		return int(x.Agent - y.Agent)
	})
	return out
}

// isPresence reports the signals that say where somebody is.
func isPresence(s ticketing.Signal) bool {
	return s.Type == ticketing.SignalLooks || s.Type == ticketing.SignalWrites || s.Type == ticketing.SignalLeft
}

// seat enters where somebody is, and tells the browsers of this process if that
// is news.
func (h *Hub) seat(s ticketing.Signal) {
	now := h.kit.Now()
	h.mu.Lock()
	was, sat := h.seats[s.Ticket][s.Agent]
	sat = sat && now.Before(was.until)
	here, writing := s.Type != ticketing.SignalLeft, s.Type == ticketing.SignalWrites
	switch {
	case here && h.seats[s.Ticket] == nil:
		h.seats[s.Ticket] = map[ticketing.AgentID]seat{}
		fallthrough
	case here:
		h.seats[s.Ticket][s.Agent] = seat{s.Department, writing, now.Add(presentFor)}
	default:
		h.stand(s.Ticket, s.Agent)
	}
	h.mu.Unlock()
	if here != sat || (sat && writing != was.writing) {
		h.publish(ticketing.Signal{Type: "presence", Ticket: s.Ticket, Department: s.Department, Agent: s.Agent})
	}
}

// stand empties a seat; the caller holds mu.
func (h *Hub) stand(t ticketing.TicketID, a ticketing.AgentID) {
	delete(h.seats[t], a)
	if len(h.seats[t]) == 0 {
		delete(h.seats, t)
	}
}

// expire empties the seats of those who gave no sign and tells the browsers.
func (h *Hub) expire() {
	now := h.kit.Now()
	var gone []ticketing.Signal
	h.mu.Lock()
	for t, of := range h.seats {
		for a, s := range of {
			if !now.Before(s.until) {
				h.stand(t, a)
				gone = append(gone, ticketing.Signal{Type: "presence", Ticket: t, Department: s.department, Agent: a})
			}
		}
	}
	h.mu.Unlock()
	for _, s := range gone {
		h.publish(s)
	}
}
