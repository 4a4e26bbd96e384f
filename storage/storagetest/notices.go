package storagetest

import (
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// testNotices: a notice commits with its ticket, waits for its time, is told once,
// and is read by whom it is for (I7).
func testNotices(t *testing.T, r *room) {
	at := r.now()
	k := r.ticket(t, func(k *ticketing.Ticket) {
		k.Clocks = []ticketing.Clock{{Kind: ticketing.ClockAnswer, Episode: 1, State: ticketing.ClockRunning, Target: time.Hour, StartedAt: at, CountFrom: at, Due: at.Add(time.Hour)}}
		k.Clocks[0].Ladder, k.Clocks[0].LadderVersion = "city", 3
		k.Clocks[0].Rungs = []ticketing.Rung{{After: -time.Hour, Tell: ticketing.TellHead, At: at.Add(time.Hour)}, {Tell: ticketing.TellOffice, At: at, Taken: at, Due: at}}
		k.Pending.Notices = []ticketing.Notice{
			{Clock: ticketing.ClockAnswer, After: -time.Hour, Tell: ticketing.TellHead, Ladder: "city", Due: at.Add(time.Hour), At: at, SendAfter: at},
			{Clock: ticketing.ClockResolve, Tell: ticketing.TellOffice, Ladder: "city", Due: at, At: at, SendAfter: at.Add(time.Minute)},
		}
	})
	r.change(t, k.ID, func(_ ticketing.Tx, got *ticketing.Ticket) error {
		same(t, "clock", got.Clocks[0], k.Clocks[0])
		return nil
	})
	due := func(at time.Time) (list []ticketing.Notice) {
		t.Helper()
		r.in(t, func(tx ticketing.Tx) (err error) {
			list, err = tx.DueNotices(ctx(), at, 10)
			return err
		})
		return list
	}
	list := due(at)
	if len(list) != 1 || list[0].Ref != k.Ref || list[0].Ticket != k.ID || list[0].After != -time.Hour || list[0].ID == 0 {
		t.Fatalf("due = %+v", list)
	}
	if all := due(at.Add(time.Minute)); len(all) != 2 || all[0].ID != list[0].ID {
		t.Errorf("a minute later = %+v", all)
	}
	first, second := list[0], list[0]
	first.Agent, first.Address, first.ToldAt = r.Hana.ID, r.Hana.Email, at
	second.ID, second.Address, second.SendAfter = 0, "kabinet@grad.example", at.Add(time.Hour)
	r.in(t, func(tx ticketing.Tx) error { return tx.SaveNotices(ctx(), []ticketing.Notice{first, second}) })
	if list := due(at.Add(time.Minute)); len(list) != 1 || list[0].Clock != ticketing.ClockResolve {
		t.Errorf("after one was told = %+v", list)
	}
	if list := due(at.Add(2 * time.Hour)); len(list) != 2 || list[1].Address != second.Address || list[1].ID == 0 {
		t.Errorf("two hours later = %+v", list)
	}
	r.in(t, func(tx ticketing.Tx) error {
		told, err := tx.ToldSince(ctx(), at.Add(-time.Minute))
		if len(told) != 1 || !told[r.Hana.Email].Equal(at) {
			t.Errorf("told = %v", told)
		}
		if told, _ := tx.ToldSince(ctx(), at); len(told) != 0 {
			t.Errorf("told since now = %v", told)
		}
		return err
	})
	mine, err := r.NoticesOf(ctx(), r.Hana.ID, 5)
	must(t, err)
	same(t, "notices of the head", mine, []ticketing.Notice{first})
}
