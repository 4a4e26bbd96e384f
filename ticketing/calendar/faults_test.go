package calendar

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"testing"
	"time"
)

// The rows of the fault matrix that are calendar arithmetic. F40 is in
// civil_test.go.

func TestF38ElapsedOverSpringChange(t *testing.T) {
	t.Parallel()
	due, err := AlwaysOpen(podgorica).Add(at(t, "2027-03-27 10:00"), 48*time.Hour)
	if want := "2027-03-29T11:00:00+02:00"; err != nil || due.Format(time.RFC3339) != want {
		t.Errorf("Add() = %s, %v, want %s", due.Format(time.RFC3339), err, want)
	}
}

func TestF39ElapsedOverAutumnChange(t *testing.T) {
	t.Parallel()
	due, err := AlwaysOpen(podgorica).Add(at(t, "2027-10-30 10:00"), 48*time.Hour)
	if want := "2027-11-01T09:00:00+01:00"; err != nil || due.Format(time.RFC3339) != want {
		t.Errorf("Add() = %s, %v, want %s", due.Format(time.RFC3339), err, want)
	}
}

// TestWindowsOnTheNightOfAChange pins the rule of the package comment: an
// instant is open if its wall reading is.
func TestWindowsOnTheNightOfAChange(t *testing.T) {
	t.Parallel()
	night := func(from, to Minute) *Calendar {
		return build(t, Spec{Weekly: []Window{{time.Sunday, from, to}}})
	}
	tests := []struct {
		name     string
		c        *Calendar
		from, to string
		want     time.Duration
	}{
		{"spring, the whole day", night(0, EndOfDay), "2027-03-27 12:00", "2027-03-29 12:00", 23 * time.Hour},
		{"spring, a window over the gap", night(hhmm(1, 0), hhmm(4, 0)), "2027-03-28 00:00", "2027-03-29 00:00", 2 * time.Hour},
		{"spring, a window within the gap", night(hhmm(2, 0), hhmm(2, 45)), "2027-03-28 00:00", "2027-03-29 00:00", 0},
		{"autumn, the whole day", night(0, EndOfDay), "2027-10-30 12:00", "2027-11-01 12:00", 25 * time.Hour},
		{"autumn, a window over the repeated hour", night(hhmm(1, 0), hhmm(4, 0)), "2027-10-31 00:00", "2027-11-01 00:00", 4 * time.Hour},
		{"autumn, a window within the repeated hour", night(hhmm(2, 0), hhmm(2, 15)), "2027-10-31 00:00", "2027-11-01 00:00", 30 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.c.Between(at(t, tt.from), at(t, tt.to)); got != tt.want {
				t.Errorf("Between() = %s, want %s", got, tt.want)
			}
		})
	}
}

// TestF45PausesKeepTheRemainder stops a clock again and again across the
// weekend and the change of the clock, forgetting everything but the pauses
// each time, as a restart does.
func TestF45PausesKeepTheRemainder(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"C24", "CWD", "CBH"} {
		c := vectorCalendars(t)[name]
		start := time.Date(2026, time.March, 26, 8, 3, 17, 123_000, time.UTC)
		const target = 90*time.Hour + 11*time.Second
		rest, now := target, start
		var pauses []Pause
		for i := range 9 {
			stop := now.Add(time.Duration(i+1)*67*time.Minute + 13*time.Second)
			resume := stop.Add(time.Duration(i+1) * 311 * time.Minute)
			rest -= c.Between(now, stop)
			pauses = append(pauses, Pause{From: stop, To: resume})
			now = resume
		}
		want, err := c.Add(now, rest)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Add(start, target, pauses...)
		if err != nil || !got.Equal(want) {
			t.Errorf("%s: Add() with all pauses = %s, %v; step by step %s", name, got, err, want)
		}
	}
}

