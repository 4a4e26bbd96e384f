package storagetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/lang"
)

const (
	courierLease = time.Minute
	noCap        = 1000 // automatic deliveries that may still leave
)

// courier claims e-mail without a cap.
func (r *room) courier(t *testing.T, n int) []ticketing.Delivery {
	t.Helper()
	list, err := r.ClaimDeliveries(ctx(), ticketing.ChannelEmail, n, courierLease, noCap)
	must(t, err)
	return list
}

func deliveryIDs(list []ticketing.Delivery) []ticketing.DeliveryID {
	var out []ticketing.DeliveryID
	for _, d := range list {
		out = append(out, d.ID)
	}
	return out
}

// finish settles claimed deliveries as sent, so that they do not come back.
func (r *room) finish(t *testing.T, list ...ticketing.Delivery) {
	t.Helper()
	r.in(t, func(tx ticketing.Tx) error {
		for _, c := range list {
			d, err := tx.Delivery(ctx(), c.ID)
			if err != nil {
				return err
			}
			d.State, d.AcceptedAt, d.SettledAt, d.LeaseUntil = ticketing.DeliverySent, r.now(), r.now(), time.Time{}
			if err := tx.SaveDelivery(ctx(), d); err != nil {
				return err
			}
		}
		return nil
	})
}

func testOutbox(t *testing.T, r *room) {
	t.Run("every field comes back", func(t *testing.T) { testFullDelivery(t, r) })
	t.Run("with its ticket, new and changed (I7)", func(t *testing.T) { testTicketDeliveries(t, r) })
	t.Run("what nobody knows is not found", func(t *testing.T) {
		r.refused(t, ticketing.NotFound, func(tx ticketing.Tx) error {
			_, err := tx.Delivery(ctx(), 1<<40)
			return err
		})
		r.in(t, func(tx ticketing.Tx) error {
			list, err := tx.DeliveriesOf(ctx(), 1<<40)
			if len(list) != 0 {
				t.Errorf("DeliveriesOf() of an unknown message = %d", len(list))
			}
			return err
		})
		wantKind(t, r.SetRaw(ctx(), ticketing.Delivery{ID: 1 << 40, Epoch: 1}, hexOf("raw")), ticketing.NotFound)
	})
	t.Run("a claim leases, counts and gives the state before", func(t *testing.T) { testClaim(t, r) })
	t.Run("what may be claimed, and in which order", func(t *testing.T) { testClaimOrder(t, r) })
	t.Run("automatic mail within the cap", func(t *testing.T) { testAutoCap(t, r) })
	t.Run("a claim that ran out comes first and is unknown", func(t *testing.T) { testLostClaim(t, r) })
	t.Run("SetRaw", func(t *testing.T) { testSetRaw(t, r) })
	t.Run("a settlement with an older epoch is stale (I8)", func(t *testing.T) {
		d := r.send(t, ticketing.PurposeAnswer, nil)
		first := r.courier(t, 10)
		r.Clock.Advance(courierLease)
		second := r.courier(t, 10)
		if len(first) != 1 || len(second) != 1 {
			t.Fatalf("claims of %d and %d", len(first), len(second))
		}
		late := first[0]
		late.State, late.AcceptedAt, late.SettledAt = ticketing.DeliverySent, r.now(), r.now()
		r.refused(t, ticketing.Stale, func(tx ticketing.Tx) error { return tx.SaveDelivery(ctx(), &late) })
		k := r.ticket(t, nil)
		r.refused(t, ticketing.Stale, func(tx ticketing.Tx) error {
			x, err := tx.TicketByID(ctx(), k.ID)
			if err != nil {
				return err
			}
			x.Pending.Changed = []ticketing.Delivery{late}
			return tx.SaveTicket(ctx(), x)
		})
		if got := r.loadDelivery(t, d.ID); got.State != ticketing.DeliverySending || got.Epoch != second[0].Epoch {
			t.Errorf("delivery = %v, epoch %d, want sending, %d", got.State, got.Epoch, second[0].Epoch)
		}
		r.finish(t, second...)
	})
	t.Run("AutomaticSince and NextDeliveryAt", func(t *testing.T) { testOutboxTimes(t, r) })
	t.Run("PendingDigest", func(t *testing.T) { testDigest(t, r) })
}

