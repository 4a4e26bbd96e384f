package calllog

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// A Follower keeps up with the call log of one exchange: a file that grows,
// rotates or is cut, or a folder that files are dropped into. It is a
// channels.Source. Two of them on one file do no harm: the one that comes second
// is told so by the row it wants to write.
type Follower struct {
	Source Source
	Path   string    // a file; a folder; or a folder and a pattern for names: /var/spool/cdr/cdr_*
	Start  time.Time // calls that ended before are history; zero: those before the source was first seen
	Logs   Logs
	Now    func() time.Time
	Log    *slog.Logger
	Poll   time.Duration // between looks; 0 = two seconds
	Settle time.Duration // how long a dropped or rotated file must not have changed; 0 = ten seconds

	current *reading
	older   []*reading // rotated away, not yet read to the end
	since   time.Time  // when the first file of the source was first seen
	dropped map[string]dropped
	problem string // the last one told
}

// A reading is an open file and how far it is.
type reading struct {
	file  *os.File
	state *ticketing.CallFile
	pass  pass
	quiet time.Time // since when nothing came any more; zero: something just came
}

// Name implements channels.Source.
func (f *Follower) Name() string { return f.Source.Name }

// Run follows until ctx ends.
func (f *Follower) Run(ctx context.Context) error {
	defer f.close()
	poll := f.Poll
	if poll == 0 {
		poll = 2 * time.Second
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		f.tell(ctx, f.Sweep(ctx))
		timer.Reset(poll)
	}
}

// tell logs a problem when it is another than before, and when it is over. A
// path may hold no citizen's data; what is in the file is never logged.
func (f *Follower) tell(ctx context.Context, err error) {
	text := ""
	if err != nil && ctx.Err() == nil {
		text = err.Error()
	}
	switch {
	case text == f.problem:
	case text == "":
		f.Log.InfoContext(ctx, "call log is read again", "source", f.Source.Name)
	default:
		f.Log.WarnContext(ctx, "call log cannot be read", "source", f.Source.Name, "err", err)
	}
	f.problem = text
}

func (f *Follower) close() {
	for _, r := range append(f.older, f.current) {
		if r != nil {
			_ = r.file.Close()
		}
	}
	f.current, f.older = nil, nil
}

func (f *Follower) settle() time.Duration {
	if f.Settle == 0 {
		return 10 * time.Second
	}
	return f.Settle
}

// Sweep looks once and enters all that is there. What the database refused is
// read again at the next look.
func (f *Follower) Sweep(ctx context.Context) error {
	folder, pattern, err := f.folder()
	if err != nil {
		return err
	}
	if folder != "" {
		return f.sweepFolder(ctx, folder, pattern)
	}
	return f.sweepFile(ctx)
}

// folder tells whether the path is a folder or a pattern in one.
func (f *Follower) folder() (folder, pattern string, err error) {
	if strings.ContainsAny(filepath.Base(f.Path), "*?[") {
		return filepath.Dir(f.Path), filepath.Base(f.Path), nil
	}
	info, err := os.Stat(f.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", "", nil // a file that is being rotated
	case err != nil:
		return "", "", err
	case info.IsDir():
		return f.Path, "*", nil
	}
	return "", "", nil
}

// sweepFile keeps up with one file.
func (f *Follower) sweepFile(ctx context.Context) error {
	if err := f.sweepOlder(ctx); err != nil {
		return err
	}
	file, info, err := open(f.Path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) && f.current != nil {
			return f.readOn(ctx, f.current) // rotated, and the new one is not there yet
		}
		return err
	}
	switch {
	case f.current == nil:
		if f.current, err = f.begin(ctx, file, info); err != nil {
			_ = file.Close()
			return err
		}
	case f.current.state.Identity == inode(info):
		_ = file.Close()
	default:
		f.older = append(f.older, f.current)
		f.current = nil
		if f.current, err = f.begin(ctx, file, info); err != nil {
			_ = file.Close()
			return err
		}
	}
	if err := f.checkCut(ctx, f.current); err != nil {
		return err
	}
	return f.readOn(ctx, f.current)
}

// begin takes a file up where it was left, and what was left of its
// predecessor when the program was away while files rotated.
func (f *Follower) begin(ctx context.Context, file *os.File, info fs.FileInfo) (*reading, error) {
	digest, n, err := head(file, headBytes)
	if err != nil {
		return nil, err
	}
	followed, err := f.Logs.Followed(ctx, f.Source.Name)
	if err != nil {
		return nil, err
	}
	if len(followed) > 0 {
		f.since = followed[len(followed)-1].Since
	}
	fresh := f.fresh(info, digest, n)
	if err := f.predecessors(ctx, followed, fresh.Identity); err != nil {
		return nil, err
	}
	state, err := f.Logs.Open(ctx, fresh)
	if err != nil {
		return nil, err
	}
	r := &reading{file: file, state: state, pass: f.newPass()}
	if state.State != ticketing.CallFileReading || !sameHead(file, state.Head, state.HeadLen) || info.Size() < state.Offset {
		// The number of another file that is gone, or the file was cut meanwhile.
		if err := f.rest(ctx, state); err != nil {
			return nil, err
		}
		if r.state, err = f.Logs.Restart(ctx, fresh); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (f *Follower) fresh(info fs.FileInfo, digest string, n int) ticketing.CallFile {
	if f.since.IsZero() {
		f.since = f.Now()
	}
	since := f.Start
	if since.IsZero() {
		since = f.since
	}
	return ticketing.CallFile{Source: f.Source.Name, Name: info.Name(), Followed: true, Identity: inode(info), Head: digest, HeadLen: n, Since: since}
}

func (f *Follower) newPass() pass { return pass{source: f.Source, now: f.Now} }

// readOn enters what a growing file has behind where it is.
func (f *Follower) readOn(ctx context.Context, r *reading) error {
	for {
		if err := ctx.Err(); err != nil {
			return nil //nolint:nilerr // asked to stop: what is entered is entered
		}
		c, n, err := r.pass.next(r.file, r.state, false)
		if err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
		r.quiet = time.Time{}
		if err := f.enter(ctx, r, c); err != nil {
			return err
		}
	}
}

// enter enters a chunk. When somebody else moved the file on, it goes on from
// where they are.
func (f *Follower) enter(ctx context.Context, r *reading, c ticketing.CallChunk) error {
	err := f.Logs.Enter(ctx, r.state, c)
	if !errors.Is(err, ticketing.Stale) {
		return err
	}
	state, err := f.Logs.Open(ctx, *r.state)
	if err == nil {
		r.state = state
	}
	return err
}
