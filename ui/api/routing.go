package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/district"
	"github.com/sistem48/system48/ticketing/lang"
)

func (a *API) registerRouting() {
	const manage = ticketing.RightManage
	register(a, route{id: "get-routing", method: http.MethodGet, path: "/routing", summary: "Rules by which new tickets find their way", right: manage}, a.getRouting)
	register(a, route{
		id: "put-routing", method: http.MethodPut, path: "/routing", summary: "Put other rules into force", right: manage,
		text: "version is the one that was read; when another is in force by now, the answer is a conflict. A new rule has id 0.",
	}, a.putRouting)
	register(a, route{
		id: "try-routing", method: http.MethodGet, path: "/routing/dry-run", summary: "What the rules would have done to past tickets", right: manage,
		text: "Writes nothing. To try a rule before it counts, put it with on false, and ask with all.",
	}, a.tryRouting)
	register(a, route{id: "list-routing-versions", method: http.MethodGet, path: "/routing/versions", summary: "Versions of the rules, newest first", right: manage}, a.routingVersions)
	register(a, route{id: "get-routing-version", method: http.MethodGet, path: "/routing/versions/{version}", summary: "Rules as they were", right: manage}, a.routingVersion)
	register(a, route{
		id: "restore-routing", method: http.MethodPost, path: "/routing/versions/{version}/restoration", summary: "Put rules of old into force again", right: manage,
		text: "As a new version, through the same checks; If-Match names the one in force, without it that is whichever it is.",
	}, a.restoreRouting)
	register(a, route{id: "list-districts", method: http.MethodGet, path: "/districts", summary: "Districts of the city"}, a.districts)
	register(a, route{
		id: "import-districts", method: http.MethodPut, path: "/districts/{part}", summary: "Import outlines (GeoJSON) or a list of streets (CSV)", right: manage,
		upload: true, maxBody: maxFileBody, text: "A file with anything wrong in it changes nothing; every fault is told.",
	}, a.importDistricts)
}

// A ruleJSON is a rule with codes in place of numbers.
type ruleJSON struct {
	ID   int64    `json:"id" doc:"0: a new one"`
	Name string   `json:"name"`
	On   bool     `json:"on"`
	When whenJSON `json:"when" doc:"all that are given must hold; of the values of one, any"`
	Then thenJSON `json:"then" doc:"what an upper rule or a person has set stays; tags add up"`
	Flow string   `json:"flow,omitempty" enum:",stop,go_on" doc:"what follows the rule; empty: as the set says"`
}

type whenJSON struct {
	Always     bool     `json:"always,omitempty" doc:"holds for every ticket; a rule without conditions must say so"`
	Categories []string `json:"categories,omitempty" doc:"codes"`
	Keywords   []string `json:"keywords,omitempty" doc:"whole words in any script, or a beginning with * at its end"`
	Channels   []string `json:"channels,omitempty"`
	Accounts   []string `json:"accounts,omitempty" doc:"mailboxes or numbers it came in by"`
	Senders    []string `json:"senders,omitempty" doc:"an address, a domain with all below it, or the beginning of a number with *"`
	Languages  []string `json:"languages,omitempty"`
	Districts  []string `json:"districts,omitempty" doc:"codes"`
}

type thenJSON struct {
	Category   string   `json:"category,omitempty" doc:"code"`
	Department string   `json:"department,omitempty" doc:"code"`
	Follow     bool     `json:"follow_category,omitempty" doc:"to the department of the category"`
	Person     string   `json:"person,omitempty" doc:"e-mail or id"`
	Priority   string   `json:"priority,omitempty" enum:",low,normal,high,urgent"`
	Tags       []string `json:"tags,omitempty"`
}

type routingJSON struct {
	Version int64      `json:"version"`
	All     bool       `json:"all" doc:"all rules that fit decide, the upper one first; else the first that fits"`
	Rules   []ruleJSON `json:"rules" nullable:"false"`
}

type routingOutput struct {
	Replayed string `header:"Idempotent-Replayed" doc:"true: an earlier request with the same key did it"`
	Body     routingJSON
}

func (s *scribe) rulesInForce() (out ticketing.RoutingRules) {
	if s.dir.Routes != nil {
		out = s.dir.Routes.Rules
	}
	return out
}

