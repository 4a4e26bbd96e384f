package main

import "time"

// A DepartmentItem is a body that can have custody of tickets.
type DepartmentItem struct {
	Code   string            `yaml:"code"`   // short and stable, a-z 0-9 -
	Names  map[string]string `yaml:"names"`  // by language; Cyrillic is computed
	Email  string            `yaml:"email"`  // where hand-overs are announced; "" = nowhere
	Digest bool              `yaml:"digest"` // announce them in one mail a day instead of at once
	Intake bool              `yaml:"intake"` // the bureau itself: tickets nobody has routed start here
}

// A CategoryItem is a kind of request the city accepts.
type CategoryItem struct {
	Code        string            `yaml:"code"`
	Names       map[string]string `yaml:"names"`
	Department  string            `yaml:"department"`   // code
	Profile     string            `yaml:"profile"`      // the promise; "" = default_profile
	OnCall      bool              `yaml:"on_call"`      // a crew is on duty: the promise takes neither cut-off nor calendar
	ResolveDays int               `yaml:"resolve_days"` // working days to do the work; 0 = no such promise
	Proof       string            `yaml:"proof"`        // what closing as resolved demands: none, answer, photo or decision
	Default     bool              `yaml:"default"`      // for contacts nobody has categorised
}

func (c *CategoryItem) setDefaults() { c.Proof = "none" }

// A ProfileItem is a promise as a town publishes it. Raise the version with
// every change: clocks that run keep the one they started with.
type ProfileItem struct {
	Name         string          `yaml:"name"`
	Version      int             `yaml:"version"`
	Start        string          `yaml:"start"`         // receipt or validation
	Target       time.Duration   `yaml:"target"`        // of the calendar's time
	Calendar     string          `yaml:"calendar"`      // name; 24x7 is built in and counts elapsed time
	WorkCalendar string          `yaml:"work_calendar"` // counts resolve_days; "" = calendar
	Cutoff       *CutoffItem     `yaml:"cutoff"`        // none when absent
	Validation   *ValidationItem `yaml:"validation"`    // for start: validation
}

func (p *ProfileItem) setDefaults() { p.Version, p.Start = 1, "receipt" }

// A CutoffItem names the days whose contacts count from the next working day.
type CutoffItem struct {
	Weekdays []string `yaml:"weekdays"` // mon … sun
	Holidays bool     `yaml:"holidays"`
}

// A ValidationItem is the promise to validate.
type ValidationItem struct {
	Target   time.Duration `yaml:"target"`
	Calendar string        `yaml:"calendar"`
}

// A CalendarItem says when time counts. Raise the version with every change.
type CalendarItem struct {
	Name     string       `yaml:"name"`
	Version  int          `yaml:"version"`
	Zone     string       `yaml:"zone"` // "" = timezone
	Windows  []WindowItem `yaml:"windows"`
	Holidays HolidaysItem `yaml:"holidays"`
	Extra    []ExtraItem  `yaml:"extra"` // working Saturdays, short days: hours in place of the weekday's
}

func (c *CalendarItem) setDefaults() { c.Version, c.Holidays.Set = 1, "none" }

// A WindowItem is a stretch of the named weekdays that counts.
type WindowItem struct {
	Days []string `yaml:"days"`
	From string   `yaml:"from"` // 07:00
	To   string   `yaml:"to"`   // up to 24:00
}

// HolidaysItem are the dates that do not count.
type HolidaysItem struct {
	Set    string     `yaml:"set"`    // montenegro (shipped, by year) or none
	Groups []string   `yaml:"groups"` // of the set: state, orthodox, catholic, muslim; empty = state
	Add    []DateItem `yaml:"add"`
	Remove []string   `yaml:"remove"` // dates of the set that the town works on
}

// A DateItem is a closed date of the town's own.
type DateItem struct {
	Date string `yaml:"date"` // 2026-12-19
	Name string `yaml:"name"` // shown in explanations
}

// An ExtraItem opens a date at hours of its own.
type ExtraItem struct {
	Date string `yaml:"date"`
	From string `yaml:"from"`
	To   string `yaml:"to"`
}

func defaultDepartments() []DepartmentItem {
	return []DepartmentItem{{
		Code: "bureau", Intake: true,
		Names: map[string]string{"sr-Latn-ME": "Biro Sistem 48", "sq": "Zyra Sistemi 48", "en": "System 48 bureau"},
	}}
}

func defaultCategories() []CategoryItem {
	return []CategoryItem{{
		Code: "other", Department: "bureau", ResolveDays: 15, Proof: "none", Default: true,
		Names: map[string]string{"sr-Latn-ME": "Ostalo", "sq": "Të tjera", "en": "Other"},
	}}
}

// defaultProfiles are the promises that towns of the region publish.
func defaultProfiles() []ProfileItem {
	const target = 48 * time.Hour
	return []ProfileItem{
		{Name: "24x7", Version: 1, Start: "receipt", Target: target, Calendar: "24x7", WorkCalendar: "working-days"},
		{Name: "barajevo", Version: 1, Start: "receipt", Target: target, Calendar: "24x7", WorkCalendar: "working-days"},
		{
			Name: "tivat", Version: 1, Start: "validation", Target: target, Calendar: "working-days",
			Validation: &ValidationItem{Target: 8 * time.Hour, Calendar: "office-hours"},
		},
		{
			Name: "podgorica", Version: 1, Start: "receipt", Target: target, Calendar: "working-days",
			Cutoff: &CutoffItem{Weekdays: []string{"fri", "sat", "sun"}, Holidays: true},
		},
		{
			Name: "office-hours", Version: 1, Start: "receipt", Target: 16 * time.Hour,
			Calendar: "office-hours", WorkCalendar: "working-days",
		},
	}
}

func defaultCalendars() []CalendarItem {
	week := []string{"mon", "tue", "wed", "thu", "fri"}
	return []CalendarItem{
		{
			Name: "working-days", Version: 1, Holidays: HolidaysItem{Set: "montenegro", Groups: []string{"state"}},
			Windows: []WindowItem{{Days: week, From: "00:00", To: "24:00"}},
		},
		{
			Name: "office-hours", Version: 1, Holidays: HolidaysItem{Set: "montenegro", Groups: []string{"state"}},
			Windows: []WindowItem{{Days: week, From: "07:00", To: "15:00"}},
		},
	}
}
