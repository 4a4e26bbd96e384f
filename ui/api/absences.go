package api

import (
	"context"
	"net/http"
	"time"

	"github.com/sistem48/system48/ticketing"
)

func (a *API) registerAbsences() {
	const scope = "One's own, those of a head's departments, all with the scope manage."
	register(a, route{id: "list-absences", method: http.MethodGet, path: "/absences", summary: "Who is away or will be", right: ticketing.RightRead, text: scope}, a.absences)
	register(a, route{
		id: "add-absence", method: http.MethodPost, path: "/absences", summary: "Enter an absence", right: ticketing.RightWrite, status: http.StatusCreated,
		text: scope + " New tickets pass the person by while it lasts.",
	}, a.addAbsence)
	register(a, route{
		id: "end-absence", method: http.MethodDelete, path: "/absences/{id}", summary: "End an absence now, or cancel one to come", right: ticketing.RightWrite, text: scope,
	}, a.endAbsence)
}

type absenceJSON struct {
	ID         int64      `json:"id"`
	Agent      string     `json:"agent" doc:"e-mail"`
	From       time.Time  `json:"from"`
	Until      time.Time  `json:"until" doc:"the first instant they are back"`
	Substitute *string    `json:"substitute" doc:"e-mail of the deputy; null: as the department shares out"`
	HandOver   bool       `json:"hand_over" doc:"the tickets they have go over too"`
	HandedAt   *time.Time `json:"handed_over_at"`
}

func (s *scribe) absence(x ticketing.Absence) absenceJSON {
	out := absenceJSON{ID: int64(x.ID), From: x.From, Until: x.Until, Substitute: s.assignee(x.Substitute), HandOver: x.HandOver}
	if who := s.assignee(x.Agent); who != nil {
		out.Agent = *who
	}
	if !x.BegunAt.IsZero() {
		out.HandedAt = &x.BegunAt
	}
	return out
}

func (a *API) absences(ctx context.Context, c *caller, _ *struct{}) (*pageOutput[absenceJSON], error) {
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, err
	}
	var items []absenceJSON
	for _, x := range s.dir.Absences {
		if s.dir.MayPlan(c.actor, x.Agent) && a.now().Before(x.Until) {
			items = append(items, s.absence(x))
		}
	}
	return page(items, ""), nil
}

type addAbsenceInput struct {
	OnceInput
	Body struct {
		Agent      string    `json:"agent" maxLength:"254" doc:"e-mail or id"`
		From       time.Time `json:"from"`
		Until      time.Time `json:"until"`
		Substitute string    `json:"substitute,omitempty" maxLength:"254" doc:"e-mail or id of the deputy"`
		HandOver   bool      `json:"hand_over,omitempty"`
	}
}

type absenceOutput struct {
	Replayed string `header:"Idempotent-Replayed" doc:"true: an earlier request with the same key did it"`
	Body     absenceJSON
}

func (a *API) addAbsence(ctx context.Context, c *caller, in *addAbsenceInput) (*absenceOutput, error) {
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, err
	}
	who, ok := s.agent(in.Body.Agent)
	if !ok {
		return nil, &ticketing.Error{Kind: ticketing.Invalid, Field: "agent", Key: "agent.unknown"}
	}
	x := ticketing.Absence{Agent: who.ID, From: in.Body.From, Until: in.Body.Until, HandOver: in.Body.HandOver}
	if in.Body.Substitute != "" {
		g, ok := s.agent(in.Body.Substitute)
		if !ok {
			return nil, &ticketing.Error{Kind: ticketing.Invalid, Field: "substitute", Key: "absence.substitute"}
		}
		x.Substitute = g.ID
	}
	key, err := in.key(c, in.Body)
	if err != nil {
		return nil, err
	}
	did, err := a.act(ctx, key, nil, func(b *ticketing.Bureau) (done, error) {
		registry, saved := ticketing.Registry{Bureau: b}, x
		err := registry.SaveAbsence(ctx, c.actor, &saved)
		return done{message: ticketing.MessageID(saved.ID)}, err
	})
	if err != nil {
		return nil, err
	}
	x.ID = ticketing.AbsenceID(did.message)
	return &absenceOutput{Body: s.absence(x), Replayed: replayed(did)}, nil
}

type endAbsenceInput struct {
	ID int64 `path:"id" minimum:"1"`
}

func (a *API) endAbsence(ctx context.Context, c *caller, in *endAbsenceInput) (*absenceOutput, error) {
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, err
	}
	for _, x := range s.dir.Absences {
		if int64(x.ID) == in.ID && s.dir.MayPlan(c.actor, x.Agent) {
			registry := ticketing.Registry{Bureau: a.Bureau}
			if err := registry.EndAbsence(ctx, c.actor, x.Agent, x.ID); err != nil {
				return nil, err
			}
			x.Until = a.now()
			if x.From.After(x.Until) {
				x.From = x.Until
			}
			return &absenceOutput{Body: s.absence(x)}, nil
		}
	}
	return nil, &ticketing.Error{Kind: ticketing.NotFound, Key: "absence.over"}
}
