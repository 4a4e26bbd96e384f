package api

import (
	"context"
	"net/http"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

func (a *API) registerDirectory() {
	get := func(id, path, summary string, right ticketing.Right) route {
		return route{id: id, method: http.MethodGet, path: path, summary: summary, right: right}
	}
	register(a, get("list-departments", "/departments", "Bodies that can have custody of tickets", ""), a.departments)
	register(a, get("list-bodies", "/bodies", "Outside bodies that can be asked about a ticket", ""), a.bodies)
	register(a, get("list-categories", "/categories", "Kinds of requests the city accepts", ""), a.categories)
	register(a, get("list-users", "/users", "Members of staff", ticketing.RightRead), a.users)
}

func texts(names map[lang.Tag]string) map[string]string {
	out := make(map[string]string, len(names))
	for tag, n := range names {
		out[string(tag)] = n
	}
	return out
}

type departmentJSON struct {
	ID       int64             `json:"id"`
	Code     string            `json:"code"`
	Name     string            `json:"name" doc:"in the language of Accept-Language, English without"`
	Names    map[string]string `json:"names"`
	Intake   bool              `json:"intake" doc:"the bureau: tickets without another start here"`
	Sharing  *string           `json:"sharing" doc:"rotate: its new tickets go to its people in turn; least: to who has the fewest in work"`
	Disabled bool              `json:"disabled"`
}

func (a *API) departments(ctx context.Context, _ *caller, _ *struct{}) (*pageOutput[departmentJSON], error) {
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, err
	}
	var items []departmentJSON
	for _, d := range s.dir.Departments {
		items = append(items, departmentJSON{int64(d.ID), d.Code, ticketing.NameIn(d.Names, s.tag), texts(d.Names), d.Intake, orNil(d.Sharing), d.Disabled})
	}
	return page(items, ""), nil
}

type categoryJSON struct {
	ID          int64             `json:"id"`
	Code        string            `json:"code"`
	Name        string            `json:"name" doc:"in the language of Accept-Language, English without"`
	Names       map[string]string `json:"names"`
	Department  namedJSON         `json:"department" doc:"where tickets of the category go"`
	OnCall      bool              `json:"on_call" doc:"has a crew on duty: promise from receipt, around the clock"`
	Profile     string            `json:"profile" doc:"of its promise"`
	ResolveDays int               `json:"resolve_days" doc:"working days to do the work; 0: no such promise"`
	Proof       *string           `json:"proof" doc:"answer, photo or decision: what resolving demands"`
	Default     bool              `json:"default"`
	Disabled    bool              `json:"disabled"`
}

func (a *API) categories(ctx context.Context, _ *caller, _ *struct{}) (*pageOutput[categoryJSON], error) {
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, err
	}
	var items []categoryJSON
	for _, k := range s.dir.Categories {
		items = append(items, categoryJSON{
			ID: int64(k.ID), Code: k.Code, Name: ticketing.NameIn(k.Names, s.tag), Names: texts(k.Names), Department: s.department(k.Department),
			OnCall: k.OnCall, Profile: s.dir.Rules.ProfileFor(k).Name, ResolveDays: k.ResolveDays, Proof: orNil(k.Proof),
			Default: k.Default, Disabled: k.Disabled,
		})
	}
	return page(items, ""), nil
}

type userJSON struct {
	ID          int64    `json:"id"`
	Email       string   `json:"email"`
	Name        string   `json:"name"`
	Role        string   `json:"role" enum:"agent,officer,head,admin,auditor"`
	Departments []string `json:"departments" nullable:"false" doc:"codes"`
	Disabled    bool     `json:"disabled"`
}

func (a *API) users(ctx context.Context, c *caller, _ *struct{}) (*pageOutput[userJSON], error) {
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, err
	}
	var items []userJSON
	for _, g := range s.dir.Agents {
		if g.Disabled && !c.actor.May(ticketing.RightManage) {
			continue
		}
		u := userJSON{int64(g.ID), g.Email, g.Name, string(g.Role), []string{}, g.Disabled}
		for _, id := range g.Departments {
			u.Departments = append(u.Departments, s.department(id).Code)
		}
		items = append(items, u)
	}
	return page(items, ""), nil
}
