package agent

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/sistem48/system48/ticketing"
)

// TestConsultedReads: an officer whose department is asked opens the ticket, and no
// longer once the question is taken back unanswered (A38): 404, 200, 404. Having
// answered they still see what they answered.
func TestConsultedReads(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.mailed(t, "marko@mail.example", "Stub", "Stub je nagnut.")
	path := ticketing.TicketPath(ref)
	ana, oskar := s.as(t, s.Ana), s.as(t, s.Oskar)
	ask := func() {
		t.Helper()
		ana.post(path+"/consult", http.StatusSeeOther, "department", strconv.FormatInt(int64(s.Lighting.ID), 10), "text", "Čiji je stub?")
	}
	oskar.get(path, http.StatusNotFound)
	ask()
	oskar.get(path, http.StatusOK).has(t, "Čiji je stub?")
	ana.post(path+"/consultations/1/end", http.StatusSeeOther)
	oskar.get(path, http.StatusNotFound)
	ask()
	oskar.get(path, http.StatusOK)
	oskar.post(path+"/consultations/2/answer", http.StatusSeeOther, "text", "Naš je.")
	oskar.get(path, http.StatusOK).has(t, "Naš je.")
}
