package ticketing

import "context"

// Consult asks another department something without giving it the ticket, and
// tells it by e-mail that it was asked; the words stand in the ticket only.
func (d *Desk) Consult(ctx context.Context, by Actor, target Target, to DepartmentID, question string) (*Ticket, error) {
	return d.act(ctx, by, RightWrite, target, func(c *change) error {
		dept, ok := c.dir.Department(to)
		if !ok {
			return invalid("department", "department.unknown")
		}
		if isBlank(question) {
			return invalid("text", "note.empty")
		}
		m, err := c.words(ctx, question, c.by.Name)
		if err != nil {
			return err
		}
		if err := c.t.Consult(dept, m, c.by, c.now); err != nil {
			return err
		}
		return c.tellConsulted(ctx, dept)
	})
}

func (c *change) tellConsulted(ctx context.Context, dept Department) error {
	to := NormalEmail(dept.Email)
	if to == "" {
		return nil
	}
	tag := c.Settings.Language
	return c.mailStaff(ctx, PurposeConsult, to, tag, LetterData{
		Ref: c.t.Ref, Department: NameIn(dept.Names, tag), ActionURL: c.Settings.PublicURL + TicketPath(c.t.Ref),
	})
}

// AnswerConsultation answers what the actor's department was asked, though the
// ticket is not in its custody. Who has it may enter an answer given otherwise.
func (d *Desk) AnswerConsultation(ctx context.Context, by Actor, target Target, n int, answer string) (*Ticket, error) {
	target.asked = n
	return d.act(ctx, by, RightWrite, target, func(c *change) error {
		if isBlank(answer) {
			return invalid("text", "note.empty")
		}
		m, err := c.words(ctx, answer, c.by.Name)
		if err != nil {
			return err
		}
		return c.t.AnswerConsultation(n, m, c.by, c.now)
	})
}

// EndConsultation takes a question to a department back.
func (d *Desk) EndConsultation(ctx context.Context, by Actor, target Target, n int) (*Ticket, error) {
	return d.act(ctx, by, RightWrite, target, func(c *change) error { return c.t.EndConsultation(n, c.by, c.now) })
}
