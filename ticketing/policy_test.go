package ticketing_test

import (
	"errors"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/calendar"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// saveRule enters a new version as the admin does.
func (r *rig) saveRule(d ticketing.RuleDraft, seen int) {
	r.Helper()
	r.must(r.staff.SaveRule(r.Context(), r.adam(), d, seen))
}

// TestPolicyPrecedence: more conditions before fewer, then category before
// department before priority before channel, then the rank.
func TestPolicyPrecedence(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	light, urgent := r.Streetlight.ID, ticketing.PriorityUrgent
	for i, p := range []ticketing.Policy{
		{Name: "mail", Channels: []ticketing.Channel{ticketing.ChannelEmail}},
		{Name: "urgent", Priorities: []ticketing.Priority{urgent}},
		{Name: "lighting", Departments: []ticketing.DepartmentID{r.Lighting.ID}},
		{Name: "lights", Categories: []ticketing.CategoryID{light}},
		{Name: "lights-two", Categories: []ticketing.CategoryID{light}, Rank: 1},
		{Name: "urgent-mail", Priorities: []ticketing.Priority{urgent}, Channels: []ticketing.Channel{ticketing.ChannelEmail}},
		{Name: "exact", Categories: []ticketing.CategoryID{light}, Departments: []ticketing.DepartmentID{r.Lighting.ID}, Priorities: []ticketing.Priority{urgent}, Channels: []ticketing.Channel{ticketing.ChannelEmail}},
		{Name: "any"},
	} {
		p.Target = time.Duration(i+1) * time.Hour
		r.saveRule(ticketing.DraftPolicy(p), 0)
	}
	dir, err := r.Store.Directory(t.Context())
	r.must(err)
	phone, mail := ticketing.ChannelPhone, ticketing.ChannelEmail
	for _, c := range []struct {
		category ticketing.Category
		facts    ticketing.Facts
		want     string
	}{
		{r.Streetlight, ticketing.Facts{Priority: urgent, Department: r.Lighting.ID, Channel: mail}, "exact"},
		{r.Streetlight, ticketing.Facts{Priority: urgent, Department: r.Roads.ID, Channel: mail}, "urgent-mail"},
		{r.Streetlight, ticketing.Facts{Department: r.Lighting.ID, Channel: mail}, "lights"},
		{r.Pothole, ticketing.Facts{Priority: urgent, Department: r.Lighting.ID, Channel: phone}, "lighting"},
		{r.Pothole, ticketing.Facts{Priority: urgent, Department: r.Roads.ID, Channel: phone}, "urgent"},
		{r.Pothole, ticketing.Facts{Department: r.Roads.ID, Channel: mail}, "mail"},
		{r.Pothole, ticketing.Facts{Department: r.Roads.ID, Channel: phone}, "any"},
	} {
		if got := dir.Rules.Terms(c.category, c.facts); got.Policy != c.want || got.PolicyVersion != 1 {
			t.Errorf("%s %+v: %q decides, want %q", c.category.Code, c.facts, got.Policy, c.want)
		}
	}
}

// TestPolicyRefused: what names something unknown or can never be met is refused
// with its field.
func TestPolicyRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	reg := r.staff
	negative := -1
	for field, p := range map[string]ticketing.Policy{
		"profile":      {Name: "a", Profile: "none-such"},
		"target":       {Name: "a", Target: -time.Hour},
		"resolve_days": {Name: "a", ResolveDays: &negative},
		"name":         {Name: "Not a name"},
	} {
		err := reg.SaveRule(t.Context(), r.adam(), ticketing.DraftPolicy(p), 0)
		if x := fieldOf(err); ticketing.KindOf(err) != ticketing.Invalid || x != field {
			t.Errorf("%s: %v of field %q", field, err, x)
		}
	}
	// A calendar of one date cannot hold a promise of more hours than it has.
	once := calendar.Spec{Name: "once", Zone: "Europe/Podgorica", Extra: []calendar.ExtraDay{{Date: calendar.Date{Year: 2026, Month: 12, Day: 5}, From: 480, To: 720}}}
	r.saveRule(ticketing.DraftCalendar(once), 0)
	p := ticketing.Profile{Name: "once", Start: ticketing.FromReceipt, Calendar: "once", Target: 4 * time.Hour}
	r.saveRule(ticketing.DraftProfile(p), 0)
	err := reg.SaveRule(t.Context(), r.adam(), ticketing.DraftPolicy(ticketing.Policy{Name: "a", Profile: "once", Target: 5 * time.Hour}), 0)
	if fieldOf(err) != "target" {
		t.Errorf("a promise longer than its calendar: %v", err)
	}
	r.wantKind(reg.SaveRule(t.Context(), r.ana(), ticketing.DraftPolicy(ticketing.Policy{Name: "a"}), 0), ticketing.Forbidden)
	r.saveRule(ticketing.DraftPolicy(ticketing.Policy{Name: "a"}), 0)
	r.wantKind(reg.SaveRule(t.Context(), r.adam(), ticketing.DraftPolicy(ticketing.Policy{Name: "a"}), 0), ticketing.Conflict)
	r.saveRule(ticketing.DraftPolicy(ticketing.Policy{Name: "a", Target: time.Hour}), 1)
	r.wantKind(reg.SaveRule(t.Context(), r.adam(), ticketing.DraftPolicy(ticketing.Policy{Name: "a"}), 1), ticketing.Stale)
}

func fieldOf(err error) string {
	var x *ticketing.Error
	if errors.As(err, &x) {
		return x.Field
	}
	return ""
}

