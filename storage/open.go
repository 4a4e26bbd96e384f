package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/sistem48/system48/storage/jobs"
	"github.com/sistem48/system48/storage/migrations"
	"github.com/sistem48/system48/storage/sqlite"
	"github.com/sistem48/system48/ticketing"
)

// Config says where the database is.
type Config struct {
	// URL is "sqlite:PATH" or "postgres://user:password@host1,host2/name?…".
	URL string
	// MaxConns bounds the connections to PostgreSQL; 0 means 20, and
	// pool_max_conns in the URL goes before it.
	MaxConns int
	// Wait is how long a caller waits for a free connection, or for its turn to
	// write, before it is told Busy; 0 means 3 s.
	Wait time.Duration
	// Zone is that of the city, for the rulebook of the directory; nil means that
	// of the stored calendars.
	Zone *time.Location
	// KeepSchema leaves the schema as it is; opening then fails unless it is the
	// program's. The default is to migrate.
	KeepSchema bool
}

// Settings of a connection to PostgreSQL. Everyday statements take
// milliseconds; these bounds are for servers and networks that hang.
const (
	statementTimeout = 30 * time.Second
	lockTimeout      = 10 * time.Second
	idleTxTimeout    = 60 * time.Second
	connectTimeout   = 5 * time.Second
	keepAliveEvery   = 5 * time.Second
	keepAliveProbes  = 3
	defaultWait      = 3 * time.Second
	defaultConns     = 20
)

// DB is the database of an installation. It is safe for concurrent use.
type DB struct {
	engine engine
	now    func() time.Time
	log    *slog.Logger
	wait   time.Duration
	zone   *time.Location

	pool *pgxpool.Pool   // PostgreSQL only
	sql  *sql.DB         // what GORM reads by: over the pool, or the reader of the file
	file *sqlite.Handles // SQLite only
	turn *writer         // SQLite only
	read *gorm.DB

	ids        *identifiers
	inserter   *jobs.Inserter
	bus        *bus
	publisher  *publisher // PostgreSQL only
	directory  directoryCache
	counts     countsCache
	viewCounts viewCounts
	sent       sentCount
	settled    settledCount
	stop       context.CancelFunc
	// background is work that must end before the database is closed.
	background sync.WaitGroup
	// explain is told of every query outside transactions; tests set it.
	explain  func(q query, args []any) error
	migrated migrations.Result
}

// Open opens the database and, unless told otherwise, brings its schema up to
// date; any number of processes may do so at once. Errors: Invalid for a URL
// that cannot work, Busy when the server is away, *migrations.NewerError when
// the database belongs to a later program.
func Open(ctx context.Context, cfg Config, now func() time.Time, log *slog.Logger) (*DB, error) {
	if cfg.Wait <= 0 {
		cfg.Wait = defaultWait
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	db := &DB{now: now, log: log, wait: cfg.Wait, zone: cfg.Zone, bus: newBus(), stop: stop}
	var err error
	path, embedded := strings.CutPrefix(cfg.URL, "sqlite:")
	switch {
	case embedded:
		err = db.openFile(ctx, background, path)
	case strings.HasPrefix(cfg.URL, "postgres://"), strings.HasPrefix(cfg.URL, "postgresql://"):
		err = db.openServer(ctx, background, cfg)
	default:
		err = fmt.Errorf("database url must begin with sqlite: or postgres://: %w", ticketing.Invalid)
	}
	if err == nil {
		err = db.prepare(ctx, cfg)
	}
	if err != nil {
		return nil, errors.Join(translate(err), db.Close())
	}
	return db, nil
}

func (db *DB) openFile(ctx, background context.Context, path string) error {
	db.engine = sqliteEngine
	h, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	db.file, db.sql = h, h.Reader
	db.turn = newWriter(background, db)
	db.read, err = gorm.Open(sqlite.Dialector{Conn: h.Reader}, db.gormConfig())
	return err
}

func (db *DB) openServer(ctx, background context.Context, cfg Config) error {
	db.engine = postgresEngine
	pc, err := pgxpool.ParseConfig(cfg.URL)
	if err != nil {
		return fmt.Errorf("database url: %w: %w", err, ticketing.Invalid)
	}
	if !strings.Contains(cfg.URL, "pool_max_conns=") {
		pc.MaxConns = defaultConns
		if cfg.MaxConns > 0 {
			pc.MaxConns = int32(min(cfg.MaxConns, 10_000)) //nolint:gosec // G115: bounded in this line
		}
	}
	configureConnection(&pc.ConnConfig.Config)
	if db.pool, err = pgxpool.NewWithConfig(background, pc); err != nil {
		return err
	}
	if err := db.pool.Ping(ctx); err != nil {
		return err
	}
	db.sql = stdlib.OpenDBFromPool(db.pool)
	db.publisher = newPublisher(background, db)
	db.read, err = gorm.Open(postgres.New(postgres.Config{Conn: db.sql}), db.gormConfig())
	return err
}

// configureConnection sets what the URL left open.
func configureConnection(c *pgconn.Config) {
	for name, value := range map[string]string{
		"application_name": "system48", "timezone": "UTC",
		"statement_timeout":                   millis(statementTimeout),
		"lock_timeout":                        millis(lockTimeout),
		"idle_in_transaction_session_timeout": millis(idleTxTimeout),
	} {
		if _, set := c.RuntimeParams[name]; !set {
			c.RuntimeParams[name] = value
		}
	}
	if c.ConnectTimeout == 0 || c.ConnectTimeout > time.Minute {
		c.ConnectTimeout = connectTimeout
	}
	dial := &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: keepAliveEvery, Interval: keepAliveEvery, Count: keepAliveProbes,
	}}
	c.DialFunc = dial.DialContext
	// A reader who goes away costs a cancel request, not a connection.
	c.BuildContextWatcherHandler = func(pc *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: pc, DeadlineDelay: connectTimeout}
	}
}

