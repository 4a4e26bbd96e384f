package ticketing

import (
	"cmp"
	"slices"
	"time"
)

// A Policy says which promise holds for certain contacts: of categories,
// priorities, departments in custody and channels. An empty list asks for
// nothing. The most specific policy that matches decides, and it decides alone.
// It is versioned; a clock keeps the version it was started with.
type Policy struct {
	Name        string // short, stable, [a-z0-9-]
	Version     int
	Categories  []CategoryID
	Priorities  []Priority
	Departments []DepartmentID
	Channels    []Channel
	Rank        int // among equally specific ones the lower comes first

	Profile     string        // the promise; "" = as the category says
	Target      time.Duration // of the answer, in the profile's calendar; 0 = the profile's
	ResolveDays *int          // working days to do the work, 0 = no such promise; nil = as the category says
	Ladder      string        // who is told when; "" = the city's
	Disabled    bool
}

// Facts are what a policy looks at, besides the category.
type Facts struct {
	Priority   Priority
	Department DepartmentID // in custody
	Channel    Channel
}

// Matches reports whether the policy is made for such a contact.
func (p *Policy) Matches(c CategoryID, f Facts) bool {
	return oneOf(p.Categories, c) && oneOf(p.Priorities, f.Priority) && oneOf(p.Departments, f.Department) && oneOf(p.Channels, f.Channel)
}

func oneOf[T comparable](list []T, x T) bool { return len(list) == 0 || slices.Contains(list, x) }

// weight orders policies: more conditions before fewer, then category before
// department before priority before channel.
func (p *Policy) weight() int {
	n := 0
	for _, c := range []struct {
		asked  bool
		weight int
	}{{len(p.Categories) > 0, 8}, {len(p.Departments) > 0, 4}, {len(p.Priorities) > 0, 2}, {len(p.Channels) > 0, 1}} {
		if c.asked {
			n += 16 + c.weight
		}
	}
	return n
}

// Specificity is how many of the four things the policy asks for.
func (p *Policy) Specificity() int { return p.weight() / 16 }

// before is the order in which policies are tried.
func (p *Policy) before(q *Policy) int {
	return cmp.Or(cmp.Compare(q.weight(), p.weight()), cmp.Compare(p.Rank, q.Rank), cmp.Compare(p.Name, q.Name))
}

// Terms are what the city promises for one kind of contact.
type Terms struct {
	Profile       Profile // with the target of the policy
	ResolveDays   int
	OnCall        bool
	Policy        string // "": none matched, the category decides
	PolicyVersion int
	Ladder        string // "": nobody is told
	LadderVersion int
}

// Terms gives what is promised for a contact of the category: by the most
// specific policy that matches, else by the category. An on-call category takes
// neither cut-off nor calendar, whatever the policy says.
func (b *Rulebook) Terms(c Category, f Facts) Terms {
	t := Terms{Profile: b.ProfileFor(c), ResolveDays: c.ResolveDays, OnCall: c.OnCall, Ladder: CityLadder}
	for i := range b.order {
		p := &b.order[i]
		if !p.Matches(c.ID, f) {
			continue
		}
		t.Policy, t.PolicyVersion = p.Name, p.Version
		if p.Profile != "" {
			c.Profile = p.Profile
			t.Profile = b.ProfileFor(c)
		}
		if p.Target > 0 {
			t.Profile.Target = p.Target
		}
		if p.ResolveDays != nil {
			t.ResolveDays = *p.ResolveDays
		}
		if p.Ladder != "" {
			t.Ladder = p.Ladder
		}
		break
	}
	l, ok := b.Ladder(t.Ladder, 0)
	if !ok {
		t.Ladder = ""
	}
	t.LadderVersion = l.Version
	return t
}

// same reports whether both promise the same, versions apart.
func (t Terms) same(o Terms) bool {
	return t.Policy == o.Policy && t.Profile.Name == o.Profile.Name && t.Profile.Target == o.Profile.Target &&
		t.ResolveDays == o.ResolveDays && t.OnCall == o.OnCall && t.Ladder == o.Ladder
}

// Facts are what policies look at of the ticket.
func (t *Ticket) Facts() Facts {
	return Facts{Priority: t.Priority, Department: t.Department, Channel: t.Channel}
}

// terms are what is promised for the ticket, of the category c, as it is now.
func (t *Ticket) terms(rules *Rulebook, c Category) Terms { return rules.Terms(c, t.Facts()) }

