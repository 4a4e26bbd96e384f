package agent

import (
	"net/http"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// TestNotices: what a head is told of stands on a page and comes as a short
// message; nobody else sees it.
func TestNotices(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	hana, ana := s.as(t, s.Hana), s.as(t, s.Ana)
	hana.get("/agent/notices", http.StatusOK).has(t, "Nema obavještenja o rokovima")
	ref := s.mailed(t, "marko@mail.example", "Rupa", "Rupa.")
	at := s.Clock.Now()
	must(t, s.Store.InTx(t.Context(), func(tx ticketing.Tx) error {
		return tx.SaveNotices(t.Context(), []ticketing.Notice{{
			Ticket: s.View(t, ref).Ticket.ID, Clock: ticketing.ClockAnswer, After: -4 * time.Hour, Tell: ticketing.TellHead, Due: at.Add(4 * time.Hour), At: at,
			SendAfter: at, ToldAt: at, Agent: s.Hana.ID, Address: s.Hana.Email,
		}})
	}))
	hana.get("/agent/notices", http.StatusOK).has(t, string(ref), "prije roka", `data-live="notice"`)
	hana.get("/agent/notices/latest", http.StatusOK).has(t, string(ref), `role="alert"`)
	ana.get("/agent/notices", http.StatusOK).has(t, "Nema obavještenja o rokovima")
	ana.get("/agent/notices/latest", http.StatusNoContent)
}
