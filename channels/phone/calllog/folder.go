package calllog

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// A dropped is a file of a drop folder as it was last seen.
type dropped struct {
	size  int64
	mtime time.Time
	since time.Time // seen unchanged since
	done  bool
}

// sweepFolder reads the files of a folder that are complete, those written first
// first. They stay where they are; the folder is their owner's.
func (f *Follower) sweepFolder(ctx context.Context, folder, pattern string) error {
	names, err := f.stable(folder, pattern)
	if err != nil {
		return err
	}
	for _, name := range names {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // asked to stop: what is entered is entered
		}
		if err := f.readDropped(ctx, filepath.Join(folder, name)); err != nil {
			return err
		}
		d := f.dropped[name]
		d.done = true
		f.dropped[name] = d
	}
	return nil
}

// stable gives the names of files that have not changed for a while and are not
// read yet. Links and whatever else is no file are passed over, and so are names
// that say the file is not complete (A92).
func (f *Follower) stable(folder, pattern string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	now := f.Now()
	seen := make(map[string]dropped, len(entries))
	var ready []string
	for _, e := range entries {
		name := e.Name()
		if match, err := filepath.Match(pattern, name); err != nil || !match || !finished(name) || !e.Type().IsRegular() {
			continue
		}
		info, err := e.Info()
		if err != nil {
			continue // gone meanwhile
		}
		d, known := f.dropped[name]
		if !known || d.size != info.Size() || !d.mtime.Equal(info.ModTime()) {
			d = dropped{size: info.Size(), mtime: info.ModTime(), since: now}
			if quiet := now.Sub(info.ModTime()); quiet > 10*f.settle() {
				d.since = info.ModTime() // lay there for long
			}
		}
		seen[name] = d
		if !d.done && now.Sub(d.since) >= f.settle() {
			ready = append(ready, name)
		}
	}
	f.dropped = seen
	slices.SortFunc(ready, func(a, b string) int { return seen[a].mtime.Compare(seen[b].mtime) })
	return ready, nil
}

// readDropped reads a complete file to its end, from where it was left.
func (f *Follower) readDropped(ctx context.Context, path string) error {
	file, info, err := open(path)
	if err != nil {
		if os.IsNotExist(err) {
			return nil
		}
		return err
	}
	defer func() { _ = file.Close() }()
	fresh, err := whole(f.Source.Name, file, info)
	if err != nil {
		return err
	}
	if fresh.Since = f.Start; f.Start.IsZero() {
		// What is dropped long after it was written is history.
		fresh.Since = f.Now().Add(-24 * time.Hour)
	}
	state, err := f.Logs.Open(ctx, fresh)
	if err != nil || state.State != ticketing.CallFileReading {
		return err
	}
	return f.toEnd(ctx, &reading{file: file, state: state, pass: f.newPass()})
}

// whole names a file that is complete: the same one is found again after a
// restart, a copy of it is another one, whose rows are all known.
func whole(source string, file *os.File, info os.FileInfo) (ticketing.CallFile, error) {
	digest, n, err := head(file, headBytes)
	return ticketing.CallFile{
		Source: source, Name: info.Name(), Head: digest, HeadLen: n,
		Identity: fmt.Sprintf("%s %d %d %s", info.Name(), info.Size(), info.ModTime().UnixMicro(), digest[:min(len(digest), 16)]),
	}, err
}