func testFullDelivery(t *testing.T, r *room) {
	at := r.now()
	want := r.send(t, ticketing.PurposeInvite, func(d *ticketing.Delivery) {
		*d = ticketing.Delivery{
			ID: d.ID, Purpose: ticketing.PurposeInvite, Channel: ticketing.ChannelEmail, Account: "main",
			To: ticketing.Party{Name: "Ђорђе", Address: "djordje@example.me"}, HeaderTo: []ticketing.Party{{Name: "A", Address: "a@example.me"}, {Address: "b@example.me"}},
			HeaderCc: []ticketing.Party{{Address: "c@example.me"}}, ToStaff: true, Language: lang.SrCyrl, Subject: "Позив \U0001F4EC", Text: "Ред\n\nдруги",
			Files: []ticketing.Attachment{{ID: 5, Key: hexOf("f"), Name: "a.pdf", ContentType: "application/pdf", Size: 9, ContentID: "x", Inline: true}},
			Refs:  []ticketing.Reference{"S48-26-000001-0", "S48-26-000002-0"}, MessageIDHeader: "s48.1.x@grad.example", ReplyTo: "s48+t1.x@grad.example",
			References: []string{"a@b", "c@d"}, State: ticketing.DeliveryFailed, SendAfter: at.Add(time.Hour), Attempts: 3, Doubts: 1, TriedAt: at.Add(-time.Minute), Epoch: 4,
			LeaseUntil: at.Add(2 * time.Minute), RawKey: hexOf("r"), Reply: "550 5.1.1 nema ga", CreatedAt: at.Add(-time.Hour), AcceptedAt: at.Add(-time.Second),
			SettledAt: at, GiveUpAt: at.Add(48 * time.Hour),
		}
	})
	same(t, "delivery", r.loadDelivery(t, want.ID), want)
	emptied := ticketing.Delivery{
		ID: want.ID, Purpose: want.Purpose, Channel: want.Channel, To: ticketing.Party{Address: want.To.Address}, Epoch: want.Epoch,
		MessageIDHeader: want.MessageIDHeader, State: ticketing.DeliveryTakenBack, SendAfter: at, CreatedAt: want.CreatedAt, GiveUpAt: at, SettledAt: at,
	}
	r.in(t, func(tx ticketing.Tx) error { d := emptied; return tx.SaveDelivery(ctx(), &d) })
	// What was composed once never changes, so emptying it is no use case.
	once := cmpopts.IgnoreFields(ticketing.Delivery{}, "To", "HeaderTo", "HeaderCc", "ToStaff", "Language", "Subject", "Text", "Files", "Refs",
		"ReplyTo", "References", "Account", "RawKey", "GiveUpAt")
	same(t, "changed delivery", r.loadDelivery(t, want.ID), emptied, once)
}

func testTicketDeliveries(t *testing.T, r *room) {
	k := r.ticket(t, nil)
	m := r.write(t, k.ID, ticketing.Out, nil)
	var ids []ticketing.DeliveryID
	r.change(t, k.ID, func(tx ticketing.Tx, k *ticketing.Ticket) error {
		for i := range 3 {
			d, err := r.delivery(tx, ticketing.PurposeAnswer, fmt.Sprintf("p%d@example.me", i))
			if err != nil {
				return err
			}
			d.Message, d.State = m.ID, ticketing.DeliveryHeld
			k.Pending.Deliveries = append(k.Pending.Deliveries, d)
			ids = append(ids, d.ID)
		}
		return nil
	})
	var list []ticketing.Delivery
	r.in(t, func(tx ticketing.Tx) (err error) {
		list, err = tx.DeliveriesOf(ctx(), m.ID)
		return err
	})
	same(t, "DeliveriesOf", deliveryIDs(list), ids)
	for _, d := range list {
		if d.Ticket != k.ID || d.Message != m.ID {
			t.Errorf("delivery of ticket %d, message %d, want %d, %d", d.Ticket, d.Message, k.ID, m.ID)
		}
	}
	r.change(t, k.ID, func(tx ticketing.Tx, k *ticketing.Ticket) error {
		d, err := tx.Delivery(ctx(), ids[1])
		if err != nil {
			return err
		}
		d.State, d.SettledAt, d.Reply = ticketing.DeliveryBounced, r.now(), "5.1.1"
		k.Pending.Changed = []ticketing.Delivery{*d}
		return nil
	})
	if got := r.loadDelivery(t, ids[1]); got.State != ticketing.DeliveryBounced || got.Reply != "5.1.1" || !got.SettledAt.Equal(r.now()) {
		t.Errorf("changed delivery = %+v", got)
	}
	v, err := r.TicketView(ctx(), everything, k.Ref)
	must(t, err)
	same(t, "deliveries of the view", deliveryIDs(v.Deliveries), ids)
	for _, d := range v.Deliveries {
		if d.Text != "" {
			t.Error("the view carries the text of a delivery")
		}
	}
	r.refused(t, ticketing.NotFound, func(tx ticketing.Tx) error {
		x, err := tx.TicketByID(ctx(), k.ID)
		if err != nil {
			return err
		}
		x.Pending.Changed = []ticketing.Delivery{{ID: 1 << 40, State: ticketing.DeliverySent}}
		return tx.SaveTicket(ctx(), x)
	})
}

