package email

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
)

// marksLate is how long marks may wait while mail keeps coming in.
const marksLate = 5 * time.Second

// againSoon is when the folder is swept once more after a refused mark.
const againSoon = 5 * time.Second

// A markQueue holds the mails that are ours and that the server still has to be
// told about. The ledger knows them too: the queue may be lost.
type markQueue struct {
	mode    MarkMode // "" when the server allows nothing
	chunk   int      // UIDs a command; shrinks when the server is slow
	created bool     // the folder was made after a refusal, once a session
	trouble string   // for the operator; "" = none

	mu     sync.Mutex
	owned  []uint32 // accepted: marked as configured
	before []uint32 // from before the start: stay where they are, with a keyword at most
	due    bool     // the oldest has waited for marksLate
	timer  *time.Timer
}

func (q *markQueue) add(uid uint32, before bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if before {
		q.before = append(q.before, uid)
	} else {
		q.owned = append(q.owned, uid)
	}
	if q.timer == nil {
		q.timer = time.AfterFunc(marksLate, func() {
			q.mu.Lock()
			defer q.mu.Unlock()
			q.due = true
		})
	}
}

// next takes out what one command can mark.
func (q *markQueue) next() (uids []uint32, mode MarkMode) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.owned) > 0 {
		uids, q.owned = cutMarks(q.owned, q.chunk)
		return uids, q.mode
	}
	uids, q.before = cutMarks(q.before, q.chunk)
	return uids, MarkKeyword
}

// take reports whether marks have waited long enough, and starts the wait anew.
func (q *markQueue) take() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	due := q.due
	if due {
		q.due, q.timer = false, nil
	}
	return due
}

// prepareMarks finds out how mails can be marked in this session and makes the
// folder they go to.
func (v *visit) prepareMarks(ctx context.Context) error {
	v.marks.chunk = v.memory.marks
	v.marks.mode = v.markMode(v.account.IMAP.Mark)
	if v.marks.mode == "" {
		v.marks.trouble = errCannotMark.Error()
	}
	if v.marks.mode != MarkMove {
		return nil
	}
	err := v.createFolder(ctx, v.account.IMAP.Processed)
	if no := serverSaid(err); no != nil {
		// Perhaps it is there and may not be created; the first MOVE will tell.
		v.log.DebugContext(ctx, "processed folder not created", "err", no)
		return nil
	}
	return err
}

// recallMarks queues the marks that an earlier session owes, and settles those
// of mails that have left the folder. It gives the UIDs it found.
func (v *visit) recallMarks(ctx context.Context, present map[uint32]bool) (map[uint32]bool, error) {
	owed, err := v.deps.Ledger.Unmarked(ctx, v.box, pendingLimit)
	if err != nil {
		return nil, &ownError{what: "read the intake ledger", err: err}
	}
	pending := make(map[uint32]bool, len(owed))
	var here, gone []uint32
	for _, uid := range owed {
		if present[uid] {
			pending[uid] = true
			v.memory.add(uid)
			here = append(here, uid)
		} else {
			gone = append(gone, uid)
		}
	}
	if err := v.settle(ctx, gone); err != nil {
		return nil, err
	}
	return pending, v.queueMarks(ctx, here)
}

// queueMarks queues mails of an earlier session, those from before the start
// apart.
func (v *visit) queueMarks(ctx context.Context, uids []uint32) error {
	if v.start.IsZero() {
		for _, uid := range uids {
			v.marks.add(uid, false)
		}
		return nil
	}
	for chunk := range slices.Chunk(uids, metaChunk) {
		metas, err := v.metas(ctx, chunk)
		if err != nil {
			return err
		}
		for _, m := range metas {
			v.marks.add(m.uid, v.beforeStart(m))
		}
	}
	return nil
}

// settle records that nothing is owed to the server any more.
func (v *visit) settle(ctx context.Context, uids []uint32) error {
	for chunk := range slices.Chunk(uids, markChunk) {
		if err := v.deps.Ledger.Marked(ctx, v.box, chunk); err != nil {
			return &ownError{what: "write the intake ledger", err: err}
		}
	}
	return nil
}

// flushOldMarks sends one command's worth of marks when some have waited long,
// so that a long backlog neither starves them nor is held up by them.
func (v *visit) flushOldMarks(ctx context.Context) error {
	if !v.marks.take() {
		return nil
	}
	_, err := v.flushOnce(ctx)
	return err
}

// flushMarks sends all marks that are due.
func (v *visit) flushMarks(ctx context.Context) error {
	for {
		more, err := v.flushOnce(ctx)
		if err != nil || !more {
			v.marks.take()
			return err
		}
	}
}

func (v *visit) flushOnce(ctx context.Context) (more bool, err error) {
	uids, mode := v.marks.next()
	if len(uids) == 0 {
		return false, nil
	}
	if mode == MarkKeyword && !v.canKeyword {
		return true, v.settle(ctx, uids) // from before the start, and nothing can be set
	}
	if mode == "" {
		return true, nil // stays owed in the ledger; trouble says so
	}
	err = v.mark(ctx, mode, uids, v.account.IMAP.Processed)
	if no := serverSaid(err); no != nil {
		return v.markRefused(ctx, uids, mode, no)
	}
	if err != nil {
		if errors.Is(err, errTooSlow) || errors.Is(err, errStalled) {
			v.memory.marks = max(leastChunk, len(uids)/2)
		}
		return false, err
	}
	v.marks.trouble = ""
	return true, v.settle(ctx, uids)
}

// markRefused goes on after the server's no: it makes a missing folder, and
// falls back to a keyword when moving stays impossible. Mails that another
// session moved or removed meanwhile (RFC 5530 EXPUNGEISSUED) are settled by
// the next sweep.
func (v *visit) markRefused(ctx context.Context, uids []uint32, mode MarkMode, no *imap.Error) (more bool, err error) {
	v.log.InfoContext(ctx, "mark refused", "did", string(mode), "err", explain(no))
	if mode == MarkMove && folderMissing(no) && !v.marks.created {
		v.marks.created = true
		if err := v.createFolder(ctx, v.account.IMAP.Processed); err != nil && serverSaid(err) == nil {
			return false, err
		}
		for _, uid := range uids {
			v.marks.add(uid, false)
		}
		return true, nil
	}
	v.again = againSoon
	if no.Code != "EXPUNGEISSUED" {
		v.marks.trouble = "marking on the server was refused: " + explain(no)
		if mode == MarkMove && v.canKeyword {
			v.marks.mode = MarkKeyword
		}
	}
	return true, v.noop(ctx)
}
