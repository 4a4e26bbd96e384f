package ticketing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// TestBodyIsHeard: what a body does reaches who has the ticket: it is unread,
// first by activity, says in its row how it stands, and is told by mail to the
// assignee, or else to the department; the mail tells nothing of the citizen nor
// of what the body wrote.
func TestBodyIsHeard(t *testing.T) {
	t.Parallel()
	words := "Koja traka, Marko pita?"
	for name, deed := range map[string]struct {
		do     func(r *referred, s ticketing.Statement) error
		unread bool
		want   ticketing.Outside
	}{
		"asks":    {func(r *referred, s ticketing.Statement) error { return r.cust.Ask(r.Context(), r.link, s) }, true, ticketing.Outside{State: ticketing.ReferralSent, Asks: true}},
		"accepts": {func(r *referred, s ticketing.Statement) error { return r.cust.Accept(r.Context(), r.link, s) }, true, ticketing.Outside{State: ticketing.ReferralAccepted}},
		"accepts in silence": {func(r *referred, s ticketing.Statement) error {
			s.Text = ""
			return r.cust.Accept(r.Context(), r.link, s)
		}, true, ticketing.Outside{State: ticketing.ReferralAccepted}},
		"refuses": {func(r *referred, s ticketing.Statement) error { return r.cust.Refuse(r.Context(), r.link, s) }, true, ticketing.Outside{State: ticketing.ReferralRefused}},
		"refuses in silence": {func(r *referred, s ticketing.Statement) error {
			s.Text = ""
			return r.cust.Refuse(r.Context(), r.link, s)
		}, true, ticketing.Outside{State: ticketing.ReferralRefused}},
		"answers": {func(r *referred, s ticketing.Statement) error { return r.cust.Answer(r.Context(), r.link, s) }, true, ticketing.Outside{State: ticketing.ReferralAnswered}},
	} {
		for _, assigned := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				r := refer(t, ticketing.ReferInput{})
				dept, _ := r.directory().Department(r.k.Department)
				to := ticketing.NormalEmail(dept.Email)
				if assigned {
					r.must(second(r.desk.Assign(t.Context(), r.ana(), at(r.k), r.Ana.ID)))
					to = r.Ana.Email
				}
				r.must(r.Store.MarkSeen(t.Context(), r.Ana.ID, r.k.ID, r.ticket(r.k.Ref).LastMessage))
				r.Clock.Advance(time.Hour)
				s := r.say(ticketing.Statement{Text: words, Competent: "Putevi d.o.o."})
				r.must(deed.do(r, s))
				rows, err := r.Store.TicketRows(t.Context(), ticketing.Scope{All: true}, []ticketing.Reference{r.k.Ref}, r.Ana.ID)
				r.must(err)
				want := deed.want
				want.Body = r.body.ID
				if x := rows[0]; x.Unread != deed.unread || !x.LastMessageAt.Equal(r.Clock.Now()) || x.Outside != want {
					t.Errorf("unread %v, last %v, %+v", x.Unread, x.LastMessageAt, x.Outside)
				}
				told := r.deliveries(r.k.Ref, ticketing.PurposeHeard)
				if to == "" {
					if len(told) != 0 {
						t.Errorf("told %+v", told)
					}
					return
				}
				if len(told) != 1 || told[0].To.Address != to || !told[0].ToStaff {
					t.Fatalf("told %+v, want %s", told, to)
				}
				for _, secret := range []string{words, "Marko", citizen} {
					if strings.Contains(told[0].Subject+told[0].Text, secret) {
						t.Errorf("the mail tells %q", secret)
					}
				}
			})
		}
	}
}

// TestRefusalKeepsTheWords: what a refusing body wrote stands in the ticket as
// its note, beside whom it named.
func TestRefusalKeepsTheWords(t *testing.T) {
	t.Parallel()
	r := refer(t, ticketing.ReferInput{})
	r.must(r.cust.Refuse(t.Context(), r.link, r.say(ticketing.Statement{Competent: "Putevi d.o.o.", Text: "Stub je na putu M-2."})))
	ms := r.View(t, r.k.Ref).Messages
	m := ms[len(ms)-1]
	if m.Text != "Stub je na putu M-2." || m.Direction != ticketing.Note || !m.FromBody() || !strings.Contains(m.Author.Name, "Uprava za saobraćaj") {
		t.Errorf("%+v", m)
	}
}

// TestAnswerToBodyHasItsSubject: the letter that answers a body's question is
// not taken for the request sent anew.
func TestAnswerToBodyHasItsSubject(t *testing.T) {
	t.Parallel()
	r := refer(t, ticketing.ReferInput{})
	r.must(r.cust.Ask(t.Context(), r.link, r.say(ticketing.Statement{Text: "Koja traka?"})))
	r.must(second(r.desk.TellBody(t.Context(), r.ana(), at(r.k), 1, "Desna.")))
	ds := r.deliveries(r.k.Ref, ticketing.PurposeReferral)
	if len(ds) != 2 || ds[0].Subject == ds[1].Subject {
		t.Errorf("%+v", ds)
	}
}

// TestMoveEndsItsQuestion: a department that gets the ticket owes no answer to
// itself; other questions stay; moving where the ticket is already is refused.
func TestMoveEndsItsQuestion(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.must(second(r.desk.Consult(t.Context(), r.ana(), at(k), r.Roads.ID, "Čiji je stub?")))
	r.must(second(r.desk.Consult(t.Context(), r.ana(), at(k), r.Lighting.ID, "A sijalica?")))
	r.must(second(r.desk.Move(t.Context(), r.ana(), at(k), r.Roads.ID, "")))
	got := r.ticket(k.Ref)
	if got.Consultations[0].Open() || !got.Consultations[1].Open() || r.count(k.Ref, ticketing.EventConsultEnded) != 1 {
		t.Errorf("%+v", got.Consultations)
	}
	r.wantKey(second(r.desk.Move(t.Context(), r.ana(), at(k), r.Roads.ID, "")), ticketing.Invalid, "department.present")
}
