package ticketing

import "time"

// The events of consultations.
const (
	EventConsulted     EventKind = "consultation.asked"
	EventConsultAnswer EventKind = "consultation.answered"
	EventConsultEnded  EventKind = "consultation.ended" // taken back unanswered
)

// Consult asks another department something; custody and every clock stay as
// they are. The question is a note, which that department may read with the
// ticket. One question at a time: Conflict.
func (t *Ticket) Consult(d Department, m Message, by Actor, now time.Time) error {
	if d.Disabled || d.ID == t.Department {
		return invalid("department", "consult.department")
	}
	if !t.State.InWork() {
		return &Error{Kind: Conflict, Field: "state", Key: "referral.finished"}
	}
	for i := range t.Consultations {
		if c := &t.Consultations[i]; c.Open() && c.Department == d.ID {
			return &Error{Kind: Conflict, Field: "department", Key: "consult.open"}
		}
	}
	if err := t.work(); err != nil {
		return err
	}
	m.Direction, m.By = Note, by.ID()
	t.addMessage(m)
	c := Consultation{N: len(t.Consultations) + 1, Department: d.ID, Question: m.ID, By: by.ID(), AskedAt: now}
	t.Consultations = append(t.Consultations, c)
	t.record(by, EventConsulted, now, map[string]any{"n": c.N, "to": int64(d.ID), "message": int64(m.ID)})
	return nil
}

// consultation gives one whose answer is to come.
func (t *Ticket) consultation(n int) (*Consultation, error) {
	if n < 1 || n > len(t.Consultations) {
		return nil, &Error{Kind: NotFound, Field: "consultation", Key: "consult.unknown"}
	}
	c := &t.Consultations[n-1]
	if !c.Open() {
		return nil, &Error{Kind: Conflict, Field: "consultation", Key: "consult.ended"}
	}
	return c, nil
}

// AnswerConsultation ends a consultation with the answer, a note.
func (t *Ticket) AnswerConsultation(n int, m Message, by Actor, now time.Time) error {
	c, err := t.consultation(n)
	if err != nil {
		return err
	}
	m.Direction, m.By = Note, by.ID()
	t.addMessage(m)
	c.Answer, c.EndedAt = m.ID, now
	t.record(by, EventConsultAnswer, now, map[string]any{"n": n, "from": int64(c.Department), "message": int64(m.ID)})
	return nil
}

// EndConsultation takes a question back.
func (t *Ticket) EndConsultation(n int, by Actor, now time.Time) error {
	c, err := t.consultation(n)
	if err != nil {
		return err
	}
	c.EndedAt = now
	t.record(by, EventConsultEnded, now, map[string]any{"n": n, "from": int64(c.Department)})
	return nil
}

// endAsking ends the open question to a department that gets the ticket itself.
func (t *Ticket) endAsking(d DepartmentID, by Actor, now time.Time) {
	for i := range t.Consultations {
		if c := &t.Consultations[i]; c.Open() && c.Department == d {
			c.EndedAt = now
			t.record(by, EventConsultEnded, now, map[string]any{"n": c.N, "from": int64(d)})
		}
	}
}

// asks reports whether the actor's department owes the answer to the question.
func (t *Ticket) asks(n int, by Actor) bool {
	c, err := t.consultation(n)
	return err == nil && by.Scope().Sees(c.Department)
}
