package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// A description is the served document, read as plain JSON.
type description struct {
	doc map[string]any
}

func (d *desk) description(t *testing.T) *description {
	t.Helper()
	return &description{d.call(t, "", http.MethodGet, descriptionPath, "").want(t, http.StatusOK).object(t)}
}

// at follows keys into the document; nil when one is missing.
func (s *description) at(keys ...string) map[string]any {
	now := s.doc
	for _, k := range keys {
		now, _ = now[k].(map[string]any)
	}
	return now
}

// schema gives the schema of an answer as the description promises it.
func (s *description) schema(r route, status int, media string) map[string]any {
	op := []string{"paths", r.path, strings.ToLower(r.method), "responses"}
	answers := s.at(op...)
	key := num(int64(status))
	if _, ok := answers[key]; !ok {
		key = "default"
	}
	return s.at(append(op, key, "content", media, "schema")...)
}

// check gives what is wrong with a value, by its path. It knows the part of
// JSON Schema 2020-12 that the description uses and refuses any other word.
func (s *description) check(schema map[string]any, v any, path string) []string {
	if ref, ok := schema["$ref"].(string); ok {
		target := s.at("components", "schemas", strings.TrimPrefix(ref, "#/components/schemas/"))
		if target == nil {
			return []string{path + ": no schema " + ref}
		}
		return s.check(target, v, path)
	}
	var bad []string
	for word, arg := range schema {
		switch word {
		case "type":
			if !hasType(arg, v) {
				bad = append(bad, fmt.Sprintf("%s: %v is not %v", path, v, arg))
			}
		case "enum":
			if !slices.ContainsFunc(arg.([]any), func(x any) bool { return x == v }) {
				bad = append(bad, fmt.Sprintf("%s: %v is none of %v", path, v, arg))
			}
		case "format":
			if text, ok := v.(string); ok && arg == "date-time" {
				if at, err := time.Parse(time.RFC3339, text); err != nil || at.Location() != time.UTC {
					bad = append(bad, fmt.Sprintf("%s: %q is not an instant in UTC", path, text))
				}
			}
		case "anyOf":
			if !slices.ContainsFunc(arg.([]any), func(x any) bool { return len(s.check(x.(map[string]any), v, path)) == 0 }) {
				bad = append(bad, fmt.Sprintf("%s: %v fits none of anyOf", path, v))
			}
		case "items":
			list, _ := v.([]any)
			for i, x := range list {
				bad = append(bad, s.check(arg.(map[string]any), x, fmt.Sprintf("%s[%d]", path, i))...)
			}
		case "properties", "required", "additionalProperties":
			bad = append(bad, s.checkObject(schema, word, v, path)...)
		case "description", "examples", "default", "contentEncoding", "readOnly":
		case "minimum", "maximum", "minLength", "maxLength", "maxItems", "pattern":
			bad = append(bad, path+": answers promise no "+word)
		default:
			bad = append(bad, path+": unknown word "+word)
		}
	}
	return bad
}

func (s *description) checkObject(schema map[string]any, word string, v any, path string) []string {
	object, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	var bad []string
	known, _ := schema["properties"].(map[string]any)
	switch word {
	case "properties":
		for name, sub := range known {
			if x, there := object[name]; there {
				bad = append(bad, s.check(sub.(map[string]any), x, path+"."+name)...)
			}
		}
	case "required":
		for _, name := range schema["required"].([]any) {
			if _, there := object[name.(string)]; !there {
				bad = append(bad, path+": no "+name.(string))
			}
		}
	case "additionalProperties":
		for name, x := range object {
			if known[name] != nil {
				continue
			}
			sub, described := schema["additionalProperties"].(map[string]any)
			if !described {
				bad = append(bad, path+": "+name+" is not described")
				continue
			}
			bad = append(bad, s.check(sub, x, path+"."+name)...)
		}
	}
	return bad
}

func hasType(want, v any) bool {
	if list, ok := want.([]any); ok {
		return slices.ContainsFunc(list, func(x any) bool { return hasType(x, v) })
	}
	switch v := v.(type) {
	case nil:
		return want == "null"
	case bool:
		return want == "boolean"
	case string:
		return want == "string"
	case float64:
		return want == "number" || want == "integer" && v == float64(int64(v))
	case []any:
		return want == "array"
	case map[string]any:
		return want == "object"
	}
	return false
}

