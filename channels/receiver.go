package channels

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/sistem48/system48/ticketing"
)

// A Receiver works the intake ledger: it claims received items, parses their
// stored bytes and gives them to Intake. Any number may run on any number of
// processes.
type Receiver struct {
	Ledger  ticketing.IntakeLedger
	Parsers map[ticketing.Channel]Parser
	Intake  *ticketing.Intake
	Now     func() time.Time
	Log     *slog.Logger
	// Workers is how many batches are worked at once; 0 = 2.
	Workers int
	// Batch is how many items share a transaction at most; 0 = 40.
	Batch int

	wake chan struct{}
	room *semaphore.Weighted // bytes of originals being parsed
	once sync.Once
}

const (
	// parsers is how many items of a batch are parsed at once. Their parts go to
	// the blob store, where waiting for the disk side by side costs one wait.
	parsers = 16
	// parseRoom bounds the bytes of originals in hand; a larger one goes alone.
	parseRoom = 8 << 20
	// receiverLease is how long the items of a killed process stay untouched. Work
	// that outlasts it is only done twice: an item is settled once.
	receiverLease = 30 * time.Second
	receiverPoll  = time.Second
	// maxTries is how often an item may fail by itself before it becomes a ticket
	// that only shows the original (F14).
	maxTries = 3
	// maxClaims is how often an item may be taken up without its end being known,
	// because the process died with it in hand.
	maxClaims = 12
)

func (r *Receiver) init() {
	r.once.Do(func() {
		r.wake = make(chan struct{}, 64)
		r.room = semaphore.NewWeighted(parseRoom)
	})
}

// Wake makes an idle worker look at once. It never blocks.
func (r *Receiver) Wake() {
	r.init()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends; what is in hand is finished or given back.
func (r *Receiver) Run(ctx context.Context) error {
	r.init()
	workers := r.Workers
	if workers == 0 {
		workers = 2
	}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() { r.work(ctx) })
	}
	wg.Wait()
	return nil
}

func (r *Receiver) work(ctx context.Context) {
	failing := false
	for ctx.Err() == nil {
		did, err := r.Step(ctx)
		if err != nil && ctx.Err() == nil {
			if !failing {
				r.Log.WarnContext(ctx, "intake waits", "part", "receiver", "err", err)
			}
			failing = true
		} else if failing {
			r.Log.InfoContext(ctx, "intake goes on", "part", "receiver")
			failing = false
		}
		if did > 0 && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-r.wake:
		case <-time.After(receiverPoll):
		}
	}
}

// Step works one batch and returns how many items it took.
func (r *Receiver) Step(ctx context.Context) (int, error) {
	batch := r.Batch
	if batch == 0 {
		batch = 40
	}
	r.init()
	entries, err := r.Ledger.ClaimReceived(ctx, batch, receiverLease)
	if err != nil || len(entries) == 0 {
		return 0, err
	}
	inbounds, errs := r.parseAll(ctx, entries)
	kept := make([]ticketing.LedgerEntry, 0, len(entries))
	for i, e := range entries {
		if errs[i] != nil {
			r.giveBack(ctx, e, errs[i])
			continue
		}
		inbounds[len(kept)] = inbounds[i]
		kept = append(kept, e)
	}
	inbounds = inbounds[:len(kept)]
	var firstErr error
	for i, err := range r.enter(ctx, inbounds) {
		if err != nil {
			r.giveBack(ctx, kept[i], err)
			if firstErr == nil {
				firstErr = err
			}
		}
	}
	return len(entries), firstErr
}

// parseAll parses the items side by side and gives an Inbound or an error for
// each, in their order.
func (r *Receiver) parseAll(ctx context.Context, entries []ticketing.LedgerEntry) ([]ticketing.Inbound, []error) {
	inbounds, errs := make([]ticketing.Inbound, len(entries)), make([]error, len(entries))
	var group errgroup.Group
	group.SetLimit(parsers)
	for i := range entries {
		weight := min(max(entries[i].Arrival.RawSize, 1), parseRoom)
		if errs[i] = r.room.Acquire(ctx, weight); errs[i] != nil {
			continue
		}
		group.Go(func() error {
			defer r.room.Release(weight)
			inbounds[i], errs[i] = r.parse(ctx, entries[i])
			return nil
		})
	}
	_ = group.Wait() // each item has its own error
	return inbounds, errs
}

