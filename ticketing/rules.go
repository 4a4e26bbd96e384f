package ticketing

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sistem48/system48/ticketing/calendar"
)

// StartRule says which event a promise counts from.
type StartRule string

// The rules.
const (
	FromReceipt    StartRule = "receipt"
	FromValidation StartRule = "validation"
)

// A Profile is a promise as a town publishes it: from when, by which calendar,
// how long. It is versioned; a clock keeps the version it was started with.
type Profile struct {
	Name     string
	Version  int
	Start    StartRule
	Cutoff   *calendar.Cutoff // contacts of these days count from the next working day; nil = no such rule
	Calendar string           // name of the calendar that counts
	Target   time.Duration    // of calendar time
	// WorkCalendar counts ResolveDays of categories, 24 h a day; "" = Calendar.
	WorkCalendar string
	// ValidationCalendar and ValidationTarget are the promise to validate, for
	// FromValidation only.
	ValidationCalendar string
	ValidationTarget   time.Duration
}

// alwaysOpen is the calendar of on-call categories.
const alwaysOpen = "24x7"

// A Rulebook holds every version of every profile, calendar and policy. It is
// immutable.
type Rulebook struct {
	Default   string // profile of categories that name none
	zone      *time.Location
	profiles  map[string][]Profile // ascending versions
	calendars map[string][]*calendar.Calendar
	legs      map[DepartmentID]time.Duration // see WithLegs
	policies  map[string][]Policy
	order     []Policy // the newest in use, as they are tried
	ladders   map[string][]Ladder
	stored    Rules
}

// NewRulebook checks that profiles name calendars that exist and promises that
// can be met. Errors are Invalid and name the profile and the field.
func NewRulebook(zone *time.Location, profiles []Profile, calendars []*calendar.Calendar, byDefault string) (*Rulebook, error) {
	b := &Rulebook{Default: byDefault, zone: zone, profiles: map[string][]Profile{}, calendars: map[string][]*calendar.Calendar{}}
	b.calendars[alwaysOpen] = []*calendar.Calendar{calendar.AlwaysOpen(zone)}
	for _, c := range calendars {
		if c.Name() != alwaysOpen {
			b.calendars[c.Name()] = append(b.calendars[c.Name()], c)
		}
	}
	for _, list := range b.calendars {
		slices.SortFunc(list, func(x, y *calendar.Calendar) int { return x.Version() - y.Version() })
	}
	var errs []error
	for _, p := range profiles {
		b.profiles[p.Name] = append(b.profiles[p.Name], p)
	}
	for _, list := range b.profiles {
		slices.SortFunc(list, func(x, y Profile) int { return x.Version - y.Version })
	}
	for _, p := range b.Profiles() {
		errs = append(errs, b.check(p)) // older versions were, with the calendars of their time
	}
	if _, ok := b.profiles[byDefault]; !ok {
		errs = append(errs, &Error{Kind: Invalid, Field: "default_profile", Key: "profile.unknown", Args: map[string]any{"Name": byDefault}})
	}
	return b, errors.Join(errs...)
}

func (b *Rulebook) check(p Profile) error {
	field := func(name, key string) error {
		return &Error{Kind: Invalid, Field: fmt.Sprintf("profiles.%s.%s", p.Name, name), Key: key}
	}
	names := []string{p.Calendar}
	if p.WorkCalendar != "" {
		names = append(names, p.WorkCalendar)
	}
	switch p.Start {
	case FromReceipt:
	case FromValidation:
		if p.ValidationTarget <= 0 {
			return field("validation_target", "profile.target")
		}
		names = append(names, p.ValidationCalendar)
	default:
		return field("start", "profile.start")
	}
	if p.Target <= 0 || p.Target > maxTarget {
		return field("target", "profile.target")
	}
	for _, n := range names {
		if _, ok := b.Calendar(n, 0); !ok {
			return field("calendar", "profile.calendar")
		}
		if !b.reachable(n, p.Target) {
			return field("calendar", "profile.never_open")
		}
	}
	return nil
}

// maxTarget bounds a promise: a year.
const maxTarget = 366 * 24 * time.Hour

// reachable reports whether a promise of the length can be kept by the calendar
// at all.
func (b *Rulebook) reachable(name string, target time.Duration) bool {
	c, ok := b.Calendar(name, 0)
	if !ok {
		return false
	}
	_, err := c.Add(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), target)
	return err == nil
}

// Zone is the city's zone.
func (b *Rulebook) Zone() *time.Location { return b.zone }

// Profile gives a version of the profile, the newest for version 0.
func (b *Rulebook) Profile(name string, version int) (Profile, bool) {
	list := b.profiles[name]
	if version == 0 && len(list) > 0 {
		return list[len(list)-1], true
	}
	return find(list, func(p *Profile) bool { return p.Version == version })
}

// Calendar gives a version of the calendar, the newest for version 0.
func (b *Rulebook) Calendar(name string, version int) (*calendar.Calendar, bool) {
	list := b.calendars[name]
	if version == 0 && len(list) > 0 {
		return list[len(list)-1], true
	}
	return find(list, func(c **calendar.Calendar) bool { return (*c).Version() == version })
}

// Profiles gives the newest version of each profile, by name.
func (b *Rulebook) Profiles() []Profile {
	var out []Profile
	for _, list := range b.profiles {
		out = append(out, list[len(list)-1])
	}
	slices.SortFunc(out, func(x, y Profile) int {
		if x.Name < y.Name {
			return -1
		}
		return 1
	})
	return out
}

// Calendars gives the newest version of each calendar, by name.
func (b *Rulebook) Calendars() []*calendar.Calendar {
	var out []*calendar.Calendar
	for _, list := range b.calendars {
		out = append(out, list[len(list)-1])
	}
	slices.SortFunc(out, func(x, y *calendar.Calendar) int {
		if x.Name() < y.Name() {
			return -1
		}
		return 1
	})
	return out
}

// ProfileFor gives the promise of a category: its own profile or the default;
// for an on-call category the same target from receipt, elapsed, around the
// clock, with no cut-off.
func (b *Rulebook) ProfileFor(c Category) Profile {
	p, ok := b.Profile(c.Profile, 0)
	if !ok {
		p, _ = b.Profile(b.Default, 0)
	}
	if c.OnCall {
		p = p.onCall()
	}
	return p
}

// onCall is the promise as categories with a crew on call have it.
func (p Profile) onCall() Profile {
	p.Start, p.Cutoff, p.Calendar, p.WorkCalendar = FromReceipt, nil, alwaysOpen, alwaysOpen
	return p
}
