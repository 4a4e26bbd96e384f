package ticketing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

func TestSettleResolved(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k, denied := r.opened(), r.opened()
	for _, x := range []*ticketing.Ticket{k, denied} {
		r.must(second(r.desk.Resolve(t.Context(), r.ana(), at(x), "")))
	}
	r.Clock.Advance(13 * 24 * time.Hour)
	r.must(r.counter.Deny(t.Context(), denied.Ref, "Nije riješeno.", nil))
	if did, err := r.upkeep.SettleResolved(t.Context()); did != 0 || err != nil {
		t.Errorf("after 13 days: %d, %v", did, err)
	}
	r.Clock.Advance(25 * time.Hour)
	for range 2 { // twice is once
		_, err := r.upkeep.SettleResolved(t.Context())
		r.must(err)
	}
	got := r.ticket(k.Ref)
	if got.State != ticketing.StateClosed || got.Code != ticketing.CodeResolved || r.count(k.Ref, ticketing.EventClosed) != 1 {
		t.Errorf("settled: %s %s, %d events", got.State, got.Code, r.count(k.Ref, ticketing.EventClosed))
	}
	if got := r.ticket(denied.Ref); got.State != ticketing.StateOpen || got.Episode != 2 {
		t.Errorf("denied: %s, episode %d", got.State, got.Episode)
	}
}

// seals checks the whole chain of seals against the events, and gives it.
func (r *rig) seals() []ticketing.Seal {
	r.Helper()
	list, err := r.Store.Seals(r.Context(), 0, 1000)
	r.must(err)
	prev := ticketing.Seal{}
	for i, s := range list {
		if i == 0 {
			prev.To = s.From
		}
		hashes, err := r.Store.EventHashes(r.Context(), s.From, s.To)
		r.must(err)
		if !s.Follows(prev, hashes) {
			r.Errorf("seal %d does not follow (I4)", s.Seq)
		}
		prev = s
	}
	return list
}

// TestSeals: I4, every event is under one seal, and no seal can be changed.
func TestSeals(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	if did, err := r.upkeep.Seal(t.Context()); did || err != nil {
		t.Errorf("sealed an empty house: %v, %v", did, err)
	}
	for i := range 30 {
		if i%7 < 3 {
			r.opened()
		}
		r.Clock.Advance(40 * time.Second)
		_, err := r.upkeep.Seal(t.Context())
		r.must(err)
		if again, err := r.upkeep.Seal(t.Context()); again || err != nil {
			t.Errorf("sealed the same minute twice: %v", err)
		}
	}
	r.Clock.Advance(10 * time.Minute)
	_, err := r.upkeep.Seal(t.Context())
	r.must(err)
	list := r.seals()
	var events, sealed int
	r.must(r.Store.WalkEvents(t.Context(), func(_ ticketing.TicketID, list []ticketing.Event) error {
		events += len(list)
		return nil
	}))
	for _, s := range list {
		sealed += s.Count
	}
	if sealed != events || len(list) < 5 {
		t.Errorf("%d of %d events under %d seals", sealed, events, len(list))
	}
	hashes, err := r.Store.EventHashes(t.Context(), list[1].From, list[1].To)
	r.must(err)
	for name, forged := range map[string]ticketing.Seal{
		"count":  func(s ticketing.Seal) ticketing.Seal { s.Count++; return s }(list[1]),
		"period": func(s ticketing.Seal) ticketing.Seal { s.From = s.From.Add(time.Second); return s }(list[1]),
		"time":   func(s ticketing.Seal) ticketing.Seal { s.At = s.At.Add(time.Second); return s }(list[1]),
		"hash":   func(s ticketing.Seal) ticketing.Seal { s.Hash = strings.Repeat("0", 64); return s }(list[1]),
		"number": func(s ticketing.Seal) ticketing.Seal { s.Seq++; return s }(list[1]),
	} {
		if forged.Follows(list[0], hashes) {
			t.Errorf("a seal with another %s follows", name)
		}
	}
	if list[1].Follows(list[0], append(hashes, strings.Repeat("f", 64))) {
		t.Error("an added event was not noticed")
	}
	// As read back in another zone.
	moved := list[1]
	moved.From, moved.To, moved.At = moved.From.In(ticketingtest.Zone()), moved.To.In(ticketingtest.Zone()), moved.At.In(ticketingtest.Zone())
	if !moved.Follows(list[0], hashes) {
		t.Error("the zone an instant is written in breaks the chain")
	}
}

func TestSealIsMailed(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	r.must(r.upkeep.MailSeal(t.Context())) // nothing to tell yet
	r.opened()
	r.Clock.Advance(time.Hour)
	_, err := r.upkeep.Seal(t.Context())
	r.must(err)
	r.must(r.upkeep.MailSeal(t.Context()))
	sent := r.claim()
	if len(sent) != 1 || sent[0].Purpose != ticketing.PurposeSeal || sent[0].To.Address != "revizor@grad.example" ||
		!strings.Contains(sent[0].Text, r.seals()[0].Hash) || !sent[0].ToStaff {
		t.Errorf("outbox = %+v", sent)
	}
	for _, auditor := range []func() string{nil, func() string { return "" }} {
		nobody := ticketing.Upkeep{Bureau: r.Core, Duties: r.Store, Auditor: auditor}
		r.must(nobody.MailSeal(t.Context()))
	}
	if n := len(r.claim()); n != 0 {
		t.Errorf("%d mails to nobody", n)
	}
}

func TestEveryFaultOfUpkeep(t *testing.T) {
	t.Parallel()
	ticketingtest.EachFault(t, func(t *testing.T, arm func(ticketingtest.Ports) *ticketingtest.FaultStore) {
		r := newRig(t, "")
		k := r.opened()
		r.must(second(r.desk.Resolve(t.Context(), r.ana(), at(k), "")))
		r.Clock.Advance(15 * 24 * time.Hour)
		r.flood(4, ticketing.AuthNone, 0)
		faulty := arm(r.Store)
		upkeep := ticketing.Upkeep{Bureau: r.over(faulty), Duties: faulty}
		work := func() error {
			if _, err := upkeep.SettleResolved(t.Context()); err != nil {
				return err
			}
			if _, err := upkeep.SendOwedReceipts(t.Context()); err != nil {
				return err
			}
			_, err := upkeep.Seal(t.Context())
			return err
		}
		err := work()
		for n := 0; n < 2 && err != nil; n++ {
			err = work()
		}
		r.must(err)
		letters := 0
		for _, d := range r.outbox() {
			if d.Purpose == ticketing.PurposeReceipts {
				letters++
			}
		}
		if letters != 1 || r.count(k.Ref, ticketing.EventClosed) != 1 || len(r.seals()) != 1 {
			t.Errorf("%d letters, %d closings, %d seals", letters, r.count(k.Ref, ticketing.EventClosed), len(r.seals()))
		}
	})
}
