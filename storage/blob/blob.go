package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// Bounds and ages.
const (
	// DefaultMaxBytes bounds one blob: the largest mail taken (100 MB) and its envelope.
	DefaultMaxBytes = 128 << 20
	// OrphanAge is how old a blob that no row names must be before it goes to the
	// trash, and how long it lies there.
	OrphanAge = 24 * time.Hour

	verifyFirst = 1 << 20 // bytes up to which content is checked before the first byte is given
	sweepBatch  = 500     // keys asked about at once
)

// ErrDamaged is within the Internal error of reading a blob whose content no
// longer matches its key: its disk or its bucket is failing.
var ErrDamaged = errors.New("content does not match its key")

// A Known tells which of the keys are named by a row. Sweep asks it; it must
// answer from the primary database.
type Known func(ctx context.Context, keys []string) (map[string]bool, error)

// Swept says what a Sweep found and did.
type Swept struct {
	Blobs    int   // kept
	Bytes    int64 // of the kept, as stored
	Trashed  int   // orphans moved to the trash
	Restored int   // taken back from the trash, because a row names them
	Deleted  int   // deleted for good
}

// A Store is what both kinds of store do.
type Store interface {
	ticketing.Blobs
	// Delete removes the content at once, for erasure. A missing blob is no error.
	Delete(ctx context.Context, key string) error
	// Sweep moves orphans older than OrphanAge to the trash and empties it of
	// what has lain there as long.
	Sweep(ctx context.Context, known Known, now time.Time) (Swept, error)
	// Walk calls f for every blob that is not in the trash, in order of key.
	Walk(ctx context.Context, f func(key string, stored int64, modified time.Time) error) error
	// Check tries a write and a read, for readiness and doctor. Busy when the store is away.
	Check(ctx context.Context) error
}

// validKey keeps foreign names out of paths and requests.
func validKey(key string) bool {
	if len(key) != 2*sha256.Size {
		return false
	}
	for i := range len(key) {
		c := key[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func notFound(key string) error {
	if !validKey(key) {
		key = "(malformed key)"
	}
	return fmt.Errorf("blob %s: %w", key, ticketing.NotFound)
}

func tooLarge(limit int64) error {
	return fmt.Errorf("blob of more than %d bytes: %w", limit, ticketing.TooLarge)
}

func damaged(key string) error {
	return fmt.Errorf("blob %s: %w: %w", key, ErrDamaged, ticketing.Internal)
}

// away marks a failure of the store as one that may pass.
func away(doing string, err error) error {
	return fmt.Errorf("%s: %w: %w", doing, err, ticketing.Busy)
}

// A limited reader fails with TooLarge instead of ending early.
type limited struct {
	r     io.Reader
	limit int64
	read  int64
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	l.read += int64(n)
	if l.read > l.limit {
		return 0, tooLarge(l.limit)
	}
	return n, err
}

// verified checks what it passes on against the key: the last read of content
// that does not match gives Internal and ErrDamaged instead of io.EOF.
type verified struct {
	r      io.Reader
	c      io.Closer
	key    string
	sum    hash.Hash
	failed error
}

func (v *verified) Read(p []byte) (int, error) {
	if v.failed != nil {
		return 0, v.failed
	}
	n, err := v.r.Read(p)
	v.sum.Write(p[:n])
	switch {
	case err == nil:
	case errors.Is(err, io.EOF):
		v.failed = io.EOF
		if hex.EncodeToString(v.sum.Sum(nil)) != v.key {
			v.failed = damaged(v.key)
		}
	case ticketing.KindOf(err) == ticketing.Busy || errors.Is(err, context.Canceled):
		v.failed = err
	default: // a broken compression frame, a short file
		v.failed = fmt.Errorf("%w (%w)", damaged(v.key), err)
	}
	return n, v.failed
}

func (v *verified) Close() error { return v.c.Close() }

// verify wraps content of about the given size so that it is checked: small
// content before its first byte, large content when it has been read.
func verify(key string, size int64, content io.ReadCloser) (io.ReadCloser, error) {
	v := &verified{r: content, c: content, key: key, sum: sha256.New()}
	if size > verifyFirst {
		return v, nil
	}
	all, err := io.ReadAll(v)
	if cerr := content.Close(); err == nil && cerr != nil {
		err = cerr
	}
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(all)), nil
}
