package ticketing_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/district"
	"github.com/sistem48/system48/ticketing/lang"
)

func (r *rig) router() *ticketing.Router {
	return &ticketing.Router{Bureau: r.Core, Reads: r.Store}
}

// saveRules makes rules the newest version.
func (r *rig) saveRules(all bool, rules ...ticketing.RoutingRule) ticketing.RoutingRules {
	r.Helper()
	s := ticketing.RoutingRules{All: all, Rules: rules}
	dir, err := r.Store.Directory(r.Context())
	r.must(err)
	if dir.Routes != nil {
		s.Version = dir.Routes.Rules.Version
	}
	r.must(r.router().SaveRules(r.Context(), r.adam(), &s))
	return s
}

// saveDistricts makes a west of the meridian 19.25 and an east, and some streets.
func (r *rig) saveDistricts() {
	r.Helper()
	areas, problems := district.ReadGeoJSON([]byte(`{"type":"FeatureCollection","features":[
		{"type":"Feature","properties":{"code":"west","name":"Zapad"},"geometry":{"type":"Polygon","coordinates":[[[19,42],[19.25,42],[19.25,43],[19,43],[19,42]]]}},
		{"type":"Feature","properties":{"code":"east","name":"Istok"},"geometry":{"type":"Polygon","coordinates":[[[19.25,42],[19.5,42],[19.5,43],[19.25,43],[19.25,42]]]}}]}`), district.Surroundings{})
	if problems != nil {
		r.Fatal(problems)
	}
	list, problems := district.ReadStreets([]byte("street,district\nUlica slobode,west\nNjegoševa,east\n"))
	if problems != nil {
		r.Fatal(problems)
	}
	var s ticketing.DistrictSet
	s = s.WithOutlines(areas, true)
	areas, problems = district.Assign(s.Areas(), list, false)
	if problems != nil {
		r.Fatal(problems)
	}
	s = s.WithStreets(areas)
	r.must(r.router().SaveDistricts(r.Context(), r.adam(), &s))
}

func eventsOf(v *ticketing.TicketView, kind ticketing.EventKind) []ticketing.Event {
	return slices.DeleteFunc(slices.Clone(v.Events), func(e ticketing.Event) bool { return e.Kind != kind })
}

// always is what a rule for every ticket asks for.
var always = ticketing.Conditions{Always: true}

func priority(p ticketing.Priority) *ticketing.Priority { return &p }

// A mail goes where the rules say, in the transaction that opens it; the rule
// and its version stand on the ticket (I4, I5), the department is told.
func TestRulesRouteAMail(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	r.saveDistricts()
	s := r.saveRules(true,
		ticketing.RoutingRule{
			Name: "Rasvjeta", When: ticketing.Conditions{Keywords: []string{"svjetiljk*", "rasvjet*"}},
			Then: ticketing.Course{Category: r.Streetlight.ID, Follow: true, Tags: []string{"mrak"}},
		},
		ticketing.RoutingRule{
			Name: "Na zapadu", When: ticketing.Conditions{Categories: []ticketing.CategoryID{r.Streetlight.ID}, Districts: []ticketing.DistrictID{1}},
			Then: ticketing.Course{Person: r.Oskar.ID, Priority: priority(ticketing.PriorityHigh)},
		},
		ticketing.RoutingRule{Name: "Kasno", When: always, Then: ticketing.Course{Department: r.Roads.ID, Priority: priority(ticketing.PriorityLow)}},
		ticketing.RoutingRule{Name: "Isključeno", Off: true, When: always, Then: ticketing.Course{Tags: []string{"nikad"}}},
	)
	k := r.open(r.mail("Свјетиљка", "не ради у Улици слободе"))
	if k.Category != r.Streetlight.ID || k.Department != r.Lighting.ID || k.Priority != ticketing.PriorityHigh || k.District != 1 || k.Assignee != r.Oskar.ID {
		t.Errorf("category %d, department %d, priority %s, district %d, assignee %d", k.Category, k.Department, k.Priority, k.District, k.Assignee)
	}
	if k.State != ticketing.StateReceived || !slices.Equal(k.Tags, []string{"mrak"}) {
		t.Errorf("state %s, tags %v", k.State, k.Tags)
	}
	v := r.View(t, k.Ref)
	fired := eventsOf(v, ticketing.EventRouted)
	if len(fired) != 3 {
		t.Fatalf("%d rules fired, want 3", len(fired))
	}
	for i, want := range []string{
		fmt.Sprintf(`{"category":%d,"department":%d,"name":"Rasvjeta","rule":%d,"tags":["mrak"],"version":1}`, r.Streetlight.ID, r.Lighting.ID, s.Rules[0].ID),
		fmt.Sprintf(`{"name":"Na zapadu","person":%d,"priority":"high","rule":%d,"version":1}`, r.Oskar.ID, s.Rules[1].ID),
		fmt.Sprintf(`{"name":"Kasno","rule":%d,"version":1}`, s.Rules[2].ID),
	} {
		if fired[i].DataJSON != want {
			t.Errorf("event %d = %s, want %s", i, fired[i].DataJSON, want)
		}
	}
	if c := clockOf(k, ticketing.ClockResolve); c.Target == 0 {
		t.Error("the promise of the new category does not run")
	}
	told := slices.ContainsFunc(r.claim(), func(d ticketing.Delivery) bool {
		return d.Purpose == ticketing.PurposeHandover && d.To.Address == r.Lighting.Email
	})
	if !told {
		t.Error("the department was not told")
	}
}

