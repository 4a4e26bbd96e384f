package storage

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sistem48/system48/ticketing"
)

// TestRungs holds that the steps of a ladder come back as they were kept, and
// that nothing unreadable stops a ticket from being read.
func TestRungs(t *testing.T) {
	due := time.Date(2026, 11, 27, 14, 40, 0, 1000, time.UTC)
	list := []ticketing.Rung{
		{After: -4 * time.Hour, Tell: ticketing.TellAssignee, At: due.Add(-4 * time.Hour), Taken: due.Add(-3 * time.Hour), Due: due.Add(time.Hour)},
		{Tell: ticketing.TellHead, At: due},
		{After: 24 * time.Hour, Tell: ticketing.TellOffice},
	}
	for _, d := range []time.Time{due, {}, due.AddDate(-80, 0, 0), due.AddDate(5000, 0, 0)} {
		kept := rungsOf(list, d)
		if diff := cmp.Diff(list, kept.list(d)); diff != "" {
			t.Errorf("due %s, kept as %q:\n%s", d, kept, diff)
		}
	}
	if kept := rungsOf(list, due); len(kept) > 70 {
		t.Errorf("%d bytes: %s", len(kept), kept)
	}
	if rungsOf(nil, due) != "" || rungs("").list(due) != nil {
		t.Error("no steps are not nothing")
	}
	for _, bad := range []rungs{"|", "x,head", "1", "1,2,3,4,5,6", ",,,", `[{"a":0}]`} {
		if got := bad.list(due); len(got) > 0 {
			t.Errorf("%q is read as %v", bad, got)
		}
	}
}
