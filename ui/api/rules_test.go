package api

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sistem48/system48/ticketing"
)

// TestRules lists policies and ladders, and says what a contact would be promised.
func TestRules(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	days := 2
	reg := ticketing.Registry{Bureau: d.Core}
	err := reg.SaveRule(t.Context(), ticketing.ActorOf(d.Adam), ticketing.DraftPolicy(ticketing.Policy{
		Name: "urgent", Categories: []ticketing.CategoryID{d.Streetlight.ID}, Priorities: []ticketing.Priority{ticketing.PriorityUrgent},
		Profile: "24x7", Target: 4 * time.Hour, ResolveDays: &days,
	}), 0)
	if err != nil {
		t.Fatal(err)
	}
	secret := d.token(t, d.Ana)
	policies := d.call(t, secret, http.MethodGet, "/policies", "").want(t, http.StatusOK).items(t)
	if len(policies) != 1 || policies[0]["name"] != "urgent" || policies[0]["target_seconds"] != 14400.0 || policies[0]["categories"].([]any)[0] != "street-light" {
		t.Errorf("policies = %v", policies)
	}
	ladders := d.call(t, secret, http.MethodGet, "/ladders", "").want(t, http.StatusOK).items(t)
	if len(ladders) != 1 || len(ladders[0]["steps"].([]any)) != len(ticketing.DefaultLadder().Steps) {
		t.Errorf("ladders = %v", ladders)
	}
	const at = "/promise?at=2026-03-06T14:40:00Z"
	urgent := d.call(t, secret, http.MethodGet, at+"&category=street-light&priority=urgent", "").want(t, http.StatusOK).object(t)
	answer := urgent["answer"].(map[string]any)
	if urgent["policy"] != "urgent" || answer["due_at"] != "2026-03-06T18:40:00Z" || answer["policy"] != "urgent" || urgent["resolve"] == nil {
		t.Errorf("an urgent light = %v", urgent)
	}
	if words := answer["sentence"].(map[string]any); len(words) != 4 || words["sq"] == "" {
		t.Errorf("sentence = %v", words)
	}
	if other := d.call(t, secret, http.MethodGet, at, "").want(t, http.StatusOK).object(t); other["policy"] != nil {
		t.Errorf("the default category = %v", other)
	}
	for _, bad := range []string{"/promise", at + "&category=nope", at + "&department=nope", at + "&priority=much", "/promise?at=0001-01-01T00:00:00Z"} {
		d.call(t, secret, http.MethodGet, bad, "").want(t, http.StatusUnprocessableEntity)
	}
}

