package web

import (
	"context"
	"fmt"
	"hash/maphash"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sistem48/system48/ticketing"
)

// Guess does what proves the client right. A wrong proof counts as an attempt under
// the name, and so does one that is no longer good, so that the two cannot be told
// apart; an error of ours (Busy, Internal) and a client that went away do not. Beyond maximum per window right and wrong ones are
// Throttled alike. A right one neither counts nor clears what was counted. Of one
// network one is looked at after another, so that many at once get no more tries.
func (k *Kit) Guess(c echo.Context, name string, maximum int, window time.Duration, prove func() error) error {
	ctx, key := c.Request().Context(), limitKey(c, name)
	done, err := k.turns.take(ctx, key)
	if err != nil {
		return err
	}
	defer done()
	wait, err := k.Gate.Wait(ctx, key, maximum)
	if err != nil {
		return err
	}
	if wait > 0 {
		return throttled(wait)
	}
	wrong := prove()
	if !guessed(wrong) {
		return wrong
	}
	if err := k.Limit(c, name, maximum, window); err != nil {
		return err // another process counted the last try meanwhile
	}
	return wrong
}

// guessed reports whether the error says that the client proved nothing.
func guessed(err error) bool {
	switch ticketing.KindOf(err) {
	case ticketing.NotFound, ticketing.Gone, ticketing.Invalid, ticketing.Forbidden, ticketing.Unauthenticated:
		return true
	default:
		return false
	}
}

// turns lets those of one key go one after another; others may have to wait for
// them now and then.
type turns struct {
	seed maphash.Seed
	at   [64]chan struct{}
}

func newTurns() *turns {
	t := &turns{seed: maphash.MakeSeed()}
	for i := range t.at {
		t.at[i] = make(chan struct{}, 1)
	}
	return t
}

func (t *turns) take(ctx context.Context, key string) (done func(), err error) {
	turn := t.at[maphash.String(t.seed, key)%uint64(len(t.at))]
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a turn: %w", ctx.Err())
	}
}
