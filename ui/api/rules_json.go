package api

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/calendar"
)

// A policyJSON is a policy with codes in place of numbers. What is read of a rule
// of any kind can be written.
type policyJSON struct {
	Name          string   `json:"name" required:"false" doc:"the one of the path"`
	Version       int      `json:"version" required:"false" doc:"that was read; If-Match goes before"`
	Categories    []string `json:"categories" required:"false" nullable:"false" doc:"codes; empty: any"`
	Departments   []string `json:"departments" required:"false" nullable:"false" doc:"codes of those in custody; empty: any"`
	Priorities    []string `json:"priorities" required:"false" nullable:"false" doc:"empty: any"`
	Channels      []string `json:"channels" required:"false" nullable:"false" doc:"empty: any"`
	Rank          int      `json:"rank" required:"false" doc:"among those that ask for as much the lower comes first"`
	Profile       *string  `json:"profile" required:"false" doc:"null: as the category says"`
	TargetSeconds *int64   `json:"target_seconds" required:"false" doc:"to answer, whole minutes; null: as the profile says"`
	ResolveDays   *int     `json:"resolve_days" required:"false" doc:"0: no such promise; null: as the category says"`
	Ladder        *string  `json:"ladder" required:"false" doc:"null: the city's"`
	Disabled      bool     `json:"disabled" required:"false"`
}

func (s *scribe) policy(p ticketing.Policy) policyJSON {
	j := policyJSON{
		Name: p.Name, Version: p.Version, Rank: p.Rank, Profile: orNil(p.Profile), TargetSeconds: seconds(p.Target), ResolveDays: p.ResolveDays,
		Ladder: orNil(p.Ladder), Disabled: p.Disabled, Categories: []string{}, Departments: []string{}, Priorities: []string{}, Channels: append([]string{}, strs(p.Channels)...),
	}
	for _, id := range p.Categories {
		j.Categories = append(j.Categories, s.category(id).Code)
	}
	for _, id := range p.Departments {
		j.Departments = append(j.Departments, s.department(id).Code)
	}
	for _, x := range p.Priorities {
		j.Priorities = append(j.Priorities, x.String())
	}
	return j
}

// draft reads the policy; what no code or word stands for is a fault of its field.
func (j *policyJSON) draft(s *scribe, name string, bad *faults) ticketing.RuleDraft {
	p := ticketing.Policy{Name: name, Rank: j.Rank, Profile: value(j.Profile), ResolveDays: j.ResolveDays, Ladder: value(j.Ladder), Disabled: j.Disabled}
	p.Target = bad.span("target_seconds", j.TargetSeconds)
	for i, code := range j.Categories {
		k, ok := s.dir.CategoryByCode(code)
		bad.unless(ok, fmt.Sprintf("categories[%d]", i), "category.unknown")
		p.Categories = append(p.Categories, k.ID)
	}
	for i, code := range j.Departments {
		d, ok := s.dir.DepartmentByCode(code)
		bad.unless(ok, fmt.Sprintf("departments[%d]", i), "department.unknown")
		p.Departments = append(p.Departments, d.ID)
	}
	for i, word := range j.Priorities {
		x, ok := ticketing.ParsePriority(word)
		bad.unless(ok, fmt.Sprintf("priorities[%d]", i), "priority.unknown")
		p.Priorities = append(p.Priorities, x)
	}
	for i, word := range j.Channels {
		bad.unless(slices.Contains(ticketing.Channels(), ticketing.Channel(word)), fmt.Sprintf("channels[%d]", i), "channel.unknown")
		p.Channels = append(p.Channels, ticketing.Channel(word))
	}
	return ticketing.DraftPolicy(p)
}

type ladderJSON struct {
	Name    string     `json:"name" required:"false" doc:"the one of the path"`
	Version int        `json:"version" required:"false" doc:"that was read; If-Match goes before"`
	Steps   []stepJSON `json:"steps" nullable:"false"`
	Office  []string   `json:"office,omitempty" nullable:"false" doc:"addresses of the mayor's office, for who may manage"`
}

