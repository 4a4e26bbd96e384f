package channels

import (
	"bytes"
	"context"
	"errors"
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
	// courierMargin is how much of its lease a delivery must have left to be
	// tried: what waited longer behind slow ones goes back.
	courierMargin = 15 * time.Minute
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
	groups := byMessage(claims)
	queue := make(chan []ticketing.Delivery, len(groups))
	for _, g := range groups {
		queue <- g
	}
	close(queue)
	var wg sync.WaitGroup
	errs := make([]error, workers)
	for w := range workers {
		wg.Go(func() {
			for g := range queue {
				errs[w] = errors.Join(errs[w], c.deliver(ctx, g))
			}
		})
	}
	wg.Wait()
	return len(claims), errors.Join(errs...)
}

// byMessage puts the copies of one message together: they share their bytes.
func byMessage(claims []ticketing.Delivery) (groups [][]ticketing.Delivery) {
	of := map[ticketing.MessageID]int{}
	for _, d := range claims {
		i, ok := of[d.Message]
		if !ok || d.Message == 0 {
			i, groups = len(groups), append(groups, nil)
			of[d.Message] = i
		}
		groups[i] = append(groups[i], d)
	}
	return groups
}

// deliver works the copies of one message one after another.
func (c *Courier) deliver(ctx context.Context, copies []ticketing.Delivery) error {
	var errs []error
	for i := range copies {
		if i > 0 && copies[i].RawKey == "" {
			copies[i].RawKey = copies[i-1].RawKey
		}
		errs = append(errs, c.attempt(ctx, &copies[i]))
	}
	return errors.Join(errs...)
}

// attempt works one claimed delivery to its settlement. When settling fails
// the lease runs out, and the next courier treats it as unknown.
func (c *Courier) attempt(ctx context.Context, d *ticketing.Delivery) error {
	o := c.try(ctx, d)
	err := c.Dispatch.Settle(context.WithoutCancel(ctx), *d, o)
	if errors.Is(err, ticketing.Stale) {
		c.Log.WarnContext(ctx, "claim was lost", "part", "courier", "delivery", int64(d.ID))
		return nil
	}
	if err == nil && o.State != ticketing.DeliverySent {
		c.Log.InfoContext(ctx, "delivery not sent", "part", "courier", "delivery", int64(d.ID), "state", string(o.State), "attempt", d.Attempts)
	}
	return err
}

func (c *Courier) try(ctx context.Context, d *ticketing.Delivery) (o ticketing.Outcome) {
	left := false // whether the peer may have seen anything of it
	defer func() {
		if p := recover(); p != nil {
			c.Log.ErrorContext(ctx, "sender panicked", "part", "courier", "delivery", int64(d.ID), "err", panicKind(p))
			if o = c.retry("internal error"); left {
				o.State = ticketing.DeliveryUnknown
			}
		}
	}()
	s := c.Senders[d.Account]
	switch {
	case s == nil:
		return c.retry("no account named " + d.Account)
	case ctx.Err() != nil:
		return c.retry("not tried: the program ends")
	case !d.LeaseUntil.IsZero() && c.Now().Add(courierMargin).After(d.LeaseUntil):
		return c.retry("not tried: waited too long behind others")
	}
	// Without kept bytes no attempt can have got as far as the peer.
	if (d.State == ticketing.DeliveryUnknown || d.Doubts > 0) && d.RawKey != "" {
		if o, done := c.confirm(ctx, s, *d); done {
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
	left = true
	return s.Transmit(ctx, *d, raw, size)
}

// confirm decides a delivery that may have left before. done is false when it
// is right to send the same bytes once more.
func (c *Courier) confirm(ctx context.Context, s Sender, d ticketing.Delivery) (ticketing.Outcome, bool) {
	found, err := s.Confirm(ctx, d)
	switch {
	case err != nil:
		c.Log.WarnContext(ctx, "cannot confirm", "part", "courier", "delivery", int64(d.ID), "err", err)
	case found.Known && found.Arrived:
		return ticketing.Outcome{State: ticketing.DeliverySent, At: d.TriedAt, Reply: "found among what was sent", ProviderID: found.ProviderID}, true
	case found.Known:
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
// Kept bytes that are gone from the store are composed anew.
func (c *Courier) bytes(ctx context.Context, s Sender, d *ticketing.Delivery) (io.ReadCloser, int64, error) {
	if d.RawKey != "" {
		r, size, err := c.kept(ctx, d.RawKey)
		if !errors.Is(err, ticketing.NotFound) {
			return r, size, err
		}
	}
	raw, err := s.Compose(ctx, *d)
	if err != nil {
		return nil, 0, err
	}
	key, _, err := c.Blobs.Put(ctx, bytes.NewReader(raw), true)
	if err != nil {
		return nil, 0, err
	}
	if err := c.Outbox.SetRaw(ctx, *d, key); err != nil {
		return nil, 0, err
	}
	d.RawKey = key
	return io.NopCloser(bytes.NewReader(raw)), int64(len(raw)), nil
}

func (c *Courier) kept(ctx context.Context, key string) (io.ReadCloser, int64, error) {
	size, err := c.Blobs.Size(ctx, key)
	if err != nil {
		return nil, 0, err
	}
	r, err := c.Blobs.Open(ctx, key)
	return r, size, err
}
