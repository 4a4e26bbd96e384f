package storagetest

import (
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// testCallFacts: figures about the line read what calls and promises say, of the
// period alone.
func testCallFacts(t *testing.T, r *room) {
	at := r.now()
	k := r.ticket(t, nil)
	taken := r.call(t, func(c *ticketing.Call) {
		c.Answered, c.Ended, c.Wait, c.Talk, c.Result = at.Add(9*time.Second), at.Add(time.Minute), 9*time.Second, 51*time.Second, ticketing.CallAnswered
		c.Agent, c.Extension, c.Ticket, c.Disposition = r.Ana.ID, "101", k.ID, ticketing.LedgerJoined
	})
	lasts := r.call(t, func(c *ticketing.Call) { c.Started = at.Add(time.Second) })
	r.call(t, func(c *ticketing.Call) { c.Started = at.Add(time.Hour) })
	calls, err := r.CallFacts(ctx(), at, at.Add(time.Hour))
	must(t, err)
	same(t, "calls", calls, []ticketing.CallFact{
		{
			ID: taken.ID, Direction: ticketing.CallIn, Result: ticketing.CallAnswered, Started: at, Ended: taken.Ended, Wait: 9 * time.Second,
			Talk: 51 * time.Second, Agent: r.Ana.ID, Extension: "101", Ticket: k.ID, Ref: k.Ref,
		},
		{ID: lasts.ID, Direction: ticketing.CallIn, Started: at.Add(time.Second)},
	})
	b := &ticketing.Callback{Ticket: k.ID, Number: "+38267000001", State: ticketing.CallbackReached, Missed: 2, FirstAt: at, LastAt: at, Due: at, EndedAt: at.Add(time.Minute)}
	r.in(t, func(tx ticketing.Tx) error { return tx.SaveCallback(ctx(), b) })
	promises, err := r.CallbackFacts(ctx(), at, at.Add(time.Second))
	must(t, err)
	same(t, "promises", promises, []ticketing.CallbackFact{{Ticket: k.ID, Ref: k.Ref, State: b.State, Missed: 2, FirstAt: at, Due: at, EndedAt: b.EndedAt}})
	if none, err := r.CallbackFacts(ctx(), at.Add(-time.Hour), at); err != nil || len(none) != 0 {
		t.Errorf("before = %v, %v", none, err)
	}
}