type stepJSON struct {
	Clock   string `json:"clock" enum:"validation,answer,next_answer,resolve,leg"`
	Seconds int64  `json:"seconds_after_due" doc:"of working time, whole minutes; negative: before"`
	Tell    string `json:"tell" enum:"assignee,head,office"`
}

// ladder writes a ladder down; whole with the addresses in it.
func (s *scribe) ladder(l ticketing.Ladder, whole bool) ladderJSON {
	j := ladderJSON{Name: l.Name, Version: l.Version, Steps: []stepJSON{}}
	for _, x := range l.Steps {
		j.Steps = append(j.Steps, stepJSON{string(x.Clock), int64(x.After / time.Second), string(x.Tell)})
	}
	if whole {
		j.Office = l.Office
	}
	return j
}

func (j *ladderJSON) draft(_ *scribe, name string, bad *faults) ticketing.RuleDraft {
	l := ticketing.Ladder{Name: name}
	for i, x := range j.Steps {
		bad.unless(inSpan(x.Seconds), fmt.Sprintf("steps[%d]", i), "ladder.after")
		l.Steps = append(l.Steps, ticketing.Step{Clock: ticketing.ClockKind(x.Clock), After: time.Duration(x.Seconds) * time.Second, Tell: ticketing.Tell(x.Tell)})
	}
	for i, text := range j.Office {
		address := ticketing.NormalEmail(text)
		bad.unless(address != "", fmt.Sprintf("office[%d]", i), "email.malformed")
		l.Office = append(l.Office, address)
	}
	return ticketing.DraftLadder(l)
}

type profileJSON struct {
	Name                    string      `json:"name" required:"false" doc:"the one of the path"`
	Version                 int         `json:"version" required:"false" doc:"that was read; If-Match goes before"`
	Default                 bool        `json:"default" required:"false" readOnly:"true" doc:"the city's; chosen by default-profile"`
	Start                   string      `json:"start" enum:"receipt,validation" doc:"what the promise counts from"`
	Calendar                string      `json:"calendar"`
	TargetSeconds           int64       `json:"target_seconds" doc:"of calendar time, whole minutes"`
	WorkCalendar            string      `json:"work_calendar" required:"false" doc:"counts the days of doing the work; the calendar itself when it is not given"`
	ValidationCalendar      *string     `json:"validation_calendar" required:"false"`
	ValidationTargetSeconds *int64      `json:"validation_target_seconds" required:"false"`
	Cutoff                  *cutoffJSON `json:"cutoff,omitempty" doc:"contacts of these days count from the next working day"`
}

type cutoffJSON struct {
	Weekdays []string `json:"weekdays" nullable:"false" required:"false"`
	Holidays bool     `json:"holidays" required:"false"`
}

func (s *scribe) profile(p ticketing.Profile) profileJSON {
	j := profileJSON{
		Name: p.Name, Version: p.Version, Default: p.Name == s.dir.Rules.Default, Start: string(p.Start), Calendar: p.Calendar,
		TargetSeconds: int64(p.Target / time.Second), WorkCalendar: orElse(p.WorkCalendar, p.Calendar), ValidationCalendar: orNil(p.ValidationCalendar),
		ValidationTargetSeconds: seconds(p.ValidationTarget),
	}
	if p.Cutoff != nil {
		j.Cutoff = &cutoffJSON{Weekdays: []string{}, Holidays: p.Cutoff.Holidays}
		for _, d := range p.Cutoff.Weekdays {
			j.Cutoff.Weekdays = append(j.Cutoff.Weekdays, dayWord(d))
		}
	}
	return j
}

func (j *profileJSON) draft(_ *scribe, name string, bad *faults) ticketing.RuleDraft {
	p := ticketing.Profile{Name: name, Start: ticketing.StartRule(j.Start), Calendar: j.Calendar, Target: bad.span("target_seconds", &j.TargetSeconds)}
	if j.WorkCalendar != j.Calendar {
		p.WorkCalendar = j.WorkCalendar
	}
	if p.Start == ticketing.FromValidation {
		p.ValidationCalendar, p.ValidationTarget = value(j.ValidationCalendar), bad.span("validation_target_seconds", j.ValidationTargetSeconds)
	}
	if j.Cutoff != nil && (j.Cutoff.Holidays || len(j.Cutoff.Weekdays) > 0) {
		p.Cutoff = &calendar.Cutoff{Holidays: j.Cutoff.Holidays}
		for i, word := range j.Cutoff.Weekdays {
			p.Cutoff.Weekdays = append(p.Cutoff.Weekdays, bad.weekday(fmt.Sprintf("cutoff.weekdays[%d]", i), word))
		}
	}
	return ticketing.DraftProfile(p)
}

