package agent

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

// TestFaults lets the n-th call to the store fail, for every n a request makes:
// the answer is a whole error page that names nothing of the program, and
// nothing is half done.
func TestFaults(t *testing.T) {
	t.Parallel()
	o := ticketingtest.NewOffice(t, "")
	faults := ticketingtest.NewFaultStore(o.Store)
	s := newSiteOn(t, o, faults)
	fill := s.lit(t)
	ana := s.as(t, s.Ana)
	most := map[string]int{} // calls a page makes when nothing fails
	for _, path := range []string{
		"/agent/v/all", "{t}", "{t}/live", "/agent/search?q=rasvjeta", "/agent/intake", "/agent/intake/1", "/agent/citizens/{citizen}", "/agent/outgoing", "/agent/new",
		"/agent/mail/{message}", "/agent/files/{file}", "/agent/tickets/rows?refs={ref}", "/agent/nav",
	} {
		for n := 1; ; n++ {
			faults.FailAt(n, ticketing.Busy)
			got := ana.do(http.MethodGet, fill.Replace(path), nil, false)
			if faults.Failed() == "" {
				got.is(t, http.StatusOK)
				most[path] = n - 1
				break
			}
			if got.StatusCode != http.StatusServiceUnavailable || got.Header.Get("Retry-After") == "" || strings.Contains(got.body, "fault at call") || !strings.Contains(got.body, "</html>") {
				t.Errorf("%s with %s failing (call %d) = %d\n%.300s", path, faults.Failed(), n, got.StatusCode, got.text())
			}
		}
	}
	// A page costs the same however many rows it shows: no query for each.
	for path, limit := range map[string]int{"/agent/v/all": 6, "{t}": 12, "{t}/live": 12} {
		if most[path] > limit {
			t.Errorf("%s makes %d calls to the store, want at most %d", path, most[path], limit)
		}
	}
	t.Log(most)
}

// TestLostAnswer sends a reply whose commit succeeds while its answer is lost:
// sent once more with the same key it is one message.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	o := ticketingtest.NewOffice(t, "")
	faults := ticketingtest.NewFaultStore(o.Store)
	s := newSiteOn(t, o, faults)
	ref := s.mailed(t, "marko@mail.example", "Rupa", "Rupa.")
	ana, path := s.as(t, s.Ana), ticketing.TicketPath(ref)
	form := []string{"answer", "answer", "text_reply", "Jednom", "once", "k"}
	faults.LoseAnswer(1)
	ana.press(path+"/message", http.StatusServiceUnavailable, form...)
	ana.press(path+"/message", http.StatusOK, form...)
	if n := len(s.View(t, ref).Messages); n != 2 {
		t.Errorf("%d messages, want the mail and one reply", n)
	}
}
