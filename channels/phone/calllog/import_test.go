package calllog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// A file with bad rows, broken off after each chunk that can be, then read
// again: each row is in once, the bad ones are listed with their lines (F35).
func TestImportBrokenOff(t *testing.T) {
	t.Parallel()
	r := newRig(t, "Master.csv")
	const total, every = 3000, 200
	lines := strings.Split(strings.TrimSpace(rows(0, total)), "\n")
	for i := every - 1; i < total; i += every {
		lines[i] = fmt.Sprintf("2031-01-01 00:00:00,067,600,20,missed,bad-%d", i)
	}
	r.write("calls.csv", strings.Join(lines, "\n"))
	path := filepath.Join(r.dir, "calls.csv")
	broken := errors.New("the machine went away")
	imp := &Importer{Source: r.f.Source, Now: r.clock.Now}
	for n, runs := 1, 0; ; n, runs = n+397, runs+1 {
		faulty := ticketingtest.NewFaultStore(r.store)
		faulty.FailAt(n, broken)
		imp.Logs = &ticketing.CallLogs{Calls: &ticketing.Calls{Bureau: &ticketing.Bureau{Store: faulty, Now: r.clock.Now}}}
		f, err := imp.Import(context.Background(), path)
		if err == nil {
			if runs < 5 {
				t.Errorf("broken off only %d times", runs)
			}
			if f.Lines != total || f.Rejected != total/every || f.Legs != total-total/every || f.State != ticketing.CallFileDone {
				t.Errorf("file = %+v", f)
			}
			break
		}
		if !errors.Is(err, broken) {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	imp.Logs, imp.Again = r.logs, true
	imp.Reject = func(line []byte, n int64, f *Fault) error {
		_, err := fmt.Fprintf(&out, "%d %s %s", n, f.Kind, line)
		return err
	}
	f, err := imp.Import(context.Background(), path)
	if err != nil || f.Legs != 0 || f.Known != total-total/every || f.Rejected != total/every {
		t.Errorf("once more: %+v, %v", f, err)
	}
	rejects, err := r.store.CallRejects(context.Background(), f.ID, 0, total)
	if err != nil || len(rejects) != total/every {
		t.Fatalf("%d rejected, %v", len(rejects), err)
	}
	for i, x := range rejects {
		if x.Line != int64((i+1)*every) || x.Kind != string(FaultFuture) {
			t.Errorf("rejected %+v, want line %d", x, (i+1)*every)
		}
	}
	if want := fmt.Sprintf("%d future 2031", every); !strings.HasPrefix(out.String(), want) {
		t.Errorf("rejected lines begin %.40q, want %q", out.String(), want)
	}
	r.wantCalls(total - total/every)
}

// What an operator enters from last month makes no promise now; what is of
// today does (F36).
func TestHistoryMakesNoPromise(t *testing.T) {
	t.Parallel()
	r := newRig(t, "Master.csv")
	r.write("calls.csv", "2026-10-28 10:00:00,067111111,600,20,missed,1\n2026-11-29 12:00:00,067222222,600,20,missed,2\n2026-11-29 12:00:00,anonymous,600,20,missed,3\n")
	imp := &Importer{Source: r.f.Source, Now: r.clock.Now, Logs: r.logs, Since: now.Add(-24 * time.Hour)}
	if _, err := imp.Import(context.Background(), filepath.Join(r.dir, "calls.csv")); err != nil {
		t.Fatal(err)
	}
	page, err := r.store.CallPage(context.Background(), ticketing.CallFilter{Limit: 9})
	if err != nil || len(page.Items) != 3 {
		t.Fatalf("%d calls, %v", len(page.Items), err)
	}
	for _, c := range page.Items {
		if old := c.Started.Before(now.Add(-24 * time.Hour)); c.Past != old || c.DecideAt.IsZero() != old {
			t.Errorf("%s: history %v, to be decided at %v", c.Key, c.Past, c.DecideAt)
		}
	}
}
