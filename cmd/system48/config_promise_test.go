package main

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestPromiseProblems(t *testing.T) {
	t.Parallel()
	calendar := func(s string) string {
		return "calendars:\n  - {name: working-days, windows: [{days: [mon], from: '07:00', to: '15:00'}]}\n  - {name: office-hours, " + s + "}\n"
	}
	profile := func(s string) string {
		return "default_profile: p\nprofiles:\n  - {name: p, target: 48h, calendar: 24x7" + s + "}\n"
	}
	tests := []struct{ name, file, want string }{
		{"no intake", "departments: [{code: bureau, names: {sr-Latn-ME: B}}]\n", "departments has 0 with intake: true"},
		{"two intakes", "departments: [{code: bureau, names: {sr-Latn-ME: B}, intake: true}, {code: b, names: {sr-Latn-ME: B}, intake: true}]\n", "departments has 2 with intake: true"},
		{"no name", "departments: [{code: bureau, names: {en: B}, intake: true}]\n", "departments[0].names has no name in sr-Latn-ME"},
		{"language", "departments: [{code: bureau, names: {sr-Latn-ME: B, de: B}, intake: true}]\n", "departments[0].names.de is not a language"},
		{"department of a category", "categories: [{code: x, names: {sr-Latn-ME: X}, department: bureu, default: true}]\n", "categories[0].department is \"bureu\", which is not among departments; did you mean bureau?"},
		{"profile of a category", "categories: [{code: x, names: {sr-Latn-ME: X}, department: bureau, profile: p, default: true}]\n", "categories[0].profile is \"p\", which is not among profiles"},
		{"proof", "categories: [{code: x, names: {sr-Latn-ME: X}, department: bureau, proof: yes, default: true}]\n", "categories[0].proof is \"yes\""},
		{"default profile", "default_profile: podgorca\n", "default_profile is \"podgorca\", which is not among profiles; did you mean podgorica?"},
		{"target", "default_profile: p\nprofiles: [{name: p, target: 0s, calendar: 24x7}]\n", "profiles[0].target is 0s; write a time from 1m to 366d"},
		{"calendar of a profile", "profiles: [{name: 24x7, target: 48h, calendar: x}]\n", "profiles[0].calendar is \"x\", which is not among calendars"},
		{"cutoff", profile(", cutoff: {weekdays: [friday]}"), "profiles[0].cutoff.weekdays[0] is \"friday\", not a day"},
		{"validation missing", profile(", start: validation"), "profiles[0].validation is not given, and the promise starts with validation"},
		{"validation too much", profile(", validation: {target: 8h, calendar: 24x7}"), "profiles[0].validation is given, and the promise starts with receipt"},
		{"window day", calendar("windows: [{days: [monday], from: '07:00', to: '15:00'}]"), "calendars[1].windows[0].days has no day \"monday\""},
		{"window time", calendar("windows: [{days: [mon], from: '7', to: '15:00'}]"), "calendars[1].windows[0].from is \"7\", not a time of day"},
		{"window order", calendar("windows: [{days: [mon], from: '15:00', to: '07:00'}]"), "calendars[1].windows is wrong"},
		{"overlap", calendar("windows: [{days: [mon], from: '07:00', to: '15:00'}, {days: [mon], from: '14:00', to: '16:00'}]"), "calendars[1].windows is wrong"},
		{"never open", calendar("windows: []"), "calendars[1].windows is wrong: no open hours at all"},
		{"set", calendar("windows: [{days: [mon], from: '07:00', to: '15:00'}], holidays: {set: serbia}"), "calendars[1].holidays.set is \"serbia\", which is not shipped"},
		{"group", calendar("windows: [{days: [mon], from: '07:00', to: '15:00'}], holidays: {set: montenegro, groups: [pagan]}"), "calendars[1].holidays.groups is"},
		{"date", calendar("windows: [{days: [mon], from: '07:00', to: '15:00'}], holidays: {add: [{date: 2026-02-30}]}"), "calendars[1].holidays.add[0].date is \"2026-02-30\", not a date"},
		{"zone", calendar("zone: Podgorica, windows: [{days: [mon], from: '07:00', to: '15:00'}]"), "calendars[1].zone is wrong"},
		{"built in", "calendars: [{name: 24x7, windows: [{days: [mon], from: '07:00', to: '15:00'}]}]\n", "calendars[0].name is the calendar that is built in"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := LoadConfig(writeConfig(t, tt.file), nil)
			var ce *ConfigError
			if !errors.As(err, &ce) || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("LoadConfig() = %v\nwant a line with: %s", err, tt.want)
			}
		})
	}
}

// TestHolidaysOfACalendar takes a set apart: dates removed, added, and opened.
func TestHolidaysOfACalendar(t *testing.T) {
	t.Parallel()
	c, _, err := LoadConfig(writeConfig(t, "calendars:\n"+
		"  - {name: office-hours, windows: [{days: [mon], from: '07:00', to: '15:00'}]}\n"+
		"  - name: working-days\n    windows: [{days: [mon, tue, wed, thu, fri], from: '00:00', to: '24:00'}]\n"+
		"    holidays: {set: montenegro, add: [{date: 2026-12-19, name: Dan oslobođenja}], remove: [2026-11-14]}\n"+
		"    extra: [{date: 2026-05-21, from: '08:00', to: '12:00'}]\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	book, err := c.rulebook()
	if err != nil {
		t.Fatal(err)
	}
	cal, ok := book.Calendar("working-days", 0)
	if !ok {
		t.Fatal("no such calendar")
	}
	zone := book.Zone()
	for date, want := range map[string]time.Duration{
		"2026-11-13": 0, "2026-11-16": 24 * time.Hour, "2026-05-21": 4 * time.Hour, "2026-05-22": 0, "2026-05-25": 24 * time.Hour,
	} {
		day, err := time.ParseInLocation("2006-01-02", date, zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := cal.Between(day, day.AddDate(0, 0, 1)); got != want {
			t.Errorf("%s: open for %v, want %v", date, got, want)
		}
	}
}
