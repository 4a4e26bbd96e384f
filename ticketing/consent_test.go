package ticketing_test

import (
	"testing"

	"github.com/sistem48/system48/ticketing"
)

// TestConsentIsOnePersons: who agreed that an outside body gets their contact data
// agreed for themselves (A33). Whoever is the requester after them, by an agent's
// hand (I14) or because citizens were joined or separated, is not shown.
func TestConsentIsOnePersons(t *testing.T) {
	t.Parallel()
	other := func(r *referred) ticketing.CitizenID {
		return r.open(r.Mail("susjed@primjer.example", "Moje", "Nešto drugo")).Citizen
	}
	agreed := func(t *testing.T, before func(r *referred)) *referred {
		r := refer(t, ticketing.ReferInput{Opinion: true})
		if before != nil {
			before(r)
		}
		r.must(second(r.desk.Refer(t.Context(), r.ana(), at(r.k), ticketing.ReferInput{Body: r.body.ID, Reason: "put", Consent: true, Opinion: true})))
		r.link = r.mailed()
		r.must(r.cust.Accept(t.Context(), r.link, ticketing.Statement{Person: "Jovana", Step: r.ticket(r.k.Ref).Referrals[1].Step}))
		if v, err := r.find(); err != nil || v.Citizen == nil {
			t.Fatalf("with consent: %+v %v", v, err)
		}
		return r
	}
	shown := func(r *referred) bool {
		r.Helper()
		v, err := r.find()
		r.must(err)
		return v.Citizen != nil
	}

	t.Run("an agent changes the requester", func(t *testing.T) {
		t.Parallel()
		r := agreed(t, nil)
		set := func(id ticketing.CitizenID) {
			r.must(second(r.desk.SetRequester(t.Context(), r.ana(), at(r.k), id)))
		}
		set(r.k.Citizen)
		if !shown(r) {
			t.Error("naming the same requester again ended their consent")
		}
		set(other(r))
		if shown(r) {
			t.Error("the body sees a requester who never agreed")
		}
		set(r.k.Citizen)
		if shown(r) || r.ticket(r.k.Ref).Referrals[1].Consent {
			t.Error("the consent came back without being asked for")
		}
		var ended []any
		for _, e := range r.events(r.k.Ref) {
			if list, ok := e.Data["consent_ended"].([]any); ok && e.Kind == ticketing.EventRequester {
				ended = append(ended, list...)
			}
		}
		if len(ended) != 1 || ended[0] != 2.0 {
			t.Errorf("the events say that the consent of referrals %v ended, want 2", ended)
		}
	})
	t.Run("the citizen is joined into another, and separated", func(t *testing.T) {
		t.Parallel()
		r := agreed(t, nil)
		r.must(r.people.Join(t.Context(), r.ana(), r.k.Citizen, other(r)))
		if shown(r) {
			t.Error("the body sees the one who stayed")
		}
		r.must(r.people.Separate(t.Context(), r.ana(), r.k.Citizen))
		if !shown(r) {
			t.Error("the consent of the same person ended by a mistake taken back")
		}
	})
	t.Run("who was joined when they agreed is separated", func(t *testing.T) {
		t.Parallel()
		r := agreed(t, func(r *referred) { r.must(r.people.Join(t.Context(), r.ana(), r.k.Citizen, other(r))) })
		r.must(r.people.Separate(t.Context(), r.ana(), r.k.Citizen))
		if shown(r) {
			t.Error("the body sees whom the separation left as requester")
		}
	})
}
