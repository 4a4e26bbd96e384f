package ticketing

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/sistem48/system48/ticketing/lang"
)

// A RoutingRules is the rules by which new tickets find their way, in the order in
// which they are asked. Every change of it is a new version.
type RoutingRules struct {
	Version int64         `json:"version"`         // 0: nobody has written any
	All     bool          `json:"all,omitempty"`   // go on after a rule that fits; false: the first one ends it
	Rules   []RoutingRule `json:"rules,omitempty"` // highest first
	LastID  int64         `json:"last_id"`         // so that the number of a rule is never used again
}

// A RoutingRule says where what meets its conditions goes. Its number stays when its
// place or words change.
type RoutingRule struct {
	ID   int64      `json:"id"`
	Name string     `json:"name"`
	Off  bool       `json:"off,omitempty"`
	When Conditions `json:"when"`
	Then Course     `json:"then"`
	Flow Flow       `json:"flow,omitempty"`
}

// Flow says what follows a rule that fits.
type Flow string

// The flows.
const (
	FlowAsSet Flow = ""      // as the set says
	FlowStop  Flow = "stop"  // no further rule is asked
	FlowGoOn  Flow = "go_on" // the next rule is asked
)

// Conditions are what a rule asks for. All that are given must hold; of the
// values of one, any. A rule that has none must say that it always fits: nobody
// sends every ticket somewhere by leaving fields empty.
type Conditions struct {
	Always     bool         `json:"always,omitempty"`
	Categories []CategoryID `json:"categories,omitempty"` // that the ticket has when the rule is asked
	Keywords   []string     `json:"keywords,omitempty"`   // whole words in any script, or "rasvj*" for a beginning
	Channels   []Channel    `json:"channels,omitempty"`
	Accounts   []string     `json:"accounts,omitempty"`  // mailboxes or numbers it came in by
	Senders    []string     `json:"senders,omitempty"`   // "ana@x.me", "x.me" with all below it, "+38220*"
	Languages  []lang.Tag   `json:"languages,omitempty"` // of the citizen
	Districts  []DistrictID `json:"districts,omitempty"`
}

// A Course is what a rule does to a ticket. What a higher rule or a person has
// set already stays; tags add up.
type Course struct {
	Category   CategoryID   `json:"category,omitempty"`
	Department DepartmentID `json:"department,omitempty"`
	Follow     bool         `json:"follow,omitempty"` // to the department of the category
	Person     AgentID      `json:"person,omitempty"`
	Priority   *Priority    `json:"priority,omitempty"`
	Tags       []string     `json:"tags,omitempty"`
}

func (o Course) empty() bool {
	return o.Category == 0 && o.Department == 0 && !o.Follow && o.Person == 0 && o.Priority == nil && len(o.Tags) == 0
}

// Bounds on rules.
const (
	MaxRules      = 1000
	maxRuleValues = 200 // of one condition
	maxKeyword    = 100 // characters
)

// Rule gives the rule of the number.
func (s *RoutingRules) Rule(id int64) (RoutingRule, bool) {
	return find(s.Rules, func(r *RoutingRule) bool { return r.ID == id })
}

// clone shares no list with s.
func (s *RoutingRules) clone() RoutingRules {
	out := *s
	out.Rules = slices.Clone(s.Rules)
	return out
}

// check puts the rules in order and says what is wrong with the first bad one:
// Invalid with the field "rules.<place>.<field>", places counted from 1. A rule
// that stands in the directory just so passes, that one department closed does
// not keep anybody from changing another rule.
func (s *RoutingRules) check(dir *Directory) error {
	var old RoutingRules
	if dir.Routes != nil {
		old = dir.Routes.Rules
	}
	s.LastID = max(s.LastID, old.LastID)
	if len(s.Rules) > MaxRules {
		return invalid("rules", "rule.too_many")
	}
	seen := map[int64]bool{}
	for i := range s.Rules {
		r := &s.Rules[i]
		same, known := old.Rule(r.ID)
		if known && reflect.DeepEqual(same, *r) {
			// as it was
		} else if err := r.check(dir); err != nil {
			e := *err
			e.Field = fmt.Sprintf("rules.%d.%s", i+1, e.Field)
			return &e
		}
		if r.ID < 0 || r.ID > s.LastID || seen[r.ID] {
			return invalid(fmt.Sprintf("rules.%d.id", i+1), "rule.id")
		}
		if r.ID != 0 {
			seen[r.ID] = true
		}
	}
	for i := range s.Rules {
		if s.Rules[i].ID == 0 {
			s.LastID++
			s.Rules[i].ID = s.LastID
		}
	}
	return nil
}

// check puts a rule in order, or names the field that is wrong. A rule that is
// off must be right too: it is there to be switched on.
func (r *RoutingRule) check(dir *Directory) *Error {
	bad := func(field, key string) *Error {
		return &Error{Kind: Invalid, Field: field, Key: key, Args: map[string]any{"Rule": r.Name}}
	}
	if r.Name = cleanLine(r.Name, 100); r.Name == "" {
		return bad("name", "rule.name")
	}
	if r.Flow != FlowAsSet && r.Flow != FlowStop && r.Flow != FlowGoOn {
		return bad("flow", "rule.flow")
	}
	if field, key := r.When.check(dir); field != "" {
		return bad(field, key)
	}
	if field, key := r.Then.check(dir); field != "" {
		return bad(field, key)
	}
	return nil
}

