package api

import (
	"context"
	"net/http"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// registerCustody adds who had a ticket, and its handing over.
func (a *API) registerCustody() {
	register(a, route{
		id: "list-legs", method: http.MethodGet, path: "/tickets/{ref}/legs", right: ticketing.RightRead,
		summary: "Who had a ticket, for how long",
		text:    "Custodies follow one another without gap or overlap while the ticket is in work; they sum to spent, which says where the time went.",
	}, a.getLegs)
	register(a, route{
		id: "list-referrals", method: http.MethodGet, path: "/tickets/{ref}/referrals", right: ticketing.RightRead,
		summary: "What outside bodies were asked about a ticket",
	}, a.getReferrals)
	register(a, route{
		id: "refer-ticket", method: http.MethodPost, path: "/tickets/{ref}/referrals", right: ticketing.RightWrite, status: http.StatusCreated,
		summary: "Hand a ticket to a department, or ask an outside body",
		text:    "A department has custody at once. A body has no account: it gets a signed link by e-mail, and has custody once it accepts.",
	}, a.refer)
	register(a, route{
		id: "tell-body", method: http.MethodPost, path: "/tickets/{ref}/referrals/{id}/answer", right: ticketing.RightWrite,
		summary: "Answer what an outside body asked",
	}, a.tellBody)
	register(a, route{
		id: "withdraw-referral", method: http.MethodDelete, path: "/tickets/{ref}/referrals/{id}", right: ticketing.RightWrite,
		summary: "Withdraw a referral", text: "Its links work no more; the department has custody again.",
	}, a.withdraw)
}

// A legJSON is one uninterrupted custody.
type legJSON struct {
	N          int        `json:"n" doc:"1, 2, 3 … within the ticket"`
	Episode    int        `json:"episode"`
	Department namedJSON  `json:"department" doc:"who answers to the citizen"`
	Body       *string    `json:"body" doc:"code of the outside body that took the ticket over; null: the department itself"`
	From       time.Time  `json:"from"`
	To         *time.Time `json:"to" doc:"null while it lasts"`
	Seconds    int64      `json:"seconds" doc:"until now while it lasts"`
	Reason     string     `json:"reason" enum:"opened,moved,referred,returned,withdrawn,expired,reopened,not_spam" doc:"why it began"`
}

type spentJSON struct {
	Us      int64 `json:"us" doc:"seconds with departments that could have worked"`
	Citizen int64 `json:"citizen" doc:"seconds waited for the citizen"`
	Others  int64 `json:"others" doc:"seconds with outside bodies, or waiting for one, weather or material"`
}

type legsOutput struct {
	Body struct {
		Items    []legJSON `json:"items" nullable:"false" doc:"oldest first"`
		Spent    spentJSON `json:"spent"`
		Returned int       `json:"returned" doc:"how often it came back to a department that had given it away"`
	} `nameHint:"TicketLegs"`
}

func (a *API) getLegs(ctx context.Context, c *caller, in *RefInput) (*legsOutput, error) {
	v, s, err := a.read(ctx, c, in.Ref)
	if err != nil {
		return nil, err
	}
	now := a.now()
	out := &legsOutput{}
	out.Body.Items = make([]legJSON, 0, len(v.Legs))
	for _, l := range v.Legs {
		j := legJSON{
			N: l.N, Episode: l.Episode, Department: s.department(l.Department), From: l.From.UTC(), To: instant(l.To),
			Seconds: int64(l.Lasted(now) / time.Second), Reason: string(l.Reason),
		}
		if b, ok := s.dir.Body(l.Body); ok {
			j.Body = &b.Code
		}
		out.Body.Items = append(out.Body.Items, j)
	}
	spent := ticketing.SpentBy(v.Legs, v.Ticket.Pauses, now)
	out.Body.Spent = spentJSON{int64(spent.Us / time.Second), int64(spent.Citizen / time.Second), int64(spent.Others / time.Second)}
	out.Body.Returned = ticketing.Returned(v.Legs)
	return out, nil
}