func millis(d time.Duration) string { return fmt.Sprint(d.Milliseconds()) }

// gormConfig keeps GORM's logger silent: it would print values.
func (db *DB) gormConfig() *gorm.Config {
	return &gorm.Config{
		TranslateError: true, SkipDefaultTransaction: true, Logger: logger.Discard,
		NowFunc: db.instant, DisableAutomaticPing: true,
	}
}

// instant is now as the database keeps it.
func (db *DB) instant() time.Time { return db.now().UTC().Truncate(time.Microsecond) }

// prepare migrates, and readies what needs the tables.
func (db *DB) prepare(ctx context.Context, cfg Config) error {
	if cfg.KeepSchema {
		if err := db.CheckSchema(ctx); err != nil {
			return err
		}
	} else if err := db.migrate(ctx); err != nil {
		return err
	}
	db.ids = newIdentifiers(db)
	var err error
	db.inserter, err = jobs.NewInserter(db.jobsConfig())
	return err
}

func (db *DB) migrate(ctx context.Context) (err error) {
	if db.engine == sqliteEngine {
		db.migrated, err = migrations.UpSQLite(ctx, db.file.Writer, db.now)
	} else {
		db.migrated, err = migrations.UpPostgres(ctx, db.pool, db.now)
	}
	if err == nil && db.migrated.From != db.migrated.To {
		db.log.InfoContext(ctx, "database migrated", "from", db.migrated.From, "to", db.migrated.To, "took", db.migrated.Took)
	}
	return err
}

// Migrated says what opening did to the schema.
func (db *DB) Migrated() migrations.Result { return db.migrated }

// CheckSchema fails unless the schema is the program's own: with
// *migrations.NewerError when a later program has migrated the database while
// this one ran, which must then stop writing.
func (db *DB) CheckSchema(ctx context.Context) error {
	var err error
	if db.engine == sqliteEngine {
		_, err = migrations.CheckSQLite(ctx, db.file.Writer)
	} else {
		_, err = migrations.CheckPostgres(ctx, db.pool)
	}
	return translate(err)
}

// Engine is "postgres" or "sqlite".
func (db *DB) Engine() string { return db.engine.String() }

// Close waits for transactions under way and closes the database.
func (db *DB) Close() error {
	if db.publisher != nil {
		db.publisher.close()
	}
	if db.turn != nil {
		db.turn.close()
	}
	db.stop()
	db.bus.close()
	db.background.Wait()
	var errs []error
	if db.sql != nil && db.pool != nil {
		errs = append(errs, db.sql.Close())
	}
	if db.pool != nil {
		db.pool.Close()
	}
	if db.file != nil {
		errs = append(errs, db.file.Close())
	}
	return errors.Join(errs...)
}
