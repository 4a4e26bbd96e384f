package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/calendar"
)

// elapsedCalendar is the calendar that is built in: every minute counts.
const elapsedCalendar = "24x7"

// weekdays are the names that days of the week have in the configuration.
var weekdays = map[string]time.Weekday{
	"mon": time.Monday, "tue": time.Tuesday, "wed": time.Wednesday, "thu": time.Thursday,
	"fri": time.Friday, "sat": time.Saturday, "sun": time.Sunday,
}

// A fieldError is a fault of one key below a list item, such as windows[1].from.
type fieldError struct {
	field        string
	what, remedy string
}

func (e fieldError) Error() string { return e.field + " " + e.what }

// spec makes what package calendar builds a calendar from. Its error joins
// fieldErrors.
func (c CalendarItem) spec() (calendar.Spec, error) {
	s := calendar.Spec{Name: c.Name, Version: c.Version, Zone: c.Zone}
	var errs []error
	for i, w := range c.Windows {
		field := fmt.Sprintf("windows[%d]", i)
		from, to, err := hours(field, w.From, w.To)
		errs = append(errs, err)
		if len(w.Days) == 0 {
			errs = append(errs, fieldError{field + ".days", "is empty", "name the days, for example [mon, tue, wed, thu, fri]"})
		}
		for _, name := range w.Days {
			wd, ok := weekdays[name]
			if !ok {
				errs = append(errs, fieldError{field + ".days", fmt.Sprintf("has no day %q", clip(name)), "the days are mon, tue, wed, thu, fri, sat, sun"})
				continue
			}
			s.Weekly = append(s.Weekly, calendar.Window{Day: wd, From: from, To: to})
		}
	}
	for i, x := range c.Extra {
		field := fmt.Sprintf("extra[%d]", i)
		date, err := dateOf(field+".date", x.Date)
		from, to, hoursErr := hours(field, x.From, x.To)
		errs = append(errs, err, hoursErr)
		s.Extra = append(s.Extra, calendar.ExtraDay{Date: date, From: from, To: to})
	}
	holidays, err := c.Holidays.dates(s.Extra)
	s.Holidays = holidays
	return s, errors.Join(append(errs, err)...)
}

// dates gives the closed dates: those of the set without the removed ones and
// without the dates that are opened as extra days, and the town's own.
func (h HolidaysItem) dates(opened []calendar.ExtraDay) ([]calendar.Holiday, error) {
	var out []calendar.Holiday
	var errs []error
	switch h.Set {
	case "none", "":
	case "montenegro":
		groups := make([]calendar.Group, len(h.Groups))
		for i, g := range h.Groups {
			groups[i] = calendar.Group(g)
		}
		list, err := calendar.Montenegro(calendar.FirstYear, calendar.LastYear, groups...)
		if err != nil {
			return nil, fieldError{"holidays.groups", fmt.Sprintf("is %q", h.Groups), "the groups are state, orthodox, catholic, muslim"}
		}
		out = list
	default:
		return nil, fieldError{"holidays.set", fmt.Sprintf("is %q, which is not shipped", clip(h.Set)), "write montenegro or none, and list other dates below add"}
	}
	for i, text := range h.Remove {
		date, err := dateOf(fmt.Sprintf("holidays.remove[%d]", i), text)
		errs = append(errs, err)
		out = slices.DeleteFunc(out, func(x calendar.Holiday) bool { return x.Date == date })
	}
	out = slices.DeleteFunc(out, func(x calendar.Holiday) bool {
		return slices.ContainsFunc(opened, func(o calendar.ExtraDay) bool { return o.Date == x.Date })
	})
	for i, add := range h.Add {
		date, err := dateOf(fmt.Sprintf("holidays.add[%d].date", i), add.Date)
		errs = append(errs, err)
		if err == nil && !slices.ContainsFunc(out, func(x calendar.Holiday) bool { return x.Date == date }) {
			out = append(out, calendar.Holiday{Date: date, Name: add.Name})
		}
	}
	return out, errors.Join(errs...)
}

func dateOf(field, text string) (calendar.Date, error) {
	d, err := calendar.ParseDate(text)
	if err != nil {
		return d, fieldError{field, fmt.Sprintf("is %q, not a date", clip(text)), "write it as 2026-05-21"}
	}
	return d, nil
}

func hours(field, from, to string) (calendar.Minute, calendar.Minute, error) {
	a, err := calendar.ParseMinute(from)
	if err != nil {
		return 0, 0, fieldError{field + ".from", fmt.Sprintf("is %q, not a time of day", clip(from)), "write it as 07:00"}
	}
	b, err := calendar.ParseMinute(to)
	if err != nil {
		return 0, 0, fieldError{field + ".to", fmt.Sprintf("is %q, not a time of day", clip(to)), "write it as 15:00, up to 24:00"}
	}
	return a, b, nil
}

// profile makes the core's form of a promise.
func (p ProfileItem) profile() ticketing.Profile {
	out := ticketing.Profile{
		Name: p.Name, Version: p.Version, Start: ticketing.StartRule(p.Start),
		Calendar: p.Calendar, Target: p.Target, WorkCalendar: p.WorkCalendar,
	}
	if p.Cutoff != nil {
		out.Cutoff = &calendar.Cutoff{Holidays: p.Cutoff.Holidays}
		for _, name := range p.Cutoff.Weekdays {
			out.Cutoff.Weekdays = append(out.Cutoff.Weekdays, weekdays[name])
		}
	}
	if p.Validation != nil {
		out.ValidationCalendar, out.ValidationTarget = p.Validation.Calendar, p.Validation.Target
	}
	return out
}

// rulebook makes the promises and calendars of the configuration. A
// configuration that LoadConfig accepted has one.
func (c Config) rulebook() (*ticketing.Rulebook, error) {
	zone, err := calendar.LoadZone(c.Timezone)
	if err != nil {
		return nil, fmt.Errorf("timezone: %w", err)
	}
	var calendars []*calendar.Calendar
	for _, item := range c.Calendars {
		spec, err := item.spec()
		if err != nil {
			return nil, fmt.Errorf("calendar %s: %w", item.Name, err)
		}
		built, err := calendar.New(spec)
		if err != nil {
			return nil, fmt.Errorf("calendar %s: %w", item.Name, err)
		}
		calendars = append(calendars, built)
	}
	profiles := make([]ticketing.Profile, len(c.Profiles))
	for i, p := range c.Profiles {
		profiles[i] = p.profile()
	}
	book, err := ticketing.NewRulebook(zone, profiles, calendars, c.DefaultProfile)
	if err != nil {
		return nil, fmt.Errorf("promises: %w", err)
	}
	return book, nil
}
