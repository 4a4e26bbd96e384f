package agent

import (
	"net/http"
	"testing"
	"time"

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

// TestWhyOfABody: why a body is to act by then is explained by its own calendar; of
// a referral that there is not, and of one that ended, there is nothing to explain.
func TestWhyOfABody(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	admin, by := ticketing.ActorOf(s.Adam), ticketing.ActorOf(s.Ana)
	b := ticketing.Body{Code: "traffic", Names: s.Roads.Names, Email: "pisarnica@saobracaj.example", Calendar: "office-hours"}
	must(t, (&ticketing.Registry{Bureau: s.Core}).SaveBody(t.Context(), admin, &b))
	ref := s.mailed(t, "marko@mail.example", "Rupa", "Rupa.")
	desk := ticketing.Desk{Bureau: s.Core}
	_, err := desk.Refer(t.Context(), by, ticketing.Target{Ref: ref}, ticketing.ReferInput{Body: b.ID, Reason: "put"})
	must(t, err)
	ana, path := s.as(t, s.Ana), ticketing.TicketPath(ref)
	ana.get(path, http.StatusOK).has(t, path+"/why/referral-1")
	ana.get(path+"/why/referral-1", http.StatusOK).has(t, "Kalendar „office-hours“, verzija 1", "po njegovom kalendaru")
	link := ticketing.ReferralLink{Ref: string(ref), N: "1", Code: s.Core.Keys.ReferralCode(ref, 1, s.View(t, ref).Ticket.Referrals[0].Epoch)}
	must(t, (&ticketing.Custodian{Bureau: s.Core}).Ask(t.Context(), link, ticketing.Statement{Person: "Jovana", Text: "Koja traka?"}))
	s.Clock.Advance(5 * time.Minute)
	ana.get(path+"/why/referral-1", http.StatusOK).has(t, "Čeka biro")
	ana.get(path+"/why/referral-2", http.StatusNotFound)
	ana.get(path+"/why/referral-x", http.StatusNotFound)
	_, err = desk.WithdrawReferral(t.Context(), by, ticketing.Target{Ref: ref}, 1)
	must(t, err)
	ana.get(path+"/why/referral-1", http.StatusConflict)
}

// TestEndOfConsent: that another requester ended what the earlier one agreed to
// stands in the ticket's course; so does the number of an outside body that an agent entered.
func TestEndOfConsent(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.mailed(t, "marko@mail.example", "Rupa", "Rupa.")
	other := s.View(t, s.mailed(t, "susjed@mail.example", "Drugo", "Drugo.")).Citizen.ID
	s.ask(t, ref)
	desk, ana, path := ticketing.Desk{Bureau: s.Core}, s.as(t, s.Ana), ticketing.TicketPath(ref)
	must(t, second(desk.Refer(t.Context(), ticketing.ActorOf(s.Ana), ticketing.Target{Ref: ref}, ticketing.ReferInput{Body: 1, Reason: "put", Consent: true, Opinion: true})))
	ana.get(path, http.StatusOK).hasNot(t, "Saglasnost ranijeg podnosioca")
	must(t, second(desk.SetRequester(t.Context(), ticketing.ActorOf(s.Ana), ticketing.Target{Ref: ref}, other)))
	ana.get(path, http.StatusOK).has(t, "Saglasnost ranijeg podnosioca", "Upiši njihov broj")
	ana.post(path+"/referrals/2/number", http.StatusSeeOther, "number", "05-118/26")
	ana.get(path, http.StatusOK).has(t, "upisuje broj koji vodi Uprava za saobraćaj: 05-118/26", "Izmijeni njihov broj", `value="05-118/26"`)
}
