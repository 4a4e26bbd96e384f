package ticketingtest

import (
	"sync"
	"time"
)

// Start is where a new Clock stands: Monday 5 January 2026, 09:00 in
// Podgorica, an ordinary working morning in winter time.
var Start = time.Date(2026, time.January, 5, 8, 0, 0, 0, time.UTC)

// A Clock stands still until a test moves it. It is safe for concurrent use.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// NewClock gives a clock that stands at Start.
func NewClock() *Clock { return &Clock{at: Start} }

// NewClockAt gives a clock that stands at the instant.
func NewClockAt(at time.Time) *Clock { return &Clock{at: at} }

// Now is the instant the clock stands at. Pass the method as "now".
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Advance moves the clock on and gives the new instant.
func (c *Clock) Advance(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
	return c.at
}

// Set puts the clock to the instant, also backwards.
func (c *Clock) Set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}
