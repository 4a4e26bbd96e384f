package calendar

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A reference answers the same questions by walking one minute after the
// other and looking at the wall clock. It shares no code with the package but
// the spec's types.
type reference struct {
	spec Spec
	zone *time.Location
}

func (r reference) open(t time.Time) bool {
	local := t.In(r.zone)
	y, mo, d := local.Date()
	today := Date{y, mo, d}
	minute := Minute(local.Hour()*60 + local.Minute())
	for _, h := range r.spec.Holidays {
		if h.Date == today {
			return false
		}
	}
	extra := false
	for _, x := range r.spec.Extra {
		if x.Date == today {
			extra = true
			if x.From <= minute && minute < x.To {
				return true
			}
		}
	}
	if extra {
		return false
	}
	for _, w := range r.spec.Weekly {
		if w.Day == local.Weekday() && w.From <= minute && minute < w.To {
			return true
		}
	}
	return false
}

func (r reference) counts(t time.Time, pauses []Pause) bool {
	for _, p := range pauses {
		if !t.Before(p.From) && (p.To.IsZero() || t.Before(p.To)) {
			return false
		}
	}
	return r.open(t)
}

// between walks from a to b; all instants are whole minutes.
func (r reference) between(a, b time.Time, pauses []Pause) time.Duration {
	var n time.Duration
	for t := a; t.Before(b); t = t.Add(time.Minute) {
		if r.counts(t, pauses) {
			n += time.Minute
		}
	}
	return n
}

// add walks from start until d has been counted, at most to limit.
func (r reference) add(start time.Time, d time.Duration, pauses []Pause, limit time.Time) (time.Time, bool) {
	t := start
	for n := time.Duration(0); n < d; t = t.Add(time.Minute) {
		if !t.Before(limit) {
			return time.Time{}, false
		}
		if r.counts(t, pauses) {
			n += time.Minute
		}
	}
	return t, true
}

// zones with whole-minute offsets, each with trouble of its own: the city's,
// a half-hour change, a change at midnight, a change of 23 hours, a skipped
// day, none.
var zones = []string{
	"Europe/Podgorica", "Australia/Lord_Howe", "America/Havana", "Asia/Tehran",
	"Africa/Cairo", "Pacific/Apia", "America/St_Johns", "UTC",
}

func drawSpec(t *rapid.T, base time.Time) Spec {
	s := Spec{Name: "drawn", Zone: rapid.SampledFrom(zones).Draw(t, "zone")}
	for day := time.Sunday; day <= time.Saturday; day++ {
		s.Weekly = append(s.Weekly, drawWindows(t, day)...)
	}
	if len(s.Weekly) == 0 {
		s.Weekly = WeekdaysFrom(time.Monday, time.Friday, 0, EndOfDay)
	}
	taken := map[Date]bool{}
	for i := range rapid.IntRange(0, 6).Draw(t, "special days") {
		d := DateOf(base).AddDays(rapid.IntRange(-3, 12).Draw(t, "special day"))
		if taken[d] {
			continue
		}
		taken[d] = true
		if i%3 == 0 {
			for _, w := range drawWindows(t, time.Sunday) {
				s.Extra = append(s.Extra, ExtraDay{d, w.From, w.To})
			}
			continue
		}
		s.Holidays = append(s.Holidays, Holiday{Date: d, Name: fmt.Sprint("h", i)})
	}
	return s
}

func drawWindows(t *rapid.T, day time.Weekday) []Window {
	var ws []Window
	from := 0
	for range rapid.IntRange(0, 3).Draw(t, "windows") {
		if from >= int(EndOfDay) {
			break
		}
		a := rapid.IntRange(from, int(EndOfDay)-1).Draw(t, "from")
		b := rapid.IntRange(a+1, int(EndOfDay)).Draw(t, "to")
		ws = append(ws, Window{day, Minute(a), Minute(b)})
		from = b
	}
	return ws
}

func drawPauses(t *rapid.T, base time.Time, most int) []Pause {
	var ps []Pause
	for i := range rapid.IntRange(0, most).Draw(t, "pauses") {
		from := base.Add(time.Duration(rapid.IntRange(-600, 8*24*60).Draw(t, "pause from")) * time.Minute)
		length := rapid.SampledFrom([]int{0, 1, 7, 60, 61, 600, 2000}).Draw(t, "pause length")
		ps = append(ps, Pause{From: from, To: from.Add(time.Duration(length) * time.Minute), Reason: fmt.Sprint("p", i)})
	}
	return ps
}

// bases lie a few days before changes of the clock and the year's edge.
var bases = []string{
	"2026-03-26 00:00", "2026-10-22 00:00", "2027-03-25 00:00", "2026-12-29 00:00", "2028-02-26 00:00",
	"2026-04-22 00:00", "2011-12-28 00:00", "2006-10-26 00:00", "2021-09-20 00:00", "2026-06-01 00:00",
}

