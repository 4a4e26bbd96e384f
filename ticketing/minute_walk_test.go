package ticketing_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/calendar"
)

// A walker knows the promises of a town and finds due instants by walking one
// minute after the other and looking at the wall clock. It shares nothing with
// the program but the types it is told things in.
type walker struct {
	zone      *time.Location
	calendars map[string]calendar.Spec
}

// open reports whether the minute that begins at t counts in the calendar; ""
// and "24x7" are open always.
func (w walker) open(name string, t time.Time) bool {
	spec, ok := w.calendars[name]
	if !ok {
		return true
	}
	local := t.In(w.zone)
	y, m, d := local.Date()
	minute := calendar.Minute(local.Hour()*60 + local.Minute())
	for _, h := range spec.Holidays {
		if (h.Date == calendar.Date{Year: y, Month: m, Day: d}) {
			return false
		}
	}
	return slices.ContainsFunc(spec.Weekly, func(v calendar.Window) bool {
		return v.Day == local.Weekday() && v.From <= minute && minute < v.To
	})
}

func (w walker) holiday(name string, t time.Time) bool {
	y, m, d := t.In(w.zone).Date()
	return slices.ContainsFunc(w.calendars[name].Holidays, func(h calendar.Holiday) bool { return h.Date == calendar.Date{Year: y, Month: m, Day: d} })
}

// worked reports whether the local day of t has a minute that counts.
func (w walker) worked(name string, t time.Time) bool {
	local := t.In(w.zone)
	spec, ok := w.calendars[name]
	return !ok || !w.holiday(name, t) && slices.ContainsFunc(spec.Weekly, func(v calendar.Window) bool { return v.Day == local.Weekday() })
}

// start is where a promise counts from: received, or the first minute of the
// next worked day when the cut-off says so.
func (w walker) start(p ticketing.Profile, received time.Time) time.Time {
	if p.Cutoff == nil || !slices.Contains(p.Cutoff.Weekdays, received.In(w.zone).Weekday()) && (!p.Cutoff.Holidays || !w.holiday(p.Calendar, received)) {
		return received
	}
	day := received.In(w.zone).Day()
	t := received
	for t.In(w.zone).Day() == day {
		t = t.Add(time.Minute)
	}
	for !w.worked(p.Calendar, t) {
		t = t.Add(time.Minute)
	}
	return t
}

// capped cuts waits for the citizen to ten working days in all.
func (w walker) capped(p ticketing.Profile, kind ticketing.ClockKind, pauses []ticketing.Pause, horizon time.Time) (out []ticketing.Pause) {
	work := p.WorkCalendar
	if work == "" {
		work = p.Calendar
	}
	left := 10 * 24 * 60
	for _, one := range pauses {
		if one.Reason != ticketing.WaitCitizen {
			if kind == ticketing.ClockResolve {
				out = append(out, one)
			}
			continue
		}
		to := one.From
		for left > 0 && (one.To.IsZero() || to.Before(one.To)) && to.Before(horizon) {
			if w.open(work, to) {
				left--
			}
			to = to.Add(time.Minute)
		}
		if to.After(one.From) {
			out = append(out, ticketing.Pause{From: one.From, To: to})
		}
	}
	return out
}

// due walks until the target has been counted; zero when the horizon comes first.
func (w walker) due(cal string, from time.Time, target time.Duration, pauses []ticketing.Pause, horizon time.Time) (due time.Time, counted map[time.Time]bool) {
	counted = map[time.Time]bool{}
	t := from
	for n := time.Duration(0); n < target; t = t.Add(time.Minute) {
		if !t.Before(horizon) {
			return time.Time{}, nil
		}
		paused := slices.ContainsFunc(pauses, func(p ticketing.Pause) bool { return !t.Before(p.From) && (p.To.IsZero() || t.Before(p.To)) })
		if counted[t] = w.open(cal, t) && !paused; counted[t] {
			n += time.Minute
		}
	}
	return t, counted
}

// town gives drawn calendars and promises: several windows a day, holidays
// beside the change of the clock, a cut-off, another calendar for waits.
func town(t *rapid.T, base time.Time) (walker, *ticketing.Rulebook, ticketing.Profile) {
	w := walker{calendars: map[string]calendar.Spec{}}
	var err error
	zone := rapid.SampledFrom([]string{"Europe/Podgorica", "Europe/Podgorica", "America/St_Johns", "Australia/Lord_Howe"}).Draw(t, "zone")
	if w.zone, err = calendar.LoadZone(zone); err != nil {
		t.Fatal(err)
	}
	var made []*calendar.Calendar
	hours := [][2]calendar.Minute{{0, calendar.EndOfDay}}
	for _, name := range []string{"counts", "works"} {
		spec := calendar.Spec{Name: name, Version: 1, Zone: zone}
		for day := time.Sunday; day <= time.Saturday; day++ {
			if (day == time.Sunday || day == time.Saturday) && !rapid.Bool().Draw(t, "weekend") {
				continue
			}
			hours = rapid.SampledFrom([][][2]calendar.Minute{
				{{0, calendar.EndOfDay}}, {{7 * 60, 15 * 60}}, {{7 * 60, 11 * 60}, {11*60 + 30, 15 * 60}}, {{60, 150}, {170, 1439}}, hours,
			}).Draw(t, "hours")
			for _, h := range hours {
				spec.Weekly = append(spec.Weekly, calendar.Window{Day: day, From: h[0], To: h[1]})
			}
		}
		first := calendar.DateOf(base.In(w.zone))
		for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(-1, 14), 0, 4, rapid.ID[int]).Draw(t, "holidays") {
			spec.Holidays = append(spec.Holidays, calendar.Holiday{Date: first.AddDays(i), Name: "praznik"})
		}
		c, err := calendar.New(spec)
		if err != nil {
			t.Fatal(err)
		}
		w.calendars[name], made = spec, append(made, c)
	}
	p := ticketing.Profile{
		Name: "drawn", Version: 1, Start: ticketing.FromReceipt, Calendar: rapid.SampledFrom([]string{"counts", "works", "24x7"}).Draw(t, "calendar"),
		Target:       time.Duration(rapid.IntRange(1, 72*60).Draw(t, "target")) * time.Minute,
		WorkCalendar: rapid.SampledFrom([]string{"", "works"}).Draw(t, "work calendar"),
	}
	if rapid.Bool().Draw(t, "cut-off") {
		p.Cutoff = &calendar.Cutoff{Weekdays: []time.Weekday{time.Friday, time.Saturday, time.Sunday}, Holidays: rapid.Bool().Draw(t, "holidays too")}
	}
	rules, err := ticketing.NewRulebook(w.zone, []ticketing.Profile{p}, made, "drawn")
	if err != nil {
		t.Fatal(err)
	}
	return w, rules, p
}

