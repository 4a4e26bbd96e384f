package calendar

import (
	"testing"
	"time"
)

// TestZoneSegments compares the stretches of constant offset with the zone
// itself, every half hour of many years in every zone of the tests.
func TestZoneSegments(t *testing.T) {
	t.Parallel()
	years := []int{1980, 1996, 2011, 2025, 2026, 2027, 2036, 2037, 2038, 2040, 2041, 2044, 2099, 2100, 2196, 2199}
	for _, name := range zones {
		zone := mustZone(name)
		c := AlwaysOpen(zone)
		for _, y := range years {
			for at := time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() == y; at = at.Add(30 * time.Minute) {
				_, want := at.In(zone).Zone()
				if got := c.segments[c.segmentAt(at.UnixNano())].offset / int64(time.Second); got != int64(want) {
					t.Fatalf("%s: offset %d at %s, want %d", name, got, at, want)
				}
			}
		}
	}
}

func TestInstant(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		zone, date string
		h, m       int
		want       string // UTC
		reading    Reading
	}{
		{"an ordinary time", "Europe/Podgorica", "2026-06-01", 12, 30, "2026-06-01T10:30:00Z", Exact},
		{"F40 a time that does not exist", "Europe/Podgorica", "2027-03-28", 2, 30, "2027-03-28T01:30:00Z", Skipped},
		{"the last time before the jump", "Europe/Podgorica", "2027-03-28", 1, 59, "2027-03-28T00:59:00Z", Exact},
		{"the first time after the jump", "Europe/Podgorica", "2027-03-28", 3, 0, "2027-03-28T01:00:00Z", Exact},
		{"F39 a time that comes twice", "Europe/Podgorica", "2027-10-31", 2, 30, "2027-10-31T00:30:00Z", Repeated},
		{"the end of the repeated hour", "Europe/Podgorica", "2027-10-31", 3, 0, "2027-10-31T02:00:00Z", Exact},
		{"midnight that does not exist", "America/Havana", "2026-03-08", 0, 0, "2026-03-08T05:00:00Z", Skipped},
		{"a half-hour repetition", "Australia/Lord_Howe", "2026-04-05", 1, 45, "2026-04-04T14:45:00Z", Repeated},
		{"24:00", "Europe/Podgorica", "2026-06-01", 24, 0, "2026-06-01T22:00:00Z", Exact},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, reading := Instant(mustZone(tt.zone), date(t, tt.date), tt.h, tt.m, 0)
			if s := got.UTC().Format(time.RFC3339); s != tt.want || reading != tt.reading {
				t.Errorf("Instant() = %s, %d, want %s, %d", s, reading, tt.want, tt.reading)
			}
		})
	}
}

func TestParseDate(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"2026-02-29", "2026-13-01", "26-01-01", "", "2026-01-01T00:00", "jutro"} {
		if d, err := ParseDate(s); err == nil {
			t.Errorf("ParseDate(%q) = %s, want an error", s, d)
		}
	}
	d, err := ParseDate("2028-02-29")
	if err != nil || d != (Date{2028, time.February, 29}) || d.AddDays(1).String() != "2028-03-01" || d.Weekday() != time.Tuesday {
		t.Errorf("ParseDate(2028-02-29) = %s, %v", d, err)
	}
}

func TestParseMinute(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"24:01", "7:00", "07.00", "25:00", "07:60", "", "-1:00", "07:000", "ab:cd"} {
		if m, err := ParseMinute(s); err == nil {
			t.Errorf("ParseMinute(%q) = %s, want an error", s, m)
		}
	}
	for _, s := range []string{"00:00", "07:30", "23:59", "24:00"} {
		m, err := ParseMinute(s)
		if err != nil || m.String() != s {
			t.Errorf("ParseMinute(%q) = %s, %v", s, m, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"2026-05-21", "24:00", "00:00", "2026-02-30", "\xff", "9999-99-99"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := ParseDate(s); err == nil && d.String() != s {
			t.Errorf("ParseDate(%q) = %s", s, d)
		}
		if m, err := ParseMinute(s); err == nil && m.String() != s {
			t.Errorf("ParseMinute(%q) = %s", s, m)
		}
	})
}
