package channels

import (
	"context"
	"io"

	"github.com/sistem48/system48/ticketing"
)

// A Source brings contacts in from one account.
type Source interface {
	// Name is the configured account's name.
	Name() string
	// Run works until ctx ends: it enters what it finds in the intake ledger
	// and only then tells the outside world. It survives every fault of the
	// peer by itself and returns nil when ctx ends.
	Run(ctx context.Context) error
}

// A Parser turns the stored bytes of a ledgered item into an Inbound. It never
// fails on what a citizen sent: an Inbound with Unreadable set is the worst
// answer. An error means that our own side (the blob store) is at fault, and
// the item is tried again.
type Parser interface {
	Parse(ctx context.Context, e ticketing.LedgerEntry) (ticketing.Inbound, error)
}

// A Sender transmits deliveries of one channel.
type Sender interface {
	// Compose gives the exact bytes that every attempt will send. It must not
	// depend on the recipient, nor on when it is called: two couriers that hold
	// copies of one message may both compose it.
	Compose(ctx context.Context, d ticketing.Delivery) ([]byte, error)
	// Transmit sends the composed bytes to d.To and reports what the peer said.
	// An attempt ends within a bounded time whatever the peer does. A Sender
	// may keep a connection open between calls.
	Transmit(ctx context.Context, d ticketing.Delivery, raw io.Reader, size int64) ticketing.Outcome
	// Confirm looks whether an earlier attempt with unknown outcome arrived
	// (for instance in the provider's Sent folder).
	Confirm(ctx context.Context, d ticketing.Delivery) (Confirmation, error)
}

// A Confirmation is what could be found out of an attempt whose answer was lost.
type Confirmation struct {
	Arrived    bool
	Known      bool   // false: it cannot be found out
	ProviderID string // what the provider calls what arrived; "" when it has no name for it
}
