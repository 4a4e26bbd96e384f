package calllog

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// A rig is a follower of a file over a store in memory.
type rig struct {
	t     *testing.T
	dir   string
	clock *ticketingtest.Clock
	store *ticketingtest.Store
	logs  *ticketing.CallLogs
	f     *Follower
}

func newRig(t *testing.T, name string) *rig {
	t.Helper()
	clock := ticketingtest.NewClockAt(now)
	store := ticketingtest.NewStore(clock.Now, podgorica)
	r := &rig{t: t, dir: t.TempDir(), clock: clock, store: store}
	r.logs = &ticketing.CallLogs{Calls: &ticketing.Calls{Bureau: &ticketing.Bureau{Store: store, Now: clock.Now}}}
	r.restart(name)
	t.Cleanup(func() { r.f.close() })
	return r
}

// restart is a new process: it knows nothing but what is stored.
func (r *rig) restart(name string) {
	if r.f != nil {
		r.f.close()
	}
	columns := []string{"start", "from", "to", "duration", "result", "leg"}
	r.f = &Follower{
		Source: Source{Name: "cdr", Region: "ME", Format: format(r.t, Format{Preset: Generic, Columns: columns})}, Path: filepath.Join(r.dir, name),
		Logs: r.logs, Now: r.clock.Now, Log: slog.New(slog.DiscardHandler), Start: now.Add(-48 * time.Hour),
	}
}

func (r *rig) sweep() {
	r.t.Helper()
	if err := r.f.Sweep(context.Background()); err != nil {
		r.t.Fatal(err)
	}
}

// rows makes lines of calls from one number to the next.
func rows(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "2026-11-28 10:%02d:%02d,067%06d,600,20,missed,leg-%d\n", i/60%60, i%60, 100000+i, i)
	}
	return b.String()
}

func (r *rig) append(name, text string) {
	r.t.Helper()
	f, err := os.OpenFile(filepath.Join(r.dir, name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		r.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		r.t.Fatal(err)
	}
	r.touch(name)
}

// touch gives the file the time of the test's clock.
func (r *rig) touch(name string) {
	r.t.Helper()
	if err := os.Chtimes(filepath.Join(r.dir, name), r.clock.Now(), r.clock.Now()); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) write(name, text string) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
	r.touch(name)
}

func (r *rig) rename(from, to string) {
	r.t.Helper()
	if err := os.Rename(filepath.Join(r.dir, from), filepath.Join(r.dir, to)); err != nil {
		r.t.Fatal(err)
	}
}

// calls counts them.
func (r *rig) calls() int {
	r.t.Helper()
	n, cursor := 0, ""
	for {
		page, err := r.store.CallPage(context.Background(), ticketing.CallFilter{Limit: 200, Cursor: cursor})
		if err != nil {
			r.t.Fatal(err)
		}
		n += len(page.Items)
		if cursor = page.Next; cursor == "" {
			return n
		}
	}
}

// wantCalls holds how many calls there are, each of one leg.
func (r *rig) wantCalls(n int) {
	r.t.Helper()
	if got := r.calls(); got != n {
		r.t.Errorf("%d calls, want %d", got, n)
	}
	files, err := r.store.CallFiles(context.Background(), "", 100)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, f := range files {
		if f.Lines != f.Legs+f.Known+f.Ignored+f.Rejected {
			r.t.Errorf("%s: %d lines are not %d rows + %d known + %d ignored + %d rejected (I13)", f.Name, f.Lines, f.Legs, f.Known, f.Ignored, f.Rejected)
		}
	}
}

// A file that grows by bytes is read by lines, across restarts (F34).
func TestGrowingByHalfLines(t *testing.T) {
	t.Parallel()
	r := newRig(t, "Master.csv")
	text := rows(0, 40)
	for i := 0; i < len(text); i += 37 {
		r.append("Master.csv", text[i:min(i+37, len(text))])
		r.sweep()
		if i%5 == 0 {
			r.restart("Master.csv")
		}
	}
	r.wantCalls(40)
}

