package ticketingtest_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

func TestBlobs(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	b := ticketingtest.NewBlobs()
	key, size, err := b.Put(ctx, strings.NewReader("tijelo"), true)
	if err != nil || size != 6 || len(key) != 64 {
		t.Fatalf("Put() = %q, %d, %v", key, size, err)
	}
	if again, _, err := b.Put(ctx, strings.NewReader("tijelo"), false); err != nil || again != key || b.Keys() != 1 {
		t.Errorf("Put() again = %q, %v, %d blobs, want one under one key", again, err, b.Keys())
	}
	read := func() (string, error) {
		r, err := b.Open(ctx, key)
		if err != nil {
			return "", err
		}
		defer func() { _ = r.Close() }()
		all, err := io.ReadAll(r)
		return string(all), err
	}
	if got, err := read(); got != "tijelo" || err != nil {
		t.Errorf("Open() = %q, %v", got, err)
	}
	if n, err := b.Size(ctx, key); n != 6 || err != nil {
		t.Errorf("Size() = %d, %v", n, err)
	}
	b.Corrupt(key)
	if _, err := read(); !errors.Is(err, ticketing.Internal) {
		t.Errorf("reading a changed blob = %v, want internal", err)
	}
	b.Remove(key)
	if _, err := read(); !errors.Is(err, ticketing.NotFound) {
		t.Errorf("Open() of a lost blob = %v, want not found", err)
	}
	if _, err := b.Size(ctx, key); !errors.Is(err, ticketing.NotFound) {
		t.Errorf("Size() of a lost blob = %v, want not found", err)
	}
	if _, _, err := b.Put(ctx, io.MultiReader(strings.NewReader("x"), broken{}), false); err == nil || b.Keys() != 0 {
		t.Errorf("Put() of a broken stream = %v, %d blobs, want an error and none", err, b.Keys())
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestClock(t *testing.T) {
	t.Parallel()
	c := ticketingtest.NewClock()
	if !c.Now().Equal(ticketingtest.Start) || !c.Now().Equal(c.Now()) {
		t.Errorf("Now() = %v, want it to stand at %v", c.Now(), ticketingtest.Start)
	}
	if got := c.Advance(time.Hour); !got.Equal(ticketingtest.Start.Add(time.Hour)) || !c.Now().Equal(got) {
		t.Errorf("Advance() = %v, Now() = %v", got, c.Now())
	}
	c.Set(ticketingtest.Start)
	if !c.Now().Equal(ticketingtest.Start) {
		t.Errorf("Set() leaves Now() = %v", c.Now())
	}
}

// TestPromises holds the shipped promises of the test city against the design:
// a mail of Friday evening, received 2026-01-09 18:00 in Podgorica.
func TestPromises(t *testing.T) {
	t.Parallel()
	zone := ticketingtest.Zone()
	received := time.Date(2026, time.January, 9, 18, 0, 0, 0, zone)
	for profile, want := range map[string]time.Time{
		"24x7":         time.Date(2026, time.January, 11, 18, 0, 0, 0, zone),
		"barajevo":     time.Date(2026, time.January, 11, 18, 0, 0, 0, zone),
		"tivat":        time.Date(2026, time.January, 13, 18, 0, 0, 0, zone), // if validated at once
		"podgorica":    time.Date(2026, time.January, 14, 0, 0, 0, 0, zone),
		"office-hours": time.Date(2026, time.January, 13, 15, 0, 0, 0, zone),
	} {
		x, err := ticketingtest.Rulebook(t, profile).Promise(profile, received, 0, nil, received)
		if err != nil || !x.Due.Equal(want) {
			t.Errorf("%s: due %v, %v, want %v", profile, x.Due.In(zone), err, want)
		}
	}
}

// TestWaitForItself: a write from within a transaction ends, instead of
// waiting for itself.
func TestWaitForItself(t *testing.T) {
	t.Parallel()
	clock := ticketingtest.NewClock()
	s := ticketingtest.NewStore(clock.Now, ticketingtest.Zone())
	err := s.InTx(context.Background(), func(ticketing.Tx) error {
		soon, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		return s.Forget(soon, "key")
	})
	if !errors.Is(err, ticketing.Busy) {
		t.Errorf("a write within a transaction = %v, want busy", err)
	}
	if err := s.Forget(context.Background(), "key"); err != nil {
		t.Errorf("the next write = %v", err)
	}
}

// TestTxOutlived: a transaction that is over refuses.
func TestTxOutlived(t *testing.T) {
	t.Parallel()
	clock := ticketingtest.NewClock()
	s := ticketingtest.NewStore(clock.Now, ticketingtest.Zone())
	var kept ticketing.Tx
	if err := s.InTx(context.Background(), func(tx ticketing.Tx) error { kept = tx; return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := kept.NextID(context.Background(), ticketing.IDTicket); !errors.Is(err, ticketing.Internal) {
		t.Errorf("NextID() after the end = %v, want internal", err)
	}
}
