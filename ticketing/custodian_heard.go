package ticketing

import "context"

// remark keeps what the body wrote and attached beside its deed, as a note.
func (c *change) remark(ctx context.Context, n int, s Statement, text string) error {
	if isBlank(text) && len(s.Files) == 0 {
		return nil
	}
	m, err := c.statement(ctx, n, s, text)
	if err != nil {
		return err
	}
	m.Direction, m.By = Note, c.by.ID()
	c.t.addMessage(m)
	return nil
}

// tellHeard tells whoever has the ticket by e-mail that the body has spoken: the
// assignee, or else the department. The words stand in the ticket only.
func (c *change) tellHeard(ctx context.Context, n int) error {
	to, tag := "", c.Settings.Language
	if a, ok := c.dir.Agent(c.t.Assignee); ok && !a.Disabled {
		if to = a.Email; a.Language != "" {
			tag = a.Language
		}
	} else if d, ok := c.dir.Department(c.t.Department); ok {
		to = NormalEmail(d.Email)
	}
	if to == "" {
		return nil
	}
	b, _ := c.dir.Body(c.t.Referral(n).Body)
	return c.mailStaff(ctx, PurposeHeard, to, tag, LetterData{
		Ref: c.t.Ref, Department: NameIn(b.Names, tag), ActionURL: c.Settings.PublicURL + TicketPath(c.t.Ref),
	})
}
