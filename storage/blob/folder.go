package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	compressedSuffix = ".zst"
	folderMode       = 0o700
	fileMode         = 0o600
	smallPut         = 256 << 10 // bytes up to which content is looked at in memory
	unfinished       = "put-"    // how the name of a file begins that is being written
)

// A Folder keeps blobs as files: ab/ab12… or ab/ab12….zst, beside tmp and trash.
// A file being written is put-… until it is whole: in its own directory when its
// key is known beforehand, else in tmp.
type Folder struct {
	dir string
	max int64
}

var _ Store = (*Folder)(nil)

// OpenFolder opens the folder, making it with mode 0700 if it is missing.
// maxBytes bounds one blob; 0 means DefaultMaxBytes.
func OpenFolder(dir string, maxBytes int64) (*Folder, error) {
	if maxBytes <= 0 {
		maxBytes = DefaultMaxBytes
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("blob folder: %w", err)
	}
	for _, d := range []string{dir, filepath.Join(dir, "tmp"), filepath.Join(dir, "trash")} {
		if err := os.MkdirAll(d, folderMode); err != nil {
			return nil, fmt.Errorf("blob folder: %w", err)
		}
	}
	return &Folder{dir: dir, max: maxBytes}, nil
}

func (f *Folder) path(key string) string  { return filepath.Join(f.dir, key[:2], key) }
func (f *Folder) trash(key string) string { return filepath.Join(f.dir, "trash", key) }

// Put stores what r gives. TooLarge beyond the bound, Busy when the disk is
// full or failing; after an error nothing is stored.
func (f *Folder) Put(ctx context.Context, r io.Reader, text bool) (string, int64, error) {
	in := &limited{r: r, limit: f.max}
	head := make([]byte, 0, 16<<10)
	head, err := readUpTo(in, head, smallPut)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", 0, err
	}
	if errors.Is(err, io.EOF) {
		sum := sha256.Sum256(head)
		key := hex.EncodeToString(sum[:])
		if f.present(key) {
			return key, int64(len(head)), f.syncDir(filepath.Dir(f.path(key)))
		}
		if ctx.Err() != nil {
			return "", 0, ctx.Err()
		}
		return key, int64(len(head)), f.writeWhole(key, head, text && len(head) >= worthwhile)
	}
	if ctx.Err() != nil {
		return "", 0, ctx.Err()
	}
	return f.write(io.MultiReader(bytes.NewReader(head), in), in, text && len(head) >= worthwhile)
}

// writeWhole is write for content in memory whose key is known: most mails and
// their parts. It is written where it will lie: many writers making their files
// in one directory spend more time waiting for it than writing.
func (f *Folder) writeWhole(key string, content []byte, compressed bool) (err error) {
	name := f.path(key)
	if compressed {
		name += compressedSuffix
		if content, err = compressWhole(content); err != nil {
			return err
		}
	}
	tmp, err := f.createIn(filepath.Dir(name))
	if err != nil {
		return away("blob folder", err)
	}
	_, err = tmp.Write(content)
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = f.place(tmp.Name(), name)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return away("write blob", err)
	}
	return nil
}

// createIn makes a file for writing in a directory of the folder, which it makes
// as well when this is the first file in it.
func (f *Folder) createIn(dir string) (*os.File, error) {
	file, err := os.CreateTemp(dir, unfinished)
	if !errors.Is(err, fs.ErrNotExist) {
		return file, err
	}
	if err := f.makeDir(dir); err != nil {
		return nil, err
	}
	return os.CreateTemp(dir, unfinished)
}

// makeDir makes a directory of the folder, durably.
func (f *Folder) makeDir(dir string) error {
	if err := os.Mkdir(dir, folderMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return f.syncDir(f.dir)
}

// write brings the content to the disk under its key.
func (f *Folder) write(content io.Reader, in *limited, compressed bool) (key string, size int64, err error) {
	tmp, err := os.CreateTemp(filepath.Join(f.dir, "tmp"), unfinished)
	if err != nil {
		return "", 0, away("blob folder", err)
	}
	defer func() {
		if err != nil {
			_ = tmp.Close()
			_ = os.Remove(tmp.Name())
		}
	}()
	sum := sha256.New()
	if err := f.fill(tmp, io.TeeReader(content, sum), in, compressed); err != nil {
		return "", 0, err
	}
	if err := errors.Join(tmp.Sync(), tmp.Close()); err != nil {
		return "", 0, away("write blob", err)
	}
	key = hex.EncodeToString(sum.Sum(nil))
	name := f.path(key)
	if compressed {
		name += compressedSuffix
	}
	if err := f.place(tmp.Name(), name); err != nil {
		return "", 0, away("place blob", err)
	}
	return key, in.read, nil
}

// fill writes the content to the temporary file. Errors of the disk are Busy,
// those of the source stay what they are.
func (f *Folder) fill(tmp *os.File, content io.Reader, in *limited, compressed bool) error {
	disk := &blaming{w: tmp}
	var err error
	if compressed {
		if _, err = disk.Write(sizeHeader(0)); err == nil {
			err = compress(disk, content)
		}
		if err == nil {
			_, disk.failed = tmp.WriteAt(sizeHeader(in.read), 0)
		}
	} else {
		_, err = io.Copy(disk, content)
	}
	if disk.failed != nil {
		return away("write blob", disk.failed)
	}
	return err
}

// blaming remembers that it was the writing that failed.
type blaming struct {
	w      io.Writer
	failed error
}

func (b *blaming) Write(p []byte) (int, error) {
	n, err := b.w.Write(p)
	if err != nil {
		b.failed = err
	}
	return n, err
}

// place renames the finished file into its directory, durably.
func (f *Folder) place(tmp, name string) error {
	dir := filepath.Dir(name)
	err := os.Rename(tmp, name)
	if errors.Is(err, fs.ErrNotExist) {
		if err = f.makeDir(dir); err == nil {
			err = os.Rename(tmp, name)
		}
	}
	if err != nil {
		return err
	}
	return f.syncDir(dir)
}

func (f *Folder) syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // G304: within the blob folder, from a checked key
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) { // some file systems have nothing to do for a directory
		err = nil
	}
	return errors.Join(err, d.Close())
}

