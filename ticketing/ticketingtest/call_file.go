package ticketingtest

import (
	"cmp"
	"context"

	"github.com/sistem48/system48/ticketing"
)

type legKey struct{ source, leg string }

type rejectKey struct {
	file ticketing.CallFileID
	line int64
}

// callFileTables hold how far files of calls were read.
type callFileTables struct {
	files   *table[ticketing.CallFileID, ticketing.CallFile]
	legs    *table[legKey, bool]
	rejects *table[rejectKey, ticketing.CallReject]
}

func newCallFileTables(s *Store) callFileTables {
	return callFileTables{
		files: newTable[ticketing.CallFileID, ticketing.CallFile](s), legs: newTable[legKey, bool](s), rejects: newTable[rejectKey, ticketing.CallReject](s),
	}
}

func newestFile(a, b ticketing.CallFile) int { return cmp.Compare(b.ID, a.ID) }

// CallFile implements [ticketing.Tx].
func (t *tx) CallFile(ctx context.Context, source, identity string) (*ticketing.CallFile, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	list := t.callFiles.files.list(t.in, func(f ticketing.CallFile) bool { return f.Source == source && f.Identity == identity }, newestFile)
	if len(list) == 0 {
		return nil, fail(ticketing.NotFound, "call_file.unknown")
	}
	return &list[0], nil
}

// CallFileByID implements [ticketing.Tx].
func (t *tx) CallFileByID(ctx context.Context, id ticketing.CallFileID) (*ticketing.CallFile, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	f, ok := t.callFiles.files.get(t.in, id)
	if !ok {
		return nil, fail(ticketing.NotFound, "call_file.unknown")
	}
	return &f, nil
}

// FollowedCallFiles implements [ticketing.Tx].
func (t *tx) FollowedCallFiles(ctx context.Context, source string) ([]ticketing.CallFile, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	return limit(t.callFiles.files.list(t.in, func(f ticketing.CallFile) bool { return f.Source == source && f.Followed }, newestFile), 20), nil
}

// SaveCallFile implements [ticketing.Tx].
func (t *tx) SaveCallFile(ctx context.Context, f *ticketing.CallFile) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	if f.ID == 0 {
		f.ID = ticketing.CallFileID(t.next("call_file"))
	} else if was, ok := t.callFiles.files.get(t.in, f.ID); !ok || was.Version != f.Version {
		return fail(ticketing.Stale, "call_file.changed")
	}
	f.Version++
	t.callFiles.files.put(f.ID, *f)
	return nil
}

// KnownCallLegs implements [ticketing.Tx].
func (t *tx) KnownCallLegs(ctx context.Context, source string, keys []string) (map[string]bool, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, k := range keys {
		if _, ok := t.callFiles.legs.get(t.in, legKey{source, k}); ok {
			out[k] = true
		}
	}
	return out, nil
}

// AddCallLegs implements [ticketing.Tx].
func (t *tx) AddCallLegs(ctx context.Context, source string, keys []string) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	for _, k := range keys {
		if _, ok := t.callFiles.legs.get(t.in, legKey{source, k}); ok {
			return fail(ticketing.Conflict, "call.taken")
		}
		t.callFiles.legs.put(legKey{source, k}, true)
	}
	return nil
}

// AddCallRejects implements [ticketing.Tx].
func (t *tx) AddCallRejects(ctx context.Context, list []ticketing.CallReject) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	for _, r := range list {
		t.callFiles.rejects.put(rejectKey{r.File, r.Line}, r)
	}
	return nil
}

// CallFiles implements [ticketing.CallFileReads].
func (s *Store) CallFiles(ctx context.Context, source string, n int) (out []ticketing.CallFile, err error) {
	err = s.read(ctx, func(v view) error {
		out = limit(v.callFiles.files.list(v.in, func(f ticketing.CallFile) bool { return source == "" || f.Source == source }, func(a, b ticketing.CallFile) int {
			return cmp.Or(b.UpdatedAt.Compare(a.UpdatedAt), cmp.Compare(b.ID, a.ID))
		}), n)
		return nil
	})
	return out, err
}

// CallRejects implements [ticketing.CallFileReads].
func (s *Store) CallRejects(ctx context.Context, f ticketing.CallFileID, after int64, n int) (out []ticketing.CallReject, err error) {
	err = s.read(ctx, func(v view) error {
		out = limit(v.callFiles.rejects.list(v.in, func(r ticketing.CallReject) bool { return r.File == f && r.Line > after },
			func(a, b ticketing.CallReject) int { return cmp.Compare(a.Line, b.Line) }), n)
		return nil
	})
	return out, err
}
