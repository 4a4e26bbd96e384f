package ticketing_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

// A gamble makes rules and cases out of few words, so that they often meet.
type gamble struct {
	*rand.Rand
	*rig
}

func (g gamble) pick(words ...string) string { return words[g.IntN(len(words))] }

func (g gamble) some(p float64, words ...string) []string {
	if g.Float64() > p {
		return nil
	}
	return []string{g.pick(words...), g.pick(words...)}
}

func (g gamble) rules() ticketing.RoutingRules {
	s := ticketing.RoutingRules{Version: 1, All: g.IntN(2) == 0}
	departments := []ticketing.DepartmentID{0, g.Roads.ID, g.Lighting.ID, g.Water.ID}
	categories := []ticketing.CategoryID{0, g.Pothole.ID, g.Waste.ID}
	for i := range 1 + g.IntN(8) {
		r := ticketing.RoutingRule{ID: int64(i + 1), Name: fmt.Sprint("pravilo ", i), Off: g.IntN(6) == 0}
		r.Flow = []ticketing.Flow{ticketing.FlowAsSet, ticketing.FlowAsSet, ticketing.FlowStop, ticketing.FlowGoOn}[g.IntN(4)]
		r.When.Keywords = g.some(.4, "rupa", "ćupr*", "javna rasvjeta", "javna ras*", "đubre", "voda")
		r.When.Senders = g.some(.2, "x.me", "ana@x.me", "+38220*")
		for _, c := range g.some(.2, "email", "sms", "phone") {
			r.When.Channels = append(r.When.Channels, ticketing.Channel(c))
		}
		if g.IntN(5) == 0 {
			r.When.Categories = []ticketing.CategoryID{g.Other.ID, g.Pothole.ID}
		}
		r.Then.Department, r.Then.Category = departments[g.IntN(4)], categories[g.IntN(3)]
		if r.Then.Department == 0 && g.IntN(3) == 0 {
			r.Then.Follow = true
		}
		if g.IntN(3) == 0 {
			r.Then.Priority = priority(ticketing.Priority(g.IntN(4)))
		}
		r.Then.Tags = g.some(.4, "a", "b", "c")
		s.Rules = append(s.Rules, r)
	}
	return s
}

func (g gamble) example() ticketing.RoutingCase {
	var text []string
	for range g.IntN(6) {
		text = append(text, g.pick("rupa", "РУПА", "ћуприја", "cuprijama", "javna", "rasvjeta,", "расвјету", "dubre", "ђубре", "vodama", "voda"))
	}
	return ticketing.RoutingCase{
		Channel: ticketing.Channel(g.pick("email", "sms", "phone")), Sender: g.pick("", "ana@x.me", "ana@sub.x.me", "z@ax.me", "+38220111222", "+38267111222"),
		Subject: g.pick("", "Rupa", "Zdravo"), Text: strings.Join(text, " "), Category: g.Other.ID, CategoryFixed: g.IntN(4) == 0,
		DepartmentFixed: g.IntN(8) == 0, PriorityFixed: g.IntN(8) == 0,
	}
}

