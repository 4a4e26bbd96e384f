package storagetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// testCallFiles: how far a file of calls is, which rows are in and which were
// not taken is kept as it was said (F34, A91).
func testCallFiles(t *testing.T, r *room) {
	at := r.now()
	files := make([]ticketing.CallFile, 3)
	for i := range files {
		files[i] = ticketing.CallFile{
			Source: "cdr", Name: "Master.csv", Followed: i != 1, Identity: "1:42", Head: fmt.Sprintf("%064x", i), HeadLen: 10 * i, State: ticketing.CallFileReading,
			Since: at.Add(-time.Hour), StartedAt: at, UpdatedAt: at.Add(time.Duration(i) * time.Second),
		}
		r.in(t, func(tx ticketing.Tx) error { return tx.SaveCallFile(ctx(), &files[i]) })
	}
	if files[0].ID == 0 || files[0].Version != 1 || files[1].ID <= files[0].ID {
		t.Fatalf("saved = %+v", files)
	}
	files[0].Offset, files[0].Memo, files[0].State, files[0].Lines, files[0].Legs = 4096, `{"line":9}`, ticketing.CallFileDone, 9, 4
	files[0].Known, files[0].Ignored, files[0].Rejected, files[0].LastAt, files[0].Head, files[0].HeadLen = 1, 2, 2, at, "ab", 256
	files[0].UpdatedAt = at.Add(time.Minute)
	old := files[0]
	r.in(t, func(tx ticketing.Tx) error {
		if err := tx.SaveCallFile(ctx(), &files[0]); err != nil {
			return err
		}
		if err := tx.AddCallLegs(ctx(), "cdr", []string{"a/1", "a/2"}); err != nil {
			return err
		}
		return tx.AddCallRejects(ctx(), []ticketing.CallReject{
			{File: files[0].ID, Line: 7, Kind: "future", Column: "start", Text: "2031-01-01"},
			{File: files[0].ID, Line: 3, Kind: "quote"},
			{File: files[1].ID, Line: 1, Kind: "long"},
		})
	})
	r.refused(t, ticketing.Stale, func(tx ticketing.Tx) error { return tx.SaveCallFile(ctx(), &old) })
	r.refused(t, ticketing.Conflict, func(tx ticketing.Tx) error { return tx.AddCallLegs(ctx(), "cdr", []string{"a/3", "a/2"}) })
	r.in(t, func(tx ticketing.Tx) error {
		newest, err := tx.CallFile(ctx(), "cdr", "1:42")
		same(t, "of the identity", newest, &files[2])
		byID, err2 := tx.CallFileByID(ctx(), files[0].ID)
		same(t, "by identifier", byID, &files[0])
		followed, err3 := tx.FollowedCallFiles(ctx(), "cdr")
		same(t, "followed", followed, []ticketing.CallFile{files[2], files[0]})
		known, err4 := tx.KnownCallLegs(ctx(), "cdr", []string{"a/1", "a/3", "a/2"})
		same(t, "rows that are in", known, map[string]bool{"a/1": true, "a/2": true})
		other, err5 := tx.KnownCallLegs(ctx(), "pbx", []string{"a/1"})
		same(t, "rows of another source", other, map[string]bool{})
		_, unknown := tx.CallFile(ctx(), "pbx", "1:42")
		wantKind(t, unknown, ticketing.NotFound)
		_, unknown = tx.CallFileByID(ctx(), 999)
		wantKind(t, unknown, ticketing.NotFound)
		return firstOf(err, err2, err3, err4, err5)
	})
	list, err := r.CallFiles(ctx(), "cdr", 2)
	same(t, "the latest read", list, []ticketing.CallFile{files[0], files[2]})
	all, err2 := r.CallFiles(ctx(), "", 9)
	same(t, "how many in all", len(all), 3)
	rejects, err3 := r.CallRejects(ctx(), files[0].ID, 0, 9)
	same(t, "rejected", rejects, []ticketing.CallReject{
		{File: files[0].ID, Line: 3, Kind: "quote"}, {File: files[0].ID, Line: 7, Kind: "future", Column: "start", Text: "2031-01-01"},
	})
	behind, err4 := r.CallRejects(ctx(), files[0].ID, 3, 1)
	same(t, "rejected behind the third", len(behind), 1)
	if err := firstOf(err, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
}
