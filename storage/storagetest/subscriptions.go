package storagetest

import (
	"errors"
	"testing"

	"github.com/sistem48/system48/ticketing"
)

// Subscriptions of reports: one for each agent and department, the newest words
// count, and unknown ones are NotFound.
func testSubscriptions(t *testing.T, r *room) {
	file := hexOf("printed")
	hana := ticketing.Subscription{Agent: r.Hana.ID, Department: r.Roads.ID, Wanted: true, Issue: "2026-11-20"}
	city := ticketing.Subscription{Agent: r.Adam.ID, Wanted: true, Issue: "2026-11-27", File: file}
	r.in(t, func(tx ticketing.Tx) error {
		_, err := tx.Subscription(ctx(), r.Hana.ID, r.Roads.ID)
		if !errors.Is(err, ticketing.NotFound) {
			t.Errorf("an unknown one = %v, want NotFound", err)
		}
		return errors.Join(tx.SaveSubscription(ctx(), &hana), tx.SaveSubscription(ctx(), &city))
	})
	ended := hana
	ended.Wanted, ended.Issue, ended.File = false, "2026-11-27", file
	r.in(t, func(tx ticketing.Tx) error {
		got, err := tx.Subscription(ctx(), r.Hana.ID, r.Roads.ID)
		if err != nil {
			return err
		}
		same(t, "subscription", *got, hana)
		return tx.SaveSubscription(ctx(), &ended)
	})
	r.in(t, func(tx ticketing.Tx) error {
		list, err := tx.Subscriptions(ctx())
		want := []ticketing.Subscription{city, ended}
		if ended.Agent < city.Agent {
			want[0], want[1] = want[1], want[0]
		}
		same(t, "all", list, want)
		return err
	})
	shown, err := r.SubscriptionOf(ctx(), r.Hana.ID, r.Roads.ID)
	must(t, err)
	same(t, "the one to be shown", shown, ended)
	if _, err := r.SubscriptionOf(ctx(), r.Hana.ID, 0); !errors.Is(err, ticketing.NotFound) {
		t.Errorf("an unknown one to be shown = %v, want NotFound", err)
	}
	// Whoever reads a subscription in a transaction holds it: of those who come together one is first.
	firsts := make([]bool, 4)
	for _, err := range together(len(firsts), func(i int) error {
		return r.InTx(ctx(), func(tx ticketing.Tx) error {
			firsts[i] = false
			s, err := tx.Subscription(ctx(), r.Adam.ID, 0)
			if err != nil || s.Issue >= "2026-12-04" {
				return err
			}
			firsts[i], s.Issue = true, "2026-12-04"
			return tx.SaveSubscription(ctx(), s)
		})
	}) {
		must(t, err)
	}
	first := 0
	for _, f := range firsts {
		if f {
			first++
		}
	}
	if first != 1 {
		t.Errorf("%d were first", first)
	}
}
