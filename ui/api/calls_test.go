package api

import (
	"net/http"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// rang enters a call that was missed and one that was taken.
func (d *desk) rang(t *testing.T) {
	t.Helper()
	calls := ticketing.Calls{Bureau: d.Core, Duties: d.Store}
	at := d.Clock.Now()
	_, err := calls.Take(t.Context(), []ticketing.CallReport{
		{Source: "pbx", Call: "missed", Region: "ME", Direction: ticketing.CallIn, From: "067/123-456", To: "19801", Started: at, Ended: at.Add(20 * time.Second), Result: ticketing.CallMissed},
		{Source: "pbx", Call: "taken", Region: "ME", Direction: ticketing.CallIn, From: "anonymous", To: "19801", Started: at, Answered: at.Add(5 * time.Second), Ended: at.Add(65 * time.Second), Extension: "ana"},
	})
	if err != nil {
		t.Fatal(err)
	}
	d.Clock.Advance(2 * time.Minute)
	if _, err := calls.Decide(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Calls and the promises they make are listed as programs read them, found by a
// number in any form, and not shown to who may not see numbers.
func TestCalls(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	d.rang(t)
	secret := d.token(t, d.Ana)
	items := func(path string) []any {
		t.Helper()
		list, _ := d.call(t, secret, http.MethodGet, path, "").want(t, http.StatusOK).object(t)["items"].([]any)
		return list
	}
	if list := items("/calls"); len(list) != 2 {
		t.Fatalf("calls = %v", list)
	}
	missed := items("/calls?number=067%20123%20456")
	if len(missed) != 1 {
		t.Fatalf("of the number = %v", missed)
	}
	one := missed[0].(map[string]any)
	ref, _ := one["ticket_ref"].(string)
	for key, want := range map[string]any{
		"call_key": "missed", "direction": "in", "from": "+38267123456", "to": "19801", "result": "missed", "disposition": "ticketed", "wait_seconds": 20.0, "answered_at": nil, "agent": nil,
	} {
		if one[key] != want {
			t.Errorf("%s = %v, want %v", key, one[key], want)
		}
	}
	noRecord := items("/calls?no_record=true")
	if len(noRecord) != 1 || noRecord[0].(map[string]any)["withheld"] != true || noRecord[0].(map[string]any)["talk_seconds"] != 60.0 {
		t.Errorf("without a record = %v", noRecord)
	}
	full := d.call(t, secret, http.MethodGet, "/calls/1", "").want(t, http.StatusOK).object(t)
	if legs, _ := full["legs"].([]any); len(legs) != 1 {
		t.Errorf("call = %v", full)
	}
	owed := items("/callbacks")
	if len(owed) != 1 || owed[0].(map[string]any)["ticket_ref"] != ref || owed[0].(map[string]any)["missed"] != 1.0 {
		t.Errorf("callbacks = %v", owed)
	}
	d.call(t, secret, http.MethodGet, "/calls/99", "").want(t, http.StatusNotFound)
	d.call(t, secret, http.MethodGet, "/calls?number=abc", "").want(t, http.StatusUnprocessableEntity)
	d.call(t, d.token(t, d.Oskar), http.MethodGet, "/calls", "").want(t, http.StatusForbidden)
	d.call(t, d.token(t, d.Ana, ticketing.RightRead), http.MethodGet, "/calls", "").want(t, http.StatusForbidden)
}