func testClaim(t *testing.T, r *room) {
	d := r.send(t, ticketing.PurposeAnswer, nil)
	got := r.courier(t, 10)
	if len(got) != 1 {
		t.Fatalf("claimed %d, want 1", len(got))
	}
	want := d
	want.Attempts, want.Epoch, want.LeaseUntil = 1, d.Epoch+1, r.now().Add(courierLease)
	same(t, "claimed delivery", got[0], want)
	want.State, want.TriedAt = ticketing.DeliverySending, r.now()
	same(t, "delivery as stored", r.loadDelivery(t, d.ID), want)
	if again := r.courier(t, 10); len(again) != 0 {
		t.Errorf("claimed %d more within the lease", len(again))
	}
	r.finish(t, got...)
	r.Clock.Advance(2 * courierLease)
	if again := r.courier(t, 10); len(again) != 0 {
		t.Errorf("claimed %d that were sent", len(again))
	}
}

func testClaimOrder(t *testing.T, r *room) {
	now := r.now()
	at := func(s ticketing.DeliveryState, after time.Duration) func(*ticketing.Delivery) {
		return func(d *ticketing.Delivery) { d.State, d.SendAfter = s, now.Add(after) }
	}
	third := r.send(t, ticketing.PurposeAnswer, at(ticketing.DeliveryPending, -time.Minute))
	first := r.send(t, ticketing.PurposeAnswer, at(ticketing.DeliveryRetry, -3*time.Minute))
	second := r.send(t, ticketing.PurposeReceipt, at(ticketing.DeliveryUnknown, -2*time.Minute))
	fourth := r.send(t, ticketing.PurposeAnswer, at(ticketing.DeliveryPending, 0))
	early := r.send(t, ticketing.PurposeAnswer, at(ticketing.DeliveryPending, time.Second))
	for _, s := range []ticketing.DeliveryState{
		ticketing.DeliverySent, ticketing.DeliveryFailed, ticketing.DeliveryBounced, ticketing.DeliveryTakenBack, ticketing.DeliveryHeld,
	} {
		r.send(t, ticketing.PurposeAnswer, at(s, -time.Hour))
	}
	r.send(t, ticketing.PurposeAnswer, func(d *ticketing.Delivery) {
		at(ticketing.DeliveryUnknown, -time.Hour)(d)
		d.SettledAt = now // doubted twice: nothing is sent again
	})
	sms := r.send(t, ticketing.PurposeAnswer, func(d *ticketing.Delivery) { d.Channel = ticketing.ChannelSMS })
	got := r.courier(t, 3)
	same(t, "first three", deliveryIDs(got), []ticketing.DeliveryID{first.ID, second.ID, third.ID})
	if len(got) == 3 && (got[0].State != ticketing.DeliveryRetry || got[1].State != ticketing.DeliveryUnknown || got[2].State != ticketing.DeliveryPending) {
		t.Errorf("states = %v, %v, %v, want those before the claim", got[0].State, got[1].State, got[2].State)
	}
	r.finish(t, got...)
	got = r.courier(t, 10)
	same(t, "the rest", deliveryIDs(got), []ticketing.DeliveryID{fourth.ID})
	r.finish(t, got...)
	other, err := r.ClaimDeliveries(ctx(), ticketing.ChannelSMS, 10, courierLease, noCap)
	must(t, err)
	same(t, "the other channel", deliveryIDs(other), []ticketing.DeliveryID{sms.ID})
	r.finish(t, other...)
	r.Clock.Advance(time.Second)
	got = r.courier(t, 10)
	same(t, "at its time", deliveryIDs(got), []ticketing.DeliveryID{early.ID})
	r.finish(t, got...)
}

