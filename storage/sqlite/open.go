package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"modernc.org/sqlite"
)

// Settings of a connection (docs/adr/0003-two-engines.md).
const (
	busyTimeout  = 5 * time.Second  // another process (a CLI command, a backup) may hold the file
	cacheKiB     = 4096             // a connection's page cache; 64 MiB caches made a process of 519 MB
	journalLimit = 64 << 20         // bytes the write-ahead log is cut back to after bulk work
	idleTime     = 20 * time.Second // after which a connection is closed: what it caches is several MB
)

// Handles are the two ways into one database file.
type Handles struct {
	Writer *sql.DB // one connection; transactions begin immediately, in the order they were asked for
	Reader *sql.DB // several connections that cannot write
	path   string
}

// Open opens the database file, creating it with mode 0600 if it is missing;
// its folder must exist. The file is in WAL mode afterwards. One process writes
// to a file at a time; a second one waits up to 5 s for its turn.
func Open(ctx context.Context, path string) (*Handles, error) {
	if path == "" || strings.HasPrefix(path, ":memory:") {
		return nil, errors.New("sqlite: a file path is needed")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	if err := create(path); err != nil {
		return nil, err
	}
	h := &Handles{path: path}
	if h.Writer, err = open(ctx, dsn(path, true), 1); err != nil {
		return nil, fmt.Errorf("open %s for writing: %w", filepath.Base(path), err)
	}
	if h.Reader, err = open(ctx, dsn(path, false), max(4, runtime.NumCPU())); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s for reading: %w", filepath.Base(path), err), h.Writer.Close())
	}
	return h, nil
}

// Snapshot writes a consistent copy of the database to a new file of mode 0600,
// while readers and the writer go on. The file must not exist.
func (h *Handles) Snapshot(ctx context.Context, to string) (err error) {
	if err := create(to); err != nil {
		return err
	}
	own, err := open(ctx, dsn(h.path, true), 1) // a connection of its own: it only reads, for long
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, own.Close()) }()
	_, err = own.ExecContext(ctx, "vacuum into ?", to)
	return err
}

// Close closes both handles; the last process to close moves the log into the file.
func (h *Handles) Close() error {
	return errors.Join(h.Reader.Close(), h.Writer.Close())
}

// create makes the file private before SQLite would make it readable for all.
// An existing file is not opened: closing a file drops every POSIX lock the
// process holds on it, and with them the locks of an open database.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // G304: the operator's path
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("create the database file: %w", err)
	}
	return f.Close()
}

func open(ctx context.Context, dsn string, conns int) (*sql.DB, error) {
	c, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(caching{c})
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	db.SetConnMaxIdleTime(idleTime)
	if err := db.PingContext(ctx); err != nil { // opens a connection and runs its pragmas
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func dsn(path string, writer bool) string {
	q := url.Values{}
	pragma := func(name, value string) { q.Add("_pragma", name+"("+value+")") }
	pragma("busy_timeout", strconv.FormatInt(busyTimeout.Milliseconds(), 10))
	pragma("journal_mode", "WAL")
	pragma("synchronous", "FULL")
	pragma("foreign_keys", "1")
	pragma("cache_size", strconv.Itoa(-cacheKiB))
	pragma("mmap_size", "0")
	pragma("journal_size_limit", strconv.Itoa(journalLimit))
	q.Set("_time_integer_format", "unix_micro")
	q.Set("_inttotime", "1")
	q.Set("_timezone", "UTC")
	q.Set("_txlock", "immediate")
	if !writer {
		pragma("query_only", "1")
		q.Set("_txlock", "deferred")
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: q.Encode()}
	return u.String()
}
