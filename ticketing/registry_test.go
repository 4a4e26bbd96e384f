package ticketing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// secret gives the secret of the link in the newest mail to the address.
func (r *rig) secret(address string) string {
	r.Helper()
	for _, d := range r.claim() {
		if i := strings.Index(d.Text, "/welcome/"); d.To.Address == address && i > 0 {
			s := strings.Fields(d.Text[i+len("/welcome/"):])[0]
			return strings.TrimRight(s, ".,)")
		}
	}
	r.Fatalf("no link to %s", address)
	return ""
}

// agent reads an agent with the password hash.
func (r *rig) agent(id ticketing.AgentID) (a ticketing.Agent) {
	r.Helper()
	r.must(r.Store.InTx(r.Context(), func(tx ticketing.Tx) error {
		x, err := tx.Agent(r.Context(), id)
		if err == nil {
			a = *x
		}
		return err
	}))
	return a
}

func (r *rig) session(id ticketing.AgentID) string {
	r.Helper()
	hash := ticketing.HashSecret(time.Now().String())
	r.must(r.Store.SaveSession(r.Context(), ticketing.Session{Hash: hash, Agent: id, ExpiresAt: r.Clock.Now().Add(24 * time.Hour)}))
	return hash
}

// admin gives the events of the installation's chain.
func (r *rig) admin() []ticketing.Event {
	r.Helper()
	page, err := r.Store.Events(r.Context(), ticketing.EventAdmin, "", time.Time{}, time.Time{}, "", 200)
	r.must(err)
	return page.Items
}

func TestInviteWorksOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	link, err := r.staff.Invite(t.Context(), r.adam(), r.Oskar.ID, ticketing.PassInvite)
	r.must(err)
	s := r.secret(r.Oskar.Email)
	if !strings.HasSuffix(link, s) {
		t.Errorf("link %s, mailed %s", link, s)
	}
	if a, purpose, err := r.staff.PassOf(t.Context(), s); err != nil || a.ID != r.Oskar.ID || purpose != ticketing.PassInvite {
		t.Errorf("looked at: %v, %s, %v", a.ID, purpose, err)
	}
	session := r.session(r.Oskar.ID)
	id, err := r.staff.AcceptPass(t.Context(), s, "new hash")
	if err != nil || id != r.Oskar.ID || r.agent(id).PasswordHash != "new hash" {
		t.Fatalf("accepted: %d, %v", id, err)
	}
	_, err = r.Store.Session(t.Context(), session)
	r.wantKind(err, ticketing.NotFound)
	_, err = r.staff.AcceptPass(t.Context(), s, "again")
	r.wantKind(err, ticketing.Gone)
	for _, wrong := range []string{"", "x", strings.Repeat("x", 32), strings.Repeat("x", 5000)} {
		_, err = r.staff.AcceptPass(t.Context(), wrong, "h")
		r.wantKind(err, ticketing.NotFound)
	}
	for _, e := range r.admin() {
		if strings.Contains(e.DataJSON, s) || strings.Contains(e.DataJSON, "hash") {
			t.Errorf("the audit tells a secret: %s", e.DataJSON)
		}
	}
}

func TestPassExpires(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	_, err := r.staff.Invite(t.Context(), r.adam(), r.Oskar.ID, ticketing.PassReset)
	r.must(err)
	s := r.secret(r.Oskar.Email)
	r.Clock.Advance(24 * time.Hour)
	_, err = r.staff.AcceptPass(t.Context(), s, "h")
	r.wantKind(err, ticketing.Gone)
	_, _, err = r.staff.PassOf(t.Context(), s)
	r.wantKind(err, ticketing.Gone)
	_, err = r.staff.Invite(t.Context(), r.ana(), r.Oskar.ID, ticketing.PassInvite)
	r.wantKind(err, ticketing.Forbidden)
	_, err = r.staff.Invite(t.Context(), r.adam(), r.Former.ID, ticketing.PassInvite)
	r.wantKind(err, ticketing.Conflict)
}

// TestResetEnumeratesNothing: A53, the answer is the same for everybody.
func TestResetEnumeratesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	for _, mail := range []string{"", "x", "niko@grad.example", r.Former.Email, "a@b\r\nBcc: c@d"} {
		if err := r.staff.RequestReset(t.Context(), mail); err != nil {
			t.Errorf("%q: %v", mail, err)
		}
	}
	if n := len(r.claim()); n != 0 {
		t.Errorf("%d mails to nobody", n)
	}
	r.must(r.staff.RequestReset(t.Context(), strings.ToUpper(r.Ana.Email)))
	if s := r.secret(r.Ana.Email); len(s) < 20 {
		t.Errorf("secret of %d characters", len(s))
	}
}

