package ticketing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing/calendar"
)

// RuleKind is what a stored rule is.
type RuleKind string

// The kinds. There is one default, of the name "".
const (
	RuleProfile  RuleKind = "profile"
	RuleCalendar RuleKind = "calendar"
	RulePolicy   RuleKind = "policy"
	RuleLadder   RuleKind = "ladder"
	RuleDefault  RuleKind = "default" // which profile is the city's
)

// A Rule is one version of one rule, as stores keep it: never changed, never
// removed, so that every clock can be counted again as it was.
type Rule struct {
	Kind    RuleKind
	Name    string
	Version int    // 1, 2, 3 …
	Body    string // JSON; of RuleDefault the bare name
	By      string // actor ID
	At      time.Time
}

// Edited reports whether somebody made the version in the program: from then on
// the configuration does not change the rule any more.
func (r *Rule) Edited() bool { return r.By != RuleConfig }

// RuleConfig is the actor of rules that come from the configuration.
var RuleConfig = SystemActor("config").ID()

// Rules are all versions of everything that promises are made from.
type Rules []Rule

// Newest gives the newest version of a rule.
func (r Rules) Newest(kind RuleKind, name string) (newest Rule, ok bool) {
	for i := range r {
		if x := &r[i]; x.Kind == kind && x.Name == name && (!ok || x.Version > newest.Version) {
			newest, ok = *x, true
		}
	}
	return newest, ok
}

// Book makes the rulebook; nil when nothing was entered yet. A zone of nil is that
// of the first calendar. Errors are Invalid and name the field.
func (r Rules) Book(zone *time.Location) (*Rulebook, error) {
	byDefault, ok := r.Newest(RuleDefault, "")
	if !ok {
		return nil, nil //nolint:nilnil // an empty installation has no rules
	}
	profiles, err := bodies[Profile](r, RuleProfile)
	if err != nil {
		return nil, err
	}
	specs, err := bodies[calendar.Spec](r, RuleCalendar)
	if err != nil {
		return nil, err
	}
	policies, err := bodies[Policy](r, RulePolicy)
	if err != nil {
		return nil, err
	}
	var made []*calendar.Calendar
	for _, spec := range specs {
		c, err := calendar.New(spec)
		if err != nil {
			return nil, calendarFaults(spec.Name, err)
		}
		made = append(made, c)
	}
	if zone == nil {
		zone = time.UTC
		if len(made) > 0 {
			zone = made[0].Zone()
		}
	}
	b, err := NewRulebook(zone, profiles, made, byDefault.Body)
	if err != nil {
		return nil, err
	}
	ladders, err := bodies[Ladder](r, RuleLadder)
	if err != nil {
		return nil, err
	}
	if err := b.addLadders(ladders); err != nil {
		return nil, err
	}
	b.stored = slices.Clone(r)
	return b, b.addPolicies(policies)
}

// calendarFaults says of every fault of a calendar which field it is of, and
// gives the words of package calendar as the detail.
func calendarFaults(name string, err error) error {
	var errs []error
	for _, e := range leaves(err) {
		var fault *calendar.Error
		if !errors.As(e, &fault) {
			return err
		}
		errs = append(errs, &Error{
			Kind: Invalid, Field: "calendars." + name + "." + fault.Field, Key: "calendar." + string(fault.Code), Args: map[string]any{"Detail": fault.Reason},
		})
	}
	return errors.Join(errs...)
}

// leaves takes joined errors apart.
func leaves(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error }) //nolint:errorlint // the joined ones themselves are asked for
	if !ok {
		return []error{err}
	}
	var out []error
	for _, e := range joined.Unwrap() {
		out = append(out, leaves(e)...)
	}
	return out
}

func bodies[T any](r Rules, kind RuleKind) ([]T, error) {
	var out []T
	for i := range r {
		if r[i].Kind != kind {
			continue
		}
		var x T
		if err := json.Unmarshal([]byte(r[i].Body), &x); err != nil {
			return nil, fmt.Errorf("stored rule %s %s: %w", kind, r[i].Name, err)
		}
		out = append(out, x)
	}
	return out, nil
}

// EnterRules enters the promises of a configuration: a new version of what
// differs from the newest stored one, but nothing of what was edited in the
// program. The first time it brings the ladder of the city. What cannot be kept is Invalid.
func EnterRules(ctx context.Context, tx Tx, profiles []Profile, calendars []calendar.Spec, byDefault string, at time.Time) error {
	stored, err := tx.Rules(ctx)
	if err != nil {
		return err
	}
	added, err := stored.fromConfig(profiles, calendars, byDefault, at)
	if err != nil || len(added) == 0 {
		return err
	}
	if _, err := append(slices.Clone(stored), added...).Book(nil); err != nil {
		return err
	}
	return tx.AddRules(ctx, added)
}

