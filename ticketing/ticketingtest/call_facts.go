package ticketingtest

import (
	"cmp"
	"context"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// CallFacts implements [ticketing.CallFactReads].
func (s *Store) CallFacts(ctx context.Context, from, to time.Time) (out []ticketing.CallFact, err error) {
	err = s.read(ctx, func(v view) error {
		for _, c := range limit(v.calls.calls.list(v.in, func(c *ticketing.Call) bool { return within(c.Started, from, to) }, byStart), ticketing.MostCallFacts) {
			out = append(out, ticketing.CallFact{
				ID: c.ID, Direction: c.Direction, Result: c.Result, Started: c.Started, Ended: c.Ended, Wait: c.Wait, Talk: c.Talk,
				Agent: c.Agent, Extension: c.Extension, Ticket: c.Ticket, Ref: v.callView(c).Ref,
			})
		}
		return nil
	})
	return out, err
}

// CallbackFacts implements [ticketing.CallFactReads].
func (s *Store) CallbackFacts(ctx context.Context, from, to time.Time) (out []ticketing.CallbackFact, err error) {
	err = s.read(ctx, func(v view) error {
		for _, b := range v.calls.callbacks.list(v.in, func(b *ticketing.Callback) bool { return within(b.Due, from, to) }, func(a, b *ticketing.Callback) int {
			return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Ticket, b.Ticket))
		}) {
			k, _ := v.tickets.get(v.in, b.Ticket)
			out = append(out, ticketing.CallbackFact{
				Ticket: b.Ticket, Ref: k.Ref, State: b.State, Missed: b.Missed, FirstAt: b.FirstAt, Due: b.Due, EndedAt: b.EndedAt,
			})
		}
		return nil
	})
	return out, err
}

// CallFacts implements [ticketing.CallFactReads].
func (x *FaultStore) CallFacts(ctx context.Context, from, to time.Time) (out []ticketing.CallFact, err error) {
	if err = x.step("CallFacts"); err != nil {
		return out, err
	}
	return x.Ports.CallFacts(ctx, from, to)
}

// CallbackFacts implements [ticketing.CallFactReads].
func (x *FaultStore) CallbackFacts(ctx context.Context, from, to time.Time) (out []ticketing.CallbackFact, err error) {
	if err = x.step("CallbackFacts"); err != nil {
		return out, err
	}
	return x.Ports.CallbackFacts(ctx, from, to)
}
