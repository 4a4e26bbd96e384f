package ticketing_test

import (
	"testing"
	"time"

	"github.com/sistem48/system48/ticketing"
)

// The families of clock bugs that users of other systems reported, as far as
// they are about tickets. Those of calendar arithmetic are vectors and
// properties of ticketing/calendar: B1 V5, B2 V10 V11, B3 V12, B4 V15 V16, B15
// V19 V20, B16 V13 V14, B25 V17 V21, B26 V22.

const day = 24 * time.Hour

func TestB5PausesBelongToTheTicket(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened() // Monday 09:00
	r.later(time.Hour)
	r.must(second(r.desk.Wait(t.Context(), r.ana(), at(k), ticketing.WaitWeather)))
	r.later(5 * time.Hour)
	r.must(second(r.desk.Resume(t.Context(), r.ana(), at(k))))
	paused := clockOf(r.ticket(k.Ref), ticketing.ClockResolve)
	r.must(second(r.desk.Change(t.Context(), r.ana(), at(k), ticketing.Change{Category: &r.Waste}))) // two working days
	got := clockOf(r.ticket(k.Ref), ticketing.ClockResolve)
	if want := k.ReceivedAt.Add(2*day + 5*time.Hour); !got.Due.Equal(want) {
		t.Errorf("recategorised: due %v, want %v; before it was %v", got.Due, want, paused.Due)
	}
	r.must(second(r.desk.Change(t.Context(), r.ana(), at(k), ticketing.Change{Category: &r.Other})))
	if back := clockOf(r.ticket(k.Ref), ticketing.ClockResolve); !back.Due.Equal(paused.Due) {
		t.Errorf("back again: due %v, want %v", back.Due, paused.Due)
	}
}

func TestB6TheOldPromiseEndsWithItsCategory(t *testing.T) {
	t.Parallel()
	r := newRig(t, "podgorica")
	k := r.opened()
	r.must(second(r.desk.Change(t.Context(), r.ana(), at(k), ticketing.Change{Category: &r.WaterBurst}))) // on call, no resolve
	got := r.ticket(k.Ref)
	if len(got.Clocks) != 1 || !got.Clocks[0].OnCall || !got.DueAt.Equal(k.ReceivedAt.Add(48*time.Hour)) {
		t.Errorf("after the transfer: due %v, clocks %+v", got.DueAt, got.Clocks)
	}
	r.later(10 * day)
	if n := r.count(k.Ref, ticketing.EventBreached); n != 1 {
		t.Errorf("%d breaches: a clock of the old promise lives", n)
	}
}

func TestB7AnswerAndStateInOneStep(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.reply(k, ticketing.ReplyInput{Resolve: true})
	r.Deliver(t, ticketing.DeliverySent)
	got := r.ticket(k.Ref)
	for _, kind := range []ticketing.ClockKind{ticketing.ClockAnswer, ticketing.ClockResolve} {
		if c := clockOf(got, kind); c.State != ticketing.ClockMet || c.MetAt.IsZero() {
			t.Errorf("%s is %s", kind, c.State)
		}
	}
	events := r.events(k.Ref)
	order := map[ticketing.EventKind]int64{}
	for _, e := range events {
		order[e.Kind] = e.Seq
	}
	if order[ticketing.EventReplied] > order[ticketing.EventResolved] {
		t.Error("the state changed before the answer was written")
	}
}

func TestB8NextAnswerOnlyAfterTheFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.Clock.Advance(40 * time.Hour)
	r.Receive(t, r.mail("Re: "+string(k.Ref), "Ima li šta novo?"))
	got := r.ticket(k.Ref)
	if c := clockOf(got, ticketing.ClockNextAnswer); c.Kind != "" || !got.DueAt.Equal(clockOf(k, ticketing.ClockAnswer).Due) {
		t.Errorf("a reminder moved the promise: due %v, next answer %+v", got.DueAt, c)
	}
}

func TestB9SilentCitizen(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.reply(k, ticketing.ReplyInput{Kind: ticketing.ReplyQuestion, Wait: true})
	r.Deliver(t, ticketing.DeliverySent)
	r.later(9 * day)
	if n := r.count(k.Ref, ticketing.EventBreached); n != 0 {
		t.Errorf("%d breaches while the citizen is silent", n)
	}
	r.later(60 * day) // the cap ends the excuse
	if n := r.count(k.Ref, ticketing.EventBreached); n != 2 {
		t.Errorf("%d breaches after the cap, want of answer and of resolve", n)
	}
}

func TestB10AnyChannelStartsTheClock(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.reply(k, ticketing.ReplyInput{})
	r.Deliver(t, ticketing.DeliverySent)
	r.Clock.Advance(time.Hour)
	r.must(r.counter.Write(t.Context(), k.Ref, "Još uvijek ne radi.", nil)) // the status page
	if c := clockOf(r.ticket(k.Ref), ticketing.ClockNextAnswer); c.State != ticketing.ClockRunning || !c.Due.Equal(r.Clock.Now().Add(48*time.Hour)) {
		t.Errorf("next answer = %s, due %v", c.State, c.Due)
	}
}

func TestB11ThanksAfterTheEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.reply(k, ticketing.ReplyInput{Resolve: true})
	r.Deliver(t, ticketing.DeliverySent)
	if got := r.ticket(k.Ref); !got.DueAt.IsZero() || !got.CheckAt.IsZero() {
		t.Errorf("resolved, and due %v", got.DueAt)
	}
	r.Clock.Advance(time.Hour)
	r.Receive(t, r.mail("Re: "+string(k.Ref), "Hvala!"))
	r.must(second(r.desk.VoidEpisode(t.Context(), r.ana(), at(k))))
	r.later(30 * day)
	if n := r.count(k.Ref, ticketing.EventBreached); n != 0 {
		t.Errorf("%d breaches of a thank-you", n)
	}
}

