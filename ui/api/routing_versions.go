package api

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
)

type versionsInput struct {
	Limit  int   `query:"limit" default:"50" minimum:"1" maximum:"200"`
	Cursor int64 `query:"cursor" minimum:"0" doc:"next_cursor of the page before"`
}

type versionJSON struct {
	Version int64     `json:"version"`
	At      time.Time `json:"at"`
	By      string    `json:"by"`
}

func (a *API) routingVersions(ctx context.Context, _ *caller, in *versionsInput) (*pageOutput[versionJSON], error) {
	list, err := a.Reads.RoutingVersions(ctx, ticketing.RoutingOfRules, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	var items []versionJSON
	next := ""
	for _, v := range list {
		items = append(items, versionJSON{v.Version, v.At, v.By})
		if len(items) == in.Limit && v.Version > 1 {
			next = strconv.FormatInt(v.Version, 10)
		}
	}
	return page(items, next), nil
}

// VersionInput names one version of the routing rules.
type VersionInput struct {
	Version int64 `path:"version" minimum:"1"`
}

// A routingAtJSON is what rules were, and what differs now.
type routingAtJSON struct {
	Version     int64            `json:"version"`
	All         bool             `json:"all" doc:"all rules that fit decide, the upper one first; else the first that fits"`
	Rules       []ruleJSON       `json:"rules" nullable:"false"`
	Differences []differenceJSON `json:"differences" nullable:"false" doc:"to the rules in force: all, order (of those in both), and rules by their number"`
}

type routingAtOutput struct{ Body routingAtJSON }

func (a *API) routingVersion(ctx context.Context, c *caller, in *VersionInput) (*routingAtOutput, error) {
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, err
	}
	rules, _, err := a.router().RulesAt(ctx, c.actor, in.Version)
	if err != nil {
		return nil, err
	}
	then, now := s.routing(rules).Body, s.routing(s.rulesInForce()).Body
	differences, err := differencesOf(then.byNumber(now), now.byNumber(then))
	return &routingAtOutput{routingAtJSON{then.Version, then.All, then.Rules, differences}}, err
}

// byNumber gives the rules by number, and the order of those that the other has too.
func (r *routingJSON) byNumber(other routingJSON) map[string]any {
	order := []int64{}
	out := map[string]any{"all": r.All}
	for _, x := range r.Rules {
		out["rules."+strconv.FormatInt(x.ID, 10)] = x
		if slices.ContainsFunc(other.Rules, func(o ruleJSON) bool { return o.ID == x.ID }) {
			order = append(order, x.ID)
		}
	}
	out["order"] = order
	return out
}

type restoreRoutingInput struct {
	VersionInput
	OnceInput
	IfMatch string `header:"If-Match" maxLength:"400" doc:"the version in force, in quotes"`
}

func (a *API) restoreRouting(ctx context.Context, c *caller, in *restoreRoutingInput) (*routingOutput, error) {
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, err
	}
	key, err := in.key(c, nil)
	if err != nil {
		return nil, err
	}
	did, err := a.act(ctx, key, nil, func(b *ticketing.Bureau) (done, error) {
		seen := s.rulesInForce().Version
		if header := strings.TrimSpace(in.IfMatch); header != "" && header != "*" && !slices.Contains(versionsIn(header), seen) {
			return done{}, &ticketing.Error{Kind: ticketing.Stale, Key: "rule.changed"}
		}
		router := ticketing.Router{Bureau: b, Reads: a.Reads}
		rules, err := router.RestoreRules(ctx, c.actor, in.Version, seen)
		return done{message: ticketing.MessageID(rules.Version)}, err
	})
	if err != nil {
		return nil, err
	}
	rules, _, err := a.router().RulesAt(ctx, c.actor, int64(did.message))
	if err != nil {
		return nil, err
	}
	out := s.routing(rules)
	out.Replayed = replayed(did)
	return out, nil
}