func drawStart(t *rapid.T) time.Time {
	base, err := time.Parse("2006-01-02 15:04", rapid.SampledFrom(bases).Draw(t, "base"))
	if err != nil {
		t.Fatal(err)
	}
	return base.Add(time.Duration(rapid.IntRange(0, 5*24*60).Draw(t, "minutes after base")) * time.Minute)
}

func TestPropertyEqualsMinuteWalk(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start := drawStart(t)
		spec := drawSpec(t, start)
		c, err := New(spec)
		if err != nil {
			t.Fatalf("New() = %v", err)
		}
		ref := reference{spec, c.Zone()}
		pauses := drawPauses(t, start, 5)
		limit := start.Add(8 * 24 * time.Hour)

		if got, want := c.Between(start, limit, pauses...), ref.between(start, limit, pauses); got != want {
			t.Fatalf("Between() = %s, the walk says %s", got, want)
		}
		if got, want := c.Open(start), ref.open(start); got != want {
			t.Fatalf("Open() = %t, the walk says %t", got, want)
		}
		d := time.Duration(rapid.IntRange(1, 4000).Draw(t, "target")) * time.Minute
		due, err := c.Add(start, d, pauses...)
		want, within := ref.add(start, d, pauses, limit)
		if within && (err != nil || !due.Equal(want)) {
			t.Fatalf("Add(%s, %s) = %s, %v, the walk says %s", start, d, due, err, want.In(c.Zone()))
		}
		if !within && err == nil && !due.After(limit) {
			t.Fatalf("Add() = %s, the walk is not there by %s", due, limit)
		}
	})
}

func TestPropertyAddAndBetween(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start := drawStart(t).Add(time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "fraction")))
		c, err := New(drawSpec(t, start))
		if err != nil {
			t.Fatalf("New() = %v", err)
		}
		pauses := drawPauses(t, start, 20)
		d := time.Duration(rapid.Int64Range(0, int64(90*24*time.Hour)).Draw(t, "target"))
		due, err := c.Add(start, d, pauses...)
		if err != nil {
			t.Fatalf("Add() = %v", err)
		}
		if got := c.Between(start, due, pauses...); got != d {
			t.Fatalf("Between(t, Add(t, d)) = %s, want %s", got, d)
		}
		if d > 0 {
			if got := c.Between(start, due.Add(-1), pauses...); got >= d {
				t.Fatalf("already counted %s before the due instant", got)
			}
		}
		shuffled := rapid.Permutation(pauses).Draw(t, "order")
		if again, err := c.Add(start, d, shuffled...); err != nil || !again.Equal(due) {
			t.Fatalf("pauses in another order give %s, %v, want %s", again, err, due)
		}
		more := d + time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "more"))
		if later, err := c.Add(start, more, pauses...); err != nil || later.Before(due) {
			t.Fatalf("Add(%s) = %s, %v, before Add(%s) = %s", more, later, err, d, due)
		}
		lateStart := start.Add(time.Duration(rapid.Int64Range(0, int64(48*time.Hour)).Draw(t, "later start")))
		if later, err := c.Add(lateStart, d, pauses...); err != nil || (d > 0 && later.Before(due)) {
			t.Fatalf("a later start gives %s, %v, before %s", later, err, due)
		}
	})
}

func TestPropertyTrace(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start := drawStart(t)
		c, err := New(drawSpec(t, start))
		if err != nil {
			t.Fatalf("New() = %v", err)
		}
		pauses := drawPauses(t, start, 6)
		end := start.Add(time.Duration(rapid.IntRange(1, 12*24*60).Draw(t, "minutes")) * time.Minute)
		trace, err := c.Trace(start, end, pauses...)
		if err != nil {
			t.Fatalf("Trace() = %v", err)
		}
		at, counted := start, time.Duration(0)
		for i, v := range trace {
			if !v.From.Equal(at) || !v.To.After(v.From) {
				t.Fatalf("interval %d is %s–%s after %s", i, v.From, v.To, at)
			}
			if i > 0 && trace[i-1].Why == v.Why && trace[i-1].Name == v.Name {
				t.Fatalf("intervals %d and %d are alike: %s", i-1, i, v.Reason())
			}
			if v.Counted != (v.Why == WhyOpen) {
				t.Fatalf("%s counted: %t", v.Reason(), v.Counted)
			}
			if v.Counted {
				counted += v.To.Sub(v.From)
			}
			at = v.To
		}
		if !at.Equal(end) || counted != c.Between(start, end, pauses...) {
			t.Fatalf("the trace ends at %s and counts %s, want %s and %s", at, counted, end, c.Between(start, end, pauses...))
		}
		shuffled, err := c.Trace(start, end, rapid.Permutation(pauses).Draw(t, "order")...)
		if err != nil || fmt.Sprint(shuffled) != fmt.Sprint(trace) {
			t.Fatalf("pauses in another order trace %v, %v, want %v", shuffled, err, trace)
		}
		open, err := c.NextOpen(start)
		if err != nil || open.Before(start) || !c.Open(open) || c.Between(start, open) != 0 {
			t.Fatalf("NextOpen(%s) = %s, %v", start, open, err)
		}
	})
}
