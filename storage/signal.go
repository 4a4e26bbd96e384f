package storage

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// SignalResync is the Type of the signal that says: some may have been lost,
// look at everything you show again.
const SignalResync = "resync"

const (
	signalChannel = "system48"
	signalRoom    = 1024 // waiting signals of one listener, then a resync instead
	notifyBytes   = 7000 // of one notification; PostgreSQL's bound is 8000
	notifyGather  = 5 * time.Millisecond
)

// Listen gives the signals of committed transactions of every process from now
// on, until ctx ends, which closes the channel. Equal signals that wait together
// arrive once; a listener that is too slow gets a resync instead of what it
// missed.
func (db *DB) Listen(ctx context.Context) <-chan ticketing.Signal {
	if db.publisher != nil {
		db.publisher.listen()
	}
	return db.bus.subscribe(ctx)
}

// Announce hands a signal that belongs to no transaction to the listeners of
// every process: where somebody is. It may be lost.
func (db *DB) Announce(s ticketing.Signal) { db.publish([]ticketing.Signal{s}) }

// publish hands signals to the listeners of this process and, on PostgreSQL, to
// the other processes. It does not wait: what committed must not depend on it.
func (db *DB) publish(signals []ticketing.Signal) {
	if len(signals) == 0 {
		return
	}
	db.noticed(signals)
	db.bus.publish(signals)
	if db.publisher != nil {
		db.publisher.add(signals)
	}
}

// noticed drops what this process keeps of things that changed.
func (db *DB) noticed(signals []ticketing.Signal) {
	for _, s := range signals {
		if s.Type == "directory" || s.Type == SignalResync {
			db.directory.expire()
		}
	}
}

// A bus hands signals to the listeners of one process.
type bus struct {
	mu     sync.Mutex
	subs   map[*subscription]bool
	closed bool
}

func newBus() *bus { return &bus{subs: map[*subscription]bool{}} }

// A subscription is one listener with what waits for it.
type subscription struct {
	mu      sync.Mutex
	waiting []ticketing.Signal
	in      map[ticketing.Signal]bool
	wake    chan struct{}
}

func (b *bus) subscribe(ctx context.Context) <-chan ticketing.Signal {
	s := &subscription{in: map[ticketing.Signal]bool{}, wake: make(chan struct{}, 1)}
	out := make(chan ticketing.Signal)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		close(out)
		return out
	}
	b.subs[s] = true
	go b.pump(ctx, s, out)
	return out
}

func (b *bus) pump(ctx context.Context, s *subscription, out chan<- ticketing.Signal) {
	defer close(out)
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.subs, s)
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case _, open := <-s.wake:
			for _, sig := range s.take() {
				select {
				case out <- sig:
				case <-ctx.Done():
					return
				}
			}
			if !open {
				return
			}
		}
	}
}

func (s *subscription) take() []ticketing.Signal {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.waiting
	s.waiting = nil
	clear(s.in)
	return list
}

func (s *subscription) put(signals []ticketing.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sig := range signals {
		if s.in[sig] {
			continue
		}
		if len(s.waiting) >= signalRoom {
			clear(s.in)
			sig = ticketing.Signal{Type: SignalResync}
			s.waiting = s.waiting[:0]
		}
		s.in[sig] = true
		s.waiting = append(s.waiting, sig)
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (b *bus) publish(signals []ticketing.Signal) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for s := range b.subs {
		s.put(signals)
	}
}

func (b *bus) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	b.closed = true
	for s := range b.subs {
		close(s.wake)
		delete(b.subs, s)
	}
}

// A publisher carries signals between processes by NOTIFY. It gathers what
// transactions publish and notifies outside of them: a NOTIFY within a
// transaction holds a lock over its commit that only one transaction of the
// whole server can have, which would end the sharing of disk writes among them.
type publisher struct {
	db     *DB
	name   string // of this process, to pass over what it said itself
	mu     sync.Mutex
	queue  []ticketing.Signal
	in     map[ticketing.Signal]bool
	wake   chan struct{}
	quit   chan struct{}
	done   sync.WaitGroup
	ctx    context.Context //nolint:containedctx // of the background work, ends with the database
	listns sync.Once
}

