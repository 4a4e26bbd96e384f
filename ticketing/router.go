package ticketing

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// RoutingKind tells rules and districts apart where they are kept alike.
type RoutingKind string

// The kinds.
const (
	RoutingOfRules     RoutingKind = "rules"
	RoutingOfDistricts RoutingKind = "districts"
)

// A RoutingVersion is one state of the rules or districts, as kept for ever.
type RoutingVersion struct {
	Kind    RoutingKind
	Version int64
	At      time.Time
	By      string // actor
	Body    string // JSON; "" in lists
}

// A PastTicket is a ticket as rules are tried on it.
type PastTicket struct {
	ID         TicketID
	Ref        Reference
	Department DepartmentID // that has it now
	ByHand     bool         // somebody typed it in and chose the category
	Case       RoutingCase
}

// RoutingReads is what the pages of routing read. The caller has checked RightManage.
type RoutingReads interface {
	// RoutingVersions lists versions below before (0: from the newest), newest first, without bodies.
	RoutingVersions(ctx context.Context, kind RoutingKind, before int64, limit int) ([]RoutingVersion, error)
	// RoutingVersion gives one version; NotFound when there is none.
	RoutingVersion(ctx context.Context, kind RoutingKind, version int64) (RoutingVersion, error)
	// PastTickets gives tickets below before (0: from the newest), newest first,
	// without spam, each with what it began with.
	PastTickets(ctx context.Context, before TicketID, limit int) ([]PastTicket, error)
}

// Router is what admins do with rules and districts.
type Router struct {
	*Bureau
	Reads RoutingReads
}

// SaveRules makes the rules the newest version. s.Version is the one that was
// changed: Stale when it is no longer the newest. Invalid names rule and field,
// as in "rules.3.department". It may wait a second until every process knows.
func (r *Router) SaveRules(ctx context.Context, by Actor, s *RoutingRules) error {
	if err := by.need(RightManage); err != nil {
		return err
	}
	dir, err := r.Store.Directory(ctx)
	if err != nil {
		return err
	}
	next := s.clone()
	if err := next.check(dir); err != nil {
		return err
	}
	next.Version++
	if err := r.save(ctx, by, RoutingOfRules, next.Version, next, map[string]any{"rules": len(next.Rules)}); err != nil {
		return err
	}
	*s = next
	return nil
}

// SaveDistricts makes the districts the newest version; see SaveRules. Tickets
// keep the district they have.
func (r *Router) SaveDistricts(ctx context.Context, by Actor, s *DistrictSet) error {
	if err := by.need(RightManage); err != nil {
		return err
	}
	next := *s
	next.Version++
	if err := r.save(ctx, by, RoutingOfDistricts, next.Version, next, map[string]any{"districts": len(next.Districts)}); err != nil {
		return err
	}
	*s = next
	return nil
}

func (r *Router) save(ctx context.Context, by Actor, kind RoutingKind, version int64, x any, data map[string]any) error {
	body, err := json.Marshal(x)
	if err != nil {
		return fmt.Errorf("write routing: %w", err)
	}
	now := r.now()
	data["version"] = version
	err = r.Store.InTx(ctx, func(tx Tx) error {
		if err := tx.SaveRouting(ctx, &RoutingVersion{Kind: kind, Version: version, At: now, By: by.ID(), Body: string(body)}); err != nil {
			return err
		}
		tx.Notify(Signal{Type: "directory"})
		return tx.AppendEvent(ctx, &Event{At: now, Actor: by.ID(), Kind: EventAdmin, Data: data})
	})
	if KindOf(err) == Stale {
		return &Error{Kind: Stale, Key: "routing.changed"}
	}
	return err
}

// RulesAt gives the rules as they were in a version.
func (r *Router) RulesAt(ctx context.Context, by Actor, version int64) (RoutingRules, RoutingVersion, error) {
	var s RoutingRules
	if err := by.need(RightManage); err != nil {
		return s, RoutingVersion{}, err
	}
	v, err := r.Reads.RoutingVersion(ctx, RoutingOfRules, version)
	if err != nil {
		return s, v, err
	}
	if err := json.Unmarshal([]byte(v.Body), &s); err != nil {
		return s, v, fmt.Errorf("stored routing %d: %w", version, err)
	}
	return s, v, nil
}

// RestoreRules puts the rules of a version into force again, as a new version
// through the checks of SaveRules; seen is the one in force.
func (r *Router) RestoreRules(ctx context.Context, by Actor, version, seen int64) (RoutingRules, error) {
	s, _, err := r.RulesAt(ctx, by, version)
	if err != nil {
		return s, err
	}
	s.Version = seen
	return s, r.SaveRules(ctx, by, &s)
}

// Bounds on a dry run.
const (
	MaxDryRun  = 5000 // tickets
	dryRunPage = 200
	maxShown   = 200 // tickets listed
)

