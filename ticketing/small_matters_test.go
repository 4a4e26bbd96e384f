package ticketing_test

import (
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// TestNobodyDeputisesInACircle: who is away is not deputised by somebody who is
// away at the same time and deputised by them, however long the chain; one after
// the other is as good as ever.
func TestNobodyDeputisesInACircle(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	day, start := 24*time.Hour, r.Clock.Now().Add(24*time.Hour)
	away := func(who, deputy ticketing.AgentID, from, until time.Duration) error {
		return r.staff.SaveAbsence(t.Context(), ticketing.ActorOf(r.Adam), &ticketing.Absence{Agent: who, Substitute: deputy, From: start.Add(from), Until: start.Add(until)})
	}
	ana, boris, olga := r.Ana.ID, r.Boris.ID, r.Olga.ID
	r.must(away(ana, boris, 0, 5*day))
	r.wantKey(away(boris, ana, 4*day, 9*day), ticketing.Invalid, "absence.mutual")
	r.must(away(boris, ana, 5*day, 9*day)) // she is back
	r.must(away(boris, olga, 2*day, 4*day))
	r.wantKey(away(olga, ana, 0, 3*day), ticketing.Invalid, "absence.mutual") // Ana, Boris, Olga, Ana on the third day
	r.must(away(olga, ana, 0, 2*day))                                         // Boris is there by then
}

// TestNumberOfABody: an agent enters the number under which a body has the matter;
// the body's mails that name it are found by it, and it is told in the course.
func TestNumberOfABody(t *testing.T) {
	t.Parallel()
	r := refer(t, ticketing.ReferInput{})
	r.wantKind(second(r.desk.NumberReferral(t.Context(), r.ana(), at(r.k), 2, "1")), ticketing.NotFound)
	r.must(second(r.desk.NumberReferral(t.Context(), r.ana(), at(r.k), 1, " 08-332/26 ")))
	if got := r.ticket(r.k.Ref).Referrals[0].Outside; got != "08-332/26" {
		t.Errorf("number %q", got)
	}
	if n := r.count(r.k.Ref, ticketing.EventNumbered); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
	r.must(second(r.desk.NumberReferral(t.Context(), r.ana(), at(r.k), 1, "08-332/26"))) // nothing changed (I4)
	if n := r.count(r.k.Ref, ticketing.EventNumbered); n != 1 {
		t.Errorf("%d events after entering the same", n)
	}
	r.must(r.cust.Accept(t.Context(), r.link, r.say(ticketing.Statement{Person: "Jovana"})))
	if e := r.Receive(t, r.Mail(official, "Dopis", veza)); e.Ticket != r.k.ID {
		t.Errorf("a mail that names the number: ledger %+v", e)
	}
}

// TestMissingProofIsNamed: a refused resolving or closing names the one kind of
// proof that the category demands.
func TestMissingProofIsNamed(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	decision := r.Other
	decision.Proof = ticketing.ProofDecision
	r.must(r.staff.SaveCategory(t.Context(), ticketing.ActorOf(r.Adam), &decision))
	for _, tt := range []struct {
		category ticketing.Category
		want     string
	}{{r.Streetlight, "closing.proof_answer"}, {r.Pothole, "closing.proof_photo"}, {decision, "closing.proof_decision"}} {
		k := r.opened()
		r.must(second(r.desk.Change(t.Context(), r.ana(), at(k), ticketing.Change{Category: &tt.category})))
		r.wantKey(second(r.desk.Resolve(t.Context(), r.ana(), at(k), "")), ticketing.Invalid, tt.want)
		r.wantKey(second(r.desk.Close(t.Context(), r.ana(), at(k), ticketing.CloseInput{Code: ticketing.CodeResolved})), ticketing.Invalid, tt.want)
	}
}
