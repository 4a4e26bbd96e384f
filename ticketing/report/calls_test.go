package report

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sistem48/system48/ticketing"
)

func TestFoldCalls(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	zone := time.FixedZone("CET", 3600)
	call := func(hour int, result ticketing.CallResult, wait time.Duration, ticket ticketing.TicketID) ticketing.CallFact {
		at := time.Date(2026, 11, 28, hour, 0, 0, 0, time.UTC)
		return ticketing.CallFact{Direction: ticketing.CallIn, Result: result, Started: at, Ended: at.Add(wait + time.Minute), Wait: wait, Talk: time.Minute, Ticket: ticket}
	}
	fresh := call(9, ticketing.CallAnswered, 20*time.Second, 0)
	fresh.Started, fresh.Ended = now.Add(-15*time.Minute), now.Add(-14*time.Minute)
	rings := ticketing.CallFact{Direction: ticketing.CallIn, Started: now}
	out := call(9, ticketing.CallAnswered, 0, 0)
	out.Direction = ticketing.CallOut
	calls := []ticketing.CallFact{
		call(9, ticketing.CallAnswered, 10*time.Second, 7), call(9, ticketing.CallAnswered, 30*time.Second, 0), fresh, rings, out,
		call(10, ticketing.CallMissed, 40*time.Second, 8), call(10, ticketing.CallMissed, 4*time.Second, 0), call(10, ticketing.CallBusy, 6*time.Second, 0),
		call(23, ticketing.CallVoicemail, 2*time.Second, 9),
	}
	due := now.Add(-time.Hour)
	promises := []ticketing.CallbackFact{
		{State: ticketing.CallbackReached, Due: due, EndedAt: due},
		{State: ticketing.CallbackReached, Due: due, EndedAt: due.Add(time.Second)},
		{State: ticketing.CallbackDone, Due: due, EndedAt: due.Add(-time.Minute)},
		{State: ticketing.CallbackOpen, Due: due},
		{State: ticketing.CallbackOpen, Due: now.Add(time.Minute)},
	}
	want := CallFigures{
		Offered: 6, Answered: 3, Abandoned: 2, Voicemail: 1, NoRecord: 1, Outgoing: 1, Speed: 20 * time.Second, Slow: 30 * time.Second,
		Talk: time.Minute, Due: 4, Kept: 1,
	}
	want.Hours[10] = CallHour{Offered: 2, Answered: 2}
	want.Hours[12] = CallHour{Offered: 1, Answered: 1}
	want.Hours[11] = CallHour{Offered: 2, Abandoned: 2}
	want.Hours[0] = CallHour{Offered: 1}
	got := FoldCalls(calls, promises, now, zone)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}
	// Behind each figure stands a list of as many.
	for kind, n := range map[CallKind]int{CallsOffered: 6, CallsAnswered: 3, CallsAbandoned: 2, CallsVoicemail: 1, CallsNoRecord: 1} {
		found := 0
		for i := range calls {
			if kind.Holds(&calls[i], now) {
				found++
			}
		}
		if found != n {
			t.Errorf("%d calls are %s, want %d", found, kind, n)
		}
	}
	if share, ok := got.KeptShare(); !ok || share != 0.25 {
		t.Errorf("kept %v, %v", share, ok)
	}
	if _, ok := (&CallFigures{}).AbandonedShare(); ok {
		t.Error("a share of nothing")
	}
}
