package email

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/sistem48/system48/ticketing"
)

const (
	knownChunk   = 1000  // UIDs asked of the ledger at once
	pendingLimit = 10000 // marks looked up at once
)

// A visit is the work of a Source during one session.
type visit struct {
	*Source
	*imapSession
	fence ticketing.Fence
	start time.Time // mails received before it are ledgered as ignored
	marks markQueue
	again time.Duration // until a sweep out of turn; 0 = none
}

// run sweeps the folder, then follows it until the session or ctx ends.
func (v *visit) run(ctx context.Context) error {
	if err := v.prepareMarks(ctx); err != nil {
		return err
	}
	if err := v.sweep(ctx); err != nil {
		return err
	}
	push := v.account.IMAP.Idle && v.caps.Has(imap.CapIdle)
	probe := v.pace.probe
	if !push {
		probe = pollFallback
	}
	poll := time.NewTicker(v.account.IMAP.Poll)
	defer poll.Stop()
	for {
		v.health.swept(ctx, v.trouble(), push)
		v.backoff.reset()
		pause := min(probe, v.account.IMAP.Poll)
		if v.again > 0 {
			pause = min(pause, v.again)
		}
		woken, err := v.wait(ctx, pause, push)
		if err == nil {
			err = v.look(ctx, woken, poll.C)
		}
		if err != nil {
			return err
		}
	}
}

// look sweeps when that is due, and follows when the server has news.
func (v *visit) look(ctx context.Context, woken bool, due <-chan time.Time) error {
	if woken {
		if err := v.follow(ctx); err != nil {
			return err
		}
	}
	select {
	case <-due:
		return v.sweep(ctx)
	default:
	}
	if v.again == 0 || woken {
		return nil
	}
	before := v.again
	v.again = 0
	if err := v.sweep(ctx); err != nil {
		return err
	}
	if v.again > 0 { // refused again
		v.again = min(2*before, v.account.IMAP.Poll)
	}
	return nil
}

// sweep compares the whole folder with the ledger and brings in what is
// missing. It does not trust flags or high-water marks: other programs read the
// mailbox too, and either side may have been restored from a backup.
func (v *visit) sweep(ctx context.Context) error {
	all, err := v.search(ctx, 1, false)
	if err != nil {
		return err
	}
	fresh, err := v.unknown(ctx, all)
	if err != nil {
		return err
	}
	present := make(map[uint32]bool, len(all))
	for _, uid := range all {
		present[uid] = true
	}
	v.memory.forget(present)
	if len(all) > 0 {
		v.memory.high = max(v.memory.high, all[len(all)-1])
	}
	pending, err := v.recallMarks(ctx, present)
	if err != nil {
		return err
	}
	strange, err := v.strange(ctx, pending)
	if err != nil {
		return err
	}
	if err := v.drain(ctx, fresh); err != nil {
		return err
	}
	return v.drain(ctx, strange)
}

// follow brings in what has come since the last look.
func (v *visit) follow(ctx context.Context) error {
	uids, err := v.search(ctx, v.memory.high+1, false)
	if err != nil {
		return err
	}
	fresh, err := v.unknown(ctx, uids)
	if err != nil {
		return err
	}
	if len(uids) > 0 {
		v.memory.high = max(v.memory.high, uids[len(uids)-1])
	}
	return v.drain(ctx, fresh)
}

// unknown gives those of the UIDs that the ledger does not hold.
func (v *visit) unknown(ctx context.Context, uids []uint32) ([]uint32, error) {
	var ask, fresh []uint32
	for _, uid := range uids {
		if !v.memory.has(uid) {
			ask = append(ask, uid)
		}
	}
	for chunk := range slices.Chunk(ask, knownChunk) {
		known, err := v.deps.Ledger.Known(ctx, v.box, chunk)
		if err != nil {
			return nil, &ownError{what: "read the intake ledger", err: err}
		}
		for _, uid := range chunk {
			if known[uid] {
				v.memory.add(uid)
			} else {
				fresh = append(fresh, uid)
			}
		}
	}
	v.health.waiting(func(int) int { return len(fresh) })
	return fresh, nil
}

// strange gives mails that the ledger says are marked and the server says are
// not: the mark was lost, or a server restored from a backup has given the UID
// to another mail. Their bytes are compared once.
func (v *visit) strange(ctx context.Context, pending map[uint32]bool) ([]uint32, error) {
	if v.marks.mode == MarkSeen || !v.canKeyword || len(pending) >= pendingLimit {
		return nil, nil
	}
	unmarked, err := v.search(ctx, 1, true)
	if err != nil {
		return nil, err
	}
	var strange []uint32
	for _, uid := range unmarked {
		if v.memory.has(uid) && !pending[uid] && !v.memory.checked.Contains(imap.UID(uid)) {
			v.memory.checked.AddNum(imap.UID(uid))
			strange = append(strange, uid)
		}
	}
	return strange, nil
}

// trouble is the one line about a mailbox that works but not fully.
func (v *visit) trouble() string {
	switch {
	case v.memory.out() > 0:
		return "some mails cannot be fetched from the server; they are tried again each hour"
	case v.marks.trouble != "":
		return v.marks.trouble
	}
	return ""
}

// blame counts a failure against the mails that were fetched or entered when it
// happened, unless it was our own.
func (v *visit) blame(ctx context.Context, metas []mailMeta, err error) {
	weight := strikeAnswer
	var own *ownError
	switch kind := ticketing.KindOf(err); {
	case kind == ticketing.Invalid, kind == ticketing.TooLarge, kind == ticketing.Conflict:
		// The ledger does not take one of them.
	case ctx.Err() != nil, errors.As(err, &own), errors.Is(err, errLeaseLost):
		return
	case v.conn.why() != nil && !errors.Is(err, errTruncated) && !errors.Is(err, errTooMuch):
		weight = strikeLink
	}
	v.memory.fail(metas, weight, v.deps.Now())
}