func newPublisher(ctx context.Context, db *DB) *publisher {
	var id [6]byte
	_, _ = rand.Read(id[:]) // never fails (crypto/rand)
	p := &publisher{
		db: db, name: hex.EncodeToString(id[:]), in: map[ticketing.Signal]bool{},
		wake: make(chan struct{}, 1), quit: make(chan struct{}), ctx: ctx,
	}
	p.done.Go(p.loop)
	return p
}

func (p *publisher) add(signals []ticketing.Signal) {
	p.mu.Lock()
	for _, s := range signals {
		if len(p.queue) >= signalRoom {
			clear(p.in)
			p.queue = p.queue[:0]
			s = ticketing.Signal{Type: SignalResync}
		}
		if !p.in[s] {
			p.in[s] = true
			p.queue = append(p.queue, s)
		}
	}
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (p *publisher) take() []ticketing.Signal {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.queue
	p.queue = nil
	clear(p.in)
	return list
}

// close sends what waits and ends the background work.
func (p *publisher) close() {
	select {
	case <-p.quit:
		return
	default:
		close(p.quit)
	}
	p.db.stop()
	p.done.Wait()
}

func (p *publisher) loop() {
	for {
		select {
		case <-p.quit:
			ctx, cancel := context.WithTimeout(context.WithoutCancel(p.ctx), connectTimeout)
			defer cancel()
			_ = p.send(ctx, p.take())
			return
		case <-p.wake:
		}
		list := p.take()
		err := p.send(p.ctx, list)
		pause := notifyGather
		if err != nil {
			// The others cannot be told now; they will be told to look again.
			p.add([]ticketing.Signal{{Type: SignalResync}})
			pause = time.Second
		}
		select {
		case <-p.quit:
		case <-time.After(pause):
		}
	}
}

// send notifies in as few notifications as hold the signals. Losing them in a
// crash of the server is as good as not having sent them, so the commit need
// not wait for the disk.
func (p *publisher) send(ctx context.Context, signals []ticketing.Signal) error {
	for len(signals) > 0 {
		var b strings.Builder
		b.WriteString(p.name)
		for len(signals) > 0 {
			text, err := json.Marshal(signals[0])
			if err != nil || b.Len()+len(text)+1 > notifyBytes {
				break
			}
			b.WriteByte('\n')
			b.Write(text)
			signals = signals[1:]
		}
		_, err := p.db.pool.Exec(ctx,
			"with off as (select set_config('synchronous_commit', 'off', true)) select pg_notify($1, $2) from off",
			signalChannel, b.String())
		if err != nil {
			return err
		}
	}
	return nil
}

// listen starts hearing other processes, once.
func (p *publisher) listen() {
	p.listns.Do(func() { p.done.Go(p.hear) })
}

// hear passes on what other processes notify, over lost connections.
func (p *publisher) hear() {
	for p.ctx.Err() == nil {
		err := p.hearOnce()
		if p.ctx.Err() != nil {
			return
		}
		p.db.log.WarnContext(p.ctx, "lost the connection that hears other processes", "err", err)
		select {
		case <-p.ctx.Done():
		case <-time.After(jitter(longestPause)):
		}
	}
}

func (p *publisher) hearOnce() error {
	c, err := p.db.pool.Acquire(p.ctx)
	if err != nil {
		return err
	}
	conn := c.Hijack() // LISTEN belongs to the connection: it must not go back to the pool
	defer func() { _ = conn.Close(context.WithoutCancel(p.ctx)) }()
	if _, err := conn.Exec(p.ctx, "listen "+signalChannel); err != nil {
		return err
	}
	p.heard([]ticketing.Signal{{Type: SignalResync}}) // what was said while nobody heard
	for {
		n, err := conn.WaitForNotification(p.ctx)
		if err != nil {
			return err
		}
		lines := strings.Split(n.Payload, "\n")
		if lines[0] == p.name {
			continue
		}
		var signals []ticketing.Signal
		for _, l := range lines[1:] {
			var s ticketing.Signal
			if err := json.Unmarshal([]byte(l), &s); err == nil {
				signals = append(signals, s)
			}
		}
		p.heard(signals)
	}
}

func (p *publisher) heard(signals []ticketing.Signal) {
	p.db.noticed(signals)
	p.db.bus.publish(signals)
}
