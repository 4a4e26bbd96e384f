package storagetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/calendar"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// directoryWith waits until the snapshot, at most a second old, shows what is wanted.
func (r *room) directoryWith(t *testing.T, what string, is func(d *ticketing.Directory) bool) *ticketing.Directory {
	t.Helper()
	var d *ticketing.Directory
	r.eventually(t, what, func() bool {
		var err error
		d, err = r.Directory(ctx())
		must(t, err)
		return is(d)
	})
	return d
}

func testDirectory(t *testing.T, r *room) {
	t.Run("departments", func(t *testing.T) { testDepartments(t, r) })
	t.Run("categories", func(t *testing.T) { testCategories(t, r) })
	t.Run("agents", func(t *testing.T) { testAgents(t, r) })
	t.Run("the snapshot holds no password hash", func(t *testing.T) {
		d := r.directoryWith(t, "agents", func(d *ticketing.Directory) bool { return len(d.Agents) >= 8 })
		for _, a := range d.Agents {
			if a.PasswordHash != "" {
				t.Errorf("agent %d comes with a password hash", a.ID)
			}
		}
	})
	t.Run("every change raises the stamp", func(t *testing.T) {
		before := r.directoryWith(t, "a snapshot", func(d *ticketing.Directory) bool { return d.Stamp > 0 || len(d.Agents) > 0 })
		r.in(t, func(tx ticketing.Tx) error {
			return tx.SaveDepartment(ctx(), &ticketing.Department{Code: "stamp", Names: map[lang.Tag]string{lang.SrLatn: "Pečat"}})
		})
		r.directoryWith(t, "a higher stamp", func(d *ticketing.Directory) bool { return d.Stamp > before.Stamp })
	})
	t.Run("a snapshot never changes", func(t *testing.T) {
		d, err := r.Directory(ctx())
		must(t, err)
		n, stamp := len(d.Departments), d.Stamp
		r.in(t, func(tx ticketing.Tx) error {
			return tx.SaveDepartment(ctx(), &ticketing.Department{Code: "later", Names: map[lang.Tag]string{lang.SrLatn: "Kasnije"}})
		})
		r.directoryWith(t, "the new department", func(d *ticketing.Directory) bool { _, ok := d.DepartmentByCode("later"); return ok })
		if len(d.Departments) != n || d.Stamp != stamp {
			t.Error("a snapshot handed out before has changed")
		}
	})
}

func testDepartments(t *testing.T, r *room) {
	want := ticketing.Department{
		Code: "parks", Names: map[lang.Tag]string{lang.SrLatn: "Zelenilo", lang.Sq: "Gjelbërimi"}, Email: "parkovi@grad.example",
		Digest: true, Intake: true, LegHours: 24, Disabled: true,
	}
	r.in(t, func(tx ticketing.Tx) error { return tx.SaveDepartment(ctx(), &want) })
	if want.ID == 0 || want.Version == 0 {
		t.Fatalf("new department has ID %d, version %d", want.ID, want.Version)
	}
	shown := func() ticketing.Department {
		var got ticketing.Department
		r.directoryWith(t, "the department", func(d *ticketing.Directory) bool {
			x, ok := d.Department(want.ID)
			got = x
			return ok && x.Version == want.Version
		})
		return got
	}
	same(t, "department", shown(), want)
	old := want
	want.Names, want.Email, want.Digest, want.Intake, want.Disabled = map[lang.Tag]string{lang.En: "Parks"}, "", false, false, false
	r.in(t, func(tx ticketing.Tx) error { return tx.SaveDepartment(ctx(), &want) })
	if want.Version != old.Version+1 {
		t.Errorf("Version = %d, want %d", want.Version, old.Version+1)
	}
	same(t, "changed department", shown(), want)
	r.refused(t, ticketing.Stale, func(tx ticketing.Tx) error { return tx.SaveDepartment(ctx(), &old) })
	r.refused(t, ticketing.Conflict, func(tx ticketing.Tx) error {
		return tx.SaveDepartment(ctx(), &ticketing.Department{Code: "parks", Names: map[lang.Tag]string{lang.SrLatn: "Dvojnik"}})
	})
	r.refused(t, ticketing.Conflict, func(tx ticketing.Tx) error {
		x := want
		x.Code = r.Roads.Code
		return tx.SaveDepartment(ctx(), &x)
	})
	same(t, "department after refusals", shown(), want)
}