// Neither spam nor what a machine sent is routed, and a sender who is not sure
// fits no rule about senders (A71).
func TestRulesLeaveAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	r.saveRules(false,
		ticketing.RoutingRule{Name: "Firma", When: ticketing.Conditions{Senders: []string{citizen}}, Then: ticketing.Course{Department: r.Water.ID}},
		ticketing.RoutingRule{Name: "Svi", When: ticketing.Conditions{Keywords: []string{"rupa"}}, Then: ticketing.Course{Department: r.Roads.ID}},
	)
	for _, c := range []struct {
		name string
		set  func(*ticketing.Inbound)
		want ticketing.DepartmentID
	}{
		{"sure", func(*ticketing.Inbound) {}, r.Water.ID},
		{"spam", func(in *ticketing.Inbound) { in.Spam = true }, r.Bureau.ID},
		{"forged", func(in *ticketing.Inbound) { in.Auth = ticketing.AuthFail }, r.Roads.ID},
		{"two senders", func(in *ticketing.Inbound) { in.Notes = []string{"two_from"} }, r.Roads.ID},
		{"only in what it quotes", func(in *ticketing.Inbound) {
			in.Auth, in.Subject, in.Text, in.FoldAt = ticketing.AuthFail, "Pozdrav", "Pozdrav\n> rupa", 8
		}, r.Bureau.ID},
	} {
		in := r.mail("Rupa", "na putu")
		c.set(&in)
		k := r.open(in)
		if k.Department != c.want {
			t.Errorf("%s: department %d, want %d", c.name, k.Department, c.want)
		}
		if n := len(eventsOf(r.View(t, k.Ref), ticketing.EventRouted)); (n > 0) != (c.want != r.Bureau.ID) {
			t.Errorf("%s: %d events of rules", c.name, n)
		}
	}
}

// What a person chose by hand stays; the rest is left to the rules.
func TestRulesByHand(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	r.saveDistricts()
	r.saveRules(true, ticketing.RoutingRule{
		Name: "Rupe", When: ticketing.Conditions{Keywords: []string{"rupa"}},
		Then: ticketing.Course{Category: r.Pothole.ID, Follow: true, Priority: priority(ticketing.PriorityUrgent)},
	})
	open := func(in ticketing.OpenInput) *ticketing.Ticket {
		t.Helper()
		in.Channel, in.Subject = ticketing.ChannelPhone, "Rupa"
		k, err := r.desk.Open(t.Context(), r.ana(), in)
		r.must(err)
		return k
	}
	k := open(ticketing.OpenInput{Priority: ticketing.PriorityNormal, Location: ticketing.Location{Lat: 42.4, Lon: 19.3}})
	if k.Category != r.Pothole.ID || k.Department != r.Roads.ID || k.Priority != ticketing.PriorityUrgent || k.District != 2 {
		t.Errorf("by rule: category %d, department %d, priority %s, district %d", k.Category, k.Department, k.Priority, k.District)
	}
	k = open(ticketing.OpenInput{Category: r.Waste.ID, Priority: ticketing.PriorityLow})
	if k.Category != r.Waste.ID || k.Department != r.Cleaning.ID || k.Priority != ticketing.PriorityLow {
		t.Errorf("by hand: category %d, department %d, priority %s", k.Category, k.Department, k.Priority)
	}
	k = open(ticketing.OpenInput{Department: r.Water.ID, Priority: ticketing.PriorityNormal})
	if k.Category != r.Pothole.ID || k.Department != r.Water.ID {
		t.Errorf("department by hand: category %d, department %d", k.Category, k.Department)
	}
	// A place that is set later moves the district with it.
	place := ticketing.Location{Address: "Улица слободе 3"}
	k, err := r.desk.Change(t.Context(), r.ana(), at(k), ticketing.Change{Location: &place})
	if err != nil || k.District != 1 {
		t.Errorf("district of the new place = %d, %v", k.District, err)
	}
}

func TestRulesInOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	dir, err := r.Store.Directory(t.Context())
	r.must(err)
	tag := func(id int64, name string, flow ticketing.Flow) ticketing.RoutingRule {
		return ticketing.RoutingRule{ID: id, Name: name, Flow: flow, Then: ticketing.Course{Tags: []string{name}, Department: r.Roads.ID}}
	}
	never := ticketing.RoutingRule{ID: 9, Name: "n", When: ticketing.Conditions{Channels: []ticketing.Channel{ticketing.ChannelSMS}}, Then: ticketing.Course{Tags: []string{"n"}}}
	for _, c := range []struct {
		name  string
		all   bool
		rules []ticketing.RoutingRule
		want  string
	}{
		{"the first ends it", false, []ticketing.RoutingRule{never, tag(1, "z", ""), tag(2, "a", "")}, "z"},
		{"all", true, []ticketing.RoutingRule{tag(1, "z", ""), never, tag(2, "a", "")}, "z a"},
		{"go on nevertheless", false, []ticketing.RoutingRule{tag(1, "z", ticketing.FlowGoOn), tag(2, "a", ""), tag(3, "b", "")}, "z a"},
		{"stop nevertheless", true, []ticketing.RoutingRule{tag(1, "z", ""), tag(2, "a", ticketing.FlowStop), tag(3, "b", "")}, "z a"},
		{"off", true, []ticketing.RoutingRule{{ID: 1, Name: "z", Off: true, Then: ticketing.Course{Tags: []string{"z"}}}, tag(2, "a", "")}, "a"},
	} {
		routes := ticketing.NewRoutes(ticketing.RoutingRules{Version: 3, All: c.all, Rules: c.rules, LastID: 9}, ticketing.DistrictSet{})
		d, verdicts := routes.Explain(dir, ticketing.RoutingCase{Channel: ticketing.ChannelEmail, Subject: "x"})
		var names []string
		for _, f := range d.Firings {
			names = append(names, f.Name)
		}
		if got := strings.Join(names, " "); got != c.want || !slices.Equal(d.Tags, names) {
			t.Errorf("%s: fired %q with tags %v, want %q", c.name, got, d.Tags, c.want)
		}
		if len(verdicts) != len(c.rules) {
			t.Errorf("%s: %d verdicts of %d rules", c.name, len(verdicts), len(c.rules))
		}
		if !cmp.Equal(d, routes.Decide(dir, ticketing.RoutingCase{Channel: ticketing.ChannelEmail, Subject: "x"})) {
			t.Errorf("%s: explained and decided differ", c.name)
		}
	}
}