// A program saves rules as the page does: what it reads it can write, every
// version once, and what could not be kept is refused with the field and the reason.
func TestRulesAreWritten(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	adam := d.token(t, d.Adam)
	for _, kind := range []string{"profiles", "calendars", "ladders"} {
		for _, rule := range d.call(t, adam, http.MethodGet, "/"+kind, "").want(t, http.StatusOK).items(t) {
			if rule["name"] == "24x7" && kind == "calendars" {
				continue // built in
			}
			body, err := json.Marshal(rule)
			if err != nil {
				t.Fatal(err)
			}
			path := "/" + kind + "/" + rule["name"].(string)
			a := d.call(t, adam, http.MethodPut, path, string(body)).want(t, http.StatusOK)
			got := a.object(t)
			if got["version"] != rule["version"].(float64)+1 || a.header.Get("ETag") != etag(int64(got["version"].(float64))) {
				t.Errorf("%s: version %v, ETag %s", path, got["version"], a.header.Get("ETag"))
			}
			delete(got, "version")
			delete(rule, "version")
			if diff := cmp.Diff(rule, got); diff != "" {
				t.Errorf("%s is not what was read: %s", path, diff)
			}
			d.call(t, adam, http.MethodPut, path, string(body)).want(t, http.StatusConflict)                              // the version was used
			d.call(t, adam, http.MethodPut, path, string(body), "If-Match", `"1"`).want(t, http.StatusPreconditionFailed) // so says the header
			d.call(t, adam, http.MethodPut, path, string(body), "If-Match", `"9", "2"`).want(t, http.StatusOK)            // it goes before the body
			d.call(t, adam, http.MethodPut, path, string(body), "If-Match", "*").want(t, http.StatusOK)                   // whatever it is
			delete(rule, "name")
			if body, err = json.Marshal(rule); err != nil {
				t.Fatal(err)
			}
			d.call(t, adam, http.MethodPut, "/"+kind+"/none", string(body), "If-Match", "*").want(t, http.StatusPreconditionFailed) // there is none
		}
	}
	was, _ := d.directory(t).Rules.Calendar("office-hours", 1)
	if now, _ := d.directory(t).Rules.Calendar("office-hours", 0); now.Version() != 4 || now.Spec().Holidays[0].Key == "" || now.Spec().Holidays[0] != was.Spec().Holidays[0] {
		t.Errorf("a holiday lost its code: %+v", now.Spec().Holidays[0])
	}
	for _, x := range []struct{ path, body, field, reason string }{
		{"/policies/Bad%20Name", `{}`, "name", "code.malformed"},
		{"/policies/p", `{"name":"q"}`, "name", "api.path_name"},
		{"/policies/p", `{"profile":"mars"}`, "profile", "profile.unknown"},
		{"/policies/p", `{"categories":["pothole","mars"]}`, "categories[1]", "category.unknown"},
		{"/policies/p", `{"departments":["mars"]}`, "departments[0]", "department.unknown"},
		{"/policies/p", `{"priorities":["mild"]}`, "priorities[0]", "priority.unknown"},
		{"/policies/p", `{"channels":["pigeon"]}`, "channels[0]", "channel.unknown"},
		{"/policies/p", `{"target_seconds":90}`, "target_seconds", "api.minutes"},
		{"/policies/p", `{"target_seconds":40000020}`, "target_seconds", "profile.target"},
		{"/policies/p", `{"resolve_days":-1}`, "resolve_days", "category.resolve_days"},
		{"/policies/p", `{"rank":1001}`, "rank", "policy.rank"},
		{"/policies/p", `{"ladder":"mars"}`, "ladder", "ladder.unknown"},
		{"/ladders/l", `{"steps":[{"clock":"answer","seconds_after_due":90,"tell":"head"}]}`, "steps[0]", "ladder.after"},
		{"/ladders/l", `{"steps":[{"clock":"answer","seconds_after_due":0,"tell":"head"},{"clock":"answer","seconds_after_due":0,"tell":"head"}]}`, "steps[1]", "ladder.twice"},
		{"/ladders/l", `{"steps":[],"office":["nobody"]}`, "office[0]", "email.malformed"},
		{"/profiles/p", `{"start":"receipt","calendar":"mars","target_seconds":60}`, "calendar", "profile.calendar"},
		{"/profiles/p", `{"start":"receipt","calendar":"24x7","target_seconds":0}`, "target_seconds", "profile.target"},
		{"/profiles/p", `{"start":"validation","calendar":"24x7","target_seconds":60}`, "validation_target_seconds", "profile.target"},
		{"/profiles/p", `{"start":"receipt","calendar":"24x7","target_seconds":60,"cutoff":{"weekdays":["someday"]}}`, "cutoff.weekdays[0]", "calendar.day"},
		{"/calendars/24x7", `{"weekly":[{"day":"monday","from":"07:00","to":"15:00"}]}`, "name", "rule.taken"},
		{"/calendars/c", `{"weekly":[]}`, "weekly", "calendar.never_open"},
		{"/calendars/c", `{"zone":"Asia/Tokyo","weekly":[{"day":"monday","from":"07:00","to":"15:00"}]}`, "zone", "api.zone"},
		{"/calendars/c", `{"weekly":[{"day":"monday","from":"07:00","to":"15:00"},{"day":"monday","from":"14:00","to":"16:00"}]}`, "weekly[1]", "calendar.overlap"},
		{"/calendars/c", `{"weekly":[{"day":"monday","from":"seven","to":"15:00"}]}`, "weekly[0]", "calendar.hours"},
		{"/calendars/c", `{"weekly":[{"day":"monday","from":"07:00","to":"15:00"}],"holidays":[{"date":"2026-05-21"},{"date":"2026-05-21"}]}`, "holidays[1]", "calendar.twice"},
		{"/calendars/c", `{"weekly":[{"day":"monday","from":"07:00","to":"15:00"}],"holidays":[{"date":"2026-02-30"}]}`, "holidays[0]", "calendar.day"},
		{"/calendars/office-hours", `{"version":4,"weekly":[{"day":"monday","from":"07:00","to":"07:01"}],"holidays":[{"date":"2026-02-30"}]}`, "holidays[0]", "calendar.day"},
	} {
		a := d.call(t, adam, http.MethodPut, x.path, x.body)
		fields, _ := a.object(t)["errors"].([]any)
		if len(fields) == 0 || fields[0].(map[string]any)["field"] != x.field || fields[0].(map[string]any)["reason"] != x.reason || fields[0].(map[string]any)["detail"] == "" {
			t.Errorf("%s %s: %d %s, want %s of %s", x.path, x.body, a.status, a.body, x.reason, x.field)
		}
	}
	d.call(t, adam, http.MethodPut, "/default-profile", `{"profile":"mars"}`).want(t, http.StatusUnprocessableEntity)
	d.call(t, adam, http.MethodPut, "/default-profile", `{"profile":"tivat"}`).want(t, http.StatusOK)
	if d.directory(t).Rules.Default != "tivat" {
		t.Error("the city's promise is another")
	}
}

