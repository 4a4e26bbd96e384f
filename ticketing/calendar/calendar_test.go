package calendar

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	office := WeekdaysFrom(time.Monday, time.Friday, hhmm(7, 0), hhmm(15, 0))
	xmas := date(t, "2026-01-07")
	tests := []struct {
		name          string
		spec          Spec
		field, reason string
	}{
		{"no zone", Spec{Weekly: office}, "zone", "is needed"},
		{"the machine's zone", Spec{Zone: "Local", Weekly: office}, "zone", "is needed"},
		{"an unknown zone", Spec{Zone: "Europe/Tivat", Weekly: office}, "zone", "not a known zone"},
		{"a zone out of the tree", Spec{Zone: "../../etc/passwd", Weekly: office}, "zone", "not a known zone"},
		{"no hours", Spec{Zone: "UTC"}, "weekly", "no open hours at all"},
		{
			"overlapping windows",
			Spec{Zone: "UTC", Weekly: append(office[:2:2], Window{time.Tuesday, hhmm(14, 59), hhmm(16, 0)})},
			"weekly[2]", "overlaps weekly[1]",
		},
		{"a window backwards", Spec{Zone: "UTC", Weekly: []Window{{time.Monday, hhmm(22, 0), hhmm(6, 0)}}}, "weekly[0]", "ends before it begins"},
		{"an empty window", Spec{Zone: "UTC", Weekly: []Window{{time.Monday, hhmm(7, 0), hhmm(7, 0)}}}, "weekly[0]", "empty"},
		{"a window beyond the day", Spec{Zone: "UTC", Weekly: []Window{{time.Monday, hhmm(7, 0), EndOfDay + 1}}}, "weekly[0]", "not within a day"},
		{"no such weekday", Spec{Zone: "UTC", Weekly: []Window{{7, 0, 1}}}, "weekly[0]", "no such weekday"},
		{
			"a holiday twice",
			Spec{Zone: "UTC", Weekly: office, Holidays: []Holiday{{Date: xmas, Name: "a"}, {Date: xmas, Name: "b"}}},
			"holidays[1]", `given twice, as "a" and as "b"`,
		},
		{"no such date", Spec{Zone: "UTC", Weekly: office, Holidays: []Holiday{{Date: Date{2026, 2, 29}}}}, "holidays[0]", "2026-02-29 is not a date"},
		{"a date out of range", Spec{Zone: "UTC", Weekly: office, Holidays: []Holiday{{Date: Date{2200, 1, 1}}}}, "holidays[0]", "between 1980 and 2199"},
		{
			"an extra holiday",
			Spec{Zone: "UTC", Weekly: office, Holidays: []Holiday{{Date: xmas}}, Extra: []ExtraDay{{xmas, 0, 60}}},
			"extra[0]", "also a holiday",
		},
		{"overlapping extra hours", Spec{Zone: "UTC", Extra: []ExtraDay{{xmas, 0, 60}, {xmas, 30, 90}}}, "extra[1]", "overlaps extra[0]"},
		{"an extra day backwards", Spec{Zone: "UTC", Extra: []ExtraDay{{xmas, 60, 0}}}, "extra[0]", "ends before it begins"},
		{"an extra day that is none", Spec{Zone: "UTC", Extra: []ExtraDay{{Date{}, 0, 60}}}, "extra[0]", "not a date"},
		{"too many windows", Spec{Zone: "UTC", Weekly: make([]Window, maxWindows+1)}, "weekly", "more than"},
		{"too many holidays", Spec{Zone: "UTC", Weekly: office, Holidays: make([]Holiday, maxDates+1)}, "holidays", "more than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := New(tt.spec)
			var fault *Error
			if c != nil || !errors.As(err, &fault) {
				t.Fatalf("New() = %v, %v, want an *Error", c, err)
			}
			if fault.Field != tt.field || !strings.Contains(fault.Reason, tt.reason) {
				t.Errorf("New() = %q %q, want %q …%q…", fault.Field, fault.Reason, tt.field, tt.reason)
			}
		})
	}
}

func TestNewNamesEveryFault(t *testing.T) {
	t.Parallel()
	_, err := New(Spec{Zone: "x", Weekly: []Window{{time.Monday, 60, 30}}, Holidays: []Holiday{{}}})
	if err == nil {
		t.Fatal("New() took it")
	}
	for _, field := range []string{"zone:", "weekly[0]:", "holidays[0]:"} {
		if !strings.Contains(err.Error(), field) {
			t.Errorf("New() = %q does not name %s", err, field)
		}
	}
}

