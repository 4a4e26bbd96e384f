package ticketing_test

import (
	"strings"
	"testing"

	"github.com/sistem48/system48/ticketing"
)

// TestConsultation: a department is asked without custody (I5): no clock and no
// leg changes, it may read the ticket and answer, once, and nothing else (A33);
// its mail tells nothing of the citizen.
func TestConsultation(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.must(second(r.desk.Move(t.Context(), r.ana(), at(k), r.Roads.ID, "")))
	oskar, before := ticketing.ActorOf(r.Oskar), r.ticket(k.Ref)
	_, err := r.desk.AnswerConsultation(t.Context(), oskar, at(k), 1, "x")
	r.wantKind(err, ticketing.NotFound)
	r.wantKey(second(r.desk.Consult(t.Context(), r.ana(), at(k), r.Roads.ID, "x")), ticketing.Invalid, "consult.department")
	r.must(second(r.desk.Consult(t.Context(), r.ana(), at(k), r.Lighting.ID, "Marko kaže: čiji je stub?")))
	r.wantKey(second(r.desk.Consult(t.Context(), r.ana(), at(k), r.Lighting.ID, "x")), ticketing.Conflict, "consult.open")
	got := r.ticket(k.Ref)
	if got.Department != r.Roads.ID || got.Leg != before.Leg || !got.DueAt.Equal(before.DueAt) {
		t.Errorf("custody of %d in leg %d, due %v", got.Department, got.Leg, got.DueAt)
	}
	mails := r.deliveries(k.Ref, ticketing.PurposeConsult)
	if len(mails) != 1 || mails[0].To.Address != r.Lighting.Email || !mails[0].ToStaff {
		t.Fatalf("told by %+v", mails)
	}
	for _, d := range r.Deliver(t, ticketing.DeliverySent) {
		if d.Purpose == ticketing.PurposeConsult && (strings.Contains(d.Text, "Marko") || strings.Contains(d.Text, citizen)) {
			t.Error("the mail tells of the citizen")
		}
	}
	r.wantKind(second(r.desk.Assign(t.Context(), oskar, at(k), 0)), ticketing.Forbidden)
	r.wantKind(second(r.desk.EndConsultation(t.Context(), oskar, at(k), 1)), ticketing.Forbidden)
	r.must(second(r.desk.AnswerConsultation(t.Context(), oskar, at(k), 1, "Naš je.")))
	r.wantKind(second(r.desk.AnswerConsultation(t.Context(), oskar, at(k), 1, "Opet.")), ticketing.Forbidden)
	v := r.View(t, k.Ref)
	if c := v.Ticket.Consultations[0]; c.Open() || v.Messages[len(v.Messages)-1].Text != "Naš je." {
		t.Errorf("%+v", c)
	}
	r.must(second(r.desk.Consult(t.Context(), r.ana(), at(k), r.Lighting.ID, "Još nešto?")))
	r.must(second(r.desk.EndConsultation(t.Context(), r.ana(), at(k), 2)))
	r.wantKind(second(r.desk.AnswerConsultation(t.Context(), oskar, at(k), 2, "Kasno.")), ticketing.Forbidden)
}
