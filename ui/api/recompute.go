package api

import (
	"context"
	"time"

	"github.com/sistem48/system48/ticketing"
)

type recomputeInput struct {
	OnceInput
	Body struct {
		Reason string `json:"reason" doc:"in the words of who orders it, at most 500 characters; no personal data"`
		Longer bool   `json:"longer,omitempty" doc:"also where a promise would fall due later than it does"`
	} `nameHint:"RecomputeOrder"`
}

// A recomputeJSON is an order that promises that run follow the newest rules, and
// what became of it.
type recomputeJSON struct {
	Order   int       `json:"order" doc:"number of the order"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	Reason  string    `json:"reason"`
	Longer  bool      `json:"longer"`
	Done    bool      `json:"done" doc:"false: it is being worked, and the numbers are not known yet"`
	Seen    *int      `json:"seen" doc:"tickets in work"`
	Changed *int      `json:"changed" doc:"of them, by all passes of the order together"`
	Held    *int      `json:"held" doc:"clocks that kept an earlier due instant"`
	Failed  *int      `json:"failed" doc:"tickets that could not be changed; the log names the first"`
}

type recomputeOutput struct {
	Replayed string `header:"Idempotent-Replayed" doc:"true: this is the result of an earlier request with the same key"`
	Body     recomputeJSON
}

func (a *API) orderRecompute(ctx context.Context, c *caller, in *recomputeInput) (*recomputeOutput, error) {
	key, err := in.key(c, in.Body)
	if err != nil {
		return nil, err
	}
	did, err := a.act(ctx, key, nil, func(b *ticketing.Bureau) (done, error) {
		registry := ticketing.Registry{Bureau: b}
		return done{}, registry.ApplyRules(ctx, c.actor, ticketing.RuleOrder{Longer: in.Body.Longer, Reason: in.Body.Reason})
	})
	if err != nil {
		return nil, err
	}
	out, err := a.getRecompute(ctx, c, nil)
	if err == nil {
		out.Replayed = replayed(did)
	}
	return out, err
}

func (a *API) getRecompute(ctx context.Context, _ *caller, _ *struct{}) (*recomputeOutput, error) {
	s, err := a.scribe(ctx)
	if err != nil {
		return nil, err
	}
	o, by, run, done, ok := s.dir.Rules.LastOrder()
	if !ok {
		return nil, ticketing.NotFound
	}
	j := recomputeJSON{Order: by.Version, By: by.By, At: by.At.UTC(), Reason: o.Reason, Longer: o.Longer, Done: done}
	if done {
		j.Seen, j.Changed, j.Held, j.Failed = &run.Seen, &run.Changed, &run.Held, &run.Failed
	}
	return &recomputeOutput{Body: j}, nil
}