// Keywords and senders in four languages and two scripts.
func TestRuleConditions(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	dir, err := r.Store.Directory(t.Context())
	r.must(err)
	word := func(k ...string) ticketing.Conditions { return ticketing.Conditions{Keywords: k} }
	from := func(s ...string) ticketing.Conditions { return ticketing.Conditions{Senders: s} }
	text := func(s string) ticketing.RoutingCase { return ticketing.RoutingCase{Text: s} }
	by := func(s string) ticketing.RoutingCase { return ticketing.RoutingCase{Sender: s} }
	for _, c := range []struct {
		when ticketing.Conditions
		is   ticketing.RoutingCase
		want bool
	}{
		{word("ćuprija"), text("Ћуприја је пукла"), true},
		{word("ћуприја"), text("CUPRIJA"), true},
		{word("ćuprija"), text("ćuprije"), false},
		{word("ćuprij*"), text("на ћуприји"), true},
		{word("đubre"), text("Dubre pored kontejnera"), true},
		{word("đubre"), text("ђубре"), true},
		{word("djubre"), text("Đubre"), true},
		{word("rupa"), text("skrupanje"), false},
		{word("rupa"), text("rupa."), true},
		{word("rup*"), text("rupetina"), true},
		{word("javna rasvjeta"), text("Javna\nRASVJETA"), true},
		{word("javna rasvjeta"), text("javna nova rasvjeta"), false},
		{word("javn rasvjet*"), text("javna rasvjeta"), false},
		{word("javna rasvj*"), text("јавна расвјета"), true},
		{word("drita e rrugës"), text("Drita e rruges nuk punon"), true},
		{word("ndriçim*"), text("NDRIÇIMI publik"), true},
		{word("pothole"), text("A Pothole!"), true},
		{word("a", "rupa"), text("rupa"), true},
		{word("Štrumf-5"), text("штрумф 5"), true},
		{word("rupa"), ticketing.RoutingCase{Subject: "Rupa", Text: "x"}, true},
		{word("rupa"), text(""), false},
		{from("ana@x.me"), by("ana@x.me"), true},
		{from("ana@x.me"), by("bana@x.me"), false},
		{from("x.me"), by("ana@x.me"), true},
		{from("@x.me"), by("ana@mail.x.me"), true},
		{from("x.me"), by("ana@ax.me"), false},
		{from("x.me"), by("x.me@evil.example"), false},
		{from("x.me"), by(""), false},
		{from("+38220*"), by("+38220123456"), true},
		{from("+38220123456"), by("+38220123456"), true},
		{from("+38220123456"), by("+382201234567"), false},
		{ticketing.Conditions{Languages: []lang.Tag{lang.SrCyrl}}, ticketing.RoutingCase{Language: lang.SrCyrl}, true},
		{ticketing.Conditions{Languages: []lang.Tag{lang.SrCyrl}}, ticketing.RoutingCase{Language: lang.SrLatn}, false},
		{ticketing.Conditions{Accounts: []string{"Main"}}, ticketing.RoutingCase{Account: "main"}, true},
		{ticketing.Conditions{Channels: []ticketing.Channel{ticketing.ChannelSMS}, Keywords: []string{"rupa"}}, text("rupa"), false},
		{ticketing.Conditions{}, text("bilo šta"), true},
	} {
		rules := ticketing.RoutingRules{Rules: []ticketing.RoutingRule{{ID: 1, Name: "x", When: c.when, Then: ticketing.Course{Tags: []string{"x"}}}}}
		got := len(ticketing.NewRoutes(rules, ticketing.DistrictSet{}).Decide(dir, c.is).Firings) == 1
		if got != c.want {
			t.Errorf("%+v on %+v: %v, want %v", c.when, c.is, got, c.want)
		}
	}
}

