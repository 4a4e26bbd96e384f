package calendar

import (
	"testing"
	"time"
)

// podgorica is the zone of all vectors.
var podgorica = mustZone("Europe/Podgorica")

func mustZone(name string) *time.Location {
	z, err := LoadZone(name)
	if err != nil {
		panic(err)
	}
	return z
}

// at reads a local time in Podgorica.
func at(t testing.TB, s string) time.Time {
	t.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04", s, podgorica)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func date(t testing.TB, s string) Date {
	t.Helper()
	d, err := ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// hhmm makes a Minute from literals such as hhmm(7, 30).
func hhmm(h, m int) Minute { return Minute(h*60 + m) }

func build(t testing.TB, s Spec) *Calendar {
	t.Helper()
	if s.Zone == "" {
		s.Zone = "Europe/Podgorica"
	}
	c, err := New(s)
	if err != nil {
		t.Fatalf("New(%q) = %v", s.Name, err)
	}
	return c
}

func mayHolidays(t testing.TB) []Holiday {
	return []Holiday{
		{Date: date(t, "2026-05-21"), Name: "Dan nezavisnosti"},
		{Date: date(t, "2026-05-22"), Name: "Dan nezavisnosti"},
	}
}

// vectorCalendars are the calendars of the vectors, by their short names.
func vectorCalendars(t testing.TB) map[string]*Calendar {
	mf := func(from, to Minute) []Window { return WeekdaysFrom(time.Monday, time.Friday, from, to) }
	july := mayHolidays(t)
	for d := date(t, "2026-07-01"); d.Month == time.July; d = d.AddDays(1) {
		july = append(july, Holiday{Date: d, Name: "collective leave"})
	}
	return map[string]*Calendar{
		"C24":  AlwaysOpen(podgorica),
		"CWD":  build(t, Spec{Name: "CWD", Weekly: mf(0, EndOfDay), Holidays: mayHolidays(t)}),
		"CBH":  build(t, Spec{Name: "CBH", Weekly: mf(hhmm(7, 0), hhmm(15, 0)), Holidays: mayHolidays(t)}),
		"CLU":  build(t, Spec{Name: "CLU", Weekly: append(mf(hhmm(7, 0), hhmm(11, 0)), mf(hhmm(11, 30), hhmm(15, 0))...)}),
		"CT":   build(t, Spec{Name: "CT", Weekly: []Window{{time.Tuesday, hhmm(8, 0), hhmm(17, 0)}}}),
		"C818": build(t, Spec{Name: "C818", Weekly: mf(hhmm(8, 0), hhmm(18, 0))}),
		"CJUL": build(t, Spec{Name: "CJUL", Weekly: mf(hhmm(7, 0), hhmm(15, 0)), Holidays: july}),
	}
}

// A vector is one row of the table of expected due instants. With cutoff the
// count begins where the promise's rule says.
type vector struct {
	name   string
	cal    string
	start  string
	d      time.Duration
	pauses []string // from, to, from, to …
	cutoff bool
	due    string
}

var vectors = []vector{
	{name: "V1 elapsed 48 h over a weekend", cal: "C24", start: "2026-03-06 16:00", d: 48 * time.Hour, due: "2026-03-08 16:00"},
	{name: "V2 working days, Friday afternoon", cal: "CWD", start: "2026-03-06 16:00", d: 48 * time.Hour, due: "2026-03-10 16:00"},
	{name: "V3 working days, Saturday", cal: "CWD", start: "2026-03-07 10:00", d: 48 * time.Hour, due: "2026-03-11 00:00"},
	{name: "V4 Podgorica, Friday morning", cal: "CWD", start: "2026-03-06 09:00", d: 48 * time.Hour, cutoff: true, due: "2026-03-11 00:00"},
	{name: "V5 office hours over a weekend", cal: "CBH", start: "2026-03-06 14:00", d: 16 * time.Hour, due: "2026-03-10 14:00"},
	{name: "V6 office hours over two holidays", cal: "CBH", start: "2026-05-20 14:00", d: 16 * time.Hour, due: "2026-05-26 14:00"},
	{name: "V7 working days over two holidays", cal: "CWD", start: "2026-05-20 14:00", d: 48 * time.Hour, due: "2026-05-26 14:00"},
	{name: "V8 elapsed over the spring change", cal: "C24", start: "2026-03-28 12:00", d: 48 * time.Hour, due: "2026-03-30 13:00"},
	{name: "V9 elapsed over the autumn change", cal: "C24", start: "2026-10-24 12:00", d: 48 * time.Hour, due: "2026-10-26 11:00"},
	{name: "V10 over the break", cal: "CLU", start: "2026-03-09 09:00", d: 4 * time.Hour, due: "2026-03-09 13:30"},
	{name: "V11 from within the break", cal: "CLU", start: "2026-03-09 11:10", d: time.Hour, due: "2026-03-09 12:30"},
	{name: "V12 one day a week", cal: "CT", start: "2026-03-11 12:00", d: 10 * time.Hour, due: "2026-03-24 09:00"},
	{name: "V13 from closing time", cal: "CBH", start: "2026-03-09 15:00", d: time.Hour, due: "2026-03-10 08:00"},
	{name: "V14 to closing time", cal: "CBH", start: "2026-03-09 07:00", d: 8 * time.Hour, due: "2026-03-09 15:00"},
	{
		name: "V15 paused over a night", cal: "CBH", start: "2026-03-09 08:00", d: 16 * time.Hour,
		pauses: []string{"2026-03-09 10:00", "2026-03-11 10:00"}, due: "2026-03-13 08:00",
	},
	{
		name: "V16 paused over a weekend", cal: "CWD", start: "2026-03-06 10:00", d: 24 * time.Hour,
		pauses: []string{"2026-03-06 12:00", "2026-03-09 09:00"}, due: "2026-03-10 07:00",
	},
	{
		name: "V17 empty and touching pauses", cal: "CBH", start: "2026-03-09 07:00", d: 4 * time.Hour,
		pauses: []string{"2026-03-09 08:00", "2026-03-09 08:00", "2026-03-09 08:00", "2026-03-09 10:00", "2026-03-09 12:00", "2026-03-09 13:00"},
		due:    "2026-03-09 14:00",
	},
	{name: "V19 a warning one working hour before V5", cal: "CBH", start: "2026-03-06 14:00", d: 15 * time.Hour, due: "2026-03-10 13:00"},
	{name: "V20a due next morning", cal: "C818", start: "2026-03-09 17:00", d: 4 * time.Hour, due: "2026-03-10 11:00"},
	{name: "V20b the step one hour before", cal: "C818", start: "2026-03-09 17:00", d: 3 * time.Hour, due: "2026-03-10 10:00"},
	{name: "V22 closed all July", cal: "CJUL", start: "2026-06-30 14:30", d: time.Hour, due: "2026-08-03 07:30"},
}

// podgoricaRule is the cut-off of the capital's promise.
var podgoricaRule = Cutoff{Weekdays: []time.Weekday{time.Friday, time.Saturday, time.Sunday}, Holidays: true}

func pausesOf(t testing.TB, times []string) []Pause {
	t.Helper()
	var ps []Pause
	for i := 0; i+1 < len(times); i += 2 {
		ps = append(ps, Pause{From: at(t, times[i]), To: at(t, times[i+1]), Reason: "citizen"})
	}
	return ps
}

func checkVector(t *testing.T, v vector) {
	t.Helper()
	c := vectorCalendars(t)[v.cal]
	start := at(t, v.start)
	if v.cutoff {
		moved, err := c.Start(start, podgoricaRule)
		if err != nil {
			t.Fatal(err)
		}
		start = moved
	}
	pauses := pausesOf(t, v.pauses)
	due, err := c.Add(start, v.d, pauses...)
	if err != nil {
		t.Fatalf("Add() = %v", err)
	}
	if want := at(t, v.due); !due.Equal(want) {
		t.Errorf("Add(%s, %s) = %s, want %s", v.start, v.d, due, want)
	}
	if got := c.Between(start, due, pauses...); got != v.d {
		t.Errorf("Between(start, due) = %s, want %s", got, v.d)
	}
	explained, trace, err := c.Explain(start, v.d, pauses...)
	if err != nil || !explained.Equal(due) {
		t.Errorf("Explain() = %s, %v, want %s", explained, err, due)
	}
	if got := countedSeconds(trace); got != int64(v.d/time.Second) {
		t.Errorf("the trace counts %d s, want %s", got, v.d)
	}
}

func countedSeconds(trace []Interval) int64 {
	var n int64
	for _, i := range trace {
		if i.Counted {
			n += i.Seconds()
		}
	}
	return n
}

// TestVectors runs the vectors V1–V17, V19, V20 and V22; V18 and V21 ask for
// elapsed time and follow below.
func TestVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			checkVector(t, v)
		})
	}
}

func TestVectorV18ElapsedOfficeHours(t *testing.T) {
	t.Parallel()
	c := vectorCalendars(t)["CBH"]
	got := c.Between(at(t, "2026-03-06 14:30"), at(t, "2026-03-09 07:20"))
	if got != 50*time.Minute {
		t.Errorf("Between() = %s, want 50m", got)
	}
}

func TestVectorV21OverlappingPauses(t *testing.T) {
	t.Parallel()
	c := vectorCalendars(t)["CBH"]
	pauses := pausesOf(t, []string{"2026-03-09 09:00", "2026-03-09 12:00", "2026-03-09 10:00", "2026-03-09 13:00"})
	got := c.Between(at(t, "2026-03-09 07:00"), at(t, "2026-03-09 15:00"), pauses...)
	if got != 240*time.Minute {
		t.Errorf("Between() = %s, want 4h", got)
	}
}
