package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// A bench is one run of the measures: where it works and what it found.
type bench struct {
	out, errs io.Writer
	dir       string // everything it makes
	postgres  string // URL of a cluster; "" leaves PostgreSQL out
	engines   []string
	sizes     []int
	copies    int
	mails     int
	keep      bool
	profile   string
	rows      []benchRow
	notes     []string
	limit     map[string]float64 // what the machine does at best, per second
}

// A benchRow is a line of the table.
type benchRow struct {
	measure, engine, size string
	p50, p99              time.Duration // 0: not that kind of measure
	rate                  float64       // per second; 0: none
	value                 string        // instead of times
	limit                 float64       // what the same machine did at best in this run, per second
	goal                  string
}

var benchMeasures = []string{"limits", "intake", "tickets", "live"}

// newBenchCommand measures the program on this machine: for those who work on
// it, and for an operator who wants to know what a machine can bear.
func newBenchCommand() *cobra.Command {
	b := &bench{limit: map[string]float64{}}
	cmd := &cobra.Command{
		Use: "bench [" + strings.Join(benchMeasures, "|") + "]...", Short: "Measure this program on this machine", Hidden: true,
		ValidArgs: benchMeasures, Args: cobra.OnlyValidArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			b.out, b.errs = cmd.OutOrStdout(), cmd.ErrOrStderr()
			if len(args) == 0 {
				args = benchMeasures
			}
			return b.run(cmd.Context(), args)
		},
	}
	url := os.Getenv("SYSTEM48_BENCH_POSTGRES")
	if url == "" {
		url = os.Getenv("SYSTEM48_TEST_POSTGRES")
	}
	f := cmd.Flags()
	f.StringVar(&b.postgres, "postgres", url, "`URL` of a PostgreSQL cluster where databases may be made (SYSTEM48_BENCH_POSTGRES)")
	f.StringVar(&b.dir, "dir", "", "`DIR` for everything that is made, on the disk to be measured; kept when given")
	f.StringSliceVar(&b.engines, "engine", []string{"sqlite", "postgres"}, "engines to measure")
	f.IntSliceVar(&b.sizes, "tickets", []int{10_000, 100_000}, "numbers of tickets to measure at")
	f.IntVar(&b.copies, "copies", 0, "write the tickets by copying a past of 1/(N+1) of their number N times: quick, without events and search words")
	f.IntVar(&b.mails, "mails", 10_000, "how many mails wait in the mailbox")
	f.StringVar(&b.profile, "cpuprofile", "", "write a CPU profile of the intake to `FILE`-ENGINE")
	return cmd
}

func (b *bench) run(ctx context.Context, measures []string) (err error) {
	if b.dir == "" {
		if b.dir, err = os.MkdirTemp("", "system48-bench-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	} else {
		b.keep = true
		if err := os.MkdirAll(b.dir, 0o700); err != nil {
			return err
		}
	}
	if b.postgres == "" {
		b.engines = slices.DeleteFunc(b.engines, func(e string) bool { return e == "postgres" })
		fmt.Fprintln(b.errs, "bench: no --postgres: only the embedded database is measured")
	}
	for _, engine := range b.engines {
		for _, m := range measures {
			if err := b.measure(ctx, engine, m); err != nil {
				b.print()
				return fmt.Errorf("%s on %s: %w", m, engine, err)
			}
		}
	}
	b.print()
	return nil
}

func (b *bench) measure(ctx context.Context, engine, what string) error {
	fmt.Fprintf(b.errs, "bench: %s on %s\n", what, engine)
	switch what {
	case "limits":
		return b.limits(ctx, engine)
	case "intake":
		return b.intake(ctx, engine)
	case "tickets":
		return b.tickets(ctx, engine)
	}
	return b.live(ctx, engine)
}

func (b *bench) add(r benchRow) {
	b.rows = append(b.rows, r)
	fmt.Fprintln(b.errs, r.String())
}

// String is the row as a line of a markdown table.
func (r benchRow) String() string {
	ms := func(d time.Duration) string {
		if d == 0 {
			return ""
		}
		return fmt.Sprintf("%.2f", float64(d.Microseconds())/1000)
	}
	rate, ratio := r.value, ""
	if r.rate > 0 {
		rate = fmt.Sprintf("%.0f/s", r.rate)
		if r.limit > 0 {
			ratio = fmt.Sprintf("%.0f %% of %.0f/s", 100*r.rate/r.limit, r.limit)
		}
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s | %s |", r.measure, r.engine, r.size, ms(r.p50), ms(r.p99), rate, ratio, r.goal)
}

func (b *bench) print() {
	fmt.Fprintf(b.out, "\n%s, %d cores, %s/%s, %s\n\n", time.Now().Format("2 January 2006 15:04"), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	fmt.Fprintln(b.out, "| measure | engine | tickets | p50 ms | p99 ms | rate or value | of the limit | goal |\n|---|---|---|---|---|---|---|---|")
	for _, r := range b.rows {
		fmt.Fprintln(b.out, r.String())
	}
	for _, n := range b.notes {
		fmt.Fprintln(b.out, "\n"+n)
	}
}

// database gives the URL of an empty database for a purpose, and what removes it.
func (b *bench) database(ctx context.Context, engine, purpose string) (url string, drop func() error, err error) {
	if engine == "sqlite" {
		dir := filepath.Join(b.dir, purpose+"-sqlite")
		return "sqlite:" + filepath.Join(dir, "s48.db"), func() error { return os.RemoveAll(dir) }, nil
	}
	admin, err := sql.Open("pgx", b.postgres)
	if err != nil {
		return "", nil, err
	}
	name := strings.ReplaceAll("s48_bench_"+purpose, "-", "_")
	drop = func() error {
		_, err := admin.ExecContext(context.WithoutCancel(ctx), "drop database if exists "+name+" with (force)")
		return errors.Join(err, admin.Close())
	}
	if !b.keep {
		if _, err := admin.ExecContext(ctx, "drop database if exists "+name+" with (force)"); err != nil {
			return "", nil, withCode(exitUnavailable, err)
		}
	}
	if _, err := admin.ExecContext(ctx, "create database "+name); err != nil && !strings.Contains(err.Error(), "42P04") {
		return "", nil, err
	}
	at := strings.LastIndexByte(b.postgres, '/')
	end := strings.IndexByte(b.postgres[at:], '?')
	if end < 0 {
		return b.postgres[:at+1] + name, drop, nil
	}
	return b.postgres[:at+1] + name + b.postgres[at+end:], drop, nil
}

// A timings gathers how long requests took.
type timings []time.Duration

func (t timings) at(share float64) time.Duration {
	if len(t) == 0 {
		return 0
	}
	s := slices.Clone(t)
	slices.Sort(s)
	return s[min(int(share*float64(len(s))), len(s)-1)]
}
