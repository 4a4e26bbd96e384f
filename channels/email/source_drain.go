package email

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/sistem48/system48/ticketing"
)

// metaChunk is how many mails' sizes are asked for at once.
const metaChunk = 500

// drain brings the mails in, oldest first, and marks them. While one batch is
// committed the next is fetched.
func (v *visit) drain(ctx context.Context, uids []uint32) error {
	if len(uids) > 0 {
		var owned []uint32
		var failed *batch
		group, fetching := errgroup.WithContext(ctx)
		ready := make(chan *batch, 1)
		group.Go(func() error {
			for b := range ready {
				// Under ctx: a lost connection must not undo a batch that is here.
				uids, err := v.commit(ctx, b)
				if err != nil {
					failed = b
					return err
				}
				owned = append(owned, uids...)
			}
			return nil
		})
		group.Go(func() error {
			defer close(ready)
			return v.fetchAll(fetching, ctx, v.order(uids), ready)
		})
		err := group.Wait()
		for _, uid := range owned {
			v.memory.add(uid)
		}
		if failed != nil {
			v.blame(ctx, failed.metas, err)
		}
		if err != nil {
			return err
		}
	}
	return v.flushMarks(ctx)
}

// order puts mails that made trouble last and leaves out those that must wait.
func (v *visit) order(uids []uint32) []uint32 {
	now := v.deps.Now()
	calm := make([]uint32, 0, len(uids))
	var trouble []uint32
	for _, uid := range uids {
		switch bad, wait := v.memory.struck(uid, now); {
		case wait:
		case bad:
			trouble = append(trouble, uid)
		default:
			calm = append(calm, uid)
		}
	}
	return append(calm, trouble...)
}

// fetchAll fetches the mails batch by batch; what came is stored under keep.
func (v *visit) fetchAll(ctx, keep context.Context, uids []uint32, ready chan<- *batch) error {
	for chunk := range slices.Chunk(uids, metaChunk) {
		metas, err := v.metas(ctx, chunk)
		if err != nil && serverSaid(err) == nil {
			return err
		}
		v.missed(chunk, metas)
		for len(metas) > 0 {
			n := v.cut(metas)
			b, err := v.fetchBatch(ctx, keep, metas[:n])
			if err != nil {
				if metas, err = v.afterFailure(ctx, metas, n, err); err != nil {
					return err
				}
				continue
			}
			v.memory.succeed()
			select {
			case ready <- b:
			case <-ctx.Done():
				_, err := b.wait()
				return errors.Join(context.Cause(ctx), err)
			}
			metas = metas[n:]
			if err := v.flushOldMarks(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// cut says how many of the mails the next FETCH asks for: few enough and small
// enough, and one that is large or made trouble alone.
func (v *visit) cut(metas []mailMeta) int {
	now := v.deps.Now()
	most := min(v.memory.batch, v.account.IMAP.Batch, len(metas))
	var bytes int64
	for n, m := range metas[:most] {
		trouble, _ := v.memory.struck(m.uid, now)
		bytes += m.size
		if alone := trouble || m.size > v.account.IMAP.MaxMessageBytes; alone || bytes > v.account.IMAP.BatchBytes {
			return max(1, n)
		}
	}
	return most
}

// afterFailure decides how a failed FETCH of the first n mails goes on. When
// the server only said no, as it does when mails vanish meanwhile (RFC 5530
// EXPUNGEISSUED), the session goes on with smaller batches and what is still
// there; otherwise the error ends the session.
func (v *visit) afterFailure(ctx context.Context, metas []mailMeta, n int, err error) ([]mailMeta, error) {
	v.blame(ctx, metas[:n], err)
	if serverSaid(err) == nil || v.conn.why() != nil {
		return nil, err
	}
	if err := v.noop(ctx); err != nil {
		return nil, err
	}
	if n == 1 {
		metas = metas[1:]
	}
	uids := make([]uint32, len(metas))
	for i, m := range metas {
		uids[i] = m.uid
	}
	metas, err = v.metas(ctx, uids)
	if err != nil && serverSaid(err) == nil {
		return nil, err
	}
	return metas, nil
}

// missed notes mails whose size the server did not tell. Mostly they are gone;
// one that stays in the folder shows up as trouble.
func (v *visit) missed(uids []uint32, metas []mailMeta) {
	if len(metas) == len(uids) {
		return
	}
	there := make(map[uint32]bool, len(metas))
	for _, m := range metas {
		there[m.uid] = true
	}
	for _, uid := range uids {
		if !there[uid] {
			v.memory.strike(uid, strikeAnswer, v.deps.Now())
		}
	}
}

// commit enters a batch in the ledger and gives its UIDs: from then on the
// mails are ours.
func (v *visit) commit(ctx context.Context, b *batch) ([]uint32, error) {
	arrivals, err := b.wait()
	if err != nil || len(arrivals) == 0 {
		return nil, err
	}
	accepted, err := v.deps.Ledger.Accept(ctx, v.fence, arrivals)
	if errors.Is(err, ticketing.Stale) {
		return nil, errLeaseLost
	}
	if err != nil {
		return nil, &ownError{what: "write the intake ledger", err: err}
	}
	uids := make([]uint32, len(arrivals))
	for i, a := range arrivals {
		if i < len(accepted) && accepted[i].Reincarnated {
			v.log.ErrorContext(ctx, "the server gave a known UID to another mail: was it restored from a backup?", "job", accepted[i].ID)
		}
		v.marks.add(a.UID, a.Ignore == ticketing.ReasonBeforeStart)
		uids[i] = a.UID
	}
	v.health.waiting(func(n int) int { return n - len(uids) })
	v.backoff.reset()
	if v.deps.OnArrival != nil {
		v.deps.OnArrival()
	}
	return uids, nil
}
