package api

import (
	"context"
	"encoding/json"
	"time"
)

// An eventJSON is one line of what happened.
type eventJSON struct {
	Seq   int64           `json:"seq" doc:"1, 2, 3 … within the ticket"`
	At    time.Time       `json:"at"`
	Actor string          `json:"actor" doc:"agent:12, agent:12/token:desk-bot, system:intake, citizen"`
	Kind  string          `json:"kind"`
	Data  json.RawMessage `json:"data" doc:"an object; what stands in it depends on the kind"`
	Text  *string         `json:"text" doc:"what somebody typed as the reason; null when nothing, or erased"`
	Hash  string          `json:"hash" doc:"chains the event to the one before"`
}

type eventsOutput struct {
	Body struct {
		Items []eventJSON `json:"items" nullable:"false"`
	} `nameHint:"Events"`
}

func (a *API) getEvents(ctx context.Context, c *caller, in *RefInput) (*eventsOutput, error) {
	ref, err := a.ref(in.Ref)
	if err != nil {
		return nil, err
	}
	if _, err := a.view(ctx, c, ref); err != nil {
		return nil, err
	}
	events, err := a.Reads.TicketEvents(ctx, c.actor.Scope(), ref)
	if err != nil {
		return nil, err
	}
	out := &eventsOutput{}
	out.Body.Items = make([]eventJSON, 0, len(events))
	for i := range events {
		e := &events[i]
		data := json.RawMessage(e.DataJSON)
		if len(data) == 0 {
			data = json.RawMessage(`{}`)
		}
		out.Body.Items = append(out.Body.Items, eventJSON{e.Seq, e.At.UTC(), e.Actor, string(e.Kind), data, orNil(e.Payload), e.Hash})
	}
	return out, nil
}
