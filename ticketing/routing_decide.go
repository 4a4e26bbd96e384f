package ticketing

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/sistem48/system48/ticketing/district"
	"github.com/sistem48/system48/ticketing/lang"
)

// Routes are rules and districts made ready for use. They never change; a nil
// one has neither. Many may use them at a time.
type Routes struct {
	Rules     RoutingRules
	Districts DistrictSet
	finder    *district.Finder
	keywords  keywords
}

// NewRoutes makes rules and districts ready.
func NewRoutes(rules RoutingRules, districts DistrictSet) *Routes {
	r := &Routes{Rules: rules, Districts: districts, finder: districts.finder()}
	r.keywords = keywords{whole: map[string][]phrase{}, begins: map[string][]phrase{}}
	for i, rule := range rules.Rules {
		for j, word := range rule.When.Keywords {
			p := newPhrase(word)
			p.rule, p.number = i, j
			r.keywords.add(p)
		}
	}
	return r
}

// ParseRoutes makes routes of the stored bodies of rules and districts, "" for
// none.
func ParseRoutes(rules, districts string) (*Routes, error) {
	var s RoutingRules
	var d DistrictSet
	for _, p := range []struct {
		body string
		into any
	}{{rules, &s}, {districts, &d}} {
		if p.body == "" {
			continue
		}
		if err := json.Unmarshal([]byte(p.body), p.into); err != nil {
			return nil, fmt.Errorf("stored routing: %w", err)
		}
	}
	return NewRoutes(s, d), nil
}

// A RoutingCase is what is known of a contact that becomes a ticket.
type RoutingCase struct {
	Channel  Channel
	Account  string
	Sender   string // mail address or E.164; "" when nobody can tell
	Language lang.Tag
	Subject  string
	Text     string // without what it quotes
	Location Location
	Category CategoryID // that it has without rules

	// What a person has chosen and no rule may change.
	CategoryFixed, DepartmentFixed, PriorityFixed bool
}

// A Decision is what the rules say about a case. Zero fields: nothing.
type Decision struct {
	Category   CategoryID // the one of the case when no rule says another
	Department DepartmentID
	Person     AgentID
	Priority   *Priority
	Tags       []string
	District   DistrictID
	Firings    []Firing
}

// A Firing is a rule that fitted and what it did.
type Firing struct {
	Rule    int64
	Version int64 // of the set
	Name    string
	Did     Course // what of its outcome came to pass
	Why     []Match
}

// A Match is a condition that held, and by which of its values.
type Match struct {
	Field string // "keywords", "senders", …
	Value string // as the rule spells it; the number of a category or district
}

// A Verdict tells of each rule how it judged a case, for trying rules out.
type Verdict struct {
	Rule   RoutingRule
	Asked  bool   // false: it is off, or a rule above ended it
	Fired  bool   //
	Failed string // the first condition that did not hold
}

// Decide asks the rules in order.
func (r *Routes) Decide(dir *Directory, c RoutingCase) Decision {
	d, _ := r.decide(dir, c, false)
	return d
}

// Explain is Decide with the verdict of every rule.
func (r *Routes) Explain(dir *Directory, c RoutingCase) (Decision, []Verdict) {
	return r.decide(dir, c, true)
}

func (r *Routes) decide(dir *Directory, c RoutingCase, explain bool) (Decision, []Verdict) {
	d := Decision{Category: c.Category}
	if r == nil {
		return d, nil
	}
	j := judge{dir: dir, c: c, d: &d, version: r.Rules.Version}
	if !r.keywords.empty() || r.finder.Listed() {
		j.words = routedWords(c.Subject, c.Text)
	}
	d.District = r.Locate(c.Location, j.words)
	if !r.keywords.empty() {
		j.hits = r.keywords.find(j.words, len(r.Rules.Rules))
	}
	var verdicts []Verdict
	ended := false
	for i := range r.Rules.Rules {
		rule := &r.Rules.Rules[i]
		v := Verdict{Rule: *rule, Asked: !rule.Off && !ended}
		if v.Asked {
			if v.Failed = j.fails(i, rule); v.Failed == "" {
				v.Fired = true
				j.fire(i, rule)
				ended = rule.Flow == FlowStop || (rule.Flow == FlowAsSet && !r.Rules.All)
			}
		}
		if explain {
			verdicts = append(verdicts, v)
		} else if ended {
			break
		}
	}
	return d, verdicts
}

