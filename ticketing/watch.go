package ticketing

import (
	"context"
	"errors"
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
	dir, err := w.Store.Directory(ctx)
	if err != nil {
		return 0, err
	}
	for n, id := range ids {
		if err := w.check(ctx, dir, id); err != nil && !errors.Is(err, NotFound) {
			return n, fmt.Errorf("check clocks of ticket %d: %w", id, err)
		}
	}
	return len(ids), nil
}

func (w *Watch) check(ctx context.Context, dir *Directory, id TicketID) error {
	return w.Store.InTx(ctx, func(tx Tx) error {
		t, err := tx.TicketByID(ctx, id)
		if err != nil {
			return err
		}
		now := w.now()
		judged := t.Judge(watchActor, now)
		if !judged && t.CheckAt.After(now) {
			return nil // another process was here first
		}
		if err := tx.SaveTicket(ctx, t); err != nil {
			return err
		}
		if judged {
			tx.Notify(Signal{Type: "ticket", Ticket: t.ID, Version: t.Version, Department: t.Department, Agent: t.Assignee})
		}
		return nil
	})
}

// Judge records what has come due: a warning once per clock, a breach once, at
// the due instant. It reports whether anything was recorded; in any case
// CheckAt is renewed.
func (t *Ticket) Judge(by Actor, now time.Time) bool {
	recorded := false
	for i := range t.Clocks {
		c := &t.Clocks[i]
		if !c.open() || c.Due.IsZero() || !c.BreachedAt.IsZero() {
			continue
		}
		if !c.WarnAt.IsZero() && !now.Before(c.WarnAt) {
			c.WarnAt = time.Time{}
			if now.Before(c.Due) && c.State != ClockAnswering {
				t.record(by, EventWarned, now, map[string]any{"clock": string(c.Kind), "due": stamp(c.Due)})
				recorded = true
			}
		}
		if now.Before(c.Due) || (c.State == ClockAnswering && now.Before(c.Due.Add(answeringGrace))) {
			continue
		}
		c.BreachedAt = c.Due
		if c.Charged == 0 {
			c.Charged = t.Department
		}
		if c.State != ClockAnswering {
			c.State = ClockMissed
		}
		t.record(by, EventBreached, now, map[string]any{"clock": string(c.Kind), "due": stamp(c.Due), "charged": int64(c.Charged)})
		recorded = true
	}
	t.renewDue()
	for i := range t.Clocks {
		if c := &t.Clocks[i]; c.State == ClockAnswering && c.BreachedAt.IsZero() && !now.Before(c.Due) && !c.Due.IsZero() {
			t.CheckAt = earliest(t.CheckAt, c.Due.Add(answeringGrace))
			if t.CheckAt.Equal(c.Due) {
				t.CheckAt = c.Due.Add(answeringGrace)
			}
		}
	}
	return recorded
}
