package manage

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/calendar"
)

// A version of old is read beside the one in force and brought back as a new one,
// through the same checks; of two admins the second is told so.
func TestRuleVersions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Adam)
	save := func(d ticketing.RuleDraft, seen int) {
		t.Helper()
		if err := (&ticketing.Registry{Bureau: s.Core}).SaveRule(t.Context(), ticketing.ActorOf(s.Adam), d, seen); err != nil {
			t.Fatal(err)
		}
	}
	days := 2
	save(ticketing.DraftPolicy(ticketing.Policy{Name: "p", Categories: []ticketing.CategoryID{s.Streetlight.ID}, Target: 4 * time.Hour}), 0)
	save(ticketing.DraftPolicy(ticketing.Policy{Name: "p", Categories: []ticketing.CategoryID{s.Pothole.ID}, Target: 4 * time.Hour, ResolveDays: &days, Disabled: true}), 1)
	const path = "/manage/policies/p"
	has(t, b.get(t, path, http.StatusOK), path+"/versions/1", "in force")
	page := b.get(t, path+"/versions/1", http.StatusOK)
	has(t, page, "Version 1, by "+s.Adam.Name, "<b>Street light</b>", "no longer", "<b>Pothole</b>", "Now (version 2)", "Restore this version")
	if strings.Contains(page, "<b>4\u00a0h</b>") {
		t.Error("what did not change is marked")
	}
	if page := b.get(t, path+"/versions/2", http.StatusOK); strings.Contains(page, "Restore") || !strings.Contains(page, "what the version in force says") {
		t.Error("the version in force can be restored")
	}
	for _, bad := range []string{"/versions/3", "/versions/0", "/versions/x"} {
		b.get(t, path+bad, http.StatusNotFound)
	}
	b.get(t, "/manage/policies/q/versions/1", http.StatusNotFound)
	b.post(t, path+"/versions/1", http.StatusSeeOther, "seen", "2")
	if p, _ := s.directory(t).Rules.Policy("p", 0); p.Version != 3 || p.Disabled || p.ResolveDays != nil || p.Categories[0] != s.Streetlight.ID {
		t.Errorf("restored %+v", p)
	}
	b.post(t, path+"/versions/1", http.StatusConflict, "seen", "2")
	s.as(t, s.Ana).get(t, path+"/versions/1", http.StatusForbidden)

	// What can no longer be kept is refused: the profile of old counted by a
	// calendar that is hardly open any more.
	const profile = "/manage/promises/tivat"
	p := s.profile(t, "tivat")
	calendarOfOld := p.Calendar
	p.Calendar = "24x7"
	save(ticketing.DraftProfile(p), 1)
	for _, x := range s.directory(t).Rules.Profiles() {
		if x.Calendar == calendarOfOld || x.WorkCalendar == calendarOfOld {
			x.Calendar, x.WorkCalendar = "24x7", ""
			save(ticketing.DraftProfile(x), x.Version)
		}
	}
	k, _ := s.directory(t).Rules.Calendar(calendarOfOld, 0)
	closed := calendar.Spec{Name: calendarOfOld, Zone: k.Spec().Zone, Extra: []calendar.ExtraDay{{Date: calendar.Date{Year: 2026, Month: 5, Day: 23}, To: 60}}}
	save(ticketing.DraftCalendar(closed), k.Version())
	has(t, b.post(t, profile+"/versions/1", http.StatusUnprocessableEntity, "seen", "2"), "can never be kept")
	if v := s.profile(t, "tivat").Version; v != 2 {
		t.Errorf("version %d after a refusal", v)
	}
	page = b.get(t, "/manage/calendars/"+calendarOfOld+"/versions/1", http.StatusOK)
	has(t, page, "2026-05-23 00:00–01:00", "2026-05-21", "no longer")
	b.post(t, "/manage/calendars/"+calendarOfOld+"/versions/1", http.StatusSeeOther, "seen", "2")
	b.post(t, profile+"/versions/1", http.StatusSeeOther, "seen", "2")

	save(ticketing.DraftLadder(ticketing.Ladder{Name: ticketing.CityLadder, Office: []string{"kabinet@grad.example"}}), 1)
	has(t, b.get(t, "/manage/ladders/city/versions/1", http.StatusOK), "<b>Answer: when due – the head", "<b>kabinet@grad.example</b>")
}

// Of long lists that hardly differ only what differs is listed.
func TestComparedIsShort(t *testing.T) {
	t.Parallel()
	var then []string
	for i := range 60 {
		then = append(then, strings.Repeat("x", i+1))
	}
	now := append(append([]string{}, then[1:]...), "y")
	lines, same := compared([]ruleLine{{"a", then}, {"b", []string{"1", "2"}}}, []ruleLine{{"a", now}, {"b", []string{"2", "1"}}})
	if same || len(lines[0].Then) != 1 || len(lines[0].Now) != 1 || lines[0].Rest != 59 || !lines[0].Now[0].Only {
		t.Errorf("a long list: %+v", lines[0])
	}
	if l := lines[1]; !l.Differs || l.Rest != 0 || len(l.Then) != 2 || l.Then[0].Only {
		t.Errorf("another order: %+v", l)
	}
}