func testAutoCap(t *testing.T, r *room) {
	var receipts []ticketing.DeliveryID
	for range 3 {
		receipts = append(receipts, r.send(t, ticketing.PurposeReceipt, nil).ID)
	}
	answer := r.send(t, ticketing.PurposeAnswer, nil)
	claim := func(left int) []ticketing.Delivery {
		list, err := r.ClaimDeliveries(ctx(), ticketing.ChannelEmail, 10, courierLease, left)
		must(t, err)
		return list
	}
	got := claim(0)
	same(t, "nothing automatic is left", deliveryIDs(got), []ticketing.DeliveryID{answer.ID})
	r.finish(t, got...)
	got = claim(2)
	same(t, "two automatic ones are left", deliveryIDs(got), receipts[:2])
	r.finish(t, got...)
	got = claim(2)
	same(t, "the third", deliveryIDs(got), receipts[2:])
	r.finish(t, got...)
}

func testLostClaim(t *testing.T, r *room) {
	lost := r.send(t, ticketing.PurposeAnswer, nil)
	first := r.courier(t, 10)
	if len(first) != 1 {
		t.Fatalf("claimed %d, want 1", len(first))
	}
	r.Clock.Advance(courierLease - time.Second)
	if early := r.courier(t, 10); len(early) != 0 {
		t.Errorf("claimed %d within the lease", len(early))
	}
	waiting := r.send(t, ticketing.PurposeAnswer, func(d *ticketing.Delivery) { d.SendAfter = r.now().Add(-time.Hour) })
	r.Clock.Advance(time.Second)
	second := r.courier(t, 10)
	same(t, "claims after the lease", deliveryIDs(second), []ticketing.DeliveryID{lost.ID, waiting.ID})
	if len(second) == 2 {
		if d := second[0]; d.State != ticketing.DeliveryUnknown || d.Epoch <= first[0].Epoch || d.Attempts != 2 {
			t.Errorf("lost claim = %v, epoch %d after %d, attempt %d", d.State, d.Epoch, first[0].Epoch, d.Attempts)
		}
	}
	r.finish(t, second...)
}

func testSetRaw(t *testing.T, r *room) {
	k := r.ticket(t, nil)
	m := r.write(t, k.ID, ticketing.Out, nil)
	var ids []ticketing.DeliveryID
	r.change(t, k.ID, func(tx ticketing.Tx, k *ticketing.Ticket) error {
		for range 2 {
			d, err := r.delivery(tx, ticketing.PurposeAnswer, "x@example.me")
			if err != nil {
				return err
			}
			d.Message = m.ID
			k.Pending.Deliveries = append(k.Pending.Deliveries, d)
			ids = append(ids, d.ID)
		}
		return nil
	})
	alone := r.send(t, ticketing.PurposeReceipt, nil)
	bystander := r.send(t, ticketing.PurposeReceipt, func(d *ticketing.Delivery) { d.SendAfter = r.now().Add(time.Hour) })
	claimed := r.courier(t, 10)
	if len(claimed) != 3 {
		t.Fatalf("claimed %d, want 3", len(claimed))
	}
	must(t, r.SetRaw(ctx(), claimed[0], hexOf("answer")))
	must(t, r.SetRaw(ctx(), claimed[2], hexOf("alone")))
	for id, want := range map[ticketing.DeliveryID]string{ids[0]: hexOf("answer"), ids[1]: hexOf("answer"), alone.ID: hexOf("alone"), bystander.ID: ""} {
		if got := r.loadDelivery(t, id); got.RawKey != want {
			t.Errorf("RawKey of delivery %d = %q, want %q", id, got.RawKey, want)
		}
	}
	r.Clock.Advance(courierLease)
	again := r.courier(t, 10)
	wantKind(t, r.SetRaw(ctx(), claimed[0], hexOf("late")), ticketing.Stale)
	r.finish(t, again...)
	wantKind(t, r.SetRaw(ctx(), again[0], hexOf("later")), ticketing.Stale)
	if got := r.loadDelivery(t, ids[0]); got.RawKey != hexOf("answer") {
		t.Errorf("RawKey = %q, want the first", got.RawKey)
	}
	r.Clock.Advance(time.Hour)
	r.finish(t, r.courier(t, 10)...)
}

