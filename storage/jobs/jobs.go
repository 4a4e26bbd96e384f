package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

// A Duty is periodic work.
type Duty struct {
	Name  string
	Every time.Duration // between runs; for a daily duty 0
	Hour  int           // of a daily duty: the local hour it runs at
	Run   func(ctx context.Context) error
}

// Settings of River (measured: the defaults rescue after an hour and let a job
// wait for 100 ms).
const (
	fetchCooldown = 50 * time.Millisecond
	fetchPoll     = time.Second
	jobTimeout    = 2 * time.Minute
	rescueAfter   = 5 * time.Minute
	workers       = 4
	softStop      = 10 * time.Second
)

// Config says on which database the duties run: exactly one of Pool and Writer.
type Config struct {
	Pool   *pgxpool.Pool  // PostgreSQL
	Writer *sql.DB        // the one writer of the embedded database
	Zone   *time.Location // in which daily duties have their hour
	Log    *slog.Logger
	// ID names this process among those that share the database.
	ID string
	// Tasks says who does the tasks that transactions enter.
	Tasks []TaskWorker
}

// startPause is how long to wait before starting anew what could not be started.
const startPause = 5 * time.Second

// Run works the duties until ctx ends, then lets the one in hand finish for a
// few seconds. While the database is away it waits for it.
func Run(ctx context.Context, cfg Config, duties []Duty) error {
	for {
		var err error
		if cfg.Pool != nil {
			err = run(ctx, cfg, riverpgxv5.New(cfg.Pool), duties)
		} else {
			err = run(ctx, cfg, riversqlite.New(cfg.Writer), duties)
		}
		if ctx.Err() != nil {
			return err
		}
		cfg.Log.WarnContext(ctx, "periodic work waits", "err", err)
		select {
		case <-ctx.Done():
		case <-time.After(startPause):
		}
	}
}

// dutyArgs is the job that runs a duty.
type dutyArgs struct {
	Name string `json:"name" river:"unique"`
}

// Kind implements river.JobArgs.
func (dutyArgs) Kind() string { return "duty" }

type worker struct {
	river.WorkerDefaults[dutyArgs]
	duties map[string]Duty
	log    *slog.Logger
}

// Work implements river.Worker. A failed run is told once and left to the next
// period: retries of periodic work would only pile up.
func (w *worker) Work(ctx context.Context, job *river.Job[dutyArgs]) error {
	d, ok := w.duties[job.Args.Name]
	if !ok {
		return river.JobCancel(fmt.Errorf("no duty %q in this version", job.Args.Name))
	}
	if err := d.Run(ctx); err != nil {
		w.log.WarnContext(ctx, "duty failed", "job", d.Name, "err", err)
		return river.JobCancel(err)
	}
	return nil
}

// Timeout implements river.Worker.
func (*worker) Timeout(*river.Job[dutyArgs]) time.Duration { return jobTimeout }

// daily is the schedule of a duty with an hour.
type daily struct {
	hour int
	zone *time.Location
}

// Next implements river.PeriodicSchedule.
func (d daily) Next(now time.Time) time.Time {
	l := now.In(d.zone)
	next := time.Date(l.Year(), l.Month(), l.Day(), d.hour, 0, 0, 0, d.zone)
	if !next.After(now) {
		next = time.Date(l.Year(), l.Month(), l.Day()+1, d.hour, 0, 0, 0, d.zone)
	}
	return next
}

func run[TTx any](ctx context.Context, cfg Config, driver riverdriver.Driver[TTx], duties []Duty) error {
	w := &worker{duties: map[string]Duty{}, log: cfg.Log}
	var periodic []*river.PeriodicJob
	for _, d := range duties {
		w.duties[d.Name] = d
		var schedule river.PeriodicSchedule = daily{d.Hour, cfg.Zone}
		period := 20 * time.Hour
		if d.Every > 0 {
			schedule, period = river.PeriodicInterval(d.Every), d.Every
		}
		opts := &river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByPeriod: period}}
		periodic = append(periodic, river.NewPeriodicJob(schedule, func() (river.JobArgs, *river.InsertOpts) {
			return dutyArgs{d.Name}, opts
		}, &river.PeriodicJobOpts{RunOnStart: d.Every > 0}))
	}
	all := river.NewWorkers()
	tasks := &taskWorker{kinds: map[string]TaskWorker{}, log: cfg.Log}
	for _, k := range cfg.Tasks {
		tasks.kinds[k.Kind] = k
	}
	if err := errors.Join(river.AddWorkerSafely(all, w), river.AddWorkerSafely(all, tasks)); err != nil {
		return fmt.Errorf("jobs: %w", err)
	}
	client, err := river.NewClient(driver, &river.Config{
		ID: cfg.ID, Logger: cfg.Log.With("lib", "river"), Workers: all, PeriodicJobs: periodic,
		Queues:        map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}},
		FetchCooldown: fetchCooldown, FetchPollInterval: fetchPoll, JobTimeout: jobTimeout, RescueStuckJobsAfter: rescueAfter,
		SoftStopTimeout: softStop, PollOnly: true, // nothing here needs a connection that listens
		CompletedJobRetentionPeriod: time.Hour, CancelledJobRetentionPeriod: 24 * time.Hour,
	})
	if err != nil {
		return fmt.Errorf("jobs: %w", err)
	}
	// River stops by Stop, not by the context, so that running jobs may finish.
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start jobs: %w", err)
	}
	cfg.Log.DebugContext(ctx, "periodic work runs")
	<-ctx.Done()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), softStop)
	defer cancel()
	err = client.Stop(stop)
	if errors.Is(err, context.DeadlineExceeded) {
		err = client.StopAndCancel(context.WithoutCancel(ctx))
	}
	if err != nil {
		return fmt.Errorf("stop jobs: %w", err)
	}
	return nil
}

var (
	_ riverdriver.Driver[pgx.Tx]  = (*riverpgxv5.Driver)(nil)
	_ riverdriver.Driver[*sql.Tx] = (*riversqlite.Driver)(nil)
)
