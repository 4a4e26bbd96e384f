package api

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// A program reads and writes rules by codes, tries them first, and is refused
// with the rule and the field; two that write at once do not overwrite each other.
func TestRoutingByAPI(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	adam := d.token(t, d.Adam)
	d.mail(t, "marko@example.me", "Ne radi svjetiljka")
	empty := d.call(t, adam, http.MethodGet, "/routing", "").want(t, http.StatusOK).object(t)
	if empty["version"].(float64) != 0 || len(empty["rules"].([]any)) != 0 {
		t.Errorf("rules of a new city: %v", empty)
	}
	const rule = `{"id":0,"name":"Rasvjeta","on":true,"when":{"keywords":["svjetiljk*"],"districts":["centar"]},"then":{"category":"street-light","follow_category":true,"person":"oskar@grad.example","priority":"high","tags":["mrak"]}}`
	refused := d.call(t, adam, http.MethodPut, "/routing", `{"version":0,"all":false,"rules":[`+rule+`]}`).want(t, http.StatusUnprocessableEntity)
	if !strings.Contains(string(refused.body), "rules.1.districts") {
		t.Errorf("an unknown district: %s", refused.body)
	}
	faults := d.call(t, adam, http.MethodPut, "/districts/streets?version=0", "street,district\nNjegoševa,centar\n").want(t, http.StatusUnprocessableEntity)
	if !strings.Contains(string(faults.body), "line.2") {
		t.Errorf("an unknown district in a list: %s", faults.body)
	}
	d.call(t, adam, http.MethodPut, "/districts/streets?version=0&add=true", "street,district\nNjegoševa,centar\n").want(t, http.StatusOK)
	d.call(t, adam, http.MethodPut, "/districts/streets?version=0&add=true", "street,district\nNjegoševa,centar\n").want(t, http.StatusConflict)
	if !strings.Contains(string(d.call(t, d.token(t, d.Ana), http.MethodGet, "/districts", "").want(t, http.StatusOK).body), `"code":"centar"`) {
		t.Error("the district is not listed")
	}

	saved := d.call(t, adam, http.MethodPut, "/routing", `{"version":0,"all":false,"rules":[`+rule+`,{"id":0,"name":"Sve","on":false,"when":{"always":true},"then":{"department":"roads"}}]}`).want(t, http.StatusOK)
	if !strings.Contains(string(saved.body), `"districts":["centar"]`) || !strings.Contains(string(saved.body), `"person":"oskar@grad.example"`) {
		t.Errorf("saved rules: %s", saved.body)
	}
	for query, want := range map[string]float64{"": 0, "?all=true": 1} {
		tried := d.call(t, adam, http.MethodGet, "/routing/dry-run"+query, "").want(t, http.StatusOK).object(t)
		if tried["tickets"].(float64) != 1 || tried["fitted"].(float64) != want || tried["changes"].(float64) != want {
			t.Errorf("dry run %s: %v", query, tried)
		}
	}
	d.call(t, adam, http.MethodPut, "/routing", `{"version":0,"all":true,"rules":[]}`).want(t, http.StatusConflict)
	got := d.call(t, adam, http.MethodGet, "/routing", "").want(t, http.StatusOK)
	d.call(t, adam, http.MethodPut, "/routing", string(got.body)).want(t, http.StatusOK) // what is read can be written
	if list := d.call(t, adam, http.MethodGet, "/routing/versions?limit=1", "").want(t, http.StatusOK).object(t); list["next_cursor"] != "2" {
		t.Errorf("versions: %v", list)
	}
	d.call(t, adam, http.MethodGet, "/routing/versions/1", "").want(t, http.StatusOK)
	d.call(t, adam, http.MethodGet, "/routing/versions/9", "").want(t, http.StatusNotFound)

	ref := d.mail(t, "ana@example.me", "Svjetiljka u Njegoševoj ulici")
	ticket := d.call(t, adam, http.MethodGet, "/tickets/"+string(ref), "").want(t, http.StatusOK).object(t)
	if ticket["district"] != "centar" || ticket["assignee"] != "oskar@grad.example" || ticket["priority"] != "high" {
		t.Errorf("ticket: district %v, assignee %v, priority %v", ticket["district"], ticket["assignee"], ticket["priority"])
	}
	if list := d.call(t, adam, http.MethodGet, "/tickets?district=centar", "").want(t, http.StatusOK).object(t)["items"].([]any); len(list) != 1 {
		t.Errorf("%d tickets of the district", len(list))
	}
	d.call(t, adam, http.MethodGet, "/tickets?district=sjever", "").want(t, http.StatusUnprocessableEntity)
	events := d.call(t, adam, http.MethodGet, "/tickets/"+string(ref)+"/events", "").want(t, http.StatusOK)
	if !strings.Contains(string(events.body), "ticket.routed") {
		t.Error("the ticket's events do not tell of the rule")
	}
	d.call(t, adam, http.MethodGet, "/reports/sla?from=2026-11-01&to=2026-11-30&group=district&district=centar,none", "").want(t, http.StatusOK)
	d.call(t, adam, http.MethodGet, "/reports/sla?from=2026-11-01&to=2026-11-30&district=sjever", "").want(t, http.StatusUnprocessableEntity)
}

// Absences are one's own, those of a head's departments, or everybody's.
func TestAbsencesByAPI(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	body := func(who string) string {
		at := d.Clock.Now().UTC()
		return `{"agent":"` + who + `","from":"` + at.Format(time.RFC3339) + `","until":"` + at.Add(48*time.Hour).Format(time.RFC3339) + `","substitute":"olga@grad.example","hand_over":true}`
	}
	oskar, hana := d.token(t, d.Oskar), d.token(t, d.Hana)
	d.call(t, oskar, http.MethodPost, "/absences", body("ana@grad.example")).want(t, http.StatusForbidden)
	d.call(t, oskar, http.MethodPost, "/absences", body("nobody@grad.example")).want(t, http.StatusUnprocessableEntity)
	made := d.call(t, hana, http.MethodPost, "/absences", body("oskar@grad.example")).want(t, http.StatusCreated).object(t)
	if made["agent"] != "oskar@grad.example" || made["substitute"] != "olga@grad.example" {
		t.Errorf("made: %v", made)
	}
	d.call(t, oskar, http.MethodPost, "/absences", body("oskar@grad.example")).want(t, http.StatusConflict)
	count := func(secret string) int {
		return len(d.call(t, secret, http.MethodGet, "/absences", "").want(t, http.StatusOK).object(t)["items"].([]any))
	}
	ana := d.token(t, d.Ana)
	if count(oskar) != 1 || count(hana) != 1 || count(ana) != 0 {
		t.Error("who sees an absence is not who may plan it")
	}
	path := "/absences/" + num(int64(made["id"].(float64)))
	d.call(t, ana, http.MethodDelete, path, "").want(t, http.StatusNotFound)
	d.call(t, oskar, http.MethodDelete, path, "").want(t, http.StatusOK)
	if count(oskar) != 0 {
		t.Error("an ended absence goes on")
	}
}
