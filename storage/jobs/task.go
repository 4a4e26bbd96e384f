package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"
)

// A Task is work to be done once: an import, an export, a mailed report. It is
// entered in the transaction of its cause and done after it has committed, by
// any process, again after a failure or the death of its process.
type Task struct {
	Kind string
	// Key, when not "", makes the task one of a kind: while another of the same
	// Kind and Key waits or runs, entering it does nothing.
	Key  string
	Args json.RawMessage
	At   time.Time // not before; zero: at once
}

// A TaskWorker does the tasks of a kind. Run must be harmless to repeat.
type TaskWorker struct {
	Kind    string
	Timeout time.Duration // 0 means two minutes
	Run     func(ctx context.Context, args json.RawMessage) error
}

// taskAttempts is how often a task is tried, over about six minutes and a half.
const taskAttempts = 6

// taskArgs is the job that carries a task.
type taskArgs struct {
	Task string          `json:"task" river:"unique"`
	Key  string          `json:"key,omitempty" river:"unique"`
	Args json.RawMessage `json:"args,omitempty"`
}

// Kind implements river.JobArgs.
func (taskArgs) Kind() string { return "task" }

func (t Task) job() (taskArgs, *river.InsertOpts) {
	opts := &river.InsertOpts{MaxAttempts: taskAttempts, ScheduledAt: t.At}
	if t.Key != "" {
		opts.UniqueOpts = river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled,
		}}
	}
	return taskArgs{Task: t.Kind, Key: t.Key, Args: t.Args}, opts
}

type taskWorker struct {
	river.WorkerDefaults[taskArgs]
	kinds map[string]TaskWorker
	log   *slog.Logger
}

// Work implements river.Worker. A failure is told and tried again later.
func (w *taskWorker) Work(ctx context.Context, job *river.Job[taskArgs]) error {
	k, ok := w.kinds[job.Args.Task]
	if !ok {
		return river.JobCancel(fmt.Errorf("no task %q in this version", job.Args.Task))
	}
	err := k.Run(ctx, job.Args.Args)
	if err != nil && !errors.Is(err, context.Canceled) {
		w.log.WarnContext(ctx, "task failed", "job", k.Kind, "attempt", job.Attempt, "err", err)
	}
	return err
}

// Timeout implements river.Worker.
func (w *taskWorker) Timeout(job *river.Job[taskArgs]) time.Duration {
	return w.kinds[job.Args.Task].Timeout // 0: the client's
}

// An Inserter enters tasks in transactions.
type Inserter struct {
	server *river.Client[pgx.Tx]
	file   *river.Client[*sql.Tx]
}

// NewInserter makes the inserter for the database of the configuration.
func NewInserter(cfg Config) (*Inserter, error) {
	rc := &river.Config{Logger: cfg.Log}
	var i Inserter
	var err error
	if cfg.Pool != nil {
		i.server, err = river.NewClient(riverpgxv5.New(cfg.Pool), rc)
	} else {
		i.file, err = river.NewClient(riversqlite.New(cfg.Writer), rc)
	}
	if err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	return &i, nil
}

// InServer enters a task in a transaction of PostgreSQL.
func (i *Inserter) InServer(ctx context.Context, tx pgx.Tx, t Task) error {
	args, opts := t.job()
	_, err := i.server.InsertTx(ctx, tx, args, opts)
	return err
}

// InFile enters a task in a transaction of the embedded database.
func (i *Inserter) InFile(ctx context.Context, tx *sql.Tx, t Task) error {
	args, opts := t.job()
	_, err := i.file.InsertTx(ctx, tx, args, opts)
	return err
}
