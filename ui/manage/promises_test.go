package manage

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// An admin tries a promise, is refused what can never be kept, saves a new
// version, and of two admins the second is told so.
func TestPromises(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Adam)
	has(t, b.get(t, "/manage/promises", http.StatusOK), "podgorica", "working-days", "configuration file", "There is no policy")
	const path = "/manage/promises/podgorica"
	has(t, b.get(t, path, http.StatusOK), `value="48"`, "Try it", "Versions")
	form := []string{
		"version", "1", "start", "receipt", "target", "48", "calendar", "working-days", "cutoff_5", "1", "cutoff_6", "1", "cutoff_0", "1",
		"cutoff_holidays", "1", "try_at", "2026-03-06T15:40",
	}
	// Received Fri 15:40: from Monday 00:00, 48 h of working days (V4).
	page := b.post(t, path, http.StatusOK, append(form, "do", "try")...)
	has(t, page, "what would be promised", "Rule of receipt", "11")
	if v := s.profile(t, "podgorica").Version; v != 1 {
		t.Fatalf("trying saved version %d", v)
	}
	has(t, b.post(t, path, http.StatusUnprocessableEntity, append(change(form, "target", "9000"), "do", "save")...), "at most a year", `value="9000"`)
	has(t, b.post(t, path, http.StatusUnprocessableEntity, append(change(form, "target", "soon"), "do", "save")...), "Write hours")
	has(t, b.post(t, path, http.StatusUnprocessableEntity, append(change(form, "calendar", "mars"), "do", "save")...), "Unknown calendar")
	b.post(t, path, http.StatusSeeOther, append(change(form, "target", "72"), "do", "save")...)
	if p := s.profile(t, "podgorica"); p.Version != 2 || p.Target != 72*time.Hour || p.Cutoff == nil || len(p.Cutoff.Weekdays) != 3 {
		t.Fatalf("saved %+v", p)
	}
	has(t, b.get(t, path, http.StatusOK), s.Adam.Name, `value="72"`)
	b.post(t, path, http.StatusConflict, append(form, "do", "save")...)
	b.post(t, "/manage/promises", http.StatusSeeOther, "default", "tivat")
	if d := s.directory(t); d.Rules.Default != "tivat" {
		t.Errorf("the city's promise is %q", d.Rules.Default)
	}
	b.post(t, "/manage/promises", http.StatusUnprocessableEntity, "default", "none-such")
	b.get(t, "/manage/promises/none-such", http.StatusNotFound)
	s.as(t, s.Ana).get(t, "/manage/promises", http.StatusForbidden)
}

