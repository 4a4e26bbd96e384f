package ticketingtest

import (
	"cmp"
	"context"

	"github.com/sistem48/system48/ticketing"
)

type subscriptionKey struct {
	agent      ticketing.AgentID
	department ticketing.DepartmentID
}

// SubscriptionOf implements [ticketing.Store].
func (s *Store) SubscriptionOf(ctx context.Context, a ticketing.AgentID, d ticketing.DepartmentID) (out ticketing.Subscription, err error) {
	err = s.read(ctx, func(v view) error {
		x, ok := v.subscribed.get(v.in, subscriptionKey{a, d})
		if !ok {
			return fail(ticketing.NotFound, "report.not_subscribed")
		}
		out = x
		return nil
	})
	return out, err
}

// Subscription implements [ticketing.Tx].
func (t *tx) Subscription(ctx context.Context, a ticketing.AgentID, d ticketing.DepartmentID) (*ticketing.Subscription, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	s, ok := t.subscribed.get(true, subscriptionKey{a, d})
	if !ok {
		return nil, fail(ticketing.NotFound, "report.not_subscribed")
	}
	return &s, nil
}

// Subscriptions implements [ticketing.Tx].
func (t *tx) Subscriptions(ctx context.Context) ([]ticketing.Subscription, error) {
	if err := t.use(ctx); err != nil {
		return nil, err
	}
	return t.subscribed.list(true, nil, func(a, b ticketing.Subscription) int {
		return cmp.Or(cmp.Compare(a.Agent, b.Agent), cmp.Compare(a.Department, b.Department))
	}), nil
}

// SaveSubscription implements [ticketing.Tx].
func (t *tx) SaveSubscription(ctx context.Context, s *ticketing.Subscription) error {
	if err := t.use(ctx); err != nil {
		return err
	}
	t.subscribed.put(subscriptionKey{s.Agent, s.Department}, *s)
	return nil
}