type calendarJSON struct {
	Name     string        `json:"name" required:"false" doc:"the one of the path"`
	Version  int           `json:"version" required:"false" doc:"that was read; If-Match goes before"`
	Zone     string        `json:"zone" required:"false" doc:"the city's; another is refused"`
	Weekly   []windowJSON  `json:"weekly" nullable:"false"`
	Holidays []holidayJSON `json:"holidays" required:"false" nullable:"false"`
	Extra    []extraJSON   `json:"extra" required:"false" nullable:"false" doc:"dates with hours of their own"`
}

type windowJSON struct {
	Day  string `json:"day" doc:"in English"`
	From string `json:"from" doc:"local time"`
	To   string `json:"to" doc:"local time, not open any more; 24:00 is midnight"`
}

type holidayJSON struct {
	Date string `json:"date"`
	Name string `json:"name" required:"false"`
}

type extraJSON struct {
	Date string `json:"date"`
	From string `json:"from"`
	To   string `json:"to"`
}

func (s *scribe) calendar(spec calendar.Spec) calendarJSON {
	j := calendarJSON{Name: spec.Name, Version: spec.Version, Zone: spec.Zone, Weekly: []windowJSON{}, Holidays: []holidayJSON{}, Extra: []extraJSON{}}
	for _, w := range spec.Weekly {
		j.Weekly = append(j.Weekly, windowJSON{dayWord(w.Day), w.From.String(), w.To.String()})
	}
	for _, h := range spec.Holidays {
		j.Holidays = append(j.Holidays, holidayJSON{h.Date.String(), h.Name})
	}
	for _, x := range spec.Extra {
		j.Extra = append(j.Extra, extraJSON{x.Date.String(), x.From.String(), x.To.String()})
	}
	return j
}

func (j *calendarJSON) draft(s *scribe, name string, bad *faults) ticketing.RuleDraft {
	spec := calendar.Spec{Name: name, Zone: s.dir.Rules.Zone().String()}
	var was calendar.Spec
	if k, ok := s.dir.Rules.Calendar(name, 0); ok {
		was = k.Spec()
		spec.Zone = was.Zone
	}
	bad.unless(j.Zone == "" || j.Zone == spec.Zone, "zone", "api.zone")
	for i, w := range j.Weekly {
		field := fmt.Sprintf("weekly[%d]", i)
		spec.Weekly = append(spec.Weekly, calendar.Window{Day: bad.weekday(field, w.Day), From: bad.minute(field, w.From), To: bad.minute(field, w.To)})
	}
	for i, h := range j.Holidays {
		spec.Holidays = append(spec.Holidays, calendar.Holiday{Date: bad.date(fmt.Sprintf("holidays[%d]", i), h.Date), Name: h.Name})
	}
	for i, x := range j.Extra {
		field := fmt.Sprintf("extra[%d]", i)
		spec.Extra = append(spec.Extra, calendar.ExtraDay{Date: bad.date(field, x.Date), From: bad.minute(field, x.From), To: bad.minute(field, x.To)})
	}
	spec.KeepKeys(was)
	return ticketing.DraftCalendar(spec)
}

// dayWord names a weekday as the interface does: "monday".
func dayWord(d time.Weekday) string { return strings.ToLower(d.String()) }

// seconds gives a length as it is sent; nil for none.
func seconds(d time.Duration) *int64 {
	if d <= 0 {
		return nil
	}
	n := int64(d / time.Second)
	return &n
}

func value[T any](p *T) (x T) {
	if p != nil {
		x = *p
	}
	return x
}