func TestDescriptionIsWellFormed(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	s := d.description(t)
	if s.doc["openapi"] != "3.1.0" || s.at("info")["title"] != "System 48" || s.at("components", "securitySchemes", "token")["scheme"] != "bearer" {
		t.Errorf("%v %v", s.doc["openapi"], s.at("info"))
	}
	raw, err := json.Marshal(s.doc)
	if err != nil {
		t.Fatal(err)
	}
	for part := range strings.SplitSeq(string(raw), `"$ref":"#/components/schemas/`) {
		name, _, _ := strings.Cut(part, `"`)
		if !strings.HasPrefix(part, "{") && s.at("components", "schemas", name) == nil {
			t.Errorf("no schema %s", name)
		}
	}
	for _, r := range d.api.routes {
		op := s.at("paths", r.path, strings.ToLower(r.method))
		if op == nil || op["operationId"] != r.id || op["summary"] == "" {
			t.Errorf("%s %s: %v", r.method, r.path, op)
			continue
		}
		if text, _ := op["description"].(string); r.right != "" && !strings.Contains(text, string(r.right)) {
			t.Errorf("%s does not name its scope", r.id)
		}
		if s.schema(r, http.StatusTeapot, problemType) == nil {
			t.Errorf("%s promises no problems", r.id)
		}
		if r.method == http.MethodPost && !strings.Contains(fmt.Sprint(op["parameters"]), "Idempotency-Key") {
			t.Errorf("%s knows no Idempotency-Key", r.id)
		}
	}
}

