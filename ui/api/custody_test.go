package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
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

// outside adds the body that tickets are referred to.
func (d *desk) outside(t *testing.T) {
	t.Helper()
	b := ticketing.Body{Code: "traffic", Names: map[lang.Tag]string{lang.SrLatn: "Uprava za saobraćaj"}, Email: "pisarnica@saobracaj.example"}
	if err := (&ticketing.Registry{Bureau: d.Core}).SaveBody(t.Context(), ticketing.ActorOf(d.Adam), &b); err != nil {
		t.Fatal(err)
	}
}

// asked lets the body ask something back and gives the number of its referral.
func (d *desk) asked(t *testing.T, ref ticketing.Reference) string {
	t.Helper()
	link := ticketing.ReferralLink{Ref: string(ref), N: "1", Code: d.Core.Keys.ReferralCode(ref, 1, 0)}
	if err := (&ticketing.Custodian{Bureau: d.Core}).Ask(t.Context(), link, ticketing.Statement{Person: "Jovana", Text: "Koja traka?"}); err != nil {
		t.Fatal(err)
	}
	return "1"
}

// Referral over the API: to a department at once, to a body by a link that is
// never told; another takeover at the same time is refused; withdrawn, it is over.
func TestRefer(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	d.outside(t)
	ana := d.token(t, d.Ana)
	ref := d.open(t, ana, `{"text":"Velika rupa","category":"pothole"}`)
	path := "/tickets/" + ref + "/referrals"
	for _, bad := range []string{`{"reason":"x"}`, `{"department":"lighting","body":"traffic","reason":"x"}`, `{"body":"nobody","reason":"x"}`, `{"body":"traffic","reason":" "}`} {
		d.call(t, ana, http.MethodPost, path, bad).want(t, http.StatusUnprocessableEntity)
	}
	got := d.call(t, ana, http.MethodPost, path, `{"department":"lighting","reason":"svjetiljka"}`).want(t, http.StatusCreated).object(t)
	if got["department"].(map[string]any)["code"] != "lighting" {
		t.Errorf("custody: %v", got["department"])
	}
	d.call(t, ana, http.MethodPost, path, `{"body":"traffic","reason":"regionalni put"}`).want(t, http.StatusCreated)
	d.call(t, ana, http.MethodPost, path, `{"body":"traffic","reason":"opet"}`).want(t, http.StatusConflict)
	code := d.Core.Keys.ReferralCode(ticketing.Reference(ref), 1, 0)
	list := d.call(t, ana, http.MethodGet, path, "").want(t, http.StatusOK)
	if r := list.items(t)[0]; r["state"] != "sent" || r["body"] != "traffic" || r["due_at"] == nil {
		t.Errorf("referral: %v", r)
	}
	if events := d.call(t, ana, http.MethodGet, "/tickets/"+ref+"/events", ""); strings.Contains(string(list.body)+string(events.body), code) {
		t.Error("the signed link is told")
	}
	d.call(t, ana, http.MethodDelete, path+"/1", "").want(t, http.StatusOK)
	d.call(t, ana, http.MethodDelete, path+"/1", "").want(t, http.StatusConflict)
	d.call(t, ana, http.MethodDelete, path+"/2", "").want(t, http.StatusNotFound)
}