// A calendar is refused with the field and the reason: overlapping windows, a
// holiday twice, no open hours; and one that leaves a promise without any.
func TestCalendarForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Adam)
	const path = "/manage/calendars/office-hours"
	page := b.get(t, path, http.StatusOK)
	has(t, page, "07:00–15:00", "2026-05-21", "Holidays of 2027")
	form := []string{"version", "1", "day_1", "07:00-11:00, 11:30-15:00", "holidays_2026", "2026-05-21 Dan nezavisnosti\n2026-05-22 Drugi dan", "try_at", "2026-03-09T09:00", "try_target", "4"}
	has(t, b.post(t, path, http.StatusOK, append(form, "do", "try")...), "13:30") // V10
	for _, bad := range []struct{ field, value, want string }{
		{"day_1", "07:00-11:00, 10:30-15:00", "Hours overlap: 10:30–15:00"},
		{"day_1", "15:00-07:00", "Hours must end"},
		{"day_1", "sometimes", "is not a stretch of hours"},
		{"day_1", "", "no open hours at all"},
		{"holidays_2026", "2026-05-21\n2026-05-21 again", "2026-05-21 is given twice"},
		{"holidays_2026", "2027-05-21 other year", "is not a date of 2026"},
		{"extra", "2026-05-21 08:00-12:00", "is a holiday and a day with hours"},
		{"extra", "2026-13-01 08:00-12:00", "is not a day with hours"},
		{"try_at", "later", "Write a day and a time"},
	} {
		page := b.post(t, path, http.StatusUnprocessableEntity, append(change(form, bad.field, bad.value), "do", "save")...)
		if !strings.Contains(page, bad.want) {
			t.Errorf("%s = %q: the page does not say %q", bad.field, bad.value, bad.want)
		}
		if !strings.Contains(page, `href="#`+bad.field) {
			t.Errorf("%s = %q: the error does not lead to the field", bad.field, bad.value)
		}
	}
	has(t, b.post(t, path, http.StatusUnprocessableEntity, append(change(change(form, "day_1", ""), "extra", "2026-05-25 08:00-09:00"), "do", "save")...),
		"could never be kept") // the promises that name it
	b.post(t, path, http.StatusSeeOther, append(form, "do", "save")...)
	k, _ := s.directory(t).Rules.Calendar("office-hours", 0)
	if k.Version() != 2 || len(k.Spec().Weekly) != 2 || len(k.Spec().Holidays) != 2 {
		t.Errorf("saved %+v", k.Spec())
	}
	has(t, b.post(t, path, http.StatusOK, append(change(form, "version", "2"), "do", "holidays", "group", "orthodox")...), "2026-01-07", "2026-05-21")
	has(t, b.post(t, "/manage/calendars/new", http.StatusUnprocessableEntity, append(form, "name", "24x7", "do", "save")...), "already")
	b.post(t, "/manage/calendars/new", http.StatusSeeOther, append(change(form, "version", "0"), "name", "tuesdays", "do", "save")...)
	has(t, b.get(t, "/manage/promises", http.StatusOK), "tuesdays")
	b.get(t, "/manage/calendars/24x7", http.StatusNotFound)
}

// A policy is tried with a contact, saved, and holds for it.
func TestPolicyForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Adam)
	form := []string{
		"version", "0", "name", "urgent-light", "categories", idText(s.Streetlight.ID), "priorities", "3", "profile", "24x7", "target", "4", "resolve_days", "1",
		"try_at", "2026-03-06T15:40", "try_category", idText(s.Streetlight.ID), "try_department", idText(s.Lighting.ID), "try_priority", "3", "try_channel", "email",
	}
	const path = "/manage/policies/new"
	has(t, b.get(t, path, http.StatusOK), "nothing ticked means any")
	has(t, b.post(t, path, http.StatusOK, append(form, "do", "try")...), "Decided by the policy", "19:40", "Work done by")
	has(t, b.post(t, path, http.StatusOK, append(change(form, "try_priority", "1"), "do", "try")...), "No policy holds for it")
	has(t, b.post(t, path, http.StatusUnprocessableEntity, append(change(form, "name", "Not A Name"), "do", "save")...), "#name")
	b.post(t, path, http.StatusUnprocessableEntity, append(change(form, "profile", "none-such"), "do", "save")...)
	b.post(t, path, http.StatusSeeOther, append(form, "do", "save")...)
	has(t, b.post(t, path, http.StatusUnprocessableEntity, append(form, "do", "save")...), "of this name already")
	has(t, b.get(t, "/manage/policies/urgent-light", http.StatusOK), `value="4"`, s.Adam.Name)
	terms := s.directory(t).Rules.Terms(s.Streetlight, ticketing.Facts{Priority: ticketing.PriorityUrgent, Department: s.Lighting.ID, Channel: ticketing.ChannelEmail})
	if terms.Policy != "urgent-light" || terms.Profile.Target != 4*time.Hour || terms.ResolveDays != 1 {
		t.Errorf("terms = %+v", terms)
	}
	b.post(t, "/manage/policies/urgent-light", http.StatusSeeOther, append(change(change(form, "version", "1"), "disabled", "1"), "do", "save")...)
	if terms := s.directory(t).Rules.Terms(s.Streetlight, ticketing.Facts{Priority: ticketing.PriorityUrgent}); terms.Policy != "" {
		t.Errorf("a policy no longer used decides: %+v", terms)
	}
}

