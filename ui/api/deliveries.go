package api

import (
	"context"
	"net/http"
	"time"

	"github.com/sistem48/system48/ticketing"
)

func (a *API) registerDeliveries() {
	register(a, route{
		id: "list-deliveries", method: http.MethodGet, path: "/deliveries", right: ticketing.RightRetry,
		summary: "Outgoing messages of one state, newest first", text: "Of all departments. At most limit of them: there is no next page.",
	}, a.listDeliveries)
	register(a, route{
		id: "retry-delivery", method: http.MethodPost, path: "/deliveries/{id}/retry", right: ticketing.RightReply,
		summary: "Try a failed, bounced or doubtful delivery again", text: "Under the same Message-ID.",
	}, a.retryDelivery)
}

// A deliveryJSON is one outgoing message to one recipient.
type deliveryJSON struct {
	ID         int64      `json:"id"`
	TicketID   *int64     `json:"ticket_id"`
	TicketRef  *string    `json:"ticket_ref" doc:"within a message; null in the list of deliveries"`
	Message    *int64     `json:"message" doc:"id of the message it carries; null: written by the program"`
	Purpose    string     `json:"purpose"`
	Channel    string     `json:"channel"`
	To         partyJSON  `json:"to"`
	Subject    string     `json:"subject"`
	MessageID  string     `json:"message_id" doc:"without angle brackets; the same on every attempt"`
	State      string     `json:"state" enum:"pending,sending,sent,retry,failed,unknown,bounced,taken_back,held"`
	Attempts   int        `json:"attempts"`
	Reply      string     `json:"reply" doc:"the server's last words"`
	SendAfter  time.Time  `json:"send_after"`
	AcceptedAt *time.Time `json:"accepted_at"`
	SettledAt  *time.Time `json:"settled_at"`
	CreatedAt  time.Time  `json:"created_at"`
}

func delivery(d *ticketing.Delivery, ref ticketing.Reference) deliveryJSON {
	out := deliveryJSON{
		ID: int64(d.ID), TicketRef: orNil(ref), Purpose: string(d.Purpose), Channel: string(d.Channel), To: partyJSON{d.To.Name, d.To.Address},
		Subject: d.Subject, MessageID: d.MessageIDHeader, State: string(d.State), Attempts: d.Attempts, Reply: d.Reply,
		SendAfter: d.SendAfter.UTC(), AcceptedAt: instant(d.AcceptedAt), SettledAt: instant(d.SettledAt), CreatedAt: d.CreatedAt.UTC(),
	}
	out.TicketID, out.Message = idOrNil(d.Ticket), idOrNil(d.Message)
	return out
}

func idOrNil[N ~int64](id N) *int64 {
	if id == 0 {
		return nil
	}
	n := int64(id)
	return &n
}

type listDeliveriesInput struct {
	State string `query:"state" required:"true" enum:"pending,sending,sent,retry,failed,unknown,bounced,taken_back,held"`
	Limit int    `query:"limit" default:"50" minimum:"1" maximum:"200"`
}

func (a *API) listDeliveries(ctx context.Context, _ *caller, in *listDeliveriesInput) (*pageOutput[deliveryJSON], error) {
	list, err := a.Reads.DeliveriesIn(ctx, ticketing.DeliveryState(in.State), in.Limit)
	if err != nil {
		return nil, err
	}
	var items []deliveryJSON
	for i := range list {
		items = append(items, delivery(&list[i], ""))
	}
	return page(items, ""), nil
}

type retryInput struct {
	OnceInput
	ID   int64     `path:"id" minimum:"1"`
	Body *struct{} `nameHint:"Empty"`
}

func (a *API) retryDelivery(ctx context.Context, c *caller, in *retryInput) (*ticketOutput, error) {
	key, err := in.key(c, nil)
	if err != nil {
		return nil, err
	}
	id := ticketing.DeliveryID(in.ID)
	d, err := a.act(ctx, key, nil, func(b *ticketing.Bureau) (done, error) {
		ref, err := ticketOf(ctx, b.Store, id)
		if err != nil {
			return done{}, err
		}
		desk := ticketing.Desk{Bureau: b}
		if _, err := desk.RetryDelivery(ctx, c.actor, ticketing.Target{Ref: ref}, id); err != nil {
			if ticketing.KindOf(err) == ticketing.NotFound { // not the caller's to see: as unknown as any other (A35)
				return done{}, unknownDelivery()
			}
			return done{}, err
		}
		return done{ref: ref}, nil
	})
	if err != nil {
		return nil, err
	}
	return a.afterAct(ctx, c, d, http.StatusOK)
}

func unknownDelivery() error {
	return &ticketing.Error{Kind: ticketing.NotFound, Key: "delivery.unknown"}
}

// ticketOf gives the ticket a delivery belongs to. Who may see it is asked
// where it is used.
func ticketOf(ctx context.Context, s ticketing.Store, id ticketing.DeliveryID) (ref ticketing.Reference, err error) {
	err = s.InTx(ctx, func(tx ticketing.Tx) error {
		d, err := tx.Delivery(ctx, id)
		if ticketing.KindOf(err) == ticketing.NotFound && err != nil || err == nil && d.Ticket == 0 {
			return unknownDelivery()
		}
		if err != nil {
			return err
		}
		t, err := tx.TicketByID(ctx, d.Ticket)
		if err != nil {
			return err
		}
		ref = t.Ref
		return nil
	})
	return ref, err
}