func (f *Folder) present(key string) bool {
	for _, suffix := range []string{"", compressedSuffix} {
		if _, err := os.Stat(f.path(key) + suffix); err == nil {
			return true
		}
	}
	return false
}

// find opens the file of the key, bringing it back from the trash if it lies there.
func (f *Folder) find(key string) (file *os.File, compressed bool, err error) {
	if !validKey(key) {
		return nil, false, notFound(key)
	}
	for range 2 {
		for _, suffix := range []string{"", compressedSuffix} {
			file, err = os.Open(f.path(key) + suffix)
			if err == nil {
				return file, suffix != "", nil
			}
			if !errors.Is(err, fs.ErrNotExist) {
				return nil, false, away("open blob", err)
			}
		}
		if !f.restore(key) {
			break
		}
	}
	return nil, false, notFound(key)
}

func (f *Folder) restore(key string) bool {
	restored := false
	for _, suffix := range []string{"", compressedSuffix} {
		if err := os.Rename(f.trash(key)+suffix, f.path(key)+suffix); err == nil {
			restored = true
		}
	}
	return restored && f.syncDir(filepath.Dir(f.path(key))) == nil
}

// Open gives the bytes back. NotFound when there are none; content that does
// not match its key is Internal with ErrDamaged: at once up to 1 MiB, at the end
// of reading beyond.
func (f *Folder) Open(_ context.Context, key string) (io.ReadCloser, error) {
	file, compressed, err := f.find(key)
	if err != nil {
		return nil, err
	}
	size, err := contentSize(file, compressed)
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(damaged(key), err, file.Close())
	}
	var content io.ReadCloser = file
	if compressed {
		if content, err = decompressing(file, f.max); err != nil {
			return nil, errors.Join(damaged(key), err, file.Close())
		}
	}
	return verify(key, size, content)
}

// Size gives the number of bytes that Open would yield. NotFound when there are none.
func (f *Folder) Size(_ context.Context, key string) (int64, error) {
	file, compressed, err := f.find(key)
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }()
	size, err := contentSize(file, compressed)
	if err != nil {
		return 0, fmt.Errorf("%w (%w)", damaged(key), err)
	}
	return size, nil
}

func contentSize(file *os.File, compressed bool) (int64, error) {
	if compressed {
		return readSize(file)
	}
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Delete removes the content at once, also from the trash.
func (f *Folder) Delete(_ context.Context, key string) error {
	if !validKey(key) {
		return notFound(key)
	}
	for _, name := range []string{f.path(key), f.trash(key)} {
		for _, suffix := range []string{"", compressedSuffix} {
			if err := os.Remove(name + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return away("delete blob", err)
			}
		}
	}
	return nil
}

// Check writes and reads a probe.
func (f *Folder) Check(ctx context.Context) error {
	probe := []byte("System 48 checks this folder.")
	sum := sha256.Sum256(probe)
	key := hex.EncodeToString(sum[:])
	if _, _, err := f.Put(ctx, bytes.NewReader(probe), false); err != nil {
		return err
	}
	r, err := f.Open(ctx, key)
	if err != nil {
		return err
	}
	return errors.Join(r.Close(), f.Delete(ctx, key))
}

// Walk calls fn for every blob in order of key.
func (f *Folder) Walk(ctx context.Context, fn func(key string, stored int64, modified time.Time) error) error {
	return f.walk(ctx, f.dir, fn)
}

func (f *Folder) walk(ctx context.Context, dir string, fn func(string, int64, time.Time) error) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return away("walk the blob folder", err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if d.IsDir() {
			if path != dir && (d.Name() == "tmp" || d.Name() == "trash") {
				return fs.SkipDir
			}
			return nil
		}
		key := strings.TrimSuffix(d.Name(), compressedSuffix)
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) || !validKey(key) {
			return nil // just deleted, or none of ours
		}
		if err != nil {
			return away("walk the blob folder", err)
		}
		return fn(key, info.Size(), info.ModTime())
	})
}

// readUpTo appends to b until it holds n bytes or the reader ends (io.EOF).
func readUpTo(r io.Reader, b []byte, n int) ([]byte, error) {
	for len(b) < n {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		m, err := r.Read(b[len(b):min(cap(b), n)])
		b = b[:len(b)+m]
		if err != nil {
			return b, err
		}
	}
	return b, nil
}