// empty reports whether nothing is asked for.
func (w *Conditions) empty() bool {
	return len(w.Categories)+len(w.Keywords)+len(w.Channels)+len(w.Accounts)+len(w.Senders)+len(w.Languages)+len(w.Districts) == 0
}

func (w *Conditions) check(dir *Directory) (field, key string) {
	for _, n := range []int{
		len(w.Categories), len(w.Keywords), len(w.Channels), len(w.Accounts), len(w.Senders), len(w.Languages), len(w.Districts),
	} {
		if n > maxRuleValues {
			return "when", "rule.too_many_values"
		}
	}
	for _, id := range w.Categories {
		if _, ok := dir.Category(id); !ok {
			return "categories", "rule.category"
		}
	}
	for _, c := range w.Channels {
		if !c.Known() {
			return "channels", "channel.unknown"
		}
	}
	for _, tag := range w.Languages {
		if !tag.Valid() {
			return "languages", "language.unknown"
		}
	}
	for _, id := range w.Districts {
		if d, ok := dir.District(id); !ok || d.Retired {
			return "districts", "rule.district"
		}
	}
	w.Keywords, w.Senders, w.Accounts = tidy(w.Keywords), tidy(w.Senders), tidy(w.Accounts)
	for _, k := range w.Keywords {
		if len(newPhrase(k).words) == 0 {
			return "keywords", "rule.keyword"
		}
	}
	for i, s := range w.Senders {
		if w.Senders[i] = strings.ToLower(s); !goodSender(w.Senders[i]) {
			return "senders", "rule.sender"
		}
	}
	switch {
	case w.empty() && !w.Always:
		return "when", "rule.no_condition"
	case w.Always && !w.empty():
		return "when", "rule.always"
	}
	return "", ""
}

func (o *Course) check(dir *Directory) (field, key string) {
	if k, ok := dir.Category(o.Category); o.Category != 0 && (!ok || k.Disabled) {
		return "category", "rule.category"
	}
	if d, ok := dir.Department(o.Department); o.Department != 0 && (!ok || d.Disabled) {
		return "department", "rule.department"
	}
	if o.Department != 0 && o.Follow {
		return "department", "rule.department_twice"
	}
	if a, ok := dir.Agent(o.Person); o.Person != 0 {
		switch {
		case !ok || a.Disabled:
			return "person", "rule.person"
		case o.Department != 0 && !ActorOf(a).Scope().Sees(o.Department):
			return "person", "assignee.cannot_see"
		}
	}
	if o.Priority != nil && *o.Priority > PriorityUrgent {
		return "priority", "priority.unknown"
	}
	o.Tags = cleanTags(o.Tags)
	if o.empty() {
		return "then", "rule.nothing"
	}
	return "", ""
}

// tidy bounds the values of a condition and drops what is empty or repeated.
func tidy(values []string) []string {
	var out []string
	for _, v := range values {
		if v = cleanLine(v, maxKeyword); v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// goodSender reports whether a pattern is an address, a domain or the beginning
// of a telephone number.
func goodSender(s string) bool {
	if digits, ok := strings.CutPrefix(s, "+"); ok {
		digits = strings.TrimSuffix(digits, "*")
		return len(digits) >= 2 && len(digits) <= 15 && strings.Trim(digits, "0123456789") == ""
	}
	local, domain, at := strings.Cut(s, "@")
	if !at {
		domain = local
	}
	if at && local != "" {
		return NormalEmail(s) != ""
	}
	return strings.Contains(domain, ".") && NormalEmail("a@"+domain) != ""
}

// fits reports whether an address is what the pattern means: itself, or one of
// the domain or below it, or a number that begins so.
func fits(pattern, address string) bool {
	if number, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(address, number)
	}
	if pattern == address {
		return true
	}
	pattern = strings.TrimPrefix(pattern, "@")
	_, domain, ok := strings.Cut(address, "@")
	if !ok || strings.Contains(pattern, "@") {
		return false
	}
	return domain == pattern || strings.HasSuffix(domain, "."+pattern)
}

// Faults lists what no longer holds of a rule: a department that was closed
// since, a person who left. Such parts are passed over until somebody mends them.
func (r RoutingRule) Faults(dir *Directory) []*Error {
	var out []*Error
	r.Name = cleanLine(r.Name, 100)
	if field, key := r.When.check(dir); field != "" {
		out = append(out, &Error{Kind: Invalid, Field: field, Key: key, Args: map[string]any{"Rule": r.Name}})
	}
	if field, key := r.Then.check(dir); field != "" {
		out = append(out, &Error{Kind: Invalid, Field: field, Key: key, Args: map[string]any{"Rule": r.Name}})
	}
	return out
}

// maxRouted is how much of a text is looked at for keywords and streets, in
// bytes: a request is told in its beginning.
const maxRouted = 32 << 10

// routedWords folds and cuts the text that rules look at.
func routedWords(subject, text string) []string {
	return strings.Fields(lang.Fold(subject + "\n" + text[:min(len(text), maxRouted)]))
}
