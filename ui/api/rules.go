package api

import (
	"context"
	"net/http"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/calendar"
)

func (a *API) registerRules() {
	get := func(id, path, summary string) route {
		return route{id: id, method: http.MethodGet, path: path, summary: summary}
	}
	register(a, get("list-policies", "/policies", "Which promise holds for what, in the order in which they are tried"), a.policies)
	register(a, get("list-ladders", "/ladders", "Who is told when of a promise in danger"), a.ladders)
	register(a, get("list-profiles", "/profiles", "Promises in force"), a.profiles)
	register(a, get("list-calendars", "/calendars", "Calendars in force"), a.calendars)
	register(a, get("try-promise", "/promise", "What a contact would be promised, and why; nothing is stored"), a.tryPromise)
	const manage = ticketing.RightManage
	put := func(id, path, summary string) route {
		return route{id: id, method: http.MethodPut, path: path, summary: summary, right: manage, text: savingText}
	}
	register(a, put("put-policy", "/policies/{name}", "Save a policy"), a.putPolicy)
	register(a, put("put-ladder", "/ladders/{name}", "Save a ladder"), a.putLadder)
	register(a, put("put-profile", "/profiles/{name}", "Save a promise"), a.putProfile)
	register(a, put("put-calendar", "/calendars/{name}", "Save a calendar"), a.putCalendar)
	a.registerVersions()
	register(a, route{
		id: "choose-profile", method: http.MethodPut, path: "/default-profile", summary: "Choose the city's promise", right: manage,
		text: "It holds for categories that name none.",
	}, a.chooseProfile)
	register(a, route{
		id: "order-recompute", method: http.MethodPost, path: "/recompute", summary: "Let promises that run follow the newest rules", right: manage,
		status: http.StatusAccepted, text: "It is worked by the program itself; while one is, another is a conflict.",
	}, a.orderRecompute)
	register(a, get("get-recompute", "/recompute", "What became of the newest order to recompute"), a.getRecompute)
}

const savingText = "Enters a new version; clocks that run keep the one they have. If-Match, or else version in the body, names the version that was read; " +
	"neither, or version 0, is for a rule that is not there yet. What could not be kept is refused with its field and changes nothing."

func (a *API) policies(ctx context.Context, _ *caller, _ *struct{}) (*pageOutput[policyJSON], error) {
	return listRules(ctx, a, (*ticketing.Rulebook).Policies, (*scribe).policy)
}

func (a *API) ladders(ctx context.Context, c *caller, _ *struct{}) (*pageOutput[ladderJSON], error) {
	return listRules(ctx, a, (*ticketing.Rulebook).Ladders, func(s *scribe, l ticketing.Ladder) ladderJSON {
		return s.ladder(l, c.actor.May(ticketing.RightManage))
	})
}

func (a *API) profiles(ctx context.Context, _ *caller, _ *struct{}) (*pageOutput[profileJSON], error) {
	return listRules(ctx, a, (*ticketing.Rulebook).Profiles, (*scribe).profile)
}

func (a *API) calendars(ctx context.Context, _ *caller, _ *struct{}) (*pageOutput[calendarJSON], error) {
	return listRules(ctx, a, (*ticketing.Rulebook).Calendars, func(s *scribe, c *calendar.Calendar) calendarJSON { return s.calendar(c.Spec()) })
}

// listRules answers with the newest version of each rule of a kind.
func listRules[T, J any](ctx context.Context, a *API, list func(*ticketing.Rulebook) []T, write func(*scribe, T) J) (*pageOutput[J], error) {
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, err
	}
	var items []J
	for _, x := range list(s.dir.Rules) {
		items = append(items, write(s, x))
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
