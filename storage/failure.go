package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

	"github.com/sistem48/system48/storage/migrations"
	"github.com/sistem48/system48/storage/sqlite"
	"github.com/sistem48/system48/ticketing"
)

// again says whether and how a failed transaction is worth another run.
type again uint8

const (
	never      again = iota
	conflicted       // it met another transaction: at once, a few times
	lost             // the connection or the server went: with pauses, up to 30 s
)

// A failure is an error of the database with its Kind. Its text is that of the
// driver, which names tables and codes but no values.
type failure struct {
	kind  ticketing.Kind
	again again
	err   error
}

func (f *failure) Error() string   { return f.kind.Error() + ": " + f.err.Error() }
func (f *failure) Unwrap() []error { return []error{f.kind, f.err} }

// errDuplicate is within the failure of a write that met a unique index.
var errDuplicate = errors.New("duplicate")

// translate gives an error of a driver its Kind; errors that have one stay.
func translate(err error) error {
	if err == nil {
		return nil
	}
	var f *failure
	if errors.As(err, &f) || ticketing.KindOf(err) != ticketing.Internal || errors.Is(err, context.Canceled) {
		return err
	}
	var newer *migrations.NewerError
	var older *migrations.OlderError
	switch {
	case errors.As(err, &newer), errors.As(err, &older):
		return err
	case errors.Is(err, sql.ErrNoRows), errors.Is(err, pgx.ErrNoRows), errors.Is(err, gorm.ErrRecordNotFound):
		return fmt.Errorf("row: %w", ticketing.NotFound)
	case errors.Is(err, gorm.ErrDuplicatedKey):
		return &failure{ticketing.Conflict, never, errors.Join(errDuplicate, err)}
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return ofServer(pg)
	}
	if connection(err) {
		return &failure{ticketing.Busy, lost, err}
	}
	return ofFile(err)
}

// ofServer classifies by SQLSTATE (PostgreSQL manual, appendix A).
func ofServer(e *pgconn.PgError) error {
	switch e.Code {
	case "23505": // unique_violation
		return &failure{ticketing.Conflict, never, errors.Join(errDuplicate, e)}
	case "40001", "40P01", "55P03": // serialization_failure, deadlock_detected, lock_not_available
		return &failure{ticketing.Busy, conflicted, e}
	case "57P01", "57P02", "57P03", "25006", "53300", "57P05": // shutdown, crash, starting, read-only standby, too many connections, idle session ended
		return &failure{ticketing.Busy, lost, e}
	case "57014", "53100", "53200", "53400", "58030": // timeout, disk full, out of memory, limit, I/O
		return &failure{ticketing.Busy, never, e}
	}
	if len(e.Code) == 5 && e.Code[:2] == "08" { // connection exceptions
		return &failure{ticketing.Busy, lost, e}
	}
	return &failure{ticketing.Internal, never, e}
}

// connection reports whether the connection is what failed.
func connection(err error) bool {
	var dial *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &dial) || errors.As(err, &network) || pgconn.SafeToRetry(err) || pgconn.Timeout(err) ||
		errors.Is(err, pgconn.ErrConnClosed) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, context.DeadlineExceeded)
}

// ofFile classifies errors of the embedded database.
func ofFile(err error) error {
	if sqlite.Unavailable(err) {
		return &failure{ticketing.Busy, never, err}
	}
	if known := (sqlite.Dialector{}).Translate(err); errors.Is(known, gorm.ErrDuplicatedKey) {
		return &failure{ticketing.Conflict, never, errors.Join(errDuplicate, err)}
	}
	return &failure{ticketing.Internal, never, err}
}

// worthAgain tells how an error of a whole run is to be taken.
func worthAgain(err error) again {
	var f *failure
	if errors.As(err, &f) {
		return f.again
	}
	return never
}

// busy is the answer when the database has no room for the caller.
func busy(what string) error {
	return &failure{ticketing.Busy, never, errors.New(what)}
}

// stale is the answer to a write over a version that is not the stored one.
func stale(what string) error { return fmt.Errorf("%s: %w", what, ticketing.Stale) }

func notFound(what string) error { return fmt.Errorf("%s: %w", what, ticketing.NotFound) }

func conflict(what string) error { return fmt.Errorf("%s: %w", what, ticketing.Conflict) }
