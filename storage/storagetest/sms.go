package storagetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// text puts an automatic text message into the outbox.
func (r *room) text(t *testing.T, number string, set func(*ticketing.Delivery)) ticketing.Delivery {
	t.Helper()
	return r.send(t, ticketing.PurposeState, func(d *ticketing.Delivery) {
		d.Channel, d.To.Address = ticketing.ChannelSMS, number
		if set != nil {
			set(d)
		}
	})
}

func testTexts(t *testing.T, r *room) {
	t.Run("reports only rise (F32)", func(t *testing.T) { testReportsRise(t, r) })
	t.Run("reports at once", func(t *testing.T) { testReportsAtOnce(t, r) })
	t.Run("a delivery is found by the provider's name", func(t *testing.T) { testOfProvider(t, r) })
	t.Run("automatic texts are counted", func(t *testing.T) { testAutomaticTexts(t, r) })
	t.Run("choices", func(t *testing.T) { testChoices(t, r) })
	t.Run("choices at once", func(t *testing.T) { testChoicesAtOnce(t, r) })
	t.Run("recent tickets of a citizen", func(t *testing.T) { testRecentTickets(t, r) })
	t.Run("a postponed item", func(t *testing.T) { testPostpone(t, r) })
	t.Run("a number that opted out", func(t *testing.T) {
		c := r.citizen(t, "Odjavljen", "+38267000111")
		at := r.now().Add(-time.Hour)
		r.in(t, func(tx ticketing.Tx) error {
			c.Contacts[0].OptedOutAt = at
			return tx.SaveCitizen(ctx(), c)
		})
		got, _, err := r.CitizenView(ctx(), c.ID)
		if must(t, err); len(got.Contacts) != 1 || !got.Contacts[0].OptedOutAt.Equal(at) {
			t.Errorf("contacts = %+v", got.Contacts)
		}
	})
}

func testReportsRise(t *testing.T, r *room) {
	fault := ticketing.Fault{Code: 30003, Tries: 2, Wait: 3 * time.Hour}
	report := func(id string, s ticketing.ProviderState, f ticketing.Fault) ticketing.ProviderReport {
		return ticketing.ProviderReport{ID: id, State: s, At: r.now(), Fault: f}
	}
	for i, c := range []struct {
		told []ticketing.ProviderState
		want ticketing.ProviderState
	}{
		{[]ticketing.ProviderState{ticketing.ProviderAccepted, ticketing.ProviderSent, ticketing.ProviderDelivered}, ticketing.ProviderDelivered},
		{[]ticketing.ProviderState{ticketing.ProviderDelivered, ticketing.ProviderSent, ticketing.ProviderAccepted}, ticketing.ProviderDelivered},
		{[]ticketing.ProviderState{ticketing.ProviderFailed, ticketing.ProviderDelivered, ticketing.ProviderRead}, ticketing.ProviderFailed},
		{[]ticketing.ProviderState{ticketing.ProviderDelivered, ticketing.ProviderFailed}, ticketing.ProviderDelivered},
		{[]ticketing.ProviderState{ticketing.ProviderDelivered, ticketing.ProviderRead, ticketing.ProviderDelivered}, ticketing.ProviderRead},
		{[]ticketing.ProviderState{ticketing.ProviderSent, ticketing.ProviderSent}, ticketing.ProviderSent},
	} {
		var got ticketing.ProviderReport
		for _, s := range c.told {
			f := ticketing.Fault{}
			if s == ticketing.ProviderFailed {
				f = fault
			}
			r.in(t, func(tx ticketing.Tx) (err error) {
				got, err = tx.RaiseReport(ctx(), report(fmt.Sprintf("SM%d", i), s, f))
				return err
			})
		}
		if got.State != c.want {
			t.Errorf("told %v, known %s, want %s", c.told, got.State, c.want)
		}
		if got.State == ticketing.ProviderFailed && got.Fault != fault {
			t.Errorf("fault = %+v, want %+v", got.Fault, fault)
		}
	}
}

func testReportsAtOnce(t *testing.T, r *room) {
	states := []ticketing.ProviderState{ticketing.ProviderDelivered, ticketing.ProviderSent, ticketing.ProviderAccepted, ticketing.ProviderSent}
	for _, err := range together(len(states), func(i int) error {
		return r.InTx(ctx(), func(tx ticketing.Tx) error {
			_, err := tx.RaiseReport(ctx(), ticketing.ProviderReport{ID: "SMonce", State: states[i], At: r.now()})
			return err
		})
	}) {
		must(t, err)
	}
	r.in(t, func(tx ticketing.Tx) error {
		got, err := tx.RaiseReport(ctx(), ticketing.ProviderReport{ID: "SMonce", State: ticketing.ProviderAccepted, At: r.now()})
		if got.State != ticketing.ProviderDelivered {
			t.Errorf("known %s", got.State)
		}
		return err
	})
}