// drawWaits gives waits one after the other, as a ticket has them; the last may
// last.
func drawWaits(t *rapid.T, from time.Time) (out []ticketing.Pause) {
	for range rapid.IntRange(0, 4).Draw(t, "waits") {
		from = from.Add(time.Duration(rapid.IntRange(0, 30*60).Draw(t, "then")) * time.Minute)
		p := ticketing.Pause{Reason: rapid.SampledFrom(ticketing.WaitReasons()).Draw(t, "reason"), From: from}
		from = from.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 59, 600, 4000, 20_000}).Draw(t, "for")) * time.Minute)
		p.To = from
		out = append(out, p)
	}
	if n := len(out); n > 0 && rapid.IntRange(0, 4).Draw(t, "lasts") == 0 {
		out[n-1].To = time.Time{}
	}
	return out
}

// TestPropertyDueEqualsMinuteWalk: what the rulebook says of any clock, with
// pauses, caps, cut-offs, holidays and changes of the clock, is what a walk
// through the minutes finds (I6); and its explanation counts the same minutes.
func TestPropertyDueEqualsMinuteWalk(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.SampledFrom([]time.Time{
			time.Date(2026, 3, 26, 23, 0, 0, 0, time.UTC), time.Date(2026, 10, 22, 22, 0, 0, 0, time.UTC), time.Date(2026, 12, 29, 23, 0, 0, 0, time.UTC),
			time.Date(2028, 2, 26, 23, 0, 0, 0, time.UTC), time.Date(2026, 6, 1, 22, 0, 0, 0, time.UTC),
		}).Draw(t, "base")
		received := base.Add(time.Duration(rapid.IntRange(0, 5*24*60).Draw(t, "received")) * time.Minute)
		horizon := received.Add(75 * 24 * time.Hour)
		w, rules, p := town(t, received)
		pauses := drawWaits(t, received.Add(-3*time.Hour))

		x, err := rules.Promise("drawn", received, 0, pauses, received)
		if err != nil {
			t.Fatalf("Promise() = %v", err)
		}
		from := w.start(p, received)
		if !x.CountFrom.Equal(from) {
			t.Fatalf("received %s, counts from %s; the walk says %s", received.In(w.zone), x.CountFrom.In(w.zone), from.In(w.zone))
		}
		want, counted := w.due(p.Calendar, from, p.Target, w.capped(p, ticketing.ClockAnswer, pauses, horizon), horizon)
		if !want.IsZero() && !x.Due.Equal(want) {
			t.Fatalf("answer due %s, the walk says %s\npauses %v", x.Due.In(w.zone), want.In(w.zone), pauses)
		}
		if want.IsZero() && !x.Due.IsZero() && x.Due.Before(horizon) {
			t.Fatalf("answer due %s, the walk is not there by %s", x.Due, horizon)
		}
		if err := sameMinutes(x, from, want, counted); err != nil {
			t.Fatal(err)
		}

		cal := p.WorkCalendar
		if cal == "" {
			cal = p.Calendar
		}
		c := ticketing.Clock{
			Kind: ticketing.ClockResolve, State: ticketing.ClockRunning, Profile: "drawn", ProfileVersion: 1, Calendar: cal, CalendarVersion: 1,
			Target: time.Duration(rapid.IntRange(1, 4*24*60).Draw(t, "resolve")) * time.Minute, StartedAt: received, CountFrom: received,
		}
		got := rules.Due(&c, pauses)
		want, _ = w.due(cal, received, c.Target, w.capped(p, ticketing.ClockResolve, pauses, horizon), horizon)
		if !want.IsZero() && !got.Equal(want) || want.IsZero() && !got.IsZero() && got.Before(horizon) {
			t.Fatalf("resolve due %s, the walk says %s\npauses %v", got, want, pauses)
		}
	})
}

// sameMinutes compares an explanation's intervals with the minutes of a walk.
func sameMinutes(x ticketing.Explanation, from, due time.Time, counted map[time.Time]bool) error {
	if due.IsZero() {
		return nil
	}
	i := 0
	for t := from; t.Before(due); t = t.Add(time.Minute) {
		for i < len(x.Intervals) && !x.Intervals[i].To.After(t) {
			i++
		}
		if i == len(x.Intervals) || x.Intervals[i].From.After(t) || x.Intervals[i].Counted != counted[t] {
			return fmt.Errorf("the minute of %s counts: %t, and the explanation says otherwise: %+v", t, counted[t], x.Intervals)
		}
	}
	return nil
}
