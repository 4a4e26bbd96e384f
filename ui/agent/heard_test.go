package agent

import (
	"net/http"
	"testing"

	"github.com/sistem48/system48/ticketing"
)

// TestBodyIsSeen: what an outside body asks stands in the row, unread, and in the
// head of the ticket; the dialog says when nothing would be shown to a body.
func TestBodyIsSeen(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.mailed(t, "marko@mail.example", "Rupa", "Rupa.")
	ana, path := s.as(t, s.Ana), ticketing.TicketPath(ref)
	ana.get(path, http.StatusOK)
	ana.get("/agent/v/all", http.StatusOK).hasNot(t, "row--unread")
	s.ask(t, ref)
	ana.get("/agent/v/all", http.StatusOK).has(t, "row--unread", "Uprava za saobraćaj pita")
	page := ana.get(path+"?open=refer", http.StatusOK)
	page.has(t, "Uprava za saobraćaj pita", "Pita nas", "pita nas", "Organ neće vidjeti")
	ana.get("/agent/v/all", http.StatusOK).hasNot(t, "row--unread")
}
