package api

import (
	"context"
	"net/http"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// A referralJSON is what an outside body was asked. Nothing of the signed link
// is ever told.
type referralJSON struct {
	N          int        `json:"n" doc:"1, 2, 3 … within the ticket"`
	Body       string     `json:"body" doc:"code of the outside body"`
	Opinion    bool       `json:"opinion" doc:"only an opinion is wanted: custody stays"`
	State      string     `json:"state" enum:"sent,accepted,refused,answered,withdrawn,expired"`
	Waits      bool       `json:"waits" doc:"for the bureau's answer to what the body asked"`
	Reason     string     `json:"reason"`
	Consent    bool       `json:"consent" doc:"the citizen agrees that contact data goes to the body once it accepts"`
	SentAt     time.Time  `json:"sent_at"`
	AcceptedAt *time.Time `json:"accepted_at"`
	EndedAt    *time.Time `json:"ended_at"`
	ExpiresAt  time.Time  `json:"expires_at"`
	DueAt      *time.Time `json:"due_at" doc:"of what the body is to do now: to accept, then to answer"`
	LateAt     *time.Time `json:"late_at"`
	Person     *string    `json:"person" doc:"who spoke for the body"`
	Outside    *string    `json:"outside_number" doc:"the body's own number"`
	Competent  *string    `json:"competent" doc:"of a refusal"`
	Law        *string    `json:"law" doc:"of a refusal"`

	Explanation *explanationJSON `json:"explanation,omitempty" doc:"with explain, of one that is open: why it is due then"`
}

func (s *scribe) referral(r *ticketing.Referral) referralJSON {
	b, _ := s.dir.Body(r.Body)
	return referralJSON{
		N: r.N, Body: b.Code, Opinion: r.Opinion, State: string(r.State), Waits: r.Waits(), Reason: r.Reason, Consent: r.Consent,
		SentAt: r.SentAt.UTC(), AcceptedAt: instant(r.AcceptedAt), EndedAt: instant(r.EndedAt), ExpiresAt: r.ExpiresAt.UTC(),
		DueAt: instant(r.Due), LateAt: instant(r.LateAt), Person: orNil(r.Person), Outside: orNil(r.Outside), Competent: orNil(r.Competent),
		Law: orNil(r.Law),
	}
}

type referralsOutput struct {
	Body struct {
		Items []referralJSON `json:"items" nullable:"false" doc:"oldest first"`
	} `nameHint:"Referrals"`
}

type getReferralsInput struct {
	RefInput
	Explain bool `query:"explain" doc:"add why each is due when it is"`
}

func (a *API) getReferrals(ctx context.Context, c *caller, in *getReferralsInput) (*referralsOutput, error) {
	v, s, err := a.read(ctx, c, in.Ref)
	if err != nil {
		return nil, err
	}
	out := &referralsOutput{}
	out.Body.Items = make([]referralJSON, 0, len(v.Ticket.Referrals))
	for i := range v.Ticket.Referrals {
		r := &v.Ticket.Referrals[i]
		j := s.referral(r)
		if in.Explain {
			if x, err := s.dir.Rules.ExplainReferral(r, s.now()); err == nil { // nothing is due of one that ended
				j.Explanation = s.trace(x)
			}
		}
		out.Body.Items = append(out.Body.Items, j)
	}
	return out, nil
}

type referInput struct {
	ActInput
	Body struct {
		Department string `json:"department,omitempty" maxLength:"40" doc:"code; either this or body"`
		Body       string `json:"body,omitempty" maxLength:"40" doc:"code of an outside body"`
		Reason     string `json:"reason" maxLength:"500" doc:"why them; an outside body and the citizen read it too"`
		Opinion    bool   `json:"opinion,omitempty" doc:"of a body: only an opinion is wanted"`
		Consent    bool   `json:"consent,omitempty" doc:"of a body: the citizen agrees that it gets their contact data once it accepts"`
		Tell       bool   `json:"tell,omitempty" doc:"of a body: write to the citizen"`
	} `nameHint:"NewReferral"`
}

func (a *API) refer(ctx context.Context, c *caller, in *referInput) (*ticketOutput, error) {
	dir, err := a.Bureau.Store.Directory(ctx)
	if err != nil {
		return nil, err
	}
	dept, isDept := dir.DepartmentByCode(in.Body.Department)
	body, isBody := dir.BodyByCode(in.Body.Body)
	switch {
	case (in.Body.Department == "") == (in.Body.Body == ""), in.Body.Body != "" && !isBody:
		return nil, unknown("body", "referral.body")
	case in.Body.Department != "" && !isDept:
		return nil, unknown("department", "department.unknown")
	}
	d, err := a.perform(ctx, c, &in.ActInput, in.Body, nil, func(desk *ticketing.Desk, t ticketing.Target) (done, error) {
		var err error
		if isDept {
			_, err = desk.Move(ctx, c.actor, t, dept.ID, in.Body.Reason)
		} else {
			_, err = desk.Refer(ctx, c.actor, t, ticketing.ReferInput{
				Body: body.ID, Opinion: in.Body.Opinion, Reason: in.Body.Reason, Consent: in.Body.Consent, Tell: in.Body.Tell,
			})
		}
		return done{ref: t.Ref}, err
	})
	if err != nil {
		return nil, err
	}
	return a.afterAct(ctx, c, d, http.StatusCreated)
}

// ReferralInput names one referral or consultation of a ticket.
type ReferralInput struct {
	N int `path:"id" minimum:"1" doc:"its n"`
}

type tellInput struct {
	ActInput
	ReferralInput
	Body struct {
		Text string `json:"text" maxLength:"10000"`
	} `nameHint:"Words"`
}

func (a *API) tellBody(ctx context.Context, c *caller, in *tellInput) (*ticketOutput, error) {
	return a.do(ctx, c, &in.ActInput, in.Body, func(desk *ticketing.Desk, t ticketing.Target) (*ticketing.Ticket, error) {
		return desk.TellBody(ctx, c.actor, t, in.N, in.Body.Text)
	})
}

type withdrawInput struct {
	ActInput
	ReferralInput
}

func (a *API) withdraw(ctx context.Context, c *caller, in *withdrawInput) (*ticketOutput, error) {
	return a.do(ctx, c, &in.ActInput, nil, func(desk *ticketing.Desk, t ticketing.Target) (*ticketing.Ticket, error) {
		return desk.WithdrawReferral(ctx, c.actor, t, in.N)
	})
}

type bodyJSON struct {
	ID          int64             `json:"id"`
	Code        string            `json:"code"`
	Name        string            `json:"name" doc:"in the language of Accept-Language, English without"`
	Names       map[string]string `json:"names"`
	AcceptHours int               `json:"accept_hours" doc:"working hours in which it says whether it takes a ticket over"`
	AnswerHours int               `json:"answer_hours" doc:"working hours in which it answers"`
	Calendar    *string           `json:"calendar" doc:"whose hours these are; null: of the calendar that the citizen's promise counts by"`
	Disabled    bool              `json:"disabled"`
}

func (a *API) bodies(ctx context.Context, _ *caller, _ *struct{}) (*pageOutput[bodyJSON], error) {
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, err
	}
	var items []bodyJSON
	for _, b := range s.dir.Bodies {
		items = append(items, bodyJSON{int64(b.ID), b.Code, ticketing.NameIn(b.Names, s.tag), texts(b.Names), b.AcceptHours, b.AnswerHours, orNil(b.Calendar), b.Disabled})
	}
	return page(items, ""), nil
}
