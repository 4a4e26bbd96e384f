package storagetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sistem48/system48/ticketing"
)

// asStored ignores what an event gets by being stored and what its JSON says anyway.
var asStored = cmpopts.IgnoreFields(ticketing.Event{}, "ID", "Data")

func testEvents(t *testing.T, r *room) {
	t.Run("an event comes back as it was sealed", func(t *testing.T) { testEventFields(t, r) })
	t.Run("a reading is chained and leaves the version", func(t *testing.T) {
		k := r.ticket(t, nil)
		r.in(t, func(tx ticketing.Tx) error {
			e := r.event(ticketing.EventRead)
			return tx.AppendTicketEvent(ctx(), k.ID, &e)
		})
		got := r.load(t, k.ID)
		if got.Version != k.Version || got.EventSeq != 2 || got.EventHash == k.EventHash {
			t.Errorf("version %d, seq %d, want %d, 2 and a new head", got.Version, got.EventSeq, k.Version)
		}
		v, err := r.TicketView(ctx(), everything, k.Ref)
		must(t, err)
		chain, err := r.TicketEvents(ctx(), everything, k.Ref)
		must(t, err)
		if len(v.Events) != 1 || len(chain) != 2 || chain[1].Kind != ticketing.EventRead {
			t.Errorf("%d events in the view and %d in the chain, want 1 without readings and 2", len(v.Events), len(chain))
		}
	})
	t.Run("a reading between loading and saving keeps the chain", func(t *testing.T) {
		k := r.ticket(t, nil)
		r.change(t, k.ID, func(tx ticketing.Tx, k *ticketing.Ticket) error {
			k.Pending.Events = []ticketing.Event{r.event(ticketing.EventChanged)}
			e := r.event(ticketing.EventRead)
			return tx.AppendTicketEvent(ctx(), k.ID, &e)
		})
		r.verify(t, k.Ref, 3)
	})
	t.Run("a reading of an unknown ticket is not found", func(t *testing.T) {
		r.refused(t, ticketing.NotFound, func(tx ticketing.Tx) error {
			e := r.event(ticketing.EventRead)
			return tx.AppendTicketEvent(ctx(), 1<<40, &e)
		})
	})
	t.Run("the installation has a chain of its own", func(t *testing.T) {
		for range 3 {
			r.in(t, func(tx ticketing.Tx) error {
				a, b := r.event(ticketing.EventAdmin), r.event(ticketing.EventSignIn)
				if err := tx.AppendEvent(ctx(), &a); err != nil {
					return err
				}
				return tx.AppendEvent(ctx(), &b)
			})
		}
		r.verifyAll(t)
	})
	t.Run("nothing changes an event that is there", func(t *testing.T) {
		k := r.ticket(t, nil)
		r.write(t, k.ID, ticketing.In, nil)
		before, err := r.TicketEvents(ctx(), everything, k.Ref)
		must(t, err)
		r.Clock.Advance(time.Hour)
		r.write(t, k.ID, ticketing.Out, nil)
		r.change(t, k.ID, func(_ ticketing.Tx, k *ticketing.Ticket) error { k.Subject = "drugi"; return nil })
		after, err := r.TicketEvents(ctx(), everything, k.Ref)
		must(t, err)
		if len(after) != len(before)+1 {
			t.Fatalf("%d events, want %d", len(after), len(before)+1)
		}
		same(t, "earlier events", after[:len(before)], before)
	})
	t.Run("TouchRead is fresh once in a while", func(t *testing.T) { testTouchRead(t, r) })
}

func testEventFields(t *testing.T, r *room) {
	want := ticketing.Event{
		At: r.now(), Actor: "agent:12/desk-bot", Kind: ticketing.EventMoved, Payload: "razlog: „pogrešna služba“\nlični podaci",
		Salt: repeat("5a", 16), Data: map[string]any{
			"from": int64(3), "to": int64(1) << 40, "spam": true, "name": "šćđ <&>  ", "ratio": 0.5, "list": []string{"a", "b"},
		},
	}
	k := r.ticket(t, func(k *ticketing.Ticket) { k.Pending.Events = append(k.Pending.Events, want) })
	chain, err := r.TicketEvents(ctx(), everything, k.Ref)
	must(t, err)
	if len(chain) != 2 {
		t.Fatalf("%d events, want 2", len(chain))
	}
	got := chain[1]
	// What sealing computes, from the head that was there.
	head := ticketing.Ticket{ID: k.ID, EventSeq: 1, EventHash: chain[0].Hash, Pending: ticketing.Pending{Events: []ticketing.Event{want}}}
	must(t, head.SealEvents())
	same(t, "event", got, head.Pending.Events[0], asStored)
	if got.ID == 0 || got.ID == chain[0].ID {
		t.Errorf("identifiers %d, %d, want different ones", chain[0].ID, got.ID)
	}
	if got.Data["name"] != want.Data["name"] || got.Data["spam"] != true || len(got.Data) != len(want.Data) {
		t.Errorf("Data = %v, want %v", got.Data, want.Data)
	}
	if got.Hash != k.EventHash || got.Seq != k.EventSeq {
		t.Errorf("head = %d %q, want %d %q", k.EventSeq, k.EventHash, got.Seq, got.Hash)
	}
}

