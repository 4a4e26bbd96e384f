package ticketing

import (
	"context"
	"time"
)

// routed records each rule that fitted, with what it did.
func (t *Ticket) routed(firings []Firing, by Actor, now time.Time) {
	for _, f := range firings {
		data := map[string]any{"rule": f.Rule, "version": f.Version, "name": f.Name}
		if f.Did.Category != 0 {
			data["category"] = int64(f.Did.Category)
		}
		if f.Did.Department != 0 {
			data["department"] = int64(f.Did.Department)
		}
		if f.Did.Person != 0 {
			data["person"] = int64(f.Did.Person)
		}
		if f.Did.Priority != nil {
			data["priority"] = f.Did.Priority.String()
		}
		if len(f.Did.Tags) > 0 {
			data["tags"] = f.Did.Tags
		}
		t.record(by, EventRouted, now, data)
	}
}

// route lets the rules decide over an opening, as far as nobody has chosen
// already. It gives the person a rule names.
func (o *Opening) route(dir *Directory, c RoutingCase) (person AgentID) {
	c.Channel, c.Account, c.Subject, c.Location, c.Category = o.Channel, o.Account, o.Subject, o.Location, o.Category.ID
	d := dir.Routes.Decide(dir, c)
	if k, ok := dir.Category(d.Category); ok {
		o.Category = k
	}
	if d.Department != 0 {
		o.Department = d.Department
	}
	if d.Priority != nil {
		o.Priority = *d.Priority
	}
	o.Tags, o.District, o.Firings = append(o.Tags, d.Tags...), d.District, d.Firings
	return d.Person
}

// routingCase is what the rules may know of a contact. Who cannot be told for
// sure, or who the city's own server says is another, is nobody to them (A71).
func (a *arrival) routingCase(c *Citizen, fixed bool) RoutingCase {
	out := RoutingCase{Language: a.language(c), Text: a.in.Text[:min(max(a.in.FoldAt, 0), len(a.in.Text))], CategoryFixed: fixed}
	if a.in.Auth != AuthFail && !a.ambiguous() {
		_, out.Sender = a.address()
	}
	return out
}

// settle gives a routed ticket to somebody of its department and tells the
// department of it. Neither costs anything where no rule moved it and its
// department shares nothing out.
func (a *arrival) settle(ctx context.Context, t *Ticket, person AgentID) error {
	if t.Code == CodeSpam {
		return nil
	}
	if err := a.Bureau.place(ctx, a.tx, a.dir, t, person, 0, intakeActor, a.now); err != nil {
		return err
	}
	dept, ok := a.dir.Department(t.Department)
	if !ok || dept.Intake {
		return nil
	}
	c := &change{Bureau: a.Bureau, tx: a.tx, dir: a.dir, t: t, by: intakeActor, now: a.now}
	return c.announce(ctx, dept)
}
