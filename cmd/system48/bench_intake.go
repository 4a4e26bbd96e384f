package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/sistem48/system48/channels/email/emailtest"
	"github.com/sistem48/system48/ticketing"
)

// benchConfig gives the configuration of a measured installation. Nothing takes
// outgoing mail: it stays in the outbox.
func (b *bench) benchConfig(dir, database string, imapPort int) (path, web, ops string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", "", "", err
	}
	if web, err = freeAddr(); err != nil {
		return "", "", "", err
	}
	if ops, err = freeAddr(); err != nil {
		return "", "", "", err
	}
	password := filepath.Join(dir, "password")
	text := fmt.Sprintf(`public_url: http://%[1]s
http: {listen: %[1]q}
ops: {listen: %[2]q}
database: {url: %[3]q}
blobs: {url: %[4]q}
keys: {thread_key_file: %[5]q, tracking_key_file: %[6]q}
log: {level: warn, format: json}
`, web, ops, database, "file:"+filepath.Join(dir, "blobs"), filepath.Join(dir, "thread.key"), filepath.Join(dir, "tracking.key"))
	if imapPort != 0 {
		text += fmt.Sprintf(`channels:
  email:
    - name: s48
      address: sistem48@demo.example
      imap: {host: 127.0.0.1, port: %d, tls: none, user: %s, password_file: %q, start_from: all, mark: move, poll_interval: 30s}
      smtp: {host: 127.0.0.1, port: 1, tls: none, password_file: %[3]q, timeout: 2s}
`, imapPort, benchUser, password)
	}
	path = filepath.Join(dir, "config.yaml")
	return path, web, ops, errors.Join(os.WriteFile(password, []byte(benchPassword), 0o600), os.WriteFile(path, []byte(text), 0o600))
}

// intake measures how fast a mailbox full of mails becomes tickets: read,
// ledgered, parsed, threaded, searchable, receipt queued. The courier is held.
func (b *bench) intake(ctx context.Context, engine string) (err error) {
	url, drop, err := b.database(ctx, engine, "intake")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, drop()) }()
	mail, err := startBenchMail()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, mail.close()) }()
	for m := range emailtest.Corpus(48, b.mails) {
		if err := mail.deliver(m.Raw); err != nil {
			return err
		}
	}
	dir := filepath.Join(b.dir, "intake-"+engine)
	defer os.RemoveAll(dir) //nolint:errcheck // a folder of files that were measured
	path, _, _, err := b.benchConfig(dir, url, mail.port)
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
	defer func() { err = errors.Join(err, s.close()) }()
	cpu := cpuTime()
	took, err := b.drain(ctx, s, engine)
	if err != nil {
		return err
	}
	rate := float64(b.mails) / took.Seconds()
	b.notes = append(b.notes, fmt.Sprintf("Intake on %s: %.2f ms of this process's CPU a mail; load of the machine %s.", engine,
		(cpuTime()-cpu).Seconds()*1000/float64(b.mails), loadAverage()))
	b.add(benchRow{measure: fmt.Sprintf("%d mails in Dovecot → tickets", b.mails), engine: engine, rate: rate, goal: "≥ 500/s"})
	return nil
}

// drain runs the mailbox and the receiver until every mail has its disposition.
func (b *bench) drain(ctx context.Context, s *system, engine string) (time.Duration, error) {
	t, err := s.openTraffic("bench")
	if err != nil {
		return 0, err
	}
	runtime.GC()
	if b.profile != "" {
		f, err := os.Create(b.profile + "-" + engine)
		if err != nil {
			return 0, err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return 0, err
		}
		defer pprof.StopCPUProfile()
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	began := time.Now()
	wg.Go(func() { _ = t.sources[0].Run(running) })
	wg.Go(func() { _ = t.receiver.Run(running) })
	for time.Since(began) < time.Hour {
		time.Sleep(100 * time.Millisecond)
		sum, err := s.db.Overview(ctx, time.Now())
		if err != nil {
			return 0, err
		}
		done := 0
		for state, n := range sum.Ledger {
			if state != ticketing.LedgerReceived {
				done += n
			}
		}
		if done >= b.mails {
			return time.Since(began), nil
		}
	}
	return 0, errors.New("not done within an hour")
}

// cpuTime is what this process has used of the processors.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// loadAverage is the load of the machine over the last minute: how alone a
// measure was.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	load, _, _ := strings.Cut(string(text), " ")
	return load
}
