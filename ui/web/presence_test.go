package web

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// TestPresence says who is at a ticket for as long as they give signs of it, tells
// browsers only what is news, and only those who may see the ticket (A38).
func TestPresence(t *testing.T) {
	t.Parallel()
	o, hub, source, ana := newHubOffice(t)
	hub.allowed = func(_ context.Context, a ticketing.Actor, s ticketing.Signal) bool {
		return s.Type == "presence" && a.Scope().Sees(s.Department) || s.Type == "mark"
	}
	oskar := newBrowser(t, ana.base)
	ana.signIn(t, o.city.Ana.Email, goodPassword)
	oskar.signIn(t, o.city.Oskar.Email, goodPassword)
	a, b := ana.stream(t, ""), oskar.stream(t, "")
	boris := ticketing.ActorOf(o.city.Boris)
	seated := func(want ...Presence) {
		t.Helper()
		got := hub.Present(7, o.city.Ana.ID)
		if len(got) != len(want) || (len(got) > 0 && got[0] != want[0]) {
			t.Errorf("present: %v, want %v", got, want)
		}
	}
	news := func(want string) {
		t.Helper()
		source <- ticketing.Signal{Type: "mark"}
		if got, _ := next(a, "data: ", 5*time.Second); !strings.Contains(got, want) {
			t.Errorf("the browser learns %q, want %s", got, want)
		}
		if want != "mark" {
			_, _ = next(a, "data: ", 5*time.Second)
		}
	}
	seated()
	hub.Here(boris, 7, o.city.Roads.ID, ticketing.SignalLooks)
	seated(Presence{o.city.Boris.ID, false})
	news(`"presence","ticket":7`)
	hub.Here(boris, 7, o.city.Roads.ID, ticketing.SignalLooks)
	news("mark")
	source <- ticketing.Signal{Type: ticketing.SignalWrites, Ticket: 7, Department: o.city.Roads.ID, Agent: o.city.Boris.ID} // of another process
	news(`"presence"`)
	seated(Presence{o.city.Boris.ID, true})
	if got := hub.Present(7, o.city.Boris.ID); len(got) != 0 {
		t.Errorf("Boris sees himself: %v", got)
	}
	o.clock.Advance(presentFor)
	seated()
	hub.expire()
	news(`"presence"`)
	hub.Here(boris, 7, o.city.Roads.ID, ticketing.SignalLooks)
	hub.Here(boris, 7, o.city.Roads.ID, ticketing.SignalLeft)
	seated()
	if len(hub.seats) != 0 {
		t.Errorf("seats are left: %v", hub.seats)
	}
	if got, _ := next(b, "data: ", 5*time.Second); strings.Contains(got, "presence") {
		t.Errorf("the officer of another department learns %q", got)
	}
}