// Rotated by name, whoever is there to see it, each row counts once (F34).
func TestRotation(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		act  func(r *rig)
	}{
		{"while it is watched", func(r *rig) {
			r.rename("Master.csv", "Master.csv.1")
			r.append("Master.csv.1", rows(10, 15)) // the exchange still has it open
			r.write("Master.csv", rows(15, 20))
			r.sweep()
			r.append("Master.csv.1", strings.TrimSuffix(rows(20, 21), "\n")) // and its last line has no end
			r.sweep()
			r.clock.Advance(time.Minute)
			r.sweep()
			r.sweep()
		}},
		{"while nobody was there", func(r *rig) {
			r.append("Master.csv", rows(10, 15))
			r.rename("Master.csv", "Master.csv.1")
			r.write("Master.csv", rows(15, 21))
			r.restart("Master.csv")
			r.sweep()
		}},
		{"twice while nobody was there", func(r *rig) {
			r.append("Master.csv", rows(10, 15))
			r.rename("Master.csv", "Master.csv.2")
			r.write("Master.csv.1", rows(15, 18)) // never seen under its own name
			r.write("Master.csv", rows(15, 21))   // the same rows in two files
			r.restart("Master.csv")
			r.sweep()
		}},
		{"copied and cut", func(r *rig) {
			r.append("Master.csv", rows(10, 15))
			data, err := os.ReadFile(filepath.Join(r.dir, "Master.csv"))
			if err != nil {
				r.t.Fatal(err)
			}
			r.write("Master.csv.1", string(data))
			r.write("Master.csv", rows(15, 16)) // the same number, from its beginning
			r.sweep()
			r.append("Master.csv", rows(16, 21))
			r.sweep()
		}},
		{"not there yet", func(r *rig) {
			r.rename("Master.csv", "Master.csv.1")
			r.append("Master.csv.1", rows(10, 12))
			r.sweep()
			r.append("Master.csv.1", rows(12, 15))
			r.write("Master.csv", rows(15, 21))
			r.sweep()
			r.sweep()
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "Master.csv")
			r.write("Master.csv", rows(0, 10))
			r.sweep()
			r.wantCalls(10)
			tc.act(r)
			r.wantCalls(21)
		})
	}
}

// What went away unread is told, not passed over (I13).
func TestWhatWentAwayIsLost(t *testing.T) {
	t.Parallel()
	r := newRig(t, "Master.csv")
	r.write("Master.csv", rows(0, 10))
	r.sweep()
	if err := os.Remove(filepath.Join(r.dir, "Master.csv")); err != nil {
		t.Fatal(err)
	}
	r.f.close()
	r.write("Master.csv", rows(20, 25))
	r.restart("Master.csv")
	r.sweep()
	r.wantCalls(15)
	files, err := r.store.CallFiles(context.Background(), "cdr", 9)
	if err != nil {
		t.Fatal(err)
	}
	lost := 0
	for _, f := range files {
		if f.State == ticketing.CallFileLost {
			lost++
		}
	}
	if lost != 1 {
		t.Errorf("%d files are lost, want 1: %+v", lost, files)
	}
}

// Files of a folder are read once complete; links and what is being written are
// left alone (A92).
func TestDropFolder(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	outside := filepath.Join(t.TempDir(), "secret.csv")
	if err := os.WriteFile(outside, []byte(rows(500, 510)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(r.dir, "link.csv")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(r.dir, "folder.csv"), 0o700); err != nil {
		t.Fatal(err)
	}
	r.write("cdr_1.csv", rows(0, 10))
	r.write("cdr_2.csv.part", rows(10, 15))
	r.sweep()
	r.wantCalls(0) // just written
	r.clock.Advance(11 * time.Second)
	r.append("cdr_1.csv", strings.TrimSuffix(rows(10, 11), "\n")) // still growing
	r.sweep()
	r.wantCalls(0)
	r.clock.Advance(11 * time.Second)
	r.sweep()
	r.wantCalls(11)
	r.rename("cdr_2.csv.part", "cdr_2.csv")
	r.clock.Advance(11 * time.Second)
	r.sweep()
	r.clock.Advance(11 * time.Second)
	r.sweep()
	r.wantCalls(15)
	r.write("again.csv", rows(0, 15)) // the same rows in another file
	r.restart("")
	for range 3 {
		r.clock.Advance(11 * time.Second)
		r.sweep()
	}
	r.wantCalls(15)
	if err := os.Remove(filepath.Join(r.dir, "cdr_1.csv")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(r.dir, "Master.csv")); err != nil {
		t.Fatal(err)
	}
	r.restart("Master.csv")
	if err := r.f.Sweep(context.Background()); err == nil || !strings.Contains(err.Error(), "regular file") {
		t.Errorf("a link under the followed name: %v", err)
	}
	r.wantCalls(15)
}

// Two processes on one file, in turn and late, enter each row once (F34).
func TestTwoFollowers(t *testing.T) {
	t.Parallel()
	r := newRig(t, "Master.csv")
	r.write("Master.csv", rows(0, 10))
	other := *r.f
	t.Cleanup(other.close)
	r.sweep()
	if err := other.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	for i := 10; i < 40; i += 10 {
		r.append("Master.csv", rows(i, i+10))
		if err := other.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		r.append("Master.csv", rows(i+100, i+101))
		r.sweep()
		r.sweep()
	}
	r.wantCalls(43)
}

// A line that never ends is one rejected line, and what follows is read (A91).
func TestEndlessLine(t *testing.T) {
	t.Parallel()
	r := newRig(t, "Master.csv")
	r.write("Master.csv", rows(0, 3)+strings.Repeat("x,", 2*chunkBytes)+"\n"+rows(3, 6))
	r.sweep()
	r.wantCalls(6)
	files, err := r.store.CallFiles(context.Background(), "cdr", 1)
	if err != nil || len(files) != 1 || files[0].Lines != 7 || files[0].Rejected != 1 {
		t.Errorf("files %+v, %v: want 7 lines, 1 of them rejected", files, err)
	}
}