func (s *scribe) routing(r ticketing.RoutingRules) *routingOutput {
	out := routingJSON{Version: r.Version, All: r.All, Rules: []ruleJSON{}}
	for _, x := range r.Rules {
		j := ruleJSON{ID: x.ID, Name: x.Name, On: !x.Off, Flow: string(x.Flow), When: whenJSON{
			Always: x.When.Always, Keywords: x.When.Keywords, Accounts: x.When.Accounts, Senders: x.When.Senders,
			Channels: strs(x.When.Channels), Languages: strs(x.When.Languages),
		}, Then: thenJSON{Follow: x.Then.Follow, Tags: x.Then.Tags}}
		for _, id := range x.When.Categories {
			j.When.Categories = append(j.When.Categories, s.category(id).Code)
		}
		for _, id := range x.When.Districts {
			j.When.Districts = append(j.When.Districts, s.district(id))
		}
		if x.Then.Category != 0 {
			j.Then.Category = s.category(x.Then.Category).Code
		}
		if x.Then.Department != 0 {
			j.Then.Department = s.department(x.Then.Department).Code
		}
		if p := s.assignee(x.Then.Person); p != nil {
			j.Then.Person = *p
		}
		if x.Then.Priority != nil {
			j.Then.Priority = x.Then.Priority.String()
		}
		out.Rules = append(out.Rules, j)
	}
	return &routingOutput{Body: out}
}

func strs[T ~string](list []T) []string {
	var out []string
	for _, x := range list {
		out = append(out, string(x))
	}
	return out
}

// district gives a district's code, "" when it is unknown.
func (s *scribe) district(id ticketing.DistrictID) string {
	d, _ := s.dir.District(id)
	return d.Code
}

// rules reads rules; unknown codes are Invalid with "rules.<place>.<field>".
func (s *scribe) rules(in *routingJSON) (ticketing.RoutingRules, error) {
	out := ticketing.RoutingRules{Version: in.Version, All: in.All}
	for i := range in.Rules {
		r, field, key := s.rule(&in.Rules[i])
		if field != "" {
			return out, &ticketing.Error{Kind: ticketing.Invalid, Field: fmt.Sprintf("rules.%d.%s", i+1, field), Key: key, Args: map[string]any{"Rule": r.Name}}
		}
		out.Rules = append(out.Rules, r)
	}
	return out, nil
}

func (s *scribe) rule(j *ruleJSON) (r ticketing.RoutingRule, field, key string) {
	r = ticketing.RoutingRule{ID: j.ID, Name: j.Name, Off: !j.On, Flow: ticketing.Flow(j.Flow)}
	r.When = ticketing.Conditions{Always: j.When.Always, Keywords: j.When.Keywords, Accounts: j.When.Accounts, Senders: j.When.Senders}
	for _, c := range j.When.Channels {
		r.When.Channels = append(r.When.Channels, ticketing.Channel(c))
	}
	for _, t := range j.When.Languages {
		r.When.Languages = append(r.When.Languages, lang.Tag(t))
	}
	for _, code := range j.When.Categories {
		k, ok := s.dir.CategoryByCode(code)
		if !ok {
			return r, "categories", "rule.category"
		}
		r.When.Categories = append(r.When.Categories, k.ID)
	}
	for _, code := range j.When.Districts {
		d, ok := s.dir.DistrictByCode(code)
		if !ok {
			return r, "districts", "rule.district"
		}
		r.When.Districts = append(r.When.Districts, d.ID)
	}
	r.Then = ticketing.Course{Follow: j.Then.Follow, Tags: j.Then.Tags}
	if j.Then.Category != "" {
		k, ok := s.dir.CategoryByCode(j.Then.Category)
		if !ok {
			return r, "category", "rule.category"
		}
		r.Then.Category = k.ID
	}
	if j.Then.Department != "" {
		d, ok := s.dir.DepartmentByCode(j.Then.Department)
		if !ok {
			return r, "department", "rule.department"
		}
		r.Then.Department = d.ID
	}
	if j.Then.Person != "" {
		g, ok := s.agent(j.Then.Person)
		if !ok {
			return r, "person", "rule.person"
		}
		r.Then.Person = g.ID
	}
	if p, ok := ticketing.ParsePriority(j.Then.Priority); ok {
		r.Then.Priority = &p
	}
	return r, "", ""
}

func (a *API) router() *ticketing.Router { return &ticketing.Router{Bureau: a.Bureau, Reads: a.Reads} }

func (a *API) getRouting(ctx context.Context, _ *caller, _ *struct{}) (*routingOutput, error) {
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, err
	}
	return s.routing(s.rulesInForce()), nil
}

type routingInput struct{ Body routingJSON }

func (a *API) putRouting(ctx context.Context, c *caller, in *routingInput) (*routingOutput, error) {
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, err
	}
	rules, err := s.rules(&in.Body)
	if err != nil {
		return nil, err
	}
	if err := a.router().SaveRules(ctx, c.actor, &rules); err != nil {
		return nil, err
	}
	return s.routing(rules), nil
}

type tryInput struct {
	Tickets int  `query:"tickets" default:"500" minimum:"1" maximum:"5000" doc:"how many of the newest"`
	All     bool `query:"all" doc:"take rules that are off as if they were on"`
}

