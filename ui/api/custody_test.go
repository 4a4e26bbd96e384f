package api

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// One custodian at a time (I5): custodies follow one another without gap, sum
// to the life of the ticket, and a department that is sent what it gave away is
// counted as ping-pong.
func TestLegsSumToTheLife(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	d.Roads.LegHours = 10
	if err := d.Store.InTx(t.Context(), func(tx ticketing.Tx) error { return tx.SaveDepartment(t.Context(), &d.Roads) }); err != nil {
		t.Fatal(err)
	}
	ana := d.token(t, d.Ana)
	path := "/tickets/" + d.open(t, ana, `{"text":"Velika rupa","category":"pothole"}`)
	for _, to := range []string{"lighting", "roads"} {
		d.Clock.Advance(90 * time.Minute)
		d.call(t, ana, http.MethodPatch, path, fmt.Sprintf(`{"department":%q}`, to)).want(t, http.StatusOK)
	}
	d.Clock.Advance(30 * time.Minute)
	got := d.call(t, ana, http.MethodGet, path+"/legs", "").want(t, http.StatusOK).object(t)
	legs := got["items"].([]any)
	if len(legs) != 3 || got["returned"] != 1.0 {
		t.Fatalf("legs: %v", got)
	}
	var sum float64
	for i, x := range legs {
		leg := x.(map[string]any)
		sum += leg["seconds"].(float64)
		if i > 0 && leg["from"] != legs[i-1].(map[string]any)["to"] {
			t.Errorf("leg %d begins %v, the one before it ended %v", i+1, leg["from"], legs[i-1].(map[string]any)["to"])
		}
	}
	spent := got["spent"].(map[string]any)
	if life := 210 * 60.0; sum != life || spent["us"] != life || spent["citizen"] != 0.0 || spent["others"] != 0.0 {
		t.Errorf("legs sum to %v, spent %v", sum, spent)
	}
	if last := legs[2].(map[string]any); last["to"] != nil || last["reason"] != "moved" || last["department"].(map[string]any)["code"] != "roads" {
		t.Errorf("present leg: %v", last)
	}
	clocks := map[string][]string{}
	for _, c := range d.call(t, ana, http.MethodGet, path+"/clocks", "").items(t) {
		kind := c["kind"].(string)
		clocks[kind] = append(clocks[kind], c["state"].(string))
	}
	if got := fmt.Sprint(clocks["leg"]); got != "[met running]" {
		t.Errorf("leg clocks: %s", got)
	}
}
