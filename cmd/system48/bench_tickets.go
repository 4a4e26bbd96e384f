package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sistem48/system48/storage"
	"github.com/sistem48/system48/ticketing"
)

// tickets measures the agent's pages and acts at growing numbers of tickets.
func (b *bench) tickets(ctx context.Context, engine string) error {
	for _, n := range b.sizes {
		if err := b.ticketsAt(ctx, engine, n); err != nil {
			return fmt.Errorf("at %d tickets: %w", n, err)
		}
	}
	return nil
}

func (b *bench) ticketsAt(ctx context.Context, engine string, n int) (err error) {
	purpose := fmt.Sprintf("t%d", n)
	url, drop, err := b.database(ctx, engine, purpose)
	if err != nil {
		return err
	}
	if !b.keep {
		defer func() { err = errors.Join(err, drop()) }()
	}
	dir := filepath.Join(b.dir, purpose+"-"+engine)
	path, web, ops, err := b.benchConfig(dir, url, 0)
	if err != nil {
		return err
	}
	s, err := b.filled(ctx, path, dir, engine, n)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	p, err := b.startServe(ctx, path, web, ops)
	if err != nil {
		return err
	}
	defer p.stop()
	return b.measureTickets(ctx, s, p, engine, n)
}

// filled opens the installation, filling it the first time.
func (b *bench) filled(ctx context.Context, path, dir, engine string, n int) (*system, error) {
	cfg, _, err := LoadConfig(path, nil)
	if err != nil {
		return nil, err
	}
	sampleCity(&cfg)
	cfg.DefaultProfile = "24x7"
	s, err := openSystem(ctx, cfg, newLogger(b.errs, LogConfig{Level: "warn", Format: "text"}))
	if err != nil {
		return nil, err
	}
	mark := filepath.Join(dir, "filled")
	if _, err := os.Stat(mark); err == nil {
		return s, b.disk(ctx, cfg.Database.URL, engine, n)
	}
	seeded := n / (b.copies + 1)
	if _, err := os.Stat(mark + "-once"); err != nil {
		began := time.Now()
		if err := b.fill(ctx, s, seeded); err != nil {
			return nil, errors.Join(err, s.close())
		}
		b.add(benchRow{measure: "written in bulk", engine: engine, size: sizeName(seeded), rate: float64(seeded) / time.Since(began).Seconds()})
		if err := os.WriteFile(mark+"-once", nil, 0o600); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	if b.copies > 0 {
		if err := multiply(ctx, cfg.Database.URL, engine, b.copies); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	if err := analyze(ctx, cfg.Database.URL); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, errors.Join(b.disk(ctx, cfg.Database.URL, engine, n), os.WriteFile(mark, nil, 0o600))
}

// disk records what the filled database takes.
func (b *bench) disk(ctx context.Context, url, engine string, n int) error {
	size, err := diskBytes(ctx, url)
	goal := "≤ 450 MB"
	if engine == "postgres" {
		goal = "≤ 700 MB"
	}
	if b.copies > 0 {
		return err // copies lack what else a ticket takes
	}
	b.add(benchRow{
		measure: "disk per 100k tickets", engine: engine, size: sizeName(n),
		value: fmt.Sprintf("%.0f MB", float64(size)/1e6*100_000/float64(n)), goal: goal,
	})
	return err
}

// fill tells the past, and lets the duties do what they would have done in it,
// so that they do not do it while something else is measured.
func (b *bench) fill(ctx context.Context, s *system, n int) error {
	if err := b.seedTickets(ctx, s, n); err != nil {
		return err
	}
	for _, d := range s.duties() {
		if slices.Contains([]string{"watch", "settle", "seal", "facts"}, d.name) {
			if err := d.run(ctx); err != nil {
				return fmt.Errorf("%s: %w", d.name, err)
			}
		}
	}
	return nil
}

func sizeName(n int) string {
	switch {
	case n >= 1_000_000 && n%1_000_000 == 0:
		return fmt.Sprintf("%dM", n/1_000_000)
	case n%1000 == 0:
		return fmt.Sprintf("%dk", n/1000)
	}
	return fmt.Sprint(n)
}

// openRaw opens the database past the program.
func openRaw(url string) (*sql.DB, error) {
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		return sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(20000)&_pragma=journal_mode(wal)&_pragma=synchronous(full)")
	}
	return sql.Open("pgx", url)
}

// analyze brings the planner's statistics up to date, as autovacuum does in its time.
func analyze(ctx context.Context, url string) error {
	db, err := openRaw(url)
	if err != nil {
		return err
	}
	text := "vacuum analyze"
	if strings.HasPrefix(url, "sqlite:") {
		text = "pragma optimize=0x10002; pragma wal_checkpoint(truncate)"
	}
	_, err = db.ExecContext(ctx, text)
	return errors.Join(err, db.Close())
}

// diskBytes is what the database takes on the disk, without the log of PostgreSQL.
func diskBytes(ctx context.Context, url string) (int64, error) {
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		var sum int64
		for _, suffix := range []string{"", "-wal"} {
			if info, err := os.Stat(path + suffix); err == nil {
				sum += info.Size()
			}
		}
		return sum, nil
	}
	db, err := openRaw(url)
	if err != nil {
		return 0, err
	}
	var size int64
	err = db.QueryRowContext(ctx, "select pg_database_size(current_database())").Scan(&size)
	return size, errors.Join(err, db.Close())
}

// pageAfter gives the place in a list behind so many pages of fifty, or behind
// as many as there are, and how many that were.
func pageAfter(ctx context.Context, db *storage.DB, f ticketing.TicketFilter, pages int) (string, int, error) {
	f.Scope, f.Limit = ticketing.Scope{All: true}, 50
	f.Cursor = ""
	for n := 1; n < pages; n++ {
		page, err := db.Tickets(ctx, f, 0)
		if err != nil || page.Next == "" {
			return f.Cursor, n, err
		}
		f.Cursor = page.Next
	}
	return f.Cursor, pages, nil
}
