package ticketingtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/sistem48/system48/ticketing"
)

// Blobs keeps bytes in memory under the hex SHA-256 of their content.
type Blobs struct {
	mu    sync.Mutex
	bytes map[string][]byte
}

var _ ticketing.Blobs = (*Blobs)(nil)

// NewBlobs gives an empty blob store.
func NewBlobs() *Blobs { return &Blobs{bytes: map[string][]byte{}} }

// Put implements [ticketing.Blobs].
func (b *Blobs) Put(ctx context.Context, r io.Reader, _ bool) (string, int64, error) {
	all, err := io.ReadAll(r)
	if err != nil {
		return "", 0, fmt.Errorf("put blob: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return "", 0, fmt.Errorf("put blob: %w", err)
	}
	sum := sha256.Sum256(all)
	key := hex.EncodeToString(sum[:])
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bytes[key] = all
	return key, int64(len(all)), nil
}

// Open implements [ticketing.Blobs].
func (b *Blobs) Open(_ context.Context, key string) (io.ReadCloser, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	all, ok := b.bytes[key]
	if !ok {
		return nil, fail(ticketing.NotFound, "blob.unknown")
	}
	return &checked{r: bytes.NewReader(all), key: key, intact: intact(key, all)}, nil
}

// Size implements [ticketing.Blobs].
func (b *Blobs) Size(_ context.Context, key string) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	all, ok := b.bytes[key]
	if !ok {
		return 0, fail(ticketing.NotFound, "blob.unknown")
	}
	return int64(len(all)), nil
}

// Keys gives how many blobs there are.
func (b *Blobs) Keys() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.bytes)
}

// Remove loses a blob, as a failing disk does.
func (b *Blobs) Remove(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.bytes, key)
}

// Corrupt changes the first byte of a blob, as a failing disk does.
func (b *Blobs) Corrupt(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if all := bytes.Clone(b.bytes[key]); len(all) > 0 {
		all[0] ^= 0xff
		b.bytes[key] = all
	}
}

func intact(key string, all []byte) bool {
	sum := sha256.Sum256(all)
	return hex.EncodeToString(sum[:]) == key
}

// checked fails where an intact blob ends when the content does not match its key.
type checked struct {
	r      *bytes.Reader
	key    string
	intact bool
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if errors.Is(err, io.EOF) && !c.intact {
		return n, fmt.Errorf("blob %s: content does not match its key: %w", c.key, ticketing.Internal)
	}
	return n, err
}

func (c *checked) Close() error { return nil }
