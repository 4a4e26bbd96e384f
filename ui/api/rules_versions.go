package api

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// registerVersions adds what can be done with the versions of each kind of rule.
func (a *API) registerVersions() {
	versions(a, ticketing.RulePolicy, "policy", "/policies", func(s *scribe, name string, version int) (policyJSON, bool) {
		p, ok := s.dir.Rules.Policy(name, version)
		return s.policy(p), ok
	})
	versions(a, ticketing.RuleLadder, "ladder", "/ladders", func(s *scribe, name string, version int) (ladderJSON, bool) {
		l, ok := s.dir.Rules.Ladder(name, version)
		return s.ladder(l, true), ok
	})
	versions(a, ticketing.RuleProfile, "profile", "/profiles", func(s *scribe, name string, version int) (profileJSON, bool) {
		p, ok := s.dir.Rules.Profile(name, version)
		return s.profile(p), ok
	})
	versions(a, ticketing.RuleCalendar, "calendar", "/calendars", func(s *scribe, name string, version int) (calendarJSON, bool) {
		k, ok := s.dir.Rules.Calendar(name, version)
		if !ok {
			return calendarJSON{}, false
		}
		return s.calendar(k.Spec()), true
	})
}

type ruleVersionJSON struct {
	Version int        `json:"version"`
	At      *time.Time `json:"at"`
	By      string     `json:"by"`
}

// A differenceJSON is one field in which a version of old differs from the one in force.
type differenceJSON struct {
	Field string `json:"field"`
	Then  any    `json:"then" doc:"null: it had none"`
	Now   any    `json:"now" doc:"null: it has none"`
}

type oldRuleJSON[J any] struct {
	Version     int              `json:"version"`
	At          *time.Time       `json:"at"`
	By          string           `json:"by"`
	Rule        J                `json:"rule" doc:"as it was"`
	Differences []differenceJSON `json:"differences" nullable:"false" doc:"to the version in force, by field"`
}

type versionsOfInput struct {
	Name string `path:"name" maxLength:"40"`
}

type versionOfInput struct {
	Name    string `path:"name" maxLength:"40"`
	Version int    `path:"version" minimum:"1"`
}

type restoreInput struct {
	RuleInput
	OnceInput
	Version int `path:"version" minimum:"1"`
}

type oldRuleOutput[J any] struct{ Body oldRuleJSON[J] }

func versions[J any](a *API, kind ticketing.RuleKind, noun, path string, write func(s *scribe, name string, version int) (J, bool)) {
	const manage = ticketing.RightManage
	register(a, route{
		id: "list-" + noun + "-versions", method: http.MethodGet, path: path + "/{name}/versions", right: manage, summary: "Versions of a rule, newest first",
	}, func(ctx context.Context, _ *caller, in *versionsOfInput) (*pageOutput[ruleVersionJSON], error) {
		s, err := a.scribe(ctx)
		if err != nil {
			return nil, err
		}
		var items []ruleVersionJSON
		for _, r := range s.dir.Rules.History(kind, in.Name) {
			items = append(items, ruleVersionJSON{r.Version, instant(r.At), r.By})
		}
		if len(items) == 0 {
			return nil, ticketing.NotFound
		}
		return page(items, ""), nil
	})
	register(a, route{
		id: "get-" + noun + "-version", method: http.MethodGet, path: path + "/{name}/versions/{version}", right: manage,
		summary: "A rule as it was, and what differs now",
	}, func(ctx context.Context, _ *caller, in *versionOfInput) (*oldRuleOutput[J], error) {
		s, err := a.scribe(ctx)
		if err != nil {
			return nil, err
		}
		history := s.dir.Rules.History(kind, in.Name)
		i := slices.IndexFunc(history, func(r ticketing.Rule) bool { return r.Version == in.Version })
		then, ok := write(s, in.Name, in.Version)
		if i < 0 || !ok {
			return nil, ticketing.NotFound
		}
		now, _ := write(s, in.Name, 0)
		differences, err := differencesOf(then, now)
		return &oldRuleOutput[J]{oldRuleJSON[J]{in.Version, instant(history[i].At), history[i].By, then, differences}}, err
	})
	register(a, route{
		id: "restore-" + noun, method: http.MethodPost, path: path + "/{name}/versions/{version}/restoration", right: manage, summary: "Bring a version of a rule back",
		text: "It is saved as a new version, through the same checks; If-Match names the one in force, without it that is whichever it is.",
	}, func(ctx context.Context, c *caller, in *restoreInput) (*ruleOutput[J], error) {
		s, err := a.scribe(ctx)
		if err != nil {
			return nil, err
		}
		if in.IfMatch == "" {
			in.IfMatch = "*"
		}
		key, err := in.key(c, nil)
		if err != nil {
			return nil, err
		}
		did, err := a.act(ctx, key, nil, func(b *ticketing.Bureau) (done, error) {
			seen, err := in.seen(s, kind, 0)
			if err != nil {
				return done{}, err
			}
			registry := ticketing.Registry{Bureau: b}
			return done{message: ticketing.MessageID(seen + 1)}, registry.RestoreRule(ctx, c.actor, kind, in.Name, in.Version, seen)
		})
		if err != nil {
			return nil, asSent(err)
		}
		if s.dir, err = a.Bureau.Store.Directory(ctx); err != nil {
			return nil, err
		}
		made := int(did.message)
		body, _ := write(s, in.Name, made)
		return &ruleOutput[J]{replayed(did), etag(int64(made)), body}, nil
	})
}

// unlike are fields in which versions differ always, or that are not of them.
var unlike = []string{"name", "version", "default"}

// differencesOf compares two of a kind as they are sent, field by field.
func differencesOf(then, now any) ([]differenceJSON, error) {
	was, err := fieldsOf(then)
	if err != nil {
		return nil, err
	}
	is, err := fieldsOf(now)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(was)
	maps.Copy(all, is)
	out := []differenceJSON{}
	for _, field := range slices.Sorted(maps.Keys(all)) {
		if !slices.Contains(unlike, field) && !reflect.DeepEqual(was[field], is[field]) {
			out = append(out, differenceJSON{field, was[field], is[field]})
		}
	}
	return out, nil
}

func fieldsOf(v any) (fields map[string]any, err error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return fields, json.Unmarshal(b, &fields)
}
