package email

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"

	"github.com/sistem48/system48/ticketing"
)

const (
	smallMail  = 256 << 10 // smaller mails are held in memory while they are stored,
	heldBytes  = 8 << 20   // so many bytes of a batch
	putWorkers = 32        // mails stored at the same time: their fsyncs share the disk's commits
)

// errPoison says that a mail made our own code panic. It is not accepted; the
// others are.
var errPoison = errors.New("a mail cannot be digested")

// A batch is mails of one FETCH on their way into the blob store. Small ones
// are stored side by side, large ones stream through, one at a time.
type batch struct {
	v       *visit
	ctx     context.Context //nolint:containedctx // of the workers, which end with the batch
	workers *errgroup.Group
	metas   []mailMeta
	slots   map[uint32]*slot
	held    int64 // bytes of small mails
}

// A slot is the place of one mail in its batch.
type slot struct {
	meta    mailMeta
	got     int64 // bytes that came
	whole   bool  // they came completely
	arrival ticketing.Arrival
}

func (v *visit) newBatch(ctx context.Context, metas []mailMeta) *batch {
	workers, ctx := errgroup.WithContext(ctx)
	workers.SetLimit(putWorkers)
	b := &batch{v: v, ctx: ctx, workers: workers, metas: metas, slots: make(map[uint32]*slot, len(metas))}
	for _, m := range metas {
		b.slots[m.uid] = &slot{meta: m}
	}
	return b
}

// fetchBatch fetches the mails and begins to store them. When it returns a
// batch, every mail in it that is whole came completely. Storing goes on under
// keep: it does not end when a later fetch fails.
func (v *visit) fetchBatch(ctx, keep context.Context, metas []mailMeta) (*batch, error) {
	b := v.newBatch(keep, metas)
	missing, err := v.bodies(ctx, metas, b.take)
	if err == nil {
		err = v.fetchMissing(ctx, b, missing)
	}
	if err == nil {
		err = v.confirmSizes(ctx, b)
	}
	if err != nil {
		if _, own := b.wait(); own != nil {
			return nil, own // the fetch only failed because of it
		}
		return nil, err
	}
	return b, nil
}

// take stores one mail. It is a sink.
func (b *batch) take(m mailMeta, size int64, r io.Reader) error {
	s := b.slots[m.uid]
	s.got, s.whole = size, true
	if b.held += size; size > smallMail || b.held > heldBytes {
		return b.store(s, r)
	}
	buf := make([]byte, size)
	if _, err := io.ReadFull(r, buf); err != nil {
		return err
	}
	b.workers.Go(func() error { return b.store(s, bytes.NewReader(buf)) })
	return nil
}

// store puts the bytes of a mail into the blob store and fills in its arrival.
func (b *batch) store(s *slot, r io.Reader) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errPoison, r)
		}
	}()
	digest := NewDigest()
	tee := &readFault{r: io.TeeReader(r, digest)}
	key, size, err := b.v.deps.Blobs.Put(b.ctx, tee, true)
	if tee.err != nil {
		return tee.err // the server's fault, not the store's
	}
	sum := digest.Sum()
	switch {
	case err != nil:
		return &ownError{what: "store a mail", err: err}
	case size != s.got || sum.Size != s.got || key != sum.RawSHA256:
		return &ownError{what: "store a mail", err: fmt.Errorf("%d of %d bytes were stored", size, s.got)}
	}
	s.arrival = b.v.arrival(s.meta, key, sum)
	return nil
}

// arrival describes a stored mail to the ledger.
func (v *visit) arrival(m mailMeta, key string, sum DigestResult) ticketing.Arrival {
	now := v.deps.Now()
	a := ticketing.Arrival{
		Channel: ticketing.ChannelEmail, Box: v.box, UID: m.uid,
		RawKey: key, RawSHA256: sum.RawSHA256, RawSize: max(m.size, sum.Size), ContentKey: sum.ContentKey,
		ReceivedAt: m.date,
		From:       sum.From, Subject: sum.Subject, MessageID: sum.MessageID,
	}
	if m.size <= maxStoredBytes {
		a.RawSize = sum.Size
	}
	a.Oversize = a.RawSize > v.account.IMAP.MaxMessageBytes
	// The server's clock may be wrong: nothing is received in the future.
	if a.ReceivedAt.IsZero() || a.ReceivedAt.After(now) {
		a.ReceivedAt = now
	}
	if v.beforeStart(m) {
		a.Ignore = ticketing.ReasonBeforeStart
	}
	return a
}

// beforeStart reports whether a mail is from before the account's start.
func (v *visit) beforeStart(m mailMeta) bool {
	return !m.date.IsZero() && m.date.Before(v.start)
}

// fetchMissing fetches by sequence number what a FETCH by UID left out and is
// still in the folder.
func (v *visit) fetchMissing(ctx context.Context, b *batch, missing []mailMeta) error {
	for _, old := range missing {
		metas, err := v.metas(ctx, []uint32{old.uid})
		if err != nil {
			return err
		}
		if len(metas) == 0 {
			continue // it vanished
		}
		b.slots[old.uid].meta = metas[0]
		if err := v.bodyBySeq(ctx, metas[0], b.take); err != nil {
			return err
		}
	}
	return nil
}

// confirmSizes asks once more for mails whose length is not the announced one.
// Some servers only estimate RFC822.SIZE: then the same bytes come again. A
// mail that was cut short does not.
func (v *visit) confirmSizes(ctx context.Context, b *batch) error {
	var odd []mailMeta
	for _, m := range b.metas {
		if s := b.slots[m.uid]; s.whole && s.got != wantedBytes(s.meta) {
			odd = append(odd, s.meta)
		}
	}
	if len(odd) == 0 {
		return nil
	}
	if err := b.workers.Wait(); err != nil {
		return err
	}
	again := map[uint32]string{}
	_, err := v.bodies(ctx, odd, func(m mailMeta, _ int64, r io.Reader) error {
		h := sha256.New()
		if _, err := io.Copy(h, r); err != nil {
			return err
		}
		again[m.uid] = hex.EncodeToString(h.Sum(nil))
		return nil
	})
	if err != nil {
		return err
	}
	for _, m := range odd {
		if s := b.slots[m.uid]; again[m.uid] != s.arrival.RawSHA256 {
			s.whole = false
			v.memory.strike(m.uid, strikeAnswer, v.deps.Now())
		}
	}
	return nil
}

// wait waits until everything is stored and gives what may be entered in the
// ledger.
func (b *batch) wait() ([]ticketing.Arrival, error) {
	if err := b.workers.Wait(); err != nil {
		return nil, err
	}
	arrivals := make([]ticketing.Arrival, 0, len(b.metas))
	for _, m := range b.metas {
		if s := b.slots[m.uid]; s.whole {
			arrivals = append(arrivals, s.arrival)
		}
	}
	return arrivals, nil
}

// A readFault remembers that reading failed, so that the mail server's fault is
// not taken for the blob store's.
type readFault struct {
	r   io.Reader
	err error
}

func (f *readFault) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // io.Reader returns io.EOF itself
		f.err = err
	}
	return n, err
}