// TestB12FactsAtOnce: what reports count is there as soon as it happened, not
// when the ticket is touched again, and events alone give the same.
func TestB12FactsAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.Clock.Advance(3 * time.Hour)
	r.reply(k, ticketing.ReplyInput{Resolve: true})
	r.Deliver(t, ticketing.DeliverySent)
	got := r.ticket(k.Ref)
	for _, c := range got.Clocks {
		if c.State != ticketing.ClockMet || !c.MetAt.Equal(r.Clock.Now()) || c.Charged == 0 {
			t.Errorf("%s: %s at %v, charged %d", c.Kind, c.State, c.MetAt, c.Charged)
		}
	}
	if got.AnsweredAt.IsZero() || got.ResolvedAt.IsZero() {
		t.Error("the ticket does not say when it was answered and resolved")
	}
	replayed(t, r.events(k.Ref)).check(r.directory().Rules, got)
}

func TestB13DuplicateIsLeftAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k, other := r.opened(), r.opened()
	r.must(second(r.desk.Close(t.Context(), r.ana(), at(k), ticketing.CloseInput{Code: ticketing.CodeDuplicate, Duplicate: other.Ref})))
	r.later(30 * day)
	if w, b := r.count(k.Ref, ticketing.EventWarned), r.count(k.Ref, ticketing.EventBreached); w+b != 0 {
		t.Errorf("a duplicate has %d warnings and %d breaches", w, b)
	}
	if n := r.count(other.Ref, ticketing.EventBreached); n != 2 {
		t.Errorf("the one that stays has %d breaches, want 2", n)
	}
}

func TestB14ReopenedCountsAnew(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.reply(k, ticketing.ReplyInput{Resolve: true})
	r.Deliver(t, ticketing.DeliverySent)
	first := *clockOf(r.ticket(k.Ref), ticketing.ClockAnswer)
	r.Clock.Advance(20 * day)
	in := r.mail("Re: "+string(k.Ref), "Opet ne radi.")
	r.Receive(t, in)
	got := r.ticket(k.Ref)
	if c := clockOf(got, ticketing.ClockAnswer); c.Episode != 2 || !c.StartedAt.Equal(in.ReceivedAt) || !c.Due.Equal(in.ReceivedAt.Add(48*time.Hour)) {
		t.Errorf("episode %d counts from %v, due %v", c.Episode, c.StartedAt, c.Due)
	}
	var kept *ticketing.Clock
	for i := range got.Clocks {
		if c := &got.Clocks[i]; c.Kind == ticketing.ClockAnswer && c.Episode == 1 {
			kept = c
		}
	}
	if kept == nil || kept.State != ticketing.ClockMet || !kept.Due.Equal(first.Due) || !kept.MetAt.Equal(first.MetAt) {
		t.Errorf("the first episode became %+v, was %+v", kept, first)
	}
}

// TestB15WarningsOfTicketsInWorkingTime: a ticket of Friday afternoon is warned about
// on Tuesday, three quarters of its working hours later, and not in the night.
func TestB15WarningsOfTicketsInWorkingTime(t *testing.T) {
	t.Parallel()
	r := newRig(t, "office-hours")                            // 16 h of Mon–Fri 07–15
	r.Clock.Set(time.Date(2026, 3, 6, 13, 0, 0, 0, time.UTC)) // Friday 14:00
	k := r.opened()
	warn := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC) // Tuesday 10:00: 1 h, 8 h and 3 h later
	if c := clockOf(k, ticketing.ClockAnswer); !c.WarnAt.Equal(warn) {
		t.Errorf("to be warned about at %v, want %v", c.WarnAt, warn)
	}
	r.later(warn.Add(-time.Minute).Sub(r.Clock.Now()))
	if n := r.count(k.Ref, ticketing.EventWarned); n != 0 {
		t.Errorf("%d warnings before their time", n)
	}
	r.later(time.Minute)
	if n := r.count(k.Ref, ticketing.EventWarned); n != 1 {
		t.Errorf("%d warnings, want 1", n)
	}
}

func TestB17OverdueIsComputed(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened()
	r.must(second(r.desk.Change(t.Context(), r.ana(), at(k), ticketing.Change{Category: &r.Waste})))
	short := clockOf(r.ticket(k.Ref), ticketing.ClockResolve)
	if short.Late(short.Due.Add(-time.Second)) || !short.Late(short.Due) {
		t.Error("late is not: the due instant has come")
	}
	r.must(second(r.desk.Change(t.Context(), r.ana(), at(k), ticketing.Change{Category: &r.Other})))
	if long := clockOf(r.ticket(k.Ref), ticketing.ClockResolve); long.Late(short.Due.Add(time.Hour)) {
		t.Errorf("due %v, and late an hour after the old due %v", long.Due, short.Due)
	}
}

func TestB23SystemsAndMachinesMeetNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, "")
	k := r.opened() // its receipt was delivered
	system := r.ana()
	system.System = true
	_, _, err := r.desk.Reply(t.Context(), system, at(k), ticketing.ReplyInput{Text: "Vaš zahtjev je u obradi."})
	r.must(err)
	r.Deliver(t, ticketing.DeliverySent)
	got := r.ticket(k.Ref)
	if c := clockOf(got, ticketing.ClockAnswer); c.State != ticketing.ClockRunning || !got.AnsweredAt.IsZero() {
		t.Errorf("a machine's answer: %s, answered %v", c.State, got.AnsweredAt)
	}
	r.later(3 * day)
	if n := r.count(k.Ref, ticketing.EventBreached); n != 1 {
		t.Errorf("%d breaches: a receipt and a machine's answer are no answers", n)
	}
}
