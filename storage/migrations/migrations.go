package migrations

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed postgres/*.sql sqlite/*.sql
var files embed.FS

// A NewerError says that the database was migrated by a later program.
type NewerError struct {
	Have, Know int64 // version of the database; newest version of this program
}

// Error tells the operator what to do.
func (e *NewerError) Error() string {
	return fmt.Sprintf("the database has schema version %d, this program knows versions up to %d: "+
		"start the newer program, or restore the backup taken before the upgrade", e.Have, e.Know)
}

// An OlderError says that the database has not been migrated to this program's
// version yet.
type OlderError struct {
	Have, Know int64
}

// Error tells the operator what to do.
func (e *OlderError) Error() string {
	return fmt.Sprintf("the database has schema version %d, this program needs %d: run system48 migrate", e.Have, e.Know)
}

// A Result says what Up did.
type Result struct {
	From, To int64 // schema versions; equal when there was nothing to do
	Took     time.Duration
}

// A target is one engine's database as the migration tools want it.
type target struct {
	dialect goose.Dialect
	dir     string
	db      *sql.DB
	jobs    jobsMigrator
	exists  string // query: is there a table of the name?
	lock    func(ctx context.Context) (unlock func(), err error)
}

// jobsMigrator is the part of River's migrator that does not depend on the
// type of its transactions.
type jobsMigrator interface {
	AllVersions() []rivermigrate.Migration
	Migrate(ctx context.Context, d rivermigrate.Direction, o *rivermigrate.MigrateOpts) (*rivermigrate.MigrateResult, error)
}

// UpPostgres migrates the database of the pool to the newest version. Its
// statements are not bounded by the pool's statement timeout.
func UpPostgres(ctx context.Context, pool *pgxpool.Pool, now func() time.Time) (Result, error) {
	version, err := CheckPostgres(ctx, pool)
	if older := new(OlderError); !errors.As(err, &older) {
		return Result{From: version, To: version}, err
	}
	return onPostgres(ctx, pool, func(t target) (Result, error) { return up(ctx, t, now) })
}

// UpSQLite migrates the embedded database behind the writer handle.
func UpSQLite(ctx context.Context, writer *sql.DB, now func() time.Time) (Result, error) {
	t, err := sqliteTarget(writer)
	if err != nil {
		return Result{}, err
	}
	return up(ctx, t, now)
}

// CheckPostgres fails with *NewerError or *OlderError unless the schema is the
// program's own, and gives its version. It changes nothing.
func CheckPostgres(ctx context.Context, pool *pgxpool.Pool) (version int64, err error) {
	jobs, err := riverMigrator(riverpgxv5.New(pool))
	if err != nil {
		return 0, err
	}
	db := stdlib.OpenDBFromPool(pool)
	defer func() { _ = db.Close() }()
	return check(ctx, target{dialect: goose.DialectPostgres, dir: "postgres", db: db, jobs: jobs, exists: existsPostgres})
}

// CheckSQLite is CheckPostgres for the embedded database.
func CheckSQLite(ctx context.Context, writer *sql.DB) (version int64, err error) {
	t, err := sqliteTarget(writer)
	if err != nil {
		return 0, err
	}
	return check(ctx, t)
}

func check(ctx context.Context, t target) (version int64, err error) {
	p, err := t.provider()
	if err != nil {
		return 0, err
	}
	res, done, err := t.inspect(ctx, p)
	if err == nil && !done {
		err = &OlderError{Have: res.From, Know: newest(p)}
	}
	return res.From, err
}

// Queries that tell whether there is a table of the name.
const (
	existsPostgres = "select to_regclass($1) is not null"
	existsSQLite   = "select count(*) > 0 from sqlite_master where type = 'table' and name = ?"
)

// DownPostgres takes the schema back to the version; 0 removes every table of
// ours (River's stay). For development and tests.
func DownPostgres(ctx context.Context, pool *pgxpool.Pool, version int64) error {
	_, err := onPostgres(ctx, pool, func(t target) (Result, error) { return Result{}, down(ctx, t, version) })
	return err
}

// DownSQLite is DownPostgres for the embedded database.
func DownSQLite(ctx context.Context, writer *sql.DB, version int64) error {
	t, err := sqliteTarget(writer)
	if err != nil {
		return err
	}
	return down(ctx, t, version)
}

func sqliteTarget(writer *sql.DB) (target, error) {
	jobs, err := riverMigrator(riversqlite.New(writer))
	return target{
		dialect: goose.DialectSQLite3, dir: "sqlite", db: writer, jobs: jobs,
		exists: existsSQLite,
	}, err
}

// onPostgres works on connections of its own, because a migration may take
// longer than the timeouts that protect everyday work.
func onPostgres(ctx context.Context, pool *pgxpool.Pool, work func(target) (Result, error)) (res Result, err error) {
	cfg := pool.Config()
	cfg.MinConns, cfg.MinIdleConns, cfg.MaxConns = 0, 0, 4
	for _, timeout := range []string{"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"} {
		cfg.ConnConfig.RuntimeParams[timeout] = "0"
	}
	own, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return Result{}, err
	}
	defer own.Close()
	db := stdlib.OpenDBFromPool(own)
	defer func() { err = errors.Join(err, db.Close()) }()
	jobs, err := riverMigrator(riverpgxv5.New(own))
	if err != nil {
		return Result{}, err
	}
	lock := func(ctx context.Context) (func(), error) { return lockSession(ctx, own) }
	return work(target{
		dialect: goose.DialectPostgres, dir: "postgres", db: db, jobs: jobs, lock: lock,
		exists: existsPostgres,
	})
}

// sessionLock is the key of the advisory lock that one migrating process holds:
// "S48 migr" in ASCII.
const sessionLock = 0x533438206d696772

// lockSession waits until no other process migrates. The lock belongs to the
// connection, so that it ends with a killed process.
func lockSession(ctx context.Context, pool *pgxpool.Pool) (unlock func(), err error) {
	c, err := pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := c.Exec(ctx, "select pg_advisory_lock($1)", int64(sessionLock)); err != nil {
		c.Release()
		return nil, fmt.Errorf("wait for another process that migrates: %w", err)
	}
	return func() { _ = c.Hijack().Close(context.WithoutCancel(ctx)) }, nil
}

func riverMigrator[T any](d riverdriver.Driver[T]) (*rivermigrate.Migrator[T], error) {
	m, err := rivermigrate.New(d, nil)
	if err != nil {
		return nil, fmt.Errorf("migrator of the job queue: %w", err)
	}
	return m, nil
}

func (t target) provider() (*goose.Provider, error) {
	dir, err := fs.Sub(files, t.dir)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(t.dialect, t.db, dir, goose.WithDisableGlobalRegistry(true))
}

func up(ctx context.Context, t target, now func() time.Time) (Result, error) {
	start := now()
	p, err := t.provider()
	if err != nil {
		return Result{}, err
	}
	res, done, err := t.inspect(ctx, p)
	if err != nil || done {
		return res, err
	}
	if t.lock != nil {
		unlock, err := t.lock(ctx)
		if err != nil {
			return Result{}, err
		}
		defer unlock()
		if res, done, err = t.inspect(ctx, p); err != nil || done {
			return res, err
		}
	}
	if err := apply(ctx, p, t.jobs); err != nil {
		return Result{}, err
	}
	res.To = newest(p)
	res.Took = now().Sub(start)
	return res, nil
}

// inspect compares the database with the program; done when they agree. It
// changes nothing, unlike the tools' own look, which creates their tables.
func (t target) inspect(ctx context.Context, p *goose.Provider) (res Result, done bool, err error) {
	have, err := t.maximum(ctx, goose.DefaultTablename, "version_id")
	if err != nil {
		return Result{}, false, fmt.Errorf("read the schema version: %w", err)
	}
	know := newest(p)
	if have > know {
		return Result{}, false, &NewerError{Have: have, Know: know}
	}
	jobsHave, err := t.maximum(ctx, "river_migration", "version")
	if err != nil {
		return Result{}, false, fmt.Errorf("read the schema version of the job queue: %w", err)
	}
	all := t.jobs.AllVersions()
	res = Result{From: have, To: have}
	return res, have == know && jobsHave >= int64(all[len(all)-1].Version), nil
}

// maximum gives the largest number in the column, 0 when there is no such table.
func (t target) maximum(ctx context.Context, table, column string) (n int64, err error) {
	var exists bool
	if err := t.db.QueryRowContext(ctx, t.exists, table).Scan(&exists); err != nil || !exists {
		return 0, err
	}
	err = t.db.QueryRowContext(ctx, "select coalesce(max("+column+"), 0) from "+table).Scan(&n)
	return n, err
}

// apply runs what is missing. Without a lock (the embedded database) another
// process may have been quicker: then its work is what the error is about, and
// the next look finds less to do.
func apply(ctx context.Context, p *goose.Provider, jobs jobsMigrator) error {
	const tries = 5
	var err error
	for range tries {
		if _, err = p.Up(ctx); err == nil {
			if _, err = jobs.Migrate(ctx, rivermigrate.DirectionUp, nil); err == nil {
				return nil
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return fmt.Errorf("migrate: %w", err)
}

func down(ctx context.Context, t target, version int64) error {
	p, err := t.provider()
	if err != nil {
		return err
	}
	if _, err := p.DownTo(ctx, version); err != nil {
		return fmt.Errorf("migrate down: %w", err)
	}
	return nil
}

func newest(p *goose.Provider) int64 {
	sources := p.ListSources()
	return sources[len(sources)-1].Version
}
