package api

import (
	"context"
	"net/http"
	"time"

	"github.com/sistem48/system48/ticketing"
)

func (a *API) registerCalls() {
	register(a, route{
		id: "list-calls", method: http.MethodGet, path: "/calls", right: ticketing.RightCalls,
		summary: "Telephone calls, the latest first",
		text:    "Whatever told of them: events of a telephone system, its files, a provider. A call that still lasts has no result yet, or is answered without an end.",
	}, a.listCalls)
	register(a, route{
		id: "get-call", method: http.MethodGet, path: "/calls/{id}", right: ticketing.RightCalls, summary: "One call with its parts",
	}, a.getCall)
	register(a, route{
		id: "list-callbacks", method: http.MethodGet, path: "/callbacks", right: ticketing.RightCalls,
		summary: "Promises to call back, the soonest due first", text: "Those that are over come the latest first.",
	}, a.listCallbacks)
}

// A callJSON is a telephone call.
type callJSON struct {
	ID         int64         `json:"id"`
	Source     string        `json:"source" doc:"configured name of what told of it"`
	CallKey    string        `json:"call_key" doc:"the source's own key"`
	Direction  string        `json:"direction" enum:"in,out"`
	From       string        `json:"from" doc:"E.164 where it is a full number; empty when withheld"`
	To         string        `json:"to"`
	Withheld   bool          `json:"withheld" doc:"the caller hides the number"`
	Queue      *string       `json:"queue"`
	Extension  *string       `json:"extension" doc:"of who took it last, or called out"`
	Agent      *int64        `json:"agent"`
	StartedAt  time.Time     `json:"started_at"`
	AnsweredAt *time.Time    `json:"answered_at"`
	EndedAt    *time.Time    `json:"ended_at"`
	Talk       int           `json:"talk_seconds"`
	Wait       int           `json:"wait_seconds"`
	Result     *string       `json:"result" doc:"answered, missed, busy, failed or voicemail; null while it rings"`
	Cause      *string       `json:"cause" doc:"why it ended, in the source's own word"`
	Recording  *string       `json:"recording" doc:"here, awaited or failed: whether its recording lies in the bureau"`
	Intake     int64         `json:"intake" doc:"its entry of the intake ledger"`
	State      string        `json:"disposition" enum:"received,ticketed,joined,duplicate,quarantined,ignored"`
	Reason     *string       `json:"reason" doc:"of ignored"`
	TicketRef  *string       `json:"ticket_ref"`
	Legs       []callLegJSON `json:"legs,omitempty" doc:"with a single call only"`
}

type callLegJSON struct {
	Key        string     `json:"key"`
	Extension  *string    `json:"extension"`
	StartedAt  *time.Time `json:"started_at"`
	AnsweredAt *time.Time `json:"answered_at"`
	EndedAt    *time.Time `json:"ended_at"`
	Result     *string    `json:"result"`
	Unattended bool       `json:"unattended" doc:"taken by a machine: a queue, an announcement, a mailbox"`
}

func call(k *ticketing.CallView) callJSON {
	out := callJSON{
		ID: int64(k.ID), Source: k.Source, CallKey: k.Key, Direction: string(k.Direction), From: numberText(k.From), To: numberText(k.To), Withheld: k.Party().Withheld,
		Queue: orNil(k.Queue), Extension: orNil(k.Extension), Agent: idOrNil(k.Agent), StartedAt: k.Started.UTC(), AnsweredAt: instant(k.Answered),
		EndedAt: instant(k.Ended), Talk: int(k.Talk / time.Second), Wait: int(k.Wait / time.Second), Result: orNil(string(k.Result)), Cause: orNil(k.Cause),
		Intake: int64(k.Ledger), State: string(k.Disposition), Reason: orNil(k.Reason), TicketRef: orNil(string(k.Ref)),
	}
	switch {
	case k.File.Key != "":
		out.Recording = orNil("here")
	case k.Recording != "" && k.FetchError != "" && k.FetchAt.IsZero():
		out.Recording = orNil("failed")
	case k.Recording != "":
		out.Recording = orNil("awaited")
	}
	for i := range k.Legs {
		l := &k.Legs[i]
		out.Legs = append(out.Legs, callLegJSON{
			Key: l.Key, Extension: orNil(l.Extension), StartedAt: instant(l.Started), AnsweredAt: instant(l.Answered), EndedAt: instant(l.Ended),
			Result: orNil(string(l.Result)), Unattended: l.Unattended,
		})
	}
	return out
}

