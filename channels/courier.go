package channels

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// A Courier works the outbox of one channel: it claims deliveries, has their
// bytes composed once, transmits them and settles what happened. Any number
// may run on any number of processes; a claim that was lost settles nothing.
type Courier struct {
	Channel  ticketing.Channel
	Outbox   ticketing.Outbox
	Dispatch *ticketing.Dispatch
	Blobs    ticketing.Blobs
	Senders  map[string]Sender // by account
	// AutoPerHour bounds automatic mail over all addresses; what is beyond waits.
	AutoPerHour int
	Now         func() time.Time
	Log         *slog.Logger
	Workers     int // attempts at once; 0 = 4

	wake chan struct{}
	once sync.Once
}

const (
	courierBatch = 16
	courierPoll  = time.Second
	// courierLease is longer than any attempt may take: RFC 5321 §4.5.3.2 grants
	// a server ten minutes for the answer to the final dot alone.
	courierLease = 25 * time.Minute
)

func (c *Courier) init() { c.once.Do(func() { c.wake = make(chan struct{}, 1) }) }

// Wake makes the courier look at once. It never blocks.
func (c *Courier) Wake() {
	c.init()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends.
func (c *Courier) Run(ctx context.Context) error {
	c.init()
	failing := false
	for ctx.Err() == nil {
		did, err := c.Step(ctx)
		switch {
		case err != nil && ctx.Err() == nil && !failing:
			c.Log.WarnContext(ctx, "outbox waits", "part", "courier", "channel", string(c.Channel), "err", err)
			failing = true
		case err == nil && failing:
			c.Log.InfoContext(ctx, "outbox goes on", "part", "courier", "channel", string(c.Channel))
			failing = false
		}
		if did == courierBatch && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-c.wake:
		case <-time.After(courierPoll):
		}
	}
	return nil
}

// Step claims a batch, works it and returns how many deliveries it took.
func (c *Courier) Step(ctx context.Context) (int, error) {
	autoLeft := courierBatch
	if c.AutoPerHour > 0 {
		sent, err := c.Outbox.AutomaticSince(ctx, c.Now().Add(-time.Hour))
		if err != nil {
			return 0, err
		}
		autoLeft = max(0, min(courierBatch, c.AutoPerHour-sent))
	}
	claims, err := c.Outbox.ClaimDeliveries(ctx, c.Channel, courierBatch, courierLease, autoLeft)
	if err != nil || len(claims) == 0 {
		return 0, err
	}
	workers := c.Workers
	if workers == 0 {
		workers = 4
	}
	queue := make(chan ticketing.Delivery, len(claims))
	for _, d := range claims {
		queue <- d
	}
	close(queue)
	var wg sync.WaitGroup
	errs := make([]error, workers)
	for w := range workers {
		wg.Go(func() {
			for d := range queue {
				if err := c.attempt(ctx, d); err != nil {
					errs[w] = err
				}
			}
		})
	}
	wg.Wait()
	return len(claims), errors.Join(errs...)
}

// attempt works one claimed delivery to its settlement. When settling fails
// the lease runs out, and the next courier treats it as unknown.
func (c *Courier) attempt(ctx context.Context, d ticketing.Delivery) error {
	o := c.try(ctx, d)
	err := c.Dispatch.Settle(context.WithoutCancel(ctx), d, o)
	if errors.Is(err, ticketing.Stale) {
		c.Log.WarnContext(ctx, "claim was lost", "part", "courier", "delivery", int64(d.ID))
		return nil
	}
	if err == nil && o.State != ticketing.DeliverySent {
		c.Log.InfoContext(ctx, "delivery not sent", "part", "courier", "delivery", int64(d.ID), "state", string(o.State), "attempt", d.Attempts)
	}
	return err
}

func (c *Courier) try(ctx context.Context, d ticketing.Delivery) (o ticketing.Outcome) {
	defer func() {
		if p := recover(); p != nil {
			c.Log.ErrorContext(ctx, "sender panicked", "part", "courier", "delivery", int64(d.ID), "err", fmt.Sprint(p))
			o = ticketing.Outcome{State: ticketing.DeliveryUnknown, At: c.Now(), Reply: "internal error"}
		}
	}()
	s := c.Senders[d.Account]
	if s == nil {
		return c.retry("no account named " + d.Account)
	}
	if d.State == ticketing.DeliveryUnknown {
		if o, done := c.confirm(ctx, s, d); done {
			return o
		}
	}
	raw, size, err := c.bytes(ctx, s, d)
	if errors.Is(err, ticketing.NotFound) {
		return ticketing.Outcome{State: ticketing.DeliveryFailed, At: c.Now(), Reply: "an attached file is missing from the store"}
	}
	if err != nil {
		c.Log.WarnContext(ctx, "cannot compose", "part", "courier", "delivery", int64(d.ID), "err", err)
		return c.retry("cannot compose")
	}
	defer raw.Close()
	return s.Transmit(ctx, d, raw, size)
}

// confirm decides a delivery that may have left before. done is false when it
// is right to send the same bytes once more.
func (c *Courier) confirm(ctx context.Context, s Sender, d ticketing.Delivery) (ticketing.Outcome, bool) {
	arrived, known, err := s.Confirm(ctx, d)
	switch {
	case err != nil:
		c.Log.WarnContext(ctx, "cannot confirm", "part", "courier", "delivery", int64(d.ID), "err", err)
	case known && arrived:
		return ticketing.Outcome{State: ticketing.DeliverySent, At: d.TriedAt, Reply: "found among sent mail"}, true
	case known:
		return ticketing.Outcome{}, false
	}
	if d.Doubts >= 2 {
		return ticketing.Outcome{State: ticketing.DeliveryUnknown, At: c.Now(), Reply: "interrupted"}, true
	}
	return ticketing.Outcome{}, false
}

func (c *Courier) retry(why string) ticketing.Outcome {
	return ticketing.Outcome{State: ticketing.DeliveryRetry, At: c.Now(), Reply: why}
}

// bytes gives what every attempt sends: composed before the first one and kept.
func (c *Courier) bytes(ctx context.Context, s Sender, d ticketing.Delivery) (io.ReadCloser, int64, error) {
	if d.RawKey != "" {
		size, err := c.Blobs.Size(ctx, d.RawKey)
		if err != nil {
			return nil, 0, err
		}
		r, err := c.Blobs.Open(ctx, d.RawKey)
		return r, size, err
	}
	raw, err := s.Compose(ctx, d)
	if err != nil {
		return nil, 0, err
	}
	key, _, err := c.Blobs.Put(ctx, bytes.NewReader(raw), true)
	if err != nil {
		return nil, 0, err
	}
	if err := c.Outbox.SetRaw(ctx, d, key); err != nil {
		return nil, 0, err
	}
	return io.NopCloser(bytes.NewReader(raw)), int64(len(raw)), nil
}