// What is served is what is described: real answers of every operation, good
// and bad, fit their schemas.
func TestDescriptionIsTrue(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	s := d.description(t)
	adam := d.token(t, d.Adam)
	byID := map[string]route{}
	for _, r := range d.api.routes {
		byID[r.id] = r
	}
	answered := map[string]bool{}
	ref := string(d.mail(t, "marko@example.me", "Svjetiljka"))
	item := d.ignored(t)
	d.Deliver(t, ticketing.DeliveryFailed)
	d.outside(t)
	if _, err := d.Store.FoldFacts(t.Context()); err != nil {
		t.Fatal(err)
	}
	kept := ticketing.SavedView{Name: "Hitno", Filter: ticketing.ViewFilter{List: ticketing.ListAll, Department: d.Bureau.ID, Category: d.Other.ID, Sort: ticketing.SortReceived, Desc: true}}
	if err := (&ticketing.Views{Bureau: d.Core}).Save(t.Context(), ticketing.ActorOf(d.Adam), &kept); err != nil {
		t.Fatal(err)
	}
	var file string
	for _, step := range []struct{ id, query, body, with string }{
		{"list-departments", "", "", ""},
		{"list-bodies", "", "", ""},
		{"list-categories", "", "", ""},
		{"list-users", "", "", ""},
		{"list-views", "", "", ""},
		{"list-view-tickets", "", "", "1"},
		{"list-profiles", "", "", ""},
		{"list-calendars", "", "", ""},
		{"list-districts", "", "", ""},
		{"import-districts", "?version=0&add=true", "street,district\nNjegoševa,centar\n", ""},
		{"put-routing", "", `{"version":0,"all":true,"rules":[{"id":0,"name":"Rupe","on":false,"when":{"keywords":["rupa"],"districts":["centar"]},"then":{"department":"roads","priority":"high","tags":["a"]}}]}`, ""},
		{"get-routing", "", "", ""},
		{"try-routing", "?all=true", "", ""},
		{"list-routing-versions", "", "", ""},
		{"get-routing-version", "", "", ""},
		{"restore-routing", "", "", ""},
		{"add-absence", "", `{"agent":"ana@grad.example","from":"2030-01-01T00:00:00Z","until":"2030-01-02T00:00:00Z","hand_over":true}`, ""},
		{"list-absences", "", "", ""},
		{"end-absence", "", "", "1"},
		{"put-calendar", "", `{"weekly":[{"day":"monday","from":"07:00","to":"15:00"}],"holidays":[{"date":"2026-05-21","name":"Dan"}],"extra":[{"date":"2026-05-23","from":"08:00","to":"24:00"}]}`, ""},
		{"put-profile", "", `{"start":"validation","calendar":"added","target_seconds":7200,"validation_calendar":"added","validation_target_seconds":3600,"cutoff":{"weekdays":["friday"]}}`, ""},
		{"put-ladder", "", `{"steps":[{"clock":"answer","seconds_after_due":-3600,"tell":"head"}],"office":["kabinet@grad.example"]}`, ""},
		{"put-policy", "", `{"categories":["pothole"],"departments":["roads"],"priorities":["urgent"],"channels":["sms"],"profile":"added","target_seconds":3600,"resolve_days":1,"ladder":"added"}`, ""},
		{"list-policy-versions", "", "", ""},
		{"get-policy-version", "", "", ""},
		{"restore-policy", "", "", ""},
		{"list-ladder-versions", "", "", ""},
		{"get-ladder-version", "", "", ""},
		{"restore-ladder", "", "", ""},
		{"list-profile-versions", "", "", ""},
		{"get-profile-version", "", "", ""},
		{"restore-profile", "", "", ""},
		{"list-calendar-versions", "", "", ""},
		{"get-calendar-version", "", "", ""},
		{"restore-calendar", "", "", ""},
		{"choose-profile", "", `{"profile":"tivat"}`, ""},
		{"order-recompute", "", `{"reason":"praznik"}`, ""},
		{"get-recompute", "", "", ""},
		{"list-policies", "", "", ""},
		{"list-ladders", "", "", ""},
		{"try-promise", "?at=2026-03-06T14:40:00Z&priority=high", "", ""},
		{"report-sla", "?from=2026-01-01&to=2026-01-31&group=channel", "", ""},
		{"report-department", "?from=2026-01-01&to=2026-01-31", "", ""},
		{"report-cases", "?set=open", "", ""},
		{"open-ticket", "", `{"text":"Rupa","citizen":{"name":"Jovo","email":"j@example.me","phone":"067123456"},"location":{"address":"Trg","lat":42.4,"lon":19.2}}`, ""},
		{"get-ticket", "?explain=1", "", ""},
		{"list-ticket-clocks", "?explain=true", "", ""},
		{"list-ticket-events", "", "", ""},
		{"list-legs", "", "", ""},
		{"refer-ticket", "", `{"body":"traffic","reason":"regionalni put"}`, ""},
		{"list-referrals", "?explain=true", "", ""},
		{"tell-body", "", `{"text":"Desna."}`, "asked"},
		{"withdraw-referral", "", "", "1"},
		{"consult", "", `{"department":"water","text":"Čija je cijev?"}`, ""},
		{"list-consultations", "", "", ""},
		{"answer-consultation", "", `{"text":"Naša."}`, "1"},
		{"consult", "", `{"department":"water","text":"Sigurno?"}`, ""},
		{"end-consultation", "", "", "2"},
		{"upload", "?name=a.txt", "bytes", ""},
		{"reply", "", `{"text":"Koja?","kind":"question","cc":["k@example.me"],"attachments":[{"name":"a.txt","content":"aGVq"}]}`, ""},
		{"note", "", `{"text":"Bilješka"}`, ""},
		{"validate-ticket", "", "", ""},
		{"pause-ticket", "", `{"reason":"citizen"}`, ""},
		{"get-ticket", "", "", ""},
		{"resume-ticket", "", "", ""},
		{"change-ticket", "", `{"tags":["a"],"assignee":"ana@grad.example"}`, ""},
		{"resolve-ticket", "", "", ""},
		{"close-ticket", "", `{"code":"resolved"}`, ""},
		{"reopen-ticket", "", "", ""},
		{"mark-spam", "", "", ""},
		{"unmark-spam", "", "", ""},
		{"list-tickets", "", "", ""},
		{"list-ticket-messages", "", "", ""},
		{"find-messages", "?message_id=m1@mail.example", "", ""},
		{"get-message", "", "", "1"},
		{"get-raw-message", "", "", "1"},
		{"get-attachment", "", "", "file"},
		{"list-deliveries", "?state=failed", "", ""},
		{"retry-delivery", "", "", "1"},
		{"list-calls", "", "", ""},
		{"get-call", "", "", "1"},
		{"list-callbacks", "", "", ""},
		{"list-intake", "", "", ""},
		{"get-intake-item", "", "", num(item)},
		{"retry-intake-item", "", "", num(item)},
	} {
		r := byID[step.id]
		id := step.with
		switch id {
		case "file":
			id = file
		case "asked":
			id = d.asked(t, ticketing.Reference(ref))
		}
		if step.id == "list-calls" {
			d.rang(t)
		}
		path := strings.NewReplacer("{ref}", ref, "{id}", id, "{version}", "1", "{part}", "streets", "{name}", "added").Replace(r.path) + step.query
		a := d.call(t, adam, r.method, path, step.body).want(t, max(r.status, http.StatusOK))
		answered[step.id] = true
		media, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
		if r.file != "" {
			if s.schema(r, a.status, r.file) == nil {
				t.Errorf("%s: no file is described", step.id)
			}
			continue
		}
		schema := s.schema(r, a.status, media)
		if schema == nil {
			t.Errorf("%s: %d %s is not described", step.id, a.status, media)
			continue
		}
		for _, bad := range s.check(schema, a.object(t), step.id) {
			t.Error(bad)
		}
		if step.id == "reply" {
			file = num(int64(a.object(t)["attachments"].([]any)[0].(map[string]any)["id"].(float64)))
		}
	}
	for id, r := range byID {
		if !answered[id] {
			t.Errorf("%s was not tried", id)
		}
		path := strings.NewReplacer("{ref}", "S48-26-000099-9", "{id}", "0").Replace(r.path) + "?x=1"
		a := d.call(t, adam, r.method, path, "")
		if a.status < 400 || a.header.Get("Content-Type") != problemType {
			t.Errorf("%s: %d %s", id, a.status, a.body)
			continue
		}
		for _, bad := range s.check(s.schema(r, a.status, problemType), a.object(t), id+" problem") {
			t.Error(bad)
		}
	}
}
