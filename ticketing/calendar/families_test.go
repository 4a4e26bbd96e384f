package calendar

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// The families of clock bugs that users of other systems reported, as far as
// they are calendar arithmetic. Those about tickets (B5–B14, B17, B20–B23) are
// tested where tickets are.

// vectorsNamed runs the vectors whose names begin so.
func vectorsNamed(t *testing.T, prefixes ...string) {
	t.Helper()
	ran := 0
	for _, v := range vectors {
		for _, p := range prefixes {
			if strings.HasPrefix(v.name, p+" ") {
				checkVector(t, v)
				ran++
			}
		}
	}
	if ran != len(prefixes) {
		t.Fatalf("%d of %d vectors ran", ran, len(prefixes))
	}
}

func TestB1BusinessHoursAreHonoured(t *testing.T) {
	t.Parallel()
	vectorsNamed(t, "V5")
	// The reported form: opened after closing time, escalated at once because
	// the machine stood in another zone.
	c := vectorCalendars(t)["CBH"]
	due, err := c.Add(at(t, "2026-03-09 20:00").UTC(), time.Hour)
	if want := at(t, "2026-03-10 08:00"); err != nil || !due.Equal(want) {
		t.Errorf("Add() = %s, %v, want %s", due, err, want)
	}
}

func TestB2SeveralWindowsADay(t *testing.T) {
	t.Parallel()
	vectorsNamed(t, "V10", "V11")
}

func TestB3SparseWeek(t *testing.T) {
	t.Parallel()
	vectorsNamed(t, "V12")
	c := build(t, Spec{Weekly: []Window{{time.Wednesday, hhmm(9, 0), hhmm(10, 0)}, {time.Saturday, hhmm(23, 0), EndOfDay}}})
	due, err := c.Add(at(t, "2026-03-05 00:00"), 150*time.Minute)
	if want := at(t, "2026-03-14 23:30"); err != nil || !due.Equal(want) {
		t.Errorf("Add() = %s, %v, want %s", due, err, want)
	}
}

func TestB4PausesAreSubtractedOnce(t *testing.T) {
	t.Parallel()
	vectorsNamed(t, "V15", "V16")
}

func TestB15WarningsInWorkingTime(t *testing.T) {
	t.Parallel()
	vectorsNamed(t, "V19", "V20a", "V20b")
}

func TestB16ShortTargetAtTheEdgeOfTheDay(t *testing.T) {
	t.Parallel()
	vectorsNamed(t, "V13", "V14")
}

func TestB18ChangedCalendarIsAnotherVersion(t *testing.T) {
	t.Parallel()
	spec := Spec{Name: "office", Version: 1, Weekly: WeekdaysFrom(time.Monday, time.Friday, hhmm(7, 0), hhmm(15, 0))}
	v1 := build(t, spec)
	spec = v1.Spec()
	spec.Version = 2
	spec.Holidays = append(spec.Holidays, Holiday{Date: date(t, "2026-03-10"), Name: "mourning"})
	v2 := build(t, spec)
	start := at(t, "2026-03-09 08:00")
	d1, err1 := v1.Add(start, 8*time.Hour)
	d2, err2 := v2.Add(start, 8*time.Hour)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if want := at(t, "2026-03-10 08:00"); !d1.Equal(want) {
		t.Errorf("version 1 gives %s, want %s", d1, want)
	}
	if want := at(t, "2026-03-11 08:00"); !d2.Equal(want) {
		t.Errorf("version 2 gives %s, want %s", d2, want)
	}
	if v1.Version() != 1 || v2.Version() != 2 || v1.Name() != "office" {
		t.Errorf("versions %d and %d of %q", v1.Version(), v2.Version(), v1.Name())
	}
	// What the caller does to its slice afterwards is no business of a calendar.
	spec.Holidays[0].Date = date(t, "2026-03-11")
	if again, err := v2.Add(start, 8*time.Hour); err != nil || !again.Equal(d2) {
		t.Errorf("after changing the spec's slice: %s, %v", again, err)
	}
}

