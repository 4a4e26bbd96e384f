package calendar

import (
	"fmt"
	"testing"
	"time"
)

func officeWithHolidays(tb testing.TB) *Calendar {
	hs, err := Montenegro(FirstYear, LastYear)
	if err != nil {
		tb.Fatal(err)
	}
	return build(tb, Spec{Weekly: WeekdaysFrom(time.Monday, time.Friday, hhmm(7, 0), hhmm(15, 0)), Holidays: hs})
}

func BenchmarkAddElapsed(b *testing.B) {
	c := AlwaysOpen(podgorica)
	start := at(b, "2026-03-06 16:00")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Add(start, 48*time.Hour); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAddOfficeHours(b *testing.B) {
	c := officeWithHolidays(b)
	start := at(b, "2026-03-06 16:00")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Add(start, 16*time.Hour); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAddYearTenPauses spans a year of office hours with its holidays
// and ten pauses.
func BenchmarkAddYearTenPauses(b *testing.B) {
	c := officeWithHolidays(b)
	start := at(b, "2026-03-06 16:00")
	var pauses []Pause
	for i := range 10 {
		from := start.Add(time.Duration(i*30*24) * time.Hour)
		pauses = append(pauses, Pause{From: from, To: from.Add(53 * time.Hour), Reason: fmt.Sprint(i)})
	}
	due, err := c.Add(start, 2000*time.Hour, pauses...)
	if err != nil || due.Sub(start) < 365*24*time.Hour {
		b.Fatalf("the span is only %s, %v", due.Sub(start), err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Add(start, 2000*time.Hour, pauses...); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBetween(b *testing.B) {
	c := officeWithHolidays(b)
	start, end := at(b, "2026-03-06 16:00"), at(b, "2027-03-06 16:00")
	b.ReportAllocs()
	for b.Loop() {
		if c.Between(start, end) == 0 {
			b.Fatal("nothing counted")
		}
	}
}

func BenchmarkNew(b *testing.B) {
	spec := officeWithHolidays(b).Spec()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := New(spec); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkExplain(b *testing.B) {
	c := officeWithHolidays(b)
	start := at(b, "2026-03-06 16:00")
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := c.Explain(start, 16*time.Hour); err != nil {
			b.Fatal(err)
		}
	}
}

// TestAddDoesNotAllocate holds Add and Between to no allocation with up to
// sixteen pauses.
func TestAddDoesNotAllocate(t *testing.T) {
	c := officeWithHolidays(t)
	start := at(t, "2026-03-06 16:00")
	var pauses []Pause
	for i := range inlinePauses {
		from := start.Add(time.Duration(i*7*24) * time.Hour)
		pauses = append(pauses, Pause{From: from, To: from.Add(time.Hour)})
	}
	n := testing.AllocsPerRun(100, func() {
		due, err := c.Add(start, 900*time.Hour, pauses...)
		if err != nil || c.Between(start, due, pauses...) != 900*time.Hour {
			t.Error("Add and Between disagree")
		}
	})
	if n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
