package api

import (
	"context"
	"net/http"
	"time"

	"github.com/sistem48/system48/ticketing"
)

func (a *API) registerConsultations() {
	const list = "/tickets/{ref}/consultations"
	register(a, route{
		id: "list-consultations", method: http.MethodGet, path: list, right: ticketing.RightRead,
		summary: "What other departments were asked about a ticket", text: "Question and answer are notes of the ticket.",
	}, a.getConsultations)
	register(a, route{
		id: "consult", method: http.MethodPost, path: list, right: ticketing.RightWrite, status: http.StatusCreated,
		summary: "Ask another department without giving it the ticket",
		text:    "It may read the ticket and answer. Custody and clocks stay as they are.",
	}, a.consult)
	register(a, route{
		id: "answer-consultation", method: http.MethodPost, path: list + "/{id}/answer", right: ticketing.RightWrite,
		summary: "Answer what a department was asked",
	}, a.answerConsultation)
	register(a, route{
		id: "end-consultation", method: http.MethodDelete, path: list + "/{id}", right: ticketing.RightWrite,
		summary: "Take a question back",
	}, a.endConsultation)
}

type consultationJSON struct {
	N          int        `json:"n" doc:"1, 2, 3 … within the ticket"`
	Department namedJSON  `json:"department" doc:"who was asked"`
	Question   int64      `json:"question_id" doc:"message"`
	Answer     *int64     `json:"answer_id" doc:"message; null until answered"`
	AskedAt    time.Time  `json:"asked_at"`
	EndedAt    *time.Time `json:"ended_at" doc:"answered, or taken back"`
}

type consultationsOutput struct {
	Body struct {
		Items []consultationJSON `json:"items" nullable:"false" doc:"oldest first"`
	} `nameHint:"Consultations"`
}

func (a *API) getConsultations(ctx context.Context, c *caller, in *RefInput) (*consultationsOutput, error) {
	v, s, err := a.read(ctx, c, in.Ref)
	if err != nil {
		return nil, err
	}
	out := &consultationsOutput{}
	out.Body.Items = make([]consultationJSON, 0, len(v.Ticket.Consultations))
	for _, x := range v.Ticket.Consultations {
		j := consultationJSON{N: x.N, Department: s.department(x.Department), Question: int64(x.Question), AskedAt: x.AskedAt.UTC(), EndedAt: instant(x.EndedAt)}
		if id := int64(x.Answer); id != 0 {
			j.Answer = &id
		}
		out.Body.Items = append(out.Body.Items, j)
	}
	return out, nil
}

type consultInput struct {
	ActInput
	Body struct {
		Department string `json:"department" maxLength:"40" doc:"code"`
		Text       string `json:"text" maxLength:"10000" doc:"the question"`
	} `nameHint:"NewConsultation"`
}

func (a *API) consult(ctx context.Context, c *caller, in *consultInput) (*ticketOutput, error) {
	dir, err := a.Bureau.Store.Directory(ctx)
	if err != nil {
		return nil, err
	}
	dept, ok := dir.DepartmentByCode(in.Body.Department)
	if !ok {
		return nil, unknown("department", "department.unknown")
	}
	d, err := a.perform(ctx, c, &in.ActInput, in.Body, nil, func(desk *ticketing.Desk, t ticketing.Target) (done, error) {
		_, err := desk.Consult(ctx, c.actor, t, dept.ID, in.Body.Text)
		return done{ref: t.Ref}, err
	})
	if err != nil {
		return nil, err
	}
	return a.afterAct(ctx, c, d, http.StatusCreated)
}

func (a *API) answerConsultation(ctx context.Context, c *caller, in *tellInput) (*ticketOutput, error) {
	return a.do(ctx, c, &in.ActInput, in.Body, func(desk *ticketing.Desk, t ticketing.Target) (*ticketing.Ticket, error) {
		return desk.AnswerConsultation(ctx, c.actor, t, in.N, in.Body.Text)
	})
}

func (a *API) endConsultation(ctx context.Context, c *caller, in *withdrawInput) (*ticketOutput, error) {
	return a.do(ctx, c, &in.ActInput, nil, func(desk *ticketing.Desk, t ticketing.Target) (*ticketing.Ticket, error) {
		return desk.EndConsultation(ctx, c.actor, t, in.N)
	})
}