// TestPolicyOfAMove: a policy of another department or priority decides from the
// move on (B6); pauses belong to the ticket and stay (B5), what fell due before
// stays due, and what is the same everywhere keeps the version it began with.
func TestPolicyOfAMove(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	r.saveRule(ticketing.DraftPolicy(ticketing.Policy{Name: "roads", Departments: []ticketing.DepartmentID{r.Roads.ID}, Profile: "24x7", Target: 24 * time.Hour}), 0)
	r.saveRule(ticketing.DraftPolicy(ticketing.Policy{Name: "urgent", Priorities: []ticketing.Priority{ticketing.PriorityUrgent}, Profile: "24x7", Target: 12 * time.Hour}), 0)
	r.later(2 * time.Second)
	k := r.opened()
	a := clockOf(k, ticketing.ClockAnswer)
	if a.Policy != "" || a.Due.Sub(a.StartedAt) != 48*time.Hour {
		t.Fatalf("promised %+v", a)
	}
	r.later(time.Hour)
	_, _, err := r.desk.Reply(t.Context(), r.ana(), at(k), ticketing.ReplyInput{Text: "Koja ulica?", Kind: ticketing.ReplyQuestion})
	r.must(err)
	r.Deliver(t, ticketing.DeliverySent)
	_, err = r.desk.Wait(t.Context(), r.ana(), at(k), ticketing.WaitCitizen)
	r.must(err)
	r.later(3 * time.Hour)
	_, err = r.desk.Resume(t.Context(), r.ana(), at(k))
	r.must(err)
	_, err = r.desk.Move(t.Context(), r.ana(), at(k), r.Roads.ID, "")
	r.must(err)
	k = r.ticket(k.Ref)
	a = clockOf(k, ticketing.ClockAnswer)
	if a.Policy != "roads" || a.PolicyVersion != 1 || a.Target != 24*time.Hour || a.Due.Sub(a.StartedAt) != 27*time.Hour {
		t.Errorf("after the move %s v%d, due %v after receipt; want roads and 24 h with the pause of 3 h kept", a.Policy, a.PolicyVersion, a.Due.Sub(a.StartedAt))
	}
	urgent := ticketing.PriorityUrgent
	r.must(second(r.desk.Change(t.Context(), r.ana(), at(k), ticketing.Change{Priority: &urgent})))
	k = r.ticket(k.Ref)
	if a = clockOf(k, ticketing.ClockAnswer); a.Policy != "roads" { // the department comes before the priority
		t.Errorf("urgent: %s", a.Policy)
	}
	_, err = r.desk.Move(t.Context(), r.ana(), at(k), r.Water.ID, "")
	r.must(err)
	k = r.ticket(k.Ref)
	if a = clockOf(k, ticketing.ClockAnswer); a.Policy != "urgent" || a.Due.Sub(a.StartedAt) != 15*time.Hour {
		t.Errorf("at the waterworks: %s, due %v after receipt", a.Policy, a.Due.Sub(a.StartedAt))
	}
	r.later(12 * time.Hour)
	r.run()
	due := clockOf(r.ticket(k.Ref), ticketing.ClockAnswer).Due
	_, err = r.desk.Move(t.Context(), r.ana(), at(k), r.Bureau.ID, "")
	r.must(err)
	normal := ticketing.PriorityNormal
	r.must(second(r.desk.Change(t.Context(), r.ana(), at(k), ticketing.Change{Priority: &normal})))
	if a = clockOf(r.ticket(k.Ref), ticketing.ClockAnswer); a.State != ticketing.ClockMissed || !a.Due.Equal(due) {
		t.Errorf("a broken promise became %s, due %v instead of %v", a.State, a.Due, due)
	}
	moved := 0
	for _, e := range r.events(k.Ref) {
		if _, ok := e.Data["due_answer"]; ok {
			moved++
		}
	}
	if moved != 2 {
		t.Errorf("%d events tell of a moved due instant, want 2", moved)
	}
}

// TestRulesOfConfigAndPage: the file brings new versions of what nobody edited,
// and leaves alone what an admin made.
func TestRulesOfConfigAndPage(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	dir, err := r.Store.Directory(t.Context())
	r.must(err)
	p, _ := dir.Rules.Profile("podgorica", 0)
	p.Target = 24 * time.Hour
	r.saveRule(ticketing.DraftProfile(p), 1)
	profiles, calendars := ticketingtest.Profiles(), ticketingtest.Calendars()
	profiles[4].Target = 8 * time.Hour
	r.must(r.Store.InTx(t.Context(), func(tx ticketing.Tx) error {
		return ticketing.EnterRules(t.Context(), tx, profiles, calendars, "24x7", r.Clock.Now())
	}))
	r.later(2 * time.Second)
	dir, err = r.Store.Directory(t.Context())
	r.must(err)
	if p, _ := dir.Rules.Profile("podgorica", 0); p.Target != 24*time.Hour || p.Version != 2 {
		t.Errorf("the file took an admin's promise back: %+v", p)
	}
	if p, _ := dir.Rules.Profile(profiles[4].Name, 0); p.Target != 8*time.Hour || p.Version != 2 {
		t.Errorf("the file's own change is not there: %+v", p)
	}
	h := dir.Rules.History(ticketing.RuleProfile, "podgorica")
	if len(h) != 2 || !h[0].Edited() || h[1].Edited() || h[0].By != r.adam().ID() {
		t.Errorf("history = %+v", h)
	}
}