func TestLastAdmin(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	for name, change := range map[string]func(a *ticketing.Agent){
		"disable": func(a *ticketing.Agent) { a.Disabled = true },
		"demote":  func(a *ticketing.Agent) { a.Role = ticketing.RoleAgent },
	} {
		a := r.agent(r.Adam.ID)
		change(&a)
		if err := r.staff.SaveAgent(t.Context(), r.adam(), &a); ticketing.KindOf(err) != ticketing.Conflict {
			t.Errorf("%s the last admin: %v", name, err)
		}
	}
	second := ticketing.Agent{Name: "Druga", Email: "druga@grad.example", Role: ticketing.RoleAdmin}
	r.must(r.staff.SaveAgent(t.Context(), r.adam(), &second))
	a := r.agent(r.Adam.ID)
	a.Disabled = true
	r.must(r.staff.SaveAgent(t.Context(), ticketing.ActorOf(second), &a))
}

// TestDisablingEndsSessions: A57, at once.
func TestDisablingEndsSessions(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	session := r.session(r.Ana.ID)
	r.must(r.Store.SaveToken(t.Context(), &ticketing.Token{Hash: "h", Agent: r.Ana.ID, Name: "bot"}))
	a := r.agent(r.Ana.ID)
	a.Disabled = true
	r.must(r.staff.SaveAgent(t.Context(), r.adam(), &a))
	_, err := r.Store.Session(t.Context(), session)
	r.wantKind(err, ticketing.NotFound)
	if k, err := r.Store.TokenByHash(t.Context(), "h"); err != nil || k.RevokedAt.IsZero() {
		t.Errorf("the token lives on: %v", err)
	}
}

// TestSavingAnAgentKeepsThePassword: pages know agents without their hash.
func TestSavingAnAgentKeepsThePassword(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	a, ok := r.directory().Agent(r.Ana.ID)
	if !ok || a.PasswordHash != "" {
		t.Fatal("the directory gives hashes away")
	}
	a.Name = "Ana Nova"
	r.must(r.staff.SaveAgent(t.Context(), r.adam(), &a))
	got := r.agent(r.Ana.ID)
	if got.Name != "Ana Nova" || got.PasswordHash != r.PasswordHash {
		t.Errorf("saved: %q, password kept %v", got.Name, got.PasswordHash == r.PasswordHash)
	}
	stale := a
	stale.Version--
	r.wantKind(r.staff.SaveAgent(t.Context(), r.adam(), &stale), ticketing.Stale)
}

// TestRegistryRunTwice: a store may run a transaction's function again; what it
// was given must not be spoiled by the first run.
func TestRegistryRunTwice(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	twice := ticketingtest.NewFaultStore(r.Store)
	twice.RunTwice(true)
	staff := ticketing.Registry{Bureau: r.over(twice)}
	names := map[lang.Tag]string{lang.SrLatn: "Nova"}
	d := ticketing.Department{Code: "new", Names: names}
	r.must(staff.SaveDepartment(t.Context(), r.adam(), &d))
	d.Email = "nova@grad.example"
	r.must(staff.SaveDepartment(t.Context(), r.adam(), &d))
	c := ticketing.Category{Code: "new", Names: names, Department: d.ID}
	r.must(staff.SaveCategory(t.Context(), r.adam(), &c))
	c.ResolveDays = 3
	r.must(staff.SaveCategory(t.Context(), r.adam(), &c))
	a := ticketing.Agent{Name: "Novi", Email: "novi@grad.example", Role: ticketing.RoleOfficer, Departments: []ticketing.DepartmentID{d.ID}}
	r.must(staff.SaveAgent(t.Context(), r.adam(), &a))
	a.Name = "Novi Drugi"
	r.must(staff.SaveAgent(t.Context(), r.adam(), &a))
	dir := r.directory()
	if got, ok := dir.Department(d.ID); !ok || got.Email != d.Email || d.Version != got.Version {
		t.Errorf("department = %+v, given %+v", got, d)
	}
	if got, ok := dir.Category(c.ID); !ok || got.ResolveDays != 3 || c.Version != got.Version {
		t.Errorf("category = %+v, given %+v", got, c)
	}
	if got, ok := dir.Agent(a.ID); !ok || got.Name != "Novi Drugi" || a.Version != got.Version {
		t.Errorf("agent = %+v, given %+v", got, a)
	}
	if n := len(r.admin()); n != 6 {
		t.Errorf("%d events of 6 changes", n)
	}
}