// What is wrong is refused at saving, with the rule and the field.
func TestSaveRulesRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	closed := r.Water
	closed.Disabled = true
	r.must(r.staff.SaveDepartment(t.Context(), r.adam(), &closed))
	good := ticketing.RoutingRule{Name: "Dobro", When: always, Then: ticketing.Course{Tags: []string{"x"}}}
	for _, c := range []struct {
		name, field, key string
		rule             ticketing.RoutingRule
	}{
		{"a missing department", "rules.2.department", "rule.department", ticketing.RoutingRule{Name: "x", When: always, Then: ticketing.Course{Department: 999}}},
		{"a closed department", "rules.2.department", "rule.department", ticketing.RoutingRule{Name: "x", Off: true, When: always, Then: ticketing.Course{Department: r.Water.ID}}},
		{"two departments", "rules.2.department", "rule.department_twice", ticketing.RoutingRule{Name: "x", When: always, Then: ticketing.Course{Department: r.Roads.ID, Follow: true}}},
		{"a missing category", "rules.2.category", "rule.category", ticketing.RoutingRule{Name: "x", When: always, Then: ticketing.Course{Category: 999}}},
		{"a person who left", "rules.2.person", "rule.person", ticketing.RoutingRule{Name: "x", When: always, Then: ticketing.Course{Person: r.Former.ID}}},
		{"a person of another department", "rules.2.person", "assignee.cannot_see", ticketing.RoutingRule{Name: "x", When: always, Then: ticketing.Course{Person: r.Oskar.ID, Department: r.Roads.ID}}},
		{"nothing to do", "rules.2.then", "rule.nothing", ticketing.RoutingRule{Name: "x", When: always}},
		{"no name", "rules.2.name", "rule.name", ticketing.RoutingRule{Name: " \n", When: always, Then: good.Then}},
		{"a missing district", "rules.2.districts", "rule.district", ticketing.RoutingRule{Name: "x", When: ticketing.Conditions{Districts: []ticketing.DistrictID{7}}, Then: good.Then}},
		{"no word", "rules.2.keywords", "rule.keyword", ticketing.RoutingRule{Name: "x", When: ticketing.Conditions{Keywords: []string{"***"}}, Then: good.Then}},
		{"no sender", "rules.2.senders", "rule.sender", ticketing.RoutingRule{Name: "x", When: ticketing.Conditions{Senders: []string{"everybody"}}, Then: good.Then}},
		{"half a number", "rules.2.senders", "rule.sender", ticketing.RoutingRule{Name: "x", When: ticketing.Conditions{Senders: []string{"+3a*"}}, Then: good.Then}},
		{"no condition", "rules.2.when", "rule.no_condition", ticketing.RoutingRule{Name: "x", When: ticketing.Conditions{Keywords: []string{" "}}, Then: good.Then}},
		{"always, and a condition", "rules.2.when", "rule.always", ticketing.RoutingRule{Name: "x", When: ticketing.Conditions{Always: true, Keywords: []string{"rupa"}}, Then: good.Then}},
		{"a number nobody gave", "rules.2.id", "rule.id", ticketing.RoutingRule{ID: 5, Name: "x", When: always, Then: good.Then}},
		{"a flow", "rules.2.flow", "rule.flow", ticketing.RoutingRule{Name: "x", Flow: "back", When: always, Then: good.Then}},
		{"a channel", "rules.2.channels", "channel.unknown", ticketing.RoutingRule{Name: "x", When: ticketing.Conditions{Channels: []ticketing.Channel{"fax"}}, Then: good.Then}},
	} {
		s := ticketing.RoutingRules{Rules: []ticketing.RoutingRule{good, c.rule}}
		err := r.router().SaveRules(t.Context(), r.adam(), &s)
		r.wantKey(err, ticketing.Invalid, c.key)
		if e := (*ticketing.Error)(nil); !errors.As(err, &e) || e.Field != c.field {
			t.Errorf("%s: %v, want field %s", c.name, err, c.field)
		}
	}
	s := ticketing.RoutingRules{Rules: []ticketing.RoutingRule{good}}
	r.wantKind(r.router().SaveRules(t.Context(), r.ana(), &s), ticketing.Forbidden)
}

// A rule whose department was closed since is passed over there, says so, and
// keeps nobody from changing the others.
func TestRuleWithAClosedDepartment(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	s := r.saveRules(false,
		ticketing.RoutingRule{Name: "Vode", When: always, Then: ticketing.Course{Department: r.Water.ID, Tags: []string{"voda"}}},
		ticketing.RoutingRule{Name: "Putevi", When: always, Then: ticketing.Course{Department: r.Roads.ID}})
	closed := r.Water
	closed.Disabled = true
	r.must(r.staff.SaveDepartment(t.Context(), r.adam(), &closed))
	if k := r.open(r.mail("Voda", "curi")); k.Department != r.Bureau.ID || !k.HasTag("voda") {
		t.Errorf("department %d, tags %v", k.Department, k.Tags)
	}
	dir, err := r.Store.Directory(t.Context())
	r.must(err)
	if f := s.Rules[0].Faults(dir); len(f) != 1 || f[0].Key != "rule.department" {
		t.Errorf("faults = %v", f)
	}
	moved := s.Moved(s.Rules[1].ID, -1)
	r.must(r.router().SaveRules(t.Context(), r.adam(), &moved))
	if k := r.open(r.mail("Voda", "curi")); k.Department != r.Roads.ID {
		t.Errorf("department %d after the other rule came first", k.Department)
	}
	r.wantKind(r.router().SaveRules(t.Context(), r.adam(), &s), ticketing.Stale)
	old, v, err := r.router().RulesAt(t.Context(), r.adam(), 1)
	if err != nil || v.By != r.adam().ID() || len(old.Rules) != 2 || old.Rules[0].Name != "Vode" {
		t.Errorf("version 1 = %+v, %+v, %v", old, v, err)
	}
}