func testCategories(t *testing.T, r *room) {
	want := ticketing.Category{
		Code: "graffiti", Names: map[lang.Tag]string{lang.SrLatn: "Grafiti"}, Department: r.Cleaning.ID, OnCall: true, Profile: "tivat",
		ResolveDays: 9, Proof: ticketing.ProofDecision, Default: true, Disabled: true,
	}
	r.in(t, func(tx ticketing.Tx) error { return tx.SaveCategory(ctx(), &want) })
	shown := func() ticketing.Category {
		var got ticketing.Category
		r.directoryWith(t, "the category", func(d *ticketing.Directory) bool {
			x, ok := d.Category(want.ID)
			got = x
			return ok && x.Version == want.Version
		})
		return got
	}
	same(t, "category", shown(), want)
	old := want
	want = ticketing.Category{ID: want.ID, Version: want.Version, Code: "graffiti-2", Names: map[lang.Tag]string{lang.En: "Graffiti"}, Department: r.Roads.ID}
	r.in(t, func(tx ticketing.Tx) error { return tx.SaveCategory(ctx(), &want) })
	same(t, "changed category", shown(), want)
	r.refused(t, ticketing.Stale, func(tx ticketing.Tx) error { return tx.SaveCategory(ctx(), &old) })
	r.refused(t, ticketing.Conflict, func(tx ticketing.Tx) error {
		return tx.SaveCategory(ctx(), &ticketing.Category{Code: "graffiti-2", Names: map[lang.Tag]string{lang.En: "Twin"}, Department: r.Roads.ID})
	})
}

func testAgents(t *testing.T, r *room) {
	want := ticketing.Agent{
		Email: "novi@grad.example", Name: "Нови Службеник", Role: ticketing.RoleHead, Departments: []ticketing.DepartmentID{r.Roads.ID, r.Water.ID},
		PasswordHash: r.PasswordHash, Language: lang.Sq, Theme: "dark", SingleKeys: true, Disabled: true, CreatedAt: r.now(), LastSeenAt: r.now().Add(time.Hour),
	}
	r.in(t, func(tx ticketing.Tx) error { return tx.SaveAgent(ctx(), &want) })
	load := func() (byID, byEmail *ticketing.Agent) {
		r.in(t, func(tx ticketing.Tx) (err error) {
			if byID, err = tx.Agent(ctx(), want.ID); err != nil {
				return err
			}
			byEmail, err = tx.AgentByEmail(ctx(), want.Email)
			return err
		})
		return byID, byEmail
	}
	byID, byEmail := load()
	same(t, "agent", byID, &want)
	same(t, "agent by e-mail", byEmail, &want)
	old := want
	want = ticketing.Agent{ID: want.ID, Version: want.Version, Email: "drugi@grad.example", Name: "Drugi", Role: ticketing.RoleAgent, CreatedAt: want.CreatedAt}
	r.in(t, func(tx ticketing.Tx) error { return tx.SaveAgent(ctx(), &want) })
	byID, _ = load()
	same(t, "changed agent", byID, &want)
	r.refused(t, ticketing.Stale, func(tx ticketing.Tx) error { return tx.SaveAgent(ctx(), &old) })
	r.refused(t, ticketing.Conflict, func(tx ticketing.Tx) error {
		return tx.SaveAgent(ctx(), &ticketing.Agent{Email: r.Ana.Email, Name: "Dvojnik", Role: ticketing.RoleAgent, CreatedAt: r.now()})
	})
	for name, read := range map[string]func(tx ticketing.Tx) error{
		"by ID":         func(tx ticketing.Tx) error { _, err := tx.Agent(ctx(), 1<<40); return err },
		"by e-mail":     func(tx ticketing.Tx) error { _, err := tx.AgentByEmail(ctx(), "novi@grad.example"); return err },
		"by no e-mail":  func(tx ticketing.Tx) error { _, err := tx.AgentByEmail(ctx(), ""); return err },
		"by a wildcard": func(tx ticketing.Tx) error { _, err := tx.AgentByEmail(ctx(), "%@grad.example"); return err },
	} {
		if err := r.InTx(ctx(), read); ticketing.KindOf(err) != ticketing.NotFound {
			t.Errorf("unknown agent %s: %v, want not found", name, err)
		}
	}
}