func (r Rules) fromConfig(profiles []Profile, calendars []calendar.Spec, byDefault string, at time.Time) (Rules, error) {
	var drafts []RuleDraft
	for _, c := range calendars {
		drafts = append(drafts, DraftCalendar(c))
	}
	for _, p := range profiles {
		drafts = append(drafts, DraftProfile(p))
	}
	if _, ok := r.Newest(RuleLadder, CityLadder); !ok {
		drafts = append(drafts, DraftLadder(DefaultLadder()))
	}
	var added Rules
	for _, d := range append(drafts, DraftDefault(byDefault)) {
		newest, ok := r.Newest(d.Kind, d.Name)
		if ok && newest.Edited() {
			continue
		}
		same, err := d.body(newest.Version)
		if err != nil {
			return nil, err
		}
		if ok && same == newest.Body {
			continue
		}
		x, err := d.rule(newest.Version+1, RuleConfig, at)
		if err != nil {
			return nil, err
		}
		added = append(added, x)
	}
	return added, nil
}

// A RuleDraft is a rule that is to get a new version.
type RuleDraft struct {
	Kind RuleKind
	Name string
	body func(version int) (string, error)
}

// DraftProfile is a new version of the profile, DraftCalendar of the calendar and
// so on; their Version is not looked at.
func DraftProfile(p Profile) RuleDraft {
	return RuleDraft{RuleProfile, p.Name, func(v int) (string, error) { p.Version = v; return bodyOf(p) }}
}

// DraftCalendar see [DraftProfile].
func DraftCalendar(c calendar.Spec) RuleDraft {
	return RuleDraft{RuleCalendar, c.Name, func(v int) (string, error) { c.Version = v; return bodyOf(c) }}
}

// DraftPolicy see [DraftProfile].
func DraftPolicy(p Policy) RuleDraft {
	return RuleDraft{RulePolicy, p.Name, func(v int) (string, error) { p.Version = v; return bodyOf(p) }}
}

// DraftLadder see [DraftProfile].
func DraftLadder(l Ladder) RuleDraft {
	return RuleDraft{RuleLadder, l.Name, func(v int) (string, error) { l.Version = v; return bodyOf(l) }}
}

// DraftDefault makes the profile the city's.
func DraftDefault(profile string) RuleDraft {
	return RuleDraft{RuleDefault, "", func(int) (string, error) { return profile, nil }}
}

// draft makes a draft of what the version says.
func (r *Rule) draft() (RuleDraft, error) {
	switch r.Kind {
	case RuleProfile:
		return drafted(r, DraftProfile)
	case RuleCalendar:
		return drafted(r, DraftCalendar)
	case RulePolicy:
		return drafted(r, DraftPolicy)
	case RuleLadder:
		return drafted(r, DraftLadder)
	default: // orders are no rules that anybody writes
		return RuleDraft{}, &Error{Kind: NotFound, Field: "version", Key: "rule.version"}
	}
}

func drafted[T any](r *Rule, draft func(T) RuleDraft) (RuleDraft, error) {
	list, err := bodies[T](Rules{*r}, r.Kind)
	if err != nil {
		return RuleDraft{}, err
	}
	return draft(list[0]), nil
}

func (d RuleDraft) rule(version int, by string, at time.Time) (Rule, error) {
	body, err := d.body(version)
	return Rule{Kind: d.Kind, Name: d.Name, Version: version, Body: body, By: by, At: at}, err
}

func bodyOf(x any) (string, error) {
	body, err := json.Marshal(x)
	return strings.ReplaceAll(string(body), `\u0000`, ""), err
}

// with gives the rules with the draft as the version after the one that was
// seen, and the rulebook of it all. Errors: Stale when there is a newer one,
// Conflict for a new rule whose name is taken, Invalid by field of the draft.
func (r Rules) with(d RuleDraft, seen int, by string, at time.Time, zone *time.Location) (Rule, *Rulebook, error) {
	newest, ok := r.Newest(d.Kind, d.Name)
	switch {
	case ok && seen == 0:
		return Rule{}, nil, &Error{Kind: Conflict, Field: "name", Key: "rule.taken"}
	case seen != newest.Version:
		return Rule{}, nil, &Error{Kind: Stale, Key: "rule.changed"}
	}
	x, err := d.rule(seen+1, by, at)
	if err != nil {
		return x, nil, err
	}
	book, err := append(slices.Clone(r), x).Book(zone)
	return x, book, ownFields(d, err)
}

// ownFields names fields as the editor of the draft knows them. What the draft
// breaks elsewhere names where.
func ownFields(d RuleDraft, err error) error {
	if err == nil {
		return nil
	}
	own := map[RuleKind]string{RuleProfile: "profiles.", RuleCalendar: "calendars.", RulePolicy: "policies.", RuleLadder: "ladders."}[d.Kind] + d.Name + "."
	var errs []error
	for _, e := range leaves(err) {
		var x *Error
		if !errors.As(e, &x) {
			return err
		}
		y := *x
		if field, ok := strings.CutPrefix(x.Field, own); ok {
			y.Field = field
		} else if kind, rest, ok := strings.Cut(x.Field, "."); ok {
			name, _, _ := strings.Cut(rest, ".")
			y.Field, y.Key, y.Args = "", "rule.breaks_"+kind, map[string]any{"Name": name}
		}
		errs = append(errs, &y)
	}
	return errors.Join(errs...)
}

// History gives every version of a rule, newest first.
func (b *Rulebook) History(kind RuleKind, name string) []Rule {
	var out []Rule
	for _, r := range b.stored {
		if r.Kind == kind && r.Name == name {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(x, y Rule) int { return y.Version - x.Version })
	return out
}
