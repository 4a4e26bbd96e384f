package api

import (
	"net/http"
	"testing"
	"time"

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