func TestB19OnlyWorkFreeDays(t *testing.T) {
	t.Parallel()
	got, err := Montenegro(2026, 2026)
	if err != nil {
		t.Fatal(err)
	}
	// St Martin, the day of the ecological state, religious days: none of
	// them closes a bureau.
	for _, d := range []string{"2026-11-11", "2026-09-20", "2026-01-07", "2026-12-25", "2026-03-20"} {
		if slices.ContainsFunc(got, func(h Holiday) bool { return h.Date == date(t, d) }) {
			t.Errorf("%s is among the state holidays", d)
		}
	}
}

func TestB24NothingIsNegative(t *testing.T) {
	t.Parallel()
	c := vectorCalendars(t)["CBH"]
	a, b := at(t, "2026-03-09 12:00"), at(t, "2026-03-09 11:00")
	if got := c.Between(a, b); got != 0 {
		t.Errorf("Between(a, earlier) = %s, want 0", got)
	}
	back := Pause{From: a, To: b}
	if got := c.Between(b, a, back); got != time.Hour {
		t.Errorf("a pause that ends before it begins took %s", time.Hour-got)
	}
	if due, err := c.Add(at(t, "2026-03-09 10:00"), 3*time.Hour, back); err != nil || !due.Equal(at(t, "2026-03-09 13:00")) {
		t.Errorf("Add() over a pause that ends before it begins = %s, %v", due, err)
	}
	if _, err := c.Add(a, -time.Minute); !errors.Is(err, ErrNegative) {
		t.Errorf("Add(-1m) = %v, want ErrNegative", err)
	}
}

func TestB25PausesInTheSameMinute(t *testing.T) {
	t.Parallel()
	vectorsNamed(t, "V17")
	c := vectorCalendars(t)["CBH"]
	from := at(t, "2026-03-09 08:00")
	pauses := []Pause{
		{From: from.Add(10 * time.Second), To: from.Add(20 * time.Second)},
		{From: from.Add(30 * time.Second), To: from.Add(40 * time.Second)},
	}
	if got := c.Between(from, from.Add(time.Minute), pauses...); got != 40*time.Second {
		t.Errorf("Between() = %s, want 40s", got)
	}
	if due, err := c.Add(from, 40*time.Second, pauses...); err != nil || !due.Equal(from.Add(time.Minute)) {
		t.Errorf("Add() = %s, %v, want a minute later", due, err)
	}
}

func TestB26LongClosure(t *testing.T) {
	t.Parallel()
	vectorsNamed(t, "V22")
	// Closed for fourteen years, longer than any cap on iterations.
	spec := Spec{Weekly: WeekdaysFrom(time.Monday, time.Friday, hhmm(7, 0), hhmm(15, 0))}
	for d := date(t, "2026-07-01"); d.Before(date(t, "2040-07-01")); d = d.AddDays(1) {
		spec.Holidays = append(spec.Holidays, Holiday{Date: d, Name: "closed"})
	}
	c := build(t, spec)
	due, err := c.Add(at(t, "2026-06-30 14:30"), time.Hour)
	if want := at(t, "2040-07-02 07:30"); err != nil || !due.Equal(want) {
		t.Errorf("Add() = %s, %v, want %s", due, err, want)
	}
	open, err := c.NextOpen(at(t, "2026-06-30 15:00"))
	if want := at(t, "2040-07-02 07:00"); err != nil || !open.Equal(want) {
		t.Errorf("NextOpen() = %s, %v, want %s", open, err, want)
	}
}

func TestCalendarThatNeverOpensAgain(t *testing.T) {
	t.Parallel()
	c := build(t, Spec{Extra: []ExtraDay{{date(t, "2026-03-14"), hhmm(9, 0), hhmm(12, 0)}}})
	start := at(t, "2026-03-09 08:00")
	due, err := c.Add(start, 3*time.Hour)
	if want := at(t, "2026-03-14 12:00"); err != nil || !due.Equal(want) {
		t.Errorf("Add(3h) = %s, %v, want %s", due, err, want)
	}
	if _, err := c.Add(start, 3*time.Hour+1); !errors.Is(err, ErrNever) {
		t.Errorf("Add(3h+1ns) = %v, want ErrNever", err)
	}
	if _, err := c.NextOpen(due); !errors.Is(err, ErrNever) {
		t.Errorf("NextOpen() = %v, want ErrNever", err)
	}
	if _, err := c.Start(due, Cutoff{Weekdays: []time.Weekday{time.Saturday}}); !errors.Is(err, ErrNever) {
		t.Errorf("Start() = %v, want ErrNever", err)
	}
}