// judged is what rules say, written down anew from the manual: rule by rule,
// word by word, sharing nothing with the engine but the folding of letters.
func (g gamble) judged(s ticketing.RoutingRules, c ticketing.RoutingCase) ticketing.Decision {
	d := ticketing.Decision{Category: c.Category}
	text := " " + strings.Join(strings.Fields(lang.Fold(c.Subject+" "+c.Text)), " ")
	for _, r := range s.Rules {
		if r.Off {
			continue
		}
		word := len(r.When.Keywords) == 0
		for _, k := range r.When.Keywords {
			folded := lang.Fold(strings.TrimSuffix(k, "*"))
			end := " "
			if strings.HasSuffix(k, "*") {
				end = ""
			}
			for _, spelled := range []string{folded, strings.ReplaceAll(folded, "dj", "d")} {
				word = word || strings.Contains(text+" ", " "+spelled+end)
			}
		}
		sender := len(r.When.Senders) == 0
		for _, p := range r.When.Senders {
			_, domain, _ := strings.Cut(c.Sender, "@")
			sender = sender || (c.Sender != "" && (p == c.Sender || (!strings.Contains(p, "@") && (domain == p || strings.HasSuffix(domain, "."+p))) ||
				(strings.HasSuffix(p, "*") && strings.HasPrefix(c.Sender, strings.TrimSuffix(p, "*")))))
		}
		channel := len(r.When.Channels) == 0 || slices.Contains(r.When.Channels, c.Channel)
		category := len(r.When.Categories) == 0 || slices.Contains(r.When.Categories, d.Category)
		if !word || !sender || !channel || !category {
			continue
		}
		if r.Then.Category != 0 && !c.CategoryFixed {
			d.Category, c.CategoryFixed = r.Then.Category, true
		}
		to := r.Then.Department
		if r.Then.Follow {
			to = map[ticketing.CategoryID]ticketing.DepartmentID{g.Other.ID: g.Bureau.ID, g.Pothole.ID: g.Roads.ID, g.Waste.ID: g.Cleaning.ID}[d.Category]
		}
		if d.Department == 0 && !c.DepartmentFixed {
			d.Department = to
		}
		if d.Priority == nil && !c.PriorityFixed {
			d.Priority = r.Then.Priority
		}
		for _, tag := range r.Then.Tags {
			if !slices.Contains(d.Tags, tag) {
				d.Tags = append(d.Tags, tag)
			}
		}
		d.Firings = append(d.Firings, ticketing.Firing{Rule: r.ID})
		if r.Flow == ticketing.FlowStop || (r.Flow == ticketing.FlowAsSet && !s.All) {
			break
		}
	}
	return d
}

// Property: the engine decides as the manual says, whatever the order of rules;
// twice the same; the same after the rules were stored; and rules below the one
// that ended it change nothing.
func TestRulesAgreeWithTheManual(t *testing.T) {
	t.Parallel()
	g := gamble{rand.New(rand.NewPCG(48, 4)), newRig(t, "")}
	dir, err := g.Store.Directory(t.Context())
	g.must(err)
	fired, ended := 0, 0
	for range 3000 {
		s, c := g.rules(), g.example()
		routes := ticketing.NewRoutes(s, ticketing.DistrictSet{})
		got := routes.Decide(dir, c)
		want := g.judged(s, c)
		short := got
		short.Firings = nil
		for _, f := range got.Firings {
			short.Firings = append(short.Firings, ticketing.Firing{Rule: f.Rule})
		}
		if diff := cmp.Diff(want, short); diff != "" {
			t.Fatalf("rules %+v\ncase %+v\n%s", s, c, diff)
		}
		body, err := json.Marshal(s)
		g.must(err)
		stored, err := ticketing.ParseRoutes(string(body), "")
		g.must(err)
		if again := stored.Decide(dir, c); !cmp.Equal(got, again) {
			t.Fatalf("stored rules decide otherwise: %s", cmp.Diff(got, again))
		}
		if n := len(got.Firings); n > 0 {
			fired++
			last := slices.IndexFunc(s.Rules, func(r ticketing.RoutingRule) bool { return r.ID == got.Firings[n-1].Rule })
			if r := s.Rules[last]; r.Flow == ticketing.FlowStop || (r.Flow == ticketing.FlowAsSet && !s.All) {
				ended++
				less := s
				less.Rules = s.Rules[:last+1]
				if again := ticketing.NewRoutes(less, ticketing.DistrictSet{}).Decide(dir, c); !cmp.Equal(got, again) {
					t.Fatalf("rules below the last one change something: %s", cmp.Diff(got, again))
				}
			}
		}
	}
	if fired < 500 || ended < 200 {
		t.Errorf("%d cases fitted a rule and %d were ended by one: the gamble is too tame", fired, ended)
	}
}
