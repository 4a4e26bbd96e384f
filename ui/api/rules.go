package api

import (
	"context"
	"net/http"
	"time"

	"github.com/sistem48/system48/ticketing"
)

func (a *API) registerRules() {
	get := func(id, path, summary string) route {
		return route{id: id, method: http.MethodGet, path: path, summary: summary}
	}
	register(a, get("list-policies", "/policies", "Which promise holds for what, in the order in which they are tried"), a.policies)
	register(a, get("list-ladders", "/ladders", "Who is told when of a promise in danger"), a.ladders)
	register(a, get("try-promise", "/promise", "What a contact would be promised, and why; nothing is stored"), a.tryPromise)
}

type policyJSON struct {
	Name          string   `json:"name"`
	Version       int      `json:"version"`
	Categories    []string `json:"categories" nullable:"false" doc:"codes; empty: any"`
	Departments   []string `json:"departments" nullable:"false" doc:"codes of those in custody; empty: any"`
	Priorities    []string `json:"priorities" nullable:"false" doc:"empty: any"`
	Channels      []string `json:"channels" nullable:"false" doc:"empty: any"`
	Rank          int      `json:"rank" doc:"among those that ask for as much the lower comes first"`
	Profile       *string  `json:"profile" doc:"null: as the category says"`
	TargetSeconds *int64   `json:"target_seconds" doc:"to answer; null: as the profile says"`
	ResolveDays   *int     `json:"resolve_days" doc:"0: no such promise; null: as the category says"`
	Ladder        *string  `json:"ladder" doc:"null: the city's"`
	Disabled      bool     `json:"disabled"`
}

func (a *API) policies(ctx context.Context, _ *caller, _ *struct{}) (*pageOutput[policyJSON], error) {
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, err
	}
	var items []policyJSON
	for _, p := range s.dir.Rules.Policies() {
		j := policyJSON{
			Name: p.Name, Version: p.Version, Rank: p.Rank, Profile: orNil(p.Profile), ResolveDays: p.ResolveDays, Ladder: orNil(p.Ladder),
			Disabled: p.Disabled, Categories: []string{}, Departments: []string{}, Priorities: []string{}, Channels: []string{},
		}
		if seconds := int64(p.Target / time.Second); seconds > 0 {
			j.TargetSeconds = &seconds
		}
		for _, id := range p.Categories {
			k, _ := s.dir.Category(id)
			j.Categories = append(j.Categories, k.Code)
		}
		for _, id := range p.Departments {
			j.Departments = append(j.Departments, s.department(id).Code)
		}
		for _, x := range p.Priorities {
			j.Priorities = append(j.Priorities, x.String())
		}
		for _, x := range p.Channels {
			j.Channels = append(j.Channels, string(x))
		}
		items = append(items, j)
	}
	return page(items, ""), nil
}

type ladderJSON struct {
	Name    string     `json:"name"`
	Version int        `json:"version"`
	Steps   []stepJSON `json:"steps" nullable:"false"`
}

type stepJSON struct {
	Clock   string `json:"clock" enum:"validation,answer,next_answer,resolve,leg"`
	Seconds int64  `json:"seconds_after_due" doc:"of working time; negative: before"`
	Tell    string `json:"tell" enum:"assignee,head,office"`
}

func (a *API) ladders(ctx context.Context, _ *caller, _ *struct{}) (*pageOutput[ladderJSON], error) {
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, err
	}
	var items []ladderJSON
	for _, l := range s.dir.Rules.Ladders() {
		j := ladderJSON{Name: l.Name, Version: l.Version, Steps: []stepJSON{}}
		for _, x := range l.Steps {
			j.Steps = append(j.Steps, stepJSON{string(x.Clock), int64(x.After / time.Second), string(x.Tell)})
		}
		items = append(items, j)
	}
	return page(items, ""), nil
}

type tryPromiseInput struct {
	At         time.Time `query:"at" required:"true" doc:"when it would be received (and validated, where the promise counts from there)"`
	Category   string    `query:"category" maxLength:"40" doc:"code; the default one when absent"`
	Department string    `query:"department" maxLength:"40" doc:"code of the one in custody; that of the category when absent"`
	Priority   string    `query:"priority" enum:"low,normal,high,urgent" default:"normal"`
	Channel    string    `query:"channel" enum:"email,sms,phone,portal,counter,letter,api" default:"email"`
}

type promisedJSON struct {
	Policy  *string          `json:"policy" doc:"that decided; null: the category did"`
	Profile string           `json:"profile"`
	Answer  explanationJSON  `json:"answer"`
	Resolve *explanationJSON `json:"resolve" doc:"null: no such promise"`
}

type promisedOutput struct{ Body promisedJSON }

func (a *API) tryPromise(ctx context.Context, _ *caller, in *tryPromiseInput) (*promisedOutput, error) {
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, err
	}
	k, ok := s.dir.DefaultCategory()
	if in.Category != "" {
		k, ok = s.dir.CategoryByCode(in.Category)
	}
	if !ok {
		return nil, &ticketing.Error{Kind: ticketing.Invalid, Field: "category", Key: "category.unknown"}
	}
	f := ticketing.Facts{Department: k.Department, Channel: ticketing.Channel(in.Channel)}
	f.Priority, _ = ticketing.ParsePriority(in.Priority)
	if in.Department != "" {
		d, ok := s.dir.DepartmentByCode(in.Department)
		if !ok {
			return nil, &ticketing.Error{Kind: ticketing.Invalid, Field: "department", Key: "department.unknown"}
		}
		f.Department = d.ID
	}
	terms, list, err := s.dir.Rules.Trial(k, f, in.At)
	if err != nil {
		return nil, &ticketing.Error{Kind: ticketing.Invalid, Field: "at", Key: "received.too_old"}
	}
	out := promisedJSON{Policy: orNil(terms.Policy), Profile: terms.Profile.Name, Answer: *s.explanation(list[0])}
	if len(list) > 1 {
		out.Resolve = s.explanation(list[1])
	}
	return &promisedOutput{out}, nil
}
