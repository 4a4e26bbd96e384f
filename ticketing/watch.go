package ticketing

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

// watchBatch is how many tickets Run asks for at a time.
const watchBatch = 500

// Run checks all tickets whose time has come, each once, and returns how many it
// looked at. Tickets that cannot be checked keep no others from it; their errors
// come joined, the first few of them. A store that is Busy ends it.
func (w *Watch) Run(ctx context.Context) (int, error) {
	seen := map[TicketID]bool{}
	var errs []error
	bad := 0
	for {
		ids, err := w.Duties.ToCheck(ctx, w.now(), watchBatch+bad)
		if err != nil {
			return len(seen), errors.Join(append(errs, fmt.Errorf("find due clocks: %w", err))...)
		}
		ids = slices.DeleteFunc(ids, func(id TicketID) bool { return seen[id] })
		if len(ids) == 0 {
			return len(seen), errors.Join(errs...)
		}
		for _, id := range ids {
			seen[id] = true
			err := w.check(ctx, id)
			if err == nil || errors.Is(err, NotFound) {
				continue
			}
			if bad++; bad <= mostErrors {
				errs = append(errs, fmt.Errorf("check clocks of ticket %d: %w", id, err))
			}
			if errors.Is(err, Busy) || ctx.Err() != nil {
				return len(seen), errors.Join(errs...)
			}
		}
	}
}

// mostErrors is how many errors of single tickets are told of.
const mostErrors = 5

func (w *Watch) check(ctx context.Context, id TicketID) error {
	dir, err := w.Store.Directory(ctx)
	if err != nil {
		return err
	}
	return w.Store.InTx(ctx, func(tx Tx) error {
		t, err := tx.TicketByID(ctx, id)
		if err != nil {
			return err
		}
		expected := t.CheckAt
		c := &change{Bureau: w.Bureau, tx: tx, dir: dir, t: t, by: watchActor, now: w.now()}
		judged := t.Judge(watchActor, c.now)
		remind, referred := t.watchReferrals(dir.Rules, c.now)
		if !judged && !referred && t.CheckAt.Equal(expected) {
			return nil // another process was here first
		}
		for _, n := range remind {
			if err := c.toBody(ctx, t.Referral(n), PurposeReminder, "", c.now); err != nil {
				return err
			}
		}
		if c.outbox {
			tx.Notify(Signal{Type: "outbox"})
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
	t.escalate(by, now)
	t.renewDue()
	return len(t.Pending.Events) > recorded
}
