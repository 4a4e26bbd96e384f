package calllog

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sistem48/system48/ticketing"
)

// sweepOlder reads files that were rotated away to their ends. An exchange may
// write a last line to one after its name has changed, so it is done only once
// nothing came for a while.
func (f *Follower) sweepOlder(ctx context.Context) error {
	left := f.older[:0]
	for i, r := range f.older {
		done, err := f.finish(ctx, r)
		if err != nil {
			f.older = append(left, f.older[i:]...)
			return err
		}
		if done {
			_ = r.file.Close()
		} else {
			left = append(left, r)
		}
	}
	f.older = left
	return nil
}

// finish reads a file that does not grow any more; done once it is read to the end.
func (f *Follower) finish(ctx context.Context, r *reading) (done bool, err error) {
	if err := f.readOn(ctx, r); err != nil {
		return false, err
	}
	now := f.Now()
	if r.quiet.IsZero() {
		r.quiet = now
	}
	if now.Sub(r.quiet) < f.settle() || ctx.Err() != nil {
		return false, nil //nolint:nilerr // asked to stop: it is finished at the next start
	}
	return true, f.toEnd(ctx, r)
}

// toEnd reads a file that is complete, and closes its row.
func (f *Follower) toEnd(ctx context.Context, r *reading) error {
	for ctx.Err() == nil {
		c, n, err := r.pass.next(r.file, r.state, true)
		if err != nil {
			return err
		}
		if n == 0 {
			c = ticketing.CallChunk{Offset: r.state.Offset, Line: r.state.Lines, Memo: r.state.Memo, State: ticketing.CallFileDone}
		}
		if err := f.enter(ctx, r, c); err != nil {
			return err
		}
		if r.state.State == ticketing.CallFileDone {
			return nil
		}
	}
	return ctx.Err()
}

// checkCut notices that the file begins anew under the same name and number, as
// "copytruncate" of logrotate does: what was copied away in between is read from
// the copy.
func (f *Follower) checkCut(ctx context.Context, r *reading) error {
	info, err := r.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() >= r.state.Offset && sameHead(r.file, r.state.Head, r.state.HeadLen) {
		return nil
	}
	if err := f.rest(ctx, r.state); err != nil {
		return err
	}
	digest, n, err := head(r.file, headBytes)
	if err != nil {
		return err
	}
	r.state, err = f.Logs.Restart(ctx, f.fresh(info, digest, n))
	return err
}

// predecessors reads to their ends the files that were rotated away while the
// program was not there.
func (f *Follower) predecessors(ctx context.Context, followed []ticketing.CallFile, now string) error {
	for _, state := range slices.Backward(followed) {
		held := state.Identity == now || slices.ContainsFunc(f.older, func(r *reading) bool { return r.state.ID == state.ID })
		if held || state.Name != filepath.Base(f.Path) {
			continue
		}
		if err := f.rest(ctx, &state); err != nil {
			return err
		}
	}
	return nil
}

// rest reads what was left of a file that is not under its name any more: it
// looks in the folder for the file itself, or for a copy that begins as it did.
// When there is none, rows may be missing, which is recorded and told.
func (f *Follower) rest(ctx context.Context, state *ticketing.CallFile) error {
	if state.State != ticketing.CallFileReading {
		return nil
	}
	r := f.sibling(state)
	if r == nil {
		f.Log.WarnContext(ctx, "call log went away before it was read to its end", "source", f.Source.Name, "job", state.Name)
		return f.Logs.Fail(ctx, state)
	}
	defer func() { _ = r.file.Close() }()
	return f.toEnd(ctx, r)
}

// sibling finds where the rest of a file is now: among files whose names begin
// with its own, and are not it.
func (f *Follower) sibling(state *ticketing.CallFile) *reading {
	dir := filepath.Dir(f.Path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if e.Name() == filepath.Base(f.Path) || !strings.HasPrefix(e.Name(), filepath.Base(f.Path)) || !e.Type().IsRegular() {
			continue
		}
		file, info, err := open(filepath.Join(dir, e.Name()))
		if err != nil {
			continue
		}
		if info.Size() >= state.Offset && state.HeadLen > 0 && sameHead(file, state.Head, state.HeadLen) {
			return &reading{file: file, state: state, pass: f.newPass()}
		}
		_ = file.Close()
	}
	return nil
}
