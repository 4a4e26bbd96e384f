package email

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// memBlobs keeps blobs in memory.
type memBlobs struct {
	mu   sync.Mutex
	m    map[string][]byte
	fail error // given by every call when set
}

func newMemBlobs() *memBlobs { return &memBlobs{m: map[string][]byte{}} }

func (b *memBlobs) Put(_ context.Context, r io.Reader, _ bool) (string, int64, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return "", 0, err
	}
	sum := sha256.Sum256(data)
	key := hex.EncodeToString(sum[:])
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail != nil {
		return "", 0, b.fail
	}
	b.m[key] = data
	return key, int64(len(data)), nil
}

func (b *memBlobs) Open(_ context.Context, key string) (io.ReadCloser, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	data, ok := b.m[key]
	if !ok {
		return nil, ticketing.NotFound
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

func (b *memBlobs) Size(_ context.Context, key string) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	data, ok := b.m[key]
	if !ok {
		return 0, ticketing.NotFound
	}
	return int64(len(data)), nil
}

// text gives a stored blob as a string.
func (b *memBlobs) text(key string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.m[key])
}

var receivedAt = time.Date(2026, 2, 2, 9, 0, 0, 0, time.UTC)

const (
	testAccount = "demo"
	testAddress = "sistem48@demo.example"
	testLoop    = "demo-loop"
	testOwnID   = "s48.1.aaaaaaaaaaaaaaaa@demo.example"
)

func newTestParser(blobs ticketing.Blobs) *Parser {
	return NewParser(blobs, ParserConfig{
		Accounts: []ParserAccount{{
			Name: testAccount, Addresses: []string{testAddress, "prijave@demo.example"}, TrustedAuthservIDs: []string{"mx.demo.example"},
		}},
		Domains: []string{"demo.example"}, OwnLists: []string{"sistem48.demo.example"}, Loop: testLoop,
		OwnMessageID: func(id string) bool { return id == testOwnID },
	}, slog.New(slog.DiscardHandler))
}

// parseMail stores and parses one mail.
func parseMail(t testing.TB, blobs *memBlobs, p *Parser, raw string) ticketing.Inbound {
	t.Helper()
	return parseEntry(t, blobs, p, raw, ticketing.Arrival{})
}

func parseEntry(t testing.TB, blobs *memBlobs, p *Parser, raw string, a ticketing.Arrival) ticketing.Inbound {
	t.Helper()
	ctx := context.Background()
	key, size, err := blobs.Put(ctx, bytes.NewReader([]byte(raw)), true)
	if err != nil {
		t.Fatal(err)
	}
	a.RawKey, a.RawSHA256, a.ReceivedAt = key, key, receivedAt
	a.Box.Account = testAccount
	if a.RawSize == 0 {
		a.RawSize = size
	}
	in, err := p.Parse(ctx, ticketing.LedgerEntry{ID: 7, Arrival: a})
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	return in
}

// parse parses one mail with a parser of its own.
func parse(t testing.TB, raw string) (ticketing.Inbound, *memBlobs) {
	t.Helper()
	blobs := newMemBlobs()
	return parseMail(t, blobs, newTestParser(blobs), raw), blobs
}