func testRules(t *testing.T, r *room) {
	newest := func() (profile, cal int, byDefault string) {
		d, err := r.Directory(ctx())
		must(t, err)
		if d.Rules == nil {
			return 0, 0, ""
		}
		p, _ := d.Rules.Profile("podgorica", 0)
		if c, ok := d.Rules.Calendar("office-hours", 0); ok {
			cal = c.Version()
		}
		return p.Version, cal, d.Rules.Default
	}
	wait := func(t *testing.T, profile, cal int, byDefault string) {
		t.Helper()
		r.eventually(t, fmt.Sprintf("rules %d, %d, %q", profile, cal, byDefault), func() bool {
			p, c, b := newest()
			return p == profile && c == cal && b == byDefault
		})
	}
	save := func(t *testing.T, profiles []ticketing.Profile, calendars []calendar.Spec, byDefault string) {
		t.Helper()
		r.in(t, func(tx ticketing.Tx) error {
			return ticketing.EnterRules(ctx(), tx, profiles, calendars, byDefault, r.now())
		})
	}
	profiles, calendars := ticketingtest.Profiles(), ticketingtest.Calendars()
	wait(t, 1, 1, "24x7")
	t.Run("the shipped promises are there", func(t *testing.T) {
		d, err := r.Directory(ctx())
		must(t, err)
		var got []ticketing.Profile
		for _, p := range profiles {
			x, ok := d.Rules.Profile(p.Name, 0)
			if !ok {
				t.Errorf("profile %q is missing", p.Name)
			}
			got = append(got, x)
		}
		same(t, "profiles", got, profiles)
		for _, c := range calendars {
			x, ok := d.Rules.Calendar(c.Name, 0)
			if !ok {
				t.Fatalf("calendar %q is missing", c.Name)
			}
			same(t, "calendar", x.Spec(), c)
		}
		if zone := d.Rules.Zone().String(); zone != "Europe/Podgorica" {
			t.Errorf("zone = %q", zone)
		}
	})
	t.Run("equal ones change nothing", func(t *testing.T) {
		save(t, profiles, calendars, "24x7")
		r.Clock.Advance(2 * time.Second)
		wait(t, 1, 1, "24x7")
	})
	t.Run("another content is another version, and the old one stays", func(t *testing.T) {
		profiles[3].Target = 72 * time.Hour
		calendars[1].Weekly = calendar.WeekdaysFrom(time.Monday, time.Saturday, 8*60, 16*60)
		save(t, profiles, calendars, "podgorica")
		wait(t, 2, 2, "podgorica")
		d, err := r.Directory(ctx())
		must(t, err)
		old, ok := d.Rules.Profile("podgorica", 1)
		if !ok || old.Target != 48*time.Hour {
			t.Errorf("first version = %+v, %v, want 48 h", old, ok)
		}
		if p, _ := d.Rules.Profile("tivat", 0); p.Version != 1 {
			t.Errorf("an unchanged profile has version %d", p.Version)
		}
	})
	t.Run("back to the first content is a third version", func(t *testing.T) {
		save(t, ticketingtest.Profiles(), ticketingtest.Calendars(), "podgorica")
		wait(t, 3, 3, "podgorica")
	})
	t.Run("who made a version and when is kept, and none is made twice", func(t *testing.T) { testRuleHistory(t, r) })
	t.Run("rules that cannot be kept are invalid", func(t *testing.T) { testBadRules(t, r, wait) })
}

func testRuleHistory(t *testing.T, r *room) {
	policy := ticketing.Rule{Kind: ticketing.RulePolicy, Name: "urgent", Version: 1, Body: `{"Name":"urgent","Version":1,"Priorities":[3]}`, By: "agent:7", At: r.now()}
	r.in(t, func(tx ticketing.Tx) error { return tx.AddRules(ctx(), ticketing.Rules{policy}) })
	r.Clock.Advance(2 * time.Second)
	r.eventually(t, "the policy", func() bool {
		d, err := r.Directory(ctx())
		must(t, err)
		return len(d.Rules.Policies()) == 1
	})
	d, err := r.Directory(ctx())
	must(t, err)
	same(t, "history", d.Rules.History(ticketing.RulePolicy, "urgent"), []ticketing.Rule{policy})
	if p := d.Rules.History(ticketing.RuleProfile, "podgorica"); len(p) != 3 || p[0].Version != 3 || p[2].Edited() || p[2].At.IsZero() {
		t.Errorf("history of a promise = %+v", p)
	}
	r.refused(t, ticketing.Stale, func(tx ticketing.Tx) error { return tx.AddRules(ctx(), ticketing.Rules{policy}) })
	r.in(t, func(tx ticketing.Tx) error {
		all, err := tx.Rules(ctx())
		if newest, ok := all.Newest(ticketing.RulePolicy, "urgent"); !ok || !newest.Edited() || newest.Version != 1 {
			t.Errorf("newest = %+v, %v", newest, ok)
		}
		return err
	})
}

func testBadRules(t *testing.T, r *room, wait func(t *testing.T, profile, cal int, byDefault string)) {
	r.refused(t, ticketing.Invalid, func(tx ticketing.Tx) error {
		return ticketing.EnterRules(ctx(), tx, ticketingtest.Profiles(), ticketingtest.Calendars(), "unknown", r.now())
	})
	bad := ticketingtest.Profiles()
	bad[0].Target = 0
	r.refused(t, ticketing.Invalid, func(tx ticketing.Tx) error {
		return ticketing.EnterRules(ctx(), tx, bad, ticketingtest.Calendars(), "24x7", r.now())
	})
	r.Clock.Advance(2 * time.Second)
	wait(t, 3, 3, "podgorica")
}