// TestRegistryRefusals: who may not is told so, whatever else is wrong.
func TestRegistryRefusals(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	names := map[lang.Tag]string{lang.SrLatn: "x"}
	r.wantKind(r.staff.SaveDepartment(t.Context(), r.ana(), &ticketing.Department{}), ticketing.Forbidden)
	r.wantKind(r.staff.SaveCategory(t.Context(), r.ana(), &ticketing.Category{}), ticketing.Forbidden)
	r.wantKind(r.staff.SaveAgent(t.Context(), r.ana(), &ticketing.Agent{}), ticketing.Forbidden)
	for name, err := range map[string]error{
		"code":        r.staff.SaveDepartment(t.Context(), r.adam(), &ticketing.Department{Code: "A b", Names: names}),
		"no name":     r.staff.SaveDepartment(t.Context(), r.adam(), &ticketing.Department{Code: "a", Names: map[lang.Tag]string{lang.En: " "}}),
		"mail":        r.staff.SaveDepartment(t.Context(), r.adam(), &ticketing.Department{Code: "a", Names: names, Email: "x"}),
		"department":  r.staff.SaveCategory(t.Context(), r.adam(), &ticketing.Category{Code: "a", Names: names, Department: 99}),
		"profile":     r.staff.SaveCategory(t.Context(), r.adam(), &ticketing.Category{Code: "a", Names: names, Department: 1, Profile: "x"}),
		"days":        r.staff.SaveCategory(t.Context(), r.adam(), &ticketing.Category{Code: "a", Names: names, Department: 1, ResolveDays: 400}),
		"proof":       r.staff.SaveCategory(t.Context(), r.adam(), &ticketing.Category{Code: "a", Names: names, Department: 1, Proof: "x"}),
		"role":        r.staff.SaveAgent(t.Context(), r.adam(), &ticketing.Agent{Name: "x", Email: "x@y.example", Role: "king"}),
		"officer":     r.staff.SaveAgent(t.Context(), r.adam(), &ticketing.Agent{Name: "x", Email: "x@y.example", Role: ticketing.RoleOfficer}),
		"departments": r.staff.SaveAgent(t.Context(), r.adam(), &ticketing.Agent{Name: "x", Email: "x@y.example", Role: ticketing.RoleHead, Departments: []ticketing.DepartmentID{99}}),
	} {
		if ticketing.KindOf(err) != ticketing.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	taken := ticketing.Agent{Name: "x", Email: r.Ana.Email, Role: ticketing.RoleAgent}
	r.wantKind(r.staff.SaveAgent(t.Context(), r.adam(), &taken), ticketing.Conflict)
}

func TestOwnChoices(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	dark, sq, wrong := "dark", lang.Sq, "pink"
	a, err := r.staff.ChangeOwn(t.Context(), r.ana(), ticketing.OwnChange{Theme: &dark, Language: &sq})
	if err != nil || a.Theme != "dark" || a.Language != lang.Sq || r.agent(r.Ana.ID).PasswordHash != r.PasswordHash {
		t.Errorf("own choices: %+v, %v", a, err)
	}
	_, err = r.staff.ChangeOwn(t.Context(), r.ana(), ticketing.OwnChange{Theme: &wrong})
	r.wantKind(err, ticketing.Invalid)
	_, err = r.staff.ChangeOwn(t.Context(), ticketing.Actor{}, ticketing.OwnChange{Theme: &dark})
	r.wantKind(err, ticketing.Unauthenticated)
	session := r.session(r.Ana.ID)
	_, err = r.staff.ChangeOwnPassword(t.Context(), r.ana(), "h2")
	r.must(err)
	_, err = r.Store.Session(t.Context(), session)
	r.wantKind(err, ticketing.NotFound)
}

// TestTokens: A51; a token never has more rights than its agent, and its secret
// is kept nowhere.
func TestTokens(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := &ticketing.Token{Name: "most", Agent: r.Oskar.ID, Rights: []ticketing.Right{ticketing.RightRead}}
	s, err := r.staff.IssueToken(t.Context(), r.adam(), r.Store, k)
	r.must(err)
	if got, err := r.Store.TokenByHash(t.Context(), ticketing.HashSecret(s)); err != nil || got.Agent != r.Oskar.ID || strings.Contains(got.Hash, s) {
		t.Errorf("token = %+v, %v", got, err)
	}
	for name, bad := range map[string]*ticketing.Token{
		"more than the role": {Name: "x", Agent: r.Oskar.ID, Rights: []ticketing.Right{ticketing.RightManage}},
		"no rights":          {Name: "x", Agent: r.Oskar.ID},
		"nobody's":           {Name: "x", Agent: 99, Rights: k.Rights},
		"of who left":        {Name: "x", Agent: r.Former.ID, Rights: k.Rights},
	} {
		_, err := r.staff.IssueToken(t.Context(), r.adam(), r.Store, bad)
		if ticketing.KindOf(err) != ticketing.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = r.staff.IssueToken(t.Context(), r.ana(), r.Store, k)
	r.wantKind(err, ticketing.Forbidden)
	r.must(r.staff.RevokeToken(t.Context(), r.adam(), r.Store, k.ID))
	if got, err := r.Store.TokenByHash(t.Context(), ticketing.HashSecret(s)); err != nil || got.RevokedAt.IsZero() {
		t.Errorf("revoked: %+v, %v", got, err)
	}
	r.wantKind(r.staff.RevokeToken(t.Context(), r.adam(), r.Store, 999), ticketing.NotFound)
}
