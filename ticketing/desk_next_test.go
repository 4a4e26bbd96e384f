package ticketing_test

import (
	"sync"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// TestNext hands out what is due first, to each who asks another, to nobody what
// waits or what they may not see; then there is none.
func TestNext(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	ana, boris, oskar := ticketing.ActorOf(r.Ana), ticketing.ActorOf(r.Boris), ticketing.ActorOf(r.Oskar)
	var refs []ticketing.Reference
	for _, name := range []string{"prva", "druga", "treca", "ceka"} {
		refs = append(refs, r.Receive(t, r.Mail(name+"@mail.example", name, "tekst")).TicketRef)
		r.Clock.Advance(time.Minute)
	}
	_, err := r.desk.Wait(t.Context(), ana, ticketing.Target{Ref: refs[3]}, ticketing.WaitBody)
	r.must(err)
	if got, err := r.desk.Next(t.Context(), oskar, r.Store); ticketing.KindOf(err) != ticketing.NotFound {
		t.Errorf("an officer of another department gets %q, %v", got, err)
	}
	first, err := r.desk.Next(t.Context(), ana, r.Store)
	r.must(err)
	if first != refs[0] || r.View(t, first).Ticket.Assignee != r.Ana.ID {
		t.Errorf("first = %s, want %s", first, refs[0])
	}
	got := make([]ticketing.Reference, 2)
	var both sync.WaitGroup
	for i, by := range []ticketing.Actor{ana, boris} {
		both.Go(func() {
			ref, err := r.desk.Next(t.Context(), by, r.Store)
			if err != nil {
				t.Error(err)
			}
			got[i] = ref
		})
	}
	both.Wait()
	if got[0] == got[1] {
		t.Errorf("both got %s", got[0])
	}
	_, err = r.desk.Next(t.Context(), boris, r.Store)
	r.wantKey(err, ticketing.NotFound, "next.none")
	_, err = r.desk.Next(t.Context(), ticketing.ActorOf(r.Aida), r.Store)
	r.wantKind(err, ticketing.Forbidden)
}