// A dry run says what rules would have done and writes nothing.
func TestDryRun(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	for i := range 7 {
		k := r.open(r.mail("Lampa", fmt.Sprint("ne gori ", i)))
		if i < 2 { // two went to the lighting by hand
			_, err := r.desk.Move(t.Context(), r.ana(), at(k), r.Lighting.ID, "")
			r.must(err)
		}
	}
	r.open(r.mail("Nešto drugo", "zdravo"))
	spam := r.mail("Lampa", "kupite")
	spam.Spam = true
	r.open(spam)
	before, err := r.Store.Events(t.Context(), "", "", time.Time{}, time.Time{}, "", 200)
	r.must(err)
	rules := ticketing.RoutingRules{Rules: []ticketing.RoutingRule{
		{Name: "Rasvjeta", Off: true, When: ticketing.Conditions{Keywords: []string{"lampa"}}, Then: ticketing.Course{Department: r.Lighting.ID}},
	}}
	got, err := r.router().DryRun(t.Context(), r.adam(), rules, 100, true)
	r.must(err)
	if got.Tickets != 8 || got.Routed != 7 || got.Fired[1] != 7 || got.Changes != 5 || got.Direct != 3 || got.Before != 6 || len(got.Shown) != 5 {
		t.Errorf("dry run = %+v", got)
	}
	if c := got.Shown[0]; c.From != r.Bureau.ID || c.To != r.Lighting.ID || c.Subject != "Lampa" || !slices.Equal(c.Rules, []int64{1}) {
		t.Errorf("first change = %+v", c)
	}
	off, err := r.router().DryRun(t.Context(), r.adam(), rules, 3, false)
	r.must(err)
	if off.Tickets != 3 || off.Routed != 0 {
		t.Errorf("with the rule off: %+v", off)
	}
	after, err := r.Store.Events(t.Context(), "", "", time.Time{}, time.Time{}, "", 200)
	r.must(err)
	if len(before.Items) != len(after.Items) {
		t.Error("a dry run left events")
	}
	_, err = r.router().DryRun(t.Context(), r.adam(), rules, ticketing.MaxDryRun+1, true)
	r.wantKey(err, ticketing.Invalid, "rule.dry_run_bound")
	_, err = r.router().DryRun(t.Context(), r.ana(), rules, 1, true)
	r.wantKind(err, ticketing.Forbidden)
	rules.Rules[0].Then.Department = 999
	_, err = r.router().DryRun(t.Context(), r.adam(), rules, 1, true)
	r.wantKey(err, ticketing.Invalid, "rule.department")
}

func benchmarkRules(n int) ticketing.RoutingRules {
	s := ticketing.RoutingRules{All: true, LastID: int64(n)}
	for i := range n {
		s.Rules = append(s.Rules, ticketing.RoutingRule{
			ID: int64(i + 1), Name: fmt.Sprint("pravilo ", i),
			When: ticketing.Conditions{
				Keywords: []string{fmt.Sprintf("riječ%d", i), fmt.Sprintf("počet%d*", i), fmt.Sprintf("javna rasvjeta %d", i)},
				Senders:  []string{fmt.Sprintf("firma%d.example", i), "posta.example"}, Channels: []ticketing.Channel{ticketing.ChannelEmail},
			},
			Then: ticketing.Course{Tags: []string{"x"}},
		})
	}
	return s
}

// BenchmarkDecide judges a mail of 8 kB by 500 rules; it has to take less than
// a millisecond.
func BenchmarkDecide(b *testing.B) {
	r := newRig(b, "")
	r.saveDistricts()
	dir, err := r.Store.Directory(b.Context())
	r.must(err)
	routes := ticketing.NewRoutes(benchmarkRules(500), dir.Routes.Districts)
	c := ticketing.RoutingCase{
		Channel: ticketing.ChannelEmail, Sender: citizen, Subject: "Javna rasvjeta 77",
		Text: strings.Repeat("Поштовани, у Његошевој улици не ради јавна расвјета већ недјељу дана. Hvala na odgovoru. ", 8<<10/150) + "počet499ak",
	}
	for b.Loop() {
		if d := routes.Decide(dir, c); len(d.Firings) != 4 { // 77; 4, 49 and 499 by their beginnings
			b.Fatalf("%d rules fired", len(d.Firings))
		}
	}
}