// parse gives the Inbound of an item. An item that failed too often comes as a
// bare ticket that shows the original. A panic is an error like any other.
func (r *Receiver) parse(ctx context.Context, e ticketing.LedgerEntry) (in ticketing.Inbound, err error) {
	defer func() {
		in.Ticket, in.Message = e.Ticket, e.Message
		if p := recover(); p != nil {
			r.Log.ErrorContext(ctx, "parser panicked", "part", "receiver", "ledger", int64(e.ID), "err", panicKind(p))
			err = fmt.Errorf("parse ledger item %d: %w", e.ID, ticketing.Internal)
		}
	}()
	p := r.Parsers[e.Arrival.Channel]
	if p == nil || isPoison(e) {
		return Unreadable(e), nil
	}
	in, err = p.Parse(ctx, e)
	if errors.Is(err, ticketing.NotFound) && e.Attempts >= maxTries {
		return Unreadable(e), nil // the original is gone from the blob store: say so visibly
	}
	return in, err
}

// isPoison reports whether an item has failed too often. That the store was away
// is not counted, and that a process died only after many times.
func isPoison(e ticketing.LedgerEntry) bool {
	return e.Attempts > maxClaims || (e.Attempts > maxTries && e.LastError != "")
}

// panicKind gives what a log may say of a panic: run-time errors name indexes
// and types, anything else could quote a citizen's words (I10).
func panicKind(p any) string {
	if err, ok := p.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", p)
}

// enter gives the contacts to Intake: together, or, when that panics, each by
// itself.
func (r *Receiver) enter(ctx context.Context, batch []ticketing.Inbound) []error {
	errs, ok := r.tryEnter(ctx, batch)
	if ok || len(batch) == 1 {
		return errs
	}
	for i := range batch {
		one, _ := r.tryEnter(ctx, batch[i:i+1])
		errs[i] = one[0]
	}
	return errs
}

func (r *Receiver) tryEnter(ctx context.Context, batch []ticketing.Inbound) (errs []error, ok bool) {
	defer func() {
		if p := recover(); p != nil {
			r.Log.ErrorContext(ctx, "intake panicked", "part", "receiver", "items", len(batch), "err", panicKind(p))
			errs = make([]error, len(batch))
			for i := range errs {
				errs[i] = fmt.Errorf("receive contact %d: %w", batch[i].Ledger, ticketing.Internal)
			}
		}
	}()
	return r.Intake.Receive(ctx, batch), true
}

// giveBack lets an item be tried again later. When the store is away the claim's
// lease does the same.
func (r *Receiver) giveBack(ctx context.Context, e ticketing.LedgerEntry, why error) {
	wait, text := time.Duration(min(e.Attempts, 6))*5*time.Second, ticketing.KindOf(why).Error()
	switch {
	case ctx.Err() != nil: // we are asked to end: that is no failure of the item
		wait, text = 0, ""
	case errors.Is(why, ticketing.Busy):
		wait, text = 2*time.Second, ""
	}
	if err := r.Ledger.Defer(context.WithoutCancel(ctx), e.ID, r.Now().Add(wait), text); err != nil {
		r.Log.WarnContext(ctx, "item stays claimed", "part", "receiver", "ledger", int64(e.ID), "err", err)
		return
	}
	if text != "" {
		r.Log.WarnContext(ctx, "item deferred", "part", "receiver", "ledger", int64(e.ID), "attempt", e.Attempts, "err", why)
	}
}

// Unreadable is what becomes of an item that cannot be understood: a visible
// ticket from an unknown sender with the original attached, whose promise runs
// like any other (I13).
func Unreadable(e ticketing.LedgerEntry) ticketing.Inbound {
	in := ticketing.Inbound{
		Ledger: e.ID, Channel: e.Arrival.Channel, Account: e.Arrival.Box.Account,
		From:    ticketing.Party{Address: ticketing.NormalEmail(e.Arrival.From)},
		Subject: e.Arrival.Subject, ReceivedAt: e.Arrival.ReceivedAt, MessageID: e.Arrival.MessageID,
		RawKey: e.Arrival.RawKey, RawSHA256: e.Arrival.RawSHA256, Partial: true, Unreadable: true,
	}
	if e.Arrival.RawKey != "" {
		in.Files = []ticketing.Attachment{{
			Key: e.Arrival.RawKey, Name: "original.eml", ContentType: "message/rfc822", Size: e.Arrival.RawSize,
		}}
	}
	return in
}
