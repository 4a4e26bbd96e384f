package ticketing_test

import (
	"context"
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ticketing/ticketingtest"
)

const caller = "+38267123456"

func newDecisionRig(t testing.TB) *callRig {
	r := newCallRig(t)
	r.calls.Duties = r.Store
	r.Core.Settings.CallWords = ticketing.CallWords{MissedSubject: "Propušten poziv", MissedText: "Niko se nije javio.", VoicemailSubject: "Govorna poruka", VoicemailText: "Poruka je u snimku."}
	return r
}

// decide lets a minute and a bit pass and decides.
func (r *callRig) decide() {
	r.Helper()
	r.Clock.Advance(61 * time.Second)
	_, err := r.calls.Decide(context.Background())
	r.must(err)
}

// missedAt is a call of the number that nobody takes, told as it happens.
func (r *callRig) missedAt(key string, ring time.Duration, set func(*ticketing.CallReport)) {
	r.Helper()
	at := r.Clock.Now()
	a, b := rings(key, at), ends(key, at.Add(ring), ticketing.CallMissed, "cancel")
	if set != nil {
		set(&a)
		set(&b)
	}
	r.take(a)
	r.Clock.Advance(ring)
	r.take(b)
}

// spoken is an answered call.
func (r *callRig) spoken(key string, d ticketing.CallDirection, talk time.Duration) {
	r.Helper()
	at := r.Clock.Now()
	c := ticketing.CallReport{
		Source: "pbx", Call: key, Direction: d, From: caller, To: "19801", Started: at, Answered: at.Add(4 * time.Second), Ended: at.Add(4*time.Second + talk),
		Result: ticketing.CallAnswered, Extension: "101",
	}
	if d == ticketing.CallOut {
		c.From, c.To = "101", caller
	}
	r.Clock.Advance(4*time.Second + talk)
	r.take(c)
}

func (r *callRig) callbacks(over bool) []ticketing.CallbackView {
	r.Helper()
	page, err := r.Store.Callbacks(context.Background(), ticketing.CallbackFilter{Over: over})
	r.must(err)
	return page.Items
}

func (r *callRig) disposition(key string) (ticketing.LedgerState, string) {
	r.Helper()
	c := r.call(key)
	e, err := r.Store.LedgerItem(context.Background(), c.Ledger)
	r.must(err)
	if e.State != c.Disposition || e.Reason != c.Reason || e.Ticket != c.Ticket {
		r.Errorf("ledger says %s %s %d, the call %s %s %d", e.State, e.Reason, e.Ticket, c.Disposition, c.Reason, c.Ticket)
	}
	return e.State, e.Reason
}

// A missed call is a promise: one ticket for the number, with its clock of four
// working hours inside the 48 hours that count from the first missed call.
func TestMissedCallIsAPromise(t *testing.T) {
	t.Parallel()
	r := newDecisionRig(t)
	first := r.Clock.Now()
	r.missedAt("1", 20*time.Second, nil)
	if _, err := r.calls.Decide(t.Context()); err != nil || len(r.callbacks(false)) != 0 {
		t.Fatalf("decided at once: %v, %v", r.callbacks(false), err)
	}
	r.decide()
	list := r.callbacks(false)
	if len(list) != 1 || list[0].Number != caller || list[0].Missed != 1 || !list[0].FirstAt.Equal(first) {
		t.Fatalf("callbacks = %+v", list)
	}
	k := r.ticket(list[0].Ref)
	if k.Channel != ticketing.ChannelPhone || k.Subject != "Propušten poziv" || !k.ReceivedAt.Equal(first) || k.Citizen == 0 || k.Department != r.Bureau.ID {
		t.Errorf("ticket = %+v", k)
	}
	clock := clockOf(k, ticketing.ClockCallback)
	if clock == nil || !clock.Due.Equal(first.Add(4*time.Hour)) || clock.State != ticketing.ClockRunning || !list[0].Due.Equal(clock.Due) {
		t.Errorf("clock = %+v, want due at 13:00 the same day", clock)
	}
	if a := clockOf(k, ticketing.ClockAnswer); a == nil || !a.StartedAt.Equal(first) || a.Due.Before(clock.Due) {
		t.Errorf("answer clock = %+v", a)
	}
	if s, _ := r.disposition("1"); s != ticketing.LedgerTicketed {
		t.Errorf("ledger = %s", s)
	}
	r.Clock.Advance(time.Hour)
	r.missedAt("2", 20*time.Second, nil)
	r.decide()
	r.decide() // nothing is done twice
	if list = r.callbacks(false); len(list) != 1 || list[0].Missed != 2 || list[0].Ref != k.Ref || !list[0].LastAt.After(first) {
		t.Errorf("after a second call = %+v", list)
	}
	if s, _ := r.disposition("2"); s != ticketing.LedgerJoined {
		t.Errorf("ledger of the second = %s", s)
	}
	r.Clock.Advance(25 * time.Hour)
	r.missedAt("3", 20*time.Second, nil)
	r.decide()
	if list = r.callbacks(false); len(list) != 1 || list[0].Ref == k.Ref || r.ticket(list[0].Ref).Linked != k.ID {
		t.Errorf("a day later = %+v", list)
	}
}

