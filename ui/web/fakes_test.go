package web

import (
	"context"

	"github.com/sistem48/system48/ticketing"
)

// countingSessions counts writes.
type countingSessions struct {
	ticketing.SessionStore
	saves int
}

func (c *countingSessions) SaveSession(ctx context.Context, s ticketing.Session) error {
	c.saves++
	return c.SessionStore.SaveSession(ctx, s)
}