func testOfProvider(t *testing.T, r *room) {
	at := r.now()
	d := r.text(t, "+38267000001", func(d *ticketing.Delivery) { d.ProviderID, d.DeliveredAt, d.Returns = "SMfound", at, 2 })
	r.text(t, "+38267000001", nil)
	if got := r.loadDelivery(t, d.ID); got.ProviderID != "SMfound" || !got.DeliveredAt.Equal(at) || got.Returns != 2 {
		t.Errorf("delivery = %+v", got)
	}
	k := r.ticket(t, func(k *ticketing.Ticket) { k.Department = r.Roads.ID })
	m := r.write(t, k.ID, ticketing.Out, nil)
	r.change(t, k.ID, func(tx ticketing.Tx, k *ticketing.Ticket) error {
		d, err := r.delivery(tx, ticketing.PurposeAnswer, "+38267000001")
		d.Channel, d.Ticket, d.Message, d.ProviderID = ticketing.ChannelSMS, k.ID, m.ID, "SManswer"
		k.Pending.Deliveries = append(k.Pending.Deliveries, d)
		k.Pending.Events = append(k.Pending.Events, r.event(ticketing.EventDelivered))
		return err
	})
	for _, c := range []struct {
		scope ticketing.Scope
		id    string
		want  int
	}{{everything, "SManswer", 1}, {everything, "SMfound", 0}, {everything, "", 0}, {ticketing.Scope{}, "SManswer", 0}} {
		list, refs, err := r.MessagesOfProvider(ctx(), c.scope, c.id)
		if err != nil || len(list) != c.want || len(refs) != c.want {
			t.Errorf("MessagesOfProvider(%q) = %d, %v, want %d", c.id, len(list), err, c.want)
		}
	}
	r.in(t, func(tx ticketing.Tx) error {
		id, of, err := tx.DeliveryOfProvider(ctx(), "SMfound")
		if id != d.ID || of != 0 {
			t.Errorf("found %d of %d, want %d of none", id, of, d.ID)
		}
		return err
	})
	for _, id := range []string{"SMother", ""} {
		r.refused(t, ticketing.NotFound, func(tx ticketing.Tx) error {
			_, _, err := tx.DeliveryOfProvider(ctx(), id)
			return err
		})
	}
}

func testAutomaticTexts(t *testing.T, r *room) {
	const number = "+38267000002"
	since := r.now()
	k := r.ticket(t, nil)
	r.text(t, number, nil)
	r.text(t, number, func(d *ticketing.Delivery) { d.Purpose = ticketing.PurposeAnswer })
	r.text(t, number, func(d *ticketing.Delivery) { d.CreatedAt = since.Add(-time.Second) })
	r.text(t, "+38267000003", nil)
	r.send(t, ticketing.PurposeReceipt, func(d *ticketing.Delivery) { d.To.Address = number })
	r.change(t, k.ID, func(tx ticketing.Tx, k *ticketing.Ticket) error {
		d, err := r.delivery(tx, ticketing.PurposeReceipt, number)
		d.Channel, d.Ticket = ticketing.ChannelSMS, k.ID
		k.Pending.Deliveries = append(k.Pending.Deliveries, d)
		k.Pending.Events = append(k.Pending.Events, r.event(ticketing.EventDelivered))
		return err
	})
	r.in(t, func(tx ticketing.Tx) error {
		for _, c := range []struct {
			of   ticketing.TicketID
			want int
		}{{0, 2}, {k.ID, 1}, {k.ID + 1000, 0}} {
			if n, err := tx.AutomaticTexts(ctx(), number, c.of, since); err != nil || n != c.want {
				t.Errorf("AutomaticTexts(ticket %d) = %d, %v, want %d", c.of, n, err, c.want)
			}
		}
		return nil
	})
}

