package ticketing

import (
	"context"
	"fmt"
	"time"
)

// Watch records warnings and breaches. It may run on several processes, may
// have been down for hours, and the machine's clock may jump: what it records
// are facts about due instants, each once (I9).
type Watch struct {
	*Bureau
	Duties Duties
}

var watchActor = SystemActor("watch")

// answeringGrace is how long after its due instant a clock whose answer is on
// its way waits for the courier's word before it is judged. A breach is recorded at the due
// instant all the same.
const answeringGrace = 5 * time.Minute

// watchBatch is how many tickets one Run looks at.
const watchBatch = 500

// Run checks the tickets whose time has come and returns how many it looked
// at; fewer than a full batch means it is done for now.
func (w *Watch) Run(ctx context.Context) (int, error) {
	now := w.now()
	ids, err := w.Duties.ToCheck(ctx, now, watchBatch)
	if err != nil {
		return 0, fmt.Errorf("find due clocks: %w", err)
	}
	return eachTicket(ctx, ids, "check clocks of ticket %d: %w", func(id TicketID) error { return w.check(ctx, id) })
}

func (w *Watch) check(ctx context.Context, id TicketID) error {
	return w.Store.InTx(ctx, func(tx Tx) error {
		t, err := tx.TicketByID(ctx, id)
		if err != nil {
			return err
		}
		expected := t.CheckAt
		if !t.Judge(watchActor, w.now()) && t.CheckAt.Equal(expected) {
			return nil // another process was here first
		}
		return saveTicket(ctx, tx, t)
	})
}

// Judge records what has come due: a warning once per clock, a breach once, at
// the due instant. It reports whether anything was recorded; in any case
// CheckAt is renewed.
func (t *Ticket) Judge(by Actor, now time.Time) bool {
	recorded := len(t.Pending.Events)
	for i := range t.Clocks {
		c := &t.Clocks[i]
		if !c.open() || c.Due.IsZero() || !c.BreachedAt.IsZero() {
			continue
		}
		if c.State == ClockAnswering {
			if !now.Before(c.Due.Add(answeringGrace)) {
				t.breach(c, now) // it stays answering: the courier's word is still to come
			}
			continue
		}
		if !now.Before(c.Due) {
			t.breach(c, now)
			c.State, c.WarnAt = ClockMissed, time.Time{}
			continue
		}
		if !c.WarnAt.IsZero() && !now.Before(c.WarnAt) {
			c.WarnAt = time.Time{}
			t.record(by, EventWarned, now, map[string]any{"clock": string(c.Kind), "episode": c.Episode, "start": c.StartSeq, "due": stamp(c.Due)})
		}
	}
	t.renewDue()
	return len(t.Pending.Events) > recorded
}
