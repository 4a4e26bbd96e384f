package storage

import (
	"context"

	"github.com/sistem48/system48/ticketing"
)

// mostFollowed bounds how many files of a source are looked at when it is taken
// up again: those of three weeks that rotate daily.
const mostFollowed = 20

var (
	callFileByIdentity = selectFrom[callFileRow]("where source = ? and identity = ? order by id desc limit 1 {lock}")
	callFileByID       = selectFrom[callFileRow]("where id = ? {lock}")
	callFilesFollowed  = selectFrom[callFileRow]("where source = ? and followed order by id desc limit ?")
	saveCallFile       = sqlQuery(`update call_files set head = ?, head_len = ?, offset_bytes = ?, memo = ?, state = ?, lines = ?, legs = ?, known = ?,
		ignored = ?, rejected = ?, last_at = ?, updated_at = ?, version = ? where id = ? and version = ?`)
	callLegsKnown = sqlQuery("select leg from call_legs where source = ? and leg" + isOneOf)
	addCallLegs   = sqlQuery("insert into call_legs (source, leg) {pg:select ?, unnest(?::text[])}{lite:select ?, value from json_each(?)}")
	callFilesOf   = selectFrom[callFileRow]("where source = ? order by updated_at desc, id desc limit ?")
	callFilesAll  = selectFrom[callFileRow]("order by updated_at desc, id desc limit ?")
	callRejectsOf = selectFrom[callRejectRow]("where file_id = ? and line > ? order by line limit ?")
)

func (t *tx) callFile(q query, args ...any) (*ticketing.CallFile, error) {
	var found []callFileRow
	if err := t.readAll(statement{query: q, args: args, read: into(&found)}); err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, notFound("call_file")
	}
	f := found[0].file()
	return &f, nil
}

// CallFile loads the newest file of an identity; see ticketing.Tx.
func (t *tx) CallFile(_ context.Context, source, identity string) (*ticketing.CallFile, error) {
	return t.callFile(callFileByIdentity, clean(source), clean(identity))
}

// CallFileByID loads a file; see ticketing.Tx.
func (t *tx) CallFileByID(_ context.Context, id ticketing.CallFileID) (*ticketing.CallFile, error) {
	return t.callFile(callFileByID, int64(id))
}

// FollowedCallFiles loads the files of a source that were followed; see ticketing.Tx.
func (t *tx) FollowedCallFiles(_ context.Context, source string) ([]ticketing.CallFile, error) {
	var found []callFileRow
	err := t.readAll(statement{query: callFilesFollowed, args: []any{clean(source), mostFollowed}, read: into(&found)})
	return callFilesIn(found), err
}

// SaveCallFile writes a file; see ticketing.Tx.
func (t *tx) SaveCallFile(_ context.Context, f *ticketing.CallFile) error {
	before := f.Version
	f.Version++
	if f.ID == 0 {
		id, err := t.id(ticketing.IDCallFile)
		if err != nil {
			return err
		}
		f.ID = ticketing.CallFileID(id)
		row := callFileRowOf(f)
		insertRow(t, &row)
		return nil
	}
	r := callFileRowOf(f)
	t.queueOne(func(*tx) error { return stale("call_file") }, saveCallFile, r.Head, r.HeadLen, r.Offset, r.Memo, r.State, r.Lines, r.Legs, r.Known,
		r.Ignored, r.Rejected, r.LastAt, r.UpdatedAt, r.Version, r.ID, before)
	return nil
}

// KnownCallLegs gives which rows are in; see ticketing.Tx.
func (t *tx) KnownCallLegs(_ context.Context, source string, keys []string) (map[string]bool, error) {
	out := make(map[string]bool, len(keys))
	if len(keys) == 0 {
		return out, nil
	}
	read := func(r rows) error {
		clear(out)
		for r.Next() {
			var leg string
			if err := r.Scan(&leg); err != nil {
				return err
			}
			out[leg] = true
		}
		return r.Err()
	}
	return out, t.readAll(statement{query: callLegsKnown, args: []any{clean(source), texts(t.db.engine, keys)}, read: read})
}

// AddCallLegs enters rows; see ticketing.Tx.
func (t *tx) AddCallLegs(_ context.Context, source string, keys []string) error {
	if len(keys) > 0 {
		t.add(statement{query: addCallLegs, args: []any{clean(source), texts(t.db.engine, keys)}, failed: func(err error) error {
			return quicker(err, "call.taken") // another reader entered the same row
		}})
	}
	return nil
}

// AddCallRejects keeps why rows were not taken; see ticketing.Tx.
func (t *tx) AddCallRejects(_ context.Context, list []ticketing.CallReject) error {
	for _, r := range list {
		row := callRejectRow{FileID: int64(r.File), Line: r.Line, Kind: clean(r.Kind), Column: clean(r.Column), Value: clean(r.Text)}
		insertRow(t, &row)
	}
	return nil
}

// CallFiles lists files of calls; see ticketing.CallFileReads.
func (db *DB) CallFiles(ctx context.Context, source string, n int) ([]ticketing.CallFile, error) {
	var found []callFileRow
	s := statement{query: callFilesAll, args: []any{n}, read: into(&found)}
	if source != "" {
		s = statement{query: callFilesOf, args: []any{clean(source), n}, read: into(&found)}
	}
	err := db.query(ctx, s)
	return callFilesIn(found), err
}

// CallRejects lists rejected rows; see ticketing.CallFileReads.
func (db *DB) CallRejects(ctx context.Context, f ticketing.CallFileID, after int64, n int) ([]ticketing.CallReject, error) {
	var found []callRejectRow
	if err := db.query(ctx, statement{query: callRejectsOf, args: []any{int64(f), after, n}, read: into(&found)}); err != nil {
		return nil, err
	}
	out := make([]ticketing.CallReject, len(found))
	for i, r := range found {
		out[i] = ticketing.CallReject{File: ticketing.CallFileID(r.FileID), Line: r.Line, Kind: r.Kind, Column: r.Column, Text: r.Value}
	}
	return out, nil
}