type dryRunJSON struct {
	Tickets int              `json:"tickets" doc:"looked at"`
	Fitted  int              `json:"fitted" doc:"some rule fitted"`
	Changes int              `json:"changes" doc:"would have gone elsewhere than where they are now"`
	Direct  int              `json:"direct" doc:"would have gone at once to where they are now"`
	Before  int              `json:"before" doc:"the same without these rules"`
	Rules   []firedJSON      `json:"rules" nullable:"false"`
	Shown   []ruleChangeJSON `json:"shown" nullable:"false" doc:"the newest of the changes, at most 200"`
}

type firedJSON struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Fitted int    `json:"fitted"`
}

type ruleChangeJSON struct {
	Ref   string  `json:"ref"`
	From  string  `json:"from" doc:"code of the department that has it now"`
	To    string  `json:"to" doc:"code of where it would have gone"`
	Rules []int64 `json:"rules" nullable:"false"`
}

type dryRunOutput struct{ Body dryRunJSON }

func (a *API) tryRouting(ctx context.Context, c *caller, in *tryInput) (*dryRunOutput, error) {
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, err
	}
	d, err := a.router().DryRun(ctx, c.actor, s.rulesInForce(), in.Tickets, in.All)
	if err != nil {
		return nil, err
	}
	out := dryRunJSON{Tickets: d.Tickets, Fitted: d.Routed, Changes: d.Changes, Direct: d.Direct, Before: d.Before, Rules: []firedJSON{}, Shown: []ruleChangeJSON{}}
	for _, r := range d.Rules.Rules {
		out.Rules = append(out.Rules, firedJSON{r.ID, r.Name, d.Fired[r.ID]})
	}
	for _, x := range d.Shown {
		out.Shown = append(out.Shown, ruleChangeJSON{string(x.Ref), s.department(x.From).Code, s.department(x.To).Code, x.Rules})
	}
	return &dryRunOutput{out}, nil
}

type districtJSON struct {
	Code     string            `json:"code"`
	Name     string            `json:"name" doc:"in the language of Accept-Language, English without"`
	Names    map[string]string `json:"names"`
	Polygons int               `json:"polygons" doc:"how many outlines it has"`
	Streets  int               `json:"streets" doc:"how many entries of the list of streets"`
	Retired  bool              `json:"retired" doc:"no longer found; old tickets still bear it"`
}

type districtsOutput struct {
	Body struct {
		Version int64          `json:"version"`
		Items   []districtJSON `json:"items" nullable:"false"`
	}
}

func (s *scribe) districtSet(set ticketing.DistrictSet) *districtsOutput {
	out := &districtsOutput{}
	out.Body.Version, out.Body.Items = set.Version, []districtJSON{}
	for _, d := range set.Districts {
		out.Body.Items = append(out.Body.Items, districtJSON{d.Code, d.Name(s.tag), texts(d.Names), len(d.Polygons), len(d.Streets), d.Retired})
	}
	return out
}

func (a *API) districts(ctx context.Context, _ *caller, _ *struct{}) (*districtsOutput, error) {
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, err
	}
	if s.dir.Routes == nil {
		return s.districtSet(ticketing.DistrictSet{}), nil
	}
	return s.districtSet(s.dir.Routes.Districts), nil
}

type districtInput struct {
	Part    string `path:"part" enum:"outlines,streets"`
	Version int64  `query:"version" required:"true" minimum:"0" doc:"the version that was read"`
	Replace bool   `query:"replace" doc:"outlines: districts that are not in the file are retired"`
	Add     bool   `query:"add" doc:"streets: districts that only the list knows are made"`
	body    io.Reader
}

// Resolve implements [huma.Resolver].
func (in *districtInput) Resolve(c huma.Context) []error {
	in.body = c.BodyReader()
	return nil
}

func (a *API) importDistricts(ctx context.Context, c *caller, in *districtInput) (*districtsOutput, error) {
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, err
	}
	file, err := io.ReadAll(io.LimitReader(in.body, district.MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read a file of districts: %w", err)
	}
	var set ticketing.DistrictSet
	var problems []district.Problem
	if in.Part == "outlines" {
		set, problems, err = a.router().ImportOutlines(ctx, c.actor, in.Version, file, in.Replace)
	} else {
		set, problems, err = a.router().ImportStreets(ctx, c.actor, in.Version, file, in.Add)
	}
	if err != nil {
		return nil, err
	}
	var all []error
	for _, p := range problems {
		all = append(all, &ticketing.Error{
			Kind: ticketing.Invalid, Field: placeOf(p), Key: p.Key,
			Args: map[string]any{"Lon": fmt.Sprintf("%.5f", p.At[0]), "Lat": fmt.Sprintf("%.5f", p.At[1])},
		})
	}
	if len(all) > 0 {
		return nil, errors.Join(all...)
	}
	return s.districtSet(set), nil
}

// placeOf names where in a file something is wrong: "line.3", "feature.2".
func placeOf(p district.Problem) string {
	switch {
	case p.Line > 0:
		return fmt.Sprintf("line.%d", p.Line)
	case p.Feature > 0:
		return fmt.Sprintf("feature.%d", p.Feature)
	}
	return "file"
}
