package blob

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Sweep moves orphans to the trash, empties the trash, and removes what broken
// Puts left. A file counts as old by the time of the disk it lies on.
func (f *Folder) Sweep(ctx context.Context, known Known, now time.Time) (Swept, error) {
	var s Swept
	limit := now.Add(-OrphanAge)
	// The trash first, so that what is moved there now stays a day.
	err := inBatches(ctx, known, func(each func(string, int64, time.Time) error) error {
		return f.walk(ctx, filepath.Join(f.dir, "trash"), each)
	}, func(key string, _ int64, trashed time.Time, named bool) error {
		switch {
		case named:
			if f.restore(key) {
				s.Restored++
			}
		case trashed.Before(limit):
			s.Deleted++
			return f.discard(f.trash(key))
		}
		return nil
	})
	if err != nil {
		return s, err
	}
	err = inBatches(ctx, known, func(each func(string, int64, time.Time) error) error {
		return f.Walk(ctx, each)
	}, func(key string, size int64, modified time.Time, named bool) error {
		if named || !modified.Before(limit) {
			s.Blobs++
			s.Bytes += size
			return nil
		}
		s.Trashed++
		return f.throwAway(key, now)
	})
	return s, errors.Join(err, f.sweepTemporary(limit))
}

// inBatches asks known about bounded numbers of keys and hands each on.
func inBatches(ctx context.Context, known Known, walk func(func(string, int64, time.Time) error) error,
	judge func(key string, size int64, at time.Time, named bool) error,
) error {
	type item struct {
		key  string
		size int64
		at   time.Time
	}
	var batch []item
	flush := func() error {
		keys := make([]string, len(batch))
		for i := range batch {
			keys[i] = batch[i].key
		}
		named, err := known(ctx, keys)
		if err != nil {
			return err
		}
		for _, it := range batch {
			if err := judge(it.key, it.size, it.at, named[it.key]); err != nil {
				return err
			}
		}
		batch = batch[:0]
		return nil
	}
	err := walk(func(key string, size int64, at time.Time) error {
		batch = append(batch, item{key, size, at})
		if len(batch) < sweepBatch {
			return nil
		}
		return flush()
	})
	if err != nil || len(batch) == 0 {
		return err
	}
	return flush()
}

// throwAway moves a file to the trash; its time there counts from now.
func (f *Folder) throwAway(key string, now time.Time) error {
	for _, suffix := range []string{"", compressedSuffix} {
		err := os.Rename(f.path(key)+suffix, f.trash(key)+suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.Chtimes(f.trash(key)+suffix, now, now)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return away("trash blob", err)
		}
	}
	return nil
}

func (f *Folder) discard(name string) error {
	for _, suffix := range []string{"", compressedSuffix} {
		if err := os.Remove(name + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return away("delete blob", err)
		}
	}
	return nil
}

// sweepTemporary removes what was being written when a process died.
func (f *Folder) sweepTemporary(limit time.Time) error {
	err := filepath.WalkDir(f.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasPrefix(d.Name(), unfinished) {
			return err
		}
		info, err := d.Info()
		if err == nil && info.ModTime().Before(limit) {
			err = os.Remove(path) //nolint:gosec // G122: nobody else writes into the folder
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // finished or removed meanwhile
		}
		return err
	})
	if err != nil {
		return away("sweep temporary files", err)
	}
	return nil
}