func testOutboxTimes(t *testing.T, r *room) {
	since := r.Clock.Advance(time.Hour)
	next := func(want time.Time) {
		t.Helper()
		if got, err := r.NextDeliveryAt(ctx()); err != nil || !got.Equal(want) {
			t.Errorf("NextDeliveryAt() = %v, %v, want %v", got, err, want)
		}
	}
	count := func(want int) {
		t.Helper()
		if got, err := r.AutomaticSince(ctx(), since); err != nil || got != want {
			t.Errorf("AutomaticSince() = %d, %v, want %d", got, err, want)
		}
	}
	next(time.Time{})
	count(0)
	r.send(t, ticketing.PurposeReceipt, func(d *ticketing.Delivery) { d.SendAfter = since.Add(time.Hour) })
	r.send(t, ticketing.PurposeAnswer, func(d *ticketing.Delivery) {
		d.SendAfter = since.Add(30 * time.Minute)
		d.State = ticketing.DeliveryRetry
	})
	r.send(t, ticketing.PurposeAnswer, func(d *ticketing.Delivery) { d.SendAfter = since; d.State = ticketing.DeliveryHeld })
	next(since.Add(30 * time.Minute))
	count(0)
	r.Clock.Advance(time.Hour)
	got := r.courier(t, 10)
	r.finish(t, got...)
	if len(got) != 2 {
		t.Errorf("claimed %d, want 2", len(got))
	}
	count(1)
	next(time.Time{})
}

func testDigest(t *testing.T, r *room) {
	const to = "putevi@grad.example"
	pending := func() (d *ticketing.Delivery, err error) {
		err = r.InTx(ctx(), func(tx ticketing.Tx) error {
			d, err = tx.PendingDigest(ctx(), to)
			return err
		})
		return d, err
	}
	if _, err := pending(); !errors.Is(err, ticketing.NotFound) {
		t.Errorf("PendingDigest() = %v, want not found", err)
	}
	set := func(p ticketing.Purpose, to string) ticketing.Delivery {
		return r.send(t, p, func(d *ticketing.Delivery) { d.To.Address, d.ToStaff = to, true })
	}
	set(ticketing.PurposeHandover, to)
	set(ticketing.PurposeDigest, "drugi@grad.example")
	want := set(ticketing.PurposeDigest, to)
	got, err := pending()
	if err != nil || got.ID != want.ID {
		t.Fatalf("PendingDigest() = %+v, %v, want %d", got, err, want.ID)
	}
	// It grows until a courier takes it.
	r.in(t, func(tx ticketing.Tx) error {
		d, err := tx.PendingDigest(ctx(), to)
		if err != nil {
			return err
		}
		d.Refs, d.Subject, d.Text = append(d.Refs, "S48-26-000009-1"), "Dva predmeta", "spisak"
		return tx.SaveDelivery(ctx(), d)
	})
	if grown := r.loadDelivery(t, want.ID); len(grown.Refs) != 1 || grown.Subject != "Dva predmeta" || grown.Text != "spisak" {
		t.Errorf("digest = %+v", grown)
	}
	r.finish(t, r.courier(t, 10)...)
	if _, err := pending(); !errors.Is(err, ticketing.NotFound) {
		t.Errorf("PendingDigest() of what was sent = %v, want not found", err)
	}
}
