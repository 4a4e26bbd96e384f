package agent

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sistem48/system48/ticketing"
)

// TestLedger shows every item with its disposition, the sum, and lets an item
// be tried again once.
func TestLedger(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	s.mailed(t, "marko@mail.example", "Rupa", "Rupa.")
	bad := s.Arrive(t, s.Mail("kvar@mail.example", "Pokvareno", "x"))
	must(t, s.Store.InTx(t.Context(), func(tx ticketing.Tx) error {
		return tx.SettleLedger(t.Context(), ticketing.LedgerEntry{ID: bad.Ledger, State: ticketing.LedgerQuarantined, Reason: ticketing.ReasonPoison, SettledAt: s.Clock.Now()})
	}))
	ana := s.as(t, s.Ana)
	page := ana.get("/agent/intake", http.StatusOK)
	page.has(t, "kvar@mail.example", "karantin: ne može se obraditi", "Slaže se sa izvorima")
	if !strings.Contains(page.text(), "Viđeno 2 = primljeno 1 + čeka obradu 0 + karantin 1 + zanemareno sa razlogom 0") {
		t.Error(page.text())
	}
	ana.get("/agent/intake?state=quarantined", http.StatusOK).hasNot(t, "marko@mail.example")
	at := "/agent/intake/" + id(bad.Ledger)
	item := ana.get(at, http.StatusOK)
	item.has(t, "Original je sačuvan", "Subject: Pokvareno", at+"/raw", at+"/retry", "/agent/new?")
	raw := ana.get(at+"/raw", http.StatusOK)
	if !strings.Contains(raw.body, "Pokvareno") || raw.Header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("original = %q as %s", raw.body, raw.Header.Get("Content-Type"))
	}
	ana.post(at+"/retry", http.StatusSeeOther)
	if e, err := s.Store.LedgerItem(t.Context(), bad.Ledger); err != nil || e.State != ticketing.LedgerReceived {
		t.Errorf("after the retry: %s, %v", e.State, err)
	}
	aida := s.as(t, s.Aida).get("/agent/intake", http.StatusOK) // an auditor sees that it is there, not what it says
	aida.has(t, "k•••@mail.example", "karantin")
	aida.hasNot(t, "kvar@mail.example", "Pokvareno", "/agent/t/")
}

// TestOutgoing tries a failed letter again and releases what a restore holds.
func TestOutgoing(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	ref := s.mailed(t, "marko@mail.example", "Rupa", "Rupa.")
	s.Deliver(t, ticketing.DeliveryFailed)
	d := s.View(t, ref).Deliveries[0]
	ana := s.as(t, s.Ana)
	ana.get("/agent/outgoing", http.StatusOK).has(t, "marko@mail.example", "/agent/outgoing/"+id(d.ID)+"/retry")
	ana.get("/agent/tickets/"+id(d.Ticket), http.StatusSeeOther)
	ana.post("/agent/outgoing/"+id(d.ID)+"/retry", http.StatusSeeOther)
	if got := s.View(t, ref).Deliveries[0].State; got != ticketing.DeliveryPending {
		t.Errorf("after the retry: %s", got)
	}
	ana.post("/agent/outgoing/"+id(d.ID)+"/retry", http.StatusConflict)
	ana.get("/agent/outgoing", http.StatusOK).has(t, "Sva pisma su otišla")
}

// TestPaging walks a list to its end: every ticket once, in order.
func TestPaging(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	for i := range 120 {
		s.mailed(t, "g"+id(int64(i))+"@mail.example", "Predmet", "x")
	}
	ana := s.as(t, s.Ana)
	for _, sort := range []string{"due", "-due", "received", "-received", "activity", "-activity", "priority", "-priority"} {
		seen := map[string]bool{}
		next := "/agent/v/all?sort=" + sort
		for pages := 0; next != "" && pages < 5; pages++ {
			page := ana.get(next, http.StatusOK)
			for _, part := range strings.Split(page.body, `data-ref="`)[1:] {
				ref, _, _ := strings.Cut(part, `"`)
				if seen[ref] {
					t.Errorf("%s: %s twice", sort, ref)
				}
				seen[ref] = true
			}
			_, rest, more := strings.Cut(page.body, `rel="next" href="`)
			next, _, _ = strings.Cut(rest, `"`)
			next = strings.ReplaceAll(next, "&amp;", "&")
			if !more {
				break
			}
		}
		if len(seen) != 120 {
			t.Errorf("%s: %d tickets, want 120", sort, len(seen))
		}
	}
	ana.get("/agent/v/all?after=garbage", http.StatusUnprocessableEntity)
	ana.get("/agent/v/nonsense", http.StatusNotFound)
}

// TestCitizens changes, joins and separates.
func TestCitizens(t *testing.T) {
	t.Parallel()
	s := newSite(t, "")
	one := s.View(t, s.mailed(t, "marko@mail.example", "Rupa", "x")).Citizen
	two := s.View(t, s.mailed(t, "marko.dj@mail.example", "Rasvjeta", "x")).Citizen
	ana, at := s.as(t, s.Ana), citizenPath(one.ID)
	ana.post(at, http.StatusSeeOther, "name", "Marko Đukanović", "language", "sr-Cyrl-ME", "preferred", "email", "phone", "067 123 418")
	page := ana.get(at, http.StatusOK)
	page.has(t, "Marko Đukanović", "067 ••• 418", "Rupa")
	page.hasNot(t, "067 123 418", "+38267123418")
	ana.post(at, http.StatusUnprocessableEntity, "name", "M", "email", "nije adresa", "phone", "abc").has(t, "nije ispravan broj")
	ana.post(at, http.StatusUnprocessableEntity, "name", "M", "email", "marko.dj@mail.example").has(t, "pripada drugom")
	ana.post(at+"/join", http.StatusUnprocessableEntity, "address", "niko@mail.example").has(t, "tačno jedan")
	ana.post(at+"/join", http.StatusSeeOther, "address", "marko.dj@mail.example")
	ana.get(at, http.StatusOK).has(t, "marko.dj@mail.example", "Razdvoji")
	ana.post(at+"/separate", http.StatusSeeOther, "joined", id(two.ID))
	ana.get(at, http.StatusOK).hasNot(t, "Razdvoji")
	ana.get("/agent/citizens?q=djukanovic", http.StatusOK).has(t, at)
}
