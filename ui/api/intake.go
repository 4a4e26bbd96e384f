package api

import (
	"context"
	"net/http"
	"time"

	"github.com/sistem48/system48/ticketing"
)

func (a *API) registerIntake() {
	register(a, route{
		id: "list-intake", method: http.MethodGet, path: "/intake", right: ticketing.RightLedger,
		summary: "The intake ledger, newest first", text: "Every mail, text message and call with its one disposition.",
	}, a.listIntake)
	register(a, route{
		id: "get-intake-item", method: http.MethodGet, path: "/intake/{id}", right: ticketing.RightLedger, summary: "One entry of the intake ledger",
	}, a.getIntake)
	register(a, route{
		id: "retry-intake-item", method: http.MethodPost, path: "/intake/{id}/retry", right: ticketing.RightRetry,
		summary: "Work a quarantined, ignored or waiting entry again", text: "One that became a ticket is a conflict.",
	}, a.retryIntake)
}

// A ledgerJSON is an entry of the intake ledger.
type ledgerJSON struct {
	ID          int64      `json:"id"`
	State       string     `json:"state" enum:"received,ticketed,joined,duplicate,quarantined,ignored"`
	Reason      *string    `json:"reason"`
	Channel     string     `json:"channel"`
	Source      sourceJSON `json:"source"`
	From        string     `json:"from"`
	Subject     string     `json:"subject"`
	MessageID   *string    `json:"message_id" doc:"without angle brackets"`
	RawSHA256   string     `json:"raw_sha256"`
	RawSize     int64      `json:"raw_size" doc:"bytes"`
	Oversize    bool       `json:"oversize" doc:"beyond the configured size: only the beginning was read"`
	ReceivedAt  time.Time  `json:"received_at"`
	StoredAt    time.Time  `json:"stored_at"`
	SettledAt   *time.Time `json:"settled_at"`
	Attempts    int        `json:"attempts"`
	NextAt      *time.Time `json:"next_at"`
	LastError   *string    `json:"last_error"`
	TicketRef   *string    `json:"ticket_ref"`
	Message     *int64     `json:"message"`
	DuplicateOf *int64     `json:"duplicate_of"`
}

type sourceJSON struct {
	Account     string `json:"account"`
	Folder      string `json:"folder"`
	UIDValidity int64  `json:"uidvalidity"`
	UID         int64  `json:"uid"`
}

func ledger(e *ticketing.LedgerEntry) ledgerJSON {
	v := &e.Arrival
	return ledgerJSON{
		ID: int64(e.ID), State: string(e.State), Reason: orNil(e.Reason), Channel: string(v.Channel),
		Source: sourceJSON{v.Box.Account, v.Box.Folder, int64(v.Box.UIDValidity), int64(v.UID)}, From: v.From, Subject: v.Subject,
		MessageID: orNil(trimAngles(v.MessageID)), RawSHA256: v.RawSHA256, RawSize: v.RawSize, Oversize: v.Oversize, ReceivedAt: v.ReceivedAt.UTC(),
		StoredAt: e.StoredAt.UTC(), SettledAt: instant(e.SettledAt), Attempts: e.Attempts, NextAt: instant(e.NextAt), LastError: orNil(e.LastError),
		TicketRef: orNil(e.TicketRef), Message: idOrNil(e.Message), DuplicateOf: idOrNil(e.DuplicateOf),
	}
}

type listIntakeInput struct {
	State   string    `query:"state" enum:"received,ticketed,joined,duplicate,quarantined,ignored"`
	Channel string    `query:"channel" enum:"email,sms,phone,portal,counter,letter,api"`
	Source  string    `query:"source" maxLength:"200" doc:"name of the mailbox or number"`
	From    time.Time `query:"from" doc:"received not before"`
	To      time.Time `query:"to" doc:"received before"`
	Q       string    `query:"q" maxLength:"200" doc:"Message-ID, address or beginning of the subject"`
	Limit   int       `query:"limit" default:"50" minimum:"1" maximum:"200"`
	Cursor  string    `query:"cursor" maxLength:"2000"`
}

func (a *API) listIntake(ctx context.Context, _ *caller, in *listIntakeInput) (*pageOutput[ledgerJSON], error) {
	found, err := a.Reads.Ledger(ctx, ticketing.LedgerFilter{
		State: ticketing.LedgerState(in.State), Channel: ticketing.Channel(in.Channel), Account: in.Source,
		From: in.From, To: in.To, Query: in.Q, Limit: in.Limit, Cursor: in.Cursor,
	})
	if err != nil {
		return nil, err
	}
	var items []ledgerJSON
	for i := range found.Items {
		items = append(items, ledger(&found.Items[i]))
	}
	return page(items, found.Next), nil
}

type intakeInput struct {
	ID int64 `path:"id" minimum:"1"`
}

type ledgerOutput struct {
	Replayed string `header:"Idempotent-Replayed" doc:"true: an earlier request with the same key did it"`
	Body     ledgerJSON
}

func (a *API) getIntake(ctx context.Context, _ *caller, in *intakeInput) (*ledgerOutput, error) {
	e, err := a.Reads.LedgerItem(ctx, ticketing.LedgerID(in.ID))
	if err != nil {
		return nil, err
	}
	return &ledgerOutput{Body: ledger(&e)}, nil
}

type retryIntakeInput struct {
	OnceInput
	ID   int64     `path:"id" minimum:"1"`
	Body *struct{} `nameHint:"Empty"`
}

// retryIntake puts an item back. Putting back twice is the same as once, so the
// key is remembered after it rather than with it.
func (a *API) retryIntake(ctx context.Context, c *caller, in *retryIntakeInput) (*ledgerOutput, error) {
	id := ticketing.LedgerID(in.ID)
	key, err := in.key(c, nil)
	if err != nil {
		return nil, err
	}
	nothing := func(*ticketing.Bureau) (done, error) { return done{}, nil }
	seen, err := a.known(ctx, key)
	if err != nil {
		return nil, err
	}
	if !seen.replayed {
		if err := a.Reads.RetryLedger(ctx, id); err != nil {
			return nil, err
		}
		if key.Key != "" {
			if _, err := a.act(ctx, key, nil, nothing); err != nil {
				return nil, err
			}
		}
	}
	e, err := a.Reads.LedgerItem(ctx, id)
	if err != nil {
		return nil, err
	}
	out := &ledgerOutput{Body: ledger(&e), Replayed: replayed(seen)}
	if !c.actor.May(ticketing.RightLedger) { // may put it back without being shown it
		out.Body.From, out.Body.Subject = "", ""
	}
	return out, nil
}
