package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing/calendar"
)

// directory checks departments and categories.
func (k *checker) directory(c Config) {
	departments, intake := map[string]bool{}, 0
	for i, d := range c.Departments {
		key := fmt.Sprintf("departments[%d]", i)
		k.code(key+".code", d.Code, departments)
		k.names(key+".names", d.Names)
		if d.Email != "" {
			k.address(key+".email", d.Email)
		}
		if d.Intake {
			intake++
		}
	}
	if intake != 1 {
		k.fault("departments", fmt.Sprintf("has %d with intake: true", intake), "mark the one in which tickets start that nobody has routed")
	}
	categories, byDefault := map[string]bool{}, 0
	for i, item := range c.Categories {
		key := fmt.Sprintf("categories[%d]", i)
		k.code(key+".code", item.Code, categories)
		k.names(key+".names", item.Names)
		k.named(key+".department", "departments", item.Department, keysIn(departments))
		if item.Profile != "" {
			k.named(key+".profile", "profiles", item.Profile, profileNames(c))
		}
		k.number(key+".resolve_days", item.ResolveDays, 0, 366)
		k.oneOf(key+".proof", item.Proof, "none", "answer", "photo", "decision")
		if item.Default {
			byDefault++
		}
	}
	if byDefault != 1 {
		k.fault("categories", fmt.Sprintf("has %d with default: true", byDefault), "mark the one for contacts that nobody has categorised")
	}
}

func (k *checker) names(key string, names map[string]string) {
	for tag, name := range names {
		if !slices.Contains(knownLanguages, tag) {
			k.fault(key+"."+tag, "is not a language that exists here", "the languages are "+strings.Join(knownLanguages, ", "))
		}
		if strings.TrimSpace(name) == "" || len(name) > 200 {
			k.fault(key+"."+tag, "is empty or longer than 200 bytes", "write a name, or take the line away")
		}
	}
	if names[sourceLanguage] == "" {
		k.fault(key, "has no name in "+sourceLanguage, "add a line  "+sourceLanguage+": …; other languages fall back on it")
	}
}

// named checks that a name is one of a list elsewhere in the file.
func (k *checker) named(key, list, name string, known []string) {
	if slices.Contains(known, name) {
		return
	}
	remedy := "it must be one of " + list + ": " + strings.Join(known, ", ")
	if near := nearest(name, known); near != "" {
		remedy = "did you mean " + near + "?"
	}
	k.fault(key, fmt.Sprintf("is %q, which is not among %s", clip(name), list), remedy)
}

func keysIn(set map[string]bool) []string {
	var keys []string
	for key := range set {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func profileNames(c Config) []string {
	var names []string
	for _, p := range c.Profiles {
		names = append(names, p.Name)
	}
	return names
}

// promises checks profiles and calendars.
func (k *checker) promises(c Config) {
	names := []string{elapsedCalendar}
	seen := map[string]bool{}
	for i, item := range c.Calendars {
		key := fmt.Sprintf("calendars[%d]", i)
		k.code(key+".name", item.Name, seen)
		if item.Name == elapsedCalendar {
			k.fault(key+".name", "is the calendar that is built in", "choose another name")
		}
		k.number(key+".version", item.Version, 1, 1_000_000)
		k.calendar(key, item, c.Timezone)
		names = append(names, item.Name)
	}
	profiles := map[string]bool{}
	for i, p := range c.Profiles {
		key := fmt.Sprintf("profiles[%d]", i)
		k.code(key+".name", p.Name, profiles)
		k.profile(key, p, names)
	}
	k.named("default_profile", "profiles", c.DefaultProfile, profileNames(c))
	if len(k.faults) == 0 {
		if _, err := c.rulebook(); err != nil {
			k.fault("profiles", "cannot be kept: "+err.Error(), "check targets and calendars with: system48 sla explain")
		}
	}
}

func (k *checker) profile(key string, p ProfileItem, calendars []string) {
	k.number(key+".version", p.Version, 1, 1_000_000)
	k.oneOf(key+".start", p.Start, "receipt", "validation")
	k.duration(key+".target", p.Target, time.Minute, 366*day)
	k.named(key+".calendar", "calendars", p.Calendar, calendars)
	if p.WorkCalendar != "" {
		k.named(key+".work_calendar", "calendars", p.WorkCalendar, calendars)
	}
	if p.Cutoff != nil {
		for i, name := range p.Cutoff.Weekdays {
			if _, ok := weekdays[name]; !ok {
				k.fault(fmt.Sprintf("%s.cutoff.weekdays[%d]", key, i), fmt.Sprintf("is %q, not a day", clip(name)), "the days are mon, tue, wed, thu, fri, sat, sun")
			}
		}
	}
	switch {
	case p.Start == "validation" && p.Validation == nil:
		k.fault(key+".validation", "is not given, and the promise starts with validation", "say by when a clerk validates, for example {target: 8h, calendar: office-hours}")
	case p.Start != "validation" && p.Validation != nil:
		k.fault(key+".validation", "is given, and the promise starts with "+p.Start, "take it away, or write start: validation")
	case p.Validation != nil:
		k.duration(key+".validation.target", p.Validation.Target, time.Minute, 366*day)
		k.named(key+".validation.calendar", "calendars", p.Validation.Calendar, calendars)
	}
}

// calendar checks what the calendar would be made from by making it.
func (k *checker) calendar(key string, item CalendarItem, timezone string) {
	spec, err := item.spec()
	if err == nil {
		_, err = calendar.New(spec)
	}
	for _, e := range leaves(err) {
		var field fieldError
		var fault *calendar.Error
		switch {
		case errors.As(e, &field):
			k.fault(key+"."+field.field, field.what, field.remedy)
		case errors.As(e, &fault) && fault.Field == "zone" && item.Zone == timezone:
			// said of timezone already
		case errors.As(e, &fault):
			k.fault(key+"."+calendarKey(fault.Field), "is wrong: "+fault.Reason, "see calendars in config.example.yaml")
		default:
			k.fault(key, "cannot be made: "+e.Error(), "see calendars in config.example.yaml")
		}
	}
}

// calendarKey gives the key that a field of calendar.Spec is made from.
func calendarKey(field string) string {
	name, _, _ := strings.Cut(field, "[")
	switch name {
	case "weekly":
		return "windows"
	case "extra", "zone", "holidays":
		return name
	}
	return "name"
}

// leaves takes joined errors apart.
func leaves(err error) []error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var out []error
		for _, e := range joined.Unwrap() {
			out = append(out, leaves(e)...)
		}
		return out
	}
	return []error{err}
}