func numberText(n ticketing.CallNumber) string {
	if n.E164 != "" {
		return n.E164
	}
	return n.Raw
}

type listCallsInput struct {
	From      time.Time `query:"from" doc:"began not before"`
	To        time.Time `query:"to" doc:"began before"`
	Direction string    `query:"direction" enum:"in,out"`
	Result    string    `query:"result" enum:"answered,missed,busy,failed,voicemail"`
	Agent     int64     `query:"agent" minimum:"0"`
	Number    string    `query:"number" maxLength:"40" doc:"of the citizen's side, in any form"`
	Source    string    `query:"source" maxLength:"200"`
	CallKey   string    `query:"call_key" maxLength:"200"`
	NoRecord  bool      `query:"no_record" doc:"answered calls to the bureau that belong to no ticket"`
	Limit     int       `query:"limit" default:"50" minimum:"1" maximum:"200"`
	Cursor    string    `query:"cursor" maxLength:"2000"`
}

func (a *API) listCalls(ctx context.Context, _ *caller, in *listCallsInput) (*pageOutput[callJSON], error) {
	f := ticketing.CallFilter{
		From: in.From, To: in.To, Direction: ticketing.CallDirection(in.Direction), Result: ticketing.CallResult(in.Result), Agent: ticketing.AgentID(in.Agent),
		Source: in.Source, Key: in.CallKey, NoRecord: in.NoRecord, Limit: in.Limit, Cursor: in.Cursor,
	}
	if in.Number != "" {
		line := ticketing.CallLine{Region: a.Region}
		if f.Number = line.FullNumber(in.Number); f.Number == "" {
			return nil, &ticketing.Error{Kind: ticketing.Invalid, Field: "number", Key: "phone.malformed"}
		}
	}
	found, err := a.Reads.CallPage(ctx, f)
	if err != nil {
		return nil, err
	}
	var items []callJSON
	for i := range found.Items {
		items = append(items, call(&found.Items[i]))
	}
	return page(items, found.Next), nil
}

type callInput struct {
	ID int64 `path:"id" minimum:"1"`
}

type callOutput struct{ Body callJSON }

func (a *API) getCall(ctx context.Context, _ *caller, in *callInput) (*callOutput, error) {
	k, err := a.Reads.CallByID(ctx, ticketing.CallID(in.ID))
	if err != nil {
		return nil, err
	}
	return &callOutput{Body: call(&k)}, nil
}

// A callbackJSON is the promise of a missed call.
type callbackJSON struct {
	TicketRef string     `json:"ticket_ref"`
	Number    string     `json:"number" doc:"E.164"`
	State     string     `json:"state" enum:"open,reached,done"`
	Missed    int        `json:"missed" doc:"calls nobody took"`
	FirstAt   time.Time  `json:"first_at"`
	LastAt    time.Time  `json:"last_at"`
	DueAt     time.Time  `json:"due_at"`
	Attempts  int        `json:"attempts" doc:"calls to the number that reached nobody"`
	TriedAt   *time.Time `json:"tried_at"`
	EndedAt   *time.Time `json:"ended_at"`
	Assignee  *int64     `json:"assignee"`
}

type listCallbacksInput struct {
	Over   bool   `query:"over" doc:"those that are over"`
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"200"`
	Cursor string `query:"cursor" maxLength:"2000"`
}

func (a *API) listCallbacks(ctx context.Context, _ *caller, in *listCallbacksInput) (*pageOutput[callbackJSON], error) {
	found, err := a.Reads.Callbacks(ctx, ticketing.CallbackFilter{Over: in.Over, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	var items []callbackJSON
	for i := range found.Items {
		b := &found.Items[i]
		items = append(items, callbackJSON{
			TicketRef: string(b.Ref), Number: b.Number, State: string(b.State), Missed: b.Missed, FirstAt: b.FirstAt.UTC(), LastAt: b.LastAt.UTC(),
			DueAt: b.Due.UTC(), Attempts: b.Attempts, TriedAt: instant(b.TriedAt), EndedAt: instant(b.EndedAt), Assignee: idOrNil(b.Assignee),
		})
	}
	return page(items, found.Next), nil
}