// Late on Friday four working hours end on Monday; a promise to answer that is
// nearer comes first.
func TestCallbackCountsWorkingTime(t *testing.T) {
	t.Parallel()
	r := newDecisionRig(t)
	r.Clock.Set(time.Date(2026, 1, 9, 20, 0, 0, 0, time.UTC)) // Friday, 21 h in Podgorica
	r.missedAt("1", 20*time.Second, nil)
	r.decide()
	k := r.ticket(r.callbacks(false)[0].Ref)
	want := clockOf(k, ticketing.ClockAnswer).Due // Sunday 21 h, before Monday 11 h
	if c := clockOf(k, ticketing.ClockCallback); !c.Due.Equal(want) {
		t.Errorf("due %v, want with the answer at %v", c.Due, want)
	}
	r.Clock.Set(time.Date(2026, 1, 12, 20, 0, 0, 0, time.UTC)) // Monday evening
	r.missedAt("2", 20*time.Second, func(c *ticketing.CallReport) { c.From = "069555111" })
	r.decide()
	k = r.ticket(r.callbacks(false)[1].Ref)
	if c, want := clockOf(k, ticketing.ClockCallback), time.Date(2026, 1, 13, 10, 0, 0, 0, time.UTC); !c.Due.Equal(want) {
		t.Errorf("due %v, want Tuesday %v", c.Due, want)
	}
}

// What is no promise has a reason in the ledger, and no ticket (F36, I13).
func TestMissedCallThatIsNoPromise(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		ring   time.Duration
		line   ticketing.CallLine
		set    func(*ticketing.CallReport)
		reason string
	}{
		{"hidden number", time.Minute, ticketing.CallLine{}, func(c *ticketing.CallReport) { c.From = "anonymous" }, ticketing.ReasonWithheld},
		{"an extension", time.Minute, ticketing.CallLine{}, func(c *ticketing.CallReport) { c.From = "104" }, ticketing.ReasonNoNumber},
		{"hardly rang", 4 * time.Second, ticketing.CallLine{}, nil, ticketing.ReasonShortRing},
		{"longer than configured", 8 * time.Second, ticketing.CallLine{MinRing: 10 * time.Second}, nil, ticketing.ReasonShortRing},
		{"another line", time.Minute, ticketing.CallLine{DIDs: []string{"+38280019801"}}, nil, ticketing.ReasonOtherLine},
		{"blocked", time.Minute, ticketing.CallLine{Blocked: []string{caller}}, nil, ticketing.ReasonBlocked},
		{"going out", time.Minute, ticketing.CallLine{}, func(c *ticketing.CallReport) { c.Direction, c.From, c.To = ticketing.CallOut, "101", "069555111" }, ticketing.ReasonOutgoing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newDecisionRig(t)
			tt.line.Source = "pbx"
			r.Core.Settings.Lines = []ticketing.CallLine{tt.line}
			r.missedAt("1", tt.ring, tt.set)
			r.decide()
			if s, why := r.disposition("1"); s != ticketing.LedgerIgnored || why != tt.reason || len(r.callbacks(false)) != 0 {
				t.Errorf("ledger = %s %s, callbacks %v", s, why, r.callbacks(false))
			}
		})
	}
}