// Policies gives the newest version of each policy in the order in which they
// are tried, those no longer in use last.
func (b *Rulebook) Policies() []Policy {
	out := slices.Clone(b.order)
	var off []Policy
	for _, list := range b.policies {
		if p := list[len(list)-1]; p.Disabled {
			off = append(off, p)
		}
	}
	slices.SortFunc(off, func(x, y Policy) int { return cmp.Compare(x.Name, y.Name) })
	return append(out, off...)
}

// Policy gives a version of the policy, the newest for version 0.
func (b *Rulebook) Policy(name string, version int) (Policy, bool) {
	return versionOf(b.policies[name], version, func(p *Policy) int { return p.Version })
}

// versionOf finds a version in a list of ascending ones; 0 is the newest.
func versionOf[T any](list []T, version int, of func(*T) int) (T, bool) {
	if version == 0 && len(list) > 0 {
		return list[len(list)-1], true
	}
	return find(list, func(x *T) bool { return of(x) == version })
}

// addPolicies takes every version of the policies, and puts the newest in order.
func (b *Rulebook) addPolicies(list []Policy) error {
	b.policies = map[string][]Policy{}
	for _, p := range list {
		b.policies[p.Name] = append(b.policies[p.Name], p)
	}
	b.order = nil
	for name, versions := range b.policies {
		slices.SortFunc(versions, func(x, y Policy) int { return x.Version - y.Version })
		if p := versions[len(versions)-1]; !p.Disabled {
			if err := b.checkPolicy(&p); err != nil {
				return err
			}
			b.order = append(b.order, p)
		}
		b.policies[name] = versions
	}
	slices.SortFunc(b.order, func(x, y Policy) int { return x.before(&y) })
	return nil
}

// maxRank bounds the rank of a policy.
const maxRank = 1000

// checkPolicy says what is wrong with a policy in use: Invalid, by field.
func (b *Rulebook) checkPolicy(p *Policy) error {
	profile := p.Profile
	if profile == "" {
		profile = b.Default
	}
	terms, ok := b.Profile(profile, 0)
	switch {
	case !ok:
		return policyFault(p, "profile", "profile.unknown")
	case p.Target < 0 || p.Target > maxTarget:
		return policyFault(p, "target", "profile.target")
	case p.ResolveDays != nil && (*p.ResolveDays < 0 || *p.ResolveDays > 366):
		return policyFault(p, "resolve_days", "category.resolve_days")
	case p.Rank < 0 || p.Rank > maxRank:
		return policyFault(p, "rank", "policy.rank")
	}
	if _, ok := b.Ladder(p.Ladder, 0); p.Ladder != "" && !ok {
		return policyFault(p, "ladder", "ladder.unknown")
	}
	if p.Target > 0 && !b.reachable(terms.Calendar, p.Target) {
		return policyFault(p, "target", "profile.never_open")
	}
	return nil
}

func policyFault(p *Policy, field, key string) error {
	return &Error{Kind: Invalid, Field: "policies." + p.Name + "." + field, Key: key}
}

// Trial gives what a contact received (and, where that counts, validated) at the
// instant would be promised: the answer first, then the work where there is such
// a promise.
func (b *Rulebook) Trial(c Category, f Facts, at time.Time) (Terms, []Explanation, error) {
	terms := b.Terms(c, f)
	kinds := []ClockKind{ClockAnswer}
	if terms.ResolveDays > 0 {
		kinds = append(kinds, ClockResolve)
	}
	var out []Explanation
	for _, kind := range kinds {
		k := b.newClock(kind, terms)
		b.start(&k, at.UTC(), 0, nil)
		x, err := b.Explain(k, nil, at)
		if err != nil {
			return terms, nil, err
		}
		out = append(out, x)
	}
	return terms, out, nil
}

// Counted gives when a length of time that begins at the instant is over by the
// calendar, and why then. Unknown calendars are NotFound, what is never over
// Invalid.
func (b *Rulebook) Counted(name string, at time.Time, target time.Duration) (Explanation, error) {
	cal, ok := b.Calendar(name, 0)
	if !ok {
		return Explanation{}, &Error{Kind: NotFound, Field: "calendar", Key: "profile.calendar"}
	}
	due, trace, err := cal.Explain(at, target)
	if err != nil {
		return Explanation{}, invalid("calendar", "profile.never_open")
	}
	return Explanation{
		Calendar: name, CalendarVersion: cal.Version(), Start: FromReceipt, StartedAt: at, CountFrom: at, Target: target, Due: due, Intervals: trace, Left: target,
	}, nil
}
