package api

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/calendar"
)

// A RuleInput says which rule is written, and upon which version.
type RuleInput struct {
	Name    string `path:"name" maxLength:"40"`
	IfMatch string `header:"If-Match" maxLength:"400" doc:"ETag of the rule as it was read: its version in quotes"`
}

// seen gives the version a change is made to, 0 for a rule that is not there yet.
func (in *RuleInput) seen(s *scribe, kind ticketing.RuleKind, body int) (int, error) {
	header := strings.TrimSpace(in.IfMatch)
	if header == "" {
		return body, nil
	}
	newest := 0
	if h := s.dir.Rules.History(kind, in.Name); len(h) > 0 {
		newest = h[0].Version
	}
	versions := versionsIn(header)
	switch {
	case newest > 0 && (header == "*" || slices.Contains(versions, int64(newest))):
		return newest, nil
	case len(versions) > 0 && versions[0] < 1<<31:
		return int(versions[0]), nil
	}
	return 0, &ticketing.Error{Kind: ticketing.Stale, Key: "rule.changed"}
}

// A ruleOutput answers with the version that was made.
type ruleOutput[J any] struct {
	Replayed string `header:"Idempotent-Replayed" doc:"true: an earlier request with the same key did it"`
	ETag     string `header:"ETag" doc:"to be sent as If-Match with a change"`
	Body     J
}

// A drafter is a rule as a program writes it.
type drafter interface {
	draft(s *scribe, name string, bad *faults) ticketing.RuleDraft
}

// putRule saves a rule through the use case of the page, and gives a scribe who
// knows it and its version.
func (a *API) putRule(ctx context.Context, c *caller, in *RuleInput, kind ticketing.RuleKind, name string, version int, body drafter) (*scribe, int, error) {
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, 0, err
	}
	var bad faults
	bad.unless(name == "" || name == in.Name, "name", "api.path_name")
	d := body.draft(s, in.Name, &bad)
	if err := bad.err(); err != nil {
		return nil, 0, err
	}
	seen, err := in.seen(s, kind, version)
	if err != nil {
		return nil, 0, err
	}
	registry := ticketing.Registry{Bureau: a.Bureau}
	if err := registry.SaveRule(ctx, c.actor, d, seen); err != nil {
		return nil, 0, asSent(err)
	}
	s.dir, err = a.Bureau.Store.Directory(ctx)
	return s, seen + 1, err
}

type policyInput struct {
	RuleInput
	Body policyJSON
}

func (a *API) putPolicy(ctx context.Context, c *caller, in *policyInput) (*ruleOutput[policyJSON], error) {
	s, version, err := a.putRule(ctx, c, &in.RuleInput, ticketing.RulePolicy, in.Body.Name, in.Body.Version, &in.Body)
	if err != nil {
		return nil, err
	}
	p, _ := s.dir.Rules.Policy(in.Name, version)
	return &ruleOutput[policyJSON]{ETag: etag(int64(version)), Body: s.policy(p)}, nil
}

type ladderInput struct {
	RuleInput
	Body ladderJSON
}

func (a *API) putLadder(ctx context.Context, c *caller, in *ladderInput) (*ruleOutput[ladderJSON], error) {
	s, version, err := a.putRule(ctx, c, &in.RuleInput, ticketing.RuleLadder, in.Body.Name, in.Body.Version, &in.Body)
	if err != nil {
		return nil, err
	}
	l, _ := s.dir.Rules.Ladder(in.Name, version)
	return &ruleOutput[ladderJSON]{ETag: etag(int64(version)), Body: s.ladder(l, true)}, nil
}

type profileInput struct {
	RuleInput
	Body profileJSON
}

func (a *API) putProfile(ctx context.Context, c *caller, in *profileInput) (*ruleOutput[profileJSON], error) {
	s, version, err := a.putRule(ctx, c, &in.RuleInput, ticketing.RuleProfile, in.Body.Name, in.Body.Version, &in.Body)
	if err != nil {
		return nil, err
	}
	p, _ := s.dir.Rules.Profile(in.Name, version)
	return &ruleOutput[profileJSON]{ETag: etag(int64(version)), Body: s.profile(p)}, nil
}

type calendarInput struct {
	RuleInput
	Body calendarJSON
}

func (a *API) putCalendar(ctx context.Context, c *caller, in *calendarInput) (*ruleOutput[calendarJSON], error) {
	s, version, err := a.putRule(ctx, c, &in.RuleInput, ticketing.RuleCalendar, in.Body.Name, in.Body.Version, &in.Body)
	if err != nil {
		return nil, err
	}
	k, ok := s.dir.Rules.Calendar(in.Name, version)
	if !ok {
		return nil, ticketing.Busy // the process that wrote it reads it: cannot happen
	}
	return &ruleOutput[calendarJSON]{ETag: etag(int64(version)), Body: s.calendar(k.Spec())}, nil
}

type chooseProfileInput struct {
	Body chosenProfileJSON
}

type chosenProfileJSON struct {
	Profile string `json:"profile"`
}

type chosenProfileOutput struct{ Body chosenProfileJSON }

func (a *API) chooseProfile(ctx context.Context, c *caller, in *chooseProfileInput) (*chosenProfileOutput, error) {
	registry := ticketing.Registry{Bureau: a.Bureau}
	if err := registry.SaveRule(ctx, c.actor, ticketing.DraftDefault(in.Body.Profile), 0); err != nil {
		return nil, asSent(err)
	}
	return &chosenProfileOutput{in.Body}, nil
}

// asSent names the fields of refused rules as programs know them.
func asSent(err error) error {
	var errs []error
	for _, e := range told(err) {
		x := *e
		switch x.Field {
		case "target", "validation_target":
			x.Field += "_seconds"
		case "default_profile":
			x.Field = "profile"
		}
		errs = append(errs, &x)
	}
	if len(errs) == 0 {
		return err
	}
	return errors.Join(errs...)
}

// faults gathers what cannot be read of a body, by field.
type faults struct{ all []error }

func (f *faults) err() error { return errors.Join(f.all...) }

func (f *faults) unless(ok bool, field, key string) {
	if !ok {
		f.all = append(f.all, &ticketing.Error{Kind: ticketing.Invalid, Field: field, Key: key})
	}
}

// inSpan reports whether a number of seconds is a length that can be counted with.
func inSpan(n int64) bool { return n > -1<<31 && n < 1<<31 }

// span reads a length in whole minutes; nil is none.
func (f *faults) span(field string, n *int64) time.Duration {
	if n == nil {
		return 0
	}
	f.unless(inSpan(*n), field, "profile.target")
	f.unless(*n%60 == 0, field, "api.minutes")
	return time.Duration(*n) * time.Second
}

func (f *faults) weekday(field, word string) time.Weekday {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if dayWord(d) == word {
			return d
		}
	}
	f.unless(false, field, "calendar.day")
	return time.Sunday
}

func (f *faults) minute(field, text string) calendar.Minute {
	m, err := calendar.ParseMinute(text)
	f.unless(err == nil, field, "calendar.hours")
	return m
}

func (f *faults) date(field, text string) calendar.Date {
	d, err := calendar.ParseDate(text)
	f.unless(err == nil, field, "calendar.day")
	return d
}
