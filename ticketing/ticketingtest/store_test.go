package ticketingtest_test

import (
	"testing"

	"github.com/sistem48/system48/storage/storagetest"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// TestStore holds the in-memory store against the suite that SQLite and
// PostgreSQL pass too (I11).
func TestStore(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(*testing.T) storagetest.Subject {
		clock := ticketingtest.NewClock()
		return storagetest.Subject{Ports: ticketingtest.NewStore(clock.Now, ticketingtest.Zone()), Clock: clock}
	})
}
