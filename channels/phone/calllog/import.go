package calllog

import (
	"context"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// An Importer reads one file once, for an operator who waits.
type Importer struct {
	Source Source
	Logs   Logs
	Now    func() time.Time
	// Since is when history ends: calls that ended before are counted and make no promise.
	Since time.Time
	// Again reads the file from its beginning although it was read before.
	Again bool
	// Progress, when not nil, is told after each chunk how far it is.
	Progress func(f ticketing.CallFile, size int64)
	// Reject, when not nil, is given each rejected line as it stands in the file.
	Reject func(line []byte, n int64, f *Fault) error
}

// Import reads the file to its end, from where an import of it was broken off.
// It returns how far the file is, also with an error. When ctx ends, what was
// entered is entered, and the next Import goes on behind it.
func (i *Importer) Import(ctx context.Context, path string) (ticketing.CallFile, error) {
	file, info, err := open(path)
	if err != nil {
		return ticketing.CallFile{}, err
	}
	defer func() { _ = file.Close() }()
	fresh, err := whole(i.Source.Name, file, info)
	if err != nil {
		return fresh, err
	}
	fresh.Since = i.Since
	state, err := i.Logs.Open(ctx, fresh)
	if err == nil && (i.Again || state.State != ticketing.CallFileReading) {
		state, err = i.Logs.Restart(ctx, fresh)
	}
	if err != nil {
		return fresh, err
	}
	p := pass{source: i.Source, now: i.Now, reject: i.Reject}
	for state.State == ticketing.CallFileReading {
		if err := ctx.Err(); err != nil {
			return *state, err
		}
		c, n, err := p.next(file, state, true)
		if err != nil {
			return *state, err
		}
		if n == 0 {
			c = ticketing.CallChunk{Offset: state.Offset, Line: state.Lines, Memo: state.Memo, State: ticketing.CallFileDone}
		}
		if err := i.Logs.Enter(ctx, state, c); err != nil {
			return *state, err
		}
		if i.Progress != nil {
			i.Progress(*state, info.Size())
		}
	}
	return *state, nil
}