func TestExtraDays(t *testing.T) {
	t.Parallel()
	saturday, friday := date(t, "2026-03-14"), date(t, "2026-03-13")
	c := build(t, Spec{
		Weekly: WeekdaysFrom(time.Monday, time.Friday, hhmm(7, 0), hhmm(15, 0)),
		Extra:  []ExtraDay{{saturday, hhmm(9, 0), hhmm(11, 0)}, {saturday, hhmm(12, 0), hhmm(13, 0)}, {friday, hhmm(7, 0), hhmm(10, 0)}},
	})
	got := c.Between(at(t, "2026-03-13 00:00"), at(t, "2026-03-16 00:00"))
	if got != 6*time.Hour {
		t.Errorf("a short Friday and a working Saturday have %s, want 6h", got)
	}
	if !c.WorkingDay(saturday) || c.WorkingDay(date(t, "2026-03-15")) || c.WorkingDay(Date{}) {
		t.Error("WorkingDay() of a working Saturday, a Sunday, no date")
	}
}

func TestAdjacentWindowsAreOne(t *testing.T) {
	t.Parallel()
	c := build(t, Spec{Weekly: []Window{
		{time.Monday, hhmm(12, 0), EndOfDay}, {time.Monday, hhmm(7, 0), hhmm(12, 0)}, {time.Tuesday, 0, hhmm(6, 0)},
	}})
	trace, err := c.Trace(at(t, "2026-03-09 07:00"), at(t, "2026-03-10 06:00"))
	if err != nil || len(trace) != 1 || !trace[0].Counted {
		t.Errorf("Trace() = %v, %v, want one open interval", lines(trace), err)
	}
}

func TestNextOpen(t *testing.T) {
	t.Parallel()
	c := vectorCalendars(t)["CLU"]
	for from, want := range map[string]string{
		"2026-03-09 06:59": "2026-03-09 07:00",
		"2026-03-09 07:00": "2026-03-09 07:00",
		"2026-03-09 10:59": "2026-03-09 10:59",
		"2026-03-09 11:00": "2026-03-09 11:30",
		"2026-03-13 15:00": "2026-03-16 07:00",
	} {
		got, err := c.NextOpen(at(t, from))
		if err != nil || !got.Equal(at(t, want)) {
			t.Errorf("NextOpen(%s) = %s, %v, want %s", from, got, err, want)
		}
	}
	if c.Zone() != podgorica && c.Zone().String() != "Europe/Podgorica" {
		t.Errorf("Zone() = %s", c.Zone())
	}
}

func TestStart(t *testing.T) {
	t.Parallel()
	c := vectorCalendars(t)["CWD"]
	tests := []struct{ name, received, want string }{
		{"Thursday evening counts at once", "2026-03-05 23:59", "2026-03-05 23:59"},
		{"Friday midnight waits", "2026-03-06 00:00", "2026-03-09 00:00"},
		{"Sunday night waits", "2026-03-08 23:59", "2026-03-09 00:00"},
		{"Monday counts at once", "2026-03-09 00:00", "2026-03-09 00:00"},
		{"the eve of a holiday counts at once", "2026-05-20 23:00", "2026-05-20 23:00"},
		{"a holiday waits over the bridge and the weekend", "2026-05-21 10:00", "2026-05-25 00:00"},
		{"the weekend of the spring change", "2026-03-28 12:00", "2026-03-30 00:00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := c.Start(at(t, tt.received).UTC(), podgoricaRule)
			if want := at(t, tt.want); err != nil || !got.Equal(want) {
				t.Errorf("Start() = %s, %v, want %s", got, err, want)
			}
		})
	}
	received := at(t, "2026-05-21 10:00")
	if got, err := c.Start(received, Cutoff{}); err != nil || !got.Equal(received) {
		t.Errorf("Start() without a rule = %s, %v", got, err)
	}
	if _, err := c.Start(time.Time{}, podgoricaRule); !errors.Is(err, ErrRange) {
		t.Errorf("Start(year 1) = %v, want ErrRange", err)
	}
}

func TestStartAtAMidnightThatDoesNotExist(t *testing.T) {
	t.Parallel()
	havana := mustZone("America/Havana")
	c := AlwaysOpen(havana)
	got, err := c.Start(time.Date(2026, 3, 7, 12, 0, 0, 0, havana), Cutoff{Weekdays: []time.Weekday{time.Saturday}})
	if want := time.Date(2026, 3, 8, 5, 0, 0, 0, time.UTC); err != nil || !got.Equal(want) {
		t.Errorf("Start() = %s, %v, want %s", got, err, want)
	}
}

func TestWeekdaysFrom(t *testing.T) {
	t.Parallel()
	var days []time.Weekday
	for _, w := range WeekdaysFrom(time.Friday, time.Monday, 0, 60) {
		days = append(days, w.Day)
	}
	if diff := cmp.Diff([]time.Weekday{time.Friday, time.Saturday, time.Sunday, time.Monday}, days); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := len(WeekdaysFrom(time.Monday, 9, 0, 60)); n != 7 {
		t.Errorf("to a weekday that does not exist: %d windows", n)
	}
}

func TestAlwaysOpenWithoutZone(t *testing.T) {
	t.Parallel()
	if c := AlwaysOpen(nil); c.Zone() != time.UTC || c.Name() != "24x7" || c.Version() != 1 {
		t.Errorf("AlwaysOpen(nil) = %s %d in %s", c.Name(), c.Version(), c.Zone())
	}
}
