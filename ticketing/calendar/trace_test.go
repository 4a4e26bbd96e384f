package calendar

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// lines writes a trace for comparison.
func lines(trace []Interval) []string {
	var out []string
	for _, i := range trace {
		to := "…"
		if !i.To.IsZero() {
			to = i.To.Format("02 15:04")
		}
		mark := " "
		if i.Counted {
			mark = "+"
		}
		out = append(out, mark+i.From.Format("02 15:04")+"–"+to+" "+i.Reason())
	}
	return out
}

func TestExplainHolidaysAndPauses(t *testing.T) {
	t.Parallel()
	c := vectorCalendars(t)["CBH"]
	due, trace, err := c.Explain(at(t, "2026-05-20 13:00"), 6*time.Hour,
		Pause{From: at(t, "2026-05-25 08:00"), To: at(t, "2026-05-25 09:30"), Reason: "citizen"})
	if err != nil {
		t.Fatal(err)
	}
	if want := at(t, "2026-05-25 12:30"); !due.Equal(want) {
		t.Errorf("due %s, want %s", due, want)
	}
	want := []string{
		"+20 13:00–20 15:00 open",
		" 20 15:00–21 00:00 closed",
		" 21 00:00–23 00:00 holiday:Dan nezavisnosti",
		" 23 00:00–25 07:00 closed",
		"+25 07:00–25 08:00 open",
		" 25 08:00–25 09:30 pause:citizen",
		"+25 09:30–25 12:30 open",
	}
	if diff := cmp.Diff(want, lines(trace)); diff != "" {
		t.Errorf("trace (-want +got):\n%s", diff)
	}
}

func TestExplainCutoff(t *testing.T) {
	t.Parallel()
	c := vectorCalendars(t)["CWD"]
	received := at(t, "2026-03-06 09:00")
	start, err := c.Start(received, podgoricaRule)
	if err != nil {
		t.Fatal(err)
	}
	_, trace, err := c.Explain(start, 48*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	lead, ok := BeforeStart(received, start)
	if !ok {
		t.Fatal("nothing lies before the start")
	}
	want := []string{" 06 09:00–09 00:00 before start", "+09 00:00–11 00:00 open"}
	if diff := cmp.Diff(want, lines(append([]Interval{lead}, trace...))); diff != "" {
		t.Errorf("trace (-want +got):\n%s", diff)
	}
	if _, ok := BeforeStart(received, received); ok {
		t.Error("BeforeStart() of one and the same instant")
	}
}

func TestExplainUnendedPause(t *testing.T) {
	t.Parallel()
	c := vectorCalendars(t)["CBH"]
	_, trace, err := c.Explain(at(t, "2026-03-09 08:00"), 16*time.Hour,
		Pause{From: at(t, "2026-03-09 12:00"), Reason: "body"},
		Pause{From: at(t, "2026-03-09 09:00"), To: at(t, "2026-03-09 10:00"), Reason: "citizen"},
		Pause{From: at(t, "2026-03-10 09:00"), Reason: "weather"})
	if !errors.Is(err, ErrPaused) {
		t.Fatalf("Explain() = %v, want ErrPaused", err)
	}
	want := []string{
		"+09 08:00–09 09:00 open",
		" 09 09:00–09 10:00 pause:citizen",
		"+09 10:00–09 12:00 open",
		" 09 12:00–… pause:body",
	}
	if diff := cmp.Diff(want, lines(trace)); diff != "" {
		t.Errorf("trace (-want +got):\n%s", diff)
	}
	if last := trace[len(trace)-1]; last.Seconds() != 0 {
		t.Errorf("a pause without end lasts %d s", last.Seconds())
	}
	// Begun before the clock, and still going on.
	_, trace, err = c.Explain(at(t, "2026-03-09 08:00"), time.Hour, Pause{From: at(t, "2026-03-08 12:00"), Reason: "body"})
	if !errors.Is(err, ErrPaused) {
		t.Fatalf("Explain() = %v, want ErrPaused", err)
	}
	if diff := cmp.Diff([]string{" 09 08:00–… pause:body"}, lines(trace)); diff != "" {
		t.Errorf("trace (-want +got):\n%s", diff)
	}
}

func TestTraceOverlappingPauses(t *testing.T) {
	t.Parallel()
	c := vectorCalendars(t)["C24"]
	trace, err := c.Trace(at(t, "2026-03-09 08:00"), at(t, "2026-03-09 14:00"),
		Pause{From: at(t, "2026-03-09 10:00"), To: at(t, "2026-03-09 13:00"), Reason: "body"},
		Pause{From: at(t, "2026-03-09 09:00"), To: at(t, "2026-03-09 12:00"), Reason: "citizen"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"+09 08:00–09 09:00 open",
		" 09 09:00–09 12:00 pause:citizen",
		" 09 12:00–09 13:00 pause:body",
		"+09 13:00–09 14:00 open",
	}
	if diff := cmp.Diff(want, lines(trace)); diff != "" {
		t.Errorf("trace (-want +got):\n%s", diff)
	}
	if trace, err := c.Trace(at(t, "2026-03-09 14:00"), at(t, "2026-03-09 08:00")); err != nil || len(trace) != 0 {
		t.Errorf("Trace() backwards = %v, %v", trace, err)
	}
}

// TestTracePausesThatBeginTogether: the longer one names the stretch, whichever
// comes first.
func TestTracePausesThatBeginTogether(t *testing.T) {
	t.Parallel()
	c := vectorCalendars(t)["C24"]
	short := Pause{From: at(t, "2026-03-09 09:00"), To: at(t, "2026-03-09 10:00"), Reason: "citizen"}
	long := Pause{From: short.From, To: at(t, "2026-03-09 12:00"), Reason: "body"}
	for _, pauses := range [][]Pause{{short, long}, {long, short}} {
		trace, err := c.Trace(at(t, "2026-03-09 09:00"), at(t, "2026-03-09 12:00"), pauses...)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{" 09 09:00–09 12:00 pause:body"}, lines(trace)); diff != "" {
			t.Errorf("trace (-want +got):\n%s", diff)
		}
	}
}

func TestTraceOverTheClockChange(t *testing.T) {
	t.Parallel()
	trace, err := AlwaysOpen(podgorica).Trace(at(t, "2027-10-30 10:00"), at(t, "2027-11-01 09:00"))
	if err != nil || len(trace) != 1 || trace[0].Seconds() != 48*3600 {
		t.Errorf("Trace() = %v, %v, want one interval of 48 h", lines(trace), err)
	}
}

func TestWhyString(t *testing.T) {
	t.Parallel()
	if got := Why(99).String(); got != "unknown" {
		t.Errorf("Why(99) = %q", got)
	}
	if got := (Interval{Why: WhyPaused}).Reason(); got != "pause" {
		t.Errorf("a pause without reason is %q", got)
	}
}