// A DryRun is what rules would have done to past tickets.
type DryRun struct {
	Rules   RoutingRules       // that were asked, new ones with their number
	Tickets int                // looked at
	Routed  int                // some rule fitted
	Fired   map[int64]int      // by rule
	Changes int                // would have gone elsewhere than where they are
	Direct  int                // would have gone at once where they are
	Before  int                // went at once where they are, without these rules: from the bureau or by hand
	Shown   []DryChange        // of the changes, newest first, bounded
	Found   map[DistrictID]int // by district
}

// A DryChange is a ticket that would have gone elsewhere.
type DryChange struct {
	Ref     Reference
	Subject string
	From    DepartmentID // that has it now
	To      DepartmentID
	Rules   []int64
}

// DryRun tries rules out on the newest n tickets; nothing is written. Rules
// that are off count as on when all is set. Invalid rules are refused as by SaveRules.
func (r *Router) DryRun(ctx context.Context, by Actor, s RoutingRules, n int, all bool) (DryRun, error) {
	out := DryRun{Fired: map[int64]int{}, Found: map[DistrictID]int{}}
	if err := by.need(RightManage); err != nil {
		return out, err
	}
	if n < 1 || n > MaxDryRun {
		return out, invalid("tickets", "rule.dry_run_bound")
	}
	dir, err := r.Store.Directory(ctx)
	if err != nil {
		return out, err
	}
	s = s.clone()
	if err := s.check(dir); err != nil {
		return out, err
	}
	for i := range s.Rules {
		s.Rules[i].Off = s.Rules[i].Off && !all
	}
	out.Rules = s
	var districts DistrictSet
	if dir.Routes != nil {
		districts = dir.Routes.Districts
	}
	routes := NewRoutes(s, districts)
	for before := TicketID(0); out.Tickets < n; {
		page, err := r.Reads.PastTickets(ctx, before, min(dryRunPage, n-out.Tickets))
		if err != nil || len(page) == 0 {
			return out, err
		}
		for i := range page {
			out.judge(dir, routes, &page[i])
			before = page[i].ID
		}
	}
	return out, nil
}

func (o *DryRun) judge(dir *Directory, routes *Routes, p *PastTicket) {
	c := p.Case
	start := DepartmentID(0)
	if b, ok := dir.Bureau(); ok {
		start = b.ID
	}
	if !p.ByHand {
		if k, ok := dir.DefaultCategory(); ok {
			c.Category = k.ID
		}
	} else if k, ok := dir.Category(c.Category); ok {
		start, c.CategoryFixed = k.Department, true
	}
	d := routes.Decide(dir, c)
	to := start
	if d.Department != 0 {
		to = d.Department
	}
	o.Tickets++
	if d.District != 0 {
		o.Found[d.District]++
	}
	if to == p.Department {
		o.Direct++
	}
	if start == p.Department {
		o.Before++
	}
	var rules []int64
	for _, f := range d.Firings {
		o.Fired[f.Rule]++
		rules = append(rules, f.Rule)
	}
	if len(rules) == 0 {
		return
	}
	o.Routed++
	if to == p.Department {
		return
	}
	if o.Changes++; len(o.Shown) < maxShown {
		o.Shown = append(o.Shown, DryChange{p.Ref, c.Subject, p.Department, to, rules})
	}
}

// Moved gives the rules with the one of the number a place up (by -1) or down.
func (s *RoutingRules) Moved(id int64, by int) RoutingRules {
	out := s.clone()
	i := slices.IndexFunc(out.Rules, func(r RoutingRule) bool { return r.ID == id })
	if k := i + by; i >= 0 && k >= 0 && k < len(out.Rules) {
		out.Rules[i], out.Rules[k] = out.Rules[k], out.Rules[i]
	}
	return out
}

// With gives the rules with one put in its place, or at the end when it is new.
func (s *RoutingRules) With(r RoutingRule) RoutingRules {
	out := s.clone()
	if i := slices.IndexFunc(out.Rules, func(x RoutingRule) bool { return r.ID != 0 && x.ID == r.ID }); i >= 0 {
		out.Rules[i] = r
		return out
	}
	out.Rules = append(out.Rules, r)
	return out
}

// Switched gives the rules with one switched on or off.
func (s *RoutingRules) Switched(id int64, off bool) RoutingRules {
	out := s.clone()
	for i := range out.Rules {
		if out.Rules[i].ID == id {
			out.Rules[i].Off = off
		}
	}
	return out
}

// Shadowed reports whether the rule of the number is never asked, because one
// above it takes every ticket.
func (s *RoutingRules) Shadowed(id int64) bool {
	for i := range s.Rules {
		r := &s.Rules[i]
		if r.ID == id {
			return false
		}
		if !r.Off && r.When.Always && (r.Flow == FlowStop || (r.Flow == FlowAsSet && !s.All)) {
			return true
		}
	}
	return false
}

// Without gives the rules without one.
func (s *RoutingRules) Without(id int64) RoutingRules {
	out := s.clone()
	out.Rules = slices.DeleteFunc(out.Rules, func(r RoutingRule) bool { return r.ID == id })
	return out
}