// Who is reached, by whichever side calls, ends the promise at that instant; the
// ticket that held nothing else is closed. Attempts are counted on the way.
func TestCallbackIsKept(t *testing.T) {
	t.Parallel()
	for _, d := range []ticketing.CallDirection{ticketing.CallIn, ticketing.CallOut} {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			r := newDecisionRig(t)
			r.missedAt("1", 20*time.Second, nil)
			r.decide()
			r.missedAt("try", 20*time.Second, func(c *ticketing.CallReport) { c.Direction, c.From, c.To = ticketing.CallOut, "101", caller })
			r.decide()
			b := r.callbacks(false)[0]
			if b.Attempts != 1 || b.TriedAt.IsZero() {
				t.Errorf("after an attempt = %+v", b)
			}
			r.spoken("short", d, 2*time.Second) // nobody spoke
			r.decide()
			if len(r.callbacks(false)) != 1 {
				t.Errorf("kept by a call of two seconds")
			}
			at := r.Clock.Now().Add(4 * time.Second)
			r.spoken("2", d, time.Minute)
			r.decide()
			over := r.callbacks(true)
			if len(over) != 1 || over[0].State != ticketing.CallbackReached || !over[0].EndedAt.Equal(at) {
				t.Fatalf("over = %+v", over)
			}
			k := r.ticket(b.Ref)
			if k.State != ticketing.StateClosed || k.Code != ticketing.CodeResolved || !k.AnsweredAt.Equal(at) {
				t.Errorf("ticket = %s %s, answered %v", k.State, k.Code, k.AnsweredAt)
			}
			for _, kind := range []ticketing.ClockKind{ticketing.ClockCallback, ticketing.ClockAnswer} {
				if c := clockOf(k, kind); c.State != ticketing.ClockMet || !c.MetAt.Equal(at) {
					t.Errorf("%s = %+v", kind, c)
				}
			}
			s, why := r.disposition("2")
			if d == ticketing.CallOut && s != ticketing.LedgerJoined || d == ticketing.CallIn && why != ticketing.ReasonNoRecord {
				t.Errorf("ledger of the call = %s %s", s, why)
			}
		})
	}
}

// A call that was missed and taken on the next try before anybody decided is no
// promise any more; one that is told late to have been answered keeps it.
func TestMissedCallAndWhatIsToldLater(t *testing.T) {
	t.Parallel()
	r := newDecisionRig(t)
	r.missedAt("1", 20*time.Second, nil)
	r.spoken("2", ticketing.CallIn, 30*time.Second)
	r.decide()
	if s, why := r.disposition("1"); s != ticketing.LedgerIgnored || why != ticketing.ReasonReached {
		t.Errorf("ledger = %s %s", s, why)
	}
	r.Clock.Advance(time.Hour)
	at := r.Clock.Now()
	r.missedAt("3", 20*time.Second, nil)
	r.decide()
	b := r.callbacks(false)[0]
	r.take(takes("3", at.Add(7*time.Second), "101")) // the event was late
	r.decide()
	if k := r.ticket(b.Ref); k.State != ticketing.StateClosed || len(r.callbacks(false)) != 0 {
		t.Errorf("ticket = %s, callbacks %v", k.State, r.callbacks(false))
	}
}