func testTouchRead(t *testing.T, r *room) {
	k, other := r.ticket(t, nil), r.ticket(t, nil)
	const within = 15 * time.Minute
	start := r.now()
	for _, step := range []struct {
		agent  ticketing.AgentID
		ticket ticketing.TicketID
		after  time.Duration
		want   bool
	}{
		{r.Ana.ID, k.ID, 0, true},
		{r.Ana.ID, k.ID, time.Minute, false},
		{r.Boris.ID, k.ID, time.Minute, true},
		{r.Ana.ID, other.ID, time.Minute, true},
		{r.Ana.ID, k.ID, within - time.Second, false},
		{r.Ana.ID, k.ID, within, true}, // from the last recorded reading, not from the last try
		{r.Ana.ID, k.ID, 2*within - time.Second, false},
		{r.Ana.ID, k.ID, 2 * within, true},
	} {
		var fresh bool
		r.in(t, func(tx ticketing.Tx) (err error) {
			fresh, err = tx.TouchRead(ctx(), step.agent, step.ticket, start.Add(step.after), within)
			return err
		})
		if fresh != step.want {
			t.Errorf("TouchRead(%d, %d) after %v = %v, want %v", step.agent, step.ticket, step.after, fresh, step.want)
		}
	}
}

// verify checks the chain of a ticket with so many events.
func (r *room) verify(t *testing.T, ref ticketing.Reference, events int) {
	t.Helper()
	chain, err := r.TicketEvents(ctx(), everything, ref)
	must(t, err)
	if len(chain) != events {
		t.Errorf("%d events, want %d", len(chain), events)
	}
	if bad, ok := ticketing.VerifyChain(chain, 0, ""); !ok {
		t.Errorf("chain of %s broken at %d", ref, bad)
	}
}

// verifyAll walks every chain of the store.
func (r *room) verifyAll(t *testing.T) (events int) {
	t.Helper()
	chains := map[ticketing.TicketID][]ticketing.Event{}
	must(t, r.WalkEvents(ctx(), func(id ticketing.TicketID, part []ticketing.Event) error {
		chains[id] = append(chains[id], part...)
		return nil
	}))
	for id, chain := range chains {
		events += len(chain)
		if bad, ok := ticketing.VerifyChain(chain, 0, ""); !ok {
			t.Errorf("chain of ticket %d broken at %d", id, bad)
		}
		for _, e := range chain {
			if e.Ticket != id {
				t.Errorf("event %d of ticket %d was walked with ticket %d", e.ID, e.Ticket, id)
			}
		}
	}
	return events
}

// testChain does many things at random and checks that every change is one
// event in an unbroken chain (I4).
func testChain(t *testing.T, r *room) {
	const steps = 150
	random := rand.New(rand.NewPCG(48, 48)) //nolint:gosec // G404: a test's dice
	var tickets []*ticketing.Ticket
	for range 5 {
		tickets = append(tickets, r.ticket(t, nil))
	}
	want := len(tickets)
	for range steps {
		k := tickets[random.IntN(len(tickets))]
		switch random.IntN(5) {
		case 0:
			r.write(t, k.ID, ticketing.In, nil)
			want++
		case 1:
			r.in(t, func(tx ticketing.Tx) error {
				e := r.event(ticketing.EventRead)
				return tx.AppendTicketEvent(ctx(), k.ID, &e)
			})
			want++
		case 2:
			r.in(t, func(tx ticketing.Tx) error {
				e := r.event(ticketing.EventAdmin)
				e.Payload, e.Salt = "lično", repeat("11", 16)
				return tx.AppendEvent(ctx(), &e)
			})
			want++
		case 3:
			_ = r.InTx(ctx(), func(tx ticketing.Tx) error {
				if err := r.note(tx, k.ID); err != nil {
					return err
				}
				return fmt.Errorf("rolled back: %w", ticketing.Internal)
			})
		case 4:
			r.in(t, func(tx ticketing.Tx) error {
				for _, x := range tickets[:2] {
					if err := r.note(tx, x.ID); err != nil {
						return err
					}
				}
				return nil
			})
			want += 2
		}
		r.Clock.Advance(time.Duration(random.IntN(1000)) * time.Millisecond)
	}
	if got := r.verifyAll(t); got != want {
		t.Errorf("%d events, want %d: one for each change that committed", got, want)
	}
	hashes, err := r.EventHashes(ctx(), ticketingStart(), r.now().Add(time.Second))
	must(t, err)
	if len(hashes) != want {
		t.Errorf("EventHashes() = %d, want %d", len(hashes), want)
	}
	slices.Sort(hashes)
	if n := len(slices.Compact(hashes)); n != want {
		t.Errorf("%d different hashes, want %d", n, want)
	}
}

// ticketingStart is before everything a test does.
func ticketingStart() time.Time { return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) }
