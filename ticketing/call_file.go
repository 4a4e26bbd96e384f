package ticketing

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// CallFileID identifies a file of calls that is or was read.
type CallFileID int64

// CallFileState says how far a file of calls is.
type CallFileState string

// The states.
const (
	CallFileReading CallFileState = "reading" // is read on as it grows
	CallFileDone    CallFileState = "done"    // read to its end
	CallFileLost    CallFileState = "lost"    // went away before its end was read: rows may be missing
)

// A CallFile is how far one file of calls was read. It is saved in the
// transaction that enters its rows, so that a reader killed anywhere goes on
// with the row that follows the last one entered.
type CallFile struct {
	ID       CallFileID
	Source   string
	Name     string // of the file, without its folder
	Followed bool   // it grows and rotates; else it was complete when it came
	Identity string // what makes it this file: the same one is found again after a restart
	Head     string // hex SHA-256 of its first HeadLen bytes: another head is another file
	HeadLen  int
	Offset   int64  // bytes read
	Memo     string // what the reader needs to know of what lies before Offset
	State    CallFileState

	// Lines = Legs + Known + Ignored + Rejected (I13).
	Lines    int64
	Legs     int64 // rows entered
	Known    int64 // rows that had been entered before, from this file or another
	Ignored  int64 // headings, blank lines, calls between two desks
	Rejected int64

	Since     time.Time // rows of calls that ended before are history; zero: all are current
	LastAt    time.Time // when the latest call in it ended
	StartedAt time.Time
	UpdatedAt time.Time
	Version   int64
}

// A CallReject is a row that could not be taken, and why.
type CallReject struct {
	File   CallFileID
	Line   int64  // from 1
	Kind   string // key of the reason
	Column string // "" when the whole row is meant
	Text   string // the value, when it is no name and no number
}

// A CallChunk is what was read of a file at once.
type CallChunk struct {
	Reports []CallReport // of the file's source, each with the key of its leg
	Lines   []int64      // of the reports
	Rejects []CallReject
	Ignored int64
	// How far the file is after it, and its head when that has become longer.
	Offset, Line int64
	Head         string
	HeadLen      int
	Memo         string
	State        CallFileState
}

// CallLogs enters files of calls. Who calls it is the program itself, or an
// operator at the command line.
type CallLogs struct{ *Calls }

// Open gives the newest file of the source and the identity, or makes f.
func (c *CallLogs) Open(ctx context.Context, f CallFile) (*CallFile, error) {
	var out *CallFile
	err := c.Store.InTx(ctx, func(tx Tx) (err error) {
		out, err = tx.CallFile(ctx, f.Source, f.Identity)
		if errors.Is(err, NotFound) {
			return c.start(ctx, tx, f, &out)
		}
		return err
	})
	return out, err
}

// Followed gives the newest files of the source that were followed, the latest first.
func (c *CallLogs) Followed(ctx context.Context, source string) ([]CallFile, error) {
	var out []CallFile
	err := c.Store.InTx(ctx, func(tx Tx) (err error) {
		out, err = tx.FollowedCallFiles(ctx, source)
		return err
	})
	return out, err
}

// Restart makes f anew, whatever was read of a file like it: it was cut, or is
// to be read once more. What came of the one before stays.
func (c *CallLogs) Restart(ctx context.Context, f CallFile) (*CallFile, error) {
	var out *CallFile
	err := c.Store.InTx(ctx, func(tx Tx) error { return c.start(ctx, tx, f, &out) })
	return out, err
}

func (c *CallLogs) start(ctx context.Context, tx Tx, f CallFile, out **CallFile) error {
	f = CallFile{
		Source: f.Source, Name: f.Name, Followed: f.Followed, Identity: f.Identity, Head: f.Head, HeadLen: f.HeadLen, Since: f.Since,
		State: CallFileReading, StartedAt: c.now(), UpdatedAt: c.now(),
	}
	*out = &f
	return tx.SaveCallFile(ctx, &f)
}