// change gives the form with another value in one field.
func change(form []string, field, value string) []string {
	out := append([]string{}, form...)
	for i := 0; i+1 < len(out); i += 2 {
		if out[i] == field {
			out[i+1] = value
			return out
		}
	}
	return append(out, field, value)
}

func (s *site) directory(t *testing.T) *ticketing.Directory {
	t.Helper()
	d, err := s.Store.Directory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (s *site) profile(t *testing.T, name string) ticketing.Profile {
	t.Helper()
	p, ok := s.directory(t).Rules.Profile(name, 0)
	if !ok {
		t.Fatalf("there is no profile %q", name)
	}
	return p
}

// An admin changes who is told when, tries it, and is refused a step given twice
// at its row.
func TestLadderForm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Adam)
	const path = "/manage/ladders/city"
	has(t, b.get(t, path, http.StatusOK), "Step 1", "the head")
	form := []string{
		"version", "1", "step_8_clock", "next_answer", "step_8_span", "0", "step_8_side", "after", "step_8_tell", "head",
		"step_9_clock", "resolve", "step_9_span", "0", "step_9_side", "after", "step_9_tell", "head", "step_0_clock", "answer", "step_0_span", "2", "step_0_side", "before", "step_0_tell", "head",
		"step_4_clock", "answer", "step_4_span", "0", "step_4_side", "after", "step_4_tell", "office",
		"office", "kabinet@grad.example, Gradonacelnik@grad.example", "try_at", "2026-03-06T15:40", "try_profile", "24x7",
	}
	has(t, b.post(t, path, http.StatusOK, append(form, "do", "try")...), "Told: the head", "13:40", "15:40", "Next answer", "the category or the department says")
	twice := change(change(form, "step_4_tell", "head"), "step_4_span", "2")
	has(t, b.post(t, path, http.StatusUnprocessableEntity, append(change(twice, "step_4_side", "before"), "do", "save")...), "given twice", `href="#step_4_clock"`)
	has(t, b.post(t, path, http.StatusUnprocessableEntity, append(change(form, "office", "nobody"), "do", "save")...), `href="#office"`)
	b.post(t, path, http.StatusSeeOther, append(form, "do", "save")...)
	l, _ := s.directory(t).Rules.Ladder("city", 0)
	if l.Version != 2 || len(l.Steps) != 4 || l.Steps[0].After != -2*time.Hour || len(l.Office) != 2 || l.Office[1] != "gradonacelnik@grad.example" {
		t.Errorf("saved %+v", l)
	}
	b.get(t, "/manage/ladders/none-such", http.StatusNotFound)
}

// An admin orders that promises that run follow the newest rules, with a reason.
func TestApplyRules(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.as(t, s.Adam)
	b.post(t, "/manage/promises/apply", http.StatusUnprocessableEntity, "reason", "")
	b.post(t, "/manage/promises/apply", http.StatusSeeOther, "reason", "22 May is a holiday")
	has(t, b.get(t, "/manage/promises", http.StatusOK), "being applied now")
	has(t, b.post(t, "/manage/promises/apply", http.StatusUnprocessableEntity, "reason", "again"), "worked already")
	if err := (&ticketing.Reapply{Bureau: s.Core, Duties: s.Store, Audit: s.Store}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	page := b.get(t, "/manage/promises", http.StatusOK)
	has(t, page, "Last ordered by "+s.Adam.Name, "22 May is a holiday", "0 tickets looked at")
	if strings.Contains(page, "could not be changed") {
		t.Error("the page tells of failures where there were none")
	}
	b.post(t, "/manage/promises/apply", http.StatusSeeOther, "reason", "again")
	r := ticketing.Rule{Kind: ticketing.RuleApplied, Version: 2, By: "system:rules", At: s.Clock.Now(), Body: `{"Seen":7,"Changed":4,"Failed":3}`}
	if err := s.Store.InTx(t.Context(), func(tx ticketing.Tx) error { return tx.AddRules(t.Context(), ticketing.Rules{r}) }); err != nil {
		t.Fatal(err)
	}
	has(t, b.get(t, "/manage/promises", http.StatusOK), "7 tickets looked at, 4 changed", "could not be changed: 3")
}
