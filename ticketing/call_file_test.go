package ticketing_test

import (
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// Rows of a file enter once, whoever read them first, and a row that cannot be
// true is counted with its reason (I13, F34).
func TestRowsEnterOnce(t *testing.T) {
	t.Parallel()
	r := newDecisionRig(t)
	logs := &ticketing.CallLogs{Calls: &r.calls}
	at := r.Clock.Now().Add(-time.Hour)
	row := func(leg string, ended time.Time) ticketing.CallReport {
		return ticketing.CallReport{Source: "cdr", Call: "c", Leg: leg, Direction: ticketing.CallIn, From: caller, To: "600", Started: at, Ended: ended, Result: ticketing.CallMissed}
	}
	chunk := ticketing.CallChunk{
		Reports: []ticketing.CallReport{row("1", at.Add(time.Minute)), row("2", at.Add(time.Minute)), row("1", at.Add(time.Minute)), row("3", at.Add(-time.Minute))},
		Lines:   []int64{1, 2, 3, 4}, Rejects: []ticketing.CallReject{{Line: 5, Kind: "quote"}}, Ignored: 1, Offset: 600, Line: 6, State: ticketing.CallFileReading,
	}
	one, err := logs.Open(t.Context(), ticketing.CallFile{Source: "cdr", Name: "Master.csv", Identity: "1:2", Followed: true})
	r.must(err)
	two, err := logs.Open(t.Context(), ticketing.CallFile{Source: "cdr", Name: "Master.csv", Identity: "1:2", Followed: true})
	r.must(err)
	if one.ID != two.ID {
		t.Fatal("one file has two rows")
	}
	r.must(logs.Enter(t.Context(), one, chunk))
	r.wantKind(logs.Enter(t.Context(), two, chunk), ticketing.Stale)
	if one.Lines != 6 || one.Legs != 2 || one.Known != 1 || one.Ignored != 1 || one.Rejected != 2 || !one.LastAt.Equal(at.Add(time.Minute)) {
		t.Errorf("file = %+v", one)
	}
	if c := r.call("c"); len(c.Legs) != 2 {
		t.Errorf("the call has %d legs", len(c.Legs))
	}
	again, err := logs.Restart(t.Context(), *one)
	r.must(err)
	if again.ID == one.ID || again.Lines != 0 || again.Offset != 0 || again.Identity != one.Identity {
		t.Errorf("begun anew = %+v", again)
	}
	rejects, err := r.Store.CallRejects(t.Context(), one.ID, 0, 9)
	r.must(err)
	if len(rejects) != 2 || rejects[0].Line != 4 || rejects[0].Kind != "call.order" || rejects[1].Line != 5 {
		t.Errorf("rejected %+v", rejects)
	}
}

// Whole numbers and tries are for who works with calls; each is written down (A38).
func TestWhoMaySeeNumbers(t *testing.T) {
	t.Parallel()
	r := newDecisionRig(t)
	r.missedAt("1", 20*time.Second, nil)
	r.decide()
	call := r.call("1")
	ref := r.callbacks(false)[0].Ref
	for _, who := range []ticketing.Agent{r.Hana, r.Oskar, r.Aida} {
		_, err := r.calls.Reveal(t.Context(), ticketing.ActorOf(who), call.ID)
		r.wantKind(err, ticketing.Forbidden)
		r.wantKind(r.calls.Tried(t.Context(), ticketing.ActorOf(who), ref), ticketing.Forbidden)
	}
	shown, err := r.calls.Reveal(t.Context(), r.ana(), call.ID)
	r.must(err)
	if shown.Party().E164 != caller {
		t.Errorf("shown %q", shown.Party().E164)
	}
	r.must(r.calls.Tried(t.Context(), r.ana(), ref))
	if b := r.callbacks(false)[0]; b.Attempts != 1 || b.TriedAt.IsZero() {
		t.Errorf("callback %+v", b)
	}
	r.spoken("2", ticketing.CallOut, time.Minute)
	r.decide()
	r.wantKind(r.calls.Tried(t.Context(), r.ana(), ref), ticketing.Conflict)
}