// Enter enters what was read of the file, each row once, and moves f on, all in
// one transaction. When another reader has moved the file on, Stale: nothing was
// entered, and Open tells how far it is.
func (c *CallLogs) Enter(ctx context.Context, f *CallFile, chunk CallChunk) error {
	var next *CallFile
	err := c.Store.InTx(ctx, func(tx Tx) error {
		stored, err := tx.CallFileByID(ctx, f.ID)
		if err != nil {
			return err
		}
		if stored.Version != f.Version {
			return fmt.Errorf("read calls: %w", Stale)
		}
		if err := c.enter(ctx, tx, stored, chunk); err != nil {
			return err
		}
		next = stored
		return tx.SaveCallFile(ctx, stored)
	})
	if err == nil {
		*f = *next
	}
	return err
}

func (c *CallLogs) enter(ctx context.Context, tx Tx, f *CallFile, chunk CallChunk) error {
	fresh, lines, err := c.unknown(ctx, tx, f.Source, chunk)
	if err != nil {
		return err
	}
	taken, err := c.TakeIn(ctx, tx, fresh)
	if err != nil {
		return err
	}
	rejects := make([]CallReject, 0, len(chunk.Rejects))
	for _, r := range chunk.Rejects {
		r.File = f.ID
		rejects = append(rejects, r)
	}
	var entered []string
	for i := range taken {
		if taken[i].Err != nil {
			rejects = append(rejects, rejected(f.ID, lines[i], taken[i].Err))
			continue
		}
		entered = append(entered, fresh[i].Leg)
		if fresh[i].Ended.After(f.LastAt) {
			f.LastAt = fresh[i].Ended
		}
	}
	f.Lines = chunk.Line
	f.Legs += int64(len(entered))
	f.Known += int64(len(chunk.Reports) - len(fresh))
	f.Ignored += chunk.Ignored
	f.Rejected += int64(len(rejects))
	f.Offset, f.Memo, f.State, f.UpdatedAt = chunk.Offset, chunk.Memo, chunk.State, c.now()
	if chunk.HeadLen > f.HeadLen {
		f.Head, f.HeadLen = chunk.Head, chunk.HeadLen
	}
	if err := tx.AddCallLegs(ctx, f.Source, entered); err != nil {
		return err
	}
	return tx.AddCallRejects(ctx, rejects)
}

// unknown gives the reports whose rows no file brought before.
func (c *CallLogs) unknown(ctx context.Context, tx Tx, source string, chunk CallChunk) ([]CallReport, []int64, error) {
	keys := make([]string, len(chunk.Reports))
	for i := range chunk.Reports {
		keys[i] = chunk.Reports[i].Leg
	}
	known, err := tx.KnownCallLegs(ctx, source, keys)
	if err != nil {
		return nil, nil, err
	}
	fresh := make([]CallReport, 0, len(keys))
	lines := make([]int64, 0, len(keys))
	for i, k := range keys {
		if !known[k] {
			known[k] = true
			fresh, lines = append(fresh, chunk.Reports[i]), append(lines, chunk.Lines[i])
		}
	}
	return fresh, lines, nil
}

// rejected says why a row was not taken in the words of a file's rows.
func rejected(f CallFileID, line int64, err error) CallReject {
	r := CallReject{File: f, Line: line, Kind: "report"}
	if e := (*Error)(nil); errors.As(err, &e) {
		r.Kind, r.Column = e.Key, e.Field
	}
	return r
}

// Fail records that the file went away before its end was read.
func (c *CallLogs) Fail(ctx context.Context, f *CallFile) error {
	return c.Enter(ctx, f, CallChunk{Offset: f.Offset, Line: f.Lines, Memo: f.Memo, State: CallFileLost})
}

// CallFileReads is what pages and the command line show of files of calls. The
// caller has checked RightLedger.
type CallFileReads interface {
	// CallFiles lists the files of a source, of all with "", the latest read first, at most n.
	CallFiles(ctx context.Context, source string, n int) ([]CallFile, error)
	// CallRejects lists rejected rows of a file behind a line, in order, at most n.
	CallRejects(ctx context.Context, f CallFileID, after int64, n int) ([]CallReject, error)
}