// A program orders a recompute, once under a key, and reads what became of it.
func TestRecompute(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	adam := d.token(t, d.Adam)
	d.mail(t, "marko@example.me", "Svjetiljka")
	d.call(t, adam, http.MethodGet, "/recompute", "").want(t, http.StatusNotFound)
	d.call(t, adam, http.MethodPost, "/recompute", `{"reason":" "}`).want(t, http.StatusUnprocessableEntity)
	const order = `{"reason":"22. maj je praznik","longer":true}`
	first := d.call(t, adam, http.MethodPost, "/recompute", order, "Idempotency-Key", "k").want(t, http.StatusAccepted).object(t)
	if first["done"] != false || first["seen"] != nil || first["reason"] != "22. maj je praznik" {
		t.Errorf("ordered: %v", first)
	}
	d.call(t, adam, http.MethodPost, "/recompute", order, "Idempotency-Key", "k").want(t, http.StatusAccepted)
	d.call(t, adam, http.MethodPost, "/recompute", order).want(t, http.StatusConflict)
	if err := (&ticketing.Reapply{Bureau: d.Core, Duties: d.Store, Audit: d.Store}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if run := d.call(t, d.token(t, d.Ana), http.MethodGet, "/recompute", "").want(t, http.StatusOK).object(t); run["done"] != true || run["seen"] != 1.0 || run["failed"] != 0.0 {
		t.Errorf("worked: %v", run)
	}
}

func (d *desk) directory(t *testing.T) *ticketing.Directory {
	t.Helper()
	dir, err := d.Store.Directory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// A program reads a version of old, sees what differs now, and brings it back as a
// new version, of two at once one.
func TestRulesAreRestored(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	adam := d.token(t, d.Adam)
	d.call(t, adam, http.MethodPut, "/policies/p", `{"categories":["pothole"],"target_seconds":3600}`).want(t, http.StatusOK)
	d.call(t, adam, http.MethodPut, "/policies/p", `{"version":1,"categories":["pothole"],"resolve_days":0}`).want(t, http.StatusOK)
	if list := d.call(t, adam, http.MethodGet, "/policies/p/versions", "").want(t, http.StatusOK).items(t); len(list) != 2 || list[0]["version"] != 2.0 || list[0]["by"] != ticketing.ActorOf(d.Adam).ID() {
		t.Errorf("versions: %v", list)
	}
	old := d.call(t, adam, http.MethodGet, "/policies/p/versions/1", "").want(t, http.StatusOK).object(t)
	want := []any{
		map[string]any{"field": "resolve_days", "then": nil, "now": 0.0},
		map[string]any{"field": "target_seconds", "then": 3600.0, "now": nil},
	}
	if diff := cmp.Diff(want, old["differences"]); diff != "" || old["rule"].(map[string]any)["target_seconds"] != 3600.0 || old["version"] != 1.0 {
		t.Errorf("version 1: %v %s", old, diff)
	}
	d.call(t, adam, http.MethodPost, "/policies/p/versions/1/restoration", "", "If-Match", `"1"`).want(t, http.StatusPreconditionFailed)
	back := d.call(t, adam, http.MethodPost, "/policies/p/versions/1/restoration", "", "If-Match", `"2"`, "Idempotency-Key", "k").want(t, http.StatusOK)
	if again := d.call(t, adam, http.MethodPost, "/policies/p/versions/1/restoration", "", "If-Match", `"2"`, "Idempotency-Key", "k").want(t, http.StatusOK); again.header.Get("ETag") != `"3"` {
		t.Errorf("the same key restored again: %s", again.body)
	}
	if b := back.object(t); b["version"] != 3.0 || b["target_seconds"] != 3600.0 || b["resolve_days"] != nil || back.header.Get("ETag") != `"3"` {
		t.Errorf("restored: %v", b)
	}
	for _, path := range []string{"/policies/p/versions/9", "/policies/q/versions", "/ladders/p/versions/1", "/calendars/24x7/versions"} {
		d.call(t, adam, http.MethodGet, path, "").want(t, http.StatusNotFound)
	}
	d.call(t, adam, http.MethodPost, "/policies/p/versions/9/restoration", "").want(t, http.StatusNotFound)
	var restored int
	page, err := d.Store.Events(t.Context(), ticketing.EventAdmin, "", time.Time{}, time.Time{}, "", 50)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range page.Items {
		if e.Data["restored"] == 1.0 || e.Data["restored"] == 1 {
			restored++
		}
	}
	if restored != 1 {
		t.Errorf("%d events tell of the restoring", restored)
	}
}

// So it goes with the rules of routing.
func TestRoutingIsRestored(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	adam := d.token(t, d.Adam)
	const first = `{"id":0,"name":"A","on":true,"when":{"always":true},"then":{"department":"roads"}}`
	d.call(t, adam, http.MethodPut, "/routing", `{"version":0,"all":false,"rules":[`+first+`]}`).want(t, http.StatusOK)
	d.call(t, adam, http.MethodPut, "/routing", `{"version":1,"all":true,"rules":[{"id":1,"name":"B","on":true,"when":{"always":true},"then":{"department":"roads"}},`+first+`]}`).want(t, http.StatusOK)
	old := d.call(t, adam, http.MethodGet, "/routing/versions/1", "").want(t, http.StatusOK).object(t)
	var fields []string
	for _, x := range old["differences"].([]any) {
		fields = append(fields, x.(map[string]any)["field"].(string))
	}
	if diff := cmp.Diff([]string{"all", "rules.1", "rules.2"}, fields); diff != "" {
		t.Error(diff)
	}
	d.call(t, adam, http.MethodPost, "/routing/versions/1/restoration", "", "If-Match", `"1"`).want(t, http.StatusPreconditionFailed)
	back := d.call(t, adam, http.MethodPost, "/routing/versions/1/restoration", "", "If-Match", `"2"`).want(t, http.StatusOK).object(t)
	if back["version"] != 3.0 || back["all"] != false || len(back["rules"].([]any)) != 1 {
		t.Errorf("restored: %v", back)
	}
	d.call(t, adam, http.MethodPost, "/routing/versions/9/restoration", "").want(t, http.StatusNotFound)
}
