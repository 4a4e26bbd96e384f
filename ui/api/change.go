package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sistem48/system48/ticketing"
)

type patchInput struct {
	ActInput
	Body patchJSON
}

// A patchJSON is what may be changed of a ticket. What is not named here moves
// by acts of its own, and is refused (A41).
type patchJSON struct {
	Subject    *string       `json:"subject,omitempty" minLength:"1" maxLength:"500"`
	Priority   *string       `json:"priority,omitempty" enum:"low,normal,high,urgent"`
	Category   *string       `json:"category,omitempty" maxLength:"40" doc:"code; brings its promise with it"`
	Tags       *[]string     `json:"tags,omitempty" maxItems:"50" nullable:"false" doc:"all tags, not only new ones"`
	Location   *placeJSON    `json:"location,omitempty"`
	Department *string       `json:"department,omitempty" maxLength:"40" doc:"code; hands custody over"`
	Reason     string        `json:"reason,omitempty" maxLength:"2000" doc:"of the hand-over"`
	Assignee   *assigneeJSON `json:"assignee,omitempty" doc:"e-mail or id of an agent who may see the ticket; null: nobody"`
}

// A placeJSON is a location as it is given.
type placeJSON struct {
	Address string   `json:"address,omitempty" maxLength:"300"`
	Lat     *float64 `json:"lat,omitempty" minimum:"-90" maximum:"90"`
	Lon     *float64 `json:"lon,omitempty" minimum:"-180" maximum:"180"`
}

func (p *placeJSON) location() ticketing.Location {
	l := ticketing.Location{Address: p.Address}
	if p.Lat != nil && p.Lon != nil {
		l.Lat, l.Lon = *p.Lat, *p.Lon
	}
	return l
}

// An assigneeJSON names an agent, or nobody.
type assigneeJSON struct{ who string }

// Schema implements [huma.SchemaProvider].
func (assigneeJSON) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{AnyOf: []*huma.Schema{{Type: huma.TypeString}, {Type: huma.TypeInteger}, {Type: "null"}}}
}

// UnmarshalJSON implements [json.Unmarshaler].
func (w *assigneeJSON) UnmarshalJSON(b []byte) error {
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	switch v := v.(type) {
	case nil:
		w.who = ""
	case string:
		w.who = v
	case float64:
		w.who = strconv.FormatInt(int64(v), 10)
	default:
		return unknown("assignee", "agent.unknown")
	}
	return nil
}

// MarshalJSON implements [json.Marshaler], for the digest of a request.
func (w assigneeJSON) MarshalJSON() ([]byte, error) { return json.Marshal(w.who) }

// UnmarshalJSON tells an assignee of null, which is nobody, from none given,
// which changes nothing.
func (p *patchJSON) UnmarshalJSON(b []byte) error {
	type fields patchJSON
	var f fields
	if err := json.Unmarshal(b, &f); err != nil {
		return err
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(b, &given); err != nil {
		return err
	}
	if _, ok := given["assignee"]; ok && f.Assignee == nil {
		f.Assignee = &assigneeJSON{}
	}
	*p = patchJSON(f)
	return nil
}

// A plan is a patch with its names looked up.
type plan struct {
	change     ticketing.Change
	department ticketing.DepartmentID // 0: stays
	reason     string
	assign     bool
	assignee   ticketing.AgentID
}

func (s *scribe) plan(p *patchJSON) (plan, error) {
	out := plan{change: ticketing.Change{Subject: p.Subject, Tags: p.Tags}, reason: p.Reason}
	if p.Priority != nil {
		priority, ok := ticketing.ParsePriority(*p.Priority)
		if !ok {
			return out, unknown("priority", "priority.unknown")
		}
		out.change.Priority = &priority
	}
	if p.Location != nil {
		l := p.Location.location()
		out.change.Location = &l
	}
	if p.Category != nil {
		k, ok := s.dir.CategoryByCode(*p.Category)
		if !ok {
			return out, unknown("category", "category.unknown")
		}
		out.change.Category = &k
	}
	if p.Department != nil {
		d, ok := s.dir.DepartmentByCode(*p.Department)
		if !ok {
			return out, unknown("department", "department.unknown")
		}
		out.department = d.ID
	}
	if p.Assignee != nil {
		out.assign = true
		if p.Assignee.who != "" {
			g, ok := s.agent(p.Assignee.who)
			if !ok {
				return out, unknown("assignee", "agent.unknown")
			}
			out.assignee = g.ID
		}
	}
	return out, nil
}

func (a *API) patchTicket(ctx context.Context, c *caller, in *patchInput) (*ticketOutput, error) {
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, err
	}
	p, err := s.plan(&in.Body)
	if err != nil {
		return nil, err
	}
	d, err := a.perform(ctx, c, &in.ActInput, in.Body, nil, func(desk *ticketing.Desk, target ticketing.Target) (done, error) {
		return done{ref: target.Ref}, p.carryOut(ctx, desk, c.actor, target)
	})
	if err != nil {
		return nil, err
	}
	return a.afterAct(ctx, c, d, http.StatusOK)
}

// carryOut makes the changes: properties first, then custody, then who works on
// it in the new place. The caller's version counts for the first.
func (p *plan) carryOut(ctx context.Context, desk *ticketing.Desk, by ticketing.Actor, target ticketing.Target) error {
	changes := p.change != ticketing.Change{}
	if changes || (p.department == 0 && !p.assign) {
		if _, err := desk.Change(ctx, by, target, p.change); err != nil {
			return err
		}
		target.Version = 0
	}
	if p.department != 0 {
		if _, err := desk.Move(ctx, by, target, p.department, p.reason); err != nil {
			return err
		}
		target.Version = 0
	}
	if p.assign {
		if _, err := desk.Assign(ctx, by, target, p.assignee); err != nil {
			return err
		}
	}
	return nil
}
