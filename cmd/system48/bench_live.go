package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"
)

const benchLiveMails = 30

// live measures how long a delivered mail takes to stand in an open queue page:
// the server's push, the ledger, the ticket, the signal, the fetch.
func (b *bench) live(ctx context.Context, engine string) (err error) {
	url, drop, err := b.database(ctx, engine, "live")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, drop()) }()
	mail, err := startBenchMail()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, mail.close()) }()
	path, web, ops, err := b.benchConfig(filepath.Join(b.dir, "live-"+engine), url, mail.port)
	if err != nil {
		return err
	}
	cfg, _, err := LoadConfig(path, nil)
	if err != nil {
		return err
	}
	s, err := openSystem(ctx, cfg, newLogger(b.errs, LogConfig{Level: "warn", Format: "text"}))
	if err != nil {
		return err
	}
	err = errors.Join(b.addAgent(ctx, s), s.close())
	if err != nil {
		return err
	}
	p, err := b.startServe(ctx, path, web, ops)
	if err != nil {
		return err
	}
	defer p.stop()
	signals, hangUp, err := p.signals(ctx)
	if err != nil {
		return err
	}
	defer hangUp()
	var all timings
	for i := range benchLiveMails {
		time.Sleep(500 * time.Millisecond) // the system is idle again
		took, err := p.awaitMail(ctx, mail, signals, i)
		if err != nil {
			return err
		}
		if i > 2 { // the first ones meet a mailbox that is still being opened
			all = append(all, took)
		}
	}
	b.add(benchRow{measure: "mail delivered → in an open queue page", engine: engine, p50: all.at(.5), p99: all.at(.99), goal: "≤ 1 s"})
	if err := b.busy(ctx, p, mail, engine); err != nil {
		return err
	}
	return b.largest(ctx, p, mail, signals, engine)
}

// signals opens the stream that an open page listens to.
func (p *benchServe) signals(ctx context.Context) (<-chan struct{}, func(), error) {
	ctx, cancel := context.WithCancel(ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+"/agent/events", nil)
	if err != nil {
		cancel()
		return nil, nil, err
	}
	stream := &http.Client{Jar: p.client.Jar}
	resp, err := stream.Do(req) //nolint:bodyclose // closed by the caller, with the stream
	if err != nil {
		cancel()
		return nil, nil, err
	}
	if resp.StatusCode != http.StatusOK {
		cancel()
		return nil, nil, errors.Join(fmt.Errorf("events: %s", resp.Status), resp.Body.Close())
	}
	out := make(chan struct{}, 64)
	go func() {
		defer resp.Body.Close()
		lines := bufio.NewScanner(resp.Body)
		for lines.Scan() {
			if !strings.HasPrefix(lines.Text(), "data:") {
				continue
			}
			select {
			case out <- struct{}{}:
			default:
			}
		}
	}()
	return out, cancel, nil
}

// awaitMail delivers a mail and fetches the page at every signal until it is there.
func (p *benchServe) awaitMail(ctx context.Context, mail *benchMail, signals <-chan struct{}, i int) (time.Duration, error) {
	subject := fmt.Sprintf("Predmet mjerenja %d", i)
	raw := fmt.Sprintf("From: <gradjanin%d@posta.example>\r\nTo: <sistem48@demo.example>\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <mjerenje-%d@posta.example>\r\n\r\nNe radi rasvjeta u ulici.\r\n",
		i, subject, time.Now().Format(time.RFC1123Z), i)
	began := time.Now()
	if err := mail.deliver([]byte(raw)); err != nil {
		return 0, err
	}
	for {
		select {
		case <-signals:
		case <-time.After(15 * time.Second):
			return 0, fmt.Errorf("mail %d is not seen within 15 s", i)
		}
		body, _, err := p.get(ctx, "/agent/v/all?sort=-received")
		if err != nil {
			return 0, err
		}
		if strings.Contains(body, subject) {
			return time.Since(began), nil
		}
	}
}