// A ring whose end is never told is a missed call after a quarter of an hour, and
// a telephone that was taken up is a call (F30).
func TestCallWhoseEndIsNotTold(t *testing.T) {
	t.Parallel()
	r := newDecisionRig(t)
	at := r.Clock.Now()
	other := takes("2", at.Add(5*time.Second), "101")
	other.From = "069 555 111"
	r.take(rings("1", at), other)
	r.decide()
	if len(r.callbacks(false)) != 0 {
		t.Fatal("decided while it rings")
	}
	r.Clock.Advance(15 * time.Minute)
	r.decide()
	if b := r.callbacks(false); len(b) != 1 || r.call("1").Result != ticketing.CallMissed {
		t.Errorf("callbacks = %+v", b)
	}
	if s, _ := r.disposition("2"); s != ticketing.LedgerReceived {
		t.Errorf("the one that lasts = %s", s)
	}
	r.Clock.Advance(4 * time.Hour)
	r.decide()
	if s, why := r.disposition("2"); s != ticketing.LedgerIgnored || why != ticketing.ReasonNoRecord || len(r.callbacks(false)) != 1 {
		t.Errorf("the one taken up = %s %s, callbacks %v", s, why, r.callbacks(false))
	}
}

// A message that was left is a ticket, also of a hidden number, and stays open
// when its caller is reached: what was said is still to be done.
func TestVoicemailIsATicket(t *testing.T) {
	t.Parallel()
	r := newDecisionRig(t)
	leave := func(key, from string) {
		at := r.Clock.Now()
		r.take(ticketing.CallReport{Source: "pbx", Call: key, Direction: ticketing.CallIn, From: from, To: "19801", Started: at.Add(-time.Minute), Ended: at, Voicemail: true, Recording: "vm/" + key})
		r.decide()
	}
	leave("1", caller)
	leave("2", "anonymous")
	for _, key := range []string{"1", "2"} {
		c := r.call(key)
		if c.Ticket == 0 || c.Message == 0 || c.FetchAt.IsZero() || c.Disposition != ticketing.LedgerTicketed {
			t.Errorf("call %s = %+v", key, c)
		}
	}
	list := r.callbacks(false)
	if len(list) != 1 || list[0].Subject != "Govorna poruka" {
		t.Fatalf("callbacks = %+v", list)
	}
	r.spoken("3", ticketing.CallOut, time.Minute)
	r.decide()
	k := r.ticket(list[0].Ref)
	if c := clockOf(k, ticketing.ClockCallback); k.State == ticketing.StateClosed || c.State != ticketing.ClockMet || clockOf(k, ticketing.ClockAnswer).State == ticketing.ClockMet {
		t.Errorf("ticket = %s, callback %s", k.State, c.State)
	}
}

// A ticket finished by hand ends its promise, and the next call makes a new one.
func TestCallbackEndsWithItsTicket(t *testing.T) {
	t.Parallel()
	r := newDecisionRig(t)
	r.missedAt("1", 20*time.Second, nil)
	r.decide()
	first := r.callbacks(false)[0]
	_, err := r.desk.Close(t.Context(), r.ana(), ticketing.Target{Ref: first.Ref}, ticketing.CloseInput{Code: ticketing.CodeWithdrawn})
	r.must(err)
	r.missedAt("2", 20*time.Second, nil)
	r.decide()
	if list := r.callbacks(false); len(list) != 1 || list[0].Ref == first.Ref {
		t.Errorf("callbacks = %+v", list)
	}
	if list := r.callbacks(true); len(list) != 1 || list[0].State != ticketing.CallbackDone {
		t.Errorf("over = %+v", list)
	}
}

// A decision that fails at any of its steps is made whole by the next run, once (I1, F14).
func TestDecisionSurvivesEveryFault(t *testing.T) {
	t.Parallel()
	for n := 1; n < 200; n++ {
		r := newDecisionRig(t)
		r.missedAt("1", 20*time.Second, nil)
		r.Clock.Advance(61 * time.Second)
		faults := ticketingtest.NewFaultStore(r.Store)
		faults.FailAt(n, ticketing.Busy)
		calls := ticketing.Calls{Bureau: r.over(faults), Duties: faults}
		_, err := calls.Decide(t.Context())
		if err == nil {
			return // past the last step
		}
		if len(r.callbacks(false)) != 0 {
			t.Fatalf("step %d failed, and something was left", n)
		}
		if _, err := r.calls.Decide(t.Context()); err != nil || len(r.callbacks(false)) != 1 {
			t.Fatalf("step %d: after the fault %v, %v", n, r.callbacks(false), err)
		}
	}
	t.Fatal("never past the last step")
}