func testChoices(t *testing.T, r *room) {
	const number = "+38267000004"
	want := ticketing.Choice{
		Number: number, Account: "sms", Held: []ticketing.LedgerID{3, 5}, Options: []ticketing.TicketID{9, 7}, AskedAt: r.now(), Until: r.now().Add(time.Hour),
	}
	r.refused(t, ticketing.NotFound, func(tx ticketing.Tx) error {
		_, err := tx.Choice(ctx(), number)
		return err
	})
	for _, set := range []func(){func() {}, func() { want.Ticket, want.Held = 7, append(want.Held, 8) }, func() { want.Ticket, want.New = 0, true }} {
		set()
		r.in(t, func(tx ticketing.Tx) error {
			if _, err := tx.Choice(ctx(), number); err != nil && ticketing.KindOf(err) != ticketing.NotFound {
				return err
			}
			c := want
			return tx.SaveChoice(ctx(), &c)
		})
		r.in(t, func(tx ticketing.Tx) error {
			got, err := tx.Choice(ctx(), number)
			if err == nil {
				same(t, "choice", *got, want)
			}
			return err
		})
	}
	_, err := r.Sweep(ctx(), want.Until.Add(25*time.Hour), r.now().Add(-time.Hour))
	must(t, err)
	r.refused(t, ticketing.NotFound, func(tx ticketing.Tx) error {
		_, err := tx.Choice(ctx(), number)
		return err
	})
}

// Two texts of one number at once: one asks, the other finds that it was asked.
func testChoicesAtOnce(t *testing.T, r *room) {
	const number, n = "+38267000005", 4
	for _, err := range together(n, func(i int) error {
		return r.InTx(ctx(), func(tx ticketing.Tx) error {
			c, err := tx.Choice(ctx(), number)
			if ticketing.KindOf(err) == ticketing.NotFound && err != nil {
				c, err = &ticketing.Choice{Number: number, AskedAt: r.now(), Until: r.now()}, nil
			}
			if err != nil {
				return err
			}
			c.Held = append(c.Held, ticketing.LedgerID(i+1))
			return tx.SaveChoice(ctx(), c)
		})
	}) {
		must(t, err)
	}
	r.in(t, func(tx ticketing.Tx) error {
		c, err := tx.Choice(ctx(), number)
		if err == nil && len(c.Held) != n {
			t.Errorf("%d texts are held, want %d", len(c.Held), n)
		}
		return err
	})
}

func testRecentTickets(t *testing.T, r *room) {
	a, b := r.citizen(t, "Prvi", "+38267000006"), r.citizen(t, "Drugi", "+38267000007")
	var want []ticketing.TicketID
	for i := range 4 {
		of := a.ID
		if i == 2 {
			of = b.ID
		}
		k := r.ticket(t, func(k *ticketing.Ticket) { k.Citizen = of })
		want = append([]ticketing.TicketID{k.ID}, want...)
	}
	r.ticket(t, func(k *ticketing.Ticket) {
		k.Citizen, k.State, k.Code, k.ClosedAt = a.ID, ticketing.StateClosed, ticketing.CodeSpam, r.now()
	})
	r.in(t, func(tx ticketing.Tx) error { return tx.JoinCitizens(ctx(), b.ID, a.ID) })
	r.in(t, func(tx ticketing.Tx) error {
		for _, id := range []ticketing.CitizenID{a.ID, b.ID} {
			got, err := tx.RecentTickets(ctx(), id, 3)
			must(t, err)
			same(t, "recent tickets", got, want[:3])
		}
		return nil
	})
}

func testPostpone(t *testing.T, r *room) {
	e := r.arrive(t, nil)
	if got := r.claim(t, 50); len(got) == 0 {
		t.Fatal("nothing to claim")
	}
	until := r.now().Add(30 * time.Minute)
	r.in(t, func(tx ticketing.Tx) error { return tx.Postpone(ctx(), e.ID, until) })
	r.Clock.Advance(29 * time.Minute)
	for _, c := range r.claim(t, 50) {
		if c.ID == e.ID {
			t.Error("it was worked too early")
		}
	}
	r.Clock.Advance(time.Minute)
	found := false
	for _, c := range r.claim(t, 50) {
		if c.ID == e.ID {
			found = true
			if c.Attempts != 1 {
				t.Errorf("attempts = %d: waiting is no failure", c.Attempts)
			}
		}
	}
	if !found {
		t.Error("it was never worked")
	}
	r.settle(t, e.ID)
	r.in(t, func(tx ticketing.Tx) error { return tx.Postpone(ctx(), e.ID, until) })
	if got, err := r.LedgerItem(ctx(), e.ID); err != nil || got.State == ticketing.LedgerReceived {
		t.Errorf("a settled item = %v, %v", got.State, err)
	}
}