// Locate gives the district of a place: by its point, else by its address, else
// by the words of the text; 0 when none is known.
func (r *Routes) Locate(l Location, words []string) DistrictID {
	if r == nil {
		return 0
	}
	i, ok := 0, false
	if l.Lat != 0 || l.Lon != 0 {
		i, ok = r.finder.At(district.Point{l.Lon, l.Lat})
	}
	if !ok && l.Address != "" {
		i, ok = r.finder.InAddress(strings.Fields(lang.Fold(l.Address)))
	}
	if !ok {
		i, ok = r.finder.InText(words)
	}
	if !ok {
		return 0
	}
	return r.Districts.Districts[i].ID
}

// judge is one case before the rules.
type judge struct {
	dir     *Directory
	c       RoutingCase
	d       *Decision
	words   []string
	hits    []int
	version int64
}

// fails names the first condition that does not hold; "" when all do.
func (j *judge) fails(i int, r *RoutingRule) string {
	w := &r.When
	switch {
	case len(w.Channels) > 0 && !slices.Contains(w.Channels, j.c.Channel):
		return "channels"
	case len(w.Languages) > 0 && !slices.Contains(w.Languages, j.c.Language):
		return "languages"
	case len(w.Categories) > 0 && !slices.Contains(w.Categories, j.d.Category):
		return "categories"
	case len(w.Districts) > 0 && !slices.Contains(w.Districts, j.d.District):
		return "districts"
	case len(w.Accounts) > 0 && !slices.ContainsFunc(w.Accounts, func(a string) bool { return strings.EqualFold(a, j.c.Account) }):
		return "accounts"
	case len(w.Senders) > 0 && j.sender(w) == "":
		return "senders"
	case len(w.Keywords) > 0 && j.hits[i] < 0:
		return "keywords"
	}
	return ""
}

// sender gives the pattern that the sender fits.
func (j *judge) sender(w *Conditions) string {
	if j.c.Sender == "" {
		return ""
	}
	for _, p := range w.Senders {
		if fits(p, j.c.Sender) {
			return p
		}
	}
	return ""
}

// fire does what the rule says, as far as nothing above has said it.
func (j *judge) fire(i int, r *RoutingRule) {
	d, f := j.d, Firing{Rule: r.ID, Version: j.version, Name: r.Name, Why: j.why(i, r)}
	if k, ok := j.dir.Category(r.Then.Category); ok && !k.Disabled && !j.c.CategoryFixed {
		d.Category, f.Did.Category, j.c.CategoryFixed = k.ID, k.ID, true
	}
	to := r.Then.Department
	if r.Then.Follow {
		k, _ := j.dir.Category(d.Category)
		to = k.Department
	}
	if dept, ok := j.dir.Department(to); ok && !dept.Disabled && d.Department == 0 && !j.c.DepartmentFixed {
		d.Department, f.Did.Department, f.Did.Follow = to, to, r.Then.Follow
	}
	if a, ok := j.dir.Agent(r.Then.Person); ok && !a.Disabled && d.Person == 0 {
		d.Person, f.Did.Person = a.ID, a.ID
	}
	if r.Then.Priority != nil && d.Priority == nil && !j.c.PriorityFixed {
		d.Priority, f.Did.Priority = r.Then.Priority, r.Then.Priority
	}
	for _, tag := range r.Then.Tags {
		if !slices.Contains(d.Tags, tag) {
			d.Tags, f.Did.Tags = append(d.Tags, tag), append(f.Did.Tags, tag)
		}
	}
	d.Firings = append(d.Firings, f)
}

// why lists the conditions that held.
func (j *judge) why(i int, r *RoutingRule) []Match {
	w := &r.When
	var out []Match
	add := func(field, value string) { out = append(out, Match{field, value}) }
	if len(w.Keywords) > 0 {
		add("keywords", w.Keywords[j.hits[i]])
	}
	if len(w.Senders) > 0 {
		add("senders", j.sender(w))
	}
	if len(w.Districts) > 0 {
		add("districts", fmt.Sprint(int64(j.d.District)))
	}
	if len(w.Categories) > 0 {
		add("categories", fmt.Sprint(int64(j.d.Category)))
	}
	if len(w.Channels) > 0 {
		add("channels", string(j.c.Channel))
	}
	if len(w.Accounts) > 0 {
		add("accounts", j.c.Account)
	}
	if len(w.Languages) > 0 {
		add("languages", string(j.c.Language))
	}
	return out
}