// TestF46PauseAtTheDueInstant: a pause that begins when the target is reached
// comes too late, one nanosecond earlier it does not.
func TestF46PauseAtTheDueInstant(t *testing.T) {
	t.Parallel()
	c := vectorCalendars(t)["CBH"]
	start, due := at(t, "2026-03-06 14:00"), at(t, "2026-03-10 14:00")
	got, err := c.Add(start, 16*time.Hour, Pause{From: due})
	if err != nil || !got.Equal(due) {
		t.Errorf("paused at due: %s, %v, want %s", got, err, due)
	}
	if got, err := c.Add(start, 16*time.Hour, Pause{From: due.Add(-1)}); !errors.Is(err, ErrPaused) {
		t.Errorf("paused just before due: %s, %v, want ErrPaused", got, err)
	}
	// A pause over closed hours only moves nothing.
	got, err = c.Add(start, 16*time.Hour, Pause{From: at(t, "2026-03-06 15:00"), To: at(t, "2026-03-09 07:00")})
	if err != nil || !got.Equal(due) {
		t.Errorf("paused while closed: %s, %v, want %s", got, err, due)
	}
}

// TestF48EmbeddedZones: a machine with zone files cannot show that the program
// does without them, so this looks at what is linked in.
func TestF48EmbeddedZones(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "calendar.go", nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(file.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"time/tzdata"` }) {
		t.Error("calendar.go does not embed the zones")
	}
}

func TestF49EdgesOfTheYear(t *testing.T) {
	t.Parallel()
	c := officeWithHolidays(t)
	tests := []struct {
		name, start string
		d           time.Duration
		due         string
	}{
		{"29 February is a working day", "2028-02-28 14:00", 9 * time.Hour, "2028-02-29 15:00"},
		{"the day after 28 February", "2027-02-26 14:30", time.Hour, "2027-03-01 07:30"},
		{"New Year takes two days", "2025-12-31 14:30", time.Hour, "2026-01-05 07:30"},
		{"New Year on a weekend moves one day", "2027-12-31 14:30", time.Hour, "2028-01-04 07:30"},
		{"New Year on a Sunday moves the next days", "2033-12-30 14:30", time.Hour, "2034-01-04 07:30"},
		{"Labour Day on a weekend", "2027-04-30 14:30", time.Hour, "2027-05-04 07:30"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			due, err := c.Add(at(t, tt.start), tt.d)
			if want := at(t, tt.due); err != nil || !due.Equal(want) {
				t.Errorf("Add(%s, %s) = %s, %v, want %s", tt.start, tt.d, due, err, want)
			}
		})
	}
}

func TestRange(t *testing.T) {
	t.Parallel()
	c := AlwaysOpen(podgorica)
	if _, err := c.Add(time.Time{}, time.Hour); !errors.Is(err, ErrRange) {
		t.Errorf("Add(year 1) = %v, want ErrRange", err)
	}
	if _, err := c.Add(Latest, time.Hour); !errors.Is(err, ErrRange) {
		t.Errorf("Add(2200) = %v, want ErrRange", err)
	}
	if _, err := c.Add(Latest.Add(-time.Minute), time.Hour); !errors.Is(err, ErrNever) {
		t.Errorf("Add past 2200 = %v, want ErrNever", err)
	}
	if _, err := c.Add(Earliest, 1<<63-1); !errors.Is(err, ErrNever) {
		t.Errorf("Add(292 years) = %v, want ErrNever", err)
	}
	if due, err := c.Add(Earliest, 0); err != nil || !due.Equal(Earliest) {
		t.Errorf("Add(0) = %s, %v", due, err)
	}
	if got, want := c.Between(time.Time{}, Latest.AddDate(50, 0, 0)), Latest.Sub(Earliest); got != want {
		t.Errorf("Between(everything) = %s, want %s", got, want)
	}
	if got := c.Between(time.Time{}, Latest, Pause{}); got != 0 {
		t.Errorf("a pause without beginning and end leaves %s", got)
	}
	if c.Open(time.Time{}) || !c.Open(Earliest) {
		t.Error("Open() outside the range")
	}
	if _, err := c.Trace(time.Time{}, Latest); !errors.Is(err, ErrRange) {
		t.Errorf("Trace(year 1) = %v, want ErrRange", err)
	}
	office := vectorCalendars(t)["CBH"]
	if _, err := office.Trace(Earliest, Latest.Add(-1)); !errors.Is(err, ErrTooLong) {
		t.Errorf("Trace(220 years) = %v, want ErrTooLong", err)
	}
}
